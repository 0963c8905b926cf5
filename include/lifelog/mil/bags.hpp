// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "../core/matrix.hpp"

namespace lifelog::mil {

/// What a network must know of a modality: its tensors' name and its channels; 0 channels mean a scalar, one
/// number a bag instead of a series.
struct ModalityShape {
  std::string name;
  Index channels;

  bool scalar() const { return channels == 0; }
};

/// One modality of all bags, owned by somebody else: [bags, channels, length], row-major; [bags] for a
/// scalar.
template<class T>
struct Instances {
  std::string name;
  const T* values;
  Index channels;  ///< 0: scalar
  Index length;    ///< samples a channel; 1 for a scalar

  Index size() const { return std::max<Index>(channels, 1) * length; }
  const T* bag(Index n) const { return values + n * size(); }
};

/// Bags of M instances, one a modality; the data stays where it is.
template<class T>
struct Bags {
  Index count = 0;
  std::vector<Instances<T>> modalities;

  std::vector<ModalityShape> shapes() const {
    std::vector<ModalityShape> shapes;
    for (const auto& m : modalities) shapes.push_back({m.name, m.channels});
    return shapes;
  }
};

}  // namespace lifelog::mil
