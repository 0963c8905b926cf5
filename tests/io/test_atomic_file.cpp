// SPDX-License-Identifier: MIT
#include <lifelog/io/atomic_file.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <locale>
#include <string>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(io_atomic_file)

namespace fs = std::filesystem;
using lifelog::io::AtomicFile;
using lifelog::io::read_file;
using lifelog::io::write_text;

namespace {

boost::test_tools::assertion_result has_full_device(boost::unit_test::test_unit_id) {
  return fs::exists("/dev/full");
}

/// Files cannot grow beyond `bytes` while this lives: what a full disk does, on any file system.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

struct CommaPoint : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_there_before_commit_and_all_of_it_afterwards) {
  const TempDir dir;
  AtomicFile file(dir / "a.txt");
  file.write("one ", 4);
  file.stream() << "two " << 3 << 'x';
  BOOST_TEST(!fs::exists(dir / "a.txt"));
  file.commit();
  BOOST_TEST(read_file(dir / "a.txt") == "one two 3x");
  BOOST_TEST(dir.entries() == 1);
  check_throws<std::invalid_argument>([&] { file.commit(); }, {"a.txt"});
}

BOOST_AUTO_TEST_CASE(without_commit_the_old_file_stays) {
  const TempDir dir;
  dir.file("a.txt", "old");
  {
    AtomicFile file(dir / "a.txt");
    file.write("new", 3);
  }
  BOOST_TEST(read_file(dir / "a.txt") == "old");
  BOOST_TEST(dir.entries() == 1);
}

