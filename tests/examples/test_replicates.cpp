// SPDX-License-Identifier: MIT

// Networks of a person trained ahead of the rest: they change no byte of what all of them come to, and count only where they are
// whole and of the same data and options.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <lifelog/core/random.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "common/files.hpp"
#include "common/output_lock.hpp"
#include "run.hpp"
#include "steps/evaluating.hpp"
#include "steps/replicates.hpp"

BOOST_AUTO_TEST_SUITE(replicates)

using namespace lifelog;
using namespace lifelog::examples;
namespace fs = std::filesystem;

namespace {

/// 60 minutes in one session; `pulse` swings as the label says.
data::DataSet some_person() {
  constexpr std::size_t minutes = 60, length = 30;
  Random random(3);
  data::DataSet set;
  set.user = "p";
  set.classes = {"calm", "tense"};
  set.label.resize({minutes});
  set.timestamp.resize({minutes});
  xt::xtensor<float, 3> pulse(std::array<std::size_t, 3>{minutes, 1, length});
  xt::xtensor<float, 3> drift(std::array<std::size_t, 3>{minutes, 1, 1});
  for (std::size_t n = 0; n < minutes; ++n) {
    set.label(n) = n / 5 % 2;
    set.timestamp(n) = static_cast<std::int64_t>(60 * n);
    drift(n, 0, 0) = static_cast<float>(n);
    for (std::size_t t = 0; t < length; ++t)
      pulse(n, 0, t) = static_cast<float>(random.normal()) + static_cast<float>(set.label(n));
  }
  set.modalities = {{"pulse", pulse, false}, {"drift", drift, true}};
  return set;
}

/// A person's networks in a folder: of two seeds and folds each, of shuffled folds and of shifted labels; sensors measured.
struct Person {
  Person() {
    training.train.epochs = 4;
    training.standardize = true;
    training.sensor_dropout = 0.3;
    training.threads = 1;
    evaluation.folds = evaluation.seeds = 2;
    evaluation.nulls = 1;
    evaluation.all_folds = evaluation.measure = true;
  }

  std::vector<std::string> train_ahead(const std::string& replicate) const {
    return train_replicate(data, training, evaluation, ahead(), replicate, {});
  }

  /// Every file that the person's job leaves but those ahead, by its name.
  std::map<std::string, std::string> gather() {
    TrainingFiles files(folder.path() / "model.safetensors");
    files.ahead = ahead();
    std::map<std::string, std::string> left;
    ignored = train_and_judge(data, training, evaluation, files, {}, {}).ignored;
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (entry.is_regular_file()) {
        left[entry.path().filename().string()] = io::read_file(entry.path());
        fs::remove(entry.path());
      }
    return left;
  }

  fs::path ahead() const { return folder.path() / ".replicates"; }
  fs::path file(const std::string& name) const { return ahead() / name; }

