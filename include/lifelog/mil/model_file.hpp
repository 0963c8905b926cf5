// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../core/finite.hpp"
#include "../io/safetensors.hpp"
#include "../train/tensors.hpp"
#include "bag_network.hpp"

// Models as safetensors, interchangeable with PyTorch's `state_dict` of the original both ways.

namespace lifelog::inline LIFELOG_ABI::mil {

/// A trained network, what its classes 0…C−1 stand for, and what else its file should say: further metadata, for
/// instance how the data was split.
template<class T, class Encoders = StudyEncoders>
struct BasicModel {
  BagNetwork<T, Encoders> network;
  std::vector<std::string> classes;
  std::map<std::string, std::string> notes;
};

using Model = BasicModel<float>;

namespace detail {

LIFELOG_LAZY std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (&part == &parts.front() ? "" : ",") + part;
  return text;
}

LIFELOG_LAZY std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

LIFELOG_LAZY bool has_vectors(const std::vector<ModalityShape>& shapes) {
  return std::any_of(shapes.begin(), shapes.end(), [](const auto& shape) { return shape.inputs != 1; });
}

/// In files, of a pool that comes with its encoders, whose name tells which it is.
inline constexpr const char* own_pool = "own";

}  // namespace detail

/// Writes a model with its metadata; the file appears complete or not at all. Throws io_error, and
/// std::invalid_argument when the classes' names are not one for each, or a name has a comma, which lists in files are
/// cut at, or a weight is not finite. Encoders of your own need a `name` that no others have.
template<class T, class Encoders>
void save_model(const std::string& path, const BasicModel<T, Encoders>& model) {
  lifelog::detail::require(static_cast<Index>(model.classes.size()) == model.network.classes(),
                           "classes: expected ", model.network.classes(), " names, got ",
                           model.classes.size());
  for (const auto& name : model.classes)
    lifelog::detail::require(name.find(',') == std::string::npos, "classes: expected no comma, got '", name,
                             "'");
  nn::visit(
      [](const nn::Path& place, const nn::Layout& layout, const T* weights) {
        lifelog::detail::require(lifelog::detail::all_finite(weights, layout.size()),
                                 "weights: expected finite numbers, got others in ",
                                 nn::to_string(place).c_str());
      },
      model.network);
  io::Tensors tensors;
  train::add_tensors(tensors, model.network);
  std::vector<std::string> names, channels, inputs;
  for (const auto& shape : model.network.shapes()) {
    lifelog::detail::require(shape.name.find(',') == std::string::npos,
                             "modalities: expected no comma, got '", shape.name, "'");
    names.push_back(shape.name);
    channels.push_back(std::to_string(shape.channels));
    inputs.push_back(std::to_string(shape.inputs));
  }
  tensors.metadata() = model.notes;
  tensors.metadata().insert_or_assign("format", "lifelog-model");
  tensors.metadata().insert_or_assign("version", "1");
  tensors.metadata().insert_or_assign("modalities", detail::join(names));
  tensors.metadata().insert_or_assign("channels", detail::join(channels));
  tensors.metadata().insert_or_assign("classes", detail::join(model.classes));
  tensors.metadata().insert_or_assign("encoder", Encoders::name);
  tensors.metadata().insert_or_assign(
      "pool", model.network.own_pool ? detail::own_pool : pool_name(model.network.pool_kind()));
  if (detail::has_vectors(model.network.shapes()))  // of more than one number
    tensors.metadata().insert_or_assign("inputs", detail::join(inputs));
  tensors.save(path);
}

namespace detail {

/// The names of a file's tensors without what all of them begin with (`train::assign_tensors`).
class PlainNames {
 public:
  explicit PlainNames(const io::Tensors& tensors)
      : tensors_(tensors), wrapper_(train::detail::common_wrappers(tensors).back()) {}

  std::string plain(const io::Tensors::Tensor& tensor) const { return tensor.name.substr(wrapper_.size()); }
  std::string full(const std::string& name) const { return wrapper_ + name; }

  /// The first of these tensors that is there; nullptr without any.
  const io::Tensors::Tensor* find(const std::vector<std::string>& names) const {
    for (const auto& name : names)
      if (tensors_.contains(full(name))) return &tensors_.at(full(name));
    return nullptr;
  }

