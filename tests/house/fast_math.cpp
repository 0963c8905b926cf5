// SPDX-License-Identifier: MIT
// What the library promises of NaN and infinities, compiled with -ffast-math (meson.build). What is expected is asked of the
// bits: here std::isnan answers "no" whatever it is asked.
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/data/cells.hpp>
#include <lifelog/data/fixed_rate.hpp>
#include <lifelog/importance/faithfulness.hpp>
#include <lifelog/io/c_header.hpp>
#include <lifelog/metrics/roc.hpp>
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/stream.hpp>
#include <lifelog/predict/row_inputs.hpp>
#include <lifelog/readers/csv_numbers.hpp>
#include <lifelog/readers/resample.hpp>
#include <lifelog/train/tensors.hpp>
#include <lifelog/train/trainer.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <vector>

#include "../support/throws.hpp"

#ifndef __FAST_MATH__
#error "this is to be compiled with -ffast-math"
#endif

using namespace lifelog;
using lifelog::detail::is_finite;
using lifelog::detail::is_nan;
using Scalars = boost::mpl::list<float, double>;

namespace {

template<class T>
constexpr T a_nan = std::numeric_limits<T>::quiet_NaN();
template<class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

template<class T>
std::vector<T> no_numbers() {
  return {a_nan<T>, -a_nan<T>, infinity<T>, -infinity<T>};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(house_fast_math)

BOOST_AUTO_TEST_CASE_TEMPLATE(rows_of_points, T, Scalars) {
  for (const T bad : no_numbers<T>()) {
    RowMatrix<T> points = RowMatrix<T>::Random(40, 3);
    points(17, 2) = bad;
    check_throws<std::invalid_argument>([&] { cluster::kmeans(points, {.clusters = 2}); },
                                        {"row 17", "column 2"});
    const RowMatrix<T> wider = points.leftCols(3);
    check_throws<std::invalid_argument>([&] { cluster::kmeans(wider.rightCols(2), {.clusters = 2}); },
                                        {"row 17"});
    Eigen::VectorXi truth = Eigen::VectorXi::Zero(40);
    truth[3] = 1;
    check_throws<std::invalid_argument>([&] { metrics::roc_auc(truth, points.col(2)); },
                                        {"scores", "row 17"});
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(samples_of_a_series, T, Scalars) {
  using namespace nn;
  auto net = input<1, T> | causal_conv<4, 3>() | leaky_relu | max_over_time | linear<2>;
  Random random(1);
  net.initialise(random);
  const auto plain = net.fold();
  for (const T bad : no_numbers<T>()) {
    std::vector<T> x(700, T(0.5));
    x[600] = bad;
    MaxOverTime maxima(plain.signal);
    T values[4];
    Index times[4];
    maxima(plain.signal, Series<T>{x.data(), 700, 700}, values, times);
    for (const T& value : values) BOOST_TEST(is_nan(value));
    for (const Index time : times) BOOST_TEST(time == 0);
    Stream<std::remove_const_t<decltype(plain)>> stream;
    for (const T& sample : x) stream.push(plain, &sample);
    T features[2];
    stream.features(plain, features);
    for (const T& value : features) BOOST_TEST(is_nan(value));
    stream.reset();
    stream.push(plain, x.data());
    stream.features(plain, features);
    BOOST_TEST(is_finite(features[0]));
    Eigen::Matrix<T, 2, Eigen::Dynamic> series = Eigen::Matrix<T, 2, Eigen::Dynamic>::Ones(2, 700);
    series(1, 600) = bad;
    const auto largest = nn::max_over_time(series);
    BOOST_TEST(largest[0] == T(1));
    if (is_nan(bad)) BOOST_TEST(is_nan(largest[1]));
    if (bad == infinity<T>) BOOST_TEST(!is_finite(largest[1]));
  }
}

BOOST_AUTO_TEST_CASE(a_broken_bag) {
  std::vector<float> wave(3 * 50), scalar{60, 70, 80};
  for (std::size_t t = 0; t < wave.size(); ++t) wave[t] = std::sin(float(t));
  wave[60] = a_nan<float>;  // of bag 1
  const mil::Bags<float> bags{3, {{"wave", wave.data(), 1, 50}, {"scalar", scalar.data(), 0, 1}}};
  const auto net = mil::make_bag_network<float>(bags.shapes(), 2, 1);
  const auto out = mil::evaluate(net, bags, 1);
  for (const Index n : {0, 2}) BOOST_TEST(lifelog::detail::all_finite(out.importance.row(n)));
  BOOST_TEST(!lifelog::detail::all_finite(out.log_probabilities.row(1)));
  const auto told = importance::faithfulness(net, bags, {0, 1, 0}, {0, 1, 2}, {.repeats = 1, .threads = 1});
  BOOST_TEST(is_nan(told.correlation));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(losses, T, Scalars) {
  const T most = std::numeric_limits<T>::max();
  for (const double gamma : {0.0, 0.5, 2.0}) {
    const Eigen::Matrix<T, 2, 2> logits{{most, -most}, {most, -most}};
    const auto loss = train::focal_loss(logits, Eigen::Vector2i(0, 1), {.gamma = gamma});
    const auto gradient = loss.gradient();
    BOOST_TEST(lifelog::detail::all_finite(gradient));
    BOOST_TEST(gradient(1, 0) == T(0.5));
    BOOST_TEST(gradient(1, 1) == T(-0.5));
    const T log_p[] = {-infinity<T>, 0};
    const Index label[] = {0};
    T slope[2];
    train::focal_loss(log_p, 2, 1, 1, label, {.gamma = gamma}, slope);
    BOOST_TEST(slope[0] == T(-1));
  }
  nn::Linear<T, 1, 1> gradient(1);
  BOOST_TEST(train::detail::is_finite(gradient, 1.0));
  for (const T bad : no_numbers<T>()) {
    BOOST_TEST(!train::detail::is_finite(gradient, static_cast<double>(bad)));
    auto broken = gradient;
    broken.bias[0] = bad;
    BOOST_TEST(!train::detail::is_finite(broken, 1.0));
    io::Tensors tensors;
    train::add_tensors(tensors, broken);
    check_throws<format_error>([&] { train::assign_tensors(gradient, tensors); }, {"bias", "finite"});
  }
}

BOOST_AUTO_TEST_CASE(options_that_are_no_numbers) {
  const std::vector<Index> label{0, 0};
  const double log_p[] = {-1, -1, -1, -1};
  for (const double bad : no_numbers<double>()) {
    check_throws<std::invalid_argument>(
        [&] {
          train::focal_loss(log_p, 2, 2, 2, label.data(), {.gamma = bad}, static_cast<double*>(nullptr));
        },
        {"gamma"});
    check_throws<std::invalid_argument>([&] { data::FixedRate(1, {.rate = bad}); }, {"rate"});
  }
  train::TrainOptions options;
  const train::TrainState state(nn::input<2> | nn::linear<2>, options);
  options.clip = a_nan<double>;
  check_throws<std::invalid_argument>([&] { train::detail::require_options(options, 1, state); }, {"clip"});
  options = {};
  options.optimizer.learning_rate = a_nan<double>;
  check_throws<std::invalid_argument>([&] { train::detail::require_options(options, 1, state); },
                                      {"learning rate"});
}

BOOST_AUTO_TEST_CASE(cells_of_a_table) {
  for (const char* text : {"inf", "-inf", "1e999"})
    BOOST_TEST((data::parse_number(text).kind == data::CellKind::bad), text);
  for (const char* text : {"nan", "NaN", "", "null"}) {
    BOOST_TEST((data::parse_number(text).kind == data::CellKind::missing), text);
    BOOST_TEST(is_nan(data::parse_number(text).value));
  }
  data::NumberTable table;
  readers::read_numbers("a,b\n1,2\nnan,3\ninf,4\n1e999,5\n,6\n", "t.csv", {"a", "b"}, table);
  BOOST_TEST(table.rows == 5);
  BOOST_TEST(table.faults.size() == 4u);
  for (Index row = 1; row < 5; ++row) BOOST_TEST(is_nan(table(row, 0)));
}

BOOST_AUTO_TEST_CASE(gaps) {
  double values[] = {1, a_nan<double>, 3, a_nan<double>};
  readers::detail::interpolate(values, 4, 1);
  BOOST_TEST(values[1] == 2);
  BOOST_TEST(values[3] == 3);
  RowMatrix<float> rows{{1, a_nan<float>}, {3, 5}, {a_nan<float>, 7}};
  predict::detail::fill_with_column_means(rows);
  BOOST_TEST((rows == RowMatrix<float>{{1, 6}, {3, 5}, {2, 7}}));
  for (const double bad : no_numbers<double>())
    BOOST_TEST(is_nan(predict::detail::input_value(bad, {"x", ""})));
  data::FixedRate clock(1, {});
  Index passed = 0;
  for (const double bad : no_numbers<double>()) clock.push(1, &bad, [&](auto&&...) { ++passed; });
  const double good = 1;
  for (const double time : no_numbers<double>()) clock.push(time, &good, [&](auto&&...) { ++passed; });
  BOOST_TEST(clock.bad() == 8);
  BOOST_TEST(passed == 0);
}

BOOST_AUTO_TEST_CASE(constants_in_headers) {
  for (const float bad : no_numbers<float>()) {
    io::CHeader header("model", {});
    check_throws<std::invalid_argument>([&] { header.array("weights", {{"first", {1, bad}}}); }, {"weights"});
  }
}

BOOST_AUTO_TEST_SUITE_END()
