// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "packet.hpp"

namespace lifelog::nn::detail {

/// Slots of `width` numbers each, an object of fixed size.
template<class T, Index slots, Index width>
class Ring {
 public:
  void resize(Index) {}
  void set_zero() { std::fill_n(values_[0], slots * width, T(0)); }
  T* operator[](Index slot) { return values_[slot]; }

 private:
  T values_[slots][width];
};

/// The same where only the network knows the width: to be told it before use, and zero then. Lies on the heap.
template<class T, Index slots>
class Ring<T, slots, Eigen::Dynamic> {
 public:
  void resize(Index width) {
    if (values_.cols() != width) values_.setZero(slots, width);
  }
  void set_zero() { values_.setZero(); }
  T* operator[](Index slot) { return values_.data() + slot * values_.cols(); }

 private:
  Eigen::Array<T, slots, Eigen::Dynamic, Eigen::RowMajor> values_;
};

}  // namespace lifelog::nn::detail
