// SPDX-License-Identifier: MIT
#pragma once

#include "plan.hpp"

namespace lifelog::inline LIFELOG_ABI::generator::detail {

/// Minutes of a session that stands for a defect: enough to be taken for a recording.
inline constexpr Index flawed_minutes = 3;

/// Which modality a defect is about; −1: none, or all.
LIFELOG_LAZY Index draw_modality(Random& random, DefectKind kind) {
  const auto pick = [&random](const auto& from) { return from[random.below(from.size())]; };
  // mGps is spared bad cells, since which of its columns count depends on the reader's rules; implausible
  // values go where they are a blemish and not the ruin of whoever trains on unscaled values.
  static constexpr std::array<Index, 8> with_cells{0, 1, 2, 3, 4, 5, 7, 8};
  static constexpr std::array<Index, 5> robust{0, 3, 4, 5, 7};
  switch (kind) {
    case DefectKind::missing_file:
    case DefectKind::crlf_file:
    case DefectKind::stray_csv:
    case DefectKind::missing_folder:
    case DefectKind::empty_folder:
      return static_cast<Index>(random.below(9));
    case DefectKind::partial_minute:
      return pick(series_modalities);
    case DefectKind::cell_na:
    case DefectKind::cell_null:
    case DefectKind::cell_nan:
    case DefectKind::cell_empty:
    case DefectKind::overflowing_value:
      return pick(with_cells);
    case DefectKind::implausible_value:
      return pick(robust);
    default:
      return -1;
  }
}

/// A short recording that shows one defect; the person gets it as one more session.
LIFELOG_LAZY void add_flawed_session(GeneratedPerson& person, DefectKind kind, Index modality) {
  GeneratedSession session;
  const auto index = static_cast<Index>(person.sessions.size());
  auto random = Random(person.seed).fork(1u << 20).fork(static_cast<std::uint64_t>(index));
  session.start = session_start(random, index);
  session.folder = std::to_string(session.start);
  if (kind == DefectKind::non_numeric_folder) session.folder = "copy_of_" + session.folder;
  session.level.assign(static_cast<std::size_t>(flawed_minutes), 0);
  session.flawed = true;
  session.flaw = kind;
  session.flawed_modality = modality;
  person.sessions.push_back(std::move(session));
}

/// Deals defects one kind after the other, until the share asked for is reached: minute defects to minutes
/// drawn without replacement, session defects to a person each.
LIFELOG_LAZY class DirtDealer {
 public:
  explicit DirtDealer(GeneratorPlan& plan) : plan_(plan), random_(Random(plan.options.seed).fork(7)) {
    const auto& options = plan.options;
    slots_.resize(static_cast<std::size_t>(options.users * options.sessions * options.minutes));
    std::iota(slots_.begin(), slots_.end(), Index{0});
    users_.resize(static_cast<std::size_t>(options.users));
    std::iota(users_.begin(), users_.end(), Index{0});
    random_.shuffle(users_.begin(), users_.end());
    for (std::size_t k = 0; k < kinds_.size(); ++k) kinds_[k] = static_cast<DefectKind>(k);
    random_.shuffle(kinds_.begin(), kinds_.end());
  }

  void deal() {
    const auto wanted =
        static_cast<std::size_t>(std::llround(plan_.options.dirt * static_cast<double>(slots_.size())));
    for (std::size_t k = 0; plan_.defects.size() < wanted; ++k) {
      const auto kind = kinds_[k % kinds_.size()];
      auto& dealt = dealt_[static_cast<std::size_t>(kind)];
      if (is_session_defect(kind) && dealt == users_.size()) continue;
      plan_.defects.push_back(is_session_defect(kind) ? session_defect(kind, users_[dealt])
                                                      : minute_defect(kind));
      ++dealt;
    }
  }

 private:
  PlantedDefect session_defect(DefectKind kind, Index user) {
    auto& person = plan_.people[static_cast<std::size_t>(user)];
    PlantedDefect defect{kind, user, 0, -1, draw_modality(random_, kind)};
    if (is_extra_session(kind)) {
      defect.session = static_cast<Index>(person.sessions.size());
      add_flawed_session(person, kind, defect.modality);
    } else {
      defect.session = static_cast<Index>(random_.below(static_cast<std::uint64_t>(plan_.options.sessions)));
    }
    return defect;
  }

  PlantedDefect minute_defect(DefectKind kind) {
    const auto chosen = used_ + static_cast<std::size_t>(random_.below(slots_.size() - used_));
    std::swap(slots_[used_], slots_[chosen]);
    const Index slot = slots_[used_++], minutes = plan_.options.minutes, sessions = plan_.options.sessions;
    return {kind, slot / (minutes * sessions), slot / minutes % sessions, slot % minutes,
            draw_modality(random_, kind)};
  }

  GeneratorPlan& plan_;
  Random random_;
  std::vector<Index> slots_, users_;
  std::size_t used_ = 0;
  std::array<DefectKind, defect_kinds> kinds_{};
  std::array<std::size_t, defect_kinds> dealt_{};
};

}  // namespace lifelog::generator::detail

