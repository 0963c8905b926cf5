// SPDX-License-Identifier: MIT

// What widths cost that fill no register block: throughput per multiply-add of a convolution to w channels, relative to that
// of the next multiple of a block. All of them take turns, each keeps its least time, so that whatever else the machine does
// meets all alike.
//
//     micro_widths [ROUNDS]

#include <lifelog/nn/convolution.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#include "../study_data.hpp"
#include "peak.hpp"

namespace {

using namespace lifelog;
using namespace lifelog::nn;
constexpr Index length = 4096;

struct Timed {
  Index width;
  double multiply_adds;
  std::function<void()> work;
  double least = 1e9;

  void turn() {
    work();  // brings what it reads into the caches
    const double start = benchmarks::thread_seconds();
    work();
    least = std::min(least, benchmarks::thread_seconds() - start);
  }
  double rate() const { return multiply_adds / least; }
};

struct Shape {
  const char* name;
  std::vector<Timed> widths;
};

/// One chunk of 512 samples, as often as there are in a series; striped or in the order of time.
template<class Conv, bool striped>
struct InChunks {
  using P = Pace<float, chunk_length, striped>;
  Conv conv{};
  SignalBuffer<P, Conv::input_channels, Conv::history> input;
  SignalBuffer<P, Conv::channels, 0> output;
  typename Conv::template Chunk<P> chunk;

  InChunks() {
    Random random(1);
    conv.initialise(random);
    input.reset();
    const auto x = benchmarks::noise(chunk_length, random);
    for (Index c = 0; c < conv.inputs(); ++c) input.write(c, x.data(), {P::length, P::depth});
    input.link({P::length, P::depth});
    conv.begin(chunk);
  }
  void run() {
    for (Index t = 0; t < length; t += P::length)
      write_chunk<P>(conv, chunk, input.view(), {P::length, P::depth}, output);
  }
};

/// All of time, forward and backward.
template<class Conv>
struct WholeSeries {
  Conv conv{}, gradient{};
  Frames<float> frames{length, length};
  typename Conv::template Tape<Frames<float>> tape;
  std::vector<float> x, y, dy, dx;

  WholeSeries() {
    Random random(1);
    conv.initialise(random);
    const Index stride = frames.stride();
    x = benchmarks::noise(conv.inputs() * stride, random);
    y = dy = benchmarks::noise(conv.outputs() * stride, random);
    dx.resize(x.size());
  }
  void forward() { conv.record(frames, tape, x.data(), y.data()); }
  void backward() { conv.pull(frames, tape, x.data(), y.data(), dy.data(), dx.data(), gradient); }
};

template<Index in, Index out, Index taps, Index steps, bool striped>
Timed in_chunks() {
  using Work = InChunks<CausalConv<float, in, out, taps, steps>, striped>;
  const auto work = std::make_shared<Work>();
  return {out, static_cast<double>(in * out * taps * length), [work] { work->run(); }};
}

template<Index w>
void add(std::vector<Shape>& shapes) {
  const auto whole = std::make_shared<WholeSeries<CausalConv<float, 32, w, 3, 2>>>();
  constexpr double products = 32 * w * 3 * length;
  shapes[0].widths.push_back(in_chunks<32, w, 3, 2, true>());
  shapes[1].widths.push_back(in_chunks<32, w, 7, 11, false>());
  shapes[2].widths.push_back(in_chunks<w, w, 7, 2, true>());
  shapes[3].widths.push_back({w, products, [whole] { whole->forward(); }});
  shapes[4].widths.push_back({w, 2 * products, [whole] { whole->backward(); }});
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 200;
  std::vector<Shape> shapes = {{"32 to w, 3 taps", {}},
                               {"32 to w, 7 taps, far", {}},
                               {"w to w, 7 taps", {}},
                               {"32 to w, all of time", {}},
                               {"its gradient", {}}};
  add<1>(shapes), add<3>(shapes), add<5>(shapes), add<7>(shapes), add<13>(shapes), add<33>(shapes);
  add<8>(shapes), add<16>(shapes);
  if constexpr (nn::detail::block_rows == 4)
    add<4>(shapes), add<36>(shapes);
  else
    add<40>(shapes);
  for (long round = 0; round < rounds; ++round)
    for (auto& shape : shapes)
      for (auto& width : shape.widths) width.turn();
  const double peak = benchmarks::fma_peak();
  std::printf("%-22s %5s %9s %9s %9s\n", "shape", "w", "GFLOP/s", "% of peak", "of next");
  for (const auto& shape : shapes)
    for (const auto& one : shape.widths) {
      const Index next = nn::detail::round_up(one.width, nn::detail::block_rows);
      for (const auto& other : shape.widths)
        if (other.width == next)
          std::printf("%-22s %5ld %9.1f %8.0f%% %8.0f%%\n", shape.name, static_cast<long>(one.width),
                      2e-9 * one.rate(), 2e-7 * one.rate() / peak, 100 * one.rate() / other.rate());
    }
}
