#include "sim/app/interrupt.h"

#include <csignal>

namespace cleave {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;  // what a signal handler may write is a global

void on_signal(int signal) {
  g_interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  if (g_interrupted != 0) return;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() {
  return g_interrupted != 0;
}

}  // namespace cleave
