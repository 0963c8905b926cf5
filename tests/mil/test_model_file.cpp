// SPDX-License-Identifier: MIT
#include <lifelog/mil/instances.hpp>
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/mil/model_file.hpp>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>

#include "../support/golden_tensors.hpp"
#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(mil_model_file)

using namespace lifelog;
using namespace lifelog::mil;

namespace {

Model example() {
  Model model{make_bag_network<float>({{"mGyr", 3}, {"e4Hr", 0}, {"e4Bvp", 1}}, 3, 1),
              {"calm", "so so", "tense"},
              {}};
  auto& norm = std::get<ScalarEncoder<float>>(model.network.branches[1].encoder).second;
  norm.running_mean.setLinSpaced(-1, 1);
  norm.num_batches_tracked = 1234;
  return model;
}

bool same_bits(const BagNetwork<float>& a, const BagNetwork<float>& b) {
  bool same = true;
  nn::visit([&](const nn::Path&, const nn::Layout& layout, const float* x,
                const float* y) { same = same && std::equal(x, x + layout.size(), y); },
            a, b);
  return same;
}

void copy_tensor(io::Tensors& to, const io::Tensors& from, const io::Tensors::Tensor& t,
                 const std::string& name, const io::Tensors::Shape& shape) {
  switch (t.dtype) {
    case io::DType::f32:
      return to.add(name, shape, from.get<float>(t.name));
    case io::DType::f64:
      return to.add(name, shape, from.get<double>(t.name));
    default:
      return to.add(name, shape, from.get<std::int64_t>(t.name));
  }
}

/// The example's file, its tensors changed on the way: `change` may alter name and shape, or say false to drop one.
io::Tensors changed(const std::function<bool(std::string&, io::Tensors::Shape&)>& change) {
  const TempDir dir;
  save_model((dir / "m").string(), example());
  const auto saved = io::Tensors::load(dir / "m");
  io::Tensors out;
  out.metadata() = saved.metadata();
  for (const auto& t : saved.tensors()) {
    auto name = t.name;
    auto shape = t.shape;
    if (change(name, shape)) copy_tensor(out, saved, t, name, shape);
  }
  return out;
}

io::Tensors unchanged() {
  return changed([](auto&, auto&) { return true; });
}

void refuses(const io::Tensors& tensors, const std::vector<std::string>& parts) {
  const TempDir dir;
  tensors.save(dir / "m.safetensors");
  auto expected = parts;
  expected.emplace_back("m.safetensors");
  check_throws<format_error>([&] { load_model((dir / "m.safetensors").string()); }, expected);
}

io::Tensors with_metadata(const std::string& key, const std::string& value) {
  auto tensors = unchanged();
  tensors.metadata()[key] = value;
  return tensors;
}

/// The golden network as PyTorch's state_dict alone.
io::Tensors state_dict() {
  const auto file = golden::tensors("network.safetensors");
  io::Tensors out;
  for (const auto& t : file.tensors())
    if (t.name.find("ILNet.") == 1 || t.name.rfind("Kl.", 0) == 0 || t.name.rfind("Ql.", 0) == 0)
      copy_tensor(out, file, t, t.name, t.shape);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_round_trip_keeps_every_bit) {
  const TempDir dir;
  const auto path = (dir / "m.safetensors").string();
  const auto model = example();
  save_model(path, model);
  const auto loaded = load_model(path);
  BOOST_TEST(same_bits(loaded.network, model.network));
  BOOST_TEST((loaded.classes == model.classes));
  const auto shapes = loaded.network.shapes();
  BOOST_REQUIRE(shapes.size() == 3u);  // in the order they had, not the alphabet's
  BOOST_TEST(shapes[0].name == "mGyr");
  BOOST_TEST(shapes[0].channels == 3);
  BOOST_TEST(shapes[1].name == "e4Hr");
  BOOST_TEST(shapes[1].scalar());
  BOOST_TEST(shapes[2].name == "e4Bvp");
  save_model((dir / "again").string(), loaded);
  BOOST_TEST(io::read_file(path) == io::read_file(dir / "again"));
}

// Of counts that neither float nor double can hold.
BOOST_AUTO_TEST_CASE(a_count_comes_back_as_it_was) {
  const TempDir dir;
  const auto path = (dir / "m.safetensors").string();
  auto model = example();
  for (const std::int64_t count : {(std::int64_t{1} << 24) + 1, (std::int64_t{1} << 53) + 1}) {
    std::get<ScalarEncoder<float>>(model.network.branches[1].encoder).second.num_batches_tracked = count;
    save_model(path, model);
    const auto name = "e4HrILNet.Encoder.4.num_batches_tracked";
    BOOST_TEST(io::Tensors::load(path).get<std::int64_t>(name)[0] == count);
    save_model(path, load_model(path));
    BOOST_TEST(io::Tensors::load(path).get<std::int64_t>(name)[0] == count);
  }
}

BOOST_AUTO_TEST_CASE(values_that_make_no_network_are_named) {
  const auto refuses_with = [](const std::string& tensor, double value) {
    io::Tensors out;
    const auto saved = unchanged();
    out.metadata() = saved.metadata();
    for (const auto& t : saved.tensors()) {
      if (t.name != tensor) {
        copy_tensor(out, saved, t, t.name, t.shape);
      } else if (t.dtype == io::DType::i64) {
        const std::int64_t whole[] = {static_cast<std::int64_t>(value)};
        out.add(t.name, t.shape, std::span<const std::int64_t>(whole));
      } else {
        const auto values = saved.get<float>(t.name);
        std::vector<double> wide(values.begin(), values.end());
        wide.back() = value;
        out.add(t.name, t.shape, std::span<const double>(wide));
      }
    }
    BOOST_TEST_CONTEXT(tensor << " " << value) {
      refuses(out, {tensor});
    }
  };
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(), 1e39})
    for (const std::string tensor :
         {"mGyrILNet.Encoder.network.0.network.0.causal.0.weight_v", "e4HrILNet.Encoder.1.running_mean",
          "e4HrILNet.Encoder.4.running_var", "e4BvpILNet.Vl.1.bias", "Kl.1.weight"})
      refuses_with(tensor, bad);
  refuses_with("e4HrILNet.Encoder.1.running_var", -1e-6);
  refuses_with("e4HrILNet.Encoder.1.num_batches_tracked", -1);
}

