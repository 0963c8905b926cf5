// SPDX-License-Identifier: MIT
// lifelog's MiniRocket behind a plain function, for minirocket.py to call in its own process.
#include <lifelog/features/minirocket.hpp>

#include <cstdint>

using lifelog::Index;
namespace features = lifelog::features;

// Writes features [n, biases]; integers as aeon fits them.
extern "C" void minirocket(const float* windows, Index n, Index channels, Index length,
                           const std::int32_t* counts, const std::int32_t* channel,
                           const std::int32_t* dilations, const std::int32_t* biases_a_kernel,
                           Index dilation_count, const float* biases, Index bias_count, int threads,
                           float* out) {
  features::MiniRocket fitted;
  fitted.channels = channels;
  fitted.length = length;
  fitted.dilations.assign(dilations, dilations + dilation_count);
  fitted.biases_a_kernel.assign(biases_a_kernel, biases_a_kernel + dilation_count);
  fitted.channels_of.assign(counts, counts + dilation_count * features::minirocket_kernels);
  Index channel_count = 0;
  for (const Index count : fitted.channels_of) channel_count += count;
  fitted.channel.assign(channel, channel + channel_count);
  fitted.biases.assign(biases, biases + bias_count);
  const features::WindowsView<float> view{windows, n, channels, length};
  Eigen::Map<lifelog::RowMatrix<float>>(out, n, bias_count) =
      features::minirocket_features(view, fitted, threads);
}
