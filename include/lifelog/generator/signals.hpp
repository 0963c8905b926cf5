// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <numbers>

#include "../core/xtensor.hpp"
#include "detail/bursts.hpp"
#include "plan.hpp"

namespace lifelog::inline LIFELOG_ABI::generator {

/// One minute of all modalities: per modality a table [rows, 1 + columns] as its file has it: first the time
/// (s since the minute's start), then the values in the sensor's unit, rounded to the decimals that are
/// written.
using GeneratedMinute = std::array<xt::xtensor<double, 2>, 9>;

/// A stretch of a minute, from 0 at its begin to 1 at its end.
struct MinuteSpan {
  double begin, end;
};

/// [modality]: where a minute has bursts, the only places where a label can show (in modalities that are planted).
using BurstSpans = std::array<std::vector<MinuteSpan>, 9>;

namespace detail {

/// How a modality's file looks: header, columns after the timestamp, decimals of timestamp and values.
struct FileStyle {
  const char* header;
  Index columns;
  std::array<int, 7> decimals;
};

LIFELOG_LAZY const FileStyle& file_style(Index modality, bool angles) {
  static constexpr FileStyle with_angles{"timestamp,x,y,z,roll,pitch,yaw", 6, {3, 6, 6, 6, 3, 3, 3}};
  static constexpr std::array<FileStyle, 9> styles{{{"timestamp,x,y,z", 3, {5, 6, 6, 6}},
                                                    {"timestamp,value", 1, {6, 2}},
                                                    {"timestamp,eda", 1, {2, 6}},
                                                    {"timestamp,hr", 1, {2, 2}},
                                                    {"timestamp,temp", 1, {2, 2}},
                                                    {"timestamp,x,y,z", 3, {3, 5, 5, 5}},
                                                    {"timestamp,lat,lon,accuracy", 3, {3, 7, 7, 3}},
                                                    {"timestamp,x,y,z", 3, {3, 6, 6, 6}},
                                                    {"timestamp,x,y,z", 3, {3, 4, 4, 4}}}};
  return modality == 7 && angles ? with_angles : styles[static_cast<std::size_t>(modality)];
}

inline constexpr std::array<double, 8> powers_of_ten{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};

// Burst amplitudes are chosen for a network that sees values as they are, in their units: loud enough beside
// each sensor's constant part to be learnt, and alike enough that no sensor is learnt long before the others.
// Skin temperature pays for its 33 degrees with swings no skin has.

/// The minutes of one person are drawn one by one, each from its own random stream, so in any order.
LIFELOG_LAZY class MinuteSynthesizer {
 public:
  MinuteSynthesizer(const GeneratorPlan& plan, Index person, Index session, Index minute)
      : plan_(plan),
        index_(person),
        person_(plan.people[static_cast<std::size_t>(person)]),
        session_(person_.sessions[static_cast<std::size_t>(session)]),
        level_((session_.felt.empty() ? session_.level : session_.felt)[static_cast<std::size_t>(minute)]),
        random_(Random(person_.seed)
                    .fork(static_cast<std::uint64_t>(session))
                    .fork(static_cast<std::uint64_t>(minute))) {
    // Slow enough to look like a drift, back and forth often enough not to tell the time, and with it the
    // label.
    for (std::size_t i = 0; i < 3; ++i)
      drift_[i] =
          std::sin(0.37 * static_cast<double>(minute) + static_cast<double>(i)) + 0.5 * random_.normal();
    const double at = static_cast<double>(minute) / static_cast<double>(plan.options.minutes);
    wander(session, at);
    draw_shown(minute);
  }

  /// spans: where the bursts are, unless null.
  void draw(GeneratedMinute& out, BurstSpans* spans) {
    spans_ = spans;
    wrist_acceleration(out[0]);
    heart(out[1], out[3]);
    skin_conductance(out[2]);
    skin_temperature(out[4]);
    phone(out[5], out[7], out[8]);
    position(out[6]);
    for (Index m = 0; m < 9; ++m) round(m, out[static_cast<std::size_t>(m)]);
  }

 private:
  Random stream(Index modality) const { return random_.fork(static_cast<std::uint64_t>(modality)); }

  /// What the clock, drift and the person's own offset make of the level of sensors. at: share of the recording that is over.
  void wander(Index session, double at) {
    const auto& options = plan_.options;
    const double turn = 2 * std::numbers::pi;
    const auto sessions = static_cast<double>(options.sessions);
    // From the first minute of all to the last; flawed sessions come after those.
    const double when = std::min(1.0, (static_cast<double>(session) + at) / sessions);
    const double span = 8 * std::min(3.0, sessions);
    auto random = Random(person_.seed).fork(1u << 21).fork(static_cast<std::uint64_t>(session));
    for (std::size_t i = 0; i < 3; ++i) {
      if (options.clock > 0)
        drift_[i] = (1 - options.clock) * drift_[i] + options.clock * span * (when - 0.5);
      for (int wave = 1; wave <= 3 && options.drift > 0; ++wave) {
        const double phase = random.uniform(), pace = random.uniform(0.5, 1);
        drift_[i] += options.drift / wave * std::sin(turn * (phase + pace * wave * at));
      }
      drift_[i] += person_.traits.offset[i];
    }
  }

  /// The label that each modality shows, and the share of bursts that do.
  void draw_shown(Index minute) {
    const auto& options = plan_.options;
    shown_.fill(level_);
    share_.fill(0);
    for (Index m = 0; m < 9; ++m) {
      const auto at = static_cast<std::size_t>(m);
      if (plan_.burst_code(index_, m).planted) {
        share_[at] = options.strength;
      } else if (plan_.is_correlated(index_, m)) {
        share_[at] = options.strength * options.correlated;
      } else if (!session_.state.empty()) {
        shown_[at] = session_.state[static_cast<std::size_t>(minute)];
        share_[at] = options.decoys;
      }
    }
    if (options.effect != GeneratorEffect::coupling) return;
    // The last planted modality shows what makes the sum of all of them the label; the others show anything.
    auto random = stream(100);
    const auto& planted = plan_.planted_in(index_);
    Index rest = level_;
    for (std::size_t k = 0; k < planted.size(); ++k) {
      const auto any = static_cast<Index>(random.below(static_cast<std::uint64_t>(person_.classes)));
      const Index own = k + 1 < planted.size() ? any : rest;
      shown_[static_cast<std::size_t>(planted[k])] = own;
      rest = (rest - own + person_.classes) % person_.classes;
    }
  }

  /// How far up its levels a modality of one number is in this minute, −½…½; 0 where none may tell the label.
  double scalar_step(Index modality) const {
    if (!plan_.options.scalars) return 0;
    auto random = stream(200 + modality);
    const auto code = plan_.burst_code(index_, modality);
    const auto drawn = static_cast<Index>(random.below(static_cast<std::uint64_t>(code.classes)));
    const auto at = static_cast<std::size_t>(modality);
    const Index label = random.uniform() < share_[at] ? shown_[at] : drawn;
    return level_share(code.level(label), code.levels()) - 0.5;
  }

  /// Bursts of a modality with the usual amplitude `amplitude` of its sensor.
  const std::vector<Burst>& bursts(Random& random, Index modality, Index rows, double amplitude) {
    const auto m = static_cast<std::size_t>(modality);
    draw_bursts(random, rows,
                {plan_.burst_code(index_, modality), plan_.options.effect, share_[m], shown_[m],
                 amplitude * person_.traits.amplitude[m], person_.traits.direction[m]},
                bursts_);
    if (spans_ == nullptr) return bursts_;
    const double length = static_cast<double>(rows);
    for (const auto& burst : bursts_)
      (*spans_)[m].push_back({static_cast<double>(burst.begin) / length,
                              static_cast<double>(burst.begin + burst.length) / length});
    return bursts_;
  }

  static void resize(xt::xtensor<double, 2>& table, Index rows, Index columns) {
    table.resize({static_cast<std::size_t>(rows), static_cast<std::size_t>(columns + 1)});
  }

  /// A table of a wristband series: exact clock of `rate` Hz.
  static void clock(xt::xtensor<double, 2>& table, Index rate, Index columns) {
    resize(table, 60 * rate, columns);
    for (Index i = 0; i < 60 * rate; ++i)
      table.data()[i * (columns + 1)] = static_cast<double>(i) / static_cast<double>(rate);
  }

  /// A table of a phone series: about 29.8 Hz, a little late and uneven, 1786 or 1787 rows.
  static void phone_clock(Random& random, xt::xtensor<double, 2>& table, Index columns) {
    const Index rows = 1786 + static_cast<Index>(random.below(2));
    const double late = random.uniform(0.002, 0.012);
    resize(table, rows, columns);
    for (Index i = 0; i < rows; ++i)
      table.data()[i * (columns + 1)] =
          late + 0.033585 * static_cast<double>(i) + random.uniform(-0.002, 0.002);
  }

  /// Values: a constant vector tilted a little by the minute, wandering slowly, plus white noise.
  void fill_vector(Random& random, xt::xtensor<double, 2>& table, const std::array<double, 3>& base,
                   double wander, double noise) const {
    const auto rows = static_cast<Index>(table.shape(0)), width = static_cast<Index>(table.shape(1));
    std::array<double, 3> slow{}, start = base;
    for (std::size_t c = 0; c < 3; ++c) start[c] += wander * drift_[c];
    for (Index i = 0; i < rows; ++i)
      for (std::size_t c = 0; c < 3; ++c) {
        slow[c] = 0.98 * slow[c] + 0.2 * wander * random.normal();  // deviation about `wander`
        table.data()[i * width + 1 + static_cast<Index>(c)] = start[c] + slow[c] + noise * random.normal();
      }
  }

  void wrist_acceleration(xt::xtensor<double, 2>& table) {
    auto random = stream(0);
    clock(table, 32, 3);
    fill_vector(random, table, person_.traits.wrist_up, 0.05, 0.02);
    add_bursts(bursts(random, 0, 1920, 0.6), 3, table, oscillation);
    for (Index i = 0; i < 1920 * 4; ++i)
      if (i % 4 != 0) table.data()[i] = std::clamp(std::nearbyint(table.data()[i] * 64), -128.0, 127.0) / 64;
  }

  /// Pulse wave and heart rate of the same beats. Where the rate tells the label, only what the wristband makes of the beats
  /// does: the pulse wave is a modality of its own.
  void heart(xt::xtensor<double, 2>& pulse, xt::xtensor<double, 2>& rate) {
    auto random = stream(1);
    const double mean = person_.traits.resting_rate + 6 * random.normal();
    const double swing = random.uniform(1, 5), phase = random.uniform();
    const auto rate_at = [&](double t) { return mean + swing * oscillation(phase + t / 11); };
    clock(pulse, 64, 1);
    double beat = random.uniform(), slow = 0;
    for (Index i = 0; i < 3840; ++i) {
      const double t = pulse.data()[2 * i];
      beat += rate_at(t) / 60 / 64;
      const double at = beat - std::floor(beat), systole = (at - 0.22) / 0.085, notch = (at - 0.55) / 0.1;
      slow = 0.99 * slow + 0.08 * random.normal();
      pulse.data()[2 * i + 1] =
          person_.traits.pulse * (std::exp(-systole * systole) + 0.35 * std::exp(-notch * notch) - 0.22) +
          slow + 2 * random.normal();
    }
    add_bursts(bursts(random, 1, 3840, 4), 1, pulse, oscillation);

    static constexpr std::array<Index, 6> counts{3, 6, 8, 32, 60, 64};
    const Index rows = counts[random.below(counts.size())];
    const double step = rows > 60 ? 60.0 / static_cast<double>(rows) : 1.0;
    const double start = random.uniform() * (60 - step * static_cast<double>(rows - 1) - 0.02);
    resize(rate, rows, 1);
    const double told = 36 * scalar_step(3);
    for (Index i = 0; i < rows; ++i) {
      const double t = start + step * static_cast<double>(i);
      rate.data()[2 * i] = t;
      rate.data()[2 * i + 1] = rate_at(t) + 0.5 * random.normal() + told;
    }
  }

  void skin_conductance(xt::xtensor<double, 2>& table) {
    auto random = stream(2);
    clock(table, 4, 1);
    const double tonic = person_.traits.skin_conductance * std::max(0.1, 1 + 0.06 * drift_[0]),
                 slope = 0.03 * random.normal();
    for (Index i = 0; i < 240; ++i)
      table.data()[2 * i + 1] = tonic + slope * table.data()[2 * i] / 60 + 0.01 * random.normal();
    add_bursts(bursts(random, 2, 240, 1.5), 1, table, response);
    for (Index i = 0; i < 240; ++i) table.data()[2 * i + 1] = std::max(0.0, table.data()[2 * i + 1]);
  }

  void skin_temperature(xt::xtensor<double, 2>& table) {
    auto random = stream(4);
    clock(table, 4, 1);
    const double start = person_.traits.skin_temperature + 0.2 * drift_[1], slope = 0.1 * random.normal();
    for (Index i = 0; i < 240; ++i)
      table.data()[2 * i + 1] = start + slope * table.data()[2 * i] / 60 + 0.01 * random.normal();
    add_bursts(bursts(random, 4, 240, 4), 1, table, oscillation);
  }

  void phone(xt::xtensor<double, 2>& acceleration, xt::xtensor<double, 2>& rotation,
             xt::xtensor<double, 2>& field) {
    auto random = stream(5);
    auto gravity = person_.traits.phone_up;
    for (auto& g : gravity) g *= 9.81;
    phone_clock(random, acceleration, 3);
    fill_vector(random, acceleration, gravity, 0.3, 0.15);
    add_bursts(bursts(random, 5, 1786, 2), 3, acceleration, oscillation);

    random = stream(7);
    const bool angles = person_.traits.angles;
    phone_clock(random, rotation, angles ? 6 : 3);
    fill_vector(random, rotation, {0, 0, 0}, 0.05, 0.05);
    add_bursts(bursts(random, 7, 1786, 1.5), 3, rotation, oscillation);
    if (angles) add_angles(gravity, random.uniform(-180, 180), rotation);

    random = stream(8);
    phone_clock(random, field, 3);
    fill_vector(random, field, person_.traits.field, 1, 0.4);
    add_bursts(bursts(random, 8, 1786, 10), 3, field, oscillation);
  }

  /// Roll, pitch and yaw (degrees): from gravity at rest, then the angular rates summed up, leaking back.
  static void add_angles(const std::array<double, 3>& gravity, double yaw, xt::xtensor<double, 2>& rotation) {
    constexpr double degrees = 180 / std::numbers::pi;
    const std::array<double, 3> rest{std::atan2(gravity[1], gravity[2]) * degrees,
                                     std::atan2(-gravity[0], std::hypot(gravity[1], gravity[2])) * degrees,
                                     yaw};
    std::array<double, 3> turned{};
    for (Index i = 0; i < static_cast<Index>(rotation.shape(0)); ++i)
      for (std::size_t c = 0; c < 3; ++c) {
        double* row = rotation.data() + i * 7 + 1;
        turned[c] = 0.99 * turned[c] + row[c] * 0.033585 * degrees;
        row[c + 3] = std::remainder(rest[c] + turned[c], 360.0);
      }
  }

  /// A walk around home; mostly one fix a minute, else one every 5 s or so.
  void position(xt::xtensor<double, 2>& table) {
    auto random = stream(6);
    const Index rows = random.uniform() < 0.6 ? 1 : 12;
    resize(table, rows, 3);
    double latitude = person_.traits.latitude + 0.001 * drift_[1];
    double longitude = person_.traits.longitude + 0.001 * drift_[2];
    const double place = scalar_step(6), indoors = plan_.options.scalars ? 40 * (place + 0.5) : 0;
    latitude += 0.02 * place;
    for (Index i = 0; i < rows; ++i) {
      latitude += 2e-5 * random.normal();
      longitude += 2e-5 * random.normal();
      double* row = table.data() + 4 * i;
      row[0] = 5 * static_cast<double>(i) + random.uniform(0, 4);
      row[1] = latitude;
      row[2] = longitude;
      row[3] = 4 + 12 * -std::log(1 - random.uniform()) + indoors;
    }
  }

  /// To the written decimals, so that memory and file agree to the bit.
  void round(Index modality, xt::xtensor<double, 2>& table) const {
    const auto& style = file_style(modality, person_.traits.angles);
    const auto rows = static_cast<Index>(table.shape(0)), width = static_cast<Index>(table.shape(1));
    for (Index column = 0; column < width; ++column) {
      const double scale =
          powers_of_ten[static_cast<std::size_t>(style.decimals[static_cast<std::size_t>(column)])];
      double* value = table.data() + column;
      for (Index i = 0; i < rows; ++i, value += width) *value = std::nearbyint(*value * scale) / scale;
    }
  }

  const GeneratorPlan& plan_;
  Index index_;
  const GeneratedPerson& person_;
  const GeneratedSession& session_;
  Index level_;
  Random random_;
  std::array<double, 3> drift_{};
  std::array<Index, 9> shown_{};
  std::array<double, 9> share_{};
  std::vector<Burst> bursts_;
  BurstSpans* spans_ = nullptr;
};

}  // namespace detail

/// Draws one minute. person, session, minute: indices of the plan. `out` is overwritten, its memory reused; so is `bursts`, if
/// asked for.
LIFELOG_LAZY void generate_minute(const GeneratorPlan& plan, Index person, Index session, Index minute,
                                  GeneratedMinute& out, BurstSpans* bursts = nullptr) {
  const auto count = [](const auto& items) { return static_cast<Index>(items.size()); };
  lifelog::detail::require(person >= 0 && person < count(plan.people), "person: expected an index below ",
                           count(plan.people), ", got ", person);
  const auto& sessions = plan.people[static_cast<std::size_t>(person)].sessions;
  lifelog::detail::require(session >= 0 && session < count(sessions), "session: expected an index below ",
                           count(sessions), ", got ", session);
  const auto& levels = sessions[static_cast<std::size_t>(session)].level;
  lifelog::detail::require(minute >= 0 && minute < count(levels), "minute: expected an index below ",
                           count(levels), ", got ", minute);
  if (bursts != nullptr) bursts->fill({});
  detail::MinuteSynthesizer(plan, person, session, minute).draw(out, bursts);
}

}  // namespace lifelog::generator
