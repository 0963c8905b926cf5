#!/usr/bin/env bash
# usage: CXX=c++ check_consumer.sh subproject|pkg-config|cmake|cmake-subdirectory|single SOURCE_ROOT
# Builds and runs the program in consumer/ against lifelog: as a Meson subproject, installed and found through pkg-config or
# CMake, as a folder of a CMake project, which installs the same as Meson, or as single headers. Exit status 77: the tool for it is
# not here.
set -euo pipefail
way=$1 root=$2
here=$root/tests/house/consumer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The flags of the build that runs this test are no part of what is tested.
unset CXXFLAGS CPPFLAGS LDFLAGS DESTDIR

skip() { echo "skipped: $*"; exit 77; }

# Meson may configure from within a test of an older or newer one: all output is its own.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

copy_lifelog() {
  mkdir -p "$1"
  cp -r "$root"/{include,meson.build,meson_options.txt,CMakeLists.txt,cmake,LICENSE} "$1"
}

install_lifelog() {
  quietly meson setup "$work/lifelog-build" "$root" --prefix "$work/prefix" -Dtests=disabled -Dexamples=disabled
  quietly meson install -C "$work/lifelog-build"
}

command -v meson >/dev/null || skip 'no meson on PATH'
case $way in
  subproject)
    cp -r "$here" "$work/project"
    copy_lifelog "$work/project/subprojects/lifelog"
    quietly meson setup "$work/build" "$work/project" --buildtype debug
    quietly meson compile -C "$work/build"
    "$work/build/consumer"
    ;;
  pkg-config)
    install_lifelog
    PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name lifelog.pc)")
    export PKG_CONFIG_PATH
    [[ $(pkg-config --modversion lifelog) == "$(sed -n 's/^#define LIFELOG_VERSION "\(.*\)"/\1/p' \
      "$root/include/lifelog/core/version.hpp")" ]] || { echo 'lifelog.pc and core/version.hpp differ in version'; exit 1; }
    for bound in 'eigen3 >= 3.4' 'eigen3 < 6'; do
      pkg-config --print-requires lifelog | grep -qxF "$bound" || { echo "lifelog.pc does not ask for $bound"; exit 1; }
    done
    read -ra flags <<<"$(pkg-config --cflags --libs lifelog)"
    [[ " ${flags[*]} " == *" -isystem $work/prefix/include "* ]] || { echo 'lifelog.pc: no system include path'; exit 1; }
    # By somebody who wants several rooms.
    "$CXX" -std=c++20 -DCONSUMER_WANTS_ALL "$here/main.cpp" "${flags[@]}" -o "$work/consumer"
    (cd "$work" && ./consumer)
    ;;
  cmake)
    cmake --version >/dev/null 2>&1 || skip 'no cmake'
    install_lifelog
    # An installed tree may be moved.
    mv "$work/prefix" "$work/moved"
    quietly cmake -S "$here" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_CXX_COMPILER="$CXX"
    quietly cmake --build "$work/build"
    "$work/build/consumer"
    # What is asked for and not there is refused, in words.
    for asked in '0.1 COMPONENTS xtensor openmp=found' '0.1 COMPONENTS gpu=no component gpu' \
      '0.2=compatible' '1.0=compatible' '0.1...0.9=found' '0.2...0.9=compatible'; do
      mkdir -p "$work/asks"
      printf 'cmake_minimum_required(VERSION 3.19)\nproject(asks CXX)\nfind_package(lifelog %s REQUIRED)\nmessage("found")\n' \
        "${asked%%=*}" >"$work/asks/CMakeLists.txt"
      cmake -S "$work/asks" -B "$work/asks/build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_CXX_COMPILER="$CXX" \
        >"$work/log" 2>&1 || true
      grep -q "${asked#*=}" "$work/log" || { cat "$work/log"; echo "find_package(lifelog ${asked%%=*}): expected '${asked#*=}'"; exit 1; }
    done
    ;;
  cmake-subdirectory)
    cmake --version >/dev/null 2>&1 || skip 'no cmake'
    printf 'cmake_minimum_required(VERSION 3.24)\nproject(consumer CXX)\nadd_subdirectory(lifelog)\n' >"$work/CMakeLists.txt"
    sed -n '/^add_executable/,$p' "$here/CMakeLists.txt" >>"$work/CMakeLists.txt"
    cp "$here/main.cpp" "$work"
    copy_lifelog "$work/lifelog"
    quietly cmake -S "$work" -B "$work/build" -DCMAKE_CXX_COMPILER="$CXX"
    quietly cmake --build "$work/build"
    "$work/build/consumer"
    # Installed by CMake there is what Meson installs, but for lifelog.pc.
    install_lifelog
    quietly cmake -S "$work/lifelog" -B "$work/own" -DCMAKE_CXX_COMPILER="$CXX"
    quietly cmake --install "$work/own" --prefix "$work/other"
    diff -r --exclude=lifelog.pc --exclude=pkgconfig "$work/prefix" "$work/other"
    ;;
  single)
    quietly python3 "$root/packaging/amalgamate.py" "$root" "$work/single"
    read -ra eigen <<<"$(pkg-config --cflags eigen3 2>/dev/null || echo -I/usr/include/eigen3)"
    # Each compiles alone, twice in one file too; the one for firmware without exceptions.
    for name in lifelog lifelog_embedded; do
      [[ $name == lifelog ]] && few=() || few=(-fno-exceptions -fno-rtti)
      printf '#include "%s.hpp"\n#include "%s.hpp"\nint main() { return lifelog::Index(); }\n' $name $name >"$work/$name.cpp"
      "$CXX" -std=c++20 "${few[@]}" -I"$work/single" "${eigen[@]/#-I/-isystem}" "$work/$name.cpp" -o "$work/$name"
      "$work/$name"
    done
    ;;
  *) echo "unknown way '$way'"; exit 2 ;;
esac
