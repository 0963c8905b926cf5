// SPDX-License-Identifier: MIT

// The page in a headless browser, where there is one: it says nothing on the console, answers mouse and keyboard, fits a
// telephone, and can be printed.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "report/report.hpp"
#include "run.hpp"
#include "sample_report.hpp"

namespace {

std::string browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
    if (std::system(("command -v " + std::string(name) + " > /dev/null 2>&1").c_str()) == 0) return name;
  return {};
}

boost::test_tools::assertion_result have_browser(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(!browser().empty());
  result.message() << "no chromium";
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_browser, *boost::unit_test::precondition(have_browser))

using namespace lifelog::examples;
using report::Report;

namespace {

/// Everything a report can have.
Report full_report() {
  auto report = report::sample_report(4, 5, 2, 40);
  std::vector<std::string> users;
  for (const auto& person : report.people) users.push_back(person.user);
  report.information = report::sample_informations(users, report.modalities, 2);
  for (const auto& user : users)
    report.timelines.push_back(report::sample_timeline(user, report.modalities, 400));
  report.strips = {{"102", 1598713200, 12, std::vector<double>(12 * report.modalities.size(), 0.0625)}};
  report.truth.people = {{"101", 0, {"e4Acc"}}, {"102", 1, {"e4Eda"}}};
  return report;
}

/// Checks run in the page itself; what is not as it should be is written into it, and read back.
const char* const checks = R"js(<script>
const faults = [], must = (holds, what) => { if (!holds) faults.push(what); };
try {
  const maps = [...document.querySelectorAll('.map')], map = maps[0], svg = map.querySelector('svg');
  const tip = map.querySelector('.tip'), shown = () => [...map.querySelectorAll('.points path')].filter(p => p.style.display !== 'none');
  const all = shown().length;
  must(all > 4, 'points');
  // Hover, at the place of a point.
  const point = /M(\S+) (\S+?)h0/.exec(map.querySelector('.points path').getAttribute('d'));
  const at = new DOMPoint(+point[1], +point[2]).matrixTransform(svg.getScreenCTM());
  svg.dispatchEvent(new MouseEvent('mousemove', {clientX: at.x, clientY: at.y, bubbles: true}));
  must(!tip.hidden && /person 10\d/.test(tip.textContent) && /UTC/.test(tip.textContent), 'hover: ' + tip.textContent);
  must(maps[1].querySelector('.ring'), 'the same minute in the other map');
  svg.dispatchEvent(new MouseEvent('mouseleave'));
  must(tip.hidden && !maps[1].querySelector('.ring'), 'no hover');
  // Names off and on, only one, all again.
  const legend = map.querySelector('[data-legend=a]'), box = legend.querySelector('input');
  box.click();
  must(shown().length < all, 'off');
  const less = shown().length;
  map.querySelector('[data-coloring=b]').click();
  must(shown().length === all, 'recoloured: hidden points are back, got ' + shown().length);
  map.querySelector('[data-coloring=a]').click();
  must(shown().length === less, 'coloured as before');
  legend.querySelector('.only').click();
  must(shown().length > 0 && shown().every(p => p.classList.contains('a0')), 'only');
  legend.querySelector('.all').click();
  must(shown().length === all, 'all');
  // Keyboard.
  const stage = map.querySelector('.stage');
  stage.focus();
  must(document.activeElement === stage, 'focus');
  const key = (to, name) => to.dispatchEvent(new KeyboardEvent('keydown', {key: name, bubbles: true, cancelable: true}));
  key(stage, 'ArrowRight');
  const first = tip.textContent;
  must(!tip.hidden && first, 'arrow');
  key(stage, 'ArrowRight');
  key(stage, 'ArrowUp');
  must(tip.textContent !== first, 'next point');
  key(stage, 'Escape');
  must(tip.hidden, 'escape');
  for (const button of document.querySelectorAll('button, summary, nav a')) must(button.tabIndex >= 0, 'reach ' + button.textContent);
  // Timeline.
  const person = document.querySelector('.person'); person.open = true;
  const line = person.querySelector('.timeline'), out = line.querySelector('output');
  key(line.querySelector('.wide'), 'ArrowRight');
  must(/^2020-08-29 15:00 UTC: state calm, prediction tense$/.test(out.textContent), 'timeline: ' + out.textContent);
  const chart = line.querySelector('svg'), place = new DOMPoint(+line.dataset.left + 1.5 * +line.dataset.cell, 30).matrixTransform(chart.getScreenCTM());
  chart.dispatchEvent(new MouseEvent('mousemove', {clientX: place.x, clientY: place.y, bubbles: true}));
  must(/^2020-08-29 15:01/.test(out.textContent), 'timeline, pointed at: ' + out.textContent);
  // Print opens what is folded, and closes it again.
  person.open = false;
  dispatchEvent(new Event('beforeprint'));
  must([...document.querySelectorAll('details')].every(part => part.open), 'print');
  // No part is wider than the page, open or not.
  const widths = [document.documentElement.scrollWidth, innerWidth];
  must(widths[0] <= widths[1], 'overflow ' + widths);
  dispatchEvent(new Event('afterprint'));
  must(!person.open, 'after print');
} catch (error) { faults.push(String(error)); }
document.title = 'faults: ' + JSON.stringify({width: innerWidth, dark: matchMedia('(prefers-color-scheme: dark)').matches,
  paper: getComputedStyle(document.documentElement).backgroundColor, faults});
</script>
)js";

