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
