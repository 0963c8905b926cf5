// SPDX-License-Identifier: MIT
#include <lifelog/mil/bag_network.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <set>

#include "../support/golden_tensors.hpp"

BOOST_AUTO_TEST_SUITE(mil_bag_network)

using namespace lifelog;
using namespace lifelog::mil;

namespace {

const std::vector<ModalityShape> study = {{"e4Acc", 3}, {"e4Bvp", 1},  {"e4Eda", 1},
                                          {"e4Hr", 0},  {"e4Temp", 1}, {"mAcc", 3},
                                          {"mGps", 0},  {"mGyr", 3},   {"mMag", 3}};

using Shapes = std::map<std::string, std::vector<std::size_t>>;

Shapes shapes_of(const BagNetwork<float>& net) {
  Shapes shapes;
  nn::visit(
      [&](const nn::Path& path, const nn::Layout& layout, const float*) {
        BOOST_TEST(shapes.emplace(nn::to_string(path), train::detail::shape_of(layout)).second,
                   "named twice");
      },
      net);
  return shapes;
}

/// The state_dict of the study's network, as its description has it.
Shapes state_dict(const std::vector<ModalityShape>& modalities, std::size_t classes) {
  Shapes shapes;
  for (const auto& m : modalities) {
    const auto net = m.name + "ILNet.";
    shapes[net + "Vl.1.weight"] = {classes, 32};
    shapes[net + "Vl.1.bias"] = {classes};
    if (m.scalar()) {
      shapes[net + "Encoder.0.weight"] = {32, 1};
      shapes[net + "Encoder.3.weight"] = {32, 32};
      for (const char* layer : {"0", "1", "3", "4"}) shapes[net + "Encoder." + layer + ".bias"] = {32};
      for (const std::string norm : {"1.", "4."}) {
        for (const char* name : {"weight", "running_mean", "running_var"})
          shapes[net + "Encoder." + norm + name] = {32};
        shapes[net + "Encoder." + norm + "num_batches_tracked"] = {};
      }
      continue;
    }
    auto in = static_cast<std::size_t>(m.channels);
    for (const std::string block : {"0", "1", "2"}) {
      const std::size_t out = block == "2" ? 16 : 8;
      const auto at = net + "Encoder.network.0.network." + block + ".";
      for (const std::string conv : {"causal.0.", "causal.3."}) {
        shapes[at + conv + "weight_g"] = {out, 1, 1};
        shapes[at + conv + "weight_v"] = {out, conv == "causal.0." ? in : out, 3};
        shapes[at + conv + "bias"] = {out};
      }
      if (in != out) {
        shapes[at + "upordownsample.weight"] = {out, in, 1};
        shapes[at + "upordownsample.bias"] = {out};
      }
      in = out;
    }
    shapes[net + "Encoder.network.3.weight"] = {32, 16};
    shapes[net + "Encoder.network.3.bias"] = {32};
  }
  shapes["Kl.1.weight"] = {1, 32};
  shapes["Kl.1.bias"] = {1};
  shapes["Ql.1.weight"] = {modalities.size(), 32};
  shapes["Ql.1.bias"] = {modalities.size()};
  return shapes;
}

std::vector<float> bits_of(const BagNetwork<float>& net) {
  std::vector<float> bits;
  nn::visit([&](const nn::Path&, const nn::Layout& layout,
                const float* w) { bits.insert(bits.end(), w, w + layout.size()); },
            net);
  return bits;
}

}  // namespace

BOOST_AUTO_TEST_CASE(has_the_tensors_of_the_studys_state_dict) {
  BOOST_TEST((shapes_of(BagNetwork<float>(study, 4)) == state_dict(study, 4)));
  const std::vector<ModalityShape> few = {{"z", 2}, {"a", 0}, {"m", 16}};
  BOOST_TEST((shapes_of(BagNetwork<float>(few, 7)) == state_dict(few, 7)));
}

BOOST_AUTO_TEST_CASE(has_the_studys_number_of_parameters) {
  BOOST_TEST(nn::parameter_count(BagNetwork<float>(study, 4)) == 22358);
  static_assert(SeriesEncoder<float>::lookback == 28);
}

