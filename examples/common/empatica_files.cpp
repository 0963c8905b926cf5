// SPDX-License-Identifier: MIT
#include "empatica_files.hpp"

#include <lifelog/readers/listing.hpp>
#include <memory>
#include <utility>

#include "files.hpp"
#include "zip.hpp"

namespace lifelog::examples {

namespace {

namespace fs = std::filesystem;
using readers::EmpaticaFile;

bool is_zip(std::string_view name) {
  if (name.size() < 5 || name.starts_with('.')) return false;
  std::string end(name.substr(name.size() - 4));
  for (char& c : end) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return end == ".zip";
}

/// "a/b/c.csv" in its parts; backslashes are what some writers on Windows take for slashes.
std::vector<std::string> parts_of(std::string_view path) {
  const char slash = path.find('/') == std::string_view::npos ? '\\' : '/';
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find(slash, at), path.size());
    const auto part = path.substr(at, end - at);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    at = end + 1;
  }
  return parts;
}

/// An archive in an archive, unpacked while files of it are read, one after the other.
class InnerArchives {
 public:
  const ZipArchive& open(const std::shared_ptr<const ZipArchive>& outer, std::size_t index,
                         const std::string& name) {
    if (outer_ != outer || index_ != index) {
      inner_.reset();
      inner_ = std::make_unique<ZipArchive>(outer->read(index), name);
      outer_ = outer;
      index_ = index;
    }
    return *inner_;
  }

 private:
  std::shared_ptr<const ZipArchive> outer_;
  std::size_t index_ = 0;
  std::unique_ptr<ZipArchive> inner_;
};

class Lister {
 public:
  Lister(fs::path root, EmpaticaFiles& out) : root_(std::move(root)), out_(out) {}

  void add_file(const std::string& path) {
    auto parts = parts_of(path);
    EmpaticaFile file{parts, std::vector<bool>(parts.size(), false), {}, {}};
    if (is_zip(parts.back())) return add_archive(root_ / path, std::move(file));
    take_name(file);
    const auto where = root_ / path;
    file.read = [where] { return io::read_file(where); };
    out_.files.push_back(std::move(file));
  }

  /// `folder` ends with the archive's own name, but for the root's.
  void add_archive(const fs::path& path, EmpaticaFile folder) {
    if (!folder.archive.empty()) folder.archive.back() = true;
    try {
      const auto zip = std::make_shared<const ZipArchive>(path);
      list(*zip, folder, [&](std::size_t index, EmpaticaFile file) {
        if (is_zip(file.folders.back())) return add_inner(zip, index, std::move(file), path.string());
        take_name(file);
        file.read = [zip, index] { return zip->read(index); };
        out_.files.push_back(std::move(file));
      });
    } catch (const std::runtime_error& failure) {  // format_error, io_error
      add_broken(std::move(folder), failure.what());
    }
  }

 private:
  static void take_name(EmpaticaFile& file) {
    file.name = file.folders.back();
    file.folders.pop_back();
    file.archive.pop_back();
  }

  void add_broken(EmpaticaFile archive, const std::string& why) {
    archive.fault = why;
    out_.files.push_back(std::move(archive));
  }

  /// Calls add(index, file) for each file, its name the last of its folders.
  template<class Add>
  static void list(const ZipArchive& zip, const EmpaticaFile& folder, Add add) {
    const auto names = zip.names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto file = folder;
      auto parts = parts_of(names[i]);
      if (parts.empty() || names[i].ends_with('/')) continue;
      file.archive.resize(file.folders.size() + parts.size(), false);
      file.folders.insert(file.folders.end(), parts.begin(), parts.end());
      add(i, std::move(file));
    }
  }

  void add_inner(const std::shared_ptr<const ZipArchive>& outer, std::size_t index, EmpaticaFile folder,
                 const std::string& outer_name) {
    folder.archive.back() = true;
    const auto name = outer_name + ": " + outer->names()[index];
    try {
      list(inner_->open(outer, index, name), folder, [&](std::size_t inner_index, EmpaticaFile file) {
        take_name(file);
        file.read = [archives = inner_, outer, index, name, inner_index] {
          return archives->open(outer, index, name).read(inner_index);
        };
        if (is_zip(file.name)) file.fault = "a zip archive in an archive in an archive, which is not read";
        out_.files.push_back(std::move(file));
      });
    } catch (const std::runtime_error& failure) {
      add_broken(std::move(folder), failure.what());
    }
  }

  fs::path root_;
  EmpaticaFiles& out_;
  std::shared_ptr<InnerArchives> inner_ = std::make_shared<InnerArchives>();
};

}  // namespace

EmpaticaFiles list_empatica_files(const fs::path& root, const std::vector<fs::path>& without) {
  EmpaticaFiles out;
  Lister lister(root, out);
  std::error_code error;
  if (fs::is_regular_file(root, error)) {
    if (!is_zip(root.filename().string()))
      throw format_error(root.string(), "expected a folder or a zip archive of recordings");
    lister.add_archive(root, {});
    return out;
  }
  require_directory(root);
  auto listing = readers::list_files(root, without);
  for (const auto& file : listing.files) lister.add_file(file.path);
  out.not_entered = std::move(listing.not_entered);
  return out;
}

}  // namespace lifelog::examples
