// SPDX-License-Identifier: MIT

// A .safetensors file as the weights of a network: it becomes one whose numbers are numbers, or stays as it was.

#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/max_over_time.hpp>
#include <lifelog/nn/weight_norm.hpp>
#include <lifelog/train/tensors.hpp>

#include <cmath>
#include <string>

#include "fuzz.hpp"

using namespace lifelog;

namespace {

auto make_net() {
  using namespace nn;
  return input<1, float> | weight_norm_conv<2, 2>(dilation<1>) | max_over_time | batch_norm;
}

template<class Net>
bool is_zero(const Net& net) {
  bool zero = true;
  nn::visit(
      [&](const nn::Path&, const nn::Layout& layout, const auto* x) {
        for (Index i = 0; i < layout.size(); ++i) zero = zero && x[i] == 0;
      },
      net);
  return zero;
}

template<class Net>
void check_sound(const Net& net) {
  nn::visit(
      [](const nn::Path&, const nn::Layout& layout, const auto* x) {
        for (Index i = 0; i < layout.size(); ++i)
          fuzz::check(std::isfinite(static_cast<double>(x[i])), "finite numbers");
      },
      net);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::refusable([&] {
    const auto tensors = io::Tensors::parse(std::string(fuzz::text_of(data, size)), "fuzz");
    for (const auto others : {train::Others::refused, train::Others::ignored}) {
      auto net = nn::zeros_like(make_net());
      try {
        const auto used = train::assign_tensors(net, tensors, "", others);
        fuzz::check(others == train::Others::ignored || used.size() == tensors.tensors().size(),
                    "all tensors used");
      } catch (const format_error&) {
        fuzz::check(is_zero(net), "a network as it was");
        throw;
      }
      check_sound(net);
    }
  });
  return 0;
}
