// SCRAM-SHA-256 (RFC 5802, 7677) as PostgreSQL speaks it: the verifier that a server keeps instead
// of a password, and the server's side of a login. Primitives are OpenSSL's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale {

inline constexpr int kScramIterations = 4096;

// "SCRAM-SHA-256$4096:salt$stored:server" for a password, with a new salt.
StatusOr<std::string> MakeScramVerifier(std::string_view password);
bool IsScramVerifier(std::string_view text);
// As a client would prove it: for commands that take the password itself.
bool PasswordFits(std::string_view verifier, std::string_view password);

// One login. A role that does not exist goes through the same motions, and fails at the end.
class ScramServer {
 public:
  // `secret` makes the salts of roles that do not exist.
  ScramServer(std::optional<std::string> verifier, std::string_view user, std::string_view secret);
  // The client's first message → the server's. InvalidArgument: the client broke the protocol.
  StatusOr<std::string> First(std::string_view client_first);
  // The client's last → the server's. Unauthenticated: the password is wrong.
  StatusOr<std::string> Final(std::string_view client_final);

 private:
  std::string salt_, stored_key_, server_key_;
  int iterations_ = kScramIterations;
  bool exists_ = false;
  std::string gs2_header_, client_first_bare_, server_first_, nonce_;
};

}  // namespace shale
