// SPDX-License-Identifier: MIT
#include <lifelog/importance/contributions.hpp>
#include <lifelog/importance/information.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <numeric>
#include <optional>

BOOST_AUTO_TEST_SUITE(importance_contributions)

using namespace lifelog;
using namespace lifelog::importance;

namespace {

struct Encoders {
  template<class T>
  static auto vector(Index inputs) {
    using namespace nn;
    return input_of<T>(inputs) | linear<5> | nn::tanh;
  }
};
using Network = mil::BagNetwork<double, Encoders>;

/// Nine bags of four sensors, of which some are not there; the second has up to three instances a bag.
struct Person {
  static constexpr Index count = 9;
  std::vector<std::vector<double>> values;
  std::vector<std::uint8_t> there;
  mil::Bags<double> bags;
  std::vector<Index> rows, labels;

  Person() {
    Random random(8);
    const std::vector<Index> starts{0, 1, 3, 3, 6, 7, 8, 9, 11, 12};
    bags.count = count;
    for (Index n = 0; n < count; ++n) {
      rows.push_back(n), labels.push_back(n % 3);
      there.push_back(n != 4 && n != 5);
    }
    for (int m = 0; m < 4; ++m) {
      const Index instances = m == 1 ? starts.back() : count;
      auto& own = values.emplace_back();
      for (Index i = 0; i < instances * 2; ++i) own.push_back(random.normal());
    }
    values[2][8] = std::numeric_limits<double>::quiet_NaN();  // of a bag where it is not there
    for (int m = 0; m < 4; ++m)
      bags.modalities.push_back({std::string(1, static_cast<char>('a' + m)),
                                 values[static_cast<std::size_t>(m)].data(), 0, 2,
                                 m == 1 ? starts : std::vector<Index>{}, m == 2 ? there.data() : nullptr});
  }
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;
};

Network network_of(mil::Pool pool, const Person& person) {
  auto net = mil::make_bag_network<double, Encoders>(person.bags.shapes(), 3, 5, pool);
  nn::visit(
      [](const nn::Path&, const nn::Layout& layout, double* w) {
        for (Index i = 0; i < layout.size(); ++i) w[i] *= 3;
      },
      net);
  return net;
}

/// Log-probabilities of a bag of which only some sensors are shown: the others' instances are taken out of the data.
Eigen::RowVectorXd shown(const Network& net, const Person& person, Index bag, unsigned sensors) {
  auto bags = person.bags;
  for (std::size_t m = 0; m < 4; ++m)
    if ((sensors >> m & 1) == 0) {
      bags.modalities[m].start.assign(Person::count + 1, 0);
      bags.modalities[m].present = nullptr;
    }
  return mil::evaluate(net, bags, std::vector<Index>{bag}).log_probabilities.row(0);
}

/// Shapley values of the sensors of a bag by every order of all four: one that is not there adds nothing. [4, outcomes]
template<class Worth>
RowMatrix<double> by_every_order(const Worth& worth, Index outcomes) {
  RowMatrix<double> sum = RowMatrix<double>::Zero(4, outcomes);
  std::vector<int> order{0, 1, 2, 3};
  double orders = 0;
  do {
    unsigned before = 0;
    for (const int m : order) {
      sum.row(m) += worth(before | 1u << m) - worth(before);
      before |= 1u << m;
    }
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  return sum / orders;
}

/// The sensors among `sensors` that a bag has.
unsigned there(const Person& person, Index bag, unsigned sensors) {
  for (std::size_t m = 0; m < 4; ++m) {
    const auto& kind = person.bags.modalities[m];
    bool any = false;
    for (Index i = kind.first(bag); i < kind.last(bag); ++i) any = any || kind.there(i);
    if (!any) sensors &= ~(1u << m);
  }
  return sensors;
}

template<class Body>
void for_pools(const Body& body) {
  for (const auto& [pool, name] : mil::pool_names) BOOST_TEST_CONTEXT(name) body(pool);
}

}  // namespace

BOOST_AUTO_TEST_CASE(they_sum_to_the_evidence_of_every_pool) {
  const Person person;
  for_pools([&](mil::Pool pool) {
    const auto net = network_of(pool, person);
    const auto got = contributions(net, person.bags, person.rows);
    auto evidence = mil::evaluate(net, person.bags, person.rows).log_probabilities;
    importance::detail::centre_classes(evidence);
    for (Index n = 0; n < Person::count; ++n) {
      const Eigen::RowVectorXd sum =
          Eigen::Map<const RowMatrix<double>>(got.values.row(n).data(), 4, 3).colwise().sum();
      BOOST_TEST((sum - evidence.row(n)).norm() < 1e-12);
    }
    BOOST_TEST(got(4, 2, 0) == 0);  // not there
    BOOST_TEST(got(2, 1, 0) == 0);
    BOOST_TEST(std::abs(got(0, 2, 1)) > 1e-6);
    BOOST_TEST((contributions(net, person.bags, person.rows, {}, 1).values == got.values));
  });
}

BOOST_AUTO_TEST_CASE(of_mixed_embeddings_they_are_shapley_values) {
  const Person person;
  for (const auto pool : {mil::Pool::max, mil::Pool::log_sum_exp, mil::Pool::embedding_gated}) {
    const auto net = network_of(pool, person);
    const auto got = contributions(net, person.bags, person.rows);
    for (Index n = 0; n < Person::count; ++n) {
      const auto expected = by_every_order(
          [&](unsigned sensors) -> Eigen::RowVectorXd {
            if (there(person, n, sensors) == 0) return Eigen::RowVectorXd::Zero(3);
            Eigen::RowVectorXd evidence = shown(net, person, n, sensors);
            evidence.array() -= evidence.mean();
            return evidence;
          },
          3);
      BOOST_TEST((Eigen::Map<const RowMatrix<double>>(got.values.row(n).data(), 4, 3) - expected).norm() <
                 1e-12);
    }
  }
}

// The terms of a pool that mixes predictions stand for Shapley values.
BOOST_AUTO_TEST_CASE(terms_rank_as_shapley_values_do) {
  const Person person;
  for (const auto pool : {mil::Pool::mean, mil::Pool::self, mil::Pool::gated}) {
    const auto net = network_of(pool, person);
    const auto terms = contributions(net, person.bags, person.rows);
    Contributions<double> shapley{4, 3, RowMatrix<double>::Zero(9, 12), RowMatrix<double>::Zero(9, 12)};
    importance::detail::add_shapley_values(net, person.bags, person.rows, {}, 0, shapley);
    const Eigen::Map<const Eigen::VectorXd> a(terms.values.data(), 108), b(shapley.values.data(), 108);
    BOOST_TEST(a.dot(b) / (a.norm() * b.norm()) > 0.8);
  }
}

BOOST_AUTO_TEST_CASE(information_is_the_shapley_value_of_log_likelihood) {
  const Person person;
  const auto shares = class_shares(person.labels, {0, 1, 2, 3, 4, 6}, 3);
  for_pools([&](mil::Pool pool) {
    const auto net = network_of(pool, person);
    const auto got = information(net, person.bags, person.labels, person.rows, shares);
    for (Index n = 0; n < Person::count; ++n) {
      const Index label = person.labels[static_cast<std::size_t>(n)];
      const auto expected = by_every_order(
          [&](unsigned sensors) -> Eigen::RowVectorXd {
            Eigen::RowVectorXd bits(1);
            bits << (there(person, n, sensors) == 0 ? std::log2(shares[label])
                                                    : shown(net, person, n, sensors)[label] / std::log(2.0));
            return bits;
          },
          1);
      BOOST_TEST((got.bits.row(n).transpose() - expected).norm() < 1e-12);
    }
    BOOST_TEST((information(net, person.bags, person.labels, person.rows, shares, {}, 1).bits == got.bits));
  });
}

BOOST_AUTO_TEST_CASE(sampled_information_sums_to_the_same) {
  const Person person;
  const auto net = network_of(mil::Pool::self, person);
  const Eigen::Vector3d shares(0.5, 0.25, 0.25);
  const auto exact = information(net, person.bags, person.labels, person.rows, shares);
  const auto sampled = information(net, person.bags, person.labels, person.rows, shares, {0, 64, 2});
  BOOST_TEST((exact.total() - sampled.total()).norm() < 1e-12);
  BOOST_TEST(sampled.error.maxCoeff() > 0);
  BOOST_TEST(((exact.bits - sampled.bits).cwiseAbs().array() <= 5 * sampled.error.array() + 1e-12).all());
}

namespace {

/// Bags whose labels follow the first two sensors, a third as surely as the network says; the third knows nothing and says next to
/// nothing, but predictions are means over sensors, so that it calms.
struct Calmed {
  static constexpr Index count = 600;
  std::vector<std::vector<double>> values;
  mil::Bags<double> bags;
  std::vector<Index> labels, first, second, blocks;
  std::optional<Network> net;

