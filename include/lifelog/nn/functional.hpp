// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "../core/channels.hpp"
#include "../core/finite.hpp"
#include "activation.hpp"
#include "detail/arrays_read.hpp"
#include "detail/conv_weights.hpp"
#include "detail/refused_series.hpp"
#include "max_over_time.hpp"
#include "product.hpp"

// The plain functional face of nodes, for those who only want one of them:
//
//     xt::xtensor<float, 2> y = leaky_relu(causal_conv(x, w, b, dilation<2>)) + x;
//
// x is a series, channels × time: an Eigen matrix or expression, or (with core/xtensor.hpp) an xtensor expression. What
// stands on the right is an expression: nothing is computed until it is assigned, to an Eigen matrix or block, or to
// xtensor's containers of any layout and views, or reduced (`max_over_time(…)`, `for_each_chunk`). Then time is walked once, in chunks, through the
// same nodes that networks are made of; no intermediate series is ever there as a whole.
//
// What is an lvalue must outlive the expression and is seen as it is when the expression is evaluated; what is an rvalue
// is held by value. Weights are taken over when the expression is made.
//
//     causal_conv(x, w, b, dilation<d>)               w: T[out][in][taps], or an xtensor of such a fixed shape
//     causal_conv<out, taps>(x, w, b, dilation<d>)    w: an xtensor expression of that shape, or an Eigen matrix
//                                                     out × taps·in, column k·in + i for tap k of input i
//     leaky_relu(x), relu(x), tanh(x), …              element by element
//     x + y, product(x, y)                            element by element; with + at least one is an expression of ours
//     over(signal, x)                                 any signal, a trained one for instance
//     max_over_time(x)                                [channels], the maximum of each; NaN where a channel has one
//     mean_over_time(x), last_sample(x), concat(…)(x)   as reductions.hpp makes them
//
// As in PyTorch, tap taps−1 is the present and tap 0 the oldest, and what a convolution reads is zero before time 0.
// Series and weights are float or double; whole numbers are cast first (`x.cast<float>()`, `xt::cast<float>(x)`).
// Shapes that do not fit throw std::invalid_argument when the expression is made; so does evaluating one whose series
// has another shape by then. What a series is made of may be assigned its result: where they share memory, but not element
// for element, the result goes through a temporary (in xtensor always). A matrix that is resized by that, with the series a
// part of it, is refused.

namespace lifelog::inline LIFELOG_ABI::nn {

template<class F>
class SeriesExpression;

namespace detail {

template<class X>
inline constexpr bool is_series_expression = false;
template<class F>
inline constexpr bool is_series_expression<SeriesExpression<F>> = true;

template<class X>
concept Expression = is_series_expression<std::remove_cvref_t<X>>;

}  // namespace detail

/// What can be taken for a series: an expression of ours, or an array of channels × time.
template<class X>
concept SeriesLike = detail::Expression<X> || Channels<X>;

/// A signal over a series of its own instead of an input: `function` of `series`, X being a reference or a value.
template<class X, class F>
struct Given : NodeBase {
  using Scalar = typename F::Scalar;
  using T = Scalar;
  using Access = ChannelAccess<std::remove_cvref_t<X>>;
  static constexpr Index input_channels = 0;
  static constexpr Index channels = F::channels;
  static constexpr Index rate = F::rate;
  static constexpr Index lookback = F::lookback;
  static constexpr Index history = 0;
  static constexpr Index widest = F::widest;
  static constexpr Index deepest = F::deepest;
  static constexpr bool pointwise = false;
  static constexpr Kind kind = Kind::signal;

  X series;
  F function;
  Index length;
  std::uintptr_t made_of = detail::fingerprint(series);  ///< when the expression was made

  Index inputs() const { return 0; }
  Index outputs() const { return function.outputs(); }

  template<class P>
  struct Chunk {
    std::optional<typename Access::Reader> reader;
    std::optional<SignalBuffer<P, F::input_channels, F::history>> input;
    typename F::template Chunk<P> inner;
    Index time = 0;

    void reset() { reader.reset(), input.reset(), inner.reset(), time = 0; }
    void advance(Stripes<P> stripes) {
      input->advance(stripes), inner.advance(stripes), time += stripes.count;
    }
    auto after(Stripes<P> stripes) const { return inner.after(stripes); }
  };

  template<class P>
  static constexpr Index spread = F::template spread<P>;
  template<class P>
  static constexpr Index period = F::template period<P>;

  template<class C>
  void begin(C& chunk) const {
    require_shape();
    chunk.reader.emplace(series);
    chunk.input.emplace(function.inputs());
    function.begin(chunk.inner);
  }

