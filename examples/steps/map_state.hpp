// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <lifelog/io/safetensors.hpp>
#include <lifelog/manifold/tsne_run.hpp>
#include <lifelog/train/run_identity.hpp>
#include <limits>
#include <string>
#include <utility>

namespace lifelog::examples {

// t-SNE laid aside: safetensors F64 [n, dims] `map`, `step` and `gain`, I64 [1] `iterations`; metadata `format` =
// `lifelog-tsne`, `version` = `1`, and what the map was made of and with (train/run_identity.hpp).

inline void save_state(const std::filesystem::path& path, const manifold::TsneState& state,
                       const train::RunIdentity& identity = {}) {
  io::Tensors tensors;
  tensors.add("map", state.map);
  tensors.add("step", state.descent.step);
  tensors.add("gain", state.descent.gain);
  tensors.add("iterations", Eigen::Matrix<std::int64_t, 1, 1>(state.iterations));
  tensors.metadata() = {{"format", "lifelog-tsne"}, {"version", "1"}};
  train::set_identity(tensors, identity);
  tensors.save(path);
}

/// Throws format_error unless the state was made with just this.
inline void require_same_run(const std::filesystem::path& path, const train::RunIdentity& identity) {
  train::require_same_run(io::Tensors::load(path), identity);
}

/// Throws format_error for a file that is none of save_state's.
inline manifold::TsneState load_state(const std::filesystem::path& path) {
  const auto tensors = io::Tensors::load(path);
  for (const auto& [key, value] : {std::pair("format", "lifelog-tsne"), std::pair("version", "1")})
    if (tensors.metadata(key) != value)
      throw format_error(path.string(), std::string("expected ") + key + " '" + value + "', got '" +
                                            detail::shown(tensors.metadata(key)) + "'");
  const auto read = [&](const char* name) -> RowMatrix<double> {
    const auto values = tensors.view<double, 2>(name);
    return Eigen::Map<const RowMatrix<double>>(values.data(), static_cast<Index>(values.shape(0)),
                                               static_cast<Index>(values.shape(1)));
  };
  const auto iterations = tensors.get<std::int64_t>("iterations", {1})[0];
  if (iterations < 0 || iterations > std::numeric_limits<int>::max())
    throw format_error(tensors.where("iterations"), "expected a count, got " + std::to_string(iterations));
  manifold::TsneState state;
  state.map = read("map");
  state.descent.step = read("step");
  state.descent.gain = read("gain");
  state.iterations = static_cast<int>(iterations);
  return state;
}

}  // namespace lifelog::examples
