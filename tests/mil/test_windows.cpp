// SPDX-License-Identifier: MIT
// Which sensor, when: minutes cut into windows, an instance each.
#include <lifelog/data/standardize.hpp>
#include <lifelog/generator/generator.hpp>
#include <lifelog/metrics/roc.hpp>
#include <lifelog/mil/instances.hpp>
#include <lifelog/predict/dataset_bags.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <vector>

BOOST_AUTO_TEST_SUITE(mil_windows)

using namespace lifelog;
using namespace lifelog::mil;

namespace {

constexpr Index windows = 12;  // of 5 s

/// One person, whose tension shows in bursts of a few sensors.
struct Planted {
  generator::GeneratorPlan plan;
  data::DataSet data;

  explicit Planted(Index minutes) {
    generator::GeneratorOptions options;
    options.users = options.groups = options.sessions = 1;
    options.minutes = minutes;
    options.seed = 3;
    plan = generator::plan_generator(options);
    data = generator::generate_dataset(plan, 0);
    data::standardize(data, data::fit_standardization(data, all(), 1), 1);
  }

  std::vector<Index> all() const {
    std::vector<Index> rows;
    for (Index n = 0; n < data.size(); ++n) rows.push_back(n);
    return rows;
  }

  /// [modality, window] of a minute: the share of each window in which a burst tells of the label.
  RowMatrix<double> truth(Index minute) const {
    RowMatrix<double> told = RowMatrix<double>::Zero(9, windows);
    generator::GeneratedMinute tables;
    generator::BurstSpans spans;
    generator::generate_minute(plan, 0, 0, minute, tables, &spans);
    for (const Index m : plan.planted_in(0))
      for (const auto& span : spans[static_cast<std::size_t>(m)])
        for (Index w = 0; w < windows; ++w)
          told(m, w) += std::max(0.0, std::min(span.end * windows, static_cast<double>(w + 1)) -
                                          std::max(span.begin * windows, static_cast<double>(w)));
    return told;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(windows_are_the_minutes_cut) {
  data::DataSet data;
  data.label.resize({3});
  data.timestamp.resize({3});
  xt::xtensor<float, 3> series(std::array<std::size_t, 3>{3, 2, 11}),
      scalar(std::array<std::size_t, 3>{3, 1, 1});
  for (std::size_t i = 0; i < series.size(); ++i) series.data()[i] = static_cast<float>(i);
  for (std::size_t i = 0; i < 3; ++i) scalar.data()[i] = static_cast<float>(100 + i);
  data.modalities.push_back({"x", series, false});
  data.modalities.push_back({"hr", scalar, true});
  data.present = xt::xtensor<std::uint8_t, 2>(std::array<std::size_t, 2>{3, 2}, std::uint8_t{1});
  data.present(1, 0) = 0;
  const auto cut = predict::window_bags_of(data, 4);
  const auto& x = cut.bags.modalities[0];
  BOOST_TEST(x.length == 2);
  BOOST_TEST((x.start == std::vector<Index>{0, 4, 4, 8}));  // none of minute 1
  // Windows of 11 samples begin at 0, 2, 5 and 8, in each channel.
  for (const Index minute : {0, 2})
    for (Index w = 0; w < 4; ++w)
      for (Index c = 0; c < 2; ++c)
        for (Index t = 0; t < 2; ++t)
          BOOST_TEST(x.instance(x.first(minute) + w)[c * 2 + t] ==
                     static_cast<float>(22 * minute + 11 * c + w * 11 / 4 + t));
  const auto& hr = cut.bags.modalities[1];
  BOOST_TEST((hr.start == std::vector<Index>{0, 1, 2, 3}));
  BOOST_TEST(*hr.instance(2) == 102);
  // Too short to be cut; not cut at all.
  BOOST_TEST((predict::window_bags_of(data, 12).bags.modalities[0].length == 11));
  BOOST_TEST(
      (predict::window_bags_of(data, 1).bags.modalities[0].values == data.modalities[0].values.data()));
  BOOST_CHECK_THROW(predict::window_bags_of(data, 0), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(contributions_find_sensor_and_time) {
  const Planted planted(420);
  const auto cut = predict::window_bags_of(planted.data, windows);
  const auto labels = predict::labels_of(planted.data);
  std::vector<Index> training, testing;
  for (Index n = 0; n < 420; ++n) (n < 340 ? training : testing).push_back(n);
  const auto classes = static_cast<Index>(planted.data.classes.size());
  const auto net = make_bag_network<float>(cut.bags.shapes(), classes, 1, Pool::conjunctive);
  BagTask<float> task(net, cut.bags, labels);
  train::TrainOptions options;
  options.epochs = 60;
  options.batch = 32;
  train::TrainState<BagNetwork<float>> state(net, options.optimizer);
  train::train(task, training, {}, options, state);

  BagPass<float> pass(state.network, cut.bags, 0);
  pass.forward(state.network, testing, false);
  std::vector<int> truth;
  std::vector<double> weight, contribution;
  Index right = 0;
  for (Index n = 0; n < static_cast<Index>(testing.size()); ++n) {
    const Index minute = testing[static_cast<std::size_t>(n)];
    right += predicted_class(pass.log_probabilities(), n) == labels[static_cast<std::size_t>(minute)];
    const auto told = planted.truth(minute);
    for (const auto& one : pass.instances(n)) {
      const auto& kind = cut.bags.modalities[static_cast<std::size_t>(one.kind)];
      if (kind.last(minute) - kind.first(minute) != windows) continue;
      const double share = told(one.kind, one.instance - kind.first(minute));
      if (share > 0.1 && share < 0.5) continue;  // neither
      const auto [least, most] = std::minmax_element(one.contributions.begin(), one.contributions.end());
      truth.push_back(share >= 0.5);
      weight.push_back(one.weight);
      contribution.push_back(static_cast<double>(*most - *least));
    }
  }
  const auto auc = [&](const std::vector<double>& score) {
    const auto size = static_cast<Index>(score.size());
    return metrics::roc_auc(Eigen::Map<const Eigen::VectorXi>(truth.data(), size).eval(),
                            Eigen::Map<const Eigen::VectorXd>(score.data(), size).eval());
  };
  BOOST_TEST_MESSAGE("right " << right << " of " << testing.size() << ", AUC of contributions "
                              << auc(contribution) << ", of weights " << auc(weight));
  BOOST_TEST(auc(contribution) >= 0.9);
}

BOOST_AUTO_TEST_SUITE_END()
