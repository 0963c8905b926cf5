// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "../signals.hpp"

namespace lifelog::inline LIFELOG_ABI::generator::detail {

/// Writes `value` with exactly `decimals` digits after the point, and returns the end; needs 32 characters of
/// room. value: below 10¹¹, a multiple of 10^−decimals up to rounding.
LIFELOG_LAZY char* put_fixed(char* out, double value, int decimals) {
  const double scale = powers_of_ten[static_cast<std::size_t>(decimals)];
  auto scaled = static_cast<std::int64_t>(std::nearbyint(value * scale));
  if (scaled < 0) {
    *out++ = '-';
    scaled = -scaled;
  }
  const auto unit = static_cast<std::int64_t>(scale);
  out = std::to_chars(out, out + 24, scaled / unit).ptr;
  if (decimals == 0) return out;
  *out = '.';
  auto fraction = scaled % unit;
  for (int d = decimals; d > 0; --d, fraction /= 10) out[d] = static_cast<char>('0' + fraction % 10);
  return out + decimals + 1;
}

/// One cell of a sensor file that says something else than the sensor.
struct OddCell {
  Index row = -1, column = 0;
  std::string_view text;
};

/// Appends the first `rows` rows of a table as CSV.
LIFELOG_LAZY void append_table(std::string& out, const FileStyle& style, const xt::xtensor<double, 2>& table,
                               Index rows, std::string_view newline, const OddCell& odd) {
  const Index width = style.columns + 1;
  out.append(style.header).append(newline);
  auto end = out.size();
  out.resize(end + static_cast<std::size_t>(rows * (width * 32 + 2)));
  char* const begin = out.data();
  char* at = begin + end;
  const double* value = table.data();
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < width; ++column, ++value) {
      if (column > 0) *at++ = ',';
      if (row == odd.row && column == odd.column)
        at += odd.text.copy(at, 32);
      else
        at = put_fixed(at, *value, style.decimals[static_cast<std::size_t>(column)]);
    }
    at += newline.copy(at, 2);
  }
  out.resize(static_cast<std::size_t>(at - begin));
}

struct Activity {
  std::string_view cells;  ///< action,actionOption,actionSub,actionSubOption
  std::string_view place;
  int activity;
};

/// What people are doing, whom with and how they feel about it: for some minutes each, whatever their
/// tension.
class DiaryWriter {
 public:
  explicit DiaryWriter(Random random) : random_(random) {}

  static constexpr std::string_view header =
      "ts,action,actionOption,actionSub,actionSubOption,condition,conditionSub1Option,conditionSub2Option,"
      "place,"
      "emotionPositive,emotionTension,activity";

  /// The next minute's row, without line end. tension: empty leaves the cell empty; misspelt: the action's
  /// name is.
  std::string row(std::int64_t ts, std::string_view tension, bool misspelt) {
    if (left_ == 0) next();
    --left_;
    std::string text = std::to_string(ts) + ".0,";
    const auto cells = activity_->cells;
    text += misspelt ? "communitiy_interaction" : cells.substr(0, cells.find(','));
    text += cells.substr(cells.find(','));
    text += company_;
    text += activity_->place;
    text += ',' + std::to_string(positive_) + ',';
    text += tension;
    return text + ',' + std::to_string(activity_->activity);
  }

 private:
  void next() {
    static constexpr std::array<Activity, 10> activities{
        {{"personal_care,121,,", "home", 3},
         {"household,411,,", "home", 2},
         {"work,211,,", "workplace", 3},
         {"study,311,,", "workplace", 3},
         {"meal,131,meal_amount,2", "restaurant", 3},
         {"travel,911,,", "other_indoor", 0},
         {"outdoor_act,721,,", "outdoor", 7},
         {"recreation_media,712,,", "home", 3},
         {"socialising,811,,", "restaurant", 3},
         {"community_interaction,821,,", "other_indoor", 3}}};
    static constexpr std::array<std::string_view, 3> companies{",ALONE,,,", ",WITH_ONE,1,T,",
                                                               ",WITH_MANY,2,T,"};
    activity_ = &activities[random_.below(activities.size())];
    company_ = companies[random_.below(companies.size())];
    positive_ = 1 + static_cast<int>(random_.below(7));
    left_ = 5 + random_.below(40);
  }

  Random random_;
  const Activity* activity_ = nullptr;
  std::string_view company_;
  int positive_ = 4;
  std::uint64_t left_ = 0;
};

/// A session's label file. defects: per minute the index of its defect in the plan, −1 for none.
LIFELOG_LAZY std::string label_text(const GeneratorPlan& plan, Index person_index, Index session_index,
                                    const std::vector<Index>& defects, std::string_view newline) {
  const auto& person = plan.people[static_cast<std::size_t>(person_index)];
  const auto& session = person.sessions[static_cast<std::size_t>(session_index)];
  DiaryWriter diary(Random(person.seed).fork(1u << 21).fork(static_cast<std::uint64_t>(session_index)));
  std::string text(DiaryWriter::header);
  text += newline;
  if (session.flawed && session.flaw == DefectKind::header_only_labels) return text;
  for (std::size_t minute = 0; minute < session.level.size(); ++minute) {
    const auto* defect =
        defects[minute] < 0 ? nullptr : &plan.defects[static_cast<std::size_t>(defects[minute])];
    const auto is = [defect](DefectKind kind) { return defect != nullptr && defect->kind == kind; };
    const auto ts = session.start + 60 * static_cast<std::int64_t>(minute);
    const auto tension = std::to_string(person.lowest + session.level[minute]);
    const auto row =
        diary.row(ts, is(DefectKind::empty_tension) ? "" : tension, is(DefectKind::misspelt_action));
    if (is(DefectKind::unlabelled_minute)) continue;
    text.append(row).append(newline);
    if (is(DefectKind::duplicate_ts)) {
      const auto other = std::to_string(person.lowest + (session.level[minute] + 1) % person.classes);
      text.append(diary.row(ts, other, false)).append(newline);
    }
  }
  return text;
}

}  // namespace lifelog::generator::detail
