// SPDX-License-Identifier: MIT

#include "evaluating.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/core/parallel.hpp>
#include <lifelog/data/cells.hpp>
#include <lifelog/evaluate/null_test.hpp>
#include <lifelog/evaluate/without_sensors.hpp>
#include <lifelog/io/atomic_file.hpp>
#include <lifelog/predict/dataset_bags.hpp>
#include <lifelog/readers/csv.hpp>
#include <limits>
#include <map>
#include <mutex>

#include "../common/table.hpp"
#include "evaluation_metrics.hpp"
#include "feature_baselines.hpp"
#include "measuring.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;
using Rows = std::vector<Index>;

/// Share of what does not test that validates.
double valid_share(const evaluate::SplitOptions& split) {
  const double rest = split.train + split.valid;
  return rest > 0 ? split.valid / rest : 0;
}

evaluate::FoldOptions fold_options(const TrainingOptions& training, const EvaluationOptions& options,
                                   evaluate::Scheme scheme) {
  evaluate::FoldOptions folds;
  folds.scheme = scheme;
  folds.folds = options.folds;
  const bool blocks = scheme == evaluate::Scheme::blocked || scheme == evaluate::Scheme::session;
  folds.gap = options.gap.value_or(blocks && options.split_file.empty() ? 1 : 0);
  folds.valid = valid_share(training.split);
  folds.seed = training.train.seed;
  return folds;
}

/// One network and the baselines on one fold.
struct Job {
  evaluate::Split split;
  std::vector<Index> labels;  ///< of all minutes
  std::uint64_t seed = 0;
  Index replicate = 0;  ///< seed, from 0
  int fold = 0;
  int null = -1;          ///< which repetition with shifted labels
  bool shuffled = false;  ///< for the leak
  bool kept = false;      ///< has been trained already
  Rows predicted;
  std::vector<Rows> of_baselines;
  ordered_json note;
  RowMatrix<float> valid_log_p, test_log_p;
  // Where sensors are measured.
  std::optional<mil::AnyModel> model;
  RowMatrix<double> log_probabilities;  ///< [test, C]
  std::optional<importance::TrustEvidence> evidence;
  std::optional<ReplicateMeasures> measures;

  bool replicate_of_truth() const { return null < 0 && !shuffled; }
};

data::DataSet with_labels(const data::DataSet& data, const std::vector<Index>& labels) {
  auto own = data;
  std::copy(labels.begin(), labels.end(), own.label.begin());
  return own;
}

/// What a network says of the minutes it was not trained on. data: as it was trained.
void ask(const mil::AnyModel& model, const data::DataSet& data, Job& job) {
  job.log_probabilities = log_probabilities_of(model, data, job.split.test, 1);
  job.evidence = trust_evidence_of(model, data, job.split.test, class_shares_of(data, job.split.train), 1);
  job.model = model;
}

void train_job(const data::DataSet& data, const TrainingOptions& options, bool measure, Job& job) {
  auto own_options = options;
  own_options.minutes = job.split;
  own_options.train.seed = job.seed;
  own_options.resume = false;
  own_options.threads = 1;
  auto own = with_labels(data, job.labels);
  const auto training = train_network(own, own_options);
  job.predicted = training.predicted;
  job.note = {{"status", status_name(training.status)}, {"best_epoch", training.best_epoch}};
  job.valid_log_p = training.valid_log_p, job.test_log_p = training.test_log_p;
  if (!measure || !job.replicate_of_truth()) return;
  ask(training.model, own, job);
}

/// The class of the highest mean probability over networks, minute by minute, the lowest of equals; networks that make no numbers of a
/// minute do not count.
Rows ensemble_of(const std::vector<const RowMatrix<double>*>& log_probabilities) {
  const auto& first = *log_probabilities.front();
  Rows predicted;
  for (Index n = 0; n < first.rows(); ++n) {
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(first.cols());
    for (const auto* one : log_probabilities)
      if (one->row(n).allFinite()) sum += one->row(n).array().exp().matrix();
    Index best = 0;
    sum.maxCoeff(&best);
    predicted.push_back(best);
  }
  return predicted;
}

