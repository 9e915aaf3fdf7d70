// TextTable: rows of cells drawn as a box on a terminal, or as Markdown. Collects the first rows to
// settle the widths of columns, so that a result of any length takes bounded memory: after
// kMeasuredRows rows the widths stand, and what is wider is cut (on a terminal) or overhangs.
// One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "tools/console/text_sink.h"

namespace shale {

class TextTable {
 public:
  enum class Style : uint8_t { kBox, kMarkdown };
  static constexpr size_t kMeasuredRows = 2000;

  struct Column {
    std::string header;
    bool align_right = false;
  };
  // `max_width`: cells of the terminal, 0 for no limit (no cell is cut then).
  TextTable(Style style, std::vector<Column> columns, bool header, size_t max_width,
            TextSink* sink);

  // One cell a column, already printable.
  Status AddRow(std::vector<std::string> cells);
  // The last line of the box. Text begins to be written here at the latest.
  Status Finish();
  uint64_t num_rows() const { return num_rows_; }
  // Columns left out because the terminal is too narrow.
  size_t num_hidden_columns() const { return hidden_; }

 private:
  Status Start();  // settles widths, writes what was collected
  void FitWidths();
  Status WriteRow(const std::vector<std::string>& cells, bool is_header);
  Status WriteRule(std::string_view left, std::string_view middle, std::string_view right);

  Style style_;
  std::vector<Column> columns_;
  bool header_;
  size_t max_width_;
  TextSink* sink_;
  bool started_ = false;
  std::vector<std::vector<std::string>> collected_;
  std::vector<size_t> widths_;
  std::vector<size_t> shown_;  // indexes of the columns drawn
  size_t gap_at_ = SIZE_MAX;   // position in shown_ before which columns are left out
  size_t hidden_ = 0;
  uint64_t num_rows_ = 0;
  std::string line_;
};

}  // namespace shale
