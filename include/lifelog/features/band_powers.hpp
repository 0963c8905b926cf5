// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "../core/fourier.hpp"
#include "../core/parallel.hpp"
#include "windows.hpp"

namespace lifelog::inline LIFELOG_ABI::features {

/// Frequencies from `low` up to but not including `high`, in Hz; the one at half the rate belongs to a band that ends there.
struct Band {
  double low = 0, high = 0;
};

/// `count` bands below half the rate, ascending: octaves, and what is left below them.
LIFELOG_LAZY std::vector<Band> octave_bands(double rate, Index count = 7) {
  std::vector<Band> bands{};
  double high = rate / 2;
  for (Index i = 1; i < count; ++i, high /= 2) bands.push_back({high / 2, high});
  if (count > 0) bands.push_back({0, high});
  std::reverse(bands.begin(), bands.end());
  return bands;
}

/// | name | type | description | default |
/// |---|---|---|---|
/// | name | string | what the names of the features begin with | none |
/// | rate | double | samples a second, > 0 | 1 |
/// | bands | vector of Band | low < high, of at least 0 | octave_bands(rate) |
/// | floor | double | powers below count as this, > 0, in the sensor's unit squared | 1e-12 |
/// | threads | int | 0: all; results do not depend on it | 0 |
struct BandOptions {
  std::string name{};
  double rate = 1;
  std::vector<Band> bands{};
  double floor = 1e-12;
  int threads = 0;
};

namespace detail {

/// Bins of a transform of n samples (n even) in a band; frequencies that rounding alone parts count as equal.
LIFELOG_LAZY Piece bins_of(const Band& band, double rate, Index n) {
  const auto first = [&](double frequency) {
    const double exact = frequency / rate * static_cast<double>(n), slack = 1e-9 * (1 + exact);
    return exact + slack < static_cast<double>(n / 2) ? static_cast<Index>(std::ceil(exact - slack))
                                                      : n / 2 + 1;
  };
  return {first(band.low), first(band.high)};
}

/// Periodograms of windows of one length: mean removed, Hann's taper, zeros appended up to a length that transforms well.
LIFELOG_LAZY class BandPeriodogram {
 public:
  static constexpr Index lanes = lifelog::detail::Fourier<double>::lanes;
  /// Two real series are one complex one.
  static constexpr Index together = 2 * lanes;

  explicit BandPeriodogram(Index length)
      : length_(length), fourier_(lifelog::detail::Fourier<double>::good_size(length)) {
    double squares = 0;
    for (Index t = 0; t < length; ++t) {
      const double turn = static_cast<double>(t) / static_cast<double>(length);
      taper_.push_back(0.5 - 0.5 * std::cos(2 * std::numbers::pi * turn));
      squares += taper_.back() * taper_.back();
    }
    scale_ = squares > 0 ? 1 / (squares * static_cast<double>(fourier_.size())) : 0;
  }

  Index size() const { return fourier_.size(); }
  /// Numbers of scratch for a call.
  std::size_t scratch() const { return static_cast<std::size_t>(together * (length_ + size())); }

  /// Puts a series into place `lane` of `together`; whatever is there before was another's.
  void put(const double* x, Index lane, double* scratch) const {
    double mean = 0;
    for (Index t = 0; t < length_; ++t) mean += (x[t] - mean) / static_cast<double>(t + 1);
    for (Index t = 0; t < length_; ++t)
      scratch[together * t + lane] = (x[t] - mean) * taper_[static_cast<std::size_t>(t)];
  }

  void transform(double* scratch) const {
    fourier_.forward(scratch, together, length_, scratch + together * length_);
  }

  /// Power in bin k (0 … size/2) of the series in `lane`, so that bins add up to the tapered mean square.
  double power(const double* scratch, Index k, Index lane) const {
    const double* x = scratch + together * length_;
    const Index other = k == 0 ? 0 : size() - k, at = lane % lanes;
    const double* a = x + together * fourier_.position(k) + at;
    const double* b = x + together * fourier_.position(other) + at;
    // Of z = p + i·q the transform of p is half of Z_k + Z*_(n−k), that of q half of (Z_k − Z*_(n−k)) / i.
    const double sign = lane < lanes ? 1 : -1;
    const double re = (a[0] + sign * b[0]) / 2, im = (a[lanes] - sign * b[lanes]) / 2;
    return (k == 0 || 2 * k == size() ? 1 : 2) * scale_ * (re * re + im * im);
  }

 private:
  Index length_;
  lifelog::detail::Fourier<double> fourier_;
  std::vector<double> taper_;
  double scale_ = 0;
};

/// Logarithms of the powers in bands, then shares, of the series in one lane. power: scratch of all bins.
LIFELOG_LAZY void write_bands(const BandPeriodogram<>& periodogram, const double* scratch, Index lane,
                              const std::vector<Piece>& bins, double floor, std::vector<double>& power,
                              double* out) {
  double total = 0;
  for (std::size_t k = 0; k < power.size(); ++k)
    total += power[k] = periodogram.power(scratch, static_cast<Index>(k), lane);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    double inside = 0;
    for (Index k = bins[b].begin; k < bins[b].end; ++k) inside += power[static_cast<std::size_t>(k)];
    out[b] = std::log10(std::max(inside, floor));
    out[bins.size() + b] = total > 0 ? inside / total : 0;
  }
}

/// Features of the series (windows · channels) of a piece that is transformed at once.
template<class T>
void write_series(const WindowsView<T>& view, Piece range, const BandPeriodogram<>& periodogram,
                  const std::vector<Piece>& bins, double floor, double* out) {
  std::vector<double> scratch(periodogram.scratch(), 0), filled(static_cast<std::size_t>(view.length));
  std::vector<bool> known;
  for (Index s = range.begin; s < range.end; ++s) {
    const Index window = s / view.channels;
    const T* x = view.channel(window, s % view.channels);
    known.push_back(view.is_present(window) && fill_gaps(x, view.length, filled.data()) > 1);
    if (known.back()) periodogram.put(filled.data(), s - range.begin, scratch.data());
  }
  periodogram.transform(scratch.data());
  std::vector<double> power(static_cast<std::size_t>(periodogram.size() / 2 + 1));
  const std::size_t each = 2 * bins.size();
  for (std::size_t lane = 0; lane < known.size(); ++lane, out += each)
    if (known[lane])
      write_bands(periodogram, scratch.data(), static_cast<Index>(lane), bins, floor, power, out);
    else
      std::fill(out, out + each, std::numeric_limits<double>::quiet_NaN());
}

LIFELOG_LAZY std::string band_name(const Band& band) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << band.low << '-' << band.high << "Hz";
  return out.str();
}

