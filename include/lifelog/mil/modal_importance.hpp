// SPDX-License-Identifier: MIT
#pragma once

#include <numeric>
#include <vector>

#include "bag_pass.hpp"

namespace lifelog::inline LIFELOG_ABI::mil {

/// What a trained network says of bags.
template<class T>
struct BagOutputs {
  RowMatrix<T>
      importance;  ///< [n, M]: the pool's weights, each row sums to 1, 0 of what was not there; the modal importance
  RowMatrix<T> log_probabilities;  ///< [n, C]
};

/// The class of the largest log-probability in column n of a plane [C × samples], the lowest of equals.
template<class Plane>
Index predicted_class(const Plane& log_probabilities, Index n) {
  Index best = 0;
  for (Index c = 1; c < log_probabilities.rows(); ++c)
    if (log_probabilities(c, n) > log_probabilities(best, n)) best = c;
  return best;
}

/// Bags evaluated at a time where only results are kept: bounds the workspace.
inline constexpr Index evaluation_batch = 512;

/// Evaluates the network (batch norm by its running statistics) on `rows` of the bags, in that order.
/// threads: 0 for all there are; results do not depend on it.
template<class T, class Encoders>
BagOutputs<T> evaluate(const BagNetwork<T, Encoders>& net, const Bags<T>& bags,
                       const std::vector<Index>& rows, int threads = 0) {
  BagPass<T, Encoders> pass(net, bags, threads);
  const Index count = static_cast<Index>(rows.size());
  BagOutputs<T> out{RowMatrix<T>(count, net.modalities()), RowMatrix<T>(count, net.classes())};
  for (Index i = 0; i < piece_count(evaluation_batch, count); ++i) {
    const auto [begin, end] = piece_of(i, evaluation_batch, count);
    pass.forward(net, {rows.begin() + begin, rows.begin() + end}, false);
    out.importance.middleRows(begin, end - begin) = pass.importance().leftCols(end - begin).transpose();
    out.log_probabilities.middleRows(begin, end - begin) =
        pass.log_probabilities().leftCols(end - begin).transpose();
  }
  return out;
}

/// All bags, in order.
template<class T, class Encoders>
BagOutputs<T> evaluate(const BagNetwork<T, Encoders>& net, const Bags<T>& bags, int threads = 0) {
  std::vector<Index> rows(static_cast<std::size_t>(bags.count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return evaluate(net, bags, rows, threads);
}

/// Labelled bags as a training task (`train/trainer.hpp`). The bags' memory and the labels stay the caller's.
template<class T, class Encoders = StudyEncoders>
class BagTask {
 public:
  using Network = BagNetwork<T, Encoders>;

  /// labels: one a bag, 0…C−1 or the label that the loss ignores. threads: 0 for all there are.
  BagTask(const Network& net, const Bags<T>& bags, std::vector<Index> labels, int threads = 0,
          Index ignore_index = train::FocalLossOptions{}.ignore_index)
      : pass_(net, bags, threads), labels_(std::move(labels)), classes_(net.classes()) {
    lifelog::detail::require(static_cast<Index>(labels_.size()) == bags.count,
                             "labels: expected one for each of ", bags.count, " bags, got ", labels_.size());
    for (std::size_t n = 0; n < labels_.size(); ++n)
      lifelog::detail::require(labels_[n] == ignore_index || (labels_[n] >= 0 && labels_[n] < classes_),
                               "labels: bag ", n, " must be in 0…", classes_ - 1, ", or ", ignore_index,
                               " to be ignored, got ", labels_[n]);
  }

  /// Whole kinds of instances left out at random in training. Throws std::invalid_argument for a probability outside of 0 … 1.
  void set_sensor_dropout(double probability, std::uint64_t seed) {
    lifelog::detail::require(lifelog::detail::is_finite(probability) && probability >= 0 && probability < 1,
                             "sensor dropout: expected a probability of at least 0 and below 1, got ",
                             probability);
    dropout_.probability = probability;
    dropout_.seed = seed;
  }

  /// The step that follows is the `steps`-th of a training, from 0: what dropout draws depends on it.
  void begin_step(std::int64_t steps) { dropout_.step = static_cast<std::uint64_t>(steps); }
  /// What was evaluated last.
  const nn::Samples<T>& domain() const { return pass_.domain(); }

  Index classes() const { return classes_; }
  Index label(Index row) const { return labels_[static_cast<std::size_t>(row)]; }

  /// loss: of log-probabilities, called as FocalLossOptions is. A bag that it ignores still counts in batch norm.
  template<class Loss>
  double step(const Network& net, const std::vector<Index>& rows, const Loss& loss, Network& gradient,
              std::vector<Index>& predicted) {
    pass_.forward(net, rows, true, dropout_);
    predicted.clear();
    append_predictions(rows.size(), predicted);
    return pass_.loss(net, labels_.data(), loss, &gradient);
  }

  void predict(const Network& net, const std::vector<Index>& rows, std::vector<Index>& predicted) {
    for_pieces(net, rows, predicted, [](const std::vector<Index>&) {});
  }

  /// The same, and the mean loss of the bags that it does not ignore; 0 where it ignores all.
  template<class Loss>
  double evaluate(const Network& net, const std::vector<Index>& rows, const Loss& loss,
                  std::vector<Index>& predicted) {
    double total = 0, counted = 0;
    for_pieces(net, rows, predicted, [&](const std::vector<Index>& piece) {
      double count = 0;
      for (const Index row : piece) {
        if constexpr (requires { loss.ignore_index; })
          count += label(row) != loss.ignore_index;
        else
          ++count;
      }
      total += count * pass_.loss(net, labels_.data(), loss, nullptr);
      counted += count;
    });
    return counted > 0 ? total / counted : 0;
  }

 private:
  /// body(rows) after each piece of an evaluation.
  template<class Body>
  void for_pieces(const Network& net, const std::vector<Index>& rows, std::vector<Index>& predicted,
                  Body body) {
    predicted.clear();
    const Index count = static_cast<Index>(rows.size());
    for (Index i = 0; i < piece_count(evaluation_batch, count); ++i) {
      const auto [begin, end] = piece_of(i, evaluation_batch, count);
      const std::vector<Index> piece(rows.begin() + begin, rows.begin() + end);
      pass_.forward(net, piece, false);
      append_predictions(piece.size(), predicted);
      body(piece);
    }
  }

  void append_predictions(std::size_t count, std::vector<Index>& predicted) const {
    for (std::size_t n = 0; n < count; ++n)
      predicted.push_back(predicted_class(pass_.log_probabilities(), static_cast<Index>(n)));
  }

  BagPass<T, Encoders> pass_;
  SensorDropout dropout_;
  std::vector<Index> labels_;
  Index classes_;
};

}  // namespace lifelog::mil
