// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/core/matrix.hpp>
#include <lifelog/io/safetensors.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "paths.hpp"

// The vectors of tests/golden/train, which make_golden.py tells of, and what is asked of every loss.

namespace golden {

using lifelog::Index;
using lifelog::RowMatrix;

inline lifelog::io::Tensors training(const std::string& name) {
  return lifelog::io::Tensors::load(std::string(paths::golden) + "/train/" + name + ".safetensors");
}

/// A tensor [rows, columns].
inline RowMatrix<double> rows(const lifelog::io::Tensors& from, const std::string& name) {
  const auto stored = from.view<double, 2>(name);
  return Eigen::Map<const RowMatrix<double>>(stored.data(), static_cast<Index>(stored.shape()[0]),
                                             static_cast<Index>(stored.shape()[1]));
}

inline Eigen::VectorXd vector_of(const lifelog::io::Tensors& from, const std::string& name) {
  const auto stored = from.get<double>(name);
  return Eigen::Map<const Eigen::VectorXd>(stored.data(), static_cast<Index>(stored.size()));
}

inline Eigen::VectorXi labels_of(const lifelog::io::Tensors& from, const std::string& name) {
  std::vector<int> labels;
  for (const auto label : from.get<std::int64_t>(name)) labels.push_back(static_cast<int>(label));
  return Eigen::Map<const Eigen::VectorXi>(labels.data(), static_cast<Index>(labels.size()));
}

/// That a loss and its gradient [samples, outputs] are PyTorch's, and its gradient that of central differences.
/// loss_of(outputs) gives a loss that has value() and gradient().
template<class LossOf>
void check_loss(const lifelog::io::Tensors& from, const std::string& name, RowMatrix<double> outputs,
                LossOf loss_of) {
  BOOST_TEST_CONTEXT(name) {
    const auto loss = loss_of(outputs);
    const double expected = from.get<double>(name + ".loss")[0];
    BOOST_TEST(std::abs(loss.value() - expected) <= 1e-14 * expected);
    const RowMatrix<double> gradient = loss.gradient();
    const auto by_torch = rows(from, name + ".grad");
    BOOST_TEST(by_torch.norm() > 1e-3);
    BOOST_TEST((gradient - by_torch).norm() <= 1e-14 * by_torch.norm());
    RowMatrix<double> differences(outputs.rows(), outputs.cols());
    for (Index i = 0; i < outputs.size(); ++i) {
      const double held = outputs.data()[i];
      outputs.data()[i] = held + 1e-5;
      const double above = loss_of(outputs);
      outputs.data()[i] = held - 1e-5;
      differences.data()[i] = (above - static_cast<double>(loss_of(outputs))) / 2e-5;
      outputs.data()[i] = held;
    }
    BOOST_TEST((gradient - differences).norm() <= 1e-6 * differences.norm());
    BOOST_TEST((gradient.row(1) - gradient.row(4)).norm() > 1e-3);
  }
}

/// That a loss of planes `stride` apart is that of rows, sets all of its gradient, and is the sum of its pieces' with a
/// shared divisor. plane_loss(first sample, samples, outputs, gradient or nullptr, divisor).
template<class PlaneLoss, class Divisor>
void check_planes(const RowMatrix<double>& outputs, double value, const RowMatrix<double>& gradient,
                  Divisor counted, PlaneLoss plane_loss) {
  const Index samples = outputs.rows(), stride = samples + 3, cut = 5;
  RowMatrix<double> planes = RowMatrix<double>::Constant(outputs.cols(), stride, 77);
  planes.leftCols(samples) = outputs.transpose();
  RowMatrix<double> set = RowMatrix<double>::Constant(outputs.cols(), stride, 9), piece = set;
  double* const none = nullptr;
  BOOST_TEST(plane_loss(0, samples, stride, planes.data(), set.data(), Divisor(0)) == value);
  BOOST_TEST(plane_loss(0, samples, stride, planes.data(), none, Divisor(0)) == value);
  BOOST_TEST((set.leftCols(samples) - gradient.transpose()).norm() <= 1e-15 * gradient.norm());
  BOOST_TEST((set.rightCols(3).array() == 0).all());
  double sum = plane_loss(0, cut, stride, planes.data(), piece.data(), counted);
  BOOST_TEST((piece.leftCols(cut) - set.leftCols(cut)).norm() <= 1e-15);
  RowMatrix<double> rest = planes.rightCols(stride - cut);
  RowMatrix<double> of_rest = rest;
  sum += plane_loss(cut, samples - cut, stride - cut, rest.data(), of_rest.data(), counted);
  BOOST_TEST((of_rest - set.rightCols(stride - cut)).norm() <= 1e-15);
  BOOST_TEST(std::abs(sum - value) <= 1e-14 * value);
}

}  // namespace golden
