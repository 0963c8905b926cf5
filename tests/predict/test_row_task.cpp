// SPDX-License-Identifier: MIT
#include <lifelog/predict/instances.hpp>
#include <lifelog/predict/row_task.hpp>
#include <lifelog/train/cross_entropy.hpp>
#include <lifelog/train/gradient_check.hpp>
#include <lifelog/train/optimizer.hpp>
#include <lifelog/train/trainer.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(predict_row_task)

using namespace lifelog;
using namespace lifelog::predict;
using namespace lifelog::train;
using Net = PredictorNetwork<double>;

namespace {

const std::vector<mil::ModalityShape> shapes = {{"acc", 3}, {"hr", 1}};

Net made(std::uint64_t seed) {
  Net net(shapes, 3);
  Random random(seed);
  net.initialise(random);
  return net;
}

/// Standard normal rows; the label says in which third of the line a combination of two columns lies.
struct Table {
  RowMatrix<double> x;
  std::vector<Index> labels, all;

  explicit Table(Index count) : x(count, 4), all(static_cast<std::size_t>(count)) {
    Random random(5);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = random.normal();
    for (Index n = 0; n < count; ++n) {
      const double score = x(n, 1) - x(n, 3);
      labels.push_back(score < -0.6 ? 0 : score < 0.6 ? 1 : 2);
    }
    std::iota(all.begin(), all.end(), Index{0});
  }

  RowTask<double> task(const Net& net, int threads = 1) const { return {net, x, labels, threads}; }
};

std::vector<double> bits_of(const Net& net) {
  std::vector<double> bits;
  nn::visit([&](const nn::Path&, const nn::Layout& layout,
                const double* w) { bits.insert(bits.end(), w, w + layout.size()); },
            net);
  return bits;
}

/// A row's log-probabilities by the definition: each modality's encoder over a series of one sample, in chunks, and
/// plain loops from there.
Eigen::VectorXd by_definition(const Net& net, const Eigen::VectorXd& row) {
  Eigen::VectorXd keys(2 * mil::key_size);
  Index column = 0;
  for (std::size_t m = 0; m < 2; ++m) {
    const auto& encoder = std::get<0>(net.branches[m].encoder);
    const auto plain = encoder.signal.fold();
    using Signal = std::remove_const_t<decltype(plain)>;
    const auto evaluate = std::make_unique<nn::MaxOverTime<Signal>>(plain);
    double maxima[16];
    Index times[16];
    (*evaluate)(plain, {row.data() + column, 1, 1}, maxima, times);
    for (const Index t : times) BOOST_TEST(t == 0);
    keys.segment(static_cast<Index>(m) * 32, 32) =
        encoder.head.weight * Eigen::Map<const Eigen::VectorXd>(maxima, 16) + encoder.head.bias;
    column += net.branches[m].shape.channels;
  }
  const auto leaky = [](double v) { return v > 0 ? v : 0.01 * v; };
  const auto& classifier = std::get<0>(net.pool).value;
  const auto& hidden =
      classifier.first.first.first.second;  // leaky_relu | *linear* | leaky_relu | linear | …
  const auto& last = classifier.first.second;
  const Eigen::VectorXd h = (hidden.weight * keys.unaryExpr(leaky) + hidden.bias).unaryExpr(leaky);
  const Eigen::VectorXd z = last.weight * h + last.bias;
  return z.array() - std::log(z.array().exp().sum());
}

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_encoders_on_series_of_one_sample) {
  const auto net = made(1);
  const Table rows(40);
  auto task = rows.task(net);
  auto gradient = nn::zeros_like(net);
  std::vector<Index> predicted;
  double expected = 0;
  std::vector<Index> expected_classes;
  for (Index n = 0; n < 40; ++n) {
    const Eigen::VectorXd log_p = by_definition(net, rows.x.row(n).transpose());
    expected -= log_p[rows.labels[static_cast<std::size_t>(n)]] / 40;
    Index best = 0;
    log_p.maxCoeff(&best);
    expected_classes.push_back(best);
  }
  BOOST_TEST(std::abs(task.step(net, rows.all, {}, gradient, predicted) - expected) < 1e-13);
  BOOST_TEST((predicted == expected_classes));
  predicted.clear();
  task.predict(net, rows.all, predicted);
  BOOST_TEST((predicted == expected_classes));
}

