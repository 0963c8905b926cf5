// SPDX-License-Identifier: MIT
#include "two_builds.hpp"

Told tell_other();

Told tell_other() {
  return tell();
}
