#include "sql/session_catalog.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/base/sync.h"
#include "engine/functions/function.h"
#include "engine/functions/window_function.h"
#include "engine/vector/postgres_oid.h"
#include "sql/catalog/catalog_relations.h"
#include "sql/catalog/object_ids.h"
#include "sql/database.h"
#include "sql/parser.h"

namespace shale {
namespace {

// The parts of a name as SQL writes it: folded, or as they stand between double quotes.
std::vector<std::string> NameParts(std::string_view text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        parts.back() += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += quoted ? c : absl::ascii_tolower(static_cast<unsigned char>(c));
    }
  }
  return parts;
}

std::optional<uint32_t> ParseOid(std::string_view text) {
  if (text.empty() || text.size() > 10) return std::nullopt;
  uint64_t number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  if (number > UINT32_MAX) return std::nullopt;
  return static_cast<uint32_t>(number);
}

std::optional<uint32_t> FindRelation(const DatabaseVersion& version, std::string_view name) {
  const std::vector<std::string> parts = NameParts(name);
  const std::string& last = parts.back();
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  if (schema.empty() || schema == "public" || schema == "pg_temp") {
    if (TableSchemaPtr table = FindTable(version, last)) return TableOid(table->table_id);
    for (const ViewSchema& view : Views(version)) {
      if (view.name == last) return ViewOid(view.name);
    }
    if (schema == "public") return std::nullopt;
  }
  const PostgresRelation* relation =
      FindPostgresRelation(schema == "information_schema" ? "information_schema." + last : last);
  if (relation) return relation->oid;
  return std::nullopt;
}

std::optional<uint32_t> FindType(std::string_view name) {
  std::string lower = absl::AsciiStrToLower(std::string(name));
  if (lower.starts_with("pg_catalog.")) lower.erase(0, 11);
  bool array = false;
  if (lower.ends_with("[]")) {
    array = true;
    lower.resize(lower.size() - 2);
  }
  if (size_t modifier = lower.find('('); modifier != std::string::npos) lower.resize(modifier);
  for (const PostgresType& type : PostgresTypes()) {
    if (type.name == lower || FormatType(type.oid, -1) == lower) {
      return array ? type.array : type.oid;
    }
  }
  auto type = TypeFromName(lower, {});
  if (!type.ok()) return std::nullopt;
  const uint32_t oid = PostgresOid(*type);
  return array ? PostgresArrayOid(oid) : oid;
}

const std::string* FunctionNameOf(uint32_t oid) {
  const Registry& registry = Registry::Get();
  for (const auto& f : registry.scalars()) {
    if (FunctionOid(f->name) == oid) return &f->name;
  }
  for (const auto& f : registry.aggregates()) {
    if (FunctionOid(f->name) == oid) return &f->name;
  }
  for (const auto& f : registry.windows()) {
    if (FunctionOid(f->name) == oid) return &f->name;
  }
  for (const auto& f : registry.sets()) {
    if (FunctionOid(f->name) == oid) return &f->name;
  }
  return nullptr;
}

}  // namespace

