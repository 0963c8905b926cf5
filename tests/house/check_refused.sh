#!/usr/bin/env bash
# usage: check_refused.sh SOURCE_ROOT
# Every line of refused.cpp that says so must be refused by a sentence that tells what was expected.
set -euo pipefail
read -ra eigen < <(pkg-config --cflags eigen3 2>/dev/null || echo -I/usr/include/eigen3)
source=$1/tests/house/refused.cpp
limit=()
[[ $(${CXX:-c++} --version) != *clang* ]] || limit=(-ferror-limit=0) # it gives up after 20
# shellcheck disable=SC2086 # CXX may be a command with arguments
errors=$(${CXX:-c++} -std=c++20 -fsyntax-only "${limit[@]}" "${eigen[@]/#-I/-isystem}" "-I$1/include" "$source" 2>&1) &&
  { echo 'refused.cpp compiles'; exit 1; }
failed=0
while IFS=: read -r line _; do
  grep -q "refused.cpp:$line:" <<<"$errors" || { echo "line $line of refused.cpp is not refused"; failed=1; }
done < <(grep -nE '// refused($|:)' "$source")
while read -r sentence; do
  grep -qE "error: static.assert.*$sentence" <<<"$errors" || { echo "nobody is told '$sentence'"; failed=1; }
done < <(sed -n 's|.*// refused: ||p' "$source")
told=$(grep -cE 'error: static.assert.*must be of float or double' <<<"$errors")
lines=$(grep -c '// refused$' "$source")
((told >= lines)) || { echo "$told of $lines lines are told what was expected"; failed=1; }
exit $failed
