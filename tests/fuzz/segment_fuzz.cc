// Segment files. The first byte says what the rest is:
//   0  a whole file
//   1  the decompressed fields of a footer, whose payloads stand in it: sealed with the right
//      checksum, so that the parser and the decoders behind it are reached
//   2  the payload of a dictionary, after its number of entries (2 bytes)
#include <cstdint>
#include <string>
#include <vector>

#include "storage/io/simulated_io.h"
#include "storage/segment/dictionary_file.h"
#include "storage/segment/footer.h"

using namespace shale;  // NOLINT

namespace {

void ReadEverything(const std::string& bytes) {
  SimulatedDisk disk({.track_durability = false});
  disk.Restore({{"/s", bytes}});
  const auto reader = SegmentReader::Open(&disk, "/s", nullptr, 0);
  if (!reader.ok()) return;
  const Status status = (*reader)->Check();
  static const std::vector<uint8_t> match(kMaxSegmentRows, 1);
  std::vector<uint32_t> rows(kChunkRows);
  for (int column = 0; column < static_cast<int>((*reader)->info().columns.size()); ++column) {
    const SegmentColumn& info = (*reader)->info().columns[column];
    for (size_t block = 0; block < (*reader)->num_blocks(); ++block) {
      (*reader)->Zone(column, block);
      const auto vector = (*reader)->ReadBlock(column, block);
      if (vector.ok() && vector->size() > 0) vector->GetValue(vector->size() - 1);
      if (info.dictionary_size > 0) {
        (void)(*reader)->SelectCodes(column, block, match.data(), rows.data());
      } else if (IsIntegerPhysical(info.type.physical())) {
        (void)(*reader)->SelectRange(column, block, -1, 50, false, rows.data());
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string rest(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] == 0) {
    ReadEverything(rest);
  } else if (data[0] == 1) {
    uint64_t checksum;
    const std::string header = EncodeSegmentHeader();
    ReadEverything(header + SealFooter(rest, header.size(), &checksum));
  } else if (size >= 3) {
    OpenedBlock object;
    object.codec = kDictionaryObject;
    object.rows = data[1] | data[2] << 8;
    object.payload = ByteSpan(data + 3, size - 3);
    const auto dictionary = DecodeDictionary(object, TypeId::kText, 1, object.rows);
    if (dictionary.ok() && (*dictionary)->size() > 0) {
      (*dictionary)->values.GetValue((*dictionary)->size() - 1);
    }
  }
  return 0;
}
