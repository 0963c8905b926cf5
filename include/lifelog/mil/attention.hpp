// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "bag_network.hpp"

namespace lifelog::mil::detail {

/// The self-attention pool over a batch of bags. Planes are [row][sample], `domain.stride()` apart.
template<class T>
class AttentionPass {
 public:
  using Domain = nn::Samples<T>;

  /// keys, values: a plane of key_size and one of `classes` rows for each modality. Afterwards `importance`
  /// (M rows) and `log_probabilities` (`classes` rows) are set.
  void forward(const BagNetwork<T>& net, const Domain& domain, const std::vector<const T*>& keys,
               const std::vector<const T*>& values) {
    const auto count = static_cast<std::size_t>(net.modalities());
    key_.resize(count), query_.resize(count);
    for (std::size_t m = 0; m < count; ++m) {
      net.key.record(domain, key_[m].tape, keys[m], key_[m].output.resize(domain, net.key));
      net.query.record(domain, query_[m].tape, keys[m], query_[m].output.resize(domain, net.query));
    }
    importance.setZero(net.modalities(), domain.stride());
    log_probabilities.setZero(net.classes(), domain.stride());
    for (Index n = 0; n < domain.count; ++n) {
      attend(net, domain, n);
      mix(net, domain, values, n);
    }
  }

  /// dlog: the loss's derivative in log_probabilities. Adds to the gradients of the heads, and to dkeys and
  /// dvalues, planes like keys and values.
  void backward(const BagNetwork<T>& net, const Domain& domain, const std::vector<const T*>& keys,
                const std::vector<const T*>& values, const T* dlog, const std::vector<T*>& dkeys,
                const std::vector<T*>& dvalues, BagNetwork<T>& gradient) {
    const Index count = net.modalities(), stride = domain.stride();
    for (auto* head : {&key_, &query_})
      for (auto& h : *head) {
        h.gradient.resize(domain, head == &key_ ? net.key : net.query);
        h.gradient.set_zero();
      }
    Eigen::Array<T, Eigen::Dynamic, 1> dmix(net.classes()), dscore(count);
    for (Index n = 0; n < domain.count; ++n) {
      T total = 0;
      for (Index c = 0; c < net.classes(); ++c) total += dlog[c * stride + n];
      for (Index c = 0; c < net.classes(); ++c)
        dmix[c] = dlog[c * stride + n] - std::exp(log_probabilities(c, n)) * total;
      for (Index m = 0; m < count; ++m) {
        const auto at = static_cast<std::size_t>(m);
        dscore[m] = 0;
        for (Index c = 0; c < net.classes(); ++c) {
          dscore[m] += dmix[c] * values[at][c * stride + n];
          dvalues[at][c * stride + n] += dmix[c] * importance(m, n);
        }
      }
      const T mean = (dscore * importance.col(n)).sum();
      dscore = importance.col(n) * (dscore - mean) / static_cast<T>(count);
      for (Index i = 0; i < count; ++i) {
        auto &k = key_[static_cast<std::size_t>(i)], &q = query_[static_cast<std::size_t>(i)];
        for (Index j = 0; j < count; ++j) {
          k.gradient.data()[n] += dscore[j] * q.output.data()[j * stride + n];
          q.gradient.data()[j * stride + n] += dscore[j] * k.output.data()[n];
        }
      }
    }
    for (std::size_t m = 0; m < keys.size(); ++m) {
      net.key.pull(domain, key_[m].tape, keys[m], key_[m].output.data(), key_[m].gradient.data(), dkeys[m],
                   gradient.key);
      net.query.pull(domain, query_[m].tape, keys[m], query_[m].output.data(), query_[m].gradient.data(),
                     dkeys[m], gradient.query);
    }
  }

  Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> importance, log_probabilities;

 private:
  struct Head {
    typename AttentionHead<T>::template Tape<Domain> tape;
    typename Domain::template Buffer<AttentionHead<T>> output, gradient;
  };

  void attend(const BagNetwork<T>& net, const Domain& domain, Index n) {
    const Index count = net.modalities();
    auto weights = importance.col(n);
    for (Index i = 0; i < count; ++i) {
      const T k = key_[static_cast<std::size_t>(i)].output.data()[n];
      const T* const q = query_[static_cast<std::size_t>(i)].output.data() + n;
      for (Index j = 0; j < count; ++j) weights[j] += q[j * domain.stride()] * k;
    }
    weights /= static_cast<T>(count);
    weights = (weights - weights.maxCoeff()).exp();
    weights /= weights.sum();
  }

  void mix(const BagNetwork<T>& net, const Domain& domain, const std::vector<const T*>& values, Index n) {
    auto out = log_probabilities.col(n);
    for (Index m = 0; m < net.modalities(); ++m)
      for (Index c = 0; c < net.classes(); ++c)
        out[c] += importance(m, n) * values[static_cast<std::size_t>(m)][c * domain.stride() + n];
    const T largest = out.maxCoeff();
    out -= largest + std::log((out - largest).exp().sum());
  }

  std::vector<Head> key_, query_;
};

}  // namespace lifelog::mil::detail
