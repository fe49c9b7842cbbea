-- The schema of a new database, whole, to be read. The steps make it; a test holds the two together.

-- A study's row. `head` is the seq of its last event; every append raises it in its own transaction, so that commit
-- order is seq order (invariant ORDER). `decisions` is the number of the next decision (invariant ONE DECIDER).
-- An id is never given again: who still holds a deleted study writes into no other one.
CREATE TABLE studies (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  format INTEGER NOT NULL,
  min_reader INTEGER NOT NULL,
  head INTEGER NOT NULL DEFAULT 0,
  decisions INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

-- The truth (invariant HISTORY). Append-only. `crc` is the CRC-32 of the row's other values, since SQLite notices a
-- damaged page only where it is part of a tree.
CREATE TABLE events (
  study_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (study_id, seq)
) STRICT, WITHOUT ROWID;

-- Not history. A released lease keeps its row, with no holder, so that its epoch is never used again.
CREATE TABLE leases (
  study_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  holder TEXT,
  epoch INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (study_id, role)
) STRICT, WITHOUT ROWID;

-- A cache; rows may be deleted at any time.
CREATE TABLE snapshots (
  study_id INTEGER NOT NULL,
  fold_version INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (study_id, fold_version)
) STRICT;

-- Curves of runs whose hosts share no directory.
CREATE TABLE curves (
  study_id INTEGER NOT NULL,
  run TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (study_id, run)
) STRICT;
-- For people and their tools; ravine itself folds the events. The views give what the fold gives (a test compares
-- them), with the fold's rules for what comes late or twice (invariant FIRST ENDING WINS).

-- What the views below share: when each trial's runs started, it suggested, it ended, and it was taken up again. Of
-- the endings of one round the first counts.
CREATE VIEW trial_marks AS
WITH marks AS MATERIALIZED (
  SELECT study_id, seq, at, 'start' AS mark, body ->> '$.run.trial' AS trial, NULL AS round, body
  FROM events WHERE kind = 'run-started'
  UNION ALL
  SELECT study_id, seq, at, 'suggest', body ->> '$.trial', NULL, body FROM events WHERE kind = 'suggested'
  UNION ALL
  SELECT study_id, seq, at, 'open', body ->> '$.trial', NULL, body
  FROM events WHERE kind IN ('trial-continued', 'trial-repeated')
  UNION ALL
  SELECT study_id, seq, at, 'end', trial, round, body FROM (
    SELECT *, row_number() OVER (PARTITION BY study_id, trial, round ORDER BY seq) AS turn FROM (
      SELECT *, body ->> '$.trial' AS trial, coalesce(body ->> '$.round', 0) AS round
      FROM events WHERE kind = 'trial-ended'))
  WHERE turn = 1
)
SELECT *,
  coalesce(max(seq) FILTER (WHERE mark = 'end') OVER before, 0)
    > coalesce(max(seq) FILTER (WHERE mark = 'open') OVER before, 0) AS was_ended,
  min(seq) FILTER (WHERE mark = 'end') OVER after AS next_end
FROM marks
WINDOW
  before AS (PARTITION BY study_id, trial ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
  after AS (PARTITION BY study_id, trial ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING);

-- One row for each attempt of each run. `how` is null while it runs; times are ms since 1970.
CREATE VIEW runs AS
WITH started AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY study_id, trial, stage, repetition, attempt ORDER BY seq) AS turn
  FROM (
    SELECT *,
      coalesce(body ->> '$.run.stage', 0) AS stage,
      coalesce(body ->> '$.run.repetition', 0) AS repetition,
      coalesce(body ->> '$.run.attempt', 0) AS attempt,
      body ->> '$.epoch' AS epoch
    FROM trial_marks WHERE mark = 'start' AND NOT was_ended)
),
ended AS MATERIALIZED (
  SELECT study_id, seq, at, body,
    body ->> '$.run.trial' AS trial,
    coalesce(body ->> '$.run.stage', 0) AS stage,
    coalesce(body ->> '$.run.repetition', 0) AS repetition,
    coalesce(body ->> '$.run.attempt', 0) AS attempt,
    body ->> '$.epoch' AS epoch
  FROM events WHERE kind = 'run-ended'
),
-- The first ending that its holder wrote counts, unless its trial ended before. (A union and not a left join: for that
-- SQLite's planner makes no index, and takes quadratic time.)
paired AS MATERIALIZED (
  SELECT *, min(candidate) AS ended_seq FROM (
    SELECT *, NULL AS candidate FROM started WHERE turn = 1
    UNION ALL
    SELECT s.*, e.seq FROM started s
    JOIN ended e ON e.study_id = s.study_id AND e.trial = s.trial AND e.stage = s.stage
      AND e.repetition = s.repetition AND e.attempt = s.attempt AND e.epoch = s.epoch
    WHERE s.turn = 1 AND e.seq > s.seq AND (s.next_end IS NULL OR e.seq < s.next_end))
  GROUP BY study_id, seq
)
SELECT s.study_id, s.trial, s.stage, s.repetition, s.attempt,
  CASE
    WHEN e.seq IS NOT NULL THEN e.body ->> '$.end.how'
    WHEN s.next_end IS NULL THEN NULL
    ELSE CASE (SELECT t.body ->> '$.state' FROM events t WHERE t.study_id = s.study_id AND t.seq = s.next_end)
      WHEN 'complete' THEN 'ok' WHEN 'pruned' THEN 'pruned' ELSE 'failed' END
  END AS how,
  e.body ->> '$.end.exit_code' AS exit_code,
  e.body ->> '$.end.signal' AS signal,
  e.body ->> '$.end.seconds' AS seconds,
  e.body ->> '$.end.cpu_seconds' AS cpu_seconds,
  e.body ->> '$.end.peak_memory' AS peak_memory,
  e.body ->> '$.end.reached' AS reached,
  e.body ->> '$.end.message' AS message,
  s.body ->> '$.host' AS host,
  s.epoch,
  s.at AS started_at,
  coalesce(e.at, (SELECT t.at FROM events t WHERE t.study_id = s.study_id AND t.seq = s.next_end)) AS ended_at,
  s.seq AS started_seq,
  e.seq AS ended_seq
FROM paired s
LEFT JOIN events e ON e.study_id = s.study_id AND e.seq = s.ended_seq;

-- One row for each trial. `point`, `values`, `violations` and `metrics` are JSON: metrics ->> 'val_error'.
CREATE VIEW trials AS
WITH marks AS MATERIALIZED (SELECT * FROM trial_marks),
created AS MATERIALIZED (
  SELECT study_id, seq, at, body, body ->> '$.number' AS number FROM events WHERE kind = 'trial-created'
),
ended AS MATERIALIZED (
  SELECT study_id, trial, max(seq) AS seq, at, round, body
  FROM marks WHERE mark = 'end' GROUP BY study_id, trial
),
opened AS MATERIALIZED (
  SELECT study_id, trial, max(seq) AS seq,
    max(seq) FILTER (WHERE body ->> '$.level' IS NOT NULL) AS level_seq
  FROM marks WHERE mark = 'open' AND was_ended GROUP BY study_id, trial
),
suggested AS MATERIALIZED (
  SELECT study_id, trial, json_group_object(name, json(value)) AS point FROM (
    SELECT study_id, trial, body ->> '$.name' AS name, body -> '$.value' AS value, min(seq)
    FROM marks WHERE mark = 'suggest' AND NOT was_ended GROUP BY 1, 2, 3 ORDER BY 5)
  GROUP BY study_id, trial
),
ran AS MATERIALIZED (
  SELECT study_id, trial, min(started_at) AS started_at, count(*) AS attempts,
    count(*) FILTER (WHERE how IS NULL) AS running
  FROM runs GROUP BY study_id, trial
)
SELECT c.study_id, c.number,
  CASE
    WHEN e.seq IS NOT NULL AND coalesce(o.seq, 0) < e.seq THEN e.body ->> '$.state'
    WHEN r.running > 0 THEN 'running'
    ELSE 'queued'
  END AS state,
  CASE WHEN e.seq IS NULL THEN 0 ELSE e.round + (coalesce(o.seq, 0) > e.seq) END AS round,
  c.body ->> '$.source' AS source,
  c.body ->> '$.decision' AS decision,
  c.body ->> '$.parent' AS parent,
  coalesce(
    (SELECT t.body ->> '$.level' FROM events t WHERE t.study_id = c.study_id AND t.seq = o.level_seq),
    c.body ->> '$.level') AS level,
  CASE WHEN s.point IS NULL THEN c.body -> '$.point' ELSE json_patch(s.point, c.body -> '$.point') END AS point,
  e.body ->> '$.values[0]' AS value,
  coalesce(e.body -> '$.values', '[]') AS "values",
  coalesce(e.body -> '$.violations', '[]') AS violations,
  coalesce(e.body -> '$.metrics', '{}') AS metrics,
  e.body ->> '$.message' AS message,
  coalesce(r.attempts, 0) AS attempts,
  c.at AS created_at,
  r.started_at,
  CASE WHEN coalesce(o.seq, 0) < e.seq THEN e.at END AS ended_at
FROM created c
LEFT JOIN ended e ON e.study_id = c.study_id AND e.trial = c.number
LEFT JOIN opened o ON o.study_id = c.study_id AND o.trial = c.number
LEFT JOIN suggested s ON s.study_id = c.study_id AND s.trial = c.number
LEFT JOIN ran r ON r.study_id = c.study_id AND r.trial = c.number;

-- One row for each metric of each attempt that ended: how it began, went and ended. Not finite is text: 'nan'.
CREATE VIEW metrics AS
SELECT r.study_id, r.trial, r.stage, r.repetition, r.attempt, m.key AS name,
  m.value ->> '$.count' AS count,
  m.value ->> '$.first.value' AS first,
  m.value ->> '$.last.value' AS last,
  m.value ->> '$.last.step' AS last_step,
  m.value ->> '$.min.value' AS min,
  m.value ->> '$.min.step' AS min_step,
  m.value ->> '$.max.value' AS max,
  m.value ->> '$.max.step' AS max_step
FROM runs r
JOIN events e ON e.study_id = r.study_id AND e.seq = r.ended_seq
JOIN json_each(e.body, '$.metrics') m;
