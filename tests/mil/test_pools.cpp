// SPDX-License-Identifier: MIT
#include <lifelog/mil/bag_stream.hpp>
#include <lifelog/mil/instances.hpp>
#include <lifelog/train/gradient_check.hpp>
#include <lifelog/train/trainer.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <numeric>

#include "../support/golden_tensors.hpp"
#include "../support/throws.hpp"
#include "bags.hpp"

BOOST_AUTO_TEST_SUITE(mil_pools)

using namespace lifelog;
using namespace lifelog::mil;

namespace {

/// Keys of vectors alone, so that a bag's instances are few numbers.
struct VectorEncoders {
  template<class T>
  static auto vector(Index inputs) {
    using namespace nn;
    return input_of<T>(inputs) | linear<5> | nn::tanh;
  }
};
/// A series by its mean, beside vectors.
struct MeanEncoders : VectorEncoders {
  template<class T>
  static auto series(Index channels) {
    using namespace nn;
    return input_of<T>(channels) | causal_conv<4, 3>(dilation<2>) | nn::tanh | mean_over_time | linear<5>;
  }
};

/// Six bags of two kinds: vectors of 3 numbers, 0 to 4 a bag, some not there; and a scalar that not every bag has.
struct MixedBags {
  static constexpr double never = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> vectors, scalars;
  std::vector<std::uint8_t> vectors_there, scalars_there{1, 1, 0, 1, 1, 0};
  Bags<double> bags;
  std::vector<Index> rows{0, 1, 2, 3, 4, 5};

