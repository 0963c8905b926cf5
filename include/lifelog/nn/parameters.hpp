// SPDX-License-Identifier: MIT
#pragma once

#include "../core/config.hpp"

// Parameters are plain arrays inside the network value. One visitor walks them, over one network or over
// several of the same shape in step (parameters, gradient, moments, a copy in another precision): a gradient
// is another network.

namespace lifelog::nn {

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

/// Calls f(path, layout, data…) for every tensor, `data` being one pointer per network in the order given: to the
/// network's scalars, or to std::int64_t for a counter. An f that takes scalars only is shown a counter as one, rounded.
///
///     nn::visit([](const nn::Path&, const nn::Layout& layout, float* w, const float* g) { … }, network,
///     gradient);
template<class F, class Net, class... Nets>
void visit(F&& f, Net& net, Nets&... nets) {
  std::remove_const_t<Net>::visit(f, Path{}, net, nets...);
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
