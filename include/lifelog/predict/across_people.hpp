// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "../evaluate/baselines.hpp"
#include "../mil/modal_importance.hpp"
#include "../mil/pool.hpp"
#include "../train/trainer.hpp"
#include "dataset_bags.hpp"
#include "personal_heads.hpp"
#include "pooled_people.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// | name | type | description | default |
/// |---|---|---|---|
/// | train | TrainOptions | of networks of everybody else; the epoch is the one of the least validation loss | 20 epochs, batches of 64, patience 6, learning rate 0.002 |
/// | tune | TuneOptions | of what goes on with a person's own minutes | |
/// | weight | Index | how many times an own minute counts in a logistic regression, where others' count once | 10 |
/// | minutes | vector<Index> | labelled minutes a person gives, one evaluation each; the most of them are nobody's test | 0, 5, 10, 20 |
/// | gap | double | minutes around those that are not tested either | 1 |
/// | valid | double | share of the other people who validate a network, at least one of them; each network has others | 0.2 |
/// | networks | Index | whose mean probability counts; as many as 1 / valid have everybody validate once | 5 |
/// | groups | vector<Index> | [people], everybody's group, −1 for none; empty: no groups | |
/// | pool | mil::Pool | | self |
/// | threads | int | 0: all; results do not depend on it | 0 |
struct AcrossPeopleOptions {
  train::TrainOptions train = several_people_training();
  TuneOptions tune = {};
  Index weight = 10;
  std::vector<Index> minutes{0, 5, 10, 20};
  double gap = 1;
  double valid = 0.2;
  Index networks = 5;
  std::vector<Index> groups = {};
  mil::Pool pool = mil::Pool::self;
  int threads = 0;
};

/// Who predicts somebody that nobody was trained on.
inline constexpr std::array<const char*, 5> across_names{"general", "tuned", "group", "logistic", "both"};

/// What is said of the tested minutes of somebody held out, by one number of labelled minutes.
struct AcrossPrediction {
  Index person = 0, minutes = 0;  ///< minutes: asked for; fewer where there are not so many
  std::vector<Index> tested;      ///< rows of the pooled people
  /// [across_names], the class of each tested minute; none of `group` where no group can be assigned.
  std::array<std::vector<Index>, 5> predicted;
  /// Of the pull by which heads were tuned; infinity: tuning was no better for the people who validated.
  double strength = std::numeric_limits<double>::infinity();
};

namespace detail {

/// A person's minutes to label, the first of each class in turn, at most half of a class; and those that are always tested.
struct AskedMinutes {
  std::vector<Index> asked, tested;
};

LIFELOG_LAZY AskedMinutes ask_minutes(const PooledPeople& people, Index person, Index most, double gap) {
  std::map<Index, std::vector<Index>> by_class;
  auto rows = people.rows_of(person);
  const auto time = [&](Index row) { return people.data.timestamp(static_cast<std::size_t>(row)); };
  std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) { return time(a) < time(b); });
  for (const Index row : rows) by_class[people.data.label(static_cast<std::size_t>(row))].push_back(row);
  AskedMinutes result;
  for (std::size_t k = 0; static_cast<Index>(result.asked.size()) < most; ++k) {
    bool any = false;
    for (const auto& [label, own] : by_class)
      if (k < own.size() / 2 && static_cast<Index>(result.asked.size()) < most)
        result.asked.push_back(own[k]), any = true;
    if (!any) break;
  }
  for (const Index row : rows)
    if (std::none_of(result.asked.begin(), result.asked.end(), [&](Index asked) {
          return std::abs(static_cast<double>(time(row) - time(asked))) <= 60 * gap;
        }))
      result.tested.push_back(row);
  return result;
}

/// The class of the highest score in each row, the lowest of equals.
LIFELOG_LAZY std::vector<Index> classes_of_rows(const RowMatrix<double>& scores) {
  std::vector<Index> result;
  for (Index n = 0; n < scores.rows(); ++n) {
    Index best = 0;
    scores.row(n).maxCoeff(&best);
    result.push_back(best);
  }
  return result;
}

