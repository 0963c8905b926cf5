// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "../../core/fourier.hpp"
#include "../../core/parallel.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

using namespace lifelog::detail;

/// Convolves a real grid with an even kernel, both periodic in `height` × `width`, of which only the first `rows` ×
/// `columns` points are read and written (the others count as zero): with at least twice as many points as are
/// used, an open convolution.
///
/// Columns are transformed first, a packet of them at a time and two real ones as one complex; then, for a packet
/// of vertical frequencies at a time, rows are transformed, multiplied and transformed back while they are in
/// cache; then columns again.
template<class T>
class Convolution {
 public:
  static constexpr Index lanes = Fourier<T>::lanes;

  /// height: even; both without prime factors but 2, 3 and 5.
  Convolution(Index height, Index width)
      : down_(height), across_(width), groups_(piece_count(lanes, height / 2 + 1)), scratch_(pieces) {
    for (auto& scratch : scratch_) scratch.resize(at(2 * lanes * std::max(height, width)));
  }

  Index height() const { return down_.size(); }
  Index width() const { return across_.size(); }

  /// How far apart rows of grids of `columns` points must be at least.
  static Index padded(Index columns) { return piece_count(2 * lanes, columns) * 2 * lanes; }

  /// values: one period of the kernel, height × width, rows `padded(width)` apart, with k(−y, x) = k(y, −x) = k(y, x).
  void set_kernel(const std::vector<T>& values, int threads) {
    const auto scale = T(1) / static_cast<T>(4 * height() * width());  // 4: halves of unpacking and packing
    spectrum_.resize(at(groups_ * padded(width()) * 2 * lanes));
    columns_forward(values.data(), height(), padded(width()), padded(width()), threads);
    kernel_.resize(at(groups_ * width() * lanes));
    each(groups_, threads, [&](Index group, T* scratch) {
      across_.forward(spectrum(group, 0, padded(width())), 2 * lanes, width(), scratch);
      for (Index k = 0; k < width(); ++k)
        simd::store(kernel(group) + k * lanes,
                    simd::pmul(simd::load(scratch + 2 * lanes * k), simd::broadcast(scale)));
    });
  }

  /// Multiplies the kernel's spectrum by vertical[ky]·horizontal[kx] (height and width numbers).
  void shape_kernel(const std::vector<T>& vertical, const std::vector<T>& horizontal) {
    for (Index group = 0; group < groups_; ++group)
      for (Index k = 0; k < width(); ++k)
        for (Index lane = 0; lane < lanes; ++lane)
          kernel(group)[across_.position(k) * lanes + lane] *=
              vertical[at(frequency(group, lane))] * horizontal[at(k)];
  }

  /// grid: rows `stride` ≥ padded(columns) apart.
  void operator()(T* grid, Index rows, Index columns, Index stride, int threads) {
    const Index filled = padded(columns);
    spectrum_.resize(std::max(spectrum_.size(), at(groups_ * filled * 2 * lanes)));
    columns_forward(grid, rows, filled, stride, threads);
    each(groups_, threads, [&](Index group, T* scratch) {
      T* const row = spectrum(group, 0, filled);
      across_.forward(row, 2 * lanes, std::min(columns, width()), scratch);
      for (Index k = 0; k < width(); ++k)
        (ComplexLanes<T>::load(scratch + 2 * lanes * k).scaled(simd::load(kernel(group) + k * lanes)))
            .store(scratch + 2 * lanes * k);
      across_.inverse(scratch, row, 2 * lanes, std::min(columns, width()));
    });
    columns_inverse(grid, rows, filled, stride, threads);
  }

 private:
  static constexpr Index pieces = 8;

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  // f(item, scratch) for every item; which scratch does not matter to the result.
  template<class F>
  void each(Index items, int threads, F f) {
    const Index size = std::max<Index>(1, piece_count(pieces, items));
    parallel_for(piece_count(size, items), threads, [&](Index piece) {
      const auto [begin, end] = piece_of(piece, size, items);
      for (Index item = begin; item < end; ++item) f(item, scratch_[at(piece)].data());
    });
  }

