// SPDX-License-Identifier: MIT
#pragma once

#include "../mil/instances.hpp"
#include "compare.hpp"
#include "held_out.hpp"
#include "regroup.hpp"

// As mil/instances.hpp, for the predictors of groups as well.

#ifdef LIFELOG_INSTANTIATE
#define LIFELOG_INSTANCE template
#else
#define LIFELOG_INSTANCE extern template
#endif

namespace lifelog::inline LIFELOG_ABI::predict {

LIFELOG_INSTANCE class RowTask<float>;
LIFELOG_INSTANCE Comparison compare_predictors<float>(const RowInputs&, std::size_t,
                                                      const std::vector<std::vector<std::size_t>>&,
                                                      const ComparisonOptions&);
LIFELOG_INSTANCE HeldOut leave_one_out<float>(const RowInputs&, std::size_t,
                                              const std::vector<std::vector<std::size_t>>&,
                                              const HeldOutOptions&);
LIFELOG_INSTANCE Regrouping regroup<float>(const RowInputs&, std::size_t,
                                           const std::vector<std::vector<std::size_t>>&,
                                           const RegroupOptions&);
LIFELOG_INSTANCE RegroupComparison compare_regrouping<float>(const RowInputs&, std::size_t,
                                                             const std::vector<std::vector<std::size_t>>&,
                                                             Index, Index, const RegroupOptions&);

}  // namespace lifelog::predict

#undef LIFELOG_INSTANCE
