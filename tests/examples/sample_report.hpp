// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <lifelog/core/random.hpp>

#include "report/report.hpp"

namespace lifelog::examples::report {

inline MinuteMap sample_map(Random& random, int people, int groups, int minutes, double spread) {
  MinuteMap map;
  map.label_names = {"1", "2", "3", "4"};
  map.kl_divergence = 1.25;
  for (int p = 0; p < people; ++p) {
    const double angle = 6.28 * p / people;
    for (int i = 0; i < minutes; ++i) {
      map.x.push_back(
          static_cast<float>(40 * spread * std::cos(angle) + random.normal(0, 6 + 20 * (1 - spread))));
      map.y.push_back(
          static_cast<float>(40 * spread * std::sin(angle) + random.normal(0, 6 + 20 * (1 - spread))));
      map.person.push_back(p);
      map.group.push_back(p % groups);
      map.label.push_back(static_cast<int>(random.below(4)));
      map.minute.push_back(1598713200 + 60 * i);
    }
  }
  return map;
}

inline data::Quality sample_quality(Random& random, const std::string& user) {
  data::Quality quality;
  quality.user = user;
  for (const auto n = 600 + random.below(900); quality.minutes_seen < static_cast<Index>(n);)
    if (const auto dice = random.below(20); dice > 2)
      quality.keep();
    else
      quality.drop(dice == 0   ? data::reason::unlabelled
                   : dice == 1 ? data::reason::short_minute
                               : data::reason::missing_modality);
  quality.defect("bad_cell", "a.csv", 3, "na");
  return quality;
}

inline Training sample_training(Random& random, const std::string& user, int epochs) {
  Training training;
  training.user = user;
  for (int e = 1; e <= epochs; ++e) {
    const double learnt = 1 - std::exp(-e / 60.0);
    training.epoch.push_back(e);
    training.loss.push_back(1.4 * (1 - learnt) + 0.03 * random.uniform());
    training.train_f1.push_back(std::min(1.0, 0.3 + 0.7 * learnt + 0.02 * random.normal()));
    training.valid_f1.push_back(std::min(1.0, 0.3 + 0.55 * learnt + 0.03 * random.normal()));
  }
  training.best_epoch = 0.8 * epochs;
  training.test_f1 = 0.8 + 0.1 * random.uniform();
  training.test_accuracy = training.test_f1 + 0.02;
  training.train_minutes = 700;
  training.test_minutes = 200;
  training.classes = 4;
  return training;
}

/// Bits of made-up sensors, of which the first is identified in everybody and the last in nobody.
inline Information sample_information(const std::string& user, const std::vector<std::string>& sensors,
                                      double bits) {
  Information person;
  person.user = user;
  person.minutes = 120;
  person.replicates = 20;
  person.total = {bits, bits - 0.05, bits + 0.05};
  for (std::size_t s = 0; s < sensors.size(); ++s) {
    const double own = bits / static_cast<double>(1 << s);
    person.sensors.push_back({sensors[s], {own, own - 0.06, own + 0.06}, s == 0 && own > 0.06, 0});
    person.identified = person.identified || person.sensors.back().identified;
  }
  return person;
}

/// The same of several people, in `k` groups.
inline Informations sample_informations(const std::vector<std::string>& users,
                                        const std::vector<std::string>& sensors, int k) {
  Informations all;
  all.folds = 4;
  all.seeds = 5;
  all.replicates = 20;
  all.sensors = sensors;
  InformationGroups groups;
  groups.k = k;
  groups.p = k > 1 ? 0.01 : 0.6;
  groups.silhouette = 0.4;
  groups.order = groups.users = users;
  for (std::size_t u = 0; u < users.size(); ++u) {
    all.people.push_back(sample_information(users[u], sensors, 0.2));
    all.people.back().agreement = 0.8;
    all.people.back().others = 0.3;
    groups.group.push_back(static_cast<int>(u) % k);
    groups.membership.emplace_back(static_cast<std::size_t>(k), 1.0 / k);
    groups.together.emplace_back(users.size(), 0.5);
  }
  groups.stability.assign(static_cast<std::size_t>(k), 0.9);
  all.everybody = sample_information("", sensors, 0.2);
  all.agreement = Agreement{0.8, 0.3, 0.9, 1.0 / static_cast<double>(users.size()), true};
  all.groups = groups;
  return all;
}

/// Minutes of two sessions; every third prediction is wrong.
inline Timeline sample_timeline(const std::string& user, const std::vector<std::string>& sensors,
                                int minutes) {
  Timeline timeline;
  timeline.user = user;
  timeline.classes = {"calm", "tense"};
  timeline.sensors = sensors;
  for (int i = 0; i < minutes; ++i) {
    timeline.minute.push_back(1598713200 + 60 * i + (2 * i > minutes ? 7200 : 0));
    timeline.truth.push_back(i / 7 % 2);
    timeline.said.push_back(i % 3 == 0 ? 1 - timeline.truth.back() : timeline.truth.back());
    for (std::size_t s = 0; s < sensors.size(); ++s)
      timeline.argument.push_back(static_cast<float>(std::sin(i + 2.0 * static_cast<double>(s))));
  }
  return timeline;
}

/// A full report of made-up numbers.
inline Report sample_report(int people, int modalities, int groups, int minutes) {
  static const std::vector<std::string> names = {"e4Acc", "e4Bvp", "e4Eda", "e4Hr", "e4Temp",
                                                 "mAcc",  "mGps",  "mGyr",  "mMag"};
  Random random(7);
  Report report;
  report.subtitle = "Generated recordings of " + std::to_string(people) + " people.";
  report.modalities.assign(names.begin(), names.begin() + modalities);
  for (int g = 0; g < groups; ++g)
    report.groups.push_back({std::string(1, static_cast<char>('A' + g)),
                             {},
                             std::vector<double>(static_cast<std::size_t>(modalities), 0)});
  for (int p = 0; p < people; ++p) {
    const auto user = std::to_string(101 + p);
    Person person{user, p % groups, minutes, {}};
    double total = 0;
    for (int m = 0; m < modalities; ++m) {
      person.importance.push_back((m % groups == p % groups ? 1 : 0.25) * random.uniform(0.5, 1.0));
      total += person.importance.back();
    }
    auto& group = report.groups[static_cast<std::size_t>(p % groups)];
    for (std::size_t m = 0; m < person.importance.size(); ++m)
      group.importance[m] += (person.importance[m] /= total) / 3;
    group.users.push_back(user);
    report.people.push_back(person);
    report.quality.push_back(sample_quality(random, user));
    report.training.push_back(sample_training(random, user, 1000));
  }
  ScoreCurve kmeans{"k-means", {}, {}}, ward{"Ward", {}, {}}, silhouette{"Ward", {}, {}};
  for (int k = 2; k <= 10; ++k) {
    for (auto* curve : {&kmeans, &ward, &silhouette}) curve->k.push_back(k);
    kmeans.score.push_back(2.1 * k + random.uniform());
    ward.score.push_back(1.7 * k + random.uniform());
    silhouette.score.push_back(k < 3 ? NAN : 0.5 - 0.02 * (k - 5) * (k - 5));
  }
  report.selection = {{kmeans, ward}, {silhouette}, 5, "k = 5 has the best silhouette."};
  report.importance_map = sample_map(random, people, groups, minutes, 1);
  report.raw_map = sample_map(random, people, groups, minutes, 0.1);
  for (const auto& group : report.groups)
    report.comparison.push_back({group.name, 1200, 0.61 + 0.1 * random.uniform(),
                                 0.66 + 0.1 * random.uniform(), 0.7, 0.7 + 0.1 * random.uniform()});
  for (int p = 0; p < people; ++p)
    report.held_out.push_back({report.people[static_cast<std::size_t>(p)].user, p % groups,
                               (p + p / 4) % groups, 900, 0.4 + 0.1 * random.uniform(),
                               0.4 + 0.2 * random.uniform()});
  Judged everybody;
  everybody.user = "everybody";
  everybody.figures = {{"network", 0.71, 0.625, 0.755, 0.8, 0.5, 0.048, 0.123},
                       {"clock", 0.333, 0.25, 0.5, 0.6, 0.1, 0.9, 0.456}};
  report.evaluation = {everybody};
  report.settings = {
      {"all", "seed", "1"}, {"networks", "epochs", "1000"}, {"networks", "split", "0.7, 0.1, 0.2"}};
  return report;
}

}  // namespace lifelog::examples::report