template<class T, class Encoders>
class AcrossPeople {
 public:
  using Network = mil::BagNetwork<T, Encoders>;
  using Rows = std::vector<Index>;

  /// What one network of everybody else says, by number of labelled minutes. Sums of networks are those of the ensemble.
  struct Said {
    RowMatrix<double> general;                          ///< [tested, C] probabilities
    std::vector<std::vector<RowMatrix<double>>> tuned;  ///< [minutes][strengths], the same
    std::vector<std::vector<double>> loss;              ///< [minutes][strengths], of those who validate
    std::map<Index, RowMatrix<double>> by_group,
        owned;  ///< the same of groups' networks: of tested, and of asked minutes
  };

  AcrossPeople(const PooledPeople& people, const AcrossPeopleOptions& options)
      : people_(people),
        options_(options),
        bags_(bags_of(people.data)),
        labels_(labels_of(people.data)),
        strengths_(strengths_of(options.tune)) {
    using lifelog::detail::require;
    require(!options.minutes.empty() &&
                std::all_of(options.minutes.begin(), options.minutes.end(), [](Index k) { return k >= 0; }),
            "minutes: expected numbers of at least 0");
    require(options.networks >= 1, "networks: expected at least 1, got ", options.networks);
    require(options.weight >= 1, "weight: expected at least 1, got ", options.weight);
    require(options.valid > 0 && options.valid < 1, "valid: expected a share above 0 and below 1, got ",
            options.valid);
    require(options.groups.empty() || static_cast<Index>(options.groups.size()) == people.people(),
            "groups: expected one for each of ", people.people(), " people, got ", options.groups.size());
    const auto most = *std::max_element(options.minutes.begin(), options.minutes.end());
    for (Index person = 0; person < people.people(); ++person)
      asked_.push_back(ask_minutes(people, person, most, options.gap));
  }

  /// The n-th network of everybody but a person, and of each group of them.
  Said ask(Index person, Index n) const {
    Said said;
    const auto& tested = asked_of(person).tested;
    if (tested.empty()) return said;
    const auto others = people_but(person, [](Index) { return true; });
    const auto parts = parts_of(others, person, n);
    const auto net = train(parts, n);
    auto rows = rows_of(parts.valid);
    const auto own = people_.rows_of(person);
    rows.insert(rows.end(), own.begin(), own.end());
    const auto keys = keys_of(net, bags_, rows, 1);
    const auto heads = heads_of(net);
    said.general = probabilities_of(heads, keys.bags, tested);
    for (const Index k : options_.minutes) {
      auto& tuned = said.tuned.emplace_back();
      auto& loss = said.loss.emplace_back();
      for (const double strength : strengths_) {
        tuned.push_back(
            probabilities_of(tune_heads(heads, keys.bags, labels_, first(person, k), strength, options_.tune),
                             keys.bags, tested));
        loss.push_back(0);
        for (const Index one : parts.valid)
          loss.back() +=
              mean_loss(tune_heads(heads, keys.bags, labels_, first(one, k), strength, options_.tune),
                        keys.bags, labels_, asked_of(one).tested);
      }
    }
    for (const Index g : options_.groups)
      if (g >= 0 && !said.by_group.contains(g)) {
        const auto members = people_but(
            person, [&](Index one) { return options_.groups[static_cast<std::size_t>(one)] == g; });
        if (members.empty()) continue;
        const auto of_group = train(parts_of(members, person, n), n);
        said.by_group.emplace(g, probabilities_of(of_group, bags_, tested));
        if (!asked_of(person).asked.empty())
          said.owned.emplace(g, probabilities_of(of_group, bags_, asked_of(person).asked));
      }
    return said;
  }

