// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../nn/batch_norm.hpp"
#include "../nn/causal_block.hpp"
#include "../nn/linear.hpp"
#include "../nn/max_over_time.hpp"
#include "bags.hpp"
#include "pool.hpp"

namespace lifelog::mil {

/// The causal encoder of a series: [channels × time] → key.
template<class T>
auto make_series_encoder(Index channels) {
  using namespace nn;
  return input_of<T>(channels) |
         named<"network.0.network">(causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
                                    causal_block<16>(dilation<4>)) |
         max_over_time | named<"network.3">(linear<key_size>);
}

/// The encoder of a scalar modality: 1 → key.
template<class T>
auto make_scalar_encoder() {
  using namespace nn;
  return input<1, T> | linear<key_size> | batch_norm | leaky_relu | linear<key_size> | batch_norm;
}

/// Key → log-probabilities of the classes.
template<class T>
auto make_value_head(Index classes) {
  using namespace nn;
  return input<key_size, T> | leaky_relu | linear_to(classes) | log_softmax;
}

template<class T>
using SeriesEncoder = decltype(make_series_encoder<T>(1));
template<class T>
using ScalarEncoder = decltype(make_scalar_encoder<T>());
template<class T>
using ValueHead = decltype(make_value_head<T>(1));

/// The study's network: an encoder and a value head for each modality, and a pool that weighs the instances of a bag.
/// For any list of modalities and any number of classes.
///
/// With the pool's weights a_m of a bag's instances m, the modal importance, the bag's output is
/// log_softmax(Σ_m a_m V_m(h_m)), V_m(h_m) being the log-probabilities that an instance's value head makes of its key.
///
/// A gradient, an optimiser's moments and a checkpoint are values of this type. Tensors are named as the original's
/// PyTorch `state_dict`: `<modality>ILNet.Encoder.…`, `<modality>ILNet.Vl.1.…`, `Kl.1.…`, `Ql.1.…`; those of the pools
/// that the original does not have begin with `Al.`.
template<class T>
struct BagNetwork {
  using Scalar = T;

  struct Branch {
    ModalityShape shape;
    std::string prefix;
    std::variant<SeriesEncoder<T>, ScalarEncoder<T>> encoder;
    ValueHead<T> value;
  };

  std::vector<Branch> branches;
  AnyPool<T> pool;

  /// All parameters zero (`initialise` draws them). Throws std::invalid_argument without modalities, with a
  /// name twice, or with fewer than two classes.
  BagNetwork(const std::vector<ModalityShape>& modalities, Index classes, Pool kind = Pool::self);

  Index modalities() const { return static_cast<Index>(branches.size()); }
  Index classes() const { return branches.front().value.outputs(); }
  Pool pool_kind() const { return static_cast<Pool>(pool.index()); }

  std::vector<ModalityShape> shapes() const {
    std::vector<ModalityShape> shapes;
    for (const auto& branch : branches) shapes.push_back(branch.shape);
    return shapes;
  }

  /// PyTorch's default initialisation, its distributions, drawn from `random`.
  void initialise(Random& random);

  template<class Visitor, class Net, class... Nets>
  static void visit(Visitor& visitor, const nn::Path& path, Net& net, Nets&... nets) {
    for (std::size_t m = 0; m < net.branches.size(); ++m) {
      const auto at = path / net.branches[m].prefix.c_str();
      if (net.branches[m].shape.scalar())
        visit_encoder<1>(visitor, at / "Encoder", net.branches[m], nets.branches[m]...);
      else
        visit_encoder<0>(visitor, at / "Encoder", net.branches[m], nets.branches[m]...);
      ValueHead<T>::visit(visitor, at / "Vl", net.branches[m].value, nets.branches[m].value...);
    }
    switch (net.pool_kind()) {
      case Pool::self:
        return visit_pool<0>(visitor, path, net, nets...);
      case Pool::attention:
        return visit_pool<1>(visitor, path, net, nets...);
      case Pool::gated:
        return visit_pool<2>(visitor, path, net, nets...);
    }
  }

 private:
  template<std::size_t alternative, class Visitor, class First, class... Rest>
  static void visit_encoder(Visitor& visitor, const nn::Path& path, First& first, Rest&... rest) {
    std::variant_alternative_t<alternative, decltype(first.encoder)>::visit(
        visitor, path, std::get<alternative>(first.encoder), std::get<alternative>(rest.encoder)...);
  }

  template<std::size_t alternative, class Visitor, class... Nets>
  static void visit_pool(Visitor& visitor, const nn::Path& path, Nets&... nets) {
    std::variant_alternative_t<alternative, AnyPool<T>>::visit(visitor, path,
                                                               std::get<alternative>(nets.pool)...);
  }
};

/// A network with PyTorch's default initialisation drawn from a seed.
template<class T>
BagNetwork<T> make_bag_network(const std::vector<ModalityShape>& modalities, Index classes,
                               std::uint64_t seed, Pool pool = Pool::self) {
  BagNetwork<T> network(modalities, classes, pool);
  Random random(seed);
  network.initialise(random);
  return network;
}

template<class T>
BagNetwork<T>::BagNetwork(const std::vector<ModalityShape>& modalities, Index classes, Pool kind)
    : pool(make_pool<T>(kind, static_cast<Index>(modalities.size()))) {
  lifelog::detail::require(!modalities.empty(), "BagNetwork: expected at least one modality, got none");
  lifelog::detail::require(classes >= 2, "BagNetwork: expected at least two classes, got ", classes);
  for (const auto& shape : modalities) {
    for (const auto& other : branches)
      lifelog::detail::require(other.shape.name != shape.name, "BagNetwork: modality '", shape.name,
                               "' is there twice");
    lifelog::detail::require(shape.channels >= 0, "BagNetwork: modality '", shape.name,
                             "' must have a number of channels of at least 0, got ", shape.channels);
    Branch branch{shape, shape.name + "ILNet", make_scalar_encoder<T>(), make_value_head<T>(classes)};
    if (!shape.scalar()) branch.encoder = make_series_encoder<T>(shape.channels);
    branches.push_back(std::move(branch));
  }
}

template<class T>
void BagNetwork<T>::initialise(Random& random) {
  for (auto& branch : branches) {
    std::visit([&](auto& encoder) { encoder.initialise(random); }, branch.encoder);
    branch.value.initialise(random);
  }
  std::visit([&](auto& heads) { heads.initialise(random); }, pool);
}

}  // namespace lifelog::mil
