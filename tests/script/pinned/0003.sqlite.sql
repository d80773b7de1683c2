;
.bail on
.timeout 30000

-- Migration of a SQLite database from revision 0002 to 0003, written by alembic --sql.
--
-- Revision 0003 folds every row that was written under an alias into its canonical name.
--   registry: registry.json
--   SHA-256:  697b4af37fabfb7df3b7622d345f7078731aa5b70760174b504378b1f61bb6d0
--   names:    2 canonical, 4 aliases
--
-- Run it with: sqlite3 DATABASE < FILE
-- It is one transaction. At the first guard that finds anything it stops, and nothing was changed.
-- The exit status is not 0 where it stopped. A tool that drops .bail on, and goes on after an error, commits nothing
--   either, unless all that failed is an op.execute() of another revision.
-- A guard that finds anything says up to twenty of its findings; the shell prints its name and stops, and the comment
--   above it says what to do. More about a guard: alembic-rekey guide NAME.
-- Nothing of the database's rows is written here: only names of the registry, and answers of an operator.
--
-- What changes the application's tables has the mark CHANGES, in these lines:
--   projects: 1157, 1184, 1210, 1248, 1367
--   project_state: 1177, 1302, 1312, 1322, 1343, 1355
--   interactions: 1263
--   memories: 1278, 1290

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

-- Guard rekey_version: the database is at the revision that this script starts from: 0002. If the script stops here:
--   the script ran already, or is for another database: look into alembic_version and make it again.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_version', 'the database is at another revision'
FROM (SELECT alembic_version.version_num FROM alembic_version WHERE (alembic_version.version_num NOT IN ('0002'))
  UNION ALL SELECT '0002' AS version_num
  WHERE NOT
    (EXISTS (SELECT alembic_version.version_num FROM alembic_version WHERE alembic_version.version_num = '0002'))
) AS rekey_other_version
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_version CHECK (guard <> 'rekey_version'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Running upgrade 0002 -> 0003

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
CREATE TEMPORARY VIEW rekey_declared("table", name) AS VALUES ('projects', 'id'), ('projects', 'name'),
  ('projects', 'description'), ('projects', 'created_at'), ('projects', 'updated_at'), ('project_state', 'id'),
  ('project_state', 'project_id'), ('project_state', 'category'), ('project_state', 'key'), ('project_state', 'value'),
  ('project_state', 'source'), ('project_state', 'confidence'), ('project_state', 'status'),
  ('project_state', 'created_at'), ('project_state', 'updated_at'), ('memories', 'id'), ('memories', 'memory_type'),
  ('memories', 'content'), ('memories', 'project'), ('memories', 'confidence'), ('memories', 'status'),
  ('memories', 'created_at'), ('memories', 'updated_at'), ('interactions', 'id'), ('interactions', 'prompt'),
  ('interactions', 'response'), ('interactions', 'client'), ('interactions', 'session_id'), ('interactions', 'project'),
  ('interactions', 'created_at');
CREATE TEMPORARY VIEW rekey_part(noun, "table", quoted, keys, name, deletable, apart) AS
VALUES
  ('project', 'projects', '"projects"', '["id"]', 'name', 'yes', '[]'),
  ('state', 'project_state', '"project_state"', '["id"]', '', 'yes', '[]'),
  ('memory', 'memories', '"memories"', '["id"]', 'project', '', '[]'),
  ('interaction', 'interactions', '"interactions"', '["id"]', 'project', '', '[]');

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

-- Guard rekey_missing_column: every column that the revision declares is there. If the script stops here: add the
--   column, or correct the declaration in the revision; where a pending revision before it adds the column, upgrade to
--   that one first.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_missing_column',
  printf('%s: the revision declares column %Q, and the database does not have it', rekey_declared."table",
    rekey_declared.name)
FROM rekey_declared
  LEFT OUTER JOIN rekey_catalog ON rekey_catalog."table" = rekey_declared."table"
    AND rekey_catalog.name = rekey_declared.name
WHERE rekey_catalog.name IS NULL
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_missing_column CHECK (guard <> 'rekey_missing_column'));
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

-- Guard rekey_always_made: the fold writes no column that the database lets nobody write. If the script stops here:
--   name in the spec the column that it is made of, or leave it out; or let it be one that is written: on PostgreSQL
--   ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION, or SET GENERATED BY DEFAULT where it counts; SQLite makes the
--   table anew (op.batch_alter_table).
INSERT INTO rekey_finding (guard, said)
WITH rekey_writes("table", "column") AS (VALUES
    ('projects', 'name'), ('projects', 'updated_at'), ('projects', 'description'), ('projects', 'created_at'),
    ('project_state', 'project_id'), ('project_state', 'updated_at'), ('project_state', 'status'),
    ('memories', 'project'), ('memories', 'updated_at'), ('memories', 'status'), ('interactions', 'project'))
SELECT 'rekey_always_made',
  printf('%s: the fold would write column %Q, which the database makes itself (GENERATED ALWAYS)', rekey_writes."table",
    rekey_writes."column")
FROM rekey_writes
  JOIN rekey_catalog ON rekey_catalog."table" = rekey_writes."table" AND rekey_catalog.name = rekey_writes."column"
