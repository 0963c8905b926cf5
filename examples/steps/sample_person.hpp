// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <lifelog/data/dataset.hpp>
#include <string>

namespace lifelog::examples {

/// A person of a generated study to try programs on, small enough to train in half a minute.
data::DataSet sample_person(std::uint64_t seed);

/// The data set of a file; that person's where there is none. Throws io_error, format_error.
data::DataSet load_or_sample(const std::string& file, std::uint64_t seed);

/// Epochs that suffice for that person.
inline constexpr int sample_epochs = 30;

}  // namespace lifelog::examples
