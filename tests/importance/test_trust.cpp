// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/importance/student.hpp>
#include <lifelog/importance/trust.hpp>

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
  BOOST_TEST((believed(said, shares, 0) - shares).cwiseAbs().maxCoeff() < 1e-15);
  BOOST_TEST(std::abs(believed(said, shares, 0.4).array().exp().sum() - 1) < 1e-15);
}

// Logits that are three times too large are to be believed by a third; where labels have nothing to do with them, not at all.
BOOST_AUTO_TEST_CASE(finds_how_far) {
  Random random(3);
  RowMatrix<double> sure(6000, 3), shares(6000, 3);
  std::vector<Index> labels, others;
  for (Index n = 0; n < sure.rows(); ++n) {
    Eigen::RowVectorXd logits(3);
    for (auto& logit : logits) logit = random.normal();
    const Eigen::RowVectorXd p = log_softmax(logits).array().exp();
    const double at = random.uniform();
    labels.push_back(at < p[0] ? 0 : at < p[0] + p[1] ? 1 : 2);
    others.push_back(static_cast<Index>(random.below(3)));
    sure.row(n) = log_softmax(3 * logits);
    shares.row(n).setConstant(-std::log(3.0));
  }
  BOOST_TEST(std::abs(fit_trust(sure, shares, labels) - 1.0 / 3) < 0.02);
  BOOST_TEST(fit_trust(sure, shares, others) < 0.02);
  BOOST_TEST(fit_trust(sure, shares, labels, 0.1) == 0.1);
  BOOST_TEST(fit_trust(RowMatrix<double>(0, 3), RowMatrix<double>(0, 3), {}) == 1);
  BOOST_CHECK_THROW(fit_trust(sure, shares, {0}), std::invalid_argument);
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
