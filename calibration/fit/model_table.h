#pragma once

#include <map>
#include <string>

#include "models/arch/llm_spec.h"

namespace cleave::fit {

/// Language models of the catalogue by name.
using ModelTable = std::map<std::string, const LlmSpec*, std::less<>>;

}  // namespace cleave::fit
