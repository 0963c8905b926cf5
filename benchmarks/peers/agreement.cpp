// SPDX-License-Identifier: MIT

// Our side of peers/torch_agreement.py: loss, outputs and gradient of one training batch, in double precision.
//
//     agreement IN.safetensors OUT.safetensors
//
// IN: input.<modality> F64, label I64, and the state under its PyTorch names. OUT: log_probabilities, importance, loss,
// and grad.<parameter>.

#include <cstdio>
#include <exception>
#include <lifelog/mil/bag_pass.hpp>
#include <lifelog/mil/model_file.hpp>

#include "../study_data.hpp"

namespace {

using namespace lifelog;

void compute(const std::string& in, const std::string& out) {
  const auto file = io::Tensors::load(in);
  const auto label = file.get<std::int64_t>("label");
  const std::vector<Index> labels(label.begin(), label.end());
  mil::Bags<double> bags;
  bags.count = static_cast<Index>(labels.size());
  for (const auto& m : benchmarks::study_modalities)
    bags.modalities.push_back(
        {m.name, file.get<double>(std::string("input.") + m.name).data(), m.channels, m.length});

  mil::BagNetwork<double> net(bags.shapes(), benchmarks::study_classes);
  train::assign_tensors(net, file, "", train::Others::ignored);
  auto gradient = nn::zeros_like(net);
  std::vector<Index> rows(labels.size());
  for (std::size_t n = 0; n < rows.size(); ++n) rows[n] = static_cast<Index>(n);
  mil::BagPass<double> pass(net, bags, 0);
  pass.forward(net, rows, true);
  const double loss = pass.loss(net, labels.data(), {}, &gradient);

  io::Tensors result;
  result.add("log_probabilities",
             RowMatrix<double>(pass.log_probabilities().leftCols(bags.count).transpose()));
  result.add("importance", RowMatrix<double>(pass.importance().leftCols(bags.count).transpose()));
  result.add("loss", {1}, std::span<const double>(&loss, 1));
  train::add_tensors(result, gradient, "grad.");
  result.save(out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: agreement IN.safetensors OUT.safetensors\n", stderr);
    return 2;
  }
  try {
    compute(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "agreement: %s\n", error.what());
    return 1;
  }
}
