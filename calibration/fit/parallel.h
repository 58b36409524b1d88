#pragma once
// Independent tasks on all processors.

#include <cstddef>
#include <functional>

namespace cleave::fit {

/// Calls task(0) ... task(count - 1), each once, in any order and from several threads. Tasks share nothing that they
/// write. Errors: the exception of the lowest task that threw, after all have ended.
void for_each_index(std::size_t count, const std::function<void(std::size_t)>& task);

}  // namespace cleave::fit
