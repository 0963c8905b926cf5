// SPDX-License-Identifier: MIT
// What is no network, and what to write instead (check_refused.py). After a line `// told: SENTENCE` stands a program that must
// not compile and of which a compiler's first five lines must hold the sentence; after `// instead` one that must compile. What
// both may use is declared at the top.
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/dropout.hpp>
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/grouped_convolution.hpp>
#include <lifelog/nn/layer_norm.hpp>
#include <lifelog/nn/over_time_gradient.hpp>
#include <lifelog/nn/stream.hpp>
#include <lifelog/nn/without_bias.hpp>

using namespace lifelog;
using namespace lifelog::nn;

inline Eigen::MatrixXf x;
inline Eigen::MatrixXd wide;
inline Eigen::MatrixXi whole;
inline std::vector<float> numbers;
inline float w[8][3][3], b[8], features[8];
inline double wide_w[8][3][3], wide_b[8], wide_features[8];
inline int whole_w[8][3][3];
inline Index times[8];
inline Random random_numbers(1);

template<class T>
struct Softsign {
  static T value(T v) { return v / (1 + std::abs(v)); }
  static T slope(T v, T y) { return v == 0 ? T(1) : y / v * (y / v); }
};
template<class T>
struct NoSlope {
  static T value(T v) { return v; }
};

// told: put a reduction such as max_over_time before them
auto net = input<3> | causal_conv<8, 3>() | linear<4>;
// instead
auto net = input<3> | causal_conv<8, 3>() | max_over_time | linear<4>;

// told: a linear layer of each instant is causal_conv<n, 1>()
auto net = input<3> | causal_block<8>(dilation<2>) | relu | log_softmax | max_over_time;
// instead
auto net = input<3> | causal_block<8>(dilation<2>) | relu | causal_conv<4, 1>() | max_over_time | log_softmax;

// told: put a reduction such as max_over_time before them
auto net = input<3> | named<"a">(causal_conv<8, 3>() | relu | linear<4>) | max_over_time;
// instead
auto net = input<3> | named<"a">(causal_conv<8, 3>() | relu) | max_over_time | linear<4>;

// told: put a reduction such as max_over_time before them
auto net = input<3> | sum(causal_conv<8, 3>(), linear<8>) | max_over_time;
// instead
auto net = input<3> | sum(causal_conv<8, 3>(), causal_conv<8, 1>()) | max_over_time;

// told: write the convolution before them
auto net = input<3> | causal_conv<8, 3>() | max_over_time | causal_conv<8, 3>();
// instead
auto net = input<3> | causal_conv<8, 3>() | causal_conv<8, 3>() | max_over_time;

// told: write the convolution before them
auto net = input<3> | causal_conv<8, 3>() | mean_over_time | linear<4> | causal_block<8>(dilation<2>);
// instead
auto net = input<3> | causal_conv<8, 3>() | causal_block<8>(dilation<2>) | mean_over_time | linear<4>;

// told: write the convolution before them
auto net = input<3> | linear<4> | causal_conv<8, 3>();
// instead
auto net = input<3> | causal_conv<4, 1>() | causal_conv<8, 3>();

// told: batch_norm of a signal must stand right after a convolution
auto net = input<3> | causal_conv<8, 3>() | relu | batch_norm;
// instead
auto net = input<3> | causal_conv<8, 3>() | batch_norm | relu;

// told: layer_norm may stand anywhere
auto net = input<3> | batch_norm | max_over_time;
// instead
auto net = input<3> | layer_norm | max_over_time;

// told: batch_norm of a signal must stand right after a convolution
auto net = input<3> | sum(causal_conv<3, 3>(), batch_norm) | max_over_time;
// instead
auto net = input<3> | sum(causal_conv<3, 3>() | batch_norm, identity) | max_over_time;

// told: input<3> | identity | max_over_time
auto net = input<3> | max_over_time;
// instead
auto net = input<3> | identity | max_over_time;

// told: input<3> | identity | max_over_time
auto net = input_of(3) | concat(max_over_time, mean_over_time) | linear<4>;
// instead
auto net = input_of(3) | causal_conv<8, 1>() | concat(max_over_time, mean_over_time) | linear<4>;

// told: has a constant number of channels
auto net = input_of(3) | relu | max_over_time;
// instead
auto net = input_of(3) | causal_conv<8, 1>() | relu | max_over_time;

// told: two reductions side by side are concat(max_over_time, mean_over_time)
auto net = input<3> | causal_conv<8, 3>() | max_over_time | mean_over_time;
// instead
auto net = input<3> | causal_conv<8, 3>() | concat(max_over_time, mean_over_time);

// told: a reduction takes a signal
auto net = input<3> | linear<8> | max_over_time;
// instead
auto net = input<3> | causal_conv<8, 1>() | max_over_time;

// told: concat takes reductions
auto net = input<3> | causal_conv<8, 3>() | concat(max_over_time, relu);
// instead
auto net = input<3> | causal_conv<8, 3>() | relu | concat(max_over_time, mean_over_time);

