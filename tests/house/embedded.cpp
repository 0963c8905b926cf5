// The firmware subset as firmware compiles it: without exceptions, run-time types, and what an operating
// system gives.
#include <lifelog/core/random.hpp>
#include <lifelog/embedded.hpp>
#include <lifelog/mil/modal_importance.hpp>

#ifndef LIFELOG_NO_EXCEPTIONS
#error "this file is meant to be compiled with -fno-exceptions"
#endif

// Include guards of libstdc++ and of xtensor 0.24 to 0.27.
#if defined(_GLIBCXX_IOSTREAM) || defined(_GLIBCXX_FSTREAM) || defined(_GLIBCXX_FILESYSTEM) || \
    defined(_GLIBCXX_THREAD) || defined(_GLIBCXX_MUTEX) || defined(_GLIBCXX_FUTURE)
#error "the embedded subset includes streams, files or threads"
#endif
#if defined(XTENSOR_HPP) || defined(XTENSOR_TENSOR_HPP) || defined(XTENSOR_EXPRESSION_HPP)
#error "the embedded subset includes xtensor"
#endif

// The study's network for one series and one scalar, on three bags: weights of instances sum to 1, and so do the
// probabilities of classes.
int main() {
  lifelog::Random random(1);
  lifelog::mil::BagNetwork<float> net({{"e4Eda", 1}, {"e4Hr", 0}}, 3);
  net.initialise(random);
  float series[3 * 240], scalar[3];
  for (float& value : series) value = static_cast<float>(random.uniform());
  for (float& value : scalar) value = static_cast<float>(random.uniform());
  const lifelog::mil::Bags<float> bags{3, {{"e4Eda", series, 1, 240}, {"e4Hr", scalar, 0, 1}}};
  const auto out = lifelog::mil::evaluate(net, bags, 1);
  const auto weights = out.importance.rowwise().sum().array();
  const auto probabilities = out.log_probabilities.array().exp().rowwise().sum();
  const bool differ = out.importance(0, 0) != out.importance(1, 0);
  return (weights - 1).abs().maxCoeff() < 1e-5f && (probabilities - 1).abs().maxCoeff() < 1e-5f && differ ? 0
                                                                                                          : 1;
}
