// Files of records and what the records hold. The first byte says what the rest is:
//   0, 1  a whole file of the log, of the catalog
//   2     the payload of a batch; what was read is written and read again the same
//   3, 4  the payload of a delete, of changes made together
//   5     the payload of a group of catalog edits, which are then applied
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "storage/catalog/catalog_state.h"
#include "storage/io/simulated_io.h"
#include "storage/log/log.h"
#include "storage/log/record_file.h"
#include "storage/table/visibility.h"

using namespace shale;  // NOLINT

namespace {

void ReadFile(RecordFileKind kind, const std::string& bytes) {
  SimulatedDisk disk({.track_durability = false});
  disk.Restore({{"/f", bytes}});
  const auto tail = RecordFile::Read(&disk, "/f", kind, [](const Record& record) -> Status {
    return record.payload.size() > 1 ? DecodeBatch(record.payload).status() : OkStatus();
  });
  if (tail.ok()) SHALE_CHECK(tail->end <= bytes.size());
}

void ApplyEdits(const std::string& payload) {
  auto edits = DecodeEdits(payload);
  if (!edits.ok()) return;
  CatalogState state;
  if (!state.Apply(1, *edits).ok()) return;
  for (const auto& [id, table] : state.tables) {
    for (const auto& [segment, entry] : table.segments) {
      (void)Visibility::FromCatalog(entry.hidden);
    }
  }
  // What is written of a state makes that state again.
  const std::string written = EncodeEdits(state.Snapshot());
  auto again = DecodeEdits(written);
  SHALE_CHECK(again.ok());
  CatalogState copy;
  SHALE_CHECK(copy.Apply(1, *again).ok());
  SHALE_CHECK(EncodeEdits(copy.Snapshot()) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string rest(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0]) {
    case 0: ReadFile(RecordFileKind::kLog, rest); break;
    case 1: ReadFile(RecordFileKind::kCatalog, rest); break;
    case 2: (void)DecodeBatch(rest); break;
    case 3: {
      const auto record = DecodeDelete(rest);
      if (record.ok()) SHALE_CHECK(EncodeDelete(*record) == rest);
      break;
    }
    case 4: (void)DecodeTogether(rest); break;
    case 5: ApplyEdits(rest); break;
    default: break;
  }
  return 0;
}