  template<class P>
  void prepare(Chunk<P>& chunk, SignalView<T>, Stripes<P> stripes) const {
    T samples[P::length];
    for (Index c = 0; c < function.inputs(); ++c) {
      chunk.reader->read(c, chunk.time, stripes.count, samples);
      chunk.input->write(c, samples, stripes);
    }
    chunk.input->link(stripes);
    function.prepare(chunk.inner, chunk.input->view(), stripes);
  }

  template<bool fresh, int Rows, int Columns, class C, class At>
  EIGEN_ALWAYS_INLINE void block(detail::Block<T, Rows, Columns>& out, const C& chunk, SignalView<T>,
                                 Index row, At at) const {
    function.template block<fresh>(out, chunk.inner, chunk.input->view(), row, at);
  }

  void require_shape() const {
    const Index count = Access::channel_count(series), samples = Access::length(series);
    lifelog::detail::require(count == function.inputs() && samples == length, "series: expected ",
                             function.inputs(), " channels of ", length, " samples, got ", count, " of ",
                             samples);
    lifelog::detail::require(detail::fingerprint(series) == made_of,
                             "series: an array that the series is a part of has been resized since");
  }
};

namespace detail {

/// `may_overwrite` of any of the series that a signal is of.
template<class To, class F>
bool may_overwrite_series(const To&, const F&) {
  return false;
}
template<class To, class X, class F>
bool may_overwrite_series(const To& to, const Given<X, F>& given) {
  return may_overwrite(to, given.series);
}
template<class To, class A, class B, template<class, class> class Both>
requires requires(const Both<A, B>& both) {
  both.first, both.second;
}
bool may_overwrite_series(const To& to, const Both<A, B>& both) {
  return may_overwrite_series(to, both.first) || may_overwrite_series(to, both.second);
}

}  // namespace detail

/// A lazily evaluated series, channels × time; to Eigen an expression like its own.
template<class F>
class SeriesExpression : public Eigen::ReturnByValue<SeriesExpression<F>>,
                         public ChannelExpression<SeriesExpression<F>> {
 public:
  using Scalar = typename F::Scalar;
  using T = Scalar;

  /// length: of the series that it is made of.
  SeriesExpression(F signal, Index length) : signal_(std::move(signal)), length_(length) {}

  Index rows() const { return signal_.outputs(); }
  Index cols() const { return detail::samples_after(F::rate, length_); }
  Index length() const { return length_; }

  const F& signal() const& { return signal_; }
  F signal() && { return std::move(signal_); }

  /// Evaluates the series and calls visit(first, values) for every chunk: its first sample's time, and its values,
  /// channels × samples, gone after the call.
  template<class Visit>
  void for_each_chunk(Visit visit) const {
    using P = PaceOf<F>;
    using Q = PaceAfter<F, P>;
    const auto chunk = std::make_unique<typename F::template Chunk<P>>();
    signal_.begin(*chunk);
    const auto ordered = std::make_unique<SignalBuffer<Q, F::channels, 0>>(rows());
    RowMatrix<T> values(rows(), Q::length);
    const SignalView<T> no_input{nullptr, 0};
    for (Index start = 0, first = 0; start < length_; start += P::length) {
      const auto now = stripes<P>(std::min(P::length, length_ - start), F::template period<P>);
      signal_.prepare(*chunk, no_input, now);
      const auto made = chunk->after(now);
      write_chunk<P>(signal_, *chunk, no_input, made, *ordered);
      for (Index c = 0; c < rows(); ++c) ordered->read(c, &values(c, 0), made);
      visit(first, RowMatrixView<T>(values.data(), rows(), made.count, Eigen::OuterStride<>(Q::length)));
      chunk->advance(now);
      first += made.count;
    }
  }

  /// Eigen's way of assigning to a matrix, which has the right shape by now. What the series reads elsewhere in the same
  /// memory is read first.
  template<class To>
  void evalTo(To& to) const {
    lifelog::detail::require(to.rows() == rows() && to.cols() == cols(), "series: expected a result of ",
                             rows(), " x ", cols(), ", got ", to.rows(), " x ", to.cols());
    if (detail::may_overwrite_series(to, signal_)) {
      RowMatrix<T> values(rows(), cols());
      write(values);
      to = values.template cast<typename To::Scalar>();
    } else {
      write(to);
    }
  }

 private:
  template<class To>
  void write(To& to) const {
    for_each_chunk([&](Index first, const auto& values) {
      to.middleCols(first, values.cols()) = values.template cast<typename To::Scalar>();
    });
  }

  F signal_;
  Index length_;
};

namespace detail {

/// An argument as it is kept: by reference where it was an lvalue, by value where it was not.
template<class X>
using Held = std::conditional_t<std::is_lvalue_reference_v<X>, const std::remove_reference_t<X>&,
                                std::remove_cvref_t<X>>;

template<class F>
SeriesExpression<F> expression(F signal, Index length) {
  return {std::move(signal), length};
}

/// `node`, made for so many inputs, after what x is.
template<class X, class F>
auto after(Given<X, F> given, auto node) {
  auto function = Chain<F, decltype(node)>{{}, std::move(given.function), std::move(node)};
  return Given<X, decltype(function)>{
      {}, std::forward<X>(given.series), std::move(function), given.length, given.made_of};
}

template<class F>
auto after(F signal, auto node) {
  return Chain<F, decltype(node)>{{}, std::move(signal), std::move(node)};
}

/// Scalars and channels of anything like a series.
template<class X>
struct SeriesTraits {
  using Scalar = typename ChannelAccess<X>::Scalar;
  static constexpr Index channels = ChannelAccess<X>::channels;
};
template<class F>
struct SeriesTraits<SeriesExpression<F>> {
  using Scalar = typename F::Scalar;
  static constexpr Index channels = F::channels;
};
template<class X>
using SeriesScalar = typename SeriesTraits<std::remove_cvref_t<X>>::Scalar;
template<class X>
inline constexpr Index series_channels = SeriesTraits<std::remove_cvref_t<X>>::channels;

template<class X>
constexpr void require_real_series() {
  static_assert(lifelog::detail::real_number<SeriesScalar<X>>,
                "a series must be of float or double: cast other numbers first, with x.cast<float>() or "
                "xt::cast<float>(x)");
}

template<class X>
Index channel_count(const X& x) {
  if constexpr (Expression<X>)
    return x.rows();
  else
    return ChannelAccess<X>::channel_count(x);
}

/// `node` over a series, or over what an expression gives.
template<class X, class F>
auto node_over(X&& x, F node) {
  require_real_series<X>();
  if constexpr (Expression<X>) {
    const Index length = x.length();
    lifelog::detail::require(x.rows() == node.inputs(), "series: expected ", node.inputs(), " channels, got ",
                             x.rows());
    return expression(after(std::forward<X>(x).signal(), std::move(node)), length);
  } else {
    const Index length = ChannelAccess<std::remove_cvref_t<X>>::length(x);
    Given<Held<X>, F> given{{}, std::forward<X>(x), std::move(node), length};
    given.require_shape();
    return expression(std::move(given), length);
  }
}

/// x as an expression of `channels` scalars T.
template<class T, Index channels, class X>
auto as_expression(X&& x) {
  require_real_series<X>();
  if constexpr (Expression<X>)
    return std::remove_cvref_t<X>(std::forward<X>(x));
  else
    return node_over(std::forward<X>(x),
                     Identity<T, channels>(channels == Eigen::Dynamic ? channel_count(x) : channels));
}

/// Two series as both sides of a pair, after checking that they have one shape.
template<template<class, class> class Both, class A, class B>
auto pair_of(A&& a, B&& b) {
  require_real_series<A>();
  require_real_series<B>();
  using T = SeriesScalar<std::conditional_t<Expression<A>, A, B>>;
  constexpr Index channels = series_channels<A> == Eigen::Dynamic ? series_channels<B> : series_channels<A>;
  auto first = as_expression<T, channels>(std::forward<A>(a));
  auto second = as_expression<T, channels>(std::forward<B>(b));
  lifelog::detail::require(first.rows() == second.rows() && first.cols() == second.cols(),
                           "series: expected two of one shape, got ", first.rows(), " x ", first.cols(),
                           " and ", second.rows(), " x ", second.cols());
  lifelog::detail::require(first.length() == second.length(),
                           "series: expected two that are made of as many samples, got ", first.length(),
                           " and ", second.length());
  const Index length = first.length();
  using Node =
      Both<std::remove_cvref_t<decltype(first.signal())>, std::remove_cvref_t<decltype(second.signal())>>;
  return expression(Node{{{}, std::move(first).signal(), std::move(second).signal()}}, length);
}

template<Index steps, class X, class W, class B, std::size_t out, std::size_t in, std::size_t taps>
auto conv_over(X&& x, const W& w, const B& b, KernelShape<out, in, taps>) {
  return node_over(std::forward<X>(x), make_conv<Index(out), Index(in), Index(taps), steps>(w, b, Index(in)));
}

}  // namespace detail

/// A dilated causal convolution of a series; the shapes are those of w's type.
template<class X, class W, class B, Index steps = 1>
requires(detail::fault_of_conv<false, X, W, B>() ==
         detail::GivenFault::none) auto causal_conv(X&& x, const W& w, const B& b, Dilation<steps> = {}) {
  return detail::conv_over<steps>(std::forward<X>(x), w, b, decltype(detail::constant_shape(w)){});
}

/// The same where w's shape is known at run time only.
template<Index out, Index taps, class X, class W, class B, Index steps = 1>
requires(detail::fault_of_conv<true, X, W, B>() ==
         detail::GivenFault::none) auto causal_conv(X&& x, const W& w, const B& b, Dilation<steps> = {}) {
  auto conv = detail::make_conv<out, detail::series_channels<X>, taps, steps>(w, b, detail::channel_count(x));
  return detail::node_over(std::forward<X>(x), std::move(conv));
}

/// Any signal over a series. Its parameters are taken over, folded.
template<Node F, class X>
requires(detail::fault_of_node<F, X>() == detail::GivenFault::none) auto over(const F& signal, X&& x) {
  return detail::node_over(std::forward<X>(x), signal.fold());
}

/// What a maker makes of a series' channels, over that series: `leaky_relu(x)` and its like call this.
template<Maker M, SeriesLike X>
auto over(const M& maker, X&& x) {
  detail::require_real_series<X>();
  using T = detail::SeriesScalar<X>;
  auto start = detail::as_expression<T, detail::series_channels<X>>(std::forward<X>(x));
  auto node = maker.template make<T, detail::series_channels<X>>(start.rows());
  return detail::node_over(std::move(start), std::move(node));
}

/// Each channel's maximum over time, [channels]: what `max_over_time(x)` calls.
template<SeriesLike X>
auto over(MaxOverTimeMaker, X&& x) {
  detail::require_real_series<X>();
  using T = detail::SeriesScalar<X>;
  constexpr Index channels = detail::series_channels<X>;
  const auto series = detail::as_expression<T, channels>(std::forward<X>(x));
  Eigen::Matrix<T, channels, 1> maxima(series.rows());
  maxima.setConstant(-std::numeric_limits<T>::infinity());
  series.for_each_chunk([&](Index, const auto& values) {
    for (Index c = 0; c < maxima.size(); ++c) {
      if (lifelog::detail::is_nan(maxima[c])) continue;
      if (lifelog::detail::any_nan(values.data() + c * values.outerStride(), values.cols()))
        maxima[c] = std::numeric_limits<T>::quiet_NaN();
      else
        maxima[c] = std::max(maxima[c], values.row(c).maxCoeff());
    }
  });
  return maxima;
}

/// What a reduction makes of a series, [features]: what `mean_over_time(x)` calls. NaN where x has what is not finite.
template<Reduction R, SeriesLike X>
auto over(const R&, X&& x) {
  detail::require_real_series<X>();
  using T = detail::SeriesScalar<X>;
  constexpr Index channels = detail::series_channels<X>;
  const auto series = detail::as_expression<T, channels>(std::forward<X>(x));
  typename R::template State<T, channels> state(series.rows());
  bool finite = true;
  series.for_each_chunk([&](Index, const auto& values) {
    for (Index c = 0; c < series.rows(); ++c)
      finite = finite && lifelog::detail::all_finite(values.data() + c * values.outerStride(), values.cols());
    state.add(values.data(), values.outerStride(), values.cols());
  });
  Eigen::Matrix<T, R::features(channels), 1> features(R::features(series.rows()));
  state.features(features.data());
  if (!finite) features.setConstant(std::numeric_limits<T>::quiet_NaN());
  return features;
}

template<SeriesLike A, SeriesLike B>
requires((detail::Expression<A> || detail::Expression<B>)&&detail::fault_of_series<A, B>() ==
         detail::GivenFault::none) auto
operator+(A&& a, B&& b) {
  return detail::pair_of<Sum>(std::forward<A>(a), std::forward<B>(b));
}
template<class A, class B>
requires((detail::Expression<A> || detail::Expression<B>)&&detail::fault_of_series<A, B>() ==
         detail::GivenFault::no_series) LIFELOG_REFUSED_SERIES detail::Nothing
operator+(A&&, B&&);
template<class A, class B>
requires((detail::Expression<A> || detail::Expression<B>)&&detail::fault_of_series<A, B>() ==
         detail::GivenFault::numbers) LIFELOG_REFUSED_NUMBERS detail::Nothing
operator+(A&&, B&&);
template<class A, class B>
requires((detail::Expression<A> || detail::Expression<B>)&&detail::fault_of_series<A, B>() ==
         detail::GivenFault::mix) LIFELOG_REFUSED_MIX detail::Nothing
operator+(A&&, B&&);

template<SeriesLike A, SeriesLike B>
requires(detail::fault_of_series<A, B>() == detail::GivenFault::none) auto product(A&& a, B&& b) {
  return detail::pair_of<Product>(std::forward<A>(a), std::forward<B>(b));
}

}  // namespace lifelog::nn

namespace Eigen::internal {

template<class F>
struct traits<lifelog::nn::SeriesExpression<F>> {
  using ReturnType = Matrix<typename F::Scalar, F::channels, Dynamic, F::channels == 1 ? RowMajor : ColMajor>;
};

}  // namespace Eigen::internal
