// SPDX-License-Identifier: MIT
#include <lifelog/nn/convolution.hpp>
#include <lifelog/nn/weight_norm.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <type_traits>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_convolution)

using namespace lifelog;
using namespace lifelog::nn;
using Scalars = boost::mpl::list<float, double>;

namespace {

const Index lengths[] = {1, 2, 17, 255, 256, 257, 511, 512, 513, 600, 1200};

/// A convolution, then one that reads what the first made, with a shortcut: intermediate signals of every kind.
template<class T, Index in, Index out, Index taps, Index steps>
auto make_signal(std::uint64_t seed) {
  auto signal = input<in, T> | causal_conv<out, taps>(dilation<steps>) | leaky_relu |
                sum(causal_conv<out, taps>(dilation<steps>) | relu, identity);
  Random random(seed);
  signal.initialise(random);
  return signal;
}

template<class A, class B>
double largest_difference(const A& got, const B& expected) {
  return (got.template cast<double>() - expected).cwiseAbs().maxCoeff();
}

/// The maxima must be those of the very outputs, to the bit, and first reached when they are.
template<class S, class T, class Outputs>
void check_maxima(const S& signal, const RowMatrix<T>& x, const Outputs& y) {
  MaxOverTime<S> evaluate(signal);
  T values[S::channels];
  Index times[S::channels];
  for (int run = 0; run < 2; ++run) {  // nothing of a run is left for the next
    evaluate(signal, dense::series_of(x), values, times);
    for (Index c = 0; c < S::channels; ++c) {
      Index first = 0;
      for (Index t = 1; t < x.cols(); ++t)
        if (y(c, t) > y(c, first)) first = t;
      BOOST_TEST(values[c] == y(c, first));
      BOOST_TEST(times[c] == first);
    }
  }
}

template<class T, Index in, Index out, Index taps, Index steps>
void check_signal() {
  BOOST_TEST_CONTEXT("in " << in << " out " << out << " taps " << taps << " dilation " << steps) {
    const auto signal = make_signal<T, in, out, taps, steps>(7);
    static_assert(decltype(signal)::lookback == 2 * (taps - 1) * steps);
    Random random(11);
    for (const Index length : lengths) {
      const auto x = dense::normal_rows<T>(random, in, length);
      const auto y = dense::outputs_in_chunks(signal, x);
      const double limit = 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
      BOOST_TEST(largest_difference(y, dense::forward(signal, x.template cast<double>())) < limit);
      check_maxima(signal, x, y);
    }
  }
}

/// A sample changed at any of these times changes nothing before it, the outputs then, and nothing past the lookback.
template<class S>
void check_future(const S& signal, const std::vector<Index>& times) {
  Random random(3);
  const auto x = dense::normal_rows<float>(random, 3, 600);
  const auto y = dense::outputs_in_chunks(signal, x);
  for (const Index t : times) {
    auto changed = x;
    changed(1, t) += 1;
    const auto z = dense::outputs_in_chunks(signal, changed);
    BOOST_TEST((z.leftCols(t) == y.leftCols(t)));
    BOOST_TEST((z.col(t) != y.col(t)));
    const Index after = std::min<Index>(600, t + signal.lookback + 1);
    BOOST_TEST((z.rightCols(600 - after) == y.rightCols(600 - after)));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_a_dense_reference, T, Scalars) {
  check_signal<T, 1, 1, 1, 1>();
  check_signal<T, 5, 8, 3, 3>();
  check_signal<T, 8, 11, 4, 5>();
  if constexpr (std::is_same_v<T, float>) check_signal<T, 3, 5, 2, 2>();  // each takes the compiler a second
  check_signal<T, 11, 16, 3, 1>();
  check_signal<T, 3, 5, 3, 8>();
  check_signal<T, 16, 3, 2, 5>();
}

// The past of a chunk may be longer than the chunk: history is carried over, not refilled.
BOOST_AUTO_TEST_CASE(chunks_of_any_size_give_the_same_bits) {
  const auto signal = make_signal<float, 3, 5, 4, 5>(1);
  Random random(2);
  const auto x = dense::normal_rows<float>(random, 3, 300);
  const auto whole = dense::outputs_in_chunks(signal, x);
  for (const Index step : {1, 7, 64, 255}) BOOST_TEST((dense::outputs_in_chunks(signal, x, step) == whole));
}

BOOST_AUTO_TEST_CASE(outputs_do_not_depend_on_the_future) {
  check_future(make_signal<float, 3, 5, 4, 5>(1), {0, 1, 31, 32, 255, 256, 257, 511, 512, 513, 599});
}

/// Three taps throughout, which are evaluated two instants at a time, at dilations that differ, also side by side.
auto make_pairs() {
  auto signal = input<3> | causal_conv<8, 3>() | leaky_relu | causal_conv<9, 3>(dilation<2>) | leaky_relu |
                sum(causal_conv<5, 3>(dilation<4>), causal_conv<5, 3>(dilation<1>) | relu);
  Random random(9);
  signal.initialise(random);
  return signal;
}

BOOST_AUTO_TEST_CASE(pairs_at_several_dilations) {
  const auto signal = make_pairs();
  using S = std::remove_const_t<decltype(signal)>;
  static_assert(S::spread<PaceOf<S>> == 4 && S::period<PaceOf<S>> == 8);
  Random random(10);
  for (const Index length : lengths) {
    const auto x = dense::normal_rows<float>(random, 3, length);
    const auto y = dense::outputs_in_chunks(signal, x);
    BOOST_TEST(largest_difference(y, dense::forward(signal, x.cast<double>())) < 1e-5);
    check_maxima(signal, x, y);
    for (const Index step : {8, 64, 120}) BOOST_TEST((dense::outputs_in_chunks(signal, x, step) == y));
    BOOST_TEST(largest_difference(y, dense::outputs_in_chunks(signal, x, 7).cast<double>()) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(pairs_do_not_see_the_future) {
  std::vector<Index> times;
  for (Index t = 0; t < 600; t += t < 20 || t > 500 ? 1 : 31) times.push_back(t);
  check_future(make_pairs(), times);
}

// Equal inputs give equal outputs wherever they stand in a pair, so that the first of equal maxima is found.
BOOST_AUTO_TEST_CASE(pairs_of_a_constant_series_are_equal) {
  const auto signal = make_pairs();
  const RowMatrix<float> x = RowMatrix<float>::Constant(3, 700, 0.7F);
  const auto y = dense::outputs_in_chunks(signal, x);
  for (Index t = signal.lookback; t < 700; ++t) BOOST_TEST((y.col(t) == y.col(signal.lookback)));
}

// The oldest sample an output depends on is `lookback` before it.
BOOST_AUTO_TEST_CASE(lookback_is_reached) {
  const auto signal = make_signal<double, 3, 5, 4, 5>(1);
  Random random(4);
  const auto x = dense::normal_rows<double>(random, 3, 100);
  auto changed = x;
  changed.col(10).array() += 3;
  BOOST_TEST((dense::outputs_in_chunks(signal, changed).col(10 + signal.lookback) !=
              dense::outputs_in_chunks(signal, x).col(10 + signal.lookback)));
}

BOOST_AUTO_TEST_CASE(a_number_of_inputs_known_at_run_time_changes_no_bit) {
  const auto fixed = input<3> | causal_conv<5, 3>(dilation<2>) | leaky_relu | causal_conv<11, 2>();
  auto dynamic = input_of(3) | causal_conv<5, 3>(dilation<2>) | leaky_relu | causal_conv<11, 2>();
  auto first = fixed;
  Random random(5), again(5);
  first.initialise(random);
  dynamic.initialise(again);
  BOOST_TEST(dynamic.inputs() == 3);
  BOOST_TEST(parameter_count(dynamic) == 3 * 5 * 3 + 5 + 5 * 11 * 2 + 11);
  const auto x = dense::normal_rows<float>(random, 3, 300);
  BOOST_TEST((dense::outputs_in_chunks(first, x) == dense::outputs_in_chunks(dynamic, x)));
}

BOOST_AUTO_TEST_CASE(copies_are_independent) {
  auto signal = make_signal<float, 3, 5, 4, 5>(1);
  Random random(6);
  const auto x = dense::normal_rows<float>(random, 3, 40);
  const auto before = dense::outputs_in_chunks(signal, x);
  auto copy = signal;
  BOOST_TEST((dense::outputs_in_chunks(copy, x) == before));
  visit([](const Path&, const Layout& layout, float* w) { std::fill_n(w, layout.size(), 0.25f); }, copy);
  BOOST_TEST((dense::outputs_in_chunks(signal, x) == before));
  BOOST_TEST((dense::outputs_in_chunks(copy, x) != before));
}

BOOST_AUTO_TEST_CASE(weight_norm_folds_to_g_v_over_norm) {
  auto conv = input<3, double> | weight_norm_conv<5, 4>(dilation<2>);
  Random random(8);
  conv.initialise(random);
  const auto start = conv.fold();
  BOOST_TEST((start.weight - conv.weight_v).norm() < 1e-15);  // g starts at ‖v‖
  for (Index o = 0; o < 5; ++o) conv.weight_g[o] = static_cast<double>(o) - 1.5;
  const auto plain = conv.fold();
  for (Index o = 0; o < 5; ++o) {
    double norm = 0;
    for (Index j = 0; j < 12; ++j) norm += conv.weight_v(o, j) * conv.weight_v(o, j);
    for (Index j = 0; j < 12; ++j)
      BOOST_TEST(std::abs(plain.weight(o, j) - conv.weight_g[o] * conv.weight_v(o, j) / std::sqrt(norm)) <
                 1e-15);
  }
  BOOST_TEST((plain.bias == conv.bias));
}

// On series of length 1 only the present tap is left.
BOOST_AUTO_TEST_CASE(present_equals_a_series_of_one_sample) {
  const auto signal = make_signal<double, 3, 5, 4, 5>(9);
  Random random(10);
  const Index count = 5;
  const auto x = dense::normal_rows<double>(random, 3, count);
  const auto present = signal.present();
  using Domain = Samples<double>;
  const Domain domain{count};
  RowMatrix<double> planes = RowMatrix<double>::Zero(3, domain.stride()), y(5, domain.stride());
  planes.leftCols(count) = x;
  typename std::remove_const_t<decltype(present)>::template Tape<Domain> tape;
  present.record(domain, tape, planes.data(), y.data());
  for (Index n = 0; n < count; ++n) {
    const RowMatrix<double> one = x.col(n);
    BOOST_TEST((dense::outputs_in_chunks(signal, one).col(0) - y.col(n)).norm() < 1e-14);
  }
}

BOOST_AUTO_TEST_SUITE_END()
