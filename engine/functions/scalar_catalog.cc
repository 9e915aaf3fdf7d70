// Functions over the catalogs, as clients of PostgreSQL call them: names of types and objects,
// privileges, definitions.
#include "engine/functions/catalog_context.h"
#include "engine/functions/families.h"
#include "engine/functions/function_row.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

constexpr const char* kCategory = "catalog";

CatalogContext* CatalogOf(RowState& row) { return row.context().catalog; }

ScalarFunction Row(std::string name, std::string signature, std::string summary,
                   std::string example, std::string example_result) {
  ScalarFunction row =
      FunctionRow(kCategory, std::move(name), {}, std::move(signature), std::move(summary),
                  std::move(example), std::move(example_result));
  row.volatility = Volatility::kStable;
  return row;
}

void Add(Registry* registry, ScalarFunction row, std::vector<Type> args, Type result,
         ScalarKernel kernel) {
  row.args = std::move(args);
  row.result = std::move(result);
  row.kernel = kernel;
  registry->Add(std::move(row));
}

// ---- names --------------------------------------------------------------------------------------

// format_type(oid, modifier): the modifier may be NULL.
Status FormatTypeKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  const Vector oids = call.args[0].Flatten();
  const Vector modifiers = call.args[1].Flatten();
  auto* out = result->mutable_values<std::string_view>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (oids.IsNull(row) || !call.context.catalog) {
      result->SetNull(row);
      continue;
    }
    const int32_t modifier = modifiers.IsNull(row) ? -1 : modifiers.values<int32_t>()[row];
    out[row] = state.Keep(call.context.catalog->FormatType(
        static_cast<uint32_t>(oids.values<int64_t>()[row]), modifier));
  }
  if (state.arena().size_bytes() > 0) result->AddHeap(state.arena().heap());
  return OkStatus();
}

std::string_view UserById(RowState& row, int64_t oid) {
  std::optional<std::string> name;
  if (CatalogOf(row)) name = CatalogOf(row)->NameOf(ObjectKind::kRole, static_cast<uint32_t>(oid));
  return row.Keep(name ? *name : fmt::format("unknown (OID={})", oid));
}

bool KindOf(std::string_view type, ObjectKind* kind) {
  static constexpr std::pair<std::string_view, ObjectKind> kKinds[] = {
      {"regclass", ObjectKind::kRelation},     {"regtype", ObjectKind::kType},
      {"regproc", ObjectKind::kFunction},      {"regprocedure", ObjectKind::kFunction},
      {"regnamespace", ObjectKind::kSchema},   {"regrole", ObjectKind::kRole},
      {"regoper", ObjectKind::kFunction},      {"regoperator", ObjectKind::kFunction},
      {"regconfig", ObjectKind::kFunction},    {"regdictionary", ObjectKind::kFunction},
      {"regcollation", ObjectKind::kFunction},
  };
  for (const auto& [name, value] : kKinds) {
    if (name == type) {
      *kind = value;
      return true;
    }
  }
  return false;
}

std::string_view KindWord(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kRelation: return "relation";
    case ObjectKind::kType: return "type";
    case ObjectKind::kFunction: return "function";
    case ObjectKind::kSchema: return "schema";
    case ObjectKind::kRole: return "role";
  }
  return "object";
}

uint32_t ObjectId(RowState& row, std::string_view type, std::string_view name) {
  ObjectKind kind = ObjectKind::kRelation;
  if (!KindOf(type, &kind)) {
    row.Fail(InvalidArgument("type \"{}\" does not exist", type));
    return 0;
  }
  std::optional<uint32_t> oid;
  if (CatalogOf(row)) oid = CatalogOf(row)->Find(kind, name);
  if (!oid) {
    row.Fail(NotFound("{} \"{}\" does not exist", KindWord(kind), name));
    return 0;
  }
  return *oid;
}

