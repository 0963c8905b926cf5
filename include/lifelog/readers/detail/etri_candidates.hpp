// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../data/quality.hpp"
#include "../../data/rules.hpp"
#include "../etri_tree.hpp"
#include "../overlap.hpp"

// Which minutes of an ETRI person are read, as labels and names of files tell.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// A labelled minute that may become a bag.
struct EtriMinute {
  std::size_t session;
  std::int64_t ts;
  std::string label;
  const char* repair;  ///< a `lifelog::data::reason`, null when its label was as it should be
};

/// Minutes worth reading; accounts for all others of the person at once.
LIFELOG_LAZY class EtriCandidates {
 public:
  EtriCandidates(const std::vector<EtriSession>& sessions, EtriTarget target, const data::Rules& rules,
                 bool allow_missing, data::Quality& quality)
      : target_(target), rules_(rules), allow_missing_(allow_missing), quality_(quality) {
    for (std::size_t s = 0; s < sessions.size(); ++s) {
      const auto labels = read_etri_labels(sessions[s], quality);
      const auto column = labels.find(etri_label_column(target));
      if (!column && !labels.ts.empty())
        quality.defect("bad_label_file", labels.file, 1,
                       "expected a column \"" + std::string(etri_label_column(target)) + "\"");
      for (const auto ts : labels.ts) labelled_.push_back({ts, ts + 60});
      for (const auto& minutes : sessions[s].minutes)
        for (const auto ts : minutes) recorded_.push_back({ts, ts + 60});
      for (const auto ts : etri_minutes(sessions[s], labels)) consider(s, ts, sessions[s], labels, column);
    }
  }

  /// As `overlap_fault`, of all sessions.
  std::string overlap() const { return overlap_fault(labelled_, recorded_); }

  std::vector<EtriMinute> take() { return std::move(minutes_); }

 private:
  void consider(std::size_t s, std::int64_t ts, const EtriSession& session, const EtriLabels& labels,
                std::optional<std::size_t> column) {
    const auto drop = [&](const char* why) {
      quality_.drop(why, (session.path / std::to_string(ts)).string());
    };
    const auto row = labels.find(ts);
    if (!row) return drop(data::reason::unlabelled);
    if (!column) return drop(data::reason::bad_label);
    auto label = usable_label(labels.cell(*row, *column), target_, rules_);
    if (label.why != nullptr) {
      quality_.note(labels.file, labels.line[*row],
                    "label \"" + lifelog::detail::shown(labels.cell(*row, *column), 80) + "\" is not usable");
      return quality_.drop(label.why, data::Quality::place(labels.file, labels.line[*row]));
    }
    std::size_t recorded = 0;
    for (std::size_t m = 0; m < session.minutes.size(); ++m) recorded += session.has(m, ts);
    if (recorded == 0 || (recorded < session.minutes.size() && !allow_missing_))
      return drop(data::reason::missing_modality);
    const bool respelt = target_ == EtriTarget::action && labels.misspelt[*row];
    minutes_.push_back({s, ts, std::move(label.text),
                        labels.repeated[*row] ? data::reason::duplicate_label
                        : respelt             ? data::reason::misspelt_action
                                              : nullptr});
  }

  EtriTarget target_;
  const data::Rules& rules_;
  bool allow_missing_;
  data::Quality& quality_;
  std::vector<EtriMinute> minutes_;
  std::vector<TimeSpan> labelled_, recorded_;
};

}  // namespace lifelog::readers::detail
