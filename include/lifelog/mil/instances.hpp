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

#define LIFELOG_BAG_INSTANCES(keyword, Encoders)                                                          \
  keyword struct mil::BagNetwork<float, mil::Encoders>;                                                   \
  keyword class mil::BagPass<float, mil::Encoders>;                                                       \
  keyword class mil::BagStream<float, mil::Encoders>;                                                     \
  keyword struct train::TrainState<mil::BagNetwork<float, mil::Encoders>>;                                \
  keyword train::TrainStatus train::train(mil::BagTask<float, mil::Encoders>&, const std::vector<Index>&, \
                                          const std::vector<Index>&, const train::TrainOptions&,          \
                                          train::TrainState<mil::BagNetwork<float, mil::Encoders>>&);     \
  keyword void train::save_checkpoint(const std::string&,                                                 \
                                      const train::TrainState<mil::BagNetwork<float, mil::Encoders>>&,    \
                                      const train::RunIdentity&);                                         \
  keyword void train::load_checkpoint(const std::string&,                                                 \
                                      train::TrainState<mil::BagNetwork<float, mil::Encoders>>&,          \
                                      const train::RunIdentity&);                                         \
  keyword void mil::save_model(const std::string&, const mil::BasicModel<float, mil::Encoders>&);         \
  keyword mil::BasicModel<float, mil::Encoders> mil::detail::model_of<float, mil::Encoders>(              \
      const io::Tensors&);                                                                                \
  keyword io::CHeader mil::firmware_header(const mil::BasicModel<float, mil::Encoders>&,                  \
                                           const mil::FirmwareOptions&);

namespace lifelog::inline LIFELOG_ABI {

#ifdef LIFELOG_INSTANTIATE
template class mil::detail::PoolPass<float, mil::key_size,
                                     mil::AnyPool<float>>;  // that of all encoders with keys of this length
LIFELOG_BAG_INSTANCES(template, StudyEncoders)
#else
extern template class mil::detail::PoolPass<float, mil::key_size, mil::AnyPool<float>>;
LIFELOG_BAG_INSTANCES(extern template, StudyEncoders)
#endif

}  // namespace lifelog
