// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "columns.hpp"
#include "convolution.hpp"
#include "spline.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

/// All points' repulsion in the plane from a grid: O(n + area / spacing² · log) instead of O(n²).
///
/// After Linderman, Rachh, Hoskins, Steinerberger & Kluger, "Fast interpolation-based t-SNE for improved
/// visualization of single-cell RNA-seq data" (2019): what lies between grid points is interpolated, and the sum
/// over the grid is a convolution. Two things differ. The forces Σ_j q² (y_i − y_j) are −½ times the gradient of the
/// potential Σ_j q, so one convolution serves them and Z where there were four; and interpolation is by B-splines,
/// which have that gradient, as in the smooth particle mesh Ewald method (Essmann et al. 1995). The grid's
/// kernel is divided by the splines' spectrum, so that the potential of a point on the grid is exact on the grid.
template<class T>
class InterpolatedRepulsion {
 public:
  /// A grid of squares with everything in it.
  struct Layout {
    std::array<T, 2> origin;
    double spacing;
    std::array<Index, 2> points;  // that are used
    std::array<Index, 2> size;    // of a period
  };

  /// The grid for positions [padded n, 2]: squares as large as `spacing`, or a half, a quarter, … of it where the map is
  /// small; larger ones only where a side would have more than 4096.
  static Layout layout(const Columns<T>& positions, Index n, double spacing) {
    Layout result;
    std::array<double, 2> extent;
    for (int c = 0; c < 2; ++c) {
      result.origin[at(c)] = positions.col(c).head(n).minCoeff();
      extent[at(c)] = static_cast<double>(positions.col(c).head(n).maxCoeff()) -
                      static_cast<double>(result.origin[at(c)]);
    }
    const double longest = std::max(extent[0], extent[1]);
    constexpr double fewest = 32, most = 2040;
    const double doublings = std::ceil(std::log2(longest / spacing / most));
    const double halvings = std::ceil(std::log2(fewest * spacing / longest));
    if (longest > 0) spacing *= std::exp2(std::max(doublings, 0.0) - std::max(halvings, 0.0));
    result.spacing = spacing;
    for (int c = 0; c < 2; ++c) {
      result.points[at(c)] = static_cast<Index>(extent[at(c)] / spacing + 0.01) + order + 1;
      result.size[at(c)] = Fourier<T>::good_size(2 * result.points[at(c)]);
    }
    return result;
  }

  /// positions: [padded n, 2]; push: the same, becomes Σ_{j≠i} q² (y_i − y_j) with q = 1 / (1 + ‖y_i − y_j‖²). Returns Z =
  /// Σ_{i≠j} q.
  double operator()(const Columns<T>& positions, Index n, const Layout& layout, int threads,
                    Columns<T>& push) {
    layout_ = layout;
    threads_ = threads;
    prepare_kernel();
    sort_into_bands(positions, n);
    spread(positions);
    (*convolution_)(grid_.data(), layout_.points[1], layout_.points[0], stride_, threads_);
    return gather(positions, push);
  }

 private:
  static constexpr int order = 8;
  static constexpr Index band_rows = 16;  // grid rows; at least order, so that every other band is apart
  using Splines = SplineWeights<T, order>;
  using Weights = typename Splines::Weights;

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  // The kernel is q(r) less its value at the far corner of a period, which is added again in Z: potentials then stay
  // as small as the map, and their differences keep their digits.
  void prepare_kernel() {
    const auto [width, height] = layout_.size;
    if (convolution_ && spacing_ == layout_.spacing && convolution_->width() == width &&
        convolution_->height() == height)
      return;
    spacing_ = layout_.spacing;
    convolution_ = std::make_unique<Convolution<T>>(height, width);
    const auto square = [&](Index y, Index x) {
      return spacing_ * spacing_ * static_cast<double>(x * x + y * y);
    };
    const double far = square(height / 2, width / 2);
    base_ = 1 / (1 + far);
    const Index stride = Convolution<T>::padded(width);
    std::vector<T> values(at(height * stride));
    for (Index y = 0; y < height; ++y)
      for (Index x = 0; x < width; ++x) {
        const double near = square(std::min(y, height - y), std::min(x, width - x));
        values[at(y * stride + x)] = static_cast<T>((far - near) / (1 + near) * base_);
      }
    convolution_->set_kernel(values, threads_);
    convolution_->shape_kernel(sharpening(height), sharpening(width));
  }

