// SPDX-License-Identifier: MIT
#include <lifelog/nn/stream.hpp>
#include <lifelog/train/gradient_check.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_any_size)

// Networks that are wide, look far back, or have widths that fill no register block: chunks shorter or in the order of time,
// weights on the heap, windows in groups, the whole series instead of windows.

using namespace lifelog;
using namespace lifelog::nn;

namespace {

template<class Net>
auto drawn(Net net, std::uint64_t seed) {
  Random random(seed);
  net.initialise(random);
  return net;
}

/// Far back: dilations that are multiples of a packet, evaluated in pairs, and that are not; an odd number of channels.
template<class T>
auto make_far(std::uint64_t seed) {
  return drawn(input<5, T> | causal_conv<33, 7>(dilation<16>) | leaky_relu |
                   sum(causal_conv<33, 3>(dilation<64>) | leaky_relu, identity) |
                   causal_conv<7, 3>(dilation<51>),
               seed);
}

/// More channels than go side by side, weights too large for the network itself, one output in the end.
template<class T>
auto make_wide(std::uint64_t seed) {
  return drawn(
      input_of<T>(3) | causal_conv<70, 3>() | leaky_relu | causal_conv<70, 3>(dilation<3>) | nn::tanh, seed);
}

/// So wide that a chunk is shorter, ending in one channel.
template<class T>
auto make_very_wide(std::uint64_t seed) {
  return drawn(input<3, T> | causal_conv<300, 2>() | leaky_relu | causal_conv<1, 9>(dilation<3>), seed);
}

template<class S, class T = typename S::Scalar>
void check_outputs(const S& signal, std::initializer_list<Index> lengths) {
  Random random(11);
  for (const Index length : lengths) {
    BOOST_TEST_CONTEXT("length " << length) {
      const auto x = dense::normal_rows<T>(random, signal.inputs(), length);
      const dense::Matrix expected = dense::forward(signal, x.template cast<double>());
      const double limit = 256 * static_cast<double>(std::numeric_limits<T>::epsilon());
      const auto y = dense::outputs_in_chunks(signal, x);
      BOOST_TEST((y.template cast<double>() - expected).cwiseAbs().maxCoeff() < limit);
      const auto pieces = dense::outputs_in_chunks(signal, x, 57);
      BOOST_TEST((pieces.template cast<double>() - expected).cwiseAbs().maxCoeff() < limit);
      T values[S::channels];
      Index times[S::channels];
      const auto evaluate = std::make_unique<MaxOverTime<S>>(signal);
      (*evaluate)(signal, dense::series_of(x), values, times);
      for (Index c = 0; c < S::channels; ++c) {
        Index first = 0;
        BOOST_TEST(values[c] == y.row(c).maxCoeff(&first));
        BOOST_TEST(times[c] == first);
      }
    }
  }
}

/// The gradient by windows or by all of time, whichever is taken, against plain loops; and by `forward` and `backward`.
template<class S>
void check_gradient(const S& signal, Index length, bool whole) {
  BOOST_TEST_CONTEXT("channels " << S::channels << " length " << length) {
    Random random(5);
    const auto x = dense::normal_rows<double>(random, signal.inputs(), length);
    MaxOverTimeGradient<S> pull(signal);
    BOOST_TEST(pull.takes_all(length) == whole);
    double values[S::channels], slopes[S::channels];
    Index times[S::channels];
    pull.forward(signal, dense::series_of(x), values, times);
    const dense::Matrix y = dense::forward(signal, x);
    BOOST_TEST((dense::first_maxima(y) == std::vector<Index>(times, times + S::channels)));
    dense::Matrix dy = dense::Matrix::Zero(S::channels, length);
    for (Index c = 0; c < S::channels; ++c) {
      BOOST_TEST(std::abs(values[c] - y(c, times[c])) < 1e-12);
      dy(c, times[c]) = slopes[c] = random.normal();
    }
    auto expected = zeros_like(signal), got = zeros_like(signal);
    dense::backward(signal, x, dy, expected);
    pull.backward(signal, slopes, got);
    pull(signal, dense::series_of(x), times, slopes, got);  // adds, and keeps nothing from before
    visit(
        [](const Path&, const Layout& layout, const double* g, const double* e) {
          double largest = 0, norm = 0;
          for (Index i = 0; i < layout.size(); ++i) {
            largest = std::max(largest, std::abs(g[i] - 2 * e[i]));
            norm = std::max(norm, std::abs(e[i]));
          }
          BOOST_TEST(norm > 0);
          BOOST_TEST(largest < 1e-12 * (1 + norm));
        },
        got, expected);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(far_back_equals_plain_loops) {
  static_assert(!PaceOf<decltype(make_far<float>(1))>::striped);
  static_assert(decltype(make_far<float>(1))::lookback == 96 + 128 + 102);
  check_outputs(make_far<float>(1), {1, 90, 1500});
  check_outputs(make_far<double>(2), {513});
}

BOOST_AUTO_TEST_CASE(wide_equals_plain_loops) {
  using Wide = decltype(make_wide<double>(1));
  using VeryWide = decltype(make_very_wide<float>(1));
  static_assert(PaceOf<Wide>::striped && PaceOf<Wide>::length == 128);
  static_assert(PaceOf<VeryWide>::length == 64);
  static_assert(sizeof(Wide) < 4096 + 2 * 64 * 70);  // weights are elsewhere
  check_outputs(make_wide<double>(3), {1, 300});
  check_outputs(make_very_wide<float>(4), {70});
}

BOOST_AUTO_TEST_CASE(windows_or_all_of_the_series_give_one_gradient) {
  const auto far = make_far<double>(5);
  check_gradient(far, 800, false);
  check_gradient(far, 200, true);  // shorter than the lookback
  check_gradient(far, 1, true);
  const auto wide = make_wide<double>(6);
  check_gradient(wide, 700, false);  // two groups of windows
  check_gradient(wide, 333, true);
}

BOOST_AUTO_TEST_CASE(gradients_equal_central_differences) {
  const auto net =
      drawn(input<2, double> | causal_conv<9, 3>(dilation<40>) | sigmoid |
                product(causal_conv<7, 2>(dilation<100>) | nn::tanh, causal_conv<7, 1>() | sigmoid),
            7);
  using S = std::remove_const_t<decltype(net)>;
  Random random(8);
  for (const Index length : {25, 400}) {
    const auto x = dense::normal_rows<double>(random, 2, length);
    double values[7], slopes[7];
    Index times[7];
    for (double& slope : slopes) slope = random.normal();
    MaxOverTimeGradient<S> pull(net);
    BOOST_TEST(pull.takes_all(length) == (length == 25));
    auto gradient = zeros_like(net);
    pull.forward(net, dense::series_of(x), values, times);
    pull.backward(net, slopes, gradient);
    MaxOverTime<S> evaluate(net);
    const auto loss = [&](const S& n) {
      double sum = 0;
      evaluate(n, dense::series_of(x), values, times);
      for (Index c = 0; c < 7; ++c) sum += slopes[c] * values[c];
      return sum;
    };
    const auto worst = train::gradient_check(net, gradient, loss).worst();
    BOOST_TEST(worst.error < 1e-6, worst.name << ": " << worst.error);
  }
}

BOOST_AUTO_TEST_CASE(streams_equal_batches) {
  const auto check = [](const auto& net) {
    using S = std::remove_cvref_t<decltype(net)>;
    using T = typename S::Scalar;
    Random random(9);
    const auto x = dense::normal_rows<T>(random, net.inputs(), 400);
    const auto expected = dense::outputs_in_chunks(net, x);
    const auto stream = std::make_unique<Stream<S>>();
    double worst = 0;
    for (Index t = 0; t < x.cols(); ++t) {
      const Eigen::Matrix<T, Eigen::Dynamic, 1> sample = x.col(t);
      T y[S::channels];
      stream->push(net, sample.data(), y);
      for (Index c = 0; c < S::channels; ++c)
        worst = std::max(worst, static_cast<double>(std::abs(y[c] - expected(c, t))));
    }
    BOOST_TEST(worst < 256 * static_cast<double>(std::numeric_limits<T>::epsilon()));
  };
  check(make_far<float>(10));
  check(drawn(input<3, double> | causal_conv<13, 17>(dilation<20>) | leaky_relu | causal_conv<2, 9>(), 11));
}

// What is not finite may not hide in a series that is recomputed whole either.
BOOST_AUTO_TEST_CASE(what_is_not_finite_is_not_passed_over) {
  const auto far = make_far<float>(12);
  using S = std::remove_const_t<decltype(far)>;
  RowMatrix<float> x = RowMatrix<float>::Zero(5, 100);
  x(3, 50) = std::numeric_limits<float>::infinity();
  float values[7];
  Index times[7];
  MaxOverTimeGradient<S> pull(far);
  BOOST_TEST(pull.takes_all(100));
  pull.forward(far, dense::series_of(x), values, times);
  for (const float value : values) BOOST_TEST(!(value == value));
}

BOOST_AUTO_TEST_CASE(instants_are_found_in_linear_time) {
  const Instants reach = CausalConv<float, 1, 1, 17, 4096>::reads(last_instant());
  BOOST_TEST(reach.size() == 17);
  BOOST_TEST(reach.span() == 65537);
  for (Index j = 0; j < 17; ++j) BOOST_TEST(reach.find(4096 * j) == j);
  BOOST_TEST(reach.find(1) == -1);
  BOOST_TEST(reach.find(1 << 20) == -1);
  const Instants both = either(last_instant(), CausalConv<float, 1, 1, 3, 2>::reads(last_instant()));
  BOOST_TEST(both.size() == 3);
  BOOST_TEST(both.at(2) == 4);
}

BOOST_AUTO_TEST_SUITE_END()