WHERE rekey_catalog.always = 1
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_always_made CHECK (guard <> 'rekey_always_made'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_not_a_table: what the revision declares is a table, whose rows are stored where they are read. If the
--   script stops here: name the table behind it in the revision.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_not_a_table',
  printf('%s is %s; its rows could be neither journalled nor put back where they are stored', "table", what)
FROM (SELECT part."table", 'a view' AS what
  FROM rekey_part AS part JOIN sqlite_master AS known ON known.type = 'view' AND lower(known.name) = lower(part."table")
) AS rekey_asked
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_not_a_table CHECK (guard <> 'rekey_not_a_table'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_not_text: a column of names holds texts. If the script stops here: name the column that holds the name
--   itself in the spec (an identity's number as sa.Integer); a column that refers to a row by its key is an owner.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_not_text',
  printf('%s: the column of names %Q is of type %s, and names are texts', "table", "column", type)
FROM (SELECT part.noun, part."table", known.name AS "column", known.type
  FROM rekey_part AS part JOIN pragma_table_xinfo(part."table") AS known ON lower(known.name) = lower(part.name)
  WHERE upper(known.type) LIKE '%INT%'
    OR (NOT (upper(known.type) LIKE '%CHAR%' OR upper(known.type) LIKE '%CLOB%' OR upper(known.type) LIKE '%TEXT%')
      AND (upper(known.type) LIKE '%REAL%' OR upper(known.type) LIKE '%FLOA%' OR upper(known.type) LIKE '%DOUB%'
        OR upper(known.type) LIKE '%BLOB%'))) AS rekey_asked
WHERE noun IN ('project', 'memory', 'interaction')
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_not_text CHECK (guard <> 'rekey_not_text'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_check_broken: every row fulfils the CHECK constraints of its table, so that it could be put back. If the
--   script stops here: correct the rows, or the constraint: PRAGMA quick_check names the tables.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_check_broken',
  printf('%s: rows from before a CHECK constraint do not fulfil it, and could not be written again', "table")
FROM (SELECT part."table"
  FROM rekey_part AS part
    JOIN sqlite_master AS known ON known.type = 'table' AND lower(known.name) = lower(part."table")
      AND known.sql LIKE '%check%'
    JOIN pragma_quick_check(known.name) AS found ON found.quick_check LIKE 'CHECK constraint failed%'
  WHERE part.deletable <> '') AS rekey_asked
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_check_broken CHECK (guard <> 'rekey_check_broken'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_name_of_several: a name is that of one row, not of one per tenant. If the script stops here: if a name is
--   one thing throughout, say so with a unique index on the name alone; if it is one per tenant, name the tenant's
--   columns in the spec: Identity(within=(\u2026)).
INSERT INTO rekey_finding (guard, said)
WITH rekey_unique AS (SELECT part.noun, part."table", made.name AS index_name, made.partial,
    sum(lower(coalesce(of.name, '')) NOT IN (SELECT lower(value) FROM json_each(part.apart))) AS parts,
    max(EXISTS (SELECT 1 FROM pragma_table_xinfo(part."table") AS other
      WHERE lower(other.name) <> lower(part.name)
        AND lower(other.name) NOT IN (SELECT lower(value) FROM json_each(part.apart))
        AND (lower(other.name) = lower(coalesce(of.name, '')) OR of.cid = -2
          AND instr(substr(lower(known.sql), instr(known.sql, '(')), lower(other.name)) > 0))) AS others,
    max(lower(coalesce(of.name, '')) = lower(part.name) OR of.cid = -2 AND instr(lower(known.sql), lower(part.name)) > 0
    ) AS names, max(lower(coalesce(of.name, '')) IN (SELECT lower(value) FROM json_each(part."keys"))) AS keyed,
    group_concat(coalesce(of.name, '(expression)'), ', ') AS columns
  FROM rekey_part AS part JOIN pragma_index_list(part."table") AS made ON made."unique" = 1
    JOIN pragma_index_info(made.name) AS of
    LEFT JOIN sqlite_master AS known ON known.type = 'index' AND known.name = made.name
  GROUP BY part.noun, part."table", made.name, made.partial)
SELECT 'rekey_name_of_several',
  printf('%s: names are unique together with other columns (%s) only; rows of one name may be different things, and two tenants would be folded into one',
    "table", columns)
FROM (SELECT noun, "table", columns FROM rekey_unique AS several
  WHERE several.names = 1 AND several.others = 1 AND several.parts > 1 AND several.keyed = 0
    AND NOT EXISTS (SELECT 1 FROM rekey_unique AS alone
      WHERE alone."table" = several."table" AND alone.names = 1 AND alone.parts = 1 AND alone.partial = 0)
) AS rekey_asked
WHERE noun IN ('project')
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_name_of_several CHECK (guard <> 'rekey_name_of_several'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_journal_shape: the journal has the columns of the spec's key, then those of its table, in their order. If
--   the script stops here: where another spec of the table names another key, name the same, its columns in the same
--   order; where the table changed after the journal was made, change each journal named here likewise (ALTER TABLE
--   \u2026, ADD, DROP or RENAME COLUMN, ALTER COLUMN \u2026 TYPE \u2026); an empty one may be dropped and made again
--   with op.create_side_tables(spec); going back, drop them where the report is at hand, and restore from that: -x
--   report=FILE.
INSERT INTO rekey_finding (guard, said)
WITH rekey_leading(source, kept, name, place) AS (VALUES
    ('projects', 'rekey_journal_projects', 'rekey_to_id', '5'),
    ('projects', 'rekey_created_projects', 'rekey_to_id', '5'),
    ('project_state', 'rekey_journal_project_state', 'rekey_to_id', '5'),
    ('memories', 'rekey_journal_memories', 'rekey_to_id', '5'),
    ('interactions', 'rekey_journal_interactions', 'rekey_to_id', '5')),
rekey_kept_pair AS (SELECT source, kept, max(CAST(place AS INTEGER)) AS own FROM rekey_leading GROUP BY source, kept),
rekey_wanted AS (SELECT rekey_kept_pair.source, rekey_kept_pair.kept, rekey_own.name,
    rekey_own.place + rekey_kept_pair.own AS place, rekey_own.type
  FROM rekey_kept_pair JOIN rekey_catalog AS rekey_own ON rekey_own."table" = rekey_kept_pair.source
  UNION ALL SELECT source, kept, name, CAST(place AS INTEGER) AS place, CAST(NULL AS TEXT) FROM rekey_leading),
rekey_stored AS (SELECT rekey_kept_pair.source, rekey_kept_pair.kept, rekey_copy.name, rekey_copy.place,
    CASE WHEN (rekey_copy.place > rekey_kept_pair.own) THEN rekey_copy.type END AS type
  FROM rekey_kept_pair
    JOIN rekey_catalog AS rekey_copy ON rekey_copy."table" = rekey_kept_pair.kept AND rekey_copy.place >= 5)
SELECT 'rekey_journal_shape', printf('%s: column %Q differs in %s, which every spec of the table shares: %s',
  rekey_each."table", rekey_each."column", rekey_each.journal,
  CASE WHEN (rekey_stored.name IS NULL) THEN 'the journal lacks it'
    WHEN (rekey_wanted.name IS NULL) THEN 'the table lacks it'
    WHEN (rekey_wanted.place != rekey_stored.place) THEN 'it stands in another place there'
    ELSE 'it is ' || rekey_wanted.type || ' in the table and ' || rekey_stored.type || ' in the journal' END)
FROM (SELECT DISTINCT source AS "table", kept AS journal, name AS "column"
  FROM (SELECT source, kept, name, place, type
    FROM (SELECT source, kept, name, place, type FROM rekey_wanted
      EXCEPT SELECT source, kept, name, place, type FROM rekey_stored) AS rekey_lacking
    UNION ALL SELECT source, kept, name, place, type
    FROM (SELECT source, kept, name, place, type FROM rekey_stored
      EXCEPT SELECT source, kept, name, place, type FROM rekey_wanted) AS rekey_surplus) AS rekey_different
) AS rekey_each
  LEFT OUTER JOIN rekey_wanted ON rekey_each."table" = rekey_wanted.source AND rekey_each.journal = rekey_wanted.kept
    AND rekey_each."column" = rekey_wanted.name
  LEFT OUTER JOIN rekey_stored ON rekey_each."table" = rekey_stored.source AND rekey_each.journal = rekey_stored.kept
    AND rekey_each."column" = rekey_stored.name
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_journal_shape CHECK (guard <> 'rekey_journal_shape'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Open a run.
SAVEPOINT rekey_step;
INSERT INTO rekey_run (id, revision, noun, turn, started_at, registry_path, registry_sha256)
SELECT coalesce(max(id), 0) + 1, '0003', 'project',
  (SELECT count(*) + 1 FROM rekey_run WHERE revision = '0003' AND noun = 'project' AND outcome IN ('applied', 'empty')),
  strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'registry.json',
  '697b4af37fabfb7df3b7622d345f7078731aa5b70760174b504378b1f61bb6d0'
FROM rekey_run;

-- Keep the registry as this run sees it.
--   6772c3b6c39f65 = "gr\u00f6\u00dfe"
--   6974277320626967 = "it's big"
SAVEPOINT rekey_step;
WITH rekey_listed(alias, canonical, "key", identity) AS (VALUES
    ('p05-interferometer', 'p05-interferometer', 'p05-interferometer', 'eca74e26-f6fb-5cbf-8b23-99362f0b1105'),
    ('p05', 'p05-interferometer', 'p05', 'eca74e26-f6fb-5cbf-8b23-99362f0b1105'),
    ('interferometer', 'p05-interferometer', 'interferometer', 'eca74e26-f6fb-5cbf-8b23-99362f0b1105'),
    (CAST(X'6772c3b6c39f65' AS TEXT), CAST(X'6772c3b6c39f65' AS TEXT), CAST(X'6772c3b6c39f65' AS TEXT),
      'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'),
    (CAST(X'6974277320626967' AS TEXT), CAST(X'6772c3b6c39f65' AS TEXT), CAST(X'6974277320626967' AS TEXT),
      'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'),
    ('K9', CAST(X'6772c3b6c39f65' AS TEXT), 'k9', 'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'))
INSERT INTO rekey_alias (run_id, alias, canonical, "key", identity)
SELECT (SELECT max(id) FROM rekey_run), alias, canonical, "key", identity FROM rekey_listed;

-- Plan projects: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_as_project AS SELECT DISTINCT projects.name COLLATE BINARY AS spelling FROM projects
WHERE projects.name IS NOT NULL;
CREATE TEMPORARY VIEW rekey_0_project AS SELECT spelling, replace(replace(replace(lower(trim(spelling,
  CAST(X'090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080'
      AS TEXT))), CAST(X'c396' AS TEXT), CAST(X'c3b6' AS TEXT)), CAST(X'e1ba9e' AS TEXT), CAST(X'c39f' AS TEXT)),
  CAST(X'e284aa' AS TEXT), 'k') AS "key"
FROM rekey_as_project;
CREATE TEMPORARY VIEW rekey_registered AS SELECT run_id, alias, canonical, "key", identity FROM rekey_alias
WHERE run_id = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_of_project AS
WITH rekey_of_project AS MATERIALIZED (SELECT rekey_0_project.spelling, rekey_registered.alias,
    rekey_registered.canonical
  FROM rekey_0_project JOIN rekey_registered ON rekey_registered."key" = rekey_0_project."key")
SELECT * FROM rekey_of_project;
CREATE TEMPORARY VIEW rekey_known_project AS SELECT projects.id AS key_0, rekey_of_project.spelling AS name,
  rekey_of_project.canonical,
  CASE WHEN (rekey_of_project.alias = rekey_of_project.canonical) THEN 1 ELSE 0 END AS is_canonical,
  rekey_of_project.canonical AS group_0,
  CASE WHEN (rekey_of_project.canonical != rekey_of_project.spelling) THEN 1 ELSE 0 END AS spelt_0,
  CASE WHEN (rekey_of_project.alias != rekey_of_project.canonical) THEN 1 ELSE 0 END AS spelt_1
FROM projects JOIN rekey_of_project ON rekey_of_project.spelling = +(projects.name COLLATE BINARY COLLATE BINARY);
CREATE TEMPORARY VIEW rekey_ranked_project AS SELECT *, row_number() OVER rekey_rows AS number,
  first_value(key_0) OVER rekey_rows AS lead_0, first_value(name) OVER rekey_rows AS first_name,
  count(*) OVER rekey_rows_1 AS rows, max(is_canonical) OVER rekey_rows_1 AS has_canonical
FROM rekey_known_project
WINDOW rekey_rows AS
  (PARTITION BY group_0 ORDER BY spelt_0, spelt_1, key_0 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
  rekey_rows_1 AS (PARTITION BY group_0);
SAVEPOINT rekey_step;
INSERT INTO rekey_journal_projects
WITH rekey_group_project AS MATERIALIZED (SELECT key_0, name, canonical, lead_0,
    ((number + 1) - has_canonical) * (1 - CASE WHEN (rows = 1 AND has_canonical = 1) THEN 1 ELSE 0 END) AS place
  FROM rekey_ranked_project WHERE rows > 1 OR has_canonical = 0 OR canonical != name),
rekey_decided_project AS (SELECT key_0,
    CASE WHEN (place > 1) THEN 'delete' WHEN (canonical != name) THEN 'rename' ELSE 'keep' END AS action, canonical,
    place, lead_0 AS to_0
  FROM rekey_group_project
  UNION ALL SELECT NULL, 'create', canonical, NULL, lead_0 FROM rekey_group_project WHERE place > 1 AND key_0 = lead_0)
SELECT (SELECT max(id) FROM rekey_run), rekey_decided_project.action AS rekey_action,
  rekey_decided_project.canonical AS rekey_canonical, rekey_decided_project.place AS rekey_place,
  rekey_decided_project.to_0 AS rekey_to_id, rekey_original.*
FROM rekey_decided_project
  LEFT OUTER JOIN projects AS rekey_original ON rekey_original.id = rekey_decided_project.key_0;

-- Plan project_state: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_planned_project AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id, name,
  description, created_at, updated_at
FROM rekey_journal_projects WHERE rekey_run = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_members_project AS SELECT id AS key_0, rekey_to_id AS to_0, rekey_canonical AS canonical,
  rekey_place AS place, name
FROM rekey_planned_project WHERE rekey_place IS NOT NULL;
SAVEPOINT rekey_step;
INSERT INTO rekey_journal_project_state
WITH rekey_slot_row_state AS (SELECT project_state.id AS key_0, rekey_member_0_project.canonical,
    CASE WHEN (rekey_member_0_project.place IS NOT NULL) THEN rekey_member_0_project.to_0 ELSE project_state.project_id
    END AS owner_0, project_state.category AS slot_0, project_state."key" AS slot_1,
    project_state.value COLLATE BINARY AS value,
    CASE WHEN (rekey_member_0_project.place > 1) THEN 1 ELSE 0 END AS shadow,
    CASE WHEN (project_state.status COLLATE BINARY = 'active') THEN 1 ELSE 0 END AS active,
    CASE WHEN datetime(julianday(project_state.updated_at)) IS project_state.updated_at
      AND project_state.updated_at > '0001' THEN
        CAST(round((julianday(project_state.updated_at) - 2440587.5) * 86400) AS INTEGER) * 1000000
      WHEN project_state.updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
      AND substr(project_state.updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
      AND substr(project_state.updated_at, 9, 2) BETWEEN '01' AND '28'
      AND substr(project_state.updated_at, 12, 2) < '24' AND substr(project_state.updated_at, 6, 2) BETWEEN '01'
      AND '12' AND typeof(project_state.updated_at) = 'text'
      AND ltrim(substr(project_state.updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00') THEN
        CAST(strftime('%s', substr(project_state.updated_at, 1, 19)) AS INTEGER) * 1000000 + CASE WHEN
            substr(project_state.updated_at, 20, 1) = '.' THEN
            CAST(round(CAST('0' || substr(project_state.updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
          ELSE 0 END
      WHEN typeof(project_state.updated_at) = 'text' AND project_state.updated_at >= '0001'
      AND project_state.updated_at NOT GLOB '*[^ -~]*'
      AND project_state.updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
      AND (substr(project_state.updated_at, 9, 2) < '29'
        OR date(substr(project_state.updated_at, 1, 10), '+0 days') = substr(project_state.updated_at, 1, 10))
      AND (length(project_state.updated_at) = 10
        OR substr(project_state.updated_at, 11, 6) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]')
      AND substr(project_state.updated_at, 12, 2) < '24'
      AND (length(project_state.updated_at) - length(ltrim(substr(project_state.updated_at, 17), ':.0123456789 ')
      ) IN (10, 16, 19)
        OR strftime('%s',
          '2000-01-01T' || substr(project_state.updated_at, 12,
            length(project_state.updated_at) - 11 - length(ltrim(substr(project_state.updated_at, 17), ':.0123456789 '))
          )) IS NOT NULL) THEN CAST(strftime('%s',
            substr(project_state.updated_at, 1, 10) || 'T' || substr(project_state.updated_at, 12,
              CASE WHEN substr(project_state.updated_at, 17, 1) = ':' THEN 8 ELSE 5 END) || CASE WHEN
                  ltrim(substr(project_state.updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9]' THEN
                  ltrim(substr(project_state.updated_at, 17), ':.0123456789 ') || ':00'
                WHEN ltrim(substr(project_state.updated_at, 17), ':.0123456789 '
                ) GLOB '[+-][0-9][0-9][0-9][0-9]' THEN
                  substr(ltrim(substr(project_state.updated_at, 17), ':.0123456789 '), 1, 3) || ':' ||
                  substr(ltrim(substr(project_state.updated_at, 17), ':.0123456789 '), 4)
                ELSE ltrim(substr(project_state.updated_at, 17), ':.0123456789 ') END) AS INTEGER) * 1000000 +
        CASE WHEN substr(project_state.updated_at, 20, 1) = '.' THEN
            CAST(round(CAST('0' || substr(project_state.updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
          ELSE 0 END END AS moment
  FROM project_state
    LEFT OUTER JOIN rekey_members_project AS rekey_member_0_project
      ON project_state.project_id = rekey_member_0_project.key_0
  WHERE rekey_member_0_project.place > 0),
rekey_slot_rank_state AS (SELECT *,
    CASE WHEN (shadow = 0 AND active = 1) THEN 0 WHEN (shadow = 1 AND active = 1) THEN 1
      WHEN (shadow = 0 AND active = 0) THEN 2 WHEN (shadow = 1 AND active = 0) THEN 3 END AS rank
  FROM rekey_slot_row_state),
rekey_ranked_state AS (SELECT key_0, canonical, owner_0, slot_0, slot_1, shadow, active, moment, rank,
    row_number() OVER rekey_rows AS place,
    CASE WHEN (value IS first_value(value) OVER rekey_rows) THEN 1 ELSE 0 END AS same,
    first_value(shadow) OVER rekey_rows AS won_by_shadow, first_value(active) OVER rekey_rows AS won_active
  FROM rekey_slot_rank_state
  WINDOW rekey_rows AS (PARTITION BY owner_0, slot_0, slot_1
    ORDER BY rank, moment DESC NULLS LAST, key_0 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)),
rekey_judged_state AS (SELECT key_0, canonical, owner_0, slot_0, slot_1, place, shadow, won_by_shadow,
    CASE WHEN (place = 1) THEN 1 ELSE 0 END AS first, same,
    max(CASE WHEN (shadow = 1) THEN 1 ELSE 0 END) OVER rekey_rows AS touched,
    max(CASE WHEN (shadow = 0 AND same = 1) THEN 1 ELSE 0 END) OVER rekey_rows AS said_by_canonical,
    max(CASE WHEN (active = 1 AND won_active = 1 AND same != 1) THEN 1 ELSE 0 END) OVER rekey_rows AS collided
  FROM rekey_ranked_state WINDOW rekey_rows AS (PARTITION BY owner_0, slot_0, slot_1)),
rekey_decided_state AS MATERIALIZED (SELECT key_0,
    CASE WHEN (collided = 1) THEN 'collision' WHEN (shadow = 0 AND won_by_shadow = 1 AND same = 1) THEN 'revive'
      WHEN (shadow = 0 AND won_by_shadow = 1 AND same = 0) THEN 'replace'
      WHEN (shadow = 0 AND won_by_shadow = 0) THEN 'keep'
      WHEN (shadow = 1 AND first = 1 AND said_by_canonical = 0) THEN 'rekey' WHEN (shadow = 1 AND same = 1) THEN 'merge'
      WHEN (shadow = 1 AND same = 0) THEN 'drop' ELSE NULL END AS action, canonical
  FROM rekey_judged_state WHERE touched > 0 ORDER BY 1 LIMIT -1)
SELECT (SELECT max(id) FROM rekey_run), rekey_decided_state.action AS rekey_action,
  rekey_decided_state.canonical AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  CASE WHEN 0 THEN rekey_decided_state.key_0 END AS rekey_to_id, rekey_original.*
FROM rekey_decided_state JOIN project_state AS rekey_original ON rekey_original.id = rekey_decided_state.key_0;

-- Plan memories: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_as_memory AS SELECT DISTINCT memories.project COLLATE BINARY AS spelling FROM memories
WHERE memories.project IS NOT NULL;
CREATE TEMPORARY VIEW rekey_0_memory AS SELECT spelling, replace(replace(replace(lower(trim(spelling,
  CAST(X'090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080'
      AS TEXT))), CAST(X'c396' AS TEXT), CAST(X'c3b6' AS TEXT)), CAST(X'e1ba9e' AS TEXT), CAST(X'c39f' AS TEXT)),
  CAST(X'e284aa' AS TEXT), 'k') AS "key"
FROM rekey_as_memory;
CREATE TEMPORARY VIEW rekey_of_memory AS
WITH rekey_of_memory AS MATERIALIZED (SELECT rekey_0_memory.spelling, rekey_registered.alias, rekey_registered.canonical
  FROM rekey_0_memory JOIN rekey_registered ON rekey_registered."key" = rekey_0_memory."key")
SELECT * FROM rekey_of_memory;
SAVEPOINT rekey_step;
INSERT INTO rekey_journal_memories
WITH rekey_tagged_memory AS (SELECT memories.id AS key_0, rekey_of_memory.canonical,
    rekey_of_memory.canonical AS name_0, memories.memory_type COLLATE BINARY AS agree_0,
    memories.content COLLATE BINARY AS agree_1, memories.status COLLATE BINARY AS agree_2,
    CASE WHEN (rekey_of_memory.canonical != rekey_of_memory.spelling) THEN 1 ELSE 0 END AS rekeyed,
    CASE WHEN datetime(julianday(memories.updated_at)) IS memories.updated_at
      AND memories.updated_at > '0001' THEN CAST(round((julianday(memories.updated_at) - 2440587.5) * 86400) AS INTEGER
      ) * 1000000
      WHEN memories.updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
      AND substr(memories.updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
      AND substr(memories.updated_at, 9, 2) BETWEEN '01' AND '28' AND substr(memories.updated_at, 12, 2) < '24'
      AND substr(memories.updated_at, 6, 2) BETWEEN '01' AND '12' AND typeof(memories.updated_at) = 'text'
      AND ltrim(substr(memories.updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00') THEN
        CAST(strftime('%s', substr(memories.updated_at, 1, 19)) AS INTEGER) * 1000000 + CASE WHEN
            substr(memories.updated_at, 20, 1) = '.' THEN
            CAST(round(CAST('0' || substr(memories.updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
          ELSE 0 END
      WHEN typeof(memories.updated_at) = 'text' AND memories.updated_at >= '0001'
      AND memories.updated_at NOT GLOB '*[^ -~]*'
      AND memories.updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
      AND (substr(memories.updated_at, 9, 2) < '29'
        OR date(substr(memories.updated_at, 1, 10), '+0 days') = substr(memories.updated_at, 1, 10))
      AND (length(memories.updated_at) = 10 OR substr(memories.updated_at, 11, 6) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]')
      AND substr(memories.updated_at, 12, 2) < '24'
      AND (length(memories.updated_at) - length(ltrim(substr(memories.updated_at, 17), ':.0123456789 ')) IN (10, 16, 19)
        OR strftime('%s',
          '2000-01-01T' || substr(memories.updated_at, 12,
            length(memories.updated_at) - 11 - length(ltrim(substr(memories.updated_at, 17), ':.0123456789 ')))
        ) IS NOT NULL) THEN CAST(strftime('%s',
          substr(memories.updated_at, 1, 10) || 'T' ||
            substr(memories.updated_at, 12, CASE WHEN substr(memories.updated_at, 17, 1) = ':' THEN 8 ELSE 5 END) ||
            CASE WHEN ltrim(substr(memories.updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9]' THEN
                ltrim(substr(memories.updated_at, 17), ':.0123456789 ') || ':00'
              WHEN ltrim(substr(memories.updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9][0-9][0-9]' THEN
                substr(ltrim(substr(memories.updated_at, 17), ':.0123456789 '), 1, 3) || ':' ||
                substr(ltrim(substr(memories.updated_at, 17), ':.0123456789 '), 4)
              ELSE ltrim(substr(memories.updated_at, 17), ':.0123456789 ') END) AS INTEGER) * 1000000 + CASE WHEN
                  substr(memories.updated_at, 20, 1) = '.' THEN
                  CAST(round(CAST('0' || substr(memories.updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
                ELSE 0 END END AS moment
  FROM memories JOIN rekey_of_memory ON rekey_of_memory.spelling = +(memories.project COLLATE BINARY COLLATE BINARY)
  WHERE rekey_of_memory.canonical IS NOT NULL),
rekey_ranked_memory AS (SELECT key_0, canonical, rekeyed, row_number() OVER rekey_rows AS place,
    sum(rekeyed) OVER rekey_rows AS rekeyed_so_far, first_value(key_0) OVER rekey_rows AS won_0,
    first_value(rekeyed) OVER rekey_rows AS won_by_rekeyed
  FROM rekey_tagged_memory
  WINDOW rekey_rows AS (PARTITION BY name_0, agree_0, agree_1, agree_2
    ORDER BY moment DESC NULLS LAST, rekeyed, key_0 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)),
rekey_judged_memory AS (SELECT
    CASE WHEN (rekey_facts."of" = 'row') THEN rekey_ranked_memory.key_0 ELSE rekey_ranked_memory.won_0 END AS key_0,
    rekey_ranked_memory.canonical,
    CASE WHEN (rekey_facts."of" = 'row') THEN rekey_ranked_memory.rekeyed ELSE 0 END AS rekeyed,
    CASE WHEN (rekey_facts."of" = 'row') THEN CASE WHEN (rekey_ranked_memory.place = 1) THEN 1 ELSE 0 END ELSE 1
    END AS first, rekey_ranked_memory.won_by_rekeyed
  FROM rekey_ranked_memory
    JOIN (SELECT 'row' AS "of" UNION ALL SELECT 'survivor') AS rekey_facts ON rekey_facts."of" = 'row'
      OR rekey_ranked_memory.won_by_rekeyed = 0 AND rekey_ranked_memory.rekeyed = 1
      AND rekey_ranked_memory.rekeyed_so_far = 1
  WHERE rekey_ranked_memory.rekeyed > 0 OR rekey_ranked_memory.won_by_rekeyed > 0),
rekey_decided_memory AS MATERIALIZED (SELECT key_0,
    CASE WHEN (first = 1 AND rekeyed = 1) THEN 'rekey' WHEN (first = 1 AND rekeyed = 0) THEN 'keep'
      WHEN (first = 0 AND won_by_rekeyed = 1) THEN 'supersede'
      WHEN (first = 0 AND won_by_rekeyed = 0 AND rekeyed = 1) THEN 'supersede' ELSE NULL END AS action, canonical
  FROM rekey_judged_memory ORDER BY 1 LIMIT -1)
SELECT (SELECT max(id) FROM rekey_run), rekey_decided_memory.action AS rekey_action,
  rekey_decided_memory.canonical AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  CASE WHEN 0 THEN rekey_decided_memory.key_0 END AS rekey_to_id, rekey_original.*
FROM rekey_decided_memory JOIN memories AS rekey_original ON rekey_original.id = rekey_decided_memory.key_0;

-- Plan interactions: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_as_interaction AS SELECT DISTINCT interactions.project COLLATE BINARY AS spelling
FROM interactions WHERE interactions.project IS NOT NULL;
CREATE TEMPORARY VIEW rekey_0_interaction AS SELECT spelling, replace(replace(replace(lower(trim(spelling,
  CAST(X'090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080'
      AS TEXT))), CAST(X'c396' AS TEXT), CAST(X'c3b6' AS TEXT)), CAST(X'e1ba9e' AS TEXT), CAST(X'c39f' AS TEXT)),
  CAST(X'e284aa' AS TEXT), 'k') AS "key"
FROM rekey_as_interaction;
CREATE TEMPORARY VIEW rekey_of_interaction AS
WITH rekey_of_interaction AS MATERIALIZED (SELECT rekey_0_interaction.spelling, rekey_registered.alias,
    rekey_registered.canonical
  FROM rekey_0_interaction JOIN rekey_registered ON rekey_registered."key" = rekey_0_interaction."key")
SELECT * FROM rekey_of_interaction;
SAVEPOINT rekey_step;
INSERT INTO rekey_journal_interactions SELECT (SELECT max(id) FROM rekey_run), 'rekey' AS rekey_action,
  rekey_of_interaction.canonical AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  CASE WHEN 0 THEN interactions.id END AS rekey_to_id, interactions.*
FROM interactions
  JOIN rekey_of_interaction ON rekey_of_interaction.spelling = +(interactions.project COLLATE BINARY COLLATE BINARY)
WHERE rekey_of_interaction.canonical != rekey_of_interaction.spelling;

-- Count the rows of each action in the journals, once for all that follows.
CREATE TEMPORARY VIEW rekey_planned_state AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id,
  project_id, category, "key", value, source, confidence, status, created_at, updated_at
FROM rekey_journal_project_state WHERE rekey_run = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_planned_memory AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id,
  memory_type, content, project, confidence, status, created_at, updated_at
FROM rekey_journal_memories WHERE rekey_run = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_planned_interaction AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id,
  prompt, response, client, session_id, project, created_at
FROM rekey_journal_interactions WHERE rekey_run = (SELECT max(id) FROM rekey_run);
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_tally AS SELECT *
FROM (SELECT 'project' AS part, rekey_action AS action, count(*) AS rows FROM rekey_planned_project
  GROUP BY rekey_action
  UNION ALL SELECT 'state' AS part, rekey_action AS action, count(*) AS rows FROM rekey_planned_state
  GROUP BY rekey_action
  UNION ALL SELECT 'memory' AS part, rekey_action AS action, count(*) AS rows FROM rekey_planned_memory
  GROUP BY rekey_action
  UNION ALL SELECT 'interaction' AS part, rekey_action AS action, count(*) AS rows FROM rekey_planned_interaction
  GROUP BY rekey_action) AS rekey_noted;

-- Count what the plan names.
SAVEPOINT rekey_step;
WITH rekey_wanted(name, part, action) AS (VALUES
    ('shadow_projects', 'project', 'delete'), ('shadow_projects', 'project', 'retire'),
    ('canonical_rows_renamed', 'project', 'rename'), ('state_rekey_rows', 'state', 'rekey'),
    ('state_rekey_rows', 'state', 'merge'), ('state_historical_drops', 'state', 'drop'),
    ('state_rows_revived', 'state', 'revive'), ('memory_rekey_rows', 'memory', 'rekey'),
    ('memory_supersede_rows', 'memory', 'supersede'), ('interaction_rekey_rows', 'interaction', 'rekey')),
rekey_identity_row AS (SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id, name, description
  FROM (SELECT * FROM rekey_journal_projects WHERE rekey_run = (SELECT max(id) FROM rekey_run)) AS rekey_planned)
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'plan', *
FROM (SELECT name, value
  FROM (SELECT rekey_wanted.name, CAST(coalesce(sum(rekey_tally.rows), 0) AS BIGINT) AS value
    FROM rekey_wanted
      LEFT OUTER JOIN rekey_tally ON rekey_tally.part = rekey_wanted.part AND rekey_tally.action = rekey_wanted.action
    GROUP BY rekey_wanted.name
    UNION ALL SELECT 'state_collisions' AS name,
      (SELECT count(*)
        FROM
          (SELECT DISTINCT rekey_canonical, category, "key" FROM rekey_planned_state WHERE rekey_action = 'collision'
          ) AS rekey_collided) AS value) AS rekey_tally
  UNION ALL SELECT 'project_values_left_behind' AS name,
    0 + (SELECT coalesce(sum(CASE WHEN (rekey_gone.description COLLATE BINARY IS NOT NULL
      AND NOT (rekey_gone.description COLLATE BINARY IS CASE WHEN (rekey_stays.rekey_canonical IS NULL) THEN
          'created by legacy alias migration'
        ELSE rekey_stays.description END COLLATE BINARY)) THEN 1
      ELSE 0 END), 0)
      FROM (SELECT rekey_canonical, rekey_to_id, id, name, description FROM rekey_identity_row WHERE rekey_place > 1
      ) AS rekey_gone
        LEFT OUTER JOIN
          (SELECT rekey_canonical, rekey_to_id, id, name, description FROM rekey_identity_row WHERE rekey_place = 1
          ) AS rekey_stays ON rekey_stays.rekey_to_id = rekey_gone.rekey_to_id) AS value) AS rekey_counted;

-- What several statements ask for is named once.
CREATE TEMPORARY VIEW rekey_keyed AS SELECT noun
FROM (SELECT part.noun FROM rekey_part AS part
  WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo(part."table") AS known
    WHERE known.pk = 1 AND upper(known.type) = 'INTEGER' AND (SELECT max(pk) FROM pragma_table_xinfo(part."table")) = 1
      AND lower(known.name) IN (SELECT lower(value) FROM json_each(part."keys")))
    OR EXISTS (SELECT 1 FROM pragma_index_list(part."table") AS made
      WHERE made."unique" = 1 AND made.partial = 0
        AND NOT EXISTS (SELECT 1 FROM pragma_index_info(made.name) AS of
          WHERE of.name IS NULL OR lower(of.name) NOT IN (SELECT lower(value) FROM json_each(part."keys"))))
) AS rekey_asked;
CREATE TEMPORARY VIEW rekey_head AS SELECT known."table", known.called,
  CASE instr(upper(known.said), 'BEGIN ') WHEN 0 THEN known.said
    ELSE substr(known.said, 1, instr(upper(known.said), 'BEGIN ') - 1) END AS head
FROM (SELECT part."table", made.name AS called, replace(replace(replace(substr(made.sql,
  instr(made.sql, made.name) + length(made.name)), char(9), ' '), char(10), ' '), char(13), ' ') AS said
  FROM (SELECT DISTINCT "table" FROM rekey_part) AS part
    JOIN sqlite_master AS made ON made.type = 'trigger' AND lower(made.tbl_name) = lower(part."table")) AS known;
CREATE TEMPORARY VIEW rekey_condition("table", called, place, said) AS
WITH RECURSIVE rekey_condition("table", called, place, said) AS (SELECT made."table", made.called, 0 AS place,
    replace(replace(replace(replace(replace(replace(replace(replace(lower(substr(made.head,
      instr(upper(made.head), 'WHEN') + 4)), ' ', ''), '"', ''), 'isnotdistinctfrom', '='), 'isdistinctfrom', '='),
      'isnot', '='), '<>', '='), '!=', '='), '==', '=') AS said
  FROM rekey_head AS made WHERE instr(upper(made.head), 'WHEN') > 0
  UNION ALL SELECT one."table", one.called, one.place + 1, replace(replace(replace(replace(one.said,
    'old.' || lower(known.name) || '=' || 'new.' || lower(known.name), ''),
    'new.' || lower(known.name) || '=' || 'old.' || lower(known.name), ''),
    'old.' || lower(known.name) || 'is' || 'new.' || lower(known.name), ''),
    'new.' || lower(known.name) || 'is' || 'old.' || lower(known.name), '')
  FROM rekey_condition AS one JOIN pragma_table_xinfo(one."table") AS known ON known.cid = one.place)
SELECT * FROM rekey_condition;
CREATE TEMPORARY VIEW rekey_fired AS SELECT "table", called, event, change, "column", one_way
FROM (SELECT made."table", made.called, event.value AS event, event.value AS change, '' AS "column",
    EXISTS (SELECT 1
      FROM rekey_condition AS whole
        JOIN rekey_condition AS rest ON rest."table" = whole."table" AND rest.called = whole.called
          AND rest.place = (SELECT count(*) FROM pragma_table_xinfo(made."table"))
      WHERE whole."table" = made."table" AND whole.called = made.called AND whole.place = 0
        AND (instr(whole.said, 'old.') > 0 OR instr(whole.said, 'new.') > 0)
        AND trim(replace(replace(replace(rest.said, 'and', ''), 'or', ''), 'not', ''), '()') <> '') AS one_way
  FROM rekey_head AS made
    JOIN json_each('["INSERT", "UPDATE", "DELETE"]') AS event ON instr(upper(made.head), event.value) > 0
) AS rekey_asked;

-- Guard rekey_two_canonical_rows_project: each canonical name is carried by one row at most. If the script stops here:
--   move what hangs on the wrong row to the right one by hand and delete the wrong one, then run the upgrade again.
INSERT INTO rekey_finding (guard, said)
WITH rekey_canonical_row AS (SELECT projects.id AS "key", projects.name COLLATE BINARY AS name,
    rekey_of_project.canonical
  FROM projects JOIN rekey_of_project ON rekey_of_project.spelling = projects.name COLLATE BINARY
  WHERE rekey_of_project.alias = rekey_of_project.canonical)
SELECT 'rekey_two_canonical_rows_project',
  printf('projects: row %Q, named %Q, is one of several rows for the canonical %Q', "key", name, canonical)
FROM (SELECT *, count(*) OVER (PARTITION BY canonical) AS rows FROM rekey_canonical_row) AS rekey_counted WHERE rows > 1
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_two_canonical_rows_project CHECK (guard <> 'rekey_two_canonical_rows_project'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_collision_state: no slot has two active rows with different values. If the script stops here: decide
--   which value is right: on the page of alembic-rekey plan --html FILE, which gives a file for -x resolutions=FILE
--   (alembic-rekey plan --write-resolutions FILE writes it as a form), or in the database: let the rows say the same
--   or, where they have a status, give the other row another one ('superseded', say); then run the upgrade again.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_collision_state',
  printf('project_state: %Q has a collision at %s: row %Q, active under %Q, says %Q',
    rekey_planned_state.rekey_canonical,
    'category=' || coalesce(CAST(rekey_planned_state.category AS VARCHAR), 'NULL') || ', key=' ||
      coalesce(CAST(rekey_planned_state."key" AS VARCHAR), 'NULL'), rekey_planned_state.id, rekey_member_project.name,
    rekey_planned_state.value)
FROM rekey_planned_state
  LEFT OUTER JOIN rekey_members_project AS rekey_member_project
    ON rekey_member_project.key_0 = rekey_planned_state.project_id
WHERE rekey_planned_state.rekey_action = 'collision' AND rekey_planned_state.status COLLATE BINARY = 'active'
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_collision_state CHECK (guard <> 'rekey_collision_state'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_crowded_slot_state: no identity has two rows in one slot. If the script stops here: the table should
--   allow one row per identity and slot: remove what is surplus, then run the upgrade again.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_crowded_slot_state',
  printf('project_state: identity %Q, of %Q, has %s rows at %s', project_id, rekey_canonical, count(*),
    'category=' || coalesce(CAST(category AS VARCHAR), 'NULL') || ', key=' || coalesce(CAST("key" AS VARCHAR), 'NULL'))
FROM rekey_planned_state GROUP BY rekey_canonical, project_id, category, "key" HAVING count(*) > 1
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_crowded_slot_state CHECK (guard <> 'rekey_crowded_slot_state'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guards rekey_key_not_unique_project, rekey_key_not_unique_state, rekey_key_not_unique_memory,
--   rekey_key_not_unique_interaction: the declared key tells the rows of each table apart. If the script stops here:
--   declare the column that does, or remove what is surplus; where a key has several columns, none of them alone is
--   one.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_key_not_unique_project',
  printf('key %Q of projects is carried by %s rows, so the declared key ''id'' does not tell rows apart', projects.id,
    count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'project'))) AS rekey_unsaid
  JOIN projects ON 1 = 1
WHERE projects.id IS NOT NULL GROUP BY projects.id HAVING count(*) > 1
UNION ALL SELECT 'rekey_key_not_unique_state',
  printf('key %Q of project_state is carried by %s rows, so the declared key ''id'' does not tell rows apart',
    project_state.id, count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'state'))) AS rekey_unsaid
  JOIN project_state ON 1 = 1
WHERE project_state.id IS NOT NULL GROUP BY project_state.id HAVING count(*) > 1
UNION ALL SELECT 'rekey_key_not_unique_memory',
  printf('key %Q of memories is carried by %s rows, so the declared key ''id'' does not tell rows apart', memories.id,
    count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'memory'))) AS rekey_unsaid
  JOIN memories ON 1 = 1
WHERE memories.id IS NOT NULL GROUP BY memories.id HAVING count(*) > 1
UNION ALL SELECT 'rekey_key_not_unique_interaction',
  printf('key %Q of interactions is carried by %s rows, so the declared key ''id'' does not tell rows apart',
    interactions.id, count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'interaction'))) AS rekey_unsaid
  JOIN interactions ON 1 = 1
WHERE interactions.id IS NOT NULL GROUP BY interactions.id HAVING count(*) > 1
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT,
  CONSTRAINT rekey_key_not_unique_project CHECK (guard <> 'rekey_key_not_unique_project'),
  CONSTRAINT rekey_key_not_unique_state CHECK (guard <> 'rekey_key_not_unique_state'),
  CONSTRAINT rekey_key_not_unique_memory CHECK (guard <> 'rekey_key_not_unique_memory'),
  CONSTRAINT rekey_key_not_unique_interaction CHECK (guard <> 'rekey_key_not_unique_interaction'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guards rekey_key_is_null_project, rekey_key_is_null_state, rekey_key_is_null_memory, rekey_key_is_null_interaction:
--   every row has a key. If the script stops here: declare the column that tells the rows apart, or give these rows a
--   key.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_key_is_null_project',
  printf('projects: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM projects WHERE projects.id IS NULL) AS rekey_these WHERE rows > 0
UNION ALL SELECT 'rekey_key_is_null_state',
  printf('project_state: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM project_state WHERE project_state.id IS NULL) AS rekey_these WHERE rows > 0
UNION ALL SELECT 'rekey_key_is_null_memory', printf('memories: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM memories WHERE memories.id IS NULL) AS rekey_these WHERE rows > 0
UNION ALL SELECT 'rekey_key_is_null_interaction',
  printf('interactions: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM interactions WHERE interactions.id IS NULL) AS rekey_these WHERE rows > 0
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT,
  CONSTRAINT rekey_key_is_null_project CHECK (guard <> 'rekey_key_is_null_project'),
  CONSTRAINT rekey_key_is_null_state CHECK (guard <> 'rekey_key_is_null_state'),
  CONSTRAINT rekey_key_is_null_memory CHECK (guard <> 'rekey_key_is_null_memory'),
  CONSTRAINT rekey_key_is_null_interaction CHECK (guard <> 'rekey_key_is_null_interaction'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_spelt_otherwise_state: every row spells the key of a row that the plan names as that row does. If the
--   script stops here: spell them alike, which changes no reference: UPDATE child SET owner = (SELECT key FROM parent
--   WHERE key = child.owner) WHERE EXISTS (SELECT 1 FROM parent WHERE key = child.owner); then run the upgrade again.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_spelt_otherwise_state',
  printf('project_state: %s rows refer by project_id to projects row %Q and spell it %Q; the table takes both for one, and a fold, whose journal keeps no collation, does not',
    count(*), rekey_spelt.id, project_state.project_id COLLATE BINARY)
FROM rekey_planned_project JOIN projects AS rekey_spelt ON rekey_spelt.id = rekey_planned_project.id
  JOIN project_state ON rekey_spelt.id = project_state.project_id
WHERE rekey_planned_project.rekey_place IS NOT NULL
  AND rekey_spelt.id COLLATE BINARY != project_state.project_id COLLATE BINARY
GROUP BY project_state.project_id COLLATE BINARY, rekey_spelt.id
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_spelt_otherwise_state CHECK (guard <> 'rekey_spelt_otherwise_state'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_no_row_is_active_state: some row has the status that the spec calls active. If the script stops here:
--   name the status of rows that are in force in the spec, Slots(active=\u2026): values of others are dropped. If none
--   of these rows is in force, delete them first, or give one of them that status.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_no_row_is_active_state',
  printf('project_state: no row has the status ''active'', which the spec calls active; %s rows have %Q', count(*),
    project_state.status)
FROM (SELECT 1 AS one
  WHERE EXISTS (SELECT 1 FROM rekey_planned_state
    WHERE rekey_action IN ('drop', 'replace')
      AND (SELECT 1 FROM project_state WHERE project_state.status COLLATE BINARY = 'active' LIMIT 1 OFFSET 0) IS NULL)
) AS rekey_none
  JOIN project_state ON 1 = 1
GROUP BY project_state.status
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_no_row_is_active_state CHECK (guard <> 'rekey_no_row_is_active_state'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_unfilled_column_project: every column that a created row needs gets a value. If the script stops here:
--   give the column a default in the database or, unless it is the key, a value in the spec, Identity(created={...}),
--   which may be made of the name; declare a key that is a UUID as one, sa.Uuid; or rename an alias row instead,
--   missing=Missing.PROMOTE.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_unfilled_column_project',
  printf('projects: the plan creates rows, and column %Q needs a value, and the database makes none', name)
FROM (SELECT CAST(name AS TEXT) AS name, coalesce(CAST(dflt_value IS NOT NULL OR pk = 1
  AND NOT (EXISTS (SELECT 1 FROM pragma_index_list('projects') AS rekey_key_index WHERE origin = 'pk')) AS INTEGER), 0
) AS filled
  FROM pragma_table_xinfo('projects') AS rekey_needed_info WHERE "notnull" = 1 OR pk > 0 OR CAST(name AS TEXT) IN ('id')
) AS rekey_needed
WHERE ((name NOT IN ('name', 'description', 'created_at', 'updated_at')) AND filled = 0 AND (name NOT IN ('id'))
  OR name IN ('id') AND name IN (SELECT name FROM rekey_catalog WHERE "table" = 'projects' AND (kind NOT IN ('', 'S'))))
  AND (EXISTS (SELECT 1 FROM rekey_planned_project WHERE rekey_action = 'create'))
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_unfilled_column_project CHECK (guard <> 'rekey_unfilled_column_project'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_unreadable_time_state: every time that decides which row stays can be read. If the script stops here:
--   write a time such as 2024-01-31 10:00:00, or NULL for none, into these rows; where the column holds numbers,
--   declare it as Epoch(column, "s"), or "ms", or "us"; then run the upgrade again.
INSERT INTO rekey_finding (guard, said)
WITH rekey_timed AS (SELECT rekey_canonical AS canonical, CAST(id AS TEXT) AS "key", CAST(updated_at AS TEXT) AS value,
    NOT (datetime(julianday(updated_at)) IS updated_at AND updated_at > '0001')
    AND NOT (updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
      AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*' AND substr(updated_at, 9, 2) BETWEEN '01'
      AND '28' AND substr(updated_at, 12, 2) < '24' AND substr(updated_at, 6, 2) BETWEEN '01' AND '12'
      AND typeof(updated_at) = 'text' AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00'))
    AND (updated_at IS NOT NULL AND trim(CAST(updated_at AS TEXT)) <> ''
      AND (CASE WHEN datetime(julianday(updated_at)) IS updated_at
        AND updated_at > '0001' THEN CAST(round((julianday(updated_at) - 2440587.5) * 86400) AS INTEGER) * 1000000
        WHEN updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
        AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
        AND substr(updated_at, 9, 2) BETWEEN '01' AND '28' AND substr(updated_at, 12, 2) < '24'
        AND substr(updated_at, 6, 2) BETWEEN '01' AND '12' AND typeof(updated_at) = 'text'
        AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00') THEN
          CAST(strftime('%s', substr(updated_at, 1, 19)) AS INTEGER) * 1000000 + CASE WHEN substr(updated_at, 20, 1) =
              '.' THEN CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
            ELSE 0 END
        WHEN typeof(updated_at) = 'text' AND updated_at >= '0001' AND updated_at NOT GLOB '*[^ -~]*'
        AND updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
        AND (substr(updated_at, 9, 2) < '29' OR date(substr(updated_at, 1, 10), '+0 days') = substr(updated_at, 1, 10))
        AND (length(updated_at) = 10 OR substr(updated_at, 11, 6) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]')
        AND substr(updated_at, 12, 2) < '24'
        AND (length(updated_at) - length(ltrim(substr(updated_at, 17), ':.0123456789 ')) IN (10, 16, 19)
          OR strftime('%s',
            '2000-01-01T' ||
              substr(updated_at, 12, length(updated_at) - 11 - length(ltrim(substr(updated_at, 17), ':.0123456789 ')))
          ) IS NOT NULL) THEN CAST(strftime('%s',
            substr(updated_at, 1, 10) || 'T' ||
              substr(updated_at, 12, CASE WHEN substr(updated_at, 17, 1) = ':' THEN 8 ELSE 5 END) || CASE WHEN
                  ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9]' THEN
                  ltrim(substr(updated_at, 17), ':.0123456789 ') || ':00'
                WHEN ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9][0-9][0-9]' THEN
                  substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 1, 3) || ':' ||
                  substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 4)
                ELSE ltrim(substr(updated_at, 17), ':.0123456789 ') END) AS INTEGER) * 1000000 + CASE WHEN
                    substr(updated_at, 20, 1) = '.' THEN
                    CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
                  ELSE 0 END END) IS NULL) AS unread, CASE WHEN (rekey_action = 'rekey') THEN 1 ELSE 0 END AS won,
    category AS group_0, "key" AS group_1, CASE WHEN (status COLLATE BINARY = 'active') THEN 1 ELSE 0 END AS group_2
  FROM rekey_planned_state
  WHERE rekey_action IN ('rekey', 'merge', 'drop')
    AND NOT (rekey_action = 'drop' AND CASE WHEN (status COLLATE BINARY = 'active') THEN 1 ELSE 0 END = 1))
SELECT 'rekey_unreadable_time_state',
  printf('project_state: row %Q has %Q in ''updated_at'', which is no time that can be read; for %Q the times decide which of several rows stays',
    "key", value, canonical)
FROM (SELECT *, count(*) OVER rekey_rows AS rows, max(won) OVER rekey_rows AS decided FROM rekey_timed
  WHERE EXISTS (SELECT 1 FROM rekey_planned_state
    WHERE NOT (datetime(julianday(updated_at)) IS updated_at AND updated_at > '0001')
      AND NOT (updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
        AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
        AND substr(updated_at, 9, 2) BETWEEN '01' AND '28' AND substr(updated_at, 12, 2) < '24'
        AND substr(updated_at, 6, 2) BETWEEN '01' AND '12' AND typeof(updated_at) = 'text'
        AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00'))
      AND (updated_at IS NOT NULL AND trim(CAST(updated_at AS TEXT)) <> ''
        AND (CASE WHEN datetime(julianday(updated_at)) IS updated_at
          AND updated_at > '0001' THEN CAST(round((julianday(updated_at) - 2440587.5) * 86400) AS INTEGER) * 1000000
          WHEN updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
          AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
          AND substr(updated_at, 9, 2) BETWEEN '01' AND '28' AND substr(updated_at, 12, 2) < '24'
          AND substr(updated_at, 6, 2) BETWEEN '01' AND '12' AND typeof(updated_at) = 'text'
          AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00') THEN
            CAST(strftime('%s', substr(updated_at, 1, 19)) AS INTEGER) * 1000000 + CASE WHEN substr(updated_at, 20, 1) =
                '.' THEN CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
              ELSE 0 END
          WHEN typeof(updated_at) = 'text' AND updated_at >= '0001' AND updated_at NOT GLOB '*[^ -~]*'
          AND updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
          AND
            (substr(updated_at, 9, 2) < '29' OR date(substr(updated_at, 1, 10), '+0 days') = substr(updated_at, 1, 10))
          AND (length(updated_at) = 10 OR substr(updated_at, 11, 6) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]')
          AND substr(updated_at, 12, 2) < '24'
          AND (length(updated_at) - length(ltrim(substr(updated_at, 17), ':.0123456789 ')) IN (10, 16, 19)
            OR strftime('%s',
              '2000-01-01T' ||
                substr(updated_at, 12, length(updated_at) - 11 - length(ltrim(substr(updated_at, 17), ':.0123456789 ')))
            ) IS NOT NULL) THEN CAST(strftime('%s',
              substr(updated_at, 1, 10) || 'T' ||
                substr(updated_at, 12, CASE WHEN substr(updated_at, 17, 1) = ':' THEN 8 ELSE 5 END) || CASE WHEN
                    ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9]' THEN
                    ltrim(substr(updated_at, 17), ':.0123456789 ') || ':00'
                  WHEN ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9][0-9][0-9]' THEN
                    substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 1, 3) || ':' ||
                    substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 4)
                  ELSE ltrim(substr(updated_at, 17), ':.0123456789 ') END) AS INTEGER) * 1000000 + CASE WHEN
                      substr(updated_at, 20, 1) = '.' THEN
                      CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
                    ELSE 0 END END) IS NULL) AND rekey_action IN ('rekey', 'merge', 'drop')
      AND NOT (rekey_action = 'drop' AND CASE WHEN (status COLLATE BINARY = 'active') THEN 1 ELSE 0 END = 1))
  WINDOW rekey_rows AS (PARTITION BY canonical, group_0, group_1, group_2)) AS rekey_contested
WHERE unread = 1 AND rows > 1 AND decided = 1
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_unreadable_time_state CHECK (guard <> 'rekey_unreadable_time_state'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_unreadable_time_memory: every time that decides which row stays can be read. If the script stops here:
--   write a time such as 2024-01-31 10:00:00, or NULL for none, into these rows; where the column holds numbers,
--   declare it as Epoch(column, "s"), or "ms", or "us"; then run the upgrade again.
INSERT INTO rekey_finding (guard, said)
WITH rekey_timed AS (SELECT rekey_canonical AS canonical, CAST(id AS TEXT) AS "key", CAST(updated_at AS TEXT) AS value,
    NOT (datetime(julianday(updated_at)) IS updated_at AND updated_at > '0001')
    AND NOT (updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
      AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*' AND substr(updated_at, 9, 2) BETWEEN '01'
      AND '28' AND substr(updated_at, 12, 2) < '24' AND substr(updated_at, 6, 2) BETWEEN '01' AND '12'
      AND typeof(updated_at) = 'text' AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00'))
    AND (updated_at IS NOT NULL AND trim(CAST(updated_at AS TEXT)) <> ''
      AND (CASE WHEN datetime(julianday(updated_at)) IS updated_at
        AND updated_at > '0001' THEN CAST(round((julianday(updated_at) - 2440587.5) * 86400) AS INTEGER) * 1000000
        WHEN updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
        AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
        AND substr(updated_at, 9, 2) BETWEEN '01' AND '28' AND substr(updated_at, 12, 2) < '24'
        AND substr(updated_at, 6, 2) BETWEEN '01' AND '12' AND typeof(updated_at) = 'text'
        AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00') THEN
          CAST(strftime('%s', substr(updated_at, 1, 19)) AS INTEGER) * 1000000 + CASE WHEN substr(updated_at, 20, 1) =
              '.' THEN CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
            ELSE 0 END
        WHEN typeof(updated_at) = 'text' AND updated_at >= '0001' AND updated_at NOT GLOB '*[^ -~]*'
        AND updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
        AND (substr(updated_at, 9, 2) < '29' OR date(substr(updated_at, 1, 10), '+0 days') = substr(updated_at, 1, 10))
        AND (length(updated_at) = 10 OR substr(updated_at, 11, 6) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]')
        AND substr(updated_at, 12, 2) < '24'
        AND (length(updated_at) - length(ltrim(substr(updated_at, 17), ':.0123456789 ')) IN (10, 16, 19)
          OR strftime('%s',
            '2000-01-01T' ||
              substr(updated_at, 12, length(updated_at) - 11 - length(ltrim(substr(updated_at, 17), ':.0123456789 ')))
          ) IS NOT NULL) THEN CAST(strftime('%s',
            substr(updated_at, 1, 10) || 'T' ||
              substr(updated_at, 12, CASE WHEN substr(updated_at, 17, 1) = ':' THEN 8 ELSE 5 END) || CASE WHEN
                  ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9]' THEN
                  ltrim(substr(updated_at, 17), ':.0123456789 ') || ':00'
                WHEN ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9][0-9][0-9]' THEN
                  substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 1, 3) || ':' ||
                  substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 4)
                ELSE ltrim(substr(updated_at, 17), ':.0123456789 ') END) AS INTEGER) * 1000000 + CASE WHEN
                    substr(updated_at, 20, 1) = '.' THEN
                    CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
                  ELSE 0 END END) IS NULL) AS unread, 1 AS won, memory_type COLLATE BINARY AS group_0,
    content COLLATE BINARY AS group_1, status COLLATE BINARY AS group_2
  FROM rekey_planned_memory)
SELECT 'rekey_unreadable_time_memory',
  printf('memories: row %Q has %Q in ''updated_at'', which is no time that can be read; for %Q the times decide which of several rows stays',
    "key", value, canonical)
FROM (SELECT *, count(*) OVER rekey_rows AS rows, max(won) OVER rekey_rows AS decided FROM rekey_timed
  WHERE EXISTS (SELECT 1 FROM rekey_planned_memory
    WHERE NOT (datetime(julianday(updated_at)) IS updated_at AND updated_at > '0001')
      AND NOT (updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
        AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
        AND substr(updated_at, 9, 2) BETWEEN '01' AND '28' AND substr(updated_at, 12, 2) < '24'
        AND substr(updated_at, 6, 2) BETWEEN '01' AND '12' AND typeof(updated_at) = 'text'
        AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00'))
      AND (updated_at IS NOT NULL AND trim(CAST(updated_at AS TEXT)) <> ''
        AND (CASE WHEN datetime(julianday(updated_at)) IS updated_at
          AND updated_at > '0001' THEN CAST(round((julianday(updated_at) - 2440587.5) * 86400) AS INTEGER) * 1000000
          WHEN updated_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-2][0-9]*'
          AND substr(updated_at, 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'
          AND substr(updated_at, 9, 2) BETWEEN '01' AND '28' AND substr(updated_at, 12, 2) < '24'
          AND substr(updated_at, 6, 2) BETWEEN '01' AND '12' AND typeof(updated_at) = 'text'
          AND ltrim(substr(updated_at, 20), '.0123456789') IN ('', 'Z', '+00:00') THEN
            CAST(strftime('%s', substr(updated_at, 1, 19)) AS INTEGER) * 1000000 + CASE WHEN substr(updated_at, 20, 1) =
                '.' THEN CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
              ELSE 0 END
          WHEN typeof(updated_at) = 'text' AND updated_at >= '0001' AND updated_at NOT GLOB '*[^ -~]*'
          AND updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'
          AND
            (substr(updated_at, 9, 2) < '29' OR date(substr(updated_at, 1, 10), '+0 days') = substr(updated_at, 1, 10))
          AND (length(updated_at) = 10 OR substr(updated_at, 11, 6) GLOB '[ Tt][0-2][0-9]:[0-5][0-9]')
          AND substr(updated_at, 12, 2) < '24'
          AND (length(updated_at) - length(ltrim(substr(updated_at, 17), ':.0123456789 ')) IN (10, 16, 19)
            OR strftime('%s',
              '2000-01-01T' ||
                substr(updated_at, 12, length(updated_at) - 11 - length(ltrim(substr(updated_at, 17), ':.0123456789 ')))
            ) IS NOT NULL) THEN CAST(strftime('%s',
              substr(updated_at, 1, 10) || 'T' ||
                substr(updated_at, 12, CASE WHEN substr(updated_at, 17, 1) = ':' THEN 8 ELSE 5 END) || CASE WHEN
                    ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9]' THEN
                    ltrim(substr(updated_at, 17), ':.0123456789 ') || ':00'
                  WHEN ltrim(substr(updated_at, 17), ':.0123456789 ') GLOB '[+-][0-9][0-9][0-9][0-9]' THEN
                    substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 1, 3) || ':' ||
                    substr(ltrim(substr(updated_at, 17), ':.0123456789 '), 4)
                  ELSE ltrim(substr(updated_at, 17), ':.0123456789 ') END) AS INTEGER) * 1000000 + CASE WHEN
                      substr(updated_at, 20, 1) = '.' THEN
                      CAST(round(CAST('0' || substr(updated_at, 20, 7) AS REAL) * 1000000) AS INTEGER)
                    ELSE 0 END END) IS NULL))
  WINDOW rekey_rows AS (PARTITION BY canonical, group_0, group_1, group_2)) AS rekey_contested
WHERE unread = 1 AND rows > 1 AND decided = 1
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_unreadable_time_memory CHECK (guard <> 'rekey_unreadable_time_memory'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_generated_column: every column that the database generates is declared so. If the script stops here:
--   declare it with sa.Computed(\u2026) in the revision, or run it online, which asks the catalog.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_generated_column',
  printf('%s: column %Q is generated, and the revision does not declare it so', rekey_catalog."table",
    rekey_catalog.name)
FROM rekey_catalog
  LEFT OUTER JOIN rekey_declared ON rekey_declared."table" = rekey_catalog."table"
    AND rekey_declared.name = rekey_catalog.name
WHERE rekey_catalog.generated = 1
  AND (rekey_declared.name IS NOT NULL OR rekey_catalog."table" IN ('projects', 'project_state'))
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_generated_column CHECK (guard <> 'rekey_generated_column'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_trigger_undeclared: a table with a trigger that fires when rows are updated is declared with all of its
--   columns. If the script stops here: declare the column in the revision's table, or run upgrade and downgrade online,
--   which ask the catalog.
INSERT INTO rekey_finding (guard, said) SELECT DISTINCT 'rekey_trigger_undeclared',
  printf('%s: the trigger %Q fires when rows are updated, and the column %Q is not declared; a script would not see what is written there',
    rekey_catalog."table", rekey_updated.called, rekey_catalog.name)
FROM rekey_catalog
  JOIN (SELECT "table", called, event FROM rekey_fired
    WHERE "table" = 'projects' AND change = 'UPDATE' AND "column" IN ('', 'name', 'updated_at')
    UNION ALL SELECT "table", called, event FROM rekey_fired
    WHERE "table" = 'project_state' AND change = 'UPDATE' AND "column" IN ('', 'project_id', 'status', 'updated_at')
    UNION ALL SELECT "table", called, event FROM rekey_fired
    WHERE "table" = 'memories' AND change = 'UPDATE' AND "column" IN ('', 'project', 'status', 'updated_at')
    UNION ALL SELECT "table", called, event FROM rekey_fired
    WHERE "table" = 'interactions' AND change = 'UPDATE' AND "column" IN ('', 'project')) AS rekey_updated
    ON rekey_updated."table" = rekey_catalog."table"
  LEFT OUTER JOIN rekey_declared ON rekey_declared."table" = rekey_catalog."table"
    AND rekey_declared.name = rekey_catalog.name
WHERE rekey_catalog.generated = 0 AND rekey_declared.name IS NULL
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_trigger_undeclared CHECK (guard <> 'rekey_trigger_undeclared'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_trigger_on_way_back: no trigger fires for the first time on the way back, where what the plan deletes is
--   inserted. If the script stops here: run the upgrade online, which tries the way back before it commits; or take the
--   trigger away, for the upgrade and for the downgrade.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_trigger_on_way_back',
  printf('%s: the trigger %Q fires on %s, it may be for the first time on the way back; a script cannot try whether rows become what they were',
    "table", called, event)
FROM (SELECT "table", called, event FROM rekey_fired
  WHERE "table" = 'projects' AND change = 'INSERT' AND "column" IN ('', 'name', 'updated_at')
    AND (EXISTS (SELECT 1 FROM rekey_planned_project WHERE rekey_action IN ('delete', 'drop', 'merge', 'replace')))
  UNION ALL SELECT "table", called, event FROM rekey_fired
  WHERE "table" = 'projects' AND change = 'DELETE' AND "column" IN ('', 'name', 'updated_at')
    AND (EXISTS (SELECT 1 FROM rekey_planned_project WHERE rekey_action IN ('create')))
    AND NOT (EXISTS (SELECT 1 FROM rekey_planned_project WHERE rekey_action IN ('delete', 'drop', 'merge', 'replace')))
  UNION ALL SELECT "table", called, event FROM rekey_fired
  WHERE "table" = 'projects' AND change = 'UPDATE' AND "column" IN ('', 'name', 'updated_at') AND one_way = 1
    AND (EXISTS (SELECT 1 FROM rekey_planned_project WHERE rekey_action IN ('rename')))
  UNION ALL SELECT "table", called, event FROM rekey_fired
  WHERE "table" = 'project_state' AND change = 'INSERT' AND "column" IN ('', 'project_id', 'status', 'updated_at')
    AND (EXISTS (SELECT 1 FROM rekey_planned_state WHERE rekey_action IN ('delete', 'drop', 'merge', 'replace')))
  UNION ALL SELECT "table", called, event FROM rekey_fired
  WHERE "table" = 'project_state' AND change = 'UPDATE' AND "column" IN ('', 'project_id', 'status', 'updated_at')
    AND one_way = 1 AND (EXISTS (SELECT 1 FROM rekey_planned_state WHERE rekey_action IN ('rekey', 'revive')))
  UNION ALL SELECT "table", called, event FROM rekey_fired
  WHERE "table" = 'memories' AND change = 'UPDATE' AND "column" IN ('', 'project', 'status', 'updated_at')
    AND one_way = 1 AND (EXISTS (SELECT 1 FROM rekey_planned_memory WHERE rekey_action IN ('rekey', 'supersede')))
  UNION ALL SELECT "table", called, event FROM rekey_fired
  WHERE "table" = 'interactions' AND change = 'UPDATE' AND "column" IN ('', 'project') AND one_way = 1
    AND (EXISTS (SELECT 1 FROM rekey_planned_interaction WHERE rekey_action IN ('rekey')))) AS rekey_returning
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_trigger_on_way_back CHECK (guard <> 'rekey_trigger_on_way_back'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Try on no rows how deleted ones of projects are put back.
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_returning AS SELECT rekey_journal_projects.* FROM rekey_journal_projects WHERE 0 = 1;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_run;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_action;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_canonical;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_place;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_to_id;
SAVEPOINT rekey_step;
-- CHANGES projects
INSERT INTO projects SELECT * FROM rekey_returning;
SAVEPOINT rekey_step;
DROP TABLE rekey_returning;

-- Try on no rows how deleted ones of project_state are put back.
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_returning AS SELECT rekey_journal_project_state.* FROM rekey_journal_project_state
WHERE 0 = 1;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_run;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_action;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_canonical;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_place;
SAVEPOINT rekey_step;
ALTER TABLE rekey_returning DROP COLUMN rekey_to_id;
SAVEPOINT rekey_step;
-- CHANGES project_state
INSERT INTO project_state SELECT * FROM rekey_returning;
SAVEPOINT rekey_step;
DROP TABLE rekey_returning;

-- Try on no rows how created ones are taken away.
SAVEPOINT rekey_step;
-- CHANGES projects
DELETE FROM projects WHERE 0 = 1;

-- Note the rows whose foreign keys lead nowhere already.
CREATE TEMPORARY VIEW rekey_related AS SELECT name FROM sqlite_master AS rekey_known
WHERE type = 'table'
  AND (lower(name) IN (lower('projects'), lower('project_state'), lower('memories'), lower('interactions'))
    OR (EXISTS (SELECT 1 FROM pragma_foreign_key_list(rekey_known.name) AS rekey_key
      WHERE lower("table") IN (lower('projects'), lower('project_state'), lower('memories'), lower('interactions')))));
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_broken_before AS SELECT *
FROM (SELECT rekey_found."table", rekey_found.rowid, rekey_found.parent, rekey_found.fkid, count(*) AS rows
  FROM rekey_related JOIN pragma_foreign_key_check(rekey_related.name) AS rekey_found ON 1 = 1
  GROUP BY rekey_found."table", rekey_found.rowid, rekey_found.parent, rekey_found.fkid) AS rekey_nowhere;

-- Note what the database has counted so far, to compare with after the changes.
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_counted_before AS SELECT *
FROM (SELECT 'project' AS part, count(*) AS rows FROM projects
  UNION ALL SELECT 'state' AS part, count(*) AS rows FROM project_state
  UNION ALL SELECT 'memory' AS part, count(*) AS rows FROM memories
  UNION ALL SELECT 'interaction' AS part, count(*) AS rows FROM interactions
  UNION ALL SELECT '' AS part, total_changes()) AS rekey_noted;

-- Create the canonical rows that are missing.
SAVEPOINT rekey_step;
-- CHANGES projects
INSERT INTO projects (id, name, description, created_at, updated_at)
SELECT rekey_named.identity AS id, rekey_journal_projects.rekey_canonical AS name,
  'created by legacy alias migration' AS description,
  (SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run)) AS created_at,
  (SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run)) AS updated_at
FROM rekey_journal_projects
  JOIN (SELECT DISTINCT run_id, canonical, identity FROM rekey_alias) AS rekey_named
    ON rekey_named.run_id = rekey_journal_projects.rekey_run
    AND rekey_named.canonical = rekey_journal_projects.rekey_canonical
WHERE rekey_journal_projects.rekey_run = (SELECT max(id) FROM rekey_run)
  AND rekey_journal_projects.rekey_action IN ('create');
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'canonical_rows_created', changes();

-- Keep them as they were made: a downgrade takes away only what nobody edited.
SAVEPOINT rekey_step;
INSERT INTO rekey_created_projects SELECT rekey_journal_projects.rekey_run, rekey_journal_projects.rekey_action,
  rekey_journal_projects.rekey_canonical, NULL, rekey_journal_projects.rekey_to_id, rekey_original.*
FROM rekey_journal_projects
  JOIN projects AS rekey_original ON rekey_original.name = rekey_journal_projects.rekey_canonical
    AND rekey_original.name COLLATE BINARY = rekey_journal_projects.rekey_canonical
WHERE rekey_journal_projects.rekey_run = (SELECT max(id) FROM rekey_run)
  AND rekey_journal_projects.rekey_action IN ('create');

-- Tell the journal of projects the keys of the created rows.
SAVEPOINT rekey_step;
UPDATE rekey_journal_projects SET rekey_to_id=rekey_created_projects.id FROM rekey_created_projects
WHERE rekey_journal_projects.rekey_run = (SELECT max(id) FROM rekey_run)
  AND rekey_created_projects.rekey_run = (SELECT max(id) FROM rekey_run)
  AND rekey_journal_projects.rekey_to_id = rekey_created_projects.rekey_to_id;

-- Spell misspelt canonical rows as they are registered.
CREATE TEMPORARY VIEW rekey_becoming_project AS SELECT *,
  CASE WHEN (rekey_action = 'rename') THEN rekey_canonical ELSE name END AS rekey_new_0
FROM rekey_planned_project WHERE rekey_action IN ('rename');
SAVEPOINT rekey_step;
-- CHANGES projects
UPDATE projects
SET name=rekey_becoming.rekey_new_0,
  updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
FROM (SELECT * FROM rekey_becoming_project WHERE rekey_action IN ('rename')) AS rekey_becoming
WHERE projects.id = rekey_becoming.id;
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'canonical_rows_renamed', changes();

-- Write the rows of interactions under their canonical.
CREATE TEMPORARY VIEW rekey_becoming_interaction AS SELECT *,
  CASE WHEN (rekey_action = 'rekey') THEN rekey_canonical ELSE project END AS rekey_new_0
FROM rekey_planned_interaction WHERE rekey_action IN ('rekey');
SAVEPOINT rekey_step;
-- CHANGES interactions
UPDATE interactions SET project=rekey_becoming.rekey_new_0
FROM (SELECT * FROM rekey_becoming_interaction WHERE rekey_action IN ('rekey')) AS rekey_becoming
WHERE interactions.id = rekey_becoming.id;
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'interaction_rows_rekeyed', changes();

-- Supersede the duplicates in memories, under their canonical name too.
CREATE TEMPORARY VIEW rekey_becoming_memory AS SELECT *,
  CASE WHEN (rekey_action = 'rekey') THEN rekey_canonical WHEN (rekey_action = 'supersede') THEN rekey_canonical
    ELSE project END AS rekey_new_0,
  CASE WHEN (rekey_action = 'supersede') THEN 'superseded' ELSE status END AS rekey_new_1
FROM rekey_planned_memory WHERE rekey_action IN ('rekey', 'supersede');
SAVEPOINT rekey_step;
-- CHANGES memories
UPDATE memories
SET project=rekey_becoming.rekey_new_0, status=rekey_becoming.rekey_new_1,
  updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
FROM (SELECT * FROM rekey_becoming_memory WHERE rekey_action IN ('supersede')) AS rekey_becoming
WHERE memories.id = rekey_becoming.id;
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'memory_rows_superseded', changes();

-- Write the rows of memories under their canonical.
SAVEPOINT rekey_step;
-- CHANGES memories
UPDATE memories
SET project=rekey_becoming.rekey_new_0,
  updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
FROM (SELECT * FROM rekey_becoming_memory WHERE rekey_action IN ('rekey')) AS rekey_becoming
WHERE memories.id = rekey_becoming.id;
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'memory_rows_rekeyed', changes();

-- Delete the inactive canonical rows of project_state that an active shadow row displaces.
SAVEPOINT rekey_step;
-- CHANGES project_state
DELETE FROM project_state
WHERE project_state.id IN (SELECT id FROM rekey_journal_project_state
  WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('replace'));
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'state_rows_replaced_inactive_canonical', changes();

-- Delete the rows of project_state that say the same as the one that stays.
SAVEPOINT rekey_step;
-- CHANGES project_state
DELETE FROM project_state
WHERE project_state.id IN (SELECT id FROM rekey_journal_project_state
  WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('merge'));
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'state_rows_merged_as_duplicate', changes();

-- Delete the historical drops of project_state: rows that say otherwise than the survivor of their slot.
SAVEPOINT rekey_step;
-- CHANGES project_state
DELETE FROM project_state
WHERE project_state.id IN (SELECT id FROM rekey_journal_project_state
  WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('drop'));
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'state_rows_historical_dropped', changes();

-- Make the canonical rows of project_state active again that say what the active shadow row said.
CREATE TEMPORARY VIEW rekey_becoming_state AS SELECT rekey_planned_state.*,
  CASE WHEN (rekey_planned_state.rekey_action = 'rekey') THEN CASE WHEN (rekey_member_0_project.place IS NOT NULL
  ) THEN rekey_member_0_project.to_0
    ELSE rekey_planned_state.project_id END
    ELSE rekey_planned_state.project_id END AS rekey_new_0,
  CASE WHEN (rekey_planned_state.rekey_action = 'revive') THEN 'active' ELSE rekey_planned_state.status
  END AS rekey_new_1
FROM rekey_planned_state
  LEFT OUTER JOIN rekey_members_project AS rekey_member_0_project
    ON rekey_member_0_project.key_0 = rekey_planned_state.project_id
WHERE rekey_planned_state.rekey_action IN ('rekey', 'revive');
SAVEPOINT rekey_step;
-- CHANGES project_state
UPDATE project_state
SET status=rekey_becoming.rekey_new_1,
  updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
FROM (SELECT * FROM rekey_becoming_state WHERE rekey_action IN ('revive')) AS rekey_becoming
WHERE project_state.id = rekey_becoming.id;
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'state_rows_revived', changes();

-- Write the rows of project_state under their canonical.
SAVEPOINT rekey_step;
-- CHANGES project_state
UPDATE project_state
SET project_id=rekey_becoming.rekey_new_0,
  updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
FROM (SELECT * FROM rekey_becoming_state WHERE rekey_action IN ('rekey')) AS rekey_becoming
WHERE project_state.id = rekey_becoming.id;
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'state_rows_rekeyed', changes();

-- Delete rows of projects; everything that hung on them has moved.
SAVEPOINT rekey_step;
-- CHANGES projects
DELETE FROM projects
WHERE projects.id IN (SELECT id FROM rekey_journal_projects
  WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('delete'));
SAVEPOINT rekey_step;
INSERT INTO rekey_count (run_id, phase, name, value) SELECT (SELECT max(id) FROM rekey_run), 'apply',
  'shadow_projects_deleted', changes();

-- Note what the database has counted since.
SAVEPOINT rekey_step;
INSERT INTO rekey_counted_before (part, rows) SELECT 'after', total_changes();

-- Keep where the folded keys lead.
SAVEPOINT rekey_step;
INSERT INTO rekey_redirect (run_id, noun, old_key, new_key, alias, canonical)
SELECT rekey_run, 'project', CAST(id AS TEXT), CAST(rekey_to_id AS TEXT), name COLLATE BINARY, rekey_canonical
FROM rekey_journal_projects WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('delete', 'retire');

-- Lead those on that led to one of them.
SAVEPOINT rekey_step;
UPDATE rekey_redirect
SET new_key=(SELECT new_key FROM rekey_redirect AS rekey_newer
  WHERE run_id = (SELECT max(id) FROM rekey_run) AND noun = 'project' AND old_key = rekey_redirect.new_key)
WHERE rekey_redirect.run_id < (SELECT max(id) FROM rekey_run) AND rekey_redirect.noun = 'project'
  AND rekey_redirect.new_key IN (SELECT old_key FROM rekey_redirect AS rekey_newer
    WHERE run_id = (SELECT max(id) FROM rekey_run) AND noun = 'project');

-- Record how the run ended.
SAVEPOINT rekey_step;
UPDATE rekey_run
SET outcome=CASE WHEN (EXISTS (SELECT 1 FROM rekey_tally WHERE action != 'keep')) THEN 'applied' ELSE 'empty' END,
  finished_at=strftime('%Y-%m-%d %H:%M:%f000', 'now')
WHERE rekey_run.id = (SELECT max(id) FROM rekey_run);

-- Decide about projects: which rows still are as the upgrade left them.
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_back_project AS SELECT rekey_planned_project.id AS key_0,
  rekey_planned_project.id AS now_0, rekey_planned_project.rekey_action AS action,
  rekey_planned_project.rekey_canonical AS canonical,
  CASE WHEN (projects.id IS NOT NULL) THEN 'taken'
    WHEN (rekey_planned_project.id IN (SELECT rekey_planned_project.id
      FROM rekey_planned_project
        JOIN projects AS rekey_other ON rekey_other.name = rekey_planned_project.name
          AND rekey_planned_project.name != rekey_planned_project.rekey_canonical
          AND rekey_other.id != rekey_planned_project.id
      WHERE rekey_planned_project.rekey_action IN ('delete', 'drop', 'merge', 'replace'))) THEN 'taken'
    ELSE 'untouched' END AS drift, 0 AS moves
FROM rekey_planned_project LEFT OUTER JOIN projects ON projects.id = rekey_planned_project.id
WHERE rekey_planned_project.rekey_action IN ('delete', 'drop', 'merge', 'replace');
SAVEPOINT rekey_step;
CREATE INDEX rekey_back_project_key ON rekey_back_project (key_0);
SAVEPOINT rekey_step;
CREATE INDEX rekey_back_project_drifted ON rekey_back_project (key_0) WHERE drift != 'untouched';

-- The same for the other rows of projects that the run touched.
SAVEPOINT rekey_step;
INSERT INTO rekey_back_project (key_0, now_0, action, canonical, drift, moves)
SELECT rekey_becoming_project.id AS key_0, rekey_becoming_project.id AS now_0,
  rekey_becoming_project.rekey_action AS action, rekey_becoming_project.rekey_canonical AS canonical,
  CASE WHEN (projects.id IS NULL) THEN 'deleted'
    WHEN (NOT ((rekey_becoming_project.rekey_new_0 COLLATE BINARY IS projects.name COLLATE BINARY)
      AND ((SELECT started_at FROM rekey_run
        WHERE id = (SELECT max(id) FROM rekey_run WHERE outcome IN ('applied', 'empty'))) IS projects.updated_at)
      AND ((rekey_becoming_project.id, rekey_becoming_project.description, rekey_becoming_project.created_at) IS
          (projects.id, projects.description, projects.created_at)))) THEN 'edited'
    WHEN (rekey_becoming_project.rekey_action IN ('rename')
      AND rekey_becoming_project.id IN (SELECT rekey_becoming_project.id
        FROM rekey_becoming_project
          JOIN projects AS rekey_other ON rekey_other.name = rekey_becoming_project.name
            AND rekey_becoming_project.name != rekey_becoming_project.rekey_canonical
            AND rekey_other.id != rekey_becoming_project.id
        WHERE rekey_becoming_project.rekey_action IN ('rename') AND rekey_other.id != rekey_becoming_project.id)
    ) THEN 'taken'
    ELSE 'untouched' END AS drift,
  CASE WHEN (rekey_becoming_project.rekey_action IN ('rename')) THEN 1 ELSE 0 END AS moves
FROM rekey_becoming_project LEFT OUTER JOIN projects ON projects.id = rekey_becoming_project.id;

-- Decide about project_state: which rows still are as the upgrade left them.
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_back_state AS SELECT rekey_becoming_state.id AS key_0, rekey_becoming_state.id AS now_0,
  rekey_becoming_state.rekey_action AS action, rekey_becoming_state.rekey_canonical AS canonical,
  CASE WHEN (project_state.id IS NULL) THEN 'deleted'
    WHEN (NOT ((rekey_becoming_state.rekey_new_0 COLLATE BINARY IS project_state.project_id COLLATE BINARY)
      AND (rekey_becoming_state.rekey_new_1 COLLATE BINARY IS project_state.status COLLATE BINARY)
      AND ((SELECT started_at FROM rekey_run
        WHERE id = (SELECT max(id) FROM rekey_run WHERE outcome IN ('applied', 'empty'))) IS project_state.updated_at)
      AND ((rekey_becoming_state.id, rekey_becoming_state.category, rekey_becoming_state."key",
        rekey_becoming_state.value, rekey_becoming_state.source, rekey_becoming_state.confidence,
        rekey_becoming_state.created_at) IS (project_state.id, project_state.category, project_state."key",
          project_state.value, project_state.source, project_state.confidence, project_state.created_at)))
    ) THEN 'edited'
    WHEN (rekey_becoming_state.rekey_action IN ('rekey') AND rekey_becoming_state.project_id IS NOT NULL
      AND NOT
        (rekey_comes_back_0.drift IS 'untouched' OR rekey_comes_back_0.key_0 IS NULL AND rekey_owner_0.id IS NOT NULL)
    ) THEN 'taken'
    WHEN (rekey_becoming_state.rekey_action IN ('rekey')
      AND rekey_becoming_state.id IN (SELECT rekey_becoming_state.id
        FROM rekey_becoming_state
          JOIN project_state AS rekey_holder ON rekey_holder.project_id = rekey_becoming_state.project_id
            AND (rekey_holder.category IS rekey_becoming_state.category)
            AND (rekey_holder."key" IS rekey_becoming_state."key")
        WHERE rekey_becoming_state.rekey_action IN ('rekey') AND rekey_holder.id != rekey_becoming_state.id)
    ) THEN 'taken'
    ELSE 'untouched' END AS drift, CASE WHEN (rekey_becoming_state.rekey_action IN ('rekey')) THEN 1 ELSE 0 END AS moves
FROM rekey_becoming_state LEFT OUTER JOIN project_state ON project_state.id = rekey_becoming_state.id
  LEFT OUTER JOIN projects AS rekey_owner_0 ON rekey_owner_0.id = rekey_becoming_state.project_id
  LEFT OUTER JOIN (SELECT key_0, now_0, action, canonical, drift, moves FROM rekey_back_project
    WHERE action IN ('delete', 'drop', 'merge', 'replace')) AS rekey_comes_back_0
    ON rekey_comes_back_0.key_0 = rekey_becoming_state.project_id;
SAVEPOINT rekey_step;
CREATE INDEX rekey_back_state_key ON rekey_back_state (key_0);
SAVEPOINT rekey_step;
CREATE INDEX rekey_back_state_drifted ON rekey_back_state (key_0) WHERE drift != 'untouched';

-- The same for the other rows of project_state that the run touched.
SAVEPOINT rekey_step;
INSERT INTO rekey_back_state (key_0, now_0, action, canonical, drift, moves)
SELECT rekey_planned_state.id AS key_0, rekey_planned_state.id AS now_0, rekey_planned_state.rekey_action AS action,
  rekey_planned_state.rekey_canonical AS canonical,
  CASE WHEN (project_state.id IS NOT NULL) THEN 'taken'
    WHEN (rekey_planned_state.project_id IS NOT NULL
      AND NOT
        (rekey_comes_back_0.drift IS 'untouched' OR rekey_comes_back_0.key_0 IS NULL AND rekey_owner_0.id IS NOT NULL)
    ) THEN 'taken'
    WHEN (rekey_planned_state.id IN (SELECT rekey_planned_state.id
      FROM rekey_planned_state
        JOIN project_state AS rekey_holder ON rekey_holder.project_id = rekey_planned_state.project_id
          AND (rekey_holder.category IS rekey_planned_state.category)
          AND (rekey_holder."key" IS rekey_planned_state."key")
      WHERE rekey_planned_state.rekey_action IN ('delete', 'drop', 'merge', 'replace')
        AND CASE WHEN (rekey_holder.id IN (SELECT key_0 FROM rekey_back_state
          WHERE (drift NOT IN ('attached', 'deleted', 'edited', 'refused', 'taken')) AND moves != 0)) THEN 1
          ELSE 0 END = 0)) THEN 'taken'
    ELSE 'untouched' END AS drift, 0 AS moves
FROM rekey_planned_state LEFT OUTER JOIN project_state ON project_state.id = rekey_planned_state.id
  LEFT OUTER JOIN projects AS rekey_owner_0 ON rekey_owner_0.id = rekey_planned_state.project_id
  LEFT OUTER JOIN (SELECT key_0, now_0, action, canonical, drift, moves FROM rekey_back_project
    WHERE action IN ('delete', 'drop', 'merge', 'replace')) AS rekey_comes_back_0
    ON rekey_comes_back_0.key_0 = rekey_planned_state.project_id
WHERE rekey_planned_state.rekey_action IN ('delete', 'drop', 'merge', 'replace');

-- The same for created rows: they stay while anything hangs on them.
SAVEPOINT rekey_step;
INSERT INTO rekey_back_project (key_0, now_0, action, canonical, drift, moves)
SELECT rekey_created_projects.id AS key_0, rekey_created_projects.id AS now_0, 'create' AS action,
  rekey_created_projects.rekey_canonical AS canonical,
  CASE WHEN (projects.id IS NULL) THEN 'deleted'
    WHEN (projects.id IN (SELECT rekey_created_projects.id
      FROM rekey_created_projects
        JOIN project_state AS rekey_child ON rekey_child.project_id = rekey_created_projects.id
      WHERE CASE WHEN (rekey_child.id IN (SELECT key_0 FROM rekey_back_state
        WHERE (drift NOT IN ('attached', 'deleted', 'edited', 'refused', 'taken')) AND moves != 0)) THEN 1
        ELSE 0 END = 0)) THEN 'attached'
    WHEN NOT ((rekey_created_projects.id, rekey_created_projects.name, rekey_created_projects.description,
      rekey_created_projects.created_at, rekey_created_projects.updated_at) IS
        (projects.id, projects.name, projects.description, projects.created_at, projects.updated_at)) THEN 'edited'
    ELSE 'untouched' END AS drift, 0 AS moves
FROM rekey_created_projects LEFT OUTER JOIN projects ON projects.id = rekey_created_projects.id
WHERE rekey_created_projects.rekey_run = (SELECT max(id) FROM rekey_run WHERE outcome IN ('applied', 'empty'));

-- What several statements ask for is named once.
CREATE TEMPORARY VIEW rekey_drift(drift, what, keep) AS VALUES
  ('edited', 'what is stored is not what the run wrote, or more has changed', ''),
  ('deleted', 'it is not there any more', ''),
  ('taken', 'its old place would be taken, or its owner could not return', ''),
  ('attached', 'rows hang on it that would not go back', ''),
  ('refused', 'its table would not take it as it was: a NOT NULL or a CHECK refuses', '');

-- Guard rekey_unaccounted: the database counted the changes that the journal names, in every table, and no others. If
--   the script stops here: something else changed rows in this transaction (a trigger, a rule, a cascade, a conflict
--   clause): find it and take it away for the upgrade, or cover its table in the spec, then run the upgrade again.
INSERT INTO rekey_finding (guard, said)
WITH rekey_journalled AS (SELECT part,
    CAST(coalesce(sum(CASE WHEN (action IN ('create')) THEN rows END), 0) AS BIGINT) AS inserted,
    CAST(coalesce(sum(CASE WHEN (action IN ('absorb', 'detach', 'rekey', 'rename', 'retire', 'revive', 'supersede')
    ) THEN rows END), 0) AS BIGINT) AS updated,
    CAST(coalesce(sum(CASE WHEN (action IN ('delete', 'drop', 'merge', 'replace')) THEN rows END), 0) AS BIGINT
    ) AS deleted
  FROM rekey_tally GROUP BY part)
SELECT 'rekey_unaccounted', printf('%s: %s rows %s, and the journal names %s', "table", counted, kind, journalled)
FROM (SELECT rekey_standing."table", 'in the table' AS kind, rekey_standing.rows AS counted,
    (rekey_before.rows - coalesce(rekey_journalled.deleted, 0)) + coalesce(rekey_journalled.inserted, 0) AS journalled,
    0 AS again
  FROM (SELECT 'project' AS part, 'projects' AS "table", (SELECT count(*) FROM projects) AS rows
    UNION ALL SELECT 'state' AS part, 'project_state' AS "table", (SELECT count(*) FROM project_state) AS rows
    UNION ALL SELECT 'memory' AS part, 'memories' AS "table", (SELECT count(*) FROM memories) AS rows
    UNION ALL SELECT 'interaction' AS part, 'interactions' AS "table", (SELECT count(*) FROM interactions) AS rows
  ) AS rekey_standing
    JOIN rekey_counted_before AS rekey_before ON rekey_before.part = rekey_standing.part
    LEFT OUTER JOIN rekey_journalled ON rekey_journalled.part = rekey_standing.part
  UNION ALL SELECT 'all tables together', 'changed',
    ((SELECT rows FROM rekey_counted_before WHERE part = 'after') -
        (SELECT rows FROM rekey_counted_before WHERE part = '')) - ((SELECT count(*) FROM rekey_count
          WHERE run_id = (SELECT max(id) FROM rekey_run) AND phase = 'apply') +
            (SELECT count(*) FROM rekey_created_projects WHERE rekey_run = (SELECT max(id) FROM rekey_run)) + (SELECT
                count(*)
              FROM rekey_journal_projects
              WHERE rekey_run = (SELECT max(id) FROM rekey_run)
                AND rekey_to_id IN
                  (SELECT id FROM rekey_created_projects WHERE rekey_run = (SELECT max(id) FROM rekey_run)))),
    (SELECT coalesce(sum(value), 0) FROM rekey_count WHERE run_id = (SELECT max(id) FROM rekey_run) AND phase = 'apply'
    ), (SELECT coalesce(sum(0), 0))) AS rekey_account
WHERE counted - journalled NOT BETWEEN 0 AND again
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_unaccounted CHECK (guard <> 'rekey_unaccounted'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_count_differs: each statement changed as many rows as the journal names. If the script stops here: look
--   for triggers or rules that skip or add rows, and for keys that are NULL or not unique, then run the upgrade again.
INSERT INTO rekey_finding (guard, said)
WITH rekey_wanted(name, part, action) AS (VALUES
    ('canonical_rows_created', 'project', 'create'), ('canonical_rows_renamed', 'project', 'rename'),
    ('shadow_projects_deleted', 'project', 'delete'), ('state_rows_replaced_inactive_canonical', 'state', 'replace'),
    ('state_rows_merged_as_duplicate', 'state', 'merge'), ('state_rows_historical_dropped', 'state', 'drop'),
    ('state_rows_revived', 'state', 'revive'), ('state_rows_rekeyed', 'state', 'rekey'),
    ('memory_rows_superseded', 'memory', 'supersede'), ('memory_rows_rekeyed', 'memory', 'rekey'),
    ('interaction_rows_rekeyed', 'interaction', 'rekey'))
SELECT 'rekey_count_differs', printf('%s: the journal names %s rows, the database reported %s', rekey_expected.name,
  rekey_expected.value, rekey_count.value)
FROM (SELECT rekey_wanted.name, CAST(coalesce(sum(rekey_tally.rows), 0) AS BIGINT) AS value
  FROM rekey_wanted
    LEFT OUTER JOIN rekey_tally ON rekey_tally.part = rekey_wanted.part AND rekey_tally.action = rekey_wanted.action
  GROUP BY rekey_wanted.name) AS rekey_expected
  LEFT OUTER JOIN rekey_count ON rekey_count.name = rekey_expected.name AND rekey_count.phase = 'apply'
    AND rekey_count.run_id = (SELECT max(id) FROM rekey_run)
WHERE rekey_count.value IS NOT rekey_expected.value
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT, CONSTRAINT rekey_count_differs CHECK (guard <> 'rekey_count_differs'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_shadow_left_project: no shadow and no misspelt canonical is left. If the script stops here: look for
--   triggers that write the old name back, and for rows whose key is NULL.
INSERT INTO rekey_finding (guard, said)
WITH rekey_group_project AS MATERIALIZED (SELECT key_0, name, canonical, lead_0,
    ((number + 1) - has_canonical) * (1 - CASE WHEN (rows = 1 AND has_canonical = 1) THEN 1 ELSE 0 END) AS place
  FROM rekey_ranked_project WHERE rows > 1 OR has_canonical = 0 OR canonical != name)
SELECT 'rekey_shadow_left_project', printf('projects: a row is still named %Q instead of %Q', name, canonical)
FROM rekey_group_project WHERE place > 1 OR canonical != name
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_shadow_left_project CHECK (guard <> 'rekey_shadow_left_project'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guards rekey_alias_left_memory, rekey_alias_left_interaction: no row is keyed by an alias any more. If the script
--   stops here: look for triggers that write the old name back, and for rows whose key is NULL.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_alias_left_memory',
  printf('memories: rows are still keyed by %Q instead of %Q', spelling, canonical)
FROM rekey_of_memory WHERE canonical != spelling
UNION ALL SELECT 'rekey_alias_left_interaction',
  printf('interactions: rows are still keyed by %Q instead of %Q', spelling, canonical)
FROM rekey_of_interaction WHERE canonical != spelling
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT,
  CONSTRAINT rekey_alias_left_memory CHECK (guard <> 'rekey_alias_left_memory'),
  CONSTRAINT rekey_alias_left_interaction CHECK (guard <> 'rekey_alias_left_interaction'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_owner_lost_state: no row hangs on a shadow that was deleted. If the script stops here: where that row
--   goes because two owners of it become one, move first what hangs on it; else look for rows whose key is NULL or not
--   unique, and for triggers.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_owner_lost_state',
  printf('project_state: row %Q still hangs on %Q, which is gone', project_state.id, project_state.project_id)
FROM project_state JOIN rekey_planned_project ON project_state.project_id = rekey_planned_project.id
WHERE rekey_planned_project.rekey_action IN ('delete', 'drop', 'merge', 'replace')
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_owner_lost_state CHECK (guard <> 'rekey_owner_lost_state'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guards rekey_no_way_back_project, rekey_no_way_back_state, rekey_no_way_back_memory, rekey_no_way_back_interaction:
--   every row that the journal names would go back as it was. If the script stops here: look for what else writes these
--   rows: a trigger, a rule, a type that changes what is written. Where a trigger writes the time of the change,
--   declare stamped=Stamped.BY_THE_DATABASE; else take it away for the upgrade.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_no_way_back_project',
  printf('projects: row %Q (%s for %Q) would not go back as it was: %s', rekey_back_project.key_0,
    rekey_back_project.action, rekey_back_project.canonical, rekey_drift.what)
FROM rekey_back_project LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back_project.drift
WHERE rekey_back_project.drift != 'untouched'
UNION ALL SELECT 'rekey_no_way_back_state',
  printf('project_state: row %Q (%s for %Q) would not go back as it was: %s', rekey_back_state.key_0,
    rekey_back_state.action, rekey_back_state.canonical, rekey_drift.what)
FROM rekey_back_state LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back_state.drift
WHERE rekey_back_state.drift != 'untouched'
UNION ALL SELECT 'rekey_no_way_back_memory', printf('memories: row %Q (%s for %Q) would not go back as it was: %s',
  rekey_back.key_0, rekey_back.action, rekey_back.canonical, rekey_drift.what)
FROM (SELECT rekey_becoming_memory.id AS key_0, rekey_becoming_memory.id AS now_0,
    rekey_becoming_memory.rekey_action AS action, rekey_becoming_memory.rekey_canonical AS canonical,
    CASE WHEN (memories.id IS NULL) THEN 'deleted'
      WHEN (NOT ((rekey_becoming_memory.rekey_new_0 COLLATE BINARY IS memories.project COLLATE BINARY)
        AND (rekey_becoming_memory.rekey_new_1 COLLATE BINARY IS memories.status COLLATE BINARY)
        AND ((SELECT started_at FROM rekey_run
          WHERE id = (SELECT max(id) FROM rekey_run WHERE outcome IN ('applied', 'empty'))) IS memories.updated_at)
        AND ((rekey_becoming_memory.id, rekey_becoming_memory.memory_type, rekey_becoming_memory.content,
          rekey_becoming_memory.confidence, rekey_becoming_memory.created_at) IS
            (memories.id, memories.memory_type, memories.content, memories.confidence, memories.created_at)))
      ) THEN 'edited'
      ELSE 'untouched' END AS drift,
    CASE WHEN (rekey_becoming_memory.rekey_action IN ('rekey', 'supersede')) THEN 1 ELSE 0 END AS moves
  FROM rekey_becoming_memory LEFT OUTER JOIN memories ON memories.id = rekey_becoming_memory.id) AS rekey_back
  LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back.drift
WHERE rekey_back.drift != 'untouched'
UNION ALL SELECT 'rekey_no_way_back_interaction',
  printf('interactions: row %Q (%s for %Q) would not go back as it was: %s', rekey_back.key_0, rekey_back.action,
    rekey_back.canonical, rekey_drift.what)
FROM (SELECT rekey_becoming_interaction.id AS key_0, rekey_becoming_interaction.id AS now_0,
    rekey_becoming_interaction.rekey_action AS action, rekey_becoming_interaction.rekey_canonical AS canonical,
    CASE WHEN (interactions.id IS NULL) THEN 'deleted'
      WHEN (NOT ((rekey_becoming_interaction.rekey_new_0 COLLATE BINARY IS interactions.project COLLATE BINARY)
        AND ((rekey_becoming_interaction.id, rekey_becoming_interaction.prompt, rekey_becoming_interaction.response,
          rekey_becoming_interaction.client, rekey_becoming_interaction.session_id,
          rekey_becoming_interaction.created_at) IS (interactions.id, interactions.prompt, interactions.response,
            interactions.client, interactions.session_id, interactions.created_at)))) THEN 'edited'
      ELSE 'untouched' END AS drift,
    CASE WHEN (rekey_becoming_interaction.rekey_action IN ('rekey')) THEN 1 ELSE 0 END AS moves
  FROM rekey_becoming_interaction LEFT OUTER JOIN interactions ON interactions.id = rekey_becoming_interaction.id
) AS rekey_back
  LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back.drift
WHERE rekey_back.drift != 'untouched'
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard (guard TEXT,
  CONSTRAINT rekey_no_way_back_project CHECK (guard <> 'rekey_no_way_back_project'),
  CONSTRAINT rekey_no_way_back_state CHECK (guard <> 'rekey_no_way_back_state'),
  CONSTRAINT rekey_no_way_back_memory CHECK (guard <> 'rekey_no_way_back_memory'),
  CONSTRAINT rekey_no_way_back_interaction CHECK (guard <> 'rekey_no_way_back_interaction'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Note the rows whose foreign keys lead nowhere now.
SAVEPOINT rekey_step;
CREATE TEMPORARY TABLE rekey_broken_now AS SELECT *
FROM (SELECT rekey_found."table", rekey_found.rowid, rekey_found.parent, rekey_found.fkid, count(*) AS rows
  FROM rekey_related JOIN pragma_foreign_key_check(rekey_related.name) AS rekey_found ON 1 = 1
  GROUP BY rekey_found."table", rekey_found.rowid, rekey_found.parent, rekey_found.fkid) AS rekey_nowhere;

-- Guard rekey_foreign_key_broken: no foreign key leads nowhere that did not before. If the script stops here: a table
--   outside the plan hangs on rows that the plan deletes: move these rows to the canonical by hand, or cover them in
--   the spec. Going back: what the row referred to was deleted since; put that back first, or go back online with -x
--   on_drift=keep.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_foreign_key_broken',
  printf('%s: the row with rowid %s refers to a row of %s that would be gone', "table", rowid, parent)
FROM (SELECT "table", rowid, parent, fkid, rows FROM rekey_broken_now
  EXCEPT SELECT "table", rowid, parent, fkid, rows FROM rekey_broken_before) AS rekey_surplus
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_foreign_key_broken CHECK (guard <> 'rekey_foreign_key_broken'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Guard rekey_foreign_key_mended: no foreign key that led nowhere before leads somewhere now. If the script stops here:
--   correct or delete the row first: the downgrade could not let it refer to nothing again.
INSERT INTO rekey_finding (guard, said) SELECT 'rekey_foreign_key_mended',
  printf('%s: the row with rowid %s referred to no %s before, and no way back restores that', "table", rowid, parent)
FROM (SELECT "table", rowid, parent, fkid, rows FROM rekey_broken_before
  EXCEPT SELECT "table", rowid, parent, fkid, rows FROM rekey_broken_now) AS rekey_surplus
UNION ALL SELECT NULL, NULL;
SELECT said FROM rekey_shown;
CREATE TEMPORARY TABLE rekey_guard
  (guard TEXT, CONSTRAINT rekey_foreign_key_mended CHECK (guard <> 'rekey_foreign_key_mended'));
INSERT OR ROLLBACK INTO rekey_guard SELECT guard FROM rekey_finding;
INSERT INTO rekey_whole (offending) SELECT guard IS NOT NULL FROM rekey_guard;
DROP TABLE rekey_guard;
DELETE FROM rekey_finding;

-- Drop what was noted.
SAVEPOINT rekey_step;
DROP TABLE rekey_broken_before;
SAVEPOINT rekey_step;
DROP TABLE rekey_broken_now;
SAVEPOINT rekey_step;
DROP TABLE rekey_back_project;
SAVEPOINT rekey_step;
DROP TABLE rekey_back_state;
SAVEPOINT rekey_step;
DROP TABLE rekey_counted_before;
SAVEPOINT rekey_step;
DROP TABLE rekey_tally;

-- Drop these names.
DROP VIEW rekey_drift;
DROP VIEW rekey_becoming_state;
DROP VIEW rekey_becoming_memory;
DROP VIEW rekey_becoming_interaction;
DROP VIEW rekey_becoming_project;
DROP VIEW rekey_related;
DROP VIEW rekey_fired;
DROP VIEW rekey_condition;
DROP VIEW rekey_head;
DROP VIEW rekey_keyed;
DROP VIEW rekey_planned_interaction;
DROP VIEW rekey_planned_memory;
DROP VIEW rekey_planned_state;
DROP VIEW rekey_of_interaction;
DROP VIEW rekey_0_interaction;
DROP VIEW rekey_as_interaction;
DROP VIEW rekey_of_memory;
DROP VIEW rekey_0_memory;
DROP VIEW rekey_as_memory;
DROP VIEW rekey_members_project;
DROP VIEW rekey_planned_project;
DROP VIEW rekey_ranked_project;
DROP VIEW rekey_known_project;
DROP VIEW rekey_of_project;
DROP VIEW rekey_registered;
DROP VIEW rekey_0_project;
DROP VIEW rekey_as_project;
DROP VIEW rekey_part;
DROP VIEW rekey_declared;
DROP VIEW rekey_catalog;
DROP VIEW rekey_asked;

-- Record the revision that the database has now.
SAVEPOINT rekey_step;
UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

-- Guard rekey_script_whole: each guard has passed, and all was done in one transaction.
-- If the script stops here: look for the first error above; nothing was changed.
CREATE TEMPORARY TABLE IF NOT EXISTS rekey_whole (offending BIGINT);
CREATE TEMPORARY TABLE rekey_last_guard (offending BIGINT CONSTRAINT rekey_script_whole CHECK (offending = 0));
INSERT OR ROLLBACK INTO rekey_last_guard (offending) SELECT (SELECT count(*) FROM rekey_whole) * defer_foreign_keys - 32
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

-- Show what was planned and done.
SELECT phase, name, value FROM rekey_count WHERE run_id = (SELECT max(id) FROM rekey_run)
ORDER BY CASE WHEN (rekey_count.phase = 'plan') THEN 0 ELSE 1 END, rekey_count.name;
