// SPDX-License-Identifier: MIT
#include <lifelog/io/safetensors.hpp>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "../support/paths.hpp"
#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(io_safetensors)

using lifelog::format_error;
using lifelog::io::DType;
using lifelog::io::read_file;
using lifelog::io::Tensors;

namespace {

std::string golden(const std::string& name) {
  return std::string(paths::golden) + "/io/" + name;
}

/// A file of this header and these many bytes of data.
std::string safetensors(const std::string& header, std::size_t bytes) {
  std::string file;
  for (std::uint64_t i = 0, size = header.size(); i < 8; ++i)
    file += static_cast<char>(size >> (8 * i) & 0xff);
  return file + header + std::string(bytes, '\1');
}

std::string entry(const std::string& name, const std::string& type, const std::string& shape, int begin,
                  int end) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

template<class T>
std::vector<T> list(std::span<const T> values) {
  return {values.begin(), values.end()};
}

Tensors example() {
  Tensors tensors;
  tensors.add("u", xt::xtensor<std::uint8_t, 1>{1, 2, 3});
  tensors.add("x", xt::xtensor<float, 2>{{1, 2, 3}, {4, 5, 6}});
  tensors.add("s", xt::xtensor<std::int64_t, 0>(7));
  tensors.add("none", xt::xtensor<double, 2>::from_shape({0, 4}));
  tensors.metadata() = {{"version", "1"}, {"format", "pt"}};
  return tensors;
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_what_the_reference_implementation_wrote) {
  const auto file = Tensors::load(golden("tensors.safetensors"));
  BOOST_TEST(file.tensors().size() == 6u);
  const auto weight = file.view<float, 3>("weight");
  for (std::size_t i = 0; i < 24; ++i)
    BOOST_TEST(weight(i / 12, i / 4 % 3, i % 4) == static_cast<float>(i) / 8);
  BOOST_TEST(list(file.get<double>("bias", {2})) == (std::vector<double>{0.5, -0.25}),
             boost::test_tools::per_element());
  BOOST_TEST(file.get<std::int64_t>("num_batches_tracked", {})[0] == 150);
  BOOST_TEST(file.get<std::int32_t>("index", {2, 1})[1] == -2);
  BOOST_TEST(file.get<std::uint8_t>("present")[2] == 1);
  BOOST_TEST(file.get<float>("nothing", {0, 4}).empty());
  BOOST_TEST(file.metadata("format") == "pt");
  BOOST_TEST(file.metadata("quoted") == "a \"b\" \\ \u00fc");
}

BOOST_AUTO_TEST_CASE(comes_back_as_it_was_saved_with_the_same_bytes) {
  const TempDir dir;
  const auto tensors = example();
  tensors.save(dir / "a");
  const auto loaded = Tensors::load(dir / "a");
  std::vector<std::string> names;
  for (const auto& tensor : loaded.tensors()) names.push_back(tensor.name);
  BOOST_TEST(names == (std::vector<std::string>{"u", "x", "s", "none"}), boost::test_tools::per_element());
  BOOST_TEST((loaded.view<float, 2>("x") == xt::xtensor<float, 2>{{1, 2, 3}, {4, 5, 6}}));
  BOOST_TEST((loaded.at("none").shape == Tensors::Shape{0, 4}));
  BOOST_TEST((loaded.at("none").dtype == DType::f64));
  BOOST_TEST((loaded.metadata() == tensors.metadata()));
  loaded.save(dir / "b");
  BOOST_TEST((read_file(dir / "a") == read_file(dir / "b")));
}

BOOST_AUTO_TEST_CASE(data_and_every_tensor_are_aligned) {
  const TempDir dir;
  example().save(dir / "a");
  const auto text = read_file(dir / "a");
  BOOST_TEST((8 + static_cast<unsigned char>(text[0]) + 256 * static_cast<unsigned char>(text[1])) % 8 == 0);
  const auto loaded = Tensors::load(dir / "a");
  for (const auto& tensor : loaded.tensors())
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % dtype_bytes(tensor.dtype) == 0u);
}

