#!/usr/bin/env bash
# usage: check_includes.sh SOURCE_ROOT
# Rules of the house that a look at the text can decide: what core/ and nn/ may include, that arrows between rooms go
# down only, that the library is quiet and keeps to its own macros, and that every test is compiled.
set -euo pipefail
cd "$1/include/lifelog"
failed=0

# forbid REASON PATTERN FILE…: no line but comments may match the Perl regular expression.
forbid() {
  local reason=$1 pattern=$2 found
  shift 2
  (($#)) || return 0
  # grep's status 1 is "none", 2 is an error.
  found=$(grep -nPH -- "$pattern" "$@") || (($? == 1)) || exit 2
  found=$(grep -vP '^[^:]*:\d+:\s*//' <<<"$found") || (($? == 1)) || exit 2
  [[ -z $found ]] || {
    printf '%s:\n%s\n' "$reason" "$found"
    failed=1
  }
}

mapfile -t all < <(find . -name '*.hpp' | sort)
mapfile -t small < <(find core nn -name '*.hpp' ! -path core/xtensor.hpp 2>/dev/null | sort)
mapfile -t not_error < <(find . -name '*.hpp' ! -path ./core/error.hpp | sort)
mapfile -t not_parallel < <(find . -name '*.hpp' ! -path ./core/parallel.hpp | sort)
mapfile -t not_bridge < <(find . -name '*.hpp' ! -path ./core/xtensor.hpp | sort)

forbid 'core/ and nn/ need the standard library and Eigen only' \
  '#\s*include.*(xtensor|xtl/|<iostream>|<fstream>|<filesystem>|<thread>|<mutex>|<future>|nlohmann|CLI/)' "${small[@]}"
forbid 'only core/xtensor.hpp includes xtensor' '#\s*include\s*<(xtensor|xtl)/' "${not_bridge[@]}"
forbid 'only core/parallel.hpp names OpenMP' '#\s*pragma\s+omp|omp\.h|\bomp_[a-z]' "${not_parallel[@]}"
forbid 'the library does not print' \
  '#\s*include\s*<iostream>|std::(cout|cerr|clog)\b|\b(printf|fprintf|vprintf|puts|putchar)\s*\(' "${all[@]}"
forbid 'the library does not exit' '\b(std::)?(exit|_Exit|quick_exit|abort|terminate)\s*\(' "${not_error[@]}"
forbid 'the library does not read the environment' '\b(secure_)?getenv\b|\bsetenv\b|setlocale' "${all[@]}"
forbid 'the library keeps no global state' \
  '\bthread_local\b|(^|[;{])\s*(static|inline)\s(?!.*\bconst(expr|eval|init)?\b)[\w:<>, ]+\s\w+\s*(=|;|\{[^}]*\};)' "${all[@]}"
forbid 'arguments are checked by exceptions, not by assert' '#\s*include\s*<cassert>|\bassert\s*\(' "${all[@]}"
forbid 'macros begin with LIFELOG_' '#\s*define\s+(?!LIFELOG_)' "${all[@]}"
forbid 'random numbers come from lifelog::Random' '#\s*include\s*<random>|\bs?rand\s*\(' "${all[@]}"

# Which rooms each room may include. Arrows go down only.
declare -A below=(
  [core]='' [io]='core' [nn]='core' [metrics]='core' [cluster]='core' [manifold]='core' [evaluate]='core train metrics features'
  [features]='core nn'
  [train]='core io nn metrics' [mil]='core io nn metrics train' [importance]='core metrics cluster mil'
  [data]='core io' [readers]='core io data' [generator]='core data'
  [predict]='core io nn metrics train mil data features evaluate')
for room in */; do
  room=${room%/}
  if [[ ! ${below[$room]+known} ]]; then
    echo "$room/: a room that check_includes.sh does not know"
    failed=1
    continue
  fi
  mapfile -t headers < <(find "$room" -name '*.hpp')
  others=$(ls -d */ | tr -d / | grep -vxE "$(tr ' ' '|' <<<"$room ${below[$room]}")" | paste -sd '|' || true)
  [[ -z $others ]] || forbid "$room/ may include only: ${below[$room]:-nothing}" \
    "#\s*include.*[\"/<]($others)/[a-z_/]*\\.hpp" "${headers[@]}"
done

# A test that no meson.build names is never compiled.
cd ../../tests
for test in */test_*.cpp; do
  grep -qF "'${test#*/}'" "${test%/*}/meson.build" || {
    echo "tests/$test: not named in tests/${test%/*}/meson.build"
    failed=1
  }
done
exit $failed
