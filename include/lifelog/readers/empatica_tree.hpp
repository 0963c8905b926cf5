// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../data/quality.hpp"
#include "empatica_files.hpp"
#include "empatica_sessions.hpp"
#include "listing.hpp"

// Whose the files of a tree of wristband exports are. A session is a folder with the file of a sensor in it, whether the
// folder is on disk or in an archive: an archive is a folder too.

namespace lifelog::inline LIFELOG_ABI::readers {

/// A file of a tree, on disk or in an archive.
struct EmpaticaFile {
  std::vector<std::string> folders;  ///< from the root on, as they are written: "all.zip", "S02.zip"
  std::vector<bool> archive;         ///< for each of them, whether it is one
  std::string name;                  ///< empty for an archive, the last of `folders`, that cannot be read
  std::function<std::string()> read;
  std::string fault = {};  ///< why that archive cannot

  /// Where a folder is; "" for the root.
  std::string folder(std::size_t depth) const {
    std::string path;
    for (std::size_t i = 0; i < depth; ++i) path += folders[i] + '/';
    return path;
  }
  std::string path() const { return folder(folders.size()) + name; }
  bool on_disk() const { return std::find(archive.begin(), archive.end(), true) == archive.end(); }
};

/// A person of a tree.
struct EmpaticaPersonFiles {
  std::string user;
  std::vector<EmpaticaSession> sessions;  ///< on disk, then in archives
  std::vector<std::string> sources;       ///< files and archives on disk that they are in, from the root on
  std::vector<std::string> notes;
  Index files = 0;  ///< of sensors
};

/// What is looked for in a tree.
struct EmpaticaTreeOptions {
  std::vector<EmpaticaSensor> sensors = empatica_sensors();
  bool tags = false;  ///< tags.csv too
};

struct EmpaticaTree {
  std::vector<EmpaticaPersonFiles> people;  ///< in the order of `data::label_less`
  std::vector<data::Ignored> ignored;       ///< by path
};

namespace detail {

/// A folder's name; of an archive without ".zip".
LIFELOG_LAZY std::string folder_name(const EmpaticaFile& file, std::size_t depth) {
  auto name = file.folders[depth];
  if (file.archive[depth]) name.resize(name.size() - 4);
  return name;
}

/// Gives the sessions of a tree to people.
LIFELOG_LAZY class EmpaticaArranger {
 public:
  EmpaticaArranger(const std::vector<EmpaticaFile>& files, const std::filesystem::path& root,
                   const EmpaticaLabels& labels, const EmpaticaTreeOptions& options)
      : files_(files), root_(root), labels_(labels), options_(options) {}

  EmpaticaTree arrange() {
    find_sessions();
    find_holders();
    for (const auto& [folder, of_session] : sessions_) give(folder, of_session);
    for (auto& [key, person] : people_) tree_.people.push_back(finish(std::move(person)));
    std::sort(tree_.people.begin(), tree_.people.end(),
              [](const auto& a, const auto& b) { return data::label_less(a.user, b.user); });
    ignore_rest();
    return std::move(tree_);
  }

 private:
  using Files = std::vector<std::size_t>;  // of files_

  struct OrderedSession {
    int rank;  // on disk, in an archive in the person's folder, elsewhere
    std::filesystem::path path;
    EmpaticaSession session;
    bool operator<(const OrderedSession& other) const {
      return std::tie(rank, path) < std::tie(other.rank, other.path);
    }
  };
  struct Person {
    std::string user;
    std::set<std::string> spellings;
    std::vector<OrderedSession> sessions;
    std::set<std::string> sources;
    Index files = 0;
  };

  bool is_wanted(const std::string& name) const {
    return (options_.tags && name == "tags.csv") ||
           std::any_of(options_.sensors.begin(), options_.sensors.end(),
                       [&](const EmpaticaSensor& sensor) { return sensor.file == name; });
  }

  void find_sessions() {
    for (std::size_t f = 0; f < files_.size(); ++f) {
      const auto& file = files_[f];
      if (passed_by(file.path()) != nullptr) continue;
      if (file.name.empty() || (is_wanted(file.name) && file.name != "tags.csv"))
        sessions_[file.folder(file.folders.size())].push_back(f);
    }
    if (!options_.tags) return;
    for (std::size_t f = 0; f < files_.size(); ++f)
      if (const auto found = sessions_.find(files_[f].folder(files_[f].folders.size()));
          found != sessions_.end() && files_[f].name == "tags.csv")
        found->second.push_back(f);
  }

  bool labelled(const std::string& name) const { return labels_.find(name) != nullptr; }

  /// Folders, most of them archives, that hold people: one whose name is no labelled person's, with a folder in it whose
  /// name is that of one who has no other place.
  void find_holders() {
    std::set<std::string> top;
    for (const auto& [folder, of_session] : sessions_)
      if (const auto& file = files_[of_session.front()]; !file.folders.empty())
        top.insert(name_key(folder_name(file, 0)));
    for (const auto& [folder, of_session] : sessions_) {
      const auto& file = files_[of_session.front()];
      if (file.folders.empty() || labelled(folder_name(file, 0))) continue;
      for (std::size_t depth = 1; depth < file.folders.size(); ++depth) {
        const auto name = folder_name(file, depth);
        if (!labelled(name)) continue;
        if (!top.contains(name_key(name))) holders_.insert(file.folder(depth));
        break;
      }
    }
    // Without any label to go by, one archive that is alone holds all people.
    if (labels_.spelling.empty() && top.size() == 1)
      for (const auto& [folder, of_session] : sessions_)
        if (const auto& file = files_[of_session.front()]; file.folders.size() > 1 && file.archive[0])
          holders_.insert(file.folder(1));
  }

  /// The folder whose name is the person's, or none: then it is the root.
  std::size_t person_depth(const EmpaticaFile& file) const {
    constexpr auto root = static_cast<std::size_t>(-1);
    if (file.folders.empty()) return root;
    if (labelled(folder_name(file, 0))) return 0;
    for (std::size_t depth = 1; depth < file.folders.size(); ++depth)
      if (holders_.contains(file.folder(depth))) return depth;
    return labelled(root_name()) ? root : 0;
  }

  std::string root_name() const {
    const auto whole = std::filesystem::absolute(root_).lexically_normal();
    const auto name = whole.has_filename() ? whole : whole.parent_path();
    auto extension = name.extension().string();
    for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return (extension == ".zip" ? name.stem() : name.filename()).string();
  }

  void give(const std::string& folder, const Files& of_session) {
    const auto& file = files_[of_session.front()];
    const auto depth = person_depth(file);
    const bool root = depth == static_cast<std::size_t>(-1);
    const auto name = root ? root_name() : folder_name(file, depth);
    if (const auto fault = name_fault(name); !fault.empty()) {
      for (const auto f : of_session) reasons_[f] = fault;
      return;
    }
    auto& person = people_[name_key(name)];
    const auto* in_labels = labels_.find(name);
    if (person.user.empty()) person.user = in_labels != nullptr ? *in_labels : name;
    person.spellings.insert(name);
    if (in_labels != nullptr) person.spellings.insert(*in_labels);
    const auto first_archive =
        std::find(file.archive.begin(), file.archive.end(), true) - file.archive.begin();
    const int rank = file.on_disk() ? 0 : !root && first_archive > static_cast<std::ptrdiff_t>(depth) ? 1 : 2;
    person.sessions.push_back({rank, folder, session_of(folder, of_session, person)});
  }

  EmpaticaSession session_of(const std::string& folder, const Files& of_session, Person& person) {
    const auto whole = (folder.empty() ? root_ : root_ / folder.substr(0, folder.size() - 1)).string();
    EmpaticaSession session{whole, {}};
    std::map<std::string, std::function<std::string()>> readers;
    for (const auto f : of_session) {
      const auto& file = files_[f];
      const auto first_archive = static_cast<std::size_t>(
          std::find(file.archive.begin(), file.archive.end(), true) - file.archive.begin());
      person.sources.insert(file.on_disk() ? file.path()
                                           : file.folder(first_archive) + file.folders[first_archive]);
      if (!file.name.empty() && !readers.try_emplace(file.name, file.read).second) {
        reasons_[f] = "the same path twice in its archive; the first counts";
        continue;
      }
      session.failure = file.fault;
      read_.insert(f);
      ++person.files;
    }
    session.read = [whole, readers = std::move(readers)](const std::string& name) {
      const auto found = readers.find(name);
      if (found == readers.end())
        throw io_error(whole + '/' + name, "cannot read: No such file or directory");
      return found->second();
    };
    return session;
  }

  static EmpaticaPersonFiles finish(Person person) {
    EmpaticaPersonFiles out{
        person.user, {}, {person.sources.begin(), person.sources.end()}, {}, person.files};
    std::sort(person.sessions.begin(), person.sessions.end());
    for (auto& ordered : person.sessions) out.sessions.push_back(std::move(ordered.session));
    if (person.spellings.size() > 1) out.notes.push_back(spellings_note(person.spellings));
    return out;
  }

  /// Why a file is not read.
  std::string reason(std::size_t f) const {
    const auto& file = files_[f];
    if (const auto found = reasons_.find(f); found != reasons_.end()) return found->second;
    if (!file.fault.empty()) return file.fault;
    if (const char* why = passed_by(file.path())) return why;
    if (sessions_.contains(file.folder(file.folders.size()))) {
      if (file.name == "tags.csv") return "events, which are read with --label tags";
      if (file.name == "IBI.csv") return "times between heart beats, which are not used";
      if (file.name == "info.txt") return "the wristband's description of its files";
    }
    if (is_foreign_archive(file.name)) return foreign_archive_reason;
    return "no file of a sensor";
  }

  void ignore_rest() {
    std::vector<std::string> paths;
    for (const auto& file : files_) paths.push_back(file.path());
    tree_.ignored = ignored_files(
        paths, [this](std::size_t f) { return read_.contains(f); },
        [this](std::size_t f) { return reason(f); });
  }

  const std::vector<EmpaticaFile>& files_;
  std::filesystem::path root_;
  const EmpaticaLabels& labels_;
  const EmpaticaTreeOptions& options_;
  std::map<std::string, Files> sessions_;  // by folder
  std::set<std::string> holders_;          // folders that hold people
  std::map<std::string, Person> people_;   // by the key of their names
  std::map<std::size_t, std::string> reasons_;
  std::set<std::size_t> read_;
  EmpaticaTree tree_;
};

}  // namespace detail

/// Gives the sessions among the files of a tree to people.
///
///     DIR/S02/ACC.csv, DIR/S02.zip with ACC.csv, DIR/all.zip with S02/ACC.csv or S02.zip: all of S02
///
/// A session is all files of sensors in one folder; none takes a file from another folder. A person's is the first folder
/// on the way there; when the labels do not know that name but one further down, all folders beside that one are people.
/// One name in several spellings of Unicode is one person, as the labels spell it. root: what names begin with. labels: of
/// `read_empatica_labels`, empty when there are none. Files that are not read are listed with a reason.
LIFELOG_LAZY EmpaticaTree arrange_empatica(const std::vector<EmpaticaFile>& files,
                                           const std::filesystem::path& root, const EmpaticaLabels& labels,
                                           const EmpaticaTreeOptions& options = {}) {
  return detail::EmpaticaArranger(files, root, labels, options).arrange();
}

}  // namespace lifelog::readers
