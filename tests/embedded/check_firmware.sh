#!/usr/bin/env bash
# usage: check_firmware.sh SOURCE_ROOT EXPORT_FIRMWARE
# Trains a model of the study's network on a generated person, exports it, builds it for a Cortex-M4 and runs it in QEMU
# against the host's numbers; checks that neither a heap nor the C++ run-time library is linked, and tells its size.
# Status 77, "skipped", where the tools are not installed.
set -euo pipefail
here=$1/tests/embedded
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { echo "skipped: $*"; exit 77; }
for tool in arm-none-eabi-g++ arm-none-eabi-nm arm-none-eabi-size qemu-system-arm; do
  command -v "$tool" >/dev/null || skip "no $tool; ./run deps arm installs what this test needs"
done
echo '#include <algorithm>' | arm-none-eabi-g++ -std=c++20 -x c++ -fsyntax-only - 2>/dev/null ||
  skip 'no C++ standard library for arm-none-eabi; ./run deps arm installs it'
read -ra eigen < <(pkg-config --cflags eigen3 2>/dev/null || echo -I/usr/include/eigen3)

cpu=(-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16)
flags=(-std=c++20 -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections -DNDEBUG
  -Wall -Wextra -Wconversion -Wshadow -Wdouble-promotion -Werror "${eigen[@]/#-I/-isystem}" "-I$1/include" "-I$work")
"$2" --quiet --out "$work/model.hpp"
failed=0
for level in -O2 -Os; do
  echo "== $level"
  elf=$work/firmware$level.elf
  arm-none-eabi-g++ "${cpu[@]}" "$level" "${flags[@]}" "$here/firmware.cpp" "$here/start.cpp" -o "$elf" \
    -nostdlib -lc_nano -lm -lc_nano -lgcc -Wl,--gc-sections,-T,"$here/board.ld"
  heap=$(arm-none-eabi-nm "$elf" | grep -E ' (_?malloc(_r)?|_?free(_r)?|_?calloc(_r)?|_?realloc(_r)?|_sbrk(_r)?|_Zn[wa]j.*|_Zd[la]Pv.*|__cxa_.*|__aeabi_d.*|_?printf.*)$') ||
    (($? == 1))
  [[ -z $heap ]] || { printf 'a heap, doubles in software or more of a run-time library are linked:\n%s\n' "$heap"; failed=1; }
  arm-none-eabi-size -A "$elf" | awk '/^\.(text|rodata|bss)/ { print "bytes of " $1 ": " $2 }'
  timeout 120 qemu-system-arm -M mps2-an386 -display none -monitor none -serial none -icount shift=0 \
    -semihosting-config enable=on,target=native -kernel "$elf" || { echo "QEMU ended with status $?"; failed=1; }
done
exit $failed
