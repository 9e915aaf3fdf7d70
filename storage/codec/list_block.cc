#include "storage/codec/list_block.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "engine/vector/vector_builder.h"
#include "storage/codec/block_encoder.h"

namespace shale {

extern const Codec kListCodec;

namespace {

enum class ElementForm : uint8_t { kValues = 0, kDictionary = 1 };
// Texts have a dictionary while distinct ones are at most this share of the elements.
constexpr double kMaxDistinctShare = 0.5;
constexpr int kMaxDepth = 32;

// ---- writing ------------------------------------------------------------------------------------

// The elements of the lists that are not NULL, in order, and each row's number of them.
Vector ElementsOf(const Vector& lists, std::vector<uint32_t>* lengths) {
  const auto* entries = lists.values<ListEntry>();
  lengths->assign(lists.size(), 0);
  std::vector<uint32_t> picks;
  for (size_t row = 0; row < lists.size(); ++row) {
    if (lists.has_nulls() && !BitIsSet(lists.validity(), row)) continue;
    (*lengths)[row] = entries[row].length;
    for (uint32_t i = 0; i < entries[row].length; ++i) picks.push_back(entries[row].offset + i);
  }
  return lists.children()[0].Gather(picks.data(), picks.size()).Flatten();
}

// Values of `width` bytes with those under NULLs replaced by what stood before them.
template <typename T>
void FillNulls(T* values, const uint64_t* validity, size_t rows) {
  size_t last = 0;
  while (last < rows && !BitIsSet(validity, last)) ++last;
  if (last == rows) return;
  for (size_t i = 0; i < rows; ++i) {
    if (BitIsSet(validity, i)) {
      last = i;
    } else {
      values[i] = values[last];
    }
  }
}

struct Wide {
  uint64_t a, b;
};

// One piece of elements that are no lists.
std::string EncodePlain(const Vector& piece) {
  const PhysicalType physical = piece.type().physical();
  BlockEncoder encoder(physical, false);
  CodecId codec;
  const size_t rows = piece.size();
  if (physical == PhysicalType::kString) {
    std::vector<std::string_view> texts(rows);
    const auto* values = piece.values<std::string_view>();
    for (size_t i = 0; i < rows; ++i) {
      if (!piece.IsNull(i)) texts[i] = values[i];
    }
    return encoder.Encode(texts.data(), piece.validity(), rows, &codec);
  }
  const auto encode = [&]<typename T>() {
    std::vector<T> values(piece.values<T>(), piece.values<T>() + rows);
    if (piece.has_nulls()) FillNulls(values.data(), piece.validity(), rows);
    return encoder.Encode(values.data(), piece.validity(), rows, &codec);
  };
  switch (PhysicalSize(physical)) {
    case 1: return encode.operator()<uint8_t>();
    case 2: return encode.operator()<uint16_t>();
    case 4: return encode.operator()<uint32_t>();
    case 8: return encode.operator()<uint64_t>();
    default: return encode.operator()<Wide>();
  }
}

void PutPieces(const Vector& values, std::string* out) {
  for (size_t begin = 0; begin < values.size(); begin += kMaxBlockRows) {
    const Vector piece = values.Slice(begin, std::min(kMaxBlockRows, values.size() - begin));
    PutText(piece.type().id() == TypeId::kList ? EncodeListPayload(piece) : EncodePlain(piece),
            out);
  }
}

// Texts as codes of a dictionary in order of first appearance; false when there are too many.
bool PutDictionary(const Vector& values, std::string* out) {
  const auto* texts = values.values<std::string_view>();
  const size_t limit = static_cast<size_t>(kMaxDistinctShare * static_cast<double>(values.size()));
  absl::flat_hash_map<absl::string_view, uint32_t> codes_of;
  std::vector<std::string_view> entries;
  Vector codes = Vector::Flat(TypeId::kUInteger, values.size());
  auto* const code = codes.mutable_values<uint32_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    code[i] = 0;
    if (values.IsNull(i)) continue;
    const auto [found, fresh] =
        codes_of.emplace(absl::string_view(texts[i].data(), texts[i].size()), entries.size());
    if (fresh) entries.push_back(texts[i]);
    if (entries.size() > limit) return false;
    code[i] = found->second;
  }
  codes.ShareValidity(values);
  out->push_back(static_cast<char>(ElementForm::kDictionary));
  PutVarint(entries.size(), out);
  Vector dictionary = Vector::Flat(values.type(), entries.size());
  std::copy(entries.begin(), entries.end(), dictionary.mutable_values<std::string_view>());
  PutPieces(dictionary, out);
  PutPieces(codes, out);
  return true;
}

// ---- reading ------------------------------------------------------------------------------------

StatusOr<LoadedBlock> TakePayload(ByteReader* reader, size_t rows) {
  const ByteSpan payload = reader->Take(reader->Varint());
  if (!reader->ok()) return DataLoss("a list's part reaches past the block");
  return ParsePayload(payload, nullptr, rows);
}

// The pieces of `count` values of a type that is no list.
StatusOr<Vector> TakePlain(ByteReader* reader, const Type& type, size_t count,
                           const HeapPtr& heap) {
  Vector values = Vector::Flat(type, count);
  const size_t width = PhysicalSize(type.physical());
  for (size_t begin = 0; begin < count; begin += kMaxBlockRows) {
    const size_t rows = std::min(kMaxBlockRows, count - begin);
    ASSIGN_OR_RETURN(const LoadedBlock piece, TakePayload(reader, rows));
    uint8_t* out = values.mutable_values<uint8_t>() + begin * width;
    if (piece.all_null()) {
      std::memset(out, 0, rows * width);
      for (size_t i = 0; i < rows; ++i) values.SetNull(begin + i);
      continue;
    }
    RETURN_IF_ERROR(DecodeValues(piece, type.physical(), out));
    if (piece.validity == nullptr) continue;
    const auto* validity = reinterpret_cast<const uint64_t*>(piece.validity->data());
    for (size_t i = 0; i < rows; ++i) {
      if (!BitIsSet(validity, i)) values.SetNull(begin + i);
    }
  }
  if (type.IsStringLike() && heap) values.AddHeap(heap);
  return values;
}

StatusOr<Vector> TakeDictionary(ByteReader* reader, const Type& type, size_t count,
                                const HeapPtr& heap) {
  const uint64_t num_entries = reader->Varint();
  if (!reader->ok() || !type.IsStringLike() || num_entries > count) {
    return DataLoss("a dictionary of {} entries for {} elements", num_entries, count);
  }
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = NextDictionaryId();
  ASSIGN_OR_RETURN(dictionary->values, TakePlain(reader, type, num_entries, heap));
  if (dictionary->values.has_nulls()) return DataLoss("a dictionary with NULLs");
  ASSIGN_OR_RETURN(const Vector flat, TakePlain(reader, TypeId::kUInteger, count, nullptr));
  BufferPtr codes = Buffer::Allocate(count * sizeof(uint32_t));
  auto* const code = reinterpret_cast<uint32_t*>(codes->data());
  for (size_t i = 0; i < count; ++i) {
    code[i] = flat.values<uint32_t>()[i];
    if (flat.IsNull(i)) {
      code[i] = 0;
    } else if (code[i] >= num_entries) {
      return DataLoss("code {} of {}", code[i], num_entries);
    }
  }
  if (num_entries == 0) return Vector::ConstantNull(type, count);
  Vector values = Vector::FromDictionary(std::move(dictionary), std::move(codes), count);
  values.set_validity(flat.validity_buffer());
  return values;
}

StatusOr<Vector> Decode(const LoadedBlock& block, const Type& type, const HeapPtr& heap, int depth);

StatusOr<Vector> TakeLists(ByteReader* reader, const Type& type, size_t count, const HeapPtr& heap,
                           int depth) {
  VectorBuilder lists(type, count);
  for (size_t begin = 0; begin < count; begin += kMaxBlockRows) {
    const size_t rows = std::min(kMaxBlockRows, count - begin);
    ASSIGN_OR_RETURN(const LoadedBlock piece, TakePayload(reader, rows));
    if (piece.all_null()) {
      for (size_t i = 0; i < rows; ++i) lists.AppendNull();
      continue;
    }
    ASSIGN_OR_RETURN(const Vector part, Decode(piece, type, heap, depth));
    if (rows == count) return part;
    lists.AppendRange(part, 0, rows);
  }
  return lists.Finish();
}

StatusOr<Vector> Decode(const LoadedBlock& block, const Type& type, const HeapPtr& heap,
                        int depth) {
  SHALE_CHECK(!block.all_null());
  if (block.codec->id != CodecId::kList) {
    return DataLoss("codec {} holds no lists", block.codec->name);
  }
  if (depth > kMaxDepth) return DataLoss("lists nested deeper than {}", kMaxDepth);
  ByteReader reader(block.values);
  const uint64_t num_elements = reader.Varint();
  if (!reader.ok() || num_elements > kMaxBlockElements) {
    return DataLoss("a block of {} list elements", num_elements);
  }
  ASSIGN_OR_RETURN(const LoadedBlock lengths, TakePayload(&reader, block.rows));
  if (lengths.all_null() || lengths.validity != nullptr) return DataLoss("lengths with NULLs");
  std::vector<uint32_t> length(block.rows);
  RETURN_IF_ERROR(DecodeValues(lengths, PhysicalType::kUInt32, length.data()));
  Vector result = Vector::Flat(type, block.rows);
  auto* const entries = result.mutable_values<ListEntry>();
  uint64_t total = 0;
  for (size_t row = 0; row < block.rows; ++row) {
    entries[row] = {static_cast<uint32_t>(total), length[row]};
    total += length[row];
    if (total > num_elements) break;
  }
  if (total != num_elements) {
    return DataLoss("lists of {} elements at least, there are {}", total, num_elements);
  }
  if (block.validity != nullptr) result.set_validity(block.validity);
  if (num_elements == 0) return reader.done() ? StatusOr<Vector>(result) : DataLoss("empty lists");

  const Type& child = type.child();
  const auto form = static_cast<ElementForm>(reader.Fixed<uint8_t>());
  Vector elements;
  if (form == ElementForm::kDictionary) {
    ASSIGN_OR_RETURN(elements, TakeDictionary(&reader, child, num_elements, heap));
  } else if (form != ElementForm::kValues) {
    return DataLoss("elements of form {}", static_cast<int>(form));
  } else if (child.id() == TypeId::kList) {
    ASSIGN_OR_RETURN(elements, TakeLists(&reader, child, num_elements, heap, depth + 1));
  } else {
    ASSIGN_OR_RETURN(elements, TakePlain(&reader, child, num_elements, heap));
  }
  if (!reader.done()) return DataLoss("lists: {} bytes too many", reader.remaining());
  result.mutable_children().assign(1, std::move(elements));
  return result;
}

size_t CannotMeasure(const BlockInput&) { return Codec::kCannot; }
void CannotEncode(const BlockInput&, std::string*) { SHALE_CHECK(false && "not a plain codec"); }
Status CannotDecode(ByteSpan, PhysicalType, size_t, void*) {
  return DataLoss("lists where plain values are expected");
}
std::string NoDetail(ByteSpan, PhysicalType) { return ""; }

}  // namespace

