// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/train/cross_entropy.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/golden_losses.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(train_cross_entropy)

using namespace lifelog;
using namespace lifelog::train;

namespace {

using Types = boost::mpl::list<float, double>;

CrossEntropyOptions options_of(const io::Tensors& file, const std::string& name) {
  CrossEntropyOptions options;
  if (name == "smooth" || name == "both") options.label_smoothing = 0.1;
  if (name == "weighted" || name == "both") options.class_weights = golden::vector_of(file, "class_weights");
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_pytorchs) {
  const auto file = golden::training("losses");
  const auto labels = golden::labels_of(file, "label");
  for (const std::string name : {"plain", "smooth", "weighted", "both"}) {
    const auto options = options_of(file, name);
    golden::check_loss(
        file, "cross_entropy." + name, golden::rows(file, "logits"),
        [&](const RowMatrix<double>& logits) { return cross_entropy(logits, labels, options); });
  }
}

BOOST_AUTO_TEST_CASE(of_planes_and_in_pieces) {
  const auto file = golden::training("losses");
  const auto read = golden::labels_of(file, "label");
  const std::vector<Index> labels(read.begin(), read.end());
  RowMatrix<double> log_p = golden::rows(file, "logits");
  for (auto row : log_p.rowwise()) row.array() -= std::log(row.array().exp().sum());
  const auto options = options_of(file, "both");
  double weights = 0;
  for (const Index label : labels)
    if (label != -100) weights += options.class_weights[label];
  RowMatrix<double> planes = log_p.transpose(), gradient = planes;
  const double value = cross_entropy(planes.data(), 4, 12, 12, labels.data(), options, gradient.data());
  BOOST_TEST(std::abs(value - file.get<double>("cross_entropy.both.loss")[0]) < 1e-14);
  golden::check_planes(
      log_p, value, gradient.transpose(), weights,
      [&](Index first, Index samples, Index stride, const double* x, double* dx, double divisor) {
        return options(x, 4, samples, stride, labels.data() + first, dx, divisor);
      });
}

// Without smoothing and weights it is focal loss with γ = 0, to the bit.
BOOST_AUTO_TEST_CASE(plain_is_focal_loss_without_focus) {
  const auto file = golden::training("losses");
  const auto logits = golden::rows(file, "logits");
  const auto labels = golden::labels_of(file, "label");
  BOOST_TEST(cross_entropy(logits, labels).value() == focal_loss(logits, labels).value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(extreme_logits_are_finite, T, Types) {
  for (const double smoothing : {0.0, 0.1, 1.0})
    for (const T size : {T(1e4), T(1e30)}) {
      const Eigen::Matrix<T, 2, 3> logits{{size, -size, 0}, {-size, size, size}};
      const auto loss = cross_entropy(logits, Eigen::Vector2i(1, 0), {.label_smoothing = smoothing});
      BOOST_TEST((std::isfinite(loss.value()) && loss.value() > 0));
      BOOST_TEST(loss.gradient().allFinite());
      BOOST_TEST(loss.gradient().norm() > 0);
    }
  // A class that weighs nothing has no part even where log p = −∞.
  const T log_p[] = {-std::numeric_limits<T>::infinity(), 0};
  const Index label[] = {1};
  T gradient[2];
  const CrossEntropyOptions options{.class_weights = Eigen::Vector2d(0, 1), .label_smoothing = 0.5};
  BOOST_TEST(cross_entropy(log_p, 2, 1, 1, label, options, gradient) == 0);
  BOOST_TEST(gradient[0] == 0);
}

BOOST_AUTO_TEST_CASE(nothing_that_counts) {
  const Eigen::Matrix2d logits{{1, 2}, {3, -1}};
  const auto ignored = cross_entropy(logits, Eigen::Vector2i(-100, -100), {.label_smoothing = 0.1});
  BOOST_TEST(ignored.value() == 0);
  BOOST_TEST((ignored.gradient().array() == 0).all());
  const auto weightless =
      cross_entropy(logits, Eigen::Vector2i(1, 1), {.class_weights = Eigen::Vector2d(1, 0)});
  BOOST_TEST(weightless.value() == 0);
  BOOST_TEST((weightless.gradient().array() == 0).all());
  const auto other = cross_entropy(logits, Eigen::Vector2i(0, 1), {.ignore_index = 1});
  BOOST_TEST(std::abs(other.value() - std::log1p(std::exp(1.0))) < 1e-15);
  BOOST_TEST((other.gradient().row(1).array() == 0).all());
}

BOOST_AUTO_TEST_CASE(of_tensors) {
  const xt::xtensor<float, 2> logits = {{1, 2, 3}, {0, 0, 0}};
  const xt::xtensor<std::int64_t, 1> labels = {2, 0};
  const auto loss = cross_entropy(logits, labels, {.label_smoothing = 0.1});
  const auto same =
      cross_entropy(Eigen::MatrixXf{{1, 2, 3}, {0, 0, 0}}, Eigen::Vector2i(2, 0), {.label_smoothing = 0.1});
  BOOST_TEST(loss.value() > 0);
  BOOST_TEST(loss.value() == same.value());
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  using Error = std::invalid_argument;
  const Eigen::Matrix2d logits = Eigen::Matrix2d::Zero();
  const auto refuses = [&](const Eigen::VectorXi& labels, const CrossEntropyOptions& options,
                           const std::vector<std::string>& parts) {
    check_throws<Error>([&] { cross_entropy(logits, labels, options); }, parts);
  };
  refuses(Eigen::Vector2i(0, 2), {}, {"label 1", "0…1", "got 2"});
  refuses(Eigen::Vector3i(0, 1, 1), {}, {"each of 2 samples", "got 3"});
  refuses(Eigen::Vector2i(0, 1), {.class_weights = Eigen::Vector3d::Ones()}, {"class weight", "2", "got 3"});
  const double infinite = std::numeric_limits<double>::infinity();
  for (const double bad : {-1.0, infinite, std::numeric_limits<double>::quiet_NaN()}) {
    refuses(Eigen::Vector2i(0, 1), {.class_weights = Eigen::Vector2d(1, bad)}, {"class weights", "class 1"});
    refuses(Eigen::Vector2i(0, 1), {.label_smoothing = bad}, {"smoothing"});
  }
  refuses(Eigen::Vector2i(0, 1), {.label_smoothing = 1.5}, {"smoothing", "got 1.5"});
}

// scikit-learn's compute_class_weight("balanced") of the classes that occur: 6 / (3·1), 6 / (3·3), 6 / (3·2).
BOOST_AUTO_TEST_CASE(balanced_weights) {
  const auto found = balanced_class_weights(std::vector<Index>{3, 0, 3, 4, -100, 4, 3}, 6);
  Eigen::VectorXd expected(6);
  expected << 2, 0, 0, 6.0 / 9, 1, 0;
  BOOST_TEST((found.weights == expected));
  BOOST_TEST((found.unseen == std::vector<Index>{1, 2, 5}));
  BOOST_TEST((balanced_class_weights(Eigen::Vector4i(1, 1, 0, 1), 2).weights == Eigen::Vector2d(2, 2.0 / 3)));
  const auto nobody = balanced_class_weights(std::vector<Index>{7}, 2, 7);
  BOOST_TEST((nobody.weights == Eigen::Vector2d::Zero()));
  BOOST_TEST(nobody.unseen.size() == 2u);
  using Error = std::invalid_argument;
  check_throws<Error>([] { balanced_class_weights(std::vector<Index>{0, 2}, 2); }, {"label 1", "got 2"});
  check_throws<Error>([] { balanced_class_weights(std::vector<Index>{}, 0); }, {"one class", "got 0"});
}

BOOST_AUTO_TEST_SUITE_END()
