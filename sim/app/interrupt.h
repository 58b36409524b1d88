#pragma once
// Ctrl-C asks the run to end early and write what it has; a second one ends the program at once.

namespace cleave {

/// Takes over SIGINT and SIGTERM. SimGrid's engine installs its own SIGINT handler: call this after it was made.
void catch_interrupts();

/// Whether the user has asked to stop.
[[nodiscard]] bool interrupted();

}  // namespace cleave
