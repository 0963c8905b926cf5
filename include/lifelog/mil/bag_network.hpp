// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "bags.hpp"
#include "encoders.hpp"
#include "pool.hpp"

namespace lifelog::inline LIFELOG_ABI::mil {

namespace detail {

/// What of a network comes after its encoders, whichever those are.
template<class Pools, class Value>
struct BagHeads {
  Pools& pool;
  std::vector<Value*> values;  ///< of each kind

  Index modalities() const { return static_cast<Index>(values.size()); }
  Index classes() const { return values.front()->outputs(); }
};

/// The pools that a network may have: any of the library's, or the one beside its encoders.
template<class T, class Encoders, Index keys>
struct PoolsOf {
  using Type = AnyPool<T, keys>;
};
template<class T, class Encoders, Index keys>
requires requires {
  typename Encoders::template Pool<T, keys>;
}
struct PoolsOf<T, Encoders, keys> {
  using Type = std::variant<typename Encoders::template Pool<T, keys>>;
};

/// The head that follows a pool; `Value` where none does.
template<class Pool, class Value>
struct HeadAfter {
  using Type = Value;
};
template<class Pool, class Value>
requires requires(Pool pool) {
  pool.value;
}
struct HeadAfter<Pool, Value> {
  using Type = decltype(Pool::value);
};

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
///
/// Encoders: see encoders.hpp. A type that also says `template<class T, Index keys> using Pool = …`, a pool as pool.hpp tells
/// what one is, has this pool instead of a choice of the library's. One that says `tensors`, a text, has its own names:
/// `<modality><tensors>.…`.
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

  static constexpr bool own_names = requires { Encoders::tensors; };

  struct Branch {
    ModalityShape shape;
    std::string prefix;
    std::variant<Series, Vector> encoder;
    ValueHead<T, key_size> value;  ///< no parameter of the network where the pool is of embeddings

    LIFELOG_COLD Branch(ModalityShape of, std::variant<Series, Vector> by, Index classes)
        : shape(std::move(of)),
          prefix(shape.name + own_or("ILNet")),
          encoder(std::move(by)),
          value(make_value_head<T, key_size>(classes)) {}
    LIFELOG_COLD Branch(const Branch&) = default;
    LIFELOG_COLD Branch(Branch&&) = default;

   private:
    static const char* own_or(const char* studys) {
      if constexpr (own_names)
        return Encoders::tensors;
      else
        return studys;
    }
  };

  using Pools = typename detail::PoolsOf<T, Encoders, key_size>::Type;
  static constexpr bool own_pool = std::variant_size_v<Pools> == 1;

  std::vector<Branch> branches;
  Pools pool;

  /// All parameters zero (`initialise` draws them). Throws std::invalid_argument without modalities, with a
  /// name twice, or with fewer than two classes.
  LIFELOG_COLD BagNetwork(const std::vector<ModalityShape>& modalities, Index classes,
                          Pool kind = Pool::self);

  LIFELOG_COLD BagNetwork(const BagNetwork&) = default;
  LIFELOG_COLD BagNetwork(BagNetwork&&) = default;
  /// Takes over a copy: to assign a variant is compiled for each pair of its alternatives.
  LIFELOG_COLD BagNetwork& operator=(BagNetwork other) noexcept {
    static_assert(std::is_nothrow_move_constructible_v<Pools>);
    branches.swap(other.branches);
    std::destroy_at(&pool);
    std::construct_at(&pool, std::move(other.pool));
    return *this;
  }

  Index modalities() const { return static_cast<Index>(branches.size()); }
  Index classes() const { return branches.front().value.outputs(); }
  /// Of the library's pools.
  Pool pool_kind() const { return static_cast<Pool>(pool.index()); }
  /// Whether one value head follows the pool, instead of one for each kind before it.
  bool values_after_pool() const {
    return std::visit([](const auto& any) { return value_follows(any.form); }, pool);
  }

  auto heads() const { return heads_of<const Pools, const ValueHead<T, key_size>>(*this); }
  auto heads() { return heads_of<Pools, ValueHead<T, key_size>>(*this); }

  std::vector<ModalityShape> shapes() const {
    std::vector<ModalityShape> shapes;
    for (const auto& branch : branches) shapes.push_back(branch.shape);
    return shapes;
  }

  /// PyTorch's default initialisation, its distributions, drawn from `random`.
  LIFELOG_COLD void initialise(Random& random);

  template<class Visitor, class Net, class... Nets>
  LIFELOG_COLD static void visit(Visitor& visitor, const nn::Path& path, Net& net, Nets&... nets) {
    for (std::size_t m = 0; m < net.branches.size(); ++m) {
      const auto at = path / net.branches[m].prefix.c_str();
      const auto encoder = own_names ? at : at / "Encoder";
      if (net.branches[m].shape.scalar())
        visit_encoder<1>(visitor, encoder, net.branches[m], nets.branches[m]...);
      else
        visit_encoder<0>(visitor, encoder, net.branches[m], nets.branches[m]...);
      if (!net.values_after_pool())
        ValueHead<T, key_size>::visit(visitor, at / "Vl", net.branches[m].value, nets.branches[m].value...);
    }
    visit_pools(visitor, path, std::make_index_sequence<std::variant_size_v<Pools>>{}, net, nets...);
  }

 private:
  template<class P, class Value, class Net>
  static detail::BagHeads<P, Value> heads_of(Net& net) {
    detail::BagHeads<P, Value> heads{net.pool, {}};
    for (auto& branch : net.branches) heads.values.push_back(&branch.value);
    return heads;
  }

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
        std::variant_alternative_t<one, Pools>::visit(visitor, path, std::get<one>(net.pool),
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
    : pool(make_pool<Pools>(own_pool ? 0 : static_cast<std::size_t>(kind),
                            static_cast<Index>(modalities.size()), classes)) {
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
    branches.emplace_back(
        shape,
        shape.scalar()
            ? Encoder(std::in_place_index<1>, detail::make_vector_or_none<T, Encoders>(shape.inputs))
            : Encoder(std::in_place_index<0>, detail::make_series_or_none<T, Encoders>(shape.channels)),
        classes);
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
