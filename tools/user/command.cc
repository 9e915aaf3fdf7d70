#include "tools/user/command.h"

#include <libpq-fe.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "server/server.h"
#include "server/session/scram.h"
#include "sql/database.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

enum class Action { kAdd, kPassword, kDrop };

struct UserArguments {
  std::string db, name;
  Action action = Action::kAdd;
};

// From SHALE_PASSWORD, else typed without echo, else the first line of standard input.
StatusOr<std::string> ReadPassword(const std::string& name) {
  if (const char* given = std::getenv("SHALE_PASSWORD")) return std::string(given);
  const bool terminal = IsTerminal(STDIN_FILENO);
  termios before{};
  if (terminal) {
    fmt::print(stderr, "Password for {}: ", name);
    tcgetattr(STDIN_FILENO, &before);
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string password;
  std::getline(std::cin, password);
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fmt::print(stderr, "\n");
  }
  if (password.empty()) {
    return InvalidArgument("no password: type one, pipe one, or set SHALE_PASSWORD");
  }
  return password;
}

// Through the server that has the folder open; NotFound when none has.
Status ThroughServer(const UserArguments& arguments, const std::string& verifier) {
  std::error_code error;
  const std::string folder = std::filesystem::absolute(arguments.db, error).string();
  const std::string port = std::to_string(kFolderSocketPort);
  const char* keys[] = {"host", "port", "user", "dbname", nullptr};
  const char* values[] = {folder.c_str(), port.c_str(), "shale", "shale", nullptr};
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdbParams(keys, values, 0),
                                                        PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return NotFound("{}", PQerrorMessage(connection.get()));
  }
  char* quoted = PQescapeIdentifier(connection.get(), arguments.name.data(), arguments.name.size());
  std::string name = quoted ? quoted : "";
  PQfreemem(quoted);
  std::string sql;
  switch (arguments.action) {
    case Action::kAdd: sql = fmt::format("CREATE ROLE {} PASSWORD '{}'", name, verifier); break;
    case Action::kPassword: sql = fmt::format("ALTER ROLE {} PASSWORD '{}'", name, verifier); break;
    case Action::kDrop: sql = fmt::format("DROP ROLE {}", name); break;
  }
  std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()),
                                                        PQclear);
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return OkStatus();
  const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  return InvalidArgument("{}", message ? message : PQerrorMessage(connection.get()));
}

Status Change(const UserArguments& arguments) {
  std::string verifier;
  if (arguments.action != Action::kDrop) {
    ASSIGN_OR_RETURN(std::string password, ReadPassword(arguments.name));
    ASSIGN_OR_RETURN(verifier, MakeScramVerifier(password));
  }
  std::error_code error;
  if (std::filesystem::exists(FolderSocketPath(arguments.db), error)) {
    Status status = ThroughServer(arguments, verifier);
    if (status.code() != StatusCode::kNotFound) return status;
  }
  DatabaseOptions options;
  options.create = arguments.action == Action::kAdd;
  options.background_jobs = false;
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(arguments.db, options));
  std::unique_ptr<Connection> connection = database->Connect();
  if (arguments.action == Action::kDrop) return connection->DropRole(arguments.name);
  return connection->PutRole(arguments.name, verifier, arguments.action == Action::kPassword);
}

}  // namespace

void AddUserCommand(CLI::App* app, std::function<int()>* run) {
  CLI::App* user = app->add_subcommand("user", "Say who may log in to the server");
  user->require_subcommand(1);
  user->footer(
      "Works on a stopped database and on one that a server has open. The password is asked for, "
      "read from standard input, or taken from SHALE_PASSWORD; only its SCRAM-SHA-256 verifier "
      "is kept.\n\nExamples:\n"
      "  shale user add ann --db events.db\n"
      "  shale user password ann --db events.db\n"
      "  shale user drop ann --db events.db");
  auto add = [&](const char* name, const char* description, Action action) {
    auto arguments = std::make_shared<UserArguments>();
    arguments->action = action;
    CLI::App* command = user->add_subcommand(name, description);
    command->add_option("NAME", arguments->name, "The user's name")->required();
    command->add_option("--db", arguments->db, "Database folder")->type_name("DIR")->required();
    command->callback([arguments, run] {
      *run = [arguments] {
        Status status = Change(*arguments);
        if (status.ok()) return 0;
        PrintError(Message(status));
        return 1;
      };
    });
  };
  add("add", "Let a new user log in", Action::kAdd);
  add("password", "Change a user's password", Action::kPassword);
  add("drop", "Let a user log in no more", Action::kDrop);
}

}  // namespace shale
