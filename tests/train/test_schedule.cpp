// SPDX-License-Identifier: MIT
#include <lifelog/train/schedule.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/golden_losses.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(train_schedule)

using namespace lifelog;
using namespace lifelog::train;

BOOST_AUTO_TEST_CASE(fifty_steps_are_pytorchs) {
  const auto file = golden::training("optimizers");
  const auto cosine = golden::vector_of(file, "cosine"), step = golden::vector_of(file, "step");
  for (Index t = 0; t < 50; ++t) {
    const Progress at{static_cast<double>(t), {}};
    const CosineSchedule over_40{.total = 40, .warm_up = 10, .start = 0.01, .lowest = 0.05};
    BOOST_TEST(std::abs(over_40(at) - cosine[t]) < 1e-14);
    BOOST_TEST(std::abs(StepSchedule{7, 0.5}(at)-step[t]) < 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(plateaus_are_pytorchs) {
  const auto file = golden::training("optimizers");
  const auto scores = file.get<double>("scores");
  for (const auto& [name, cooldown] : {std::pair{"plateau", 0}, {"plateau.cooldown", 3}}) {
    const PlateauSchedule schedule{
        .factor = 0.5, .patience = 2, .threshold = 0.01, .cooldown = cooldown, .lowest = 0.002};
    const auto expected = file.get<double>(name);
    BOOST_TEST(schedule({0, {}}) == 1);
    for (std::size_t epoch = 1; epoch <= 50; ++epoch)
      BOOST_TEST(schedule({static_cast<double>(epoch), {scores.data(), epoch}}) == expected[epoch - 1],
                 boost::test_tools::tolerance(1e-15));
  }
}

BOOST_AUTO_TEST_CASE(within_an_epoch) {
  const CosineSchedule schedule{.total = 3, .warm_up = 1, .start = 0.5};
  BOOST_TEST(schedule({0.25, {}}) == 0.625);
  BOOST_TEST(schedule({1, {}}) == 1);
  BOOST_TEST(schedule({1.5, {}}) == (1 + std::sqrt(0.5)) / 2, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(schedule({3, {}}) == 0);
  BOOST_TEST(schedule({1e6, {}}) == 0);
  const CosineSchedule without_warm_up{.total = 1};
  BOOST_TEST(without_warm_up({0, {}}) == 1);
  const StepSchedule step{2, 0.5};
  BOOST_TEST(step({1.999, {}}) == 1);
  BOOST_TEST(step({2.25, {}}) == 0.5);
}

// A score that is none is no better one, and no best to be beaten.
BOOST_AUTO_TEST_CASE(scores_that_are_not_numbers) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const PlateauSchedule schedule{.factor = 0.5, .patience = 1};
  const double scores[] = {nan, nan, -3, -2, nan, nan};
  BOOST_TEST(schedule({0, {scores, 2}}) == 0.5);
  BOOST_TEST(schedule({0, {scores, 4}}) == 0.5);
  BOOST_TEST(schedule({0, {scores, 6}}) == 0.25);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  using Error = std::invalid_argument;
  const auto refuses = [](const Schedule& schedule, const std::vector<std::string>& parts) {
    check_throws<Error>([&] { schedule({0, {}}); }, parts);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refuses(CosineSchedule{.total = 5, .warm_up = 5}, {"total", "above the warm-up of 5"});
  refuses(CosineSchedule{.total = nan}, {"total"});
  refuses(CosineSchedule{.warm_up = -1}, {"warm_up", "got -1"});
  refuses(CosineSchedule{.start = 2}, {"start", "got 2"});
  refuses(CosineSchedule{.lowest = -0.5}, {"lowest", "got -0.5"});
  refuses(StepSchedule{0, 0.5}, {"every", "got 0"});
  for (const double bad : {0.0, 1.5, nan}) refuses(StepSchedule{1, bad}, {"factor"});
  refuses(PlateauSchedule{.factor = 1}, {"factor", "got 1"});
  refuses(PlateauSchedule{.patience = -1}, {"patience", "got -1"});
  refuses(PlateauSchedule{.threshold = nan}, {"threshold"});
  refuses(PlateauSchedule{.cooldown = -2}, {"cooldown", "got -2"});
  refuses(PlateauSchedule{.lowest = 2}, {"lowest", "got 2"});
}

BOOST_AUTO_TEST_SUITE_END()
