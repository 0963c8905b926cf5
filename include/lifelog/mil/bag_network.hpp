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

template<class T>
using SeriesEncoder = decltype(make_series_encoder<T>(1));
template<class T>
using ScalarEncoder = decltype(make_scalar_encoder<T>());

/// The encoders of a bag network: a type with either function or both, whose networks end in keys of one length.
struct StudyEncoders {
  /// Of a series: [channels × time] → key.
  template<class T>
  static auto series(Index channels) {
    return make_series_encoder<T>(channels);
  }
  /// Of a vector of `inputs` numbers → key. (The study's are of one.)
  template<class T>
  static auto vector(Index inputs) {
    lifelog::detail::require(inputs == 1, "encoder: expected vectors of 1 number, got ", inputs);
    return make_scalar_encoder<T>();
  }
};

namespace detail {

/// Stands for an encoder that there is none of.
template<int>
struct NoEncoder {
  template<class Visitor, class... Nets>
  static void visit(Visitor&, const nn::Path&, Nets&...) {}
  void initialise(Random&) {}
};

template<class T, class Encoders>
auto make_series_or_none(Index channels) {
  if constexpr (requires { Encoders::template series<T>(channels); })
    return Encoders::template series<T>(channels);
  else
    return NoEncoder<0>();
}
template<class T, class Encoders>
auto make_vector_or_none(Index inputs) {
  if constexpr (requires { Encoders::template vector<T>(inputs); })
    return Encoders::template vector<T>(inputs);
  else
    return NoEncoder<1>();
}

template<class Series, class Vector>
constexpr Index key_size_of() {
  if constexpr (requires { Series::channels; }) {
    if constexpr (requires { Vector::channels; })
      static_assert(Series::channels == Vector::channels,
                    "the encoders of a bag network must end in keys of the same length");
    return Series::channels;
  } else {
    return Vector::channels;
  }
}

}  // namespace detail

/// The study's network: an encoder and a value head for each modality, and a pool that weighs the instances of a bag.
/// For any list of modalities and any number of classes.
///
/// With the pool's weights a_m of a bag's instances m, the modal importance, the bag's output is
/// log_softmax(Σ_m a_m V_m(h_m)), V_m(h_m) being the log-probabilities that an instance's value head makes of its key.
///
/// A gradient, an optimiser's moments and a checkpoint are values of this type. Tensors are named as the original's
/// PyTorch `state_dict`: `<modality>ILNet.Encoder.…`, `<modality>ILNet.Vl.1.…`, `Kl.1.…`, `Ql.1.…`; those of the pools
/// that the original does not have begin with `Al.`.
template<class T, class Encoders = StudyEncoders>
struct BagNetwork {
  using Scalar = T;
  using Series = decltype(detail::make_series_or_none<T, Encoders>(1));
  using Vector = decltype(detail::make_vector_or_none<T, Encoders>(1));
  static constexpr bool has_series = requires { Series::channels; };
  static constexpr bool has_vectors = requires { Vector::channels; };
  static_assert(has_series || has_vectors,
                "the encoders of a bag network have series<T>(channels), vector<T>(inputs), or both");
  static constexpr Index key_size = detail::key_size_of<Series, Vector>();
  static_assert(key_size > 0, "an encoder must end in a constant number of features, the key");

  struct Branch {
    ModalityShape shape;
    std::string prefix;
    std::variant<Series, Vector> encoder;
    ValueHead<T, key_size> value;  ///< no parameter of the network where the pool is of embeddings
  };

  std::vector<Branch> branches;
  AnyPool<T, key_size> pool;

  /// All parameters zero (`initialise` draws them). Throws std::invalid_argument without modalities, with a
  /// name twice, or with fewer than two classes.
  BagNetwork(const std::vector<ModalityShape>& modalities, Index classes, Pool kind = Pool::self);

