// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/functional.hpp>

#include <array>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <optional>

#if __has_include(<xtensor/containers/xfixed.hpp>)
#include <xtensor/containers/xfixed.hpp>
#else
#include <xtensor/xfixed.hpp>
#endif

#include "../support/throws.hpp"
#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_functional)

using namespace lifelog;
using namespace lifelog::nn;
using Scalars = boost::mpl::list<float, double>;

namespace {

/// Weights (out, in, taps) of a convolution and their bias, as the types that are taken.
template<class T, Index out, Index in, Index taps>
struct Weights {
  T array[out][in][taps], bias[out];
  xt::xtensor<T, 3> tensor = xt::zeros<T>({out, in, taps});
  xt::xtensor_fixed<T, xt::xshape<out, in, taps>> fixed;
  Eigen::Matrix<T, out, in * taps> matrix;

  explicit Weights(std::uint64_t seed) {
    Random random(seed);
    for (Index o = 0; o < out; ++o) {
      bias[o] = static_cast<T>(random.normal());
      for (Index i = 0; i < in; ++i)
        for (Index k = 0; k < taps; ++k)
          array[o][i][k] = tensor(o, i, k) = fixed(o, i, k) = matrix(o, k * in + i) =
              static_cast<T>(random.normal());
    }
  }

  /// The convolution in double and plain loops.
  template<Index steps>
  Eigen::MatrixXd over(const Eigen::MatrixXd& x, Dilation<steps>) const {
    Eigen::MatrixXd y(out, x.cols());
    for (Index o = 0; o < out; ++o)
      for (Index t = 0; t < x.cols(); ++t) {
        y(o, t) = static_cast<double>(bias[o]);
        for (Index k = 0; k < taps; ++k)
          for (Index i = 0, from = t - (taps - 1 - k) * steps; from >= 0 && i < in; ++i)
            y(o, t) += static_cast<double>(array[o][i][k]) * x(i, from);
      }
    return y;
  }
};

Eigen::MatrixXd leaky(const Eigen::MatrixXd& x) {
  return x.cwiseMax(0.01 * x);
}

template<class T, class Y>
void check_close(const Y& got, const Eigen::MatrixXd& expected) {
  BOOST_REQUIRE(got.rows() == expected.rows());
  BOOST_REQUIRE(got.cols() == expected.cols());
  if (expected.size() == 0) return;
  const double error = (got.template cast<double>() - expected).cwiseAbs().maxCoeff();
  BOOST_TEST(error <= (std::is_same_v<T, float> ? 1e-5 : 1e-13) * expected.cwiseAbs().maxCoeff());
}

template<class T>
xt::xtensor<T, 2> tensor_of(const RowMatrix<T>& x) {
  auto y =
      xt::xtensor<T, 2>::from_shape({static_cast<std::size_t>(x.rows()), static_cast<std::size_t>(x.cols())});
  as_eigen(y) = x;
  return y;
}

template<class T>
RowMatrix<T> series(Index channels, Index length, std::uint64_t seed = 7) {
  Random random(seed);
  return dense::normal_rows<T>(random, channels, length);
}

}  // namespace