std::string_view ObjectName(RowState& row, std::string_view type, int64_t oid) {
  ObjectKind kind = ObjectKind::kRelation;
  if (oid == 0) return "-";
  std::optional<std::string> name;
  if (KindOf(type, &kind) && CatalogOf(row)) {
    name = CatalogOf(row)->NameOf(kind, static_cast<uint32_t>(oid));
  }
  return row.Keep(name ? *name : std::to_string(oid));
}

template <ObjectKind kKind>
uint32_t ToRegistered(RowState& row, std::string_view name) {
  std::optional<uint32_t> oid;
  if (CatalogOf(row)) oid = CatalogOf(row)->Find(kKind, name);
  if (!oid) row.SetNull();
  return oid.value_or(0);
}

std::string_view EncodingName(RowState& row, int32_t encoding) {
  if (encoding == 6) return "UTF8";
  if (encoding == 0) return "SQL_ASCII";
  row.SetNull();
  return "";
}

int32_t EncodingNumber(RowState&, std::string_view name) {
  return name == "UTF8" || name == "utf8" || name == "UTF-8" ? 6 : name == "SQL_ASCII" ? 0 : -1;
}
std::string_view DatabaseEncoding(RowState&) { return "UTF8"; }

// ---- rules: any arguments -----------------------------------------------------------------------

Status TrueKernel(const KernelCall& call, Vector* result) {
  std::fill_n(result->mutable_values<uint8_t>(), call.num_rows, uint8_t{1});
  return OkStatus();
}
Status FalseKernel(const KernelCall& call, Vector* result) {
  std::fill_n(result->mutable_values<uint8_t>(), call.num_rows, uint8_t{0});
  return OkStatus();
}
Status NullKernel(const KernelCall& call, Vector* result) {
  for (size_t row = 0; row < call.num_rows; ++row) result->SetNull(row);
  return OkStatus();
}

// Takes from 0 to `kMost` arguments of any type.
template <TypeId kResult, ScalarKernel kKernel, size_t kLeast, size_t kMost>
StatusOr<ResolvedScalar> ResolveAny(std::span<const ArgumentType> args) {
  if (args.size() < kLeast || args.size() > kMost) return NotFound("wrong number of arguments");
  ResolvedScalar resolved;
  resolved.kernel = kKernel;
  resolved.result_type = kResult;
  for (const ArgumentType& arg : args) {
    resolved.arg_types.push_back(arg.untyped_literal ? Type(TypeId::kText) : arg.type);
  }
  return resolved;
}

void AddPrivileges(Registry* registry) {
  static constexpr std::pair<const char*, const char*> kObjects[] = {
      {"has_table_privilege", "table"},
      {"has_schema_privilege", "schema"},
      {"has_database_privilege", "database"},
      {"has_any_column_privilege", "table's columns"},
      {"has_column_privilege", "column"},
      {"has_function_privilege", "function"},
      {"has_type_privilege", "type"},
      {"has_sequence_privilege", "sequence"},
      {"has_server_privilege", "foreign server"},
      {"has_tablespace_privilege", "tablespace"},
      {"has_language_privilege", "language"},
      {"pg_has_role", "role"}};
  for (const auto& [name, object] : kObjects) {
    AddRow(registry,
           Row(name, "([user ANY,] object ANY, …, privilege TEXT) → BOOLEAN",
               fmt::format("Whether a user may use a {}: every role may.", object),
               fmt::format("{}('public', 'usage')", name), "t"),
           ResolveAny<TypeId::kBoolean, TrueKernel, 2, 4>);
  }
  for (const char* name :
       {"pg_table_is_visible", "pg_type_is_visible", "pg_function_is_visible",
        "pg_operator_is_visible", "pg_opclass_is_visible", "pg_opfamily_is_visible",
        "pg_collation_is_visible", "pg_conversion_is_visible", "pg_statistics_obj_is_visible",
        "pg_ts_dict_is_visible", "pg_ts_config_is_visible", "pg_ts_parser_is_visible",
        "pg_ts_template_is_visible"}) {
    AddRow(registry,
           Row(name, "(oid OID) → BOOLEAN",
               "Whether an object is found without naming its schema: each is.",
               fmt::format("{}(1259)", name), "t"),
           ResolveAny<TypeId::kBoolean, TrueKernel, 1, 1>);
  }
  for (const char* name :
       {"pg_relation_is_publishable", "pg_is_other_temp_schema", "pg_relation_is_updatable"}) {
    AddRow(registry,
           Row(name, "(relation OID) → BOOLEAN", "Always false here.",
               fmt::format("{}(1259)", name), "f"),
           ResolveAny<TypeId::kBoolean, FalseKernel, 1, 2>);
  }
  AddRow(registry,
         Row("pg_is_in_recovery", "() → BOOLEAN", "Whether the server is a standby: it is not.",
             "pg_is_in_recovery()", "f"),
         ResolveAny<TypeId::kBoolean, FalseKernel, 0, 0>);
}

