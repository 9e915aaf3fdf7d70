// Functions about the session: who, where, which settings; other sessions; waiting.
#include "engine/functions/catalog_context.h"
#include "engine/functions/families.h"
#include "engine/functions/function_row.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

CatalogContext* CatalogOf(RowState& row) { return row.context().catalog; }

std::string_view User(RowState& row) {
  return CatalogOf(row) ? row.Keep(CatalogOf(row)->user()) : std::string_view("shale");
}
std::string_view DatabaseName(RowState& row) {
  return CatalogOf(row) ? row.Keep(CatalogOf(row)->database()) : std::string_view("shale");
}
std::string_view Schema(RowState&) { return "public"; }
std::string_view Version(RowState&) {
  return "PostgreSQL 15.0 (Shale " SHALE_VERSION "), columns for events, 64-bit";
}
int32_t BackendPid(RowState& row) { return CatalogOf(row) ? CatalogOf(row)->backend_pid() : 0; }

Status Schemas(const KernelCall& call, Vector* result) {
  const Vector flags = call.args[0].Flatten();
  VectorBuilder builder(Type::List(TypeId::kText));
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (!flags.IsNull(row) && flags.values<uint8_t>()[row] != 0) {
      builder.child().Append<std::string_view>("pg_catalog");
    }
    builder.child().Append<std::string_view>("public");
    builder.EndList();
  }
  Vector made = builder.Finish();
  made.ShareValidity(*result);
  *result = std::move(made);
  return OkStatus();
}

std::string_view CurrentSetting(RowState& row, std::string_view name) {
  std::optional<std::string> value;
  if (CatalogOf(row)) value = CatalogOf(row)->Setting(name);
  if (!value) {
    row.Fail(NotFound("unrecognized configuration parameter \"{}\"", name));
    return "";
  }
  return row.Keep(*value);
}
std::string_view CurrentSettingOrNull(RowState& row, std::string_view name, bool missing_ok) {
  std::optional<std::string> value;
  if (CatalogOf(row)) value = CatalogOf(row)->Setting(name);
  if (value) return row.Keep(*value);
  if (missing_ok) {
    row.SetNull();
  } else {
    row.Fail(NotFound("unrecognized configuration parameter \"{}\"", name));
  }
  return "";
}
std::string_view SetConfig(RowState& row, std::string_view name, std::string_view value, bool) {
  if (!CatalogOf(row)) return value;
  Status status = CatalogOf(row)->Set(name, value);
  if (!status.ok()) {
    row.Fail(std::move(status));
    return "";
  }
  return row.Keep(CatalogOf(row)->Setting(name).value_or(""));
}

bool CancelBackend(RowState& row, int32_t pid) {
  return CatalogOf(row) && CatalogOf(row)->Signal(pid, false);
}
bool TerminateBackend(RowState& row, int32_t pid) {
  return CatalogOf(row) && CatalogOf(row)->Signal(pid, true);
}
std::string_view Sleep(RowState& row, double seconds) {
  if (CatalogOf(row)) {
    Status status = CatalogOf(row)->Sleep(seconds);
    if (!status.ok()) row.Fail(std::move(status));
  }
  return "";
}
std::string_view UnlockAll(RowState&) { return ""; }
int32_t NoTemporarySchema(RowState&) { return 0; }

void Add(Registry* registry, std::string name, std::vector<std::string> aliases,
         std::string signature, std::string summary, std::string example, std::string result_text,
         std::vector<Type> args, Type result, ScalarKernel kernel, Volatility volatility) {
  ScalarFunction row =
      FunctionRow("session", std::move(name), std::move(aliases), std::move(signature),
                  std::move(summary), std::move(example), std::move(result_text));
  row.volatility = volatility;
  row.args = std::move(args);
  row.result = std::move(result);
  row.kernel = kernel;
  registry->Add(std::move(row));
}

}  // namespace

void RegisterSession(Registry* registry) {
  const Type text = TypeId::kText, boolean = TypeId::kBoolean, number = TypeId::kInteger;
  constexpr Volatility kStable = Volatility::kStable, kVolatile = Volatility::kVolatile;
  Add(registry, "current_user", {"session_user", "current_role", "user"}, "() → TEXT",
      "The role that this session logged in as.", "current_user", "shale", {}, text,
      RowKernel<User>, kStable);
  Add(registry, "current_database", {"current_catalog"}, "() → TEXT",
      "The database's name as the client gave it.", "current_database()", "shale", {}, text,
      RowKernel<DatabaseName>, kStable);
  Add(registry, "current_schema", {}, "() → TEXT", "The schema that new tables go to.",
      "current_schema()", "public", {}, text, RowKernel<Schema>, kStable);
  Add(registry, "current_schemas", {}, "(implicit BOOLEAN) → TEXT[]",
      "The schemas that names are looked up in.", "current_schemas(false)", "{public}", {boolean},
      Type::List(text), Schemas, kStable);
  Add(registry, "version", {}, "() → TEXT", "The dialect's version and Shale's.",
      "version() LIKE 'PostgreSQL 15%'", "t", {}, text, RowKernel<Version>, kStable);
  Add(registry, "pg_backend_pid", {}, "() → INTEGER",
      "The number of this session, for pg_cancel_backend; 0 without a server.",
      "pg_backend_pid() >= 0", "t", {}, number, RowKernel<BackendPid>, kStable);
  Add(registry, "current_setting", {}, "(name TEXT[, missing_ok BOOLEAN]) → TEXT",
      "A setting's value.", "current_setting('timezone')", "UTC", {text}, text,
      RowKernel<CurrentSetting>, kStable);
  Add(registry, "current_setting", {}, "(name TEXT, missing_ok BOOLEAN) → TEXT",
      "A setting's value, NULL if there is none such.", "current_setting('nothing', true) IS NULL",
      "t", {text, boolean}, text, RowKernel<CurrentSettingOrNull>, kStable);
  Add(registry, "set_config", {}, "(name TEXT, value TEXT, is_local BOOLEAN) → TEXT",
      "Sets a setting for the session.", "set_config('application_name', 'report', false)",
      "report", {text, text, boolean}, text, RowKernel<SetConfig>, kVolatile);
  Add(registry, "pg_cancel_backend", {}, "(pid INTEGER) → BOOLEAN",
      "Ends the statement that another session runs.", "pg_cancel_backend(0)", "f", {number},
      boolean, RowKernel<CancelBackend>, kVolatile);
  Add(registry, "pg_terminate_backend", {}, "(pid INTEGER) → BOOLEAN", "Ends another session.",
      "pg_terminate_backend(0)", "f", {number}, boolean, RowKernel<TerminateBackend>, kVolatile);
  Add(registry, "pg_sleep", {}, "(seconds DOUBLE) → TEXT", "Waits.", "pg_sleep(0)", "",
      {TypeId::kDouble}, text, RowKernel<Sleep>, kVolatile);
  Add(registry, "pg_advisory_unlock_all", {}, "() → TEXT",
      "Nothing: a session holds no advisory locks.", "pg_advisory_unlock_all()", "", {}, text,
      RowKernel<UnlockAll>, kVolatile);
  Add(registry, "pg_my_temp_schema", {}, "() → INTEGER", "0: temporary tables have no schema.",
      "pg_my_temp_schema()", "0", {}, number, RowKernel<NoTemporarySchema>, kStable);
}

}  // namespace shale
