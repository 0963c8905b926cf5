// SPDX-License-Identifier: MIT
#include <lifelog/data/dataset_file.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(io_dataset)

using lifelog::format_error;
using lifelog::data::DataSet;
using lifelog::data::load_dataset;
using lifelog::data::save_dataset;
using lifelog::io::Tensors;

namespace {

/// Three minutes of a series of two channels and a scalar.
DataSet example() {
  DataSet data;
  data.user = "S 07, left";
  xt::xtensor<float, 3> series = xt::xtensor<float, 3>::from_shape({3, 2, 4});
  for (std::size_t i = 0; i < series.size(); ++i) series.data()[i] = static_cast<float>(i) / 4;
  data.modalities = {{"acc", series, false}, {"hr", xt::xtensor<float, 3>{{{60}}, {{70}}, {{80}}}, true}};
  data.label = {0, 1, 0};
  data.timestamp = {1598713200, 1598713260, 1598713380};
  data.classes = {"calm", "stress"};
  return data;
}

/// The tensors of the example's file, to be spoilt by a test.
Tensors example_file(const std::vector<std::string>& without = {}) {
  const TempDir dir;
  save_dataset(dir / "f", example());
  const auto saved = Tensors::load(dir / "f");
  Tensors file;
  for (const auto& t : saved.tensors()) {
    if (std::find(without.begin(), without.end(), t.name) != without.end()) continue;
    if (t.dtype == lifelog::io::DType::f32)
      file.add(t.name, t.shape, saved.get<float>(t.name));
    else
      file.add(t.name, t.shape, saved.get<std::int64_t>(t.name));
  }
  file.metadata() = saved.metadata();
  return file;
}

void refuses(const Tensors& file, const std::vector<std::string>& parts) {
  const TempDir dir;
  file.save(dir / "f");
  check_throws<format_error>([&] { load_dataset(dir / "f"); }, parts);
}

}  // namespace

BOOST_AUTO_TEST_CASE(comes_back_as_it_was_saved) {
  const TempDir dir;
  auto data = example();
  for (const bool with_present : {false, true}) {
    if (with_present) {
      data.present = {{1, 1}, {0, 1}, {1, 0}};
      data.modalities[0].values(1, 0, 0) = NAN;  // not there, so not looked at
    }
    save_dataset(dir / "f", data);
    const auto loaded = load_dataset(dir / "f");
    BOOST_TEST(loaded.user == data.user);
    BOOST_TEST(loaded.classes == data.classes, boost::test_tools::per_element());
    BOOST_TEST((loaded.label == data.label));
    BOOST_TEST((loaded.timestamp == data.timestamp));
    BOOST_TEST((loaded.present == data.present));
    BOOST_TEST(loaded.modalities.size() == 2u);
    BOOST_TEST(loaded.modalities[0].name == "acc");
    BOOST_TEST(!loaded.modalities[0].scalar);
    BOOST_TEST(loaded.modalities[1].scalar);
    BOOST_TEST(loaded.modalities[0].values(2, 1, 3) == 23.0f / 4);
    BOOST_TEST((loaded.modalities[1].values == data.modalities[1].values));
    save_dataset(dir / "again", loaded);
    BOOST_TEST((lifelog::io::read_file(dir / "f") == lifelog::io::read_file(dir / "again")));
  }
}

BOOST_AUTO_TEST_CASE(file_is_as_the_contract_says) {
  const auto file = example_file();
  BOOST_TEST((file.at("acc").shape == Tensors::Shape{3, 2, 4}));
  BOOST_TEST((file.at("hr").shape == Tensors::Shape{3}));
  BOOST_TEST(file.get<std::int64_t>("label", {3})[1] == 1);
  BOOST_TEST(file.get<std::int64_t>("timestamp", {3})[2] == 1598713380);
  BOOST_TEST(!file.contains("present"));
  const std::map<std::string, std::string> expected{{"format", "lifelog-dataset"},
                                                    {"version", "1"},
                                                    {"user", "S 07, left"},
                                                    {"modalities", "acc,hr"},
                                                    {"classes", "calm,stress"}};
  BOOST_TEST((file.metadata() == expected));
}

BOOST_AUTO_TEST_CASE(an_empty_data_set_survives) {
  const TempDir dir;
  DataSet data;
  data.modalities = {{"acc", xt::xtensor<float, 3>::from_shape({0, 3, 1920}), false}};
  data.label = xt::xtensor<std::int64_t, 1>::from_shape({0});
  data.timestamp = data.label;
  save_dataset(dir / "f", data);
  const auto loaded = load_dataset(dir / "f");
  BOOST_TEST(loaded.size() == 0);
  BOOST_TEST(loaded.classes.empty());
  BOOST_TEST(loaded.modalities[0].values.shape(2) == 1920u);
}

