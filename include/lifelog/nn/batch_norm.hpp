// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "expression.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

template<class T, Index in, Index out, Index taps, Index dilation_>
struct CausalConv;

/// Batch normalisation (Ioffe & Szegedy 2015) of feature vectors, with PyTorch's conventions: eps 1e-5,
/// momentum 0.1, the batch normalised by its biased variance, running variance unbiased. The only node that
/// couples samples.
///
/// The gradient's `running_mean`, `running_var` and `num_batches_tracked` hold the change a training batch
/// makes to them, which the optimiser's step adds. A batch of one sample has no variance: it is normalised by
/// the running statistics and does not change them.
///
/// Of a signal, after a convolution, it is for evaluation: a scale and a shift by the running statistics, which `fold` takes
/// into the convolution. Training such a network trains weight and bias and keeps the statistics, as PyTorch does of a batch
/// norm in `eval()`.
template<class T, Index channels_>
struct BatchNorm : NodeBase {
  using Scalar = T;
  static constexpr Index input_channels = channels_;
  static constexpr Index channels = channels_;
  static constexpr Index lookback = 0;
  static constexpr Index history = 0;
  static constexpr bool pointwise = false;
  static constexpr Kind kind = Kind::folded;
  static constexpr T eps = T(1e-5);
  static constexpr T momentum = T(0.1);

  using Vector = Eigen::Matrix<T, channels_, 1>;
  Vector weight, bias, running_mean, running_var;
  std::int64_t num_batches_tracked = 0;  ///< a whole number: float cannot count beyond 2²⁴

  explicit BatchNorm(Index count = channels_) {
    for (Vector* v : {&weight, &bias, &running_mean, &running_var}) detail::set_zero(*v, count, 1);
    std::fill_n(weight.data(), count, T(1));
    std::fill_n(running_var.data(), count, T(1));
  }

  Index inputs() const { return weight.size(); }
  Index outputs() const { return weight.size(); }

  EIGEN_ALWAYS_INLINE void push(Memory&, const T* x, T* y) const {
    for (Index c = 0; c < outputs(); ++c)
      y[c] = (x[c] - running_mean[c]) * (weight[c] / std::sqrt(running_var[c] + eps)) + bias[c];
  }

  template<class D>
  struct Tape {
    Vector mean, variance;
  };

  template<class D>
  void record(const D& domain, Tape<D>& tape, const T* x, T* y) const {
    tape.mean = running_mean;
    tape.variance = running_var;
    for (Index c = 0; c < outputs(); ++c) {
      const Row in(x + c * domain.stride(), domain.count);
      if (by_batch(domain)) {
        tape.mean[c] = in.mean();
        tape.variance[c] = (in - tape.mean[c]).square().mean();
      }
      const T scale = weight[c] / std::sqrt(tape.variance[c] + eps);
      for (Index n = 0; n < domain.stride(); ++n)
        y[c * domain.stride() + n] = (x[c * domain.stride() + n] - tape.mean[c]) * scale + bias[c];
    }
  }

