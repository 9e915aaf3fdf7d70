#include "server/pg/message_writer.h"

#include <cstring>

#include "engine/vector/postgres_oid.h"
#include "sql/binary_value.h"

namespace shale::pg {
namespace {

void PatchLength(std::string* out, size_t at, size_t length) {
  const uint32_t bits = __builtin_bswap32(static_cast<uint32_t>(length));
  std::memcpy(out->data() + at, &bits, 4);
}

}  // namespace

void MessageWriter::End() { PatchLength(out_, start_, out_->size() - start_); }
void MessageWriter::Int16(int16_t value) { AppendBigEndian16(value, out_); }
void MessageWriter::Int32(int32_t value) { AppendBigEndian32(value, out_); }

void MessageWriter::CommandComplete(std::string_view tag) {
  Begin('C');
  CString(tag);
  End();
}

void MessageWriter::ReadyForQuery(char state) {
  Begin('Z');
  Byte(state);
  End();
}

void MessageWriter::ParameterStatus(std::string_view name, std::string_view value) {
  Begin('S');
  CString(name);
  CString(value);
  End();
}

void MessageWriter::Report(char type, std::string_view severity, const SqlError& error) {
  Begin(type);
  auto field = [&](char name, std::string_view value) {
    if (value.empty()) return;
    Byte(name);
    // A zero byte would end the field.
    CString(value.substr(0, value.find('\0')));
  };
  field('S', severity);
  field('V', severity);
  field('C', error.sqlstate);
  field('M', error.message.empty() ? std::string_view("error") : error.message);
  field('D', error.detail);
  field('H', error.hint);
  if (error.position > 0) field('P', std::to_string(error.position));
  Byte('\0');
  End();
}

uint32_t WireOid(const ResultColumn& column) {
  return column.is_oid ? pg_oid::kOid : PostgresOid(column.type);
}

int16_t FormatOf(const std::vector<int16_t>& formats, size_t column) {
  if (formats.empty()) return 0;
  return formats.size() == 1 ? formats[0] : column < formats.size() ? formats[column] : 0;
}

void WriteRowDescription(const std::vector<ResultColumn>& columns,
                         const std::vector<int16_t>& formats, std::string* out) {
  MessageWriter writer(out);
  writer.Begin('T');
  writer.Int16(static_cast<int16_t>(columns.size()));
  for (size_t i = 0; i < columns.size(); ++i) {
    const ResultColumn& column = columns[i];
    const uint32_t oid = WireOid(column);
    writer.CString(column.name);
    writer.Int32(static_cast<int32_t>(column.table_oid));
    writer.Int16(column.attribute);
    writer.Int32(static_cast<int32_t>(oid));
    writer.Int16(PostgresTypeLength(oid));
    writer.Int32(PostgresTypeModifier(column.type));
    writer.Int16(FormatOf(formats, i));
  }
  writer.End();
}

void WriteRows(const std::vector<ResultColumn>& described, const Chunk& chunk, size_t begin,
               size_t end, const std::vector<int16_t>& formats, std::string_view time_zone,
               std::string* out) {
  std::vector<Vector> columns;
  std::vector<bool> binary;
  for (size_t i = 0; i < chunk.columns.size(); ++i) {
    binary.push_back(FormatOf(formats, i) != 0);
    columns.push_back(binary[i] ? FlattenForBinary(chunk.columns[i]) : chunk.columns[i].Flatten());
  }
  for (size_t row = begin; row < end; ++row) {
    out->push_back('D');
    const size_t start = out->size();
    out->append(4, '\0');
    AppendBigEndian16(static_cast<int16_t>(columns.size()), out);
    for (size_t i = 0; i < columns.size(); ++i) {
      const Vector& column = columns[i];
      if (column.has_nulls() && column.IsNull(row)) {
        AppendBigEndian32(-1, out);
        continue;
      }
      const size_t at = out->size();
      out->append(4, '\0');
      if (binary[i] && described[i].is_oid) {
        AppendBigEndian32(static_cast<int32_t>(column.values<uint32_t>()[row]), out);
      } else if (binary[i]) {
        AppendBinary(column, row, out);
      } else {
        AppendValueText(column, row, time_zone, out);
      }
      PatchLength(out, at, out->size() - at - 4);
    }
    PatchLength(out, start, out->size() - start);
  }
}

}  // namespace shale::pg
