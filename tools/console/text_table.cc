#include "tools/console/text_table.h"

#include <algorithm>
#include <numeric>

#include "tools/console/terminal.h"

namespace shale {
namespace {

constexpr size_t kMinWidth = 6;  // a column is never cut below this

void AppendPadded(std::string_view text, size_t width, bool right, std::string* out) {
  size_t cells = DisplayWidth(text);
  size_t padding = cells < width ? width - cells : 0;
  if (right) out->append(padding, ' ');
  out->append(text);
  if (!right) out->append(padding, ' ');
}

}  // namespace

TextTable::TextTable(Style style, std::vector<Column> columns, bool header, size_t max_width,
                     TextSink* sink)
    : style_(style),
      columns_(std::move(columns)),
      header_(header),
      max_width_(style == Style::kMarkdown ? 0 : max_width),
      sink_(sink) {}

Status TextTable::AddRow(std::vector<std::string> cells) {
  ++num_rows_;
  if (started_) return WriteRow(cells, false);
  collected_.push_back(std::move(cells));
  return collected_.size() < kMeasuredRows ? OkStatus() : Start();
}

// Cuts the widest columns until the table fits; when even narrow columns are too many, leaves out
// those in the middle.
void TextTable::FitWidths() {
  shown_.resize(columns_.size());
  std::iota(shown_.begin(), shown_.end(), size_t{0});
  if (max_width_ == 0 || columns_.empty()) return;

  auto least = [&](size_t column) { return std::min(widths_[column], kMinWidth); };
  auto total = [&](auto width_of) {
    size_t sum = 1;
    for (size_t column : shown_) sum += width_of(column) + 3;
    return sum;
  };
  if (total(least) > max_width_) {
    size_t room =
        max_width_ > 5 ? max_width_ - 5 : 0;  // 4 cells for the gap's column, 1 for the edge
    size_t front = 0, back = 0;
    bool take_front = true;
    while (front + back < columns_.size()) {
      size_t column = take_front ? front : columns_.size() - 1 - back;
      size_t need = least(column) + 3;
      if (need > room && front > 0) break;
      room -= std::min(need, room);
      if (take_front)
        ++front;
      else
        ++back;
      take_front = !take_front;
    }
    hidden_ = columns_.size() - front - back;
    if (hidden_ > 0) {
      shown_.erase(shown_.begin() + front, shown_.end() - back);
      gap_at_ = front;
    }
  }
  size_t limit = max_width_ - std::min(max_width_, size_t{hidden_ > 0 ? 4u : 0u});
  auto width_of = [&](size_t column) { return widths_[column]; };
  while (total(width_of) > limit) {
    // Bring the widest column down to the second widest, or as far as is needed.
    size_t widest = shown_[0];
    for (size_t column : shown_) {
      if (widths_[column] > widths_[widest]) widest = column;
    }
    if (widths_[widest] <= kMinWidth) break;
    size_t next = kMinWidth;
    for (size_t column : shown_) {
      if (column != widest) next = std::max(next, widths_[column]);
    }
    size_t excess = total(width_of) - limit;
    size_t step = std::max<size_t>(1, widths_[widest] - std::min(next, widths_[widest]));
    widths_[widest] -= std::min({excess, step, widths_[widest] - kMinWidth});
  }
}

Status TextTable::Start() {
  started_ = true;
  widths_.assign(columns_.size(), 1);
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (header_) widths_[i] = std::max(widths_[i], DisplayWidth(columns_[i].header));
    for (const auto& row : collected_) widths_[i] = std::max(widths_[i], DisplayWidth(row[i]));
    if (style_ == Style::kMarkdown) widths_[i] = std::max<size_t>(widths_[i], 3);
  }
  FitWidths();
  if (style_ == Style::kBox) RETURN_IF_ERROR(WriteRule("┌", "┬", "┐"));
  if (header_) {
    std::vector<std::string> headers;
    for (const auto& column : columns_) headers.push_back(column.header);
    RETURN_IF_ERROR(WriteRow(headers, true));
    if (style_ == Style::kBox) {
      RETURN_IF_ERROR(WriteRule("├", "┼", "┤"));
    } else {
      line_ = "|";
      for (size_t column : shown_) {
        bool right = columns_[column].align_right;
        line_ += ' ' + std::string(widths_[column] - (right ? 1 : 0), '-') + (right ? ": |" : " |");
      }
      RETURN_IF_ERROR(sink_->Write(line_ + "\n"));
    }
  }
  for (const auto& row : collected_) RETURN_IF_ERROR(WriteRow(row, false));
  collected_.clear();
  collected_.shrink_to_fit();
  return OkStatus();
}

Status TextTable::WriteRow(const std::vector<std::string>& cells, bool is_header) {
  std::string_view bar = style_ == Style::kBox ? "│" : "|";
  line_ = bar;
  for (size_t position = 0; position < shown_.size(); ++position) {
    size_t column = shown_[position];
    if (position == gap_at_) {
      line_ += " … ";
      line_ += bar;
    }
    line_ += ' ';
    bool right = columns_[column].align_right && !(is_header && style_ == Style::kMarkdown);
    if (max_width_ > 0) {
      AppendPadded(CutToWidth(cells[column], widths_[column]), widths_[column], right, &line_);
    } else {
      AppendPadded(cells[column], widths_[column], right, &line_);
    }
    line_ += ' ';
    line_ += bar;
  }
  if (gap_at_ == shown_.size()) {
    line_ += " … ";
    line_ += bar;
  }
  line_ += '\n';
  return sink_->Write(line_);
}

Status TextTable::WriteRule(std::string_view left, std::string_view middle,
                            std::string_view right) {
  line_ = left;
  auto dashes = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) line_ += "─";
  };
  for (size_t position = 0; position < shown_.size(); ++position) {
    if (position > 0) line_ += middle;
    if (position == gap_at_) {
      dashes(3);
      line_ += middle;
    }
    dashes(widths_[shown_[position]] + 2);
  }
  if (gap_at_ == shown_.size()) {
    line_ += middle;
    dashes(3);
  }
  line_ += right;
  line_ += '\n';
  return sink_->Write(line_);
}

Status TextTable::Finish() {
  if (!started_) RETURN_IF_ERROR(Start());
  return style_ == Style::kBox ? WriteRule("└", "┴", "┘") : OkStatus();
}

}  // namespace shale
