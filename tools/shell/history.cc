#include "tools/shell/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace shale {
namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Unescape(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      out += line[i];
    } else {
      ++i;
      out += line[i] == 'n' ? '\n' : line[i];
    }
  }
  return out;
}

void WriteAll(const std::string& path, int flags, std::string_view text) {
  // Statements may hold secrets: the file is the owner's alone.
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd < 0) return;
  while (!text.empty()) {
    ssize_t written = write(fd, text.data(), text.size());
    if (written <= 0) break;
    text.remove_prefix(static_cast<size_t>(written));
  }
  close(fd);
}

}  // namespace

History::History(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  std::ifstream in(path_, std::ios::binary);
  std::string line;
  while (std::getline(in, line)) {
    if (!line.empty()) entries_.push_back(Unescape(line));
  }
  in.close();
  if (entries_.size() <= kMaxEntries) return;
  entries_.erase(entries_.begin(), entries_.end() - kMaxEntries / 2);
  std::string kept;
  for (const auto& entry : entries_) kept += Escape(entry) + "\n";
  std::string fresh = path_ + ".new";
  WriteAll(fresh, O_TRUNC, kept);
  std::rename(fresh.c_str(), path_.c_str());
}

bool History::Add(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  if (text.find_first_not_of(" \t\n") == std::string_view::npos) return false;
  if (!entries_.empty() && entries_.back() == text) return false;
  entries_.emplace_back(text);
  if (!path_.empty()) WriteAll(path_, O_APPEND, Escape(text) + "\n");
  return true;
}

}  // namespace shale
