// SPDX-License-Identifier: MIT
#include <lifelog/mil/any_instances.hpp>
#include <lifelog/mil/fixed_bag.hpp>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"
#include "bags.hpp"

BOOST_AUTO_TEST_SUITE(mil_encoders)

using namespace lifelog;
using namespace lifelog::mil;

namespace {

const std::vector<ModalityShape> shapes = {{"acc", 3}, {"hr", 0}, {"bvp", 1}};

/// Batch norms' statistics and attention away from where they start.
template<class Encoders>
BasicModel<float, Encoders> model_of(Pool pool) {
  BasicModel<float, Encoders> model{
      make_bag_network<float, Encoders>(shapes, 2, 3, pool), {"calm", "tense"}, {{"user", "1"}}};
  Random random(6);
  nn::visit(
      [&](const nn::Path&, const nn::Layout& layout, float* w) {
        for (Index i = 0; i < layout.size(); ++i) w[i] *= static_cast<float>(random.uniform(0.5, 2));
      },
      model.network);
  return model;
}

template<class Network>
bool same_bits(const Network& a, const Network& b) {
  bool same = true;
  nn::visit([&](const nn::Path&, const nn::Layout& layout, const float* x,
                const float* y) { same = same && std::equal(x, x + layout.size(), y); },
            a, b);
  return same;
}

OwnedBags<float> bags_of_noise() {
  OwnedBags<float> owned;
  Random random(4);
  owned.bags.count = 3;
  owned.add_noise("acc", 3, 300, random);
  owned.add_noise("hr", 0, 1, random);
  owned.add_noise("bvp", 1, 1500, random);  // longer than the longest encoder looks back
  return owned;
}

template<class Encoders>
void check_stream(const BagNetwork<float, Encoders>& net) {
  const auto owned = bags_of_noise();
  const auto whole = evaluate(net, owned.bags);
  BagStream<float, Encoders> stream(net);
  for (Index n = 0; n < owned.bags.count; ++n) {
    stream.reset();
    for (std::size_t m = 0; m < shapes.size(); ++m) {
      const auto& kind = owned.bags.modalities[m];
      for (Index t = 0; t < kind.length; ++t) {
        std::vector<float> sample;
        for (Index c = 0; c < std::max<Index>(1, kind.channels); ++c)
          sample.push_back(kind.instance(n)[c * kind.length + t]);
        stream.push(static_cast<Index>(m), sample.data());
      }
    }
    stream.evaluate();
    BOOST_TEST((stream.importance().matrix().transpose() - whole.importance.row(n)).cwiseAbs().maxCoeff() <
               1e-5f);
    BOOST_TEST((stream.log_probabilities().matrix().transpose() - whole.log_probabilities.row(n))
                   .cwiseAbs()
                   .maxCoeff() < 1e-5f);
  }
}

/// Labels by whether a series waves slowly or fast, which each of the encoders can tell.
template<class Encoders>
void check_training() {
  const PlantedBags planted(120);
  const auto net = make_bag_network<float, Encoders>(planted.owned.bags.shapes(), 2, 1);
  BagTask<float, Encoders> task(net, planted.owned.bags, planted.labels);
  std::vector<Index> train_bags, test_bags, predicted;
  for (Index n = 0; n < 120; ++n) (n < 80 ? train_bags : test_bags).push_back(n);
  train::TrainOptions options;
  options.epochs = 20;
  options.batch = 16;
  train::TrainState<BagNetwork<float, Encoders>> state(net, options.optimizer);
  train::train(task, train_bags, {}, options, state);
  task.predict(state.best, test_bags, predicted);
  int right = 0;
  for (std::size_t i = 0; i < test_bags.size(); ++i) right += predicted[i] == task.label(test_bags[i]);
  BOOST_TEST(right >= 34);  // of 40
}

template<class Encoders>
void check_file() {
  const TempDir dir;
  const auto path = (dir / "m").string();
  for (const Pool pool : {Pool::self, Pool::embedding_gated}) {
    const auto model = model_of<Encoders>(pool);
    save_model(path, model);
    BOOST_TEST(io::Tensors::load(path).metadata("encoder") == Encoders::name);
    const auto any = load_any_model(path);
    const auto* loaded = std::get_if<BasicModel<float, Encoders>>(&any);
    BOOST_REQUIRE(loaded != nullptr);
    BOOST_TEST(same_bits(loaded->network, model.network));
    BOOST_TEST((loaded->classes == model.classes));
    BOOST_TEST((loaded->notes == model.notes));
    save_model((dir / "again").string(), *loaded);
    BOOST_TEST(io::read_file(path) == io::read_file(dir / "again"));
  }
}

/// Fed sample by sample, in fixed memory.
template<class Encoders>
void check_device() {
  using Fixed = FixedBagNetworkOf<float, Encoders, 2, Pool::gated, 3, 0, 1>;
  const auto model = model_of<Encoders>(Pool::gated);
  const FirmwareOptions options;
  Fixed network;
  FixedBagStream<Fixed> stream;
  const auto weights = fixed_weights(model.network);
  network.load(weights.data(), static_cast<Index>(weights.size()));
  const auto test = mil::detail::make_self_test(model.network, options);
  BOOST_TEST(self_test(network, stream, test.inputs.data(), options.test_samples, test.importance.data(),
                       test.log_probabilities.data()) < 2e-5f);
  const auto header = firmware_header(model, options).text();
  BOOST_TEST((header.find("FixedBagNetworkOf<float, " + std::string(Encoders::type) +
                          ", 2, lifelog::mil::Pool::gated, 3, 0, 1>") != std::string::npos));
}

/// Of vectors of four numbers, with a pool that weighs by halves.
struct Halves : Even {};
struct OwnEncoders {
  static constexpr const char* name = "own vectors";
  template<class T>
  static auto vector(Index inputs) {
    using namespace nn;
    lifelog::detail::require(inputs == 4, "encoder: expected vectors of 4 numbers, got ", inputs);
    return input<4, T> | linear<5>;
  }
  template<class T, Index keys>
  using Pool = ScorePool<ScoreHead<T, keys>, Halves>;
};

}  // namespace

