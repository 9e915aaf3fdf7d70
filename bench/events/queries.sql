-- Questions to the events table (bench/events/events.h), each as SQL can say it today, and for each
-- engine in the best way it knows. Every answer is ordered, or small and compared as a set.
-- Read by bench/compare/suites.py: '-- query NAME: title', then the SQL of all engines or of each.

-- query E1: top pages with exact users, two months
SELECT url, count(*) AS views, count(DISTINCT user_id) AS users FROM events
WHERE event = 'page_view' GROUP BY url ORDER BY users DESC, url LIMIT 20

-- query E2: top pages with exact users, one day
SELECT url, count(*) AS views, count(DISTINCT user_id) AS users FROM events
WHERE event = 'page_view' AND ts >= '2026-03-10 00:00:00' AND ts < '2026-03-11 00:00:00'
GROUP BY url ORDER BY users DESC, url LIMIT 20

-- query E3: daily exact users
-- shale
SELECT CAST(ts AS DATE) AS day, count(DISTINCT user_id) AS users FROM events GROUP BY day ORDER BY day
-- duckdb
SELECT CAST(ts AS DATE) AS day, count(DISTINCT user_id) AS users FROM events GROUP BY day ORDER BY day
-- clickhouse
SELECT toDate(ts) AS day, uniqExact(user_id) AS users FROM events GROUP BY day ORDER BY day