LIFELOG_LAZY void check(const BandOptions& options) {
  using lifelog::detail::is_finite, lifelog::detail::require;
  require(is_finite(options.rate) && options.rate > 0, "rate: expected a number above 0, got ", options.rate);
  require(is_finite(options.floor) && options.floor > 0, "floor: expected a number above 0, got ",
          options.floor);
  for (const auto& band : options.bands)
    require(is_finite(band.low) && is_finite(band.high) && band.low >= 0 && band.low < band.high,
            "bands: expected 0 <= low < high, got ", band.low, ", ", band.high);
}

}  // namespace detail

/// How much of each channel's movement lies in each band of frequencies, from Hann-tapered periodograms of the whole window
/// without its mean, in double.
///
/// windows: WindowsView or xtensor expression [N, channels, length]. Returns [N, channels · 2 · bands]: of each channel the
/// powers' decimal logarithms, then each band's share of the power at all frequencies (0 of a series without any). Gaps are
/// filled by straight lines. Windows that are not present, or with fewer than two finite samples, get NaN. Throws
/// std::invalid_argument for a rate, a floor or a band out of range, and windows of fewer than two samples.
///
///     const auto table = features::band_powers(person.modalities[1].values, {.name = "e4Bvp", .rate = 64});
template<class X>
FeatureTable<double> band_powers(const X& windows, const BandOptions& options = {}) {
  detail::check(options);
  const auto bands = options.bands.empty() ? octave_bands(options.rate) : options.bands;
  const WindowsOf<X> held(windows);
  const auto& view = held.view();
  lifelog::detail::require(view.length >= 2, "windows: expected at least two samples, got ", view.length);

  FeatureTable<double> table;
  for (Index c = 0; c < view.channels; ++c)
    for (const char* kind : {"power_", "share_"})
      for (const auto& band : bands)
        table.names.push_back(detail::channel_prefix(options.name, c, view.channels) + kind +
                              detail::band_name(band));
  const auto each = static_cast<Index>(2 * bands.size());
  table.values.resize(view.count, view.channels * each);

  const detail::BandPeriodogram periodogram(view.length);
  std::vector<Piece> bins;
  for (const auto& band : bands) bins.push_back(detail::bins_of(band, options.rate, periodogram.size()));
  const Index series = view.count * view.channels;
  parallel_for(piece_count(periodogram.together, series), options.threads, [&](Index piece) {
    const auto range = piece_of(piece, periodogram.together, series);
    detail::write_series(view, range, periodogram, bins, options.floor,
                         table.values.data() + range.begin * each);
  });
  return table;
}

}  // namespace lifelog::features
