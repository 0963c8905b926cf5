// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
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

/// The study's row predictor: the causal encoder of every modality applied to a series of length 1, their keys side
/// by side, then a classifier. Tensors are named `<modality>Encoder.…` and `classifier.<1|3>.…`.
template<class T>
struct PredictorNetwork {
  using Scalar = T;

  struct Branch {
    mil::ModalityShape shape;
    std::string prefix;
    mil::SeriesEncoder<T> encoder;
  };

  std::vector<Branch> branches;
  Classifier<T> classifier;

  /// modalities: at least one, each with at least one channel. classes ≥ 2.
  PredictorNetwork(const std::vector<mil::ModalityShape>& modalities, Index classes)
      : classifier(make_classifier<T>(static_cast<Index>(modalities.size()) * mil::key_size, classes)) {
    lifelog::detail::require(!modalities.empty(),
                             "PredictorNetwork: expected at least one modality, got none");
    lifelog::detail::require(classes >= 2, "PredictorNetwork: expected at least two classes, got ", classes);
    for (const auto& shape : modalities) {
      lifelog::detail::require(shape.channels >= 1, "PredictorNetwork: modality '", shape.name,
                               "' must have at least one channel, got ", shape.channels);
      for (const auto& other : branches)
        lifelog::detail::require(other.shape.name != shape.name, "PredictorNetwork: modality '", shape.name,
                                 "' is there twice");
      branches.push_back({shape, shape.name + "Encoder", mil::make_series_encoder<T>(shape.channels)});
    }
  }

  Index classes() const { return classifier.outputs(); }

  /// Columns a row has: the channels of all modalities, in order.
  Index columns() const {
    Index total = 0;
    for (const auto& branch : branches) total += branch.shape.channels;
    return total;
  }

  void initialise(Random& random) {
    for (auto& branch : branches) branch.encoder.initialise(random);
    classifier.initialise(random);
  }

  template<class Visitor, class Net, class... Nets>
  static void visit(Visitor& visitor, const nn::Path& path, Net& net, Nets&... nets) {
    for (std::size_t m = 0; m < net.branches.size(); ++m)
      mil::SeriesEncoder<T>::visit(visitor, path / net.branches[m].prefix.c_str(), net.branches[m].encoder,
                                   nets.branches[m].encoder...);
    Classifier<T>::visit(visitor, path / "classifier", net.classifier, nets.classifier...);
  }
};

namespace detail {

/// What a predictor network is on rows: every convolution reduced to the tap that sees the row.
template<class T>
struct PresentNetwork {
  using Scalar = T;
  using Signal = decltype(mil::make_series_encoder<T>(1).signal.fold().present());
  using Head = decltype(mil::make_series_encoder<T>(1).head);
  using Encoder = nn::Chain<Signal, Head>;

  std::vector<Encoder> encoders;
  Classifier<T> classifier;

  explicit PresentNetwork(const PredictorNetwork<T>& net) : classifier(net.classifier) {
    for (const auto& branch : net.branches)
      encoders.push_back({{}, branch.encoder.signal.fold().present(), branch.encoder.head});
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
      const auto& signal = net.branches[m].encoder.signal;
      auto& to = gradient.branches[m].encoder;
      const auto plain = signal.fold();
      auto plain_gradient = nn::zeros_like(plain);
      plain.unfold_present(encoders[m].first, plain_gradient);
      signal.unfold(plain_gradient, to.signal);
      to.head.unfold(encoders[m].second, to.head);
    }
    gradient.classifier.unfold(classifier, gradient.classifier);
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