BOOST_AUTO_TEST_CASE(other_formats_are_refused) {
  auto file = example_file();
  file.metadata()["format"] = "pt";
  refuses(file, {"format", "lifelog-dataset", "'pt'"});
  file = example_file();
  file.metadata()["version"] = "2";
  refuses(file, {"version", "'1'", "'2'"});
  for (const auto* key : {"format", "version", "user", "modalities", "classes"}) {
    file = example_file();
    file.metadata().erase(key);
    refuses(file, {std::string("'") + key + "'"});
  }
}

BOOST_AUTO_TEST_CASE(tensors_must_be_the_ones_that_belong) {
  for (const auto* name : {"acc", "hr", "label", "timestamp"})
    refuses(example_file({name}), {std::string("no tensor '") + name + "'"});
  auto file = example_file();
  file.add("eda", xt::xtensor<float, 1>{1, 2, 3});
  refuses(file, {": eda", "unknown"});
  file = example_file({"hr"});
  file.add("hr", xt::xtensor<double, 1>{1, 2, 3});
  refuses(file, {": hr", "F32", "F64"});
  file = example_file({"hr"});
  file.add("hr", xt::xtensor<float, 2>{{1}, {2}, {3}});
  refuses(file, {": hr", "(3, 1)"});
  file = example_file();
  file.metadata()["modalities"] = "acc,hr,hr";
  refuses(file, {"modalities", "'hr'"});
  file.metadata()["modalities"] = "";
  refuses(file, {": acc", "unknown"});
}

BOOST_AUTO_TEST_CASE(rows_and_labels_must_agree) {
  auto file = example_file({"hr"});
  file.add("hr", xt::xtensor<float, 1>{1, 2});
  refuses(file, {": hr", "expected 3", "got 2"});
  file = example_file({"timestamp"});
  file.add("timestamp", xt::xtensor<std::int64_t, 1>{1, 2, 3, 4});
  refuses(file, {": timestamp", "expected 3", "got 4"});
  for (const std::int64_t wrong : {-1, 2}) {
    file = example_file({"label"});
    file.add("label", xt::xtensor<std::int64_t, 1>{0, 1, wrong});
    refuses(file, {": label", "row 2", "0 to 1", std::to_string(wrong)});
  }
  file = example_file();
  file.metadata()["classes"] = "calm,calm";
  refuses(file, {"classes", "'calm'"});
}

BOOST_AUTO_TEST_CASE(presence_must_be_a_table_of_zeros_and_ones) {
  auto file = example_file();
  file.add("present", xt::xtensor<std::uint8_t, 2>{{1, 1}, {1, 1}});
  refuses(file, {": present", "(3, 2)", "(2, 2)"});
  file = example_file();
  file.add("present", xt::xtensor<std::uint8_t, 2>{{1, 1}, {1, 2}, {1, 1}});
  refuses(file, {": present", "row 1", "got 2"});
}

BOOST_AUTO_TEST_CASE(values_must_be_finite_where_present) {
  for (const float wrong : {std::nanf(""), INFINITY}) {
    auto file = example_file({"hr"});
    file.add("hr", xt::xtensor<float, 1>{60, 70, wrong});
    refuses(file, {": hr", "row 2", "finite"});
    file.add("present", xt::xtensor<std::uint8_t, 2>{{1, 1}, {1, 1}, {1, 0}});
    const TempDir dir;
    file.save(dir / "f");
    BOOST_TEST(load_dataset(dir / "f").size() == 3);
  }
}

BOOST_AUTO_TEST_CASE(what_would_not_load_is_not_saved) {
  const TempDir dir;
  const auto refuses_to_save = [&](auto spoil, const std::vector<std::string>& parts) {
    auto data = example();
    spoil(data);
    check_throws<std::invalid_argument>([&] { save_dataset(dir / "f", data); }, parts);
  };
  refuses_to_save([](DataSet& d) { d.label(2) = 2; }, {"label", "row 2"});
  refuses_to_save([](DataSet& d) { d.timestamp = {1}; }, {"timestamp"});
  refuses_to_save([](DataSet& d) { d.classes = {"a,b", "c"}; }, {"classes", "a,b"});
  refuses_to_save([](DataSet& d) { d.modalities[0].name = "label"; }, {"modalities", "label"});
  refuses_to_save([](DataSet& d) { d.modalities[0].scalar = true; }, {"acc", "(2, 4)"});
  refuses_to_save([](DataSet& d) { d.modalities[0].values(1, 1, 1) = NAN; }, {"acc", "row 1"});
  refuses_to_save([](DataSet& d) { d.modalities.clear(); }, {"modalities"});
  BOOST_TEST(dir.entries() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
