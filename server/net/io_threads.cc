#include "server/net/io_threads.h"

#include <exception>
#include <utility>

#include "engine/base/log.h"

namespace shale {

IoThreads::IoThreads(int num_threads)
    : context_(num_threads), work_(context_.get_executor()), wanted_(num_threads) {
  MutexLock lock(&mutex_);
  for (int i = 0; i < num_threads; ++i) StartThread();
}

IoThreads::~IoThreads() { Stop(); }

void IoThreads::StartThread() {
  threads_.emplace_back("session", [this] {
    // Asio throws only for what a handler throws; a session must not take the server with it.
    while (true) {
      try {
        context_.run();
        return;
      } catch (const std::exception& error) {
        LogLine(LogLevel::kError, fmt::format("a session threw: {}", error.what()));
      }
    }
  });
}

bool IoThreads::Block() {
  MutexLock lock(&mutex_);
  if (blocked_ >= kMaxBlockedThreads) return false;
  ++blocked_;
  if (!stopped_ && static_cast<int>(threads_.size()) - blocked_ < wanted_) StartThread();
  return true;
}

void IoThreads::Unblock() {
  MutexLock lock(&mutex_);
  --blocked_;
}

void IoThreads::Stop() {
  std::vector<Thread> threads;
  {
    MutexLock lock(&mutex_);
    if (stopped_) return;
    stopped_ = true;
    threads = std::move(threads_);
  }
  work_.reset();
  context_.stop();
  for (Thread& thread : threads) thread.Join();
}

}  // namespace shale
