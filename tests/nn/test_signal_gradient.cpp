// SPDX-License-Identifier: MIT
#include <lifelog/nn/signal_gradient.hpp>
#include <lifelog/train/gradient_check.hpp>

#include <boost/test/unit_test.hpp>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_signal_gradient)

using namespace lifelog;
using namespace lifelog::nn;
using namespace lifelog::train;

namespace {

/// Taps beyond short series, both kinds of shortcut, an activation first.
auto make_signal(std::uint64_t seed) {
  auto signal = input<2, double> | leaky_relu | causal_conv<5, 3>(dilation<2>) | leaky_relu |
                sum(causal_conv<5, 2>(dilation<3>) | leaky_relu, identity) |
                sum(causal_conv<3, 4>(), causal_conv<3, 1>());
  Random random(seed);
  signal.initialise(random);
  return signal;
}

using Signal = decltype(make_signal(1));

template<class Net>
void check_same(const Net& got, const Net& expected) {
  visit(
      [](const Path&, const Layout& layout, const double* g, const double* e) {
        double norm = 0;
        for (Index i = 0; i < layout.size(); ++i) {
          BOOST_TEST(std::abs(g[i] - e[i]) < 1e-12 * (1 + std::abs(e[i])));
          norm += std::abs(e[i]);
        }
        BOOST_TEST(norm > 0);
      },
      got, expected);
}

}  // namespace

BOOST_AUTO_TEST_CASE(equals_plain_loops_on_series_of_any_length) {
  const auto signal = make_signal(1);
  SignalGradient<Signal> pull;
  Random random(2);
  for (const Index length : {40, 1, 2, 3, 7, 300}) {
    const auto x = dense::normal_rows<double>(random, 2, length),
               dy = dense::normal_rows<double>(random, 3, length);
    const dense::Matrix y = dense::forward(signal, x);
    const double* const got = pull.forward(signal, dense::series_of(x));
    const Eigen::Map<const RowMatrix<double>> output(got, 3, length);
    BOOST_TEST((output - y).cwiseAbs().maxCoeff() < 1e-12);

    auto expected = zeros_like(signal), gradient = zeros_like(signal);
    const dense::Matrix expected_dx = dense::backward(signal, x, dy, expected);
    RowMatrix<double> dx = RowMatrix<double>::Constant(2, length, 1);
    pull.backward(signal, dense::series_of(dy), gradient, dx.data());
    BOOST_TEST((dx.array() - 1 - expected_dx.array()).abs().maxCoeff() < 1e-12);
    auto without_dx = zeros_like(signal);
    pull.backward(signal, dense::series_of(dy), without_dx);
    visit(
        [](const Path&, const Layout& layout, const double* g, const double* w, const double* e) {
          for (Index i = 0; i < layout.size(); ++i) {
            BOOST_TEST(std::abs(g[i] - e[i]) < 1e-12 * (1 + std::abs(e[i])));
            BOOST_TEST(w[i] == g[i]);
          }
        },
        gradient, without_dx, expected);
  }
}

BOOST_AUTO_TEST_CASE(equals_central_differences) {
  const auto signal = make_signal(3);
  Random random(4);
  const auto x = dense::normal_rows<double>(random, 2, 25),
             target = dense::normal_rows<double>(random, 3, 25);
  SignalGradient<Signal> pull;
  const auto loss = [&](const Signal& net) {
    const Eigen::Map<const RowMatrix<double>> y(pull.forward(net, dense::series_of(x)), 3, 25);
    return (y - target).squaredNorm() / 2;
  };
  const auto check_loss = gradient_check(
      signal,
      [&] {
        const Eigen::Map<const RowMatrix<double>> y(pull.forward(signal, dense::series_of(x)), 3, 25);
        const RowMatrix<double> dy = y - target;
        auto gradient = zeros_like(signal);
        pull.backward(signal, dense::series_of(dy), gradient);
        return gradient;
      }(),
      loss);
  BOOST_TEST_CONTEXT(check_loss.worst().name) {
    BOOST_TEST(check_loss.worst().error < 1e-6);
  }
}

// Two ways of the library to the same gradient: windows of the maxima, and all of time.
BOOST_AUTO_TEST_CASE(equals_the_sparse_gradient_of_maxima) {
  const auto net = input_of<double>(3) | causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
                   causal_block<16>(dilation<4>);
  auto drawn = net;
  Random random(5);
  drawn.initialise(random);
  const auto plain = drawn.fold();
  using Plain = std::remove_const_t<decltype(plain)>;
  for (const Index length : {1, 5, 29, 400}) {
    const auto x = dense::normal_rows<double>(random, 3, length);
    double values[16], slopes[16];
    Index times[16];
    MaxOverTime{plain}(plain, dense::series_of(x), values, times);
    RowMatrix<double> dy = RowMatrix<double>::Zero(16, length);
    for (Index c = 0; c < 16; ++c) dy(c, times[c]) = slopes[c] = random.normal();
    auto sparse = zeros_like(plain), dense_one = zeros_like(plain);
    MaxOverTimeGradient<Plain>{plain}(plain, dense::series_of(x), times, slopes, sparse);
    SignalGradient<Plain> pull;
    const double* const y = pull.forward(plain, dense::series_of(x));
    for (Index c = 0; c < 16; ++c) BOOST_TEST(std::abs(y[c * length + times[c]] - values[c]) < 1e-12);
    pull.backward(plain, dense::series_of(dy), dense_one);
    check_same(sparse, dense_one);
  }
}

BOOST_AUTO_TEST_CASE(rows_of_something_wider) {
  const auto signal = make_signal(6);
  Random random(7);
  const auto wide = dense::normal_rows<double>(random, 3, 100);
  const RowMatrix<double> narrow = wide.middleCols(20, 50);
  SignalGradient<Signal> pull;
  auto expected = zeros_like(signal), got = zeros_like(signal);
  pull.forward(signal, {narrow.data(), 50, 50});
  pull.backward(signal, {narrow.data(), 50, 50}, expected);
  pull.forward(signal, {wide.data() + 20, 50, 100});
  pull.backward(signal, {wide.data() + 20, 50, 100}, got);
  check_same(got, expected);
}

BOOST_AUTO_TEST_CASE(a_derivative_of_another_length_is_refused) {
  const auto signal = make_signal(8);
  Random random(9);
  const auto x = dense::normal_rows<double>(random, 3, 20);
  SignalGradient<Signal> pull;
  auto gradient = zeros_like(signal);
  pull.forward(signal, {x.data(), 20, 20});
  BOOST_CHECK_THROW(pull.backward(signal, {x.data(), 19, 20}, gradient), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
