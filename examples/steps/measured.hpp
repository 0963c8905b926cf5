// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/core/matrix.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace lifelog::examples {

/// What the replicates of a person's network tell of minutes that they were not trained on.
struct Measured {
  std::vector<std::string> modalities;
  /// [seeds] of [N, M], bits; NaN rows of minutes that no fold tests.
  std::vector<RowMatrix<double>> bits;
  /// [N, M · C], each row [M, C]: mean over seeds of the contributions; NaN rows alike.
  RowMatrix<float> contributions;
  /// [N], the fold that tests a minute, from 0; −1: none.
  std::vector<Index> fold;
  /// [folds], how far the networks of a fold are believed when all sensors are shown, on average.
  std::vector<double> trust;

  Index folds() const { return static_cast<Index>(trust.size()); }
  Index classes() const {
    return modalities.empty() ? 0 : contributions.cols() / static_cast<Index>(modalities.size());
  }
  /// Minutes of which all seeds told something, ascending; of one fold alone where it is given.
  std::vector<Index> told(Index of_fold = -1) const;
  /// [seeds] of [rows, M].
  std::vector<RowMatrix<double>> bits_of(const std::vector<Index>& rows) const;
  /// [rows, M], mean over seeds.
  RowMatrix<double> mean_bits(const std::vector<Index>& rows) const;
  /// [rows, M], what each sensor says for the class that all of them together say.
  RowMatrix<float> for_said(const std::vector<Index>& rows) const;
};

/// Throws OutputError.
void save_measured(const std::filesystem::path& file, const Measured& measured);
/// What save_measured wrote. Throws io_error, format_error.
Measured load_measured(const std::filesystem::path& file);

}  // namespace lifelog::examples
