// SPDX-License-Identifier: MIT

// Groups the rows of an array, and says how well.

#include <algorithm>
#include <cmath>
#include <lifelog/io/npy.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "common/program.hpp"
#include "steps/choosing.hpp"
#include "steps/sample_points.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Flags {
  std::string in, users, out, groups, method = "ward", k = "auto", sweep;
  int restarts = 10;
};

struct Method {
  std::string flag, title;
  cluster::GroupingMethod method;
};

const std::vector<Method> methods = {{"kmeans", "k-means", cluster::GroupingMethod::kmeans},
                                     {"ward", "Ward", cluster::GroupingMethod::ward},
                                     {"single", "single linkage", cluster::GroupingMethod::single},
                                     {"complete", "complete linkage", cluster::GroupingMethod::complete},
                                     {"average", "average linkage", cluster::GroupingMethod::average}};

const Method& chosen_method(const Flags& flags) {
  return *std::find_if(methods.begin(), methods.end(), [&](const auto& m) { return m.flag == flags.method; });
}

std::vector<std::string> method_flags() {
  std::vector<std::string> names;
  for (const auto& method : methods) names.push_back(method.flag);
  return names;
}

struct Input {
  RowMatrix<double> points;
  Eigen::VectorXi users;
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--in", flags.in, "[n, d] array (.npy); generated importances when absent");
  app.add_option("--method", flags.method, "how to group").check(one_of(method_flags()));
  app.add_option("--k", flags.k, "number of groups, or auto: the highest silhouette of the sweep");
  app.add_option("--out", flags.out,
                 "labels to write, [n] int64 (.npy), 0...k-1; tables count groups from 1");
  app.add_option("--n-init", flags.restarts, "starts of k-means; the best counts").check(between(1, 10000));
  app.add_option("--users", flags.users, "[n] integers (.npy): whose each row is");
  app.add_option("--sweep", flags.sweep,
                 "low:high, numbers of groups to score (2:10 with --k auto or --users)");
  app.add_option("--groups", flags.groups, "user lists to write (.json), with --users");
}

cluster::GroupingOptions grouping_options(const Flags& flags, const Program& program, bool users) {
  cluster::GroupingOptions options;
  options.method = chosen_method(flags).method;
  options.restarts = flags.restarts;
  options.seed = program.seed;
  options.threads = program.threads;
  options.k = flags.k == "auto" ? 0 : whole_number("--k", flags.k, 1);
  if (!flags.sweep.empty())
    std::tie(options.sweep_first, options.sweep_last) = number_range("--sweep", flags.sweep);
  else if (options.k > 0 && !users)
    options.sweep_last = 0;
  if (options.sweep_first < 1)
    throw FlagError("--sweep: expected at least 1 group, got '" + flags.sweep + "'");
  return options;
}

Input read_input(const Flags& flags, const Program& program) {
  if (flags.in.empty()) {
    if (!flags.users.empty()) throw FlagError("--users: expected with --in only");
    auto sample = sample_points(program.seed);
    return {std::move(sample.points), std::move(sample.users)};
  }
  Input input{as_eigen(io::load_npy<double, 2>(flags.in)), {}};
  if (!flags.users.empty()) input.users = as_eigen(io::load_npy<int, 1>(flags.users));
  if (!flags.users.empty() && input.users.size() != input.points.rows())
    throw format_error(flags.users, "expected one user for each of the " +
                                        std::to_string(input.points.rows()) + " rows of " + flags.in +
                                        ", got " + std::to_string(input.users.size()));
  return input;
}

cluster::Grouping group(const Input& input, const Flags& flags, const cluster::GroupingOptions& options,
                        const Program& program) {
  const Index rows = input.points.rows();
  if (options.k > rows)
    throw FlagError("--k: expected 1.." + std::to_string(rows) + " (the number of rows), got " + flags.k);
  if (!flags.sweep.empty() && options.sweep_first > rows)
    throw FlagError("--sweep: expected at most " + std::to_string(rows) +
                    " groups (the number of rows), got '" + flags.sweep + "'");
  auto progress = program.progress("grouping", options.sweep_last - options.sweep_first + 1);
  auto grouping = group_points(input.points, input.users, options, [&](int done, int) { progress.at(done); });
  progress.finish();
  return grouping;
}

// With some decimals, or with an exponent where they would show nothing, or hundreds of digits.
std::string number(double x, int decimals) {
  if (x == 0 || (x >= std::pow(10, -decimals) && x < 1e15)) return fixed(x, decimals);
  std::ostringstream out;
  out << x;
  return out.str();
}

void print_sweep(std::ostream& out, const cluster::Grouping& grouping, const Method& method) {
  if (grouping.sweep.empty()) return;
  Table table({"k", method.method == cluster::GroupingMethod::kmeans ? "inertia" : "height", "silhouette",
               "entropy"});
  for (const auto& trial : grouping.sweep)
    table.row(
        {std::to_string(trial.k), number(trial.fit, 4), fixed(trial.silhouette, 4), fixed(trial.entropy, 3)});
  out << table << '\n';
}

void print_users(std::ostream& out, const cluster::UserGroups& users) {
  Table table({"user", "group", "rows", "in it", "entropy"});
  for (Index u = 0; u < users.users.size(); ++u) {
    const auto rows = users.counts.row(u).sum(), in_group = users.counts.row(u).maxCoeff();
    table.row({std::to_string(users.users[u]), std::to_string(users.group[u] + 1), grouped(rows),
               fixed(100 * static_cast<double>(in_group) / static_cast<double>(rows), 1) + "%",
               fixed(users.entropy[u], 3)});
  }
  out << '\n' << table;
}

void print_summary(std::ostream& out, const cluster::Grouping& grouping, const Method& method) {
  const auto& chosen = grouping.chosen;
  print_sweep(out, grouping, method);
  out << method.title << ", " << count(chosen.labels.size(), "row", "rows") << ", k = " << chosen.k << ": "
      << (method.method == cluster::GroupingMethod::kmeans ? "inertia " : "merge height ")
      << number(chosen.fit, 6) << ", silhouette " << fixed(chosen.silhouette, 4);
  if (grouping.users) out << ", entropy " << fixed(chosen.entropy, 4);
  out << '\n';
  if (grouping.users) print_users(out, *grouping.users);
}

void write_results(const Flags& flags, const cluster::Grouping& grouping) {
  if (!flags.out.empty())
    writing([&] { io::save_npy(flags.out, grouping.chosen.labels.cast<std::int64_t>().eval()); });
  if (flags.groups.empty()) return;
  std::vector<std::string> names;
  for (const int user : grouping.users->users) names.push_back(std::to_string(user));
  write_groups(flags.groups, user_lists(cluster::people_groups(*grouping.users), names));
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "cluster",
      "Groups the rows of an array by k-means or by a tree of merges, and says how well.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        require_apart({{"--in", flags.in}, {"--users", flags.users}},
                      {{"--out", flags.out}, {"--groups", flags.groups}});
        const auto input = read_input(flags, program);
        if (!flags.groups.empty() && input.users.size() == 0)
          throw FlagError("--groups: expected with --users only");
        const auto options = grouping_options(flags, program, input.users.size() > 0);
        const auto grouping = group(input, flags, options, program);
        if (!grouping.chosen.fit_in_range)
          program.warn(
              "rows so far apart, or so close, that no number says how good the groups are; the groups hold");
        write_results(flags, grouping);
        print_summary(program.out(), grouping, chosen_method(flags));
      });
}
