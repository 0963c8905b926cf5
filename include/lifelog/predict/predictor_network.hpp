// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <variant>
#include <vector>

#include "../mil/bag_network.hpp"
#include "../train/loss.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// Concatenated keys → log-probabilities.
template<class T>
auto make_classifier(Index inputs, Index classes) {
  using namespace nn;
  return input_of<T>(inputs) | leaky_relu | linear<128> | leaky_relu | linear_to(classes) | log_softmax;
}

template<class T>
using Classifier = decltype(make_classifier<T>(1, 2));

/// The pool of a row predictor: all kinds' keys side by side, zeros for one that is not there, and one head for them.
template<class T, Index keys>
struct ConcatPool : mil::PlainPool<T, mil::WeightedSum> {
  /// Each key as it is.
  struct Weighing : mil::Even {
    static constexpr bool sums_to_one = false;
    template<class U>
    static void weigh(U* a, Index count) {
      std::fill_n(a, count, U(1));
    }
  };
  static constexpr mil::Form form = mil::Form::side_by_side;
  Classifier<T> value;

  static ConcatPool make(Index kinds, Index classes) {
    return {{}, make_classifier<T>(kinds * keys, classes)};
  }
  void initialise(Random& random) { value.initialise(random); }
  template<class Visitor, class... Pools>
  static void visit(Visitor& visitor, const nn::Path& path, Pools&... pools) {
    Classifier<T>::visit(visitor, path / "classifier", pools.value...);
  }
};

struct RowEncoders {
  static constexpr const char* tensors = "Encoder";
  template<class T>
  static auto series(Index channels) {
    return mil::make_series_encoder<T>(channels);
  }
  template<class T, Index keys>
  using Pool = ConcatPool<T, keys>;
};

/// The study's row predictor: the bag network whose pool puts keys side by side, of bags in which every modality has a series of
/// length 1. Tensors are named `<modality>Encoder.…` and `classifier.<1|3>.…`.
template<class T>
using PredictorNetwork = mil::BagNetwork<T, RowEncoders>;

/// Columns a row has: the channels of all modalities, in order.
template<class T>
Index columns_of(const PredictorNetwork<T>& net) {
  Index total = 0;
  for (const auto& branch : net.branches) total += branch.shape.channels;
  return total;
}

namespace detail {

/// What a predictor network is on rows: every convolution reduced to the tap that sees the row, so that a lane is a row. Many times
/// as fast as a `mil::BagPass`, whose lanes are instants of one series.
template<class T>
struct PresentNetwork {
  using Scalar = T;
  using Signal = decltype(mil::make_series_encoder<T>(1).signal.fold().present());
  using Head = decltype(mil::make_series_encoder<T>(1).head);
  using Encoder = nn::Chain<Signal, Head>;

  std::vector<Encoder> encoders;
  Classifier<T> classifier;

  explicit PresentNetwork(const PredictorNetwork<T>& net) : classifier(std::get<0>(net.pool).value) {
    for (const auto& branch : net.branches) {
      const auto& encoder = std::get<0>(branch.encoder);
      encoders.push_back({{}, encoder.signal.fold().present(), encoder.head});
    }
  }

  template<class Visitor, class Net, class... Nets>
  static void visit(Visitor& visitor, const nn::Path& path, Net& net, Nets&... nets) {
    for (std::size_t m = 0; m < net.encoders.size(); ++m)
      Encoder::visit(visitor, path / static_cast<Index>(m), net.encoders[m], nets.encoders[m]...);
    Classifier<T>::visit(visitor, path / "classifier", net.classifier, nets.classifier...);
  }

  /// Carries a gradient of this back to the gradient of the network it was made of.
  void unfold(const PredictorNetwork<T>& net, PredictorNetwork<T>& gradient) const {
    for (std::size_t m = 0; m < encoders.size(); ++m) {
      const auto& signal = std::get<0>(net.branches[m].encoder).signal;
      auto& to = std::get<0>(gradient.branches[m].encoder);
      const auto plain = signal.fold();
      auto plain_gradient = nn::zeros_like(plain);
      plain.unfold_present(encoders[m].first, plain_gradient);
      signal.unfold(plain_gradient, to.signal);
      to.head.unfold(encoders[m].second, to.head);
    }
    auto& head = std::get<0>(gradient.pool).value;
    head.unfold(classifier, head);
  }
};

/// Forward and backward over one piece of rows.
template<class T>
class RowPass {
 public:
  using Domain = nn::Samples<T>;
  using Plane = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// x: [columns, rows], padded to whole register blocks. Afterwards log_probabilities is [C, rows], padded.
  void forward(const PresentNetwork<T>& net, const Plane& x, Index rows) {
    domain_ = Domain{rows, true, 1};
    tapes_.resize(net.encoders.size());
    keys_.resize(static_cast<Index>(net.encoders.size()) * mil::key_size, domain_.stride());
    log_probabilities.resize(net.classifier.outputs(), domain_.stride());
    Index column = 0;
    for (std::size_t m = 0; m < net.encoders.size(); ++m) {
      net.encoders[m].record(domain_, tapes_[m], x.data() + column * domain_.stride(), key(m));
      column += net.encoders[m].inputs();
    }
    net.classifier.record(domain_, classifier_, keys_.data(), log_probabilities.data());
  }

  /// dlog: the loss's derivative in log_probabilities. Adds to `gradient`.
  void backward(const PresentNetwork<T>& net, const Plane& x, const Plane& dlog,
                PresentNetwork<T>& gradient) {
    dkeys_.setZero(keys_.rows(), keys_.cols());
    net.classifier.pull(domain_, classifier_, keys_.data(), log_probabilities.data(), dlog.data(),
                        dkeys_.data(), gradient.classifier);
    Index column = 0;
    for (std::size_t m = 0; m < net.encoders.size(); ++m) {
      net.encoders[m].pull(domain_, tapes_[m], x.data() + column * domain_.stride(), key(m),
                           dkeys_.data() + (key(m) - keys_.data()), static_cast<T*>(nullptr),
                           gradient.encoders[m]);
      column += net.encoders[m].inputs();
    }
  }

  Plane log_probabilities;

 private:
  T* key(std::size_t m) { return keys_.data() + static_cast<Index>(m) * mil::key_size * domain_.stride(); }

  Domain domain_;
  Plane keys_, dkeys_;
  std::vector<typename PresentNetwork<T>::Encoder::template Tape<Domain>> tapes_;
  typename Classifier<T>::template Tape<Domain> classifier_;
};

}  // namespace detail
}  // namespace lifelog::predict
