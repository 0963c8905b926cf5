// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/importance/student.hpp>
#include <lifelog/importance/trust.hpp>
#include <limits>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(importance_trust)

using namespace lifelog;
using namespace lifelog::importance;

namespace {

Eigen::RowVectorXd log_softmax(const Eigen::RowVectorXd& logits) {
  return logits.array() - std::log(logits.array().exp().sum());
}

}  // namespace

BOOST_AUTO_TEST_CASE(between_the_network_and_the_shares) {
  const Eigen::RowVectorXd said = log_softmax(Eigen::RowVector3d(2, 0, -1)),
                           shares = Eigen::RowVector3d(0.5, 0.3, 0.2).array().log();
  BOOST_TEST((believed(said, shares, 1) == said));
  BOOST_TEST((believed(said, shares, 0) == shares));
  const Eigen::RowVectorXd never = Eigen::RowVector3d(0, -std::numeric_limits<double>::infinity(), -40);
  BOOST_TEST((believed(never, shares, 0) == shares));
  BOOST_CHECK_THROW(SensorTrust(-0.1), std::invalid_argument);
  BOOST_TEST(std::abs(believed(said, shares, 0.4).array().exp().sum() - 1) < 1e-15);
}

// Logits that are three times too large are to be believed by a third; where labels have nothing to do with them, not at all.
BOOST_AUTO_TEST_CASE(finds_how_far) {
  Random random(3);
  const Eigen::RowVectorXd shares = Eigen::RowVectorXd::Constant(3, -std::log(3.0));
  TrustSlopes slopes, of_others, half, other_half;
  for (Index n = 0; n < 6000; ++n) {
    Eigen::RowVectorXd logits(3);
    for (auto& logit : logits) logit = random.normal();
    const Eigen::RowVectorXd p = log_softmax(logits).array().exp();
    const double at = random.uniform();
    const Index label = at < p[0] ? 0 : at < p[0] + p[1] ? 1 : 2;
    slopes.add(log_softmax(3 * logits), shares, label);
    (n < 2000 ? half : other_half).add(log_softmax(3 * logits), shares, label);
    of_others.add(log_softmax(3 * logits), shares, static_cast<Index>(random.below(3)));
  }
  BOOST_TEST(std::abs(slopes.best() - 1.0 / 3) < 0.02);
  BOOST_TEST(of_others.best() < 0.02);
  half.add(other_half);
  BOOST_TEST(half.bags() == 6000);
  BOOST_TEST(std::abs(half.best() - slopes.best()) < 1e-9);
}

BOOST_AUTO_TEST_CASE(trust_has_ends) {
  const Eigen::RowVectorXd shares = Eigen::RowVector2d(0.5, 0.5).array().log(),
                           said = Eigen::RowVector2d(0.6, 0.4).array().log();
  TrustSlopes right, wrong, none;
  right.add(said, shares, 0);
  wrong.add(said, shares, 1);
  none.add(Eigen::RowVector2d(0, -INFINITY), shares, 1);
  none.add(Eigen::RowVector2d(NAN, NAN), shares, 1);
  BOOST_TEST(right.best() == TrustSlopes::most);
  BOOST_TEST(wrong.best() == 0);
  BOOST_TEST(none.best() == 1);
  BOOST_TEST(none.bags() == 0);
}