const Codec kListCodec = {CodecId::kList, "list",       CannotMeasure,
                          CannotEncode,   CannotDecode, NoDetail};

std::string EncodeListPayload(const Vector& lists) {
  SHALE_CHECK(lists.is_flat() && lists.size() > 0 && lists.size() <= kMaxBlockRows);
  std::string nulls, payload;
  const NullKind kind = EncodeNulls(lists.validity(), lists.size(), &nulls);
  payload.push_back(
      static_cast<char>(kind == NullKind::kAll ? CodecId::kConstant : CodecId::kList));
  payload.push_back(static_cast<char>(kind));
  if (kind == NullKind::kAll) return payload;
  if (kind != NullKind::kNone) PutText(nulls, &payload);
  std::vector<uint32_t> lengths;
  const Vector elements = ElementsOf(lists, &lengths);
  SHALE_CHECK(elements.size() <= kMaxBlockElements);
  PutVarint(elements.size(), &payload);
  BlockEncoder encoder(PhysicalType::kUInt32, false);
  CodecId codec;
  PutText(encoder.Encode(lengths.data(), nullptr, lengths.size(), &codec), &payload);
  if (elements.size() == 0) return payload;
  if (elements.type().IsStringLike() && PutDictionary(elements, &payload)) return payload;
  payload.push_back(static_cast<char>(ElementForm::kValues));
  PutPieces(elements, &payload);
  return payload;
}

StatusOr<Vector> DecodeListBlock(const LoadedBlock& block, const Type& type, const HeapPtr& heap) {
  return Decode(block, type, heap, 0);
}

}  // namespace shale
