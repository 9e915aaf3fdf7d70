// What an error says, taken apart for clients that show its parts themselves: PostgreSQL's
// SQLSTATE, the bare message, a hint, and where in the statement it is. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale {

struct SqlError {
  std::string sqlstate;  // five characters: "42P01"
  std::string message;
  std::string detail;  // may be empty, as what follows
  std::string hint;
  int position = 0;  // in characters from 1 into the text that the error is of; 0: none
};

// `sql` is the text that the statement was given in.
SqlError TakeApart(const Status& status, std::string_view sql);

// An error whose SQLSTATE is not told by its words.
Status WithSqlState(Status status, std::string_view sqlstate);

}  // namespace shale