// Finite, but a direction of no length: normalised it is 0 / 0.
BOOST_AUTO_TEST_CASE(a_direction_without_length_is_named) {
  const TempDir dir;
  const auto path = (dir / "m.safetensors").string();
  auto model = example();
  std::get<SeriesEncoder<float>>(model.network.branches[2].encoder)
      .signal.first.first.first.first.first.first.weight_v.row(5)
      .setZero();
  save_model(path, model);
  check_throws<format_error>([&] { load_model(path); },
                             {"e4BvpILNet.Encoder.network.0.network.0.causal.0.weight_v", "length"});
}

BOOST_AUTO_TEST_CASE(metadata_is_the_contracts) {
  const auto tensors = unchanged();
  BOOST_TEST(tensors.metadata("format") == "lifelog-model");
  BOOST_TEST(tensors.metadata("version") == "1");
  BOOST_TEST(tensors.metadata("modalities") == "mGyr,e4Hr,e4Bvp");
  BOOST_TEST(tensors.metadata("channels") == "3,0,1");
  BOOST_TEST(tensors.metadata("classes") == "calm,so so,tense");
  BOOST_TEST(tensors.metadata("pool") == "self");
}

BOOST_AUTO_TEST_CASE(tensors_are_pytorchs) {
  const auto tensors = unchanged();
  const auto& v = tensors.at("mGyrILNet.Encoder.network.0.network.0.causal.0.weight_v");
  BOOST_TEST((v.shape == io::Tensors::Shape{8, 3, 3}));
  BOOST_TEST((tensors.at("e4HrILNet.Encoder.4.num_batches_tracked").shape.empty()));
  BOOST_TEST(tensors.get<std::int64_t>("e4HrILNet.Encoder.4.num_batches_tracked")[0] == 1234);
  // (out, in, tap), row-major: tap 2 is the present, our last columns.
  const auto model = example();
  const auto& conv = std::get<SeriesEncoder<float>>(model.network.branches[0].encoder).signal;
  const auto& first = conv.first.first.first.first.first.first;
  const auto values = tensors.get<float>(v.name);
  for (Index o = 0; o < 8; ++o)
    for (Index i = 0; i < 3; ++i)
      for (Index k = 0; k < 3; ++k)
        BOOST_TEST(values[static_cast<std::size_t>((o * 3 + i) * 3 + k)] == first.weight_v(o, k * 3 + i));
}

