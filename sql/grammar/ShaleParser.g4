// Shale's SQL: PostgreSQL's dialect plus QUALIFY, SEMI/ANTI/ASOF joins, LIMIT BY, SAMPLE and the
// table options of CREATE TABLE.
//
// Only a parser: sql/parser_lexer.cc makes the tokens, because dollar quotes, nested comments and
// the limits on depth and length are easier told by hand. That lexer also settles by looking at
// neighbours what would otherwise need long lookahead here, so that nearly every decision takes
// one or two tokens:
//   - QPAREN is a '(' that opens a query, LPAREN every other one;
//   - VALUES_LIST is VALUES with all of its rows, LITERAL_LIST a long run of plain literals;
//   - CHANGE_WITH is the WITH of an INSERT, DELETE or UPDATE;
//   - MULTIWORD_TYPE is DOUBLE PRECISION, TIMESTAMP (3) WITH TIME ZONE and the like;
//   - words that are keywords in one place only (AT, FILTER, EXTRACT, SEMI …) are IDENT elsewhere.
// A token K_X is the keyword x; the list of keywords is read from this file at start.
parser grammar ShaleParser;

options { superClass = DepthLimitedParser; }

@parser::postinclude { #include "sql/parser_runtime.h" }

tokens {
  IDENT, NUMBER, STRING, PARAM, MULTIWORD_TYPE, LITERAL_LIST, VALUES_LIST, ROW_CONSTRUCTOR,
  CHANGE_WITH, LPAREN, QPAREN, RPAREN, LBRACKET, RBRACKET, COMMA, DOT, SEMI, TYPECAST, COLON,
  ARROW, EQ, NE, LT, GT, LE, GE, PLUS, MINUS, STAR, SLASH, PERCENT, CARET, OPERATOR, TILDE,
  K_ABORT, K_ADD, K_ALL, K_ALTER, K_ALWAYS, K_ANALYSE, K_ANALYZE, K_AND, K_ANTI, K_ANY, K_ARRAY,
  K_AS, K_ASC, K_ASOF, K_ASYMMETRIC, K_AT, K_BEGIN, K_BERNOULLI, K_BETWEEN, K_BOTH, K_BY,
  K_CASCADE, K_CASE, K_CAST, K_CHECK, K_CHECKPOINT, K_CLOSE, K_COLLATE, K_COLUMN, K_COMMIT,
  K_CONFLICT, K_CONSTRAINT, K_COPY, K_CREATE, K_CROSS, K_CUBE, K_CURRENT, K_CURRENT_CATALOG,
  K_CURRENT_DATE, K_CURRENT_ROLE, K_CURRENT_SCHEMA, K_CURRENT_TIME, K_CURRENT_TIMESTAMP,
  K_CURRENT_USER, K_CURSOR, K_DATA, K_DEALLOCATE, K_DECLARE, K_DEFAULT, K_DEFERRABLE, K_DELETE,
  K_DESC, K_DESCRIBE, K_DISTINCT, K_DO, K_DROP, K_ELSE, K_END, K_ESCAPE, K_EXCEPT, K_EXCLUDE,
  K_EXECUTE, K_EXISTS, K_EXPLAIN, K_EXTRACT, K_FALSE, K_FETCH, K_FILTER, K_FINAL, K_FIRST,
  K_FOLLOWING, K_FOR, K_FOREIGN, K_FROM, K_FULL, K_GENERATED, K_GRANT, K_GROUP, K_GROUPING,
  K_GROUPS, K_HAVING, K_HOLD, K_IF, K_IGNORE, K_ILIKE, K_IN, K_INDEX, K_INITIALLY, K_INNER,
  K_INSERT, K_INTERSECT, K_INTERVAL, K_INTO, K_IS, K_ISNULL, K_JOIN, K_LAST, K_LATERAL, K_LEADING,
  K_LEFT, K_LIKE, K_LIMIT, K_LOCAL, K_LOCALTIME, K_LOCALTIMESTAMP, K_MATERIALIZED, K_MOVE,
  K_NATURAL, K_NEXT, K_NO, K_NOT, K_NOTNULL, K_NULL, K_NULLS, K_OFFSET, K_ON, K_ONLY, K_OPERATOR,
  K_OPTIMIZE, K_OR, K_ORDER, K_ORDINALITY, K_OTHERS, K_OUTER, K_OVER, K_OVERLAPS, K_OVERLAY,
  K_PARTITION, K_PLACING, K_POSITION, K_PRECEDING, K_PREPARE, K_PRIMARY, K_QUALIFY, K_RANGE,
  K_RECURSIVE, K_REFERENCES, K_RELEASE, K_RENAME, K_REPLACE, K_RESET, K_RESPECT, K_RESTRICT,
  K_RETURNING, K_RIGHT, K_ROLLBACK, K_ROLLUP, K_ROW, K_ROWS, K_SAMPLE, K_SAVEPOINT, K_SELECT,
  K_SEMI, K_SESSION, K_SESSION_USER, K_SET, K_SETS, K_SHOW, K_SIMILAR, K_SOME, K_START, K_STDOUT,
  K_SUBSTRING, K_SYMMETRIC, K_SYSTEM, K_TABLE, K_TABLESAMPLE, K_TEMP, K_TEMPORARY, K_THEN, K_TIES,
  K_TIME, K_TIMESTAMP, K_TO, K_TRAILING, K_TRANSACTION, K_TRIM, K_TRUE, K_TRUNCATE, K_TRY_CAST,
  K_UNBOUNDED, K_UNION, K_UNIQUE, K_UNKNOWN, K_UPDATE, K_USER, K_USING, K_VACUUM, K_VALUES,
  K_VARIADIC, K_VIEW, K_WHEN, K_WHERE, K_WINDOW, K_WITH, K_WITHIN, K_WITHOUT, K_WORK, K_ZONE
}

singleStatement : statement EOF ;
singleExpression : expr EOF ;

statement
  : query
  | createTable | createView | createIndex | drop | truncate | alterTable
  | change
  | explain | show | describe | set | copy | transaction | maintain
  | prepare | execute | deallocate
  | declareCursor | fetch | closeCursor
  ;

// ---- queries ----

query : withClause? body=queryTerm (K_ORDER K_BY sortItems)? limitPart* ;

withClause : K_WITH K_RECURSIVE? commonTable (COMMA commonTable)* ;
commonTable
  : name=identifier (LPAREN columns=identifierList RPAREN)?
    K_AS (neg=K_NOT? materialized=K_MATERIALIZED)?
    (QPAREN query RPAREN | LPAREN change RPAREN) ;

queryTerm
  : selectCore
  | VALUES_LIST
  | QPAREN query RPAREN
  | K_TABLE qualifiedName
  | left=queryTerm op=K_INTERSECT quantifier=(K_ALL | K_DISTINCT)? right=queryTerm
  | left=queryTerm op=(K_UNION | K_EXCEPT) quantifier=(K_ALL | K_DISTINCT)? right=queryTerm
  ;

selectCore
  : K_SELECT distinctClause? selectItem (COMMA selectItem)* intoClause?
    (K_FROM fromItems)?
    (K_WHERE where=expr)?
    groupByClause?
    (K_HAVING having=expr)?
    (windowClause | qualifyClause)*
  ;
intoClause : K_INTO temporary=(K_TEMP | K_TEMPORARY)? K_TABLE? qualifiedName ;
distinctClause : K_ALL | K_DISTINCT (K_ON LPAREN exprList RPAREN)? ;
windowClause : K_WINDOW windowDefinition (COMMA windowDefinition)* ;
qualifyClause : K_QUALIFY expr ;
groupByClause : K_GROUP K_BY (K_ALL | groupingElement (COMMA groupingElement)*) ;
fromItems : tableRef (COMMA tableRef)* ;

selectItem : star | expr (K_AS label=columnLabel | bare=identifier)? ;
star
  : (qualifiedName DOT)? STAR
    ((K_EXCLUDE | K_EXCEPT) (LPAREN columns=identifierList RPAREN | one=identifier))? ;

groupingElement
  : kind=(K_ROLLUP | K_CUBE) LPAREN exprList RPAREN
  | kind=K_GROUPING K_SETS LPAREN groupingElement (COMMA groupingElement)* RPAREN
  | LPAREN RPAREN
  | expr
  ;

windowDefinition : name=identifier K_AS LPAREN windowSpec RPAREN ;
windowSpec
  : base=identifier? (K_PARTITION K_BY exprList)? (K_ORDER K_BY sortItems)? windowFrame? ;
windowFrame
  : unit=(K_ROWS | K_RANGE | K_GROUPS)
    (K_BETWEEN frameBound K_AND frameBound | frameBound) frameExclusion? ;
frameBound
  : unbounded=K_UNBOUNDED direction=(K_PRECEDING | K_FOLLOWING)
  | current=K_CURRENT K_ROW
  | valueExpr direction=(K_PRECEDING | K_FOLLOWING)
  ;
frameExclusion : K_EXCLUDE (K_CURRENT K_ROW | what=(K_GROUP | K_TIES) | K_NO what=K_OTHERS) ;

sortItems : sortItem (COMMA sortItem)* ;
sortItem
  : expr (direction=(K_ASC | K_DESC) | K_USING op=(LT | LE | GT | GE))?
    (K_NULLS nulls=(K_FIRST | K_LAST))? ;

limitPart
  : kind=K_LIMIT (K_ALL | count=expr (COMMA second=expr)?)
    (K_WITH ties=K_TIES | (K_OFFSET skip=expr)? K_BY by=exprList)?
  | kind=K_OFFSET count=expr (K_ROW | K_ROWS)?
  | kind=K_FETCH (K_FIRST | K_NEXT) (number=(NUMBER | PARAM) | LPAREN count=expr RPAREN)?
    (K_ROW | K_ROWS) (K_ONLY | K_WITH ties=K_TIES)
  | kind=K_FOR K_UPDATE
  ;

tableRef
  : tablePrimary
  | left=tableRef kind=K_CROSS K_JOIN right=tablePrimary
  | left=tableRef kind=K_NATURAL joinKind? K_JOIN right=tablePrimary
  | left=tableRef joinKind? K_JOIN nested=tableRef joinCondition
  ;
joinKind
  : K_INNER
  | side=(K_LEFT | K_RIGHT | K_FULL) K_OUTER?
  | side=K_LEFT K_OUTER? form=(K_SEMI | K_ANTI | K_ASOF)
  | form=(K_SEMI | K_ANTI | K_ASOF) (K_INNER | side=(K_LEFT | K_RIGHT) K_OUTER?)?
  ;
joinCondition : K_ON expr | K_USING LPAREN identifierList RPAREN ;
tablePrimary
  : K_ONLY? table=qualifiedName tableAlias? sample?
  | lateral=K_LATERAL? QPAREN query RPAREN tableAlias?
  | lateral=K_LATERAL? function=functionCall recordAlias
  | lateral=K_LATERAL? function=functionCall (K_WITH ordinality=K_ORDINALITY)? tableAlias?
  | LPAREN tableRef RPAREN tableAlias?
  | VALUES_LIST tableAlias?
  ;
// json_to_record(…) AS r(a INTEGER, b TEXT)
recordAlias
  : (K_AS identifier? | identifier) LPAREN recordColumn (COMMA recordColumn)* RPAREN ;
recordColumn : name=identifier typeName ;
tableAlias : K_AS? identifier (LPAREN identifierList RPAREN)? ;
sample
  : K_SAMPLE fraction=NUMBER (SLASH divisor=NUMBER)? (K_OFFSET skip=NUMBER (SLASH part=NUMBER)?)?
  | K_TABLESAMPLE method=identifier LPAREN percent=NUMBER RPAREN
    (repeatable=identifier LPAREN seed=NUMBER RPAREN)?
  ;

// ---- expressions: earlier alternatives bind tighter ----

expr
  : valueExpr
  | operand=expr neg=K_NOT? op=K_BETWEEN symmetry=(K_SYMMETRIC | K_ASYMMETRIC)?
    low=valueExpr K_AND high=valueExpr
  | operand=expr neg=K_NOT? op=K_IN (LPAREN exprList RPAREN | QPAREN query RPAREN)
  | operand=expr neg=K_NOT? op=(K_LIKE | K_ILIKE) low=valueExpr (K_ESCAPE high=valueExpr)?
  | operand=expr neg=K_NOT? op=K_SIMILAR K_TO low=valueExpr (K_ESCAPE high=valueExpr)?
  | operand=expr op=(EQ | NE | LT | GT | LE | GE) quantifier=(K_ANY | K_ALL | K_SOME)
    (QPAREN query RPAREN | LPAREN array=expr RPAREN)
  | operand=expr op=(EQ | NE | LT | GT | LE | GE) right=expr
  | operand=expr op=K_OVERLAPS right=expr
  | operand=expr op=K_IS neg=K_NOT? K_DISTINCT K_FROM right=expr
  | operand=expr op=K_IS neg=K_NOT? what=(K_NULL | K_TRUE | K_FALSE | K_UNKNOWN)
  | operand=expr op=(K_ISNULL | K_NOTNULL)
  | op=K_NOT right=expr
  | operand=expr op=K_AND right=expr
  | operand=expr op=K_OR right=expr
  ;

valueExpr
  : primary
  | operand=valueExpr op=TYPECAST typeName
  | operand=valueExpr op=LBRACKET (index=expr | low=expr? slice=COLON high=expr?) RBRACKET
  | op=(MINUS | PLUS) right=valueExpr
  | operand=valueExpr op=K_COLLATE collation=qualifiedName
  | operand=valueExpr op=K_AT K_TIME K_ZONE right=valueExpr
  | operand=valueExpr op=CARET right=valueExpr
  | operand=valueExpr op=(STAR | SLASH | PERCENT) right=valueExpr
  | operand=valueExpr op=(PLUS | MINUS) right=valueExpr
  | op=(OPERATOR | TILDE) right=valueExpr
  | operand=valueExpr op=(OPERATOR | TILDE) right=valueExpr
  | operand=valueExpr op=K_OPERATOR LPAREN (identifier DOT)* named=anyOperator RPAREN
    right=valueExpr
  ;
anyOperator
  : EQ | NE | LT | GT | LE | GE | PLUS | MINUS | STAR | SLASH | PERCENT | CARET | OPERATOR | TILDE ;

primary
  : literal
  | LPAREN exprList RPAREN (DOT field=identifier)?
  | QPAREN query RPAREN
  | qualifiedName typed=STRING?
  | functionCall typed=STRING?
  | K_EXISTS QPAREN query RPAREN
  | caseExpr
  | K_CAST LPAREN expr K_AS typeName RPAREN
  | K_TRY_CAST LPAREN expr K_AS typeName RPAREN
  | K_ARRAY (LBRACKET exprList? RBRACKET | QPAREN query RPAREN)
  | LBRACKET exprList? RBRACKET
  | ROW_CONSTRUCTOR LPAREN exprList? RPAREN
  | currentValue
  ;
literal
  : NUMBER | STRING | K_NULL | K_TRUE | K_FALSE | PARAM
  | K_INTERVAL (NUMBER | STRING) intervalFields?
  | MULTIWORD_TYPE STRING
  ;
intervalFields : field=identifier (K_TO identifier)? ;
caseExpr : K_CASE operand=expr? whenThen+ (K_ELSE otherwise=expr)? K_END ;
whenThen : K_WHEN condition=expr K_THEN result=expr ;
currentValue
  : what=(K_CURRENT_DATE | K_CURRENT_ROLE | K_CURRENT_USER | K_SESSION_USER | K_CURRENT_CATALOG
          | K_CURRENT_TIME | K_CURRENT_TIMESTAMP | K_LOCALTIME | K_LOCALTIMESTAMP
          | K_CURRENT_SCHEMA) (LPAREN precision=NUMBER? RPAREN)?
  ;

functionCall
  : (name=qualifiedName LPAREN own=arguments? RPAREN (LPAREN more=arguments? RPAREN)?
    | special)
    (K_WITHIN K_GROUP LPAREN K_ORDER K_BY within=sortItems RPAREN)?
    (K_FILTER LPAREN K_WHERE filter=expr RPAREN)? nullTreatment?
    (K_OVER (window=identifier | LPAREN windowSpec RPAREN))?
  ;
arguments
  : all=STAR
  | quantifier=(K_DISTINCT | K_ALL)? exprList (K_ORDER K_BY sortItems)? nullTreatment?
  ;
nullTreatment : what=(K_IGNORE | K_RESPECT) K_NULLS ;
special
  : op=K_EXTRACT LPAREN ((field=identifier | text=STRING) K_FROM a=expr | exprList) RPAREN
  | op=K_SUBSTRING LPAREN a=expr
    ( K_FROM b=expr (K_FOR c=expr)? | K_FOR c=expr (K_FROM b=expr)?
    | similar=K_SIMILAR b=expr K_ESCAPE c=expr | (COMMA exprList)? )
    RPAREN
  | op=K_OVERLAY LPAREN a=expr
    (K_PLACING b=expr K_FROM c=expr (K_FOR d=expr)? | (COMMA exprList)?) RPAREN
  | op=K_POSITION LPAREN needle=valueExpr (K_IN haystack=valueExpr | (COMMA exprList)?) RPAREN
  | op=K_TRIM LPAREN side=(K_BOTH | K_LEADING | K_TRAILING)?
    (K_FROM b=expr | a=expr (K_FROM b=expr | (COMMA exprList)?)) RPAREN
  ;

exprList : exprListItem (COMMA exprListItem)* ;
exprListItem : LITERAL_LIST | variadic=K_VARIADIC expr | argument=identifier op=ARROW expr | expr ;

typeName
  : (name=qualifiedName
  | multiword=MULTIWORD_TYPE) (LPAREN typeModifier (COMMA typeModifier)* RPAREN)?
    (LBRACKET NUMBER? RBRACKET | K_ARRAY)* ;
typeModifier : MINUS? NUMBER ;

// ---- statements ----

createTable
  : K_CREATE (K_OR replace=K_REPLACE)? temporary=(K_TEMP | K_TEMPORARY)? K_TABLE
    (K_IF K_NOT exists=K_EXISTS)? table=qualifiedName
    (LPAREN tableElement (COMMA tableElement)* RPAREN)?
    tableOption* (K_AS query (K_WITH no=K_NO? K_DATA)?)?
  ;
tableElement : columnDef | tableConstraint ;
columnDef : name=identifier typeName? columnConstraint* ;
columnConstraint
  : (K_CONSTRAINT label=identifier)?
    ( K_NOT K_NULL
    | K_NULL
    | K_DEFAULT value=valueExpr
    | kind=K_PRIMARY identifier keyParameters
    | kind=K_UNIQUE keyParameters
    | kind=K_CHECK LPAREN expr RPAREN (K_NO identifier)?
    | kind=K_REFERENCES qualifiedName (LPAREN identifierList RPAREN)? (K_ON anyWord+)*
    | kind=K_GENERATED (K_ALWAYS | K_BY K_DEFAULT) K_AS
      (identifier (LPAREN anyToken* RPAREN)? | LPAREN expr RPAREN identifier?)
    | kind=K_COLLATE qualifiedName
    )
  ;
// INCLUDE (…), WITH (…)
keyParameters
  : (identifier LPAREN identifierList RPAREN)? (K_WITH LPAREN option (COMMA option)* RPAREN)? ;
tableConstraint
  : (K_CONSTRAINT label=identifier)?
    ( kind=K_PRIMARY identifier LPAREN columns=identifierList RPAREN keyParameters
    | kind=K_UNIQUE LPAREN columns=identifierList RPAREN keyParameters
    | kind=K_CHECK LPAREN expr RPAREN (K_NO identifier)?
    | kind=K_FOREIGN identifier LPAREN identifierList RPAREN
      K_REFERENCES qualifiedName (LPAREN identifierList RPAREN)? (K_ON anyWord+)*
    )
  ;
tableOption
  : kind=K_TIMESTAMP LPAREN column=identifier RPAREN
  | kind=K_PARTITION K_BY column=identifier
  | kind=K_ORDER K_BY (LPAREN columns=identifierList RPAREN | column=identifier)
  | kind=K_WITH LPAREN option (COMMA option)* RPAREN
  ;
option : name=columnLabel (EQ? optionValue)? ;
optionValue : sign=(MINUS | PLUS)? NUMBER | STRING | columnLabel ;

createView
  : K_CREATE (K_OR replace=K_REPLACE)? (K_TEMP | K_TEMPORARY)? materialized=K_MATERIALIZED?
    K_VIEW (K_IF K_NOT exists=K_EXISTS)? view=qualifiedName
    (LPAREN columns=identifierList RPAREN)? K_AS query
  ;
createIndex
  : K_CREATE unique=K_UNIQUE? K_INDEX
    (identifier? (K_IF K_NOT exists=K_EXISTS)? index=identifier)?
    K_ON K_ONLY? table=qualifiedName (K_USING identifier)?
    LPAREN indexItem (COMMA indexItem)* RPAREN
    (identifier LPAREN identifierList RPAREN)?
    (K_NULLS K_NOT? K_DISTINCT)?
    (K_WITH LPAREN option (COMMA option)* RPAREN)?
    (partial=K_WHERE expr)?
  ;
indexItem : expr identifier? (K_ASC | K_DESC)? (K_NULLS (K_FIRST | K_LAST))? ;
drop
  : K_DROP (K_TABLE | view=K_VIEW | index=K_INDEX) (K_IF exists=K_EXISTS)?
    qualifiedName (COMMA qualifiedName)* (K_CASCADE | K_RESTRICT)? ;
truncate : K_TRUNCATE K_TABLE? qualifiedName (COMMA qualifiedName)* (K_CASCADE | K_RESTRICT)? ;

alterTable
  : K_ALTER K_TABLE (K_IF exists=K_EXISTS)? table=qualifiedName alterAction (COMMA alterAction)* ;
alterAction
  : kind=K_ADD K_COLUMN? (K_IF K_NOT exists=K_EXISTS)? columnDef
  | kind=K_ADD tableConstraint
  | kind=K_DROP K_COLUMN? (K_IF exists=K_EXISTS)? column=identifier (K_CASCADE | K_RESTRICT)?
  | kind=K_RENAME to=K_TO renamed=identifier
  | kind=K_RENAME K_COLUMN? column=identifier K_TO renamed=identifier
  | kind=K_DROP constraint=K_CONSTRAINT (K_IF exists=K_EXISTS)? column=identifier
    (K_CASCADE | K_RESTRICT)?
  | kind=K_ALTER K_COLUMN? column=identifier
    ( K_SET K_DEFAULT value=expr | alteration=(K_SET | K_DROP) (K_NOT K_NULL | K_DEFAULT)
    | anyToken+ )
  ;

change
  : (CHANGE_WITH K_RECURSIVE? commonTable (COMMA commonTable)*)? (insert | deleteFrom | update) ;
insert
  : K_INSERT K_INTO table=qualifiedName (K_AS alias=identifier)?
    (LPAREN columns=identifierList RPAREN)?
    (query | K_DEFAULT K_VALUES)
    (K_ON conflict=K_CONFLICT anyToken* | returning)?
  ;
returning : K_RETURNING selectItem (COMMA selectItem)* ;
deleteFrom
  : K_DELETE K_FROM K_ONLY? table=qualifiedName (K_AS? alias=identifier)?
    (K_USING fromItems)? (K_WHERE expr)? returning? ;
update
  : K_UPDATE K_ONLY? table=qualifiedName (K_AS? alias=identifier)?
    K_SET assignment (COMMA assignment)*
    (K_FROM fromItems)? (K_WHERE expr)? returning? ;
assignment
  : column=identifier EQ (expr | isDefault=K_DEFAULT)
  | row=LPAREN identifierList RPAREN EQ (LPAREN exprList RPAREN | QPAREN query RPAREN) ;

explain
  : K_EXPLAIN ( LPAREN explainOption (COMMA explainOption)* RPAREN
              | analyze=(K_ANALYZE | K_ANALYSE)? verbose=identifier? ) statement ;
explainOption : (name=identifier | K_ANALYZE | K_ANALYSE) optionValue? ;
show : K_SHOW (all=K_ALL | K_TIME zone=K_ZONE | settingName (K_FROM qualifiedName)?) ;
describe : (K_DESCRIBE | K_DESC) (K_TABLE? table=qualifiedName | query) ;
set
  : K_SET (K_SESSION | K_LOCAL)? K_TIME zone=K_ZONE setValue
  | K_SET (K_SESSION | K_LOCAL)? settingName (K_TO | EQ) setValue (COMMA setValue)*
  | K_SET characteristics=K_SESSION identifier K_AS K_TRANSACTION transactionMode+
  | K_SET characteristics=K_TRANSACTION transactionMode+
  | K_SET names=identifier text=STRING
  | reset=K_RESET (all=K_ALL | K_TIME zone=K_ZONE | settingName)
  ;
settingName : identifier (DOT identifier)* | identifier identifier identifier ;
setValue
  : sign=(MINUS | PLUS)? NUMBER | STRING | interval=K_INTERVAL STRING intervalFields?
  | isDefault=K_DEFAULT | columnLabel ;

copy
  : K_COPY (QPAREN query RPAREN | table=qualifiedName (LPAREN columns=identifierList RPAREN)?)
    (K_TO (path=STRING | out=K_STDOUT) | from=K_FROM (STRING | identifier))
    K_WITH? (LPAREN copyOption (COMMA copyOption)* RPAREN | legacyCopyOption*)
  ;
copyOption : name=columnLabel (optionValue | STAR | LPAREN identifierList RPAREN)? ;
legacyCopyOption : name=(K_NULL | K_ESCAPE) K_AS? text=STRING
  | word=identifier (K_AS? text=STRING)? ;

transaction
  : begin=K_BEGIN (K_WORK | K_TRANSACTION)? transactionMode*
  | begin=K_START K_TRANSACTION transactionMode*
  | commit=(K_COMMIT | K_END) (K_WORK | K_TRANSACTION)?
  | rollback=(K_ROLLBACK | K_ABORT) (K_WORK | K_TRANSACTION)?
    (K_TO K_SAVEPOINT? savepoint=identifier)?
  | save=K_SAVEPOINT savepoint=identifier
  | release=K_RELEASE K_SAVEPOINT? savepoint=identifier
  ;
transactionMode : identifier | COMMA | K_NOT K_DEFERRABLE | K_DEFERRABLE | K_ONLY ;
prepare
  : K_PREPARE name=identifier (LPAREN typeName (COMMA typeName)* RPAREN)? K_AS statement ;
declareCursor
  : K_DECLARE name=identifier cursorWord* K_CURSOR (hold=(K_WITH | K_WITHOUT) K_HOLD)?
    K_FOR query ;
cursorWord : identifier | K_NO ;
fetch
  : (K_FETCH | move=K_MOVE) (fetchDirection (K_FROM | K_IN)? | K_FROM | K_IN)? name=identifier ;
fetchDirection
  : word=identifier? sign=(MINUS | PLUS)? count=NUMBER
  | word=identifier? all=K_ALL
  | word=identifier
  ;
closeCursor : K_CLOSE (all=K_ALL | name=identifier) ;
execute : K_EXECUTE name=identifier (LPAREN exprList? RPAREN)? ;
deallocate : K_DEALLOCATE K_PREPARE? (all=K_ALL | name=identifier) ;
maintain
  : checkpoint=K_CHECKPOINT
  | K_OPTIMIZE K_TABLE? table=qualifiedName K_FINAL?
  | check=K_CHECK (all=K_ALL | K_TABLE table=qualifiedName)
  | K_ALTER K_TABLE table=qualifiedName K_DROP word=IDENT number=NUMBER
  | nothing=(K_ANALYZE | K_ANALYSE | K_VACUUM)
    (LPAREN explainOption (COMMA explainOption)* RPAREN)?
    K_FULL? (K_ANALYZE | K_ANALYSE)? (analysed (COMMA analysed)*)?
  ;
// The name before it is VERBOSE or FREEZE.
analysed
  : identifier? (K_ANALYZE | K_ANALYSE)? table=qualifiedName (LPAREN identifierList RPAREN)? ;

// ---- names ----

qualifiedName : identifier (DOT identifier)* ;
identifierList : identifier (COMMA identifier)* ;
columnLabel : identifier | reservedWord ;
anyWord : identifier | reservedWord ;
anyToken : . ;

identifier : IDENT | nonReserved ;

// Keywords that are names everywhere but where the grammar above asks for them.
nonReserved
  : K_ABORT | K_ADD | K_ALTER | K_ALWAYS | K_BEGIN | K_BERNOULLI | K_BY | K_CASCADE
  | K_CHECKPOINT | K_CLOSE | K_COMMIT | K_CONFLICT | K_COPY | K_CURRENT | K_CURSOR | K_DATA
  | K_DEALLOCATE | K_DECLARE | K_DELETE | K_HOLD | K_MOVE | K_WITHOUT
  | K_DESCRIBE | K_DROP | K_ESCAPE | K_EXCLUDE | K_EXECUTE | K_EXPLAIN | K_FINAL | K_FIRST
  | K_FOLLOWING | K_GENERATED | K_GROUPS | K_IF | K_INDEX | K_INSERT | K_LAST | K_LOCAL
  | K_MATERIALIZED
  | K_NEXT | K_NO | K_OPTIMIZE | K_ORDINALITY | K_OTHERS | K_PRECEDING | K_PREPARE | K_RANGE
  | K_RELEASE | K_RENAME | K_REPLACE | K_RESET | K_RESTRICT | K_ROLLBACK | K_ROW | K_ROWS
  | K_SAVEPOINT | K_SESSION
  | K_SET | K_SETS | K_SHOW | K_START | K_STDOUT | K_SYSTEM | K_TEMP | K_TEMPORARY | K_TIES
  | K_TIME | K_TIMESTAMP | K_TRANSACTION | K_TRUNCATE | K_UNBOUNDED | K_UNKNOWN | K_UPDATE
  | K_VACUUM | K_VIEW | K_WORK | K_ZONE
  ;
// Usable only in double quotes, after a dot, or after AS as a column's label.
reservedWord
  : K_ALL | K_ANALYSE | K_ANALYZE | K_AND | K_ANY | K_ARRAY | K_AS | K_ASC | K_ASYMMETRIC
  | K_BETWEEN
  | K_BOTH | K_CASE | K_CAST | K_CHECK | K_COLLATE | K_COLUMN | K_CONSTRAINT | K_CREATE | K_CROSS
  | K_CURRENT_CATALOG | K_CURRENT_DATE | K_CURRENT_ROLE | K_CURRENT_SCHEMA | K_CURRENT_TIME
  | K_CURRENT_TIMESTAMP | K_CURRENT_USER | K_DEFAULT | K_DEFERRABLE | K_DESC | K_DISTINCT | K_DO
  | K_ELSE | K_END | K_EXCEPT | K_EXISTS | K_FALSE | K_FETCH | K_FOR | K_FOREIGN | K_FROM | K_FULL
  | K_GRANT | K_GROUP | K_HAVING | K_ILIKE | K_IN | K_INITIALLY | K_INNER | K_INTERSECT | K_INTO
  | K_IS | K_ISNULL | K_JOIN | K_LATERAL | K_LEADING | K_LEFT | K_LIKE | K_LIMIT | K_LOCALTIME
  | K_LOCALTIMESTAMP | K_NATURAL | K_NOT | K_NOTNULL | K_NULL | K_OFFSET | K_ON | K_ONLY | K_OR
  | K_ORDER | K_OUTER | K_PLACING | K_PRIMARY | K_QUALIFY | K_REFERENCES | K_RETURNING
  | K_RIGHT | K_SELECT | K_SESSION_USER | K_SIMILAR | K_SOME | K_SYMMETRIC | K_TABLE | K_TABLESAMPLE
  | K_THEN | K_TO | K_TRAILING | K_TRUE | K_UNION | K_UNIQUE | K_USER | K_USING | K_VARIADIC
  | K_WHEN
  | K_WHERE | K_WINDOW | K_WITH
  ;
