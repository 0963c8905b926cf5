// SPDX-License-Identifier: MIT
#include <lifelog/nn/elementwise.hpp>
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/stream.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "check_gradients.hpp"
#include "golden_nodes.hpp"

BOOST_AUTO_TEST_SUITE(nn_elementwise)

using namespace lifelog;
using namespace lifelog::nn;
using namespace check_gradients;

namespace {

/// All layers are of one size: each size takes its time to compile.
constexpr auto layer = linear<4>;

// The example of nn/elementwise.hpp.
template<class T>
struct Softsign {
  static T value(T x) { return x / (1 + std::abs(x)); }
  static T slope(T x, T y) { return x == 0 ? T(1) : y / x * (y / x); }
};

/// log(1 + exp(x)): not 0 at 0.
template<class T>
struct Softplus {
  static T value(T x) { return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x))); }
  static T slope(T y) { return -std::expm1(-y); }
};

/// With everything a function may say.
template<class T>
struct Square {
  using Packet = packets::Packet<T>;
  static constexpr bool zero_preserving = true;
  static T value(T x) { return x * x; }
  static T slope(T x, T) { return 2 * x; }
  static Packet packet(const Packet& x) { return packets::pmul(x, x); }
  static Packet packet_slope(const Packet& x, const Packet&) { return packets::padd(x, x); }
  static auto vector(const auto& x) { return x.square(); }
};

/// Values and derivatives of a node in training, of one feature a sample.
template<class T, class Node>
void record_and_pull(const Node& node, const Eigen::ArrayXd& x, RowMatrix<T>& y, RowMatrix<T>& dx) {
  const Samples<T> domain{x.size(), true, 1};
  RowMatrix<T> in = RowMatrix<T>::Zero(1, domain.stride());
  in.leftCols(x.size()) = x.cast<T>().matrix().transpose();
  y = dx = RowMatrix<T>::Zero(1, domain.stride());
  const RowMatrix<T> ones = RowMatrix<T>::Ones(1, domain.stride());
  typename Node::template Tape<Samples<T>> tape;
  Node gradient = node;
  node.record(domain, tape, in.data(), y.data());
  node.pull(domain, tape, in.data(), y.data(), ones.data(), dx.data(), gradient);
}

template<class T, template<class> class Function>
void check_against_torch(const io::Tensors& golden, const std::string& name, double relative) {
  const Pointwise<T, 1, Function> node;
  const auto x = golden_nodes::matrix(golden, "x", 1), values = golden_nodes::matrix(golden, name + ".y", 1),
             slopes = golden_nodes::matrix(golden, name + ".dx", 1);
  RowMatrix<T> y, dx;
  record_and_pull<T>(node, x.row(0).transpose().array(), y, dx);
  NodeBase::Memory none;
  BOOST_TEST_CONTEXT(name) for (Index i = 0; i < x.size(); ++i) {
    BOOST_TEST_CONTEXT("x = " << x(0, i)) {
      const T in = static_cast<T>(x(0, i));
      T streamed;
      node.push(none, &in, &streamed);
      const double value = static_cast<double>(y(0, i)), slope = static_cast<double>(dx(0, i));
      BOOST_TEST(std::abs(value - values(0, i)) <= relative * std::max(1.0, std::abs(values(0, i))));
      BOOST_TEST(std::abs(slope - slopes(0, i)) <= relative * 8);
      BOOST_TEST(std::abs(static_cast<double>(streamed) - values(0, i)) <=
                 relative * std::max(1.0, std::abs(values(0, i))));
    }
  }
}

template<class T>
void check_all_against_torch(double relative) {
  const auto golden = golden_nodes::tensors("elementwise.safetensors");
  check_against_torch<T, nn::detail::Gelu>(golden, "gelu", relative);
  check_against_torch<T, nn::detail::GeluTanh>(golden, "gelu_tanh", relative);
  check_against_torch<T, nn::detail::Silu>(golden, "silu", relative);
  check_against_torch<T, nn::detail::Elu>(golden, "elu", relative);
  check_against_torch<T, nn::detail::HardSwish>(golden, "hard_swish", relative);
  check_against_torch<T, nn::detail::LeakyRelu>(golden, "leaky_relu", relative);
  check_against_torch<T, nn::detail::Relu>(golden, "relu", relative);
  check_against_torch<T, nn::detail::Sigmoid>(golden, "sigmoid", relative);
  check_against_torch<T, nn::detail::Tanh>(golden, "tanh", relative);
}