// Lengths around a register block and a chunk.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_residual_block_of_eigen_and_xtensor, T, Scalars) {
  const Weights<T, 3, 3, 4> w(1);
  for (const Index length : {0, 1, 5, 31, 256, 257, 1000}) {
    const auto x = series<T>(3, length);
    const Eigen::MatrixXd expected =
        leaky(w.over(x.template cast<double>(), dilation<5>)) + x.template cast<double>();
    const RowMatrix<T> rows = leaky_relu(causal_conv(x, w.array, w.bias, dilation<5>)) + x;
    check_close<T>(rows, expected);
    const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> columns =
        x + leaky_relu(causal_conv(x, w.array, w.bias, dilation<5>));
    BOOST_TEST((columns == rows));
    const auto tensor = tensor_of(x);
    const xt::xtensor<T, 2> y = leaky_relu(causal_conv(tensor, w.fixed, w.bias, dilation<5>)) + tensor;
    BOOST_TEST((as_eigen(y) == rows));
    xt::xtensor<T, 2> z;
    z = tensor + leaky_relu(causal_conv(x, w.fixed, w.bias, dilation<5>));
    BOOST_TEST((as_eigen(z) == rows));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_kind_of_weights, T, Scalars) {
  const Weights<T, 5, 2, 3> w(2);
  const auto x = series<T>(2, 300);
  const auto expected = w.over(x.template cast<double>(), dilation<2>);
  const RowMatrix<T> y = causal_conv(x, w.array, w.bias, dilation<2>);
  check_close<T>(y, expected);
  const auto same = [&](const RowMatrix<T>& other) { BOOST_TEST((other == y)); };
  const Eigen::Map<const Eigen::Matrix<T, 5, 1>> bias(w.bias);
  same(causal_conv(x, w.fixed, bias, dilation<2>));
  same(causal_conv<5, 3>(x, w.tensor, w.bias, dilation<2>));
  same(causal_conv<5, 3>(x, w.matrix, std::vector<T>(w.bias, w.bias + 5), dilation<2>));
  same(causal_conv<5, 3>(x, Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>(w.matrix), bias, dilation<2>));
  same(causal_conv<5, 3>(x, w.tensor * T(1), bias, dilation<2>));
  const Eigen::Matrix<T, 2, Eigen::Dynamic> two = x;
  same(causal_conv<5, 3>(two, w.tensor, bias, dilation<2>));
  check_close<T>(RowMatrix<T>(causal_conv(x, w.array, w.bias)),
                 w.over(x.template cast<double>(), dilation<1>));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(expressions_of_expressions, T, Scalars) {
  const Weights<T, 4, 3, 3> first(3);
  const Weights<T, 6, 4, 2> second(4);
  const Weights<T, 6, 3, 1> shortcut(5);
  const auto x = series<T>(3, 700);
  const Eigen::MatrixXd wide = x.template cast<double>();
  const Eigen::MatrixXd inner = leaky(first.over(wide, dilation<4>));
  const Eigen::MatrixXd expected = second.over(inner, dilation<3>) + shortcut.over(wide, dilation<1>);
  const auto lazy = causal_conv(leaky_relu(causal_conv(x, first.array, first.bias, dilation<4>)),
                                second.array, second.bias, dilation<3>) +
                    causal_conv(x, shortcut.array, shortcut.bias);
  check_close<T>(RowMatrix<T>(lazy), expected);
  // Of a sum, of a function of a plain series, of ours beside Eigen's and xtensor's.
  const Weights<T, 4, 6, 2> third(6);
  check_close<T>(RowMatrix<T>(causal_conv(lazy + lazy, third.array, third.bias)),
                 third.over(2 * expected, dilation<1>));
  check_close<T>(RowMatrix<T>(causal_conv(leaky_relu(x), first.array, first.bias)),
                 first.over(leaky(wide), dilation<1>));
  check_close<T>(RowMatrix<T>(relu(x) + x), wide.cwiseMax(0) + wide);
  const RowMatrix<T> third_of_x = x / T(3);
  const auto tensor = tensor_of(third_of_x);
  check_close<T>(RowMatrix<T>(leaky_relu(tensor * T(3)) + (third_of_x + T(2) * third_of_x)),
                 leaky(wide) + wide);
  check_close<T>(RowMatrix<T>(causal_conv(Eigen::Matrix<T, 3, 3>::Identity() * x, first.array, first.bias)),
                 first.over(wide, dilation<1>));
  // To Eigen, ours are expressions too.
  RowMatrix<T> total = RowMatrix<T>(relu(x)) * T(2);
  total += relu(x);
  check_close<T>(total, 3 * wide.cwiseMax(0));
  check_close<T>(RowMatrix<T>((relu(x) + x).transpose()), (wide.cwiseMax(0) + wide).transpose());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_gate, T, Scalars) {
  const Weights<T, 4, 3, 3> filter(13), gate(14);
  const auto x = series<T>(3, 300);
  const Eigen::MatrixXd wide = x.template cast<double>();
  const RowMatrix<T> y = product(nn::tanh(causal_conv(x, filter.array, filter.bias, dilation<2>)),
                                 sigmoid(causal_conv(x, gate.array, gate.bias, dilation<2>)));
  const Eigen::MatrixXd left = filter.over(wide, dilation<2>), right = gate.over(wide, dilation<2>);
  check_close<T>(y, left.array().tanh().matrix().cwiseQuotient((1 + (-right.array()).exp()).matrix()));
  check_close<T>(RowMatrix<T>(product(x, relu(x))), wide.cwiseProduct(wide.cwiseMax(0)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(any_signal_over_a_series, T, Scalars) {
  auto net = input<3, T> | causal_block<8>(dilation<2>) | causal_block<16>(dilation<4>);
  Random random(8);
  net.initialise(random);
  const auto x = series<T>(3, 600);
  const RowMatrix<T> y = over(net, x);
  check_close<T>(y, dense::forward(net.fold(), x.template cast<double>()));
  BOOST_TEST((RowMatrix<T>(over(net.fold(), x)) == y));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(maxima_over_time, T, Scalars) {
  const Weights<T, 5, 2, 3> w(9);
  auto x = series<T>(2, 600);
  const auto y = w.over(x.template cast<double>(), dilation<2>);
  const auto maxima = max_over_time(causal_conv(x, w.array, w.bias, dilation<2>));
  static_assert(decltype(maxima)::SizeAtCompileTime == 5);
  check_close<T>(maxima, y.rowwise().maxCoeff());
  BOOST_TEST((max_over_time(x) == x.rowwise().maxCoeff()));
  x(1, 20) = std::numeric_limits<T>::quiet_NaN();
  const auto broken = max_over_time(x);
  BOOST_TEST(broken[0] == x.row(0).maxCoeff());
  BOOST_TEST(std::isnan(broken[1]));
}

BOOST_AUTO_TEST_CASE(lvalues_are_seen_when_evaluated_and_rvalues_are_kept) {
  std::optional<Weights<float, 3, 3, 2>> w(10);
  auto x = series<float>(3, 400);
  const RowMatrix<float> before = causal_conv(x, w->array, w->bias) + x;
  const auto by_reference = causal_conv(x, w->array, w->bias) + x;
  const auto by_value = [&] {
    auto gone = x;
    auto tensor = tensor_of(x);
    return causal_conv(std::move(gone), w->array, w->bias) + std::move(tensor);
  }();
  const auto of_temporaries = causal_conv(RowMatrix<float>(x), w->array, w->bias) + tensor_of(x);
  w.reset();  // weights are taken over
  x.setZero();
  BOOST_TEST((RowMatrix<float>(by_value) == before));
  BOOST_TEST((RowMatrix<float>(of_temporaries) == before));
  const RowMatrix<float> now = by_reference;
  BOOST_TEST((now.col(0) == now.col(399)));  // the bias alone
  x = before;
  BOOST_TEST((RowMatrix<float>(by_reference) != now));
}

BOOST_AUTO_TEST_CASE(in_place_and_in_chunks) {
  const Weights<float, 3, 3, 3> w(11);
  auto x = series<float>(3, 1000);
  const auto lazy = leaky_relu(causal_conv(x, w.array, w.bias, dilation<60>)) + x;
  const RowMatrix<float> y = lazy;
  RowMatrix<float> pieces(3, 1000);
  Index seen = 0;
  lazy.for_each_chunk([&](Index first, const auto& values) {
    BOOST_TEST(first == seen);
    BOOST_TEST(values.cols() <= chunk_length);
    pieces.middleCols(first, values.cols()) = values;
    seen += values.cols();
  });
  BOOST_TEST(seen == 1000);
  BOOST_TEST((pieces == y));
  x = lazy;
  BOOST_TEST((x == y));
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_fit) {
  using Error = std::invalid_argument;
  const Weights<float, 5, 3, 2> w(12);
  auto x = series<float>(3, 40);
  const auto narrow = series<float>(2, 40), brief = series<float>(5, 39);
  check_throws<Error>([&] { causal_conv(narrow, w.array, w.bias); }, {"3 channels", "got 2"});
  check_throws<Error>([&] { causal_conv<5, 2>(narrow, w.tensor, w.bias); }, {"2 inputs", "5, 3 and 2"});
  check_throws<Error>([&] { causal_conv<4, 2>(x, w.tensor, w.bias); }, {"4 outputs", "5, 3 and 2"});
  check_throws<Error>([&] { causal_conv<5, 3>(x, w.matrix, w.bias); }, {"3 taps", "5, 3 and 2"});
  check_throws<Error>([&] { causal_conv<5, 2>(x, xt::xtensor<float, 2>(), w.bias); },
                      {"three dimensions", "2"});
  check_throws<Error>([&] { causal_conv(x, w.array, std::array<float, 4>{}); }, {"5 biases", "got 4"});
  check_throws<Error>([&] { causal_conv(x, w.array, w.bias) + x; }, {"5 channels", "got 3"});
  check_throws<Error>([&] { causal_conv(x, w.array, w.bias) + brief; }, {"one shape", "5 x 40", "5 x 39"});
  check_throws<Error>([&] { relu(xt::xarray<float>(xt::zeros<float>({3}))); }, {"two dimensions", "got 1"});
  const auto lazy = relu(x) + x;
  x.resize(3, 41);
  check_throws<Error>([&] { RowMatrix<float>{lazy}; }, {"3 channels of 40", "3 of 41"});
}

BOOST_AUTO_TEST_SUITE_END()