// The same as a bag network's pass: rows are bags of series of one sample.
BOOST_AUTO_TEST_CASE(equals_the_bag_network_it_is) {
  const auto net = made(3);
  const Table rows(40);
  std::vector<double> acc, hr;
  for (Index n = 0; n < 40; ++n) {
    for (Index c = 0; c < 3; ++c) acc.push_back(rows.x(n, c));
    hr.push_back(rows.x(n, 3));
  }
  mil::Bags<double> bags{40, {{"acc", acc.data(), 3, 1}, {"hr", hr.data(), 1, 1}}};
  mil::BagTask<double, RowEncoders> bag_task(net, bags, rows.labels, 1);
  auto row_task = rows.task(net);
  auto of_bags = nn::zeros_like(net), of_rows = nn::zeros_like(net);
  std::vector<Index> predicted, expected;
  train::FocalLossOptions loss;
  loss.gamma = 2;
  const double value = row_task.step(net, rows.all, loss, of_rows, predicted);
  BOOST_TEST(std::abs(bag_task.step(net, rows.all, loss, of_bags, expected) - value) < 1e-13);
  BOOST_TEST((predicted == expected));
  const auto a = bits_of(of_bags), b = bits_of(of_rows);
  double largest = 0, deviation = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i]));
    deviation = std::max(deviation, std::abs(a[i] - b[i]));
  }
  BOOST_TEST(largest > 1e-3);
  BOOST_TEST(deviation < 1e-13);

  // What is not there has a key of zeros, whatever its values.
  std::vector<std::uint8_t> there(40, 1);
  there[7] = 0;
  bags.modalities[1].present = there.data();
  hr[7] = std::numeric_limits<double>::quiet_NaN();
  const auto out = mil::evaluate(net, bags, 1);
  const auto& classifier = std::get<0>(net.pool).value;
  auto silent = net;
  auto& second = std::get<0>(silent.branches[1].encoder).head;
  second.weight.setZero(), second.bias.setZero();
  hr[7] = 0;
  bags.modalities[1].present = nullptr;
  const auto zero_key = mil::evaluate(silent, bags, 1);
  BOOST_TEST(classifier.inputs() == 2 * mil::key_size);
  BOOST_TEST((out.log_probabilities.row(7) == zero_key.log_probabilities.row(7)));
  BOOST_TEST(out.importance(7, 0) == 1);
  BOOST_TEST(out.importance(7, 1) == 0);
  BOOST_TEST(out.importance(6, 1) == 0.5);
}

BOOST_AUTO_TEST_CASE(gradient_against_differences) {
  auto net = made(2);
  const Table rows(5);
  auto task = rows.task(net);
  train::FocalLossOptions options;
  options.gamma = 1.5;
  options.alpha = Eigen::Vector3d(0.5, 1, 2);
  const std::vector<Index> batch = {4, 0, 2};
  auto gradient = nn::zeros_like(net);
  std::vector<Index> predicted;
  task.step(net, batch, options, gradient, predicted);
  auto scratch = gradient;
  const auto check = train::gradient_check(
      net, gradient, [&](const Net& n) { return task.step(n, batch, options, scratch, predicted); });
  BOOST_TEST(check.worst().error < 1e-6, check.worst().name << ": " << check.worst().error);
}

BOOST_AUTO_TEST_CASE(threads_and_pieces_change_no_bit) {
  const auto net = made(4);
  const Table rows(5000);  // three pieces
  train::FocalLossOptions options;
  options.ignore_index = 1;  // pieces differ in how many rows count
  std::vector<double> bits;
  double first_loss = 0;
  std::vector<Index> first_predicted;
  for (const int threads : {1, 2, 3, 4}) {
    auto task = rows.task(net, threads);
    auto gradient = nn::zeros_like(net);
    std::vector<Index> predicted;
    const double loss = task.step(net, rows.all, options, gradient, predicted);
    if (threads == 1) bits = bits_of(gradient), first_loss = loss, first_predicted = predicted;
    BOOST_TEST(loss == first_loss);
    BOOST_TEST((bits_of(gradient) == bits));
    BOOST_TEST((predicted == first_predicted));
  }
  // The mean over all rows that count, wherever pieces are cut: a batch of its own for each gives the same.
  double total = 0;
  Index counted = 0;
  auto task = rows.task(net);
  for (Index begin = 0; begin < 5000; begin += 1000) {
    std::vector<Index> batch(rows.all.begin() + begin, rows.all.begin() + begin + 1000), predicted;
    Index own = 0;
    for (const Index n : batch) own += rows.labels[static_cast<std::size_t>(n)] != 1;
    auto gradient = nn::zeros_like(net);
    total += task.step(net, batch, options, gradient, predicted) * static_cast<double>(own);
    counted += own;
  }
  BOOST_TEST(std::abs(total / static_cast<double>(counted) - first_loss) < 1e-12);
}

train::CrossEntropyOptions weighted() {
  train::CrossEntropyOptions options;
  options.class_weights = Eigen::Vector3d(0.5, 1, 3);
  options.label_smoothing = 0.1;
  return options;
}

