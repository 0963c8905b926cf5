#include <lifelog/core/parallel.hpp>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_parallel)

using lifelog::Index;

BOOST_AUTO_TEST_CASE(every_piece_runs_once) {
  for (const int threads : {0, 1, 2, 5}) {
    std::vector<int> runs(1000);
    lifelog::parallel_for(1000, threads, [&](Index piece) { ++runs[static_cast<std::size_t>(piece)]; });
    for (const int count : runs) BOOST_REQUIRE(count == 1);
  }
}

BOOST_AUTO_TEST_CASE(pieces_cover_all_items) {
  for (const Index items : {0, 1, 15, 16, 17, 100}) {
    Index next = 0;
    for (Index i = 0; i < lifelog::piece_count(16, items); ++i) {
      const auto piece = lifelog::piece_of(i, 16, items);
      BOOST_TEST(piece.begin == next);
      BOOST_TEST(piece.end > piece.begin);
      next = piece.end;
    }
    BOOST_TEST(next == items);
  }
}

BOOST_AUTO_TEST_CASE(the_lowest_failing_piece_is_reported) {
  const auto run = [](int threads) {
    lifelog::parallel_for(100, threads, [](Index piece) {
      if (piece % 10 == 7) throw std::runtime_error("piece " + std::to_string(piece));
    });
  };
  for (const int threads : {1, 2, 4})
    BOOST_CHECK_EXCEPTION(run(threads), std::runtime_error,
                          [](const std::runtime_error& e) { return std::string(e.what()) == "piece 7"; });
}

BOOST_AUTO_TEST_SUITE_END()