// Of two sensors: alone the first is three times too sure, the second just right; both together were never seen in this bag.
BOOST_AUTO_TEST_CASE(each_set_of_sensors_has_its_own_trust) {
  Random random(4);
  const Eigen::RowVectorXd shares = Eigen::RowVectorXd::Constant(2, -std::log(2.0));
  TrustEvidence evidence(3);
  for (Index n = 0; n < 4000; ++n) {
    const Eigen::RowVector2d logits(random.normal(), 0);
    const Index label = random.uniform() < std::exp(log_softmax(logits)[0]) ? 0 : 1;
    evidence.add(0b001, log_softmax(3 * logits), shares, label);
    evidence.add(0b010, log_softmax(logits), shares, label);
  }
  const auto trust = evidence.fit();
  BOOST_TEST(std::abs(trust(0b001) - 1.0 / 3) < 0.05);
  BOOST_TEST(std::abs(trust(0b010) - 1) < 0.15);
  // Not seen: as sets of as many; where there are none of these either, wholly.
  BOOST_TEST(trust(0b100) > trust(0b001));
  BOOST_TEST(trust(0b100) < trust(0b010));
  BOOST_TEST(trust(0b111) == 1);
  BOOST_TEST(SensorTrust()(0b11) == 1);
  BOOST_TEST(SensorTrust(0.25)(0b11) == 0.25);
  BOOST_CHECK_THROW(evidence.add(TrustEvidence(2)), std::invalid_argument);
  BOOST_CHECK_THROW(TrustEvidence(0), std::invalid_argument);
}

// One network is three times too sure, another half as sure as it should be: by the first the other is believed twice as far as it
// speaks. The labels of its own bags have no say.
BOOST_AUTO_TEST_CASE(networks_are_believed_by_their_own_measure) {
  Random random(5);
  const Eigen::RowVectorXd shares = Eigen::RowVectorXd::Constant(2, -std::log(2.0));
  TrustEvidence sure(1), modest(1), mislabelled(1), silent(1);
  for (Index n = 0; n < 6000; ++n) {
    const Eigen::RowVector2d logits(random.normal(), 0);
    const Index label = random.uniform() < std::exp(log_softmax(logits)[0]) ? 0 : 1;
    sure.add(1, log_softmax(3 * logits), shares, label);
    modest.add(1, log_softmax(0.5 * logits), shares, label);
    mislabelled.add(1, log_softmax(0.5 * logits), shares, 1 - label);
    silent.add(1, shares, shares, label);
  }
  BOOST_TEST(std::abs(sure.fit({&modest})(1) - 1.0 / 3) < 0.05);
  BOOST_TEST(std::abs(modest.fit({&sure})(1) - 2) < 0.3);
  BOOST_TEST(modest.fit({&sure})(1) == mislabelled.fit({&sure})(1));
  BOOST_TEST(sure.fit({&sure})(1) == sure.fit()(1));
  // Where nothing is said there is no measure: as the other says.
  BOOST_TEST(silent.fit({&sure})(1) == sure.fit()(1));
  BOOST_TEST(sure.fit({&silent})(1) == 0);
  BOOST_TEST(sure.fit(std::vector<const TrustEvidence*>())(1) == 1);
  const TrustEvidence other(2);
  BOOST_CHECK_THROW(sure.fit({&other}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(of_many_sensors_sets_of_as_many_are_one) {
  const Eigen::RowVectorXd shares = Eigen::RowVector2d(0.5, 0.5).array().log(),
                           said = Eigen::RowVector2d(0.6, 0.4).array().log();
  TrustEvidence evidence(40);
  evidence.add(Coalition{1} << 39, said, shares, 0);
  evidence.add(Coalition{3} << 20, said, shares, 1);
  const auto trust = evidence.fit();
  BOOST_TEST(trust(1) == TrustSlopes::most);
  BOOST_TEST(trust(0b11) == 0);
  BOOST_TEST(trust(0b111) == 1);
}

// By SciPy 1.17.1, scipy.stats.t.sf(t, freedom).
BOOST_AUTO_TEST_CASE(tails_of_student) {
  const std::vector<std::tuple<double, Index, double>> known{{0, 1, 0.5},
                                                             {1, 1, 0.25},
                                                             {2.5, 2, 0.06480586011075541},
                                                             {2.5, 3, 0.04385332350403278},
                                                             {-2.5, 3, 0.9561466764959672},
                                                             {3, 10, 0.006671827511284785},
                                                             {5, 11, 0.0002012649090622598}};
  for (const auto& [t, freedom, tail] : known)
    BOOST_TEST(std::abs(student_tail(t, freedom) - tail) < 1e-10,
               t << ", " << freedom << ": " << student_tail(t, freedom));
  BOOST_CHECK_THROW(student_tail(1, 0), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
