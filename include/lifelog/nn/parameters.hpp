// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../core/config.hpp"

// Parameters are plain arrays inside the network value. One visitor walks them, over one network or over
// several of the same shape in step (parameters, gradient, moments, a copy in another precision): a gradient
// is another network.

namespace lifelog::inline LIFELOG_ABI::nn {

/// Where a tensor stands in a network: a chain of names from the root, kept on the stack while visiting.
struct Path {
  const Path* parent = nullptr;
  const char* name = nullptr;  ///< nullptr: `index` is the name
  Index index = 0;

  Path operator/(const char* child) const { return {this, child, 0}; }
  Path operator/(Index child) const { return {this, nullptr, child}; }
};

/// What a visited tensor is: trained by the optimiser, or a running statistic or counter, whose `gradient` is
/// the change that a training batch makes to it.
enum class Role { parameter, statistic, counter };

/// Shape of a tensor in PyTorch's order of dimensions and where its elements lie in our memory.
struct Layout {
  Role role;
  int rank;
  Index shape[3];
  Index stride[3];  ///< in elements; the elements together fill [0, size()) without holes

  Index size() const {
    Index n = 1;
    for (int d = 0; d < rank; ++d) n *= shape[d];
    return n;
  }
};

namespace detail {

/// A counter for a function that takes a network's scalars alone: rounded to one, taken back where it was changed.
template<class T>
class ShownCounter {
 public:
  explicit ShownCounter(std::int64_t* counter)
      : counter_(counter), was_(static_cast<T>(*counter)), shown_(was_) {}
  ~ShownCounter() {
    if (shown_ != was_) *counter_ = static_cast<std::int64_t>(shown_);
  }
  T* data() { return &shown_; }

 private:
  std::int64_t* counter_;
  T was_, shown_;
};

/// A tensor of a network, whose elements are its scalars or, of a counter, whole numbers.
template<class T>
struct Tensor {
  T* scalars = nullptr;
  std::int64_t* counter = nullptr;
};

/// What every network of scalars T is walked by, whatever is done with its tensors: its walk, which is much code of little use,
/// is then compiled once.
template<class T>
struct Walker {
  void* to;
  void (*found)(void* to, const Path&, const Layout&, Tensor<T>);

  void operator()(const Path& path, const Layout& layout, T* data) const {
    found(to, path, layout, {data, nullptr});
  }
  void operator()(const Path& path, const Layout& layout, std::int64_t* data) const {
    found(to, path, layout, {nullptr, data});
  }
};

template<class Net, class F>
void walk(Net& net, const F& found) {
  using Network = std::remove_const_t<Net>;
  using T = typename Network::Scalar;
  Walker<T> walker{const_cast<F*>(&found),
                   [](void* to, const Path& path, const Layout& layout, Tensor<T> tensor) {
                     (*static_cast<const F*>(to))(path, layout, tensor);
                   }};
  Network::visit(walker, Path{}, const_cast<Network&>(net));
}

template<class Net>
std::vector<Tensor<typename Net::Scalar>> tensors_of(Net& net) {
  std::vector<Tensor<typename Net::Scalar>> tensors;
  walk(net, [&](const Path&, const Layout&, auto tensor) { tensors.push_back(tensor); });
  return tensors;
}

template<class Net, class T>
using SameConst = std::conditional_t<std::is_const_v<Net>, const T, T>;

/// Calls f as `visit` does, of the tensors that are one in all networks.
template<class... Nets, class F>
void show(F& f, const Path& path, const Layout& layout, Tensor<typename Nets::Scalar>... tensors) {
  if ((tensors.scalars && ...))
    f(path, layout, static_cast<SameConst<Nets, typename Nets::Scalar>*>(tensors.scalars)...);
  else if constexpr (std::is_invocable_v<F&, const Path&, const Layout&, SameConst<Nets, std::int64_t>*...>)
    f(path, layout, static_cast<SameConst<Nets, std::int64_t>*>(tensors.counter)...);
  else
    f(path, layout,
      static_cast<SameConst<Nets, typename Nets::Scalar>*>(
          ShownCounter<typename Nets::Scalar>(tensors.counter).data())...);
}

template<class Net>
concept HasScalar = requires {
  typename Net::Scalar;
};

}  // namespace detail

/// Calls f(path, layout, data…) for every tensor, `data` being one pointer per network in the order given: to the
/// network's scalars, or to std::int64_t for a counter. An f that takes scalars only is shown a counter as one, rounded.
///
///     nn::visit([](const nn::Path&, const nn::Layout& layout, float* w, const float* g) { … }, network,
///     gradient);
template<class F, class Net, class... Nets>
void visit(F&& f, Net& net, Nets&... nets) {
  if constexpr (!(detail::HasScalar<Net> && ... && detail::HasScalar<Nets>)) {
    std::remove_const_t<Net>::visit(f, Path{}, net, nets...);
  } else if constexpr (sizeof...(Nets) == 0) {
    detail::walk(net, [&](const Path& path, const Layout& layout, auto tensor) {
      detail::show<Net>(f, path, layout, tensor);
    });
  } else {
    const auto others = std::make_tuple(detail::tensors_of(nets)...);
    std::size_t place = 0;
    detail::walk(net, [&](const Path& path, const Layout& layout, auto tensor) {
      std::apply(
          [&](const auto&... other) {
            detail::show<Net, Nets...>(f, path, layout, tensor, other.at(place)...);
          },
          others);
      ++place;
    });
  }
}

/// Number of trained scalars.
template<class Net>
Index parameter_count(const Net& net) {
  Index count = 0;
  visit(
      [&](const Path&, const Layout& layout, const auto*) {
        if (layout.role == Role::parameter) count += layout.size();
      },
      net);
  return count;
}

/// A network of the same shape with every tensor zero: a gradient to accumulate into, or an optimiser's
/// moment.
template<class Net>
Net zeros_like(const Net& net) {
  Net zero = net;
  visit(
      [](const Path&, const Layout& layout, auto* data) {
        for (Index i = 0; i < layout.size(); ++i) data[i] = 0;
      },
      zero);
  return zero;
}

/// to += from, tensor by tensor.
template<class Net>
void add(Net& to, const Net& from) {
  visit(
      [](const Path&, const Layout& layout, auto* a, const auto* b) {
        for (Index i = 0; i < layout.size(); ++i) a[i] += b[i];
      },
      to, from);
}

/// Copies every tensor of `from` into `to`, which has the same shape and may have another scalar type.
template<class To, class From>
void copy(To& to, const From& from) {
  visit(
      []<class A, class B>(const Path&, const Layout& layout, A* a, const B* b) {
        for (Index i = 0; i < layout.size(); ++i) a[i] = static_cast<A>(b[i]);
      },
      to, from);
}

}  // namespace lifelog::nn
