// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "../data/dataset.hpp"
#include "../mil/bags.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// A data set's minutes as the bag network sees them: nothing is copied, so the data set must outlive the bags. What was
/// not recorded (`DataSet::present`) is not there.
///
///     const auto data = data::load_dataset("person.safetensors");
///     const auto bags = predict::bags_of(data);
///     mil::BagTask<float> task(network, bags, predict::labels_of(data));
LIFELOG_LAZY mil::Bags<float> bags_of(const data::DataSet& data) {
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

/// Minutes cut into windows, an instance each, so that a weight says which sensor, and when.
struct WindowBags {
  std::vector<std::vector<float>> values;  ///< [modality], what the bags are of
  mil::Bags<float> bags;

  WindowBags() = default;
  WindowBags(WindowBags&&) = default;  // a copy's bags would be those of the other's values
  WindowBags& operator=(WindowBags&&) = default;
};

/// `count` windows of each minute of each series, of equal length, window w from sample ⌊w L / count⌋ of L on. Scalars, and
/// series of fewer than `count` samples, stay one instance; of what was not recorded there is none. Values are copied, but for
/// `count` 1, where the data set must outlive the bags.
LIFELOG_LAZY WindowBags window_bags_of(const data::DataSet& data, Index count) {
  lifelog::detail::require(count >= 1, "windows: expected at least 1 a minute, got ", count);
  WindowBags result;
  const auto whole = bags_of(data);
  if (count == 1) {
    result.bags = whole;
    return result;
  }
  result.bags.count = whole.count;
  for (const auto& kind : whole.modalities) {
    const Index windows = kind.channels == 0 || kind.length < count ? 1 : count,
                length = kind.length / windows;
    auto& values = result.values.emplace_back();
    std::vector<Index> start{0};
    for (Index n = 0; n < whole.count; ++n) {
      start.push_back(start.back() + (kind.there(n) ? windows : 0));
      for (Index w = 0; kind.there(n) && w < windows; ++w)
        for (Index c = 0; c < std::max<Index>(kind.channels, 1); ++c) {
          const float* const from = kind.instance(n) + c * kind.length + w * kind.length / windows;
          values.insert(values.end(), from, from + length);
        }
    }
    result.bags.modalities.push_back({kind.name, values.data(), kind.channels, length, std::move(start)});
  }
  return result;
}

/// [N], the class of each minute, 0…C−1.
LIFELOG_LAZY std::vector<Index> labels_of(const data::DataSet& data) {
  return {data.label.begin(), data.label.end()};
}

}  // namespace lifelog::predict