  MixedBags() {
    Random random(4);
    std::vector<Index> start{0, 2, 2, 5, 9, 10, 12};
    for (Index i = 0; i < start.back(); ++i) {
      vectors_there.push_back(i != 4 && i != 7);
      for (int c = 0; c < 3; ++c) vectors.push_back(vectors_there.back() ? random.normal() : never);
    }
    for (const auto there : scalars_there) scalars.push_back(there ? random.normal() : never);
    bags.count = 6;
    bags.modalities = {{"v", vectors.data(), 0, 3, start, vectors_there.data()},
                       {"s", scalars.data(), 0, 1, {}, scalars_there.data()}};
  }
  MixedBags(const MixedBags&) = delete;
  MixedBags& operator=(const MixedBags&) = delete;
};

/// Scores that differ enough to matter.
BagNetwork<double, VectorEncoders> network_of(Pool pool, const Bags<double>& bags) {
  auto net = make_bag_network<double, VectorEncoders>(bags.shapes(), 3, 2, pool);
  nn::visit(
      [](const nn::Path&, const nn::Layout& layout, double* w) {
        for (Index i = 0; i < layout.size(); ++i) w[i] *= 3;
      },
      net);
  return net;
}

/// A softmax does not see what all scores have in common: the gradient of that bias is zero but for rounding.
std::vector<std::string> unseen(Pool pool) {
  return pool == Pool::conjunctive ? std::vector<std::string>{}
                                   : std::vector<std::string>{"Al.2.bias", "Al.1.bias"};
}

template<class Network, class Loss>
void check_gradient(Pool pool, const Network& net, const Network& gradient, const Loss& loss) {
  for (const auto& tensor : train::gradient_check(net, gradient, loss, 1e-4).tensors) {
    const auto noise = unseen(pool);
    if (std::find(noise.begin(), noise.end(), tensor.name) != noise.end())
      BOOST_TEST(tensor.absolute < 1e-10, tensor.name);
    else
      BOOST_TEST((tensor.norm > 1e-6 && tensor.error < 1e-6), tensor.name << ": " << tensor.error);
  }
}

template<class Body>
void for_pools(const Body& body) {
  for (const auto& [pool, name] : pool_names) BOOST_TEST_CONTEXT(name) body(pool);
}

template<class Network>
double loss_of(const Network& net, const Bags<double>& bags, Network* gradient) {
  const std::vector<Index> rows{0, 1, 2, 3, 4, 5}, labels{0, 1, 2, 0, 2, 1};
  BagPass<double, VectorEncoders> pass(net, bags, 1);
  pass.forward(net, rows, true);
  return pass.loss(net, labels.data(), train::FocalLossOptions{}, gradient);
}

template<class Network>
bool same_bits(const Network& a, const Network& b) {
  bool same = true;
  nn::visit([&](const nn::Path&, const nn::Layout& layout, const double* x,
                const double* y) { same = same && std::equal(x, x + layout.size(), y); },
            a, b);
  return same;
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_are_there_and_back) {
  BOOST_TEST(pool_names.size() == std::variant_size_v<AnyPool<float>>);
  for (const auto& [pool, name] : pool_names) {
    BOOST_TEST(pool_name(pool) == name);
    BOOST_TEST((pool_named(name) == pool));
    BOOST_TEST((make_bag_network<float>({{"a", 0}, {"b", 0}}, 2, 1, pool).pool_kind() == pool));
  }
  BOOST_TEST(!pool_named("nonsense").has_value());
}

BOOST_AUTO_TEST_CASE(gradients_are_central_differences) {
  const MixedBags mixed;
  for_pools([&](Pool pool) {
    const auto net = network_of(pool, mixed.bags);
    auto gradient = nn::zeros_like(net);
    loss_of(net, mixed.bags, &gradient);
    const auto loss = [&](const auto& at) {
      return loss_of(at, mixed.bags, static_cast<decltype(&gradient)>(nullptr));
    };
    check_gradient(pool, net, gradient, loss);
  });
}

// Against PyTorch, which has no masks: what is not there is not in its data.
BOOST_AUTO_TEST_CASE(pools_equal_pytorchs) {
  const auto file = golden::tensors("pools.safetensors");
  const auto vectors = file.get<double>("vectors"), scalars = file.get<double>("scalars");
  Bags<double> bags{6,
                    {{"v", vectors.data(), 0, 3, {0, 2, 2, 5, 9, 10, 12}},
                     {"s", scalars.data(), 0, 1, {0, 1, 2, 2, 3, 4, 4}}}};
  const std::vector<Index> rows{0, 1, 2, 3, 4, 5}, labels{0, 1, 2, 0, 2, 1};
  train::FocalLossOptions cross_entropy;
  cross_entropy.gamma = 0;
  for (const auto& [pool, name] : pool_names) {
    const auto prefix = std::string(name) + ".";
    BOOST_TEST_CONTEXT(name) {
      BagNetwork<double, VectorEncoders> net(bags.shapes(), 3, pool);
      train::assign_tensors(net, file, prefix + "weight.", train::Others::ignored);
      BagPass<double, VectorEncoders> pass(net, bags, 1);
      pass.forward(net, rows, true);
      BOOST_TEST(golden::deviation(pass.log_probabilities(), file, prefix + "log_probabilities") < 1e-13);
      std::size_t place = 0;
      const auto weights = file.get<double>(prefix + "weights");
      for (Index n = 0; n < 6; ++n)
        for (const auto& instance : pass.instances(n))
          BOOST_TEST(std::abs(instance.weight - weights[place++]) < 1e-13);
      BOOST_TEST(place == weights.size());
      auto gradient = nn::zeros_like(net);
      const double loss = pass.loss(net, labels.data(), cross_entropy, &gradient);
      BOOST_TEST(std::abs(loss - file.get<double>(prefix + "loss")[0]) < 1e-13);
      golden::check_parameters(gradient, file, prefix + "grad.", 1e-12, unseen(pool), 1e-16);
    }
  }
}

// Weights of a bag sum to 1, contributions to what the log-softmax is of.
BOOST_AUTO_TEST_CASE(instances_come_back_in_input_order) {
  const MixedBags mixed;
  for_pools([&](Pool pool) {
    const auto net = network_of(pool, mixed.bags);
    BagPass<double, VectorEncoders> pass(net, mixed.bags, 1);
    pass.forward(net, mixed.rows, false);
    const std::vector<std::vector<Index>> expected{{0, 1}, {}, {2, 3}, {5, 6, 8}, {9}, {10, 11}};
    for (Index n = 0; n < 6; ++n) {
      std::vector<Index> vectors;
      double weight = 0;
      Eigen::Vector3d sum = Eigen::Vector3d::Zero(), by_kind = sum;
      for (const auto& instance : pass.instances(n)) {
        if (instance.kind == 0) vectors.push_back(instance.instance);
        weight += instance.weight;
        by_kind[instance.kind] += instance.weight;
        for (std::size_t c = 0; c < instance.contributions.size(); ++c)
          sum[static_cast<Index>(c)] += instance.contributions[c];
      }
      BOOST_TEST(vectors == expected[static_cast<std::size_t>(n)], boost::test_tools::per_element());
      BOOST_TEST(std::abs(weight - 1) < 1e-14);
      BOOST_TEST(std::abs(by_kind[0] - pass.importance()(0, n)) < 1e-14);
      BOOST_TEST((mixed.scalars_there[static_cast<std::size_t>(n)] != 0 || pass.importance()(1, n) == 0));
      if (pool == Pool::embedding_attention || pool == Pool::embedding_gated || pool == Pool::log_sum_exp)
        continue;
      const double all = std::log(sum.array().exp().sum());
      for (Index c = 0; c < 3; ++c)
        BOOST_TEST(std::abs(sum[c] - all - pass.log_probabilities()(c, n)) < 1e-12);
    }
  });
}

// What is not there might as well not be in the data: the same bits, whatever its values are.
BOOST_AUTO_TEST_CASE(masked_is_removed) {
  const MixedBags mixed;
  std::vector<double> kept;
  std::vector<Index> start{0};
  for (Index bag = 0; bag < 6; ++bag) {
    const auto& kind = mixed.bags.modalities[0];
    for (Index i = kind.first(bag); i < kind.last(bag); ++i)
      if (kind.there(i)) kept.insert(kept.end(), kind.instance(i), kind.instance(i) + 3);
    start.push_back(static_cast<Index>(kept.size()) / 3);
  }
  auto bags = mixed.bags;
  bags.modalities[0] = {"v", kept.data(), 0, 3, start};
  std::vector<double> present;
  std::vector<Index> scalar_start{0};
  for (std::size_t n = 0; n < 6; ++n) {
    if (mixed.scalars_there[n]) present.push_back(mixed.scalars[n]);
    scalar_start.push_back(static_cast<Index>(present.size()));
  }
  bags.modalities[1] = {"s", present.data(), 0, 1, scalar_start};
  for_pools([&](Pool pool) {
    const auto net = network_of(pool, bags);
    const auto masked = evaluate(net, mixed.bags, 1), removed = evaluate(net, bags, 1);
    BOOST_TEST((masked.importance.array() == removed.importance.array()).all());
    BOOST_TEST((masked.log_probabilities.array() == removed.log_probabilities.array()).all());
    BOOST_TEST(masked.log_probabilities.allFinite());
    // In training too: batch norm, loss and gradient.
    auto of_masked = nn::zeros_like(net), of_removed = of_masked;
    BOOST_TEST(loss_of(net, mixed.bags, &of_masked) == loss_of(net, bags, &of_removed));
    BOOST_TEST(same_bits(of_masked, of_removed));
    BOOST_TEST(train::global_norm(of_masked) > 1e-6);
  });
}

// The order of a bag's instances changes neither its prediction nor, but for their order, their weights.
BOOST_AUTO_TEST_CASE(order_does_not_matter) {
  Random random(8);
  std::vector<double> values(7 * 3), reversed;
  for (auto& x : values) x = random.normal();
  for (Index i = 7; i-- > 0;)
    reversed.insert(reversed.end(), values.begin() + 3 * i, values.begin() + 3 * i + 3);
  const Bags<double> one{1, {{"v", values.data(), 0, 3, {0, 7}}}},
      other{1, {{"v", reversed.data(), 0, 3, {0, 7}}}};
  for_pools([&](Pool pool) {
    const auto net = network_of(pool, one);
    BagPass<double, VectorEncoders> a(net, one, 1), b(net, other, 1);
    a.forward(net, {0}, false), b.forward(net, {0}, false);
    BOOST_TEST((a.log_probabilities().col(0) - b.log_probabilities().col(0)).matrix().norm() < 1e-13);
    const auto forth = a.instances(0), back = b.instances(0);
    for (std::size_t i = 0; i < 7; ++i) BOOST_TEST(std::abs(forth[i].weight - back[6 - i].weight) < 1e-13);
  });
}

// Of one instance there is nothing to weigh: the bag is what its head says (of sigmoid weights, sharpened or softened).
BOOST_AUTO_TEST_CASE(a_bag_of_one) {
  const double values[] = {1, -2, 0.5};
  const Bags<double> bags{1, {{"v", values, 0, 3}}};
  for_pools([&](Pool pool) {
    const auto net = network_of(pool, bags);
    const auto out = evaluate(net, bags, 1);
    BOOST_TEST(out.importance(0, 0) == 1);
    BOOST_TEST(std::abs(out.log_probabilities.array().exp().sum() - 1) < 1e-14);
    if (pool == Pool::conjunctive || net.values_after_pool()) return;
    const auto same = network_of(Pool::mean, bags);
    BOOST_TEST((out.log_probabilities - evaluate(same, bags, 1).log_probabilities).norm() < 1e-13);
  });
}

BOOST_AUTO_TEST_CASE(streams_are_whole_bags) {
  const auto owned = noisy_bags<float>(3, 5);
  for_pools([&](Pool pool) {
    const auto net = make_bag_network<float>(owned.bags.shapes(), 3, 2, pool);
    const auto whole = evaluate(net, owned.bags, 1);
    BagStream<float> stream(net);
    for (Index n = 0; n < 3; ++n) {
      stream.reset();
      for (std::size_t m = 0; m < owned.bags.modalities.size(); ++m) {
        const auto& modality = owned.bags.modalities[m];
        for (Index t = 0; t < modality.length; ++t) {
          float sample[4];
          for (Index c = 0; c < std::max<Index>(1, modality.channels); ++c)
            sample[c] = modality.instance(n)[c * modality.length + t];
          stream.push(static_cast<Index>(m), sample);
        }
      }
      stream.evaluate();
      BOOST_TEST((stream.importance().matrix().transpose() - whole.importance.row(n)).norm() < 1e-5f);
      BOOST_TEST((stream.log_probabilities().matrix().transpose() - whole.log_probabilities.row(n)).norm() <
                 1e-5f);
    }
  });
}

// A modality that a stream has not heard is one that is not there.
BOOST_AUTO_TEST_CASE(a_stream_does_without_what_it_has_not_heard) {
  const float a[] = {2}, b[] = {0};
  const std::uint8_t there[] = {0};
  const Bags<float> bags{1, {{"a", a, 0, 1}, {"b", b, 0, 1, {}, there}}};
  const auto net = make_bag_network<float>(bags.shapes(), 2, 3);
  BagStream<float> stream(net);
  BOOST_TEST(!stream.heard(0));
  stream.push(0, a);
  stream.evaluate();
  const auto whole = evaluate(net, bags, 1);
  BOOST_TEST(stream.importance()[1] == 0);
  BOOST_TEST(std::abs(stream.log_probabilities()[0] - whole.log_probabilities(0, 0)) < 1e-6f);
}

// Results, and gradients, are the same bits for any number of threads; here with absent series of another reduction.
BOOST_AUTO_TEST_CASE(threads_change_nothing) {
  auto owned = noisy_bags<double>(40, 7);
  for (double& rate : owned.values[2]) rate = (rate - 70) / 8;
  std::vector<std::uint8_t> there(40 * 4, 1);
  Random random(1);
  for (auto& one : there) one = random.uniform() < 0.7;
  for (std::size_t m = 0; m < 4; ++m) {
    owned.bags.modalities[m].present = there.data() + m;
    owned.bags.modalities[m].present_stride = 4;
  }
  std::vector<Index> rows, labels;
  for (Index n = 0; n < 40; ++n) {
    labels.push_back(n % 3);
    const auto* row = there.data() + 4 * n;
    if (std::any_of(row, row + 4, [](auto one) { return one != 0; })) rows.push_back(n);
  }
  for_pools([&](Pool pool) {
    const auto net = make_bag_network<double, MeanEncoders>(owned.bags.shapes(), 3, 2, pool);
    const auto gradient_by = [&](int threads) {
      BagPass<double, MeanEncoders> pass(net, owned.bags, threads);
      pass.forward(net, rows, true, {0.3, 5, 11});
      auto gradient = nn::zeros_like(net);
      pass.loss(net, labels.data(), train::FocalLossOptions{}, &gradient);
      return gradient;
    };
    const auto first = gradient_by(1);
    BOOST_TEST(train::global_norm(first) > 1e-6);
    for (const int threads : {2, 3}) BOOST_TEST(same_bits(first, gradient_by(threads)));
  });
  const auto net = make_bag_network<double, MeanEncoders>(owned.bags.shapes(), 3, 2, Pool::gated);
  const std::vector<Index> few(rows.begin(), rows.begin() + 6);
  const auto loss_of_few = [&](const auto& at, auto* gradient) {
    BagPass<double, MeanEncoders> pass(at, owned.bags, 1);
    pass.forward(at, few, true, {0.3, 5, 11});
    return pass.loss(at, labels.data(), train::FocalLossOptions{}, gradient);
  };
  auto of_few = nn::zeros_like(net);
  loss_of_few(net, &of_few);
  const auto loss = [&](const auto& at) { return loss_of_few(at, static_cast<decltype(&of_few)>(nullptr)); };
  check_gradient(Pool::gated, net, of_few, loss);
}

BOOST_AUTO_TEST_CASE(a_bag_with_nothing_is_named) {
  const float values[] = {1, 2};
  const std::uint8_t there[] = {1, 0};
  const Bags<float> bags{2, {{"a", values, 0, 1, {}, there}}};
  const auto net = make_bag_network<float>(bags.shapes(), 2, 3);
  check_throws<std::invalid_argument>([&] { evaluate(net, bags, 1); },
                                      {"bags: expected an instance in each, got none in bag 1"});
  BOOST_CHECK_NO_THROW(evaluate(net, bags, {0}, 1));
}

// Each kind is left out about as often as said, never all; the same bag in the same step loses the same.
BOOST_AUTO_TEST_CASE(sensor_dropout_leaves_out_as_often_as_said) {
  const std::vector<float> values(3000, 1);
  const Bags<float> bags{
      3000, {{"a", values.data(), 0, 1}, {"b", values.data(), 0, 1}, {"c", values.data(), 0, 1}}};
  std::vector<Index> rows(3000);
  std::iota(rows.begin(), rows.end(), Index{0});
  mil::detail::BagBatch<float> batch, again, later;
  const nn::Samples<float> domain{0, true};
  batch.gather(bags, rows, domain, {0.4, 1, 7});
  again.gather(bags, rows, domain, {0.4, 1, 7});
  later.gather(bags, rows, domain, {0.4, 1, 8});
  BOOST_TEST((batch.sources == again.sources));
  BOOST_TEST((batch.sources != later.sources));
  for (Index n = 0; n < 3000; ++n) BOOST_TEST(batch.last(n) > batch.first(n));
  // Of three, all would be dropped with 0.064: then one of them stays.
  const double expected = 0.6 + 0.064 / 3;
  for (const auto& source : batch.sources)
    BOOST_TEST(std::abs(static_cast<double>(source.size()) / 3000 - expected) < 0.03);
}

BOOST_AUTO_TEST_SUITE_END()
