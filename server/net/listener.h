// Listener: takes connections at one address and hands each socket to whoever speaks the protocol
// there (PostgreSQL's now; HTTP would be another). One accept is on its way at a time.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/status.h"
#include "server/net/stream.h"

namespace shale {

using AcceptSocket = std::function<void(StreamSocket socket, bool is_local)>;

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void Start(AcceptSocket accept) = 0;  // once
  virtual void Stop() = 0;                      // on a thread of the context, or before it runs
  virtual std::string address() const = 0;      // "127.0.0.1:5433"
};

// `port` 0 takes a free one.
StatusOr<std::shared_ptr<Listener>> ListenTcp(boost::asio::io_context* context,
                                              const std::string& host, int port);
// Mode 0600; a file left by a server that died is replaced.
StatusOr<std::shared_ptr<Listener>> ListenUnix(boost::asio::io_context* context,
                                               const std::string& path);

}  // namespace shale