std::optional<uint32_t> SessionCatalog::Find(ObjectKind kind, std::string_view name) const {
  if (name == "-") return 0;
  if (auto number = ParseOid(name)) return number;
  switch (kind) {
    case ObjectKind::kRelation: return FindRelation(*snapshot_, name);
    case ObjectKind::kType: return FindType(name);
    case ObjectKind::kFunction: {
      std::string last = NameParts(name.substr(0, name.find('('))).back();
      for (const PostgresType& type : PostgresTypes()) {
        for (int i = 0; i < 4; ++i) {
          if (type.io_names[i] == last) return type.io_ids[i];
        }
      }
      const std::vector<std::string> names = Registry::Get().Names();
      if (std::find(names.begin(), names.end(), last) == names.end()) return std::nullopt;
      return FunctionOid(last);
    }
    case ObjectKind::kSchema:
      for (uint32_t oid : {kPgCatalogOid, kPublicOid, kInformationSchemaOid, kTemporarySchemaOid}) {
        if (SchemaName(oid) == NameParts(name).back()) return oid;
      }
      return std::nullopt;
    case ObjectKind::kRole: {
      const std::string role_name = NameParts(name).back();
      if (role_name == kSuperuserName) return kSuperuserOid;
      for (const RoleSchema& role : Roles(*snapshot_)) {
        if (role.name == role_name) return RoleOid(role.role_id);
      }
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<std::string> SessionCatalog::NameOf(ObjectKind kind, uint32_t oid) const {
  switch (kind) {
    case ObjectKind::kRelation:
      for (const TableSchemaPtr& table : Tables(*snapshot_)) {
        if (TableOid(table->table_id) == oid) return QuoteIdentifier(table->name);
      }
      for (const ViewSchema& view : Views(*snapshot_)) {
        if (ViewOid(view.name) == oid) return QuoteIdentifier(view.name);
      }
      for (const PostgresRelation& relation : PostgresRelations()) {
        if (relation.oid == oid) return std::string(relation.name);
      }
      return std::nullopt;
    case ObjectKind::kType:
      if (PostgresTypeNameOf(oid).empty()) return std::nullopt;
      return shale::FormatType(oid, -1);
    case ObjectKind::kFunction: {
      for (const PostgresType& type : PostgresTypes()) {
        for (int i = 0; i < 4; ++i) {
          if (type.io_ids[i] == oid && oid != 0) return std::string(type.io_names[i]);
        }
      }
      const std::string* name = FunctionNameOf(oid);
      if (!name) return std::nullopt;
      return *name;
    }
    case ObjectKind::kSchema:
      if (SchemaName(oid).empty()) return std::nullopt;
      return std::string(SchemaName(oid));
    case ObjectKind::kRole:
      if (oid == kSuperuserOid) return std::string(kSuperuserName);
      for (const RoleSchema& role : Roles(*snapshot_)) {
        if (RoleOid(role.role_id) == oid) return role.name;
      }
      return std::nullopt;
  }
  return std::nullopt;
}

std::string SessionCatalog::FormatType(uint32_t oid, int32_t modifier) const {
  return shale::FormatType(oid, modifier);
}

std::optional<std::string> SessionCatalog::ViewQuery(uint32_t relation) const {
  for (const ViewSchema& view : Views(*snapshot_)) {
    if (ViewOid(view.name) == relation) return " " + view.query + ";";
  }
  return std::nullopt;
}

std::pair<std::string, std::string> SessionCatalog::Signature(uint32_t function) const {
  const std::string* name = FunctionNameOf(function);
  if (!name) return {};
  // "(text TEXT, count INTEGER) → TEXT"
  auto parts = [](const std::string& signature) -> std::pair<std::string, std::string> {
    constexpr std::string_view kArrow = " → ";
    size_t arrow = signature.rfind(kArrow);
    std::string arguments = signature.substr(0, arrow);
    std::string result = arrow == std::string::npos ? "" : signature.substr(arrow + kArrow.size());
    if (arguments.starts_with('(') && arguments.ends_with(')')) {
      arguments = arguments.substr(1, arguments.size() - 2);
    }
    return {std::move(arguments), std::move(result)};
  };
  const Registry& registry = Registry::Get();
  for (const auto& f : registry.scalars()) {
    if (f->name == *name) return parts(f->signature);
  }
  for (const auto& f : registry.aggregates()) {
    if (f->name == *name) return parts(f->signature);
  }
  for (const auto& f : registry.windows()) {
    if (f->name == *name) return parts(f->signature);
  }
  for (const auto& f : registry.sets()) {
    if (f->name == *name) return parts(f->signature);
  }
  return {};
}

int64_t SessionCatalog::RelationBytes(uint32_t relation) const {
  int64_t bytes = 0;
  for (const TableSchemaPtr& table : Tables(*snapshot_)) {
    if (relation != 0 && TableOid(table->table_id) != relation) continue;
    auto segments = DescribeStorage(*snapshot_, table->table_id);
    if (!segments.ok()) continue;
    for (const SegmentStorage& segment : *segments) {
      bytes += static_cast<int64_t>(segment.file_bytes);
    }
  }
  return bytes;
}

std::optional<std::string> SessionCatalog::Setting(std::string_view name) const {
  auto value = session_->Get(name);
  if (!value.ok()) return std::nullopt;
  return *std::move(value);
}

Status SessionCatalog::Set(std::string_view name, std::string_view value) {
  return session_->Set(name, value);
}

bool SessionCatalog::Signal(int32_t backend_pid, bool terminate) {
  return session_->identity.sessions && session_->identity.sessions->Signal(backend_pid, terminate);
}

Status SessionCatalog::Sleep(double seconds) {
  constexpr int64_t kStepUs = 20'000;  // a cancelled sleeper wakes that soon
  const int64_t end_us = Clock::System()->MonotonicMicros() +
                         static_cast<int64_t>(std::clamp(seconds, 0.0, 1e9) * 1e6);
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  while (true) {
    if (cancellation_) RETURN_IF_ERROR(cancellation_->Check());
    const int64_t left = end_us - Clock::System()->MonotonicMicros();
    if (left <= 0) return OkStatus();
    never.WaitFor(&mutex, std::min(left, kStepUs));
  }
}

}  // namespace shale
