// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../io/safetensors.hpp"
#include "../nn/names.hpp"
#include "detail/assignment.hpp"

// The parameters of a network, or of a part of one, as tensors of a file, under PyTorch's names and in its order.

namespace lifelog::inline LIFELOG_ABI::train {

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

/// What becomes of a file's tensors for which a network has no place.
enum class Others { refused, ignored };

/// Fills a network, or a part of it, from tensors named as `add_tensors` names them, prefix first. Takes the files that
/// PyTorch writes of the same network as they come:
///
/// - names that all begin with `module.`, `_orig_mod.` or `model.`, or with several of them, are read without;
/// - `weight_g` and `weight_v` may be `parametrizations.weight.original0` and `original1`, or `weight` alone, where weight
///   norm was removed: v is then the weight and g its length, which make the same weight to the bit;
/// - numbers may be F64, F32, F16 or BF16; `num_batches_tracked` I64 or I32, of shape () or (1,), or missing: the network
///   keeps its own.
///
/// Throws one format_error that names every tensor that is missing, unknown (begins with `prefix`, and has no place here;
/// unless `others` says to ignore it), of another shape or type, or that holds what makes no network: a number that is not
/// finite (in the network's precision), a running variance or a count below 0. Of long lists it tells the first and how
/// many there are. The network is then as it was. Returns the names of the tensors used.
template<class Net>
std::set<std::string> assign_tensors(Net& net, const io::Tensors& tensors, const std::string& prefix = "",
                                     Others others = Others::refused) {
  std::vector<detail::Slot> slots;
  nn::visit(
      [&](const nn::Path& path, const nn::Layout& layout, auto* data) {
        slots.push_back({nn::to_string(path), layout, data});
      },
      net);
  return detail::Assignment(tensors, std::move(slots), prefix).run(others == Others::refused);
}

}  // namespace lifelog::train
