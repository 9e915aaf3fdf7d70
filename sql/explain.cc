#include "sql/explain.h"

#include "sql/rules/rules.h"

namespace shale {
namespace {

std::string List(const std::vector<ExprPtr>& exprs, std::string_view separator) {
  std::string text;
  for (const ExprPtr& expr : exprs) {
    if (!text.empty()) text += separator;
    text += ToString(*expr);
  }
  return text;
}

std::string Keys(const std::vector<SortKey>& keys) {
  std::string text;
  for (const SortKey& key : keys) {
    if (!text.empty()) text += ", ";
    text += ToString(*key.expr);
    if (key.descending) text += " DESC";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  return text;
}

// " ROWS BETWEEN …", nothing for the default frame.
std::string Frame(const WindowFrame& frame) {
  using Bound = WindowFrame::Bound;
  if (frame.unit == WindowFrame::Unit::kRange && frame.start == Bound::kUnboundedPreceding &&
      frame.end == Bound::kCurrentRow && frame.exclusion == FrameExclusion::kNoOthers) {
    return "";
  }
  static const char* kUnits[] = {"ROWS", "RANGE", "GROUPS"};
  static const char* kBounds[] = {"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING",
                                  "UNBOUNDED FOLLOWING"};
  static const char* kExclusions[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP",
                                      " EXCLUDE TIES"};
  const auto bound = [](Bound which, const ExprPtr& offset) {
    return (offset ? ToString(*offset) : "") + kBounds[static_cast<int>(which)];
  };
  return fmt::format(" {} BETWEEN {} AND {}{}", kUnits[static_cast<int>(frame.unit)],
                     bound(frame.start, frame.start_offset), bound(frame.end, frame.end_offset),
                     kExclusions[static_cast<int>(frame.exclusion)]);
}

std::string Human(int64_t bytes) {
  if (bytes < 10 << 10) return fmt::format("{} B", bytes);
  if (bytes < 10 << 20) return fmt::format("{} KiB", bytes >> 10);
  return fmt::format("{} MiB", bytes >> 20);
}

struct Description {
  std::string label;                                         // "Scan hits"
  std::vector<std::pair<std::string, std::string>> details;  // "Filter" → "…"
};

struct Describe {
  const Plan& plan;
  bool analyzed;

  Description operator()(const ScanNode& node) const {
    Description d{"Scan " + node.schema->name, {}};
    std::string columns;
    for (const PlanColumn& column : plan.output)
      columns += (columns.empty() ? "" : ", ") + column.name;
    d.details.push_back({"Columns", columns.empty() ? "none" : columns});
    if (!node.filters.empty()) d.details.push_back({"Filter", List(node.filters, " AND ")});
    if (!node.order.empty()) {
      std::string order;
      for (ColumnVar id : node.order) {
        for (const PlanColumn& column : plan.output) {
          if (column.id == id) order += (order.empty() ? "" : ", ") + column.name;
        }
      }
      d.details.push_back({"Order", (node.sorted ? "by " : "ranges of ") + order});
    }
    if (!node.join_filters.empty()) {
      std::string joins;
      for (const std::string& join : node.join_filters) joins += (joins.empty() ? "" : ", ") + join;
      d.details.push_back({"Bounds from joins", joins});
    }
    if (analyzed) {
      const ScanCounters& c = *node.counters;
      std::string read = fmt::format(
          "{} rows scanned, {} read, segments skipped {} of {}, blocks skipped {} of {}",
          c.rows_scanned.load(), Human(c.bytes_read.load()), c.segments_skipped.load(),
          c.segments_total.load(), c.blocks_skipped.load(), c.blocks_total.load());
      if (!node.join_filters.empty()) {
        read += fmt::format(" ({} by bounds from joins)", c.join_blocks_skipped.load());
      }
      d.details.push_back({"Read", std::move(read)});
    }
    return d;
  }
  Description operator()(const ValuesNode& node) const { return {"Rows of " + node.label, {}}; }
  Description operator()(const FilterNode& node) const {
    return {"Filter", {{"Condition", List(node.conjuncts, " AND ")}}};
  }
  Description operator()(const ProjectNode& node) const {
    return {"Project", {{"Output", List(node.exprs, ", ")}}};
  }
  Description operator()(const AggregateNode& node) const {
    Description d{node.aggregates.empty() ? "Distinct" : "Aggregate", {}};
    if (node.in_ranges) d.label += " range by range";
    if (!node.keys.empty()) d.details.push_back({"Group by", List(node.keys, ", ")});
    std::string text;
    for (const AggregateExpr& aggregate : node.aggregates) {
      if (!text.empty()) text += ", ";
      text += aggregate.function.function->name + "(" + (aggregate.distinct ? "DISTINCT " : "") +
              (aggregate.args.empty() ? "*" : List(aggregate.args, ", ")) + ")";
      if (aggregate.filter) text += " FILTER (WHERE " + ToString(*aggregate.filter) + ")";
    }
    if (!text.empty()) d.details.push_back({"Compute", text});
    return d;
  }
  Description operator()(const WindowNode& node) const {
    Description d{"Window", {}};
    if (!node.partition_by.empty()) {
      d.details.push_back({"Partition by", List(node.partition_by, ", ")});
    }
    if (!node.order_by.empty()) d.details.push_back({"Order by", Keys(node.order_by)});
    std::string text;
    for (const WindowExpr& function : node.functions) {
      if (!text.empty()) text += ", ";
      const bool star = !function.window.function && function.args.empty();
      text += function.name() + "(" + (star ? "*" : List(function.args, ", ")) + ")";
      if (function.ignore_nulls) text += " IGNORE NULLS";
      if (function.filter) text += " FILTER (WHERE " + ToString(*function.filter) + ")";
      if (!function.window.function || function.window.function->uses_frame) {
        text += Frame(function.frame);
      }
    }
    d.details.push_back({"Compute", text});
    if (node.limit) {
      d.details.push_back(
          {"Keep",
           fmt::format("{} <= {}", node.functions[node.limit->function].name(), node.limit->most)});
    }
    return d;
  }
  Description operator()(const SortNode& node) const { return {"Sort", {{"By", Keys(node.keys)}}}; }
  Description operator()(const TopNNode& node) const {
    std::string rows = fmt::format("{}", node.limit);
    if (node.offset > 0) rows += fmt::format(" after {}", node.offset);
    return {"Top " + rows, {{"By", Keys(node.keys)}}};
  }
  Description operator()(const LimitNode& node) const {
    std::string label = node.limit >= 0 ? fmt::format("Limit {}", node.limit) : "Limit none";
    if (node.offset > 0) label += fmt::format(" offset {}", node.offset);
    if (!node.ties.empty()) label += " with ties";
    return {label, {}};
  }
  Description operator()(const ComputedLimitNode&) const { return {"Limit by a query", {}}; }
  Description operator()(const LimitByNode& node) const {
    std::string label = node.limit >= 0 ? fmt::format("Limit {} by", node.limit) : "Limit none by";
    if (node.offset > 0) label += fmt::format(" offset {}", node.offset);
    return {label, {{"Keys", List(node.keys, ", ")}}};
  }
  Description operator()(const AsofJoinNode& node) const {
    Description d{node.left ? "Asof join (left)" : "Asof join (inner)", {}};
    std::string on;
    for (size_t i = 0; i < node.probe_keys.size(); ++i) {
      on += ToString(*node.probe_keys[i]) + " = " + ToString(*node.build_keys[i]) + " AND ";
    }
    on += ToString(*node.probe_order) + " " + node.op + " " + ToString(*node.build_order);
    d.details.push_back({"On", on});
    return d;
  }
  Description operator()(const JoinNode& node) const {
    static const char* kNames[] = {"inner", "left",  "semi", "anti",
                                   "mark",  "right", "full", "single"};
    Description d{fmt::format("{} join ({})", node.probe_keys.empty() ? "Loop" : "Hash",
                              kNames[static_cast<int>(node.kind)]),
                  {}};
    std::string on;
    for (size_t i = 0; i < node.probe_keys.size(); ++i) {
      on += (on.empty() ? "" : " AND ") + ToString(*node.probe_keys[i]) +
            (node.is_null_safe(i) ? " IS NOT DISTINCT FROM " : " = ") +
            ToString(*node.build_keys[i]);
    }
    d.details.push_back({"On", on.empty() ? "every pair" : on});
    if (node.residual) d.details.push_back({"And", ToString(*node.residual)});
    return d;
  }
  Description operator()(const ScalarJoinNode&) const { return {"Scalar subquery", {}}; }
  Description operator()(const FetchNode& node) const {
    std::string columns;
    size_t first = plan.output.size() - node.columns.size();
    for (size_t i = first; i < plan.output.size(); ++i) {
      columns += (columns.empty() ? "" : ", ") + plan.output[i].name;
    }
    return {"Fetch from " + node.schema->name, {{"Columns", columns}}};
  }
  Description operator()(const UnnestNode& node) const {
    Description d{node.keep_empty ? "Unnest (left)" : "Unnest", {}};
    d.details.push_back({"Lists", List(node.lists, ", ")});
    return d;
  }
  Description operator()(const UnionAllNode&) const { return {"Union all", {}}; }
  Description operator()(const ExpandNode& node) const {
    return {fmt::format("Grouping sets ({})", node.sets.size()), {}};
  }
  Description operator()(const RepeatNode&) const { return {"Repeat rows", {}}; }
  Description operator()(const SharedReadNode& node) const {
    return {"Read " + node.shared->name, {}};
  }
  Description operator()(const RecursiveNode& node) const {
    return {
        fmt::format("Recursive {} ({})", node.table->name, node.distinct ? "union" : "union all"),
        {}};
  }
  Description operator()(const WorkingReadNode& node) const {
    return {"Read last rows of " + node.table->name, {}};
  }
};

// Rows out of the node, and its own microseconds.
std::pair<int64_t, int64_t> Measured(const Plan& plan) {
  int64_t rows = 0, micros = 0;
  for (const auto& profile : plan.profiles) {
    rows = profile->rows_out.load();
    micros += profile->time_us.load();
  }
  return {rows, micros};
}

void Print(const Plan& plan, const DatabaseVersion& version, bool analyzed, int depth,
           std::vector<std::string>* lines) {
  Description d = std::visit(Describe{plan, analyzed}, plan.node);
  std::string indent(depth * 3, ' ');
  std::string line = depth == 0 ? d.label : std::string((depth - 1) * 3, ' ') + "-> " + d.label;
  if (analyzed && !plan.profiles.empty()) {
    auto [rows, micros] = Measured(plan);
    line += fmt::format("  (rows={} time={:.3f} ms)", rows, micros / 1000.0);
  } else {
    line += fmt::format("  (rows≈{:.0f})", EstimateRows(plan, version));
  }
  lines->push_back(std::move(line));
  for (auto& [name, text] : d.details)
    lines->push_back(fmt::format("{}  {}: {}", indent, name, text));
  if (analyzed && plan.details) {
    for (const std::string& text : *plan.details) lines->push_back(indent + "  " + text);
  }
  for (const PlanPtr& child : plan.children) Print(*child, version, analyzed, depth + 1, lines);
}

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string Json(const Plan& plan, const DatabaseVersion& version, bool analyzed) {
  Description d = std::visit(Describe{plan, analyzed}, plan.node);
  std::string out = fmt::format("{{\"Node Type\":{},\"Plan Rows\":{:.0f}", JsonText(d.label),
                                EstimateRows(plan, version));
  if (analyzed && !plan.profiles.empty()) {
    auto [rows, micros] = Measured(plan);
    out += fmt::format(",\"Actual Rows\":{},\"Actual Time\":{:.3f}", rows, micros / 1000.0);
  }
  for (auto& [name, text] : d.details) out += "," + JsonText(name) + ":" + JsonText(text);
  if (analyzed && plan.details && !plan.details->empty()) {
    out += ",\"Details\":[";
    for (size_t i = 0; i < plan.details->size(); ++i) {
      out += (i ? "," : "") + JsonText((*plan.details)[i]);
    }
    out += "]";
  }
  if (!plan.children.empty()) {
    out += ",\"Plans\":[";
    for (size_t i = 0; i < plan.children.size(); ++i) {
      if (i) out += ",";
      out += Json(*plan.children[i], version, analyzed);
    }
    out += "]";
  }
  return out + "}";
}

}  // namespace

std::vector<std::string> ExplainPlan(const Plan& plan, const DatabaseVersion& version,
                                     bool analyzed) {
  std::vector<std::string> lines;
  Print(plan, version, analyzed, 0, &lines);
  for (const auto& shared : SharedPlans(plan)) {
    lines.push_back(fmt::format("Once for all readers: {}", shared->name));
    Print(*shared->plan, version, analyzed, 1, &lines);
  }
  return lines;
}

std::string ExplainJson(const Plan& plan, const DatabaseVersion& version, bool analyzed) {
  std::string out = "[{\"Plan\":" + Json(plan, version, analyzed);
  const auto shared = SharedPlans(plan);
  if (!shared.empty()) {
    out += ",\"Shared Plans\":[";
    for (size_t i = 0; i < shared.size(); ++i) {
      out += fmt::format("{}{{\"Name\":{},\"Plan\":{}}}", i ? "," : "", JsonText(shared[i]->name),
                         Json(*shared[i]->plan, version, analyzed));
    }
    out += "]";
  }
  return out + "}]";
}

}  // namespace shale
