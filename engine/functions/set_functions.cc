// Set-returning functions: each is made of scalar functions that give lists.
#include "engine/functions/families.h"
#include "engine/functions/function.h"

namespace shale {

void RegisterSetFunctions(Registry* registry) {
  registry->Add(SetFunction{
      .name = "unnest",
      .aliases = {"arrayJoin", "explode"},
      .signature = "(array ANY[], …) → rows of ANY",
      .summary = "A row for each element; several arrays side by side, in FROM.",
      .example =
          "SELECT string_agg(y || x, ' ') FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS t(x, y)",
      .example_result = "a1 b2"});
  registry->Add(SetFunction{
      .name = "generate_series",
      .signature = "(from ANY, to ANY [, step ANY [, zone TEXT]]) → rows of ANY",
      .summary = "The numbers, or with an INTERVAL the times, from one to another, both included. "
                 "Days and months of instants are those of the zone, else of the session.",
      .example = "SELECT array_agg(x) FROM generate_series(10, 1, -4) AS t(x)",
      .example_result = "{10,6,2}",
      .columns = {{"", "array_series"}}});
  registry->Add(SetFunction{
      .name = "range",
      .signature = "([from ANY,] to ANY [, step ANY]) → rows of ANY",
      .summary = "The numbers or times from one (or 0) up to another, left out. In FROM; elsewhere "
                 "range gives an array.",
      .example = "SELECT array_agg(x) FROM range(3) AS t(x)",
      .example_result = "{0,1,2}",
      .columns = {{"", "array_range"}}});
  registry->Add(SetFunction{.name = "generate_subscripts",
                            .signature = "(array ANY[], dimension INTEGER) → rows of INTEGER",
                            .summary = "The subscripts of an array, a row each.",
                            .example = "SELECT array_agg(i) FROM "
                                       "generate_subscripts(ARRAY['a', 'b'], 1) AS t(i)",
                            .example_result = "{1,2}",
                            .columns = {{"", "array_subscripts"}}});
  registry->Add(
      SetFunction{.name = "_pg_expandarray",
                  .aliases = {"information_schema._pg_expandarray"},
                  .signature = "(array INTEGER[]) → rows of INTEGER[]",
                  .summary = "The elements of an array with their subscripts: (row).x and (row).n.",
                  .example = "SELECT array_agg(p) FROM _pg_expandarray(ARRAY[7, 8]) AS t(p)",
                  .example_result = "{{7,1},{8,2}}",
                  .columns = {{"", "array_with_subscripts"}}});
  registry->Add(
      SetFunction{.name = "string_to_table",
                  .signature = "(text TEXT, delimiter TEXT [, null_text TEXT]) → rows "
                               "of TEXT",
                  .summary = "The pieces that string_to_array gives, a row each.",
                  .example = "SELECT array_agg(x) FROM string_to_table('a,b', ',') AS t(x)",
                  .example_result = "{a,b}",
                  .columns = {{"", "string_to_array"}}});
  registry->Add(SetFunction{
      .name = "regexp_split_to_table",
      .signature = "(text TEXT, pattern TEXT [, flags TEXT]) → rows of TEXT",
      .summary = "The pieces of a text between matches, a row each.",
      .example = "SELECT array_agg(x) FROM regexp_split_to_table('hello world', '\\s+') AS t(x)",
      .example_result = "{hello,world}",
      .columns = {{"", "regexp_split_to_array"}}});
  registry->Add(SetFunction{
      .name = "regexp_matches",
      .signature = "(text TEXT, pattern TEXT [, flags TEXT]) → rows of TEXT[]",
      .summary = "What regexp_match gives, a row for each match with the flag g, else for the "
                 "first.",
      .example = "SELECT array_agg(m) FROM regexp_matches('a1b2', '([a-z])([0-9])', 'g') AS t(m)",
      .example_result = "{{a,1},{b,2}}",
      .columns = {{"", "regexp_matches_array"}}});
  registry->Add(
      SetFunction{.name = "json_array_elements",
                  .aliases = {"jsonb_array_elements"},
                  .signature = "(json JSON) → rows of JSON",
                  .summary = "The elements of a JSON array.",
                  .example = "SELECT array_agg(value) FROM json_array_elements('[1, [2]]')",
                  .example_result = "{1,[2]}",
                  .columns = {{"value", "json_array_values"}}});
  registry->Add(
      SetFunction{.name = "json_array_elements_text",
                  .aliases = {"jsonb_array_elements_text"},
                  .signature = "(json JSON) → rows of TEXT",
                  .summary = "The elements of a JSON array as texts.",
                  .example = "SELECT array_agg(value) FROM json_array_elements_text('[\"a\", 1]')",
                  .example_result = "{a,1}",
                  .columns = {{"value", "json_array_texts"}}});
  registry->Add(SetFunction{
      .name = "json_each",
      .aliases = {"jsonb_each"},
      .signature = "(json JSON) → rows of key TEXT, value JSON",
      .summary = "The members of a JSON object.",
      .example =
          "SELECT string_agg(key || '=' || value, ' ') FROM json_each('{\"a\": 1, \"b\": []}')",
      .example_result = "a=1 b=[]",
      .columns = {{"key", "json_member_names"}, {"value", "json_member_values"}}});
  registry->Add(SetFunction{
      .name = "json_each_text",
      .aliases = {"jsonb_each_text"},
      .signature = "(json JSON) → rows of key TEXT, value TEXT",
      .summary = "The members of a JSON object, their values as texts.",
      .example =
          "SELECT string_agg(key || '=' || value, ' ') FROM json_each_text('{\"a\": \"x\"}')",
      .example_result = "a=x",
      .columns = {{"key", "json_member_names"}, {"value", "json_member_texts"}}});
  registry->Add(SetFunction{
      .name = "jsonb_path_query",
      .signature = "(json JSON, path TEXT [, vars JSON [, silent BOOLEAN]]) → rows of JSON",
      .summary = "What an SQL/JSON path finds, a row each.",
      .example = "SELECT array_agg(x) FROM jsonb_path_query('[1, 2, 3]', '$[*] ? (@ > 1)') AS t(x)",
      .example_result = "{2,3}",
      .columns = {{"", "jsonb_path_values"}}});
  registry->Add(SetFunction{
      .name = "json_object_keys",
      .aliases = {"jsonb_object_keys"},
      .signature = "(json JSON) → rows of TEXT",
      .summary = "The names of a JSON object's members.",
      .example = "SELECT array_agg(k) FROM json_object_keys('{\"a\": 1, \"b\": 2}') AS t(k)",
      .example_result = "{a,b}",
      .columns = {{"", "json_member_names"}}});
}

}  // namespace shale
