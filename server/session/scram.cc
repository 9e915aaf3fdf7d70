#include "server/session/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <vector>

namespace shale {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kSaltBytes = 16;
constexpr size_t kNonceBytes = 18;
constexpr std::string_view kMechanism = "SCRAM-SHA-256";
constexpr int kMaxIterations = 10'000'000;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), Bytes(bytes),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

std::optional<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > 4096) return std::nullopt;
  std::string out(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), Bytes(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<size_t>(size) - padding);
  return out;
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::string out(kKeyBytes, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(text), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

std::string Sha256(std::string_view text) {
  std::string out(kKeyBytes, '\0');
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size,
             EVP_sha256(), nullptr);
  return out;
}

bool SaltedPassword(std::string_view password, std::string_view salt, int iterations,
                    std::string* out) {
  out->assign(kKeyBytes, '\0');
  return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), Bytes(salt),
                           static_cast<int>(salt.size()), iterations, EVP_sha256(), kKeyBytes,
                           reinterpret_cast<unsigned char*>(out->data())) == 1;
}

std::string RandomBytes(size_t size) {
  std::string out(size, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size));
  return out;
}

struct Verifier {
  int iterations = 0;
  std::string salt, stored_key, server_key;
};

std::optional<Verifier> Read(std::string_view text) {
  // SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>
  auto take = [&](char until) {
    const size_t at = text.find(until);
    std::string_view part = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
    return part;
  };
  if (take('$') != kMechanism) return std::nullopt;
  Verifier verifier;
  for (char c : take(':')) {
    if (c < '0' || c > '9' || verifier.iterations > kMaxIterations) return std::nullopt;
    verifier.iterations = verifier.iterations * 10 + (c - '0');
  }
  auto salt = FromBase64(take('$'));
  auto stored_key = FromBase64(take(':'));
  auto server_key = FromBase64(text);
  if (verifier.iterations < 1 || !salt || !stored_key || !server_key ||
      stored_key->size() != kKeyBytes || server_key->size() != kKeyBytes) {
    return std::nullopt;
  }
  verifier.salt = *std::move(salt);
  verifier.stored_key = *std::move(stored_key);
  verifier.server_key = *std::move(server_key);
  return verifier;
}

// The value of attribute `name` in "a=1,b=2", or nothing.
std::optional<std::string_view> Attribute(std::string_view message, char name) {
  while (!message.empty()) {
    const size_t comma = message.find(',');
    std::string_view part = message.substr(0, comma);
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return part.substr(2);
    message = comma == std::string_view::npos ? std::string_view() : message.substr(comma + 1);
  }
  return std::nullopt;
}

Status Malformed(std::string_view what) {
  return InvalidArgument("malformed SCRAM message: {}", what);
}

}  // namespace

StatusOr<std::string> MakeScramVerifier(std::string_view password) {
  const std::string salt = RandomBytes(kSaltBytes);
  std::string salted;
  if (!SaltedPassword(password, salt, kScramIterations, &salted)) {
    return InvalidArgument("the password cannot be hashed");
  }
  const std::string stored_key = Sha256(Hmac(salted, "Client Key"));
  const std::string server_key = Hmac(salted, "Server Key");
  return fmt::format("{}${}:{}${}:{}", kMechanism, kScramIterations, Base64(salt),
                     Base64(stored_key), Base64(server_key));
}

bool IsScramVerifier(std::string_view text) { return Read(text).has_value(); }

bool PasswordFits(std::string_view verifier, std::string_view password) {
  auto read = Read(verifier);
  std::string salted;
  if (!read || !SaltedPassword(password, read->salt, read->iterations, &salted)) return false;
  const std::string stored_key = Sha256(Hmac(salted, "Client Key"));
  return CRYPTO_memcmp(stored_key.data(), read->stored_key.data(), kKeyBytes) == 0;
}

ScramServer::ScramServer(std::optional<std::string> verifier, std::string_view user,
                         std::string_view secret) {
  std::optional<Verifier> read;
  if (verifier) read = Read(*verifier);
  if (read) {
    exists_ = true;
    salt_ = std::move(read->salt);
    stored_key_ = std::move(read->stored_key);
    server_key_ = std::move(read->server_key);
    iterations_ = read->iterations;
    return;
  }
  // The same salt each time, as a role that exists has.
  salt_ = Hmac(secret, user).substr(0, kSaltBytes);
  stored_key_ = RandomBytes(kKeyBytes);
  server_key_ = RandomBytes(kKeyBytes);
}

StatusOr<std::string> ScramServer::First(std::string_view message) {
  // gs2-header: "n,," or "y,,"; "p=" asks for channel binding, which is not offered.
  if (message.size() < 3 || (message[0] != 'n' && message[0] != 'y')) {
    return Malformed("channel binding was not offered");
  }
  const size_t first = message.find(',');
  const size_t second = message.find(',', first + 1);
  if (first != 1 || second == std::string_view::npos) return Malformed("no gs2 header");
  gs2_header_ = std::string(message.substr(0, second + 1));
  client_first_bare_ = std::string(message.substr(second + 1));
  auto nonce = Attribute(client_first_bare_, 'r');
  if (!nonce || nonce->empty()) return Malformed("no nonce");
  if (Attribute(client_first_bare_, 'm')) return Malformed("an extension that is not known");
  nonce_ = std::string(*nonce) + Base64(RandomBytes(kNonceBytes));
  server_first_ = fmt::format("r={},s={},i={}", nonce_, Base64(salt_), iterations_);
  return server_first_;
}

StatusOr<std::string> ScramServer::Final(std::string_view message) {
  const size_t proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return Malformed("no proof");
  auto proof = FromBase64(message.substr(proof_at + 3));
  const std::string_view without_proof = message.substr(0, proof_at);
  auto binding = Attribute(without_proof, 'c');
  auto nonce = Attribute(without_proof, 'r');
  if (!proof || proof->size() != kKeyBytes) return Malformed("the proof is no key");
  if (!binding || *binding != Base64(gs2_header_)) return Malformed("another channel binding");
  if (!nonce || *nonce != nonce_) return Malformed("another nonce");
  const std::string auth_message =
      client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
  std::string client_key = Hmac(stored_key_, auth_message);
  for (size_t i = 0; i < kKeyBytes; ++i)
    client_key[i] = static_cast<char>(client_key[i] ^ (*proof)[i]);
  const std::string stored = Sha256(client_key);
  const bool fits = CRYPTO_memcmp(stored.data(), stored_key_.data(), kKeyBytes) == 0;
  if (!fits || !exists_) {
    return Status(StatusCode::kUnauthenticated, "password authentication failed");
  }
  return "v=" + Base64(Hmac(server_key_, auth_message));
}

}  // namespace shale
