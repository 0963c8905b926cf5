// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/predict/row_task.hpp>
#include <lifelog/train/optimizer.hpp>
#include <numeric>

#include "study_data.hpp"

namespace lifelog::benchmarks {

/// One step as `train::train` takes it.
template<class Task>
class Training {
 public:
  using Network = typename Task::Network;

  explicit Training(const Network& start) : network_(start), optimizer_(start) {}

  void step(Task& task, const std::vector<Index>& rows) {
    auto gradient = nn::zeros_like(network_);
    task.step(network_, rows, train::FocalLossOptions{}, gradient, predicted_);
    train::clip_global_norm(gradient, 0.9);
    optimizer_.step(network_, gradient);
  }

  const Network& network() const { return network_; }

 private:
  Network network_;
  train::AdamW<Network> optimizer_;
  std::vector<Index> predicted_;
};

inline std::vector<Index> first_rows(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

/// The study's network and a batch for it.
class NetworkWork {
 public:
  NetworkWork(Index batch, int threads, Index stretch = 1)
      : data_(batch, stretch),
        rows_(first_rows(batch)),
        training_(mil::make_bag_network<float>(data_.bags().shapes(), study_classes, 1)),
        task_(training_.network(), data_.bags(), data_.labels(), threads) {}

  void infer() { task_.predict(training_.network(), rows_, predicted_); }
  void train() { training_.step(task_, rows_); }

 private:
  StudyBags data_;
  std::vector<Index> rows_, predicted_;
  Training<mil::BagTask<float>> training_;
  mil::BagTask<float> task_;
};

/// The study's predictor on rows: all nine modalities with their channels (two of mGps), three classes.
class PredictorWork {
 public:
  PredictorWork(Index rows, int threads)
      : rows_(first_rows(rows)),
        training_(make_network()),
        task_(make_task(training_.network(), rows, threads)) {}

  void train() { training_.step(task_, rows_); }

 private:
  using Network = predict::PredictorNetwork<float>;

  static Network make_network() {
    std::vector<mil::ModalityShape> shapes;
    for (const auto& m : study_modalities)
      shapes.push_back({m.name, m.channels ? m.channels : Index{m.name == std::string("mGps") ? 2 : 1}});
    Network network(shapes, 3);
    Random random(1);
    network.initialise(random);
    return network;
  }

  static predict::RowTask<float> make_task(const Network& network, Index rows, int threads) {
    Random random(2);
    const auto values = noise(rows * predict::columns_of(network), random);
    std::vector<Index> labels;
    for (Index n = 0; n < rows; ++n) labels.push_back(static_cast<Index>(random.below(3)));
    return {network, Eigen::Map<const RowMatrix<float>>(values.data(), rows, predict::columns_of(network)),
            labels, threads};
  }

  std::vector<Index> rows_;
  Training<predict::RowTask<float>> training_;
  predict::RowTask<float> task_;
};

}  // namespace lifelog::benchmarks
