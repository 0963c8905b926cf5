// SPDX-License-Identifier: MIT
#pragma once

#include "../core/parallel.hpp"
#include "detail/planes.hpp"
#include "detail/product.hpp"
#include "detail/storage.hpp"
#include "expression.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

namespace detail {

/// PyTorch's default for weights and biases of linear and convolution layers: uniform in ±1/√fan_in.
template<class Array>
void initialise_uniform(Array& values, Index fan_in, Random& random) {
  using T = typename Array::Scalar;
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  for (Index i = 0; i < values.size(); ++i) values.data()[i] = static_cast<T>(random.uniform(-bound, bound));
}

}  // namespace detail

/// y = W x + b on feature vectors; `in` and `out` may be Eigen::Dynamic.
template<class T, Index in, Index out>
struct Linear : NodeBase {
  using Scalar = T;
  static constexpr Index input_channels = in;
  static constexpr Index channels = out;
  static constexpr Index lookback = 0;
  static constexpr Index history = 0;
  static constexpr bool pointwise = false;
  static constexpr Kind kind = Kind::vector;

  detail::Weights<T, out, in> weight;
  Eigen::Matrix<T, out, 1> bias;

  explicit Linear(Index input_count = in, Index output_count = out) {
    detail::set_zero(weight, output_count, input_count);
    detail::set_zero(bias, output_count, 1);
  }

  Index inputs() const { return weight.cols(); }
  Index outputs() const { return weight.rows(); }

  EIGEN_ALWAYS_INLINE void push(Memory&, const T* x, T* y) const {
    if constexpr (out == Eigen::Dynamic) {
      std::copy_n(bias.data(), outputs(), y);
      for (Index i = 0; i < inputs(); ++i)
        for (Index o = 0; o < outputs(); ++o) y[o] = detail::pmadd(weight(o, i), x[i], y[o]);
    } else {
      detail::product<out, in, 1>(y, static_cast<T*>(nullptr), weight.data(), bias.data(), inputs(), x);
    }
  }

  /// A column for each piece of the batch, where there are several: its gradient, the weights' and then the bias's.
  template<class D>
  struct Tape {
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> pieces;
    Eigen::Array<T, Eigen::Dynamic, 1> turned;
  };

  template<class D>
  void record(const D& domain, Tape<D>&, const T* x, T* y) const {
    const Index stride = domain.stride();
    parallel_for(piece_count(piece_samples, stride), domain.threads, [&](Index index) {
      const auto piece = piece_of(index, piece_samples, stride);
      detail::product_planes<out>(weight.data(), bias.data(), outputs(), inputs(), x, y, stride, piece.begin,
                                  piece.end);
    });
  }

  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            Linear& gradient) const {
    const Index stride = domain.stride(), pieces = piece_count(piece_samples, stride);
    if (const Index lanes = lanes_of(domain); lanes <= few_lanes && outputs() >= detail::packet_size<T>) {
      detail::accumulate_outer_of_few(gradient.weight.data(), dy, x, stride, outputs(), inputs(), lanes,
                                      tape.turned);
      for (Index o = 0; o < outputs(); ++o) gradient.bias[o] += detail::sum_of_row(dy + o * stride, stride);
      if (dx) detail::pull_planes<in>(weight.data(), outputs(), inputs(), dy, dx, stride, 0, stride);
      return;
    }
    detail::set_zero(tape.pieces, outputs() * (inputs() + 1), pieces);
    parallel_for(pieces, domain.threads, [&](Index index) {
      pull_piece(piece_of(index, piece_samples, stride), stride, x, dy, dx, &tape.pieces(0, index));
    });
    for (Index index = 0; index < pieces; ++index) {
      const T* const part = &tape.pieces(0, index);
      detail::add(gradient.weight.data(), part, weight.size());
      detail::add(gradient.bias.data(), part + weight.size(), outputs());
    }
  }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    visit_tensors(visitor, path, nets...);
  }

  void initialise(Random& random) {
    detail::initialise_uniform(weight, inputs(), random);
    detail::initialise_uniform(bias, inputs(), random);
  }

  Linear fold() const { return *this; }
  void unfold(const Linear& folded, Linear& gradient) const {
    detail::add(gradient.weight.data(), folded.weight.data(), weight.size());
    detail::add(gradient.bias.data(), folded.bias.data(), outputs());
  }

 private:
  /// Samples a thread takes at a time; independent of how many threads there are.
  static constexpr Index piece_samples = 4096;
  /// Up to as many the weights' gradient is summed lane by lane.
  static constexpr Index few_lanes = 96;

  /// Those of a plane that mean something: others have no gradient.
  template<class D>
  static Index lanes_of(const D& domain) {
    if constexpr (requires { domain.count; })
      return domain.count;
    else
      return domain.stride();
  }

  template<class Visitor, class First, class... Rest>
  static void visit_tensors(Visitor& visitor, const Path& path, First& first, Rest&... rest) {
    const Index rows = first.outputs(), cols = first.inputs();
    visitor(path / "weight", Layout{Role::parameter, 2, {rows, cols}, {1, rows}}, first.weight.data(),
            rest.weight.data()...);
    visitor(path / "bias", Layout{Role::parameter, 1, {rows}, {1}}, first.bias.data(), rest.bias.data()...);
  }

  void pull_piece(Piece piece, Index stride, const T* x, const T* dy, T* dx, T* gradient) const {
    const Index lanes = piece.end - piece.begin;
    detail::accumulate_outer<out>(gradient, outputs(), dy + piece.begin, stride, outputs(), x + piece.begin,
                                  stride, inputs(), lanes / detail::packet_size<T>, detail::InARow<T>{},
                                  detail::InARow<T>{});
    for (Index o = 0; o < outputs(); ++o)
      gradient[inputs() * outputs() + o] += detail::sum_of_row(dy + o * stride + piece.begin, lanes);
    if (dx)
      detail::pull_planes<in>(weight.data(), outputs(), inputs(), dy, dx, stride, piece.begin, piece.end);
  }
};

template<Index out>
struct LinearMaker : MakerBase {
  Index count = out;
  template<class T, Index in>
  auto make(Index inputs) const {
    return Linear<T, in, out>(inputs, count);
  }
};

/// A linear layer to `out` features.
template<Index out = 0>
inline constexpr LinearMaker<out> linear;
template<Index out>
requires(out < 1) LIFELOG_REFUSED(
    "a linear layer is told its outputs: linear<4>, or linear_to(n) where n is no "
    "constant")
inline constexpr detail::Nothing linear<out>;

/// A linear layer to a number of features known only at run time (classes, modalities).
constexpr LinearMaker<Eigen::Dynamic> linear_to(Index out) {
  LinearMaker<Eigen::Dynamic> maker;
  maker.count = out;
  return maker;
}

}  // namespace lifelog::nn