BOOST_AUTO_TEST_CASE(foreign_files_need_not_be_aligned) {
  const TempDir dir;
  const auto header = "{" + entry("a", "U8", "[3]", 0, 3) + "," + entry("b", "F64", "[2]", 3, 19) + "}";
  auto file = safetensors(header, 19);
  file.replace(file.size() - 16, 16,
               std::string("\0\0\0\0\0\0\xf8\x3f"
                           "\0\0\0\0\0\0\x04\xc0",
                           16));  // 1.5, -2.5
  const auto loaded = Tensors::load(dir.file("a", file));
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(loaded.at("b").bytes.data()) % 8 == 0u);
  BOOST_TEST(loaded.get<double>("b")[0] == 1.5);
  BOOST_TEST(loaded.get<double>("b")[1] == -2.5);
}

BOOST_AUTO_TEST_CASE(views_do_not_copy_and_copies_share) {
  const std::vector<float> values{1, 2, 3, 4};
  Tensors tensors;
  tensors.add_view<float>("x", {2, 2}, values);
  BOOST_TEST(tensors.get<float>("x").data() == values.data());
  BOOST_TEST((tensors.view<float, 2>("x").data() == values.data()));
  Tensors copy;
  const float* data = nullptr;
  {
    const auto original = example();
    copy = original;
    data = original.get<float>("x").data();
  }
  BOOST_TEST(copy.get<float>("x").data() == data);
  BOOST_TEST(copy.get<float>("x")[5] == 6);
}

BOOST_AUTO_TEST_CASE(eigen_goes_in_row_major) {
  Tensors tensors;
  tensors.add("m", Eigen::Matrix2f{{1, 2}, {3, 4}});
  tensors.add("v", Eigen::Vector3d(1, 2, 3));
  BOOST_TEST(tensors.get<float>("m", {2, 2})[1] == 2);
  BOOST_TEST(tensors.get<double>("v", {3})[2] == 3);
}

BOOST_AUTO_TEST_CASE(asking_for_something_else_names_both) {
  const auto tensors = example();
  check_throws<format_error>([&] { tensors.get<float>("y"); }, {"'y'"});
  check_throws<format_error>([&] { tensors.get<double>("x"); }, {"x", "F64", "F32"});
  check_throws<format_error>([&] { tensors.get<float>("x", {3, 2}); }, {"x", "(3, 2)", "(2, 3)"});
  check_throws<format_error>([&] { tensors.view<float, 1>("x"); }, {"x", "1 dimensions", "(2, 3)"});
  check_throws<format_error>([&] { tensors.metadata("user"); }, {"'user'"});
  check_throws<format_error>([] { Tensors::load(golden("tensors.safetensors")).get<float>("bias"); },
                             {"tensors.safetensors: bias"});
  auto more = tensors;
  check_throws<std::invalid_argument>([&] { more.add("x", Eigen::Vector3d(1, 2, 3)); }, {"'x'"});
  const std::vector<float> three(3);
  check_throws<std::invalid_argument>(
      [&] {
        more.add<float>("y", {2, 2}, three);
      },
      {"'y'", "4", "3", "(2, 2)"});
  more.metadata()["user"] = "\xff";
  BOOST_CHECK_THROW(more.save("/dev/null"), std::invalid_argument);
}

// The number that 16 bits stand for, from the definition: sign, exponent, fraction.
double half_by_definition(unsigned bits, int exponent_bits, int fraction_bits) {
  const int exponent = static_cast<int>(bits >> fraction_bits & ((1u << exponent_bits) - 1));
  const int bias = (1 << (exponent_bits - 1)) - 1, full = (1 << exponent_bits) - 1;
  const double fraction = std::ldexp(static_cast<double>(bits & ((1u << fraction_bits) - 1)), -fraction_bits);
  const double size = exponent == full ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                      : exponent == 0  ? std::ldexp(fraction, 1 - bias)
                                       : std::ldexp(1 + fraction, exponent - bias);
  return bits >> 15 ? -size : size;
}