  /// Of a person whose minutes are too few to test any, nothing. said: [networks].
  std::vector<AcrossPrediction> judge(Index person, const std::vector<Said>& said) const {
    const auto& tested = asked_of(person).tested;
    std::vector<AcrossPrediction> result;
    for (std::size_t k = 0; !tested.empty() && k < options_.minutes.size(); ++k) {
      const auto own = first(person, options_.minutes[k]);
      AcrossPrediction one;
      one.person = person, one.minutes = options_.minutes[k], one.tested = tested;
      std::vector<std::vector<double>> loss;
      for (const auto& of_network : said) loss.push_back(of_network.loss[k]);
      const auto choice = least_of(loss, strengths_.size());
      one.strength = strengths_[choice];
      const auto tuned = sum_of(
          said, [&](const Said& s) -> const auto& { return s.tuned[k][choice]; });
      one.predicted[0] = classes_of_rows(sum_of(
          said, [](const Said& s) -> const auto& { return s.general; }));
      one.predicted[1] = classes_of_rows(tuned);
      if (const auto group = assigned(said, own); group >= 0)
        one.predicted[2] = classes_of_rows(sum_of(
            said, [&](const Said& s) -> const auto& { return s.by_group.at(group); }));
      const auto logistic = of_logistic(person, own);
      one.predicted[3] = classes_of_rows(logistic);
      // The geometric mean of the two, which need not sum to 1 to be compared.
      const auto networks = static_cast<double>(said.size());
      one.predicted[4] = classes_of_rows((tuned.array() / networks).log().matrix() + logistic);
      result.push_back(std::move(one));
    }
    return result;
  }

 private:
  struct Parts {
    Rows train, valid;  ///< people
  };

  const AskedMinutes& asked_of(Index person) const { return asked_[static_cast<std::size_t>(person)]; }

  /// A person's first labelled minutes.
  Rows first(Index person, Index minutes) const {
    const auto& all = asked_of(person).asked;
    return {all.begin(), all.begin() + std::min<Index>(minutes, static_cast<Index>(all.size()))};
  }

  template<class Wanted>
  Rows people_but(Index person, Wanted wanted) const {
    Rows others;
    for (Index one = 0; one < people_.people(); ++one)
      if (one != person && wanted(one) && !people_.rows_of(one).empty()) others.push_back(one);
    return others;
  }

  Rows rows_of(const Rows& some) const {
    Rows rows;
    for (const Index one : some) {
      const auto own = people_.rows_of(one);
      rows.insert(rows.end(), own.begin(), own.end());
    }
    return rows;
  }

  /// Who trains the n-th network of some people and who validates it: a share in turn, so that everybody does once.
  Parts parts_of(Rows some, Index person, Index n) const {
    Random(options_.train.seed)
        .fork(1 + static_cast<std::uint64_t>(person))
        .shuffle(some.begin(), some.end());
    const auto count = static_cast<Index>(some.size());
    const auto pieces = std::min<Index>(count, std::max<Index>(2, std::llround(1 / options_.valid)));
    Parts parts;
    for (Index i = 0; i < count; ++i)
      (count > 1 && i % pieces == n % pieces ? parts.valid : parts.train)
          .push_back(some[static_cast<std::size_t>(i)]);
    return parts;
  }

  Network train(const Parts& parts, Index n) const {
    auto options = options_.train;
    options.seed += static_cast<std::uint64_t>(n);
    const auto start = mil::make_bag_network<T, Encoders>(
        bags_.shapes(), static_cast<Index>(people_.data.classes.size()), options.seed, options_.pool);
    mil::BagTask<T, Encoders> task(start, bags_, labels_, 1);
    train::TrainState<Network> state(start, options.optimizer);
    train::train(task, rows_of(parts.train), rows_of(parts.valid), options, state);
    return state.best;
  }

  template<class Which>
  static RowMatrix<double> sum_of(const std::vector<Said>& said, Which which) {
    RowMatrix<double> sum = which(said.front());
    for (std::size_t n = 1; n < said.size(); ++n) sum += which(said[n]);
    return sum;
  }

