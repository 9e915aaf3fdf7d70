// Cursors: DECLARE runs the query and keeps its rows, in the session and under the memory limit;
// FETCH and MOVE go through them. A cursor ends with its transaction unless it is WITH HOLD.
#include <algorithm>

#include "engine/base/memory_budget.h"
#include "sql/binder_internal.h"
#include "sql/execute.h"

namespace shale {

struct Cursor {
  explicit Cursor(MemoryBudget* budget) : reserved(budget) {}
  std::vector<ResultColumn> columns;
  std::vector<Chunk> chunks;
  int64_t num_rows = 0;
  int64_t at = 0;  // 0: before the first row; num_rows + 1: behind the last
  bool hold = false;
  bool no_scroll = false;
  Reservation reserved;
};

namespace {

// Rows [first, last], counted from 1, as they stand in chunks; the other way round if `backward`.
Status SendRange(const Cursor& cursor, int64_t first, int64_t last, bool backward,
                 StatementContext& context) {
  std::vector<Chunk> out;
  int64_t begin = 1;
  for (const Chunk& chunk : cursor.chunks) {
    const auto size = static_cast<int64_t>(chunk.num_rows);
    const int64_t from = std::max(first, begin), to = std::min(last, begin + size - 1);
    if (from <= to) {
      std::vector<uint32_t> rows;
      for (int64_t row = from; row <= to; ++row) rows.push_back(static_cast<uint32_t>(row - begin));
      if (backward) std::reverse(rows.begin(), rows.end());
      out.push_back(chunk.Gather(rows.data(), rows.size()));
    }
    begin += size;
  }
  if (backward) std::reverse(out.begin(), out.end());
  for (const Chunk& chunk : out) {
    ASSIGN_OR_RETURN(Flow flow, context.receiver->Rows(chunk));
    if (flow == Flow::kDone) break;
  }
  return OkStatus();
}

}  // namespace

Status ExecuteDeclare(const ast::DeclareCursor& declare, StatementContext& context) {
  const std::string name = Folded(declare.name);
  if (!declare.hold && !context.data->is_open()) {
    return context.ErrorAt(declare.name.at,
                           "DECLARE CURSOR can only be used in transaction blocks: BEGIN first, or "
                           "DECLARE it WITH HOLD");
  }
  if (context.session->cursors.contains(name)) {
    return context.ErrorAt(declare.name.at, fmt::format("cursor \"{}\" already exists", name));
  }
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindQuery(*declare.query));
  auto cursor = std::make_shared<Cursor>(context.memory);
  cursor->hold = declare.hold;
  cursor->no_scroll = declare.no_scroll;
  const std::vector<PlanColumn> result = plan->output;
  for (const PlanColumn& column : result) cursor->columns.push_back({column.name, column.type});
  int64_t bytes = 0;
  RETURN_IF_ERROR(
      RunPlan(std::move(plan), result, snapshot, context, [&](Chunk chunk) -> StatusOr<Flow> {
        if (chunk.num_rows == 0) return Flow::kMore;
        for (Vector& column : chunk.columns) {
          column = column.Flatten();
          bytes += static_cast<int64_t>(column.MemoryUsage());
        }
        RETURN_IF_ERROR(cursor->reserved.Resize(bytes));
        cursor->num_rows += static_cast<int64_t>(chunk.num_rows);
        cursor->chunks.push_back(std::move(chunk));
        return Flow::kMore;
      }));
  context.session->cursors[name] = std::move(cursor);
  return context.receiver->End("DECLARE CURSOR", 0);
}

Status ExecuteFetch(const ast::Fetch& fetch, StatementContext& context) {
  using How = ast::Fetch::How;
  const std::string name = Folded(fetch.name);
  auto found = context.session->cursors.find(name);
  if (found == context.session->cursors.end()) {
    return context.ErrorAt(fetch.name.at, fmt::format("cursor \"{}\" does not exist", name));
  }
  Cursor& cursor = *found->second;
  const int64_t end = cursor.num_rows + 1;
  // Rows [first, last] of the cursor, and where it stands then.
  int64_t first = 1, last = 0, at = cursor.at;
  bool backward = false;
  if (fetch.how == How::kAbsolute || fetch.how == How::kRelative) {
    int64_t place = fetch.count;
    if (fetch.how == How::kRelative) {
      place += cursor.at;
    } else if (fetch.count < 0) {
      place += end;
    }
    at = std::clamp<int64_t>(place, 0, end);
    backward = at < cursor.at;
    if (at > 0 && at < end) first = last = at;
  } else {
    int64_t count = fetch.all ? end : std::clamp(fetch.count, -end, end);
    backward = (fetch.how == How::kBackward) != (count < 0);
    count = count < 0 ? -count : count;
    if (count == 0) {  // the row that it stands on
      backward = false;
      if (at > 0 && at < end) first = last = at;
    } else if (backward) {
      last = at - 1;
      first = std::max<int64_t>(at - count, 1);
      at = at - count < 1 || fetch.all ? 0 : at - count;
    } else {
      first = at + 1;
      last = std::min(at + count, end - 1);
      at = at + count > end - 1 || fetch.all ? end : at + count;
    }
  }
  if (backward && cursor.no_scroll) {
    return context.ErrorAt(fetch.name.at,
                           "cursor can only scan forward: declare it with SCROLL to go backward");
  }
  const int64_t rows = std::max<int64_t>(last - first + 1, 0);
  cursor.at = at;
  if (fetch.move) return context.receiver->End(fmt::format("MOVE {}", rows), rows);
  // Held while its rows go out, whatever the receiver does.
  const std::shared_ptr<Cursor> keep = found->second;
  RETURN_IF_ERROR(context.receiver->Begin(keep->columns));
  if (rows > 0) RETURN_IF_ERROR(SendRange(*keep, first, last, backward, context));
  return context.receiver->End(fmt::format("FETCH {}", rows), rows);
}

Status ExecuteClose(const ast::CloseCursor& close, StatementContext& context) {
  if (!close.name) {
    context.session->cursors.clear();
    return context.receiver->End("CLOSE CURSOR ALL", 0);
  }
  const std::string name = Folded(*close.name);
  if (context.session->cursors.erase(name) == 0) {
    return context.ErrorAt(close.name->at, fmt::format("cursor \"{}\" does not exist", name));
  }
  return context.receiver->End("CLOSE CURSOR", 0);
}

void EndCursors(StatementContext& context) {
  std::erase_if(context.session->cursors, [](const auto& entry) { return !entry.second->hold; });
}

}  // namespace shale
