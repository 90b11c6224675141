"""The tables of a page's database, and what files of earlier versions lack of them."""

VERSION = 4
TABLES = """
CREATE TABLE IF NOT EXISTS people(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, token TEXT UNIQUE,
  languages TEXT NOT NULL DEFAULT '', created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS sessions(token TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS records(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL, tongue TEXT NOT NULL,
  overlap INTEGER NOT NULL, needed INTEGER NOT NULL, gold TEXT, ask TEXT NOT NULL, language TEXT NOT NULL DEFAULT 'und',
  kind TEXT NOT NULL DEFAULT '', UNIQUE(name, key));
CREATE INDEX IF NOT EXISTS waiting ON records(needed, id, tongue) WHERE needed > 0 AND gold IS NULL;
CREATE INDEX IF NOT EXISTS golden ON records(id) WHERE gold IS NOT NULL;
CREATE TABLE IF NOT EXISTS work(
  person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE, record INTEGER NOT NULL REFERENCES records(id),
  item TEXT NOT NULL UNIQUE, shuffle TEXT NOT NULL, status TEXT NOT NULL, ranks TEXT, extra TEXT, seconds REAL,
  opened REAL NOT NULL, at REAL, PRIMARY KEY(person, record)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside(
  person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE, name TEXT NOT NULL,
  PRIMARY KEY(person, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS done ON work(record, status);
CREATE INDEX IF NOT EXISTS history ON work(person, status, at);
"""
OVERVIEW = "CREATE INDEX IF NOT EXISTS overview ON records(name, gold, id, language, kind, overlap, needed);"
"""Holds all that the lead's figures need of records, so that their texts are not read for it."""
WAITING = """
CREATE TABLE IF NOT EXISTS waiting_counts(tongue TEXT PRIMARY KEY, records INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS waiting_pushed AFTER INSERT ON records WHEN new.gold IS NULL AND new.needed > 0 BEGIN
  INSERT INTO waiting_counts VALUES(new.tongue, 1) ON CONFLICT(tongue) DO UPDATE SET records = records + 1; END;
CREATE TRIGGER IF NOT EXISTS waiting_deleted AFTER DELETE ON records WHEN old.gold IS NULL AND old.needed > 0 BEGIN
  UPDATE waiting_counts SET records = records - 1 WHERE tongue = old.tongue; END;
CREATE TRIGGER IF NOT EXISTS waiting_changed AFTER UPDATE OF needed ON records
  WHEN old.gold IS NULL AND (old.needed > 0) != (new.needed > 0) BEGIN
  INSERT INTO waiting_counts VALUES(new.tongue, new.needed > 0)
    ON CONFLICT(tongue) DO UPDATE SET records = records + iif(new.needed > 0, 1, -1); END;
DELETE FROM waiting_counts;
INSERT INTO waiting_counts SELECT tongue, count(*) FROM records WHERE gold IS NULL AND needed > 0 GROUP BY tongue;
"""
"""How many records of each language need further people: everybody's progress shows it after every answer, and counting tens
of thousands of records each time would be most of the work of an answer."""
UPGRADES = {"language": "ALTER TABLE records ADD COLUMN language TEXT NOT NULL DEFAULT 'und'; "
                        "UPDATE records SET language = coalesce(json_extract(row, '$.language'), 'und');",
            "kind": "ALTER TABLE records ADD COLUMN kind TEXT NOT NULL DEFAULT '';"}
"""Columns that files of version 1 lack, and how they are added."""
ASIDE = """
INSERT OR IGNORE INTO aside SELECT people.id, sets.name FROM people, (SELECT DISTINCT name FROM records WHERE gold IS NULL)
  AS sets WHERE people.set_aside;
UPDATE people SET set_aside = 0;
"""
"""Up to version 3 a person's work was set aside on all sets at once; the column is left there, unused."""
