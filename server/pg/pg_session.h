// PgSession: one client that speaks PostgreSQL's protocol 3, from its first byte to its last.
//
// It runs where its bytes arrive: when the socket is readable, a thread of IoThreads reads what is
// there, handles every whole message and writes the answers. Between messages it holds no thread
// and no buffer. Statements run inside, once Admission has room; while they wait for it, and while
// answers wait for the client to read, no thread is held (a statement that is in the middle of its
// rows gives its room back and its thread is replaced, see IoThreads::Blocked).
// One thread at a time; what others may touch is in SessionState.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/net/stream.h"
#include "server/pg/message_reader.h"
#include "server/pg/message_writer.h"
#include "server/session/kept_rows.h"
#include "server/session/scram.h"
#include "server/session/server_context.h"
#include "server/session/session_statement.h"
#include "sql/database.h"

namespace shale::pg {

// A statement by either road.
struct WireStatement {
  std::string text;
  PreparedPtr prepared;                     // null for session statements other than DECLARE
  std::optional<SessionStatement> session;  // its views point into `text`
  ShapePtr shape;
  std::vector<uint32_t> given_types;  // of the parameters, as Parse said; 0: not
  uint32_t ParameterOid(size_t index) const;
  StatementKind kind = StatementKind::kOther;
};
using WireStatementPtr = std::shared_ptr<WireStatement>;

// A bound statement, or a cursor: one namespace.
struct Portal {
  WireStatementPtr statement;
  std::vector<Value> parameters;
  std::vector<int16_t> formats;
  std::vector<ResultColumn> columns;
  // Of a cursor, and of a portal that was executed with a row limit: its rows, and how many of
  // them were handed out (0: before the first; num_rows + 1: behind the last).
  std::shared_ptr<KeptRows> rows;
  int64_t position = 0;
  bool is_cursor = false;
  bool hold = false;
  bool no_scroll = false;
  bool done = false;  // executed to its end
};
using PortalPtr = std::shared_ptr<Portal>;

class PgSession : public std::enable_shared_from_this<PgSession> {
 public:
  PgSession(ServerContext* server, StreamSocket socket, bool is_local);
  ~PgSession();
  void Start();

 private:
  friend class RowSender;
  enum class Step : uint8_t { kStartup, kSasl, kSaslFinal, kReady, kClosing };
  enum class After : uint8_t { kGoOn, kWait, kClose };

  // ---- pg_session.cc: the loop ----
  void Resume();
  After HandleBuffered();
  bool NeedsRoom(char type) const;
  After EnterAdmission();
  void LeaveAdmission();
  bool HandleMessage(const Message& message);  // false: close
  void WaitForBytes();
  void Close();
  // Sends all of out_, waiting for the client. Only within a statement.
  Status FlushWaiting();
  void SetPhase(SessionState::Phase phase);
  void EnterIdle();
  void Fatal(std::string_view sqlstate, std::string_view message);
  void SendError(const Status& status, std::string_view sql, size_t offset = 0);
  void SendReady();
  void SendChangedSettings();
  Status CancelledStatus(const Status& status) const;

  // ---- login.cc ----
  bool HandleStartup(const Message& message);
  bool Login(const Startup& startup);
  bool HandleSasl(const Message& message);
  bool FinishLogin();

  // ---- simple_query.cc ----
  void HandleQuery(std::string_view sql);
  StatusOr<WireStatementPtr> Prepare(std::string_view sql, std::vector<Type> types);
  // Runs a statement that is not bound to a portal; rows go out as they come.
  Status RunStatement(const WireStatementPtr& statement, const std::vector<Value>& parameters,
                      ResultReceiver* receiver);
  Status RunSimple(const WireStatementPtr& statement, bool is_last);
  void BeginStatement(std::string_view text);
  void EndStatement();
  Status CheckWritable(StatementKind kind, std::string_view text);

  // ---- extended_query.cc ----
  void HandleExtended(const Message& message);
  Status OnParse(const Message& message);
  Status OnBind(const Message& message);
  Status OnDescribe(const Message& message);
  Status OnExecute(const Message& message);
  Status OnClose(const Message& message);
  void OnSync();
  Status ExecutePortal(const PortalPtr& portal, int32_t max_rows);
  StatusOr<WireStatementPtr> FindStatement(std::string_view name);

  // ---- cursors.cc ----
  Status RunSession(const SessionStatement& statement, const WireStatement& wire,
                    const std::vector<Value>& parameters, const std::vector<int16_t>& formats,
                    bool describe_rows);
  Status Declare(const DeclareCursor& declare, const WireStatement& wire,
                 const std::vector<Value>& parameters);
  Status Fetch(const FetchCursor& fetch, const std::vector<int16_t>& formats, bool describe_rows);
  Status CloseOne(const CloseCursor& close);
  Status DiscardState(const Discard& discard);
  Status Change(const ChangeRole& change);
  StatusOr<PortalPtr> FindPortal(std::string_view name);
  Status SendKept(const Portal& portal, int64_t from, int64_t to,
                  const std::vector<int16_t>& formats);
  void DropPortals(bool with_hold);
  void TransactionMayHaveEnded();

  // ---- copy_in.cc ----
  Status StartCopy(const WireStatementPtr& statement);
  void HandleCopyMessage(const Message& message);
  void EndCopy(const Status& status);

  ServerContext* const server_;
  Stream stream_;
  MessageReader reader_;
  std::string out_;
  MessageWriter writer_{&out_};
  SessionStatePtr state_ = std::make_shared<SessionState>();
  Step step_ = Step::kStartup;
  bool registered_ = false;
  bool is_superuser_ = false;
  bool has_room_ = false;
  bool closed_ = false;
  std::optional<Status> refused_;  // by admission

  std::unique_ptr<Connection> connection_;
  std::string user_, database_name_;
  std::vector<std::pair<std::string, std::string>> startup_settings_;
  std::optional<ScramServer> scram_;
  uint64_t settings_seen_ = 0;
  std::map<std::string, std::string> reported_;  // parameter statuses as the client knows them

  std::map<std::string, WireStatementPtr, std::less<>> statements_;
  std::map<std::string, PortalPtr, std::less<>> portals_;
  std::map<std::string, WireStatementPtr, std::less<>> recent_;  // of simple queries, by text
  bool failed_until_sync_ = false;
  bool wrote_ = false;  // in the client's transaction
  std::unique_ptr<CopyIn> copy_;
  WireStatementPtr copy_statement_;
  bool copy_is_extended_ = false;
  Status copy_failure_;
};

// Sends a statement's rows as they come.
class RowSender : public ResultReceiver {
 public:
  RowSender(PgSession* session, const std::vector<int16_t>* formats, bool describe)
      : session_(session), formats_(formats), describe_(describe) {}
  Status Begin(const std::vector<ResultColumn>& columns) override;
  StatusOr<Flow> Rows(const Chunk& chunk) override;
  Status End(const std::string& tag, uint64_t num_rows) override;
  Status BeginCopyOut(size_t num_columns, bool is_binary) override;
  StatusOr<Flow> CopyOut(std::string_view bytes) override;
  void Notice(std::string_view severity, std::string_view sqlstate,
              std::string_view message) override;
  // What Describe said; other types are an error then.
  void Expect(const std::vector<ResultColumn>* columns) { expected_ = columns; }

 private:
  PgSession* session_;
  const std::vector<int16_t>* formats_;
  bool describe_;
  bool copies_ = false;
  bool copies_binary_ = false;
  std::vector<ResultColumn> columns_;
  const std::vector<ResultColumn>* expected_ = nullptr;
  std::string time_zone_;
};

}  // namespace shale::pg
