// A dictionary as an object of a segment file: one sealed block (codec kDictionaryObject, rows =
// entries) whose payload compresses its texts in chunks. Hashes are not stored: recomputing them
// runs at the speed of memory, and 8 incompressible bytes an entry would be a good part of a small
// dictionary.
//
// Payload: flags (1 byte; 1: entries ascend bytewise), a packed section (4-byte base) of the
// entries' lengths, number of chunks (varint), for each chunk its compression (1 byte), its raw and
// stored size (varints); then the chunks' bytes. A chunk ends with an entry.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/codec/block.h"

namespace shale {

// The payload of `count` entries.
std::string EncodeDictionary(size_t count, bool sorted,
                             const std::function<std::string_view(uint32_t)>& entry);

// `id` becomes the dictionary's process-wide id. DataLoss unless there are `expected_entries`.
StatusOr<DictionaryPtr> DecodeDictionary(const OpenedBlock& object, const Type& type, uint64_t id,
                                         size_t expected_entries);

// Bytes that a dictionary takes in memory.
int64_t DictionaryBytes(const Dictionary& dictionary);

}  // namespace shale
