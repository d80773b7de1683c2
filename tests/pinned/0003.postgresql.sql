-- Migration of a PostgreSQL database from revision 0002 to 0003, written by alembic --sql.
--
-- Revision 0003 folds every row that was written under an alias into its canonical name.
--   registry: registry.json
--   SHA-256:  697b4af37fabfb7df3b7622d345f7078731aa5b70760174b504378b1f61bb6d0
--   names:    2 canonical, 4 aliases
--
-- Run it with: psql -v ON_ERROR_STOP=1 -f FILE DATABASE
-- It is one transaction. At the first guard that finds anything it stops, and nothing was changed.
-- Without ON_ERROR_STOP nothing is applied either where a guard stops it, but the exit status is 0.
-- A guard counts offending rows into a temporary table whose named CHECK constraint takes 0 only:
-- the shell prints that name, and the comment above the guard says what to do.
-- Nothing of the database's rows is written here: only names of the registry, and answers of an
--   operator.

-- Read this file the same way in every session.
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

-- One transaction.
BEGIN ISOLATION LEVEL READ COMMITTED;

-- Do not wait for locks for ever.
SET LOCAL lock_timeout = '30000ms';

-- Wait for any other upgrade of this database.
SELECT pg_advisory_xact_lock(32199659283349505);

-- The table that holds the revision of this database.
CREATE TABLE IF NOT EXISTS alembic_version (
  version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Guard rekey_version: the database is at the revision that this script starts from: 0002.
-- If the script stops here: the script ran already, or is for another database: look into
--   alembic_version and make it again.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_version CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
SELECT count(*) AS count_1
FROM (
  SELECT other_version.version_num AS version_num
  FROM (
    SELECT alembic_version.version_num AS version_num
    FROM alembic_version
    WHERE (alembic_version.version_num NOT IN ('0002'))
    UNION ALL SELECT '0002' AS version_num
    WHERE NOT (
      EXISTS (
        SELECT alembic_version.version_num
        FROM alembic_version
        WHERE alembic_version.version_num = '0002'
      )
    )
  ) AS other_version
) AS offending;
DROP TABLE rekey_guard;

-- Running upgrade 0002 -> 0003

-- Keep writers out of the tables until the end; readers go on.
DO $rekey$
DECLARE
  patience CONSTANT bigint := (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'lock_timeout');
  begun CONSTANT timestamp with time zone := clock_timestamp();
  turn bigint := 200;
  rest bigint := patience;
BEGIN
  LOOP
    BEGIN
      PERFORM set_config('lock_timeout', CASE WHEN patience = 0 THEN turn ELSE least(turn, rest) END::text, true);
      LOCK TABLE projects, project_state, memories, interactions IN SHARE ROW EXCLUSIVE MODE;
      PERFORM set_config('lock_timeout', patience::text, true);
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      rest := patience - extract(epoch FROM clock_timestamp() - begun) * 1000;
      IF patience > 0 AND rest < 1 THEN
        RAISE;
      END IF;
    END;
    PERFORM pg_sleep(0.02 + random() * 0.05);
    turn := turn * 2;
  END LOOP;
END
$rekey$;

-- Write times in UTC, whatever the session says.
SET LOCAL TIME ZONE 'UTC';

-- Guard rekey_missing_column: every column that the revision declares is there.
-- If the script stops here: add the column, or correct the declaration in the revision.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_missing_column CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH declared("table", name) AS (
  VALUES
    ('projects', 'id'),
    ('projects', 'name'),
    ('projects', 'description'),
    ('projects', 'created_at'),
    ('projects', 'updated_at'),
    ('project_state', 'id'),
    ('project_state', 'project_id'),
    ('project_state', 'category'),
    ('project_state', 'key'),
    ('project_state', 'value'),
    ('project_state', 'source'),
    ('project_state', 'confidence'),
    ('project_state', 'status'),
    ('project_state', 'created_at'),
    ('project_state', 'updated_at'),
    ('memories', 'id'),
    ('memories', 'memory_type'),
    ('memories', 'content'),
    ('memories', 'project'),
    ('memories', 'confidence'),
    ('memories', 'status'),
    ('memories', 'created_at'),
    ('memories', 'updated_at'),
    ('interactions', 'id'),
    ('interactions', 'prompt'),
    ('interactions', 'response'),
    ('interactions', 'client'),
    ('interactions', 'session_id'),
    ('interactions', 'project'),
    ('interactions', 'created_at')
),
asked("table", quoted) AS (
  VALUES
    ('projects', '"projects"'),
    ('project_state', '"project_state"'),
    ('memories', '"memories"'),
    ('interactions', '"interactions"')
),
catalog AS (
  SELECT asked."table" AS "table",
    CAST(attribute.attname AS TEXT) AS name,
    CAST(
      row_number() OVER (PARTITION BY asked."table" ORDER BY attribute.attnum) AS INTEGER
    ) AS place,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    coalesce(CAST(CAST(attribute.attgenerated AS TEXT) != '' AS INTEGER), 0) AS generated
  FROM asked
    JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = to_regclass(asked.quoted)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
)
SELECT count(*) AS count_1
FROM (
  SELECT declared."table" AS "table", declared.name AS "column"
  FROM declared
    LEFT OUTER JOIN catalog ON catalog."table" = declared."table" AND catalog.name = declared.name
  WHERE catalog.name IS NULL
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_reserved_name: no column has the name of one of the journal's own: run_id, action,
--   canonical.
-- If the script stops here: rename the column for as long as the journal is needed, or leave its table
--   out of the revision.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_reserved_name CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH asked("table", quoted) AS (
  VALUES
    ('projects', '"projects"'),
    ('project_state', '"project_state"'),
    ('memories', '"memories"'),
    ('interactions', '"interactions"')
),
catalog AS (
  SELECT asked."table" AS "table",
    CAST(attribute.attname AS TEXT) AS name,
    CAST(
      row_number() OVER (PARTITION BY asked."table" ORDER BY attribute.attnum) AS INTEGER
    ) AS place,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    coalesce(CAST(CAST(attribute.attgenerated AS TEXT) != '' AS INTEGER), 0) AS generated
  FROM asked
    JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = to_regclass(asked.quoted)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
)
SELECT count(*) AS count_1
FROM (
  SELECT catalog."table" AS "table", catalog.name AS "column"
  FROM catalog
  WHERE catalog.name IN ('run_id', 'action', 'canonical')
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_generated_column: no row that may be deleted has a generated column, which could not be
--   put back.
-- If the script stops here: turn the generated column into a plain one before the upgrade, and back
--   after it.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_generated_column CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH asked("table", quoted) AS (
  VALUES
    ('projects', '"projects"'),
    ('project_state', '"project_state"'),
    ('memories', '"memories"'),
    ('interactions', '"interactions"')
),
catalog AS (
  SELECT asked."table" AS "table",
    CAST(attribute.attname AS TEXT) AS name,
    CAST(
      row_number() OVER (PARTITION BY asked."table" ORDER BY attribute.attnum) AS INTEGER
    ) AS place,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    coalesce(CAST(CAST(attribute.attgenerated AS TEXT) != '' AS INTEGER), 0) AS generated
  FROM asked
    JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = to_regclass(asked.quoted)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
)
SELECT count(*) AS count_1
FROM (
  SELECT catalog."table" AS "table", catalog.name AS "column"
  FROM catalog
  WHERE catalog.generated = 1 AND catalog."table" IN ('projects', 'project_state')
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_journal_shape: the journal has the columns of its table, in their order.
-- If the script stops here: the table changed after the journal was made: add or drop the column in
--   the journal too, or, if the journal is empty, drop it and make it again with
--   op.create_side_tables(spec).
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_journal_shape CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH pair(source, kept) AS (
  VALUES
    ('projects', 'rekey_journal_projects'),
    ('projects', 'rekey_created_projects'),
    ('project_state', 'rekey_journal_project_state'),
    ('memories', 'rekey_journal_memories'),
    ('interactions', 'rekey_journal_interactions')
),
asked("table", quoted) AS (
  VALUES
    ('projects', '"projects"'),
    ('project_state', '"project_state"'),
    ('memories', '"memories"'),
    ('interactions', '"interactions"'),
    ('rekey_journal_projects', '"rekey_journal_projects"'),
    ('rekey_created_projects', '"rekey_created_projects"'),
    ('rekey_journal_project_state', '"rekey_journal_project_state"'),
    ('rekey_journal_memories', '"rekey_journal_memories"'),
    ('rekey_journal_interactions', '"rekey_journal_interactions"')
),
catalog AS (
  SELECT asked."table" AS "table",
    CAST(attribute.attname AS TEXT) AS name,
    CAST(
      row_number() OVER (PARTITION BY asked."table" ORDER BY attribute.attnum) AS INTEGER
    ) AS place,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    coalesce(CAST(CAST(attribute.attgenerated AS TEXT) != '' AS INTEGER), 0) AS generated
  FROM asked
    JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = to_regclass(asked.quoted)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
)
SELECT count(*) AS count_1
FROM (
  SELECT DISTINCT different.source AS "table", different.kept AS journal, different.name AS "column"
  FROM (
    SELECT lacking.source AS source,
      lacking.kept AS kept,
      lacking.name AS name,
      lacking.place AS place,
      lacking.type AS type
    FROM (
      SELECT pair.source AS source,
        pair.kept AS kept,
        own.name AS name,
        own.place + 3 AS place,
        own.type AS type
      FROM pair JOIN catalog AS own ON own."table" = pair.source
      EXCEPT SELECT pair.source AS source,
        pair.kept AS kept,
        copy.name AS name,
        copy.place AS place,
        copy.type AS type
      FROM pair JOIN catalog AS copy ON copy."table" = pair.kept
    ) AS lacking
    UNION ALL SELECT surplus.source AS source,
      surplus.kept AS kept,
      surplus.name AS name,
      surplus.place AS place,
      surplus.type AS type
    FROM (
      SELECT pair.source AS source,
        pair.kept AS kept,
        copy.name AS name,
        copy.place AS place,
        copy.type AS type
      FROM pair JOIN catalog AS copy ON copy."table" = pair.kept
      WHERE copy.place > 3
      EXCEPT SELECT pair.source AS source,
        pair.kept AS kept,
        own.name AS name,
        own.place + 3 AS place,
        own.type AS type
      FROM pair JOIN catalog AS own ON own."table" = pair.source
    ) AS surplus
  ) AS different
) AS offending;
DROP TABLE rekey_guard;

-- Open a run.
INSERT INTO rekey_run (id, revision, started_at, registry_path, registry_sha256)
SELECT coalesce(max(rekey_run.id), 0) + 1 AS anon_1,
  '0003' AS anon_2,
  clock_timestamp() AS anon_3,
  'registry.json' AS anon_4,
  '697b4af37fabfb7df3b7622d345f7078731aa5b70760174b504378b1f61bb6d0' AS anon_5
FROM rekey_run;

-- Keep the registry as this run sees it.
--   6772c3b6c39f65 = "gr\u00f6\u00dfe"
--   6974277320626967 = "it's big"
WITH listed(alias, canonical, key, identity) AS (
  VALUES
    (
      'p05-interferometer',
      'p05-interferometer',
      'p05-interferometer',
      'eca74e26-f6fb-5cbf-8b23-99362f0b1105'
    ),
    ('p05', 'p05-interferometer', 'p05', 'eca74e26-f6fb-5cbf-8b23-99362f0b1105'),
    (
      'interferometer',
      'p05-interferometer',
      'interferometer',
      'eca74e26-f6fb-5cbf-8b23-99362f0b1105'
    ),
    (
      convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'),
      convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'),
      convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'),
      'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'
    ),
    (
      convert_from(decode('6974277320626967', 'hex'), 'UTF8'),
      convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'),
      convert_from(decode('6974277320626967', 'hex'), 'UTF8'),
      'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'
    ),
    (
      'K9',
      convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'),
      'k9',
      'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'
    )
)
INSERT INTO rekey_alias (run_id, alias, canonical, key, identity)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  listed.alias,
  listed.canonical,
  listed.key,
  listed.identity
FROM listed;

-- Let statements be planned for what rekey_alias holds.
ANALYZE rekey_alias (run_id, key);

-- Plan projects: what happens to each row, with the row as it is.
INSERT INTO rekey_journal_projects
WITH projects_spelled_as AS (
  SELECT DISTINCT projects.name AS spelling FROM projects WHERE projects.name IS NOT NULL
),
projects_spelled_0 AS (
  SELECT projects_spelled_as.spelling AS spelling,
    translate(
      btrim(
        projects_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM projects_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
),
projects_spelled AS MATERIALIZED (
  SELECT projects_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM projects_spelled_0 JOIN registered ON registered.key = projects_spelled_0.key
),
known AS (
  SELECT projects.id AS key,
    projects_spelled.spelling AS name,
    projects_spelled.alias AS alias,
    projects_spelled.canonical AS canonical
  FROM projects JOIN projects_spelled ON projects_spelled.spelling = projects.name
),
decided AS (
  SELECT known.key AS key,
    CASE WHEN (known.alias != known.canonical) THEN 'delete' ELSE 'rename' END AS action,
    known.canonical AS canonical
  FROM known
  WHERE known.alias != known.canonical OR known.canonical != known.name
  UNION ALL SELECT NULL AS key, 'create' AS action, known.canonical AS canonical
  FROM known
  GROUP BY known.canonical
  HAVING min(CASE WHEN (known.alias != known.canonical) THEN 1 ELSE 0 END) = 1
)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1, planned.*
FROM (
  SELECT decided.action AS action, decided.canonical AS canonical, original.*
  FROM decided LEFT OUTER JOIN projects AS original ON original.id = decided.key
) AS planned;

-- Let statements be planned for what rekey_journal_projects holds.
ANALYZE rekey_journal_projects (run_id, action, id);

-- Plan project_state: what happens to each row, with the row as it is.
INSERT INTO rekey_journal_project_state
WITH projects_spelled_as AS (
  SELECT DISTINCT projects.name AS spelling FROM projects WHERE projects.name IS NOT NULL
),
projects_spelled_0 AS (
  SELECT projects_spelled_as.spelling AS spelling,
    translate(
      btrim(
        projects_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM projects_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
),
projects_spelled AS MATERIALIZED (
  SELECT projects_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM projects_spelled_0 JOIN registered ON registered.key = projects_spelled_0.key
),
slot_row AS (
  SELECT project_state.id AS key,
    projects_spelled.canonical AS canonical,
    project_state.category AS slot_0,
    project_state.key AS slot_1,
    project_state.value AS value,
    CASE WHEN (projects_spelled.alias != projects_spelled.canonical) THEN 1 ELSE 0 END AS shadow,
    CASE WHEN (project_state.status = 'active') THEN 1 ELSE 0 END AS active,
    project_state.updated_at AS moment
  FROM project_state
    JOIN projects ON projects.id = project_state.project_id
    JOIN projects_spelled ON projects_spelled.spelling = projects.name
  WHERE projects_spelled.canonical IN (
    SELECT projects_spelled.canonical
    FROM projects_spelled
    WHERE projects_spelled.alias != projects_spelled.canonical
  )
),
slot_rank AS (
  SELECT slot_row.key AS key,
    slot_row.canonical AS canonical,
    slot_row.slot_0 AS slot_0,
    slot_row.slot_1 AS slot_1,
    slot_row.value AS value,
    slot_row.shadow AS shadow,
    slot_row.active AS active,
    slot_row.moment AS moment,
    CASE
      WHEN (slot_row.shadow = 0 AND slot_row.active = 1) THEN 0
      WHEN (slot_row.shadow = 1 AND slot_row.active = 1) THEN 1
      WHEN (slot_row.shadow = 0 AND slot_row.active = 0) THEN 2
      WHEN (slot_row.shadow = 1 AND slot_row.active = 0) THEN 3
    END AS rank
  FROM slot_row
),
ranked AS (
  SELECT slot_rank.key AS key,
    slot_rank.canonical AS canonical,
    slot_rank.slot_0 AS slot_0,
    slot_rank.slot_1 AS slot_1,
    slot_rank.value AS value,
    slot_rank.shadow AS shadow,
    slot_rank.active AS active,
    slot_rank.moment AS moment,
    slot_rank.rank AS rank,
    row_number() OVER (
      PARTITION BY slot_rank.canonical, slot_rank.slot_0, slot_rank.slot_1
      ORDER BY slot_rank.rank,
        slot_rank.moment DESC NULLS LAST,
        slot_rank.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS place,
    first_value(slot_rank.value) OVER (
      PARTITION BY slot_rank.canonical, slot_rank.slot_0, slot_rank.slot_1
      ORDER BY slot_rank.rank,
        slot_rank.moment DESC NULLS LAST,
        slot_rank.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS won_value,
    first_value(slot_rank.shadow) OVER (
      PARTITION BY slot_rank.canonical, slot_rank.slot_0, slot_rank.slot_1
      ORDER BY slot_rank.rank,
        slot_rank.moment DESC NULLS LAST,
        slot_rank.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS won_by_shadow,
    first_value(slot_rank.active) OVER (
      PARTITION BY slot_rank.canonical, slot_rank.slot_0, slot_rank.slot_1
      ORDER BY slot_rank.rank,
        slot_rank.moment DESC NULLS LAST,
        slot_rank.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS won_active
  FROM slot_rank
),
judged AS (
  SELECT ranked.key AS key,
    ranked.canonical AS canonical,
    ranked.shadow AS shadow,
    ranked.won_by_shadow AS won_by_shadow,
    CASE WHEN (ranked.place = 1) THEN 1 ELSE 0 END AS first,
    CASE WHEN (ranked.value IS NOT DISTINCT FROM ranked.won_value) THEN 1 ELSE 0 END AS same,
    max(
      CASE WHEN (ranked.shadow = 1) THEN 1 ELSE 0 END
    ) OVER (PARTITION BY ranked.canonical, ranked.slot_0, ranked.slot_1) AS touched,
    max(
      CASE
        WHEN (ranked.shadow = 0 AND ranked.value IS NOT DISTINCT FROM ranked.won_value) THEN 1
        ELSE 0
      END
    ) OVER (PARTITION BY ranked.canonical, ranked.slot_0, ranked.slot_1) AS said_by_canonical,
    max(
      CASE
        WHEN (
          ranked.active = 1 AND ranked.won_active = 1 AND ranked.value IS DISTINCT
          FROM ranked.won_value
        ) THEN 1
        ELSE 0
      END
    ) OVER (PARTITION BY ranked.canonical, ranked.slot_0, ranked.slot_1) AS collided
  FROM ranked
),
decided AS (
  SELECT judged.key AS key,
    CASE
      WHEN (judged.collided = 1) THEN 'collision'
      WHEN (judged.shadow = 0 AND judged.won_by_shadow = 1 AND judged.same = 1) THEN 'revive'
      WHEN (judged.shadow = 0 AND judged.won_by_shadow = 1 AND judged.same = 0) THEN 'replace'
      WHEN (judged.shadow = 0 AND judged.won_by_shadow = 0) THEN 'keep'
      WHEN (judged.shadow = 1 AND judged.first = 1 AND judged.said_by_canonical = 0) THEN 'rekey'
      WHEN (judged.shadow = 1 AND judged.same = 1) THEN 'merge'
      WHEN (judged.shadow = 1 AND judged.same = 0) THEN 'drop'
      ELSE NULL
    END AS action,
    judged.canonical AS canonical
  FROM judged
  WHERE judged.touched > 0
)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1, planned.*
FROM (
  SELECT decided.action AS action, decided.canonical AS canonical, original.*
  FROM decided JOIN project_state AS original ON original.id = decided.key
) AS planned;

-- Let statements be planned for what rekey_journal_project_state holds.
ANALYZE rekey_journal_project_state (run_id, action, id);

-- Plan memories: what happens to each row, with the row as it is.
INSERT INTO rekey_journal_memories
WITH memories_spelled_as AS (
  SELECT DISTINCT memories.project AS spelling FROM memories WHERE memories.project IS NOT NULL
),
memories_spelled_0 AS (
  SELECT memories_spelled_as.spelling AS spelling,
    translate(
      btrim(
        memories_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM memories_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
),
memories_spelled AS MATERIALIZED (
  SELECT memories_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM memories_spelled_0 JOIN registered ON registered.key = memories_spelled_0.key
),
tagged AS (
  SELECT memories.id AS key,
    memories_spelled.canonical AS canonical,
    memories.memory_type AS agree_0,
    memories.content AS agree_1,
    memories.status AS agree_2,
    CASE
      WHEN (memories_spelled.canonical != memories_spelled.spelling) THEN 1 ELSE 0
    END AS rekeyed,
    memories.updated_at AS moment
  FROM memories JOIN memories_spelled ON memories_spelled.spelling = memories.project
),
ranked AS (
  SELECT tagged.key AS key,
    tagged.canonical AS canonical,
    tagged.rekeyed AS rekeyed,
    row_number() OVER (
      PARTITION BY tagged.canonical, tagged.agree_0, tagged.agree_1, tagged.agree_2
      ORDER BY tagged.moment DESC NULLS LAST,
        tagged.rekeyed,
        tagged.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS place,
    sum(tagged.rekeyed) OVER (
      PARTITION BY tagged.canonical, tagged.agree_0, tagged.agree_1, tagged.agree_2
      ORDER BY tagged.moment DESC NULLS LAST,
        tagged.rekeyed,
        tagged.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS rekeyed_so_far,
    first_value(tagged.key) OVER (
      PARTITION BY tagged.canonical, tagged.agree_0, tagged.agree_1, tagged.agree_2
      ORDER BY tagged.moment DESC NULLS LAST,
        tagged.rekeyed,
        tagged.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS won,
    first_value(tagged.rekeyed) OVER (
      PARTITION BY tagged.canonical, tagged.agree_0, tagged.agree_1, tagged.agree_2
      ORDER BY tagged.moment DESC NULLS LAST,
        tagged.rekeyed,
        tagged.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS won_by_rekeyed
  FROM tagged
),
judged AS (
  SELECT CASE WHEN (facts."of" = 'row') THEN ranked.key ELSE ranked.won END AS key,
    ranked.canonical AS canonical,
    CASE WHEN (facts."of" = 'row') THEN ranked.rekeyed ELSE 0 END AS rekeyed,
    CASE
      WHEN (facts."of" = 'row') THEN CASE WHEN (ranked.place = 1) THEN 1 ELSE 0 END ELSE 1
    END AS first,
    ranked.won_by_rekeyed AS won_by_rekeyed
  FROM ranked
    JOIN (SELECT 'row' AS "of" UNION ALL SELECT 'survivor' AS anon_2) AS facts
    ON facts."of" = 'row'
    OR ranked.won_by_rekeyed = 0
    AND ranked.rekeyed = 1
    AND ranked.rekeyed_so_far = 1
  WHERE ranked.rekeyed > 0 OR ranked.won_by_rekeyed > 0
),
decided AS (
  SELECT judged.key AS key,
    CASE
      WHEN (judged.first = 1 AND judged.rekeyed = 1) THEN 'rekey'
      WHEN (judged.first = 1 AND judged.rekeyed = 0) THEN 'keep'
      WHEN (judged.first = 0 AND judged.won_by_rekeyed = 1) THEN 'supersede'
      WHEN (judged.first = 0 AND judged.won_by_rekeyed = 0 AND judged.rekeyed = 1) THEN 'supersede'
      ELSE NULL
    END AS action,
    judged.canonical AS canonical
  FROM judged
)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1, planned.*
FROM (
  SELECT decided.action AS action, decided.canonical AS canonical, original.*
  FROM decided JOIN memories AS original ON original.id = decided.key
) AS planned;

-- Let statements be planned for what rekey_journal_memories holds.
ANALYZE rekey_journal_memories (run_id, action, id);

-- Plan interactions: what happens to each row, with the row as it is.
INSERT INTO rekey_journal_interactions
WITH interactions_spelled_as AS (
  SELECT DISTINCT interactions.project AS spelling
  FROM interactions
  WHERE interactions.project IS NOT NULL
),
interactions_spelled_0 AS (
  SELECT interactions_spelled_as.spelling AS spelling,
    translate(
      btrim(
        interactions_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM interactions_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
),
interactions_spelled AS MATERIALIZED (
  SELECT interactions_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM interactions_spelled_0 JOIN registered ON registered.key = interactions_spelled_0.key
),
decided AS (
  SELECT interactions.id AS key, 'rekey' AS action, interactions_spelled.canonical AS canonical
  FROM interactions
    JOIN interactions_spelled ON interactions_spelled.spelling = interactions.project
  WHERE interactions_spelled.canonical != interactions_spelled.spelling
)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1, planned.*
FROM (
  SELECT decided.action AS action, decided.canonical AS canonical, original.*
  FROM decided JOIN interactions AS original ON original.id = decided.key
) AS planned;

-- Let statements be planned for what rekey_journal_interactions holds.
ANALYZE rekey_journal_interactions (run_id, action, id);

-- Count the rows of each action in the journals, once for all that follows.
CREATE TEMPORARY TABLE rekey_tally AS
SELECT noted.part, noted.action, noted.rows
FROM (
  SELECT 'project' AS part, planned.action AS action, count(*) AS rows
  FROM (
    SELECT rekey_journal_projects.action AS action,
      rekey_journal_projects.canonical AS canonical,
      rekey_journal_projects.id AS id,
      rekey_journal_projects.name AS name,
      rekey_journal_projects.description AS description,
      rekey_journal_projects.created_at AS created_at,
      rekey_journal_projects.updated_at AS updated_at
    FROM rekey_journal_projects
    WHERE rekey_journal_projects.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  ) AS planned
  GROUP BY planned.action
  UNION ALL SELECT 'state' AS part, planned.action AS action, count(*) AS rows
  FROM (
    SELECT rekey_journal_project_state.action AS action,
      rekey_journal_project_state.canonical AS canonical,
      rekey_journal_project_state.id AS id,
      rekey_journal_project_state.project_id AS project_id,
      rekey_journal_project_state.category AS category,
      rekey_journal_project_state.key AS key,
      rekey_journal_project_state.value AS value,
      rekey_journal_project_state.source AS source,
      rekey_journal_project_state.confidence AS confidence,
      rekey_journal_project_state.status AS status,
      rekey_journal_project_state.created_at AS created_at,
      rekey_journal_project_state.updated_at AS updated_at
    FROM rekey_journal_project_state
    WHERE rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  ) AS planned
  GROUP BY planned.action
  UNION ALL SELECT 'memory' AS part, planned.action AS action, count(*) AS rows
  FROM (
    SELECT rekey_journal_memories.action AS action,
      rekey_journal_memories.canonical AS canonical,
      rekey_journal_memories.id AS id,
      rekey_journal_memories.memory_type AS memory_type,
      rekey_journal_memories.content AS content,
      rekey_journal_memories.project AS project,
      rekey_journal_memories.confidence AS confidence,
      rekey_journal_memories.status AS status,
      rekey_journal_memories.created_at AS created_at,
      rekey_journal_memories.updated_at AS updated_at
    FROM rekey_journal_memories
    WHERE rekey_journal_memories.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  ) AS planned
  GROUP BY planned.action
  UNION ALL SELECT 'interaction' AS part, planned.action AS action, count(*) AS rows
  FROM (
    SELECT rekey_journal_interactions.action AS action,
      rekey_journal_interactions.canonical AS canonical,
      rekey_journal_interactions.id AS id,
      rekey_journal_interactions.prompt AS prompt,
      rekey_journal_interactions.response AS response,
      rekey_journal_interactions.client AS client,
      rekey_journal_interactions.session_id AS session_id,
      rekey_journal_interactions.project AS project,
      rekey_journal_interactions.created_at AS created_at
    FROM rekey_journal_interactions
    WHERE rekey_journal_interactions.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  ) AS planned
  GROUP BY planned.action
) AS noted;

-- Count what the plan names.
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'plan' AS anon_2,
  counted.name,
  counted.value
FROM (
  SELECT tally.name AS name, tally.value AS value
  FROM (
    SELECT 'shadow_projects' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_1
          FROM rekey_tally
          WHERE rekey_tally.part = 'project' AND rekey_tally.action IN ('delete')
        ) AS BIGINT
      ) AS value
    UNION ALL SELECT 'canonical_rows_renamed' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_2
          FROM rekey_tally
          WHERE rekey_tally.part = 'project' AND rekey_tally.action IN ('rename')
        ) AS BIGINT
      ) AS value
    UNION ALL SELECT 'state_rekey_rows' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_3
          FROM rekey_tally
          WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('rekey', 'merge')
        ) AS BIGINT
      ) AS value
    UNION ALL SELECT 'state_historical_drops' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_4
          FROM rekey_tally
          WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('drop')
        ) AS BIGINT
      ) AS value
    UNION ALL SELECT 'state_rows_revived' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_5
          FROM rekey_tally
          WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('revive')
        ) AS BIGINT
      ) AS value
    UNION ALL SELECT 'state_collisions' AS name,
      (
        SELECT count(*) AS count_1
        FROM (
          SELECT DISTINCT planned.canonical AS canonical,
            planned.category AS category,
            planned.key AS key
          FROM (
            SELECT rekey_journal_project_state.action AS action,
              rekey_journal_project_state.canonical AS canonical,
              rekey_journal_project_state.id AS id,
              rekey_journal_project_state.project_id AS project_id,
              rekey_journal_project_state.category AS category,
              rekey_journal_project_state.key AS key,
              rekey_journal_project_state.value AS value,
              rekey_journal_project_state.source AS source,
              rekey_journal_project_state.confidence AS confidence,
              rekey_journal_project_state.status AS status,
              rekey_journal_project_state.created_at AS created_at,
              rekey_journal_project_state.updated_at AS updated_at
            FROM rekey_journal_project_state
            WHERE rekey_journal_project_state.run_id = (
              SELECT max(rekey_run.id) AS max_2 FROM rekey_run
            )
          ) AS planned
          WHERE planned.action = 'collision'
        ) AS collided
      ) AS value
    UNION ALL SELECT 'memory_rekey_rows' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_6
          FROM rekey_tally
          WHERE rekey_tally.part = 'memory' AND rekey_tally.action IN ('rekey')
        ) AS BIGINT
      ) AS value
    UNION ALL SELECT 'memory_supersede_rows' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_7
          FROM rekey_tally
          WHERE rekey_tally.part = 'memory' AND rekey_tally.action IN ('supersede')
        ) AS BIGINT
      ) AS value
    UNION ALL SELECT 'interaction_rekey_rows' AS name,
      CAST(
        (
          SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_8
          FROM rekey_tally
          WHERE rekey_tally.part = 'interaction' AND rekey_tally.action IN ('rekey')
        ) AS BIGINT
      ) AS value
  ) AS tally
) AS counted;

-- Guard rekey_two_canonical_rows_project: each canonical name is carried by one row at most.
-- If the script stops here: move what hangs on the wrong row to the right one by hand and delete the
--   wrong one, then run the upgrade again.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_two_canonical_rows_project CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH projects_spelled_as AS (
  SELECT DISTINCT projects.name AS spelling FROM projects WHERE projects.name IS NOT NULL
),
projects_spelled_0 AS (
  SELECT projects_spelled_as.spelling AS spelling,
    translate(
      btrim(
        projects_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM projects_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
),
projects_spelled AS MATERIALIZED (
  SELECT projects_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM projects_spelled_0 JOIN registered ON registered.key = projects_spelled_0.key
),
canonical_row AS (
  SELECT projects.id AS key, projects.name AS name, projects_spelled.canonical AS canonical
  FROM projects JOIN projects_spelled ON projects_spelled.spelling = projects.name
  WHERE projects_spelled.alias = projects_spelled.canonical
)
SELECT count(*) AS count_1
FROM (
  SELECT 'projects' AS "table",
    canonical_row.canonical AS canonical,
    canonical_row.key AS key,
    canonical_row.name AS name
  FROM canonical_row
  WHERE canonical_row.canonical IN (
    SELECT canonical_row.canonical
    FROM canonical_row
    GROUP BY canonical_row.canonical
    HAVING count(*) > 1
  )
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_collision_state: no slot has two active rows with different values.
-- If the script stops here: decide which value is right: give the other row another status
--   ('superseded', say), or answer with -x resolutions=FILE (alembic-rekey plan --write-resolutions
--   FILE writes the form); then run the upgrade again.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_collision_state CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
SELECT count(*) AS count_1
FROM (
  SELECT 'project_state' AS "table",
    planned.canonical AS canonical,
    'category=' || coalesce(
      CAST(planned.category AS VARCHAR), 'NULL'
    ) || ', key=' || coalesce(CAST(planned.key AS VARCHAR), 'NULL') AS slot,
    planned.id AS key,
    projects.name AS written_under,
    planned.value AS value
  FROM (
    SELECT rekey_journal_project_state.action AS action,
      rekey_journal_project_state.canonical AS canonical,
      rekey_journal_project_state.id AS id,
      rekey_journal_project_state.project_id AS project_id,
      rekey_journal_project_state.category AS category,
      rekey_journal_project_state.key AS key,
      rekey_journal_project_state.value AS value,
      rekey_journal_project_state.source AS source,
      rekey_journal_project_state.confidence AS confidence,
      rekey_journal_project_state.status AS status,
      rekey_journal_project_state.created_at AS created_at,
      rekey_journal_project_state.updated_at AS updated_at
    FROM rekey_journal_project_state
    WHERE rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  ) AS planned
    JOIN projects ON projects.id = planned.project_id
  WHERE planned.action = 'collision' AND planned.status = 'active'
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_crowded_slot_state: no identity has two rows in one slot.
-- If the script stops here: the table should allow one row per identity and slot: remove what is
--   surplus, then run the upgrade again.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_crowded_slot_state CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
SELECT count(*) AS count_1
FROM (
  SELECT 'project_state' AS "table",
    planned.canonical AS canonical,
    planned.project_id AS owner,
    'category=' || coalesce(
      CAST(planned.category AS VARCHAR), 'NULL'
    ) || ', key=' || coalesce(CAST(planned.key AS VARCHAR), 'NULL') AS slot,
    count(*) AS rows
  FROM (
    SELECT rekey_journal_project_state.action AS action,
      rekey_journal_project_state.canonical AS canonical,
      rekey_journal_project_state.id AS id,
      rekey_journal_project_state.project_id AS project_id,
      rekey_journal_project_state.category AS category,
      rekey_journal_project_state.key AS key,
      rekey_journal_project_state.value AS value,
      rekey_journal_project_state.source AS source,
      rekey_journal_project_state.confidence AS confidence,
      rekey_journal_project_state.status AS status,
      rekey_journal_project_state.created_at AS created_at,
      rekey_journal_project_state.updated_at AS updated_at
    FROM rekey_journal_project_state
    WHERE rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  ) AS planned
  GROUP BY planned.canonical, planned.project_id, planned.category, planned.key
  HAVING count(*) > 1
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_unfilled_column_project: every column that a created row needs gets a value.
-- If the script stops here: give the column a value in the spec, Identity(created={...}), or a default
--   in the database.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_unfilled_column_project CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
SELECT count(*) AS count_1
FROM (
  SELECT 'projects' AS "table", needed.name AS "column"
  FROM (
    SELECT CAST(attribute.attname AS TEXT) AS name
    FROM pg_catalog.pg_attribute AS attribute
    WHERE attribute.attrelid = to_regclass('"projects"')
      AND attribute.attnum > 0
      AND NOT attribute.attisdropped
      AND attribute.attnotnull
      AND NOT (attribute.atthasdef OR CAST(attribute.attidentity AS TEXT) != '')
  ) AS needed
  WHERE (needed.name NOT IN ('name', 'description', 'created_at', 'updated_at', 'id'))
    AND (
      EXISTS (
        SELECT 1 AS anon_1
        FROM (
          SELECT rekey_journal_projects.action AS action,
            rekey_journal_projects.canonical AS canonical,
            rekey_journal_projects.id AS id,
            rekey_journal_projects.name AS name,
            rekey_journal_projects.description AS description,
            rekey_journal_projects.created_at AS created_at,
            rekey_journal_projects.updated_at AS updated_at
          FROM rekey_journal_projects
          WHERE rekey_journal_projects.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
        ) AS planned
        WHERE planned.action = 'create'
      )
    )
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_attached_project: no row outside the plan hangs on a row that the plan deletes or
--   renames.
-- If the script stops here: move these rows to the canonical by hand, or cover their table in the spec
--   of a new revision.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_attached_project CHECK (offending = 0)
);

-- Ask the catalog which tables could, and count their rows.
DO $rekey$
DECLARE
  found record;
  attached bigint;
  total bigint := 0;
BEGIN
  FOR found IN
    SELECT fk.conrelid::regclass AS child, fields.targets, fields.condition, (
        false
        OR (fk.conrelid = to_regclass('project_state') AND fields.names = ARRAY['project_id']::name[])
        OR (fk.conrelid = to_regclass('memories') AND fields.names = ARRAY['project']::name[])
        OR (fk.conrelid = to_regclass('interactions') AND fields.names = ARRAY['project']::name[])
      ) AS covered
    FROM pg_catalog.pg_constraint AS fk
    CROSS JOIN LATERAL (
      SELECT array_agg(source.attname ORDER BY pair.place) AS names,
             array_agg(target.attname) AS targets,
             string_agg(format('child.%I = parent.%I', source.attname, target.attname), ' AND ') AS condition
      FROM unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS pair(field, target, place)
      JOIN pg_catalog.pg_attribute AS source ON source.attrelid = fk.conrelid AND source.attnum = pair.field
      JOIN pg_catalog.pg_attribute AS target ON target.attrelid = fk.confrelid AND target.attnum = pair.target
    ) AS fields
    WHERE fk.contype = 'f' AND fk.conparentid = 0 AND fk.confrelid = 'projects'::regclass
  LOOP
    EXECUTE format(
      'SELECT count(*) FROM %s AS child JOIN %s AS parent ON %s JOIN %I AS gone ON gone.%I = parent.%I '
      'WHERE gone.run_id = (SELECT max(id) FROM rekey_run) AND gone.action = ANY ($1)',
      found.child, 'projects'::regclass, found.condition, 'rekey_journal_projects', 'id', 'id')
    INTO attached
    USING CASE WHEN found.covered THEN ARRAY[]::text[] ELSE ARRAY['delete', 'merge', 'replace', 'drop'] END
      || CASE WHEN 'name' = ANY (found.targets) THEN ARRAY['rename'] ELSE ARRAY[]::text[] END;
    total := total + attached;
  END LOOP;
  INSERT INTO rekey_guard (offending) VALUES (total);
END
$rekey$;

-- None did.
DROP TABLE rekey_guard;

-- Guard rekey_attached_state: no row outside the plan hangs on a row that the plan deletes or renames.
-- If the script stops here: move these rows to the canonical by hand, or cover their table in the spec
--   of a new revision.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_attached_state CHECK (offending = 0)
);

-- Ask the catalog which tables could, and count their rows.
DO $rekey$
DECLARE
  found record;
  attached bigint;
  total bigint := 0;
BEGIN
  FOR found IN
    SELECT fk.conrelid::regclass AS child, fields.targets, fields.condition, (
        false
      ) AS covered
    FROM pg_catalog.pg_constraint AS fk
    CROSS JOIN LATERAL (
      SELECT array_agg(source.attname ORDER BY pair.place) AS names,
             array_agg(target.attname) AS targets,
             string_agg(format('child.%I = parent.%I', source.attname, target.attname), ' AND ') AS condition
      FROM unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS pair(field, target, place)
      JOIN pg_catalog.pg_attribute AS source ON source.attrelid = fk.conrelid AND source.attnum = pair.field
      JOIN pg_catalog.pg_attribute AS target ON target.attrelid = fk.confrelid AND target.attnum = pair.target
    ) AS fields
    WHERE fk.contype = 'f' AND fk.conparentid = 0 AND fk.confrelid = 'project_state'::regclass
  LOOP
    EXECUTE format(
      'SELECT count(*) FROM %s AS child JOIN %s AS parent ON %s JOIN %I AS gone ON gone.%I = parent.%I '
      'WHERE gone.run_id = (SELECT max(id) FROM rekey_run) AND gone.action = ANY ($1)',
      found.child, 'project_state'::regclass, found.condition, 'rekey_journal_project_state', 'id', 'id')
    INTO attached
    USING CASE WHEN found.covered THEN ARRAY[]::text[] ELSE ARRAY['delete', 'merge', 'replace', 'drop'] END
      || CASE WHEN false THEN ARRAY['rename'] ELSE ARRAY[]::text[] END;
    total := total + attached;
  END LOOP;
  INSERT INTO rekey_guard (offending) VALUES (total);
END
$rekey$;

-- None did.
DROP TABLE rekey_guard;

-- Note how many rows each table holds, to compare with after the changes.
CREATE TEMPORARY TABLE rekey_rows_before AS
SELECT noted.part, noted.rows
FROM (
  SELECT 'project' AS part, count(*) AS rows FROM projects
  UNION ALL SELECT 'state' AS part, count(*) AS rows FROM project_state
  UNION ALL SELECT 'memory' AS part, count(*) AS rows FROM memories
  UNION ALL SELECT 'interaction' AS part, count(*) AS rows FROM interactions
) AS noted;

-- Create the canonical rows that are missing.
WITH changed AS (
  INSERT INTO projects (id, name, description, created_at, updated_at)
  SELECT named.identity AS id,
    rekey_journal_projects.canonical AS name,
    'created by legacy alias migration' AS description,
    (
      SELECT rekey_run.started_at
      FROM rekey_run
      WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
    ) AS created_at,
    (
      SELECT rekey_run.started_at
      FROM rekey_run
      WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_3 FROM rekey_run)
    ) AS updated_at
  FROM rekey_journal_projects
    JOIN (
      SELECT DISTINCT rekey_alias.run_id AS run_id,
        rekey_alias.canonical AS canonical,
        rekey_alias.identity AS identity
      FROM rekey_alias
    ) AS named
    ON named.run_id = rekey_journal_projects.run_id
    AND named.canonical = rekey_journal_projects.canonical
  WHERE rekey_journal_projects.run_id = (SELECT max(rekey_run.id) AS max_4 FROM rekey_run)
    AND rekey_journal_projects.action IN ('create') RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'canonical_rows_created' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Keep them as they were made: a downgrade takes away only what nobody edited.
INSERT INTO rekey_created_projects
SELECT rekey_journal_projects.run_id,
  rekey_journal_projects.action,
  rekey_journal_projects.canonical,
  original.*
FROM rekey_journal_projects
  JOIN projects AS original ON original.name = rekey_journal_projects.canonical
WHERE rekey_journal_projects.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  AND rekey_journal_projects.action IN ('create');

-- Spell misspelt canonical rows as they are registered.
WITH changed AS (
  UPDATE projects
  SET name=rekey_journal_projects.canonical,
    updated_at=(
      SELECT rekey_run.started_at
      FROM rekey_run
      WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
    )
  FROM rekey_journal_projects
  WHERE projects.id = rekey_journal_projects.id
    AND rekey_journal_projects.run_id = (SELECT max(rekey_run.id) AS max_3 FROM rekey_run)
    AND rekey_journal_projects.action IN ('rename') RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'canonical_rows_renamed' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Delete the inactive canonical rows that an active shadow row displaces.
WITH changed AS (
  DELETE FROM project_state
  WHERE project_state.id IN (
    SELECT rekey_journal_project_state.id
    FROM rekey_journal_project_state
    WHERE rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
      AND rekey_journal_project_state.action IN ('replace')
  ) RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'state_rows_replaced_inactive_canonical' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Delete the shadow rows that say the same as the survivor of their slot.
WITH changed AS (
  DELETE FROM project_state
  WHERE project_state.id IN (
    SELECT rekey_journal_project_state.id
    FROM rekey_journal_project_state
    WHERE rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
      AND rekey_journal_project_state.action IN ('merge')
  ) RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'state_rows_merged_as_duplicate' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Delete the historical drops: rows that say otherwise than the survivor of their slot.
WITH changed AS (
  DELETE FROM project_state
  WHERE project_state.id IN (
    SELECT rekey_journal_project_state.id
    FROM rekey_journal_project_state
    WHERE rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
      AND rekey_journal_project_state.action IN ('drop')
  ) RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'state_rows_historical_dropped' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Make the canonical rows active again that say what the active shadow row said.
WITH changed AS (
  UPDATE project_state
  SET status='active',
    updated_at=(
      SELECT rekey_run.started_at
      FROM rekey_run
      WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
    )
  FROM rekey_journal_project_state
  WHERE project_state.id = rekey_journal_project_state.id
    AND rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_3 FROM rekey_run)
    AND rekey_journal_project_state.action IN ('revive') RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'state_rows_revived' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Hang the surviving shadow rows on their canonical.
WITH changed AS (
  UPDATE project_state
  SET project_id=(
    SELECT projects.id FROM projects WHERE projects.name = rekey_journal_project_state.canonical
  ),
    updated_at=(
      SELECT rekey_run.started_at
      FROM rekey_run
      WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
    )
  FROM rekey_journal_project_state
  WHERE project_state.id = rekey_journal_project_state.id
    AND rekey_journal_project_state.run_id = (SELECT max(rekey_run.id) AS max_3 FROM rekey_run)
    AND rekey_journal_project_state.action IN ('rekey') RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'state_rows_rekeyed' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Write the rows of memories under their canonical name.
WITH changed AS (
  UPDATE memories
  SET project=rekey_journal_memories.canonical,
    updated_at=(
      SELECT rekey_run.started_at
      FROM rekey_run
      WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
    )
  FROM rekey_journal_memories
  WHERE memories.id = rekey_journal_memories.id
    AND rekey_journal_memories.run_id = (SELECT max(rekey_run.id) AS max_3 FROM rekey_run)
    AND rekey_journal_memories.action IN ('rekey') RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'memory_rows_rekeyed' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Supersede the duplicates in memories, under their canonical name too.
WITH changed AS (
  UPDATE memories
  SET project=rekey_journal_memories.canonical,
    status='superseded',
    updated_at=(
      SELECT rekey_run.started_at
      FROM rekey_run
      WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
    )
  FROM rekey_journal_memories
  WHERE memories.id = rekey_journal_memories.id
    AND rekey_journal_memories.run_id = (SELECT max(rekey_run.id) AS max_3 FROM rekey_run)
    AND rekey_journal_memories.action IN ('supersede') RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'memory_rows_superseded' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Write the rows of interactions under their canonical name.
WITH changed AS (
  UPDATE interactions
  SET project=rekey_journal_interactions.canonical
  FROM rekey_journal_interactions
  WHERE interactions.id = rekey_journal_interactions.id
    AND rekey_journal_interactions.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
    AND rekey_journal_interactions.action IN ('rekey') RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'interaction_rows_rekeyed' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Delete the shadows; everything that hung on them has moved.
WITH changed AS (
  DELETE FROM projects
  WHERE projects.id IN (
    SELECT rekey_journal_projects.id
    FROM rekey_journal_projects
    WHERE rekey_journal_projects.run_id = (SELECT max(rekey_run.id) AS max_2 FROM rekey_run)
      AND rekey_journal_projects.action IN ('delete')
  ) RETURNING 1 AS changed
)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(rekey_run.id) AS max_1 FROM rekey_run) AS anon_1,
  'apply' AS anon_2,
  'shadow_projects_deleted' AS anon_3,
  count(*) AS count_1
FROM changed;

-- Guard rekey_rows_lost: rows before = rows after + rows deleted by the journal - rows created.
-- If the script stops here: something else changed the table in this transaction (a trigger, a rule, a
--   cascade): find it, then run the upgrade again.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_rows_lost CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH row_balance AS (
  SELECT 'projects' AS "table",
    (
      SELECT rekey_rows_before.rows FROM rekey_rows_before WHERE rekey_rows_before.part = 'project'
    ) AS before,
    (SELECT count(*) AS count_2 FROM projects) AS after,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_1
        FROM rekey_tally
        WHERE rekey_tally.part = 'project'
          AND rekey_tally.action IN ('delete', 'merge', 'replace', 'drop')
      ) AS BIGINT
    ) AS deleted,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_2
        FROM rekey_tally
        WHERE rekey_tally.part = 'project' AND rekey_tally.action IN ('create')
      ) AS BIGINT
    ) AS created
  UNION ALL SELECT 'project_state' AS "table",
    (
      SELECT rekey_rows_before.rows FROM rekey_rows_before WHERE rekey_rows_before.part = 'state'
    ) AS before,
    (SELECT count(*) AS count_3 FROM project_state) AS after,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_3
        FROM rekey_tally
        WHERE rekey_tally.part = 'state'
          AND rekey_tally.action IN ('delete', 'merge', 'replace', 'drop')
      ) AS BIGINT
    ) AS deleted,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_4
        FROM rekey_tally
        WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('create')
      ) AS BIGINT
    ) AS created
  UNION ALL SELECT 'memories' AS "table",
    (
      SELECT rekey_rows_before.rows FROM rekey_rows_before WHERE rekey_rows_before.part = 'memory'
    ) AS before,
    (SELECT count(*) AS count_4 FROM memories) AS after,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_5
        FROM rekey_tally
        WHERE rekey_tally.part = 'memory'
          AND rekey_tally.action IN ('delete', 'merge', 'replace', 'drop')
      ) AS BIGINT
    ) AS deleted,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_6
        FROM rekey_tally
        WHERE rekey_tally.part = 'memory' AND rekey_tally.action IN ('create')
      ) AS BIGINT
    ) AS created
  UNION ALL SELECT 'interactions' AS "table",
    (
      SELECT rekey_rows_before.rows
      FROM rekey_rows_before
      WHERE rekey_rows_before.part = 'interaction'
    ) AS before,
    (SELECT count(*) AS count_5 FROM interactions) AS after,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_7
        FROM rekey_tally
        WHERE rekey_tally.part = 'interaction'
          AND rekey_tally.action IN ('delete', 'merge', 'replace', 'drop')
      ) AS BIGINT
    ) AS deleted,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_8
        FROM rekey_tally
        WHERE rekey_tally.part = 'interaction' AND rekey_tally.action IN ('create')
      ) AS BIGINT
    ) AS created
)
SELECT count(*) AS count_1
FROM (
  SELECT row_balance."table" AS "table",
    row_balance.before AS before,
    row_balance.after AS after,
    row_balance.deleted AS deleted,
    row_balance.created AS created
  FROM row_balance
  WHERE row_balance.after != (row_balance.before - row_balance.deleted) + row_balance.created
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_count_differs: each statement changed as many rows as the journal names.
-- If the script stops here: look for triggers or rules that skip or add rows, and for keys that are
--   NULL or not unique, then run the upgrade again.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_count_differs CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH expected AS (
  SELECT 'canonical_rows_created' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_1
        FROM rekey_tally
        WHERE rekey_tally.part = 'project' AND rekey_tally.action IN ('create')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'canonical_rows_renamed' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_2
        FROM rekey_tally
        WHERE rekey_tally.part = 'project' AND rekey_tally.action IN ('rename')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'shadow_projects_deleted' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_3
        FROM rekey_tally
        WHERE rekey_tally.part = 'project' AND rekey_tally.action IN ('delete')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'state_rows_replaced_inactive_canonical' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_4
        FROM rekey_tally
        WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('replace')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'state_rows_merged_as_duplicate' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_5
        FROM rekey_tally
        WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('merge')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'state_rows_historical_dropped' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_6
        FROM rekey_tally
        WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('drop')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'state_rows_revived' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_7
        FROM rekey_tally
        WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('revive')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'state_rows_rekeyed' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_8
        FROM rekey_tally
        WHERE rekey_tally.part = 'state' AND rekey_tally.action IN ('rekey')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'memory_rows_rekeyed' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_9
        FROM rekey_tally
        WHERE rekey_tally.part = 'memory' AND rekey_tally.action IN ('rekey')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'memory_rows_superseded' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_10
        FROM rekey_tally
        WHERE rekey_tally.part = 'memory' AND rekey_tally.action IN ('supersede')
      ) AS BIGINT
    ) AS journalled
  UNION ALL SELECT 'interaction_rows_rekeyed' AS name,
    CAST(
      (
        SELECT coalesce(sum(rekey_tally.rows), 0) AS coalesce_11
        FROM rekey_tally
        WHERE rekey_tally.part = 'interaction' AND rekey_tally.action IN ('rekey')
      ) AS BIGINT
    ) AS journalled
)
SELECT count(*) AS count_1
FROM (
  SELECT expected.name AS name, expected.journalled AS journalled, rekey_count.value AS reported
  FROM expected
    LEFT OUTER JOIN rekey_count
    ON rekey_count.name = expected.name
    AND rekey_count.phase = 'apply'
    AND rekey_count.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
  WHERE rekey_count.value IS DISTINCT
  FROM expected.journalled
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_shadow_left_project: no shadow and no misspelt canonical is left.
-- If the script stops here: look for triggers that write the old name back, and for rows whose key is
--   NULL.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_shadow_left_project CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH projects_spelled_as AS (
  SELECT DISTINCT projects.name AS spelling FROM projects WHERE projects.name IS NOT NULL
),
projects_spelled_0 AS (
  SELECT projects_spelled_as.spelling AS spelling,
    translate(
      btrim(
        projects_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM projects_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
),
projects_spelled AS MATERIALIZED (
  SELECT projects_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM projects_spelled_0 JOIN registered ON registered.key = projects_spelled_0.key
)
SELECT count(*) AS count_1
FROM (
  SELECT 'projects' AS "table",
    projects_spelled.spelling AS spelling,
    projects_spelled.canonical AS canonical
  FROM projects_spelled
  WHERE projects_spelled.canonical != projects_spelled.spelling
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_alias_left_memory: no row is keyed by an alias any more.
-- If the script stops here: look for triggers that write the old name back, and for rows whose key is
--   NULL.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_alias_left_memory CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH memories_spelled_as AS (
  SELECT DISTINCT memories.project AS spelling FROM memories WHERE memories.project IS NOT NULL
),
memories_spelled_0 AS (
  SELECT memories_spelled_as.spelling AS spelling,
    translate(
      btrim(
        memories_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM memories_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
),
memories_spelled AS MATERIALIZED (
  SELECT memories_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM memories_spelled_0 JOIN registered ON registered.key = memories_spelled_0.key
)
SELECT count(*) AS count_1
FROM (
  SELECT 'memories' AS "table",
    memories_spelled.spelling AS spelling,
    memories_spelled.canonical AS canonical
  FROM memories_spelled
  WHERE memories_spelled.canonical != memories_spelled.spelling
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_alias_left_interaction: no row is keyed by an alias any more.
-- If the script stops here: look for triggers that write the old name back, and for rows whose key is
--   NULL.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_alias_left_interaction CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
WITH interactions_spelled_as AS (
  SELECT DISTINCT interactions.project AS spelling
  FROM interactions
  WHERE interactions.project IS NOT NULL
),
interactions_spelled_0 AS (
  SELECT interactions_spelled_as.spelling AS spelling,
    translate(
      btrim(
        interactions_spelled_as.spelling,
        convert_from(
          decode(
            '090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
            'hex'
          ),
          'UTF8'
        )
      ),
      convert_from(
        decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'),
        'UTF8'
      ),
      convert_from(
        decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8'
      )
    ) AS key
  FROM interactions_spelled_as
),
registered AS (
  SELECT rekey_alias.run_id AS run_id,
    rekey_alias.alias AS alias,
    rekey_alias.canonical AS canonical,
    rekey_alias.key AS key,
    rekey_alias.identity AS identity
  FROM rekey_alias
  WHERE rekey_alias.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
),
interactions_spelled AS MATERIALIZED (
  SELECT interactions_spelled_0.spelling AS spelling,
    registered.alias AS alias,
    registered.canonical AS canonical
  FROM interactions_spelled_0 JOIN registered ON registered.key = interactions_spelled_0.key
)
SELECT count(*) AS count_1
FROM (
  SELECT 'interactions' AS "table",
    interactions_spelled.spelling AS spelling,
    interactions_spelled.canonical AS canonical
  FROM interactions_spelled
  WHERE interactions_spelled.canonical != interactions_spelled.spelling
) AS offending;
DROP TABLE rekey_guard;

-- Guard rekey_owner_lost_state: no row hangs on a shadow that was deleted.
-- If the script stops here: look for rows whose key is NULL or not unique, and for triggers.
CREATE TEMPORARY TABLE rekey_guard (
  offending BIGINT CONSTRAINT rekey_owner_lost_state CHECK (offending = 0)
);
INSERT INTO rekey_guard (offending)
SELECT count(*) AS count_1
FROM (
  SELECT 'project_state' AS "table", project_state.id AS key, project_state.project_id AS owner
  FROM project_state
  WHERE project_state.project_id IN (
    SELECT planned.id
    FROM (
      SELECT rekey_journal_projects.action AS action,
        rekey_journal_projects.canonical AS canonical,
        rekey_journal_projects.id AS id,
        rekey_journal_projects.name AS name,
        rekey_journal_projects.description AS description,
        rekey_journal_projects.created_at AS created_at,
        rekey_journal_projects.updated_at AS updated_at
      FROM rekey_journal_projects
      WHERE rekey_journal_projects.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
    ) AS planned
    WHERE planned.action = 'delete'
  )
) AS offending;
DROP TABLE rekey_guard;

-- Drop what was noted.
DROP TABLE rekey_rows_before;

-- Record how the run ended.
UPDATE rekey_run
SET outcome=CASE
  WHEN (
    EXISTS (SELECT 1 AS anon_1 FROM rekey_tally WHERE rekey_tally.action != 'keep')
  ) THEN 'applied'
  ELSE 'empty'
END,
  finished_at=clock_timestamp()
WHERE rekey_run.id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run);

-- Drop what was counted.
DROP TABLE rekey_tally;

-- Record the revision that the database has now.
UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

-- All of it, or nothing.
COMMIT;

-- Show what was planned and done.
SELECT rekey_count.phase, rekey_count.name, rekey_count.value
FROM rekey_count
WHERE rekey_count.run_id = (SELECT max(rekey_run.id) AS max_1 FROM rekey_run)
ORDER BY CASE WHEN (rekey_count.phase = 'plan') THEN 0 ELSE 1 END, rekey_count.name;
