#include "server/net/tls.h"

#include <openssl/err.h>

namespace shale {
namespace {

std::string LastError() {
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return text;
}

}  // namespace

StatusOr<std::shared_ptr<TlsContext>> TlsContext::Load(const std::string& certificate_path,
                                                       const std::string& key_path) {
  auto made = std::make_shared<TlsContext>();
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = made->context_.get();
  if (!context) return InvalidArgument("TLS: {}", LastError());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Idle sessions are many: they give their buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_path.c_str()) != 1) {
    return InvalidArgument("--tls-cert {}: {}", certificate_path, LastError());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return InvalidArgument("--tls-key {}: {}", key_path, LastError());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return InvalidArgument("--tls-key {} does not fit --tls-cert {}", key_path, certificate_path);
  }
  return made;
}

TlsEngine::TlsEngine(const TlsContext& context) : ssl_(SSL_new(context.get())) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(ssl_.get());
}

bool TlsEngine::Receive(std::string_view encrypted, std::string* plain) {
  BIO* in = SSL_get_rbio(ssl_.get());
  if (!encrypted.empty()) {
    BIO_write(in, encrypted.data(), static_cast<int>(encrypted.size()));
  }
  ERR_clear_error();
  while (true) {
    char bytes[16384];
    const int got = SSL_read(ssl_.get(), bytes, sizeof bytes);
    if (got > 0) {
      plain->append(bytes, static_cast<size_t>(got));
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), got);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }
}

bool TlsEngine::Send(std::string* plain) {
  ERR_clear_error();
  size_t sent = 0;
  while (sent < plain->size()) {
    const int wrote = SSL_write(ssl_.get(), plain->data() + sent,
                                static_cast<int>(std::min<size_t>(plain->size() - sent, 1 << 20)));
    if (wrote > 0) {
      sent += static_cast<size_t>(wrote);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), wrote);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
    break;
  }
  plain->erase(0, sent);
  return true;
}

void TlsEngine::TakeOutput(std::string* encrypted) {
  BIO* out = SSL_get_wbio(ssl_.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  if (size > 0) {
    encrypted->append(bytes, static_cast<size_t>(size));
    BIO_reset(out);
  }
}

}  // namespace shale
