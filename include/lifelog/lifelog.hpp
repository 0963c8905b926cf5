// SPDX-License-Identifier: MIT
#pragma once

// Everything. Needs Eigen and xtensor, and nlohmann-json for the one header that reads JSON, which is left
// out where that is not installed. Firmware takes embedded.hpp; who wants one algorithm includes its header
// alone.

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/matrix.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/version.hpp"
#include "core/xtensor.hpp"
#include "data/dataset.hpp"
#include "data/labels.hpp"
#include "data/quality.hpp"
#include "data/split.hpp"
#include "io/atomic_file.hpp"
#include "io/npy.hpp"
#if __has_include(<nlohmann/json.hpp>)
#include "io/safetensors.hpp"
#endif
