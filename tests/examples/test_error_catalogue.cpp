// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/cluster/silhouette.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/metrics/confusion.hpp>
#include <lifelog/readers/table_description_file.hpp>

#include "../support/throws.hpp"
#include "run.hpp"

// Bad uses and inputs, each with what people are told: which flag, file or key, what was expected, what came. Messages are part of
// the interface. A row more costs nothing.

BOOST_AUTO_TEST_SUITE(error_catalogue)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Case {
  const char* program;
  const char* arguments;
  const char* told;  ///< what stands in the one line on standard error
  int status = 2;
};

/// Of files see `make_files`.
const Case cases[] = {
    // Arrays.
    {"cluster", "--in nowhere.npy", "nowhere.npy: cannot read: No such file or directory"},
    {"cluster", "--in cut.npy", "cut.npy: truncated: the npy header should have 118 bytes, the file has 60"},
    {"cluster", "--in text.txt", "text.txt: expected a npy file (magic \\x93NUMPY), got something else"},
    {"cluster", "--in empty", "empty: expected a npy file (magic \\x93NUMPY), got something else"},
    {"cluster", "--in d.safetensors", "d.safetensors: expected a npy file"},
    {"cluster", "--in nan.npy", "--in: expected finite numbers, got nan in row 1, column 0"},
    {"cluster", "--in cube.npy", "cube.npy: expected an array of 2 dimensions, got shape (2, 1, 1)"},
    {"cluster", "--in norows.npy", "--in: expected at least one row and one column, got 0 x 2"},
    {"cluster", "--in complex.npy", "expected bool, integers, float16, float32 or float64, got dtype '<c8'"},
    {"cluster", "--in .", ".: cannot read: Is a directory"},
    {"cluster", "--in x.npy --users one.npy", "one.npy: expected an array of 1 dimensions, got shape (1, 2)"},
    {"cluster", "--in x.npy --users nowhere.npy", "nowhere.npy: cannot read"},
    {"cluster", "--in x.npy --out x.npy", "--out: expected another path than that of --in, got 'x.npy'"},
    {"cluster", "--in x.npy --out nofolder/y.npy", "nofolder/y.npy: cannot write: No such file or directory",
     1},
    // Numbers and words of flags.
    {"cluster", "--in one.npy --k 2", "--k: expected 1..1 (the number of rows), got 2"},
    {"cluster", "--in x.npy --k 1000", "--k: expected 1..40 (the number of rows), got 1000"},
    {"cluster", "--k 0", "--k: expected at least 1, got 0"},
    {"cluster", "--k -1", "--k: expected at least 1, got -1"},
    {"cluster", "--k many", "--k: expected a whole number, got 'many'"},
    {"cluster", "--k 1.5", "--k: expected a whole number, got '1.5'"},
    {"cluster", "--k 99999999999999999999", "--k: expected a whole number, got '99999999999999999999'"},
    {"cluster", "--method median",
     "--method: expected one of kmeans, ward, single, complete, average, got 'median'"},
    {"cluster", "--n-init 0", "--n-init: expected a number from 1 to 10000, got 0"},
    {"cluster", "--sweep 10:2", "--sweep: expected low <= high, got '10:2'"},
    {"cluster", "--sweep 2", "--sweep: expected low:high, got '2'"},
    {"cluster", "--sweep a:b", "--sweep: expected a whole number, got 'a'"},
    {"cluster", "--sweep 0:3", "--sweep: expected at least 1 group, got '0:3'"},
    {"cluster", "--in", "--in: 1 required TEXT missing"},
    {"cluster", "--frobnicate",
     "The following argument was not expected: --frobnicate (--help lists all flags)"},
    {"cluster", "stray", "The following argument was not expected: stray"},
    {"cluster", "--seed -1", "--seed: expected at least 0, got -1"},
    {"cluster", "--seed 1e99", "--seed: expected a number in its range, got '1e99'"},
    {"cluster", "--threads -1", "--threads: expected a number from 0 to 1024, got -1"},
    {"cluster", "--threads many", "--threads: expected a number, got 'many'"},
    {"embed", "--in nan.npy", "--in: expected finite numbers, got nan in row 1, column 0"},
    {"embed", "--in norows.npy", "--in: expected at least one row and one column, got 0 x 2"},
    {"embed", "--in cube.npy", "cube.npy: expected an array of 2 dimensions, got shape (2, 1, 1)"},
    {"embed", "--perplexity 0", "--perplexity: expected a number from 1 to 1e+06, got 0"},
    {"embed", "--perplexity nan", "--perplexity: expected a number from 1 to 1e+06, got nan"},
    {"embed", "--iterations -5", "--iterations: expected a number from 0 to 1e+06, got -5"},
    {"embed", "--theta -1", "--theta: expected a number from 0 to 1, got -1"},
    {"embed", "--init spectral", "--init: expected pca, random or a .npy file, found no file 'spectral'"},
    {"embed", "--in x.npy --init one.npy", "--init: expected 40 x 2, got 1 x 2"},
    {"embed", "--in x.npy --labels one.npy", "one.npy: expected an array of 1 dimensions, got shape (1, 2)"},
    {"embed", "--in x.npy --out y.npy --svg y.npy",
     "--svg: expected another path than that of --out, got 'y.npy' for both"},
    {"embed", "--in x.npy --svg x.npy", "--svg: expected another path than that of --in, got 'x.npy'"},
    // Recordings.
    {"preprocess", "--in nowhere --out o",
     "nowhere: expected the folder of an ETRI lifelog, found no folder"},
    {"preprocess", "--in x.npy --out o", "x.npy: expected the folder of an ETRI lifelog, found no folder"},
    {"preprocess", "--in folder --out o", "found no such user folder"},
    {"preprocess", "--layout fitbit", "--layout: expected one of etri, empatica, table, got 'fitbit'"},
    {"preprocess", "--in folder --layout empatica --out o",
     "--labels: expected a file with --layout empatica, got none"},
    {"preprocess", "--in folder --layout empatica --labels nowhere.csv --out o", "nowhere.csv: cannot read"},
    {"preprocess", "--in folder --layout empatica --labels nocolumn.csv --out o",
     "nocolumn.csv:1: expected a column \"end\", got user,start,label"},
    {"preprocess", "--in folder --layout empatica --labels none.csv --out o",
     "folder: expected a folder per person, found none"},
    {"preprocess", "--in folder --layout table --out o",
     "--sensors: expected a file with --layout table, got none"},
    {"preprocess", "--in folder --layout table --sensors nowhere.json --out o", "nowhere.json: cannot read"},
    {"preprocess", "--in folder --layout table --sensors cut.json --out o", "cut.json: is not JSON"},
    {"preprocess", "--in folder --layout table --sensors empty.json --out o",
     "empty.json: sensors: expected a list of objects, got nothing"},
    {"preprocess", "--label sadness",
     "--label: expected tension, positive, action or action_option, got 'sadness'"},
    {"preprocess", "--rules mine", "--rules: expected one of study, sensible, got 'mine'"},
    {"preprocess", "--window 0", "--window: expected a number from 1 to 604800, got 0"},
    {"preprocess", "--window 30", "--sensors, --window, --step: expected with --layout table only"},
    {"preprocess", "--describe nowhere --out s.json", "nowhere: cannot read: No such file or directory"},
    {"preprocess", "--describe folder --out empty.json",
     "--out: expected a new file, empty.json is there already"},
    // Training.
    {"train_mil", "--out o.safetensors --data nowhere.safetensors", "nowhere.safetensors: cannot read"},
    {"train_mil", "--out o.safetensors --data cut.safetensors",
     "cut.safetensors: not a safetensors file, or truncated"},
    {"train_mil", "--out o.safetensors --data x.npy", "x.npy: not a safetensors file"},
    {"train_mil", "--out o.safetensors --data m.safetensors",
     "m.safetensors: metadata 'format': expected 'lifelog-dataset', got 'lifelog-model'"},
    {"train_mil", "--data d.safetensors", "--out: expected a file with --data, got none"},
    {"train_mil", "--data d.safetensors --out d.safetensors",
     "--out: expected another path than that of --data"},
    {"train_mil", "--data d.safetensors --out o.safetensors --init nowhere.safetensors",
     "nowhere.safetensors: cannot read"},
    {"train_mil", "--data d.safetensors --out o.safetensors --init d.safetensors",
     "d.safetensors: expected a model"},
    {"train_mil", "--data d.safetensors --out o.safetensors --split-file nocolumn.csv",
     "nocolumn.csv:1: expected"},
    {"train_mil", "--epochs 0", "--epochs: expected a number from 1 to 1e+07, got 0"},
    {"train_mil", "--epochs ten", "--epochs: expected a number, got 'ten'"},
    {"train_mil", "--batch 0", "--batch: expected a number from 1 to 1e+09, got 0"},
    {"train_mil", "--lr 0", "--lr: expected a number above 0, got 0"},
    {"train_mil", "--lr nan", "--lr: expected a number above 0, got nan"},
    {"train_mil", "--weight-decay -1", "--weight-decay: expected at least 0, got -1"},
    {"train_mil", "--gamma -1", "--gamma: expected at least 0, got -1"},
    {"train_mil", "--clip 0", "--clip: expected a number above 0, or inf, got 0"},
    {"train_mil", "--alpha 1,x", "--alpha: expected a number, got 'x'"},
    {"train_mil", "--pool median", "--pool: expected one of self, attention, gated,"},
    {"train_mil", "--encoder huge", "--encoder: expected one of study, small, tcn8, got 'huge'"},
    {"train_mil", "--sensor-dropout 1",
     "--sensor-dropout: expected a number of at least 0 and below 1, got 1"},
    {"train_mil", "--split 0.5,0.5", "--split: expected three shares train,valid,test, got '0.5,0.5'"},
    {"train_mil", "--split 0.9,0.9,0.9",
     "--split: expected shares of at least 0 that add up to 1, the first above 0"},
    {"train_mil", "--split a,b,c", "--split: expected a number, got 'a'"},
    {"train_mil", "--evaluate sometimes",
     "--evaluate: expected one of shuffled, blocked, session, person, got 'sometimes'"},
    {"train_mil", "--folds 1", "--folds: expected a number from 2 to 1000, got 1"},
    {"train_mil", "--gap -1", "--gap: expected at least 0, got -1"},
    {"train_mil", "--null -1", "--null: expected a number from 0 to 100000, got -1"},
    {"train_mil", "--seeds 0", "--seeds: expected a number from 1 to 10000, got 0"},
    // Models.
    {"modal_importance", "--out o.npy --model nowhere.safetensors --data d.safetensors",
     "nowhere.safetensors: cannot read"},
    {"modal_importance", "--out o.npy --model d.safetensors --data d.safetensors",
     "d.safetensors: expected a model (format 'lifelog-model' or 'pt'), got format 'lifelog-dataset'"},
    {"modal_importance", "--out o.npy --model m.safetensors --data nowhere.safetensors",
     "nowhere.safetensors: cannot read"},
    {"modal_importance", "--out o.npy --model cut.safetensors --data d.safetensors",
     "cut.safetensors: not a safetensors file"},
    {"modal_importance", "--model m.safetensors --data d.safetensors",
     "--out: expected a file with --model, got none"},
    {"modal_importance", "--model m.safetensors --data d.safetensors --out m.safetensors",
     "--out: expected another path"},
    {"modal_importance", "--model m.safetensors --data d.safetensors --out a.npy --logp a.npy",
     "--logp: expected another path than that of --out, got 'a.npy' for both"},
    {"modal_importance", "--subset most", "--subset: expected one of all, test, got 'most'"},
    {"modal_importance", "--measure guess",
     "--measure: expected one of attention, contributions, information, got 'guess'"},
    {"modal_importance", "--data d.safetensors", "--model, --data: expected both or neither"},
    {"stream_inference", "--model m.safetensors --data cut.safetensors",
     "cut.safetensors: not a safetensors file, or truncated"},
    {"stream_inference", "--model d.safetensors --data d.safetensors", "d.safetensors: expected a model"},
    {"export_firmware", "--model m.safetensors", "--out: expected a file with --model, got none"},
    {"export_firmware", "--model d.safetensors --out h.hpp", "d.safetensors: expected a model"},
    {"export_firmware", "--model m.safetensors --out m.safetensors",
     "--out: expected another path than that of --model"},
    {"export_firmware", "--model m.safetensors --out h.hpp --namespace 2nd",
     "--namespace: expected letters, digits and underscores"},
    // Groups, generated people, the whole study.
    {"train_predictors", "--rows nowhere", "--rows, --groups: expected both or neither"},
    {"train_predictors", "--rows folder --out o --groups empty.json",
     "empty.json: expected an object of format \"lifelog-groups\""},
    {"train_predictors", "--rows folder --out o --groups cut.json", "cut.json: is not JSON"},
    {"train_predictors", "--rows folder --out o --groups nowhere.json", "nowhere.json: cannot read"},
    {"train_predictors", "--bins ten", "--bins: expected one of study, three, got 'ten'"},
    {"train_predictors", "--assign-minutes -1",
     "--assign-minutes: expected a number from 1 to 1e+06, got -1"},
    {"synthesize", "--users 0", "--users: expected at least 1, got 0"},
    {"synthesize", "--users 3 --groups 5 --out o", "--groups: expected at most users (3) and 21, got 5"},
    {"synthesize", "--dirt 2", "--dirt: expected a number from 0 to 1, got 2"},
    {"synthesize", "--minutes 0", "--minutes: expected at least 1, got 0"},
    {"synthesize", "--effect magic",
     "--effect: expected one of frequency, amplitude, rate, level, coupling, got 'magic'"},
    {"synthesize", "--strength -1", "--strength: expected a number from 0 to 1, got -1"},
    {"synthesize", "--imbalance 1", "--imbalance: expected a number from 0 to 0.9, got 1"},
    {"synthesize", "--out .", "--out: expected a new or an empty folder, got . with content"},
    {"pipeline", "--layout empatica", "--data, --labels: expected both with --layout empatica"},
    {"pipeline", "--layout table", "--data, --sensors: expected both with --layout table"},
    {"pipeline", "--labels none.csv", "--labels: expected with --layout empatica only"},
    {"pipeline", "--window 5", "--sensors, --window, --step, --label: expected with --layout table only"},
    {"pipeline", "--data folder --out folder",
     "--out: expected another path than that of --data, got 'folder'"},
    {"pipeline", "--rules strict", "--rules: expected one of study, sensible, got 'strict'"},
    {"pipeline", "--perplexity 0", "--perplexity: expected at least 1, got 0"},
    {"report", "--in nowhere", "nowhere: cannot list directory: No such file or directory"},
    {"report", "--in folder", "folder: expected the folder of a pipeline, with data/quality.json"},
};

