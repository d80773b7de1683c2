;
.bail on
.timeout 30000

-- Migration of a SQLite database from revision 0001 to 0002, written by alembic --sql.
--
-- Run it with: sqlite3 DATABASE < FILE
-- It is one transaction. At the first guard that finds anything it stops, and nothing was changed.
-- The exit status is not 0 where it stopped. A tool that drops .bail on, and goes on after an error, commits nothing
--   either, unless all that failed is an op.execute() of another revision.
-- A guard that finds anything says up to twenty of its findings; the shell prints its name and stops, and the comment
--   above it says what to do. More about a guard: alembic-rekey guide NAME.
-- Nothing of the database's rows is written here: only names of the registry, and answers of an operator.

-- No cascade may take rows along; what foreign keys ask for is checked.
PRAGMA foreign_keys = OFF;

-- One transaction, which no other writer can enter.
BEGIN IMMEDIATE;

-- Each guard that passes leaves a mark; the last one asks for all of them, in this very transaction.
PRAGMA defer_foreign_keys = ON;
CREATE TEMPORARY TABLE rekey_whole (offending BIGINT CHECK (offending = 0));
INSERT INTO rekey_whole (offending) SELECT count(*) FROM sqlite_temp_master
WHERE name LIKE 'rekey^_%' ESCAPE '^' AND name <> 'rekey_whole';
-- What a guard finds stands here, and is shown: twenty at most, with nothing that moves a cursor.
CREATE TEMPORARY TABLE rekey_finding (guard TEXT, said TEXT);
CREATE TEMPORARY VIEW rekey_shown AS
WITH RECURSIVE rekey_letter (place, said, rest, code) AS (SELECT row_number() OVER (ORDER BY guard, said), guard || ':',
    ' ' || substr(said, 1, 400), 32
  FROM rekey_finding WHERE said IS NOT NULL
  UNION ALL SELECT place,
    said || CASE WHEN code IN (173, 1564, 6158, 65279) OR code < 32 OR code BETWEEN 127 AND 160 OR code BETWEEN 8203
      AND 8207 OR code BETWEEN 8232 AND 8303 THEN '\x' || lower(hex(substr(rest, 1, 1)))
      ELSE substr(rest, 1, 1) END, substr(rest, 2), coalesce(unicode(substr(rest, 2)), 0)
  FROM rekey_letter WHERE rest <> '' AND place <= 20)
SELECT said
FROM (SELECT place, said FROM rekey_letter WHERE rest = ''
  UNION ALL SELECT 21, 'They are ' || count(said) || ' findings in all.' FROM rekey_finding)
WHERE place <= 20 OR (SELECT count(said) FROM rekey_finding) > 20 ORDER BY place;

-- The table that holds the revision of this database.
CREATE TABLE IF NOT EXISTS alembic_version
  (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));

