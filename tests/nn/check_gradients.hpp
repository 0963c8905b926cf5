// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/nn/over_time_gradient.hpp>
#include <lifelog/train/gradient_check.hpp>

#include <boost/test/unit_test.hpp>

#include "dense.hpp"

// Gradients of whole networks against central differences in double.

namespace check_gradients {

using namespace lifelog;
using namespace lifelog::nn;
using namespace lifelog::train;

inline constexpr double limit = 1e-6;

/// Σ weight·y of a batch through a network on feature vectors, no two weights equal. With `gradient`, also its
/// derivatives, added.
template<class Net>
double vector_loss(const Net& net, const RowMatrix<double>& x, bool training, Net* gradient,
                   RowMatrix<double>* dx_out = nullptr) {
  const Samples<double> domain{x.cols(), training, 1};
  RowMatrix<double> planes = RowMatrix<double>::Zero(x.rows(), domain.stride()), dx = planes,
                    y(net.outputs(), domain.stride()),
                    dy = RowMatrix<double>::Zero(net.outputs(), domain.stride());
  planes.leftCols(x.cols()) = x;
  const auto tape = std::make_unique<typename Net::template Tape<Samples<double>>>();
  net.record(domain, *tape, planes.data(), y.data());
  double loss = 0;
  for (Index o = 0; o < y.rows(); ++o)
    for (Index n = 0; n < x.cols(); ++n) {
      dy(o, n) = std::sin(static_cast<double>(1 + 3 * o + 7 * n));
      loss += dy(o, n) * y(o, n);
    }
  if (gradient) net.pull(domain, *tape, planes.data(), y.data(), dy.data(), dx.data(), *gradient);
  if (dx_out) {
    *dx_out = dx.leftCols(x.cols());
    BOOST_TEST((dx.rightCols(dx.cols() - x.cols()).array() == 0).all());  // none in the padding
  }
  return loss;
}

/// Parameters and inputs of a network on feature vectors, over a batch of 5.
template<class Net>
void check_vectors(Net net, bool training) {
  Random random(21);
  net.initialise(random);
  visit(
      [&](const Path&, const Layout& layout, double* w) {
        if (layout.role == Role::counter) return;
        for (Index i = 0; i < layout.size(); ++i) w[i] += random.uniform(0.1, 0.4);
      },
      net);
  RowMatrix<double> x = dense::normal_rows<double>(random, net.inputs(), 5);
  auto gradient = zeros_like(net);
  RowMatrix<double> dx;
  vector_loss(net, x, training, &gradient, &dx);
  const auto check =
      gradient_check(net, gradient, [&](const Net& n) { return vector_loss<Net>(n, x, training, nullptr); });
  BOOST_TEST(check.tensors.size() > 0u);
  BOOST_TEST(check.worst().error < limit, check.worst().name << ": " << check.worst().error);
  double error = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const double held = x.data()[i];
    x.data()[i] = held + 1e-5;
    const double above = vector_loss<Net>(net, x, training, nullptr);
    x.data()[i] = held - 1e-5;
    error += std::pow((above - vector_loss<Net>(net, x, training, nullptr)) / 2e-5 - dx.data()[i], 2);
    x.data()[i] = held;
  }
  BOOST_TEST(dx.norm() > 0);
  BOOST_TEST(std::sqrt(error) < limit * dx.norm());
}

/// A batch of series of different lengths through an expression with `max_over_time`.
struct SeriesBatch {
  std::vector<RowMatrix<double>> series;

  explicit SeriesBatch(Index channels) {
    Random random(31);
    for (const Index length : {1, 9, 40, 300})
      series.push_back(dense::normal_rows<double>(random, channels, length));
    series.push_back(RowMatrix<double>::Constant(channels, 50, 0.75));
  }