/// The page in a browser with such flags: what the checks found, and what the console said.
struct Visit {
  nlohmann::json found;
  std::string console;
};

/// Runs the browser in the sandbox; false when it fails.
bool browse(const Sandbox& sandbox, const std::string& flags) {
  const auto command =
      "cd '" + sandbox.path().string() + "' && timeout 100 " + browser() +
      " --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir=profile "
      "--enable-logging=stderr " +
      flags + " page.html > dom 2> log";
  return std::system(command.c_str()) == 0;
}

Visit visit(const Sandbox& sandbox, const std::string& page, const std::string& flags) {
  sandbox.write("page.html", page);
  BOOST_TEST_REQUIRE(browse(sandbox, "--virtual-time-budget=5000 --dump-dom " + flags));
  Visit visit;
  const auto dom = sandbox.read("dom"), log = sandbox.read("log");
  const auto begin = dom.find("<title>faults: "), end = dom.find("</title>", begin);
  BOOST_TEST_REQUIRE(begin != std::string::npos);
  visit.found = nlohmann::json::parse(dom.substr(begin + 15, end - begin - 15));
  for (std::size_t at = 0; (at = log.find("CONSOLE", at)) != std::string::npos; ++at)
    visit.console += log.substr(at, log.find('\n', at) - at) + '\n';
  return visit;
}

std::string checked(std::string html, const std::string& after = {}) {
  return html.insert(html.rfind("</body>"), checks + after);
}

}  // namespace

BOOST_AUTO_TEST_CASE(answers_mouse_and_keyboard_and_says_nothing) {
  const Sandbox sandbox;
  const auto seen = visit(sandbox, checked(to_html(full_report())), "--window-size=1280,900");
  BOOST_TEST(seen.found.at("faults").dump() == "[]");
  BOOST_TEST(seen.console == "");
  BOOST_TEST(seen.found.at("paper") == "rgb(255, 255, 255)");
}

BOOST_AUTO_TEST_CASE(is_dark_where_that_is_wanted) {
  const Sandbox sandbox;
  const auto seen = visit(sandbox, checked(to_html(full_report())),
                          "--blink-settings=preferredColorScheme=0 --window-size=1280,900");
  BOOST_TEST(seen.found.at("dark") == true);
  BOOST_TEST(seen.found.at("paper") == "rgb(18, 22, 28)");
  BOOST_TEST(seen.found.at("faults").dump() == "[]");
}

// A browser's window is at least 500 pixels wide: a telephone's page stands in a frame.
BOOST_AUTO_TEST_CASE(fits_a_telephone) {
  const Sandbox sandbox;
  sandbox.write("inner.html",
                checked(to_html(full_report()), "<script>parent.document.title = document.title;</script>"));
  const auto seen =
      visit(sandbox,
            "<!DOCTYPE html><html><head><title>frame</title></head><body><iframe src=\"inner.html\" "
            "width=\"390\" height=\"800\"></iframe></body></html>",
            "--allow-file-access-from-files");
  BOOST_TEST(seen.found.at("width") == 390);
  BOOST_TEST(seen.found.at("faults").dump() == "[]");
  BOOST_TEST(seen.console == "");
}

BOOST_AUTO_TEST_CASE(is_printed) {
  const Sandbox sandbox;
  sandbox.write("page.html", to_html(full_report()));
  BOOST_TEST_REQUIRE(browse(sandbox, "--print-to-pdf=page.pdf"));
  BOOST_TEST(sandbox.read("page.pdf").size() > 20000U);
}

BOOST_AUTO_TEST_SUITE_END()