  Index modalities() const { return static_cast<Index>(branches.size()); }
  Index classes() const { return branches.front().value.outputs(); }
  Pool pool_kind() const { return static_cast<Pool>(pool.index()); }
  /// Whether one value head follows the pool, instead of one for each kind before it.
  bool values_after_pool() const {
    return std::visit([](const auto& any) { return any.form == Form::embeddings; }, pool);
  }

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
      if (!net.values_after_pool())
        ValueHead<T, key_size>::visit(visitor, at / "Vl", net.branches[m].value, nets.branches[m].value...);
    }
    visit_pools(visitor, path, std::make_index_sequence<pool_names.size()>{}, net, nets...);
  }

 private:
  template<std::size_t alternative, class Visitor, class First, class... Rest>
  static void visit_encoder(Visitor& visitor, const nn::Path& path, First& first, Rest&... rest) {
    std::variant_alternative_t<alternative, decltype(first.encoder)>::visit(
        visitor, path, std::get<alternative>(first.encoder), std::get<alternative>(rest.encoder)...);
  }

  template<class Visitor, std::size_t... alternative, class Net, class... Nets>
  static void visit_pools(Visitor& visitor, const nn::Path& path, std::index_sequence<alternative...>,
                          Net& net, Nets&... nets) {
    const auto visit_one = [&]<std::size_t one>(std::integral_constant<std::size_t, one>) {
      if (net.pool.index() == one)
        std::variant_alternative_t<one, AnyPool<T, key_size>>::visit(visitor, path, std::get<one>(net.pool),
                                                                     std::get<one>(nets.pool)...);
    };
    (visit_one(std::integral_constant<std::size_t, alternative>{}), ...);
  }
};

/// A network with PyTorch's default initialisation drawn from a seed.
template<class T, class Encoders = StudyEncoders>
BagNetwork<T, Encoders> make_bag_network(const std::vector<ModalityShape>& modalities, Index classes,
                                         std::uint64_t seed, Pool pool = Pool::self) {
  BagNetwork<T, Encoders> network(modalities, classes, pool);
  Random random(seed);
  network.initialise(random);
  return network;
}

template<class T, class Encoders>
BagNetwork<T, Encoders>::BagNetwork(const std::vector<ModalityShape>& modalities, Index classes, Pool kind)
    : pool(make_pool<T, key_size>(kind, static_cast<Index>(modalities.size()), classes)) {
  using lifelog::detail::require;
  require(!modalities.empty(), "BagNetwork: expected at least one modality, got none");
  require(classes >= 2, "BagNetwork: expected at least two classes, got ", classes);
  for (const auto& shape : modalities) {
    for (const auto& other : branches)
      require(other.shape.name != shape.name, "BagNetwork: modality '", shape.name, "' is there twice");
    require(shape.channels >= 0, "BagNetwork: modality '", shape.name,
            "' must have a number of channels of at least 0, got ", shape.channels);
    require(shape.scalar() ? has_vectors : has_series, "BagNetwork: modality '", shape.name,
            "' needs an encoder of ", shape.scalar() ? "vectors" : "series", ", got none");
    require(shape.inputs >= 1, "BagNetwork: modality '", shape.name, "' must have at least 1 input, got ",
            shape.inputs);
    using Encoder = std::variant<Series, Vector>;
    branches.push_back(
        {shape, shape.name + "ILNet",
         shape.scalar()
             ? Encoder(std::in_place_index<1>, detail::make_vector_or_none<T, Encoders>(shape.inputs))
             : Encoder(std::in_place_index<0>, detail::make_series_or_none<T, Encoders>(shape.channels)),
         make_value_head<T, key_size>(classes)});
  }
}

template<class T, class Encoders>
void BagNetwork<T, Encoders>::initialise(Random& random) {
  const bool after = values_after_pool();
  for (auto& branch : branches) {
    std::visit([&](auto& encoder) { encoder.initialise(random); }, branch.encoder);
    if (!after) branch.value.initialise(random);
  }
  std::visit([&](auto& heads) { heads.initialise(random); }, pool);
}

}  // namespace lifelog::mil
