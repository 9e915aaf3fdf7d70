// TLS by OpenSSL over memory: bytes in, bytes out, no socket of its own.
// TlsContext is immutable once made and thread-safe; a TlsEngine belongs to one session.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale {

class TlsContext {
 public:
  // PEM files; TLS 1.2 and later.
  static StatusOr<std::shared_ptr<TlsContext>> Load(const std::string& certificate_path,
                                                    const std::string& key_path);
  SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

class TlsEngine {
 public:
  explicit TlsEngine(const TlsContext& context);
  // Bytes from the peer; what they decrypt to goes to `plain`. False: the peer broke the protocol
  // or closed.
  bool Receive(std::string_view encrypted, std::string* plain);
  // Takes all of `plain` once the handshake is over (until then: nothing).
  bool Send(std::string* plain);
  // What is to be sent to the peer.
  void TakeOutput(std::string* encrypted);

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace shale