BOOST_AUTO_TEST_CASE(half_precision_is_read_as_float) {
  const auto file = Tensors::load(golden("half.safetensors"));
  BOOST_TEST(list(file.get<float>("half", {3})) == (std::vector<float>{1, 1, 1}),
             boost::test_tools::per_element());
  BOOST_TEST((file.at("half").dtype == DType::f32));
  std::string all;
  for (unsigned bits = 0; bits < 65536; ++bits)
    all += {static_cast<char>(bits & 0xff), static_cast<char>(bits >> 8)};
  for (const auto& [type, exponent, fraction] : {std::tuple{"F16", 5, 10}, {"BF16", 8, 7}}) {
    const auto header =
        "{" + entry("u", "U8", "[1]", 0, 1) + "," + entry("x", type, "[256,256]", 1, 131073) + "}";
    const auto loaded = Tensors::parse(safetensors(header, 1) + all, "f");
    const auto values = loaded.get<float>("x", {256, 256});
    std::size_t wrong = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
      const double expected = half_by_definition(bits, exponent, fraction), got = values[bits];
      wrong +=
          std::isnan(expected) ? !std::isnan(got) : got != expected || std::signbit(got) != (bits >> 15 != 0);
    }
    BOOST_TEST(wrong == 0u, type);
  }
}

BOOST_AUTO_TEST_CASE(unsupported_types_name_the_tensor) {
  check_throws<format_error>(
      [] { Tensors::parse(safetensors("{" + entry("a", "I16", "[4]", 0, 8) + "}", 8), "f"); },
      {"f: a", "I16", "F32, F64, F16, BF16, I64, I32, U8"});
}

BOOST_AUTO_TEST_CASE(headers_are_checked) {
  const TempDir dir;
  const auto refuses = [&](const std::string& header, std::size_t bytes,
                           const std::vector<std::string>& parts) {
    check_throws<format_error>([&] { Tensors::load(dir.file("f", safetensors(header, bytes))); }, parts);
  };
  const auto a = entry("a", "F32", "[2]", 0, 8);
  BOOST_TEST(Tensors::load(dir.file("f", safetensors("{}   ", 0))).tensors().empty());
  BOOST_TEST(
      Tensors::load(dir.file("f", safetensors("{" + entry("b", "F32", "[]", 8, 12) + "," + a + "}", 12)))
          .tensors()[0]
          .name == "b");
  refuses("{" + a + "," + entry("b", "F32", "[1]", 4, 8) + "}", 8, {"f: b", "overlaps", "4", "8"});
  refuses("{" + a + "," + entry("b", "F32", "[1]", 12, 16) + "}", 16, {"f: b", "hole", "12", "8"});
  refuses("{" + a + "}", 7, {"f: a", "8", "7"});
  refuses("{" + a + "}", 9, {"8", "9"});
  refuses("{" + entry("a", "F32", "[3]", 0, 8) + "}", 8, {"f: a", "(3,)", "12", "8"});
  refuses("{" + entry("a", "F32", "[4294967296,4294967296]", 0, 8) + "}", 8, {"f: a", "larger"});
  refuses("{" + entry("a", "F32", "[-2]", 0, 8) + "}", 8, {"f: a", "shape", "-2"});
  refuses("{" + entry("a", "F32", "[2.0]", 0, 8) + "}", 8, {"f: a", "shape"});
  refuses("{" + entry("a", "F32", "2", 0, 8) + "}", 8, {"f: a", "shape"});
  refuses("{" + entry("a", "F32", "[2]", 8, 0) + "}", 8, {"f: a", "data_offsets", "[8,0]"});
  refuses("{" + entry("a", "BF16", "[2]", 0, 8) + "}", 8, {"f: a", "BF16", "4", "8"});
  refuses("{" + entry("a", "F8_E4M3", "[8]", 0, 8) + "}", 8, {"f: a", "F8_E4M3"});
  refuses("{" + a + "," + a + "}", 8, {"twice", "'a'"});
  refuses(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8, {"twice", "dtype"});
  refuses(R"({"a":{"dtype":"F32","shape":[2]}})", 8, {"f: a", "data_offsets"});
  refuses(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", 8, {"f: a", "exactly"});
  refuses(R"({"a":3})", 8, {"f: a"});
  refuses(R"({"__metadata__":{"format":1}})", 0, {"format", "string"});
  refuses(R"({"__metadata__":"pt"})", 0, {"__metadata__"});
  refuses("[]", 0, {"object"});
  refuses(" {}", 0, {"object"});
  refuses("{\"a\":", 0, {"JSON"});
  refuses("{\"\xff\":1}", 0, {"JSON"});
}

// What a few bytes can be made to cost.
BOOST_AUTO_TEST_CASE(hostile_headers_cost_little) {
  using namespace std::string_literals;
  const auto refuses = [](const std::string& header, const std::vector<std::string>& parts) {
    try {
      Tensors::parse(safetensors(header, 0), "f");
      BOOST_ERROR("expected an error");
    } catch (const format_error& error) {
      const std::string text = error.what();
      BOOST_TEST_CONTEXT(text.substr(0, 500)) {
        BOOST_TEST(text.size() < 700u);
        for (const auto& part : parts) BOOST_TEST((text.find(part) != std::string::npos), part);
      }
    }
  };
  const std::string open(100'000, '['), close(100'000, ']'), longest(1'000'000, 'x');
  for (const std::string& deep : {open + close, open}) {
    refuses(R"({"a":{"dtype":"F32","shape":)" + deep + R"(,"data_offsets":[0,0]}})", {"f: ", "deeper"});
    refuses(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":)" + deep + "}}", {"f: ", "deeper"});
    refuses(R"({"a":{"dtype":)" + deep + "}}", {"deeper"});
    refuses(R"({"__metadata__":)" + deep + "}", {"deeper"});
    refuses(deep, {"object"});
  }
  refuses("{}\0rubbish"s, {"NUL"});
  refuses("{\"" + longest + "\":3}", {"f: xxx", "…: expected exactly"});
  refuses("{\"\\u001b[31m\":3}", {"f: \\x1b[31m: "});
  refuses(R"({"a":{"dtype":")" + longest + R"(","shape":[0],"data_offsets":[0,0]}})",
          {"f: a", "F64", "xxx…"});
  refuses(R"({"__metadata__":{")" + longest + R"(":1}})", {"metadata 'xxx", "…'"});
  std::string extents = "9";
  for (int i = 0; i < 100'000; ++i) extents += ",9";
  refuses(R"({"a":{"dtype":"F32","shape":[)" + extents + R"(],"data_offsets":[0,0]}})",
          {"f: a", "…", "larger"});
  refuses(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[)" + extents + "]}}",
          {"f: a", "[begin, end]", "…"});
  refuses(R"({"a":{"dtype":"F32","shape":[-1,)" + extents + R"(],"data_offsets":[0,0]}})",
          {"f: a", "[-1,9", "…"});
}