  TemporaryDirectory folder;
  data::DataSet data = some_person();
  TrainingOptions training;
  EvaluationOptions evaluation;
  std::vector<std::string> ignored;
};

const std::vector<std::string> all_replicates{"seed1", "seed2", "shuffled", "null1"};

/// Changes one bit, so far from the end.
void spoil(const fs::path& file, std::size_t from_end) {
  auto text = io::read_file(file);
  text[text.size() - from_end] = static_cast<char>(text[text.size() - from_end] ^ 1);
  io::write_text(file, text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(options_alone_tell_which_there_are) {
  Person person;
  BOOST_TEST(replicate_names(person.evaluation) == all_replicates, boost::test_tools::per_element());
  const auto plan = plan_minutes(person.data, person.training, person.evaluation);
  std::map<std::string, int> folds;
  for (const auto& network : list_fold_networks(person.data, plan, person.training, person.evaluation))
    ++folds[replicate_name(network)];
  BOOST_TEST(folds.size() == all_replicates.size());
  for (const auto& name : all_replicates) BOOST_TEST(folds[name] == 2, name);
  person.evaluation.scheme = evaluate::Scheme::shuffled;  // nothing leaks by more
  BOOST_TEST(replicate_names(person.evaluation).size() == 3U);
}

BOOST_AUTO_TEST_CASE(any_of_them_ahead_change_no_byte) {
  Person person;
  const auto expected = person.gather();
  for (const char* name : {"model.safetensors", "metrics.json", "history.csv", "predictions.csv",
                           "replicates.safetensors", "checkpoint.safetensors"})
    BOOST_TEST(expected.count(name) == 1U, name);
  for (const auto& some :
       std::vector<std::vector<std::string>>{{"seed1"}, {"null1", "seed2"}, all_replicates}) {
    for (const auto& name : some) BOOST_TEST(person.train_ahead(name).empty());
    BOOST_TEST(fs::exists(person.file(some.front() + "/fold2.safetensors")));
    BOOST_TEST((person.gather() == expected), some.front());
    BOOST_TEST(person.ignored.empty());
    fs::remove_all(person.ahead());
  }
}

BOOST_AUTO_TEST_CASE(what_is_ahead_is_not_trained_again) {
  Person person;
  const auto expected = person.gather();
  for (const auto& name : all_replicates) person.train_ahead(name);
  std::map<fs::path, std::string> before;
  for (const auto& name : all_replicates)
    for (const auto& entry : fs::directory_iterator(person.file(name)))
      before[entry.path()] = io::read_file(entry.path());
  BOOST_TEST(before.size() == 16U);
  int epochs = 0;
  person.training.train.on_epoch = [&](const train::Epoch&) { return ++epochs, true; };
  for (const auto& name : all_replicates) BOOST_TEST(person.train_ahead(name).empty());
  BOOST_TEST((person.gather() == expected));
  BOOST_TEST(epochs == 0);
  for (const auto& [file, text] : before) BOOST_TEST((io::read_file(file) == text), file);
  fs::remove_all(person.file("seed2"));
  BOOST_TEST((person.gather() == expected));
  BOOST_TEST(epochs == 2 * 4);
}

BOOST_AUTO_TEST_CASE(what_is_stale_is_told_and_trained_again) {
  Person person;
  for (const auto& name : all_replicates) person.train_ahead(name);
  // More epochs, another rate, other values of one minute: each of those that is there is of another run.
  const auto check = [&](const std::string& told) {
    const auto other = person.gather();
    BOOST_TEST_REQUIRE(person.ignored.size() == 8U);
    for (const auto& why : person.ignored) BOOST_TEST(why.find(told) != std::string::npos, why);
    const auto ahead = person.ahead(), aside = person.folder.path() / "aside";
    fs::rename(ahead, aside);
    BOOST_TEST((person.gather() == other));
    fs::rename(aside, ahead);
  };
  person.training.train.epochs = 3;
  check("was made otherwise: another --epochs (4 then, 3 now)");
  person.training.train.epochs = 4;
  person.training.train.optimizer.learning_rate *= 2;
  check("another --lr");
  person.training.train.optimizer.learning_rate /= 2;
  person.data.modalities[0].values(7, 0, 3) += 1;
  check("another --data");
  // Whoever trains that replicate again leaves one that counts.
  BOOST_TEST(person.train_ahead("seed2").size() == 2U);
  person.gather();
  BOOST_TEST(person.ignored.size() == 6U);
}

BOOST_AUTO_TEST_CASE(what_is_damaged_is_told_and_trained_again) {
  Person person;
  const auto expected = person.gather();
  for (const auto& name : all_replicates) person.train_ahead(name);
  const auto check = [&](const std::string& file) {
    BOOST_TEST((person.gather() == expected), file);
    BOOST_TEST_REQUIRE(person.ignored.size() == 1U, file);
    BOOST_TEST(person.ignored.front() == person.file(file).string() + ": is damaged");
    const auto slash = file.find('/');
    BOOST_TEST(person.train_ahead(file.substr(0, slash)).size() == 1U);
    BOOST_TEST((person.gather() == expected));
    BOOST_TEST(person.ignored.empty());
  };
  spoil(person.file("seed1/fold1.safetensors"), 40);  // one bit of a number
  check("seed1/fold1.safetensors");
  io::write_text(person.file("seed2/fold2.safetensors"),
                 io::read_file(person.file("seed2/fold2.safetensors")).substr(0, 1000));
  check("seed2/fold2.safetensors");
  io::write_text(person.file("shuffled/fold1.safetensors"), "");
  check("shuffled/fold1.safetensors");
  fs::remove(person.file("null1/fold2.sum"));  // killed just then
  check("null1/fold2.safetensors");
  // One's network in the place of another's, whole as it is.
  for (const char* ending : {".safetensors", ".sum"})
    fs::copy_file(person.file(std::string("seed1/fold1") + ending),
                  person.file(std::string("seed2/fold1") + ending), fs::copy_options::overwrite_existing);
  BOOST_TEST((person.gather() == expected));
  BOOST_TEST_REQUIRE(person.ignored.size() == 1U);
  BOOST_TEST(person.ignored.front().find("another --seed (") != std::string::npos, person.ignored.front());
}

// A training that was interrupted is gone on with, also by whoever gathers.
BOOST_AUTO_TEST_CASE(what_was_begun_ahead_is_gone_on_with) {
  Person person;
  const auto expected = person.gather();
  person.training.checkpoint_seconds = 0;
  int epochs = 0;
  struct Killed {};
  person.training.train.on_epoch = [&](const train::Epoch&) {
    if (++epochs == 3) throw Killed();
    return true;
  };
  BOOST_CHECK_THROW(person.train_ahead("seed2"), Killed);
  BOOST_TEST(fs::exists(person.file("seed2/fold1.safetensors")));
  epochs = 100;
  BOOST_TEST((person.gather() == expected));
  BOOST_TEST(person.ignored.empty());
  // All of the others, and the fourth of the one that had come to three.
  BOOST_TEST(epochs == 100 + 7 * 4 + 1);
}

// Where no minute is held out there is the model, and nothing that judges it.
BOOST_AUTO_TEST_CASE(where_nothing_is_held_out_there_is_the_model_alone) {
  Person person;
  person.training.split.train = 1;
  person.training.split.valid = person.training.split.test = 0;
  person.evaluation.shares = true;
  person.evaluation.all_folds = person.evaluation.measure = false;
  const auto expected = person.gather();
  BOOST_TEST(expected.count("predictions.csv") == 0U);
  for (const auto& name : replicate_names(person.evaluation)) BOOST_TEST(person.train_ahead(name).empty());
  BOOST_TEST(fs::exists(person.file("seed1/fold1.safetensors")));
  BOOST_TEST(fs::is_empty(person.file("seed2")));
  BOOST_TEST((person.gather() == expected));
}

// As jobs of the study, and what may go wrong with them there.
BOOST_AUTO_TEST_CASE(replicates_are_jobs_of_the_study) {
  const Sandbox sandbox;
  const std::string flags =
      "--users 2 --groups 1 --sessions 1 --minutes 24 --dirt 0 --epochs 3 --predictor-epochs 2 "
      "--perplexity 5 --seeds 2 --out ";
  const auto only = [&](const std::string& job, int status = 0, const std::string& more = {}) {
    const auto run = sandbox.run("pipeline", flags + "a --only " + job + more);
    BOOST_TEST(run.status == status, run.err);
    return run.out + run.err;
  };
  only("recordings"), only("data");
  const auto plan = nlohmann::json::parse(sandbox.run("pipeline", flags + "a --plan").out);
  BOOST_TEST(plan.at("replicates") == (nlohmann::json{"seed1", "seed2", "shuffled"}));
  for (const auto& job : plan.at("jobs"))
    if (!job.at("replicate").is_null())
      BOOST_TEST(only("networks:" + job.at("person").get<std::string>() + ":" +
                      job.at("replicate").get<std::string>())
                     .find(": done (") != std::string::npos);
  for (const auto& job : plan.at("jobs"))
    if (job.at("step") == "networks" && !job.at("person").is_null())
      BOOST_TEST(fs::exists(sandbox.path() / "a" / job.at("done").get<std::string>()) ==
                 !job.at("replicate").is_null());
  const auto ahead = sandbox.path() / "a/mil/101/.replicates";
  BOOST_TEST(fs::exists(ahead / "seed2/fold1.safetensors"));

  BOOST_TEST(only("networks:101:seed3", 2).find("expected a replicate that --plan tells, like seed1") !=
             std::string::npos);
  BOOST_TEST(only("networks:nobody:seed1", 2).find("got 'nobody:seed1'") != std::string::npos);
  BOOST_TEST(only("maps:101:seed1", 2).find("--only: expected maps without a person") != std::string::npos);

  {  // The same replicate twice at a time, or a person whose replicates are being trained: refused.
    const OutputLock other(ahead / "seed1");
    BOOST_TEST(only("networks:101:seed1", 1).find("another run writes to this folder") != std::string::npos);
    only("networks:101:seed2");
    const OutputLock person(sandbox.path() / "a/mil/101", Sharing::shared);
    BOOST_TEST(only("networks:101", 1).find("another run writes to this folder") != std::string::npos);
  }

  // One is damaged, and one of 102 fails; the rest, and another person, are done, and then all in one go.
  spoil(ahead / "seed2/fold1.safetensors", 40);
  BOOST_TEST(only("networks:101")
                 .find("101, trained again: a/mil/101/.replicates/seed2/fold1.safetensors: is damaged") !=
             std::string::npos);
  BOOST_TEST(!fs::exists(ahead));
  fs::remove_all(sandbox.path() / "a/mil/102/.replicates/seed2");
  sandbox.write("a/mil/102/.replicates/seed2", "in the way");
  only("networks:102:seed2", 1);
  only("networks:102:seed1");
  BOOST_TEST(sandbox.run("pipeline", flags + "a").status == 0);
  BOOST_TEST(!fs::exists(sandbox.path() / "a/mil/102/.replicates"));
  BOOST_TEST(sandbox.run("pipeline", flags + "b").status == 0);
  int compared = 0;
  for (const auto& file : sandbox.files())
    if (file.starts_with("b/mil/")) {
      BOOST_TEST((sandbox.read("a" + file.substr(1)) == sandbox.read(file)), file);
      ++compared;
    }
  BOOST_TEST(compared > 10);
  // Once all is done there is nothing to do ahead.
  BOOST_TEST(only("networks:101:seed1").find("networks of 101, seed1: done before") != std::string::npos);
  BOOST_TEST(!fs::exists(ahead));
  BOOST_TEST(sandbox.run("pipeline", flags + "a").out.find("networks: done before") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
