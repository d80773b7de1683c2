-- Migration of a PostgreSQL database from revision 0001 to 0002, written by alembic --sql.
--
-- Run it with: psql -v ON_ERROR_STOP=1 -f FILE DATABASE
-- It is one transaction. At the first guard that finds anything it stops, and nothing was changed.
-- Without ON_ERROR_STOP nothing is applied either where a guard stops it, but the exit status is 0. With
--   ON_ERROR_ROLLBACK on nothing is applied at all: -X leaves ~/.psqlrc away, which may set it.
-- A guard that finds anything says up to twenty of its findings; the shell prints its name and stops, and the comment
--   above it says what to do. More about a guard: alembic-rekey guide NAME.
-- Nothing of the database's rows is written here: only names of the registry, and answers of an operator.

-- Read this file the same way in every session.
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

-- One transaction.
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;

-- If the script stops here: the shell sets a savepoint before each statement, and could undo a guard
--   alone and go on: run the script with psql -X, which leaves ON_ERROR_ROLLBACK off.
SET TRANSACTION READ WRITE;
CREATE TEMPORARY TABLE rekey_whole (savepoints BIGINT CONSTRAINT rekey_savepoints UNIQUE DEFERRABLE INITIALLY DEFERRED)
  ON COMMIT DROP;
INSERT INTO rekey_whole (savepoints) SELECT 1 FROM pg_catalog.pg_class AS made CROSS JOIN generate_series(1, 2)
WHERE made.oid = 'pg_temp.rekey_whole'::regclass
  AND CAST(made.xmin AS TEXT) != CAST(txid_current() % 4294967296 AS TEXT);
-- What a guard finds it inserts here, and then the script stops: the error shows the first twenty findings.
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, said TEXT) ON COMMIT DROP;
CREATE OR REPLACE FUNCTION pg_temp.rekey_stop() RETURNS trigger LANGUAGE plpgsql AS $rekey$
DECLARE
  guards TEXT := (SELECT string_agg(DISTINCT guard, ', ') FROM rekey_guard);
  hidden CONSTANT TEXT := '[\u0001-\u001f\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u206f\ufeff]';
BEGIN
  IF guards IS NOT NULL THEN
    RAISE check_violation USING
      MESSAGE = format('guard %s found %s, and stops the script', guards, (SELECT count(*) FROM rekey_guard)),
      DETAIL = (SELECT string_agg(shown, E'\n') FROM (SELECT (SELECT string_agg(
            CASE WHEN letter ~ hidden THEN '\x' || encode(convert_to(letter, 'UTF8'), 'hex') ELSE letter END, ''
            ORDER BY place) FROM regexp_split_to_table(left(said, 400), '') WITH ORDINALITY AS letters (letter, place)
          ) AS shown FROM rekey_guard ORDER BY guard, said LIMIT 20) AS first),
      HINT = 'The comment above this guard in the script says what to do.';
  END IF;
  RETURN NULL;
END
$rekey$;
CREATE TRIGGER rekey_stop AFTER INSERT ON rekey_guard FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.rekey_stop();
ALTER TABLE rekey_guard ENABLE ALWAYS TRIGGER rekey_stop;

-- Do not wait for locks for ever.
SET LOCAL lock_timeout = '30000ms';

-- Wait for any other upgrade of this database.
SELECT pg_advisory_xact_lock(32199659283349505);

-- The table that holds the revision of this database.
CREATE TABLE IF NOT EXISTS alembic_version
  (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));

-- Guard rekey_read_only: transactions of this account write by default. If the script stops here: run it as an account
--   that may write, or say so for this session, in psql with PGOPTIONS='-c default_transaction_read_only=off'.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_read_only',
  format('default_transaction_read_only is on for %L in this database', current_user)
WHERE current_setting('default_transaction_read_only') = 'on';

-- Guard rekey_version: the database is at the revision that this script starts from: 0001. If the script stops here:
--   the script ran already, or is for another database: look into alembic_version and make it again.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_version', 'the database is at another revision'
FROM (SELECT alembic_version.version_num FROM alembic_version WHERE (alembic_version.version_num NOT IN ('0001'))
  UNION ALL SELECT '0001' AS version_num
  WHERE NOT
    (EXISTS (SELECT alembic_version.version_num FROM alembic_version WHERE alembic_version.version_num = '0001'))
) AS rekey_other_version;

-- Running upgrade 0001 -> 0002

-- What several statements ask for is named once.
CREATE TEMPORARY VIEW rekey_asked("table", quoted) AS VALUES ('projects', '"projects"'),
  ('project_state', '"project_state"'), ('memories', '"memories"'), ('interactions', '"interactions"'),
  ('rekey_journal_projects', '"rekey_journal_projects"'), ('rekey_created_projects', '"rekey_created_projects"'),
  ('rekey_journal_project_state', '"rekey_journal_project_state"'),
  ('rekey_journal_memories', '"rekey_journal_memories"'),
  ('rekey_journal_interactions', '"rekey_journal_interactions"');
CREATE TEMPORARY VIEW rekey_catalog AS SELECT rekey_asked."table", CAST(rekey_attribute.attname AS TEXT) AS name,
  CAST(row_number() OVER (PARTITION BY rekey_asked."table" ORDER BY rekey_attribute.attnum) AS INTEGER) AS place,
  format_type(rekey_attribute.atttypid, rekey_attribute.atttypmod) AS type,
  format_type(rekey_attribute.atttypid, NULL) AS plain, CAST(rekey_type.typcategory AS TEXT) AS kind,
  coalesce(CAST(CAST(rekey_attribute.attgenerated AS TEXT) != '' AS INTEGER), 0) AS generated,
  coalesce(CAST(CAST(rekey_attribute.attgenerated AS TEXT) != ''
    OR CAST(rekey_attribute.attidentity AS TEXT) = 'a' AS INTEGER), 0) AS always
