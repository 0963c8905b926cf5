// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/matrix.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/max_over_time_gradient.hpp>
#include <lifelog/nn/product.hpp>
#include <lifelog/nn/strided_convolution.hpp>

#include <memory>
#include <vector>

// What the library's networks are held against: every signal written out over all of time, in double precision
// and plain loops, forward and backward.

namespace dense {

using lifelog::Index;
using Matrix = Eigen::MatrixXd;  // channels × time
using namespace lifelog::nn;

template<class T, Index in, Index out, Index taps, Index steps>
Matrix forward(const CausalConv<T, in, out, taps, steps>& conv, const Matrix& x) {
  Matrix y(out, x.cols());
  for (Index o = 0; o < out; ++o)
    for (Index t = 0; t < x.cols(); ++t) {
      double sum = static_cast<double>(conv.bias[o]);
      for (Index k = 0; k < taps; ++k) {
        const Index from = t - (taps - 1 - k) * steps;
        for (Index i = 0; from >= 0 && i < x.rows(); ++i)
          sum += static_cast<double>(conv.weight(o, k * x.rows() + i)) * x(i, from);
      }
      y(o, t) = sum;
    }
  return y;
}

/// Every output, and of those each `steps`-th.
template<class F, Index steps>
Matrix forward(const Strided<F, steps>& strided, const Matrix& x) {
  const Matrix all = forward(static_cast<const F&>(strided), x);
  return all(Eigen::all, Eigen::seq(Index{0}, all.cols() - 1, steps));
}

template<class T, Index channels, template<class> class Function>
Matrix forward(const Pointwise<T, channels, Function>&, const Matrix& x) {
  return x.unaryExpr([](double v) { return Function<double>::value(v); });
}

template<class T, Index channels>
Matrix forward(const Identity<T, channels>&, const Matrix& x) {
  return x;
}

template<class A, class B>
Matrix forward(const Chain<A, B>& chain, const Matrix& x);
template<class A, class B>
Matrix forward(const Product<A, B>& product, const Matrix& x);

template<class A, class B>
Matrix forward(const Sum<A, B>& sum, const Matrix& x) {
  return forward(sum.first, x) + forward(sum.second, x);
}

template<class A, class B>
Matrix forward(const Product<A, B>& product, const Matrix& x) {
  return forward(product.first, x).cwiseProduct(forward(product.second, x));
}

template<class A, class B>
Matrix forward(const Chain<A, B>& chain, const Matrix& x) {
  return forward(chain.second, forward(chain.first, x));
}

/// Adds to `gradient`, returns the derivative in x.
template<class T, Index in, Index out, Index taps, Index steps>
Matrix backward(const CausalConv<T, in, out, taps, steps>& conv, const Matrix& x, const Matrix& dy,
                CausalConv<T, in, out, taps, steps>& gradient) {
  Matrix dx = Matrix::Zero(x.rows(), x.cols());
  for (Index o = 0; o < out; ++o)
    for (Index t = 0; t < x.cols(); ++t) {
      gradient.bias[o] += static_cast<T>(dy(o, t));
      for (Index k = 0; k < taps; ++k) {
        const Index from = t - (taps - 1 - k) * steps;
        for (Index i = 0; from >= 0 && i < x.rows(); ++i) {
          gradient.weight(o, k * x.rows() + i) += static_cast<T>(dy(o, t) * x(i, from));
          dx(i, from) += dy(o, t) * static_cast<double>(conv.weight(o, k * x.rows() + i));
        }
      }
    }
  return dx;
}

template<class T, Index channels, template<class> class Function>
Matrix backward(const Pointwise<T, channels, Function>& node, const Matrix& x, const Matrix& dy,
                Pointwise<T, channels, Function>&) {
  return x.binaryExpr(forward(node, x), &Pointwise<double, channels, Function>::slope).cwiseProduct(dy);
}

template<class T, Index channels>
Matrix backward(const Identity<T, channels>&, const Matrix&, const Matrix& dy, Identity<T, channels>&) {
  return dy;
}

template<class A, class B>
Matrix backward(const Chain<A, B>& chain, const Matrix& x, const Matrix& dy, Chain<A, B>& gradient);
template<class A, class B>
Matrix backward(const Product<A, B>& product, const Matrix& x, const Matrix& dy, Product<A, B>& gradient);

template<class A, class B>
Matrix backward(const Sum<A, B>& sum, const Matrix& x, const Matrix& dy, Sum<A, B>& gradient) {
  return backward(sum.first, x, dy, gradient.first) + backward(sum.second, x, dy, gradient.second);
}

template<class A, class B>
Matrix backward(const Product<A, B>& product, const Matrix& x, const Matrix& dy, Product<A, B>& gradient) {
  return backward(product.first, x, dy.cwiseProduct(forward(product.second, x)), gradient.first) +
         backward(product.second, x, dy.cwiseProduct(forward(product.first, x)), gradient.second);
}

template<class A, class B>
Matrix backward(const Chain<A, B>& chain, const Matrix& x, const Matrix& dy, Chain<A, B>& gradient) {
  const Matrix between = forward(chain.first, x);
  return backward(chain.first, x, backward(chain.second, between, dy, gradient.second), gradient.first);
}

/// Where each channel is largest first.
inline std::vector<Index> first_maxima(const Matrix& y) {
  std::vector<Index> times(static_cast<std::size_t>(y.rows()), 0);
  for (Index c = 0; c < y.rows(); ++c)
    for (Index t = 1; t < y.cols(); ++t)
      if (y(c, t) > y(c, times[static_cast<std::size_t>(c)])) times[static_cast<std::size_t>(c)] = t;
  return times;
}

/// All outputs [channels × time] of a folded signal as the library computes them, `step` samples at a time.
template<class S, class T = typename S::Scalar>
lifelog::RowMatrix<T> outputs_in_chunks(const S& signal, const lifelog::RowMatrix<T>& x,
                                        Index step = chunk_length) {
  using P = PaceOf<S>;
  SignalBuffer<P, S::input_channels, S::history> input(signal.inputs());
  SignalBuffer<PaceAfter<S, P>, S::channels, 0> output;
  const auto made = std::make_unique<typename S::template Chunk<P>>();
  auto& chunk = *made;
  chunk.reset();
  signal.begin(chunk);
  step = std::min(step, P::length);
  lifelog::RowMatrix<T> y(S::channels, detail::samples_after(S::rate, x.cols()));
  for (Index start = 0, first = 0; start < x.cols(); start += step) {
    const auto now = stripes<P>(std::min(step, x.cols() - start), S::template period<P>);
    for (Index c = 0; c < x.rows(); ++c) input.write(c, &x(c, start), now);
    input.link(now);
    signal.prepare(chunk, input.view(), now);
    const auto after = chunk.after(now);
    write_chunk<P>(signal, chunk, input.view(), after, output);
    for (Index c = 0; c < S::channels && after.count > 0; ++c) output.read(c, &y(c, first), after);
    first += after.count;
    input.advance(now);
    chunk.advance(now);
  }
  return y;
}

template<class T>
lifelog::RowMatrix<T> normal_rows(lifelog::Random& random, Index rows, Index cols) {
  lifelog::RowMatrix<T> x(rows, cols);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(random.normal());
  return x;
}

template<class T>
Series<T> series_of(const lifelog::RowMatrix<T>& x) {
  return {x.data(), x.cols(), x.cols()};
}

}  // namespace dense