/// A npy file of float32.
std::string npy(const std::string& shape, const std::vector<float>& values, const std::string& type = "<f4") {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.append(117 - header.size(), ' ') += '\n';
  std::string file("\x93NUMPY\x01\x00\x76\x00", 10);
  file += header;
  return file.append(reinterpret_cast<const char*>(values.data()), 4 * values.size());
}

/// A data set d and a model m of one person, and files that are no good.
void make_files(const Sandbox& sandbox) {
  for (const char* step : {"synthesize --quiet --out raw --users 1 --groups 1 --sessions 1 --minutes 12",
                           "preprocess --quiet --in raw --out data",
                           "train_mil --quiet --data data/101.safetensors --out m.safetensors --epochs 1"}) {
    const std::string command = step;
    const auto space = command.find(' ');
    const auto run = sandbox.run(command.substr(0, space), command.substr(space));
    BOOST_TEST_REQUIRE(run.status == 0, run.err);
  }
  sandbox.write("d.safetensors", sandbox.read("data/101.safetensors"));
  sandbox.write("cut.safetensors", sandbox.read("d.safetensors").substr(0, 500));
  std::vector<float> values(80);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * i % 17);
  const auto x = npy("(40, 2)", values);
  sandbox.write("x.npy", x);
  sandbox.write("cut.npy", x.substr(0, 60));
  sandbox.write("nan.npy", npy("(3, 2)", {1, 2, std::numeric_limits<float>::quiet_NaN(), 4, 5, 6}));
  sandbox.write("cube.npy", npy("(2, 1, 1)", {1, 2}));
  sandbox.write("norows.npy", npy("(0, 2)", {}));
  sandbox.write("one.npy", npy("(1, 2)", {1, 2}));
  sandbox.write("complex.npy", npy("(1, 1)", {1, 2}, "<c8"));
  sandbox.write("text.txt", "hello\n");
  sandbox.write("empty", "");
  sandbox.write("cut.json", "{");
  sandbox.write("empty.json", "{}\n");
  sandbox.write("none.csv", "user,start,end,label\n");
  sandbox.write("nocolumn.csv", "user,start,label\na,1,2\n");
  std::filesystem::create_directory(sandbox.path() / "folder");
}

