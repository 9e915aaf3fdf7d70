// SessionCatalog: what functions over the catalogs see of one connection (CatalogContext).
// Lives for one statement, on its threads; only Set changes anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/exec/operator.h"
#include "engine/functions/catalog_context.h"
#include "sql/session.h"
#include "storage/table/store.h"

namespace shale {

class SessionCatalog : public CatalogContext {
 public:
  SessionCatalog(Session* session, Snapshot snapshot, Cancellation* cancellation)
      : session_(session), snapshot_(std::move(snapshot)), cancellation_(cancellation) {}

  std::optional<uint32_t> Find(ObjectKind kind, std::string_view name) const override;
  std::optional<std::string> NameOf(ObjectKind kind, uint32_t oid) const override;
  std::string FormatType(uint32_t oid, int32_t modifier) const override;
  std::optional<std::string> ViewQuery(uint32_t relation) const override;
  std::pair<std::string, std::string> Signature(uint32_t function) const override;
  int64_t RelationBytes(uint32_t relation) const override;
  std::string user() const override { return session_->identity.user; }
  std::string database() const override { return session_->identity.database; }
  int32_t backend_pid() const override { return session_->identity.backend_pid; }
  std::optional<std::string> Setting(std::string_view name) const override;
  Status Set(std::string_view name, std::string_view value) override;
  bool Signal(int32_t backend_pid, bool terminate) override;
  Status Sleep(double seconds) override;

 private:
  Session* session_;
  Snapshot snapshot_;
  Cancellation* cancellation_;
};

}  // namespace shale