BOOST_AUTO_TEST_CASE(another_loss_equals_its_formula) {
  const auto net = made(10);
  const Table rows(40);
  const auto options = weighted();
  double total = 0, weights = 0;
  for (Index n = 0; n < 40; ++n) {
    const Eigen::VectorXd log_p = by_definition(net, rows.x.row(n).transpose());
    const Index y = rows.labels[static_cast<std::size_t>(n)];
    weights += options.class_weights[y];
    total -= 0.9 * options.class_weights[y] * log_p[y];
    for (Index c = 0; c < 3; ++c) total -= 0.1 / 3 * options.class_weights[c] * log_p[c];
  }
  auto task = rows.task(net);
  auto gradient = nn::zeros_like(net);
  std::vector<Index> predicted;
  BOOST_TEST(std::abs(task.step(net, rows.all, options, gradient, predicted) - total / weights) < 1e-13);
  auto scratch = gradient;
  const auto loss = [&](const Net& n) { return task.step(n, rows.all, options, scratch, predicted); };
  // Of five thousand units one may pass its kink within a step; a small step rounds more.
  const auto wide = train::gradient_check(net, gradient, loss, 1e-5),
             narrow = train::gradient_check(net, gradient, loss, 1e-6);
  for (std::size_t i = 0; i < wide.tensors.size(); ++i)
    BOOST_TEST(std::min(wide.tensors[i].error, narrow.tensors[i].error) < 1e-6,
               wide.tensors[i].name << ": " << wide.tensors[i].error << ", " << narrow.tensors[i].error);
}

/// Mean 1 − p of the label, and what it was called with.
struct Missed {
  std::vector<Index>* counts;
  template<class T>
  double operator()(const T* log_p, Index, Index samples, Index stride, const Index* labels, T* gradient,
                    Index divisor = 0) const {
    counts->push_back(samples);
    double total = 0;
    for (Index n = 0; n < samples; ++n) {
      const auto p = std::exp(log_p[labels[n] * stride + n]);
      total += 1 - p;
      for (Index c = 0; gradient && c < 3; ++c)
        gradient[c * stride + n] = c == labels[n] ? -p / static_cast<T>(divisor) : T(0);
    }
    return total / static_cast<double>(divisor);
  }
};

// The mean over a batch of several pieces is that of smaller batches, each as its divisor weighs it.
BOOST_AUTO_TEST_CASE(pieces_of_any_loss_make_one_mean) {
  const auto net = made(11);
  const Table rows(5000);
  auto task = rows.task(net);
  const auto check = [&](const auto& loss, const auto& weight) {
    auto gradient = nn::zeros_like(net), parts = gradient;
    std::vector<Index> predicted;
    const double whole = task.step(net, rows.all, loss, gradient, predicted);
    double total = 0, weights = 0;
    for (Index begin = 0; begin < 5000; begin += 1000) {
      const std::vector<Index> batch(rows.all.begin() + begin, rows.all.begin() + begin + 1000);
      double own = 0;
      for (const Index n : batch) own += weight(rows.labels[static_cast<std::size_t>(n)]);
      auto part = nn::zeros_like(net);
      total += own * task.step(net, batch, loss, part, predicted);
      weights += own;
      nn::visit(
          [&](const nn::Path&, const nn::Layout& layout, const double* from, double* to) {
            for (Index i = 0; i < layout.size(); ++i) to[i] += own * from[i];
          },
          std::as_const(part), parts);
    }
    BOOST_TEST(std::abs(total / weights - whole) < 1e-12);
    double worst = 0;
    nn::visit(
        [&](const nn::Path&, const nn::Layout& layout, const double* a, const double* b) {
          for (Index i = 0; i < layout.size(); ++i) worst = std::max(worst, std::abs(a[i] / weights - b[i]));
        },
        std::as_const(parts), std::as_const(gradient));
    BOOST_TEST(train::global_norm(gradient) > 1e-3);
    BOOST_TEST(worst < 1e-12);
  };
  const auto options = weighted();
  check(options, [&](Index y) { return options.class_weights[y]; });
  std::vector<Index> counts;
  check(Missed{&counts}, [](Index) { return 1.0; });
  BOOST_TEST((std::vector<Index>(counts.begin(), counts.begin() + 3) == std::vector<Index>{2048, 2048, 904}));
}

BOOST_AUTO_TEST_CASE(trains_by_any_loss_and_any_score) {
  const auto net = made(12);
  const Table rows(300);
  auto labels = rows.labels;
  labels[3] = -100;  // ignored
  RowTask<double> task(net, rows.x, labels, 1);
  train::TrainOptionsOf<train::CrossEntropyOptions> options;
  options.epochs = 20;
  options.batch = 128;
  options.loss = weighted();
  options.score = [](const metrics::ConfusionMatrix& confusion) { return confusion.accuracy(); };
  train::TrainState<Net> state(net, options);
  const std::vector<Index> train(rows.all.begin(), rows.all.begin() + 240),
      valid(rows.all.begin() + 240, rows.all.end());
  BOOST_TEST((train::train(task, train, valid, options, state) == train::TrainStatus::finished));
  BOOST_TEST(state.history.back().loss < 0.7 * state.history.front().loss);
}

