#!/usr/bin/env bash
# usage: packaging/debian/build.sh [OUT_DIR]
# Builds liblifelog-dev_VERSION_all.deb (needs debhelper) of a copy of the source, without signing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$(realpath -m "${1:-$root/out/debian}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/lifelog"
cp -r "$root"/{include,cmake,meson.build,meson_options.txt,LICENSE,CHANGELOG.md} "$work/lifelog"
cp -r "$root/packaging/debian" "$work/lifelog/debian"
(cd "$work/lifelog" && dpkg-buildpackage --build=all -us -uc)
cp "$work"/liblifelog-dev_*.deb "$out"
ls "$out"/liblifelog-dev_*.deb
