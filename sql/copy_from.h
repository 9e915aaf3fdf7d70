// COPY table FROM STDIN: text or CSV, cut into pieces anywhere, into a table. All of it becomes
// visible in one commit, or nothing (inside a transaction: with it).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sql/ast.h"
#include "sql/database.h"
#include "sql/execute.h"

namespace shale {

// `copy` names FROM STDIN. The context outlives what is returned, and so does its statement's text.
StatusOr<std::unique_ptr<CopyIn>> StartCopyFrom(const ast::CopyTo& copy, StatementContext context);

}  // namespace shale
