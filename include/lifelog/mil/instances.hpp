// SPDX-License-Identifier: MIT
#pragma once

#include "../train/checkpoint.hpp"
#include "bag_stream.hpp"
#include "firmware_file.hpp"
#include "modal_importance.hpp"
#include "model_file.hpp"

// The study's network in float, compiled once for a program of many files. Whoever includes this only uses what one file of
// the program compiles:
//
//     #define LIFELOG_INSTANTIATE
//     #include <lifelog/mil/instances.hpp>
//
// All files must be compiled with the same instruction set (-march) and settings of the library.

#ifdef LIFELOG_INSTANTIATE
#define LIFELOG_INSTANCE template
#else
#define LIFELOG_INSTANCE extern template
#endif

namespace lifelog {

LIFELOG_INSTANCE struct mil::BagNetwork<float>;
LIFELOG_INSTANCE class mil::BagPass<float>;
LIFELOG_INSTANCE class mil::BagStream<float>;
LIFELOG_INSTANCE struct train::TrainState<mil::BagNetwork<float>>;

LIFELOG_INSTANCE train::TrainStatus train::train(mil::BagTask<float>&, const std::vector<Index>&,
                                                 const std::vector<Index>&, const train::TrainOptions&,
                                                 train::TrainState<mil::BagNetwork<float>>&);
LIFELOG_INSTANCE void train::save_checkpoint(const std::string&,
                                             const train::TrainState<mil::BagNetwork<float>>&,
                                             const train::RunIdentity&);
LIFELOG_INSTANCE void train::load_checkpoint(const std::string&, train::TrainState<mil::BagNetwork<float>>&,
                                             const train::RunIdentity&);
LIFELOG_INSTANCE void mil::save_model(const std::string&, const mil::BasicModel<float>&);
LIFELOG_INSTANCE mil::BasicModel<float> mil::load_model<float>(const std::string&);
LIFELOG_INSTANCE io::CHeader mil::firmware_header(const mil::BasicModel<float>&, const mil::FirmwareOptions&);

}  // namespace lifelog

#undef LIFELOG_INSTANCE