// Of 8 channels, as many as the first block gives, the original has no 1×1 convolution there.
BOOST_AUTO_TEST_CASE(shortcuts_have_tensors_where_the_originals_do) {
  const TempDir dir;
  const auto path = (dir / "m.safetensors").string();
  for (const Index channels : {7, 8, 9}) {
    const Model model{make_bag_network<float>({{"emg", channels}}, 2, 1), {"a", "b"}, {}};
    save_model(path, model);
    BOOST_TEST(same_bits(load_model(path).network, model.network));
    auto tensors = io::Tensors::load(path);
    const std::string shortcut = "emgILNet.Encoder.network.0.network.0.upordownsample.";
    BOOST_TEST(tensors.contains(shortcut + "weight") == (channels != 8));
    BOOST_TEST(tensors.contains("emgILNet.Encoder.network.0.network.2.upordownsample.weight"));
    if (channels != 8) continue;
    tensors.add(shortcut + "bias", {8}, std::span<const float>(std::vector<float>(8)));
    refuses(tensors, {shortcut + "bias", "unknown tensor"});
  }
}

BOOST_AUTO_TEST_CASE(a_bare_state_dict_loads) {
  for (const bool stated : {false, true}) {
    const TempDir dir;
    auto tensors = state_dict();
    if (stated) tensors.metadata()["format"] = "pt";
    tensors.save(dir / "pt");
    const auto model = load_model((dir / "pt").string());
    const auto shapes = model.network.shapes();
    const std::vector<std::pair<std::string, Index>> expected = {{"A", 3}, {"B", 1}, {"C", 1}, {"H", 0}};
    BOOST_REQUIRE(shapes.size() == 4u);  // alphabetical
    for (std::size_t m = 0; m < 4; ++m) {
      BOOST_TEST(shapes[m].name == expected[m].first);
      BOOST_TEST(shapes[m].channels == expected[m].second);
    }
    BOOST_TEST((model.classes == std::vector<std::string>{"0", "1", "2"}));
    BagNetwork<float> expected_network(shapes, 3);
    train::assign_tensors(expected_network, golden::tensors("network.safetensors"), "",
                          train::Others::ignored);
    BOOST_TEST(same_bits(model.network, expected_network));
    BOOST_TEST(
        (std::get<SelfAttention<float>>(model.network.pool).key.first.second.weight.array() != 0).all());
  }
}

// Files as PyTorch wrote them: wrapped, parametrised, without weight norm, of half precision, of other counts.
BOOST_AUTO_TEST_CASE(forms_of_todays_state_dicts_load_as_pytorchs_network) {
  const auto expected = golden::tensors("state_expected.safetensors");
  const auto series = golden::values<float>(expected, "input.A"),
             scalars = golden::values<float>(expected, "input.H");
  const Bags<float> bags{5, {{"A", series.data(), 2, 20}, {"H", scalars.data(), 0, 1}}};
  for (const std::string name : {"parametrised", "removed", "f16", "bf16"}) BOOST_TEST_CONTEXT(name) {
      const auto model = load_model(std::string(paths::golden) + "/nn/state_" + name + ".safetensors");
      BOOST_REQUIRE(model.network.shapes().size() == 2u);
      BOOST_TEST(model.network.shapes()[0].channels == 2);
      BOOST_TEST(model.network.shapes()[1].scalar());
      const auto result = evaluate(model.network, bags);
      const RowMatrix<float> log_p = result.log_probabilities.transpose(),
                             importance = result.importance.transpose();
      BOOST_TEST(golden::deviation(log_p, expected, name + ".log_probabilities") < 1e-5);
      BOOST_TEST(golden::deviation(importance, expected, name + ".importance") < 1e-6);
      const auto& norm = std::get<ScalarEncoder<float>>(model.network.branches[1].encoder).second;
      BOOST_TEST(norm.num_batches_tracked == (name == "f16" ? 0 : 7));
    }
}

