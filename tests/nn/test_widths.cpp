// SPDX-License-Identifier: MIT
#include <lifelog/nn/convolution.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_widths)

// Convolutions of any width, which register blocks divide in their own ways, against plain loops.

using namespace lifelog;
using namespace lifelog::nn;
using Scalars = boost::mpl::list<float, double>;

namespace {

/// Plain loops over a convolution's matrices; compiled once a scalar type, whatever the width.
template<class T>
struct Plain {
  Index in, out, taps, steps;
  const T *weight, *bias;

  template<class F>
  void each(Index length, F f) const {
    for (Index t = 0; t < length; ++t)
      for (Index k = 0; k < taps; ++k)
        for (Index i = 0, from = t - (taps - 1 - k) * steps; from >= 0 && i < in; ++i)
          for (Index o = 0; o < out; ++o) f(o, (k * in + i) * out + o, i, t, from);
  }
  dense::Matrix forward(const RowMatrix<T>& x) const {
    dense::Matrix y(out, x.cols());
    for (Index o = 0; o < out; ++o) y.row(o).setConstant(static_cast<double>(bias[o]));
    each(x.cols(), [&](Index o, Index w, Index i, Index t, Index from) {
      y(o, t) += static_cast<double>(weight[w]) * static_cast<double>(x(i, from));
    });
    return y;
  }
  /// Sets dx, and dw, one column of weights after the other.
  void backward(const RowMatrix<T>& x, const RowMatrix<T>& dy, dense::Matrix& dx, Eigen::VectorXd& dw) const {
    dx.setZero(in, x.cols());
    dw.setZero(in * out * taps);
    each(x.cols(), [&](Index o, Index w, Index i, Index t, Index from) {
      dx(i, from) += static_cast<double>(weight[w]) * static_cast<double>(dy(o, t));
      dw[w] += static_cast<double>(dy(o, t)) * static_cast<double>(x(i, from));
    });
  }
};

template<class T>
void check_close(const char* what, const T* got, const double* expected, Index count, double scale) {
  double worst = 0;
  for (Index n = 0; n < count; ++n)
    worst = std::max(worst, std::abs(static_cast<double>(got[n]) - expected[n]));
  BOOST_TEST(worst <= scale * static_cast<double>(std::numeric_limits<T>::epsilon()), what << ": " << worst);
}

template<class T>
RowMatrix<T> of_time(const std::vector<T>& plane, Index channels, const Frames<T>& frames) {
  RowMatrix<T> rows(channels, frames.length);
  for (Index c = 0; c < channels; ++c)
    std::copy_n(plane.data() + c * frames.stride() + Frames<T>::margin, frames.length, &rows(c, 0));
  return rows;
}

template<class T>
std::vector<T> in_plane(const RowMatrix<T>& rows, const Frames<T>& frames) {
  std::vector<T> plane(static_cast<std::size_t>(rows.rows() * frames.stride()));
  for (Index c = 0; c < rows.rows(); ++c)
    std::copy_n(&rows(c, 0), frames.length, plane.data() + c * frames.stride() + Frames<T>::margin);
  return plane;
}

/// In chunks, over all of time, and its gradients there.
template<class T, Index in, Index out>
void check_width() {
  BOOST_TEST_CONTEXT("width " << out) {
    using Conv = CausalConv<T, in, out, 3, 2>;
    Random random(static_cast<std::uint64_t>(out));
    Conv conv;
    conv.initialise(random);
    const Plain<T> plain{in, out, 3, 2, conv.weight.data(), conv.bias.data()};
    const Frames<T> frames{83, 83};
    const auto x = dense::normal_rows<T>(random, in, frames.length),
               dy = dense::normal_rows<T>(random, out, frames.length);
    const dense::Matrix expected = plain.forward(x);

    using P = Pace<T, 128, true>;
    const auto now = stripes<P>(frames.length, Conv::template period<P>);
    SignalBuffer<P, in, Conv::history> input;
    SignalBuffer<P, out, 0> output;
    typename Conv::template Chunk<P> chunk;
    input.reset();
    for (Index c = 0; c < in; ++c) input.write(c, &x(c, 0), now);
    input.link(now);
    conv.begin(chunk);
    write_chunk<P>(conv, chunk, input.view(), now, output);
    RowMatrix<T> y(out, frames.length);
    for (Index c = 0; c < out; ++c) output.read(c, &y(c, 0), now);
    const RowMatrix<double> rows = expected;
    check_close("in chunks", y.data(), rows.data(), rows.size(), 32);

    typename Conv::template Tape<Frames<T>> tape;
    std::vector<T> all(static_cast<std::size_t>(out * frames.stride())), slopes = in_plane(dy, frames);
    const auto plane = in_plane(x, frames);
    std::vector<T> into(plane.size());
    conv.record(frames, tape, plane.data(), all.data());
    check_close("all of time", of_time(all, out, frames).data(), rows.data(), rows.size(), 32);
    auto gradient = conv;
    nn::detail::set_zero(gradient.weight, out, in * 3);
    conv.pull(frames, tape, plane.data(), all.data(), slopes.data(), into.data(), gradient);
    dense::Matrix dx;
    Eigen::VectorXd dw;
    plain.backward(x, dy, dx, dw);
    const RowMatrix<double> dx_rows = dx;
    check_close("of inputs", of_time(into, in, frames).data(), dx_rows.data(), dx_rows.size(), 128);
    check_close("of weights", gradient.weight.data(), dw.data(), dw.size(), 512);
  }
}

template<class T, Index... widths>
void check_widths() {
  (check_width<T, widths, widths>(), ...);
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(equal_plain_loops, T, Scalars) {
  // Each takes seconds to compile: every remainder of a block once, and of doubles those that divide otherwise.
  if constexpr (std::is_same_v<T, float>)
    check_widths<T, 1, 2, 4, 6, 7, 9, 11, 13, 33>();
  else
    check_widths<T, 1, 3, 5, 7>();
  check_width<T, 3, 31>(), check_width<T, 2, 65>();
}

/// blocks: where each begins, and the channels in the end.
void check_blocks(Index channels, Index at_most, const std::vector<Index>& blocks) {
  BOOST_TEST_CONTEXT("width " << channels) {
    Index most = 0, least = channels;
    for (std::size_t i = 1; i < blocks.size(); ++i) {
      most = std::max(most, blocks[i] - blocks[i - 1]);
      least = std::min(least, blocks[i] - blocks[i - 1]);
    }
    BOOST_TEST(blocks.front() == 0);
    BOOST_TEST(blocks.back() == channels);
    BOOST_TEST(least >= 1);
    BOOST_TEST(most - least <= 1);
    BOOST_TEST(most <= at_most);
    BOOST_TEST(static_cast<Index>(blocks.size()) - 1 == (channels - 1) / at_most + 1);
  }
}

// As few blocks as can be, of one size or two that differ by one, all rows once; weights lie as they are read.
BOOST_AUTO_TEST_CASE(blocks_share_rows_evenly) {
  bool as_read = true;
  nn::detail::unroll_constants<66>([&](auto width) {
    constexpr Index channels = width + 1;
    nn::detail::RowBlocks<double, channels> copied;
    copied.assign(channels, 2, [](Index r, Index c) { return static_cast<double>(2 * r + c); });
    std::vector<Index> blocks{0};
    nn::detail::for_row_blocks<channels>(channels, [&](auto rows, Index first) {
      as_read = as_read && first == blocks.back();
      blocks.push_back(first + rows);
      for (Index i = 0; i < 2 * rows; ++i)
        as_read = as_read && copied.at(first)[i] == static_cast<double>(2 * (first + i % rows) + i / rows);
    });
    check_blocks(channels, nn::detail::block_rows_of<channels>, blocks);
  });
  BOOST_TEST(as_read);
  static_assert(nn::detail::block_rows_of<8> == nn::detail::block_rows &&
                nn::detail::block_rows_of<16> == nn::detail::block_rows);
}

BOOST_AUTO_TEST_SUITE_END()
