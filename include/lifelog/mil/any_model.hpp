// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model_file.hpp"

// The encoders that have names on command lines and in model files, and models of any of them.

namespace lifelog::inline LIFELOG_ABI::mil {

/// A list of types of encoders.
template<class... Encoders>
struct EncoderList {
  static std::vector<std::string> names() { return {Encoders::name...}; }

  /// body(E()) of the encoders E of this name. Throws std::invalid_argument without such ones.
  template<class Body>
  static auto with(std::string_view name, const Body& body) {
    return with_one<decltype(body(StudyEncoders())), Encoders...>(name, body);
  }

  template<class T>
  using Model = std::variant<BasicModel<T, Encoders>...>;

 private:
  template<class Result, class First, class... Rest, class Body>
  static Result with_one(std::string_view name, const Body& body) {
    if (name == First::name) return body(First());
    if constexpr (sizeof...(Rest) > 0) {
      return with_one<Result, Rest...>(name, body);
    } else {
      std::string known;
      for (const auto& one : names()) known += (known.empty() ? "'" : ", '") + one + "'";
      throw std::invalid_argument("encoder: expected " + known + ", got '" + lifelog::detail::shown(name) +
                                  "'");
    }
  }
};

using KnownEncoders = EncoderList<StudyEncoders, SmallEncoders, Tcn8Encoders>;
using AnyModel = KnownEncoders::Model<float>;

/// As `load_model`, a model of whichever encoders its file names; format_error on encoders that are not among these.
template<class List = KnownEncoders>
typename List::template Model<float> load_any_model(const std::string& path) {
  using Any = typename List::template Model<float>;
  const auto tensors = io::Tensors::load(path);
  const auto name = detail::encoder_of(tensors, detail::has_our_metadata(tensors));
  for (const auto& known : List::names())
    if (known == name)
      return List::with(
          name, [&]<class Encoders>(Encoders) -> Any { return detail::model_of<float, Encoders>(tensors); });
  detail::refuse(tensors, "encoder", List::names(), name);
}

/// The kinds of a model's instances; its classes; their names.
template<class... Models>
std::vector<ModalityShape> shapes_of(const std::variant<Models...>& any) {
  return std::visit([](const auto& model) { return model.network.shapes(); }, any);
}
template<class... Models>
Index classes_of(const std::variant<Models...>& any) {
  return std::visit([](const auto& model) { return model.network.classes(); }, any);
}
template<class... Models>
std::vector<std::string> class_names_of(const std::variant<Models...>& any) {
  return std::visit([](const auto& model) { return model.classes; }, any);
}

}  // namespace lifelog::mil
