// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/matrix.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "paths.hpp"

namespace golden {

/// The numbers of tests/golden/<name> as double: a line a row, separated by white space; `#` starts a
/// comment. Ragged or unreadable files throw, so that a test can never pass for want of its vector.
inline lifelog::RowMatrix<double> matrix(const std::string& name) {
  const std::string path = std::string(paths::golden) + "/" + name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot open");
  std::vector<double> values;
  lifelog::Index rows = 0, cols = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    lifelog::Index found = 0;
    for (std::string word; words >> word; ++found) {
      char* end = nullptr;
      values.push_back(std::strtod(word.c_str(), &end));
      if (*end != '\0') throw std::runtime_error(path + ": not a number: " + word);
    }
    if (found == 0) continue;
    if (rows > 0 && found != cols) throw std::runtime_error(path + ": ragged row " + std::to_string(rows));
    cols = found;
    ++rows;
  }
  if (rows == 0) throw std::runtime_error(path + ": empty");
  return Eigen::Map<const lifelog::RowMatrix<double>>(values.data(), rows, cols);
}

/// A file of one row or one column.
inline Eigen::VectorXd vector(const std::string& name) {
  const auto all = matrix(name);
  if (all.rows() != 1 && all.cols() != 1) throw std::runtime_error(name + ": not a vector");
  return Eigen::Map<const Eigen::VectorXd>(all.data(), all.size());
}

/// A vector of integers.
inline Eigen::VectorXi labels(const std::string& name) {
  return vector(name).cast<int>();
}

}  // namespace golden