/// A description of a cohort of tables, with one sensor and labels; `from` is replaced by `to`.
std::string description(const std::string& from, const std::string& to) {
  std::string text =
      R"({"window": 60, "step": 60, "zone": "UTC", "sensors": [{"name": "hr", "files": "{person}/hr.csv",
    "time": {"column": "t", "unit": "s"}, "columns": ["bpm"], "rate": 1, "range": [20, 250], "window": {"as": "mean"}}],
    "labels": {"files": "{person}/ema.csv", "time": {"column": "t", "unit": "s"}, "before": 900, "column": "stress"}})";
  return text.replace(text.find(from), from.size(), to);
}

struct BadKey {
  const char *from, *to, *told;
};

const BadKey bad_keys[] = {
    {R"("window": 60)", R"("window": 0)", "window"},
    {R"("window": 60)", R"("window": "a minute")", "window"},
    {R"("step": 60)", R"("step": -1)", "step"},
    {R"("zone": "UTC")", R"("zone": "Mars/Olympus")", "zone"},
    {R"("zone")", R"("zones")", "zones"},
    {R"("name": "hr", )", "", "sensors[0]"},
    {R"("{person}/hr.csv")", R"("hr.csv")", "sensors[0]"},
    {R"("unit": "s")", R"("unit": "sec")",
     R"(sensors[0].time.unit: expected one of s, ms, us, ns, iso, m/d/y, d/m/y, start+rate, got "sec")"},
    {R"(["bpm"])", "[]", "sensors[0].columns"},
    {R"("rate": 1)", R"("rate": -1)", "sensors[0].rate"},
    {R"([20, 250])", "[250, 20]", "sensors[0].range"},
    {R"([20, 250])", "[20]", "sensors[0].range"},
    {R"({"as": "mean"})", R"({"as": "median"})", "sensors[0].window.as"},
    {R"("before": 900)", R"("before": -900)", "labels.before"},
    {R"("column": "stress")", R"("column": 7)", "labels.column"},
};

}  // namespace

