#define BOOST_TEST_MODULE lifelog
#include <boost/test/unit_test.hpp>