/// Mean of those that are known; null where none is.
ordered_json mean_known(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double value : values)
    if (value == value) sum += value, ++count;
  return count > 0 ? ordered_json(sum / count) : ordered_json();
}

ordered_json faithfulness_json(const std::vector<MeasureFaithfulness>& replicates) {
  std::vector<double> rank, aopcr, polarity;
  for (const auto& one : replicates) {
    rank.push_back(one.rank_correlation);
    aopcr.push_back(one.aopcr);
    polarity.push_back(one.polarity);
  }
  return {{"rank_correlation", mean_known(rank)},
          {"aopcr", mean_known(aopcr)},
          {"polarity", mean_known(polarity)}};
}

/// What has no series for MiniRocket has no predictions of it.
void train_baselines(const evaluate::Items& items, const FeatureBaselines& features, Job& job) {
  auto own = items;
  own.label = job.labels;
  job.of_baselines = {evaluate::predict_majority(own, job.split.train, job.split.test),
                      evaluate::predict_clock(own, job.split.train, job.split.test),
                      features.statistics(job.labels, job.split), features.minirocket(job.labels, job.split)};
}

/// Macro F1 of some jobs' predictions, pooled over folds, by one of their lists.
template<class List>
double pooled_f1(const std::vector<Job>& jobs, Index classes, int null, List list) {
  metrics::ConfusionMatrix confusion(classes);
  for (const auto& job : jobs) {
    if (job.null != null || job.shuffled || job.replicate != 0) continue;
    const Rows& predicted = list(job);
    for (std::size_t k = 0; k < predicted.size(); ++k)
      confusion.add(job.labels[static_cast<std::size_t>(job.split.test[k])], predicted[k]);
  }
  return confusion.macro_f1();
}

class PersonEvaluation {
 public:
  PersonEvaluation(const data::DataSet& data, const MinutePlan& plan, const Training& kept,
                   const TrainingOptions& training, const EvaluationOptions& options)
      : data_(data),
        items_(items_of(data)),
        plan_(plan),
        kept_(kept),
        training_(training),
        options_(options),
        classes_(static_cast<Index>(data.classes.size())),
        blocks_(evaluate::blocks_of(items_)),
        features_(data, training.train.seed, training.threads) {}

  Judgement run(const std::function<void(double)>& seen) {
    list_jobs();
    std::mutex one_at_a_time;
    double done = 0, all = static_cast<double>(jobs_.size());
    if (options_.measure) all *= 1.25;  // measuring takes about a fifth
    const auto for_jobs = [&](double effort, const auto& work) {
      parallel_for(static_cast<Index>(jobs_.size()), training_.threads, [&](Index piece) {
        work(jobs_[static_cast<std::size_t>(piece)]);
        const std::lock_guard lock(one_at_a_time);
        if (seen) seen(std::min(1.0, (done += effort) / all));
      });
    };
    for_jobs(1, [&](Job& job) {
      train_baselines(items_, features_, job);
      if (!job.kept)
        train_job(data_, training_, options_.measure, job);
      else if (options_.measure)
        ask_kept(job);
    });
    if (options_.measure) {
      find_trust();
      for_jobs(0.25, [&](Job& job) {
        if (job.replicate_of_truth()) measure(job);
      });
    }
    return collect();
  }

 private:
  void ask_kept(Job& job) {
    auto own = data_;
    standardize_as(kept_.model, own, 1);
    ask(kept_.model, own, job);
  }

  /// How far the networks of a fold are believed, by how far those of the others were right on their minutes: none of these minutes
  /// was the fold's to test.
  void find_trust() {
    int folds = 0;
    for (const auto& job : jobs_)
      if (job.replicate_of_truth()) folds = std::max(folds, job.fold + 1);
    for (int fold = 0; fold < folds; ++fold) {
      importance::TrustEvidence evidence(static_cast<Index>(data_.modalities.size()));
      for (const auto& job : jobs_)
        if (job.evidence && job.fold != fold) evidence.add(*job.evidence);
      trust_.push_back(evidence.fit());
    }
    for (auto& job : jobs_) job.evidence.reset();
  }

