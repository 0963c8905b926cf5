// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/max_over_time.hpp>
#include <lifelog/nn/product.hpp>
#include <lifelog/train/gradient_check.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "dense.hpp"

using namespace lifelog;
using namespace lifelog::nn;
using namespace lifelog::train;

namespace {

constexpr double limit = 1e-6;
constexpr double infinity = std::numeric_limits<double>::infinity();

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
    const auto plain = net.signal.fold();
    using Signal = decltype(net.signal.fold());
    constexpr Index features = Signal::channels;
    auto evaluate = std::make_unique<MaxOverTime<Signal>>(plain);
    RowMatrix<double> maxima(features, static_cast<Index>(series.size()));
    std::vector<std::array<Index, features>> times(series.size());
    for (std::size_t n = 0; n < series.size(); ++n) {
      double values[features];
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

}  // namespace

BOOST_AUTO_TEST_SUITE(nn_gradients)

BOOST_AUTO_TEST_CASE(linear_and_pointwise_nodes) {
  check_vectors(
      input<3, double> | linear<7> | sigmoid | linear<6> | leaky_relu | linear<5> | relu | linear<4>, true);
}

BOOST_AUTO_TEST_CASE(log_softmax_and_sizes_known_at_run_time) {
  check_vectors(input_of<double>(3) | linear_to(7) | sigmoid | linear_to(5) | log_softmax | linear_to(2),
                true);
}

BOOST_AUTO_TEST_CASE(sum_and_identity_of_vectors) {
  check_vectors(input<4, double> | linear<6> | sum(named<"a">(linear<6> | sigmoid), identity) |
                    sum(named<"a">(linear<3>), named<"b">(linear<3> | sigmoid)) | linear<2>,
                true);
}

BOOST_AUTO_TEST_CASE(batch_norm_by_the_batch) {
  check_vectors(input<3, double> | linear<5> | sigmoid | batch_norm | sigmoid | linear<4>, true);
}

BOOST_AUTO_TEST_CASE(batch_norm_by_running_statistics) {
  check_vectors(input<3, double> | linear<5> | sigmoid | batch_norm | sigmoid | linear<4>, false);
}

BOOST_AUTO_TEST_CASE(batch_norm_of_a_number_of_features_known_at_run_time) {
  check_vectors(input_of<double>(3) | linear_to(5) | sigmoid | batch_norm | sigmoid | linear_to(4), true);
}

BOOST_AUTO_TEST_CASE(convolution_between_others) {
  check_series(input_of<double>(2) | causal_conv<5, 3>(dilation<2>) | leaky_relu |
               causal_conv<3, 2>(dilation<3>) | relu | causal_conv<11, 4>() | max_over_time | linear<3>);
}

BOOST_AUTO_TEST_CASE(weight_norm_identity_and_sum_between_others) {
  check_series(input<3, double> | weight_norm_conv<5, 2>() | leaky_relu |
               sum(named<"a">(weight_norm_conv<5, 3>(dilation<2>) | leaky_relu), identity) |
               sum(named<"a">(causal_conv<3, 1>()), named<"b">(weight_norm_conv<3, 4>(dilation<5>))) |
               max_over_time | linear<4> | sigmoid | linear_to(2));
}

BOOST_AUTO_TEST_CASE(products_of_vectors) {
  check_vectors(input<3, double> | product(linear<5> | nn::tanh, linear<5> | sigmoid) |
                    sum(product(linear<5>, identity), linear<5> | nn::tanh) | linear<2>,
                true);
}

// Some windows reach to before time 0, where both halves of a gate and what follows a sigmoid are zero.
BOOST_AUTO_TEST_CASE(products_and_sigmoids_of_signals) {
  check_series(input<2, double> |
               product(weight_norm_conv<5, 3>(dilation<3>) | nn::tanh, causal_conv<5, 2>() | sigmoid) |
               sum(product(causal_conv<5, 3>(dilation<5>), identity), causal_conv<5, 2>() | sigmoid) |
               causal_conv<4, 3>(dilation<2>) | max_over_time | linear<3>);
}

// A gradient check that cannot fail would be worth nothing.
BOOST_AUTO_TEST_CASE(a_broken_gradient_is_seen) {
  using Net = decltype(input<3, double> | linear<4> | sigmoid | linear<2>);
  Net net = input<3, double> | linear<4> | sigmoid | linear<2>;
  Random random(51);
  net.initialise(random);
  const auto x = dense::normal_rows<double>(random, 3, 4);
  const auto loss = [&](const Net& n) { return vector_loss<Net>(n, x, true, nullptr); };
  auto right = zeros_like(net);
  vector_loss(net, x, true, &right);
  BOOST_TEST(gradient_check(net, right, loss).worst().error < limit);

  auto wrong = right;
  wrong.second.weight *= 1.001;
  auto worst = gradient_check(net, wrong, loss).worst();
  BOOST_TEST(worst.name == "2.weight");
  BOOST_TEST(worst.error > 0.9e-3);
  BOOST_TEST(worst.error < 1.1e-3);

  wrong = right;
  wrong.first.first.bias.setZero();
  worst = gradient_check(net, wrong, loss).worst();
  BOOST_TEST(worst.name == "0.bias");
  BOOST_TEST(std::abs(worst.error - 1) < 1e-6);

  wrong = right;
  wrong.second.bias[1] = std::numeric_limits<double>::quiet_NaN();
  worst = gradient_check(net, wrong, loss).worst();
  BOOST_TEST(worst.name == "2.bias");
  BOOST_TEST(worst.error == infinity);
}

BOOST_AUTO_TEST_CASE(zero_on_both_sides_proves_nothing) {
  using Net = Linear<double, 3, 2>;
  const Net net;
  const auto constant = [](const Net&) { return 1.0; };
  const auto check = gradient_check(net, zeros_like(net), constant);
  BOOST_TEST(check.tensors.size() == 2u);
  BOOST_TEST(check.worst().error == infinity);
  auto other = zeros_like(net);
  other.bias[0] = 1;
  BOOST_TEST(gradient_check(net, other, constant).worst().error == infinity);
}

BOOST_AUTO_TEST_SUITE_END()
