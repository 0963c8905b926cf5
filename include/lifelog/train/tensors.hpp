// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../core/finite.hpp"
#include "../io/safetensors.hpp"
#include "../nn/names.hpp"

// The parameters of a network, or of a part of one, as tensors of a file, under PyTorch's names and in its order.

namespace lifelog::train {

namespace detail {

inline std::vector<std::size_t> shape_of(const nn::Layout& layout) {
  std::vector<std::size_t> shape;
  for (int d = 0; d < layout.rank; ++d) shape.push_back(static_cast<std::size_t>(layout.shape[d]));
  return shape;
}

/// Calls f(our element, its place in PyTorch's row-major order) for every element.
template<class F>
void for_each_element(const nn::Layout& layout, F f) {
  Index extent[3] = {1, 1, 1}, stride[3] = {0, 0, 0};
  for (int d = 0; d < layout.rank; ++d) extent[d] = layout.shape[d], stride[d] = layout.stride[d];
  std::size_t at = 0;
  for (Index a = 0; a < extent[0]; ++a)
    for (Index b = 0; b < extent[1]; ++b)
      for (Index c = 0; c < extent[2]; ++c) f(a * stride[0] + b * stride[1] + c * stride[2], at++);
}

/// Throws format_error unless the values of a tensor can be those of a network.
template<class T>
void require_sound(const io::Tensors& tensors, const std::string& name, const nn::Path& path,
                   const nn::Layout& layout, const T* values) {
  const bool from_zero =
      layout.role == nn::Role::counter || (path.name && std::string_view(path.name) == "running_var");
  for (Index i = 0; i < layout.size(); ++i) {
    if constexpr (lifelog::detail::real_number<T>)
      if (!lifelog::detail::is_finite(values[i]))
        throw format_error(tensors.where(name),
                           "expected finite numbers, got NaN, infinity or what is too large");
    if (from_zero && values[i] < 0)
      throw format_error(tensors.where(name), "expected at least 0, got " + std::to_string(values[i]));
  }
}

}  // namespace detail

/// Adds every tensor of a network, or of a part of it, under `prefix` and its PyTorch name.
template<class Net>
void add_tensors(io::Tensors& tensors, const Net& net, const std::string& prefix = "") {
  nn::visit(
      [&]<class T>(const nn::Path& path, const nn::Layout& layout, const T* data) {
        std::vector<T> values(static_cast<std::size_t>(layout.size()));
        detail::for_each_element(layout, [&](Index ours, std::size_t at) { values[at] = data[ours]; });
        tensors.add(prefix + nn::to_string(path), detail::shape_of(layout), std::span<const T>(values));
      },
      net);
}

/// Fills a network, or a part of it, from tensors named as `add_tensors` names them, F32 or F64. Throws
/// format_error naming the tensor that is missing, has another shape, or holds what makes no network: a number that
/// is not finite (in the network's precision), a running variance or a count below 0. Returns the names it used.
template<class Net>
std::set<std::string> assign_tensors(Net& net, const io::Tensors& tensors, const std::string& prefix = "") {
  std::set<std::string> used;
  nn::visit(
      [&]<class T>(const nn::Path& path, const nn::Layout& layout, T* data) {
        const auto name = prefix + nn::to_string(path);
        const auto take = [&]<class Stored>(Stored) {
          const auto values = tensors.get<Stored>(name, detail::shape_of(layout));
          detail::for_each_element(
              layout, [&](Index ours, std::size_t at) { data[ours] = static_cast<T>(values[at]); });
        };
        if constexpr (std::is_integral_v<T>)
          take(std::int64_t{});
        else if (tensors.at(name).dtype == io::DType::f64)
          take(double{});
        else
          take(float{});
        detail::require_sound(tensors, name, path, layout, data);
        used.insert(name);
      },
      net);
  return used;
}

}  // namespace lifelog::train