// told: a network begins with its input
auto net = causal_conv<8, 3>() | relu | max_over_time;
// instead
auto net = input<3> | causal_conv<8, 3>() | relu | max_over_time;

// told: a network begins with its input
auto net = causal_conv<8, 3>() | relu;
void start() {
  net.initialise(random_numbers);
}
// instead
auto net = input<3> | causal_conv<8, 3>() | relu;
void start() {
  net.initialise(random_numbers);
}

// told: a network begins with its input
auto signal = (causal_conv<8, 3>() | relu).fold();
// instead
auto signal = (input<3> | causal_conv<8, 3>() | relu).fold();

// told: a network begins with its input
Stream<decltype(leaky_relu)> stream;
// instead
Stream<decltype(input<3> | leaky_relu)> stream;

// told: a network begins with its input
void evaluate() {
  leaky_relu.push(features, features);
}
// instead
auto evaluate() {
  return leaky_relu(x);
}

// told: expected a folded signal
auto net = causal_conv<8, 3>() | relu;
MaxOverTime<decltype(net)> evaluate(net);
// instead
auto net = input<3> | causal_conv<8, 3>() | relu;
MaxOverTime<decltype(net)> evaluate(net);

// told: of a network that ends in features write net.signal.fold()
auto net = input<3> | causal_conv<8, 3>() | max_over_time | linear<4>;
OverTimeGradient<decltype(net)> pull(net);
// instead
auto net = input<3> | causal_conv<8, 3>() | max_over_time | linear<4>;
OverTimeGradient<decltype(net.signal)> pull(net.signal.fold());

// told: this network ends in a signal: put a reduction and a head after it
auto net = input<3> | causal_conv<8, 3>() | relu;
decltype(net)::Tape<Samples<float>> tape;
void train() {
  net.record(Samples<float>{8}, tape, features, features);
}
// instead
auto net = input<3> | linear<8> | relu;
decltype(net)::Tape<Samples<float>> tape;
void train() {
  net.record(Samples<float>{8}, tape, features, features);
}

// told: samples and results are of the network's own scalar
auto net = input<3> | causal_conv<8, 3>();
void evaluate(MaxOverTime<decltype(net)>& maxima) {
  maxima(net, Series<double>{wide.data(), 9, 9}, wide_features, times);
}
// instead
auto net = input<3, double> | causal_conv<8, 3>();
void evaluate(MaxOverTime<decltype(net)>& maxima) {
  maxima(net, Series<double>{wide.data(), 9, 9}, wide_features, times);
}

// told: samples and results are of the network's own scalar
auto net = input<3, double> | causal_conv<8, 3>() | max_over_time;
void evaluate(Stream<decltype(net)>& stream) {
  stream.push(net, features);
}
// instead
auto net = input<3> | causal_conv<8, 3>() | max_over_time;
void evaluate(Stream<decltype(net)>& stream) {
  stream.push(net, features);
}

// told: sum and product must give the same number of channels
auto net = input<3> | sum(causal_conv<8, 3>(), identity);
// instead
auto net = input<3> | sum(causal_conv<8, 3>(), causal_conv<8, 1>());

// told: sum and product must give the same number of channels
auto net =
    input<3> | causal_conv<8, 3>() | relu | product(linear<8> | sigmoid, identity | causal_conv<4, 1>());
// instead
auto net = input<3> | causal_conv<8, 3>() | relu |
           product(causal_conv<4, 1>() | sigmoid, identity | causal_conv<4, 1>());

// told: a dilation is a distance of at least one sample
auto net = input<3> | causal_conv<8, 3>(dilation<0>);
// instead
auto net = input<3> | causal_conv<8, 3>(dilation<1>);

// told: a convolution has at least one output, one tap
auto net = input<3> | causal_conv<8, 0>(dilation<2>);
// instead
auto net = input<3> | causal_conv<8, 1>(dilation<2>);

// told: a convolution has at least one output, one tap
auto net = input<3> | weight_norm_conv<0, 3>();
// instead
auto net = input<3> | weight_norm_conv<1, 3>();

// told: groups must divide the inputs and the outputs
auto net = input<6> | grouped_conv<8, 3, 4>();
// instead
auto net = input<6> | grouped_conv<8, 3, 2>();

// told: groups must divide the inputs and the outputs
auto net = input<6> | causal_conv<8, 3>() | named<"g">(without_bias(grouped_conv<6, 3, 4>(dilation<2>))) |
           max_over_time;
// instead
auto net = input<6> | causal_conv<8, 3>() | named<"g">(without_bias(grouped_conv<4, 3, 4>(dilation<2>))) |
           max_over_time;

// told: a convolution in groups needs a constant number of inputs
auto net = input_of(6) | depthwise_conv<3>();
// instead
auto net = input<6> | depthwise_conv<3>();

// told: without_bias takes what has a bias
auto net = input<3> | without_bias(relu) | max_over_time;
// instead
auto net = input<3> | without_bias(causal_conv<8, 3>()) | max_over_time;

// told: a convolution is told its outputs and its taps, and called
auto net = input<3> | causal_conv | leaky_relu;
// instead
auto net = input<3> | causal_conv<8, 3>() | leaky_relu;