  void measure(Job& job) const {
    auto own = data_;
    standardize_as(*job.model, own, 1);
    job.measures = measure_replicate(*job.model, own, job.split.test, class_shares_of(own, job.split.train),
                                     trust_[static_cast<std::size_t>(job.fold)], job.seed, 1);
    job.model.reset();
  }

  void list_jobs() {
    const bool whole = plan_.folds.empty();  // split by shares: one fold
    const auto folds = whole ? std::vector<evaluate::Split>{kept_.split} : plan_.folds;
    const auto count = options_.all_folds ? folds.size() : 1;
    for (Index seed = 0; seed < options_.seeds; ++seed)
      for (std::size_t f = 0; f < count; ++f) {
        auto& job = add_job(folds[f], items_.label, seed, static_cast<int>(f));
        job.kept = seed == 0 && f == 0;
        if (job.kept) {
          job.predicted = kept_.predicted;
          job.note = {{"status", status_name(kept_.status)}, {"best_epoch", kept_.best_epoch}};
          job.valid_log_p = kept_.valid_log_p, job.test_log_p = kept_.test_log_p;
        }
      }
    if (options_.leak && plan_.way != "shuffled" && plan_.way != "split-file" && options_.all_folds) {
      auto shuffled = fold_options(training_, options_, evaluate::Scheme::shuffled);
      shuffled.folds = static_cast<Index>(folds.size());
      shuffled.gap = 0;
      int f = 0;
      for (const auto& fold : evaluate::make_folds(items_, shuffled).folds)
        add_job(fold, items_.label, 0, f++).shuffled = true;
    }
    for (Index k = 0; k < options_.nulls; ++k) list_null(static_cast<int>(k), folds, count);
  }

  Job& add_job(const evaluate::Split& split, const std::vector<Index>& labels, Index seed, int fold) {
    Job job;
    job.split = split;
    job.labels = labels;
    job.replicate = seed;
    job.seed = training_.train.seed + static_cast<std::uint64_t>(seed);
    job.fold = fold;
    jobs_.push_back(std::move(job));
    return jobs_.back();
  }

  /// The same analysis of labels that go round in their sessions; folds are made of them anew where labels make folds.
  void list_null(int null, const std::vector<evaluate::Split>& folds, std::size_t count) {
    auto shifted = items_;
    shifted.label = evaluate::shifted_labels(
        items_, Random(training_.train.seed).fork(1000 + static_cast<std::uint64_t>(null)));
    auto own = folds;
    if (!plan_.folds.empty() && options_.split_file.empty()) {
      auto again = fold_options(training_, options_, scheme_of_plan());
      again.folds = static_cast<Index>(folds.size());
      again.gap = plan_.gap;
      own = evaluate::make_folds(shifted, again).folds;
    }
    for (std::size_t f = 0; f < std::min(count, own.size()); ++f)
      add_job(own[f], shifted.label, 0, static_cast<int>(f)).null = null;
  }

  evaluate::Scheme scheme_of_plan() const {
    const auto found = std::find(evaluate::scheme_names.begin(), evaluate::scheme_names.end(), plan_.way);
    return static_cast<evaluate::Scheme>(found - evaluate::scheme_names.begin());
  }

  template<class List>
  Predictions predictions(const std::string& name, bool shuffled, List list) const {
    Predictions result;
    result.name = name;
    for (const auto& job : jobs_) {
      if (job.null >= 0 || job.shuffled != shuffled) continue;
      const Rows& predicted = list(job);
      for (std::size_t k = 0; k < predicted.size(); ++k) {
        const auto row = static_cast<std::size_t>(job.split.test[k]);
        result.judged.add(job.labels[row], predicted[k], 0, blocks_[row], job.replicate);
      }
    }
    if (!shuffled)
      for (int k = 0; k < options_.nulls; ++k) result.null_f1.push_back(pooled_f1(jobs_, classes_, k, list));
    return result;
  }

