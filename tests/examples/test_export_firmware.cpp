// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/mil/model_file.hpp>

#include "run.hpp"

BOOST_AUTO_TEST_SUITE(export_firmware)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

const std::string program = "export_firmware";

/// A sandbox with m.safetensors, a model whose first modality was standardised.
Sandbox& with_model(Sandbox& sandbox) {
  mil::Model model{mil::make_bag_network<float>({{"e4Acc", 3}, {"e4Hr", 0}}, 2, 1, mil::Pool::gated),
                   {"calm", "tense"},
                   {}};
  model.notes["standardize"] =
      R"([{"modality": "e4Acc", "mean": [0.5, 1, -1], "deviation": [2, 1, 1]},
          {"modality": "e4Hr", "mean": [70.25], "deviation": [8]}])";
  mil::save_model((sandbox.path() / "m.safetensors").string(), model);
  return sandbox;
}

void check_failure(const Sandbox& sandbox, const std::string& arguments, int status,
                   const std::string& what) {
  const auto before = sandbox.files();
  const auto run = sandbox.run(program, arguments);
  BOOST_TEST_CONTEXT(arguments << " -> " << run.err) {
    BOOST_TEST(run.status == status);
    BOOST_TEST(run.one_line(program));
    BOOST_TEST((run.err.find(what) != std::string::npos));
    BOOST_TEST(sandbox.files() == before, boost::test_tools::per_element());
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(explains_itself) {
  const Sandbox sandbox;
  const auto run = sandbox.run(program, "--help");
  BOOST_TEST(run.status == 0);
  for (const char* flag : {"--help", "--seed", "--threads", "--quiet", "--model", "--out"})
    BOOST_TEST((run.out.find(flag) != std::string::npos), flag << " is not in the help");
}

BOOST_AUTO_TEST_CASE(runs_on_something_built_in) {
  const Sandbox sandbox;
  const auto run = sandbox.run(program);
  BOOST_TEST(run.status == 0);
  BOOST_TEST(run.err == "");
  BOOST_TEST((run.out.find("mMag") != std::string::npos));
  BOOST_TEST(sandbox.files().empty());
}

BOOST_AUTO_TEST_CASE(writes_a_header_of_the_model) {
  Sandbox sandbox;
  with_model(sandbox);
  const auto run = sandbox.run(program, "--model m.safetensors --out m.hpp --namespace wrist");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST((run.out.find("pool gated") != std::string::npos));
  const auto header = sandbox.read("m.hpp");
  for (const char* part :
       {"#include <lifelog/embedded.hpp>", "namespace wrist {", "{\"e4Acc\", \"e4Hr\"}",
        "{\"calm\", \"tense\"}", "FixedBagNetwork<float, 2, lifelog::mil::Pool::gated, 3, 0>",
        "// e4AccILNet mean\n    0.5f, 1.0f, -1.0f,", "// e4HrILNet deviation\n    8.0f,",
        "// e4AccILNet.Vl.1.bias", "test_inputs[] = {", "self_test("})
    BOOST_TEST((header.find(part) != std::string::npos), part);
  BOOST_TEST(sandbox.run(program, "--quiet --model m.safetensors --out again.hpp --namespace wrist").out ==
             "");
  BOOST_TEST((sandbox.read("again.hpp") == header));
  BOOST_TEST(
      sandbox.run(program, "--model m.safetensors --out other.hpp --namespace wrist --seed 2").status == 0);
  BOOST_TEST((sandbox.read("other.hpp") != header));  // another self-test
}

BOOST_AUTO_TEST_CASE(refuses_what_it_cannot_use) {
  Sandbox sandbox;
  with_model(sandbox);
  sandbox.write("text.safetensors", "no model");
  check_failure(sandbox, "--no-such-flag", 2, "--no-such-flag");
  check_failure(sandbox, "--model m.safetensors", 2, "--out");
  check_failure(sandbox, "--model nowhere --out m.hpp", 2, "nowhere");
  check_failure(sandbox, "--model text.safetensors --out m.hpp", 2, "text.safetensors");
  check_failure(sandbox, "--model m.safetensors --out m.hpp --namespace 2nd", 2, "2nd");
  check_failure(sandbox, "--model m.safetensors --out missing/m.hpp", 1, "missing/m.hpp");
}

BOOST_AUTO_TEST_SUITE_END()
