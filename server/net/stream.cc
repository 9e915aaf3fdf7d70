#include "server/net/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace shale {
namespace {

// A peer that vanished without a word is noticed after about two minutes.
constexpr int kKeepIdleSeconds = 60;
constexpr int kKeepIntervalSeconds = 15;
constexpr int kKeepProbes = 4;
constexpr size_t kReadBytes = 65536;

bool SendBytes(int descriptor, std::string* bytes) {
  size_t sent = 0;
  while (sent < bytes->size()) {
    const ssize_t wrote =
        ::send(descriptor, bytes->data() + sent, bytes->size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote > 0) {
      sent += static_cast<size_t>(wrote);
    } else if (wrote < 0 && errno == EINTR) {
      continue;
    } else if (wrote < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      break;
    } else {
      return false;
    }
  }
  bytes->erase(0, sent);
  return true;
}

}  // namespace

Stream::Stream(StreamSocket socket, bool is_local)
    : socket_(std::move(socket)), descriptor_(socket_.native_handle()), is_local_(is_local) {
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  if (is_local) return;
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepIdleSeconds, sizeof(int));
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepIntervalSeconds, sizeof(int));
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_KEEPCNT, &kKeepProbes, sizeof(int));
}

Stream::Got Stream::Read(std::string* in) {
  char bytes[kReadBytes];
  ssize_t got = 0;
  do {
    got = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Got::kNothingYet;
  if (got <= 0) return Got::kClosed;
  const std::string_view received(bytes, static_cast<size_t>(got));
  if (!tls_) {
    in->append(received);
    return Got::kBytes;
  }
  const bool good = tls_->Receive(received, in);
  tls_->TakeOutput(&encrypted_);  // of the handshake, or an alert
  if (!SendBytes(descriptor_, &encrypted_) || !good) return Got::kClosed;
  return Got::kBytes;
}

bool Stream::Write(std::string* pending) {
  if (!tls_) return SendBytes(descriptor_, pending);
  if (encrypted_.empty() && !pending->empty()) {
    if (!tls_->Send(pending)) return false;
    tls_->TakeOutput(&encrypted_);
  }
  return SendBytes(descriptor_, &encrypted_);
}

void Stream::WaitWritable(int milliseconds) {
  pollfd waited{descriptor_, POLLOUT, 0};
  ::poll(&waited, 1, milliseconds);
}

std::string Stream::PeerAddress() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char text[INET6_ADDRSTRLEN] = "";
  if (::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&address)->sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr, text, sizeof text);
  } else {
    return "[local]";
  }
  return text;
}

int Stream::PeerPort() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
  }
  return -1;
}

void Stream::Interrupt() { ::shutdown(descriptor_, SHUT_RD); }

void Stream::Cut() { ::shutdown(descriptor_, SHUT_RDWR); }

void Stream::Close() {
  boost::system::error_code ignored;
  // Not closed while another thread might Interrupt: the descriptor lives as long as this object.
  ::shutdown(descriptor_, SHUT_RDWR);
  socket_.cancel(ignored);
}

}  // namespace shale
