// SPDX-License-Identifier: MIT

// What compile_time.py compiles: a program that trains the study's network.

#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/train/trainer.hpp>

#include "study_data.hpp"

int main() {
  using namespace lifelog;
  const benchmarks::StudyBags data(20);
  const auto start = mil::make_bag_network<float>(data.bags().shapes(), benchmarks::study_classes, 1);
  mil::BagTask<float> task(start, data.bags(), data.labels());
  train::TrainOptions options;
  options.epochs = 2;
  train::TrainState<mil::BagNetwork<float>> state(start, options.optimizer);
  return train::train(task, {0, 1, 2, 3, 4, 5, 6, 7}, {8, 9}, options, state) == train::TrainStatus::finished
             ? 0
             : 1;
}
