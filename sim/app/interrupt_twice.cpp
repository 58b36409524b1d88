#include "sim/app/interrupt_twice.h"

#include <csignal>

namespace cleave {
namespace {

volatile std::sig_atomic_t g_interrupts = 0;  // what a signal handler may write is a global

void on_signal(int signal) {
  g_interrupts = g_interrupts + (signal == SIGTERM ? 2 : 1);
}

}  // namespace

void count_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

int interrupts() {
  return g_interrupts;
}

}  // namespace cleave