// Whatever the form it came in, it is written as the original's code loads it.
BOOST_AUTO_TEST_CASE(models_are_written_in_one_form) {
  const TempDir dir;
  const auto classic = load_model(std::string(paths::golden) + "/nn/state_f16.safetensors");
  save_model((dir / "classic").string(), classic);
  const auto expected = io::Tensors::load(dir / "classic");
  for (const std::string name : {"parametrised", "removed", "bf16"}) {
    save_model((dir / name).string(),
               load_model(std::string(paths::golden) + "/nn/state_" + name + ".safetensors"));
    const auto written = io::Tensors::load(dir / name);
    BOOST_REQUIRE(written.tensors().size() == expected.tensors().size());
    for (std::size_t i = 0; i < written.tensors().size(); ++i) {
      BOOST_TEST(written.tensors()[i].name == expected.tensors()[i].name);
      BOOST_TEST((written.tensors()[i].shape == expected.tensors()[i].shape));
      BOOST_TEST((written.tensors()[i].dtype == expected.tensors()[i].dtype));
    }
  }
  const std::string conv = "AILNet.Encoder.network.0.network.0.causal.0.";
  BOOST_TEST(expected.contains(conv + "weight_g"));
  BOOST_TEST(expected.contains(conv + "weight_v"));
  BOOST_TEST(!expected.contains(conv + "weight"));
}

// All of what is wrong, at once; of a series without its first weight the channels are those of its shortcut.
BOOST_AUTO_TEST_CASE(everything_that_is_wrong_is_told_at_once) {
  auto tensors = changed([](auto& name, auto& shape) {
    if (name == "e4BvpILNet.Vl.1.weight") shape = {32, 3};
    return name != "mGyrILNet.Vl.1.bias" &&
           name != "mGyrILNet.Encoder.network.0.network.0.causal.0.weight_v" &&
           name != "e4HrILNet.Encoder.1.running_var";
  });
  tensors.add("surplus", xt::xtensor<float, 1>{1, 2});
  for (const bool stated : {true, false}) {
    if (!stated) tensors.metadata().clear();
    refuses(tensors, {"missing tensors: ", "mGyrILNet.Encoder.network.0.network.0.causal.0.weight_v",
                      "mGyrILNet.Vl.1.bias", "e4HrILNet.Encoder.1.running_var", "; unknown tensor: surplus; ",
                      "misshapen tensor: e4BvpILNet.Vl.1.weight (expected (3, 32), got (32, 3))"});
  }
}

// A few bytes that state a network of gigabytes.
BOOST_AUTO_TEST_CASE(a_file_cannot_state_more_than_it_holds) {
  refuses(with_metadata("channels", "3,0,1000000"), {"larger than the file"});
}

BOOST_AUTO_TEST_CASE(the_pool_is_told_by_metadata_or_names) {
  for (const Pool kind : {Pool::self, Pool::attention, Pool::gated})
    for (const bool stated : {true, false}) {
      const TempDir dir;
      const Model model{make_bag_network<float>({{"a", 0}, {"b", 0}}, 2, 3, kind), {"0", "1"}, {}};
      save_model((dir / "m").string(), model);
      if (!stated) {
        auto bare = io::Tensors::load(dir / "m");
        bare.metadata().clear();
        bare.save(dir / "m");
      }
      const auto loaded = load_model((dir / "m").string());
      BOOST_TEST((loaded.network.pool_kind() == kind));
      BOOST_TEST(same_bits(loaded.network, model.network));
    }
}

