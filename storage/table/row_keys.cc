#include "storage/table/row_keys.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "engine/expr/expr.h"
#include "engine/functions/value_io.h"
#include "engine/vector/physical.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;

// Equal values have equal bytes.
template <typename T>
void AppendBytes(const T& value, std::string* key) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    const auto size = static_cast<uint32_t>(value.size());
    key->append(reinterpret_cast<const char*>(&size), sizeof size);
    key->append(value);
  } else if constexpr (std::is_same_v<T, Interval>) {
    // A month is 30 days, as intervals compare.
    const int128_t micros =
        (int128_t{value.months} * 30 + value.days) * kDayUs + int128_t{value.micros};
    key->append(reinterpret_cast<const char*>(&micros), sizeof micros);
  } else if constexpr (std::is_floating_point_v<T>) {
    T same = value == 0 ? 0 : std::isnan(value) ? std::numeric_limits<T>::quiet_NaN() : value;
    key->append(reinterpret_cast<const char*>(&same), sizeof same);
  } else {
    key->append(reinterpret_cast<const char*>(&value), sizeof value);
  }
}

// The keys of a chunk's rows as bytes, column by column.
class KeyBytes {
 public:
  void Compute(const std::vector<Vector>& columns, size_t num_rows) {
    keys_.resize(num_rows);
    for (std::string& key : keys_) key.clear();
    nulls_.assign(num_rows, false);
    for (const Vector& column : columns) {
      const Vector flat = column.Flatten();
      DispatchPhysical(flat.type().physical(), [&]<typename T>() {
        const T* values = flat.values<T>();
        for (size_t row = 0; row < num_rows; ++row) {
          if (flat.IsNull(row)) {
            nulls_[row] = true;
          } else {
            AppendBytes(values[row], &keys_[row]);
          }
        }
      });
    }
  }
  bool IsNull(size_t row) const { return nulls_[row]; }
  const std::string& At(size_t row) const { return keys_[row]; }

 private:
  std::vector<std::string> keys_;
  std::vector<bool> nulls_;
};

std::vector<size_t> Places(const TableSchema& schema, const TableKey& key) {
  std::vector<size_t> places;
  for (ColumnId id : key.columns) {
    for (size_t i = 0; i < schema.columns.size(); ++i) {
      if (schema.columns[i].id == id) places.push_back(i);
    }
  }
  return places;
}

// "(a, b)=(1, x)"
std::string Describe(const TableSchema& schema, const TableKey& key,
                     const std::vector<Vector>& columns, size_t row) {
  std::string names, values;
  for (size_t i = 0; i < columns.size(); ++i) {
    names += (i ? ", " : "") + schema.Find(key.columns[i])->name;
    const Value value = columns[i].GetValue(row);
    values += (i ? ", " : "") + ToText(value, "UTC");
  }
  return fmt::format("({})=({})", names, values);
}

Status Duplicate(const TableSchema& schema, const TableKey& key, const std::vector<Vector>& columns,
                 size_t row) {
  return MakeError(StatusCode::kAlreadyExists,
                   "duplicate key value violates unique constraint \"{}\": key {} already exists",
                   key.name, Describe(schema, key, columns, row));
}

std::vector<Vector> KeyColumns(const Chunk& chunk, const std::vector<size_t>& places) {
  std::vector<Vector> columns;
  for (size_t place : places) columns.push_back(chunk.columns[place]);
  return columns;
}

// The visible rows' `ids`, chunk by chunk.
Status ReadColumns(const Snapshot& version, TableId table, std::vector<ColumnId> ids,
                   std::vector<ExprPtr> filters,
                   const std::function<Status(const Chunk&)>& consume) {
  ScanSpec spec;
  spec.columns = std::move(ids);
  spec.filters = std::move(filters);
  spec.filter_only.assign(spec.columns.size(), false);
  auto source = MakeTableSource(version, table, std::move(spec), std::make_shared<ScanCounters>());
  ExecutionContext context;
  WorkerStatePtr state = source->MakeState(&context);
  while (true) {
    Chunk chunk;
    ASSIGN_OR_RETURN(bool more, source->Next(state.get(), &chunk));
    if (!more) return OkStatus();
    if (chunk.num_rows > 0) RETURN_IF_ERROR(consume(chunk));
  }
}

