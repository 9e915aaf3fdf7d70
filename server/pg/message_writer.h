// MessageWriter: messages of PostgreSQL's protocol 3 appended to a string. Owned by one session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/vector/vector.h"
#include "sql/database.h"
#include "sql/sql_error.h"

namespace shale::pg {

class MessageWriter {
 public:
  explicit MessageWriter(std::string* out) : out_(out) {}

  void Begin(char type) {
    out_->push_back(type);
    start_ = out_->size();
    out_->append(4, '\0');
  }
  void End();
  void Byte(char value) { out_->push_back(value); }
  void Int16(int16_t value);
  void Int32(int32_t value);
  void CString(std::string_view text) {
    out_->append(text);
    out_->push_back('\0');
  }
  void Bytes(std::string_view bytes) { out_->append(bytes); }

  // A message without fields: ParseComplete '1', BindComplete '2', NoData 'n' …
  void Plain(char type) {
    Begin(type);
    End();
  }
  void CommandComplete(std::string_view tag);
  void ReadyForQuery(char state);
  void ParameterStatus(std::string_view name, std::string_view value);
  // 'E' or 'N'. `severity`: ERROR, FATAL, WARNING, NOTICE.
  void Report(char type, std::string_view severity, const SqlError& error);

 private:
  std::string* out_;
  size_t start_ = 0;
};

// The oid by which a column goes over the wire.
uint32_t WireOid(const ResultColumn& column);

// RowDescription; `formats` as in Bind: none (text), one for all, or one a column.
void WriteRowDescription(const std::vector<ResultColumn>& columns,
                         const std::vector<int16_t>& formats, std::string* out);
int16_t FormatOf(const std::vector<int16_t>& formats, size_t column);

// Rows [begin, end) of `chunk` as DataRow messages.
void WriteRows(const std::vector<ResultColumn>& described, const Chunk& chunk, size_t begin,
               size_t end, const std::vector<int16_t>& formats, std::string_view time_zone,
               std::string* out);

}  // namespace shale::pg
