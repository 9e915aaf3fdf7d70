// Catalogs of the server: the database, roles, settings, sessions.
#include "sql/catalog/catalog_relations.h"
#include "sql/catalog/object_ids.h"
#include "sql/database.h"

namespace shale {
namespace {

SystemRelation Databases(const Session& session, const DatabaseVersion&) {
  CatalogRows rows("pg_database");
  rows.Add({{"oid", OidCell(kDatabaseOid)},
            {"datname", TextCell(session.identity.database)},
            {"datdba", OidCell(kSuperuserOid)},
            {"encoding", IntCell(6)},
            {"datlocprovider", TextCell("c")},
            {"datallowconn", BoolCell(true)},
            {"datconnlimit", IntCell(-1)},
            {"dattablespace", OidCell(1663)},
            {"datcollate", TextCell("C")},
            {"datctype", TextCell("C")}});
  return rows.Take();
}

SystemRelation Tablespaces(const Session&, const DatabaseVersion&) {
  CatalogRows rows("pg_tablespace");
  rows.Add({{"oid", OidCell(1663)},
            {"spcname", TextCell("pg_default")},
            {"spcowner", OidCell(kSuperuserOid)}});
  return rows.Take();
}

struct Role {
  uint32_t oid;
  std::string name;
  bool super;
};
std::vector<Role> AllRoles(const DatabaseVersion& version) {
  std::vector<Role> roles = {{kSuperuserOid, std::string(kSuperuserName), true}};
  for (const RoleSchema& role : Roles(version)) {
    if (role.name == kSuperuserName) continue;
    roles.push_back({RoleOid(role.role_id), role.name, false});
  }
  return roles;
}

SystemRelation RolesView(const Session&, const DatabaseVersion& version) {
  CatalogRows rows("pg_roles");
  for (const Role& role : AllRoles(version)) {
    rows.Add({{"oid", OidCell(role.oid)},
              {"rolname", TextCell(role.name)},
              {"rolsuper", BoolCell(role.super)},
              {"rolinherit", BoolCell(true)},
              {"rolcreaterole", BoolCell(role.super)},
              {"rolcreatedb", BoolCell(false)},
              {"rolcanlogin", BoolCell(true)},
              {"rolreplication", BoolCell(false)},
              {"rolconnlimit", IntCell(-1)},
              {"rolpassword", TextCell("********")},
              {"rolbypassrls", BoolCell(role.super)}});
  }
  return rows.Take();
}

SystemRelation AuthIds(const Session&, const DatabaseVersion& version) {
  CatalogRows rows("pg_authid");
  for (const Role& role : AllRoles(version)) {
    rows.Add({{"oid", OidCell(role.oid)},
              {"rolname", TextCell(role.name)},
              {"rolsuper", BoolCell(role.super)},
              {"rolinherit", BoolCell(true)},
              {"rolcanlogin", BoolCell(true)},
              {"rolconnlimit", IntCell(-1)}});
  }
  return rows.Take();
}

SystemRelation UsersView(const Session&, const DatabaseVersion& version) {
  CatalogRows rows("pg_user");
  for (const Role& role : AllRoles(version)) {
    rows.Add({{"usename", TextCell(role.name)},
              {"usesysid", OidCell(role.oid)},
              {"usecreatedb", BoolCell(false)},
              {"usesuper", BoolCell(role.super)},
              {"userepl", BoolCell(false)},
              {"usebypassrls", BoolCell(role.super)},
              {"passwd", TextCell("********")}});
  }
  return rows.Take();
}

SystemRelation SettingsView(const Session& session, const DatabaseVersion&) {
  CatalogRows rows("pg_settings");
  auto add = [&](std::string_view name, std::string_view value, std::string_view description,
                 bool fixed) {
    rows.Add({{"name", TextCell(name)},
              {"setting", TextCell(value)},
              {"category", TextCell("Shale")},
              {"short_desc", TextCell(description)},
              {"context", TextCell(fixed ? "internal" : "user")},
              {"vartype", TextCell("string")},
              {"source", TextCell("default")},
              {"boot_val", TextCell(value)},
              {"reset_val", TextCell(value)},
              {"pending_restart", BoolCell(false)}});
  };
  for (const Setting& setting : session.settings()) {
    add(setting.name, setting.value, setting.description, setting.fixed);
  }
  return rows.Take();
}

Value TimeCell(int64_t micros) {
  return micros == 0 ? Value::Null(TypeId::kTimestampTz) : Value::Int(TypeId::kTimestampTz, micros);
}

SystemRelation Activity(const Session& session, const DatabaseVersion&) {
  CatalogRows rows("pg_stat_activity");
  if (!session.identity.sessions) return rows.Take();
  for (const SessionDirectory::Entry& entry : session.identity.sessions->Sessions()) {
    rows.Add({{"datid", OidCell(kDatabaseOid)},
              {"datname", TextCell(entry.database)},
              {"pid", IntCell(entry.pid)},
              {"usename", TextCell(entry.user)},
              {"application_name", TextCell(entry.application_name)},
              {"client_hostname", TextCell(entry.client_address)},
              {"client_port", IntCell(entry.client_port)},
              {"backend_start", TimeCell(entry.began_us)},
              {"query_start", TimeCell(entry.query_began_us)},
              {"xact_start", TimeCell(entry.query_began_us)},
              {"state_change", TimeCell(entry.state_since_us)},
              {"wait_event",
               entry.wait_event.empty() ? Value::Null(TypeId::kText) : TextCell(entry.wait_event)},
              {"state", TextCell(entry.state)},
              {"query", TextCell(entry.query)},
              {"backend_type", TextCell("client backend")}});
  }
  return rows.Take();
}

template <const char* kName>
SystemRelation None(const Session&, const DatabaseVersion&) {
  return CatalogRows(kName).Take();
}
constexpr char kMembers[] = "pg_auth_members", kDbRole[] = "pg_db_role_setting",
               kExtension[] = "pg_extension", kAvailable[] = "pg_available_extensions",
               kLocks[] = "pg_locks", kDefaultAcl[] = "pg_default_acl",
               kPrepared[] = "pg_prepared_xacts", kCursors[] = "pg_cursors",
               kReplication[] = "pg_stat_replication", kSecurity[] = "pg_seclabel";

constexpr CatalogRelation kCatalogs[] = {
    {"pg_database", Databases},       {"pg_tablespace", Tablespaces},
    {"pg_roles", RolesView},          {"pg_authid", AuthIds},
    {"pg_user", UsersView},           {"pg_settings", SettingsView},
    {"pg_stat_activity", Activity},   {kMembers, None<kMembers>},
    {kDbRole, None<kDbRole>},         {kExtension, None<kExtension>},
    {kAvailable, None<kAvailable>},   {kLocks, None<kLocks>},
    {kDefaultAcl, None<kDefaultAcl>}, {kPrepared, None<kPrepared>},
    {kCursors, None<kCursors>},       {kReplication, None<kReplication>},
    {kSecurity, None<kSecurity>},
};

}  // namespace

std::span<const CatalogRelation> ServerCatalogs() { return kCatalogs; }

}  // namespace shale
