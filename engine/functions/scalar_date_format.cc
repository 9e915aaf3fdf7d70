// to_char, to_timestamp, to_date, to_number, and names of days and months.
#include <unordered_map>

#include "engine/functions/date_kernels.h"
#include "engine/functions/date_template.h"
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/number_template.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

// Templates that are no constant are remembered up to this many.
constexpr size_t kMaxRememberedTemplates = 64;

// The templates of one worker.
template <typename Template>
struct TemplateState : ScalarState {
  const Template* last = nullptr;
  std::string last_text;
  std::unordered_map<std::string, Template> compiled;

  StatusOr<const Template*> Get(std::string_view text) {
    if (last != nullptr && text == last_text) return last;
    auto found = compiled.find(std::string(text));
    if (found == compiled.end()) {
      ASSIGN_OR_RETURN(Template made, Template::Compile(text));
      if (compiled.size() >= kMaxRememberedTemplates) compiled.clear();
      found = compiled.emplace(std::string(text), std::move(made)).first;
    }
    last_text = text;
    last = &found->second;
    return last;
  }
};

template <typename Template>
StatusOr<std::unique_ptr<ScalarState>> PrepareTemplate(const FunctionContext&,
                                                       std::span<const Value* const>) {
  return std::make_unique<TemplateState<Template>>();
}

// Null after row.Fail.
template <typename Template>
const Template* Compiled(RowState& row, std::string_view text) {
  auto found = row.prepared<TemplateState<Template>>().Get(text);
  if (found.ok()) return *found;
  row.Fail(found.status());
  return nullptr;
}

const TimeZone* SessionZone(RowState& row) {
  auto zone = TimeZone::Find(row.context().time_zone);
  if (zone.ok()) return *zone;
  row.Fail(zone.status());
  return nullptr;
}

// ---- to_char ------------------------------------------------------------------------------------

// An empty template of a time gives NULL, as in PostgreSQL.
std::string_view NullText(RowState& row) {
  row.SetNull();
  return {};
}

std::string_view TimeToChar(RowState& row, int64_t local, std::string_view text) {
  if (text.empty()) return NullText(row);
  const auto* const format = Compiled<DateTemplate>(row, text);
  if (format == nullptr) return {};
  if (!IsFiniteTimestamp(local)) {
    row.SetNull();
    return {};
  }
  std::string& out = row.scratch();
  format->FormatTime(local, 0, nullptr, &out);
  return row.Keep(out);
}

std::string_view InstantToChar(RowState& row, int64_t utc, std::string_view text) {
  if (text.empty()) return NullText(row);
  const auto* const format = Compiled<DateTemplate>(row, text);
  const TimeZone* const zone = SessionZone(row);
  if (format == nullptr || zone == nullptr) return {};
  if (!IsFiniteTimestamp(utc)) {
    row.SetNull();
    return {};
  }
  const int64_t offset = zone->OffsetAt(utc);
  std::string& out = row.scratch();
  format->FormatTime(utc + offset, offset, zone, &out);
  return row.Keep(out);
}

std::string_view IntervalToChar(RowState& row, Interval value, std::string_view text) {
  if (text.empty()) return NullText(row);
  const auto* const format = Compiled<DateTemplate>(row, text);
  if (format == nullptr) return {};
  std::string& out = row.scratch();
  if (Status status = format->FormatInterval(value, &out); !status.ok()) {
    row.Fail(std::move(status));
  }
  return row.Keep(out);
}

std::string_view IntegerToChar(RowState& row, int64_t value, std::string_view text) {
  const auto* const format = Compiled<NumberTemplate>(row, text);
  if (format == nullptr) return {};
  std::string& out = row.scratch();
  format->FormatDecimal(value, 0, &out);
  return row.Keep(out);
}

std::string_view DoubleToChar(RowState& row, double value, std::string_view text) {
  const auto* const format = Compiled<NumberTemplate>(row, text);
  if (format == nullptr) return {};
  std::string& out = row.scratch();
  format->FormatDouble(value, &out);
  return row.Keep(out);
}

template <typename T>
Status DecimalToCharKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  const Arg<T> values(call.args[0]);
  const Arg<std::string_view> texts(call.args[1]);
  const int scale = call.args[0].type().scale();
  auto* const out = result->mutable_values<std::string_view>();
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const auto* const format = Compiled<NumberTemplate>(state, texts[row]);
    if (format == nullptr) return false;
    std::string& text = state.scratch();
    format->FormatDecimal(values[row], scale, &text);
    out[row] = state.Keep(text);
    return true;
  });
  result->AddHeap(state.arena().heap());
  return state.status();
}