  /// The group by whose networks a person's own minutes are likeliest, or −1.
  Index assigned(const std::vector<Said>& said, const Rows& own) const {
    Index best = -1;
    double least = std::numeric_limits<double>::infinity();
    if (own.empty()) return best;
    for (const auto& [group, of_first] : said.front().owned) {
      const Index g = group;
      const auto sum = sum_of(
          said, [g](const Said& s) -> const auto& { return s.owned.at(g); });
      double loss = 0;
      for (std::size_t n = 0; n < own.size(); ++n)
        loss -= std::log(sum(static_cast<Index>(n), labels_[static_cast<std::size_t>(own[n])]));
      if (loss < least) least = loss, best = group;
    }
    return best;
  }

  /// [tested, C] log-probabilities
  RowMatrix<double> of_logistic(Index person, const Rows& own) const {
    auto rows = rows_of(people_but(person, [](Index) { return true; }));
    for (Index n = 0; n < options_.weight; ++n) rows.insert(rows.end(), own.begin(), own.end());
    Eigen::VectorXi labels(static_cast<Index>(labels_.size()));
    for (Index n = 0; n < labels.size(); ++n)
      labels[n] = static_cast<int>(labels_[static_cast<std::size_t>(n)]);
    evaluate::LogisticOptions options;
    options.classes = static_cast<Index>(people_.data.classes.size());
    const auto said =
        evaluate::statistics_baseline(people_.statistics, labels, rows, options).log_probabilities;
    const auto& tested = asked_of(person).tested;
    RowMatrix<double> result(static_cast<Index>(tested.size()), said.cols());
    for (Index n = 0; n < result.rows(); ++n) result.row(n) = said.row(tested[static_cast<std::size_t>(n)]);
    return result;
  }

  const PooledPeople& people_;
  const AcrossPeopleOptions& options_;
  mil::Bags<float> bags_;
  Rows labels_;
  std::vector<double> strengths_;
  std::vector<AskedMinutes> asked_;
};

}  // namespace detail

/// Everybody held out in turn: what networks of everybody else say of him as they are (`general`), with heads gone on with on
/// k of his own minutes (`tuned`: pulled towards what they were, as strongly as was best for the other people), or by the
/// group that these minutes are likeliest by (`group`); what a logistic regression of everybody else and the same minutes
/// says (`logistic`); and the mean of its and the tuned networks' log-probabilities (`both`). Each person stands in his own
/// scale (`pool_people`), which asks for minutes, not for labels.
///
/// The labelled minutes are the first of each class, the others are tested: the same ones for every k, and a gap apart. No
/// tested minute of his chooses anything. People and networks are trained side by side, on all threads.
/// seen(share): called after each network, on any thread, one at a time. Throws std::invalid_argument.
///
///     const auto people = predict::pool_people(data_sets);
///     for (const auto& one : predict::across_people<float>(people, options)) …
template<class T, class Encoders = mil::StudyEncoders, class Seen>
std::vector<AcrossPrediction> across_people(const PooledPeople& people, const AcrossPeopleOptions& options,
                                            Seen&& seen) {
  const detail::AcrossPeople<T, Encoders> across(people, options);
  using Said = typename detail::AcrossPeople<T, Encoders>::Said;
  std::vector<std::vector<Said>> said(static_cast<std::size_t>(people.people()),
                                      std::vector<Said>(static_cast<std::size_t>(options.networks)));
  std::vector<std::vector<AcrossPrediction>> of_each(said.size());
  const Index pieces = people.people() * options.networks;
  std::mutex one_at_a_time;
  double done = 0;
  parallel_for(pieces, options.threads, [&](Index piece) {
    const Index person = piece / options.networks, n = piece % options.networks;
    said[static_cast<std::size_t>(person)][static_cast<std::size_t>(n)] = across.ask(person, n);
    const std::lock_guard lock(one_at_a_time);
    seen(++done / static_cast<double>(pieces));
  });
  parallel_for(people.people(), options.threads, [&](Index person) {
    const auto p = static_cast<std::size_t>(person);
    of_each[p] = across.judge(person, said[p]);
  });
  std::vector<AcrossPrediction> result;
  for (auto& own : of_each) std::move(own.begin(), own.end(), std::back_inserter(result));
  return result;
}

}  // namespace lifelog::predict
