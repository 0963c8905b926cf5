// SPDX-License-Identifier: MIT

// Whether each option of the generator does to recordings what it says, and nothing else.

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <lifelog/generator/dirt.hpp>
#include <lifelog/generator/signals.hpp>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(generator_options)

using namespace lifelog::generator;
using lifelog::Index;

namespace {

using enum GeneratorEffect;
using Values = std::vector<double>;

GeneratorOptions usual() {
  GeneratorOptions options;
  options.users = 6;
  options.sessions = 2;
  options.minutes = 80;
  options.groups = 2;
  options.dirt = 0;
  options.seed = 11;
  return options;
}

/// Mean of all channels, deviation, and the log share of the variance that is between neighbouring samples.
struct Shape {
  double mean = 0, deviation = 0, roughness = 0;
};

Shape shape_of(const xt::xtensor<double, 2>& table) {
  double mean = 0, variance = 1e-12, steps = 1e-12;
  const auto columns = std::min<std::size_t>(table.shape(1), 4);
  for (std::size_t c = 1; c < columns; ++c) {
    double centre = 0;
    for (std::size_t t = 0; t < table.shape(0); ++t) centre += table(t, c);
    centre /= static_cast<double>(table.shape(0));
    mean += centre;
    for (std::size_t t = 0; t < table.shape(0); ++t) {
      variance += (table(t, c) - centre) * (table(t, c) - centre);
      if (t > 0) steps += (table(t, c) - table(t - 1, c)) * (table(t, c) - table(t - 1, c));
    }
  }
  return {mean, std::sqrt(variance), std::log(steps / variance)};
}

/// One person's regular minutes.
struct Minutes {
  std::vector<std::array<Shape, 9>> shape;
  std::vector<Index> label, session;
  Values time;

  Values of(Index modality, double Shape::*part) const {
    Values values;
    for (const auto& minute : shape) values.push_back(minute[static_cast<std::size_t>(modality)].*part);
    return values;
  }

