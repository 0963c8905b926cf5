// SPDX-License-Identifier: MIT
#include <lifelog/manifold/detail/spline.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(manifold_spline)

using lifelog::manifold::detail::SplineWeights;

BOOST_AUTO_TEST_CASE(on_the_grid_they_are_known_fractions) {
  Eigen::Array<double, 8, 1> cubic, quintic;
  cubic << 1, 4, 1, 0, 0, 0, 0, 0;
  quintic << 1, 26, 66, 26, 1, 0, 0, 0;
  BOOST_TEST((SplineWeights<double, 4>().weights(0) * 6 - cubic).abs().maxCoeff() < 1e-14);
  BOOST_TEST((SplineWeights<double, 6>().weights(0) * 120 - quintic).abs().maxCoeff() < 1e-13);
}

BOOST_AUTO_TEST_CASE(they_add_up_to_one_and_have_the_position_for_a_mean) {
  const SplineWeights<double, 6> spline;
  for (const double u : {0.0, 0.125, 0.5, 0.9, 0.999}) {
    const auto weights = spline.weights(u);
    BOOST_TEST(weights.sum() == 1, boost::test_tools::tolerance(1e-14));
    double mean = 0;
    for (int t = 0; t < 6; ++t) mean += weights[t] * (t - 2);
    BOOST_TEST(std::abs(mean - u) < 1e-14);
    BOOST_TEST((weights >= 0).all());
    BOOST_TEST(weights.tail(2).isZero(0));
  }
}

BOOST_AUTO_TEST_CASE(slopes_are_derivatives) {
  const SplineWeights<double, 6> spline;
  for (const double u : {0.1, 0.4, 0.8}) {
    const Eigen::Array<double, 8, 1> difference =
        (spline.weights(u + 1e-5) - spline.weights(u - 1e-5)) / 2e-5;
    BOOST_TEST((difference - spline.slopes(u)).abs().maxCoeff() < 1e-9);
    BOOST_TEST(std::abs(spline.slopes(u).sum()) < 1e-14);
  }
}

BOOST_AUTO_TEST_SUITE_END()
