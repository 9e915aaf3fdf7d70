#include "engine/expr/kept_results.h"

#include <cstring>

namespace shale {
namespace {

void AppendSized(std::string_view text, std::string* out) {
  *out += std::to_string(text.size());
  *out += ':';
  out->append(text);
}

void AppendConstant(const Value& value, std::string* out) {
  if (value.is_null()) {
    *out += "null";
    return;
  }
  switch (value.type().physical()) {
    case PhysicalType::kString: AppendSized(value.AsString(), out); return;
    case PhysicalType::kInterval: {
      const Interval& interval = value.AsInterval();
      *out += std::to_string(interval.months) + "m" + std::to_string(interval.days) + "d" +
              std::to_string(interval.micros) + "u";
      return;
    }
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: {
      uint64_t bits;
      double number = value.AsDouble();
      std::memcpy(&bits, &number, sizeof bits);
      *out += std::to_string(bits);
      return;
    }
    case PhysicalType::kList:
    case PhysicalType::kStruct:
      *out += '[';
      for (const Value& item : value.items()) {
        AppendConstant(item, out);
        *out += ',';
      }
      *out += ']';
      return;
    default: {
      const auto number = static_cast<uint128_t>(value.AsInt128());
      *out += std::to_string(static_cast<uint64_t>(number >> 64)) + "'" +
              std::to_string(static_cast<uint64_t>(number));
    }
  }
}

void AppendExpr(const Expr& expr, std::string* out) {
  AppendSized(expr.type.ToString(), out);
  switch (expr.kind) {
    case Expr::Kind::kColumn: *out += '$'; return;
    case Expr::Kind::kConstant:
      *out += '=';
      AppendConstant(expr.value, out);
      return;
    case Expr::Kind::kCall: AppendSized(expr.function.function->name, out); break;
    case Expr::Kind::kAnd: *out += "&"; break;
    case Expr::Kind::kOr: *out += "|"; break;
    case Expr::Kind::kCase: *out += "?"; break;
    case Expr::Kind::kCoalesce: *out += "!"; break;
  }
  *out += '(';
  for (const ExprPtr& arg : expr.args) AppendExpr(*arg, out);
  *out += ')';
}

}  // namespace

std::optional<std::string> Fingerprint(const Expr& expr) {
  std::vector<size_t> columns;
  CollectColumns(expr, &columns);
  if (columns.size() != 1 || VolatilityOf(expr) != Volatility::kImmutable) return std::nullopt;
  std::string text;
  AppendExpr(expr, &text);
  return text;
}

DictionaryPtr KeptResults::Find(uint64_t dictionary, const std::string& fingerprint) {
  MutexLock lock(&mutex_);
  auto found = places_.find(Key(dictionary, fingerprint));
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front().derived;
}

void KeptResults::Keep(const Dictionary& source, const std::string& fingerprint,
                       DictionaryPtr derived) {
  size_t bytes = sizeof(Entry) + fingerprint.size() + derived->values.MemoryUsage();
  // Strings may point into the source's, which then stay in memory too.
  if (derived->values.type().IsStringLike()) {
    const auto* texts = source.values.values<std::string_view>();
    for (size_t i = 0; i < source.size() && source.values.type().IsStringLike(); ++i) {
      bytes += texts[i].size();
    }
  }
  if (bytes > max_bytes_ / 4) return;  // it would drive out too much else
  MutexLock lock(&mutex_);
  Key key(source.id, fingerprint);
  if (places_.contains(key)) return;
  entries_.push_front({key, std::move(derived), bytes});
  places_[std::move(key)] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > max_bytes_) {
    bytes_ -= entries_.back().bytes;
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

size_t KeptResults::size_bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

}  // namespace shale
