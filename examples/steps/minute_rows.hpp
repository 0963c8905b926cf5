// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <lifelog/data/dataset.hpp>
#include <lifelog/data/labels.hpp>
#include <lifelog/io/npy.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../common/files.hpp"

namespace lifelog::examples {

/// Minutes of several people, one person after another, and what mattered in each.
struct MinuteRows {
  std::vector<std::string> users;
  std::vector<std::string> modalities;
  /// [n, M].
  RowMatrix<double> importance;
  /// [n], index of `users`.
  std::vector<int> person;
  /// [n], what the label stands for.
  std::vector<std::string> label;
  /// [n], unix seconds.
  std::vector<std::int64_t> timestamp;

  Index size() const { return importance.rows(); }

  /// Appends a person. rows: minutes of the data set, at least one; of_rows: [rows, M], their importances. Throws
  /// std::invalid_argument when modalities or lengths differ from what is there.
  void add(const data::DataSet& data, const std::vector<Index>& rows, const RowMatrix<float>& of_rows) {
    std::vector<std::string> names;
    for (const auto& modality : data.modalities) names.push_back(modality.name);
    if (users.empty()) modalities = names;
    detail::require(names == modalities, "data: expected the modalities of person ",
                    users.empty() ? data.user : users.front(), ", got others of person ", data.user);
    detail::require(of_rows.rows() == static_cast<Index>(rows.size()) &&
                        of_rows.cols() == static_cast<Index>(names.size()),
                    "importance: expected ", rows.size(), " x ", names.size(), ", got ", of_rows.rows(),
                    " x ", of_rows.cols());
    detail::require(!rows.empty(), "rows: expected at least one minute of person ", data.user, ", got none");
    const Index before = size();
    importance.conservativeResize(before + of_rows.rows(), of_rows.cols());
    importance.bottomRows(of_rows.rows()) = of_rows.cast<double>();
    for (const Index row : rows) {
      const auto i = static_cast<std::size_t>(row);
      person.push_back(static_cast<int>(users.size()));
      label.push_back(data.classes[static_cast<std::size_t>(data.label(i))]);
      timestamp.push_back(data.timestamp(i));
    }
    users.push_back(data.user);
  }

  /// Some of the rows; `users` stay as they are.
  MinuteRows pick(const std::vector<Index>& rows) const {
    MinuteRows some{users, modalities, RowMatrix<double>(static_cast<Index>(rows.size()), importance.cols()),
                    {},    {},         {}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(rows[i]);
      some.importance.row(static_cast<Index>(i)) = importance.row(rows[i]);
      some.person.push_back(person[row]);
      some.label.push_back(label[row]);
      some.timestamp.push_back(timestamp[row]);
    }
    return some;
  }

  Eigen::VectorXi users_of_rows() const {
    return Eigen::Map<const Eigen::VectorXi>(person.data(), static_cast<Index>(person.size()));
  }

  /// [users], minutes of each.
  std::vector<Index> minutes_of_users() const {
    std::vector<Index> minutes(users.size(), 0);
    for (const int p : person) ++minutes[static_cast<std::size_t>(p)];
    return minutes;
  }
};

/// `limit` of the numbers 0..n-1, as evenly spread as can be; all when there are fewer.
inline std::vector<Index> even_sample(Index n, Index limit) {
  std::vector<Index> rows;
  const Index count = std::min(n, limit);
  for (Index i = 0; i < count; ++i) rows.push_back(i * n / count);
  return rows;
}

/// Minutes in the map of raw windows. Those are high-dimensional; so many of them make the point.
inline std::vector<Index> raw_sample(Index n) {
  return even_sample(n, 2000);
}

/// Writes importance.npy [n, M] float32; users.npy, labels.npy and minutes.npy [n] int64; and people.json: modalities,
/// and what the numbers in users.npy and labels.npy stand for. Throws OutputError.
inline void save_minutes(const std::filesystem::path& dir, const MinuteRows& rows) {
  using Column = Eigen::Matrix<std::int64_t, Eigen::Dynamic, 1>;
  const auto labels = data::LabelEncoder::fit(rows.label);
  Column label(rows.size());
  for (Index i = 0; i < rows.size(); ++i) label[i] = labels.encode(rows.label[static_cast<std::size_t>(i)]);
  writing([&] {
    io::save_npy(dir / "importance.npy", rows.importance.cast<float>().eval());
    io::save_npy(dir / "users.npy", rows.users_of_rows().cast<std::int64_t>().eval());
    io::save_npy(dir / "labels.npy", label);
    io::save_npy(dir / "minutes.npy", Column(Eigen::Map<const Column>(rows.timestamp.data(), rows.size())));
  });
  write_json(dir / "people.json",
             {{"users", rows.users}, {"modalities", rows.modalities}, {"labels", labels.classes()}});
}

/// What save_minutes wrote. Throws io_error, format_error.
inline MinuteRows load_minutes(const std::filesystem::path& dir) {
  MinuteRows rows;
  std::vector<std::string> labels;
  const auto json = read_json(dir / "people.json");
  try {
    json.at("users").get_to(rows.users);
    json.at("modalities").get_to(rows.modalities);
    json.at("labels").get_to(labels);
  } catch (const nlohmann::json::exception& error) {
    throw format_error((dir / "people.json").string(),
                       std::string("expected users, modalities and labels: ") + error.what());
  }
  rows.importance = as_eigen(io::load_npy<double, 2>(dir / "importance.npy"));
  const auto person = io::load_npy<int, 1>(dir / "users.npy");
  const auto label = io::load_npy<int, 1>(dir / "labels.npy");
  const auto minute = io::load_npy<std::int64_t, 1>(dir / "minutes.npy");
  const auto n = static_cast<std::size_t>(rows.size());
  const auto below = [](std::size_t end) {
    return [end](int i) { return i >= 0 && static_cast<std::size_t>(i) < end; };
  };
  if (person.size() != n || label.size() != n || minute.size() != n ||
      rows.importance.cols() != static_cast<Index>(rows.modalities.size()) ||
      !std::all_of(person.begin(), person.end(), below(rows.users.size())) ||
      !std::all_of(label.begin(), label.end(), below(labels.size())))
    throw format_error(dir.string(), "expected importance, users, labels and minutes of the same rows");
  rows.person.assign(person.begin(), person.end());
  rows.timestamp.assign(minute.begin(), minute.end());
  for (const int l : label) rows.label.push_back(labels[static_cast<std::size_t>(l)]);
  return rows;
}

}  // namespace lifelog::examples
