// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/strided_convolution.hpp>
#include <lifelog/nn/without_bias.hpp>

#include <boost/test/unit_test.hpp>

#include "check_gradients.hpp"
#include "golden_nodes.hpp"

BOOST_AUTO_TEST_SUITE(nn_strided_convolution)

using namespace lifelog;
using namespace lifelog::nn;
using namespace check_gradients;

namespace {

template<class Net>
Net drawn(Net net) {
  Random random(3);
  net.initialise(random);
  return net;
}

/// In chunks of several lengths, with maxima in pieces, as a stream and in training, against all outputs of which most are
/// left out.
template<class Net, class T = typename Net::Scalar>
void check_everywhere(Net net, Index length) {
  net = drawn(net);
  const auto plain = net.fold();
  using Plain = std::remove_const_t<decltype(plain)>;
  constexpr Index out = Plain::channels;
  constexpr double limit = std::is_same_v<T, float> ? 1e-5 : 1e-13;
  Random random(5);
  const auto x = dense::normal_rows<T>(random, net.inputs(), length);
  const dense::Matrix y = dense::forward(net, x.template cast<double>());
  BOOST_TEST(y.cols() == (length + Plain::rate - 1) / Plain::rate);
  const auto check = [&](const RowMatrix<T>& got) {
    BOOST_REQUIRE(got.cols() == y.cols());
    BOOST_TEST((got.template cast<double>() - y).cwiseAbs().maxCoeff() < limit);
  };
  for (const Index step : {512, 100, 7, 1}) check(dense::outputs_in_chunks(plain, x, step));

  Stream<Plain> stream;
  RowMatrix<T> streamed(out, y.cols());
  Index made = 0;
  for (Index t = 0; t < length; ++t) {
    const Eigen::Matrix<T, Eigen::Dynamic, 1> sample = x.col(t);
    Eigen::Matrix<T, out, 1> now;
    if (stream.push(plain, sample.data(), now.data())) streamed.col(made++) = now;
  }
  BOOST_REQUIRE(made == y.cols());
  check(streamed);

  SignalGradient<Plain> pull;
  const T* const recorded = pull.forward(plain, dense::series_of(x));
  check(Eigen::Map<const RowMatrix<T>>(recorded, out, y.cols()));

  const auto first = dense::first_maxima(y);
  T values[out];
  Index times[out];
  pull.maxima(values, times);
  const auto maxima = std::make_unique<MaxOverTime<Plain>>(plain);
  for (const Index step : {length, Index{301}, Index{64}, Index{5}}) {
    maxima->reset();
    for (Index start = 0; start < length; start += step)
      maxima->push(plain, {x.data() + start, std::min(step, length - start), length});
    for (Index c = 0; c < out; ++c) {
      BOOST_TEST(std::abs(static_cast<double>(maxima->values()[c]) - y.row(c).maxCoeff()) < limit);
      BOOST_TEST(maxima->times()[c] == Plain::rate * first[static_cast<std::size_t>(c)]);
      BOOST_TEST(times[c] == maxima->times()[c]);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_that_of_pytorch_in_chunks_streams_and_training) {
  golden_nodes::check_signal(input<4, double> | causal_conv<6, 5>(stride<2>, dilation<3>) | batch_norm |
                                 nn::tanh |
                                 sum(causal_conv<6, 4>(stride<3>) | nn::tanh, causal_conv<6, 1>(stride<3>)) |
                                 grouped_conv<4, 3, 2>(stride<2>) | causal_conv<3, 2>(),
                             "strided.safetensors");
}

BOOST_AUTO_TEST_CASE(reduced_over_time_it_is_that_of_pytorch) {
  golden_nodes::check_over_time(input<2, double> | causal_conv<4, 3>(stride<3>, dilation<2>) | gelu |
                                    causal_conv<5, 2>(stride<2>, dilation<3>) |
                                    concat(max_over_time, mean_over_time, last_sample) | linear<3>,
                                "strided_over_time.safetensors");
}

// Taps that all become channels, and that stay taps; chunks in stripes and in the order of time; rates that are no power of 2.
BOOST_AUTO_TEST_CASE(gives_each_nth_output_of_the_plain_one) {
  check_everywhere(input<3, float> | causal_conv<5, 3>(stride<2>), 1003);
  check_everywhere(input<2, double> | causal_conv<9, 7>(stride<3>, dilation<2>) | nn::tanh |
                       causal_conv<4, 3>(dilation<2>) | causal_conv<3, 4>(stride<5>),
                   1201);
  const auto deep = input<2, float> | causal_conv<4, 9>(stride<4>, dilation<50>) | leaky_relu |
                    sum(causal_conv<4, 2>(stride<2>, dilation<7>), causal_conv<4, 1>(stride<2>));
  static_assert(!PaceOf<decltype(deep.fold())>::striped);
  check_everywhere(deep, 1500);
  check_everywhere(deep, 1);
}

// Each stride leaves half of the samples to what comes after, and half of each chunk.
BOOST_AUTO_TEST_CASE(what_comes_after_has_fewer_samples) {
  using Net =
      decltype((input<8> | causal_conv<8, 3>(stride<2>) | causal_conv<8, 3>(stride<4>) | relu).fold());
  static_assert(Net::rate == 8);
  using Pace = PaceOf<Net>;
  static_assert(PaceAfter<Net, Pace>::length * 8 == Pace::length);
  Net::Chunk<Pace> chunk;
  chunk.reset();
  const auto whole = stripes<Pace>(Pace::length, Net::period<Pace>);
  BOOST_TEST(chunk.after(whole).count * 8 == Pace::length);
  BOOST_TEST(chunk.after(whole).depth * 8 == whole.depth);
  const auto one = stripes<Pace>(1, Net::period<Pace>);
  std::vector<Index> counts;
  for (Index t = 0; t < 17; ++t) {
    counts.push_back(chunk.after(one).count);
    chunk.advance(one);
  }
  for (Index t = 0; t < 17; ++t) BOOST_TEST(counts[static_cast<std::size_t>(t)] == (t % 8 == 0));
  static_assert(std::is_trivially_copyable_v<Stream<Net>>);
  static_assert(sizeof(Stream<Net>) < 1024);
}

// Lengths with and without a last whole stride; windows before time 0, and all of time at once.
BOOST_AUTO_TEST_CASE(between_others_with_maxima) {
  check_series(input<2, double> | weight_norm_conv<5, 3>(stride<2>, dilation<2>) | sigmoid |
               sum(causal_conv<5, 4>(stride<3>) | nn::tanh, without_bias(depthwise_conv<2>(stride<3>))) |
               causal_conv<4, 3>(dilation<2>) | max_over_time | linear<3>);
  check_series(input<1, double> | causal_conv<3, 3>() | sigmoid | grouped_conv<6, 5, 3>(stride<2>) |
               max_over_time | linear<2>);
}

// 2,500 samples are differentiated in pieces, which begin where all strides do.
BOOST_AUTO_TEST_CASE(between_others_with_other_reductions) {
  const auto signal = input<2, double> | causal_conv<4, 3>() | sigmoid | causal_conv<3, 5>(stride<3>) | gelu |
                      causal_conv<4, 2>(stride<2>, dilation<3>);
  check_reduction(signal | concat(max_over_time, mean_over_time, last_sample) | linear<3>,
                  {1, 9, 40, 1024, 2500});
}

// The end of a long series alone, which begins between two strides' samples.
BOOST_AUTO_TEST_CASE(of_the_last_sample) {
  check_reduction(input<1, double> | causal_conv<3, 3>() | sigmoid | causal_conv<4, 4>(stride<7>) |
                      last_sample | linear<2>,
                  {1, 7, 8, 900, 1503});
}

BOOST_AUTO_TEST_CASE(a_series_of_one_sample_is_a_vector) {
  const auto net = drawn(input<3> | causal_conv<4, 5>(stride<2>) | causal_conv<2, 4>(stride<3>)).fold();
  const auto present = net.present();
  const float x[] = {1, -2, 3};
  float expected[2], got[2];
  Stream<std::remove_const_t<decltype(net)>> stream;
  BOOST_TEST(stream.push(net, x, expected));
  typename decltype(present)::Memory none;
  present.push(none, x, got);
  for (int c : {0, 1}) BOOST_TEST(std::abs(got[c] - expected[c]) < 1e-6F);
}

BOOST_AUTO_TEST_CASE(over_a_series_lazily) {
  const auto net = drawn(input<3> | causal_conv<4, 5>(stride<2>) | nn::tanh);
  Random random(6);
  const auto x = dense::normal_rows<float>(random, 3, 1201);
  const Eigen::MatrixXf y = nn::leaky_relu(over(net, x) + over(net, x));
  const dense::Matrix expected =
      (2 * dense::forward(net, x.cast<double>())).unaryExpr([](double v) { return v > 0 ? v : v / 100; });
  BOOST_REQUIRE(y.cols() == 601);
  BOOST_TEST((y.cast<double>() - expected).cwiseAbs().maxCoeff() < 1e-5);
  BOOST_TEST((nn::max_over_time(over(net, x)).cast<double>() -
              dense::forward(net, x.cast<double>()).rowwise().maxCoeff())
                 .cwiseAbs()
                 .maxCoeff() < 1e-6);
  const RowMatrix<float> shorter = x.leftCols(1200), shortest = x.leftCols(1202 - 2);
  BOOST_CHECK_THROW(over(net, x) + over(net, shorter), std::invalid_argument);
  BOOST_TEST((over(net, shorter) + over(net, shortest)).cols() == 600);
}

BOOST_AUTO_TEST_CASE(a_stride_of_one_is_none) {
  static_assert(std::is_same_v<decltype(input<3> | causal_conv<4, 5>(stride<1>, dilation<2>)),
                               decltype(input<3> | causal_conv<4, 5>(dilation<2>))>);
}

BOOST_AUTO_TEST_SUITE_END()
