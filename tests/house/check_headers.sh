#!/usr/bin/env bash
# usage: check_headers.sh SOURCE_ROOT
# lifelog.hpp includes every public header, and no header is without licence line and guard. `detail` folders are not
# public.
set -euo pipefail
cd "$1/include/lifelog"
failed=0

there=$(find . -mindepth 2 -name '*.hpp' ! -path '*/detail/*' | sed 's,^\./,,' | sort)
included=$(sed -n 's,^#include "\(.*\)".*,\1,p' lifelog.hpp | sort)
if ! difference=$(diff <(echo "$included") <(echo "$there")); then
  echo "lifelog.hpp (<) does not include just the headers there are (>):"
  grep '^[<>]' <<<"$difference"
  failed=1
fi

while read -r header; do
  [[ $(head -n 1 "$header") == '// SPDX-License-Identifier: MIT' ]] || {
    echo "$header: the first line is not the SPDX licence"
    failed=1
  }
  grep -qx '#pragma once' "$header" || {
    echo "$header: no #pragma once"
    failed=1
  }
done < <(find . -name '*.hpp')
exit $failed
