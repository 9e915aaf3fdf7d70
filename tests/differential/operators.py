"""The table of functions and operators that expressions are made of. To cover another one, add a
line: result type, template, argument types.

Argument types are those of tree.py (bool, int2, int4, int8, float4, float8, num, text, …) and:
  int      any integer               count    a literal from 0 to 6
  near     an integer of small size  text2    a text literal
  zone     a zone's name             pattern  a LIKE pattern      regexp  a regular expression
Templates marked `risky` may fail for some rows; they come only where both sides must look at every
row. `shale_only` lines are used in checks that need no peer.
"""

import collections

Operator = collections.namedtuple("Operator", "result template arguments weight risky shale_only")

ROWS = """
text | upper({0}) | text
text | lower({0}) | text
text | initcap({0}) | text
text | reverse({0}) | text
text | left({0}, {1}) | text count
text | left({0}, -{1}) | text count
text | right({0}, {1}) | text count
text | right({0}, -{1}) | text count
text | substring({0} FROM {1} FOR {2}) | text count count
text | substr({0}, {1}) | text count
text | lpad({0}, {1}, {2}) | text count text2
text | rpad({0}, {1}, {2}) | text count text2
text | lpad({0}, {1}) | text count
text | trim({0}) | text
text | ltrim({0}, {1}) | text text2
text | rtrim({0}, {1}) | text text2
text | trim(BOTH {1} FROM {0}) | text text2
text | replace({0}, {1}, {2}) | text text2 text2
text | repeat({0}, {1}) | text count
text | split_part({0}, {1}, {2} + 1) | text text2 count
text | split_part({0}, {1}, -1) | text text2
text | translate({0}, {1}, {2}) | text text2 text2
text | overlay({0} PLACING {1} FROM {2} + 1 FOR {3}) | text text2 count count
text | ({0} || {1}) | text text
text | ({0} || {1}) | text int
text | concat({0}, {1}, {2}) | text int text
text | concat_ws({0}, {1}, {2}) | text2 text text
text | md5({0}) | text
text | to_hex({0}) | int4
text | to_hex({0}) | int8
text | quote_literal({0}) | text
text | quote_ident({0}) | text
text | quote_nullable({0}) | text
text | chr({0} + 60) | count
text | regexp_replace({0}, {1}, {2}) | text regexp text2
text | regexp_replace({0}, {1}, {2}, 'g') | text regexp text2
text | substring({0} FROM {1}) | text regexp
text | regexp_substr({0}, {1}) | text regexp
text | format('%s-%s', {0}, {1}) | text int
text | format('%L %2$s', {0}, {1}) | text text
text | encode({0}, 'hex') | bytea
text | encode({0}, 'base64') | bytea
text | encode({0}, 'escape') | bytea
text | md5({0}) | bytea
text | {0}::text | int
text | {0}::text | bool
text | {0}::text | date
text | {0}::text | ts
text | {0}::text | tstz
text | {0}::text | interval
text | {0}::text | uuid
text | {0}::text | inet
text | {0}::text | bytea
text | {0}::text | float8
text | {0}::text | float4
text | {0}::varchar(3) | text
text | host({0}) | inet
text | abbrev({0}) | inet
text | host(network({0})) | inet
text | to_char({0}, 'YYYY-MM-DD HH24:MI:SS') | ts
text | to_char({0}, 'Day, DD Mon YYYY HH12:MI:SS.US AM') | ts
text | to_char({0}, 'IYYY-IW-ID Q DDD J') | ts
text | to_char({0}, 'FMDay FMMonth FMDDth, Y,YYY') | ts
text | to_char({0}, 'YYYY-MM-DD HH24:MI:SS TZ OF') | tstz
text | to_char({0}, '999999') | int4
text | to_char({0}, 'FM999,999,990.00') | num_small
text | to_char({0}, 'S0000.0') | num_small
text | to_char({0}, '9.99EEEE') | float8_small
text | to_char({0}, 'HH24:MI:SS') | interval
text | {0} ->> 'a' | json
text | {0} #>> '{{a,b}}' | json
text | {0} ->> 1 | json
text | json_typeof({0}) | json
json | {0} -> 'a' | json
json | {0} -> 0 | json

text | {0}::text | num
json | json_build_object('a', {0}, 'b', {1}::text) | int4 text
json | json_build_array({0}::text, {1}, NULL) | text bool
json | to_json({0}::text) | text

int4 | scale({0}) | num
int4 | json_array_length({0}) | list_json
int4 | length({0}) | text
int4 | char_length({0}) | text
int4 | octet_length({0}) | text
int4 | bit_length({0}) | text
int4 | ascii({0}) | text
int4 | strpos({0}, {1}) | text text2
int4 | position({1} IN {0}) | text text
int4 | length({0}) | bytea
int4 | octet_length({0}) | bytea
int4 | regexp_count({0}, {1}) | text regexp
int4 | regexp_instr({0}, {1}) | text regexp
int4 | family({0}) | inet
int4 | masklen({0}) | inet
int4 | masklen(network({0})) | inet
int4 | (({0})[1:2])[{1}] | list_int count
date | nullif({0}, {1}) | date ts
date | nullif({0}, {1}) | date tstz
int4 | ({0} - {1}) | date date
int4 | extract(year FROM {0})::int | ts
int4 | extract(month FROM {0})::int | date
int4 | extract(dow FROM {0})::int | date
int4 | extract(isodow FROM {0})::int | ts
int4 | extract(doy FROM {0})::int | date
int4 | extract(week FROM {0})::int | ts
int4 | extract(isoyear FROM {0})::int | date
int4 | extract(quarter FROM {0})::int | tstz
int4 | extract(hour FROM {0})::int | tstz
int4 | extract(minute FROM {0})::int | ts
int4 | extract(milliseconds FROM {0})::int | ts
int4 | extract(century FROM {0})::int | date
int4 | extract(decade FROM {0})::int | date
int4 | extract(day FROM {0})::int | interval
int4 | extract(hour FROM {0})::int | interval
int4 | extract(month FROM {0})::int | interval
int4 | width_bucket({0}, -10, 10, 5) | float8_small
int4 | ({0} IS NULL)::int | any
int4 | {0}::int | bool
int4 | {0}::int | num_small
int4 | {0}::int | float8_small
int2 | {0}::smallint | near
int8 | {0}::bigint | float8_small
int8 | {0}::bigint | num_small
int8 | {0}::bigint | int4
int8 | extract(epoch FROM {0})::bigint | ts

float8 | {0}::double precision | int
float8 | {0}::double precision | num
float8 | {0}::double precision | float4
float8 | abs({0}) | float8
float8 | floor({0}) | float8
float8 | ceil({0}) | float8
float8 | trunc({0}) | float8
float8 | round({0}) | float8
float8 | sign({0}) | float8
float8 | sqrt(abs({0})) | float8_small
float8 | ({0} + {1}) | float8_small float8_small
float8 | ({0} - {1}) | float8_small float8_small
float8 | ({0} * {1}) | float8_small float8_small
float8 | ({0} / nullif({1}, 0)) | float8_small float8_small
float8 | ({0} + {1}) | float8_small int
float8 | ({0} * {1}) | float4 int
float8 | date_part('hour', {0}) | ts
float8 | date_part('second', {0}) | ts
float8 | extract(epoch FROM {0})::double precision | interval
float4 | {0}::real | near
float4 | {0}::real | float8_small
float4 | abs({0}) | float4
float4 | (- {0}) | float4_nonzero
approx | exp({0} / 1000) | float8_small
approx | ln(abs({0}) + 1) | float8_small
approx | log(abs({0}) + 1) | float8_small
approx | power(abs({0}), 1.5) | float8_small
approx | power({0}, 2) | float8_small
approx | cbrt({0}) | float8_small
approx | sin({0}) | float8_small
approx | cos({0}) | float8_small
approx | tan({0}) | float8_small
approx | atan({0}) | float8_small
approx | atan2({0}, {1}) | float8_small float8_small
approx | tanh({0} / 100) | float8_small
approx | degrees({0}) | float8_small
approx | radians({0}) | float8_small
approx | sind({0}) | float8_small
approx | cosd({0}) | float8_small
approx | atand({0}) | float8_small
approx | atan2d({0}, {1}) | float8_small float8_small
approx | sinh({0} / 100) | float8_small
approx | asinh({0}) | float8_small
numdiv | ({0} / nullif({1}, 0)) | num_small num_small
numdiv | ({0} / nullif({1}, 0)) | num_small near
numdiv | {0} / 7.0 | num_small

date | {0}::date | ts
date | {0}::date | tstz
date | ({0} + {1}) | date count
date | ({0} - {1}) | date count
date | make_date(2000 + {0}, {1} + 1, {2} + 1) | count count count
date | to_date({0}, 'YYYY-MM-DD') | isodate
ts | date_trunc('{unit}', {0}) | ts
ts | {0}::timestamp | date
ts | {0}::timestamp | tstz
ts | ({0} + {1}) | ts interval
ts | ({0} - {1}) | ts interval
ts | ({0} + {1}) | date interval
ts | {0} AT TIME ZONE {1} | tstz zone
ts | date_bin('15 minutes', {0}, TIMESTAMP '2001-01-01') | ts
ts | make_timestamp(2000 + {0}, {1} + 1, {2} + 1, {0}, {1}, 1.5) | count count count
tstz | date_trunc('{unit}', {0}) | tstz
tstz | date_trunc('{unit}', {0}, {1}) | tstz zone
tstz | {0}::timestamptz | ts
tstz | {0}::timestamptz | date
tstz | ({0} + {1}) | tstz interval
tstz | {0} AT TIME ZONE {1} | ts zone
tstz | to_timestamp({0}) | int4
interval_any | ({0} - {1}) | ts ts
interval_any | ({0} - {1}) | tstz tstz
interval_any | age({0}, {1}) | ts ts
interval_any | ({0} + {1}) | interval interval
interval_any | (- {0}) | interval
interval_any | ({0} * {1}) | interval count
interval_any | ({0} / ({1} + 1)) | interval count
interval_any | justify_days({0}) | interval
interval_any | justify_hours({0}) | interval
interval_any | justify_interval({0} - INTERVAL '1 mon -3 days') | interval
interval_any | date_trunc('hour', {0}) | interval
interval_any | make_interval(0, 0, 0, {0}, {1}) | count count

bytea | ({0} || {1}) | bytea bytea
bytea | substring({0} FROM {1} + 1 FOR {2}) | bytea count count
bytea | decode(encode({0}, 'base64'), 'base64') | bytea
bytea | convert_to({0}, 'UTF8') | text
bytea | sha256({0}) | bytea
uuid | {0}::text::uuid | uuid
inet | network({0})::inet | inet
inet | broadcast({0}) | inet
inet | netmask({0}) | inet
inet | set_masklen({0}, {1}) | inet count
inet | {0}::text::inet | inet

bool | starts_with({0}, {1}) | text text
bool | ({0} ~ {1}) | text regexp
bool | ({0} ~* {1}) | text regexp
bool | ({0} !~ {1}) | text regexp
bool | regexp_like({0}, {1}) | text regexp
bool | ({0} LIKE {1}) | text pattern
bool | ({0} NOT LIKE {1}) | text pattern
bool | ({0} ILIKE {1}) | text pattern
bool | ({0} LIKE {1} ESCAPE '!') | text pattern
bool | ({0} LIKE {1}) | text text_plain
bool | ({0} SIMILAR TO {1}) | text similar
bool | ({0} << {1}) | inet inet
bool | ({0} >>= {1}) | inet inet
bool | ({0} && {1}) | inet inet
bool | isfinite({0}) | date
bool | {0}::text::bool | bool
bool | ({0} = ANY (ARRAY[1, 3, NULL])) | int4

list_int | ARRAY[{0}, {1}, NULL] | int4 int4
list_int | ARRAY[{0}] | int4
list_int | array_append({0}, {1}) | list_int int4
list_int | array_prepend({0}, {1}) | int4 list_int
list_int | array_cat({0}, {1}) | list_int list_int
list_int | ({0} || {1}) | list_int list_int
list_int | array_remove({0}, {1}) | list_int int4
list_int | array_replace({0}, {1}, {2}) | list_int int4 int4
list_int | coalesce(({0})[{1}:{2}], NULL) | list_int count count
list_int | array_positions({0}, {1}) | list_int int4
list_text | ARRAY[{0}, {1}] | text text
list_text | string_to_array({0}, {1}) | text text2
list_text | string_to_array({0}, {1}, {2}) | text text2 text2
list_text | regexp_split_to_array({0}, ',') | text
list_text | regexp_match({0}, '(a)(b*)') | text
list_text | array_append({0}, {1}::text) | list_text text
list_text | {0}::text[] | list_int
int4 | array_length({0}, 1) | list_int
int4 | cardinality({0}) | list_text
int4 | array_position({0}, {1}) | list_int int4
int4 | array_upper({0}, 1) | list_int
int4 | array_lower({0}, 1) | list_text
int4 | ({0})[{1}] | list_int count
text | ({0})[{1}] | list_text count
text | array_to_string({0}, ',') | list_int
text | array_to_string({0}, '/', 'null') | list_text
text | {0}::text | list_text
text | array_dims({0}) | list_int
bool | ({0} = ANY ({1})) | int4 list_int
bool | ({0} <> ALL ({1})) | text list_text
bool | ({0} < ANY ({1})) | int4 list_int
bool | ({0} @> {1}) | list_int list_int
bool | ({0} <@ {1}) | list_text list_text
bool | ({0} && {1}) | list_int list_int
bool | ({0} = {1}) | list_int list_int
bool | ({0} < {1}) | list_text list_text

text | substring({0} FROM {1} FOR {2} - 3) | text count count | risky
int4 | {0}::int | text | risky
int4 | {0}::int | float8 | risky
int4 | {0}::int | int8 | risky
int2 | {0}::smallint | int4 | risky
int4 | ({0} + {1}) | int4 int4 | risky
int4 | ({0} * {1}) | int4 int4 | risky
int4 | ({0} / {1}) | int4 int4 | risky
int4 | ({0} % {1}) | int4 int4 | risky
int2 | ({0} * {1}) | int2 int2 | risky
int2 | ({0} + {1}) | int2 int2 | risky
int4 | (- {0}) | int4 | risky
int4 | abs({0}) | int4 | risky
int8 | ({0} - {1}) | int8 int8 | risky
int8 | ({0} * {1}) | int8 int8 | risky
int8 | {0}::bigint | float8 | risky
int8 | {0}::bigint | text | risky
num | {0}::numeric(6,2) | num | risky
num | {0}::numeric(8,2) | text | risky
float8 | {0}::double precision | text | risky
float8 | ({0} / {1}) | float8 float8 | risky
float8 | ({0} * {1}) | float8 float8 | risky
float4 | {0}::real | float8 | risky
approx | sqrt({0}) | float8 | risky
approx | ln({0}) | float8 | risky
approx | exp({0}) | float8 | risky
approx | power({0}, {1}) | float8 float8 | risky
bool | {0}::bool | text | risky
inet | ({0} + {1}) | inet int4 | risky
inet | ({0} - {1}) | inet count | risky
inet | {0}::inet | text | risky
uuid | {0}::uuid | text | risky
ts | {0}::timestamp | text | risky
interval | {0}::interval | text | risky
date | {0}::date | text | risky
date | make_date(2020, {0}, {1}) | near near | risky
text | chr({0}) | near | risky
text | split_part({0}, ',', {1}) | text count | risky
text | repeat({0}, {1}) | text near | risky

text | domain({0}) | text | shale_only
text | path({0}) | text | shale_only
text | url_parameter({0}, 'utm_source') | text | shale_only
text | dayname({0}) | ts | shale_only
int8 | hour({0}) | ts | shale_only
int8 | date_diff('day', {0}, {1}) | ts ts | shale_only
int4 | levenshtein({0}, {1}) | text text | shale_only
bool | contains({0}, {1}) | text text2 | shale_only
ts | time_bucket(INTERVAL '2 hours', {0}) | ts | shale_only
tstz | to_start_of_hour({0}) | tstz | shale_only
"""


