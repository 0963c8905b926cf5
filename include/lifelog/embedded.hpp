// SPDX-License-Identifier: MIT
#pragma once

// The subset for firmware: networks and their evaluation, sample by sample or in pieces, on Eigen and the standard
// library; no exceptions, run-time types, streams, files, threads or heap required. A network whose channels are all
// constants, and its `nn::Stream`, are plain objects of fixed size; so are `mil::FixedBagNetwork`, which export_firmware
// writes, and its stream. mil/modal_importance.hpp, for devices with a heap, does without exceptions too.

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/version.hpp"
#include "mil/fixed_bag.hpp"
#include "nn/activation.hpp"
#include "nn/batch_norm.hpp"
#include "nn/causal_block.hpp"
#include "nn/convolution.hpp"
#include "nn/elementwise.hpp"
#include "nn/expression.hpp"
#include "nn/grouped_convolution.hpp"
#include "nn/layer_norm.hpp"
#include "nn/linear.hpp"
#include "nn/max_over_time.hpp"
#include "nn/parameters.hpp"
#include "nn/reductions.hpp"
#include "nn/stream.hpp"
#include "nn/strided_convolution.hpp"
#include "nn/without_bias.hpp"