  /// [folds], what all seeds' networks say together of the minutes that a fold tests.
  std::vector<Rows> ensembles() const {
    std::vector<Rows> result;
    for (std::size_t fold = 0; fold < trust_.size(); ++fold) {
      std::vector<const RowMatrix<double>*> said;
      for (const auto& job : jobs_)
        if (job.replicate_of_truth() && job.fold == static_cast<int>(fold))
          said.push_back(&job.log_probabilities);
      result.push_back(ensemble_of(said));
    }
    return result;
  }

  Measured measured() const {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    Measured result;
    for (const auto& modality : data_.modalities) result.modalities.push_back(modality.name);
    const auto sensors = static_cast<Index>(result.modalities.size());
    result.bits.assign(static_cast<std::size_t>(options_.seeds),
                       RowMatrix<double>::Constant(items_.size(), sensors, unknown));
    result.contributions.setConstant(items_.size(), sensors * classes_,
                                     std::numeric_limits<float>::quiet_NaN());
    result.fold.assign(items_.label.size(), -1);
    for (const auto& trust : trust_)
      result.trust.push_back(trust(~importance::Coalition{0} >> (64 - result.modalities.size())));
    for (const auto& job : jobs_) {
      if (!job.measures) continue;
      for (std::size_t k = 0; k < job.split.test.size(); ++k) {
        const Index row = job.split.test[k], of_job = static_cast<Index>(k);
        result.fold[static_cast<std::size_t>(row)] = job.fold;
        result.bits[static_cast<std::size_t>(job.replicate)].row(row) = job.measures->bits.row(of_job);
        auto mean = result.contributions.row(row);
        if (job.replicate == 0) mean.setZero();
        mean += job.measures->contributions.values.row(of_job) / static_cast<float>(options_.seeds);
      }
    }
    return result;
  }

  void collect_measures(Judgement& result) const {
    result.measured = measured();
    const auto together = ensembles();
    std::vector<MeasureFaithfulness> attention, contributions;
    result.ensemble.emplace().name = "ensemble";
    for (const auto& job : jobs_) {
      if (!job.measures) continue;
      attention.push_back(job.measures->of_attention);
      contributions.push_back(job.measures->of_contributions);
      if (job.replicate != 0) continue;
      for (std::size_t k = 0; k < job.split.test.size(); ++k) {
        const auto row = static_cast<std::size_t>(job.split.test[k]);
        result.ensemble->judged.add(job.labels[row], together[static_cast<std::size_t>(job.fold)][k], 0,
                                    blocks_[row], 0);
      }
    }
    result.faithfulness = {{"attention", faithfulness_json(attention)},
                           {"contributions", faithfulness_json(contributions)}};
  }

  std::string predictions_csv() const {
    const auto together = ensembles();
    std::string csv = "timestamp,seed,fold,block,truth,network";
    for (const char* name : baseline_names) csv += std::string(",") + name;
    csv += together.empty() ? "\n" : ",ensemble\n";
    for (const auto& job : jobs_) {
      if (!job.replicate_of_truth()) continue;
      for (std::size_t k = 0; k < job.split.test.size(); ++k) {
        const auto row = static_cast<std::size_t>(job.split.test[k]);
        csv += std::to_string(items_.time[row]) + ',' + std::to_string(job.replicate) + ',' +
               std::to_string(job.fold + 1) + ',' + std::to_string(blocks_[row]) + ',' +
               std::to_string(job.labels[row]) + ',' + std::to_string(job.predicted[k]);
        for (const auto& baseline : job.of_baselines)
          csv += ',' + (baseline.empty() ? std::string() : std::to_string(baseline[k]));
        if (!together.empty()) csv += ',' + std::to_string(together[static_cast<std::size_t>(job.fold)][k]);
        csv += '\n';
      }
    }
    return csv;
  }

