// SPDX-License-Identifier: MIT

// A trained model as a C++ header for firmware: the network's type, its folded weights, and a self-test.

#include <lifelog/mil/any_instances.hpp>
#include <lifelog/predict/model_notes.hpp>

#include "common/program.hpp"
#include "steps/sample_person.hpp"
#include "steps/training.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

struct Flags {
  std::string model, out, name = "model";
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--model", flags.model,
                 "trained model (.safetensors); one is trained on a generated person when absent");
  app.add_option("--out", flags.out, "header to write (.hpp); it needs lifelog/embedded.hpp and Eigen");
  app.add_option("--namespace", flags.name, "the header's namespace");
}

template<class Model>
mil::FirmwareOptions options_of(const Model& model, const std::string& name, std::uint64_t seed) {
  mil::FirmwareOptions options;
  options.name = name;
  options.seed = seed;
  const auto fitted = predict::standardization_of(model);
  for (std::size_t m = 0; fitted && m < fitted->scales.size(); ++m) {
    options.scales.emplace_back();
    for (std::size_t c = 0; c < fitted->scales[m].mean.size(); ++c)
      options.scales.back().push_back({fitted->scales[m].mean[c], fitted->scales[m].deviation[c]});
  }
  return options;
}

template<class Model>
void print_summary(std::ostream& out, const Model& model, const std::string& text) {
  Table table({"modality", "channels"});
  for (const auto& shape : model.network.shapes())
    table.row({shape.name, shape.scalar() ? "scalar" : std::to_string(shape.channels)});
  out << table << count(model.network.classes(), "class", "classes") << ", pool "
      << mil::pool_name(model.network.pool_kind()) << ", "
      << grouped(static_cast<long long>(nn::parameter_count(model.network))) << " parameters; header of "
      << grouped(static_cast<long long>(text.size())) << " bytes\n";
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "export_firmware", "Writes a trained model as a C++ header for firmware.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        if (!flags.model.empty() && flags.out.empty())
          throw FlagError("--out: expected a file with --model, got none");
        require_apart({{"--model", flags.model}}, {{"--out", flags.out}});
        auto sample = flags.model.empty() ? sample_person(program.seed) : data::DataSet();
        const auto model =
            flags.model.empty() ? train_sample(sample, program) : mil::load_any_model(flags.model);
        if (windows_of(model) > 1)
          throw FlagError("--model: expected one of whole minutes, got one of minutes cut into " +
                          std::to_string(windows_of(model)) + " windows");
        std::visit(
            [&](const auto& one) {
              const auto header = mil::firmware_header(one, options_of(one, flags.name, program.seed));
              if (!flags.out.empty()) writing([&] { header.save(flags.out); });
              print_summary(program.out(), one, header.text());
            },
            model);
      });
}