void AddDefinitions(Registry* registry) {
  static constexpr std::pair<const char*, const char*> kNothing[] = {
      {"obj_description", "the comment of an object"},
      {"col_description", "the comment of a column"},
      {"shobj_description", "the comment of a database or role"},
      {"pg_get_indexdef", "an index's definition"},
      {"pg_get_constraintdef", "a constraint's definition"},
      {"pg_get_triggerdef", "a trigger's definition"},
      {"pg_get_ruledef", "a rule's definition"},
      {"pg_get_functiondef", "a function's definition"},
      {"pg_get_partkeydef", "a partition key's definition"},
      {"pg_get_statisticsobjdef", "extended statistics' definition"},
      {"pg_get_statisticsobjdef_columns", "extended statistics' columns"},
      {"pg_get_serial_sequence", "the sequence of a column"},
      {"pg_get_function_sqlbody", "a function's body"},
      {"pg_tablespace_location", "where a tablespace is"},
      {"pg_get_partition_constraintdef", "a partition's constraint"}};
  for (const auto& [name, what] : kNothing) {
    AddRow(registry,
           Row(name, "(oid OID, …) → TEXT", fmt::format("NULL where PostgreSQL gives {}.", what),
               fmt::format("{}(1259, 1) IS NULL", name), "t"),
           ResolveAny<TypeId::kText, NullKernel, 1, 3>);
  }
}

std::string_view ViewDefinition(RowState& row, int64_t oid) {
  std::optional<std::string> query;
  if (CatalogOf(row)) query = CatalogOf(row)->ViewQuery(static_cast<uint32_t>(oid));
  if (!query) row.SetNull();
  return row.Keep(query.value_or(""));
}
std::string_view PrettyViewDefinition(RowState& row, int64_t oid, bool) {
  return ViewDefinition(row, oid);
}
std::string_view NamedViewDefinition(RowState& row, std::string_view name) {
  std::optional<uint32_t> oid;
  if (CatalogOf(row)) oid = CatalogOf(row)->Find(ObjectKind::kRelation, name);
  if (!oid) {
    row.Fail(NotFound("relation \"{}\" does not exist", name));
    return "";
  }
  return ViewDefinition(row, *oid);
}

std::string_view Expression(RowState&, std::string_view text, int64_t) { return text; }
std::string_view PrettyExpression(RowState&, std::string_view text, int64_t, bool) { return text; }

std::string_view FunctionArguments(RowState& row, int64_t oid) {
  if (!CatalogOf(row)) return "";
  return row.Keep(CatalogOf(row)->Signature(static_cast<uint32_t>(oid)).first);
}
std::string_view FunctionResult(RowState& row, int64_t oid) {
  if (!CatalogOf(row)) return "";
  return row.Keep(CatalogOf(row)->Signature(static_cast<uint32_t>(oid)).second);
}

