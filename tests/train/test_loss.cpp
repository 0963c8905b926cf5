// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/train/loss.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "../support/golden_tensors.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(nn_loss)

using namespace lifelog;
using namespace lifelog::train;
using train::focal_loss;
using train::FocalLossOptions;

namespace {

using Types = boost::mpl::list<float, double>;

constexpr Index classes = 4, samples = 14, stride = 16;

struct Golden {
  io::Tensors file = golden::tensors("focal_loss.safetensors");
  std::vector<Index> labels;
  RowMatrix<double> log_p = RowMatrix<double>::Constant(classes, stride, -1);

  Golden() {
    for (const auto label : file.get<std::int64_t>("label", {samples})) labels.push_back(label);
    const auto stored = file.view<double, 2>("log_probabilities");
    for (Index n = 0; n < samples; ++n)
      for (Index c = 0; c < classes; ++c)
        log_p(c, n) = stored(static_cast<std::size_t>(n), static_cast<std::size_t>(c));
  }

  FocalLossOptions options(double gamma, bool alpha) const {
    FocalLossOptions options;
    options.gamma = gamma;
    if (alpha) options.alpha = Eigen::Map<const Eigen::VectorXd>(file.get<double>("alpha").data(), classes);
    return options;
  }
};

/// The derivative in the logits, of which `log_p` is the log_softmax.
RowMatrix<double> in_logits(const RowMatrix<double>& log_p, const RowMatrix<double>& gradient) {
  RowMatrix<double> out(classes, samples);
  for (Index n = 0; n < samples; ++n) {
    const double total = gradient.col(n).sum();
    for (Index c = 0; c < classes; ++c) out(c, n) = gradient(c, n) - std::exp(log_p(c, n)) * total;
  }
  return out;
}

FocalLossOptions with_gamma(double gamma) {
  FocalLossOptions options;
  options.gamma = gamma;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_formula_in_200_digits) {
  const Golden g;
  for (const std::string gamma : {"0", "0.5", "1", "2", "5"})
    for (const bool alpha : {false, true}) {
      const auto name = "gamma" + gamma + (alpha ? ".alpha" : "");
      BOOST_TEST_CONTEXT(name) {
        const auto options = g.options(std::stod(gamma), alpha);
        RowMatrix<double> gradient = RowMatrix<double>::Constant(classes, stride, 9);
        const double loss =
            focal_loss(g.log_p.data(), classes, samples, stride, g.labels.data(), options, gradient.data());
        const double expected = g.file.get<double>(name + ".loss")[0];
        BOOST_TEST(std::abs(loss - expected) <= 1e-13 * expected);
        BOOST_TEST(loss == focal_loss(g.log_p.data(), classes, samples, stride, g.labels.data(), options,
                                      static_cast<double*>(nullptr)));
        BOOST_TEST(golden::deviation(in_logits(g.log_p, gradient), g.file, name + ".grad") < 1e-12);
        BOOST_TEST((gradient.rightCols(stride - samples).array() == 0).all());
        for (Index n = 0; n < samples; ++n)
          if (g.labels[static_cast<std::size_t>(n)] == -100) BOOST_TEST((gradient.col(n).array() == 0).all());
      }
    }
}

BOOST_AUTO_TEST_CASE(single_precision_is_near) {
  const Golden g;
  const RowMatrix<float> log_p = g.log_p.cast<float>();
  for (const double gamma : {0.0, 0.5, 1.0, 2.0, 5.0}) {
    RowMatrix<float> gradient(classes, stride);
    RowMatrix<double> expected(classes, stride);
    const auto options = g.options(gamma, true);
    const double loss =
        focal_loss(log_p.data(), classes, samples, stride, g.labels.data(), options, gradient.data());
    const double exact =
        focal_loss(g.log_p.data(), classes, samples, stride, g.labels.data(), options, expected.data());
    BOOST_TEST(std::abs(loss - exact) <= 1e-6 * exact);
    BOOST_TEST((gradient.cast<double>() - expected).cwiseAbs().maxCoeff() < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(a_batch_without_labels_that_count) {
  const Golden g;
  std::vector<Index> nobody;
  for (const auto label : g.file.get<std::int64_t>("all_ignored.label")) nobody.push_back(label);
  RowMatrix<double> gradient = RowMatrix<double>::Constant(classes, stride, 9);
  BOOST_TEST(focal_loss(g.log_p.data(), classes, samples, stride, nobody.data(), with_gamma(2),
                        gradient.data()) == g.file.get<double>("all_ignored.loss")[0]);
  BOOST_TEST((gradient.array() == 0).all());
  BOOST_TEST(focal_loss(g.log_p.data(), classes, 0, stride, nobody.data(), {}, gradient.data()) == 0);
}

BOOST_AUTO_TEST_CASE(another_ignored_label) {
  const double log_p[] = {-1, -2, -3, -0.5, -0.25, -0.125};  // 2 classes × 3 samples
  const Index labels[] = {0, 1, 0};
  FocalLossOptions options;
  options.ignore_index = 1;
  double gradient[6];
  BOOST_TEST(focal_loss(log_p, 2, 3, 3, labels, options, gradient) == 2);
  BOOST_TEST(gradient[0] == -0.5);
  BOOST_TEST(gradient[1] == 0);
  BOOST_TEST(gradient[2] == -0.5);
  BOOST_TEST(gradient[4] == 0);
}

// Pieces of a batch add up to the whole when they share a divisor.
BOOST_AUTO_TEST_CASE(pieces_add_up) {
  const Golden g;
  const auto options = g.options(2, true);
  RowMatrix<double> whole(classes, stride);
  const double loss =
      focal_loss(g.log_p.data(), classes, samples, stride, g.labels.data(), options, whole.data());
  double sum = 0;
  for (const auto& [begin, end] : {std::pair<Index, Index>{0, 5}, {5, 14}}) {
    RowMatrix<double> piece(classes, stride);
    sum += focal_loss(g.log_p.data() + begin, classes, end - begin, stride, g.labels.data() + begin, options,
                      piece.data(), 11);
    BOOST_TEST((piece.leftCols(end - begin) - whole.middleCols(begin, end - begin)).norm() < 1e-15);
  }
  BOOST_TEST(std::abs(sum - loss) < 1e-13 * loss);
}

// log p = 0 to the bit, p one step below 1, and p = e^-700, for exponents below, at and above 1.
BOOST_AUTO_TEST_CASE(extremes_are_finite) {
  const Index label[] = {0};
  for (const double gamma : {0.0, 1e-3, 0.5, 0.999, 1.0, 1.5, 2.0, 50.0})
    for (const double log_p : {0.0, -0.0, -1e-300, -1e-17, -1e-9, -36.0, -700.0, -1e6}) {
      const double values[] = {log_p, -1};
      double gradient[2];
      const double loss = focal_loss(values, 2, 1, 1, label, with_gamma(gamma), gradient);
      BOOST_TEST_CONTEXT("gamma " << gamma << " log p " << log_p) {
        BOOST_TEST((std::isfinite(loss) && loss >= 0));
        BOOST_TEST((std::isfinite(gradient[0]) && gradient[0] <= 0));
        if (log_p > -1e-9 && gamma > 0) BOOST_TEST(loss < 1e-9);
        if (log_p < -30) BOOST_TEST(std::abs(loss + log_p) < 1e-9 * -log_p);
      }
    }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const double log_p[] = {-1, -1, -1, -1};
  double gradient[4];
  const auto loss_of = [&](Index label, const FocalLossOptions& options) {
    const Index labels[] = {0, label};
    focal_loss(log_p, 2, 2, 2, labels, options, gradient);
  };
  check_throws<std::invalid_argument>([&] { loss_of(2, {}); }, {"label 1", "1", "got 2"});
  check_throws<std::invalid_argument>([&] { loss_of(-1, {}); }, {"label 1", "got -1"});
  FocalLossOptions short_alpha;
  short_alpha.alpha = Eigen::VectorXd::Ones(1);
  check_throws<std::invalid_argument>([&] { loss_of(1, short_alpha); }, {"alpha", "expected 2", "got 1"});
  check_throws<std::invalid_argument>([&] { loss_of(1, with_gamma(-0.5)); }, {"gamma", "got -0.5"});
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    check_throws<std::invalid_argument>([&] { loss_of(1, with_gamma(bad)); }, {"gamma"});
  for (const double bad :
       {-0.5, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    FocalLossOptions options;
    options.alpha = Eigen::Vector2d(1, bad);
    check_throws<std::invalid_argument>([&] { loss_of(1, options); }, {"alpha", "class 1"});
  }
}

// As a value of logits: against the exact log-probabilities' loss, and its gradient against central differences.
BOOST_AUTO_TEST_CASE(a_value_and_its_gradient_on_demand) {
  const Golden golden;
  RowMatrix<double> logits = 2 * golden.log_p.leftCols(samples).transpose();
  logits.colwise() += Eigen::VectorXd::LinSpaced(samples, -3, 3);  // makes no difference to a softmax
  const Eigen::VectorXi labels =
      Eigen::Map<const Eigen::Matrix<Index, Eigen::Dynamic, 1>>(golden.labels.data(), samples).cast<int>();
  for (const double gamma : {0.0, 0.5, 2.0}) {
    const auto options = golden.options(gamma, true);
    const auto loss = focal_loss(logits, labels, options);
    RowMatrix<double> log_p = RowMatrix<double>::Zero(classes, stride);
    for (Index n = 0; n < samples; ++n)
      log_p.col(n) = logits.row(n).array() - std::log(logits.row(n).array().exp().sum());
    const double expected = focal_loss(log_p.data(), classes, samples, stride, golden.labels.data(), options,
                                       static_cast<double*>(nullptr));
    BOOST_TEST(expected > 0);
    BOOST_TEST(std::abs(loss - expected) < 1e-12);
    const auto gradient = loss.gradient();
    BOOST_TEST(gradient.norm() > 1e-3);
    double error = 0;
    for (Index i = 0; i < logits.size(); ++i) {
      const double held = logits.data()[i];
      logits.data()[i] = held + 1e-5;
      const double above = focal_loss(logits, labels, options);
      logits.data()[i] = held - 1e-5;
      error += std::pow((above - focal_loss(logits, labels, options)) / 2e-5 - gradient.data()[i], 2);
      logits.data()[i] = held;
    }
    BOOST_TEST(std::sqrt(error) < 1e-7 * gradient.norm());
  }
}

// Logits up to the largest numbers there are: PyTorch's gradients where its own are finite, the formula's everywhere.
BOOST_AUTO_TEST_CASE_TEMPLATE(extreme_logits, T, Types) {
  const auto file = golden::tensors("extreme_logits.safetensors");
  const std::string type = std::is_same_v<T, float> ? "float" : "double";
  const auto logits = file.view<T, 2>(type + ".logits");
  const auto labels = file.view<std::int64_t, 1>(type + ".label");
  const auto rows = static_cast<Index>(logits.shape()[0]);
  for (const std::string gamma : {"0", "0.5", "2"}) {
    const auto by_torch = file.view<T, 2>(type + ".gamma" + gamma + ".torch");
    const auto exact = file.view<double, 2>(type + ".gamma" + gamma + ".exact");
    Index compared = 0;
    double off = 0, off_torch = 0;
    for (Index n = 0; n < rows; ++n) {
      const auto at = static_cast<std::size_t>(n);
      const Eigen::Matrix<T, 1, 3> row(logits(at, 0), logits(at, 1), logits(at, 2));
      const auto loss = focal_loss(row, Eigen::Matrix<int, 1, 1>(static_cast<int>(labels(at))),
                                   {.gamma = std::stod(gamma)});
      BOOST_TEST(std::isfinite(loss.value()));
      const auto gradient = loss.gradient();
      BOOST_TEST_REQUIRE(gradient.allFinite(), "gamma " << gamma << ", row " << row << ": " << gradient);
      for (Index c = 0; c < 3; ++c) {
        const double got = static_cast<double>(gradient(0, c));
        off = std::max(off, std::abs(got - exact(at, static_cast<std::size_t>(c))));
        if (const double torch = static_cast<double>(by_torch(at, static_cast<std::size_t>(c)));
            std::isfinite(torch))
          off_torch = std::max(off_torch, std::abs(got - torch)), ++compared;
      }
    }
    const double near = std::is_same_v<T, float> ? 3e-7 : 1e-15;
    BOOST_TEST(off <= near);
    BOOST_TEST(off_torch <= near);
    BOOST_TEST(compared > rows);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(minus_infinity, T, Types) {
  const T infinite = -std::numeric_limits<T>::infinity();
  const T log_p[] = {infinite, 0};
  const Index label[] = {0};
  for (const double gamma : {0.0, 0.5, 1.0, 2.0, 50.0}) {
    T gradient[2];
    const double loss = focal_loss(log_p, 2, 1, 1, label, with_gamma(gamma), gradient);
    BOOST_TEST(loss == std::numeric_limits<double>::infinity());
    BOOST_TEST(gradient[0] == -1);
    BOOST_TEST(gradient[1] == 0);
  }
  FocalLossOptions unweighted;
  unweighted.alpha = Eigen::Vector2d(0, 1);
  T gradient[2];
  BOOST_TEST(focal_loss(log_p, 2, 1, 1, label, unweighted, gradient) == 0);
  BOOST_TEST(gradient[0] == 0);
}

BOOST_AUTO_TEST_CASE(of_tensors_and_of_what_is_gone_by_then) {
  const xt::xtensor<float, 2> logits = {{1, 2, 3}, {0, 0, 0}};
  const xt::xtensor<std::int64_t, 1> labels = {2, 0};
  const auto loss = focal_loss(2.0f * logits - logits, labels, {.gamma = 2});
  const auto same = focal_loss(Eigen::MatrixXf{{1, 2, 3}, {0, 0, 0}}, Eigen::Vector2i(2, 0), {.gamma = 2});
  BOOST_TEST(loss.value() > 0);
  BOOST_TEST(loss.value() == same.value());
  BOOST_TEST((loss.gradient() == same.gradient()));
  BOOST_TEST(loss.gradient().rows() == 2);
  const double nothing = focal_loss(logits, xt::xtensor<int, 1>{-100, -100});
  BOOST_TEST(nothing == 0);
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_fit) {
  using Error = std::invalid_argument;
  const Eigen::MatrixXf logits = Eigen::MatrixXf::Zero(3, 2);
  check_throws<Error>([&] { focal_loss(logits, Eigen::Vector2i(0, 1)); }, {"each of 3 samples", "got 2"});
  check_throws<Error>([&] { focal_loss(logits, Eigen::Vector3i(0, 2, 0)); }, {"label 1", "0…1", "got 2"});
  check_throws<Error>([&] { focal_loss(logits, Eigen::Matrix2i::Zero().eval()); }, {"labels", "2 x 2"});
  check_throws<Error>([&] { focal_loss(Eigen::MatrixXf(3, 0), Eigen::Vector3i(0, 0, 0)); }, {"one class"});
}

BOOST_AUTO_TEST_SUITE_END()
