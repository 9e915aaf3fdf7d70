// Splitter: cuts a block into rows of fields, and undoes its format's escapes. One a thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/load/text/dialect.h"
#include "tools/load/text/fields.h"

namespace shale {

class Splitter {
 public:
  virtual ~Splitter() = default;

  // Begins a block, which must live until the next Start.
  virtual void Start(const TextBlock& block) = 0;
  // The next rows, at most `max_rows`, into `batch` (as many fields a row as the splitter was made
  // for); malformed records go to `rejects`. False when the block is used up and no row came.
  virtual bool Next(size_t max_rows, FieldBatch* batch, RejectList* rejects) = 0;
  // Writes the value of a field with kEscaped to `out`, which has room for the field's size, and
  // its length to `size`. False when the escapes make no UTF-8 text.
  virtual bool Unescape(std::string_view raw, char* out, size_t* size) const = 0;
};

// `num_fields` fields a record; rows with another count are rejected. With any_count (sniffing)
// rows are cut or filled with NULLs instead, and `counts` gets each row's own count.
std::unique_ptr<Splitter> MakeDelimitedSplitter(const Dialect& dialect, size_t num_fields,
                                                std::vector<uint32_t>* counts = nullptr);

// The eleven fields of an access log, in the order of kCombinedColumns.
std::unique_ptr<Splitter> MakeCombinedSplitter();
inline constexpr size_t kNumCombinedColumns = 11;

// Field i is the member named keys[i] (with flatten: the dotted path). Members that are not in
// keys are counted in `unknown` by name, up to kMaxUnknownKeys names.
std::unique_ptr<Splitter> MakeNdjsonSplitter(const std::vector<std::string>& keys, bool flatten,
                                             std::map<std::string, uint64_t>* unknown);
inline constexpr size_t kMaxUnknownKeys = 100;
// Objects nested deeper than this are kept as JSON under flatten.
inline constexpr int kMaxFlattenDepth = 16;

// As above, but every member that comes up becomes a key: `keys` grows, in the order of
// appearance. Fields of keys that were found later are missing from earlier batches. Beyond
// kMaxTextColumns keys, new ones are left out and *overflow is set.
std::unique_ptr<Splitter> MakeNdjsonDiscoverer(std::vector<std::string>* keys, bool flatten,
                                               bool* overflow);

// The text before the end of the last whole record in text[0, size): a position after a line end,
// or 0 when there is none. Knows quoted line ends (CSV) and escaped ones (TSV). `*open_quote` is
// set when text ends inside quotes.
size_t FindLastRecordEnd(const char* text, size_t size, const Dialect& dialect, bool* open_quote);
// The position after the first record, or `size` when it does not end; as above.
size_t FindFirstRecordEnd(const char* text, size_t size, const Dialect& dialect, bool* open_quote);

}  // namespace shale
