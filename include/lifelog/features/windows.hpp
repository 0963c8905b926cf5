// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/finite.hpp"
#include "../core/xtensor.hpp"

namespace lifelog::inline LIFELOG_ABI::features {

/// Windows of one sensor, owned by somebody else. Samples that are not finite count as missing.
template<class T>
struct WindowsView {
  /// [count, channels, length], row-major.
  const T* values = nullptr;
  Index count = 0, channels = 0, length = 0;
  /// 1 where the sensor was recorded in a window, `present_stride` apart; null when it always was.
  const std::uint8_t* present = nullptr;
  Index present_stride = 1;

  const T* channel(Index window, Index c) const { return values + (window * channels + c) * length; }
  bool is_present(Index window) const { return present == nullptr || present[window * present_stride] != 0; }
};

/// How an argument is seen as windows: a WindowsView as it is, a three-dimensional xtensor expression [count, channels,
/// length] where it lies when it is row-major memory, evaluated once otherwise. Outlives the view.
template<class X>
class WindowsOf {
 public:
  using Scalar = std::remove_const_t<typename X::value_type>;

  explicit WindowsOf(const X& x) {
    lifelog::detail::require(x.dimension() == 3,
                             "windows: expected three dimensions, windows x channels x length, got ",
                             x.dimension());
    if constexpr (std::is_same_v<X, xt::xtensor<Scalar, 3>>) {
      view_.values = x.data();
    } else {
      storage_ = x;
      view_.values = storage_.data();
    }
    view_.count = static_cast<Index>(x.shape()[0]);
    view_.channels = static_cast<Index>(x.shape()[1]);
    view_.length = static_cast<Index>(x.shape()[2]);
  }
  WindowsOf(const WindowsOf&) = delete;
  WindowsOf& operator=(const WindowsOf&) = delete;

  const WindowsView<Scalar>& view() const { return view_; }

 private:
  xt::xtensor<Scalar, 3> storage_;
  WindowsView<Scalar> view_;
};

template<class T>
class WindowsOf<WindowsView<T>> {
 public:
  using Scalar = T;
  explicit WindowsOf(const WindowsView<T>& x) : view_(x) {
    lifelog::detail::require(x.count >= 0 && x.channels >= 0 && x.length >= 0,
                             "windows: expected sizes of at least 0, got ", x.count, " x ", x.channels, " x ",
                             x.length);
  }
  const WindowsView<T>& view() const { return view_; }

 private:
  WindowsView<T> view_;
};

/// Numbers that describe windows, a row each.
template<class T>
struct FeatureTable {
  /// [windows, features]; NaN where a window cannot tell.
  RowMatrix<T> values;
  /// [features]
  std::vector<std::string> names;
};

/// Puts the columns of `more` to the right of those of `table`; a table without columns takes any number of rows. Throws
/// std::invalid_argument for tables of unlike rows.
template<class T>
void append_features(FeatureTable<T>& table, const FeatureTable<T>& more) {
  if (table.names.empty()) {
    table = more;
    return;
  }
  lifelog::detail::require(table.values.rows() == more.values.rows(), "more: expected ", table.values.rows(),
                           " rows, got ", more.values.rows());
  const Index before = table.values.cols();
  table.values.conservativeResize(Eigen::NoChange, before + more.values.cols());
  table.values.rightCols(more.values.cols()) = more.values;
  table.names.insert(table.names.end(), more.names.begin(), more.names.end());
}

namespace detail {

/// "acc.1.": what the names of a channel's features begin with. Sensors of one channel have no number.
LIFELOG_LAZY std::string channel_prefix(const std::string& sensor, Index channel, Index channels) {
  return (sensor.empty() ? "" : sensor + ".") + (channels > 1 ? std::to_string(channel) + "." : "");
}

/// Copies a series as double with gaps filled by straight lines between their finite neighbours, at the ends by the nearest;
/// returns how many samples were finite. A series without any becomes zeros.
template<class T>
Index fill_gaps(const T* x, Index length, double* out) {
  Index finite = 0, last = -1;
  for (Index t = 0; t < length; ++t) {
    if (!lifelog::detail::is_finite(x[t])) continue;
    const auto value = static_cast<double>(x[t]);
    out[t] = value;
    ++finite;
    const double before = last < 0 ? value : out[last];
    for (Index gap = last + 1; gap < t; ++gap)
      out[gap] = before + (value - before) * static_cast<double>(gap - last) / static_cast<double>(t - last);
    last = t;
  }
  for (Index t = last + 1; t < length; ++t) out[t] = last < 0 ? 0 : out[last];
  return finite;
}

}  // namespace detail
}  // namespace lifelog::features
