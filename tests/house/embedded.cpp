// The firmware subset as firmware compiles it: without exceptions, run-time types, and what an operating
// system gives.
#include <lifelog/embedded.hpp>

#ifndef LIFELOG_NO_EXCEPTIONS
#error "this file is meant to be compiled with -fno-exceptions"
#endif

// Include guards of libstdc++ and of xtensor 0.24 to 0.27.
#if defined(_GLIBCXX_IOSTREAM) || defined(_GLIBCXX_FSTREAM) || defined(_GLIBCXX_FILESYSTEM) || \
    defined(_GLIBCXX_THREAD) || defined(_GLIBCXX_MUTEX) || defined(_GLIBCXX_FUTURE)
#error "the embedded subset includes streams, files or threads"
#endif
#if defined(XTENSOR_HPP) || defined(XTENSOR_TENSOR_HPP) || defined(XTENSOR_EXPRESSION_HPP)
#error "the embedded subset includes xtensor"
#endif

int main() {
  return 0;
}