-- query E4: events by hour in New York over the change of clocks
-- shale
SELECT date_trunc('hour', ts AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York') AS hour, count(*) AS c
FROM events WHERE ts >= '2026-03-07 00:00:00' AND ts < '2026-03-11 00:00:00' GROUP BY hour ORDER BY hour
-- duckdb
SELECT date_trunc('hour', ts AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York') AS hour, count(*) AS c
FROM events WHERE ts >= '2026-03-07 00:00:00' AND ts < '2026-03-11 00:00:00' GROUP BY hour ORDER BY hour
-- clickhouse
SELECT formatDateTime(ts, '%Y-%m-%d %H:00:00', 'America/New_York') AS hour, count() AS c
FROM events WHERE ts >= '2026-03-07 00:00:00' AND ts < '2026-03-11 00:00:00' GROUP BY hour ORDER BY hour

-- query E5: sessions by gaps of 30 minutes: how many, how long
-- shale
SELECT count(*) AS events, sum(CASE WHEN before IS NULL OR ts - before > INTERVAL '30 minutes' THEN 1 ELSE 0 END) AS sessions
FROM (SELECT ts, lag(ts) OVER (PARTITION BY user_id ORDER BY ts) AS before FROM events) AS x
-- duckdb
SELECT count(*) AS events, sum(CASE WHEN before IS NULL OR ts - before > INTERVAL '30 minutes' THEN 1 ELSE 0 END) AS sessions
FROM (SELECT ts, lag(ts) OVER (PARTITION BY user_id ORDER BY ts) AS before FROM events) AS x
-- clickhouse
SELECT sum(n) AS events, sum(s) AS sessions FROM (SELECT length(times) AS n,
  arrayCount(d -> d > 1800, arrayDifference(times)) + 1 AS s
  FROM (SELECT arraySort(groupArray(toFloat64(ts))) AS times FROM events GROUP BY user_id))

-- query E6: a funnel of three steps within 24 hours
-- shale
WITH steps AS (SELECT user_id, ts, event,
    max(CASE WHEN event = 'page_view' THEN ts END) OVER w AS viewed FROM events
    WHERE event IN ('page_view', 'add_to_cart', 'purchase') WINDOW w AS (PARTITION BY user_id ORDER BY ts)),
  chains AS (SELECT user_id, ts, event, viewed,
    max(CASE WHEN event = 'add_to_cart' AND ts - viewed <= INTERVAL '24 hours' THEN viewed END)
      OVER (PARTITION BY user_id ORDER BY ts) AS carted FROM steps)
SELECT count(DISTINCT CASE WHEN event = 'page_view' THEN user_id END) AS s1,
  count(DISTINCT CASE WHEN event = 'add_to_cart' AND carted IS NOT NULL THEN user_id END) AS s2,
  count(DISTINCT CASE WHEN event = 'purchase' AND ts - carted <= INTERVAL '24 hours' THEN user_id END) AS s3
FROM chains
-- duckdb
WITH steps AS (SELECT user_id, ts, event,
    max(CASE WHEN event = 'page_view' THEN ts END) OVER w AS viewed FROM events
    WHERE event IN ('page_view', 'add_to_cart', 'purchase') WINDOW w AS (PARTITION BY user_id ORDER BY ts)),
  chains AS (SELECT user_id, ts, event, viewed,
    max(CASE WHEN event = 'add_to_cart' AND ts - viewed <= INTERVAL '24 hours' THEN viewed END)
      OVER (PARTITION BY user_id ORDER BY ts) AS carted FROM steps)
SELECT count(DISTINCT CASE WHEN event = 'page_view' THEN user_id END) AS s1,
  count(DISTINCT CASE WHEN event = 'add_to_cart' AND carted IS NOT NULL THEN user_id END) AS s2,
  count(DISTINCT CASE WHEN event = 'purchase' AND ts - carted <= INTERVAL '24 hours' THEN user_id END) AS s3
FROM chains
-- clickhouse
SELECT countIf(level >= 1) AS s1, countIf(level >= 2) AS s2, countIf(level >= 3) AS s3 FROM
  (SELECT user_id, windowFunnel(86400000)(toUInt64(toUnixTimestamp64Milli(ts)), event = 'page_view', event = 'add_to_cart', event = 'purchase') AS level
   FROM events WHERE event IN ('page_view', 'add_to_cart', 'purchase') GROUP BY user_id)

-- query E7: which user saw which page how often, the top of a high-cardinality grouping
SELECT user_id, url, count(*) AS c FROM events GROUP BY user_id, url ORDER BY c DESC, user_id, url LIMIT 20

-- query E8: pages by part of their address
SELECT url, count(*) AS c FROM events WHERE url LIKE '%belka%' GROUP BY url ORDER BY c DESC, url LIMIT 20

-- query E9: a campaign dashboard, one day
SELECT utm_campaign, count(*) AS events, count(DISTINCT user_id) AS users, sum(price) AS revenue FROM events
WHERE utm_campaign <> '' AND ts >= '2026-03-10 00:00:00' AND ts < '2026-03-11 00:00:00'
GROUP BY utm_campaign ORDER BY events DESC, utm_campaign LIMIT 20

-- query E10: the same dashboard, one month
SELECT utm_campaign, count(*) AS events, count(DISTINCT user_id) AS users, sum(price) AS revenue FROM events
WHERE utm_campaign <> '' AND ts >= '2026-03-01 00:00:00' AND ts < '2026-04-01 00:00:00'
GROUP BY utm_campaign ORDER BY events DESC, utm_campaign LIMIT 20

-- query E11: events by name and device
SELECT event, device, count(*) AS c, avg(duration_ms) AS t FROM events GROUP BY event, device ORDER BY c DESC, event, device

-- query E12: users who came back the next day, by first day
-- shale
SELECT first.day AS day, count(*) AS users, count(again.user_id) AS returned
FROM (SELECT user_id, CAST(min(ts) AS DATE) AS day FROM events GROUP BY user_id) AS first
LEFT JOIN (SELECT DISTINCT user_id, CAST(ts AS DATE) AS day FROM events) AS again
  ON again.user_id = first.user_id AND again.day = first.day + 1
GROUP BY first.day ORDER BY day
-- duckdb
SELECT first.day AS day, count(*) AS users, count(again.user_id) AS returned
FROM (SELECT user_id, CAST(min(ts) AS DATE) AS day FROM events GROUP BY user_id) AS first
LEFT JOIN (SELECT DISTINCT user_id, CAST(ts AS DATE) AS day FROM events) AS again
  ON again.user_id = first.user_id AND again.day = first.day + 1
GROUP BY first.day ORDER BY day
-- clickhouse
SELECT first AS day, count() AS users, countIf(has(days, first + 1)) AS returned FROM
  (SELECT groupUniqArray(toDate(ts)) AS days, toDate(min(ts)) AS first FROM events GROUP BY user_id)
GROUP BY day ORDER BY day

-- query E13: from which event to which, within sessions
-- shale
SELECT event, next, count(*) AS c FROM
  (SELECT event, lead(event) OVER (PARTITION BY session_id ORDER BY ts, event_id) AS next FROM events) AS x
WHERE next IS NOT NULL GROUP BY event, next ORDER BY c DESC, event, next LIMIT 50
-- duckdb
SELECT event, next, count(*) AS c FROM
  (SELECT event, lead(event) OVER (PARTITION BY session_id ORDER BY ts, event_id) AS next FROM events) AS x
WHERE next IS NOT NULL GROUP BY event, next ORDER BY c DESC, event, next LIMIT 50
-- clickhouse
SELECT pair.1 AS event, pair.2 AS next, count() AS c FROM
  (SELECT arrayMap(x -> x.3, arraySort(groupArray((ts, event_id, event)))) AS names FROM events GROUP BY session_id)
ARRAY JOIN arrayZip(arrayPopBack(names), arrayPopFront(names)) AS pair
GROUP BY event, next ORDER BY c DESC, event, next LIMIT 50

-- query E14: revenue by the campaign that first brought the buyer
-- shale
SELECT source, count(*) AS buyers, sum(spent) AS revenue FROM
  (SELECT user_id, arg_min(utm_campaign, ts) AS source, sum(price * quantity) AS spent FROM events GROUP BY user_id) AS x
WHERE spent > 0 GROUP BY source ORDER BY revenue DESC, source LIMIT 20
-- duckdb
SELECT source, count(*) AS buyers, sum(spent) AS revenue FROM
  (SELECT user_id, arg_min(utm_campaign, ts) AS source, sum(price * quantity) AS spent FROM events GROUP BY user_id) AS x
WHERE spent > 0 GROUP BY source ORDER BY revenue DESC, source LIMIT 20
-- clickhouse
SELECT source, count() AS buyers, sum(spent) AS revenue FROM
  (SELECT user_id, argMin(utm_campaign, ts) AS source, sum(price * quantity) AS spent FROM events GROUP BY user_id)
WHERE spent > 0 GROUP BY source ORDER BY revenue DESC, source LIMIT 20

-- query E15: users by page and country
SELECT url, country, count(DISTINCT user_id) AS users FROM events GROUP BY url, country ORDER BY users DESC, url, country LIMIT 20

-- query E16: events that came twice
SELECT count(*) AS twice FROM (SELECT event_id FROM events GROUP BY event_id HAVING count(*) > 1) AS x
