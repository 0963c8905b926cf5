// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <lifelog/data/quality.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lifelog::examples::report {

/// A sensor as files name it, and as people do.
struct Sensor {
  std::string name, full_name, unit;
};

/// One person's training run and what came of it on the test minutes.
struct Training {
  std::string user;
  /// [epochs] each; may be empty when only the figures below are known.
  std::vector<double> epoch, loss, train_f1, valid_f1;
  /// Epoch whose weights were kept.
  double best_epoch = 0;
  double test_f1 = 0, test_accuracy = 0;
  Index train_minutes = 0, test_minutes = 0;
  std::size_t classes = 0;
  /// Training ended early because numbers were no longer finite.
  bool diverged = false;
};

/// Figures of a network or a baseline on the same held-out minutes.
struct Figures {
  std::string name;
  double f1 = 0, low = 0, high = 0;  ///< of F1: its 95 % interval
  double accuracy = 0, kappa = 0;
  std::optional<double> p_value;  ///< of F1, by labels shifted in time
  std::optional<double> leak;     ///< F1 by shuffled folds minus that by these
};

/// A person's network beside the baselines; or everybody's means.
struct Judged {
  std::string user;
  std::string way, reason;  ///< what was held out, and why not what was asked for
  std::vector<Figures> figures;
  /// All of the person's networks together, where there are several.
  std::optional<Figures> ensemble;
  bool beats_baselines = false;
  std::vector<std::string> classes;
  std::vector<Index> class_minutes;           ///< [C]
  std::vector<std::vector<Index>> confusion;  ///< [C][C], truth in rows
  /// Scores of the network's probabilities, by name; empty where none were kept.
  std::vector<std::pair<std::string, double>> calibration;
};

/// F1 of networks trained on labels that were shifted in time, mean over people, beside that of one seed on the true labels.
struct Nulls {
  std::vector<double> f1;
  double observed = 0, p_value = 0;
};

/// How well people are told who are held out, each in turn, and give a few labelled minutes.
struct Across {
  /// `minutes` labelled ones; who predicts: general, tuned, group, logistic, both. Who cannot is not among them.
  struct Row {
    Index minutes = 0;
    std::vector<Figures> figures;
  };
  /// By how much the F1 of `predictor` is higher than another's, of the same minutes, and the interval of that.
  struct Difference {
    std::string predictor;
    Index minutes = 0;
    double f1 = 0, low = 0, high = 0;
  };
  Index people = 0;
  std::vector<Row> rows;
  std::vector<Difference> gains;            ///< over the same predictor without labelled minutes
  std::vector<Difference> over_regression;  ///< over logistic regression with as many
};

/// Bits a minute, and the interval they lie in.
struct Bits {
  double bits = 0, low = 0, high = 0;
};

/// How many bits one sensor tells of the labels of minutes that were held out, beyond the classes' shares.
struct SensorBits {
  std::string sensor;
  Bits of;
  bool identified = false;
  Index people = 0;  ///< in whom it is identified; of everybody's alone
};

/// What each sensor tells of one person; or on average of everybody.
struct Information {
  std::string user;
  Index minutes = 0, replicates = 0;
  Bits total;
  std::vector<SensorBits> sensors;
  bool identified = false;
  /// Rank correlation of the person's replicates with each other, and with other people's.
  std::optional<double> agreement, others;
};

/// Whether replicates of one person are alike, more than those of several are.
struct Agreement {
  double within = 0, between = 0;  ///< mean rank correlations
  double nearest = 0, chance = 0;  ///< share of replicates whose nearest neighbour is the same person's
  bool identified = false;
};

/// Groups of people by information; one group is none.
struct InformationGroups {
  int k = 1;
  std::optional<double> p, silhouette;
  std::string reason;
  std::vector<std::string> users;
  std::vector<int> group;                       ///< [users], negative: in none
  std::vector<std::vector<double>> membership;  ///< [users][k]
  std::vector<double> stability;                ///< [k]
  std::vector<std::string> order;               ///< of the matrix
  std::vector<std::vector<double>> together;    ///< how often two people are in one group
};

/// importance/information.json.
struct Informations {
  double level = 0.95;
  std::string way;
  Index folds = 0, seeds = 0, replicates = 0;
  std::vector<std::string> sensors;
  std::vector<Information> people;
  std::optional<Information> everybody;
  std::optional<Agreement> agreement;
  std::optional<InformationGroups> groups;
  /// Of whom nothing is told, and why; "everybody" too.
  std::vector<std::pair<std::string, std::string>> untold;
};

/// How far a measure of importance is what the network goes by.
struct Faithful {
  std::string measure;
  double rank_correlation = 0, aopcr = 0, polarity = 0;
};

/// The measures of one person; or on average of everybody.
struct FaithfulPerson {
  std::string user;
  std::vector<Faithful> measures;
};

/// A person's minutes in order: the state there was, the one that networks say that were not trained on the minute, and
/// what each sensor says for or against it.
struct Timeline {
  std::string user;
  std::vector<std::string> classes;
  std::vector<std::int64_t> minute;  ///< [n] unix seconds
  std::vector<int> truth, said;      ///< [n] indices of classes; negative: unknown
  std::vector<std::string> sensors;
  std::vector<float> argument;  ///< [n × sensors], signed, for the class that is said; NaN: unknown
};

