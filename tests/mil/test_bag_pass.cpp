// SPDX-License-Identifier: MIT
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/train/gradient_check.hpp>
#include <lifelog/train/optimizer.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "../support/golden_tensors.hpp"
#include "../support/throws.hpp"
#include "bags.hpp"

BOOST_AUTO_TEST_SUITE(mil_bag_pass)

using namespace lifelog;
using namespace lifelog::mil;
using namespace lifelog::train;

namespace {

using Scalars = boost::mpl::list<float, double>;

/// Their exact gradient is zero: they stand right before a batch norm.
const std::vector<std::string> before_norm = {"HILNet.Encoder.0.bias", "HILNet.Encoder.3.bias"};

/// network.safetensors: the network at its starting point, its six bags, their labels.
struct Golden {
  io::Tensors file = golden::tensors("network.safetensors");
  BagNetwork<double> net{{{"A", 3}, {"B", 1}, {"H", 0}, {"C", 1}}, 3};
  Bags<double> bags;
  std::vector<Index> rows{0, 1, 2, 3, 4, 5}, labels;

  Golden() {
    assign_tensors(net, file, "", train::Others::ignored);
    const auto data = [&](const char* name) { return file.get<double>(std::string("input.") + name).data(); };
    bags = {
        6,
        {{"A", data("A"), 3, 40}, {"B", data("B"), 1, 64}, {"H", data("H"), 0, 1}, {"C", data("C"), 1, 17}}};
    for (const auto label : file.get<std::int64_t>("label")) labels.push_back(label);
  }
};

void check_statistics(const BagNetwork<double>& net, const io::Tensors& file, const std::string& prefix,
                      double limit) {
  int compared = 0;
  nn::visit(
      [&](const nn::Path& path, const nn::Layout& layout, const double* got) {
        if (layout.role == nn::Role::parameter) return;
        const auto name = prefix + nn::to_string(path);
        ++compared;
        if (layout.role == nn::Role::counter) {
          BOOST_TEST(got[0] == static_cast<double>(file.get<std::int64_t>(name)[0]));
          return;
        }
        const auto expected = file.get<double>(name);
        for (Index i = 0; i < layout.size(); ++i) {
          const double e = expected[static_cast<std::size_t>(i)];
          BOOST_TEST(std::abs(got[i] - e) <= limit * (1 + std::abs(e)),
                     name << ": " << got[i] << " for " << e);
        }
      },
      net);
  BOOST_TEST(compared == 6);
}

}  // namespace