StatusOr<ResolvedScalar> ResolveDecimalToChar(std::span<const ArgumentType> args) {
  if (args.size() != 2 || args[0].untyped_literal || args[0].type.id() != TypeId::kDecimal) {
    return NotFound("to_char of a DECIMAL");
  }
  if (!ImplicitCastCost(args[1], TypeId::kText)) return NotFound("the template is TEXT");
  ResolvedScalar resolved;
  resolved.arg_types = {args[0].type, TypeId::kText};
  resolved.result_type = TypeId::kText;
  resolved.kernel = args[0].type.physical() == PhysicalType::kInt64
                        ? &DecimalToCharKernel<int64_t>
                        : &DecimalToCharKernel<int128_t>;
  return resolved;
}

// ---- to_timestamp, to_date, to_number -----------------------------------------------------------

bool ReadTime(RowState& row, std::string_view text, std::string_view format,
              DateTemplate::Reading* reading) {
  const auto* const compiled = Compiled<DateTemplate>(row, format);
  if (compiled == nullptr) return false;
  auto read = compiled->Read(text);
  if (!read.ok()) {
    row.Fail(read.status());
    return false;
  }
  *reading = *read;
  return true;
}

int64_t TextToInstant(RowState& row, std::string_view text, std::string_view format) {
  DateTemplate::Reading reading;
  const TimeZone* const zone = SessionZone(row);
  if (zone == nullptr || !ReadTime(row, text, format, &reading)) return 0;
  return reading.has_offset ? reading.local - reading.offset : zone->ToUtc(reading.local);
}

int32_t TextToDate(RowState& row, std::string_view text, std::string_view format) {
  DateTemplate::Reading reading;
  if (!ReadTime(row, text, format, &reading)) return 0;
  return static_cast<int32_t>(DaysOfMicros(reading.local));
}

// Digits after the point: the template's where it is constant, else the bare NUMERIC's.
constexpr int kToNumberScale = 9;

Status ToNumberKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  const Arg<std::string_view> texts(call.args[0]);
  const Arg<std::string_view> templates(call.args[1]);
  const int scale = result->type().scale();
  int128_t* const out = result->mutable_values<int128_t>();
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const auto* const compiled = Compiled<NumberTemplate>(state, templates[row]);
    if (compiled == nullptr) return false;
    auto number = compiled->Read(texts[row], scale);
    if (!number.ok()) {
      state.Fail(number.status());
      return false;
    }
    out[row] = *number;
    return true;
  });
  return state.status();
}

StatusOr<ResolvedScalar> ResolveToNumber(std::span<const ArgumentType> args) {
  if (args.size() != 2 || !ImplicitCastCost(args[0], TypeId::kText) ||
      !ImplicitCastCost(args[1], TypeId::kText)) {
    return NotFound("to_number takes two texts");
  }
  int scale = kToNumberScale;
  if (const Value* constant = args[1].constant; constant != nullptr && !constant->is_null()) {
    auto compiled = NumberTemplate::Compile(constant->AsString());
    if (compiled.ok()) scale = std::min(compiled->places_behind_point(), kMaxDecimalPrecision);
  }
  ResolvedScalar resolved;
  resolved.kernel = &ToNumberKernel;
  resolved.arg_types = {TypeId::kText, TypeId::kText};
  resolved.result_type = Type::Decimal(kMaxDecimalPrecision, scale);
  return resolved;
}

// ---- rows ---------------------------------------------------------------------------------------

void AddToChar(Registry* registry, Type arg, ScalarKernel kernel, std::string summary,
               std::string example, std::string example_result) {
  const bool is_time = arg.id() == TypeId::kTimestamp || arg.id() == TypeId::kTimestampTz ||
                       arg.id() == TypeId::kInterval;
  registry->Add(ScalarFunction{
      .name = "to_char",
      .category = "format",
      .signature = fmt::format("(value {}, template TEXT) → TEXT", arg.ToString()),
      .summary = std::move(summary),
      .example = std::move(example),
      .example_result = std::move(example_result),
      .volatility = arg.id() == TypeId::kTimestampTz ? Volatility::kStable : Volatility::kImmutable,
      .args = {arg, TypeId::kText},
      .result = TypeId::kText,
      .kernel = kernel,
      .prepare = is_time ? &PrepareTemplate<DateTemplate> : &PrepareTemplate<NumberTemplate>});
}

void AddReading(Registry* registry, std::string name, Type result, ScalarKernel kernel,
                std::string summary, std::string example, std::string example_result) {
  registry->Add(
      ScalarFunction{.name = std::move(name),
                     .category = "format",
                     .signature = fmt::format("(text TEXT, template TEXT) → {}", result.ToString()),
                     .summary = std::move(summary),
                     .example = std::move(example),
                     .example_result = std::move(example_result),
                     .volatility = result.id() == TypeId::kTimestampTz ? Volatility::kStable
                                                                       : Volatility::kImmutable,
                     .args = {TypeId::kText, TypeId::kText},
                     .result = result,
                     .kernel = kernel,
                     .prepare = &PrepareTemplate<DateTemplate>});
}

