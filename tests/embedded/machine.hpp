// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// What the firmware needs of an Arm Cortex-M4 board under QEMU: start.cpp starts it; words go out by semihosting.

namespace machine {

/// An Arm semihosting call.
inline int host(int operation, const void* argument) {
  register int r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/// Prints `label: value`.
inline void report(const char* label, unsigned value) {
  char digits[12];
  char* at = digits + sizeof digits - 1;
  *at = '\0';
  *--at = '\n';
  do *--at = static_cast<char>('0' + value % 10);
  while (value /= 10);
  constexpr int write0 = 4;
  host(write0, label);
  host(write0, ": ");
  host(write0, at);
}

/// Instructions so far, roughly: SysTick counts down 24 bits at 25 MHz, and `qemu -icount shift=0` takes 1 ns an
/// instruction.
inline unsigned instructions() {
  auto* const systick = reinterpret_cast<volatile std::uint32_t*>(0xe000e010);
  if (systick[0] == 0) {
    systick[1] = 0xffffff;
    systick[2] = 0;
    systick[0] = 5;
    while (systick[2] == 0) {
    }
  }
  return (0xffffff - systick[2]) * 40;
}

constexpr unsigned painted = 16 * 1024;
constexpr std::uint32_t paint = 0xa5a5a5a5;

/// Marks what lies below the stack pointer, so that `stack_used` sees how deep it went.
inline void paint_stack() {
  auto* const here = static_cast<volatile std::uint32_t*>(__builtin_frame_address(0));
  for (unsigned i = 64; i < painted / 4; ++i) here[-static_cast<int>(i)] = paint;
}

}  // namespace machine

extern "C" std::uint32_t stack_top[];

namespace machine {

/// Bytes from the top of the stack to the deepest word that was written since `paint_stack`.
inline unsigned stack_used() {
  const volatile std::uint32_t* at = stack_top - painted / 4 + 256;
  while (*at == paint) ++at;
  return static_cast<unsigned>(stack_top - const_cast<const std::uint32_t*>(at)) * 4;
}

}  // namespace machine
