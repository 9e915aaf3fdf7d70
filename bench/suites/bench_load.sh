#!/usr/bin/env bash
# Rates of `shale load`, durable at the end: NDJSON and CSV of 20-column events, three runs each.
#   bench_load [NDJSON_ROWS] [CSV_ROWS]
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
shale="$here/../../shale"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$here/../events/generate_events" "${1:-2000000}" ndjson >"$folder/events.ndjson"
"$here/../events/generate_events" "${2:-3000000}" csv >"$folder/events.csv"
for file in events.ndjson events.csv; do
  echo "$file, $(du -h "$folder/$file" | cut -f1)"
  for _ in 1 2 3; do
    rm -rf "$folder/db"
    "$shale" load --db "$folder/db" --table events --create "$folder/$file" 2>/dev/null |
      grep -E "^(loaded|table)"
  done
done