std::string_view MonthNameOf(int64_t local) {
  return kMonthNames[CivilFromDays(DaysOfMicros(local)).month - 1];
}
std::string_view DayNameOf(int64_t local) {
  return kDayNames[IsoDayOfWeek(DaysOfMicros(local)) % 7];
}

template <std::string_view (*Name)(int64_t)>
Status NameKernel(const KernelCall& call, Vector* result) {
  const TimeZone* zone = &TimeZone::Utc();
  if (call.args[0].type().id() == TypeId::kTimestampTz) {
    ASSIGN_OR_RETURN(zone, TimeZone::Find(call.context.time_zone));
  }
  ForEachLocal(*zone, call.args[0], call.num_rows, result->mutable_values<std::string_view>(),
               [](int64_t local, int64_t) { return Name(local); });
  return OkStatus();
}

template <std::string_view (*Name)(int64_t)>
void AddName(Registry* registry, std::string name, std::string summary,
             std::string example_result) {
  for (const TypeId type : {TypeId::kTimestamp, TypeId::kTimestampTz}) {
    registry->Add(ScalarFunction{
        .name = name,
        .category = "date",
        .signature = fmt::format("(source {}) → TEXT", Type(type).ToString()),
        .summary = summary,
        .example = fmt::format("{}(TIMESTAMP '2020-02-16 20:38:40')", name),
        .example_result = example_result,
        .volatility = type == TypeId::kTimestampTz ? Volatility::kStable : Volatility::kImmutable,
        .args = {type},
        .result = TypeId::kText,
        .kernel = &NameKernel<Name>});
  }
}

}  // namespace

void RegisterDateFormat(Registry* registry) {
  AddToChar(registry, TypeId::kTimestamp, RowKernel<TimeToChar>,
            "A timestamp written by a template: YYYY, MM, DD, HH24, MI, SS, MS, Mon, Day and more.",
            "to_char(TIMESTAMP '2020-02-16 20:38:40', 'DD Mon YYYY, HH12:MI am')",
            "16 Feb 2020, 08:38 pm");
  AddToChar(registry, TypeId::kTimestampTz, RowKernel<InstantToChar>,
            "An instant written by a template in the session's zone.",
            "to_char(TIMESTAMPTZ '2020-02-16 20:38:40+00', 'HH24:MI TZ')", "20:38 UTC");
  AddToChar(registry, TypeId::kInterval, RowKernel<IntervalToChar>,
            "An interval written by a template.",
            "to_char(INTERVAL '15 hours 2 minutes 12 seconds', 'HH24:MI:SS')", "15:02:12");
  AddToChar(registry, TypeId::kBigInt, RowKernel<IntegerToChar>,
            "A number written by a template: 9 a digit, 0 a digit or zero, . , and more; FM "
            "without padding.",
            "to_char(1485, 'FM9,999')", "1,485");
  registry->Add(ScalarFunction{.name = "to_char",
                               .category = "format",
                               .signature = "(value DECIMAL, template TEXT) → TEXT",
                               .summary = "A number written by a template.",
                               .example = "to_char(148.5, 'FM999.00')",
                               .example_result = "148.50",
                               .resolve = &ResolveDecimalToChar,
                               .prepare = &PrepareTemplate<NumberTemplate>});
  AddToChar(registry, TypeId::kDouble, RowKernel<DoubleToChar>, "A number written by a template.",
            "to_char(0.1::double precision, '0.9')", " 0.1");
  AddReading(registry, "to_timestamp", TypeId::kTimestampTz, RowKernel<TextToInstant>,
             "An instant read from a text by a template, in the session's zone unless TZH is read.",
             "to_timestamp('05 Dec 2000', 'DD Mon YYYY')", "2000-12-05 00:00:00+00");
  AddReading(registry, "to_date", TypeId::kDate, RowKernel<TextToDate>,
             "A date read from a text by a template.", "to_date('05 Dec 2000', 'DD Mon YYYY')",
             "2000-12-05");
  registry->Add(ScalarFunction{
      .name = "to_number",
      .category = "format",
      .signature = "(text TEXT, template TEXT) → DECIMAL",
      .summary = "A number read from a text by a template; it has as many digits after the point "
                 "as a constant template, else 9.",
      .example = "to_number('12,454.8-', '99G999D9S')",
      .example_result = "-12454.8",
      .resolve = &ResolveToNumber,
      .prepare = &PrepareTemplate<NumberTemplate>});
  AddName<MonthNameOf>(registry, "monthname", "The month's English name.", "February");
  AddName<DayNameOf>(registry, "dayname", "The day of the week's English name.", "Sunday");
}

}  // namespace shale