BOOST_AUTO_TEST_CASE(forward_equals_pytorch) {
  const Golden g;
  BagPass<double> pass(g.net, g.bags, 1);
  for (const bool training : {false, true}) {
    const std::string prefix = training ? "train." : "eval.";
    pass.forward(g.net, g.rows, training);
    BOOST_TEST(golden::deviation(pass.log_probabilities(), g.file, prefix + "log_probabilities") < 1e-12);
    BOOST_TEST(golden::deviation(pass.importance(), g.file, prefix + "importance") < 1e-12);
    const double loss = pass.loss(g.net, g.labels.data(), {}, nullptr);
    BOOST_TEST(std::abs(loss - g.file.get<double>(prefix + "loss")[0]) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(gradients_and_statistics_equal_pytorchs) {
  const Golden g;
  BagPass<double> pass(g.net, g.bags, 1);
  pass.forward(g.net, g.rows, true);
  auto gradient = nn::zeros_like(g.net);
  pass.loss(g.net, g.labels.data(), {}, &gradient);
  golden::check_parameters(gradient, g.file, "grad.", 1e-9, before_norm, 1e-14);
  auto after = g.net;
  nn::visit(
      [](const nn::Path&, const nn::Layout& layout, double* to, const double* change) {
        if (layout.role == nn::Role::parameter) return;
        for (Index i = 0; i < layout.size(); ++i) to[i] += change[i];
      },
      after, gradient);
  check_statistics(after, g.file, "after.", 1e-12);
  BOOST_TEST(gradient.branches[2].encoder.index() == 1u);
}

BOOST_AUTO_TEST_CASE(three_training_steps_equal_pytorchs) {
  Golden g;
  const auto expected = golden::tensors("adamw.safetensors");
  BagPass<double> pass(g.net, g.bags, 1);
  train::AdamW optimizer(g.net);
  for (std::size_t step = 0; step < 3; ++step) {
    pass.forward(g.net, g.rows, true);
    auto gradient = nn::zeros_like(g.net);
    const double loss = pass.loss(g.net, g.labels.data(), {}, &gradient);
    const double norm = train::clip_global_norm(gradient, 0.9);
    const double e = expected.get<double>("loss")[step], n = expected.get<double>("norm")[step];
    BOOST_TEST(std::abs(loss - e) < 1e-9 * e);
    BOOST_TEST(std::abs(norm - n) < 1e-9 * n);
    BOOST_TEST(n > 0.9);  // clipping acts
    optimizer.step(g.net, gradient);
  }
  // Three steps of noise over eps, times the learning rate.
  golden::check_parameters(g.net, expected, "", 1e-9, before_norm, 1e-8);
  check_statistics(g.net, expected, "", 1e-8);  // means move with those biases
}

BOOST_AUTO_TEST_CASE(twenty_losses_equal_pytorchs) {
  Golden g;
  const auto file = golden::tensors("losses20.safetensors");
  const auto expected = file.get<double>("loss");
  BOOST_REQUIRE(expected.size() == 20u);
  BagPass<double> pass(g.net, g.bags, 1);
  train::AdamW optimizer(g.net);
  for (const double e : expected) {
    pass.forward(g.net, g.rows, true);
    auto gradient = nn::zeros_like(g.net);
    const double loss = pass.loss(g.net, g.labels.data(), {}, &gradient);
    BOOST_TEST(std::abs(loss - e) < 1e-9 * e);
    train::clip_global_norm(gradient, 0.9);
    optimizer.step(g.net, gradient);
  }
  BOOST_TEST(expected.back() < 0.5 * expected.front());
}

BOOST_AUTO_TEST_CASE(importance_is_a_distribution) {
  const auto owned = noisy_bags<double>(7, 1);
  const auto net = make_bag_network<double>(owned.bags.shapes(), 3, 2);
  const auto out = evaluate(net, owned.bags, 1);
  BOOST_TEST(out.importance.rows() == 7);
  BOOST_TEST(out.importance.cols() == 4);
  for (Index n = 0; n < 7; ++n) {
    BOOST_TEST(std::abs(out.importance.row(n).sum() - 1) < 1e-14);
    BOOST_TEST(out.importance.row(n).minCoeff() > 0);
    BOOST_TEST(std::abs(out.log_probabilities.row(n).array().exp().sum() - 1) < 1e-14);
  }
}

// Every trained scalar, with a loss that uses all its options; training (coupled by batch norm) and evaluating.
BOOST_AUTO_TEST_CASE(the_whole_gradient_against_differences) {
  const auto owned = noisy_bags<double>(4, 3);
  auto net = make_bag_network<double>(owned.bags.shapes(), 3, 4);
  auto& heads = std::get<SelfAttention<double>>(net.pool);
  heads.query.first.second.weight *= 8;  // sharpens the attention, nearly uniform at first
  heads.key.first.second.weight *= 8;
  train::FocalLossOptions options;
  options.gamma = 1.5;
  options.alpha = Eigen::VectorXd{{0.5, 1, 2}};
  const std::vector<Index> rows{2, 0, 1, 3}, labels{2, 0, 1, 1};
  for (const bool training : {true, false}) {
    BagPass<double> pass(net, owned.bags, 1);
    auto gradient = nn::zeros_like(net);
    pass.forward(net, rows, training);
    pass.loss(net, labels.data(), options, &gradient);
    // A small step: one that crosses the kink of some leaky ReLU, of tens of thousands, sees another slope.
    const auto check = train::gradient_check(
        net, gradient,
        [&](const BagNetwork<double>& moved) {
          pass.forward(moved, rows, training);
          return pass.loss(moved, labels.data(), options, nullptr);
        },
        1e-6);
    // Where a batch norm takes scale and offset away, next to nothing is left but the differences' own rounding.
    const double rounding = 5e-9;
    for (const auto& tensor : check.tensors)
      BOOST_TEST(tensor.absolute < 1e-6 * tensor.norm + rounding,
                 tensor.name << ": " << tensor.absolute << " of " << tensor.norm);
    int told = 0;
    for (const auto& tensor : check.tensors) told += tensor.norm > 1000 * rounding;
    BOOST_TEST(told >= static_cast<int>(check.tensors.size()) - 3);
    const auto& scalar = std::get<ScalarEncoder<double>>(gradient.branches[2].encoder);
    const double bias = scalar.first.second.bias.norm();
    BOOST_TEST((training ? bias < 1e-12 : bias > 1e-6));
  }
}

// On scalars, whose encoders are small, for all kinds of pool.
BOOST_AUTO_TEST_CASE(every_pool_against_differences) {
  Random random(5);
  std::vector<double> values(15);
  for (double& value : values) value = random.normal();
  const Bags<double> bags{
      5, {{"a", values.data(), 0, 1}, {"b", values.data() + 5, 0, 1}, {"c", values.data() + 10, 0, 1}}};
  const std::vector<Index> rows{0, 1, 2, 3, 4}, labels{0, 1, 2, 1, 0};
  for (const Pool kind : {Pool::self, Pool::attention, Pool::gated}) {
    const auto net = make_bag_network<double>(bags.shapes(), 3, 6, kind);
    BOOST_TEST((net.pool_kind() == kind));
    BagPass<double> pass(net, bags, 1);
    auto gradient = nn::zeros_like(net);
    pass.forward(net, rows, false);
    pass.loss(net, labels.data(), {}, &gradient);
    for (Index n = 0; n < 5; ++n) BOOST_TEST(std::abs(pass.importance().col(n).sum() - 1) < 1e-14);
    const auto check = train::gradient_check(net, gradient, [&](const BagNetwork<double>& moved) {
      pass.forward(moved, rows, false);
      return pass.loss(moved, labels.data(), {}, nullptr);
    });
    Index of_pool = 0;
    for (const auto& tensor : check.tensors) {
      const bool own = tensor.name.find("ILNet") == std::string::npos;
      of_pool += own;
      // The last bias of a score moves all instances alike: it has no gradient.
      if (tensor.name == "Al.2.bias" || tensor.name == "Al.1.bias")
        BOOST_TEST(tensor.norm < 1e-9);
      else
        BOOST_TEST((tensor.norm > 0 && tensor.absolute < 1e-6 * tensor.norm + 1e-10), tensor.name);
    }
    BOOST_TEST(of_pool == (kind == Pool::gated ? 6 : 4));
  }
}

BOOST_AUTO_TEST_CASE(evaluating_is_a_pass_that_does_not_train) {
  const auto owned = noisy_bags<double>(9, 6);
  const auto net = make_bag_network<double>(owned.bags.shapes(), 2, 7);
  const std::vector<Index> rows{8, 0, 3, 3};
  const auto out = evaluate(net, owned.bags, rows, 2);
  BagPass<double> pass(net, owned.bags, 1);
  pass.forward(net, rows, false);
  BOOST_TEST((out.importance == pass.importance().leftCols(4).matrix().transpose()));
  BOOST_TEST((out.log_probabilities == pass.log_probabilities().leftCols(4).matrix().transpose()));
  const auto all = evaluate(net, owned.bags, 1);
  BOOST_TEST(all.importance.rows() == 9);
  BOOST_TEST((all.importance.row(8) - out.importance.row(0)).norm() < 1e-15);
  BOOST_TEST(evaluate(net, owned.bags, std::vector<Index>{}, 1).importance.rows() == 0);
}

// A batch of one has no variance: it is normalised by the running statistics.
BOOST_AUTO_TEST_CASE(a_batch_of_one) {
  const auto owned = noisy_bags<double>(3, 8);
  const auto net = make_bag_network<double>(owned.bags.shapes(), 2, 9);
  BagPass<double> pass(net, owned.bags, 2);
  pass.forward(net, {1}, true);
  const auto evaluated = evaluate(net, owned.bags, {1}, 1);
  BOOST_TEST((pass.log_probabilities().col(0).matrix() == evaluated.log_probabilities.row(0).transpose()));
  const Index labels[] = {0, 1, 0};
  auto gradient = nn::zeros_like(net);
  BOOST_TEST(std::isfinite(pass.loss(net, labels, {}, &gradient)));
  BOOST_TEST(std::isfinite(train::global_norm(gradient)));
  BOOST_TEST(train::global_norm(gradient) > 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_reaches_the_loss) {
  for (const std::size_t modality : {0u, 2u}) {
    auto owned = noisy_bags<double>(3, 10);
    const auto net = make_bag_network<double>(owned.bags.shapes(), 2, 11);
    owned.values[modality][1] = std::numeric_limits<double>::infinity();
    BagPass<double> pass(net, owned.bags, 1);
    pass.forward(net, {0, 1, 2}, true);
    const Index labels[] = {0, 1, 0};
    BOOST_TEST(!std::isfinite(pass.loss(net, labels, {}, nullptr)));
  }
}

// Value heads so sure that log-probabilities leave the type's range: 0 · ∞ nowhere, in the pool nor on the way back.
BOOST_AUTO_TEST_CASE_TEMPLATE(certain_values_stay_numbers, T, Scalars) {
  const auto owned = noisy_bags<T>(3, 14);
  const T most = std::numeric_limits<T>::max() / 2;
  const Index labels[] = {0, 1, 2};
  for (const Pool kind : {Pool::self, Pool::attention, Pool::gated})
    for (const bool decided : {false, true})
      for (const double gamma : {0.0, 2.0}) {
        auto net = make_bag_network<T>(owned.bags.shapes(), 3, 15, kind);
        for (std::size_t m = 0; m < net.branches.size(); ++m) {
          auto& head = net.branches[m].value.first.second;
          head.weight.setZero();
          head.bias << (m % 2 ? most : -most), (m % 2 ? -most : most), T(0);
        }
        if (auto* pool = std::get_if<ScorePool<ScoreHead<T>>>(&net.pool); pool && decided)
          pool->score.second.weight *= T(1e4);  // some importances are 0
        BagPass<T> pass(net, owned.bags, 1);
        pass.forward(net, {0, 1, 2}, false);
        BOOST_TEST(pass.log_probabilities().allFinite());
        BOOST_TEST(pass.importance().allFinite());
        auto gradient = nn::zeros_like(net);
        train::FocalLossOptions options;
        options.gamma = gamma;
        BOOST_TEST(!std::isnan(pass.loss(net, labels, options, &gradient)));
        for (const auto& branch : gradient.branches) BOOST_TEST(branch.value.first.second.bias.allFinite());
      }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const auto owned = noisy_bags<double>(3, 12);
  const auto shapes = owned.bags.shapes();
  using Error = std::invalid_argument;
  check_throws<Error>([&] { BagNetwork<double>({}, 3); }, {"at least one modality"});
  check_throws<Error>([&] { BagNetwork<double>(shapes, 1); }, {"at least two classes", "got 1"});
  check_throws<Error>([&] { BagNetwork<double>({{"a", 1}, {"a", 0}}, 2); }, {"'a'", "twice"});
  check_throws<Error>([&] { BagNetwork<double>({{"a", -1}}, 2); }, {"'a'", "got -1"});

  const BagNetwork<double> net(shapes, 3);
  const auto pass_over = [&](const Bags<double>& bags) { BagPass<double>(net, bags, 1); };
  auto bags = owned.bags;
  std::swap(bags.modalities[0], bags.modalities[1]);
  check_throws<Error>([&] { pass_over(bags); }, {"modality 0", "'acc' with 3", "'bvp' with 1"});
  bags = owned.bags;
  bags.modalities.pop_back();
  check_throws<Error>([&] { pass_over(bags); }, {"expected 4 modalities", "got 3"});
  bags = owned.bags;
  bags.modalities[0].channels = 2;
  check_throws<Error>([&] { pass_over(bags); }, {"'acc' with 3", "with 2"});
  bags = owned.bags;
  bags.modalities[1].length = 0;
  check_throws<Error>([&] { pass_over(bags); }, {"'bvp'", "no samples"});

  BagPass<double> pass(net, owned.bags, 1);
  check_throws<Error>([&] { pass.forward(net, {0, 3}, false); }, {"rows", "0…2", "got 3"});
  check_throws<Error>([&] { pass.forward(net, {-1}, false); }, {"rows", "got -1"});
  pass.forward(net, {0, 1, 2}, true);
  const Index labels[] = {0, 3, 1};
  check_throws<Error>([&] { pass.loss(net, labels, {}, nullptr); }, {"label 1", "got 3"});
  check_throws<Error>([&] { BagTask<double>(net, owned.bags, {0, 1}, 1); }, {"labels", "3 bags", "got 2"});
  check_throws<Error>([&] { BagTask<double>(net, owned.bags, {0, 1, 3}, 1); }, {"bag 2", "0…2", "got 3"});
  check_throws<Error>([&] { BagTask<double>(net, owned.bags, {0, -1, 2}, 1); }, {"bag 1", "got -1"});
}

BOOST_AUTO_TEST_SUITE_END()