  Judgement collect() const {
    Judgement result;
    result.plan = plan_;
    const auto of_network = [](const Job& job) -> const Rows& { return job.predicted; };
    const auto of_baseline = [](std::size_t b) {
      return [b](const Job& job) -> const Rows& { return job.of_baselines[b]; };
    };
    result.network = predictions("network", false, of_network);
    const bool leak = std::any_of(jobs_.begin(), jobs_.end(), [](const Job& job) { return job.shuffled; });
    if (leak) result.shuffled_network = predictions("network", true, of_network);
    for (std::size_t b = 0; b < std::size(baseline_names); ++b) {
      result.baselines.push_back(predictions(baseline_names[b], false, of_baseline(b)));
      if (leak) result.shuffled_baselines.push_back(predictions(baseline_names[b], true, of_baseline(b)));
    }
    result.replicates = ordered_json::array();
    for (const auto& job : jobs_) {
      if (!job.replicate_of_truth()) continue;
      metrics::ConfusionMatrix confusion(classes_);
      for (std::size_t k = 0; k < job.predicted.size(); ++k)
        confusion.add(job.labels[static_cast<std::size_t>(job.split.test[k])], job.predicted[k]);
      ordered_json note{{"fold", job.fold + 1}, {"seed", job.seed}};
      note.update(job.note);
      note.update({{"train_minutes", job.split.train.size()},
                   {"valid_minutes", job.split.valid.size()},
                   {"test_minutes", job.split.test.size()},
                   {"f1", confusion.macro_f1()},
                   {"accuracy", confusion.accuracy()}});
      result.replicates.push_back(std::move(note));
      result.valid_said.add(job.valid_log_p, job.labels, job.split.valid);
      result.test_said.add(job.test_log_p, job.labels, job.split.test);
    }
    if (options_.measure) collect_measures(result);
    result.predictions_csv = predictions_csv();
    return result;
  }

  const data::DataSet& data_;
  evaluate::Items items_;
  const MinutePlan& plan_;
  const Training& kept_;
  const TrainingOptions& training_;
  const EvaluationOptions& options_;
  Index classes_;
  std::vector<Index> blocks_;
  FeatureBaselines features_;
  std::vector<Job> jobs_;
  std::vector<importance::SensorTrust> trust_;  ///< [folds], where sensors are measured
};

}  // namespace

void Said::add(const RowMatrix<float>& own, const std::vector<Index>& labels,
               const std::vector<Index>& rows) {
  const Index before = log_p.rows();
  log_p.conservativeResize(before + own.rows(), own.cols());
  log_p.bottomRows(own.rows()) = own.cast<double>();
  for (const Index row : rows) truth.push_back(labels[static_cast<std::size_t>(row)]);
}

evaluate::Items items_of(const data::DataSet& data) {
  evaluate::Items items;
  items.label.assign(data.label.begin(), data.label.end());
  items.time.assign(data.timestamp.begin(), data.timestamp.end());
  return items;
}

std::vector<evaluate::Part> read_parts(const std::filesystem::path& file, const std::string& whose,
                                       const std::vector<std::int64_t>& times, Index* absent) {
  const auto text = io::read_file(file);
  readers::CsvReader csv(text, file.string());
  const auto user = csv.column("user"), timestamp = csv.column("timestamp"), part = csv.column("part");
  std::multimap<std::int64_t, std::size_t> rows;
  for (std::size_t n = 0; n < times.size(); ++n) rows.emplace(times[n], n);
  std::vector<evaluate::Part> parts(times.size());
  std::vector<bool> told(parts.size(), false);
  while (csv.next()) {
    if (readers::cell_text(csv.cell(user)) != whose) continue;
    const auto where = file.string() + ':' + std::to_string(csv.line());
    const auto when = data::parse_number(csv.cell(timestamp));
    const bool whole = when.kind == data::CellKind::number && std::abs(when.value) < 1e15 &&
                       when.value == std::floor(when.value);
    const auto [first, last] = rows.equal_range(whole ? static_cast<std::int64_t>(when.value) : -1);
    if (!whole || (first == last && !absent))
      throw format_error(where, "timestamp: expected that of a minute of " + whose + ", got \"" +
                                    std::string(csv.cell(timestamp).substr(0, 40)) + '"');
    const auto word = evaluate::part_named(readers::cell_text(csv.cell(part)));
    if (!word)
      throw format_error(where, "part: expected train, valid, test or the number of a fold, got \"" +
                                    std::string(csv.cell(part).substr(0, 40)) + '"');
    if (first == last) ++*absent;
    for (auto row = first; row != last; ++row) {
      if (told[row->second]) throw format_error(where, "the minute is there twice");
      told[row->second] = true;
      parts[row->second] = *word;
    }
  }
  return parts;
}

