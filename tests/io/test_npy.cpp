// SPDX-License-Identifier: MIT
#include <lifelog/io/npy.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "../support/paths.hpp"
#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(io_npy)

using lifelog::format_error;
using lifelog::io::load_npy;
using lifelog::io::read_file;
using lifelog::io::save_npy;

namespace {

std::string golden(const std::string& name) {
  return std::string(paths::golden) + "/io/" + name;
}

/// A version 1 file of this header and these many bytes of zeros.
std::string npy(const std::string& header, std::size_t bytes) {
  std::string file("\x93NUMPY\x01\0", 8);
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  return file + header + std::string(bytes, '\0');
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_what_numpy_wrote) {
  const auto f4 = load_npy<float, 2>(golden("f4.npy"));
  BOOST_TEST((f4.shape() == std::array<std::size_t, 2>{3, 4}));
  for (std::size_t i = 0; i < 12; ++i) BOOST_TEST(f4.data()[i] == static_cast<float>(i) / 8);
  const auto i8 = load_npy<std::int64_t, 1>(golden("i8.npy"));
  BOOST_TEST(
      (i8 == xt::xtensor<std::int64_t, 1>{-(std::int64_t{1} << 53) - 1, 0, (std::int64_t{1} << 62) + 1}));
  BOOST_TEST((load_npy<std::int32_t, 0>(golden("i4_scalar.npy"))() == -7));
  BOOST_TEST((load_npy<std::uint8_t, 2>(golden("u1.npy")) == xt::xtensor<std::uint8_t, 2>{{0, 255}}));
  BOOST_TEST((load_npy<bool, 1>(golden("b1.npy")) == xt::xtensor<bool, 1>{true, false, true}));
  BOOST_TEST((load_npy<float, 2>(golden("empty.npy")).shape() == std::array<std::size_t, 2>{0, 3}));
  BOOST_TEST((load_npy<std::int32_t, 2>(golden("version2.npy"))(2, 3) == 11));
}

BOOST_AUTO_TEST_CASE(fortran_order_is_read_in_c_order) {
  const auto x = load_npy<double, 3>(golden("f8_fortran.npy"));
  for (std::size_t i = 0; i < 24; ++i) BOOST_TEST(x(i / 12, i / 4 % 3, i % 4) == static_cast<double>(i) / 8);
  const auto any = load_npy<float>(golden("f8_fortran.npy"));
  BOOST_TEST(any.dimension() == 3u);
  BOOST_TEST(any(1, 2, 3) == 23.0f / 8);
}

BOOST_AUTO_TEST_CASE(writes_what_numpy_writes_to_the_byte) {
  const TempDir dir;
  const auto same = [&](const std::string& name, const auto& x) {
    save_npy(dir / name, x);
    BOOST_TEST((read_file(dir / name) == read_file(golden(name))), name);
  };
  same("f4.npy", load_npy<float, 2>(golden("f4.npy")));
  same("i8.npy", load_npy<std::int64_t, 1>(golden("i8.npy")));
  same("i4_scalar.npy", load_npy<std::int32_t, 0>(golden("i4_scalar.npy")));
  same("u1.npy", load_npy<std::uint8_t>(golden("u1.npy")));
  same("b1.npy", load_npy<bool>(golden("b1.npy")));
  same("empty.npy", load_npy<float, 2>(golden("empty.npy")));
}

BOOST_AUTO_TEST_CASE(expressions_views_and_eigen_keep_their_shape) {
  const TempDir dir;
  const xt::xtensor<double, 2> x{{1, 2, 3}, {4, 5, 6}};
  save_npy(dir / "a", 2 * x);
  BOOST_TEST((load_npy<double, 2>(dir / "a") == xt::xtensor<double, 2>{{2, 4, 6}, {8, 10, 12}}));
  save_npy(dir / "a", xt::view(x, xt::all(), 1));
  BOOST_TEST((load_npy<double, 1>(dir / "a") == xt::xtensor<double, 1>{2, 5}));
  Eigen::Matrix<double, 2, 3> m;
  m << 1, 2, 3, 4, 5, 6;
  save_npy(dir / "a", m);
  BOOST_TEST((load_npy<double, 2>(dir / "a") == x));
  save_npy(dir / "a", m.transpose());
  BOOST_TEST((load_npy<double, 2>(dir / "a") == xt::xtensor<double, 2>{{1, 4}, {2, 5}, {3, 6}}));
  save_npy(dir / "a", Eigen::VectorXi{{7, 8}});
  BOOST_TEST((load_npy<int, 1>(dir / "a") == xt::xtensor<int, 1>{7, 8}));
  Eigen::MatrixXd columns = m;
  save_npy(dir / "a", lifelog::as_xtensor(columns));
  BOOST_TEST((load_npy<double, 2>(dir / "a") == x));
}

BOOST_AUTO_TEST_CASE(converts_to_integers_only_what_is_exact) {
  const TempDir dir;
  BOOST_TEST((load_npy<double, 1>(golden("i8.npy"))(2) == 0x1p62));
  save_npy(dir / "a", xt::xtensor<double, 1>{-3, 255});
  BOOST_TEST((load_npy<int, 1>(dir / "a") == xt::xtensor<int, 1>{-3, 255}));
  check_throws<format_error>([&] { load_npy<std::uint8_t>(dir / "a"); }, {"/a", "element 0", "-3", "u1"});
  const auto refuses = [&](const auto& x, auto to) {
    save_npy(dir / "a", x);
    BOOST_CHECK_THROW(load_npy<decltype(to)>(dir / "a"), format_error);
  };
  refuses(xt::xtensor<double, 1>{0.5}, int{});
  refuses(xt::xtensor<double, 1>{std::numeric_limits<double>::quiet_NaN()}, int{});
  refuses(xt::xtensor<float, 1>{0x1p63f}, std::int64_t{});
  refuses(xt::xtensor<double, 1>{0x1p31}, std::int32_t{});
  refuses(xt::xtensor<std::int64_t, 1>{std::int64_t{1} << 31}, std::int32_t{});
  refuses(xt::xtensor<std::uint64_t, 1>{std::uint64_t{1} << 63}, std::int64_t{});
  refuses(xt::xtensor<int, 1>{2}, bool{});
  save_npy(dir / "a", xt::xtensor<double, 1>{-0x1p63, 0x1p62});
  BOOST_TEST((load_npy<std::int64_t, 1>(dir / "a")(0) == std::numeric_limits<std::int64_t>::min()));
}

BOOST_AUTO_TEST_CASE(half_precision_is_read) {
  BOOST_TEST((load_npy<float, 1>(golden("f2.npy")) == xt::xtensor<float, 1>{1, 1, 1}));
  const auto all = load_npy<double, 1>(golden("f2_all.npy"));
  const auto expected = load_npy<double, 1>(golden("f2_as_f8.npy"));
  BOOST_TEST_REQUIRE(all.size() == expected.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    BOOST_TEST((std::isnan(expected(i)) ? std::isnan(all(i)) : all(i) == expected(i)));
  BOOST_TEST((load_npy<int, 1>(golden("f2.npy"))(0) == 1));
  check_throws<format_error>([] { load_npy<int>(golden("f2_all.npy")); }, {"f2_all.npy", "element 1", "i4"});
}

BOOST_AUTO_TEST_CASE(big_endian_is_read) {
  BOOST_TEST((load_npy<float, 1>(golden("big_endian.npy")) == xt::xtensor<float, 1>{1, 1, 1}));
  const auto f8 = load_npy<double, 2>(golden("big_f8_fortran.npy"));
  for (std::size_t i = 0; i < 6; ++i) BOOST_TEST(f8(i / 3, i % 3) == 0.1 * static_cast<double>(i));
  BOOST_TEST((load_npy<std::int64_t, 1>(golden("big_i8.npy")) ==
              xt::xtensor<std::int64_t, 1>{-(std::int64_t{1} << 53) - 1, 0, (std::int64_t{1} << 62) + 1}));
  BOOST_TEST((load_npy<int, 1>(golden("big_u2.npy")) == xt::xtensor<int, 1>{0, 1, 258, 65535}));
  BOOST_TEST((load_npy<double, 1>(golden("big_f2.npy")) == xt::xtensor<double, 1>{0.5, -2, 65504}));
  check_throws<format_error>([] { load_npy<std::uint8_t>(golden("big_u2.npy")); },
                             {"big_u2.npy", "element 2", "258"});
}

BOOST_AUTO_TEST_CASE(names_what_is_not_supported) {
  check_throws<format_error>([] { load_npy<float>(golden("c8.npy")); }, {"c8.npy", "<c8"});
  check_throws<format_error>([] { load_npy<float>(golden("structured.npy")); },
                             {"structured.npy", "structured"});
  check_throws<format_error>([] { load_npy<float, 3>(golden("f4.npy")); },
                             {"f4.npy", "3 dimensions", "(3, 4)"});
  check_throws<format_error>([] { load_npy<float>(golden("make.py")); }, {"make.py", "magic"});
  BOOST_CHECK_THROW(load_npy<float>(golden("none.npy")), lifelog::io_error);
}

BOOST_AUTO_TEST_CASE(header_is_read_strictly) {
  const TempDir dir;
  const auto load = [&](const std::string& header, std::size_t bytes) {
    return load_npy<float>(dir.file("a.npy", npy(header, bytes)));
  };
  BOOST_TEST(load("{\"shape\":(2,), 'fortran_order' :False,'descr':'<f4'}", 8).size() == 2u);
  BOOST_TEST(load("{'descr': '<f4', 'fortran_order': True, 'shape': (), }  \n", 4).size() == 1u);
  const auto refuses = [&](const std::string& header, std::size_t bytes,
                           const std::vector<std::string>& parts) {
    check_throws<format_error>([&] { load(header, bytes); }, parts);
  };
  const std::string begin = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  refuses(begin + "(2,3)}", 20, {"a.npy", "(2, 3)", "24 bytes", "20"});
  refuses(begin + "(2,)}", 9, {"8 bytes", "9"});
  refuses(begin + "(-1,)}", 0, {"non-negative"});
  refuses(begin + "(65536, 65536, 65536, 65536)}", 0, {"larger than any memory"});
  refuses(begin + "(99999999999999999999,)}", 0, {"shape"});
  refuses(begin + "(2,)} x", 8, {"after the header"});
  refuses(begin + "(2,)", 8, {"'}'"});
  refuses(begin + "[2]}", 8, {"'('"});
  refuses("{'descr': '<f4', 'shape': (2,)}", 8, {"fortran_order"});
  refuses(begin + "(2,), 'shape': (2,)}", 8, {"twice"});
  refuses(begin + "(2,), 'more': 1}", 8, {"more"});
  refuses("{'descr': '<f4', 'fortran_order': false, 'shape': (2,)}", 8, {"True or False"});
  refuses("{'descr': '=f4', 'fortran_order': True, 'shape': ()}", 4, {"'=f4'"});
  refuses("{'descr': '|f4', 'fortran_order': True, 'shape': ()}", 4, {"'|f4'"});
  refuses("{'descr': '>', 'fortran_order': True, 'shape': ()}", 4, {"'>'"});
  refuses("{'descr': '" + std::string(50'000, 'x') + "', ", 4, {"dtype 'xxx", "…'"});
  refuses("{'\x1b" + std::string(50'000, 'x') + "': ", 4, {"key '\\x1bxxx", "…'"});
  refuses("", 0, {"'{'"});
  dir.file("a.npy", std::string("\x93NUMPY\x04\0\x02\0\0\0{}", 14));
  check_throws<format_error>([&] { load_npy<float>(dir / "a.npy"); }, {"version", "4.0"});
}

// Whatever happened to a file, the answer is an array or a format_error.
BOOST_AUTO_TEST_CASE(survives_damage_anywhere) {
  const TempDir dir;
  for (const auto* name : {"f4.npy", "f8_fortran.npy", "version2.npy", "big_f8_fortran.npy", "f2.npy"}) {
    const auto whole = read_file(golden(name));
    for (std::size_t length = 0; length < whole.size(); ++length)
      BOOST_CHECK_THROW(load_npy<float>(dir.file("a", whole.substr(0, length))), format_error);
    for (std::size_t at = 0; at < 80; ++at)
      for (const char byte : {'\0', '\xff', '9', '(', '\''}) {
        auto damaged = whole;
        damaged[at] = byte;
        try {
          load_npy<float>(dir.file("a", damaged));
        } catch (const format_error&) {
        }
      }
  }
}

BOOST_AUTO_TEST_SUITE_END()
