// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/io/npy.hpp>

#include "run.hpp"
#include "steps/map_state.hpp"
#include "steps/mapping.hpp"
#include "steps/sample_points.hpp"

BOOST_AUTO_TEST_SUITE(examples_embed)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Points : Sandbox {
  Points() { io::save_npy(path() / "x.npy", sample_points(3, 6, 3, 20).points); }

  void check_success(const std::string& arguments) const {
    const auto run = this->run("embed", "--in x.npy --perplexity 10 " + arguments);
    BOOST_TEST(run.status == 0, run.err);
  }

  void check_refusal(const std::string& arguments, const std::string& what) const {
    const auto run = this->run("embed", "--in x.npy --perplexity 10 " + arguments);
    BOOST_TEST(run.status == 2);
    BOOST_TEST(run.one_line("embed"), run.err);
    BOOST_TEST((run.err.find(what) != std::string::npos), run.err);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_map_laid_aside_goes_on_to_the_bit, Points) {
  check_success("--iterations 300 --out whole.npy");
  check_success("--iterations 130 --state half.safetensors --threads 1");
  BOOST_TEST(load_state(path() / "half.safetensors").iterations == 130);
  check_success("--iterations 300 --state half.safetensors --resume --out resumed.npy --threads 2");
  BOOST_TEST((read("resumed.npy") == read("whole.npy")));
  BOOST_TEST(load_state(path() / "half.safetensors").iterations == 300);
}

BOOST_FIXTURE_TEST_CASE(a_map_of_other_points_or_options_does_not_go_on, Points) {
  check_success("--iterations 20 --state half.safetensors");
  check_refusal("--iterations 30 --resume --state half.safetensors --theta 0.25", "another --theta");
  auto points = io::load_npy<double, 2>(path() / "x.npy");
  points(3, 1) += 1;
  io::save_npy(path() / "x.npy", points);
  check_refusal("--iterations 30 --resume --state half.safetensors", "another --in");
}

BOOST_FIXTURE_TEST_CASE(theta_nought_is_exact, Points) {
  check_success("--iterations 40 --theta 0 --out exact.npy");
  manifold::TsneOptions options{.perplexity = 10, .iterations = 40, .seed = 1};
  options.repulsion = manifold::Repulsion::exact;
  const RowMatrix<double> points = as_eigen(io::load_npy<double, 2>(path() / "x.npy"));
  const RowMatrix<double> map = as_eigen(io::load_npy<double, 2>(path() / "exact.npy"));
  const auto problem = manifold::tsne_problem(points, options);
  const auto expected = manifold::TsneRun<>(problem.joint, problem.start, options).run().map;
  BOOST_TEST((map - expected).cwiseAbs().maxCoeff() < 1e-6 * expected.cwiseAbs().maxCoeff());
}

BOOST_FIXTURE_TEST_CASE(what_was_not_laid_aside_is_refused, Points) {
  check_refusal("--resume", "--state");
  check_refusal("--resume --state nowhere.safetensors", "nowhere.safetensors");
  check_refusal("--resume --state x.npy", "x.npy");
  const manifold::TsneState rest = manifold::first_state(RowMatrix<double>::Zero(7, 2));
  save_state(path() / "other.safetensors", rest);
  check_refusal("--resume --state other.safetensors", "120 x 2");
  io::Tensors tensors;
  tensors.metadata()["format"] = "lifelog-model";
  tensors.save(path() / "model.safetensors");
  check_refusal("--resume --state model.safetensors", "lifelog-tsne");
}

BOOST_AUTO_TEST_SUITE_END()
