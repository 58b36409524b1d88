#pragma once
// For commands that run many simulations in child processes: the first Ctrl-C lets running ones end, the second drops
// them. Either way what was finished is kept.

namespace cleave {

/// Takes over SIGINT and SIGTERM.
void count_interrupts();

/// How often the user has asked to stop; SIGTERM counts twice, as whoever sends it will not wait.
[[nodiscard]] int interrupts();

}  // namespace cleave