  // One over the squared spectrum of the spline at grid points: once for spreading, once for gathering.
  std::vector<T> sharpening(Index size) const {
    const Weights weights = splines_.weights(0);
    std::vector<T> result(at(size));
    for (Index k = 0; k < size; ++k) {
      double spectrum = 0;
      for (int t = 0; t < order; ++t)
        spectrum +=
            static_cast<double>(weights[t]) * std::cos(2 * std::numbers::pi * static_cast<double>(k) *
                                                       (t - (order / 2 - 1)) / static_cast<double>(size));
      result[at(k)] = static_cast<T>(1 / (spectrum * spectrum));
    }
    return result;
  }

  // Where a position lies: its grid point and how far beyond, in spacings.
  struct Place {
    Index point;
    T beyond;
  };
  Place place(T position, int c) const {
    const T scaled = (position - layout_.origin[at(c)]) * static_cast<T>(1 / layout_.spacing);
    const auto point = std::min(static_cast<Index>(scaled), layout_.points[at(c)] - order);
    return {point, scaled - static_cast<T>(point)};
  }

  // Points by bands of grid rows, each band's in order.
  void sort_into_bands(const Columns<T>& positions, Index n) {
    bands_ = piece_count(band_rows, layout_.points[1] - order + 1);
    first_.assign(at(bands_ + 1), 0);
    band_.resize(at(n));
    for (Index i = 0; i < n; ++i) {
      band_[at(i)] = static_cast<int>(place(positions(i, 1), 1).point / band_rows);
      ++first_[at(band_[at(i)] + 1)];
    }
    for (Index b = 0; b < bands_; ++b) first_[at(b + 1)] += first_[at(b)];
    sorted_.resize(at(n));
    auto next = first_;
    for (Index i = 0; i < n; ++i) sorted_[at(next[at(band_[at(i)])]++)] = static_cast<int>(i);
  }

  void spread(const Columns<T>& positions) {
    stride_ = Convolution<T>::padded(layout_.points[0]) + Splines::width;
    grid_.assign(at(layout_.points[1] * stride_), T(0));
    for (const Index parity : {0, 1})
      parallel_for((bands_ + 1 - parity) / 2, threads_, [&](Index pair) {
        const Index band = 2 * pair + parity;
        for (Index s = first_[at(band)]; s < first_[at(band + 1)]; ++s) {
          const Index i = sorted_[at(s)];
          const auto x = place(positions(i, 0), 0), y = place(positions(i, 1), 1);
          const Weights across = splines_.weights(x.beyond), down = splines_.weights(y.beyond);
          T* row = grid_.data() + y.point * stride_ + x.point;
          for (int t = 0; t < order; ++t, row += stride_) Eigen::Map<Weights>(row) += down[t] * across;
        }
      });
  }

  double gather(const Columns<T>& positions, Columns<T>& push) {
    potential_.assign(at(bands_), 0);
    const T scale = static_cast<T>(-0.5 / layout_.spacing);
    parallel_for(bands_, threads_, [&](Index band) {
      for (Index s = first_[at(band)]; s < first_[at(band + 1)]; ++s) {
        const Index i = sorted_[at(s)];
        const auto x = place(positions(i, 0), 0), y = place(positions(i, 1), 1);
        const Weights down = splines_.weights(y.beyond), down_slopes = splines_.slopes(y.beyond);
        const T* row = grid_.data() + y.point * stride_ + x.point;
        Weights level = Weights::Zero(), slope = level;
        for (int t = 0; t < order; ++t, row += stride_) {
          const Eigen::Map<const Weights> values(row);
          level += down[t] * values;
          slope += down_slopes[t] * values;
        }
        const Weights across = splines_.weights(x.beyond);
        potential_[at(band)] += static_cast<double>((level * across).sum());
        push(i, 0) = scale * (level * splines_.slopes(x.beyond)).sum();
        push(i, 1) = scale * (slope * across).sum();
      }
    });
    double z = 0;
    for (const double potential : potential_) z += potential;
    const auto n = static_cast<double>(sorted_.size());
    return z + n * n * base_ - n;
  }

  const Splines splines_;
  Layout layout_{};
  int threads_ = 0;
  std::unique_ptr<Convolution<T>> convolution_;
  double spacing_ = 0, base_ = 0;  // of the kernel
  Index bands_ = 0, stride_ = 0;
  std::vector<Index> first_;  // of each band in sorted_
  std::vector<int> band_, sorted_;
  std::vector<T> grid_;
  std::vector<double> potential_;
};

}  // namespace lifelog::manifold::detail
