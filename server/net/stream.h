// Stream: one client's socket, plain or under TLS. Never blocks but in WaitWritable. Used by one
// thread at a time, except Interrupt.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/status.h"
#include "server/net/tls.h"

namespace shale {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

class Stream {
 public:
  Stream(StreamSocket socket, bool is_local);

  enum class Got : uint8_t { kBytes, kNothingYet, kClosed };
  // Appends what is there, up to about 64 KiB.
  Got Read(std::string* in);
  // Sends what can be sent now and takes it off `pending`. False: the peer is gone.
  bool Write(std::string* pending);
  bool has_unsent() const { return !encrypted_.empty(); }  // beside what `pending` still holds
  // Until the socket takes bytes again, or so many milliseconds have passed.
  void WaitWritable(int milliseconds);

  void StartTls(const TlsContext& context) { tls_ = std::make_unique<TlsEngine>(context); }
  bool is_tls() const { return tls_ != nullptr; }
  bool is_local() const { return is_local_; }  // the database folder's own socket
  std::string PeerAddress() const;             // "127.0.0.1", "[local]"
  int PeerPort() const;                        // -1: local

  // handler() on an IoThreads thread.
  template <typename Handler>
  void WhenReadable(Handler handler) {
    socket_.async_wait(StreamSocket::wait_read,
                       [handler = std::move(handler)](const auto&) mutable { handler(); });
  }
  template <typename Handler>
  void WhenWritable(Handler handler) {
    socket_.async_wait(StreamSocket::wait_write,
                       [handler = std::move(handler)](const auto&) mutable { handler(); });
  }
  // Makes the stream readable, with nothing to read. Any thread.
  void Interrupt();
  void Cut();  // breaks it off. Any thread.
  void Close();

 private:
  StreamSocket socket_;
  const int descriptor_;
  const bool is_local_;
  std::unique_ptr<TlsEngine> tls_;
  std::string encrypted_;  // to be sent
};

}  // namespace shale
