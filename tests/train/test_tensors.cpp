// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/linear.hpp>
#include <lifelog/nn/max_over_time.hpp>
#include <lifelog/nn/weight_norm.hpp>
#include <lifelog/train/tensors.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(train_tensors)

using namespace lifelog;
using namespace lifelog::nn;
using train::assign_tensors;
using train::Others;

namespace {

/// Somebody's own expression: weight-normalised convolutions, one of them named as PyTorch's wrappers are, and counts.
auto make_net() {
  auto net = input<2, float> | weight_norm_conv<3, 2>(dilation<2>) |
             named<"model">(weight_norm_conv<4, 3>()) | max_over_time | linear<5> | batch_norm;
  Random random(3);
  net.initialise(random);
  visit(
      [&]<class S>(const Path&, const Layout& layout, S* x) {
        for (Index i = 0; i < layout.size(); ++i) x[i] += static_cast<S>(1 + i % 3);
      },
      net);
  return net;
}

template<class Net>
io::Tensors saved(const Net& net) {
  io::Tensors tensors;
  train::add_tensors(tensors, net);
  return tensors;
}

template<class Net>
bool same(const Net& a, const Net& b) {
  bool same = true;
  visit([&](const Path&, const Layout& layout, const auto* x,
            const auto* y) { same = same && std::equal(x, x + layout.size(), y); },
        a, b);
  return same;
}

/// A tensor on its way into another file.
struct Draft {
  std::string name;
  io::DType dtype;
  io::Tensors::Shape shape;
  std::vector<double> values;
};

/// The file with its tensors changed; `change` says false to drop one.
io::Tensors changed(const io::Tensors& from, const std::function<bool(Draft&)>& change) {
  io::Tensors out;
  for (const auto& t : from.tensors()) {
    Draft draft{t.name, t.dtype, t.shape, {}};
    const auto read = [&]<class T>(std::span<const T> x) { draft.values.assign(x.begin(), x.end()); };
    if (t.dtype == io::DType::f32) read(from.get<float>(t.name));
    if (t.dtype == io::DType::f64) read(from.get<double>(t.name));
    if (t.dtype == io::DType::i64) read(from.get<std::int64_t>(t.name));
    if (!change(draft)) continue;
    const auto write = [&]<class T>(T) {
      const std::vector<T> x(draft.values.begin(), draft.values.end());
      out.add(draft.name, draft.shape, std::span<const T>(x));
    };
    if (draft.dtype == io::DType::f32) write(float{});
    if (draft.dtype == io::DType::f64) write(double{});
    if (draft.dtype == io::DType::i64) write(std::int64_t{});
    if (draft.dtype == io::DType::i32) write(std::int32_t{});
  }
  return out;
}

bool replace(std::string& text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at == std::string::npos) return false;
  text.replace(at, what.size(), by);
  return true;
}

io::Tensors parametrised(const io::Tensors& from) {
  return changed(from, [](Draft& t) {
    return replace(t.name, "weight_g", "parametrizations.weight.original0") ||
           replace(t.name, "weight_v", "parametrizations.weight.original1") || true;
  });
}

io::Tensors wrapped(const io::Tensors& from, const std::string& by) {
  return changed(from, [&](Draft& t) { return !(t.name = by + t.name).empty(); });
}

/// A net from a file, into one that held something else.
template<class Net>
Net loaded(const Net& like, const io::Tensors& tensors, const std::string& prefix = "") {
  auto net = zeros_like(like);
  assign_tensors(net, tensors, prefix);
  return net;
}

using Net = decltype(make_net());

/// A network that names itself as wrappers do.
template<class Inner>
struct Held {
  Inner net;
  template<class Visitor, class... Nets>
  static void visit(Visitor& visitor, const Path& path, Nets&... nets) {
    Inner::visit(visitor, path / "model", nets.net...);
  }
};

template<class T>
auto make_conv() {
  WeightNorm<CausalConv<T, 2, 2, 1, 1>> conv;
  Random random(1);
  conv.initialise(random);
  return conv;
}

