// PREPARE, EXECUTE, DEALLOCATE: a statement is parsed once and run many times, its parameters bound
// as the constants that EXECUTE gives.
#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"
#include "sql/execute.h"
#include "sql/parser.h"

namespace shale {
namespace {

Status NoSuchStatement(const ast::Identifier& name, const StatementContext& context) {
  return Status(
      StatusCode::kNotFound,
      context.ErrorAt(name.at, fmt::format("prepared statement \"{}\" does not exist", name.name))
          .message());
}

// The parameters that hold while a prepared statement runs.
class WithParameters {
 public:
  WithParameters(Session* session, std::vector<Session::Parameter> parameters) : session_(session) {
    session_->parameters.swap(parameters);
    outer_ = std::move(parameters);
  }
  ~WithParameters() { session_->parameters = std::move(outer_); }
  WithParameters(const WithParameters&) = delete;

 private:
  Session* session_;
  std::vector<Session::Parameter> outer_;
};

StatusOr<std::vector<Session::Parameter>> BindParameters(const PreparedStatement& prepared,
                                                         const ast::Execute& execute,
                                                         StatementContext& context) {
  Binder binder(context.sql, context.session, context.data->snapshot());
  Scope none;
  Binder::ExprContext expr_context;
  expr_context.scope = &none;
  expr_context.clause = "EXECUTE";
  ExprBinder expr_binder{binder, expr_context};
  if (!prepared.types.empty() && prepared.types.size() != execute.args.size()) {
    return context.ErrorAt(
        execute.name.at,
        fmt::format("wrong number of parameters for prepared statement \"{}\": expected {} "
                    "parameters but got {}",
                    execute.name.name, prepared.types.size(), execute.args.size()));
  }
  std::vector<Session::Parameter> parameters;
  for (size_t i = 0; i < execute.args.size(); ++i) {
    const ast::Expr& arg = *execute.args[i];
    ASSIGN_OR_RETURN(Bound bound, expr_binder.Bind(arg));
    if (i < prepared.types.size()) {
      ASSIGN_OR_RETURN(bound.expr, expr_binder.Coerce(bound, prepared.types[i], arg.at, true));
      bound.untyped = false;
    }
    auto value = EvaluateConstant(bound.expr, context.session->functions);
    if (!value.ok()) return binder.Locate(arg.at, value.status());
    if (value->is_null()) value = Value::Null(bound.expr->type);
    parameters.push_back({*std::move(value), bound.untyped});
  }
  return parameters;
}

}  // namespace

Status ExecutePrepare(const ast::Prepare& prepare, StatementContext& context) {
  if (context.session->prepared.contains(prepare.name.name)) {
    return Status(
        StatusCode::kAlreadyExists,
        context
            .ErrorAt(prepare.name.at,
                     fmt::format("prepared statement \"{}\" already exists", prepare.name.name))
            .message());
  }
  auto prepared = std::make_shared<PreparedStatement>();
  Binder binder(context.sql, context.session, context.data->snapshot());
  for (const ast::TypeName& type : prepare.types) {
    int32_t max_length = 0;
    ASSIGN_OR_RETURN(Type bound, binder.BindType(type, &max_length));
    prepared->types.push_back(std::move(bound));
  }
  // Its own text, so that errors of later runs show it.
  const auto begin = static_cast<size_t>(prepare.statement->begin.offset);
  const auto end = static_cast<size_t>(prepare.statement->end.offset);
  prepared->text = std::string(context.sql.substr(begin, end - begin));
  ASSIGN_OR_RETURN(prepared->statements, ParseSql(prepared->text));
  context.session->prepared[prepare.name.name] = std::move(prepared);
  return context.receiver->End("PREPARE", 0);
}

Status ExecutePrepared(const ast::Execute& execute, StatementContext& context) {
  auto found = context.session->prepared.find(execute.name.name);
  if (found == context.session->prepared.end()) return NoSuchStatement(execute.name, context);
  // Kept alive: the statement may be DEALLOCATE.
  const std::shared_ptr<const PreparedStatement> prepared = found->second;
  ASSIGN_OR_RETURN(std::vector<Session::Parameter> parameters,
                   BindParameters(*prepared, execute, context));
  const WithParameters with(context.session, std::move(parameters));
  StatementContext inner = context;
  inner.sql = prepared->text;
  return ExecuteStatement(prepared->statements[0], inner);
}

Status ExecuteDeallocate(const ast::Deallocate& deallocate, StatementContext& context) {
  if (!deallocate.name) {
    context.session->prepared.clear();
    return context.receiver->End("DEALLOCATE ALL", 0);
  }
  if (context.session->prepared.erase(deallocate.name->name) == 0) {
    return NoSuchStatement(*deallocate.name, context);
  }
  return context.receiver->End("DEALLOCATE", 0);
}

}  // namespace shale
