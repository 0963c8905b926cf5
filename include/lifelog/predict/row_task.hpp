// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../mil/modal_importance.hpp"
#include "predictor_network.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

namespace detail {

/// What a loss of these samples, a batch, divides by: what it says itself, else the samples that it does not ignore.
template<class Loss>
auto divisor_of(const Loss& loss, const std::vector<Index>& labels) {
  if constexpr (requires { loss.divisor(labels.data(), Index{}); })
    return loss.divisor(labels.data(), static_cast<Index>(labels.size()));
  else if constexpr (requires { loss.ignore_index; })
    return static_cast<Index>(labels.size()) -
           std::count(labels.begin(), labels.end(), Index{loss.ignore_index});
  else
    return static_cast<Index>(labels.size());
}

}  // namespace detail

/// Labelled rows as a training task (`train/trainer.hpp`). Batches are worked through in pieces of fixed size on all
/// threads, summed in order: memory is that of a few pieces, and results do not depend on the number of threads.
template<class T>
class RowTask {
 public:
  using Network = PredictorNetwork<T>;

  /// rows: [n, columns], the inputs of all modalities side by side, no NaN; labels: [n], 0…C−1 or the label that the loss
  /// ignores. threads: 0 for all.
  RowTask(const Network& net, RowMatrix<T> rows, std::vector<Index> labels, int threads = 0,
          Index ignore_index = train::FocalLossOptions{}.ignore_index)
      : rows_(std::move(rows)), labels_(std::move(labels)), classes_(net.classes()), threads_(threads) {
    using lifelog::detail::require;
    require(rows_.cols() == columns_of(net), "rows: expected ", columns_of(net), " columns, got ",
            rows_.cols());
    require(static_cast<Index>(labels_.size()) == rows_.rows(), "labels: expected one for each of ",
            rows_.rows(), " rows, got ", labels_.size());
    for (std::size_t n = 0; n < labels_.size(); ++n) {
      require(labels_[n] == ignore_index || (labels_[n] >= 0 && labels_[n] < classes_), "labels: row ", n,
              " must be in 0…", classes_ - 1, ", or ", ignore_index, " to be ignored, got ", labels_[n]);
      require(lifelog::detail::all_finite(rows_.row(static_cast<Index>(n))), "rows: row ", n,
              " has a value that is not finite");
    }
  }

  Index classes() const { return classes_; }
  Index label(Index row) const { return labels_[static_cast<std::size_t>(row)]; }

  /// rows: numbers of rows, each below n; else std::invalid_argument, from `predict` too. loss: of log-probabilities, called as
  /// FocalLossOptions is, also with a batch's divisor and a piece of it: what `loss.divisor(labels, samples)` says of all of the
  /// batch's labels, and where there is no such function how many of them are not `loss.ignore_index`.
  template<class Loss = train::FocalLossOptions>
  double step(const Network& net, const std::vector<Index>& rows, const Loss& loss, Network& gradient,
              std::vector<Index>& predicted) {
    require_rows(rows);
    std::vector<Index> labels;
    for (const Index row : rows) labels.push_back(label(row));
    const auto divisor = detail::divisor_of(loss, labels);
    const auto of_piece = [&](const Plane& log_probabilities, Index first, Index count, T* slopes) {
      return loss(log_probabilities.data(), classes_, count, log_probabilities.cols(), labels.data() + first,
                  slopes, divisor);
    };
    return step_by(net, rows, of_piece, gradient, predicted);
  }

  void predict(const Network& net, const std::vector<Index>& rows, std::vector<Index>& predicted);

  /// The same, and the mean loss of the rows that it does not ignore.
  double evaluate(const Network& net, const std::vector<Index>& rows, const train::FocalLossOptions& loss,
                  std::vector<Index>& predicted);

 private:
  using Plane = typename detail::RowPass<T>::Plane;
  /// A loss of `count` of a batch's rows from the `first` on, whose derivative it sets.
  using PieceLoss =
      std::function<double(const Plane& log_probabilities, Index first, Index count, T* slopes)>;
  static constexpr Index piece_rows = 2048;

