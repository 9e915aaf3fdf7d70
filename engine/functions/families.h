// The lists that registry.cc calls, one a family of functions. Each is defined in the .cc file of
// that name and adds its rows with registry->Add.
#pragma once

#include "engine/functions/function.h"

namespace shale {

void RegisterComparison(Registry* registry);  // scalar_comparison.cc
void RegisterArithmetic(Registry* registry);  // scalar_arithmetic.cc
void RegisterMath(Registry* registry);        // scalar_math.cc
void RegisterCasts(Registry* registry);       // casts.cc
void RegisterLogic(Registry* registry);       // scalar_logic.cc
void RegisterBits(Registry* registry);        // scalar_bits.cc
void RegisterNetwork(Registry* registry);     // scalar_network.cc
void RegisterString(Registry* registry);      // scalar_string*.cc
void RegisterRegexp(Registry* registry);      // scalar_regexp.cc
void RegisterDate(Registry* registry);        // scalar_date*.cc: also + and - over dates, intervals
void RegisterDateFormat(Registry* registry);  // scalar_date_format.cc
void RegisterJson(Registry* registry);        // scalar_json.cc
void RegisterJsonBuild(Registry* registry);   // scalar_json_build.cc
void RegisterUrl(Registry* registry);         // scalar_url.cc
void RegisterArray(Registry* registry);       // scalar_array*.cc
void RegisterJsonList(Registry* registry);    // scalar_json_list.cc
void RegisterUserAgent(Registry* registry);   // scalar_user_agent.cc
void RegisterJsonPath(Registry* registry);    // scalar_jsonpath.cc
void RegisterCatalog(Registry* registry);     // scalar_catalog.cc
void RegisterSession(Registry* registry);     // scalar_session.cc

void RegisterCountAggregates(Registry* registry);
void RegisterSumAggregates(Registry* registry);
void RegisterMinMaxAggregates(Registry* registry);
void RegisterStatisticsAggregates(Registry* registry);
void RegisterNestedAggregates(Registry* registry);  // agg_nested.cc: of arrays

void RegisterSetFunctions(Registry* registry);  // set_functions.cc

void RegisterWindowRanks(Registry* registry);         // window_rank.cc
void RegisterWindowPicks(Registry* registry);         // window_pick.cc
void RegisterCollectAggregates(Registry* registry);   // string_agg, any_value, arg_min, bool_and …
void RegisterQuantileAggregates(Registry* registry);  // mode, median, percentile_cont …
void RegisterSketchAggregates(Registry* registry);    // approx_count_distinct
void RegisterTopAggregates(Registry* registry);       // approx_top_k, histogram
void RegisterJsonAggregates(Registry* registry);      // json_agg …
void RegisterDigestAggregates(Registry* registry);    // approx_quantile

}  // namespace shale
