// DECLARE … CURSOR, FETCH and MOVE.
#include <limits>

#include "sql/parser_build.h"

namespace shale {
namespace {
using T = ShaleParser;
}

ast::DeclareCursor AstBuilder::BuildDeclare(P::DeclareCursorContext* context) {
  ast::DeclareCursor declare;
  declare.name = Name(context->name);
  bool no = false;
  for (P::CursorWordContext* word : context->cursorWord()) {
    const std::string name = AsciiLower(Text(word->start));
    if (name == "no") {
      no = true;
      continue;
    }
    if (name == "scroll") {
      declare.no_scroll = no;
    } else if (name == "binary") {
      Fail(word->start, "BINARY cursors are not supported; clients ask for binary by themselves",
           StatusCode::kUnimplemented);
    } else if (name != "insensitive" && name != "asensitive") {
      Fail(word->start, fmt::format("unexpected {}; a cursor is [NO] SCROLL or INSENSITIVE", name));
    }
    no = false;
  }
  declare.hold = context->hold != nullptr && context->hold->getType() == T::K_WITH;
  declare.query = BuildQuery(context->query());
  return declare;
}

ast::Fetch AstBuilder::BuildFetch(P::FetchContext* context) {
  using How = ast::Fetch::How;
  ast::Fetch fetch;
  fetch.name = Name(context->name);
  fetch.move = context->move != nullptr;
  P::FetchDirectionContext* direction = context->fetchDirection();
  if (direction == nullptr) return fetch;
  const std::string word = direction->word != nullptr ? LowerName(direction->word) : "";
  fetch.all = direction->all != nullptr;
  if (direction->count != nullptr) {
    fetch.count = IntegerValue(direction->count, "the number of rows");
    if (direction->sign != nullptr && direction->sign->getType() == T::MINUS) {
      fetch.count = -fetch.count;
    }
  }
  const bool bare = direction->count == nullptr && !fetch.all;
  if (word == "backward" || (word == "prior" && bare)) {
    fetch.how = How::kBackward;
  } else if ((word == "first" || word == "last") && bare) {
    fetch.how = How::kAbsolute;
    fetch.count = word == "first" ? 1 : -1;
  } else if ((word == "absolute" || word == "relative") && direction->count != nullptr) {
    fetch.how = word == "absolute" ? How::kAbsolute : How::kRelative;
  } else if (!word.empty() && word != "forward" && !(word == "next" && bare)) {
    Fail(direction->start,
         fmt::format("unexpected {}; FETCH goes NEXT, PRIOR, FIRST, LAST, ABSOLUTE n, RELATIVE n, "
                     "FORWARD [n | ALL] or BACKWARD [n | ALL]",
                     word));
  }
  return fetch;
}

}  // namespace shale
