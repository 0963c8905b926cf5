// SPDX-License-Identifier: MIT
#pragma once

// The subset for firmware: networks and modal importance on the standard library and Eigen; no exceptions, streams,
// files or threads required.

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/version.hpp"
#include "mil/attention.hpp"
#include "mil/bag_network.hpp"
#include "mil/modal_importance.hpp"
#include "nn/activation.hpp"
#include "nn/batch_norm.hpp"
#include "nn/causal_block.hpp"
#include "nn/convolution.hpp"
#include "nn/expression.hpp"
#include "nn/linear.hpp"
#include "nn/max_over_time.hpp"
#include "nn/parameters.hpp"