  /// What a modality makes of labels.
  Values level(const BurstCode& code) const {
    Values values;
    for (const Index one : label) values.push_back(static_cast<double>(code.level(one)));
    return values;
  }
};

Minutes minutes_of(const GeneratorPlan& plan, Index person) {
  Minutes minutes;
  GeneratedMinute tables;
  const auto& one = plan.people[static_cast<std::size_t>(person)];
  for (Index s = 0; s < static_cast<Index>(one.sessions.size()); ++s)
    for (Index i = 0; i < plan.options.minutes; ++i) {
      generate_minute(plan, person, s, i, tables);
      auto& shapes = minutes.shape.emplace_back();
      std::transform(tables.begin(), tables.end(), shapes.begin(), shape_of);
      minutes.label.push_back(one.sessions[static_cast<std::size_t>(s)].level[static_cast<std::size_t>(i)]);
      minutes.session.push_back(s);
      minutes.time.push_back(static_cast<double>(s * plan.options.minutes + i));
    }
  return minutes;
}

double correlation(const Values& a, const Values& b) {
  const auto n = static_cast<double>(a.size());
  const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
    ab += (a[i] - ma) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

/// Correlation of neighbours in a session.
double persistence_of(const Minutes& minutes, const Values& values) {
  Values now, next;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (minutes.session[i] == minutes.session[i - 1]) now.push_back(values[i - 1]), next.push_back(values[i]);
  return correlation(now, next);
}

/// Everybody's minutes. Those drawn last are kept: a case asks for several figures of the same people.
const std::vector<Minutes>& everybody(const GeneratorPlan& plan) {
  static_assert(std::is_trivially_copyable_v<GeneratorOptions>);
  static std::array<char, sizeof(GeneratorOptions)> drawn_for{};
  static std::vector<Minutes> drawn;
  std::array<char, sizeof(GeneratorOptions)> asked_for{};
  std::memcpy(asked_for.data(), &plan.options, sizeof(GeneratorOptions));
  if (drawn.empty() || asked_for != drawn_for) {
    drawn.clear();
    for (Index person = 0; person < plan.options.users; ++person) drawn.push_back(minutes_of(plan, person));
    drawn_for = asked_for;
  }
  return drawn;
}

/// Mean over everybody and the modalities `chosen` (of planted ones, or of others) of what `figure` gives.
double mean_over(const GeneratorOptions& options,
                 const std::function<bool(const GeneratorPlan&, Index, Index)>& chosen,
                 const std::function<double(const Minutes&, const BurstCode&, Index)>& figure) {
  const auto plan = plan_generator(options);
  double sum = 0, count = 0;
  for (Index person = 0; person < options.users; ++person) {
    const auto& minutes = everybody(plan)[static_cast<std::size_t>(person)];
    for (Index m = 0; m < 9; ++m)
      if (chosen(plan, person, m)) sum += figure(minutes, plan.burst_code(person, m), m), ++count;
  }
  BOOST_TEST_REQUIRE(count > 0);
  return sum / count;
}

bool is_series(Index modality) {
  return modality != 3 && modality != 6;
}
bool planted(const GeneratorPlan& plan, Index person, Index modality) {
  return plan.burst_code(person, modality).planted;
}
bool other_series(const GeneratorPlan& plan, Index person, Index modality) {
  return is_series(modality) && !planted(plan, person, modality) && !plan.is_correlated(person, modality);
}

/// How one part of a signal goes with what it tells of labels.
auto dependence(double Shape::*part) {
  return [part](const Minutes& minutes, const BurstCode& code, Index modality) {
    return std::abs(correlation(minutes.of(modality, part), minutes.level(code)));
  };
}

std::vector<Index> labels_of(const GeneratorOptions& options) {
  std::vector<Index> labels;
  for (const auto& person : plan_generator(options).people)
    for (const auto& session : person.sessions)
      labels.insert(labels.end(), session.level.begin(), session.level.end());
  return labels;
}

double changes(const std::vector<Index>& level) {
  double count = 0;
  for (std::size_t i = 1; i < level.size(); ++i) count += level[i] != level[i - 1];
  return count;
}

/// The first minutes of a plan.
std::vector<GeneratedMinute> recorded(const GeneratorPlan& plan) {
  std::vector<GeneratedMinute> minutes(8);
  for (Index i = 0; i < 8; ++i) generate_minute(plan, 0, i % 2, 5 * i, minutes[static_cast<std::size_t>(i)]);
  return minutes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_effect_shows_in_what_it_says_of_planted_sensors_alone) {
  auto options = usual();
  for (const auto effect : {frequency, amplitude, rate, level}) {
    options.effect = effect;
    BOOST_TEST_CONTEXT(effect_names[static_cast<std::size_t>(effect)]) {
      const auto part = effect == frequency ? &Shape::roughness
                        : effect == level   ? &Shape::mean
                                            : &Shape::deviation;
      BOOST_TEST(mean_over(options, planted, dependence(part)) > 0.6);
      BOOST_TEST(mean_over(options, other_series, dependence(part)) < 0.15);
      if (effect == frequency || effect == rate)
        BOOST_TEST(mean_over(options, planted, dependence(&Shape::mean)) < 0.2);
      if (effect == frequency) BOOST_TEST(mean_over(options, planted, dependence(&Shape::deviation)) < 0.2);
      if (effect == amplitude || effect == rate)
        BOOST_TEST(mean_over(options, planted, dependence(&Shape::roughness)) < 0.35);
    }
  }
}

BOOST_AUTO_TEST_CASE(coupled_sensors_tell_the_label_together_and_not_alone) {
  auto options = usual();
  options.effect = coupling;
  options.minutes = 200;
  options.groups = 3;  // pairs of sensors, but for one group
  const auto plan = plan_generator(options);
  BOOST_TEST(mean_over(options, planted, dependence(&Shape::roughness)) < 0.12);
  double right = 0, all = 0, chance = 0;
  for (Index person = 0; person < options.users; ++person) {
    const auto& minutes = everybody(plan)[static_cast<std::size_t>(person)];
    const Index classes = plan.people[static_cast<std::size_t>(person)].classes;
    std::vector<Index> sum(minutes.label.size(), 0);
    for (const Index m : plan.planted_in(person)) {
      const auto roughness = minutes.of(m, &Shape::roughness);
      auto sorted = roughness;
      std::sort(sorted.begin(), sorted.end());
      for (std::size_t i = 0; i < sum.size(); ++i) {
        const auto rank = std::lower_bound(sorted.begin(), sorted.end(), roughness[i]) - sorted.begin();
        sum[i] += rank * classes / static_cast<Index>(sorted.size());
      }
    }
    for (std::size_t i = 0; i < sum.size(); ++i) right += sum[i] % classes == minutes.label[i];
    all += static_cast<double>(sum.size()),
        chance += static_cast<double>(sum.size()) / static_cast<double>(classes);
  }
  BOOST_TEST(right > 2 * chance);  // ranks find the levels but roughly
  BOOST_TEST(right > 0.5 * all);
}

BOOST_AUTO_TEST_CASE(heart_rate_and_place_tell_the_label_where_they_are_planted) {
  auto options = usual();
  options.groups = 6;
  options.users = 12;
  const auto scalar = [](bool want) {
    return [want](const GeneratorPlan& plan, Index person, Index m) {
      return !is_series(m) && planted(plan, person, m) == want;
    };
  };
  BOOST_TEST(mean_over(options, scalar(false), dependence(&Shape::mean)) < 0.15);
  options.scalars = true;
  BOOST_TEST(mean_over(options, scalar(true), dependence(&Shape::mean)) > 0.6);
  BOOST_TEST(mean_over(options, scalar(false), dependence(&Shape::mean)) < 0.15);
  options.strength = 0;
  BOOST_TEST(mean_over(options, scalar(true), dependence(&Shape::mean)) < 0.15);
}

BOOST_AUTO_TEST_CASE(correlated_sensors_tell_again_what_the_first_planted_one_tells) {
  auto options = usual();
  const auto correlated = [](const GeneratorPlan& plan, Index person, Index m) {
    return plan.is_correlated(person, m);
  };
  options.correlated = 0.9;
  BOOST_TEST(mean_over(options, correlated, dependence(&Shape::roughness)) > 0.6);
  BOOST_TEST(mean_over(options, other_series, dependence(&Shape::roughness)) < 0.15);
  BOOST_TEST(truth_of(plan_generator(options)).correlated.size() == 2u);
  options.strength = 0;
  BOOST_TEST(mean_over(options, correlated, dependence(&Shape::roughness)) < 0.15);
  options.correlated = 0;
  for (const Index m : plan_generator(options).correlated) BOOST_TEST(m == -1);
}

BOOST_AUTO_TEST_CASE(decoys_last_like_labels_and_do_not_tell_them) {
  auto options = usual();
  const auto lasting = [](const Minutes& minutes, const BurstCode&, Index m) {
    return persistence_of(minutes, minutes.of(m, &Shape::roughness));
  };
  BOOST_TEST(mean_over(options, other_series, lasting) < 0.15);
  options.decoys = 1;
  BOOST_TEST(mean_over(options, other_series, lasting) > 0.4);
  options.minutes = 300;  // states that last resemble labels by chance
  BOOST_TEST(mean_over(options, other_series, dependence(&Shape::roughness)) < 0.2);
}

BOOST_AUTO_TEST_CASE(the_clock_shows_in_the_level_of_sensors) {
  auto options = usual();
  const auto by_time = [](const Minutes& minutes, const BurstCode&, Index m) {
    return std::abs(correlation(minutes.of(m, &Shape::mean), minutes.time));
  };
  const auto settled = [](const GeneratorPlan&, Index, Index m) { return m == 2 || m == 4 || m == 5; };
  BOOST_TEST(mean_over(options, settled, by_time) < 0.2);
  options.clock = 1;
  BOOST_TEST(mean_over(options, settled, by_time) > 0.7);
}

BOOST_AUTO_TEST_CASE(drift_lasts_and_offsets_part_people) {
  auto options = usual();
  const auto settled = [](const GeneratorPlan&, Index, Index m) { return m == 2 || m == 4; };
  const auto lasting = [](const Minutes& minutes, const BurstCode&, Index m) {
    return persistence_of(minutes, minutes.of(m, &Shape::mean));
  };
  const double before = mean_over(options, settled, lasting);
  options.drift = 5;
  BOOST_TEST(mean_over(options, settled, lasting) > before + 0.2);
  options.drift = 0;
  const auto spread = [&](double offsets) {
    options.offsets = offsets, options.users = 24, options.minutes = 10;
    const auto plan = plan_generator(options);
    double sum = 0, squares = 0;
    for (Index person = 0; person < options.users; ++person) {
      const auto skin = minutes_of(plan, person).of(4, &Shape::mean);
      const double mean = std::accumulate(skin.begin(), skin.end(), 0.0) / static_cast<double>(skin.size());
      sum += mean, squares += mean * mean;
    }
    const auto n = static_cast<double>(options.users);
    return std::sqrt(squares / n - sum * sum / n / n);
  };
  const double alike = spread(0), unlike = spread(10);
  BOOST_TEST(unlike > 1.5 * alike);
}

BOOST_AUTO_TEST_CASE(noise_changes_what_is_reported_and_not_what_is_recorded) {
  auto options = usual();
  const auto before = labels_of(options);
  const auto clean = plan_generator(options);
  options.label_noise = 0.2;
  const auto after = labels_of(options);
  double changed = 0;
  for (std::size_t i = 0; i < before.size(); ++i) changed += before[i] != after[i];
  BOOST_TEST(std::abs(changed / static_cast<double>(before.size()) - 0.2) < 0.04);
  BOOST_TEST((recorded(plan_generator(options)) == recorded(clean)));
  for (const auto& person : plan_generator(options).people)
    for (const auto& session : person.sessions)
      for (const Index label : session.level) BOOST_TEST_REQUIRE((label >= 0 && label < person.classes));
  options.label_noise = 1;
  const auto none = labels_of(options);
  for (std::size_t i = 0; i < before.size(); ++i) BOOST_TEST_REQUIRE(before[i] != none[i]);
}

BOOST_AUTO_TEST_CASE(imbalance_makes_higher_labels_rarer) {
  auto options = usual();
  options.minutes = 1000;
  const auto share = [&options](Index label) {
    const auto labels = labels_of(options);
    return static_cast<double>(std::count(labels.begin(), labels.end(), label));
  };
  BOOST_TEST(share(0) / share(3) < 1.3);
  options.imbalance = 0.5;
  BOOST_TEST(share(0) / share(1) > 1.5);
  BOOST_TEST(share(0) / share(3) > 4);
  BOOST_TEST(share(3) > 0);
}

BOOST_AUTO_TEST_CASE(persistence_makes_labels_last) {
  auto options = usual();
  options.minutes = 200;
  const double before = changes(labels_of(options));
  options.persistence = 3;
  BOOST_TEST(2 * changes(labels_of(options)) < before);
  options.persistence = 1000;
  BOOST_TEST(changes(labels_of(options)) < before);
}

BOOST_AUTO_TEST_CASE(shared_rules_give_a_group_one_rule) {
  auto options = usual();
  options.shared_rules = true;
  const auto plan = plan_generator(options);
  for (const auto& one : plan.people)
    for (const auto& other : plan.people) {
      BOOST_TEST((one.classes == other.classes && one.lowest == other.lowest));
      BOOST_TEST((one.traits.direction == other.traits.direction) == (one.group == other.group));
    }
}

BOOST_AUTO_TEST_CASE(without_strength_labels_change_nothing) {
  auto options = usual();
  options.strength = 0;
  options.scalars = true;
  options.correlated = 1;
  options.decoys = 0.5;
  options.clock = 0.5;
  options.drift = 1;
  options.offsets = 1;
  for (const auto effect : {frequency, amplitude, rate, level, coupling}) {
    options.effect = effect;
    auto plan = plan_generator(options);
    const auto before = recorded(plan);
    for (auto& session : plan.people[0].sessions)
      for (auto& label : session.level) label = (label + 1) % plan.people[0].classes;
    BOOST_TEST((recorded(plan) == before));
    plan.options.strength = 1;
    BOOST_TEST((recorded(plan) != before));
  }
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused) {
  const auto refused = [](auto change, const char* name) {
    auto options = usual();
    change(options);
    check_throws<std::invalid_argument>([&] { plan_generator(options); }, {name});
  };
  refused([](auto& o) { o.label_noise = 1.1; }, "label_noise");
  refused([](auto& o) { o.imbalance = 0.95; }, "imbalance");
  refused([](auto& o) { o.clock = -1; }, "clock");
  refused([](auto& o) { o.drift = 11; }, "drift");
  refused([](auto& o) { o.offsets = -1; }, "offsets");
  refused([](auto& o) { o.correlated = 2; }, "correlated");
  refused([](auto& o) { o.decoys = std::numeric_limits<double>::infinity(); }, "decoys");
  refused([](auto& o) { o.persistence = 0.5; }, "persistence");
  refused([](auto& o) { o.persistence = std::numeric_limits<double>::quiet_NaN(); }, "persistence");
  refused([](auto& o) { o.groups = 22, o.users = 40; }, "groups");
}

BOOST_AUTO_TEST_SUITE_END()