  /// Σ sin(…)·output of all series; with `gradient`, also its derivatives, added.
  template<class S, class H>
  double loss(const OverTime<S, H>& net, OverTime<S, H>* gradient) const {
    const auto plain = nn::detail::fold_training(net.signal);
    using Signal = decltype(nn::detail::fold_training(net.signal));
    constexpr Index features = Signal::channels;
    auto evaluate = std::make_unique<MaxOverTime<Signal>>(plain);
    RowMatrix<double> maxima(features, static_cast<Index>(series.size()));
    std::vector<std::array<Index, features>> times(series.size());
    for (std::size_t n = 0; n < series.size(); ++n) {
      double values[features];
      evaluate->draw({7, n});
      (*evaluate)(plain, dense::series_of(series[n]), values, times[n].data());
      for (Index c = 0; c < features; ++c) maxima(c, static_cast<Index>(n)) = values[c];
    }
    if (!gradient) return vector_loss<H>(net.head, maxima, true, nullptr);
    RowMatrix<double> slopes;
    const double total = vector_loss(net.head, maxima, true, &gradient->head, &slopes);
    auto plain_gradient = zeros_like(plain);
    auto pull = std::make_unique<MaxOverTimeGradient<Signal>>(plain);
    for (std::size_t n = 0; n < series.size(); ++n) {
      double own[features];
      for (Index c = 0; c < features; ++c) own[c] = slopes(c, static_cast<Index>(n));
      pull->draw({7, n});
      (*pull)(plain, dense::series_of(series[n]), times[n].data(), own, plain_gradient);
    }
    net.signal.unfold(plain_gradient, gradient->signal);
    return total;
  }
};

template<class Net>
void check_series(Net net) {
  Random random(41);
  net.initialise(random);
  visit(
      [&](const Path& path, const Layout& layout, double* w) {
        if (path.name && std::string(path.name) == "weight_g")  // away from ‖v‖, where mistakes hide
          for (Index i = 0; i < layout.size(); ++i) w[i] *= random.uniform(0.5, 2);
      },
      net);
  const SeriesBatch batch(net.inputs());
  auto gradient = zeros_like(net);
  batch.loss(net, &gradient);
  const auto check =
      gradient_check(net, gradient, [&](const Net& n) { return batch.loss(n, static_cast<Net*>(nullptr)); });
  BOOST_TEST(check.tensors.size() > 4u);
  BOOST_TEST(check.worst().error < limit, check.worst().name << ": " << check.worst().error);
}

/// Σ sin(…)·output of series of different lengths, some of several pieces; with `gradient`, also its derivatives, added.
template<class S, class H, class R>
double reduced_loss(const OverTime<S, H, R>& net, const std::vector<RowMatrix<double>>& series,
                    OverTime<S, H, R>* gradient) {
  using Plain = decltype(nn::detail::fold_training(net.signal));
  const auto plain = nn::detail::fold_training(net.signal);
  std::vector<OverTimeGradient<Plain, R>> pulls;
  RowMatrix<double> features(OverTime<S, H, R>::features, static_cast<Index>(series.size())), slopes;
  for (std::size_t n = 0; n < series.size(); ++n) {
    pulls.emplace_back(plain);
    pulls[n].draw({7, n});
    Eigen::VectorXd own(features.rows());
    pulls[n].forward(plain, dense::series_of(series[n]), own.data());
    features.col(static_cast<Index>(n)) = own;
  }
  const double total = vector_loss(net.head, features, true, gradient ? &gradient->head : nullptr,
                                   gradient ? &slopes : nullptr);
  if (!gradient) return total;
  auto plain_gradient = zeros_like(plain);
  for (std::size_t n = 0; n < series.size(); ++n) {
    const Eigen::VectorXd own = slopes.col(static_cast<Index>(n));
    pulls[n].backward(plain, own.data(), plain_gradient);
  }
  net.signal.unfold(plain_gradient, gradient->signal);
  return total;
}

template<class Net>
void check_reduction(Net net, const std::vector<Index>& lengths) {
  Random random(41);
  net.initialise(random);
  std::vector<RowMatrix<double>> series;
  for (const Index length : lengths)
    series.push_back(dense::normal_rows<double>(random, net.inputs(), length));
  auto gradient = zeros_like(net);
  reduced_loss(net, series, &gradient);
  const auto check = gradient_check(
      net, gradient, [&](const Net& n) { return reduced_loss(n, series, static_cast<Net*>(nullptr)); });
  BOOST_TEST(check.tensors.size() > 4u);
  BOOST_TEST(check.worst().error < limit, check.worst().name << ": " << check.worst().error);
}

}  // namespace check_gradients
