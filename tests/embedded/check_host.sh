#!/usr/bin/env bash
# usage: check_host.sh SOURCE_ROOT EXPORT_FIRMWARE
# Exports a model, compiles the header for this machine as firmware is compiled, and runs its self-test.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -ra eigen < <(pkg-config --cflags eigen3 2>/dev/null || echo -I/usr/include/eigen3)
"$2" --quiet --out "$work/model.hpp"
"${CXX:-c++}" -std=c++20 -O1 -fno-exceptions -fno-rtti -Wall -Wextra -Wconversion -Wshadow -Werror "${eigen[@]/#-I/-isystem}" \
  "-I$1/include" "-I$work" "$1/tests/embedded/host.cpp" -o "$work/host"
"$work/host"
