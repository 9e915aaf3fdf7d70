#include "server/net/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>

#include "engine/base/log.h"

namespace shale {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// After "too many open files" and the like: sessions that end make room.
constexpr std::chrono::milliseconds kAcceptPause(100);
constexpr int kBacklog = 4096;

template <typename Protocol>
class SocketListener : public Listener,
                       public std::enable_shared_from_this<SocketListener<Protocol>> {
 public:
  SocketListener(asio::io_context* context, bool is_local)
      : acceptor(*context), pause_(*context), context_(context), is_local_(is_local) {}

  void Start(AcceptSocket accept) override {
    accept_ = std::move(accept);
    Next();
  }
  void Stop() override {
    asio::post(*context_, [self = this->shared_from_this()] {
      error_code ignored;
      self->stopped_ = true;
      self->acceptor.close(ignored);
      self->pause_.cancel();
      if (!self->path.empty()) ::unlink(self->path.c_str());
    });
  }
  std::string address() const override { return shown; }

  typename Protocol::acceptor acceptor;
  std::string shown;
  std::string path;  // of a Unix socket

 private:
  void Next() {
    acceptor.async_accept(
        [self = this->shared_from_this()](error_code error, typename Protocol::socket socket) {
          if (self->stopped_ || error == asio::error::operation_aborted) return;
          if (error) {
            LogWarning("cannot accept a connection at {}: {}", self->shown, error.message());
            self->pause_.expires_after(kAcceptPause);
            self->pause_.async_wait([self](error_code) {
              if (!self->stopped_) self->Next();
            });
            return;
          }
          self->accept_(StreamSocket(std::move(socket)), self->is_local_);
          self->Next();
        });
  }

  asio::steady_timer pause_;
  asio::io_context* context_;
  const bool is_local_;
  std::atomic<bool> stopped_{false};
  AcceptSocket accept_;
};

}  // namespace

StatusOr<std::shared_ptr<Listener>> ListenTcp(asio::io_context* context, const std::string& host,
                                              int port) {
  error_code error;
  asio::ip::address address = asio::ip::make_address(host, error);
  if (error && host == "localhost") {
    error.clear();
    address = asio::ip::address_v4::loopback();
  }
  if (error) return InvalidArgument("--listen {}: not an IP address", host);
  auto listener = std::make_shared<SocketListener<asio::ip::tcp>>(context, false);
  asio::ip::tcp::endpoint endpoint(address, static_cast<uint16_t>(port));
  listener->acceptor.open(endpoint.protocol(), error);
  if (!error) listener->acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
  if (!error) listener->acceptor.bind(endpoint, error);
  if (!error) listener->acceptor.listen(kBacklog, error);
  if (error) {
    return MakeError(StatusCode::kUnavailable, "cannot listen at {}:{}: {}", host, port,
                     error.message());
  }
  const int bound = listener->acceptor.local_endpoint(error).port();
  listener->shown = address.is_v6() ? fmt::format("[{}]:{}", address.to_string(), bound)
                                    : fmt::format("{}:{}", address.to_string(), bound);
  return std::shared_ptr<Listener>(std::move(listener));
}

StatusOr<std::shared_ptr<Listener>> ListenUnix(asio::io_context* context, const std::string& path) {
  using Local = asio::local::stream_protocol;
  constexpr size_t kMaxPathBytes = 107;  // sockaddr_un
  if (path.size() > kMaxPathBytes) {
    return InvalidArgument("{}: longer than the {} bytes of a socket's path", path, kMaxPathBytes);
  }
  error_code error;
  ::unlink(path.c_str());
  auto listener = std::make_shared<SocketListener<Local>>(context, true);
  Local::endpoint endpoint(path);
  listener->acceptor.open(endpoint.protocol(), error);
  // Nobody else may connect, not even for a moment.
  const mode_t before = ::umask(0177);
  if (!error) listener->acceptor.bind(endpoint, error);
  ::umask(before);
  if (!error) listener->acceptor.listen(kBacklog, error);
  if (error) {
    return MakeError(StatusCode::kUnavailable, "cannot listen at {}: {}", path, error.message());
  }
  listener->shown = path;
  listener->path = path;
  return std::shared_ptr<Listener>(std::move(listener));
}

}  // namespace shale
