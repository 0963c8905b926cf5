// SPDX-License-Identifier: MIT
#include <lifelog/nn/stream.hpp>

#include <atomic>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "dense.hpp"

// Every allocation of this program, ours and Eigen's, is counted.
namespace {
std::atomic<long> allocations{0};
}

#if defined(__has_feature)
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
extern "C" void __sanitizer_malloc_hook(const volatile void*, std::size_t) {
  ++allocations;
}
#elif defined(__GLIBC__)
extern "C" void* __libc_malloc(std::size_t);
extern "C" void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}
#endif

BOOST_AUTO_TEST_SUITE(nn_stream)

using namespace lifelog;
using namespace lifelog::nn;
using Scalars = boost::mpl::list<float, double>;

namespace {

template<class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-12;

template<class Net>
auto drawn(Net net, std::uint64_t seed) {
  Random random(seed);
  net.initialise(random);
  return net;
}

template<class T, Index in>
auto make_encoder(std::uint64_t seed) {
  return drawn(input<in, T> | causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
                   causal_block<16>(dilation<4>) | max_over_time | linear<32>,
               seed);
}

/// Plain, then with a shortcut (of its own convolution), then plain again.
template<class T, Index in, Index out, Index taps, Index steps>
auto make_odd(std::uint64_t seed) {
  return drawn(input<in, T> | causal_conv<out, taps>(dilation<steps>) | leaky_relu |
                   sum(weight_norm_conv<out, taps>(dilation<steps>) | relu, identity) |
                   sum(causal_conv<5, 3>(), causal_conv<5, 1>()) | leaky_relu,
               seed);
}

/// Gates (van den Oord et al. 2016, "WaveNet", eq. 2), one added to, one of shifted outputs: their halves are not zero
/// where their input is.
template<class T>
auto make_gated(std::uint64_t seed) {
  return drawn(
      input<3, T> | product(causal_conv<5, 3>(dilation<2>) | nn::tanh, weight_norm_conv<5, 3>() | sigmoid) |
          sum(product(causal_conv<5, 2>(dilation<4>) | nn::tanh, causal_conv<5, 2>() | sigmoid), identity) |
          causal_conv<4, 3>() | sigmoid | causal_conv<7, 2>(dilation<3>),
      seed);
}

/// |got − expected| ≤ tolerance · the largest |expected|.
template<class T>
void check_close(const T* got, const T* expected, Index count) {
  double largest = 0;
  for (Index i = 0; i < count; ++i) largest = std::max(largest, static_cast<double>(std::abs(expected[i])));
  BOOST_TEST(largest > 0);
  for (Index i = 0; i < count; ++i)
    BOOST_TEST(static_cast<double>(std::abs(got[i] - expected[i])) <= tolerance<T> * largest);
}

template<class Net, class T = typename Net::Scalar>
std::vector<T> batch_features(const Net& net, const RowMatrix<T>& x) {
  using S = decltype(net.signal);
  std::vector<T> values(S::channels), features(static_cast<std::size_t>(net.outputs()));
  std::vector<Index> times(S::channels);
  MaxOverTime<std::remove_cv_t<S>>{net.signal}(net.signal, dense::series_of(x), values.data(), times.data());
  typename decltype(net.head)::Memory none;
  net.head.push(none, values.data(), features.data());
  return features;
}

template<class Net, class T = typename Net::Scalar>
std::vector<T> features_of(const Stream<Net>& stream, const Net& net) {
  std::vector<T> features(static_cast<std::size_t>(net.outputs()));
  stream.features(net, features.data());
  return features;
}

template<class Net, class T = typename Net::Scalar>
void push_column(Stream<Net>& stream, const Net& net, const RowMatrix<T>& x, Index t) {
  const Eigen::Matrix<T, Eigen::Dynamic, 1> sample = x.col(t);
  stream.push(net, sample.data());
}

/// A signal's stream against all of time written out in double precision.
template<class Net>
void check_signal(const Net& net, std::uint64_t seed) {
  using T = typename Net::Scalar;
  const auto plain = net.fold();
  using Plain = std::remove_const_t<decltype(plain)>;
  Random random(seed);
  const auto x = dense::normal_rows<T>(random, Plain::input_channels, 90);
  const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> expected =
      dense::forward(plain, x.template cast<double>()).template cast<T>();
  Stream<Plain> stream;
  for (int round = 0; round < 2; ++round) {
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> got(Plain::channels, x.cols());
    for (Index t = 0; t < x.cols(); ++t) {
      const Eigen::Matrix<T, Eigen::Dynamic, 1> sample = x.col(t);
      stream.push(plain, sample.data(), got.col(t).data());
    }
    check_close(got.data(), expected.data(), got.size());
    stream.reset();
  }
}

/// Pieces of these lengths, again and again, against one piece.
template<class S, class T = typename S::Scalar>
void check_pieces(const S& signal, const RowMatrix<T>& x, const std::vector<Index>& lengths) {
  T values[S::channels];
  Index times[S::channels];
  MaxOverTime<S> whole(signal), pieces(signal);
  whole(signal, dense::series_of(x), values, times);
  std::size_t next = 0;
  bool aligned = true;
  for (Index start = 0; start < x.cols();) {
    const Index count = std::min(lengths[next++ % lengths.size()], x.cols() - start);
    aligned = aligned && (count % 32 == 0 || start + count == x.cols());
    pieces.push(signal, {x.data() + start, count, x.cols()});
    start += count;
  }
  BOOST_TEST(pieces.length() == x.cols());
  for (Index c = 0; c < S::channels; ++c) {
    BOOST_TEST(pieces.times()[c] == times[c]);
    if (aligned) BOOST_TEST(pieces.values()[c] == values[c]);
  }
  check_close(pieces.values(), values, S::channels);
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(the_encoder_sample_by_sample_is_the_encoder_at_any_time, T, Scalars) {
  const auto plain = make_encoder<T, 3>(1).fold();
  using Net = std::remove_const_t<decltype(plain)>;
  Random random(2);
  const auto x = dense::normal_rows<T>(random, 3, 600);
  Stream<Net> stream;
  for (Index t = 0; t < x.cols(); ++t) {
    push_column(stream, plain, x, t);
    if (t > 40 && t % 97 != 0 && t != x.cols() - 1) continue;
    const RowMatrix<T> so_far = x.leftCols(t + 1);
    check_close(features_of(stream, plain).data(), batch_features(plain, so_far).data(), 32);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(signals_sample_by_sample, T, Scalars) {
  check_signal(make_odd<T, 1, 1, 1, 1>(1), 10);
  check_signal(make_odd<T, 1, 16, 4, 5>(2), 11);
  check_signal(make_odd<T, 3, 5, 2, 3>(3), 12);
  check_signal(make_odd<T, 5, 3, 4, 2>(4), 13);
  check_signal(make_odd<T, 16, 1, 2, 5>(5), 14);
  check_signal(make_odd<T, 16, 16, 1, 5>(6), 15);
  check_signal(make_odd<T, 3, 3, 4, 5>(7), 16);
  check_signal(drawn(input<5, T> | causal_conv<3, 4>(dilation<5>), 8), 17);
  check_signal(make_gated<T>(9), 18);
  check_signal(drawn(input<40, T> | causal_conv<9, 3>(dilation<2>), 10), 19);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(odd_networks_with_heads, T, Scalars) {
  const auto check = [](const auto& net) {
    const auto plain = net.fold();
    using Net = std::remove_const_t<decltype(plain)>;
    Random random(3);
    const auto x = dense::normal_rows<T>(random, net.inputs(), 300);
    Stream<Net> stream;
    for (Index t = 0; t < x.cols(); ++t) push_column(stream, plain, x, t);
    check_close(features_of(stream, plain).data(), batch_features(plain, x).data(), plain.outputs());
  };
  check(drawn(input<5, T> | causal_conv<3, 2>(dilation<5>) | max_over_time, 1));
  check(drawn(input<1, T> | causal_block<5>(dilation<3>) | max_over_time | linear<7> | leaky_relu | linear<1>,
              2));
  check(drawn(input<2, T> | causal_conv<16, 4>() | max_over_time | linear<3> | log_softmax, 3));
  check(drawn(
      make_gated<T>(4) | max_over_time | product(linear<3> | nn::tanh, linear<3> | sigmoid) | linear<2>, 5));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_reset_stream_is_a_new_one, T, Scalars) {
  const auto plain = make_encoder<T, 1>(4).fold();
  using Net = std::remove_const_t<decltype(plain)>;
  Random random(5);
  const auto loud = dense::normal_rows<T>(random, 1, 100);
  const RowMatrix<T> quiet = T(0.01) * dense::normal_rows<T>(random, 1, 100);
  Stream<Net> used, fresh;
  for (Index t = 0; t < 100; ++t) push_column(used, plain, loud, t);
  used.reset();
  for (Index t = 0; t < 100; ++t) {
    push_column(used, plain, quiet, t);
    push_column(fresh, plain, quiet, t);
  }
  BOOST_TEST(features_of(used, plain) == features_of(fresh, plain));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(copies_of_streams_and_networks_are_independent, T, Scalars) {
  auto plain = make_encoder<T, 3>(6).fold();
  using Net = decltype(plain);
  Random random(7);
  const auto x = dense::normal_rows<T>(random, 3, 80), other = dense::normal_rows<T>(random, 3, 80);
  Stream<Net> stream, apart;
  for (Index t = 0; t < 40; ++t) push_column(stream, plain, x, t);
  Stream<Net> copy = stream;
  const auto net_copy = plain;
  visit(
      [](const Path&, const Layout& layout, T* w) {
        for (Index i = 0; i < layout.size(); ++i) w[i] = 0;
      },
      plain);
  for (Index t = 40; t < 80; ++t) {
    push_column(copy, net_copy, other, t);
    push_column(stream, net_copy, x, t);
  }
  for (Index t = 0; t < 80; ++t) push_column(apart, net_copy, x, t);
  BOOST_TEST(features_of(stream, net_copy) == features_of(apart, net_copy));
  BOOST_TEST(features_of(copy, net_copy) != features_of(apart, net_copy));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_network_serves_interleaved_streams, T, Scalars) {
  const auto plain = make_encoder<T, 3>(8).fold();
  using Net = std::remove_const_t<decltype(plain)>;
  Random random(9);
  const auto a = dense::normal_rows<T>(random, 3, 120), b = dense::normal_rows<T>(random, 3, 120);
  Stream<Net> streams[2], alone[2];
  for (Index t = 0; t < 120; ++t) {
    push_column(streams[0], plain, a, t);
    if (t % 3 != 1) push_column(streams[1], plain, b, t);
  }
  for (Index t = 0; t < 120; ++t) push_column(alone[0], plain, a, t);
  for (Index t = 0; t < 120; ++t)
    if (t % 3 != 1) push_column(alone[1], plain, b, t);
  for (const int i : {0, 1}) BOOST_TEST(features_of(streams[i], plain) == features_of(alone[i], plain));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_sample_that_is_not_finite_is_not_passed_over, T, Scalars) {
  const auto plain = make_encoder<T, 3>(10).fold();
  using Net = std::remove_const_t<decltype(plain)>;
  Random random(11);
  const auto x = dense::normal_rows<T>(random, 3, 60);
  for (const T bad : {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::infinity()}) {
    Stream<Net> stream;
    auto broken = x;
    broken(1, 20) = bad;
    for (Index t = 0; t < 60; ++t) push_column(stream, plain, broken, t);
    for (const T value : features_of(stream, plain)) BOOST_TEST(std::isnan(value));
    stream.reset();
    for (Index t = 0; t < 60; ++t) push_column(stream, plain, x, t);
    for (const T value : features_of(stream, plain)) BOOST_TEST(std::isfinite(value));
  }
}

// What firmware reserves: outputs times lookback of each convolution, sixteen maxima, and padding to 64 bytes.
BOOST_AUTO_TEST_CASE(the_size_of_a_stream_is_known_when_compiling) {
  constexpr std::size_t numbers = 2 * (2 * 8 + 4 * 8 + 8 * 16) + 16;
  constexpr std::size_t nodes = 6 + 3;  // convolutions and shortcuts: index and padding
  using Net = decltype(make_encoder<float, 3>(1).fold());
  static_assert(sizeof(Stream<Net>) <= numbers * sizeof(float) + nodes * 2 * 64);
  static_assert(std::is_trivially_copyable_v<Stream<Net>>);
  static_assert(sizeof(Stream<decltype(make_odd<float, 1, 1, 1, 1>(1).fold())>) <= 2048);
  BOOST_TEST_MESSAGE("a stream of the study's encoder takes " << sizeof(Stream<Net>) << " bytes");
}

BOOST_AUTO_TEST_CASE(nothing_is_allocated) {
  const long before = allocations;
  ::operator delete(::operator new(8));  // which a compiler may not leave out
  BOOST_TEST(allocations > before);
  const auto plain = make_encoder<float, 3>(12).fold();
  using Net = std::remove_const_t<decltype(plain)>;
  const auto odd = make_odd<double, 3, 5, 2, 3>(3).fold();
  const auto strided =
      (input<3> | causal_conv<4, 5>(stride<2>, dilation<3>) | relu |
       sum(causal_conv<5, 2>(stride<3>), causal_conv<5, 1>(stride<3>)) | max_over_time | linear<32>)
          .fold();
  const auto any = (input_of<float>(3) | causal_block<8>(dilation<2>) | max_over_time | linear<32>).fold();
  const float sample[] = {1, -2, 3};
  const double wide[] = {1, -2, 3};
  float features[32];
  double output[5];
  const long start = allocations;
  Stream<Net> stream;
  Stream<std::remove_const_t<decltype(odd)>> signal_stream;
  Stream<std::remove_const_t<decltype(any)>> any_stream;
  Stream<std::remove_const_t<decltype(strided)>> strided_stream;
  for (int t = 0; t < 100; ++t) {
    stream.push(plain, sample);
    stream.features(plain, features);
    signal_stream.push(odd, wide, output);
    any_stream.push(any, sample);
    any_stream.features(any, features);
    strided_stream.push(strided, sample);
    strided_stream.features(strided, features);
  }
  stream.reset();
  const long end = allocations;
  BOOST_TEST(end == start);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_series_in_pieces_is_the_series, T, Scalars) {
  Random random(13);
  const auto x = dense::normal_rows<T>(random, 3, 1030);
  const auto check = [&](const auto& net) {
    const auto plain = net.fold();
    for (const Index length : {1, 7, 31, 32, 64, 100, 256, 300}) check_pieces(plain, x, {length});
    check_pieces(plain, x, {300, 1, 7, 256, 31, 64, 2, 100});
    check_pieces(plain, x, {32, 64, 256, 512, 96});
  };
  check(make_encoder<T, 3>(14).signal);
  check(make_odd<T, 3, 5, 4, 5>(15));
  check(make_gated<T>(16));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(equal_maxima_of_different_pieces, T, Scalars) {
  const auto net = input<1, T> | causal_conv<1, 1>();
  auto plain = net;
  plain.weight.setOnes();
  RowMatrix<T> x = RowMatrix<T>::Constant(1, 300, T(-2));
  x(0, 40) = x(0, 41) = x(0, 170) = T(-1);
  for (const Index length : {1, 7, 31, 32, 41, 64, 100, 256}) check_pieces(plain, x, {length});
  MaxOverTime evaluate(plain);
  evaluate.push(plain, dense::series_of(x));
  BOOST_TEST(evaluate.times()[0] == 40);
  evaluate.reset();
  BOOST_TEST(evaluate.length() == 0);
  BOOST_TEST(evaluate.values()[0] == -std::numeric_limits<T>::infinity());
  evaluate.push(plain, {x.data() + 100, 200, 300});
  BOOST_TEST(evaluate.times()[0] == 70);
}

BOOST_AUTO_TEST_SUITE_END()
