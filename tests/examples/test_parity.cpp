// SPDX-License-Identifier: MIT

// The programs against PyTorch: the golden network, its data and what twenty steps make of it.

#include <boost/test/unit_test.hpp>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/mil/model_file.hpp>
#include <lifelog/readers/csv_numbers.hpp>

#include "../support/golden_tensors.hpp"
#include "run.hpp"

BOOST_AUTO_TEST_SUITE(parity)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

/// The golden network as model.safetensors, and its batch as a data set, data.safetensors.
struct Golden {
  io::Tensors from = golden::tensors("network.safetensors");
  Sandbox sandbox;

  Golden() {
    mil::Model model{
        mil::BagNetwork<float>({{"A", 3}, {"B", 1}, {"H", 0}, {"C", 1}}, 3), {"0", "1", "2"}, {}};
    train::assign_tensors(model.network, from, "", train::Others::ignored);
    mil::save_model((sandbox.path() / "model.safetensors").string(), model);
    data::DataSet data;
    data.user = "golden";
    data.classes = {"0", "1", "2"};
    for (const auto& [name, channels, length] :
         {std::tuple{"A", 3, 40}, {"B", 1, 64}, {"H", 0, 1}, {"C", 1, 17}}) {
      const auto values = golden::values<float>(from, std::string("input.") + name);
      const std::array<std::size_t, 3> shape{6, static_cast<std::size_t>(std::max(channels, 1)),
                                             static_cast<std::size_t>(length)};
      xt::xtensor<float, 3> tensor(shape);
      std::copy(values.begin(), values.end(), tensor.data());
      data.modalities.push_back({name, std::move(tensor), channels == 0});
    }
    const auto labels = from.get<std::int64_t>("label");
    data.label.resize({6});
    data.timestamp.resize({6});
    for (std::size_t n = 0; n < 6; ++n)
      data.label(n) = labels[n], data.timestamp(n) = static_cast<std::int64_t>(60 * n);
    data::save_dataset(sandbox.path() / "data.safetensors", data);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(training_follows_pytorch_step_by_step) {
  Golden golden;
  const auto run = golden.sandbox.run(
      "train_mil",
      "--data data.safetensors --init model.safetensors --out m/model.safetensors --no-shuffle --split 1,0,0 "
      "--epochs 20");
  BOOST_TEST(run.status == 0, run.err);
  data::NumberTable history;
  readers::read_numbers(golden.sandbox.read("m/history.csv"), "history.csv", {"loss"}, history);
  const auto expected = golden::tensors("losses20.safetensors");
  const auto losses = expected.get<float>("float32.loss");
  BOOST_REQUIRE(history.rows == 20);
  for (std::size_t i = 0; i < 20; ++i)
    BOOST_TEST(history(static_cast<Index>(i), 0) == static_cast<double>(losses[i]),
               boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(importances_and_probabilities_are_pytorchs) {
  Golden golden;
  const auto run = golden.sandbox.run(
      "modal_importance", "--model model.safetensors --data data.safetensors --out i.npy --logp p.npy");
  BOOST_TEST(run.status == 0, run.err);
  const auto importance = io::load_npy<double, 2>(golden.sandbox.path() / "i.npy");
  const auto logp = io::load_npy<double, 2>(golden.sandbox.path() / "p.npy");
  BOOST_TEST(golden::deviation(as_eigen(importance).transpose().eval(), golden.from, "eval.importance") <=
             1e-5);
  BOOST_TEST(golden::deviation(as_eigen(logp).transpose().eval(), golden.from, "eval.log_probabilities") <=
             1e-5);
}

BOOST_AUTO_TEST_SUITE_END()
