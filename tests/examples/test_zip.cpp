// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "../support/paths.hpp"
#include "../support/throws.hpp"
#include "common/quality_file.hpp"
#include "common/zip.hpp"
#include "run.hpp"

namespace {

boost::test_tools::assertion_result can_unpack(boost::unit_test::test_unit_id) {
  return lifelog::examples::ZipArchive::supported();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(zip, *boost::unit_test::precondition(can_unpack))

using namespace lifelog;
using namespace lifelog::examples;

namespace {

const std::filesystem::path golden = std::filesystem::path(paths::golden) / "readers" / "e4_zip";
const std::string folder = "1644227580_A00204/";  // of the session in export.zip
constexpr std::int64_t start = 1644227580;

/// That opening, or reading all that is listed, is refused.
void check_refused(const std::string& content) {
  BOOST_CHECK_THROW(
      {
        const ZipArchive zip(content, "test.zip");
        for (const auto& name : zip.names()) zip.read(name);
      },
      format_error);
}

std::string replaced(std::string content, std::size_t at, const std::string& bytes) {
  return content.replace(at, bytes.size(), bytes);
}

std::string little_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_are_read_by_their_paths) {
  const ZipArchive zip(golden / "export.zip");
  BOOST_TEST(zip.names().size() == 11u);
  const auto eda = zip.read(folder + "EDA.csv");
  BOOST_TEST(eda == zip.read(4));
  BOOST_TEST(eda.starts_with("1644227580.0\n4.0\n0\n1\n2\n"));
  BOOST_TEST(std::count(eda.begin(), eda.end(), '\n') == 482);
  BOOST_TEST(zip.read(folder + "tags.csv") == "");
  BOOST_TEST(ZipArchive(golden / "stored.zip").read("TEMP.csv") == "1644227580.0\n4.0\n31.5\n31.25\n");
  BOOST_CHECK_THROW(zip.read(folder + "IBI.csv"), io_error);
  BOOST_CHECK_THROW(zip.read("EDA.csv"), io_error);
  BOOST_CHECK_THROW(ZipArchive(golden / "none.zip"), io_error);
}

BOOST_AUTO_TEST_CASE(an_archive_cut_anywhere_is_refused) {
  const auto whole = io::read_file(golden / "export.zip");
  for (std::size_t size = 0; size < whole.size(); size += 1 + size % 13) check_refused(whole.substr(0, size));
  check_refused(whole + "x");
  check_refused("PK\x05\x06");
  check_refused(std::string(100, '\0'));
}

BOOST_AUTO_TEST_CASE(broken_bytes_are_told_from_whole_ones) {
  const auto whole = io::read_file(golden / "stored.zip");
  const std::string expected = ZipArchive(whole, "whole").read("TEMP.csv");
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    try {  // fields that say nothing of the content (times, versions) may change; the content may not
      const ZipArchive zip(broken, "broken.zip");
      for (const auto& name : zip.names()) BOOST_TEST(zip.read(name) == expected);
    } catch (const format_error&) {
      ++refused;
    } catch (const io_error&) {  // its name, when it came to end in a way that is not looked for
    }
  }
  BOOST_TEST(refused > 60);
  const auto packed = io::read_file(golden / "export.zip");
  const auto data = packed.find("ACC.csv") + 40;
  check_refused(replaced(packed, data, "\xff\xff\xff"));
}

BOOST_AUTO_TEST_CASE(what_is_not_supported_is_said) {
  const auto whole = io::read_file(golden / "stored.zip");
  const auto entry = whole.find("PK\x01\x02"), end = whole.find("PK\x05\x06");
  check_refused(replaced(whole, entry + 8, little_endian(1, 2)));            // encrypted
  check_refused(replaced(whole, entry + 10, little_endian(12, 2)));          // bzip2
  check_refused(replaced(whole, entry + 24, little_endian(0x7fffffff, 4)));  // a length nothing could have
  check_refused(replaced(whole, entry + 42, little_endian(1, 4)));           // a header that is elsewhere
  check_refused(replaced(whole, entry + 42, little_endian(0xfffffff0u, 4)));
  check_refused(replaced(whole, end + 8, little_endian(0xffff, 2) + little_endian(0xffff, 2)));  // zip64
  check_refused(replaced(whole, end + 4, little_endian(1, 2)));  // the second disk
  check_refused(replaced(whole, end + 8, little_endian(2, 2) + little_endian(2, 2)));
}

// What two readers would take for two different archives is none.
BOOST_AUTO_TEST_CASE(a_files_own_header_says_what_the_list_says) {
  const auto whole = io::read_file(golden / "stored.zip");
  const auto local = whole.find("PK\x03\x04");
  BOOST_TEST_REQUIRE(local == 0u);
  const auto says_otherwise = [&](std::size_t at, const std::string& bytes) {
    const auto changed = replaced(whole, at, bytes);
    if (changed == whole) return;
    BOOST_TEST_CONTEXT(at)
    check_throws<format_error>([&] { ZipArchive(changed, "z").read("TEMP.csv"); },
                               {"z: ", "TEMP.csv", "own header"});
  };
  says_otherwise(6, little_endian(1, 2));            // encrypted
  says_otherwise(6, little_endian(8, 2));            // lengths behind the data
  says_otherwise(8, little_endian(8, 2));            // deflated
  for (const std::size_t field : {14U, 18U, 22U}) {  // checksum, lengths
    says_otherwise(field, little_endian(0, 4));
    says_otherwise(field, little_endian(0xffffffffu, 4));
  }
  says_otherwise(26, little_endian(1, 2));             // the name's length
  says_otherwise(whole.find("TEMP.csv"), "HEMP.csv");  // the name
}

// Writers that do not know lengths beforehand leave them 0 there, or write them later.
BOOST_AUTO_TEST_CASE(lengths_may_stand_behind_the_data) {
  auto whole = io::read_file(golden / "stored.zip");
  const auto entry = whole.find("PK\x01\x02");
  const std::string expected = ZipArchive(whole, "whole").read("TEMP.csv");
  whole[6] = static_cast<char>(whole[6] | 8);
  whole[entry + 8] = static_cast<char>(whole[entry + 8] | 8);
  BOOST_TEST(ZipArchive(whole, "z").read("TEMP.csv") == expected);
  BOOST_TEST(ZipArchive(replaced(whole, 14, std::string(12, '\0')), "z").read("TEMP.csv") == expected);
}

BOOST_AUTO_TEST_CASE(the_list_ends_where_it_says) {
  const auto whole = io::read_file(golden / "export.zip");
  const auto end = whole.rfind("PK\x05\x06");
  for (const std::uint32_t count : {0u, 1u, 10u})  // of 11: the rest would be lost without a word
    check_throws<format_error>(
        [&] { ZipArchive(replaced(whole, end + 8, little_endian(count, 2) + little_endian(count, 2)), "z"); },
        {"z: ", "more than the " + std::to_string(count)});
  check_refused(replaced(whole, end + 8, little_endian(12, 2) + little_endian(12, 2)));
}

BOOST_AUTO_TEST_CASE(files_share_no_bytes) {
  const auto whole = io::read_file(golden / "export.zip");
  const auto first = whole.find("PK\x01\x02"), second = whole.find("PK\x01\x02", first + 1);
  check_throws<format_error>(
      [&] { ZipArchive(replaced(whole, second + 42, whole.substr(first + 42, 4)), "z"); },
      {"z: ", "shares its bytes"});
}

BOOST_AUTO_TEST_CASE(zipped_and_unpacked_sessions_are_read_alike) {
  const Sandbox sandbox;
  const auto root = sandbox.path() / "e4";
  for (const char* user : {"P1", "P2/2022_02_07", "P4"}) std::filesystem::create_directories(root / user);
  const ZipArchive zip(golden / "export.zip");
  for (const char* file : {"ACC.csv", "BVP.csv", "EDA.csv", "HR.csv", "TEMP.csv"}) {
    io::write_text(root / "P1" / file, zip.read(folder + file));
    io::write_text(root / "P2/2022_02_07" / file, zip.read(folder + file));
  }
  std::filesystem::copy_file(golden / "export.zip", root / "P3.zip");
  std::filesystem::copy_file(golden / "export.zip", root / "P4" / "a.zip");
  std::filesystem::copy_file(golden / "export.zip", root / "P4" / "b.zip");  // the same again
  std::string labels = "user,start,end,label\n";
  for (const std::string user : {"P1", "P2", "P3", "P4", "P5"})
    for (int i = 0; i < 2; ++i)
      labels += user + ',' + std::to_string(start + 60 * i) + ',' + std::to_string(start + 60 * i + 60) +
                ',' + std::to_string(i) + '\n';
  sandbox.write("labels.csv", labels);
  const std::string flags = "--layout empatica --in e4 --labels labels.csv ";
  auto run = sandbox.run("preprocess", flags + "--out data");
  BOOST_TEST(run.status == 0);
  const auto quality = read_quality(sandbox.path() / "data" / "quality.json");
  BOOST_REQUIRE(quality.size() == 4u);
  for (const auto& person : quality) BOOST_TEST(person.minutes_kept == 2);
  BOOST_TEST(quality[3].dropped.at("duplicate") == 2);
  const auto bytes = [&](const std::string& user) {
    auto text = sandbox.read("data/" + user + ".safetensors");
    text[text.find(user) + 1] = '1';
    return text;
  };
  for (const std::string user : {"P2", "P3", "P4"}) BOOST_TEST((bytes(user) == bytes("P1")));

  // An archive cut short, as a download that broke off leaves it.
  const auto whole = io::read_file(golden / "export.zip");
  io::write_text(root / "P5.zip", whole.substr(0, whole.size() / 2));
  run = sandbox.run("preprocess", flags + "--out data");
  BOOST_TEST(run.status == 0);
  BOOST_TEST((run.out.find("P5.zip: expected a zip archive, found no end of one (cut short?)") !=
              std::string::npos));
  run = sandbox.run("preprocess", flags + "--out strict --strict");
  BOOST_TEST(run.status == 2);
  BOOST_TEST(run.one_line("preprocess"));
}

BOOST_AUTO_TEST_SUITE_END()
