// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "../data/dataset.hpp"
#include "../evaluate/baselines.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// A data set's windows as the baselines see them: nothing is copied, so the data set must outlive them. What was not
/// recorded (`DataSet::present`) is missing. seconds: how long a window lasts, > 0; a sensor's rate follows from it.
///
///     const auto table = evaluate::statistics_features(predict::sensors_of(data));
LIFELOG_LAZY std::vector<evaluate::Sensor<float>> sensors_of(const data::DataSet& data, double seconds = 60) {
  lifelog::detail::require(lifelog::detail::is_finite(seconds) && seconds > 0,
                           "seconds: expected a number above 0, got ", seconds);
  std::vector<evaluate::Sensor<float>> sensors;
  for (std::size_t m = 0; m < data.modalities.size(); ++m) {
    const auto& values = data.modalities[m].values;
    features::WindowsView<float> view{values.data(), data.size(), static_cast<Index>(values.shape(1)),
                                      static_cast<Index>(values.shape(2))};
    if (data.present.size() > 0) {
      view.present = data.present.data() + m;
      view.present_stride = static_cast<Index>(data.modalities.size());
    }
    sensors.push_back({data.modalities[m].name, view, static_cast<double>(view.length) / seconds});
  }
  return sensors;
}

}  // namespace lifelog::predict