-- Guard rekey_version: the database is at the revision that this script starts from: 0001. If the script stops here:
--   the script ran already, or is for another database: look into alembic_version and make it again.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_version', 'the database is at another revision'
FROM (SELECT alembic_version.version_num FROM alembic_version WHERE (alembic_version.version_num NOT IN ('0001'))
  UNION ALL SELECT '0001' AS version_num
  WHERE NOT
    (EXISTS (SELECT alembic_version.version_num FROM alembic_version WHERE alembic_version.version_num = '0001'))
) AS rekey_other_version
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_version CHECK (guard <> 'rekey_version'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Running upgrade 0001 -> 0002

-- What several statements ask for is named once.
CREATE TEMPORARY VIEW rekey_asked("table", quoted) AS VALUES ('projects', '"projects"'),
  ('project_state', '"project_state"'), ('memories', '"memories"'), ('interactions', '"interactions"'),
  ('rekey_journal_projects', '"rekey_journal_projects"'), ('rekey_created_projects', '"rekey_created_projects"'),
  ('rekey_journal_project_state', '"rekey_journal_project_state"'),
  ('rekey_journal_memories', '"rekey_journal_memories"'),
  ('rekey_journal_interactions', '"rekey_journal_interactions"');
CREATE TEMPORARY VIEW rekey_catalog AS SELECT rekey_asked."table", CAST(rekey_info.name AS TEXT) AS name,
  CAST(row_number() OVER (PARTITION BY rekey_asked."table" ORDER BY rekey_info.cid) AS INTEGER) AS place, '' AS type,
  '' AS plain, '' AS kind, coalesce(CAST(rekey_info.hidden IN (2, 3) AS INTEGER), 0) AS generated,
  coalesce(CAST(rekey_info.hidden IN (2, 3) AS INTEGER), 0) AS always
FROM rekey_asked JOIN pragma_table_xinfo(rekey_asked."table") AS rekey_info ON 1 = 1 WHERE rekey_info.hidden != 1;

-- Guard rekey_missing_table: the database has every table that the revision declares. If the script stops here: look at
--   the url: is this the database that is meant? If it is, correct the name of the table in the spec (on PostgreSQL
--   also its schema), or make it in a revision before this one.
INSERT INTO rekey_finding (guard, said)
WITH rekey_declared_table("table") AS (VALUES ('projects'), ('project_state'), ('memories'), ('interactions'))
SELECT 'rekey_missing_table', printf('the database has no table %s, which the revision declares', "table")
FROM rekey_declared_table WHERE ("table" NOT IN (SELECT "table" FROM rekey_catalog))
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_missing_table CHECK (guard <> 'rekey_missing_table'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_reserved_name: no column has the name of one of the journal's own: rekey_run, rekey_action,
--   rekey_canonical. If the script stops here: rename the column for as long as the journal is needed, or leave its
--   table out of the revision.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_reserved_name',
  printf('%s: column %Q is named like one of the journal''s own; the journal cannot be made', "table", name)
FROM rekey_catalog
WHERE lower(name) IN ('rekey_action', 'rekey_canonical', 'rekey_place', 'rekey_run', 'rekey_to_id')
  AND "table" IN ('projects', 'project_state', 'memories', 'interactions')
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_reserved_name CHECK (guard <> 'rekey_reserved_name'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Make a side table.
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_alias
  (run_id INTEGER NOT NULL, alias TEXT NOT NULL, canonical TEXT NOT NULL, "key" TEXT NOT NULL, identity TEXT NOT NULL);
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_answer (run_id INTEGER NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL,
  slot TEXT NOT NULL, project TEXT NOT NULL, canonical TEXT, keep TEXT NOT NULL, alias TEXT, decided_by TEXT, why TEXT);
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_count (run_id INTEGER NOT NULL, phase TEXT NOT NULL, name TEXT NOT NULL,
  value BIGINT NOT NULL, CONSTRAINT rekey_count_pkey PRIMARY KEY (run_id, phase, name));
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_redirect (run_id INTEGER NOT NULL, noun TEXT NOT NULL, old_key TEXT NOT NULL,
  new_key TEXT NOT NULL, alias TEXT, canonical TEXT);
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_run (id INTEGER NOT NULL, revision TEXT NOT NULL, noun TEXT NOT NULL,
  turn INTEGER DEFAULT 1 NOT NULL, outcome TEXT, started_at DATETIME NOT NULL, finished_at DATETIME,
  restored_at DATETIME, registry_path TEXT NOT NULL, registry_sha256 TEXT, plan_sha256 TEXT,
  CONSTRAINT rekey_run_pkey PRIMARY KEY (id));
SAVEPOINT rekey_step;
CREATE INDEX IF NOT EXISTS rekey_redirect_old_key ON rekey_redirect (old_key);
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_journal_projects AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM projects AS rekey_original WHERE 1 = 0;
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_created_projects AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM projects AS rekey_original WHERE 1 = 0;
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_journal_project_state AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM project_state AS rekey_original WHERE 1 = 0;
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_journal_memories AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM memories AS rekey_original WHERE 1 = 0;
SAVEPOINT rekey_step;
CREATE TABLE IF NOT EXISTS rekey_journal_interactions AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM interactions AS rekey_original WHERE 1 = 0;

-- Drop these names.
DROP VIEW rekey_catalog;
DROP VIEW rekey_asked;

-- Record the revision that the database has now.
SAVEPOINT rekey_step;
UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

-- Guard rekey_script_whole: each guard has passed, and all was done in one transaction.
-- If the script stops here: look for the first error above; nothing was changed.
CREATE TEMPORARY TABLE IF NOT EXISTS rekey_whole (offending BIGINT);
CREATE TEMPORARY TABLE rekey_last_guard (offending BIGINT CONSTRAINT rekey_script_whole CHECK (offending = 0));
INSERT OR ROLLBACK INTO rekey_last_guard (offending) SELECT (SELECT count(*) FROM rekey_whole) * defer_foreign_keys - 4
FROM pragma_defer_foreign_keys;
-- The same where no temporary table can be made.
INSERT OR ROLLBACK INTO alembic_version (version_num) SELECT NULL FROM pragma_defer_foreign_keys
WHERE defer_foreign_keys = 1 AND NOT EXISTS (SELECT 1 FROM sqlite_temp_master WHERE name = 'rekey_last_guard');
DROP TABLE rekey_last_guard;
DROP VIEW rekey_shown;
DROP TABLE rekey_finding;
DROP TABLE rekey_whole;

-- All of it, or nothing.
COMMIT;