/// Who a generated person was made to be.
struct Planted {
  std::string user;
  int group = 0;
  std::vector<std::string> sensors;
};

/// How far what was found is what was planted.
struct Truth {
  std::vector<Planted> people;
  std::optional<double> adjusted_rand, importance_auc;
};

/// What the network's attention found to matter for one person.
struct Person {
  std::string user;
  /// Index into Report::groups; negative: in none.
  int group = -1;
  Index minutes = 0;
  /// [M] mean attention weight of each modality over those minutes.
  std::vector<double> importance;
};

/// One minute of a person, cut into windows: which sensor weighed, and when.
struct Strip {
  std::string user;
  std::int64_t minute = 0;  ///< unix seconds
  std::size_t windows = 0;
  std::vector<double> weight;  ///< [M × windows]
};

/// People whose minutes lie mostly in one cluster.
struct Group {
  std::string name;
  std::vector<std::string> users;
  /// [M] the mean of its people's importances.
  std::vector<double> importance;
};

/// One score for every k that was tried.
struct ScoreCurve {
  std::string name;
  std::vector<double> k, score;
};

/// How the number of groups was chosen.
struct Selection {
  std::vector<ScoreCurve> entropy, silhouette;
  int chosen = 0;
  /// One sentence: by which rule.
  std::string rule;
};

/// A two-dimensional map of minutes.
struct MinuteMap {
  /// [n] coordinates.
  std::vector<float> x, y;
  /// [n] indices: of Report::people, of Report::groups (negative: none), of label_names.
  std::vector<int> person, group, label;
  /// [n] unix seconds.
  std::vector<std::int64_t> minute;
  std::vector<std::string> label_names;
  double kl_divergence = 0;
  /// [n], of `MinuteClusters`, −1: in none; empty where minutes were not clustered.
  std::vector<int> cluster;
};

/// k-means of the same minutes by several kinds of rows: adjusted Rand index of each against people and labels.
struct MinuteClusters {
  struct Row {
    std::string name;
    double people = 0, labels = 0;
  };
  int k = 0;
  Index minutes = 0;
  std::vector<Row> rows;
};

/// A predictor of one group beside the predictor of everybody, both on that group's test rows.
struct Comparison {
  std::string group;
  Index rows = 0;
  double general_f1 = 0, group_f1 = 0, general_accuracy = 0, group_accuracy = 0;
};

/// A person under predictors of other people: of everybody else, and of the group that a few labelled minutes chose.
struct HeldOut {
  std::string user;
  int group = -1, assigned = -1;  ///< indices into Report::groups
  Index rows = 0;
  double general_f1 = 0, assigned_f1 = 0;
};

/// Groups by which predictor tells whom best, beside what else there was, on people held out.
struct Regrouped {
  struct Way {
    std::string name;
    double f1 = 0, low = 0, high = 0, accuracy = 0;
  };
  std::vector<Way> ways;
  std::string verdict;
  std::vector<std::vector<std::string>> groups;
};

/// All that a report shows: plain data. What is empty is left out.
struct Report {
  std::string title = "What matters to whom";
  /// One sentence under the title: which data.
  std::string subtitle;
  std::vector<std::string> modalities;
  /// Names and units; a sensor that is not among them is called as files call it.
  std::vector<Sensor> sensors;
  std::vector<data::Quality> quality;
  std::vector<Training> training;
  /// Everybody's first, if there are any.
  std::vector<Judged> evaluation;
  std::optional<Nulls> nulls;
  std::optional<Across> across;
  std::vector<Person> people;
  std::vector<Strip> strips;
  Selection selection;
  MinuteMap importance_map, raw_map;
  std::optional<MinuteClusters> clusters;
  std::vector<Group> groups;
  std::vector<Comparison> comparison;
  std::vector<HeldOut> held_out;
  std::optional<Regrouped> regrouped;
  std::optional<Informations> information;
  /// Everybody's first, if there are any.
  std::vector<FaithfulPerson> faithfulness;
  std::vector<Timeline> timelines;
  Truth truth;
  /// Step, name and value of each setting, shown last.
  struct Setting {
    std::string step, name, value;
  };
  std::vector<Setting> settings;
  /// A part that is left out, and why: a sentence.
  std::vector<std::pair<std::string, std::string>> left_out;

  /// Whether anything is known that speaks for groups: by information where there is any, else by attention.
  bool groups_found() const {
    if (information) return information->groups && information->groups->k > 1;
    return groups.size() > 1;
  }
};

/// The report as one HTML file that needs nothing else: no network, no fonts, no other files. All text is
/// escaped. Throws std::invalid_argument when lengths or indices disagree.
std::string to_html(const Report& report);

/// Names of a person's `count` weightiest modalities, weightiest first; of equals the first.
std::vector<std::string> top_modalities(const std::vector<double>& importance,
                                        const std::vector<std::string>& modalities, std::size_t count = 3);

}  // namespace lifelog::examples::report