BOOST_AUTO_TEST_CASE(the_golden_file_has_no_other_tensors) {
  const auto file = golden::tensors("network.safetensors");
  BagNetwork<float> net({{"A", 3}, {"B", 1}, {"H", 0}, {"C", 1}}, 3);
  const auto used = train::assign_tensors(net, file, "", train::Others::ignored);
  for (const auto& tensor : file.tensors())
    if (const auto& name = tensor.name; name.rfind("grad.", 0) != 0 && name.rfind("after.", 0) != 0)
      BOOST_TEST(used.count(name) == (name.find("ILNet.") != std::string::npos || name.rfind("Kl.", 0) == 0 ||
                                      name.rfind("Ql.", 0) == 0),
                 name);
}

BOOST_AUTO_TEST_CASE(same_seed_same_bits) {
  const auto net = make_bag_network<float>(study, 4, 5);
  BOOST_TEST((bits_of(net) == bits_of(make_bag_network<float>(study, 4, 5))));
  BOOST_TEST((bits_of(net) != bits_of(make_bag_network<float>(study, 4, 6))));
  BagNetwork<float> rounded(study, 4);
  nn::copy(rounded, make_bag_network<double>(study, 4, 5));
  nn::visit(
      [](const nn::Path&, const nn::Layout& layout, const float* a, const float* b) {
        for (Index i = 0; i < layout.size(); ++i) BOOST_TEST(std::abs(a[i] - b[i]) <= 1e-6f);
      },
      net, rounded);
}

// Uniform in ±1/√fan_in; normalised convolutions start at w = v; batch norm at one and zero.
BOOST_AUTO_TEST_CASE(starts_as_pytorch_does) {
  const auto net = make_bag_network<double>(study, 4, 7);
  std::map<std::string, std::vector<double>> values;
  std::map<std::string, double> fan_in;
  nn::visit(
      [&](const nn::Path& path, const nn::Layout& layout, const double* w) {
        const auto name = nn::to_string(path);
        values[name].assign(w, w + layout.size());
        if (layout.role == nn::Role::parameter && layout.rank > 1 &&
            layout.shape[1] * layout.shape[layout.rank - 1] > 1)
          fan_in[name.substr(0, name.rfind('.'))] =
              static_cast<double>(layout.shape[1] * (layout.rank == 3 ? layout.shape[2] : 1));
      },
      net);
  int layers = 0;
  for (const auto& [layer, inputs] : fan_in) {
    const double bound = 1 / std::sqrt(inputs);
    for (const char* part : {".weight", ".weight_v", ".bias"}) {
      const auto found = values.find(layer + part);
      if (found == values.end()) continue;
      double largest = 0;
      for (const double w : found->second) largest = std::max(largest, std::abs(w));
      BOOST_TEST(largest <= bound, layer << part);
      if (found->second.size() > 100) BOOST_TEST(largest > 0.9 * bound, layer << part);
      ++layers;
    }
  }
  BOOST_TEST(layers > 100);
  const auto& block = "e4AccILNet.Encoder.network.0.network.2.causal.3.";
  const auto& v = values[std::string(block) + "weight_v"];  // column-major: output fastest
  const auto& g = values[std::string(block) + "weight_g"];
  for (std::size_t o = 0; o < 16; ++o) {
    double norm = 0;
    for (std::size_t j = 0; j < 48; ++j) norm += v[j * 16 + o] * v[j * 16 + o];
    BOOST_TEST(std::abs(g[o] - std::sqrt(norm)) < 1e-15);
  }
  for (const double w : values["e4HrILNet.Encoder.4.weight"]) BOOST_TEST(w == 1);
  for (const double w : values["e4HrILNet.Encoder.4.bias"]) BOOST_TEST(w == 0);
  for (const double w : values["e4HrILNet.Encoder.1.running_var"]) BOOST_TEST(w == 1);
}

BOOST_AUTO_TEST_CASE(copies_are_independent) {
  const auto net = make_bag_network<float>(study, 4, 8);
  const auto before = bits_of(net);
  auto copy = net;
  nn::visit([](const nn::Path&, const nn::Layout& layout, float* w) { std::fill_n(w, layout.size(), 1.0f); },
            copy);
  BOOST_TEST((bits_of(net) == before));
}

BOOST_AUTO_TEST_SUITE_END()
