#include <lifelog/lifelog.hpp>

const char* other_version();
lifelog::Index other_draw(lifelog::Random& random);

const char* other_version() {
  return LIFELOG_VERSION;
}

lifelog::Index other_draw(lifelog::Random& random) {
  return lifelog::permutation(random, 100)[0];
}
