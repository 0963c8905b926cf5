// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/matrix.hpp>
#include <lifelog/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string_view>

/// Data of many kinds for t-SNE, made alike for our tests and for the programs that we compare with.
namespace sweep {

using lifelog::Index;
using lifelog::Random;
using Rows = lifelog::RowMatrix<double>;

inline void fill_normal(Rows& rows, Random& random) {
  for (double& x : rows.reshaped<Eigen::RowMajor>()) x = random.normal();
}

inline Rows blobs(Rows rows, Random& random) {
  const auto count = static_cast<Index>(2 + random.below(9));
  Rows middles(count, rows.cols());
  fill_normal(middles, random);
  for (Index i = 0; i < rows.rows(); ++i) rows.row(i) += 4 * middles.row(i % count);
  return rows;
}

inline Rows dirichlet(Rows rows, Random& random) {
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index j = 0; j < rows.cols(); ++j) rows(i, j) = -std::log(1 - random.uniform());
    rows.row(i) /= rows.row(i).sum();
  }
  return rows;
}

/// A few rows, or a fifth of them, drawn again and again.
inline Rows duplicates(Rows rows, Random& random) {
  const Index distinct = random.below(2) == 0 ? 8 : rows.rows() / 5;
  for (Index i = distinct; i < rows.rows(); ++i)
    rows.row(i) = rows.row(static_cast<Index>(random.below(static_cast<std::uint64_t>(distinct))));
  return rows;
}

/// A curve without noise.
inline Rows line(Rows rows, Random& random) {
  for (Index i = 0; i < rows.rows(); ++i) {
    const double t = random.uniform();
    for (Index j = 0; j < rows.cols(); ++j)
      rows(i, j) = j == 0 ? t : std::sin(std::sqrt(double(j)) * t + double(j));
  }
  return rows;
}

/// Windows of a pulse whose rate and height drift, a quarter of a window apart.
inline Rows pulses(Rows rows, Random& random) {
  double phase = 0, rate = 0.15, height = 1;
  const Index cols = rows.cols(), hop = std::max<Index>(1, cols / 4);
  Eigen::VectorXd signal(cols + hop * rows.rows());
  for (double& x : signal) {
    rate = std::clamp(rate + 0.002 * random.normal(), 0.05, 0.3);
    height = std::clamp(height + 0.01 * random.normal(), 0.5, 2.0);
    phase += rate;
    x = height * (std::sin(phase) + 0.4 * std::sin(2 * phase + 1)) + 0.05 * random.normal();
  }
  for (Index i = 0; i < rows.rows(); ++i) rows.row(i) = signal.segment(i * hop, cols);
  return rows;
}

inline Rows walk(Rows rows) {
  for (Index i = 1; i < rows.rows(); ++i) rows.row(i) += rows.row(i - 1);
  return rows;
}

/// Columns that differ by twelve orders of magnitude.
inline Rows scaled(Rows rows, Random& random) {
  for (Index j = 0; j < rows.cols(); ++j) rows.col(j) *= std::pow(10.0, random.uniform(-6, 6));
  return rows;
}

/// Seconds, metres and a constant column: up to 1e9 from 0.
inline Rows far(Rows rows, Random& random) {
  for (Index j = 0; j < rows.cols(); ++j) rows.col(j).array() += std::pow(10.0, random.uniform(3, 9));
  rows.col(rows.cols() - 1).setConstant(1e9);
  return rows;
}

inline Rows heavy(Rows rows, Random& random) {
  for (Index i = 0; i < rows.rows(); ++i) rows.row(i) /= std::sqrt(random.uniform() + 1e-6);
  return rows;
}

constexpr std::array<std::string_view, 12> kinds = {"normal", "uniform",    "dirichlet", "walk",
                                                    "blobs",  "duplicates", "line",      "far",
                                                    "scaled", "heavy",      "counts",    "pulses"};

/// [n, d] of a kind.
inline Rows make(std::string_view kind, Index n, Index d, std::uint64_t seed) {
  Random random(seed);
  Rows rows(n, d);
  fill_normal(rows, random);
  if (kind == "normal") return rows;
  if (kind == "uniform") return rows.unaryExpr([&](double) { return random.uniform(); });
  if (kind == "dirichlet") return dirichlet(rows, random);
  if (kind == "walk") return walk(rows);
  if (kind == "blobs") return blobs(rows, random);
  if (kind == "duplicates") return duplicates(rows, random);
  if (kind == "line") return line(rows, random);
  if (kind == "far") return far(rows, random);
  if (kind == "scaled") return scaled(rows, random);
  if (kind == "heavy") return heavy(rows, random);
  if (kind == "counts") return rows.unaryExpr([](double x) { return std::floor(std::abs(2 * x)); });
  if (kind == "pulses") return pulses(rows, random);
  throw std::invalid_argument("kind: unknown");
}

}  // namespace sweep