  // The spectrum's columns: for each group of vertical frequencies and each x, a packet of complex numbers.
  T* spectrum(Index group, Index x, Index filled) {
    return spectrum_.data() + (group * filled + x) * 2 * lanes;
  }
  T* kernel(Index group) { return kernel_.data() + group * width() * lanes; }

  // The last group is filled up with copies of the highest frequency.
  Index frequency(Index group, Index lane) const { return std::min(group * lanes + lane, height() / 2); }

  // Column x goes into the real parts of lane x % lanes and column x + lanes into the imaginary parts: Z = A + iB.
  void columns_forward(const T* grid, Index rows, Index filled, Index stride, int threads) {
    each(filled / (2 * lanes), threads, [&](Index block, T* scratch) {
      const Index x = block * 2 * lanes;
      down_.forward(grid + x, stride, rows, scratch);
      for (Index group = 0; group < groups_; ++group) unpack(scratch, group, spectrum(group, x, filled));
    });
  }

  // 2A_k = Z_k + Z*_{−k}, 2iB_k = Z_k − Z*_{−k}, turned from a column a lane to a frequency a lane.
  void unpack(const T* scratch, Index group, T* out) {
    simd::Packet<T> a_re[lanes], a_im[lanes], b_re[lanes], b_im[lanes];
    for (Index lane = 0; lane < lanes; ++lane) {
      const Index k = frequency(group, lane);
      const auto z = ComplexLanes<T>::load(scratch + 2 * lanes * down_.position(k));
      const auto mirror =
          ComplexLanes<T>::load(scratch + 2 * lanes * down_.position(k == 0 ? 0 : height() - k));
      a_re[lane] = simd::padd(z.re, mirror.re);
      a_im[lane] = simd::psub(z.im, mirror.im);
      b_re[lane] = simd::padd(z.im, mirror.im);
      b_im[lane] = simd::psub(mirror.re, z.re);
    }
    for (auto* block : {&a_re, &a_im, &b_re, &b_im}) simd::transpose(*block);
    for (Index x = 0; x < lanes; ++x) {
      ComplexLanes<T>{a_re[x], a_im[x]}.store(out + 2 * lanes * x);
      ComplexLanes<T>{b_re[x], b_im[x]}.store(out + 2 * lanes * (lanes + x));
    }
  }

  void columns_inverse(T* grid, Index rows, Index filled, Index stride, int threads) {
    each(filled / (2 * lanes), threads, [&](Index block, T* scratch) {
      const Index x = block * 2 * lanes;
      for (Index group = 0; group < groups_; ++group) pack(spectrum(group, x, filled), group, scratch);
      down_.inverse(scratch, grid + x, stride, rows);
    });
  }

  // Z_k = A_k + iB_k, Z_{−k} = A*_k + iB*_k.
  void pack(const T* in, Index group, T* scratch) {
    simd::Packet<T> a_re[lanes], a_im[lanes], b_re[lanes], b_im[lanes];
    for (Index x = 0; x < lanes; ++x) {
      const auto a = ComplexLanes<T>::load(in + 2 * lanes * x),
                 b = ComplexLanes<T>::load(in + 2 * lanes * (lanes + x));
      a_re[x] = a.re, a_im[x] = a.im, b_re[x] = b.re, b_im[x] = b.im;
    }
    for (auto* block : {&a_re, &a_im, &b_re, &b_im}) simd::transpose(*block);
    for (Index lane = 0; lane < lanes; ++lane) {
      const Index k = frequency(group, lane);
      const ComplexLanes<T> z{simd::psub(a_re[lane], b_im[lane]), simd::padd(a_im[lane], b_re[lane])};
      const ComplexLanes<T> mirror{simd::padd(a_re[lane], b_im[lane]), simd::psub(b_re[lane], a_im[lane])};
      mirror.store(scratch + 2 * lanes * down_.position(k == 0 ? 0 : height() - k));
      z.store(scratch + 2 * lanes * down_.position(k));
    }
  }

  Fourier<T> down_, across_;
  Index groups_;  // of `lanes` vertical frequencies, 0 … height / 2
  std::vector<std::vector<T>> scratch_;
  std::vector<T> spectrum_, kernel_;
};

}  // namespace lifelog::manifold::detail