BOOST_AUTO_TEST_CASE(programs_say_which_and_what) {
  static_assert(std::size(cases) + std::size(bad_keys) > 100);
  const Sandbox sandbox;
  make_files(sandbox);
  for (const auto& [program, arguments, told, status] : cases) {
    const auto run = sandbox.run(program, arguments);
    BOOST_TEST_CONTEXT(program << ' ' << arguments << " -> " << run.err) {
      BOOST_TEST(run.status == status);
      BOOST_TEST(run.one_line(program));
      BOOST_TEST((run.err.find(told) != std::string::npos), "expected: " << told);
    }
  }
  for (const char* written : {"o", "o.npy", "o.safetensors", "h.hpp", "y.npy", "a.npy", "s.json"})
    BOOST_TEST(!std::filesystem::is_regular_file(sandbox.path() / written), written);
}

BOOST_AUTO_TEST_CASE(descriptions_name_the_key) {
  readers::parse_table_description(description("60", "60"), "s.json");
  for (const auto& key : bad_keys) {
    const auto text = description(key.from, key.to);
    BOOST_TEST_CONTEXT(key.to)
    check_throws<format_error>([&] { readers::parse_table_description(text, "s.json"); },
                               {"s.json: ", key.told, "expected"});
  }
}

BOOST_AUTO_TEST_CASE(calls_name_the_argument) {
  const RowMatrix<float> points = RowMatrix<float>::Random(10, 2);
  const Eigen::VectorXi labels = Eigen::VectorXi::Zero(9);
  const auto refused = [](auto call, const std::vector<std::string>& told) {
    check_throws<std::invalid_argument>(call, told);
  };
  refused([&] { cluster::kmeans(points, {.clusters = 0}); }, {"clusters", "expected", "got 0"});
  refused([&] { cluster::kmeans(points, {.clusters = 11}); }, {"clusters", "expected", "got 11"});
  refused([&] { cluster::kmeans(points, {.restarts = 0}); }, {"restarts", "expected", "got 0"});
  refused([&] { cluster::kmeans(points, {.tolerance = -1}); }, {"tolerance", "expected", "got -1"});
  refused([&] { cluster::kmeans(points, {.clusters = 2, .weights = Eigen::VectorXd::Ones(3)}); },
          {"weights", "expected", "3"});
  refused([&] { cluster::silhouette(points, labels); }, {"labels", "expected", "9"});
  refused([&] { metrics::ConfusionMatrix(0); }, {"classes", "expected", "got 0"});
  refused([&] { metrics::ConfusionMatrix(2).add(2, 0); }, {"expected", "got 2"});
  refused([&] { metrics::ConfusionMatrix(2).add(0, -1); }, {"expected", "got -1"});
}

BOOST_AUTO_TEST_SUITE_END()