// In about a second, both ways: where each name is compared with all before it they take minutes.
BOOST_AUTO_TEST_CASE(many_tensors_take_linear_time) {
  const TempDir dir;
  std::string header = "{";
  for (int i = 0; i < 200'000; ++i)
    header += (i > 0 ? "," : "") + entry("tensor." + std::to_string(i), "F32", "[0]", 0, 0);
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const auto begin = std::chrono::steady_clock::now();
  const auto file = safetensors(header, 0);
  const auto tensors = Tensors::parse(file, "f");
  BOOST_TEST(tensors.tensors().size() == 200'000u);
  tensors.save(dir / "again");
  BOOST_TEST((read_file(dir / "again") == file));
  BOOST_TEST(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < 30);
}

BOOST_AUTO_TEST_CASE(what_is_no_such_file_says_so) {
  const TempDir dir;
  BOOST_CHECK_THROW(Tensors::load(dir / "none"), lifelog::io_error);
  check_throws<format_error>([&] { Tensors::load(dir.file("f", "")); }, {"/f", "8 bytes", "0"});
  check_throws<format_error>([&] { Tensors::load(golden("f4.npy")); }, {"f4.npy", "not a safetensors file"});
  check_throws<format_error>([&] { Tensors::load(dir.file("f", std::string(8, '\xff') + "{}")); }, {"/f"});
}

// Whatever happened to a file, the answer is tensors or a format_error.
BOOST_AUTO_TEST_CASE(survives_damage_anywhere) {
  const TempDir dir;
  const auto whole = read_file(golden("tensors.safetensors"));
  for (std::size_t length = 0; length < whole.size(); ++length)
    BOOST_CHECK_THROW(Tensors::load(dir.file("f", whole.substr(0, length))), format_error);
  for (std::size_t at = 0; at < whole.size() - 200; ++at)
    for (const char byte : {'\0', '\xff', '9', '[', '"'}) {
      auto damaged = whole;
      damaged[at] = byte;
      try {
        Tensors::load(dir.file("f", damaged));
      } catch (const format_error&) {
      }
    }
}

BOOST_AUTO_TEST_SUITE_END()