BOOST_AUTO_TEST_CASE(reach_as_far_as_they_say) {
  const auto reach = []<class Encoders>(Encoders) {
    return decltype(Encoders::template series<float>(Index{1}))::lookback;
  };
  BOOST_TEST(reach(StudyEncoders()) == 28);
  BOOST_TEST(reach(SmallEncoders()) == 10);
  BOOST_TEST(reach(Tcn8Encoders()) == 1020);
}

BOOST_AUTO_TEST_CASE(stream_as_they_evaluate_bags) {
  check_stream(model_of<SmallEncoders>(Pool::self).network);
  check_stream(model_of<Tcn8Encoders>(Pool::self).network);
}

BOOST_AUTO_TEST_CASE(learn) {
  check_training<SmallEncoders>();
  check_training<Tcn8Encoders>();
}

BOOST_AUTO_TEST_CASE(files_say_what_they_are_of) {
  check_file<StudyEncoders>();
  check_file<SmallEncoders>();
  check_file<Tcn8Encoders>();
}

BOOST_AUTO_TEST_CASE(run_on_devices) {
  check_device<SmallEncoders>();
  check_device<Tcn8Encoders>();
}

// Of before there was a choice.
BOOST_AUTO_TEST_CASE(a_file_that_names_none_is_of_the_study) {
  const TempDir dir;
  const auto path = (dir / "m").string();
  const auto model = model_of<StudyEncoders>(Pool::self);
  save_model(path, model);
  auto tensors = io::Tensors::load(path);
  tensors.metadata().erase("encoder");
  tensors.save(path);
  BOOST_TEST(same_bits(load_model(path).network, model.network));
  BOOST_TEST(load_any_model(path).index() == 0u);
}

BOOST_AUTO_TEST_CASE(encoders_that_nobody_knows_are_named) {
  const TempDir dir;
  const auto path = (dir / "m.safetensors").string();
  save_model(path, model_of<SmallEncoders>(Pool::self));
  check_throws<format_error>([&] { load_model(path); },
                             {"m.safetensors", "expected encoder 'study'", "got 'small'"});
  auto tensors = io::Tensors::load(path);
  tensors.metadata()["encoder"] = "tcn99";
  tensors.save(path);
  check_throws<format_error>([&] { load_any_model(path); },
                             {"m.safetensors", "expected encoder 'study', 'small', 'tcn8'", "got 'tcn99'"});
  // Named, and not what the file holds.
  tensors.metadata()["encoder"] = "study";
  tensors.save(path);
  check_throws<format_error>([&] { load_any_model(path); }, {"m.safetensors", "accILNet.Encoder"});
  check_throws<std::invalid_argument>([&] { KnownEncoders::with("tiny", [](auto) { return 0; }); },
                                      {"'study', 'small', 'tcn8'", "got 'tiny'"});
}

BOOST_AUTO_TEST_CASE(encoders_and_pools_of_ones_own_have_files) {
  const TempDir dir;
  const auto path = (dir / "m").string();
  const BasicModel<float, OwnEncoders> model{
      make_bag_network<float, OwnEncoders>({{"x", 0, 4}}, 2, 1), {"no", "yes"}, {}};
  save_model(path, model);
  const auto loaded = load_model<float, OwnEncoders>(path);
  BOOST_TEST(same_bits(loaded.network, model.network));
  BOOST_TEST(loaded.network.shapes()[0].inputs == 4);
  check_throws<format_error>([&] { load_any_model(path); }, {"'tcn8'", "got 'own vectors'"});
  auto tensors = io::Tensors::load(path);
  tensors.metadata()["pool"] = "self";
  tensors.save(path);
  check_throws<format_error>([&] { load_model<float, OwnEncoders>(path); },
                             {"expected pool 'own'", "got 'self'"});
}

BOOST_AUTO_TEST_SUITE_END()
