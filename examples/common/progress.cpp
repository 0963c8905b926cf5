// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "table.hpp"

namespace lifelog::examples {

namespace {

constexpr double quiet_seconds = 1;
constexpr double redraw_seconds = 0.1;
constexpr int bar_width = 30;

std::string bar(double share) {
  const int full = static_cast<int>(share * bar_width);
  std::string text = "[";
  for (int i = 0; i < bar_width; ++i) text += i < full ? '#' : '.';
  return text + ']';
}

std::string rate(double per_second) {
  return per_second >= 1 ? fixed(per_second, 1) + "/s" : duration(1 / per_second) + " each";
}

}  // namespace

Progress::Progress(std::string what, double total, bool shown)
    : what_(std::move(what)), total_(total), shown_(shown && total > 0 && isatty(STDERR_FILENO) == 1) {}

void Progress::at(double done, const std::string& note) {
  done_ = done;
  if (!shown_) return;
  const double now = watch_.seconds();
  if (now < quiet_seconds || (drawn_ && now - last_ < redraw_seconds)) return;
  last_ = now;
  draw(note);
}

void Progress::draw(const std::string& note) {
  const double share = std::clamp(done_ / total_, 0.0, 1.0);
  std::string line = "\r\033[K" + what_ + ' ' + bar(share) + ' ' + fixed(100 * share, 0) + '%';
  if (done_ > 0) {
    const double speed = done_ / watch_.seconds();
    line += "  " + rate(speed) + "  " + duration((total_ - done_) / speed) + " left";
  }
  if (!note.empty()) line += "  " + note;
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::finish() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = shown_ = false;
}

}  // namespace lifelog::examples
