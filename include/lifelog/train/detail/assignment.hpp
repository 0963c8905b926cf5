// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../../core/finite.hpp"
#include "../../core/packet.hpp"
#include "../../core/shown.hpp"
#include "../../io/safetensors.hpp"
#include "../../nn/parameters.hpp"

// How the tensors of a file find their places in a network. Nothing here knows the network's type: it is compiled once for
// all of them.

namespace lifelog::inline LIFELOG_ABI::train::detail {

LIFELOG_LAZY std::vector<std::size_t> shape_of(const nn::Layout& layout) {
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

/// A tensor of a network: its name there, and where it lies.
struct Slot {
  std::string name;
  nn::Layout layout;
  std::variant<float*, double*, std::int64_t*> data;

  /// Whether this is the last part of its name.
  bool is(std::string_view last) const {
    return name.ends_with(last) && (name.size() == last.size() || name[name.size() - last.size() - 1] == '.');
  }
  bool counter() const { return layout.role == nn::Role::counter; }
  bool from_zero() const { return counter() || is("running_var"); }
};

/// What PyTorch puts before all names of a network: DataParallel, torch.compile, and the attribute that many keep it in.
inline constexpr const char* wrappers[] = {"module.", "_orig_mod.", "model."};

/// "", and each longer chain of wrappers that all tensors of a file have before their names; of no more than eight.
LIFELOG_LAZY std::vector<std::string> common_wrappers(const io::Tensors& tensors) {
  std::vector<std::string> chain{""};
  const auto& all = tensors.tensors();
  const auto is_common = [&](const std::string& prefix) {
    return !all.empty() &&
           std::all_of(all.begin(), all.end(), [&](const auto& t) { return t.name.starts_with(prefix); });
  };
  for (std::size_t before = 0; before < chain.size() && chain.size() <= 8; ++before)
    for (const auto* wrapper : wrappers)
      if (const auto longer = chain[before] + wrapper; is_common(longer)) {
        chain.push_back(longer);
        break;
      }
  return chain;
}

/// How a convolution's weight is stored. g and v are the length of each output's weights and their direction.
enum class WeightForm {
  as_named,      ///< weight_g and weight_v, and whatever is no such weight
  parametrised,  ///< parametrizations.weight.original0 and .original1
  folded,        ///< weight: weight norm was removed, its product stayed
};

/// Where a slot's values come from.
struct Source {
  std::string name;
  WeightForm form = WeightForm::as_named;
};

/// Whether slot i is the length or the direction of a weight, the other beside it: lengths are visited first.
LIFELOG_LAZY bool weight_normed(const std::vector<Slot>& slots, std::size_t i) {
  const auto are_one = [&](std::size_t g, std::size_t v) {
    return v < slots.size() && slots[g].is("weight_g") && slots[v].is("weight_v") &&
           slots[g].data.index() == slots[v].data.index() &&
           slots[g].layout.size() == slots[v].layout.shape[0] &&
           slots[g].name.compare(0, slots[g].name.size() - 1, slots[v].name, 0, slots[v].name.size() - 1) ==
               0;
  };
  return are_one(i, i + 1) || (i > 0 && are_one(i - 1, i));
}

LIFELOG_LAZY Source source_of(const std::vector<Slot>& slots, std::size_t i, const std::string& prefix,
                              const io::Tensors& tensors) {
  const auto named = prefix + slots[i].name;
  if (!weight_normed(slots, i)) return {named};
  const auto weight = named.substr(0, named.size() - 2);  // without _g, _v
  const auto stem = named.substr(0, named.size() - 8);
  const auto original = stem + "parametrizations.weight.original";
  if (tensors.contains(weight + "_g") || tensors.contains(weight + "_v")) return {named};
  if (tensors.contains(original + '0') || tensors.contains(original + '1'))
    return {original + (slots[i].is("weight_g") ? '0' : '1'), WeightForm::parametrised};
  if (tensors.contains(weight)) return {weight, WeightForm::folded};
  return {named};
}

/// A tensor's elements, F32 or F64.
LIFELOG_LAZY std::vector<double> numbers(const io::Tensors& tensors, const io::Tensors::Tensor& tensor) {
  const auto copy = [](const auto& values) { return std::vector<double>(values.begin(), values.end()); };
  return tensor.dtype == io::DType::f64 ? copy(tensors.get<double>(tensor.name))
                                        : copy(tensors.get<float>(tensor.name));
}

/// A count, I64 or I32.
LIFELOG_LAZY std::int64_t count_of(const io::Tensors& tensors, const io::Tensors::Tensor& tensor) {
  return tensor.dtype == io::DType::i64 ? tensors.get<std::int64_t>(tensor.name)[0]
                                        : tensors.get<std::int32_t>(tensor.name)[0];
}

/// Length and direction of weights whose product they are, so that g·v/‖v‖ is each output's weights to the bit, as far as
/// T can hold it: v is the weights themselves, by a power of two where their squares would leave T; of an output without
/// weights g is 0 and v, which may not be, 1. v holds the weights already.
template<class T>
void unfold_weights(const nn::Layout& layout, T* v, T* g) {
  const auto outputs = static_cast<std::size_t>(layout.shape[0]),
             row = static_cast<std::size_t>(layout.size()) / outputs;
  std::vector<std::vector<Index>> places(outputs);
  for_each_element(layout, [&](Index ours, std::size_t at) { places[at / row].push_back(ours); });
  for (std::size_t o = 0; o < outputs; ++o) {
    auto& places_of_row = places[o];
    std::sort(places_of_row.begin(), places_of_row.end());  // as WeightNorm adds its squares
    T largest = 0;
    for (const Index i : places_of_row) largest = std::max(largest, std::abs(v[i]));
    int exponent = 0;
    if (largest > 0) std::frexp(largest, &exponent);
    if (std::abs(exponent) < std::numeric_limits<T>::max_exponent / 4) exponent = 0;
    T squares = 0;
    for (const Index i : places_of_row) {
      v[i] = largest > 0 ? std::ldexp(v[i], -exponent) : T(1);
      squares = lifelog::detail::simd::pmadd(v[i], v[i], squares);
    }
    g[o] = largest > 0 ? std::ldexp(std::sqrt(squares), exponent) : T(0);
  }
}

/// At most six things of a kind, and how many more there are.
class Listing {
 public:
  void add(std::string_view name, const std::string& remark = "") {
    if (count_++ < 6) text_ += (text_.empty() ? "" : ", ") + lifelog::detail::shown(name, 120) + remark;
  }
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ > 6 ? text_ + " and " + std::to_string(count_ - 6) + " more" : text_;
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

/// Fills slots from a file's tensors: all of them, or none and an error that names whatever is wrong.
LIFELOG_LAZY class Assignment {
 public:
  Assignment(const io::Tensors& tensors, std::vector<Slot> slots, const std::string& prefix)
      : tensors_(tensors), slots_(std::move(slots)) {
    // A network may itself have a part called "model": what most of its tensors are found with is the file's prefix.
    std::ptrdiff_t most = -1;
    for (const auto& wrapper : common_wrappers(tensors)) {
      std::vector<Source> sources;
      for (std::size_t i = 0; i < slots_.size(); ++i)
        sources.push_back(source_of(slots_, i, wrapper + prefix, tensors));
      const auto found = std::count_if(sources.begin(), sources.end(),
                                       [&](const Source& source) { return tensors.contains(source.name); });
      if (found <= most) continue;
      most = found;
      sources_ = std::move(sources);
      prefix_ = wrapper + prefix;
    }
  }

  /// Returns the names of the tensors used.
  std::set<std::string> run(bool refuse_others) {
    for (std::size_t i = 0; i < slots_.size(); ++i) check(i);
    if (refuse_others)
      for (const auto& tensor : tensors_.tensors())
        if (tensor.name.starts_with(prefix_) && !used_.contains(tensor.name)) unknown_.add(tensor.name);
    refuse();
    for (std::size_t i = 0; i < slots_.size(); ++i) fill(i);
    return std::move(used_);
  }

 private:
  void check(std::size_t i) {
    const auto& slot = slots_[i];
    const auto& name = sources_[i].name;
    const auto form = sources_[i].form;
    if (!tensors_.contains(name)) {
      if (!slot.counter()) missing_.add(name);  // PyTorch did not always count
      return;
    }
    used_.insert(name);
    if (form == WeightForm::folded && slot.is("weight_g")) return;  // goes by weight_v's
    const auto& tensor = tensors_.at(name);
    const auto expected = shape_of(slot.layout);
    if (tensor.shape != expected && !(slot.counter() && tensor.shape == std::vector<std::size_t>{1}))
      return misshapen_.add(name, " (expected " + io::detail::shape_text(expected) + ", got " +
                                      lifelog::detail::shown(io::detail::shape_text(tensor.shape), 60) + ")");
    const bool whole = tensor.dtype == io::DType::i64 || tensor.dtype == io::DType::i32;
    const bool real = tensor.dtype == io::DType::f32 || tensor.dtype == io::DType::f64;
    if (slot.counter() ? !whole : !real)
      return mistyped_.add(name, std::string(" (expected ") + (slot.counter() ? "I64 or I32" : "F32 or F64") +
                                     ", got " + io::dtype_name(tensor.dtype) + ")");
    std::visit([&](auto* data) { check_values(slot, form, tensor, data); }, slot.data);
  }

  template<class T>
  void check_values(const Slot& slot, WeightForm form, const io::Tensors::Tensor& tensor, const T*) {
    const auto below_zero = [&](auto value) {
      unusable_.add(tensor.name, " (expected at least 0, got " + std::to_string(value) + ")");
    };
    if constexpr (std::is_integral_v<T>) {
      if (const auto count = count_of(tensors_, tensor); count < 0) below_zero(count);
    } else {
      T most = std::numeric_limits<T>::max();
      if (form == WeightForm::folded)  // the length of a row of weights must be a T too
        most /= 2 * std::sqrt(static_cast<T>(slot.layout.size() / slot.layout.shape[0]));
      for (const double number : numbers(tensors_, tensor)) {
        const T value = static_cast<T>(number);
        if (!lifelog::detail::is_finite(value) || std::abs(value) > most)
          return unusable_.add(tensor.name,
                               " (expected finite numbers, got NaN, infinity or what is too large)");
        if (slot.from_zero() && value < 0) return below_zero(value);
      }
    }
  }

  void refuse() const {
    std::string text;
    const auto say = [&text](const char* what, const Listing& list) {
      if (list.empty()) return;
      text +=
          (text.empty() ? "" : "; ") + std::string(what) + (list.count() > 1 ? "s: " : ": ") + list.text();
    };
    say("missing tensor", missing_);
    say("unknown tensor", unknown_);
    say("misshapen tensor", misshapen_);
    say("mistyped tensor", mistyped_);
    say("unusable tensor", unusable_);
    if (!text.empty()) throw format_error(tensors_.source(), text);
  }

  void fill(std::size_t i) {
    const auto& name = sources_[i].name;
    const auto form = sources_[i].form;
    if (!used_.contains(name) || (form == WeightForm::folded && slots_[i].is("weight_g"))) return;
    const auto& tensor = tensors_.at(name);
    std::visit(
        [&]<class T>(T* data) {
          if constexpr (std::is_integral_v<T>) {
            *data = count_of(tensors_, tensor);
          } else {
            const auto values = numbers(tensors_, tensor);
            for_each_element(slots_[i].layout,
                             [&](Index ours, std::size_t at) { data[ours] = static_cast<T>(values[at]); });
            // A weight's length is visited right before its direction.
            if (form == WeightForm::folded)
              unfold_weights(slots_[i].layout, data, std::get<T*>(slots_[i - 1].data));
          }
        },
        slots_[i].data);
  }

  const io::Tensors& tensors_;
  std::vector<Slot> slots_;
  std::vector<Source> sources_;  // of each slot
  std::string prefix_;           // of all of them, in the file
  std::set<std::string> used_;
  Listing missing_, unknown_, misshapen_, mistyped_, unusable_;
};

}  // namespace lifelog::train::detail
