// SPDX-License-Identifier: MIT
#include <lifelog/nn/over_time_gradient.hpp>

#include <boost/test/unit_test.hpp>

#include "check_gradients.hpp"
#include "golden_nodes.hpp"

BOOST_AUTO_TEST_SUITE(nn_over_time_gradient)

using namespace lifelog;
using namespace lifelog::nn;
using namespace check_gradients;

namespace {

// The example of nn/over_time.hpp.
struct Sums : ReductionOf<Sums> {
  static constexpr Index features(Index channels) { return channels; }

  template<class T, Index channels>
  struct State {
    Eigen::Array<T, channels, 1> sums;
    Index length = 0;

    explicit State(Index count) : sums(count) { reset(); }
    void reset() { sums.setZero(), length = 0; }
    void add(const T* rows, Index stride, Index count) {
      for (Index c = 0; c < sums.size(); ++c)
        for (Index t = 0; t < count; ++t) sums[c] += rows[c * stride + t];
      length += count;
    }
    void features(T* to) const { std::copy_n(sums.data(), sums.size(), to); }
    TimeSpan reach() const { return {0, length}; }
    void seed(const T* slopes, TimeSpan span, T* rows, Index stride) const {
      for (Index c = 0; c < sums.size(); ++c)
        for (Index t = 0; t < span.end - span.begin; ++t) rows[c * stride + t] += slopes[c];
    }
  };
};

/// One for all: what is made of it is compiled once.
const auto tested = input<2, double> | causal_conv<4, 3>(dilation<2>) | gelu | causal_conv<5, 2>(dilation<3>);

}  // namespace

BOOST_AUTO_TEST_CASE(of_every_reduction_at_once) {
  check_reduction(tested | concat(max_over_time, mean_over_time, last_sample, Sums()) | linear<3>,
                  {1, 9, 40, 1024, 2500});
}

// Of a long series its end alone is computed again, of a short one all is kept.
BOOST_AUTO_TEST_CASE(of_the_last_sample) {
  check_reduction(tested | last_sample | linear<3>, {1, 3, 15, 300, 1500});
}

BOOST_AUTO_TEST_CASE(of_maxima_is_the_sparse_one) {
  check_reduction(tested | max_over_time | linear<3>, {1, 9, 40, 700});
}

// Windows before time 0, where signals are zero and a sigmoid is not, and pieces that start later, where it must not be cut.
BOOST_AUTO_TEST_CASE(pieces_are_those_of_the_whole_series) {
  auto net = input<2, double> | causal_conv<4, 3>(dilation<40>) | sigmoid |
             sum(causal_conv<4, 2>(dilation<200>) | sigmoid, identity) | causal_conv<3, 2>();
  using S = decltype(net);
  Random random(5);
  net.initialise(random);
  using Pull = OverTimeGradient<S, MeanOverTime>;
  static_assert(Pull::piece == 4 * S::lookback);
  for (const Index length : {Pull::piece - 1, Pull::piece, Pull::piece + 1, 3 * Pull::piece + 7}) {
    const auto x = dense::normal_rows<double>(random, 2, length);
    const double slopes[] = {1, -2, 0.5};
    RowMatrix<double> dy(3, length);
    for (Index c = 0; c < 3; ++c) dy.row(c).setConstant(slopes[c] / static_cast<double>(length));
    auto expected = zeros_like(net), got = zeros_like(net);
    SignalGradient<S> whole;
    const Eigen::Map<const RowMatrix<double>> y(whole.forward(net, dense::series_of(x)), 3, length);
    whole.backward(net, dense::series_of(dy), expected);
    Pull pull(net);
    Eigen::Vector3d features;
    pull.forward(net, dense::series_of(x), features.data());
    BOOST_TEST((features - y.rowwise().mean()).cwiseAbs().maxCoeff() < 1e-14);
    pull.backward(net, slopes, got);
    visit(
        [](const Path& path, const Layout& layout, const double* g, const double* e) {
          const Eigen::Map<const Eigen::ArrayXd> mine(g, layout.size()), whole_one(e, layout.size());
          BOOST_TEST(whole_one.abs().maxCoeff() > 0);
          BOOST_TEST((mine - whole_one).abs().maxCoeff() < 1e-12 * whole_one.abs().maxCoeff(),
                     to_string(path));
        },
        got, expected);
  }
}

BOOST_AUTO_TEST_CASE(is_that_of_pytorch) {
  golden_nodes::check_over_time(tested | concat(max_over_time, mean_over_time, last_sample) | linear<3>,
                                "over_time.safetensors");
}

BOOST_AUTO_TEST_SUITE_END()