 private:
  const io::Tensors& tensors_;
  std::string wrapper_;
};

/// Channels of a series, told from the first convolution, in whichever form its weight is, or from the shortcut around it,
/// which is not there for as many as the first block gives.
LIFELOG_LAZY Index channels_of(const PlainNames& names, const std::string& modality) {
  const auto block = modality + "ILNet.Encoder.network.0.network.0.";
  const auto* weight =
      names.find({block + "causal.0.weight_v", block + "causal.0.parametrizations.weight.original1",
                  block + "causal.0.weight", block + "upordownsample.weight"});
  return weight != nullptr && weight->shape.size() == 3 ? static_cast<Index>(weight->shape[1]) : 8;
}

/// Modalities in a state_dict without our metadata, in alphabetical order: such files do not keep the order
/// of their tensors, and the study's modalities are in alphabetical order.
LIFELOG_LAZY std::vector<ModalityShape> infer_modalities(const io::Tensors& tensors) {
  const PlainNames names(tensors);
  std::map<std::string, bool> series;
  for (const auto& tensor : tensors.tensors()) {
    const auto name = names.plain(tensor);
    if (const auto end = name.find("ILNet."); end != std::string::npos)
      series[name.substr(0, end)] |= name.compare(end, 22, "ILNet.Encoder.network.") == 0;
  }
  if (series.empty())
    throw format_error(tensors.source(),
                       "expected a bag network with tensors '<modality>ILNet.…', found none");
  std::vector<ModalityShape> shapes;
  for (const auto& [name, is_series] : series)
    shapes.push_back({name, is_series ? channels_of(names, name) : 0});
  return shapes;
}

/// A list of counts, one for each of `size` modalities.
LIFELOG_LAZY std::vector<Index> stated_counts(const io::Tensors& tensors, const std::string& key,
                                              std::size_t size) {
  const auto entries = split(tensors.metadata(key));
  if (entries.size() != size)
    throw format_error(tensors.source(), "metadata 'modalities' and '" + key + "' differ in length");
  std::vector<Index> counts;
  for (const auto& entry : entries) {
    Index count = 0;
    if (entry.empty()) throw format_error(tensors.source(), "metadata '" + key + "' has an empty entry");
    for (const char c : entry) {
      if (c < '0' || c > '9' || count > 100'000)
        throw format_error(tensors.source(), "metadata '" + key + "' must be counts, got '" +
                                                 lifelog::detail::shown(entry) + "'");
      count = count * 10 + (c - '0');
    }
    counts.push_back(count);
  }
  return counts;
}

LIFELOG_LAZY std::vector<ModalityShape> stated_modalities(const io::Tensors& tensors) {
  const auto names = split(tensors.metadata("modalities"));
  const auto channels = stated_counts(tensors, "channels", names.size());
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
    throw format_error(tensors.source(), "metadata 'modalities' has a name twice");
  std::vector<ModalityShape> shapes;
  for (std::size_t m = 0; m < names.size(); ++m) shapes.push_back({names[m], channels[m]});
  if (tensors.metadata().count("inputs") > 0) {
    const auto inputs = stated_counts(tensors, "inputs", names.size());
    for (std::size_t m = 0; m < names.size(); ++m) shapes[m].inputs = inputs[m];
  }
  return shapes;
}

/// The name of a file's encoders; files of before there was a choice, and state_dicts, have the study's.
LIFELOG_LAZY std::string encoder_of(const io::Tensors& tensors, bool ours) {
  const auto encoder = tensors.metadata().find("encoder");
  return !ours || encoder == tensors.metadata().end() ? StudyEncoders::name : encoder->second;
}

[[noreturn]] inline void refuse(const io::Tensors& tensors, const char* what,
                                const std::vector<std::string>& known, const std::string& got) {
  std::string names;
  for (const auto& name : known) names += (names.empty() ? "'" : ", '") + name + "'";
  throw format_error(tensors.source(), "expected " + std::string(what) + " " + names + ", got '" +
                                           lifelog::detail::shown(got) + "'");
}

/// The pool that metadata names; in a file without ours, the one whose tensors are there.
template<class Network>
Pool pool_of(const io::Tensors& tensors, bool ours) {
  const PlainNames names(tensors);
  if constexpr (Network::own_pool) {
    if (tensors.metadata("pool") != own_pool) refuse(tensors, "pool", {own_pool}, tensors.metadata("pool"));
    return Pool::self;  // which is not looked at
  } else if (ours) {
    if (const auto pool = pool_named(tensors.metadata("pool"))) return *pool;
    std::vector<std::string> known;
    for (const auto& entry : pool_names) known.push_back(entry.name);
    refuse(tensors, "pool", known, tensors.metadata("pool"));
  }
  if (names.find({"Kl.1.weight"})) return Pool::self;
  if (names.find({"Al.0.weight"})) return Pool::attention;
  if (names.find({"Al.0.left.0.weight"})) return Pool::gated;
  throw format_error(tensors.source(), "expected the tensors of a pool ('Kl.1.weight', …), found none");
}

/// Classes, told from the first value head there is.
LIFELOG_LAZY Index classes_of(const io::Tensors& tensors, const std::vector<ModalityShape>& shapes) {
  const PlainNames names(tensors);
  std::vector<std::string> heads;
  for (const auto& shape : shapes) heads.push_back(shape.name + "ILNet.Vl.1.bias");
  heads.push_back("Vl.1.bias");  // of pools of embeddings
  const auto* head = names.find(heads);
  if (head == nullptr)
    throw format_error(tensors.source(),
                       "no tensor '" + lifelog::detail::shown(names.full(heads.front())) + "'");
  if (head->shape.size() != 1 || head->shape[0] < 2)
    throw format_error(tensors.where(head->name), "expected one number a class, for at least two classes");
  return static_cast<Index>(head->shape[0]);
}

/// Throws format_error where a file states a network far larger than itself: nobody shall take memory by a few bytes.
LIFELOG_LAZY void require_room(const io::Tensors& tensors, const std::vector<ModalityShape>& shapes,
                               Index classes) {
  double have = 1e5, need = 0;
  for (const auto& tensor : tensors.tensors()) have += static_cast<double>(tensor.bytes.size());
  for (const auto& shape : shapes)
    need += static_cast<double>(8 * (shape.channels + shape.inputs) + key_size * classes);
  if (need > have)
    throw format_error(tensors.source(), "states " + std::to_string(shapes.size()) + " modalities and " +
                                             std::to_string(classes) +
                                             " classes: a network larger than the file");
}

/// Whether a model file has our metadata; format_error when it says to be something else.
LIFELOG_LAZY bool has_our_metadata(const io::Tensors& tensors) {
  const auto format = tensors.metadata().find("format");
  if (format == tensors.metadata().end() || format->second == "pt") return false;
  if (format->second != "lifelog-model")
    throw format_error(tensors.source(), "expected a model (format 'lifelog-model' or 'pt'), got format '" +
                                             lifelog::detail::shown(format->second) + "'");
  if (tensors.metadata("version") != "1")
    throw format_error(tensors.source(), "expected model version 1, got '" +
                                             lifelog::detail::shown(tensors.metadata("version")) + "'");
  return true;
}

/// Throws format_error where a direction of weights has an output without length, by which its weights are divided.
template<class Network>
void require_lengths(const io::Tensors& tensors, const Network& net) {
  using T = typename Network::Scalar;
  nn::visit(
      [&](const nn::Path& path, const nn::Layout& layout, const T* values) {
        if (path.name == nullptr || std::string_view(path.name) != "weight_v") return;
        std::vector<T> squares(static_cast<std::size_t>(layout.shape[0]));
        train::detail::for_each_element(layout, [&](Index ours, std::size_t at) {
          squares[at * squares.size() / static_cast<std::size_t>(layout.size())] +=
              values[ours] * values[ours];
        });
        if (*std::min_element(squares.begin(), squares.end()) == 0)
          throw format_error(tensors.where(nn::to_string(path)),
                             "expected some length for each output: its weights are divided by it");
      },
      net);
}

/// Names of the classes, or their numbers where none are given.
LIFELOG_LAZY std::vector<std::string> class_names(const io::Tensors& tensors, bool ours, std::size_t count) {
  std::vector<std::string> names;
  if (ours) names = split(tensors.metadata("classes"));
  for (std::size_t c = names.size(); !ours && c < count; ++c) names.push_back(std::to_string(c));
  if (names.size() != count)
    throw format_error(tensors.source(), "metadata 'classes' names " + std::to_string(names.size()) +
                                             ", the network has " + std::to_string(count));
  return names;
}

template<class T, class Encoders>
BasicModel<T, Encoders> model_of(const io::Tensors& tensors) {
  using Network = BagNetwork<T, Encoders>;
  const bool ours = has_our_metadata(tensors);
  if (encoder_of(tensors, ours) != Encoders::name)
    refuse(tensors, "encoder", {Encoders::name}, encoder_of(tensors, ours));
  const auto shapes = ours ? stated_modalities(tensors) : infer_modalities(tensors);
  const auto classes = classes_of(tensors, shapes);
  require_room(tensors, shapes, classes);
  BasicModel<T, Encoders> model{Network(shapes, classes, pool_of<Network>(tensors, ours)),
                                class_names(tensors, ours, static_cast<std::size_t>(classes)),
                                {}};
  train::assign_tensors(model.network, tensors);
  require_lengths(tensors, model.network);
  const std::set<std::string> stated{"format", "version", "modalities", "channels",
                                     "inputs", "classes", "encoder",    "pool"};
  for (const auto& [key, value] : tensors.metadata())
    if (stated.count(key) == 0) model.notes[key] = value;
  return model;
}

}  // namespace detail

/// Reads a model of ours, or a bare `state_dict` of the original, whose modalities, channels and classes are told from names
/// and shapes, in each of the forms that `train::assign_tensors` takes. Strict: one format_error on all tensors that are
/// missing, unknown, of another shape or type, or whose values cannot be those of a network; another on a file of other
/// encoders or another pool, which it names.
template<class T = float, class Encoders = StudyEncoders>
BasicModel<T, Encoders> load_model(const std::string& path) {
  return detail::model_of<T, Encoders>(io::Tensors::load(path));
}

}  // namespace lifelog::mil