BOOST_AUTO_TEST_CASE(replaces_content_but_not_permissions_nor_links) {
  const TempDir dir;
  fs::permissions(dir.file("a.txt", "old and longer"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("a.txt", dir / "link");
  write_text(dir / "link", "new");
  BOOST_TEST(fs::is_symlink(dir / "link"));
  BOOST_TEST(read_file(dir / "a.txt") == "new");
  BOOST_TEST((fs::status(dir / "a.txt").permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
}

BOOST_AUTO_TEST_CASE(writers_of_one_file_do_not_meet) {
  const TempDir dir;
  AtomicFile first(dir / "a.txt"), second(dir / "a.txt");
  first.stream() << "first";
  second.stream() << "second";
  second.commit();
  first.commit();
  BOOST_TEST(read_file(dir / "a.txt") == "first");
  BOOST_TEST(dir.entries() == 1);
}

BOOST_AUTO_TEST_CASE(what_killed_writers_left_goes_and_what_others_write_stays) {
  const TempDir dir;
  const auto child = fork();
  if (child == 0) {  // writes two files of one name and dies without any end
    AtomicFile first(dir / "a.txt"), second(dir / "a.txt");
    first.stream() << "part" << std::flush;
    std::raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_REQUIRE(WIFSIGNALED(status));
  BOOST_TEST(dir.entries() == 2);
  dir.file(".b.txt.0.tmp", "of another target");
  dir.file(".a.txt.9.tmp.txt", "no temporary");
  {
    AtomicFile living(dir / "a.txt");
    living.stream() << "living" << std::flush;
    BOOST_TEST(dir.entries() == 3);
    write_text(dir / "a.txt", "other");
    BOOST_TEST(dir.entries() == 4);
    living.commit();
  }
  BOOST_TEST(read_file(dir / "a.txt") == "living");
  BOOST_TEST(dir.entries() == 3);
}

BOOST_AUTO_TEST_CASE(a_living_process_keeps_its_temporary) {
  const TempDir dir;
  int ready[2], go[2];
  BOOST_REQUIRE((pipe(ready) == 0 && pipe(go) == 0));
  const auto child = fork();
  if (child == 0) {
    AtomicFile file(dir / "a.txt");
    file.stream() << "whole" << std::flush;
    char byte = 0;
    const bool told = write(ready[1], "r", 1) == 1 && read(go[0], &byte, 1) == 1;
    file.commit();
    std::_Exit(told ? 0 : 1);
  }
  char byte = 0;
  BOOST_REQUIRE(read(ready[0], &byte, 1) == 1);
  write_text(dir / "a.txt", "meanwhile");
  BOOST_TEST(dir.entries() == 2);
  BOOST_REQUIRE(write(go[1], "g", 1) == 1);
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  BOOST_TEST(read_file(dir / "a.txt") == "whole");
  BOOST_TEST(dir.entries() == 1);
  for (const int end : {ready[0], ready[1], go[0], go[1]}) close(end);
}

BOOST_AUTO_TEST_CASE(where_nothing_can_be_written_says_why) {
  const TempDir dir;
  dir.file("plain", "");
  check_throws<lifelog::io_error>([&] { AtomicFile(dir / "none/a.txt"); }, {"none/a.txt", "No such file"});
  check_throws<lifelog::io_error>([&] { AtomicFile(dir / "plain/a.txt"); },
                                  {"plain/a.txt", "Not a directory"});
  check_throws<lifelog::io_error>([&] { AtomicFile{dir.path()}; }, {dir.path().string(), "Is a directory"});
}

BOOST_AUTO_TEST_CASE(a_disk_that_fills_up_leaves_nothing_behind) {
  const TempDir dir;
  dir.file("a.bin", "old");
  const std::string much(1 << 20, 'x');
  {
    const FileSizeLimit limit(1 << 16);
    check_throws<lifelog::io_error>([&] { write_text(dir / "a.bin", much); }, {"a.bin", "File too large"});
    check_throws<lifelog::io_error>(
        [&] {
          AtomicFile file(dir / "a.bin");
          file.stream() << much;
          file.commit();
        },
        {"a.bin", "File too large"});
  }
  BOOST_TEST(read_file(dir / "a.bin") == "old");
  BOOST_TEST(dir.entries() == 1);
}

// Few bytes stay in the C library's buffer until the end: the error must not be lost there.
BOOST_AUTO_TEST_CASE(an_error_at_the_last_flush_is_reported,
                     *boost::unit_test::precondition(has_full_device)) {
  check_throws<lifelog::io_error>([] { write_text("/dev/full", "few"); }, {"/dev/full", "No space left"});
  BOOST_TEST(fs::is_character_file("/dev/full"));
}

BOOST_AUTO_TEST_CASE(devices_are_written_and_not_replaced) {
  write_text("/dev/null", "gone");
  BOOST_TEST(fs::is_character_file("/dev/null"));
}

BOOST_AUTO_TEST_CASE(numbers_have_a_point_in_every_locale) {
  const TempDir dir;
  const auto before = std::locale::global(std::locale(std::locale::classic(), new CommaPoint));
  AtomicFile file(dir / "a.txt");
  file.stream() << 0.5;
  file.commit();
  std::locale::global(before);
  BOOST_TEST(read_file(dir / "a.txt") == "0.5");
}

BOOST_AUTO_TEST_CASE(files_one_after_the_other_share_a_buffer) {
  const TempDir dir;
  const std::string much(300000, 'y');
  std::string buffer;
  BOOST_TEST(read_file(dir.file("a", "short"), buffer) == "short");
  BOOST_TEST((read_file(dir.file("b", much), buffer) == much));
  const auto* memory = buffer.data();
  BOOST_TEST(read_file(dir / "a", buffer) == "short");
  BOOST_TEST(read_file(dir.file("empty", ""), buffer).empty());
  BOOST_TEST(buffer.data() == memory);
  check_throws<lifelog::io_error>([&] { read_file(dir / "none", buffer); }, {"none", "No such file"});
  check_throws<lifelog::io_error>([&] { read_file(dir.path(), buffer); }, {"Is a directory"});
}

BOOST_AUTO_TEST_CASE(reads_whole_files_byte_by_byte) {
  const TempDir dir;
  const std::string bytes("a\0\r\n\xff", 5);
  BOOST_TEST(read_file(dir.file("a", bytes)) == bytes);
  BOOST_TEST(read_file(dir.file("empty", "")).empty());
  const std::string much(300000, 'y');
  BOOST_TEST((read_file(dir.file("much", much)) == much));
  // A file whose size is not known before it is read.
  if (fs::exists("/proc/self/status")) BOOST_TEST(read_file("/proc/self/status").size() > 100u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_says_why) {
  const TempDir dir;
  check_throws<lifelog::io_error>([&] { read_file(dir / "none"); }, {"none", "No such file"});
  check_throws<lifelog::io_error>([&] { read_file(dir.path()); }, {dir.path().string(), "Is a directory"});
}

BOOST_AUTO_TEST_SUITE_END()