BOOST_AUTO_TEST_CASE(training_learns_and_threads_do_not_matter) {
  const auto net = made(6);
  const Table rows(300);
  const std::vector<Index> train(rows.all.begin(), rows.all.begin() + 240),
      valid(rows.all.begin() + 240, rows.all.end());
  train::TrainOptions options;
  options.epochs = 30;
  options.batch = 128;
  std::vector<double> bits;
  for (const int threads : {1, 2}) {
    auto task = rows.task(net, threads);
    train::TrainState<Net> state(net, options.optimizer);
    BOOST_TEST((train::train(task, train, valid, options, state) == train::TrainStatus::finished));
    BOOST_TEST(state.history.back().loss < 0.3 * state.history.front().loss);
    BOOST_TEST(state.best_f1 > 0.85);
    if (threads == 1) bits = bits_of(state.network);
    BOOST_TEST((bits_of(state.network) == bits));
  }
}

BOOST_AUTO_TEST_CASE(a_batch_in_which_nothing_counts) {
  const auto net = made(7);
  const Table rows(10);
  auto task = rows.task(net);
  train::FocalLossOptions options;
  options.ignore_index = rows.labels[0];
  auto gradient = nn::zeros_like(net);
  std::vector<Index> predicted;
  BOOST_TEST(task.step(net, {0}, options, gradient, predicted) == 0);
  BOOST_TEST(train::global_norm(gradient) == 0);
  task.predict(net, {}, predicted);
  BOOST_TEST(predicted.empty());
}

BOOST_AUTO_TEST_CASE(names_of_tensors) {
  std::vector<std::string> names;
  const auto net = made(8);
  nn::visit(
      [&](const nn::Path& path, const nn::Layout&, const double*) { names.push_back(nn::to_string(path)); },
      net);
  BOOST_TEST(names.front() == "accEncoder.network.0.network.0.causal.0.bias");
  BOOST_TEST(names.back() == "classifier.3.bias");
  for (const char* name : {"hrEncoder.network.3.weight", "classifier.1.weight", "classifier.3.weight"})
    BOOST_TEST((std::count(names.begin(), names.end(), name) == 1), name);
  BOOST_TEST(columns_of(net) == 4);
  BOOST_TEST(net.classes() == 3);
}

BOOST_AUTO_TEST_CASE(bad_input) {
  using Error = std::invalid_argument;
  check_throws<Error>([] { Net({}, 3); }, {"at least one modality"});
  check_throws<Error>([] { Net(shapes, 1); }, {"two classes", "got 1"});
  check_throws<Error>([] { Net({{"hr", 0}}, 2); }, {"'hr'", "needs an encoder of vectors"});
  const auto net = made(9);
  const auto task_of = [&](RowMatrix<double> x, std::vector<Index> labels) {
    RowTask<double>(net, std::move(x), std::move(labels), 1);
  };
  check_throws<Error>(
      [&] {
        task_of(RowMatrix<double>::Zero(2, 3), {0, 1});
      },
      {"expected 4 columns", "got 3"});
  check_throws<Error>([&] { task_of(RowMatrix<double>::Zero(2, 4), {0}); }, {"labels", "2 rows", "got 1"});
  check_throws<Error>([&] { task_of(RowMatrix<double>::Zero(2, 4), {0, 3}); }, {"row 1", "0…2", "got 3"});
  check_throws<Error>(
      [&] {
        task_of(RowMatrix<double>::Zero(2, 4), {-1, 0});
      },
      {"row 0", "-100 to be ignored", "got -1"});
  BOOST_CHECK_NO_THROW(task_of(RowMatrix<double>::Zero(2, 4), {-100, 0}));
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    RowMatrix<double> x = RowMatrix<double>::Zero(3, 4);
    x(2, 1) = bad;
    check_throws<Error>([&] { task_of(x, {0, 1, 2}); }, {"row 2", "not finite"});
  }
  auto task = Table(10).task(net);
  auto gradient = nn::zeros_like(net);
  std::vector<Index> predicted;
  for (const Index row : {-1, 10}) {
    const auto got = "got " + std::to_string(row);
    check_throws<Error>([&] { task.step(net, {3, row}, {}, gradient, predicted); }, {"rows", "0…9", got});
    check_throws<Error>([&] { task.predict(net, {row}, predicted); }, {"rows", "0…9", got});
  }
}

BOOST_AUTO_TEST_SUITE_END()
