// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include "../core/error.hpp"
#include "../nn/batch_norm.hpp"
#include "../nn/causal_block.hpp"
#include "../nn/linear.hpp"
#include "../nn/max_over_time.hpp"

// Encoders of bag networks: what makes a key of an instance. A type that says
//
//   series<T>(channels)  of a series: [channels × time] → key
//   vector<T>(inputs)    of a vector of `inputs` numbers → key
//   name                 in model files; without one a network has no file
//   type                 its own name in C++, in headers for firmware
//   Pool, tensors        a pool and names of tensors of its own (bag_network.hpp)
//
// with either function or both, whose networks end in keys of one length. `channels` is an Index, or, for firmware,
// std::integral_constant<Index, n>: `nn::input_of<T>(channels)` takes either.

namespace lifelog::inline LIFELOG_ABI::mil {

/// Length of an instance's key, what the encoders here end in.
inline constexpr Index key_size = 32;

/// The study's causal encoder of a series: three residual blocks that reach 28 samples back, and their maxima over time.
template<class T, class Channels>
LIFELOG_COLD auto make_series_encoder(Channels channels) {
  using namespace nn;
  return input_of<T>(channels) |
         named<"network.0.network">(causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
                                    causal_block<16>(dilation<4>)) |
         max_over_time | named<"network.3">(linear<key_size>);
}

/// The study's encoder of a scalar modality: 1 → key.
template<class T>
LIFELOG_COLD auto make_scalar_encoder() {
  using namespace nn;
  return input<1, T> | linear<key_size> | batch_norm | leaky_relu | linear<key_size> | batch_norm;
}

template<class T>
using SeriesEncoder = decltype(make_series_encoder<T>(Index{1}));
template<class T>
using ScalarEncoder = decltype(make_scalar_encoder<T>());

/// The study's.
struct StudyEncoders {
  static constexpr const char* name = "study";

  template<class T>
  LIFELOG_COLD static auto series(auto channels) {
    return make_series_encoder<T>(channels);
  }
  template<class T>
  LIFELOG_COLD static auto vector(Index inputs) {
    lifelog::detail::require(inputs == 1, "encoder: expected vectors of 1 number, got ", inputs);
    return make_scalar_encoder<T>();
  }
};

/// For short recordings and small devices: two plain convolutions that reach 10 samples back. Of a series of one channel, a
/// ninth of the study's multiplications a sample (216 to 1,888) and a fifth of its parameters (520 to 2,584).
struct SmallEncoders {
  static constexpr const char* name = "small";
  static constexpr const char* type = "lifelog::mil::SmallEncoders";

  template<class T>
  LIFELOG_COLD static auto series(auto channels) {
    using namespace nn;
    return input_of<T>(channels) | causal_conv<8, 3>() | leaky_relu | causal_conv<8, 3>(dilation<4>) |
           leaky_relu | max_over_time | linear<key_size>;
  }
  template<class T>
  LIFELOG_COLD static auto vector(Index inputs) {
    using namespace nn;
    lifelog::detail::require(inputs == 1, "encoder: expected vectors of 1 number, got ", inputs);
    return input<1, T> | linear<key_size> | batch_norm;
  }
};

/// For slow patterns: the study's residual blocks, eight of them with dilations 1, 2, 4 … 128, which reach 1,020 samples back
/// (32 s at 32 Hz), for twice the multiplications. Scalars as the study's.
struct Tcn8Encoders {
  static constexpr const char* name = "tcn8";
  static constexpr const char* type = "lifelog::mil::Tcn8Encoders";

  template<class T>
  LIFELOG_COLD static auto series(auto channels) {
    using namespace nn;
    return input_of<T>(channels) | causal_block<8>(dilation<1>) | causal_block<8>(dilation<2>) |
           causal_block<8>(dilation<4>) | causal_block<8>(dilation<8>) | causal_block<8>(dilation<16>) |
           causal_block<8>(dilation<32>) | causal_block<8>(dilation<64>) | causal_block<16>(dilation<128>) |
           max_over_time | linear<key_size>;
  }
  template<class T>
  LIFELOG_COLD static auto vector(Index inputs) {
    return StudyEncoders::vector<T>(inputs);
  }
};

namespace detail {

/// Stands for an encoder that there is none of.
template<int>
struct NoEncoder {
  template<class Visitor, class... Nets>
  static void visit(Visitor&, const nn::Path&, Nets&...) {}
  void initialise(Random&) {}
};

template<class T, class Encoders>
LIFELOG_COLD auto make_series_or_none(Index channels) {
  if constexpr (requires { Encoders::template series<T>(channels); })
    return Encoders::template series<T>(channels);
  else
    return NoEncoder<0>();
}
template<class T, class Encoders>
LIFELOG_COLD auto make_vector_or_none(Index inputs) {
  if constexpr (requires { Encoders::template vector<T>(inputs); })
    return Encoders::template vector<T>(inputs);
  else
    return NoEncoder<1>();
}

template<class Series, class Vector>
constexpr Index key_size_of() {
  if constexpr (requires { Series::channels; }) {
    if constexpr (requires { Vector::channels; })
      static_assert(Series::channels == Vector::channels,
                    "the encoders of a bag network must end in keys of the same length");
    return Series::channels;
  } else {
    return Vector::channels;
  }
}

}  // namespace detail

}  // namespace lifelog::mil
