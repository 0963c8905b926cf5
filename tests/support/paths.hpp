// SPDX-License-Identifier: MIT
#pragma once

/// Where tests find things on this machine. Defined in one file, so that no other has to be compiled anew, or missed by a
/// compiler's cache, when the same sources lie elsewhere.
namespace paths {

extern const char* const golden;    ///< tests/golden
extern const char* const programs;  ///< folder of the compiled example programs
extern const char* const e4;        ///< recordings of real people; need not be there

}  // namespace paths
