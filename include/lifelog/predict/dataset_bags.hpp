// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "../data/dataset.hpp"
#include "../mil/bags.hpp"

namespace lifelog::predict {

/// A data set's minutes as the bag network sees them: nothing is copied, so the data set must outlive the bags. What was
/// not recorded (`DataSet::present`) is not there.
///
///     const auto data = data::load_dataset("person.safetensors");
///     const auto bags = predict::bags_of(data);
///     mil::BagTask<float> task(network, bags, predict::labels_of(data));
inline mil::Bags<float> bags_of(const data::DataSet& data) {
  mil::Bags<float> bags;
  bags.count = data.size();
  for (const auto& modality : data.modalities) {
    mil::Instances<float> instances{modality.name, modality.values.data(),
                                    modality.scalar ? Index{0} : static_cast<Index>(modality.values.shape(1)),
                                    static_cast<Index>(modality.values.shape(2))};
    if (data.present.size() > 0) {
      instances.present = data.present.data() + bags.modalities.size();
      instances.present_stride = static_cast<Index>(data.modalities.size());
    }
    bags.modalities.push_back(std::move(instances));
  }
  return bags;
}

/// [N], the class of each minute, 0…C−1.
inline std::vector<Index> labels_of(const data::DataSet& data) {
  return {data.label.begin(), data.label.end()};
}

}  // namespace lifelog::predict