def _read():
    table = collections.defaultdict(list)
    for line in ROWS.strip().split("\n"):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split(" | ")]
        flag = fields[3] if len(fields) > 3 else ""
        operator = Operator(
            fields[0], fields[1], fields[2].split(), 1, flag == "risky", flag == "shale_only"
        )
        table[fields[0]].append(operator)
    return table


OPERATORS = _read()

# Result types that can be asked for where exact answers are needed, and those that only stand in a
# select list: sums in another order, another libm, decimal quotients, intervals of many spellings.
EXACT = ("bool", "int2", "int4", "int8", "float4", "float8", "num", "date", "ts", "tstz", "text")
RARE = ("bytea", "uuid", "inet", "interval")
LOOSE = ("approx", "numdiv", "interval_any", "json", "list_int", "list_text")

LIKE_PATTERNS = [
    "%a%",
    "a%",
    "%",
    "",
    "_",
    "_%",
    "%b",
    "a_c",
    "%é%",
    "%\\%%",
    "日__",
    "%s",
    "%!%%",
    "x%y",
]
SIMILAR = ["a%", "(a|b)%", "%(fig|pear)%", "a_?", "[a-c]+", "%"]
REGEXPS = ["a", "^a", "[a-c]+", "(b|c)$", "\\d+", ".", "x*", "[^a-z]", "p{2}", "^$", "\\s", "é"]
UNITS = ["hour", "day", "week", "month", "quarter", "year", "minute", "second", "decade", "century"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