BOOST_AUTO_TEST_CASE(tensors_that_do_not_fit_are_named) {
  const std::string missing = "e4BvpILNet.Encoder.network.0.network.1.causal.3.weight_g";
  refuses(changed([&](auto& name, auto&) { return name != missing; }), {missing});
  refuses(changed([&](auto& name, auto&) {
            if (name == missing) name = "e4BvpILNet.Encoder.surplus";
            return true;
          }),
          {missing});
  auto surplus = unchanged();
  surplus.add("mGyrILNet.Encoder.extra", xt::xtensor<float, 1>{1, 2});
  refuses(surplus, {"mGyrILNet.Encoder.extra", "unknown"});
  refuses(changed([](auto& name, auto& shape) {
            if (name == "Ql.1.weight") shape = {32, 3};
            return true;
          }),
          {"Ql.1.weight", "3, 32", "32, 3"});
  refuses(changed([](auto& name, auto& shape) {
            if (name == "mGyrILNet.Vl.1.bias") shape = {3, 1};
            return true;
          }),
          {"mGyrILNet.Vl.1.bias"});
  refuses(changed([](auto& name, auto&) { return name != "mGyrILNet.Vl.1.bias"; }), {"mGyrILNet.Vl.1.bias"});
}

BOOST_AUTO_TEST_CASE(metadata_that_does_not_fit) {
  refuses(with_metadata("format", "lifelog-dataset"), {"format", "lifelog-dataset"});
  refuses(with_metadata("version", "2"), {"version", "'2'"});
  refuses(with_metadata("pool", "median"), {"pool", "'median'"});
  refuses(with_metadata("channels", "3,0"), {"channels"});
  refuses(with_metadata("channels", "3,0,x"), {"channels", "'x'"});
  refuses(with_metadata("channels", "3,0,-1"), {"channels", "'-1'"});
  refuses(with_metadata("channels", "3,0,99999999999999999999"), {"channels"});
  refuses(with_metadata("channels", "2,0,1"), {"mGyrILNet.Encoder.network.0.network.0.causal.0.weight_v"});
  refuses(with_metadata("modalities", "mGyr,e4Hr,other"), {"otherILNet"});
  refuses(with_metadata("modalities", "mGyr,e4Hr,mGyr"), {"modalities", "twice"});
  refuses(with_metadata("classes", "a,b"), {"classes", "2", "3"});
  auto tensors = unchanged();
  tensors.metadata().erase("modalities");
  refuses(tensors, {"modalities"});
  tensors = unchanged();
  tensors.metadata().erase("version");
  refuses(tensors, {"version"});
}

BOOST_AUTO_TEST_CASE(files_that_are_no_model) {
  io::Tensors tensors;
  tensors.add("weight", xt::xtensor<float, 1>{1, 2});
  refuses(tensors, {"ILNet"});
  const TempDir dir;
  check_throws<io_error>([&] { load_model((dir / "none").string()); }, {"none"});
}

// Lists in files are cut at commas: what would not come back is refused.
BOOST_AUTO_TEST_CASE(names_that_would_not_come_back) {
  const TempDir dir;
  const auto path = (dir / "m").string();
  auto model = example();
  model.classes = {"a", "b,c", "d"};
  check_throws<std::invalid_argument>([&] { save_model(path, model); }, {"classes", "b,c"});
  model.classes = {"a", "b"};
  check_throws<std::invalid_argument>([&] { save_model(path, model); }, {"classes", "expected 3", "got 2"});
  Model comma{make_bag_network<float>({{"a,b", 1}}, 2, 1), {"0", "1"}, {}};
  check_throws<std::invalid_argument>([&] { save_model(path, comma); }, {"modalities", "a,b"});
  BOOST_TEST(dir.entries() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
