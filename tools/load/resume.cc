#include "tools/load/resume.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/vector/hash.h"

namespace shale {
namespace {

constexpr std::string_view kMark = "shale-load-1";

std::string EscapeName(std::string name) {
  for (char& c : name) {
    if (c == ',' || c == ';' || static_cast<unsigned char>(c) < 0x20) c = '_';
  }
  return name;
}

Status Changed(const std::string& path, const ResumeFile& before, const ResumeFile& now) {
  return InvalidArgument(
      "{} has changed since part of it was loaded (it had {} bytes, and has {}): --resume goes on "
      "with the same file only. Load what is new as a file of its own, without --resume",
      path, before.length, now.length);
}

}  // namespace

ResumeFile IdentifyFile(const std::string& path, int64_t length, const TextBlock& first_block) {
  ResumeFile file;
  file.first_block_hash = HashBytes(first_block.text);
  file.length = length;
  file.prefix_hash = HashBytes(first_block.text.substr(0, kResumePrefixBytes));
  file.name = EscapeName(std::filesystem::path(path).filename().string());
  return file;
}

uint64_t FoldBlockHash(uint64_t so_far, std::string_view block) {
  return HashCombine(so_far, HashBytes(block));
}

std::string ResumeToken::ToString() const {
  std::string text = fmt::format("{} {} {}", kMark, num_rows, num_bad);
  for (const ResumeRange& range : ranges) {
    fmt::format_to(std::back_inserter(text), ";{:016x},{},{:016x},{},{},{:016x},{}",
                   range.file.first_block_hash, range.file.length, range.file.prefix_hash,
                   range.begin, range.end, range.content_hash, range.file.name);
  }
  return text;
}

bool ResumeToken::Parse(std::string_view text, ResumeToken* token) {
  std::vector<std::string> parts = absl::StrSplit(absl::string_view(text.data(), text.size()), ';');
  std::vector<std::string> head = absl::StrSplit(parts[0], ' ');
  if (head.size() != 3 || head[0] != kMark) return false;
  if (!absl::SimpleAtoi(head[1], &token->num_rows)) return false;
  if (!absl::SimpleAtoi(head[2], &token->num_bad)) return false;
  for (size_t i = 1; i < parts.size(); ++i) {
    std::vector<std::string> fields = absl::StrSplit(parts[i], ',');
    ResumeRange range;
    bool good =
        fields.size() == 7 && absl::SimpleHexAtoi(fields[0], &range.file.first_block_hash) &&
        absl::SimpleAtoi(fields[1], &range.file.length) &&
        absl::SimpleHexAtoi(fields[2], &range.file.prefix_hash) &&
        absl::SimpleAtoi(fields[3], &range.begin) && absl::SimpleAtoi(fields[4], &range.end) &&
        absl::SimpleHexAtoi(fields[5], &range.content_hash);
    if (!good) return false;
    range.file.name = fields[6];
    token->ranges.push_back(std::move(range));
  }
  return true;
}

ResumeState::ResumeState(const std::vector<std::string>& tokens) {
  for (const auto& text : tokens) {
    ResumeToken token;
    if (ResumeToken::Parse(text, &token)) tokens_.push_back(std::move(token));
  }
  counted_.assign(tokens_.size(), false);
}

Status ResumeState::BeginFile(const std::string& path, int64_t length,
                              const TextBlock& first_block) {
  path_ = path;
  file_ = IdentifyFile(path, length, first_block);
  ranges_.clear();
  fold_ = 0;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    for (const ResumeRange& range : tokens_[i].ranges) {
      if (range.file.Is(file_)) {
        ranges_.push_back(range);
        if (!counted_[i]) {
          counted_[i] = true;
          rows_loaded_ += tokens_[i].num_rows;
          bad_loaded_ += tokens_[i].num_bad;
        }
      } else if (range.file.name == file_.name && range.file.prefix_hash == file_.prefix_hash) {
        return Changed(path, range.file, file_);
      }
    }
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const ResumeRange& a, const ResumeRange& b) { return a.begin < b.begin; });
  return OkStatus();
}

StatusOr<bool> ResumeState::IsLoaded(const TextBlock& block) {
  uint64_t begin = block.byte_offset, end = begin + block.text.size();
  for (const ResumeRange& range : ranges_) {
    if (begin >= range.end || end <= range.begin) continue;
    if (begin < range.begin || end > range.end) return Changed(path_, range.file, file_);
    fold_ = begin == range.begin ? FoldBlockHash(0, block.text) : FoldBlockHash(fold_, block.text);
    if (end == range.end && fold_ != range.content_hash) return Changed(path_, range.file, file_);
    return true;
  }
  return false;
}

}  // namespace shale
