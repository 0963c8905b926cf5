// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace lifelog::examples {

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

/// A progress bar with rate and time left on standard error. Draws only when that is a terminal, and only
/// once the work has lasted a second, so that short work and piped output stay clean. Erases itself at the
/// end.
class Progress {
 public:
  /// what: a word or two before the bar; total: steps there will be; shown: false keeps it silent always.
  Progress(std::string what, double total, bool shown);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` steps of the total are behind us. `note` stands after the bar, e.g. "loss 0.31". Cheap to call
  /// often.
  void at(double done, const std::string& note = {});

  /// One step more.
  void step(const std::string& note = {}) { at(done_ + 1, note); }

  /// Erases the bar.
  void finish();

 private:
  void draw(const std::string& note);

  std::string what_;
  double total_;
  double done_ = 0;
  bool shown_;
  bool drawn_ = false;
  Stopwatch watch_;
  double last_ = 0;
};

}  // namespace lifelog::examples
