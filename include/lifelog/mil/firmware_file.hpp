// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "../core/version.hpp"
#include "../io/c_header.hpp"
#include "modal_importance.hpp"
#include "model_file.hpp"

namespace lifelog::inline LIFELOG_ABI::mil {

/// How one channel's samples are standardised before the network sees them: (x − mean) / deviation.
struct ChannelScale {
  double mean = 0, deviation = 1;
};

struct FirmwareOptions {
  std::string name = "model";  ///< the header's namespace
  /// [modalities][channels] (one for a scalar), as the model was trained; empty: inputs as they are.
  std::vector<std::vector<ChannelScale>> scales = {};
  std::uint64_t seed = 1;  ///< of the self-test's inputs
  Index test_samples = 64;
};

namespace detail {

/// One bag of a self-test: inputs as sensors give them, and what the network says of them.
struct SelfTest {
  std::vector<float> inputs, importance, log_probabilities;
};

LIFELOG_LAZY ChannelScale scale_of(const FirmwareOptions& options, std::size_t modality, Index channel) {
  return options.scales.empty() ? ChannelScale{}
                                : options.scales[modality][static_cast<std::size_t>(channel)];
}

/// Draws standard normal inputs, scaled and shifted to the sensors' units, and evaluates the bag as a whole.
template<class T, class Encoders>
SelfTest make_self_test(const BagNetwork<T, Encoders>& net, const FirmwareOptions& options) {
  SelfTest test;
  Random random(options.seed);
  std::vector<std::vector<T>> seen;  // a modality's inputs as the network sees them, [channels][samples]
  Bags<T> bags;
  bags.count = 1;
  for (const auto& shape : net.shapes()) {
    const Index channels = std::max<Index>(shape.channels, 1),
                length = shape.scalar() ? 1 : options.test_samples;
    auto& values = seen.emplace_back(static_cast<std::size_t>(channels * length));
    for (Index t = 0; t < length; ++t)
      for (Index c = 0; c < channels; ++c) {
        const auto scale = scale_of(options, seen.size() - 1, c);
        const auto raw = static_cast<float>(scale.mean + scale.deviation * random.normal());
        test.inputs.push_back(raw);
        values[static_cast<std::size_t>(c * length + t)] =
            static_cast<T>((static_cast<double>(raw) - scale.mean) / scale.deviation);
      }
    bags.modalities.push_back({shape.name, nullptr, shape.channels, length});
  }
  for (std::size_t m = 0; m < seen.size(); ++m) bags.modalities[m].values = seen[m].data();
  const auto out = evaluate(net, bags, 1);
  test.importance.assign(out.importance.data(), out.importance.data() + out.importance.size());
  test.log_probabilities.assign(out.log_probabilities.data(),
                                out.log_probabilities.data() + out.log_probabilities.size());
  return test;
}

/// All weights in the order in which `FixedBagNetwork` takes them over, convolutions folded.
template<class T, class Encoders>
std::vector<io::CHeader::Part> firmware_weights(const BagNetwork<T, Encoders>& net,
                                                const FirmwareOptions& options) {
  std::vector<io::CHeader::Part> parts;
  const auto add = [&](const std::string& prefix, const auto& part) {
    nn::visit(
        [&](const nn::Path& path, const nn::Layout& layout, const T* data) {
          parts.push_back({prefix + nn::to_string(path), {data, data + layout.size()}});
        },
        part);
  };
  for (std::size_t m = 0; m < net.branches.size(); ++m) {
    const auto& branch = net.branches[m];
    io::CHeader::Part mean{branch.prefix + " mean", {}}, rest{branch.prefix + " mean, rest", {}},
        deviation{branch.prefix + " deviation", {}};
    for (Index c = 0; c < std::max<Index>(branch.shape.channels, 1); ++c) {
      const auto scale = scale_of(options, m, c);
      mean.values.push_back(static_cast<float>(scale.mean));
      rest.values.push_back(static_cast<float>(scale.mean - static_cast<double>(mean.values.back())));
      deviation.values.push_back(static_cast<float>(scale.deviation));
    }
    parts.insert(parts.end(), {mean, rest, deviation});
    std::visit([&](const auto& encoder) { add(branch.prefix + ".Encoder.", encoder.fold()); },
               branch.encoder);
    if (!net.values_after_pool()) add(branch.prefix + ".Vl.", branch.value);
  }
  std::visit([&]<class AnyPool>(const AnyPool& pool) { add("", pool); }, net.pool);
  return parts;
}

/// The begin of the type of such a network in a header.
template<class Encoders>
std::string fixed_network() {
  if constexpr (std::is_same_v<Encoders, StudyEncoders>)
    return "FixedBagNetwork<float, ";
  else
    return std::string("FixedBagNetworkOf<float, ") + Encoders::type + ", ";
}

template<class T, class Encoders>
void require_scales(const BagNetwork<T, Encoders>& net, const FirmwareOptions& options) {
  using lifelog::detail::require;
  if (options.scales.empty()) return;
  require(options.scales.size() == net.branches.size(), "scales: expected ", net.branches.size(),
          " modalities, got ", options.scales.size());
  for (std::size_t m = 0; m < options.scales.size(); ++m) {
    const auto& shape = net.branches[m].shape;
    const auto count = static_cast<std::size_t>(std::max<Index>(shape.channels, 1));
    require(options.scales[m].size() == count, "scales: expected ", count, " channels of '", shape.name,
            "', got ", options.scales[m].size());
    for (const auto& scale : options.scales[m])
      require(lifelog::detail::is_finite(scale.mean) && lifelog::detail::is_finite(scale.deviation) &&
                  scale.deviation > 0,
              "scales: expected a finite mean and a deviation above 0, got ", scale.mean, " and ",
              scale.deviation, " for '", shape.name, "'");
  }
}

}  // namespace detail

/// What `FixedBagNetwork::load` takes over of a network, for those who bring it to a device by other ways than a header.
template<class T, class Encoders>
std::vector<float> fixed_weights(const BagNetwork<T, Encoders>& net, const FirmwareOptions& options = {}) {
  detail::require_scales(net, options);
  std::vector<float> weights;
  for (const auto& part : detail::firmware_weights(net, options))
    weights.insert(weights.end(), part.values.begin(), part.values.end());
  return weights;
}

/// A model as a header for firmware: its `Network` (fixed_bag.hpp), weights, names, and a self-test. It needs
/// lifelog/embedded.hpp and Eigen.
///
///     #include "model.hpp"
///     model::Network network;
///     model::Stream stream;
///     network.load(model::weights);
///     if (!(model::self_test(network, stream) < 1e-4f)) …
///
/// Throws std::invalid_argument for scales that do not fit the model, a name that is no identifier, or weights that are
/// not finite.
template<class T, class Encoders>
io::CHeader firmware_header(const BasicModel<T, Encoders>& model, const FirmwareOptions& options) {
  detail::require_scales(model.network, options);
  lifelog::detail::require(options.test_samples > 0, "test_samples: expected at least 1, got ",
                           options.test_samples);
  const auto test = detail::make_self_test(model.network, options);
  const auto kind = std::string(pool_name(model.network.pool_kind()));
  std::vector<std::string> names;
  std::string channels;
  for (const auto& shape : model.network.shapes()) {
    names.push_back(shape.name);
    channels += ", " + std::to_string(shape.channels);
  }
  io::CHeader header(options.name, {"<lifelog/embedded.hpp>"});
  header.comment("Written by lifelog " LIFELOG_VERSION "'s export_firmware.");
  header.comment("Modalities, as numbered in Stream::push, and classes, as in its log-probabilities.");
  header.strings("modalities", names);
  header.strings("classes", model.classes);
  header.code("\nusing Network = lifelog::mil::" + detail::fixed_network<Encoders>() +
              std::to_string(model.network.classes()) + ", lifelog::mil::Pool::" + kind + channels + ">;");
  header.code("using Stream = lifelog::mil::FixedBagStream<Network>;");
  header.comment("What Network::load takes over; convolutions are folded.");
  header.array("weights", detail::firmware_weights(model.network, options));
  header.comment("A bag, modality after modality, [sample][channel]; and what it comes to.");
  header.constant("test_samples", options.test_samples);
  header.array("test_inputs", {{"", test.inputs}});
  header.array("test_importance", {{"", test.importance}});
  header.array("test_log_probabilities", {{"", test.log_probabilities}});
  header.comment("Largest deviation from that.");
  header.code(
      "inline float self_test(const Network& network, Stream& stream) {\n"
      "  return lifelog::mil::self_test(network, stream, test_inputs, test_samples, test_importance,\n"
      "                                 test_log_probabilities);\n"
      "}");
  return header;
}

}  // namespace lifelog::mil
