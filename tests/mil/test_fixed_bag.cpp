// SPDX-License-Identifier: MIT
#include <lifelog/mil/firmware_file.hpp>
#include <lifelog/mil/fixed_bag.hpp>
#include <lifelog/mil/instances.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(mil_fixed_bag)

using namespace lifelog;
using namespace lifelog::mil;

namespace {

// A modality of each kind: of 8 channels the first shortcut is the input itself.
const std::vector<ModalityShape> shapes = {{"acc", 3}, {"hr", 0}, {"emg", 8}, {"bvp", 1}};
template<Pool kind>
using Fixed = FixedBagNetwork<float, 3, kind, 3, 0, 8, 1>;

const std::vector<std::vector<ChannelScale>> scales = {
    {{1, 2}, {-3, 0.5}, {0, 1}}, {{70, 8}}, std::vector<ChannelScale>(8, {0.25, 3}), {{37.512345678, 1e-3}}};

// The other pools, of fewer kinds of sensors.
const std::vector<ModalityShape> few_shapes = {{"hr", 0}, {"light", 0}, {"bvp", 1}};
template<Pool kind>
using Few = FixedBagNetwork<float, 3, kind, 0, 0, 1>;
const std::vector<std::vector<ChannelScale>> few_scales = {{{70, 8}}, {{-3, 0.5}}, {{37.512345678, 1e-3}}};

/// Batch norms' statistics and attention away from where they start.
Model model_of(Pool kind, const std::vector<ModalityShape>& of = shapes) {
  Model model{make_bag_network<float>(of, 3, 5, kind), {"a", "b", "c"}, {}};
  Random random(6);
  nn::visit(
      [&](const nn::Path&, const nn::Layout& layout, float* w) {
        for (Index i = 0; i < layout.size(); ++i) w[i] *= static_cast<float>(random.uniform(0.5, 3));
      },
      model.network);
  return model;
}

template<class Network>
void load(Network& network, const Model& model, const FirmwareOptions& options) {
  const auto weights = fixed_weights(model.network, options);
  network.load(weights.data(), static_cast<Index>(weights.size()));
}

template<Pool kind, class Network>
void check_pool(const std::vector<ModalityShape>& of, const std::vector<std::vector<ChannelScale>>& with) {
  const auto model = model_of(kind, of);
  for (const Index samples : {1, 9, 300})
    for (const bool scaled : {false, true}) {
      FirmwareOptions options;
      options.test_samples = samples;
      if (scaled) options.scales = with;
      Network network;
      FixedBagStream<Network> stream;
      load(network, model, options);
      const auto test = mil::detail::make_self_test(model.network, options);
      const auto deviation = [&](const std::vector<float>& inputs) {
        return self_test(network, stream, inputs.data(), samples, test.importance.data(),
                         test.log_probabilities.data());
      };
      const float good = deviation(test.inputs);
      BOOST_TEST(good < 2e-5f);
      BOOST_TEST(deviation(test.inputs) == good);  // the stream begins anew
      for (const std::size_t i : {std::size_t{0}, test.inputs.size() - 1}) {
        auto other = test.inputs;
        other[i] = std::numeric_limits<float>::quiet_NaN();
        BOOST_TEST(!(deviation(other) < 1));
      }
      auto louder = test.inputs;
      for (auto& x : louder) x *= 3;
      BOOST_TEST(deviation(louder) > 1e-3f);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_the_bag_network_under_every_pool) {
  check_pool<Pool::self, Fixed<Pool::self>>(shapes, scales);
  check_pool<Pool::gated, Fixed<Pool::gated>>(shapes, scales);
  const auto check = [&]<Pool... kind>() {
    (check_pool<kind, Few<kind>>(few_shapes, few_scales), ...);
  };
  check.operator()<Pool::attention, Pool::mean, Pool::max, Pool::log_sum_exp, Pool::conjunctive,
                   Pool::additive, Pool::embedding_attention, Pool::embedding_gated>();
}

BOOST_AUTO_TEST_CASE(weights_are_the_models_own) {
  const auto model = model_of(Pool::self);
  Fixed<Pool::self> network;
  load(network, model, {});
  const auto& branch = std::get<0>(network.branches);
  const auto folded = std::get<SeriesEncoder<float>>(model.network.branches[0].encoder).signal.fold();
  BOOST_TEST((branch.encoder.signal.first.first.second.weight == folded.first.first.second.weight));
  BOOST_TEST((network.pool.query.first.second.bias != Eigen::Vector4f::Zero()));
  const float few[] = {1, 2};
  check_throws<std::invalid_argument>([&] { network.load(few); }, {"weights", "got 2"});
}

// A scalar modality is the mean of what is pushed.
BOOST_AUTO_TEST_CASE(scalars_are_means) {
  const auto model = model_of(Pool::self);
  Fixed<Pool::self> network;
  load(network, model, {});
  FixedBagStream<Fixed<Pool::self>> stream;
  stream.reset();
  float importance[4], log_p[3], once[4], once_log_p[3];
  const float zeros[8] = {}, low = 0.5f, high = 1.5f, mean = 1;
  for (const Index m : {0, 2, 3}) stream.push(network, m, zeros);
  auto other = stream;
  stream.push(network, 1, &low);
  stream.push(network, 1, &high);
  BOOST_TEST(stream.evaluate(network, importance, log_p));
  other.push(network, 1, &mean);
  BOOST_TEST(other.evaluate(network, once, once_log_p));
  for (int m = 0; m < 4; ++m) BOOST_TEST(importance[m] == once[m]);
  BOOST_TEST(std::abs(importance[0] + importance[1] + importance[2] + importance[3] - 1) < 1e-6f);
}

// What has not been heard is not there, as in bags of the network itself; of nothing at all, nothing is told.
template<Pool kind>
void check_silence() {
  const auto model = model_of(kind, few_shapes);
  Few<kind> network;
  load(network, model, {});
  FixedBagStream<Few<kind>> stream;
  stream.reset();
  float importance[3] = {7, 7, 7}, log_p[3] = {7, 7, 7};
  BOOST_TEST(!stream.evaluate(network, importance, log_p));
  BOOST_TEST(importance[0] == 7);
  const float light = 0.5f, pulse[] = {1, -2, 3};
  stream.push(network, 1, &light);
  for (const float sample : pulse) stream.push(network, 2, &sample);
  BOOST_TEST(!stream.heard(0));
  BOOST_TEST(stream.heard(2));
  BOOST_TEST(stream.evaluate(network, importance, log_p));
  const float never = std::numeric_limits<float>::quiet_NaN();
  const std::uint8_t there[] = {0};
  const auto whole = mil::evaluate(
      model.network,
      Bags<float>{1, {{"hr", &never, 0, 1, {}, there}, {"light", &light, 0, 1}, {"bvp", pulse, 1, 3}}}, 1);
  for (Index m = 0; m < 3; ++m) BOOST_TEST(std::abs(importance[m] - whole.importance(0, m)) < 1e-5f);
  for (Index c = 0; c < 3; ++c) BOOST_TEST(std::abs(log_p[c] - whole.log_probabilities(0, c)) < 1e-5f);
  BOOST_TEST(importance[0] == 0);
}

BOOST_AUTO_TEST_CASE(does_without_what_it_has_not_heard) {
  check_silence<Pool::self>();
  check_silence<Pool::conjunctive>();
  check_silence<Pool::embedding_gated>();
  check_silence<Pool::max>();
}

BOOST_AUTO_TEST_CASE(scales_that_do_not_fit) {
  using Error = std::invalid_argument;
  const auto model = model_of(Pool::self);
  const auto refuses = [&](auto change, const std::vector<std::string>& parts) {
    FirmwareOptions options;
    options.scales = scales;
    change(options);
    check_throws<Error>([&] { firmware_header(model, options); }, parts);
  };
  refuses([](auto& o) { o.scales.pop_back(); }, {"4 modalities", "got 3"});
  refuses([](auto& o) { o.scales[2].pop_back(); }, {"8 channels", "'emg'", "got 7"});
  refuses([](auto& o) { o.scales[1][0].deviation = 0; }, {"deviation", "'hr'"});
  refuses([](auto& o) { o.test_samples = 0; }, {"test_samples"});
  refuses([](auto& o) { o.name = "1st"; }, {"'1st'"});
}

BOOST_AUTO_TEST_SUITE_END()
