// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/readers/empatica_tree.hpp>
#include <vector>

namespace lifelog::examples {

/// What was found below a folder of wristband exports, or in an archive of them.
struct EmpaticaFiles {
  std::vector<readers::EmpaticaFile> files;
  std::vector<data::Ignored> not_entered;  ///< by path: what could not be looked into, and why
};

/// All files below `root`, in zip archives too, and in archives in those: nested deeper they are files like others. `root`
/// may be an archive itself. without: folders that are passed by. An archive that cannot be read is a file without a name.
///
/// Files of archives are unpacked when they are read; of the archives in one no more than the last is kept in memory.
/// Throws io_error when `root` cannot be read.
EmpaticaFiles list_empatica_files(const std::filesystem::path& root,
                                  const std::vector<std::filesystem::path>& without = {});

}  // namespace lifelog::examples
