// SPDX-License-Identifier: MIT
#include <lifelog/importance/shapley.hpp>
#include <lifelog/io/safetensors.hpp>

#include <boost/test/unit_test.hpp>
#include <string>

#include "../support/paths.hpp"

BOOST_AUTO_TEST_SUITE(importance_shapley)

using namespace lifelog;
using namespace lifelog::importance;

namespace {

/// Player i has weight i + 1; a coalition is worth the square of its weight, and its size.
RowMatrix<double> squares(const Shapley& game) {
  RowMatrix<double> worth(static_cast<Index>(game.coalitions().size()), 2);
  for (Index s = 0; s < worth.rows(); ++s) {
    double weight = 0, size = 0;
    for (Index i = 0; i < game.players(); ++i)
      if (game.coalitions()[static_cast<std::size_t>(s)] >> i & 1)
        weight += static_cast<double>(i + 1), ++size;
    worth.row(s) << weight * weight, size;
  }
  return worth;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_equal_those_of_shap) {
  const auto file = io::Tensors::load(std::string(paths::golden) + "/importance/shapley.safetensors");
  const auto worth = file.get<double>("worth"), expected = file.get<double>("values");
  const Shapley game(6);
  BOOST_TEST(game.exact());
  const auto got = game(Eigen::Map<const RowMatrix<double>>(worth.data(), 64, 3));
  BOOST_TEST((got.values - Eigen::Map<const RowMatrix<double>>(expected.data(), 6, 3)).cwiseAbs().maxCoeff() <
             1e-13);
  BOOST_TEST(got.error.isZero(0));
}

// Weight w of a total W is worth w·W in the game of squares.
BOOST_AUTO_TEST_CASE(values_are_known_of_squares) {
  for (const Index players : {1, 2, 5, 12}) {
    const Shapley game(players);
    const auto got = game(squares(game)).values;
    const double total = static_cast<double>(players * (players + 1)) / 2;
    for (Index i = 0; i < players; ++i) {
      BOOST_TEST(std::abs(got(i, 0) - static_cast<double>(i + 1) * total) < 1e-9);
      BOOST_TEST(std::abs(got(i, 1) - 1) < 1e-12);
    }
  }
}

// An order and its reverse are together without error in that game, whatever the orders are; of another they sum to all.
BOOST_AUTO_TEST_CASE(orders_are_drawn_where_players_are_many) {
  const Shapley game(30, {12, 64, 3});
  BOOST_TEST(!game.exact());
  BOOST_TEST(game.coalitions().front() == 0u);
  const auto exact = game(squares(game));
  for (Index i = 0; i < 30; ++i) {
    BOOST_TEST(std::abs(exact.values(i, 0) - static_cast<double>(i + 1) * 465) < 1e-6);
    BOOST_TEST(exact.error(i, 0) < 1e-4);
  }
  RowMatrix<double> cubes = squares(game).leftCols(1);
  cubes = cubes.array().pow(1.5);
  const auto sampled = game(cubes);
  BOOST_TEST(std::abs(sampled.values.sum() / std::pow(465, 3) - 1) < 1e-12);
  BOOST_TEST(sampled.error.minCoeff() > 0);
}

// What sampling says of its own error is so.
BOOST_AUTO_TEST_CASE(errors_are_as_stated) {
  const Shapley all(8);
  RowMatrix<double> worth(256, 1);
  Random random(2);
  for (Index s = 0; s < 256; ++s) worth(s, 0) = random.normal();
  const auto exact = all(worth).values;
  double squared = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Shapley some(8, {0, 100, seed});
    RowMatrix<double> own(static_cast<Index>(some.coalitions().size()), 1);
    for (Index s = 0; s < own.rows(); ++s)
      own(s, 0) = worth(static_cast<Index>(some.coalitions()[static_cast<std::size_t>(s)]), 0);
    const auto sampled = some(own);
    squared += ((sampled.values - exact).array() / sampled.error.array()).square().mean() / 40;
  }
  BOOST_TEST(squared > 0.7);
  BOOST_TEST(squared < 1.4);
}

BOOST_AUTO_TEST_CASE(games_of_no_and_one_player) {
  BOOST_TEST(Shapley(0)(RowMatrix<double>::Ones(1, 2)).values.rows() == 0);
  RowMatrix<double> worth(2, 1);
  worth << 3, 7;
  BOOST_TEST(Shapley(1)(worth).values(0, 0) == 4);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  BOOST_CHECK_THROW(Shapley(-1), std::invalid_argument);
  BOOST_CHECK_THROW(Shapley(65), std::invalid_argument);
  BOOST_CHECK_THROW(Shapley(3, {21, 128, 1}), std::invalid_argument);
  BOOST_CHECK_THROW(Shapley(30, {12, 3, 1}), std::invalid_argument);
  BOOST_CHECK_THROW(Shapley(3)(RowMatrix<double>::Zero(7, 1)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
