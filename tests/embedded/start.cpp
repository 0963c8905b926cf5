// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "machine.hpp"

// From reset to main() and out again; nothing of a C library's start-up, which would bring a heap.

extern "C" {
extern std::uint32_t data_begin[], data_end[], data_image[], bss_begin[], bss_end[];
extern void (*const init_begin[])();
extern void (*const init_end[])();
extern const std::uintptr_t vectors[];
}

int main();

namespace {

[[noreturn]] void stop(bool good) {
  constexpr int exit = 0x18;
  constexpr std::uintptr_t application_exit = 0x20026, run_time_error = 0x20023;
  machine::host(exit, reinterpret_cast<const void*>(good ? application_exit : run_time_error));
  for (;;) {
  }
}

[[noreturn, gnu::noinline]] void run() {
  const std::uint32_t* from = data_image;
  for (auto* to = data_begin; to != data_end; ++to) *to = *from++;
  for (auto* to = bss_begin; to != bss_end; ++to) *to = 0;
  for (auto* init = init_begin; init != init_end; ++init) (*init)();
  stop(main() == 0);
}

[[noreturn]] void reset() {
  *reinterpret_cast<volatile std::uint32_t*>(0xe000ed88) |=
      0xf << 20;  // the floating-point unit, before its first use
  asm volatile("dsb\n\tisb" ::: "memory");
  run();
}

[[noreturn]] void fault() {
  stop(false);
}

}  // namespace

extern "C" void abort() {
  stop(false);
}

[[gnu::section(".vectors"), gnu::used]] const std::uintptr_t vectors[16] = {
    reinterpret_cast<std::uintptr_t>(stack_top), reinterpret_cast<std::uintptr_t>(reset),
    reinterpret_cast<std::uintptr_t>(fault),     reinterpret_cast<std::uintptr_t>(fault),
    reinterpret_cast<std::uintptr_t>(fault),     reinterpret_cast<std::uintptr_t>(fault),
    reinterpret_cast<std::uintptr_t>(fault)};