int64_t RelationSize(RowState& row, int64_t oid) {
  return CatalogOf(row) ? CatalogOf(row)->RelationBytes(static_cast<uint32_t>(oid)) : 0;
}
int64_t NamedRelationSize(RowState& row, std::string_view name) {
  std::optional<uint32_t> oid;
  if (CatalogOf(row)) oid = CatalogOf(row)->Find(ObjectKind::kRelation, name);
  if (!oid) {
    row.Fail(NotFound("relation \"{}\" does not exist", name));
    return 0;
  }
  return RelationSize(row, *oid);
}

// Of relation 0: all of them.
int64_t DatabaseSize(RowState& row, int64_t) { return RelationSize(row, 0); }
int64_t NamedDatabaseSize(RowState& row, std::string_view) { return RelationSize(row, 0); }

// PostgreSQL 15's rule: the next unit from 10 × 1024 of the last on, rounded half up.
std::string_view PrettySize(RowState& row, int64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  const bool negative = bytes < 0;
  uint64_t size =
      negative ? uint64_t{0} - static_cast<uint64_t>(bytes) : static_cast<uint64_t>(bytes);
  size_t unit = 0;
  if (size >= 10 * 1024) {
    size >>= 9;  // one bit more than needed, to round by
    unit = 1;
    while (size >= 20 * 1024 - 1 && unit + 1 < std::size(kUnits)) {
      size >>= 10;
      ++unit;
    }
    size = (size + 1) / 2;
  }
  return row.Keep(fmt::format("{}{} {}", negative ? "-" : "", size, kUnits[unit]));
}

// ---- arrays of the catalogs
// -----------------------------------------------------------------------

Status SubscriptsKernel(const KernelCall& call, Vector* result) {
  const Vector lists = call.args[0].Flatten();
  const Vector dimensions = call.args[1].Flatten();
  VectorBuilder builder(Type::List(TypeId::kInteger));
  for (size_t row = 0; row < call.num_rows; ++row) {
    const bool first =
        !lists.IsNull(row) && !dimensions.IsNull(row) && dimensions.values<int32_t>()[row] == 1;
    const uint32_t length = first ? lists.values<ListEntry>()[row].length : 0;
    for (uint32_t i = 1; i <= length; ++i) builder.child().Append(static_cast<int32_t>(i));
    builder.EndList();
  }
  Vector made = builder.Finish();
  made.ShareValidity(*result);
  *result = std::move(made);
  return OkStatus();
}

StatusOr<ResolvedScalar> ResolveSubscripts(std::span<const ArgumentType> args) {
  if (args.size() != 2 || args[0].type.id() != TypeId::kList) return NotFound("takes an array");
  ResolvedScalar resolved;
  resolved.kernel = SubscriptsKernel;
  resolved.arg_types = {args[0].type, TypeId::kInteger};
  resolved.result_type = Type::List(TypeId::kInteger);
  return resolved;
}

Status ExpandKernel(const KernelCall& call, Vector* result) {
  const Vector lists = call.args[0].Flatten();
  const Vector elements = lists.children()[0].Flatten();
  VectorBuilder builder(Type::List(Type::List(TypeId::kInteger)));
  for (size_t row = 0; row < call.num_rows; ++row) {
    const ListEntry entry = lists.IsNull(row) ? ListEntry{} : lists.values<ListEntry>()[row];
    for (uint32_t i = 0; i < entry.length; ++i) {
      VectorBuilder& pair = builder.child();
      if (elements.IsNull(entry.offset + i)) {
        pair.child().AppendNull();
      } else {
        pair.child().Append(elements.values<int32_t>()[entry.offset + i]);
      }
      pair.child().Append(static_cast<int32_t>(i + 1));
      pair.EndList();
    }
    builder.EndList();
  }
  Vector made = builder.Finish();
  made.ShareValidity(*result);
  *result = std::move(made);
  return OkStatus();
}

}  // namespace