  double step_by(const Network& net, const std::vector<Index>& rows, const PieceLoss& loss, Network& gradient,
                 std::vector<Index>& predicted);

  void require_rows(const std::vector<Index>& rows) const {
    for (const Index row : rows)
      lifelog::detail::require(row >= 0 && row < rows_.rows(), "rows: expected rows in 0…", rows_.rows() - 1,
                               ", got ", row);
  }

  /// Evaluates the rows in pieces, sets their predicted classes, and calls body(piece, first, inputs, pass, count).
  template<class Body>
  void for_pieces(const detail::PresentNetwork<T>& present, const std::vector<Index>& rows,
                  std::vector<Index>& predicted, Body body) {
    const Index total = static_cast<Index>(rows.size());
    predicted.resize(rows.size());
    parallel_for(piece_count(piece_rows, total), threads_, [&](Index piece) {
      const auto [begin, end] = piece_of(piece, piece_rows, total);
      const Index count = end - begin;
      Plane x = Plane::Zero(rows_.cols(), nn::Samples<T>{count}.stride());
      for (Index n = 0; n < count; ++n)
        x.col(n) = rows_.row(rows[static_cast<std::size_t>(begin + n)]).transpose();
      const auto pass = std::make_unique<detail::RowPass<T>>();
      pass->forward(present, x, count);
      for (Index n = 0; n < count; ++n)
        predicted[static_cast<std::size_t>(begin + n)] = mil::predicted_class(pass->log_probabilities, n);
      body(static_cast<std::size_t>(piece), begin, x, *pass, count);
    });
  }

  RowMatrix<T> rows_;
  std::vector<Index> labels_;
  Index classes_;
  int threads_;
};

template<class T>
double RowTask<T>::step_by(const Network& net, const std::vector<Index>& rows, const PieceLoss& loss,
                           Network& gradient, std::vector<Index>& predicted) {
  const detail::PresentNetwork<T> present(net);
  const Index pieces = piece_count(piece_rows, static_cast<Index>(rows.size()));
  std::vector<detail::PresentNetwork<T>> partial(static_cast<std::size_t>(pieces), nn::zeros_like(present));
  std::vector<double> losses(static_cast<std::size_t>(pieces));
  for_pieces(present, rows, predicted,
             [&](std::size_t piece, Index first, const Plane& x, auto& pass, Index count) {
               Plane dlog = Plane::Zero(classes_, x.cols());  // a loss need not know of the padding
               losses[piece] = loss(pass.log_probabilities, first, count, dlog.data());
               pass.backward(present, x, dlog, partial[piece]);
             });
  double total = 0;
  for (std::size_t piece = 0; piece < partial.size(); ++piece) {
    total += losses[piece];
    if (piece > 0) nn::add(partial[0], partial[piece]);
  }
  if (!partial.empty()) partial[0].unfold(net, gradient);
  return total;
}

template<class T>
void RowTask<T>::predict(const Network& net, const std::vector<Index>& rows, std::vector<Index>& predicted) {
  require_rows(rows);
  for_pieces(detail::PresentNetwork<T>(net), rows, predicted, [](auto&&...) {});
}

template<class T>
double RowTask<T>::evaluate(const Network& net, const std::vector<Index>& rows,
                            const train::FocalLossOptions& loss, std::vector<Index>& predicted) {
  require_rows(rows);
  Index counted = 0;
  for (const Index row : rows) counted += label(row) != loss.ignore_index;
  std::vector<double> losses(
      static_cast<std::size_t>(piece_count(piece_rows, static_cast<Index>(rows.size()))));
  for_pieces(detail::PresentNetwork<T>(net), rows, predicted,
             [&](std::size_t piece, Index begin, const Plane& x, auto& pass, Index count) {
               std::vector<Index> labels;
               for (Index n = 0; n < count; ++n)
                 labels.push_back(label(rows[static_cast<std::size_t>(begin + n)]));
               losses[piece] = train::focal_loss(pass.log_probabilities.data(), classes_, count, x.cols(),
                                                 labels.data(), loss, static_cast<T*>(nullptr), counted);
             });
  double total = 0;
  for (const double of_piece : losses) total += of_piece;
  return total;
}

}  // namespace lifelog::predict