  Calmed() {
    Random random(3);
    bags.count = count;
    for (int m = 0; m < 3; ++m) {
      auto& own = values.emplace_back();
      for (Index i = 0; i < count * 2; ++i) own.push_back(m == 2 ? 0.01 * random.normal() : random.normal());
    }
    for (int m = 0; m < 3; ++m)
      bags.modalities.push_back({std::string(1, static_cast<char>('a' + m)),
                                 values[static_cast<std::size_t>(m)].data(),
                                 0,
                                 2,
                                 {},
                                 nullptr});
    net.emplace(mil::make_bag_network<double, Encoders>(bags.shapes(), 3, 5, mil::Pool::mean));
    nn::visit(
        [](const nn::Path& path, const nn::Layout& layout, double* w) {
          const double scale = path.name != nullptr && std::string(path.name) == "bias" ? 0 : 12;
          for (Index i = 0; i < layout.size(); ++i) w[i] *= scale;
        },
        *net);
    nn::visit(
        [](const nn::Path&, const nn::Layout& layout, double* w) {
          for (Index i = 0; i < layout.size(); ++i) w[i] *= 0.001;
        },
        net->branches[2].value);
    auto two = bags;
    two.modalities[2].start.assign(count + 1, 0);
    std::vector<Index> all(count);
    std::iota(all.begin(), all.end(), Index{0});
    const auto said = mil::evaluate(*net, two, all).log_probabilities;
    for (Index n = 0; n < count; ++n) {
      Eigen::RowVectorXd p = (0.33 * said.row(n)).array().exp();
      p /= p.sum();
      const double at = random.uniform();
      labels.push_back(at < p[0] ? 0 : at < p[0] + p[1] ? 1 : 2);
      (n < count / 2 ? first : second).push_back(n);
    }
    for (Index n = 0; n < count / 2; ++n) blocks.push_back(n / 10);
  }
  Calmed(const Calmed&) = delete;
  Calmed& operator=(const Calmed&) = delete;
};

}  // namespace

BOOST_AUTO_TEST_CASE(who_only_calms_the_others_gets_no_bits) {
  const Calmed person;
  const Eigen::VectorXd shares = Eigen::VectorXd::Constant(3, 1.0 / 3);
  const auto told = [&](const SensorTrust& trust) {
    return information(*person.net, person.bags, person.labels, person.second, shares, {}, 0, trust);
  };
  const auto evidence = trust_evidence(*person.net, person.bags, person.labels, person.first, shares);
  const auto trust = evidence.fit();
  const auto as_said = told(1).bits, fitted = told(trust).bits;
  // As the network says it, the third seems to tell more than anything.
  BOOST_TEST(as_said.col(2).mean() > 0.2);
  BOOST_TEST(std::abs(fitted.col(2).mean()) < 0.01);
  const auto summary = summarize({fitted}, person.blocks);
  BOOST_TEST(summary.identified[0]);
  BOOST_TEST(summary.identified[1]);
  BOOST_TEST(!summary.identified[2]);
  // A trust for all sets alike does not do: the third still gets bits of it.
  BOOST_TEST(told(trust(0b111)).bits.col(2).mean() > 0.03);
  BOOST_TEST(trust(0b100) < 0.5);
  BOOST_TEST(trust(0b001) < trust(0b101));

  const auto all = mil::evaluate(*person.net, person.bags, person.second).log_probabilities;
  const Eigen::RowVectorXd log_shares = shares.array().log().transpose();
  for (Index i = 0; i < fitted.rows(); ++i) {
    const Index label = person.labels[static_cast<std::size_t>(person.second[static_cast<std::size_t>(i)])];
    const double gain = believed(all.row(i), log_shares, trust(0b111))[label] - log_shares[label];
    BOOST_TEST(std::abs(fitted.row(i).sum() - gain / std::log(2.0)) < 1e-12);
  }
  const auto alone =
      trust_evidence(*person.net, person.bags, person.labels, person.first, shares, {}, 1).fit();
  for (Coalition set = 1; set < 8; ++set) BOOST_TEST(alone(set) == trust(set));
}

// Sensors of a bag are players of its game, sets of sensors are the network's: one that is not there shifts the players.
BOOST_AUTO_TEST_CASE(trust_goes_by_the_networks_sensors) {
  const Person person;
  const auto net = network_of(mil::Pool::self, person);
  const Eigen::Vector3d shares(0.5, 0.25, 0.25);
  TrustEvidence evidence(4);
  const Eigen::RowVectorXd log_shares = shares.array().log().transpose(),
                           sure = Eigen::RowVector3d(0.9, 0.05, 0.05).array().log();
  for (Coalition set = 1; set < 16; ++set) evidence.add(set, sure, log_shares, set == 0b1010 ? 0 : 1);
  const auto trust = evidence.fit();
  // Of the fourth bag's sensors, which has no third: guesses, but with the second and fourth.
  const auto got = information(net, person.bags, person.labels, {4}, shares, {}, 0, trust);
  const Index label = person.labels[4];
  const auto expected = by_every_order(
      [&](unsigned sensors) -> Eigen::RowVectorXd {
        const auto those = there(person, 4, sensors);
        Eigen::RowVectorXd bits(1);
        bits << (those == 0 ? log_shares[label]
                            : believed(shown(net, person, 4, those), log_shares, trust(those))[label]) /
                    std::log(2.0);
        return bits;
      },
      1);
  BOOST_TEST((got.bits.row(0).transpose() - expected).norm() < 1e-12);
  BOOST_TEST(expected.norm() > 1e-3);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Person person;
  const auto net = network_of(mil::Pool::self, person);
  const Eigen::Vector3d shares(0.5, 0.25, 0.25);
  BOOST_CHECK_THROW(information(net, person.bags, {0, 1}, person.rows, shares), std::invalid_argument);
  BOOST_CHECK_THROW(information(net, person.bags, person.labels, {9}, shares), std::invalid_argument);
  BOOST_CHECK_THROW(information(net, person.bags, person.labels, {0}, Eigen::Vector2d(0.5, 0.5)),
                    std::invalid_argument);
  BOOST_CHECK_THROW(information(net, person.bags, person.labels, {0}, Eigen::Vector3d(0.5, 0.5, 0)),
                    std::invalid_argument);
  BOOST_TEST(contributions(net, person.bags, {}).values.rows() == 0);
}

BOOST_AUTO_TEST_CASE(shares_are_counted_and_never_zero) {
  BOOST_TEST((class_shares({0, 1, 1, 1}, {0, 1, 2, 3}, 2) == Eigen::Vector2d(0.25, 0.75)));
  BOOST_TEST((class_shares({0, 1, 1, 1}, {1, 2, 3}, 2) == Eigen::Vector2d(0.125, 0.875)));
}

BOOST_AUTO_TEST_SUITE_END()