FROM rekey_asked
  JOIN pg_catalog.pg_attribute AS rekey_attribute ON rekey_attribute.attrelid = to_regclass(rekey_asked.quoted)
    AND rekey_attribute.attnum > 0 AND NOT rekey_attribute.attisdropped
  JOIN pg_catalog.pg_type AS rekey_type ON rekey_type.oid = rekey_attribute.atttypid;

-- Guard rekey_temporary_schema: tables are made in a schema that outlives the session. If the script stops here: name a
--   schema of the database first in search_path: ALTER ROLE \u2026 SET search_path = public, or
--   options=-csearch_path%3Dpublic in the URL.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_temporary_schema',
  format('search_path is %L: what is made would be temporary, and gone with the session', current_setting('search_path')
  )
WHERE coalesce(current_schema(), 'pg_temp_0') ~ '^pg_temp_[0-9]+$';

-- Guard rekey_missing_table: the database has every table that the revision declares. If the script stops here: look at
--   the url: is this the database that is meant? If it is, correct the name of the table in the spec (on PostgreSQL
--   also its schema), or make it in a revision before this one.
INSERT INTO rekey_guard (guard, said)
WITH rekey_declared_table("table") AS (VALUES ('projects'), ('project_state'), ('memories'), ('interactions'))
SELECT 'rekey_missing_table', format('the database has no table %s, which the revision declares', "table")
FROM rekey_declared_table WHERE ("table" NOT IN (SELECT "table" FROM rekey_catalog));

-- Guard rekey_reserved_name: no column has the name of one of the journal's own: rekey_run, rekey_action,
--   rekey_canonical. If the script stops here: rename the column for as long as the journal is needed, or leave its
--   table out of the revision.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_reserved_name',
  format('%s: column %L is named like one of the journal''s own; the journal cannot be made', "table", name)
FROM rekey_catalog
WHERE name IN ('rekey_action', 'rekey_canonical', 'rekey_place', 'rekey_run', 'rekey_to_id')
  AND "table" IN ('projects', 'project_state', 'memories', 'interactions');

-- Make a side table.
CREATE TABLE IF NOT EXISTS rekey_alias
  (run_id INTEGER NOT NULL, alias TEXT NOT NULL, canonical TEXT NOT NULL, key TEXT NOT NULL, identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rekey_answer (run_id INTEGER NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL,
  slot TEXT NOT NULL, project TEXT NOT NULL, canonical TEXT, keep TEXT NOT NULL, alias TEXT, decided_by TEXT, why TEXT);
CREATE TABLE IF NOT EXISTS rekey_count (run_id INTEGER NOT NULL, phase TEXT NOT NULL, name TEXT NOT NULL,
  value BIGINT NOT NULL, CONSTRAINT rekey_count_pkey PRIMARY KEY (run_id, phase, name));
CREATE TABLE IF NOT EXISTS rekey_redirect (run_id INTEGER NOT NULL, noun TEXT NOT NULL, old_key TEXT NOT NULL,
  new_key TEXT NOT NULL, alias TEXT, canonical TEXT);
CREATE TABLE IF NOT EXISTS rekey_run (id INTEGER NOT NULL, revision TEXT NOT NULL, noun TEXT NOT NULL,
  turn INTEGER DEFAULT 1 NOT NULL, outcome TEXT, started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE, restored_at TIMESTAMP WITH TIME ZONE, registry_path TEXT NOT NULL,
  registry_sha256 TEXT, plan_sha256 TEXT, CONSTRAINT rekey_run_pkey PRIMARY KEY (id));
CREATE INDEX IF NOT EXISTS rekey_redirect_old_key ON rekey_redirect USING hash (old_key);
CREATE TABLE IF NOT EXISTS rekey_journal_projects AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM projects AS rekey_original WHERE 1 = 0;
CREATE TABLE IF NOT EXISTS rekey_created_projects AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM projects AS rekey_original WHERE 1 = 0;
CREATE TABLE IF NOT EXISTS rekey_journal_project_state AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM project_state AS rekey_original WHERE 1 = 0;
CREATE TABLE IF NOT EXISTS rekey_journal_memories AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM memories AS rekey_original WHERE 1 = 0;
CREATE TABLE IF NOT EXISTS rekey_journal_interactions AS SELECT CAST(NULL AS INTEGER) AS rekey_run,
  CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  rekey_original.id AS rekey_to_id, rekey_original.*
FROM interactions AS rekey_original WHERE 1 = 0;

-- Let it be updated where every table is published.
ALTER TABLE rekey_redirect REPLICA IDENTITY FULL;
ALTER TABLE rekey_journal_projects REPLICA IDENTITY FULL;
ALTER TABLE rekey_created_projects REPLICA IDENTITY FULL;
ALTER TABLE rekey_journal_project_state REPLICA IDENTITY FULL;
ALTER TABLE rekey_journal_memories REPLICA IDENTITY FULL;
ALTER TABLE rekey_journal_interactions REPLICA IDENTITY FULL;

-- Drop these names.
DROP VIEW rekey_catalog, rekey_asked;

-- Record the revision that the database has now.
UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

-- Only the transaction that began above can be committed.
INSERT INTO rekey_whole (savepoints) VALUES (0);

-- All of it, or nothing.
COMMIT;
