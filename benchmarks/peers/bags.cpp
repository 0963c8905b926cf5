// SPDX-License-Identifier: MIT
// Gated attention on embeddings over bags of vectors, for bags.py: trains on the first bags, judges the others.
#include <lifelog/core/xtensor.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/train/trainer.hpp>

#include <cstdlib>
#include <iostream>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "../clocks.hpp"

using namespace lifelog;

namespace {

/// Of 8 × 8 pixels.
struct DigitEncoders {
  template<class T>
  static auto vector(Index) {
    using namespace nn;
    return input<64, T> | linear<500> | relu | linear<128> | relu;
  }
};

using Network = mil::BagNetwork<float, DigitEncoders>;

std::vector<Index> numbers(const std::string& file) {
  const auto loaded = io::load_npy<std::int64_t, 1>(file);
  return {loaded.begin(), loaded.end()};
}

std::vector<Index> range(Index begin, Index end) {
  std::vector<Index> rows(static_cast<std::size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

}  // namespace

// bags FOLDER TRAINING_BAGS EPOCHS SEED: reads instances.npy [instances, 64], start.npy [bags + 1], label.npy [bags] there, writes
// probability.npy (of label 1) and weight.npy (of each instance) of the other bags, prints processor seconds a step.
int main(int argc, char** argv) {
  if (argc != 5) return std::cerr << "bags: expected FOLDER TRAINING_BAGS EPOCHS SEED\n", 2;
  const std::string folder = argv[1];
  const Index training = std::atol(argv[2]);
  const auto values = io::load_npy<float, 2>(folder + "/instances.npy");
  const auto labels = numbers(folder + "/label.npy");
  const auto count = static_cast<Index>(labels.size());
  const mil::Bags<float> bags{count, {{"digit", values.data(), 0, 64, numbers(folder + "/start.npy")}}};

  const auto net = mil::make_bag_network<float, DigitEncoders>(
      bags.shapes(), 2, std::strtoull(argv[4], nullptr, 10), mil::Pool::embedding_gated);
  mil::BagTask<float, DigitEncoders> task(net, bags, labels, 1);
  train::TrainOptions options;
  options.epochs = std::atoi(argv[3]);
  options.batch = 1;
  options.seed = std::strtoull(argv[4], nullptr, 10);
  options.loss.gamma = 0;
  options.clip = std::numeric_limits<double>::infinity();
  options.optimizer.learning_rate = 5e-4;
  options.optimizer.weight_decay = 1e-4;
  train::TrainState<Network> state(net, options);
  const double begin = benchmarks::process_seconds();
  train::train(task, range(0, training), {}, options, state);
  const double seconds = benchmarks::process_seconds() - begin;

  mil::BagPass<float, DigitEncoders> pass(state.network, bags, 1);
  std::vector<float> probability, weight;
  for (Index bag = training; bag < count; ++bag) {
    pass.forward(state.network, {bag}, false);
    probability.push_back(std::exp(pass.log_probabilities()(1, 0)));
    for (const auto& one : pass.instances(0)) weight.push_back(one.weight);
  }
  const auto save = [&](const char* name, const std::vector<float>& numbers) {
    io::save_npy(
        folder + "/" + name,
        Eigen::Map<const Eigen::VectorXf>(numbers.data(), static_cast<Index>(numbers.size())).eval());
  };
  save("probability.npy", probability);
  save("weight.npy", weight);
  std::cout << seconds / static_cast<double>(training * options.epochs) << '\n';
}
