// SPDX-License-Identifier: MIT
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/max_over_time_gradient.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/golden_tensors.hpp"

BOOST_AUTO_TEST_SUITE(nn_encoder)

using namespace lifelog;
using namespace lifelog::nn;

namespace {

/// PyTorch's encoders: of 3 channels, and of 8, as many as the first block gives, whose shortcut is the input itself.
struct Golden {
  const char* file;
  Index channels;
};
constexpr Golden goldens[] = {{"encoder.safetensors", 3}, {"encoder8.safetensors", 8}};

/// The study's encoder, its tensors named as there.
template<class T>
auto make_encoder(const Golden& golden) {
  auto encoder =
      input_of<T>(golden.channels) |
      named<"Encoder.network.0.network">(causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
                                         causal_block<16>(dilation<4>)) |
      max_over_time | named<"Encoder.network.3">(linear<32>);
  train::assign_tensors(encoder, golden::tensors(golden.file), "", train::Others::ignored);
  return encoder;
}

template<class T>
using Plane = RowMatrix<T>;

/// Runs the encoder over the golden batch; with `gradient`, also back from the golden upstream.
template<class T, class Encoder>
Plane<T> run(const Encoder& encoder, const io::Tensors& file, Encoder* gradient) {
  const auto x = golden::values<T>(file, "input");
  const auto upstream = file.view<double, 2>("upstream");
  const auto plain = encoder.signal.fold();
  using Signal = decltype(encoder.signal.fold());
  const Samples<T> domain{6};
  const Index sample = 40 * encoder.inputs();
  Plane<T> maxima = Plane<T>::Zero(16, domain.stride()), slopes = maxima, y(32, domain.stride()),
           dy = Plane<T>::Zero(32, domain.stride());
  Index times[6][16];
  MaxOverTime<Signal> evaluate(plain);
  for (Index n = 0; n < 6; ++n) {
    T values[16];
    evaluate(plain, {x.data() + n * sample, 40, 40}, values, times[n]);
    for (Index c = 0; c < 16; ++c) maxima(c, n) = values[c];
    for (Index o = 0; o < 32; ++o)
      dy(o, n) = static_cast<T>(upstream(static_cast<std::size_t>(n), static_cast<std::size_t>(o)));
  }
  typename decltype(encoder.head)::template Tape<Samples<T>> tape;
  encoder.head.record(domain, tape, maxima.data(), y.data());
  if (gradient) {
    encoder.head.pull(domain, tape, maxima.data(), y.data(), dy.data(), slopes.data(), gradient->head);
    auto plain_gradient = zeros_like(plain);
    MaxOverTimeGradient<Signal> pull(plain);
    for (Index n = 0; n < 6; ++n) {
      T channel_slopes[16];
      for (Index c = 0; c < 16; ++c) channel_slopes[c] = slopes(c, n);
      pull(plain, {x.data() + n * sample, 40, 40}, times[n], channel_slopes, plain_gradient);
    }
    encoder.signal.unfold(plain_gradient, gradient->signal);
  }
  return y;
}

}  // namespace

BOOST_AUTO_TEST_CASE(looks_back_as_far_as_the_study) {
  static_assert(decltype(make_encoder<float>(goldens[0]))::lookback == 28);
  static_assert(decltype(make_encoder<float>(goldens[0]))::channels == 32);
  const auto encoder = make_encoder<float>(goldens[0]);
  BOOST_TEST(encoder.inputs() == 3);
  BOOST_TEST(encoder.outputs() == 32);
}

BOOST_AUTO_TEST_CASE(every_tensor_of_the_golden_file_is_one_of_ours) {
  for (const auto& golden : goldens) {
    const auto file = golden::tensors(golden.file);
    auto encoder = make_encoder<double>(golden);
    const auto used = train::assign_tensors(encoder, file, "", train::Others::ignored);
    std::size_t of_encoder = 0;
    for (const auto& tensor : file.tensors()) of_encoder += tensor.name.rfind("Encoder.", 0) == 0;
    BOOST_TEST(of_encoder > 20u);
    BOOST_TEST(used.size() == of_encoder);
  }
}

BOOST_AUTO_TEST_CASE(equals_pytorch_in_double_precision) {
  for (const auto& golden : goldens) {
    const auto file = golden::tensors(golden.file);
    const auto encoder = make_encoder<double>(golden);
    auto gradient = zeros_like(encoder);
    BOOST_TEST(golden::deviation(run<double>(encoder, file, &gradient), file, "output") < 1e-12);
    golden::check_parameters(gradient, file, "grad.", 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(equals_pytorch_in_single_precision) {
  for (const auto& golden : goldens) {
    const auto file = golden::tensors(golden.file);
    const auto encoder = make_encoder<float>(golden);
    auto gradient = zeros_like(encoder);
    BOOST_TEST(golden::deviation(run<float>(encoder, file, &gradient), file, "output") < 1e-5);
    golden::check_parameters(gradient, file, "grad.", 1e-4);
  }
}

BOOST_AUTO_TEST_SUITE_END()