/// Chunks and a stream of a signal against plain loops.
template<class Net>
void check_evaluation(Net net) {
  Random random(3);
  net.initialise(random);
  const auto x = dense::normal_rows<double>(random, net.inputs(), 700);
  const dense::Matrix expected = dense::forward(net, x);
  BOOST_TEST((dense::outputs_in_chunks(net, x) - expected).cwiseAbs().maxCoeff() < 1e-12);
  Stream<Net> stream;
  double error = 0;
  for (Index t = 0; t < x.cols(); ++t) {
    const Eigen::VectorXd sample = x.col(t);
    Eigen::VectorXd y(Net::channels);
    stream.push(net, sample.data(), y.data());
    error = std::max(error, (y - expected.col(t)).cwiseAbs().maxCoeff());
  }
  BOOST_TEST(error < 1e-12);
}

}  // namespace

BOOST_AUTO_TEST_CASE(functions_are_those_of_pytorch) {
  check_all_against_torch<double>(1e-13);
  check_all_against_torch<float>(2e-6);
}

// In registers as one by one, from one end of all numbers to the other; what is none stays none.
template<class T, template<class> class Function>
void check_packets() {
  using namespace nn::packets;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  std::vector<T> x{T(0), T(-0.0), T(1e-30), T(1e-4), T(1), T(8), T(9.5), T(40), T(1000), infinity};
  for (int i = 0; i < 400; ++i) x.push_back(T(i) / 20);
  for (const T one : x)
    for (const T sign : {T(1), T(-1)}) {
      T got[packet_size<T>];
      store<T>(got, Function<T>::packet(broadcast(T(sign * one))));
      const T want = Function<T>::value(sign * one);
      BOOST_TEST(std::abs(got[0] - want) <= 8 * std::numeric_limits<T>::epsilon() * std::abs(want) +
                                                4 * std::numeric_limits<T>::min(),
                 "at " << sign * one << " got " << got[0] << ", not " << want);
    }
  T got[packet_size<T>];
  store<T>(got, Function<T>::packet(broadcast(std::numeric_limits<T>::quiet_NaN())));
  BOOST_TEST(std::isnan(got[0]));
}

BOOST_AUTO_TEST_CASE(sigmoid_and_tanh_in_registers) {
  check_packets<float, nn::detail::Sigmoid>();
  check_packets<double, nn::detail::Sigmoid>();
  check_packets<float, nn::detail::Tanh>();
  check_packets<double, nn::detail::Tanh>();
}

BOOST_AUTO_TEST_CASE(functions_between_others_in_training) {
  check_vectors(input<4, double> | layer | gelu | layer | silu | layer | elu | layer | hard_swish | layer |
                    gelu_tanh | layer | elementwise<Softsign> | layer | elementwise<Softplus> | layer |
                    elementwise<Square> | layer,
                true);
}

BOOST_AUTO_TEST_CASE(your_own_function) {
  constexpr auto softsign = elementwise<Softsign>;
  auto net = input<3> | causal_conv<8, 3>() | softsign | max_over_time | linear<4>;
  Random random(1);
  net.initialise(random);
  BOOST_TEST(net.signal.channels == 8);
  const auto x = dense::normal_rows<double>(random, 2, 40);
  const Eigen::MatrixXd y = softsign(x);
  BOOST_TEST((y.array() - x.array() / (1 + x.array().abs())).abs().maxCoeff() < 1e-15);
}

// Some windows reach to before time 0, where signals are zero and softplus is not.
BOOST_AUTO_TEST_CASE(functions_of_signals_in_training) {
  check_series(input<2, double> | causal_conv<4, 3>(dilation<2>) | gelu |
               sum(sigmoid | elementwise<Softplus>, causal_conv<4, 3>(dilation<2>)) |
               product(identity, named<"b">(silu)) | hard_swish | max_over_time | linear<4>);
}

BOOST_AUTO_TEST_CASE(functions_in_chunks_and_streams) {
  check_evaluation(input<4, double> | gelu |
                   sum(gelu_tanh, causal_conv<4, 3>(dilation<2>) | elementwise<Square>) | silu |
                   product(elementwise<Softplus> | elu, identity) | hard_swish);
}

BOOST_AUTO_TEST_CASE(functions_of_an_input_that_others_share) {
  check_vectors(input<4, double> | linear<4> | product(sigmoid, identity) | sum(gelu, linear<4>) | linear<4>,
                true);
  // What reads a shared input for a function does not show in names.
  auto net = input<2, double> | sum(sigmoid | causal_conv<2, 1>(), identity);
  std::vector<std::string> names;
  visit([&](const Path& path, const Layout&, double*) { names.push_back(to_string(path)); }, net);
  BOOST_TEST((names == std::vector<std::string>{"left.1.weight", "left.1.bias"}));
}

BOOST_AUTO_TEST_SUITE_END()