// told: a convolution is told its outputs and its taps, and called
auto net = input<3> | causal_conv<8, 3> | leaky_relu;
// instead
auto net = input<3> | causal_conv<8, 3>() | leaky_relu;

// told: a convolution is told its outputs and its taps, and called
auto net = input<3> | causal_conv<8>(dilation<2>) | leaky_relu;
// instead
auto net = input<3> | causal_conv<8, 3>(dilation<2>) | leaky_relu;

// told: a convolution is told its outputs and its taps, and called
auto net = input<3> | weight_norm_conv() | leaky_relu;
// instead
auto net = input<3> | weight_norm_conv<8, 3>() | leaky_relu;

// told: what is appended to a network has no input of its own
auto net = input<3> | causal_conv<8, 3>() | (input<8> | relu);
// instead
auto net = input<3> | causal_conv<8, 3>() | relu;

// told: a network is of float or double
auto net = input<3, int> | causal_conv<8, 3>();
// instead
auto net = input<3, double> | causal_conv<8, 3>();

// told: an input has at least one channel
auto net = input<0> | causal_conv<8, 3>();
// instead
auto net = input<1> | causal_conv<8, 3>();

// told: an element-wise function needs static T value(T x), and static T slope(T x, T y)
auto net = input<3> | elementwise<NoSlope> | max_over_time;
// instead
auto net = input<3> | elementwise<Softsign> | max_over_time;

// told: cast other numbers first, with x.cast<float>()
auto y = leaky_relu(whole);
// instead
auto y = leaky_relu(whole.cast<float>());

// told: cast other numbers first, with x.cast<float>()
auto y = mean_over_time(whole);
// instead
auto y = mean_over_time(whole.cast<float>());

// told: cast other numbers first, with x.cast<float>()
auto y = relu(x) + whole;
// instead
auto y = relu(x) + whole.cast<float>();

// told: cast other numbers first, with x.cast<float>()
auto y = product(whole, whole);
// instead
auto y = product(whole.cast<double>(), wide);

// told: cast other numbers first, with x.cast<float>()
auto y = causal_conv(whole, w, b);
// instead
auto y = causal_conv(whole.cast<float>(), w, b);

// told: cast other numbers first, with x.cast<float>()
auto y = causal_conv<8, 3>(x, whole, b);
// instead
auto y = causal_conv<8, 3>(x, whole.cast<float>(), b);

// told: cast other numbers first, with x.cast<float>()
auto y = causal_conv(x, whole_w, b);
// instead
auto y = causal_conv(x, w, b);

// told: a series is channels x time
auto y = leaky_relu(numbers);
// instead
auto y = leaky_relu(Eigen::Map<Eigen::RowVectorXf>(numbers.data(), 10));

// told: float and double do not mix
auto y = relu(x) + wide;
// instead
auto y = relu(x) + wide.cast<float>();

// told: float and double do not mix
auto y = causal_conv(x, wide_w, wide_b, dilation<2>);
// instead
auto y = causal_conv(x.cast<double>(), wide_w, wide_b, dilation<2>);

// told: float and double do not mix
auto y = product(x, wide);
// instead
auto y = product(x.cast<double>(), wide);

// told: float and double do not mix
auto y = over(input<3, double> | causal_conv<8, 3>(), x);
// instead
auto y = over(input<3> | causal_conv<8, 3>(), x);

// told: a convolution takes a bias for each output
auto y = causal_conv(x, w, 0.5F, dilation<2>);
// instead
auto y = causal_conv(x, w, b, dilation<2>);

// told: write causal_conv<out, taps>(x, w, b)
auto y = causal_conv(x, wide.cast<float>(), b);
// instead
auto y = causal_conv<8, 3>(x, wide.cast<float>(), b);

// told: over takes a signal
auto y = over(input<3> | linear<8>, x);
// instead
auto y = over(input<3> | causal_conv<8, 1>(), x);

// told: over(net.signal, x)
auto net = input<3> | causal_conv<8, 3>() | max_over_time;
auto y = over(net, x);
// instead
auto net = input<3> | causal_conv<8, 3>() | max_over_time;
auto y = max_over_time(over(net.signal, x));

// told: a linear layer is told its outputs: linear<4>
auto net = input<3> | causal_conv<8, 3>() | max_over_time | linear<>;
// instead
auto net = input<3> | causal_conv<8, 3>() | max_over_time | linear<4>;

// told: a linear layer is told its outputs: linear<4>
auto net = input<3> | linear<0> | relu;
// instead
auto net = input<3> | linear_to(4) | relu;

// told: what makes a layer is called: dropout(0.2)
auto net = input<3> | linear<8> | dropout | linear<4>;
// instead
auto net = input<3> | linear<8> | dropout(0.2) | linear<4>;

// told: what makes a layer is called: dropout(0.2), linear_to(n)
auto net = input<3> | causal_conv<8, 3>() | max_over_time | linear_to;
// instead
auto net = input<3> | causal_conv<8, 3>() | max_over_time | linear_to(4);