/// A weight-normalised convolution of these weights, weight norm removed: what becomes of it when folded again.
template<class T>
std::vector<T> folded_again(const std::vector<T>& weights) {
  io::Tensors file;
  file.add("weight", {2, 2, 1}, std::span<const T>(weights));
  file.add("bias", {2}, std::span<const T>(std::vector<T>{1, 2}));
  auto net = make_conv<T>();
  assign_tensors(net, file);
  const auto plain = net.fold();
  io::Tensors again;
  train::add_tensors(again, plain);
  const auto values = again.get<T>("weight");
  return {values.begin(), values.end()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_network_comes_back_under_any_wrappers) {
  const auto net = make_net();
  const auto file = saved(net);
  BOOST_TEST(same(loaded(net, file), net));
  for (const std::string by :
       {"module.", "_orig_mod.", "model.", "module._orig_mod.", "_orig_mod.module.model.", "model.model."}) {
    BOOST_TEST(same(loaded(net, wrapped(file, by)), net), by);
    BOOST_TEST(same(loaded(net, wrapped(parametrised(file), by)), net), by);
    const auto inner = wrapped(wrapped(file, "encoder."), by);
    BOOST_TEST(same(loaded(net, inner, "encoder."), net), by);
  }
}

// What looks like a wrapper is the network's own where only so it is found.
BOOST_AUTO_TEST_CASE(a_part_named_as_a_wrapper_is_none) {
  const Held<Net> net{make_net()};
  const auto file = saved(net);
  BOOST_TEST(file.contains("model.signal.0.bias"));
  BOOST_TEST(same(loaded(net, file), net));
  BOOST_TEST(same(loaded(net, wrapped(file, "model.")), net));
  BOOST_TEST(same(loaded(net, wrapped(file, "module.")), net));
}

BOOST_AUTO_TEST_CASE(a_wrapper_of_some_tensors_only_is_none) {
  const auto file = saved(make_net());
  const auto mixed =
      changed(file, [](Draft& t) { return t.name.ends_with("bias") || replace(t.name, "", "module."); });
  auto net = make_net();
  check_throws<format_error>([&] { assign_tensors(net, mixed); },
                             {"missing tensor", "unknown tensor", "module."});
}

BOOST_AUTO_TEST_CASE(parametrised_weights_are_those_of_other_names) {
  const auto net = make_net();
  const auto file = parametrised(saved(net));
  BOOST_TEST(file.contains("signal.0.parametrizations.weight.original1"));
  BOOST_TEST(same(loaded(net, file), net));
  auto half = make_net();
  check_throws<format_error>(
      [&] { assign_tensors(half, changed(file, [](Draft& t) { return !t.name.ends_with("original0"); })); },
      {"missing tensors: signal.0.parametrizations.weight.original0, "
       "signal.model.parametrizations.weight.original0"});
}

// Weight norm removed: the same weights to the bit, whatever their size.
BOOST_AUTO_TEST_CASE(weights_alone_make_the_same_network) {
  const auto check = []<class T>(const std::vector<T>& weights) {
    const auto again = folded_again(weights);
    BOOST_TEST((again == weights));
  };
  check(std::vector<float>{0.1f, -0.7f, 3e-3f, 1.5f});
  check(std::vector<double>{0.1, -0.7, 3e-3, 1.5});
  check(std::vector<float>{1e-30f, -3e-31f, 2e25f, 1e19f});  // whose squares no float can hold
  check(std::vector<double>{1e-200, -3e-201, 2e250, 1e300});
  check(std::vector<float>{0, 0, 1, 2});  // an output without weights
  check(std::vector<float>{0, 5, 0, 0});
  const auto net = make_net();
  const auto plain = changed(saved(net), [](Draft& t) {
    if (t.name.ends_with("weight_v")) t.name.resize(t.name.size() - 2);
    return !t.name.ends_with("weight_g");
  });
  const auto got = loaded(net, plain);
  io::Tensors again = saved(got);
  for (const std::string stem : {"signal.0.", "signal.model."}) {
    const auto v = again.get<float>(stem + "weight_v"), w = plain.get<float>(stem + "weight");
    BOOST_TEST(std::equal(v.begin(), v.end(), w.begin(), w.end()));
    const auto g = again.get<float>(stem + "weight_g");
    const auto row = v.size() / g.size();
    for (std::size_t o = 0; o < g.size(); ++o) {
      double squares = 0;
      for (std::size_t i = 0; i < row; ++i) squares += double(v[o * row + i]) * double(v[o * row + i]);
      BOOST_TEST(std::abs(g[o] - std::sqrt(squares)) < 1e-6 * std::sqrt(squares));
    }
  }
  check_throws<format_error>(
      [] {
        folded_again(std::vector<float>{3e38f, 3e38f, 1, 1});
      },
      {"unusable tensor: weight (", "too large"});
  check_throws<format_error>(
      [] {
        folded_again(std::vector<double>{1, 1, 1, std::nan("")});
      },
      {"unusable tensor: weight (", "NaN"});
}

BOOST_AUTO_TEST_CASE(counts_come_as_they_come) {
  const auto net = make_net();
  const auto with = [&](const std::function<bool(Draft&)>& change) {
    return changed(saved(net),
                   [&](Draft& t) { return !t.name.ends_with("num_batches_tracked") || change(t); });
  };
  BOOST_TEST(same(loaded(net, with([](Draft& t) { return t.dtype = io::DType::i32, true; })), net));
  BOOST_TEST(same(loaded(net, with([](Draft& t) { return t.shape = {1}, true; })), net));
  BOOST_TEST(
      same(loaded(net, with([](Draft& t) { return t.dtype = io::DType::i32, t.shape = {1}, true; })), net));
  auto kept = make_net();  // which counted to 1
  assign_tensors(kept, with([](Draft&) { return false; }));
  BOOST_TEST(same(kept, net));
  check_throws<format_error>(
      [&] { assign_tensors(kept, with([](Draft& t) { return t.dtype = io::DType::f32, true; })); },
      {"mistyped tensor: ", "num_batches_tracked (expected I64 or I32, got F32)"});
  check_throws<format_error>(
      [&] {
        assign_tensors(kept, with([](Draft& t) { return t.shape = {1, 1}, true; }));
      },
      {"misshapen tensor: ", "num_batches_tracked (expected (), got (1, 1))"});
}

// One message, and a network as it was before.
BOOST_AUTO_TEST_CASE(all_that_is_wrong_is_told_at_once) {
  auto bad = changed(saved(make_net()), [](Draft& t) {
    if (t.name == "signal.model.weight_v") t.shape = {4, 9, 1};
    if (t.name == "signal.model.bias") t.dtype = io::DType::i64;
    if (t.name.ends_with("running_var")) t.values[1] = -1;
    if (t.name.ends_with("running_mean")) t.values[2] = std::numeric_limits<double>::infinity();
    return t.name != "signal.0.weight_g" && t.name != "signal.0.bias";
  });
  bad.add("optimizer.step", xt::xtensor<float, 1>{1});
  auto net = make_net();
  const auto before = net;
  check_throws<format_error>(
      [&] { assign_tensors(net, bad); },
      {"missing tensors: signal.0.bias, signal.0.weight_g; ", "unknown tensor: optimizer.step; ",
       "misshapen tensor: signal.model.weight_v (expected (4, 3, 3), got (4, 9, 1)); ",
       "mistyped tensor: signal.model.bias (expected F32 or F64, got I64); ", "unusable tensors: ",
       "running_mean (expected finite numbers", "running_var (expected at least 0, got -1."});
  BOOST_TEST(same(net, before));
}

BOOST_AUTO_TEST_CASE(long_lists_and_names_are_cut) {
  auto file = saved(make_net());
  const std::vector<float> one{1};
  for (int i = 0; i < 1000; ++i)
    file.add(std::string(5000, 'x') + std::to_string(i) + '\x1b', {1}, std::span<const float>(one));
  auto net = make_net();
  try {
    assign_tensors(net, file);
    BOOST_ERROR("expected an error");
  } catch (const format_error& error) {
    const std::string text = error.what();
    BOOST_TEST(text.size() < 1200u);
    BOOST_TEST(text.find("unknown tensors: xxx") != std::string::npos);
    BOOST_TEST(text.ends_with(" and 994 more"));
  }
  io::Tensors nothing;
  check_throws<format_error>([&] { assign_tensors(net, nothing); },
                             {"tensors: missing tensors: signal.0.bias, ", " and 6 more"});
}

BOOST_AUTO_TEST_CASE(others_are_ignored_where_that_is_asked_for) {
  auto file = saved(make_net());
  const auto used_alone = assign_tensors(*std::make_unique<Net>(make_net()), file);
  BOOST_TEST(used_alone.size() == file.tensors().size());
  file.add("other", xt::xtensor<float, 1>{1});
  auto net = make_net();
  BOOST_TEST((assign_tensors(net, file, "", Others::ignored) == used_alone));
  check_throws<format_error>([&] { assign_tensors(net, file); }, {"unknown tensor: other"});
  // With a prefix only what begins with it is looked at.
  auto parts = wrapped(saved(net), "first.");
  parts.add("second.bias", xt::xtensor<float, 1>{1});
  BOOST_TEST(assign_tensors(net, parts, "first.").size() == used_alone.size());
  parts.add("first.more", xt::xtensor<float, 1>{1});
  check_throws<format_error>([&] { assign_tensors(net, parts, "first."); }, {"unknown tensor: first.more"});
}

BOOST_AUTO_TEST_CASE(double_networks_take_float_files_and_the_other_way) {
  auto narrow = make_conv<float>();
  auto wide = make_conv<double>();
  narrow.bias << 0.1f, -2;
  assign_tensors(wide, saved(narrow));
  BOOST_TEST(wide.bias[0] == double{0.1f});
  auto again = make_conv<float>();
  assign_tensors(again, saved(wide));
  BOOST_TEST(same(again, narrow));
  wide.bias[1] = 1e39;
  assign_tensors(wide, saved(wide));
  check_throws<format_error>([&] { assign_tensors(narrow, saved(wide)); },
                             {"unusable tensor: bias", "too large"});
}

BOOST_AUTO_TEST_SUITE_END()
