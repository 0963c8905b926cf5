// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/random.hpp>
#include <lifelog/mil/bags.hpp>
#include <vector>

namespace lifelog::benchmarks {

/// A modality of the study, a minute of it: 0 channels for a scalar.
struct StudyModality {
  const char* name;
  Index channels, length;
};

inline constexpr StudyModality study_modalities[] = {
    {"e4Acc", 3, 1920}, {"e4Bvp", 1, 3840}, {"e4Eda", 1, 240}, {"e4Hr", 0, 1},   {"e4Temp", 1, 240},
    {"mAcc", 3, 1786},  {"mGps", 0, 1},     {"mGyr", 3, 1786}, {"mMag", 3, 1786}};
inline constexpr Index study_classes = 4;

inline std::vector<float> noise(Index count, Random& random) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (auto& v : values) v = static_cast<float>(random.uniform(-1.7, 1.7));
  return values;
}

/// Bags of noise in the study's shapes (time does not depend on values); `stretch` makes series that much longer.
class StudyBags {
 public:
  explicit StudyBags(Index count, Index stretch = 1) {
    Random random(1);
    bags_.count = count;
    for (const auto& m : study_modalities) {
      mil::Instances<float> instances{m.name, nullptr, m.channels, m.channels ? m.length * stretch : 1};
      values_.push_back(noise(count * instances.size(), random));
      instances.values = values_.back().data();
      bags_.modalities.push_back(instances);
    }
    for (Index n = 0; n < count; ++n)
      labels_.push_back(static_cast<Index>(random.below(static_cast<std::uint64_t>(study_classes))));
  }
  StudyBags(const StudyBags&) = delete;
  StudyBags& operator=(const StudyBags&) = delete;

  const mil::Bags<float>& bags() const { return bags_; }
  const std::vector<Index>& labels() const { return labels_; }

 private:
  std::vector<std::vector<float>> values_;
  mil::Bags<float> bags_;
  std::vector<Index> labels_;
};

}  // namespace lifelog::benchmarks
