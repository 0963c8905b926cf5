// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "../data/standardize.hpp"
#include "../evaluate/split.hpp"
#include "../io/json.hpp"
#include "../mil/model_file.hpp"

// What a model's file tells about how it was trained (`mil::Model::notes`), so that whoever loads it can treat further
// minutes alike: how channels were standardised, and which minutes were held out.

namespace lifelog::inline LIFELOG_ABI::predict {

/// The note `standardize`: [{"modality": "e4Acc", "mean": [0.1, …], "deviation": [1.2, …]}, …].
LIFELOG_LAZY std::string standardization_note(const data::Standardization& fitted) {
  auto json = io::Json::array();
  for (const auto& scale : fitted.scales)
    json.push_back({{"modality", scale.modality}, {"mean", scale.mean}, {"deviation", scale.deviation}});
  return json.dump();
}

/// The note `split`: {"train": 0.7, "valid": 0.1, "test": 0.2, "shuffle": true, "seed": 1}.
LIFELOG_LAZY std::string split_note(const evaluate::SplitOptions& split) {
  return io::Json{{"train", split.train},
                  {"valid", split.valid},
                  {"test", split.test},
                  {"shuffle", split.shuffle},
                  {"seed", split.seed}}
      .dump();
}

/// Which minutes of how many a model was not trained on and did not choose by.
struct TestedMinutes {
  Index minutes = 0;        ///< of the data set
  std::vector<Index> rows;  ///< ascending, below `minutes`
};

/// The note `tested`: {"minutes": 47, "rows": [0, 1, …]}.
LIFELOG_LAZY std::string tested_note(const TestedMinutes& tested) {
  return io::Json{{"minutes", tested.minutes}, {"rows", tested.rows}}.dump();
}

namespace detail {

/// read(json) of a model's note; nothing without the note. Throws format_error on one that says something else.
template<class Model, class Read>
auto read_note(const Model& model, const std::string& name, Read read)
    -> std::optional<decltype(read(io::Json()))> {
  const auto note = model.notes.find(name);
  if (note == model.notes.end()) return std::nullopt;
  try {
    return read(io::parse_json("model: metadata '" + name + "'", note->second));
  } catch (const nlohmann::json::exception& error) {
    throw format_error("model", "metadata '" + name + "': " + error.what());
  }
}

/// Throws format_error unless values can be standardised so.
LIFELOG_LAZY void require_sound(const data::Standardization::Scale& scale) {
  const auto finite = [](const std::vector<double>& x) {
    return lifelog::detail::all_finite(x.data(), static_cast<Index>(x.size()));
  };
  if (!finite(scale.mean) || !finite(scale.deviation) ||
      std::any_of(scale.deviation.begin(), scale.deviation.end(), [](double x) { return x <= 0; }))
    throw format_error("model", "metadata 'standardize': expected finite means and deviations above 0 of " +
                                    lifelog::detail::shown(scale.modality));
}

}  // namespace detail

/// How a model's inputs are standardised; nothing where they are not. Throws format_error on a note that cannot be read or
/// by which nothing can be standardised.
template<class T, class Encoders>
std::optional<data::Standardization> standardization_of(const mil::BasicModel<T, Encoders>& model) {
  return detail::read_note(model, "standardize", [](const io::Json& json) {
    data::Standardization fitted;
    for (const auto& entry : json)
      fitted.scales.push_back({entry.at("modality"), entry.at("mean"), entry.at("deviation")});
    for (const auto& scale : fitted.scales) detail::require_sound(scale);
    return fitted;
  });
}

/// How many windows a model's minutes are cut into (`window_bags_of`): 1 unless its file tells. Throws format_error on a note
/// that cannot be read.
template<class T, class Encoders>
Index windows_of(const mil::BasicModel<T, Encoders>& model) {
  const auto windows =
      detail::read_note(model, "windows", [](const io::Json& json) { return json.get<Index>(); });
  if (windows && (*windows < 1 || *windows > 100'000))
    throw format_error("model", "metadata 'windows': expected 1...100000, got " + std::to_string(*windows));
  return windows.value_or(1);
}

/// How the minutes that a model was trained on were split; nothing where its file does not tell. Throws format_error on a
/// note that cannot be read.
template<class T, class Encoders>
std::optional<evaluate::SplitOptions> split_of(const mil::BasicModel<T, Encoders>& model) {
  return detail::read_note(model, "split", [](const io::Json& json) {
    evaluate::SplitOptions split;
    split.train = json.at("train"), split.valid = json.at("valid"), split.test = json.at("test");
    split.shuffle = json.at("shuffle"), split.seed = json.at("seed");
    return split;
  });
}

/// Which minutes a model holds out where no shares say so; nothing where its file does not tell. Throws format_error on a
/// note that cannot be read.
template<class T, class Encoders>
std::optional<TestedMinutes> tested_of(const mil::BasicModel<T, Encoders>& model) {
  return detail::read_note(model, "tested", [](const io::Json& json) {
    TestedMinutes tested{json.at("minutes"), json.at("rows")};
    Index before = -1;
    for (const Index row : tested.rows) {
      if (row <= before || row >= tested.minutes)
        throw format_error("model", "metadata 'tested': expected ascending rows below " +
                                        std::to_string(tested.minutes) + ", got " + std::to_string(row));
      before = row;
    }
    return tested;
  });
}

}  // namespace lifelog::predict
