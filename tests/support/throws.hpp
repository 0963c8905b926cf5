// SPDX-License-Identifier: MIT
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

/// Checks that `action()` throws exactly an Error whose text holds every one of `parts`.
template<class Error, class Action>
void check_throws(Action action, const std::vector<std::string>& parts) {
  try {
    action();
    BOOST_ERROR("expected an error with '" + (parts.empty() ? std::string() : parts[0]) +
                "', nothing was thrown");
  } catch (const Error& error) {
    BOOST_TEST_CONTEXT(error.what())
    for (const auto& part : parts)
      BOOST_TEST((std::string(error.what()).find(part) != std::string::npos), part);
  }
}
