#include "server/session/scram.h"

#include <gtest/gtest.h>

namespace shale {
namespace {

TEST(ScramTest, VerifierFitsItsPasswordAlone) {
  auto verifier = MakeScramVerifier("pencil");
  ASSERT_TRUE(verifier.ok());
  EXPECT_TRUE(verifier->starts_with("SCRAM-SHA-256$4096:"));
  EXPECT_TRUE(IsScramVerifier(*verifier));
  EXPECT_TRUE(PasswordFits(*verifier, "pencil"));
  EXPECT_FALSE(PasswordFits(*verifier, "Pencil"));
  EXPECT_NE(*verifier, *MakeScramVerifier("pencil"));
}

// The verifier of the password "pencil" with RFC 7677's salt and iterations.
TEST(ScramTest, KeysAreThoseOfTheRfc) {
  const std::string verifier =
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
      "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  EXPECT_TRUE(PasswordFits(verifier, "pencil"));
}

TEST(ScramTest, MalformedMessagesAreRefused) {
  ScramServer server(std::nullopt, "ann", "secret");
  for (const char* message : {"", "n", "n,", "p=tls-unique,,n=,r=a", "n,,n=,", "n,,m=x,n=,r=a"}) {
    EXPECT_EQ(server.First(message).status().code(), StatusCode::kInvalidArgument) << message;
  }
  ASSERT_TRUE(server.First("n,,n=,r=abc").ok());
  for (const char* message : {"", "c=biws", "c=biws,r=abc,p=AAAA", ",p="}) {
    EXPECT_EQ(server.Final(message).status().code(), StatusCode::kInvalidArgument) << message;
  }
}

TEST(ScramTest, AnUnknownRoleHasASaltThatStays) {
  ScramServer once(std::nullopt, "eve", "secret"), again(std::nullopt, "eve", "secret");
  auto salt = [](const std::string& message) { return message.substr(message.find(",s=")); };
  EXPECT_EQ(salt(*once.First("n,,n=,r=abc")), salt(*again.First("n,,n=,r=abc")));
}

}  // namespace
}  // namespace shale
