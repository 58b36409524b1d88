#pragma once
// `cleave import model`, apart from its flags.

#include <iosfwd>
#include <string>

#include "models/arch/llm_spec.h"
#include "sim/app/command.h"

namespace cleave {

struct ImportParams {
  std::string file;    // a Hugging Face config.json
  std::string name;    // of the entry; empty: that of the file's folder
  std::string output;  // file to write; empty: standard output
  bool force = false;  // an existing file is replaced
};

/// The entry of a model as the catalogue's files have it.
[[nodiscard]] std::string catalogue_yaml(const LlmSpec& model);

/// Errors: ConfigError for a file that cannot be understood, or one that exists already.
ExitCode import_command(const ImportParams& params, std::ostream& out);

}  // namespace cleave
