// SPDX-License-Identifier: MIT
// A program of somebody else: lifelog is only a dependency here.
#include <cstdio>
#include <iostream>
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/core/build_info.hpp>
#include <lifelog/core/random.hpp>

#ifdef CONSUMER_WANTS_ALL
#include <lifelog/io/npy.hpp>
#include <lifelog/manifold/tsne.hpp>
#include <lifelog/nn/linear.hpp>
#include <lifelog/train/optimizer.hpp>
#endif

using namespace lifelog;

namespace {

/// 60 rows around two places, one after the other.
RowMatrix<float> rows() {
  Random random(1);
  RowMatrix<float> points(60, 3);
  for (Index i = 0; i < points.rows(); ++i)
    for (Index j = 0; j < points.cols(); ++j) points(i, j) = float(10.0 * double(i % 2) + random.normal());
  return points;
}

bool alternates(const Eigen::VectorXi& labels) {
  for (Index i = 2; i < labels.size(); ++i)
    if (labels[i] != labels[i - 2]) return false;
  return labels[0] != labels[1];
}

#ifdef CONSUMER_WANTS_ALL
/// A map in which the two places are apart.
bool maps(const RowMatrix<float>& points) {
  const auto result = manifold::tsne(points, {.perplexity = 10, .iterations = 100});
  return alternates(cluster::kmeans(result.map, {.clusters = 2}).labels);
}

/// Steps of AdamW towards y = 2 a − b.
bool learns(const RowMatrix<float>& points) {
  auto net = nn::input<2, double> | nn::linear<1>;
  Random random(2);
  net.initialise(random);
  train::AdamW optimizer(net, {.learning_rate = 0.05, .weight_decay = 0});
  const auto loss = [&](auto* gradient) {
    double total = 0;
    for (Index i = 0; i < points.rows(); ++i) {
      double w[3], slopes[3], x[3] = {double(points(i, 0)), double(points(i, 1)), 1};
      Index at = 0;
      nn::visit(
          [&](const auto&, const auto& layout, const double* value) {
            for (Index k = 0; k < layout.size(); ++k) w[at++] = value[k];
          },
          net);
      const double error = w[0] * x[0] + w[1] * x[1] + w[2] - (2 * x[0] - x[1]);
      total += error * error;
      for (int k = 0; k < 3; ++k) slopes[k] = 2 * error * x[k] / double(points.rows());
      at = 0;
      if (gradient)
        nn::visit(
            [&](const auto&, const auto& layout, double* value) {
              for (Index k = 0; k < layout.size(); ++k) value[k] += slopes[at++];
            },
            *gradient);
    }
    return total;
  };
  const double before = loss(static_cast<decltype(&net)>(nullptr));
  double after = before;
  for (int step = 0; step < 100; ++step) {
    auto gradient = nn::zeros_like(net);
    after = loss(&gradient);
    optimizer.step(net, gradient);
  }
  return after < 0.1 * before;
}

bool keeps_files(const RowMatrix<float>& points) {
  io::save_npy("consumer.npy", points);
  const auto again = io::load_npy<float, 2>("consumer.npy");
  std::remove("consumer.npy");
  return again.shape(0) == 60 && again(59, 2) == points(59, 2);
}
#endif

}  // namespace

int main() {
  std::cout << to_string(build_info()) << '\n';
  const auto points = rows();
  bool good = alternates(cluster::kmeans(points, {.clusters = 2}).labels);
#ifdef CONSUMER_WANTS_ALL
  good = good && maps(points) && learns(points) && keeps_files(points);
#endif
  return good ? 0 : 1;
}
