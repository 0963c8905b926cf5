// SPDX-License-Identifier: MIT

#include "measured.hpp"

#include <lifelog/io/npy.hpp>
#include <lifelog/io/safetensors.hpp>
#include <nlohmann/json.hpp>

#include "../common/files.hpp"

namespace lifelog::examples {

namespace {

std::size_t size_of(Index i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

std::vector<Index> Measured::told(Index of_fold) const {
  std::vector<Index> rows;
  for (std::size_t n = 0; n < fold.size(); ++n) {
    if (fold[n] < 0 || (of_fold >= 0 && fold[n] != of_fold)) continue;
    bool all = !bits.empty();
    for (const auto& of_seed : bits) all = all && of_seed.row(static_cast<Index>(n)).allFinite();
    if (all) rows.push_back(static_cast<Index>(n));
  }
  return rows;
}

std::vector<RowMatrix<double>> Measured::bits_of(const std::vector<Index>& rows) const {
  std::vector<RowMatrix<double>> some;
  for (const auto& of_seed : bits) some.emplace_back(of_seed(rows, Eigen::all));
  return some;
}

RowMatrix<double> Measured::mean_bits(const std::vector<Index>& rows) const {
  RowMatrix<double> sum =
      RowMatrix<double>::Zero(static_cast<Index>(rows.size()), static_cast<Index>(modalities.size()));
  for (const auto& of_seed : bits) sum += of_seed(rows, Eigen::all);
  return sum / static_cast<double>(bits.size());
}

RowMatrix<float> Measured::for_said(const std::vector<Index>& rows) const {
  RowMatrix<float> result(static_cast<Index>(rows.size()), static_cast<Index>(modalities.size()));
  for (Index i = 0; i < result.rows(); ++i) {
    const Eigen::Map<const RowMatrix<float>> own(contributions.row(rows[size_of(i)]).data(), result.cols(),
                                                 classes());
    Index said = 0;
    own.colwise().sum().maxCoeff(&said);
    result.row(i) = own.col(said).transpose();
  }
  return result;
}

void save_measured(const std::filesystem::path& file, const Measured& measured) {
  const auto minutes = size_of(measured.contributions.rows()), sensors = measured.modalities.size();
  xt::xtensor<double, 3> bits(std::array<std::size_t, 3>{measured.bits.size(), minutes, sensors});
  for (std::size_t s = 0; s < measured.bits.size(); ++s)
    std::copy_n(measured.bits[s].data(), minutes * sensors, bits.data() + s * minutes * sensors);
  xt::xtensor<float, 3> contributions(
      std::array<std::size_t, 3>{minutes, sensors, size_of(measured.classes())});
  std::copy_n(measured.contributions.data(), contributions.size(), contributions.data());
  xt::xtensor<std::int64_t, 1> fold(std::array<std::size_t, 1>{minutes});
  std::copy(measured.fold.begin(), measured.fold.end(), fold.begin());
  xt::xtensor<double, 1> trust(std::array<std::size_t, 1>{measured.trust.size()});
  std::copy(measured.trust.begin(), measured.trust.end(), trust.begin());
  io::Tensors tensors;
  tensors.add("bits", bits);
  tensors.add("trust", trust);
  tensors.add("fold", fold);
  tensors.add("contributions", contributions);
  tensors.metadata()["format"] = "lifelog-replicates";
  tensors.metadata()["version"] = "1";
  tensors.metadata()["modalities"] = nlohmann::json(measured.modalities).dump();
  writing([&] { tensors.save(file); });
}

Measured load_measured(const std::filesystem::path& file) {
  const auto tensors = io::Tensors::load(file);
  if (tensors.metadata("format") != "lifelog-replicates")
    throw format_error(file.string(), "expected metadata 'format' to be lifelog-replicates");
  Measured measured;
  try {
    measured.modalities =
        nlohmann::json::parse(tensors.metadata("modalities")).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    throw format_error(file.string(), "metadata 'modalities': expected a list of names");
  }
  const auto bits = tensors.view<double, 3>("bits");
  const auto contributions = tensors.view<float, 3>("contributions");
  const auto minutes = bits.shape(1), sensors = bits.shape(2);
  if (sensors != measured.modalities.size() || contributions.shape(0) != minutes ||
      contributions.shape(1) != sensors)
    throw format_error(file.string(), "expected bits and contributions of the same minutes and sensors");
  const auto fold = tensors.get<std::int64_t>("fold", {minutes});
  const auto trust = tensors.get<double>("trust");
  measured.fold.assign(fold.begin(), fold.end());
  measured.trust.assign(trust.begin(), trust.end());
  for (std::size_t s = 0; s < bits.shape(0); ++s) {
    auto& of_seed = measured.bits.emplace_back(static_cast<Index>(minutes), static_cast<Index>(sensors));
    std::copy_n(bits.data() + s * minutes * sensors, minutes * sensors, of_seed.data());
  }
  measured.contributions.resize(static_cast<Index>(minutes),
                                static_cast<Index>(sensors * contributions.shape(2)));
  std::copy_n(contributions.data(), contributions.size(), measured.contributions.data());
  return measured;
}

}  // namespace lifelog::examples