MinutePlan plan_minutes(const data::DataSet& data, const TrainingOptions& training,
                        const EvaluationOptions& options) {
  MinutePlan plan;
  if (options.shares) {
    plan.way = evaluate::scheme_name(evaluate::Scheme::shuffled);
    return plan;
  }
  const auto items = items_of(data);
  // Of one person nobody can be held out: blocks are the next best.
  const bool nobody = options.scheme == evaluate::Scheme::person && options.split_file.empty();
  const auto folds = fold_options(training, options, nobody ? evaluate::Scheme::blocked : options.scheme);
  plan.gap = folds.gap;
  if (!options.split_file.empty()) {
    plan.way = "split-file";
    const auto parts = read_parts(options.split_file, data.user, items.time);
    try {
      plan.folds = evaluate::given_folds(items, parts, folds);
    } catch (const std::invalid_argument& error) {
      throw format_error(options.split_file.string() + ", " + data.user, error.what());
    }
    const auto left_out = std::count(parts.begin(), parts.end(), evaluate::Part{});
    if (left_out > 0)
      plan.reason = options.split_file.string() + " names no part of " +
                    count(left_out, "minute", "minutes") + ", which take no part";
    return plan;
  }
  try {
    auto made = evaluate::make_folds(items, folds);
    plan.folds = std::move(made.folds);
    plan.reason = std::move(made.reason);
    plan.way = evaluate::scheme_name(made.scheme);
    if (made.scheme == evaluate::Scheme::shuffled && options.scheme != made.scheme) plan.gap = 0;
    if (nobody)
      plan.reason = "there is 1 person: blocks in place of people" +
                    (plan.reason.empty() ? std::string() : "; " + plan.reason);
  } catch (const std::invalid_argument& error) {
    // Too few minutes for any folds: no reason to train nothing.
    plan.way = evaluate::scheme_name(evaluate::Scheme::shuffled);
    plan.gap = 0;
    plan.reason = std::string(error.what()) + ": shares of shuffled minutes in place of folds";
  }
  return plan;
}

Judgement evaluate_person(const data::DataSet& data, const MinutePlan& plan, const Training& kept,
                          const TrainingOptions& training, const EvaluationOptions& options,
                          const std::function<void(double)>& seen) {
  return PersonEvaluation(data, plan, kept, training, options).run(seen);
}

Trained train_and_judge(data::DataSet data, TrainingOptions training, const EvaluationOptions& evaluation,
                        const TrainingFiles& files, const std::function<void(const train::Epoch&)>& epoch,
                        const std::function<void(double)>& share) {
  auto plan = plan_minutes(data, training, evaluation);
  if (!plan.folds.empty()) training.minutes = plan.folds.front();
  const auto raw = data;
  auto kept = train_person(data, training, files, epoch);
  auto metrics = training_metrics(kept, training);
  if (kept.split.test.empty()) {
    for (const auto& file : {files.predictions, files.measured})
      writing([&] { std::filesystem::remove(file); });
  } else {
    const auto judgement = evaluate_person(raw, plan, kept, training, evaluation, share);
    add_evaluation(metrics, judgement, raw, training, evaluation);
    write_text(files.predictions, judgement.predictions_csv);
    if (judgement.measured) save_measured(files.measured, *judgement.measured);
  }
  write_training(kept, metrics, files);
  return {std::move(kept), std::move(plan), std::move(metrics)};
}

}  // namespace lifelog::examples