  /// Equation after § 3 of the paper; only valid samples take part.
  template<class D>
  void pull(const D& domain, Tape<D>& tape, const T* x, const T*, const T* dy, T* dx,
            BatchNorm& gradient) const {
    const T count = static_cast<T>(domain.count);
    for (Index c = 0; c < outputs(); ++c) {
      const Row in(x + c * domain.stride(), domain.count), out(dy + c * domain.stride(), domain.count);
      const T inverse = 1 / std::sqrt(tape.variance[c] + eps);
      const T total = out.sum(), along = (out * (in - tape.mean[c])).sum() * inverse;
      gradient.weight[c] += along;
      gradient.bias[c] += total;
      if (dx) {
        Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>> to(dx + c * domain.stride(), domain.count);
        if (by_batch(domain))
          to += weight[c] * inverse * (out - total / count - (in - tape.mean[c]) * (inverse * along / count));
        else
          to += weight[c] * inverse * out;
      }
    }
    if (by_batch(domain)) {
      for (Index c = 0; c < outputs(); ++c) {
        gradient.running_mean[c] += momentum * (tape.mean[c] - running_mean[c]);
        gradient.running_var[c] += momentum * (tape.variance[c] * (count / (count - 1)) - running_var[c]);
      }
      gradient.num_batches_tracked += 1;
    }
  }

  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    visit_tensors(visitor, path, nets...);
  }

  void initialise(Random&) { *this = BatchNorm(outputs()); }

  BatchNorm fold() const { return *this; }
  void unfold(const BatchNorm& folded, BatchNorm& gradient) const {
    detail::add(gradient.weight.data(), folded.weight.data(), outputs());
    detail::add(gradient.bias.data(), folded.bias.data(), outputs());
    detail::add(gradient.running_mean.data(), folded.running_mean.data(), outputs());
    detail::add(gradient.running_var.data(), folded.running_var.data(), outputs());
    gradient.num_batches_tracked += folded.num_batches_tracked;
  }

  /// w' = s w and b' = s (b − mean) + bias with s = weight / √(running_var + eps).
  template<Index in, Index taps, Index dilation_>
  void fold_into(CausalConv<T, in, channels_, taps, dilation_>& conv) const {
    for (Index c = 0; c < channels_; ++c) {
      const T scale = scale_of(c);
      for (Index i = c; i < conv.weight.size(); i += channels_) conv.weight.data()[i] *= scale;
      conv.bias[c] = scale * (conv.bias[c] - running_mean[c]) + bias[c];
    }
  }
  /// The gradient of that: `conv` is the one before, `folded` the gradient of the other, which becomes that of `conv`.
  template<Index in, Index taps, Index dilation_>
  void unfold_from(const CausalConv<T, in, channels_, taps, dilation_>& conv,
                   CausalConv<T, in, channels_, taps, dilation_>& folded, BatchNorm& gradient) const {
    for (Index c = 0; c < channels_; ++c) {
      const T scale = scale_of(c);
      T along = folded.bias[c] * (conv.bias[c] - running_mean[c]);
      for (Index i = c; i < conv.weight.size(); i += channels_) {
        along += folded.weight.data()[i] * conv.weight.data()[i];
        folded.weight.data()[i] *= scale;
      }
      gradient.weight[c] += along / std::sqrt(running_var[c] + eps);
      gradient.bias[c] += folded.bias[c];
      folded.bias[c] *= scale;
    }
  }

 private:
  T scale_of(Index c) const { return weight[c] / std::sqrt(running_var[c] + eps); }

  using Row = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

  template<class D>
  static bool by_batch(const D& domain) {
    return domain.training && domain.count > 1;
  }

  template<class Visitor, class First, class... Rest>
  static void visit_tensors(Visitor& visitor, const Path& path, First& first, Rest&... rest) {
    const Index count = first.outputs();
    const auto vector = [&](Role role) { return Layout{role, 1, {count}, {1}}; };
    visitor(path / "weight", vector(Role::parameter), first.weight.data(), rest.weight.data()...);
    visitor(path / "bias", vector(Role::parameter), first.bias.data(), rest.bias.data()...);
    visitor(path / "running_mean", vector(Role::statistic), first.running_mean.data(),
            rest.running_mean.data()...);
    visitor(path / "running_var", vector(Role::statistic), first.running_var.data(),
            rest.running_var.data()...);
    const Layout counter{Role::counter, 0, {}, {}};
    const Path name = path / "num_batches_tracked";
    if constexpr (std::is_invocable_v<Visitor&, const Path&, const Layout&,
                                      decltype(&first.num_batches_tracked),
                                      decltype(&rest.num_batches_tracked)...>)
      visitor(name, counter, &first.num_batches_tracked, &rest.num_batches_tracked...);
    else
      visitor(
          name, counter,
          detail::ShownCounter<T>(const_cast<std::int64_t*>(&first.num_batches_tracked)).data(),
          detail::ShownCounter<typename Rest::Scalar>(const_cast<std::int64_t*>(&rest.num_batches_tracked))
              .data()...);
  }
};

struct BatchNormMaker : MakerBase {
  template<class T, Index channels>
  auto make(Index count) const {
    return BatchNorm<T, channels>(count);
  }
};

/// Batch normalisation of every feature.
inline constexpr BatchNormMaker batch_norm;

}  // namespace lifelog::nn
