// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "../../core/parallel.hpp"
#include "../dirt.hpp"
#include "folder.hpp"
#include "text.hpp"

namespace lifelog::inline LIFELOG_ABI::generator::detail {

/// The defects of one session.
struct SessionDirt {
  std::vector<Index> minute_defects;  ///< [minutes], index in the plan's defects, −1: none
  bool crlf_labels = false;
  std::vector<Index> stray;  ///< modalities
};

LIFELOG_LAZY std::vector<std::vector<SessionDirt>> dirt_by_session(const GeneratorPlan& plan) {
  std::vector<std::vector<SessionDirt>> dirt(plan.people.size());
  for (std::size_t p = 0; p < dirt.size(); ++p) {
    dirt[p].resize(plan.people[p].sessions.size());
    for (std::size_t s = 0; s < dirt[p].size(); ++s)
      dirt[p][s].minute_defects.assign(plan.people[p].sessions[s].level.size(), -1);
  }
  for (std::size_t d = 0; d < plan.defects.size(); ++d) {
    const auto& defect = plan.defects[d];
    auto& session = dirt[static_cast<std::size_t>(defect.person)][static_cast<std::size_t>(defect.session)];
    if (defect.minute >= 0)
      session.minute_defects[static_cast<std::size_t>(defect.minute)] = static_cast<Index>(d);
    if (defect.kind == DefectKind::crlf_labels) session.crlf_labels = true;
    if (defect.kind == DefectKind::stray_csv) session.stray.push_back(defect.modality);
  }
  return dirt;
}

/// Minutes [begin, end) of a session: what one thread writes at a time.
struct TreeTask {
  Index person, session, begin, end;
};

/// Writes parts of a tree; one for each piece of work, so that buffers are reused and counts are its own.
LIFELOG_LAZY class TreeWriter {
 public:
  TreeWriter(const GeneratorPlan& plan, const std::filesystem::path& users) : plan_(plan), users_(users) {}

  Index files = 0, bytes = 0;

  std::filesystem::path session_path(Index person, Index session) const {
    const auto& one = plan_.people[static_cast<std::size_t>(person)];
    return users_ / one.user / one.sessions[static_cast<std::size_t>(session)].folder;
  }

  /// The session's folders, label file and stray files.
  void open_session(Index person, Index session, const SessionDirt& dirt) {
    const auto path = session_path(person, session);
    for (Index m = 0; m < 9; ++m)
      if (!has_flaw(person, session, DefectKind::missing_folder, m))
        make_folder(path / generated_modalities[static_cast<std::size_t>(m)]);
    write(path / (path.filename().string() + "_label.csv"),
          label_text(plan_, person, session, dirt.minute_defects, dirt.crlf_labels ? "\r\n" : "\n"));
    for (const Index m : dirt.stray)
      write(path / (std::string(generated_modalities[static_cast<std::size_t>(m)]) + ".csv"),
            "datetime,value\n" + std::to_string(session_of(person, session).start) + ",0\n");
  }

  /// The sensor files of a task's minutes.
  void write_task(const TreeTask& task, const SessionDirt& dirt) {
    for (Index minute = task.begin; minute < task.end; ++minute)
      write_minute(task.person, task.session, minute, dirt.minute_defects[static_cast<std::size_t>(minute)]);
  }

 private:
  void write_minute(Index person, Index session, Index minute, Index defect_index) {
    const auto* defect = defect_index < 0 ? nullptr : &plan_.defects[static_cast<std::size_t>(defect_index)];
    if (defect != nullptr && defect->kind == DefectKind::missing_minute) return;
    generate_minute(plan_, person, session, minute, tables_);
    const auto file = std::to_string(session_of(person, session).start + 60 * minute) + ".csv";
    for (Index m = 0; m < 9; ++m) {
      const bool concerned = defect != nullptr && defect->modality == m;
      if (concerned && defect->kind == DefectKind::missing_file) continue;
      if (has_flaw(person, session, DefectKind::missing_folder, m) ||
          has_flaw(person, session, DefectKind::empty_folder, m))
        continue;
      text_.clear();
      compose(person, m, concerned ? defect : nullptr);
      write(session_path(person, session) / generated_modalities[static_cast<std::size_t>(m)] / file, text_);
    }
  }

  const GeneratedSession& session_of(Index person, Index session) const {
    return plan_.people[static_cast<std::size_t>(person)].sessions[static_cast<std::size_t>(session)];
  }

  bool has_flaw(Index person, Index session, DefectKind kind, Index modality) const {
    const auto& one = session_of(person, session);
    return one.flawed && one.flaw == kind && one.flawed_modality == modality;
  }

  /// A sensor's file of the minute in `tables_`, with the defect, if any.
  void compose(Index person, Index modality, const PlantedDefect* defect) {
    const auto& table = tables_[static_cast<std::size_t>(modality)];
    const auto& style = file_style(modality, plan_.people[static_cast<std::size_t>(person)].traits.angles);
    auto rows = static_cast<Index>(table.shape(0));
    std::string_view newline = "\n";
    OddCell odd;
    if (defect != nullptr) {
      Random random =
          Random(plan_.options.seed).fork(8).fork(static_cast<std::uint64_t>(defect - plan_.defects.data()));
      if (defect->kind == DefectKind::crlf_file) newline = "\r\n";
      if (defect->kind == DefectKind::partial_minute)
        rows = 1 + static_cast<Index>(random.below(static_cast<std::uint64_t>(rows * 9 / 10)));
      odd = odd_cell(random, defect->kind, modality, std::min<Index>(rows, modality >= 5 ? 1786 : rows));
    }
    append_table(text_, style, table, rows, newline, odd);
  }

  /// A cell among the first `rows` rows and the columns every reader wants; no cell for kinds that spoil
  /// none.
  static OddCell odd_cell(Random& random, DefectKind kind, Index modality, Index rows) {
    static constexpr std::array<std::string_view, 9> implausible{"-19.5",  "", "",     "412.0", "431.25",
                                                                 "-487.5", "", "97.5", ""};
    OddCell odd;
    switch (kind) {
      case DefectKind::cell_na:
        odd.text = "na";
        break;
      case DefectKind::cell_null:
        odd.text = "null";
        break;
      case DefectKind::cell_nan:
        odd.text = "NaN";
        break;
      case DefectKind::cell_empty:
        break;
      case DefectKind::overflowing_value:
        odd.text = random.below(2) == 0 ? "-7.3e+38" : "1.9e+212";
        break;
      case DefectKind::implausible_value:
        odd.text = implausible[static_cast<std::size_t>(modality)];
        break;
      default:
        return odd;
    }
    odd.row = static_cast<Index>(random.below(static_cast<std::uint64_t>(rows)));
    odd.column = 1 + static_cast<Index>(random.below(std::min<std::uint64_t>(
                         3, static_cast<std::uint64_t>(file_style(modality, false).columns))));
    return odd;
  }

  void write(const std::filesystem::path& path, std::string_view text) {
    write_whole(path, text);
    ++files;
    bytes += static_cast<Index>(text.size());
  }

  const GeneratorPlan& plan_;
  std::filesystem::path users_;
  GeneratedMinute tables_;
  std::string text_;
};

LIFELOG_LAZY std::vector<TreeTask> tree_tasks(const GeneratorPlan& plan) {
  constexpr Index size = 4;
  std::vector<TreeTask> tasks;
  for (std::size_t p = 0; p < plan.people.size(); ++p)
    for (std::size_t s = 0; s < plan.people[p].sessions.size(); ++s) {
      const auto minutes = static_cast<Index>(plan.people[p].sessions[s].level.size());
      for (Index i = 0; i < piece_count(size, minutes); ++i) {
        const auto piece = piece_of(i, size, minutes);
        tasks.push_back({static_cast<Index>(p), static_cast<Index>(s), piece.begin, piece.end});
      }
    }
  return tasks;
}

LIFELOG_LAZY std::string user_info_text(const GeneratorPlan& plan) {
  std::string text = "userId,gender,age,height,weight,startDt,endDt\r\n";
  for (const auto& person : plan.people) {
    auto random = Random(person.seed).fork(1u << 22);
    const bool woman = random.below(2) == 0;
    const auto whole = [](double x) { return std::to_string(std::lround(x)); };
    const double height = random.normal(woman ? 161 : 174, 5);
    text += person.user + (woman ? ",F," : ",M,") + std::to_string(20 + random.below(25)) + ',' +
            whole(height) + ',' + whole(0.0001 * height * height * random.uniform(19, 26)) + ',' +
            std::to_string(person.sessions.front().start) + ',' +
            std::to_string(person.sessions[static_cast<std::size_t>(plan.options.sessions - 1)].start +
                           60 * plan.options.minutes) +
            "\r\n";
  }
  return text;
}

}  // namespace lifelog::generator::detail
