// SPDX-License-Identifier: MIT

#include "evaluating.hpp"

#include <algorithm>
#include <lifelog/core/parallel.hpp>
#include <lifelog/evaluate/without_sensors.hpp>
#include <limits>
#include <mutex>

#include "../common/table.hpp"
#include "evaluation_metrics.hpp"
#include "feature_baselines.hpp"
#include "measuring.hpp"
#include "replicates.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;
using Rows = std::vector<Index>;

/// One network and the baselines on one fold.
struct Job : FoldNetwork {
  explicit Job(FoldNetwork network) : FoldNetwork(std::move(network)) {}

  Rows predicted;
  std::vector<Rows> of_baselines;
  ordered_json note;
  RowMatrix<float> valid_log_p, test_log_p;
  std::string ignored;  ///< why what was trained of it ahead did not count
  // Where sensors are measured.
  std::optional<mil::AnyModel> model;
  RowMatrix<double> log_probabilities;  ///< [test, C]
  std::optional<importance::TrustEvidence> evidence;
  importance::SensorTrust trust;
  std::optional<ReplicateMeasures> measures;
};

/// What a network says of the minutes it was not trained on. data: as it was trained.
void ask(const mil::AnyModel& model, const data::DataSet& data, Job& job) {
  job.log_probabilities = log_probabilities_of(model, data, job.split.test, 1);
  job.evidence = trust_evidence_of(model, data, job.split.test, class_shares_of(data, job.split.train), 1);
  job.model = model;
}

void take(const Training& training, Job& job) {
  job.predicted = training.predicted;
  job.note = {{"status", status_name(training.status)}, {"best_epoch", training.best_epoch}};
  job.valid_log_p = training.valid_log_p, job.test_log_p = training.test_log_p;
}

void train_job(const data::DataSet& data, const TrainingOptions& options, const std::filesystem::path& ahead,
               bool measure, Job& job) {
  auto own = data;
  const auto training = train_fold(job, own, options, ahead, job.ignored);
  take(training, job);
  if (measure && job.of_truth()) ask(training.model, own, job);
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
                   const TrainingOptions& training, const EvaluationOptions& options,
                   const std::filesystem::path& ahead)
      : data_(data),
        items_(items_of(data)),
        plan_(plan),
        kept_(kept),
        training_(training),
        options_(options),
        ahead_(ahead),
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
      if (!job.is_model())
        train_job(data_, training_, ahead_, options_.measure, job);
      else if (options_.measure)
        ask_kept(job);
    });
    if (options_.measure) {
      find_trust();
      for_jobs(0.25, [&](Job& job) {
        if (job.of_truth()) measure(job);
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

  /// How far each network is believed, by how far those of other folds were right on their minutes: none of these minutes was its own
  /// to test.
  void find_trust() {
    for (auto& job : jobs_) {
      if (!job.evidence) continue;
      folds_ = std::max(folds_, job.fold + 1);
      std::vector<const importance::TrustEvidence*> others;
      for (const auto& other : jobs_)
        if (other.evidence && other.fold != job.fold) others.push_back(&*other.evidence);
      job.trust = job.evidence->fit(others);
    }
    for (auto& job : jobs_) job.evidence.reset();
  }

  void measure(Job& job) const {
    auto own = data_;
    standardize_as(*job.model, own, 1);
    job.measures = measure_replicate(*job.model, own, job.split.test, class_shares_of(own, job.split.train),
                                     job.trust, job.seed, 1);
    job.model.reset();
  }

  void list_jobs() {
    for (auto& network : list_fold_networks(data_, plan_, training_, options_)) {
      auto& job = jobs_.emplace_back(std::move(network));
      if (job.is_model()) take(kept_, job);
    }
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
    for (int fold = 0; fold < folds_; ++fold) {
      std::vector<const RowMatrix<double>*> said;
      for (const auto& job : jobs_)
        if (job.of_truth() && job.fold == fold) said.push_back(&job.log_probabilities);
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
    result.trust.assign(static_cast<std::size_t>(folds_), 0);
    for (const auto& job : jobs_) {
      if (!job.measures) continue;
      result.trust[static_cast<std::size_t>(job.fold)] +=
          job.trust(~importance::Coalition{0} >> (64 - result.modalities.size())) /
          static_cast<double>(options_.seeds);
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
      if (!job.of_truth()) continue;
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
      if (!job.of_truth()) continue;
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
    for (const auto& job : jobs_)
      if (!job.ignored.empty()) result.ignored.push_back(job.ignored);
    return result;
  }

  const data::DataSet& data_;
  evaluate::Items items_;
  const MinutePlan& plan_;
  const Training& kept_;
  const TrainingOptions& training_;
  const EvaluationOptions& options_;
  const std::filesystem::path& ahead_;
  Index classes_;
  std::vector<Index> blocks_;
  FeatureBaselines features_;
  std::vector<Job> jobs_;
  int folds_ = 0;  ///< of which sensors are measured
};

}  // namespace

void Said::add(const RowMatrix<float>& own, const std::vector<Index>& labels,
               const std::vector<Index>& rows) {
  const Index before = log_p.rows();
  log_p.conservativeResize(before + own.rows(), own.cols());
  log_p.bottomRows(own.rows()) = own.cast<double>();
  for (const Index row : rows) truth.push_back(labels[static_cast<std::size_t>(row)]);
}

Judgement evaluate_person(const data::DataSet& data, const MinutePlan& plan, const Training& kept,
                          const TrainingOptions& training, const EvaluationOptions& options,
                          const std::filesystem::path& ahead, const std::function<void(double)>& seen) {
  return PersonEvaluation(data, plan, kept, training, options, ahead).run(seen);
}

Trained train_and_judge(data::DataSet data, TrainingOptions training, const EvaluationOptions& evaluation,
                        const TrainingFiles& files, const std::function<void(const train::Epoch&)>& epoch,
                        const std::function<void(double)>& share) {
  auto plan = plan_minutes(data, training, evaluation);
  if (!plan.folds.empty()) training.minutes = plan.folds.front();
  const auto raw = data;
  std::vector<std::string> ignored;
  auto kept = train_person(data, training, files, epoch, [&](TrainRun& run) {
    if (files.ahead.empty() || !std::filesystem::exists(files.ahead)) return;
    const auto model = list_fold_networks(raw, plan, training, evaluation).front();
    const auto why = CheckpointAhead(files.ahead, raw, training, model).load(run);
    if (!why.empty()) ignored.push_back(why);
  });
  auto metrics = training_metrics(kept, training);
  if (kept.split.test.empty()) {
    for (const auto& file : {files.predictions, files.measured})
      writing([&] { std::filesystem::remove(file); });
  } else {
    const auto judgement = evaluate_person(raw, plan, kept, training, evaluation, files.ahead, share);
    add_evaluation(metrics, judgement, raw, training, evaluation);
    write_text(files.predictions, judgement.predictions_csv);
    if (judgement.measured) save_measured(files.measured, *judgement.measured);
    ignored.insert(ignored.end(), judgement.ignored.begin(), judgement.ignored.end());
  }
  write_training(kept, metrics, files);
  return {std::move(kept), std::move(plan), std::move(metrics), std::move(ignored)};
}

}  // namespace lifelog::examples