void RegisterCatalog(Registry* registry) {
  const Type oid = TypeId::kBigInt, text = TypeId::kText, number = TypeId::kInteger;
  ScalarFunction format = Row("format_type", "(type OID, modifier INTEGER) → TEXT",
                              "A type's name in SQL.", "format_type(23, NULL)", "integer");
  format.nulls = NullRule::kCustom;
  Add(registry, std::move(format), {oid, number}, text, FormatTypeKernel);
  Add(registry,
      Row("pg_get_userbyid", "(role OID) → TEXT", "A role's name.", "pg_get_userbyid(10)", "shale"),
      {oid}, text, RowKernel<UserById>);
  Add(registry,
      Row("shale_object_id", "(kind TEXT, name TEXT) → OID",
          "What a cast to regclass, regtype, regproc, regnamespace or regrole gives.",
          "shale_object_id('regclass', 'pg_class')", "1259"),
      {text, text}, TypeId::kUInteger, RowKernel<ObjectId>);
  Add(registry,
      Row("shale_object_name", "(kind TEXT, oid OID) → TEXT",
          "How an object prints as regclass, regtype, regproc, regnamespace or regrole.",
          "shale_object_name('regclass', 1259)", "pg_class"),
      {text, oid}, text, RowKernel<ObjectName>);
  Add(registry,
      Row("to_regclass", "(name TEXT) → OID", "A relation's id; NULL if there is none.",
          "to_regclass('pg_class')", "1259"),
      {text}, TypeId::kUInteger, RowKernel<ToRegistered<ObjectKind::kRelation>>);
  Add(registry,
      Row("to_regtype", "(name TEXT) → OID", "A type's id; NULL if there is none.",
          "to_regtype('integer')", "23"),
      {text}, TypeId::kUInteger, RowKernel<ToRegistered<ObjectKind::kType>>);
  Add(registry,
      Row("to_regproc", "(name TEXT) → OID", "A function's id; NULL if there is none.",
          "to_regproc('nothing') IS NULL", "t"),
      {text}, TypeId::kUInteger, RowKernel<ToRegistered<ObjectKind::kFunction>>);
  Add(registry,
      Row("to_regnamespace", "(name TEXT) → OID", "A schema's id; NULL if there is none.",
          "to_regnamespace('public')", "2200"),
      {text}, TypeId::kUInteger, RowKernel<ToRegistered<ObjectKind::kSchema>>);
  Add(registry,
      Row("to_regrole", "(name TEXT) → OID", "A role's id; NULL if there is none.",
          "to_regrole('shale')", "10"),
      {text}, TypeId::kUInteger, RowKernel<ToRegistered<ObjectKind::kRole>>);
  Add(registry,
      Row("pg_encoding_to_char", "(encoding INTEGER) → TEXT", "An encoding's name.",
          "pg_encoding_to_char(6)", "UTF8"),
      {number}, text, RowKernel<EncodingName>);
  Add(registry,
      Row("pg_char_to_encoding", "(name TEXT) → INTEGER",
          "An encoding's number; -1 if there is none.", "pg_char_to_encoding('UTF8')", "6"),
      {text}, number, RowKernel<EncodingNumber>);
  Add(registry,
      Row("getdatabaseencoding", "() → TEXT", "The encoding of stored text.",
          "getdatabaseencoding()", "UTF8"),
      {}, text, RowKernel<DatabaseEncoding>);
  const std::string view = "A view's query.";
  Add(registry,
      Row("pg_get_viewdef", "(view OID[, pretty BOOLEAN]) → TEXT", view,
          "pg_get_viewdef(1) IS NULL", "t"),
      {oid}, text, RowKernel<ViewDefinition>);
  Add(registry,
      Row("pg_get_viewdef", "(view OID, pretty BOOLEAN) → TEXT", view,
          "pg_get_viewdef(1, true) IS NULL", "t"),
      {oid, TypeId::kBoolean}, text, RowKernel<PrettyViewDefinition>);
  Add(registry,
      Row("pg_get_viewdef", "(view TEXT) → TEXT", view, "pg_get_viewdef('pg_class') IS NULL", "t"),
      {text}, text, RowKernel<NamedViewDefinition>);
  const std::string expression = "The text of an expression that a catalog keeps.";
  Add(registry,
      Row("pg_get_expr", "(expression TEXT, relation OID) → TEXT", expression,
          "pg_get_expr('1 + 1', 0)", "1 + 1"),
      {text, oid}, text, RowKernel<Expression>);
  Add(registry,
      Row("pg_get_expr", "(expression TEXT, relation OID, pretty BOOLEAN) → TEXT", expression,
          "pg_get_expr('1 + 1', 0, true)", "1 + 1"),
      {text, oid, TypeId::kBoolean}, text, RowKernel<PrettyExpression>);
  Add(registry,
      Row("pg_get_function_arguments", "(function OID) → TEXT", "A function's arguments.",
          "pg_get_function_arguments(0)", ""),
      {oid}, text, RowKernel<FunctionArguments>);
  Add(registry,
      Row("pg_get_function_identity_arguments", "(function OID) → TEXT", "A function's arguments.",
          "pg_get_function_identity_arguments(0)", ""),
      {oid}, text, RowKernel<FunctionArguments>);
  Add(registry,
      Row("pg_get_function_result", "(function OID) → TEXT", "A function's result type.",
          "pg_get_function_result(0)", ""),
      {oid}, text, RowKernel<FunctionResult>);
  for (const char* name : {"pg_relation_size", "pg_table_size", "pg_total_relation_size"}) {
    const std::string size = "Bytes of a table's segments on disk.";
    Add(registry, Row(name, "(relation OID) → BIGINT", size, fmt::format("{}(1259)", name), "0"),
        {oid}, TypeId::kBigInt, RowKernel<RelationSize>);
    Add(registry,
        Row(name, "(relation TEXT) → BIGINT", size, fmt::format("{}('pg_class')", name), "0"),
        {text}, TypeId::kBigInt, RowKernel<NamedRelationSize>);
  }
  for (const char* name : {"pg_database_size", "pg_tablespace_size"}) {
    const std::string size = "Bytes of all tables' segments on disk.";
    Add(registry, Row(name, "(oid OID) → BIGINT", size, fmt::format("{}(5) >= 0", name), "t"),
        {oid}, TypeId::kBigInt, RowKernel<DatabaseSize>);
    Add(registry,
        Row(name, "(name TEXT) → BIGINT", size, fmt::format("{}('shale') >= 0", name), "t"), {text},
        TypeId::kBigInt, RowKernel<NamedDatabaseSize>);
  }
  Add(registry,
      Row("pg_size_pretty", "(bytes BIGINT) → TEXT", "A size with its unit.",
          "pg_size_pretty(123456789)", "118 MB"),
      {oid}, text, RowKernel<PrettySize>);
  ScalarFunction subscripts =
      Row("array_subscripts", "(array ANY[], dimension INTEGER) → INTEGER[]",
          "The subscripts of an array.", "array_subscripts(ARRAY['a', 'b'], 1)", "{1,2}");
  subscripts.volatility = Volatility::kImmutable;
  AddRow(registry, std::move(subscripts), ResolveSubscripts);
  ScalarFunction expand = Row("array_with_subscripts", "(array INTEGER[]) → INTEGER[][]",
                              "Each element of an array with its subscript.",
                              "array_with_subscripts(ARRAY[7, 8])", "{{7,1},{8,2}}");
  expand.volatility = Volatility::kImmutable;
  Add(registry, std::move(expand), {Type::List(TypeId::kInteger)},
      Type::List(Type::List(TypeId::kInteger)), ExpandKernel);
  AddPrivileges(registry);
  AddDefinitions(registry);
}

}  // namespace shale
