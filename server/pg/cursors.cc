// Cursors, which share their names with portals, and the other statements of a session.
#include <algorithm>
#include <utility>

#include "server/pg/pg_session.h"

namespace shale::pg {
namespace {

const std::vector<int16_t> kBinary = {1};

Status NoSuchPortal(std::string_view name) {
  return WithSqlState(name.empty() ? NotFound("portal \"\" does not exist")
                                   : NotFound("cursor \"{}\" does not exist", name),
                      "34000");
}

}  // namespace

StatusOr<PortalPtr> PgSession::FindPortal(std::string_view name) {
  auto found = portals_.find(name);
  if (found == portals_.end()) {
    return WithSqlState(NotFound("portal \"{}\" does not exist", name), "34000");
  }
  return found->second;
}

Status PgSession::RunSession(const SessionStatement& statement, const WireStatement& wire,
                             const std::vector<Value>& parameters,
                             const std::vector<int16_t>& formats, bool describe_rows) {
  if (connection_->transaction() == TransactionState::kFailed) {
    return MakeError(StatusCode::kFailedPrecondition,
                     "current transaction is aborted, commands ignored until end of transaction "
                     "block");
  }
  if (const auto* declare = std::get_if<DeclareCursor>(&statement)) {
    return Declare(*declare, wire, parameters);
  }
  if (const auto* fetch = std::get_if<FetchCursor>(&statement)) {
    return Fetch(*fetch, formats, describe_rows);
  }
  if (const auto* close = std::get_if<CloseCursor>(&statement)) return CloseOne(*close);
  if (const auto* discard = std::get_if<Discard>(&statement)) return DiscardState(*discard);
  if (const auto* change = std::get_if<ChangeRole>(&statement)) return Change(*change);
  writer_.CommandComplete(std::get<Acknowledge>(statement).tag);
  return OkStatus();
}

Status PgSession::Declare(const DeclareCursor& declare, const WireStatement& wire,
                          const std::vector<Value>& parameters) {
  if (!declare.hold && connection_->transaction() == TransactionState::kIdle &&
      !connection_->in_implicit()) {
    return WithSqlState(MakeError(StatusCode::kFailedPrecondition,
                                  "DECLARE CURSOR can only be used in transaction blocks"),
                        "25P01");
  }
  if (portals_.contains(declare.name)) {
    return WithSqlState(
        MakeError(StatusCode::kAlreadyExists, "cursor \"{}\" already exists", declare.name),
        "42P03");
  }
  auto portal = std::make_shared<Portal>();
  portal->statement = std::make_shared<WireStatement>();
  portal->statement->text = wire.text;
  portal->is_cursor = true;
  portal->hold = declare.hold;
  portal->no_scroll = declare.no_scroll;
  if (declare.binary) portal->formats = kBinary;
  // Whole, at once: what the cursor shows is as of now, whatever happens until it is read.
  portal->rows = std::make_shared<KeptRows>(server_->kept_rows);
  RETURN_IF_ERROR(connection_->Execute(wire.prepared, parameters, portal->rows.get()));
  portal->columns = portal->rows->columns();
  portals_[declare.name] = std::move(portal);
  writer_.CommandComplete("DECLARE CURSOR");
  return OkStatus();
}

Status PgSession::Fetch(const FetchCursor& fetch, const std::vector<int16_t>& formats,
                        bool describe_rows) {
  auto found = portals_.find(fetch.name);
  if (found == portals_.end() || !found->second->rows) return NoSuchPortal(fetch.name);
  Portal& portal = *found->second;
  const int64_t all = portal.rows->num_rows();
  int64_t from = 0, to = 0;  // rows [from, to), 0-based
  bool backward = false;
  using Kind = FetchCursor::Kind;
  Kind kind = fetch.kind;
  int64_t count = fetch.count;
  if (fetch.all) count = INT64_MAX / 2;
  if (count < 0 && (kind == Kind::kForward || kind == Kind::kBackward)) {
    kind = kind == Kind::kForward ? Kind::kBackward : Kind::kForward;
    count = -count;
  }
  const int64_t position = portal.position;
  switch (kind) {
    case Kind::kForward:
      if (count == 0) {  // the current row again
        from = position - 1;
        to = position >= 1 && position <= all ? position : from;
        break;
      }
      from = position;
      to = std::min(all, position > all ? all : position + count);
      from = std::min(from, to);
      portal.position = position + count > all ? all + 1 : to;
      break;
    case Kind::kBackward:
      if (count == 0) {
        from = position - 1;
        to = position >= 1 && position <= all ? position : from;
        break;
      }
      backward = true;
      to = std::max<int64_t>(0, position - 1);
      from = std::max<int64_t>(0, to - count);
      portal.position = position - count < 1 ? 0 : from + 1;
      break;
    case Kind::kAbsolute:
    case Kind::kRelative: {
      int64_t row = kind == Kind::kRelative ? position + count
                    : count < 0             ? all + 1 + count
                                            : count;
      row = std::clamp<int64_t>(row, 0, all + 1);
      backward = row < position;
      from = row - 1;
      to = row >= 1 && row <= all ? row : from;
      portal.position = row;
      break;
    }
  }
  if (backward && portal.no_scroll) {
    portal.position = position;
    return WithSqlState(MakeError(StatusCode::kFailedPrecondition, "cursor can only scan forward"),
                        "55000");
  }
  const int64_t rows = std::max<int64_t>(0, to - from);
  if (fetch.move) {
    writer_.CommandComplete(fmt::format("MOVE {}", rows));
    return OkStatus();
  }
  const std::vector<int16_t>& as = portal.formats == kBinary ? portal.formats : formats;
  if (describe_rows) WriteRowDescription(portal.columns, as, &out_);
  if (rows > 0 && backward) {
    for (int64_t row = to; row-- > from;) RETURN_IF_ERROR(SendKept(portal, row, row + 1, as));
  } else if (rows > 0) {
    RETURN_IF_ERROR(SendKept(portal, from, to, as));
  }
  writer_.CommandComplete(fmt::format("FETCH {}", rows));
  return OkStatus();
}

Status PgSession::SendKept(const Portal& portal, int64_t from, int64_t to,
                           const std::vector<int16_t>& formats) {
  const std::string time_zone = connection_->time_zone();
  constexpr size_t kRowsAtOnce = 1024;
  return portal.rows->ForRange(from, to, [&](const Chunk& chunk, size_t begin, size_t end) {
    // A few rows of a big chunk: only they are made flat.
    const Chunk part = chunk.Slice(begin, end - begin);
    for (size_t at = 0; at < part.num_rows; at += kRowsAtOnce) {
      WriteRows(portal.rows->columns(), part, at, std::min(part.num_rows, at + kRowsAtOnce),
                formats, time_zone, &out_);
      if (out_.size() >= 64 * 1024) RETURN_IF_ERROR(FlushWaiting());
    }
    return OkStatus();
  });
}

Status PgSession::CloseOne(const CloseCursor& close) {
  if (!close.name) {
    DropPortals(true);
    writer_.CommandComplete("CLOSE CURSOR ALL");
    return OkStatus();
  }
  if (portals_.erase(*close.name) == 0) return NoSuchPortal(*close.name);
  writer_.CommandComplete("CLOSE CURSOR");
  return OkStatus();
}

void PgSession::DropPortals(bool with_hold) {
  std::erase_if(portals_, [&](const auto& entry) { return with_hold || !entry.second->hold; });
}

void PgSession::TransactionMayHaveEnded() {
  if (connection_->transaction() != TransactionState::kIdle || connection_->in_implicit()) return;
  wrote_ = false;
  DropPortals(false);
}

Status PgSession::DiscardState(const Discard& discard) {
  switch (discard.what) {
    case Discard::What::kAll:
      if (connection_->transaction() != TransactionState::kIdle) {
        return WithSqlState(MakeError(StatusCode::kFailedPrecondition,
                                      "DISCARD ALL cannot run inside a transaction block"),
                            "25001");
      }
      DropPortals(true);
      statements_.clear();
      connection_->DropAllPrepared();
      RETURN_IF_ERROR(connection_->ResetSettings());
      connection_->DropTemporaryTables();
      writer_.CommandComplete("DISCARD ALL");
      return OkStatus();
    case Discard::What::kPlans: writer_.CommandComplete("DISCARD PLANS"); return OkStatus();
    case Discard::What::kSequences: writer_.CommandComplete("DISCARD SEQUENCES"); return OkStatus();
    case Discard::What::kTemporary: break;
  }
  connection_->DropTemporaryTables();
  writer_.CommandComplete("DISCARD TEMP");
  return OkStatus();
}

Status PgSession::Change(const ChangeRole& change) {
  using Kind = ChangeRole::Kind;
  const bool own_password = change.kind == Kind::kAlter && change.name == user_;
  if (!is_superuser_ && !own_password) {
    return WithSqlState(Status(StatusCode::kPermissionDenied,
                               "permission denied: only the role \"shale\" changes other roles"),
                        "42501");
  }
  if (change.kind == Kind::kDrop) {
    Status status = connection_->DropRole(change.name);
    if (status.code() != StatusCode::kNotFound || !change.if_exists) RETURN_IF_ERROR(status);
    writer_.CommandComplete("DROP ROLE");
    return OkStatus();
  }
  std::string verifier;
  if (change.password && !change.password->empty()) {
    verifier = *change.password;
    if (!IsScramVerifier(verifier)) {
      ASSIGN_OR_RETURN(verifier, MakeScramVerifier(*change.password));
    }
  }
  if (change.kind == Kind::kCreate || change.password) {
    RETURN_IF_ERROR(connection_->PutRole(change.name, verifier, change.kind == Kind::kAlter));
  }
  writer_.CommandComplete(change.kind == Kind::kCreate ? "CREATE ROLE" : "ALTER ROLE");
  return OkStatus();
}

}  // namespace shale::pg
