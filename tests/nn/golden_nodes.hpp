// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/io/safetensors.hpp>
#include <lifelog/nn/over_time_gradient.hpp>
#include <lifelog/nn/stream.hpp>
#include <lifelog/train/tensors.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

#include "../support/paths.hpp"
#include "dense.hpp"

// The vectors of tests/golden/nn/make_nodes.py, which tells what they hold.

namespace golden_nodes {

inline lifelog::io::Tensors tensors(const std::string& name) {
  return lifelog::io::Tensors::load(std::string(paths::golden) + "/nn/" + name);
}

/// A tensor as a matrix of `rows` rows.
inline lifelog::RowMatrix<double> matrix(const lifelog::io::Tensors& from, const std::string& name,
                                         lifelog::Index rows) {
  const auto values = from.get<double>(name);
  return Eigen::Map<const lifelog::RowMatrix<double>>(values.data(), rows,
                                                      static_cast<lifelog::Index>(values.size()) / rows);
}

/// Checks every trained tensor of `gradient` against "gradient." and its name.
template<class Net>
void check_gradient(const Net& gradient, const lifelog::io::Tensors& from, double relative) {
  lifelog::nn::visit(
      [&](const lifelog::nn::Path& path, const lifelog::nn::Layout& layout, const double* got) {
        if (layout.role != lifelog::nn::Role::parameter) return;
        const auto name = "gradient." + lifelog::nn::to_string(path);
        const auto expected = from.get<double>(name);
        double norm = 0, error = 0;
        lifelog::train::detail::for_each_element(layout, [&](lifelog::Index ours, std::size_t at) {
          norm += expected[at] * expected[at];
          error += std::pow(got[ours] - expected[at], 2);
        });
        BOOST_TEST(norm > 0, name);
        BOOST_TEST(std::sqrt(error) <= relative * std::sqrt(norm),
                   name << ": off by " << std::sqrt(error / norm));
      },
      gradient);
}

/// A signal against a file with its tensors, x, y, upstream, dx and gradients: in chunks, as a stream, and in training.
template<class Signal>
void check_signal(Signal signal, const std::string& file) {
  using namespace lifelog;
  using namespace lifelog::nn;
  constexpr Index in = Signal::input_channels, out = Signal::channels;
  const auto golden = tensors(file);
  train::assign_tensors(signal, golden, "", train::Others::ignored);
  const auto x = matrix(golden, "x", in), y = matrix(golden, "y", out),
             upstream = matrix(golden, "upstream", out), dx = matrix(golden, "dx", in);
  const auto plain = signal.fold();
  using Plain = std::remove_const_t<decltype(plain)>;
  BOOST_TEST((dense::outputs_in_chunks(plain, x) - y).cwiseAbs().maxCoeff() < 1e-13);
  Stream<Plain> stream;
  double error = 0;
  Index made = 0;
  for (Index t = 0; t < x.cols(); ++t) {
    const Eigen::VectorXd sample = x.col(t);
    Eigen::VectorXd now(out);
    const bool output = stream.push(plain, sample.data(), now.data());
    BOOST_REQUIRE(output == (t % Plain::rate == 0));
    if (output) error = std::max(error, (now - y.col(made++)).cwiseAbs().maxCoeff());
  }
  BOOST_TEST(made == y.cols());
  BOOST_TEST(error < 1e-13);
  SignalGradient<Plain> pull;
  const Eigen::Map<const RowMatrix<double>> recorded(pull.forward(plain, dense::series_of(x)), out, y.cols());
  BOOST_TEST((recorded - y).cwiseAbs().maxCoeff() < 1e-13);
  auto gradient = zeros_like(signal);
  auto plain_gradient = zeros_like(plain);
  RowMatrix<double> own = RowMatrix<double>::Zero(in, x.cols());
  pull.backward(plain, dense::series_of(upstream), plain_gradient, own.data());
  BOOST_TEST((own - dx).cwiseAbs().maxCoeff() < 1e-12);
  signal.unfold(plain_gradient, gradient);
  check_gradient(gradient, golden, 1e-12);
}

/// A network of two inputs with a reduction and a linear head against a file with its tensors, and for series n of three x<n>,
/// features<n>, upstream<n>; and gradients.
template<class Net>
void check_over_time(Net net, const std::string& file) {
  using namespace lifelog;
  using namespace lifelog::nn;
  const auto golden = tensors(file);
  train::assign_tensors(net, golden, "", train::Others::ignored);
  const auto plain = net.signal.fold();
  auto gradient = zeros_like(net);
  auto plain_gradient = zeros_like(plain);
  OverTimeGradient<std::remove_const_t<decltype(plain)>, typename Net::Reduced> pull(plain);
  for (const char* n : {"0", "1", "2"}) {
    const auto x = matrix(golden, std::string("x") + n, 2);
    const Eigen::VectorXd expected = matrix(golden, std::string("features") + n, Net::features),
                          upstream = matrix(golden, std::string("upstream") + n, net.outputs());
    Eigen::VectorXd features(Net::features);
    pull.forward(plain, dense::series_of(x), features.data());
    BOOST_TEST((features - expected).cwiseAbs().maxCoeff() < 1e-12);
    const Eigen::VectorXd slopes = net.head.weight.transpose() * upstream;
    gradient.head.weight += upstream * features.transpose();
    gradient.head.bias += upstream;
    pull.backward(plain, slopes.data(), plain_gradient);
  }
  net.signal.unfold(plain_gradient, gradient.signal);
  check_gradient(gradient, golden, 1e-12);
}

}  // namespace golden_nodes
