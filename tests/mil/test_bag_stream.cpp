// SPDX-License-Identifier: MIT
#include <lifelog/mil/bag_stream.hpp>
#include <lifelog/mil/instances.hpp>
#include <lifelog/mil/modal_importance.hpp>

#include <boost/test/unit_test.hpp>

#include "bags.hpp"

BOOST_AUTO_TEST_SUITE(mil_bag_stream)

using namespace lifelog;
using namespace lifelog::mil;

// Samples of all modalities in turns, each at its own rate; two bags after another.
BOOST_AUTO_TEST_CASE(sample_by_sample_is_the_whole_bag) {
  const auto owned = noisy_bags<float>(4, 11);
  for (const Pool kind : {Pool::self, Pool::gated}) {
    const auto net = make_bag_network<float>(owned.bags.shapes(), 3, 12, kind);
    const auto whole = evaluate(net, owned.bags, 1);
    BagStream<float> stream(net);
    const auto bytes = stream.state_bytes();
    for (Index n = 0; n < 4; ++n) {
      stream.reset();
      Index longest = 0;
      for (const auto& m : owned.bags.modalities) longest = std::max(longest, m.length);
      for (Index t = 0; t < longest; ++t)
        for (std::size_t m = 0; m < owned.bags.modalities.size(); ++m) {
          const auto& modality = owned.bags.modalities[m];
          if (t >= modality.length) continue;
          float sample[4];
          for (Index c = 0; c < std::max<Index>(1, modality.channels); ++c)
            sample[c] = modality.instance(n)[c * modality.length + t];
          stream.push(static_cast<Index>(m), sample);
        }
      stream.evaluate();
      BOOST_TEST((stream.importance().matrix().transpose() - whole.importance.row(n)).norm() < 1e-5f);
      BOOST_TEST((stream.log_probabilities().matrix().transpose() - whole.log_probabilities.row(n)).norm() <
                 1e-5f);
      BOOST_TEST(stream.state_bytes() == bytes);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_scalar_is_the_mean_of_its_samples) {
  const float values[] = {2, 5}, tenfold[] = {1, 3};
  const Bags<float> bags{2, {{"a", values, 0, 1}, {"b", tenfold, 0, 1}}};
  const auto net = make_bag_network<float>(bags.shapes(), 2, 3);
  BagStream<float> stream(net);
  BOOST_CHECK_THROW(stream.evaluate(), std::invalid_argument);
  for (const float part : {1.0f, 2.0f, 3.0f}) stream.push(0, &part);
  stream.push(1, tenfold);
  stream.evaluate();
  BOOST_TEST((stream.importance().matrix().transpose() - evaluate(net, bags, 1).importance.row(0)).norm() <
             1e-6f);
  stream.reset();
  BOOST_CHECK_THROW(stream.evaluate(), std::invalid_argument);
}

// Eight channels are the first block's shortcut themselves; others go through a 1x1 convolution.
BOOST_AUTO_TEST_CASE(series_of_any_number_of_channels) {
  for (const Index channels : {5, 7, 8, 9}) {
    Random random(5);
    OwnedBags<float> owned;
    owned.bags.count = 3;
    owned.add_noise("a", channels, 70, random);
    owned.add_noise("b", 0, 1, random);
    const auto& series = owned.bags.modalities[0];
    const auto net = make_bag_network<float>(owned.bags.shapes(), 2, 3);
    const auto whole = evaluate(net, owned.bags, 1);
    BagStream<float> stream(net);
    auto copy = stream;
    const auto bytes = stream.state_bytes();
    Eigen::ArrayXf sample(channels);
    for (Index n = 0; n < owned.bags.count; ++n) {
      stream.reset();
      stream.push(1, owned.bags.modalities[1].instance(n));
      for (Index t = 0; t < series.length; ++t) {
        for (Index c = 0; c < channels; ++c) sample[c] = series.instance(n)[c * series.length + t];
        stream.push(0, sample.data());
      }
      stream.evaluate();
      BOOST_TEST((stream.importance().matrix().transpose() - whole.importance.row(n)).norm() < 1e-5f);
      BOOST_TEST((stream.log_probabilities().matrix().transpose() - whole.log_probabilities.row(n)).norm() <
                 1e-5f);
      BOOST_TEST(stream.state_bytes() == bytes);
    }
    BOOST_CHECK_THROW(copy.evaluate(), std::invalid_argument);
  }
}

BOOST_AUTO_TEST_SUITE_END()