// Bounds of the new rows' first key column, so that blocks outside are not read.
StatusOr<std::vector<ExprPtr>> Bounds(const std::vector<Chunk>& rows, size_t place) {
  Value low, high;
  for (const Chunk& chunk : rows) {
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      const Value value = chunk.columns[place].GetValue(row);
      if (value.is_null()) continue;
      if (low.is_null() || Value::Compare(value, low) < 0) low = value;
      if (high.is_null() || Value::Compare(value, high) > 0) high = value;
    }
  }
  std::vector<ExprPtr> filters;
  if (low.is_null()) return filters;
  const Type type = low.type();
  const bool one = Value::Compare(low, high) == 0;
  ASSIGN_OR_RETURN(ExprPtr from,
                   MakeCall(one ? "=" : ">=", {MakeColumn(0, type), MakeConstant(low)}));
  filters.push_back(std::move(from));
  if (one) return filters;
  ASSIGN_OR_RETURN(ExprPtr to, MakeCall("<=", {MakeColumn(0, type), MakeConstant(high)}));
  filters.push_back(std::move(to));
  return filters;
}

Status CheckKey(const Snapshot& version, const TableSchema& schema, const TableKey& key,
                const std::vector<Chunk>& rows) {
  const std::vector<size_t> places = Places(schema, key);
  absl::flat_hash_set<std::string> fresh;
  KeyBytes bytes;
  for (const Chunk& chunk : rows) {
    const std::vector<Vector> columns = KeyColumns(chunk, places);
    bytes.Compute(columns, chunk.num_rows);
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      if (bytes.IsNull(row)) continue;
      if (!fresh.insert(bytes.At(row)).second) return Duplicate(schema, key, columns, row);
    }
  }
  if (fresh.empty()) return OkStatus();
  ASSIGN_OR_RETURN(std::vector<ExprPtr> filters, Bounds(rows, places[0]));
  return ReadColumns(version, schema.table_id, key.columns, std::move(filters),
                     [&](const Chunk& chunk) -> Status {
                       bytes.Compute(chunk.columns, chunk.num_rows);
                       for (size_t row = 0; row < chunk.num_rows; ++row) {
                         if (bytes.IsNull(row) || !fresh.contains(bytes.At(row))) continue;
                         return Duplicate(schema, key, chunk.columns, row);
                       }
                       return OkStatus();
                     });
}

}  // namespace

Status CheckKeyDefinitions(const TableSchema& schema) {
  std::set<std::string> names;
  int primary = 0;
  for (const TableKey& key : schema.keys) {
    if (!names.insert(key.name).second) {
      return MakeError(StatusCode::kAlreadyExists, "relation \"{}\" already exists", key.name);
    }
    primary += key.kind == TableKey::Kind::kPrimary;
    if (key.unique() && key.columns.empty()) {
      return InvalidArgument("key \"{}\" of table \"{}\" needs columns", key.name, schema.name);
    }
    for (ColumnId id : key.columns) {
      const ColumnSchema* column = schema.Find(id);
      if (!column) return InvalidArgument("key \"{}\": no such column", key.name);
      const TypeId type = column->type.id();
      if (key.unique() && (type == TypeId::kList || type == TypeId::kJson)) {
        return Unsupported("column \"{}\" of type {} cannot be in a key", column->name,
                           column->type.ToString());
      }
    }
  }
  if (primary > 1) {
    return InvalidArgument("multiple primary keys for table \"{}\" are not allowed", schema.name);
  }
  std::set<std::string> checks;
  for (const TableCheck& check : schema.checks) {
    if (!checks.insert(check.name).second) {
      return MakeError(StatusCode::kAlreadyExists,
                       "constraint \"{}\" for relation \"{}\" already exists", check.name,
                       schema.name);
    }
  }
  return OkStatus();
}

Status CheckKeys(const Snapshot& version, const TableSchema& schema,
                 const std::vector<Chunk>& rows) {
  for (const TableKey& key : schema.keys) {
    if (key.unique()) RETURN_IF_ERROR(CheckKey(version, schema, key, rows));
  }
  return OkStatus();
}

Status CheckRowsThere(const Snapshot& version, const TableSchema& schema, const TableKey& key) {
  if (!key.unique()) return OkStatus();
  absl::flat_hash_set<std::string> seen;
  KeyBytes bytes;
  return ReadColumns(version, schema.table_id, key.columns, {}, [&](const Chunk& chunk) -> Status {
    bytes.Compute(chunk.columns, chunk.num_rows);
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      if (bytes.IsNull(row) || seen.insert(bytes.At(row)).second) continue;
      return MakeError(StatusCode::kAlreadyExists,
                       "could not create unique index \"{}\": key {} is duplicated", key.name,
                       Describe(schema, key, chunk.columns, row));
    }
    return OkStatus();
  });
}

Status CheckNoNulls(const Snapshot& version, const TableSchema& schema,
                    const ColumnSchema& column) {
  return ReadColumns(version, schema.table_id, {column.id}, {}, [&](const Chunk& chunk) -> Status {
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      if (chunk.columns[0].IsNull(row)) {
        return InvalidArgument("column \"{}\" of relation \"{}\" contains null values", column.name,
                               schema.name);
      }
    }
    return OkStatus();
  });
}

}  // namespace shale