namespace lifelog::inline LIFELOG_ABI::generator {

/// Decides everything but the samples: people, groups, labels, defects. std::invalid_argument names an option
/// out of its range.
LIFELOG_LAZY GeneratorPlan plan_generator(const GeneratorOptions& options) {
  detail::check(options);
  GeneratorPlan plan;
  plan.options = options;
  const Random random(options.seed);
  plan.planted = detail::plant_groups(random.fork(5), options.groups, detail::plantable(options));
  plan.correlated = detail::plant_correlated(random.fork(10), options, plan.planted);
  std::vector<Index> group(static_cast<std::size_t>(options.users));
  for (std::size_t i = 0; i < group.size(); ++i) group[i] = static_cast<Index>(i) % options.groups;
  auto order = random.fork(6);
  order.shuffle(group.begin(), group.end());
  for (Index i = 0; i < options.users; ++i) {
    const Index own = group[static_cast<std::size_t>(i)];
    const auto shared = static_cast<Index>(plan.planted[static_cast<std::size_t>(own)].size());
    plan.people.push_back(detail::draw_person(options, i, own, shared));
  }
  detail::DirtDealer(plan).deal();
  return plan;
}

/// What there is to find in what a plan describes; `files` and `bytes` are 0 until it is written.
LIFELOG_LAZY GeneratorTruth truth_of(const GeneratorPlan& plan) {
  GeneratorTruth truth;
  truth.options = plan.options;
  for (const auto& set : plan.planted) {
    auto& names = truth.groups.emplace_back();
    for (const Index m : set) names.emplace_back(generated_modalities[static_cast<std::size_t>(m)]);
  }
  for (const Index m : plan.correlated)
    truth.correlated.emplace_back(m < 0 ? "" : generated_modalities[static_cast<std::size_t>(m)]);
  for (const auto& person : plan.people) {
    PersonTruth one;
    one.user = person.user;
    one.group = person.group;
    for (Index c = 0; c < person.classes; ++c) one.tensions.push_back(person.lowest + c);
    one.minutes = one.complete_minutes = plan.options.sessions * plan.options.minutes;
    truth.people.push_back(std::move(one));
  }
  for (const auto& defect : plan.defects) {
    const auto& person = plan.people[static_cast<std::size_t>(defect.person)];
    const auto& session = person.sessions[static_cast<std::size_t>(defect.session)];
    auto& one = truth.people[static_cast<std::size_t>(defect.person)];
    ++one.defects[static_cast<std::size_t>(defect.kind)];
    ++truth.defect_count[static_cast<std::size_t>(defect.kind)];
    if (spoils_minute(defect.kind)) --one.complete_minutes;
    truth.defects.push_back(
        {name(defect.kind), person.user, session.folder,
         defect.modality < 0 ? "" : generated_modalities[static_cast<std::size_t>(defect.modality)],
         defect.minute < 0 ? -1 : session.start + 60 * defect.minute});
  }
  return truth;
}

}  // namespace lifelog::generator
