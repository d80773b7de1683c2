-- Migration of a PostgreSQL database from revision 0002 to 0003, written by alembic --sql.
--
-- Revision 0003 folds every row that was written under an alias into its canonical name.
--   registry: registry.json
--   SHA-256:  697b4af37fabfb7df3b7622d345f7078731aa5b70760174b504378b1f61bb6d0
--   names:    2 canonical, 4 aliases
--
-- Run it with: psql -v ON_ERROR_STOP=1 -f FILE DATABASE
-- It is one transaction. At the first guard that finds anything it stops, and nothing was changed.
-- Without ON_ERROR_STOP nothing is applied either where a guard stops it, but the exit status is 0. With
--   ON_ERROR_ROLLBACK on nothing is applied at all: -X leaves ~/.psqlrc away, which may set it.
-- A guard that finds anything says up to twenty of its findings; the shell prints its name and stops, and the comment
--   above it says what to do. More about a guard: alembic-rekey guide NAME.
-- Nothing of the database's rows is written here: only names of the registry, and answers of an operator.
--
-- What changes the application's tables has the mark CHANGES, in these lines:
--   projects: 1024, 1038, 1048, 1084, 1188
--   project_state: 1033, 1130, 1139, 1148, 1168, 1178
--   interactions: 1097
--   memories: 1110, 1120

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

-- Guard rekey_version: the database is at the revision that this script starts from: 0002. If the script stops here:
--   the script ran already, or is for another database: look into alembic_version and make it again.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_version', 'the database is at another revision'
FROM (SELECT alembic_version.version_num FROM alembic_version WHERE (alembic_version.version_num NOT IN ('0002'))
  UNION ALL SELECT '0002' AS version_num
  WHERE NOT
    (EXISTS (SELECT alembic_version.version_num FROM alembic_version WHERE alembic_version.version_num = '0002'))
) AS rekey_other_version;

-- Running upgrade 0002 -> 0003

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

-- Guard rekey_missing_table: the database has every table that the revision declares. If the script stops here: look at
--   the url: is this the database that is meant? If it is, correct the name of the table in the spec (on PostgreSQL
--   also its schema), or make it in a revision before this one.
INSERT INTO rekey_guard (guard, said)
WITH rekey_declared_table("table") AS (VALUES ('projects'), ('project_state'), ('memories'), ('interactions'))
SELECT 'rekey_missing_table', format('the database has no table %s, which the revision declares', "table")
FROM rekey_declared_table WHERE ("table" NOT IN (SELECT "table" FROM rekey_catalog));

-- Keep writers out of the tables until the end; readers go on.
DO $rekey$
DECLARE
  patience CONSTANT bigint := (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'lock_timeout');
  last CONSTANT timestamp with time zone := CASE WHEN patience = 0 THEN 'infinity'
    ELSE clock_timestamp() + patience * interval '1 millisecond' END;
  until timestamp with time zone;
  wanted text;
  pause double precision := 0.05;
BEGIN LOOP
  until := least(clock_timestamp() + interval '250 milliseconds', last);
  BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'projects IN EXCLUSIVE MODE', 'project_state IN EXCLUSIVE MODE', 'memories IN SHARE ROW EXCLUSIVE MODE',
        'interactions IN SHARE ROW EXCLUSIVE MODE'] LOOP
      PERFORM set_config('lock_timeout',
        greatest(1, extract(epoch FROM until - clock_timestamp()) * 1000)::integer::text, true);
      EXECUTE 'LOCK TABLE ' || wanted;
    END LOOP;
    PERFORM set_config('lock_timeout', patience::text, true);
    RETURN;
  EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    IF clock_timestamp() >= last THEN RAISE; END IF;
  END;
  PERFORM pg_sleep_until(least(clock_timestamp() + pause * (0.5 + random()) * interval '1 second', last));
  pause := least(pause * 1.5, 1);
END LOOP; END
$rekey$;

-- Write times in UTC, whatever the session says.
SET LOCAL TIME ZONE 'UTC';

-- What several statements ask for is named once.
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
CREATE TEMPORARY VIEW rekey_named AS SELECT part.*, CAST(to_regclass(part.quoted) AS oid) AS member
FROM rekey_part AS part;
CREATE TEMPORARY VIEW rekey_tree("table", deletable, root, member) AS
WITH RECURSIVE rekey_tree("table", deletable, root, member) AS (SELECT named."table", named.deletable,
    named.member AS root, named.member
  FROM rekey_named AS named
  UNION SELECT tree."table", tree.deletable, tree.root, below.inhrelid
  FROM rekey_tree AS tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member)
SELECT * FROM rekey_tree;

-- Guard rekey_temporary_schema: tables are made in a schema that outlives the session. If the script stops here: name a
--   schema of the database first in search_path: ALTER ROLE \u2026 SET search_path = public, or
--   options=-csearch_path%3Dpublic in the URL.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_temporary_schema',
  format('search_path is %L: what is made would be temporary, and gone with the session', current_setting('search_path')
  )
WHERE coalesce(current_schema(), 'pg_temp_0') ~ '^pg_temp_[0-9]+$';

-- Guard rekey_missing_column: every column that the revision declares is there. If the script stops here: add the
--   column, or correct the declaration in the revision; where a pending revision before it adds the column, upgrade to
--   that one first.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_missing_column',
  format('%s: the revision declares column %L, and the database does not have it', rekey_declared."table",
    rekey_declared.name)
FROM rekey_declared
  LEFT OUTER JOIN rekey_catalog ON rekey_catalog."table" = rekey_declared."table"
    AND rekey_catalog.name = rekey_declared.name
WHERE rekey_catalog.name IS NULL;

-- Guard rekey_reserved_name: no column has the name of one of the journal's own: rekey_run, rekey_action,
--   rekey_canonical. If the script stops here: rename the column for as long as the journal is needed, or leave its
--   table out of the revision.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_reserved_name',
  format('%s: column %L is named like one of the journal''s own; the journal cannot be made', "table", name)
FROM rekey_catalog
WHERE name IN ('rekey_action', 'rekey_canonical', 'rekey_place', 'rekey_run', 'rekey_to_id')
  AND "table" IN ('projects', 'project_state', 'memories', 'interactions');

-- Guard rekey_time_type: every column of times has a type of the kind that the revision declares. If the script stops
--   here: declare the column as what it is: a time as sa.DateTime, a text as sa.Text, a number as sa.BigInteger in
--   Epoch(column, "ms").
INSERT INTO rekey_guard (guard, said)
WITH rekey_time("table", "column", kind, declared) AS (VALUES
    ('projects', 'created_at', 'D', 'a time'), ('projects', 'updated_at', 'D', 'a time'),
    ('project_state', 'updated_at', 'D', 'a time'), ('memories', 'updated_at', 'D', 'a time'))
SELECT 'rekey_time_type', format('%s: the revision declares the time %L as %s, and in the database it is %s',
  rekey_time."table", rekey_time."column", rekey_time.declared, rekey_catalog.plain)
FROM rekey_time
  JOIN rekey_catalog ON rekey_catalog."table" = rekey_time."table" AND rekey_catalog.name = rekey_time."column"
WHERE rekey_catalog.kind != rekey_time.kind;

-- Guard rekey_no_label: a word that the spec writes into a column of an enum is one of its labels. If the script stops
--   here: say one of these in the spec (active, superseded, retire, created); or give the enum the label, ALTER TYPE
--   \u2026 ADD VALUE \u2026, in a transaction before the upgrade's own.
INSERT INTO rekey_guard (guard, said)
WITH rekey_word("table", "column", word) AS (VALUES
    ('projects', 'description', 'created by legacy alias migration'), ('project_state', 'status', 'active'),
    ('memories', 'status', 'superseded'))
SELECT 'rekey_no_label', format('%s: %L is no label of %s, the enum of the column %L; its labels: %s',
  rekey_word."table", rekey_word.word, rekey_catalog.plain, rekey_word."column",
  string_agg(CAST(rekey_label.enumlabel AS TEXT), ', ' ORDER BY rekey_label.enumsortorder))
FROM rekey_word
  JOIN rekey_catalog ON rekey_catalog."table" = rekey_word."table" AND rekey_catalog.name = rekey_word."column"
  JOIN pg_catalog.pg_enum AS rekey_label ON rekey_label.enumtypid = to_regtype(rekey_catalog.plain)
WHERE rekey_catalog.kind = 'E' GROUP BY rekey_word."table", rekey_word."column", rekey_word.word, rekey_catalog.plain
HAVING NOT bool_or(CAST(rekey_label.enumlabel AS TEXT) = rekey_word.word);

-- Guard rekey_reference_type: what refers to a key is of the kind of type that the key is, or a text where the revision
--   says so. If the script stops here: declare both as the database has them, sa.Integer, sa.Uuid or sa.Text: a column
--   of texts may refer to a key that is none. One of another type cannot: give it the type of the key in a revision
--   before.
INSERT INTO rekey_guard (guard, said)
WITH rekey_reference("table", "column", parent, key, kept) AS
  (VALUES ('project_state', 'project_id', 'projects', 'id', ''))
SELECT 'rekey_reference_type',
  format('%s: the column %L is %s, and refers to %L of %s, which is %s; as the revision declares the two they cannot be compared',
    rekey_reference."table", rekey_reference."column", rekey_referring.plain, rekey_reference.key,
    rekey_reference.parent, rekey_referred.plain)
FROM rekey_reference
  JOIN rekey_catalog AS rekey_referring ON rekey_referring."table" = rekey_reference."table"
    AND rekey_referring.name = rekey_reference."column"
  JOIN rekey_catalog AS rekey_referred ON rekey_referred."table" = rekey_reference.parent
    AND rekey_referred.name = rekey_reference.key
WHERE rekey_referring.kind != coalesce(nullif(rekey_reference.kept, ''), rekey_referred.kind);

-- Guard rekey_always_made: the fold writes no column that the database lets nobody write. If the script stops here:
--   name in the spec the column that it is made of, or leave it out; or let it be one that is written: on PostgreSQL
--   ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION, or SET GENERATED BY DEFAULT where it counts; SQLite makes the
--   table anew (op.batch_alter_table).
INSERT INTO rekey_guard (guard, said)
WITH rekey_writes("table", "column") AS (VALUES
    ('projects', 'name'), ('projects', 'updated_at'), ('projects', 'description'), ('projects', 'created_at'),
    ('project_state', 'project_id'), ('project_state', 'updated_at'), ('project_state', 'status'),
    ('memories', 'project'), ('memories', 'updated_at'), ('memories', 'status'), ('interactions', 'project'))
SELECT 'rekey_always_made',
  format('%s: the fold would write column %L, which the database makes itself (GENERATED ALWAYS)', rekey_writes."table",
    rekey_writes."column")
FROM rekey_writes
  JOIN rekey_catalog ON rekey_catalog."table" = rekey_writes."table" AND rekey_catalog.name = rekey_writes."column"
WHERE rekey_catalog.always = 1;

-- Guard rekey_not_a_table: what the revision declares is a table, whose rows are stored where they are read. If the
--   script stops here: name the table behind it in the revision.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_not_a_table',
  format('%s is %s; its rows could be neither journalled nor put back where they are stored', "table", what)
FROM (SELECT part."table",
    CASE known.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table'
      ELSE 'no table' END AS what
  FROM rekey_named AS part JOIN pg_catalog.pg_class AS known ON known.oid = part.member
  WHERE known.relkind NOT IN ('r', 'p')) AS rekey_asked;

-- Guard rekey_not_text: a column of names holds texts. If the script stops here: name the column that holds the name
--   itself in the spec (an identity's number as sa.Integer); a column that refers to a row by its key is an owner.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_not_text',
  format('%s: the column of names %L is of type %s, and names are texts', "table", "column", type)
FROM (SELECT part.noun, part."table", known.attname AS "column", format_type(known.atttypid, known.atttypmod) AS type
  FROM rekey_named AS part
    JOIN pg_catalog.pg_attribute AS known ON known.attrelid = part.member AND known.attname = part.name
      AND known.attnum > 0
    JOIN pg_catalog.pg_type AS type ON type.oid = known.atttypid AND type.typcategory <> 'S') AS rekey_asked
WHERE noun IN ('project', 'memory', 'interaction');

-- Guard rekey_foreign_partition: every row of a table is stored in this database. If the script stops here: take that
--   part out for the upgrade (ALTER TABLE \u2026 DETACH PARTITION \u2026, or NO INHERIT), or turn it into a table of
--   this database.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_foreign_partition',
  format('%s: its part %s is a foreign table; no transaction spans two servers', "table", partition)
FROM (SELECT tree."table", tree.member::regclass::text AS partition
  FROM rekey_tree AS tree JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind = 'f'
  WHERE tree.member <> tree.root) AS rekey_asked;

-- Guard rekey_inherited: no other table inherits from one whose rows may be deleted. If the script stops here: take the
--   heir out for the upgrade (ALTER TABLE \u2026 NO INHERIT \u2026), or name the heir in the revision instead, if the
--   rows are there.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_inherited',
  format('%s: %s inherits from it; what is deleted there could not be put back there', "table", heir)
FROM (SELECT DISTINCT tree."table", tree.member::regclass::text AS heir
  FROM rekey_tree AS tree JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND NOT known.relispartition
  WHERE tree.member <> tree.root AND known.relkind <> 'f' AND tree.deletable <> '') AS rekey_asked;

-- Guard rekey_rewritten: no rule of the database rewrites what is written to the tables. If the script stops here:
--   disable the rule for the upgrade (ALTER TABLE \u2026 DISABLE RULE \u2026), and enable it after.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_rewritten',
  format('%s: the rule %L rewrites what is written to it, so other rows would change than planned', "table", rule)
FROM (SELECT tree.member::regclass::text AS "table", rule.rulename AS rule
  FROM rekey_tree AS tree JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind IN ('r', 'p')
    JOIN pg_catalog.pg_rewrite AS rule ON rule.ev_class = tree.member AND rule.ev_type <> '1' AND rule.ev_enabled <> 'D'
) AS rekey_asked;

-- Guard rekey_row_security: row security hides no row of the tables, nor of those that refer to them, from this
--   account. If the script stops here: run it with an account that row security does not bind: a superuser, one that
--   was made with BYPASSRLS, or the owner of the table after ALTER TABLE \u2026 NO FORCE ROW LEVEL SECURITY.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_row_security',
  format('%s: row security hides rows from the account %L, and what it hides is not planned', "table", account)
FROM (SELECT seen.member::regclass::text AS "table", current_user::text AS account
  FROM (SELECT root AS member FROM rekey_tree
    UNION SELECT fk.conrelid
    FROM rekey_tree AS tree JOIN pg_catalog.pg_constraint AS fk ON fk.contype = 'f' AND fk.confrelid = tree.member
  ) AS seen
  WHERE seen.member IS NOT NULL AND row_security_active(seen.member)) AS rekey_asked;

-- Guard rekey_not_validated: every row fulfils the constraints of its table, so that it could be put back. If the
--   script stops here: ALTER TABLE \u2026 VALIDATE CONSTRAINT \u2026, after correcting the rows that it finds.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_not_validated',
  format('%s: the constraint %L is NOT VALID; a row from before it could not be written again', "table", "constraint")
FROM (SELECT DISTINCT tree.member::regclass::text AS "table", made.conname::text AS constraint
  FROM rekey_tree AS tree
    JOIN pg_catalog.pg_constraint AS made ON made.conrelid = tree.member AND NOT made.convalidated
      AND coalesce(to_jsonb(made) ->> 'conenforced', 'true') = 'true') AS rekey_asked;

-- Guard rekey_no_replica_identity: every published table has a replica identity, without which PostgreSQL changes no
--   row of it. If the script stops here: give the table a primary key, or ALTER TABLE \u2026 REPLICA IDENTITY FULL for
--   the upgrade, which allows any WHERE; where the publication lists columns, let it list all of these, or none (ALTER
--   PUBLICATION \u2026 SET TABLE \u2026).
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_no_replica_identity',
  format('%s: the publication %L holds it, and %s', "table", publication, what)
FROM (SELECT DISTINCT tree.member::regclass::text AS "table", made.pubname::text AS publication,
    'it has no replica identity' AS what
  FROM rekey_tree AS tree JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind = 'r'
    JOIN pg_catalog.pg_publication AS made ON made.pubupdate OR (made.pubdelete AND tree.deletable <> '')
  WHERE (known.relreplident = 'n' OR known.relreplident IN ('d', 'i')
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index AS found
      WHERE found.indrelid = known.oid AND found.indisvalid
        AND CASE known.relreplident WHEN 'd' THEN found.indisprimary ELSE found.indisreplident END))
    AND EXISTS (SELECT 1
      FROM pg_catalog.pg_publication_tables AS published
        JOIN pg_catalog.pg_class AS named ON named.relname = published.tablename
        JOIN pg_catalog.pg_namespace AS space ON space.oid = named.relnamespace AND space.nspname = published.schemaname
      WHERE published.pubname = made.pubname
        AND (named.oid = known.oid OR named.oid IN (SELECT pg_partition_ancestors(known.oid))))
  UNION SELECT told."table", told.publication,
    CASE WHEN told.whole THEN 'it lists columns, which no table with REPLICA IDENTITY FULL may have listed'
      ELSE concat(CASE WHEN told.identifies THEN 'the columns that it lists lack ' ELSE 'its WHERE reads ' END,
        quote_ident(told.attname), ', which is ', CASE WHEN NOT told.identifies THEN 'not ' END,
        'of the replica identity') END AS what
  FROM (SELECT tree.member::regclass::text AS "table", made.pubname::text AS publication, field.attname,
      known.relreplident = 'f'
      OR EXISTS (SELECT 1
        FROM pg_catalog.pg_index AS found
          JOIN pg_catalog.pg_attribute AS own ON own.attrelid = found.indrelid AND own.attnum = ANY (found.indkey)
            AND own.attname = field.attname
        WHERE found.indrelid = known.oid
          AND CASE known.relreplident WHEN 'd' THEN found.indisprimary ELSE found.indisreplident END) AS identifies,
      CASE WHEN to_jsonb(of_it) ->> 'prattrs' IS NOT NULL THEN known.relreplident <> 'f'
        AND to_jsonb(of_it) ->> 'prattrs' ~ concat('\m', field.attnum, '\M') END AS listed,
      known.relreplident = 'f' AS whole,
      EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS needs
        WHERE needs.classid = CAST('pg_catalog.pg_publication_rel' AS regclass) AND needs.objid = of_it.oid
          AND needs.refobjid = of_it.prrelid AND needs.refobjsubid = field.attnum) AS needed
    FROM rekey_tree AS tree
      JOIN pg_catalog.pg_class AS known ON known.oid = tree.member AND known.relkind = 'r' AND known.relreplident <> 'n'
      JOIN pg_catalog.pg_publication AS made ON made.pubupdate OR (made.pubdelete AND tree.deletable <> '')
      JOIN pg_catalog.pg_publication_rel AS of_it ON of_it.prpubid = made.oid
        AND (of_it.prrelid = known.oid OR of_it.prrelid IN (SELECT pg_partition_ancestors(known.oid)))
      JOIN pg_catalog.pg_attribute AS field ON field.attrelid = of_it.prrelid AND field.attnum > 0
        AND NOT field.attisdropped) AS told
  WHERE CASE WHEN told.identifies THEN NOT told.listed ELSE told.needed AND told.listed IS NOT TRUE END) AS rekey_asked;

-- Guard rekey_name_of_several: a name is that of one row, not of one per tenant. If the script stops here: if a name is
--   one thing throughout, say so with a unique index on the name alone; if it is one per tenant, name the tenant's
--   columns in the spec: Identity(within=(\u2026)).
INSERT INTO rekey_guard (guard, said)
WITH rekey_term AS (SELECT made.indexrelid, made.indrelid, at.number
  FROM rekey_named AS part JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member AND made.indisunique
    CROSS JOIN LATERAL unnest(made.indkey) WITH ORDINALITY AS at (number, place)
  WHERE at.place <= made.indnkeyatts
  UNION SELECT made.indexrelid, made.indrelid, needs.refobjsubid
  FROM rekey_named AS part
    JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member AND made.indisunique AND made.indexprs IS NOT NULL
    JOIN pg_catalog.pg_depend AS needs ON needs.classid = CAST('pg_catalog.pg_class' AS regclass)
      AND needs.objid = made.indexrelid AND needs.refobjid = made.indrelid),
rekey_unique AS (SELECT part.noun, part."table", made.indexrelid, CAST(made.indpred IS NOT NULL AS integer) AS partial,
    (SELECT count(*) FROM unnest(made.indkey) WITH ORDINALITY AS at (number, place)
      WHERE at.place <= made.indnkeyatts
        AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS term
          WHERE term.attrelid = made.indrelid AND term.attnum = at.number
            AND term.attname IN (SELECT jsonb_array_elements_text(CAST(part.apart AS jsonb))))) AS parts,
    CAST(bool_or(known.attname <> part.name
      AND known.attname NOT IN (SELECT jsonb_array_elements_text(CAST(part.apart AS jsonb)))) AS integer) AS others,
    CAST(bool_or(known.attname = part.name) AS integer) AS names,
    CAST(bool_or(known.attname IN (SELECT jsonb_array_elements_text(CAST(part."keys" AS jsonb)))) AS integer) AS keyed,
    (SELECT string_agg(pg_get_indexdef(made.indexrelid, place, true), ', ' ORDER BY place)
      FROM generate_series(1, made.indnkeyatts) AS place) AS columns
  FROM rekey_named AS part JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member AND made.indisunique
    JOIN rekey_term AS term ON term.indexrelid = made.indexrelid
    JOIN pg_catalog.pg_attribute AS known ON known.attrelid = term.indrelid AND known.attnum = term.number
  GROUP BY part.noun, part."table", part.apart, made.indexrelid, made.indrelid, made.indkey, made.indpred IS NOT NULL,
    made.indnkeyatts)
SELECT 'rekey_name_of_several',
  format('%s: names are unique together with other columns (%s) only; rows of one name may be different things, and two tenants would be folded into one',
    "table", columns)
FROM (SELECT noun, "table", columns FROM rekey_unique AS several
  WHERE several.names = 1 AND several.others = 1 AND several.parts > 1 AND several.keyed = 0
    AND NOT EXISTS (SELECT 1 FROM rekey_unique AS alone
      WHERE alone."table" = several."table" AND alone.names = 1 AND alone.parts = 1 AND alone.partial = 0)
) AS rekey_asked
WHERE noun IN ('project');

-- Guard rekey_journal_shape: the journal has the columns of the spec's key, then those of its table, in their order. If
--   the script stops here: where another spec of the table names another key, name the same, its columns in the same
--   order; where the table changed after the journal was made, change each journal named here likewise (ALTER TABLE
--   \u2026, ADD, DROP or RENAME COLUMN, ALTER COLUMN \u2026 TYPE \u2026); an empty one may be dropped and made again
--   with op.create_side_tables(spec); going back, drop them where the report is at hand, and restore from that: -x
--   report=FILE.
INSERT INTO rekey_guard (guard, said)
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
SELECT 'rekey_journal_shape', format('%s: column %L differs in %s, which every spec of the table shares: %s',
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
    AND rekey_each."column" = rekey_stored.name;

-- Open a run.
INSERT INTO rekey_run (id, revision, noun, turn, started_at, registry_path, registry_sha256)
SELECT coalesce(max(id), 0) + 1, '0003', 'project',
  (SELECT count(*) + 1 FROM rekey_run WHERE revision = '0003' AND noun = 'project' AND outcome IN ('applied', 'empty')),
  clock_timestamp(), 'registry.json', '697b4af37fabfb7df3b7622d345f7078731aa5b70760174b504378b1f61bb6d0'
FROM rekey_run;

-- Keep the registry as this run sees it.
--   6772c3b6c39f65 = "gr\u00f6\u00dfe"
--   6974277320626967 = "it's big"
WITH rekey_listed(alias, canonical, key, identity) AS (VALUES
    ('p05-interferometer', 'p05-interferometer', 'p05-interferometer', 'eca74e26-f6fb-5cbf-8b23-99362f0b1105'),
    ('p05', 'p05-interferometer', 'p05', 'eca74e26-f6fb-5cbf-8b23-99362f0b1105'),
    ('interferometer', 'p05-interferometer', 'interferometer', 'eca74e26-f6fb-5cbf-8b23-99362f0b1105'),
    (convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'), convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'),
      convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'), 'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'),
    (convert_from(decode('6974277320626967', 'hex'), 'UTF8'), convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'),
      convert_from(decode('6974277320626967', 'hex'), 'UTF8'), 'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'),
    ('K9', convert_from(decode('6772c3b6c39f65', 'hex'), 'UTF8'), 'k9', 'ba5438bf-d9c5-5e4e-8b43-0eecdf50d69c'))
INSERT INTO rekey_alias (run_id, alias, canonical, key, identity)
SELECT (SELECT max(id) FROM rekey_run), alias, canonical, key, identity FROM rekey_listed;

-- Let statements be planned for what rekey_alias holds.
ANALYZE rekey_alias (run_id, key);

-- Plan projects: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_as_project AS SELECT DISTINCT (CAST(projects.name AS TEXT) COLLATE "default") AS spelling
FROM projects WHERE projects.name IS NOT NULL;
CREATE TEMPORARY VIEW rekey_0_project AS SELECT spelling, translate(btrim(spelling,
  convert_from(decode('090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
    'hex'), 'UTF8')),
  convert_from(decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'), 'UTF8'),
  convert_from(decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8')) AS key
FROM rekey_as_project;
CREATE TEMPORARY VIEW rekey_registered AS SELECT run_id, alias, canonical, key, identity FROM rekey_alias
WHERE run_id = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_of_project AS
WITH rekey_of_project AS MATERIALIZED (SELECT rekey_0_project.spelling, rekey_registered.alias,
    rekey_registered.canonical
  FROM rekey_0_project JOIN rekey_registered ON rekey_registered.key = rekey_0_project.key)
SELECT * FROM rekey_of_project;
CREATE TEMPORARY VIEW rekey_known_project AS SELECT projects.id AS key_0, rekey_of_project.spelling AS name,
  rekey_of_project.canonical,
  CASE WHEN (rekey_of_project.alias = rekey_of_project.canonical) THEN 1 ELSE 0 END AS is_canonical,
  rekey_of_project.canonical AS group_0,
  CASE WHEN (rekey_of_project.canonical != rekey_of_project.spelling) THEN 1 ELSE 0 END AS spelt_0,
  CASE WHEN (rekey_of_project.alias != rekey_of_project.canonical) THEN 1 ELSE 0 END AS spelt_1
FROM projects JOIN rekey_of_project ON rekey_of_project.spelling = (CAST(projects.name AS TEXT) COLLATE "default");
CREATE TEMPORARY VIEW rekey_ranked_project AS SELECT *, row_number() OVER rekey_rows AS number,
  first_value(key_0) OVER rekey_rows AS lead_0, first_value(name) OVER rekey_rows AS first_name,
  count(*) OVER rekey_rows_1 AS rows, max(is_canonical) OVER rekey_rows_1 AS has_canonical
FROM rekey_known_project
WINDOW rekey_rows AS (PARTITION BY group_0
  ORDER BY spelt_0, spelt_1, CAST(key_0 AS TEXT) COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
  rekey_rows_1 AS (PARTITION BY group_0);
CREATE TEMPORARY VIEW rekey_group_project AS SELECT key_0, name, canonical, lead_0,
  ((number + 1) - has_canonical) * (1 - CASE WHEN (rows = 1 AND has_canonical = 1) THEN 1 ELSE 0 END) AS place
FROM rekey_ranked_project WHERE rows > 1 OR has_canonical = 0 OR canonical != name;
INSERT INTO rekey_journal_projects
WITH rekey_decided_project AS (SELECT key_0,
    CASE WHEN (place > 1) THEN 'delete' WHEN (canonical != name) THEN 'rename' ELSE 'keep' END AS action, canonical,
    place, lead_0 AS to_0
  FROM rekey_group_project
  UNION ALL SELECT NULL, 'create', canonical, NULL, lead_0 FROM rekey_group_project WHERE place > 1 AND key_0 = lead_0)
SELECT (SELECT max(id) FROM rekey_run), rekey_decided_project.action AS rekey_action,
  rekey_decided_project.canonical AS rekey_canonical, rekey_decided_project.place AS rekey_place,
  rekey_decided_project.to_0 AS rekey_to_id, rekey_original.*
FROM rekey_decided_project
  LEFT OUTER JOIN projects AS rekey_original ON rekey_original.id = rekey_decided_project.key_0;
ANALYZE rekey_journal_projects (rekey_run, rekey_action, id);

-- Plan project_state: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_planned_project AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id, name,
  description, created_at, updated_at
FROM rekey_journal_projects WHERE rekey_run = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_members_project AS SELECT id AS key_0, rekey_to_id AS to_0, rekey_canonical AS canonical,
  rekey_place AS place, name
FROM rekey_planned_project WHERE rekey_place IS NOT NULL;
INSERT INTO rekey_journal_project_state
WITH rekey_slot_row_state AS (SELECT project_state.id AS key_0, rekey_member_0_project.canonical,
    CASE WHEN (rekey_member_0_project.place IS NOT NULL) THEN rekey_member_0_project.to_0 ELSE project_state.project_id
    END AS owner_0, project_state.category AS slot_0, project_state.key AS slot_1,
    (CAST(project_state.value AS TEXT) COLLATE "default") AS value,
    CASE WHEN (rekey_member_0_project.place > 1) THEN 1 ELSE 0 END AS shadow,
    CASE WHEN ((CAST(project_state.status AS TEXT) COLLATE "default") = 'active') THEN 1 ELSE 0 END AS active,
    project_state.updated_at AS moment
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
    CASE WHEN (value IS NOT DISTINCT FROM first_value(value) OVER rekey_rows) THEN 1 ELSE 0 END AS same,
    first_value(shadow) OVER rekey_rows AS won_by_shadow, first_value(active) OVER rekey_rows AS won_active
  FROM rekey_slot_rank_state
  WINDOW rekey_rows AS (PARTITION BY owner_0, slot_0, slot_1
    ORDER BY rank, moment DESC NULLS LAST,
      CAST(key_0 AS TEXT) COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)),
rekey_judged_state AS (SELECT key_0, canonical, owner_0, slot_0, slot_1, place, shadow, won_by_shadow,
    CASE WHEN (place = 1) THEN 1 ELSE 0 END AS first, same,
    max(CASE WHEN (shadow = 1) THEN 1 ELSE 0 END) OVER rekey_rows AS touched,
    max(CASE WHEN (shadow = 0 AND same = 1) THEN 1 ELSE 0 END) OVER rekey_rows AS said_by_canonical,
    max(CASE WHEN (active = 1 AND won_active = 1 AND same != 1) THEN 1 ELSE 0 END) OVER rekey_rows AS collided
  FROM rekey_ranked_state WINDOW rekey_rows AS (PARTITION BY owner_0, slot_0, slot_1)),
rekey_decided_state AS (SELECT key_0,
    CASE WHEN (collided = 1) THEN 'collision' WHEN (shadow = 0 AND won_by_shadow = 1 AND same = 1) THEN 'revive'
      WHEN (shadow = 0 AND won_by_shadow = 1 AND same = 0) THEN 'replace'
      WHEN (shadow = 0 AND won_by_shadow = 0) THEN 'keep'
      WHEN (shadow = 1 AND first = 1 AND said_by_canonical = 0) THEN 'rekey' WHEN (shadow = 1 AND same = 1) THEN 'merge'
      WHEN (shadow = 1 AND same = 0) THEN 'drop' ELSE NULL END AS action, canonical
  FROM rekey_judged_state WHERE touched > 0)
SELECT (SELECT max(id) FROM rekey_run), rekey_decided_state.action AS rekey_action,
  rekey_decided_state.canonical AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  CASE WHEN false THEN rekey_decided_state.key_0 END AS rekey_to_id, rekey_original.*
FROM rekey_decided_state JOIN project_state AS rekey_original ON rekey_original.id = rekey_decided_state.key_0;
ANALYZE rekey_journal_project_state (rekey_run, rekey_action, id);

-- Plan memories: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_as_memory AS SELECT DISTINCT (CAST(memories.project AS TEXT) COLLATE "default") AS spelling
FROM memories WHERE memories.project IS NOT NULL;
CREATE TEMPORARY VIEW rekey_0_memory AS SELECT spelling, translate(btrim(spelling,
  convert_from(decode('090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
    'hex'), 'UTF8')),
  convert_from(decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'), 'UTF8'),
  convert_from(decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8')) AS key
FROM rekey_as_memory;
CREATE TEMPORARY VIEW rekey_of_memory AS
WITH rekey_of_memory AS MATERIALIZED (SELECT rekey_0_memory.spelling, rekey_registered.alias, rekey_registered.canonical
  FROM rekey_0_memory JOIN rekey_registered ON rekey_registered.key = rekey_0_memory.key)
SELECT * FROM rekey_of_memory;
INSERT INTO rekey_journal_memories
WITH rekey_tagged_memory AS (SELECT memories.id AS key_0, rekey_of_memory.canonical,
    rekey_of_memory.canonical AS name_0, (CAST(memories.memory_type AS TEXT) COLLATE "default") AS agree_0,
    (CAST(memories.content AS TEXT) COLLATE "default") AS agree_1,
    (CAST(memories.status AS TEXT) COLLATE "default") AS agree_2,
    CASE WHEN (rekey_of_memory.canonical != rekey_of_memory.spelling) THEN 1 ELSE 0 END AS rekeyed,
    memories.updated_at AS moment
  FROM memories JOIN rekey_of_memory ON rekey_of_memory.spelling = (CAST(memories.project AS TEXT) COLLATE "default")
  WHERE rekey_of_memory.canonical IS NOT NULL),
rekey_ranked_memory AS (SELECT key_0, canonical, rekeyed, row_number() OVER rekey_rows AS place,
    sum(rekeyed) OVER rekey_rows AS rekeyed_so_far, first_value(key_0) OVER rekey_rows AS won_0,
    first_value(rekeyed) OVER rekey_rows AS won_by_rekeyed
  FROM rekey_tagged_memory
  WINDOW rekey_rows AS (PARTITION BY name_0, agree_0, agree_1, agree_2
    ORDER BY moment DESC NULLS LAST, rekeyed,
      CAST(key_0 AS TEXT) COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)),
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
rekey_decided_memory AS (SELECT key_0,
    CASE WHEN (first = 1 AND rekeyed = 1) THEN 'rekey' WHEN (first = 1 AND rekeyed = 0) THEN 'keep'
      WHEN (first = 0 AND won_by_rekeyed = 1) THEN 'supersede'
      WHEN (first = 0 AND won_by_rekeyed = 0 AND rekeyed = 1) THEN 'supersede' ELSE NULL END AS action, canonical
  FROM rekey_judged_memory)
SELECT (SELECT max(id) FROM rekey_run), rekey_decided_memory.action AS rekey_action,
  rekey_decided_memory.canonical AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  CASE WHEN false THEN rekey_decided_memory.key_0 END AS rekey_to_id, rekey_original.*
FROM rekey_decided_memory JOIN memories AS rekey_original ON rekey_original.id = rekey_decided_memory.key_0;
ANALYZE rekey_journal_memories (rekey_run, rekey_action, id);

-- Plan interactions: what happens to each row, with the row as it is.
CREATE TEMPORARY VIEW rekey_as_interaction AS SELECT DISTINCT (CAST(interactions.project AS TEXT) COLLATE "default"
) AS spelling
FROM interactions WHERE interactions.project IS NOT NULL;
CREATE TEMPORARY VIEW rekey_0_interaction AS SELECT spelling, translate(btrim(spelling,
  convert_from(decode('090a0b0c0d1c1d1e1f20c285c2a0e19a80e28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae280a8e280a9e280afe2819fe38080',
    'hex'), 'UTF8')),
  convert_from(decode('4142434445464748494a4b4c4d4e4f505152535455565758595ac396e1ba9ee284aa', 'hex'), 'UTF8'),
  convert_from(decode('6162636465666768696a6b6c6d6e6f707172737475767778797ac3b6c39f6b', 'hex'), 'UTF8')) AS key
FROM rekey_as_interaction;
CREATE TEMPORARY VIEW rekey_of_interaction AS
WITH rekey_of_interaction AS MATERIALIZED (SELECT rekey_0_interaction.spelling, rekey_registered.alias,
    rekey_registered.canonical
  FROM rekey_0_interaction JOIN rekey_registered ON rekey_registered.key = rekey_0_interaction.key)
SELECT * FROM rekey_of_interaction;
INSERT INTO rekey_journal_interactions SELECT (SELECT max(id) FROM rekey_run), 'rekey' AS rekey_action,
  rekey_of_interaction.canonical AS rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place,
  CASE WHEN false THEN interactions.id END AS rekey_to_id, interactions.*
FROM interactions
  JOIN rekey_of_interaction ON rekey_of_interaction.spelling = (CAST(interactions.project AS TEXT) COLLATE "default")
WHERE rekey_of_interaction.canonical != rekey_of_interaction.spelling;
ANALYZE rekey_journal_interactions (rekey_run, rekey_action, id);

-- Count the rows of each action in the journals, once for all that follows.
CREATE TEMPORARY VIEW rekey_planned_state AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id,
  project_id, category, key, value, source, confidence, status, created_at, updated_at
FROM rekey_journal_project_state WHERE rekey_run = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_planned_memory AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id,
  memory_type, content, project, confidence, status, created_at, updated_at
FROM rekey_journal_memories WHERE rekey_run = (SELECT max(id) FROM rekey_run);
CREATE TEMPORARY VIEW rekey_planned_interaction AS SELECT rekey_action, rekey_canonical, rekey_place, rekey_to_id, id,
  prompt, response, client, session_id, project, created_at
FROM rekey_journal_interactions WHERE rekey_run = (SELECT max(id) FROM rekey_run);
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
        FROM (SELECT DISTINCT rekey_canonical, category, key FROM rekey_planned_state WHERE rekey_action = 'collision'
        ) AS rekey_collided) AS value) AS rekey_tally
  UNION ALL SELECT 'project_values_left_behind' AS name,
    0 + (SELECT coalesce(sum(CASE WHEN (CAST(rekey_gone.description AS TEXT) IS NOT NULL
      AND NOT ((CAST(rekey_gone.description AS TEXT) COLLATE "default") IS NOT DISTINCT FROM (CAST(CASE WHEN
          (rekey_stays.rekey_canonical IS NULL) THEN 'created by legacy alias migration'
        ELSE rekey_stays.description END AS TEXT) COLLATE "default"))) THEN 1
      ELSE 0 END), 0)
      FROM (SELECT rekey_canonical, rekey_to_id, id, name, description FROM rekey_identity_row WHERE rekey_place > 1
      ) AS rekey_gone
        LEFT OUTER JOIN
          (SELECT rekey_canonical, rekey_to_id, id, name, description FROM rekey_identity_row WHERE rekey_place = 1
          ) AS rekey_stays ON rekey_stays.rekey_to_id = rekey_gone.rekey_to_id) AS value) AS rekey_counted;

-- What several statements ask for is named once.
CREATE TEMPORARY VIEW rekey_keyed AS SELECT noun
FROM (SELECT part.noun FROM rekey_named AS part JOIN pg_catalog.pg_index AS made ON made.indrelid = part.member
  WHERE made.indisunique AND made.indisvalid AND made.indpred IS NULL
    AND NOT EXISTS (SELECT 1
      FROM unnest(made.indkey) WITH ORDINALITY AS at (number, place)
        LEFT JOIN pg_catalog.pg_attribute AS of ON of.attrelid = made.indrelid AND of.attnum = at.number
          AND of.attname IN (SELECT jsonb_array_elements_text(CAST(part."keys" AS jsonb)))
      WHERE at.place <= made.indnkeyatts AND of.attnum IS NULL)
    AND NOT EXISTS (SELECT 1
      FROM pg_catalog.pg_inherits AS below
        JOIN pg_catalog.pg_class AS heir ON heir.oid = below.inhrelid AND NOT heir.relispartition
      WHERE below.inhparent = made.indrelid)) AS rekey_asked;
CREATE TEMPORARY VIEW rekey_firing AS SELECT tree."table", CAST(made.tgname AS text) AS called, event.name AS event,
  made.tgtype & 1 <> 0 AS each_row,
  tree.member <> tree.root AND coalesce(to_jsonb(made) ->> 'tgparentid', '0') = '0' AS of_member,
  coalesce(regexp_replace(substring(pg_get_triggerdef(made.oid) FROM ' WHEN (.*) EXECUTE (FUNCTION|PROCEDURE) '),
    '\((\(?)(old|new)\.("[^"]+"|[\w*]+)((\)::[\w ]+)?) (IS DISTINCT FROM|=|<>) \1(old|new)\.\3\4\)', '', 'g'
  ) ~ '\m(old|new)\.', false) AS by_value
FROM rekey_tree AS tree
  JOIN pg_catalog.pg_trigger AS made ON made.tgrelid = tree.member AND NOT made.tgisinternal AND made.tgenabled <> 'D'
  JOIN (VALUES (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) AS event (bit, name) ON made.tgtype & event.bit <> 0;
CREATE TEMPORARY VIEW rekey_moves AS SELECT DISTINCT tree."table", coalesce(CAST(known.attname AS text), '') AS "column"
FROM rekey_tree AS tree JOIN pg_catalog.pg_partitioned_table AS parted ON parted.partrelid = tree.member
  CROSS JOIN LATERAL unnest(parted.partattrs) AS at (number)
  LEFT JOIN pg_catalog.pg_attribute AS known ON known.attrelid = parted.partrelid AND known.attnum = at.number
    AND at.number <> 0;
CREATE TEMPORARY VIEW rekey_fired AS SELECT "table", called, event, change, "column", one_way
FROM (SELECT DISTINCT fires."table", fires.called, fires.event, fires.event AS change, '' AS "column",
    CAST(fires.by_value AS integer) AS one_way
  FROM rekey_firing AS fires
  UNION SELECT fires."table", fires.called, fires.event, 'UPDATE', moves."column",
    CAST(fires.event <> 'UPDATE' OR fires.by_value OR fires.of_member AS integer)
  FROM rekey_firing AS fires JOIN rekey_moves AS moves ON moves."table" = fires."table" WHERE fires.each_row
) AS rekey_asked;

-- Guard rekey_two_canonical_rows_project: each canonical name is carried by one row at most. If the script stops here:
--   move what hangs on the wrong row to the right one by hand and delete the wrong one, then run the upgrade again.
INSERT INTO rekey_guard (guard, said)
WITH rekey_canonical_row AS (SELECT projects.id AS key, (CAST(projects.name AS TEXT) COLLATE "default") AS name,
    rekey_of_project.canonical
  FROM projects JOIN rekey_of_project ON rekey_of_project.spelling = (CAST(projects.name AS TEXT) COLLATE "default")
  WHERE rekey_of_project.alias = rekey_of_project.canonical)
SELECT 'rekey_two_canonical_rows_project',
  format('projects: row %L, named %L, is one of several rows for the canonical %L', key, name, canonical)
FROM (SELECT *, count(*) OVER (PARTITION BY canonical) AS rows FROM rekey_canonical_row) AS rekey_counted
WHERE rows > 1;

-- Guard rekey_collision_state: no slot has two active rows with different values. If the script stops here: decide
--   which value is right: on the page of alembic-rekey plan --html FILE, which gives a file for -x resolutions=FILE
--   (alembic-rekey plan --write-resolutions FILE writes it as a form), or in the database: let the rows say the same
--   or, where they have a status, give the other row another one ('superseded', say); then run the upgrade again.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_collision_state',
  format('project_state: %L has a collision at %s: row %L, active under %L, says %L',
    rekey_planned_state.rekey_canonical,
    'category=' || coalesce(CAST(rekey_planned_state.category AS VARCHAR), 'NULL') || ', key=' ||
      coalesce(CAST(rekey_planned_state.key AS VARCHAR), 'NULL'), rekey_planned_state.id, rekey_member_project.name,
    rekey_planned_state.value)
FROM rekey_planned_state
  LEFT OUTER JOIN rekey_members_project AS rekey_member_project
    ON rekey_member_project.key_0 = rekey_planned_state.project_id
WHERE rekey_planned_state.rekey_action = 'collision'
  AND (CAST(rekey_planned_state.status AS TEXT) COLLATE "default") = 'active';

-- Guard rekey_crowded_slot_state: no identity has two rows in one slot. If the script stops here: the table should
--   allow one row per identity and slot: remove what is surplus, then run the upgrade again.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_crowded_slot_state',
  format('project_state: identity %L, of %L, has %s rows at %s', project_id, rekey_canonical, count(*),
    'category=' || coalesce(CAST(category AS VARCHAR), 'NULL') || ', key=' || coalesce(CAST(key AS VARCHAR), 'NULL'))
FROM rekey_planned_state GROUP BY rekey_canonical, project_id, category, key HAVING count(*) > 1;

-- Guards rekey_key_not_unique_project, rekey_key_not_unique_state, rekey_key_not_unique_memory,
--   rekey_key_not_unique_interaction: the declared key tells the rows of each table apart. If the script stops here:
--   declare the column that does, or remove what is surplus; where a key has several columns, none of them alone is
--   one.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_key_not_unique_project',
  format('key %L of projects is carried by %s rows, so the declared key ''id'' does not tell rows apart', projects.id,
    count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'project'))) AS rekey_unsaid
  JOIN projects ON true
WHERE projects.id IS NOT NULL GROUP BY projects.id HAVING count(*) > 1
UNION ALL SELECT 'rekey_key_not_unique_state',
  format('key %L of project_state is carried by %s rows, so the declared key ''id'' does not tell rows apart',
    project_state.id, count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'state'))) AS rekey_unsaid
  JOIN project_state ON true
WHERE project_state.id IS NOT NULL GROUP BY project_state.id HAVING count(*) > 1
UNION ALL SELECT 'rekey_key_not_unique_memory',
  format('key %L of memories is carried by %s rows, so the declared key ''id'' does not tell rows apart', memories.id,
    count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'memory'))) AS rekey_unsaid
  JOIN memories ON true
WHERE memories.id IS NOT NULL GROUP BY memories.id HAVING count(*) > 1
UNION ALL SELECT 'rekey_key_not_unique_interaction',
  format('key %L of interactions is carried by %s rows, so the declared key ''id'' does not tell rows apart',
    interactions.id, count(*))
FROM (SELECT 1 AS one WHERE NOT (EXISTS (SELECT noun FROM rekey_keyed WHERE noun = 'interaction'))) AS rekey_unsaid
  JOIN interactions ON true
WHERE interactions.id IS NOT NULL GROUP BY interactions.id HAVING count(*) > 1;

-- Guards rekey_key_is_null_project, rekey_key_is_null_state, rekey_key_is_null_memory, rekey_key_is_null_interaction:
--   every row has a key. If the script stops here: declare the column that tells the rows apart, or give these rows a
--   key.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_key_is_null_project',
  format('projects: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM projects WHERE projects.id IS NULL) AS rekey_these WHERE rows > 0
UNION ALL SELECT 'rekey_key_is_null_state',
  format('project_state: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM project_state WHERE project_state.id IS NULL) AS rekey_these WHERE rows > 0
UNION ALL SELECT 'rekey_key_is_null_memory', format('memories: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM memories WHERE memories.id IS NULL) AS rekey_these WHERE rows > 0
UNION ALL SELECT 'rekey_key_is_null_interaction',
  format('interactions: %s rows have no value in the declared key ''id''', rows)
FROM (SELECT count(*) AS rows FROM interactions WHERE interactions.id IS NULL) AS rekey_these WHERE rows > 0;

-- Guard rekey_no_row_is_active_state: some row has the status that the spec calls active. If the script stops here:
--   name the status of rows that are in force in the spec, Slots(active=\u2026): values of others are dropped. If none
--   of these rows is in force, delete them first, or give one of them that status.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_no_row_is_active_state',
  format('project_state: no row has the status ''active'', which the spec calls active; %s rows have %L', count(*),
    project_state.status)
FROM (SELECT 1 AS one
  WHERE EXISTS (SELECT 1 FROM rekey_planned_state
    WHERE rekey_action IN ('drop', 'replace')
      AND (SELECT 1 FROM project_state WHERE (CAST(project_state.status AS TEXT) COLLATE "default") = 'active' LIMIT 1
      ) IS NULL)) AS rekey_none
  JOIN project_state ON true
GROUP BY project_state.status;

-- Guard rekey_unfilled_column_project: every column that a created row needs gets a value. If the script stops here:
--   give the column a default in the database or, unless it is the key, a value in the spec, Identity(created={...}),
--   which may be made of the name; declare a key that is a UUID as one, sa.Uuid; or rename an alias row instead,
--   missing=Missing.PROMOTE.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_unfilled_column_project',
  format('projects: the plan creates rows, and column %L needs a value, and the database makes none', name)
FROM (SELECT CAST(attname AS TEXT) AS name,
    coalesce(CAST(atthasdef OR CAST(attidentity AS TEXT) != '' AS INTEGER), 0) AS filled
  FROM pg_catalog.pg_attribute AS rekey_attribute
  WHERE attrelid = to_regclass('"projects"') AND attnum > 0 AND NOT attisdropped
    AND (attnotnull OR CAST(attname AS TEXT) IN ('id'))) AS rekey_needed
WHERE ((name NOT IN ('name', 'description', 'created_at', 'updated_at')) AND filled = 0 AND (name NOT IN ('id'))
  OR name IN ('id') AND name IN (SELECT name FROM rekey_catalog WHERE "table" = 'projects' AND (kind NOT IN ('', 'S'))))
  AND (EXISTS (SELECT 1 FROM rekey_planned_project WHERE rekey_action = 'create'));

-- Guard rekey_generated_column: every column that the database generates is declared so. If the script stops here:
--   declare it with sa.Computed(\u2026) in the revision, or run it online, which asks the catalog.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_generated_column',
  format('%s: column %L is generated, and the revision does not declare it so', rekey_catalog."table",
    rekey_catalog.name)
FROM rekey_catalog
  LEFT OUTER JOIN rekey_declared ON rekey_declared."table" = rekey_catalog."table"
    AND rekey_declared.name = rekey_catalog.name
WHERE rekey_catalog.generated = 1
  AND (rekey_declared.name IS NOT NULL OR rekey_catalog."table" IN ('projects', 'project_state'));

-- Guard rekey_trigger_undeclared: a table with a trigger that fires when rows are updated is declared with all of its
--   columns. If the script stops here: declare the column in the revision's table, or run upgrade and downgrade online,
--   which ask the catalog.
INSERT INTO rekey_guard (guard, said) SELECT DISTINCT 'rekey_trigger_undeclared',
  format('%s: the trigger %L fires when rows are updated, and the column %L is not declared; a script would not see what is written there',
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
WHERE rekey_catalog.generated = 0 AND rekey_declared.name IS NULL;

-- Guards rekey_attached_project, rekey_attached_state, rekey_attached_memory, rekey_attached_interaction: no row
--   outside the plan hangs on a row that the plan deletes or renames. If the script stops here: move these rows to the
--   canonical by hand, or cover their table in the spec (alembic-rekey revision --fold TABLE.COLUMN writes the parts of
--   all tables that refer to it).
-- Guard rekey_attached_by_name_project: no row refers to a name or to a key that the plan writes anew. If the script
--   stops here: drop the foreign key for a moment: op.drop_constraint before op.rekey and before op.restore,
--   op.create_foreign_key behind each; or, where it leads to a name, spell that as it is registered yourself, in the
--   row and in what refers to it.
DO $rekey$
DECLARE
  found record; hanging record; guards text[]; said text[];
  acts CONSTANT text[] := ARRAY[
    'project create', 'project rename', 'interaction rekey', 'memory supersede', 'memory rekey', 'state replace',
    'state merge', 'state drop', 'state revive', 'state rekey', 'project delete'];
BEGIN
  FOR found IN
    WITH RECURSIVE asked (guard, by_name, left_out, noun, root, "table", journal, keys, gone) AS (VALUES
      ('rekey_attached_project', 'rekey_attached_by_name_project', 'rekey_left_out_project',
        'project', 'projects', 'projects', 'rekey_journal_projects', ARRAY['id']::text[], '{delete,merge,replace,drop}'),
      ('rekey_attached_state', 'rekey_attached_by_name_state', 'rekey_left_out_state',
        'state', 'project_state', 'project_state', 'rekey_journal_project_state', ARRAY['id']::text[], '{delete,merge,replace,drop}'),
      ('rekey_attached_memory', 'rekey_attached_by_name_memory', 'rekey_left_out_memory',
        'memory', 'memories', 'memories', 'rekey_journal_memories', ARRAY['id']::text[], '{}'),
      ('rekey_attached_interaction', 'rekey_attached_by_name_interaction', 'rekey_left_out_interaction',
        'interaction', 'interactions', 'interactions', 'rekey_journal_interactions', ARRAY['id']::text[], '{}')),
    written (root, action, columns) AS (VALUES
      ('projects', 'rename', ARRAY['name', 'updated_at']::text[]),
      ('project_state', 'rekey', ARRAY['project_id', 'updated_at']::text[]),
      ('project_state', 'revive', ARRAY['status', 'updated_at']::text[]),
      ('memories', 'rekey', ARRAY['project', 'updated_at']::text[]),
      ('memories', 'supersede', ARRAY['project', 'status', 'updated_at']::text[]),
      ('interactions', 'rekey', ARRAY['project']::text[])),
    covered (root, child, fields, targets, beyond) AS (VALUES
      ('projects', 'project_state', ARRAY['project_id']::text[], ARRAY['id']::text[], ''),
      ('projects', 'memories', ARRAY['project']::text[], ARRAY['name']::text[], ''),
      ('projects', 'interactions', ARRAY['project']::text[], ARRAY['name']::text[], '')),
    tree (root, member) AS (SELECT root, to_regclass(root)::oid FROM (VALUES
      ('projects'), ('project_state'), ('memories'), ('interactions')) AS parents (root)
      UNION SELECT child, to_regclass(child)::oid FROM covered
      UNION SELECT tree.root, below.inhrelid
      FROM tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member),
    key AS (SELECT tree.root, fk.conrelid::regclass AS child, fk.confrelid::regclass AS parent, field.*,
        moved.beyond IS NOT NULL AS covered, moved.beyond
      FROM tree JOIN pg_catalog.pg_constraint AS fk ON fk.contype = 'f' AND fk.confrelid = tree.member
      CROSS JOIN LATERAL (SELECT array_agg(source.attname::text ORDER BY source.attname COLLATE "C") AS names,
          array_agg(target.attname::text ORDER BY source.attname COLLATE "C") AS targets,
          string_agg(format('child.%I = parent.%I', source.attname, target.attname), ' AND ') AS condition
        FROM unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS pair (field, target, place)
        JOIN pg_catalog.pg_attribute AS source ON source.attrelid = fk.conrelid AND source.attnum = pair.field
        JOIN pg_catalog.pg_attribute AS target ON target.attrelid = fk.confrelid AND target.attnum = pair.target
      ) AS field
      LEFT JOIN LATERAL (SELECT covered.beyond
        FROM covered JOIN tree AS by ON by.root = covered.child AND by.member = fk.conrelid
        WHERE covered.root = tree.root AND field.names = covered.fields AND field.targets = covered.targets
        LIMIT 1
      ) AS moved ON true
      WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS made_for JOIN tree AS above ON above.member = made_for.confrelid
        WHERE above.root = tree.root AND made_for.oid = fk.conparentid))
    SELECT asked.*, key.child, key.parent, way.followed, way.beyond, key.condition,
      array_to_string(key.names, ', ') AS columns,
      CASE WHEN way.followed THEN '{}' ELSE asked.gone::text[] END || ARRAY(
        SELECT written.action FROM written WHERE written.root = asked.root AND written.columns && key.targets
      ) AS actions,
      (SELECT string_agg(format('gone.%1$I = parent.%1$I', each), ' AND ') FROM unnest(asked.keys) AS each) AS matched,
      (SELECT string_agg(format('gone.%I', each), ', ') FROM unnest(asked.keys) AS each) AS listed,
      -- What is written before the rows that refer to it, though they are written as well.
      ARRAY(SELECT theirs.action FROM written AS theirs
        WHERE theirs.root = asked.root AND theirs.columns && key.targets AND NOT key.covered AND EXISTS (
          SELECT FROM asked AS its JOIN tree ON tree.root = its.root AND tree.member = key.child
          JOIN written AS ours ON ours.root = its.root AND ours.columns && key.names
          WHERE array_position(acts, concat(its.noun, ' ', ours.action))
            > array_position(acts, concat(asked.noun, ' ', theirs.action)))) AS early,
      -- Rows of ours that go no later hang on nothing then; of those that are written the database asks itself.
      concat((SELECT string_agg(format(
          'AND NOT EXISTS (SELECT FROM %I AS its WHERE its.rekey_run = gone.rekey_run AND %s '
          'AND its.rekey_action = ANY (%L::text[]) '
          'AND array_position($2, %L || its.rekey_action) <= array_position($2, %L || gone.rekey_action))',
          its.journal, (SELECT string_agg(format('its.%1$I = child.%1$I', each), ' AND ')
            FROM unnest(its.keys) AS each), its.gone::text[] || moves.actions, its.noun || ' ', asked.noun || ' '), ' ')
        FROM asked AS its JOIN tree ON tree.root = its.root AND tree.member = key.child
        CROSS JOIN LATERAL (SELECT ARRAY(SELECT ours.action FROM written AS ours
          WHERE ours.root = its.root AND ours.columns && key.names) AS actions) AS moves
        WHERE NOT key.covered), way.beyond) AS leaving
    FROM asked JOIN key USING (root)
    -- What moves the rows of a table may not count them all.
    CROSS JOIN LATERAL (SELECT key.covered AS followed, NULL AS beyond
      UNION ALL SELECT false, key.beyond WHERE key.beyond <> '') AS way
  LOOP
    FOR hanging IN EXECUTE format(
      'SELECT ' || CASE cardinality(found.keys) WHEN 1 THEN '%1$s' ELSE 'concat_ws('', '', %1$s)' END ||
      ' AS key, gone.rekey_action AS action, count(*) AS rows '
      'FROM %2$s AS child JOIN %3$s AS parent ON %4$s JOIN %5$I AS gone ON %6$s '
      'WHERE gone.rekey_run = (SELECT max(id) FROM rekey_run) AND gone.rekey_action = ANY ($1) %7$s '
      'GROUP BY %1$s, gone.rekey_action',
      found.listed, found.child, found.parent, found.condition, found.journal, found.matched, found.leaving
    ) USING found.actions, acts
    LOOP
      guards := guards || CASE WHEN found.followed OR hanging.action = ANY (found.early) THEN found.by_name
        WHEN found.beyond <> '' THEN found.left_out ELSE found.guard END;
      said := said || CASE WHEN found.followed OR hanging.action = ANY (found.early)
        THEN format('%s: %s rows refer through %s to what changes of %s row %L, which the plan would %s; a fold cannot change both at once', found.child, hanging.rows, found.columns, found."table", hanging.key, hanging.action)
        WHEN found.beyond <> '' THEN format('%s: %s rows that `where` leaves out hang on %s row %L, which the plan would %s, through %s', found.child, hanging.rows, found."table", hanging.key, hanging.action, found.columns)
        ELSE format('%s: %s rows hang on %s row %L, which the plan would %s, through %s; the plan does not cover them', found.child, hanging.rows, found."table", hanging.key, hanging.action, found.columns) END;
    END LOOP;
  END LOOP;
  INSERT INTO rekey_guard (guard, said) SELECT * FROM unnest(guards, said);
END
$rekey$;

-- Guard rekey_trigger_on_way_back: no trigger fires for the first time on the way back, where what the plan deletes is
--   inserted. If the script stops here: run the upgrade online, which tries the way back before it commits; or take the
--   trigger away, for the upgrade and for the downgrade.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_trigger_on_way_back',
  format('%s: the trigger %L fires on %s, it may be for the first time on the way back; a script cannot try whether rows become what they were',
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
    AND (EXISTS (SELECT 1 FROM rekey_planned_interaction WHERE rekey_action IN ('rekey')))) AS rekey_returning;

-- Try on no rows how deleted ones of projects are put back.
CREATE TEMPORARY TABLE rekey_returning AS SELECT rekey_journal_projects.* FROM rekey_journal_projects WHERE false;
ALTER TABLE rekey_returning DROP COLUMN rekey_run, DROP COLUMN rekey_action, DROP COLUMN rekey_canonical,
DROP COLUMN rekey_place, DROP COLUMN rekey_to_id;
-- CHANGES projects
INSERT INTO projects OVERRIDING SYSTEM VALUE SELECT * FROM rekey_returning;
DROP TABLE rekey_returning;

-- Try on no rows how deleted ones of project_state are put back.
CREATE TEMPORARY TABLE rekey_returning AS SELECT rekey_journal_project_state.* FROM rekey_journal_project_state
WHERE false;
ALTER TABLE rekey_returning DROP COLUMN rekey_run, DROP COLUMN rekey_action, DROP COLUMN rekey_canonical,
DROP COLUMN rekey_place, DROP COLUMN rekey_to_id;
-- CHANGES project_state
INSERT INTO project_state OVERRIDING SYSTEM VALUE SELECT * FROM rekey_returning;
DROP TABLE rekey_returning;

-- Try on no rows how created ones are taken away.
-- CHANGES projects
DELETE FROM projects WHERE false;

-- Note what the database has counted so far, to compare with after the changes.
CREATE TEMPORARY TABLE rekey_counted_before AS SELECT relid, schemaname, relname,
  pg_relation_filenode(relid) AS filenode, CAST(n_tup_ins AS BIGINT) AS inserted, CAST(n_tup_upd AS BIGINT) AS updated,
  CAST(n_tup_del AS BIGINT) AS deleted
FROM pg_catalog.pg_stat_xact_user_tables AS rekey_statistics;

-- Create the canonical rows that are missing.
-- CHANGES projects
WITH rekey_changed AS (INSERT INTO projects (id, name, description, created_at, updated_at)
  SELECT (SELECT (jsonb_populate_record(rekey_typed.*, jsonb_build_object('id', CAST(rekey_named.identity AS TEXT)))).id
    FROM projects AS rekey_typed LIMIT 1) AS id, rekey_journal_projects.rekey_canonical AS name,
    'created by legacy alias migration' AS description,
    (SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run)) AS created_at,
    (SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run)) AS updated_at
  FROM rekey_journal_projects
    JOIN (SELECT DISTINCT run_id, canonical, identity FROM rekey_alias) AS rekey_named
      ON rekey_named.run_id = rekey_journal_projects.rekey_run
      AND rekey_named.canonical = rekey_journal_projects.rekey_canonical
  WHERE rekey_journal_projects.rekey_run = (SELECT max(id) FROM rekey_run)
    AND rekey_journal_projects.rekey_action IN ('create')
  RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'canonical_rows_created', count(*) FROM rekey_changed;

-- Keep them as they were made: a downgrade takes away only what nobody edited.
INSERT INTO rekey_created_projects SELECT rekey_journal_projects.rekey_run, rekey_journal_projects.rekey_action,
  rekey_journal_projects.rekey_canonical, NULL, rekey_journal_projects.rekey_to_id, rekey_original.*
FROM rekey_journal_projects
  JOIN projects AS rekey_original ON rekey_original.name = rekey_journal_projects.rekey_canonical
    AND (CAST(rekey_original.name AS TEXT) COLLATE "default") = rekey_journal_projects.rekey_canonical
WHERE rekey_journal_projects.rekey_run = (SELECT max(id) FROM rekey_run)
  AND rekey_journal_projects.rekey_action IN ('create');

-- Tell the journal of projects the keys of the created rows.
UPDATE rekey_journal_projects SET rekey_to_id=rekey_created_projects.id FROM rekey_created_projects
WHERE rekey_journal_projects.rekey_run = (SELECT max(id) FROM rekey_run)
  AND rekey_created_projects.rekey_run = (SELECT max(id) FROM rekey_run)
  AND rekey_journal_projects.rekey_to_id = rekey_created_projects.rekey_to_id;

-- Spell misspelt canonical rows as they are registered.
CREATE TEMPORARY VIEW rekey_becoming_project AS SELECT *,
  CASE WHEN (rekey_action = 'rename') THEN rekey_canonical ELSE name END AS rekey_new_0
FROM rekey_planned_project WHERE rekey_action IN ('rename');
-- CHANGES projects
WITH rekey_changed AS (UPDATE projects
  SET name=rekey_becoming.rekey_new_0,
    updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
  FROM (SELECT * FROM rekey_becoming_project WHERE rekey_action IN ('rename')) AS rekey_becoming
  WHERE projects.id = rekey_becoming.id RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'canonical_rows_renamed', count(*) FROM rekey_changed;

-- Write the rows of interactions under their canonical.
CREATE TEMPORARY VIEW rekey_becoming_interaction AS SELECT *,
  CASE WHEN (rekey_action = 'rekey') THEN rekey_canonical ELSE project END AS rekey_new_0
FROM rekey_planned_interaction WHERE rekey_action IN ('rekey');
-- CHANGES interactions
WITH rekey_changed AS (UPDATE interactions SET project=rekey_becoming.rekey_new_0
  FROM (SELECT * FROM rekey_becoming_interaction WHERE rekey_action IN ('rekey')) AS rekey_becoming
  WHERE interactions.id = rekey_becoming.id RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'interaction_rows_rekeyed', count(*) FROM rekey_changed;

-- Supersede the duplicates in memories, under their canonical name too.
CREATE TEMPORARY VIEW rekey_becoming_memory AS SELECT *,
  CASE WHEN (rekey_action = 'rekey') THEN rekey_canonical WHEN (rekey_action = 'supersede') THEN rekey_canonical
    ELSE project END AS rekey_new_0,
  CASE WHEN (rekey_action = 'supersede') THEN 'superseded' ELSE status END AS rekey_new_1
FROM rekey_planned_memory WHERE rekey_action IN ('rekey', 'supersede');
-- CHANGES memories
WITH rekey_changed AS (UPDATE memories
  SET project=rekey_becoming.rekey_new_0, status=rekey_becoming.rekey_new_1,
    updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
  FROM (SELECT * FROM rekey_becoming_memory WHERE rekey_action IN ('supersede')) AS rekey_becoming
  WHERE memories.id = rekey_becoming.id RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'memory_rows_superseded', count(*) FROM rekey_changed;

-- Write the rows of memories under their canonical.
-- CHANGES memories
WITH rekey_changed AS (UPDATE memories
  SET project=rekey_becoming.rekey_new_0,
    updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
  FROM (SELECT * FROM rekey_becoming_memory WHERE rekey_action IN ('rekey')) AS rekey_becoming
  WHERE memories.id = rekey_becoming.id RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'memory_rows_rekeyed', count(*) FROM rekey_changed;

-- Delete the inactive canonical rows of project_state that an active shadow row displaces.
-- CHANGES project_state
WITH rekey_changed AS (DELETE FROM project_state
  WHERE project_state.id IN (SELECT id FROM rekey_journal_project_state
    WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('replace'))
  RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'state_rows_replaced_inactive_canonical', count(*) FROM rekey_changed;

-- Delete the rows of project_state that say the same as the one that stays.
-- CHANGES project_state
WITH rekey_changed AS (DELETE FROM project_state
  WHERE project_state.id IN (SELECT id FROM rekey_journal_project_state
    WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('merge'))
  RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'state_rows_merged_as_duplicate', count(*) FROM rekey_changed;

-- Delete the historical drops of project_state: rows that say otherwise than the survivor of their slot.
-- CHANGES project_state
WITH rekey_changed AS (DELETE FROM project_state
  WHERE project_state.id IN (SELECT id FROM rekey_journal_project_state
    WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('drop'))
  RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'state_rows_historical_dropped', count(*) FROM rekey_changed;

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
-- CHANGES project_state
WITH rekey_changed AS (UPDATE project_state
  SET status=rekey_becoming.rekey_new_1,
    updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
  FROM (SELECT * FROM rekey_becoming_state WHERE rekey_action IN ('revive')) AS rekey_becoming
  WHERE project_state.id = rekey_becoming.id RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'state_rows_revived', count(*) FROM rekey_changed;

-- Write the rows of project_state under their canonical.
-- CHANGES project_state
WITH rekey_changed AS (UPDATE project_state
  SET project_id=rekey_becoming.rekey_new_0,
    updated_at=(SELECT started_at FROM rekey_run WHERE id = (SELECT max(id) FROM rekey_run))
  FROM (SELECT * FROM rekey_becoming_state WHERE rekey_action IN ('rekey')) AS rekey_becoming
  WHERE project_state.id = rekey_becoming.id RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'state_rows_rekeyed', count(*) FROM rekey_changed;

-- Delete rows of projects; everything that hung on them has moved.
-- CHANGES projects
WITH rekey_changed AS (DELETE FROM projects
  WHERE projects.id IN (SELECT id FROM rekey_journal_projects
    WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('delete'))
  RETURNING 1 AS changed)
INSERT INTO rekey_count (run_id, phase, name, value)
SELECT (SELECT max(id) FROM rekey_run), 'apply', 'shadow_projects_deleted', count(*) FROM rekey_changed;

-- Keep where the folded keys lead.
INSERT INTO rekey_redirect (run_id, noun, old_key, new_key, alias, canonical)
SELECT rekey_run, 'project', CAST(id AS TEXT), CAST(rekey_to_id AS TEXT), (CAST(name AS TEXT) COLLATE "default"),
  rekey_canonical
FROM rekey_journal_projects WHERE rekey_run = (SELECT max(id) FROM rekey_run) AND rekey_action IN ('delete', 'retire');

-- Lead those on that led to one of them.
UPDATE rekey_redirect
SET new_key=(SELECT new_key FROM rekey_redirect AS rekey_newer
  WHERE run_id = (SELECT max(id) FROM rekey_run) AND noun = 'project' AND old_key = rekey_redirect.new_key)
WHERE rekey_redirect.run_id < (SELECT max(id) FROM rekey_run) AND rekey_redirect.noun = 'project'
  AND rekey_redirect.new_key IN (SELECT old_key FROM rekey_redirect AS rekey_newer
    WHERE run_id = (SELECT max(id) FROM rekey_run) AND noun = 'project');

-- Ask now what deferred constraints would ask at COMMIT.
DO $rekey$
DECLARE
  deferred text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  SELECT string_agg(format('%I.%I', named.schema, named.name), ', ') INTO deferred
  FROM (
    SELECT namespace.nspname AS schema, made.conname AS name
    FROM pg_catalog.pg_constraint AS made
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = made.connamespace
    WHERE has_schema_privilege(namespace.oid, 'USAGE') AND NOT pg_is_other_temp_schema(namespace.oid)
    GROUP BY namespace.nspname, made.conname
    HAVING bool_and(made.condeferred)
  ) AS named;
  IF deferred IS NOT NULL THEN
    EXECUTE 'SET CONSTRAINTS ' || deferred || ' DEFERRED';
  END IF;
END
$rekey$;

-- Record how the run ended.
UPDATE rekey_run
SET outcome=CASE WHEN (EXISTS (SELECT 1 FROM rekey_tally WHERE action != 'keep')) THEN 'applied' ELSE 'empty' END,
  finished_at=clock_timestamp()
WHERE rekey_run.id = (SELECT max(id) FROM rekey_run);

-- Decide about projects: which rows still are as the upgrade left them.
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
CREATE INDEX rekey_back_project_key ON rekey_back_project (key_0);
CREATE INDEX rekey_back_project_drifted ON rekey_back_project (key_0) WHERE drift != 'untouched';
ANALYZE rekey_back_project (key_0, action, drift);

-- The same for the other rows of projects that the run touched.
INSERT INTO rekey_back_project (key_0, now_0, action, canonical, drift, moves)
SELECT rekey_becoming_project.id AS key_0, rekey_becoming_project.id AS now_0,
  rekey_becoming_project.rekey_action AS action, rekey_becoming_project.rekey_canonical AS canonical,
  CASE WHEN (projects.id IS NULL) THEN 'deleted'
    WHEN (NOT (((CAST(rekey_becoming_project.rekey_new_0 AS TEXT) COLLATE "default") IS NOT DISTINCT FROM
        (CAST(projects.name AS TEXT) COLLATE "default"))
      AND ((SELECT (jsonb_populate_record(rekey_typed.*, jsonb_build_object('updated_at',
        CAST((SELECT started_at FROM rekey_run
          WHERE id = (SELECT max(id) FROM rekey_run WHERE outcome IN ('applied', 'empty'))) AS TEXT)))).updated_at
        FROM projects AS rekey_typed LIMIT 1) IS NOT DISTINCT FROM projects.updated_at)
      AND (CAST(ROW(rekey_becoming_project.id, rekey_becoming_project.description, rekey_becoming_project.created_at
      ) AS RECORD) OPERATOR(pg_catalog.*=) CAST(ROW(projects.id, projects.description, projects.created_at) AS RECORD)))
    ) THEN 'edited'
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
CREATE TEMPORARY TABLE rekey_back_state AS SELECT rekey_becoming_state.id AS key_0, rekey_becoming_state.id AS now_0,
  rekey_becoming_state.rekey_action AS action, rekey_becoming_state.rekey_canonical AS canonical,
  CASE WHEN (project_state.id IS NULL) THEN 'deleted'
    WHEN (NOT (((CAST(rekey_becoming_state.rekey_new_0 AS TEXT) COLLATE "default") IS NOT DISTINCT FROM
        (CAST(project_state.project_id AS TEXT) COLLATE "default"))
      AND ((CAST(rekey_becoming_state.rekey_new_1 AS TEXT) COLLATE "default") IS NOT DISTINCT FROM
          (CAST(project_state.status AS TEXT) COLLATE "default"))
      AND ((SELECT (jsonb_populate_record(rekey_typed.*, jsonb_build_object('updated_at',
        CAST((SELECT started_at FROM rekey_run
          WHERE id = (SELECT max(id) FROM rekey_run WHERE outcome IN ('applied', 'empty'))) AS TEXT)))).updated_at
        FROM project_state AS rekey_typed LIMIT 1) IS NOT DISTINCT FROM project_state.updated_at)
      AND (CAST(ROW(rekey_becoming_state.id, rekey_becoming_state.category, rekey_becoming_state.key,
        rekey_becoming_state.value, rekey_becoming_state.source, rekey_becoming_state.confidence,
        rekey_becoming_state.created_at) AS RECORD) OPERATOR(pg_catalog.*=) CAST(ROW(project_state.id,
          project_state.category, project_state.key, project_state.value, project_state.source,
          project_state.confidence, project_state.created_at) AS RECORD)))) THEN 'edited'
    WHEN (rekey_becoming_state.rekey_action IN ('rekey') AND rekey_becoming_state.project_id IS NOT NULL
      AND NOT (rekey_comes_back_0.drift IS NOT DISTINCT FROM 'untouched' OR rekey_comes_back_0.key_0 IS NULL
        AND rekey_owner_0.id IS NOT NULL)) THEN 'taken'
    WHEN (rekey_becoming_state.rekey_action IN ('rekey')
      AND rekey_becoming_state.id IN (SELECT rekey_becoming_state.id
        FROM rekey_becoming_state
          JOIN project_state AS rekey_holder ON rekey_holder.project_id = rekey_becoming_state.project_id
            AND (coalesce(CAST(rekey_holder.category AS TEXT), '') =
                coalesce(CAST(rekey_becoming_state.category AS TEXT), '')
              AND rekey_holder.category IS NOT DISTINCT FROM rekey_becoming_state.category)
            AND (coalesce(CAST(rekey_holder.key AS TEXT), '') = coalesce(CAST(rekey_becoming_state.key AS TEXT), '')
              AND rekey_holder.key IS NOT DISTINCT FROM rekey_becoming_state.key)
        WHERE rekey_becoming_state.rekey_action IN ('rekey') AND rekey_holder.id != rekey_becoming_state.id)
    ) THEN 'taken'
    ELSE 'untouched' END AS drift, CASE WHEN (rekey_becoming_state.rekey_action IN ('rekey')) THEN 1 ELSE 0 END AS moves
FROM rekey_becoming_state LEFT OUTER JOIN project_state ON project_state.id = rekey_becoming_state.id
  LEFT OUTER JOIN projects AS rekey_owner_0 ON rekey_owner_0.id = rekey_becoming_state.project_id
  LEFT OUTER JOIN (SELECT key_0, now_0, action, canonical, drift, moves FROM rekey_back_project
    WHERE action IN ('delete', 'drop', 'merge', 'replace')) AS rekey_comes_back_0
    ON rekey_comes_back_0.key_0 = rekey_becoming_state.project_id;
CREATE INDEX rekey_back_state_key ON rekey_back_state (key_0);
CREATE INDEX rekey_back_state_drifted ON rekey_back_state (key_0) WHERE drift != 'untouched';
ANALYZE rekey_back_state (key_0, action, drift);

-- The same for the other rows of project_state that the run touched.
INSERT INTO rekey_back_state (key_0, now_0, action, canonical, drift, moves)
SELECT rekey_planned_state.id AS key_0, rekey_planned_state.id AS now_0, rekey_planned_state.rekey_action AS action,
  rekey_planned_state.rekey_canonical AS canonical,
  CASE WHEN (project_state.id IS NOT NULL) THEN 'taken'
    WHEN (rekey_planned_state.project_id IS NOT NULL
      AND NOT (rekey_comes_back_0.drift IS NOT DISTINCT FROM 'untouched' OR rekey_comes_back_0.key_0 IS NULL
        AND rekey_owner_0.id IS NOT NULL)) THEN 'taken'
    WHEN (rekey_planned_state.id IN (SELECT rekey_planned_state.id
      FROM rekey_planned_state
        JOIN project_state AS rekey_holder ON rekey_holder.project_id = rekey_planned_state.project_id
          AND (coalesce(CAST(rekey_holder.category AS TEXT), '') =
              coalesce(CAST(rekey_planned_state.category AS TEXT), '')
            AND rekey_holder.category IS NOT DISTINCT FROM rekey_planned_state.category)
          AND (coalesce(CAST(rekey_holder.key AS TEXT), '') = coalesce(CAST(rekey_planned_state.key AS TEXT), '')
            AND rekey_holder.key IS NOT DISTINCT FROM rekey_planned_state.key)
      WHERE rekey_planned_state.rekey_action IN ('delete', 'drop', 'merge', 'replace')
        AND NOT (EXISTS (SELECT 1
          FROM (SELECT key_0 FROM rekey_back_state
            WHERE (drift NOT IN ('attached', 'deleted', 'edited', 'refused', 'taken')) AND moves != 0) AS rekey_found
          WHERE rekey_holder.id = key_0)))) THEN 'taken'
    ELSE 'untouched' END AS drift, 0 AS moves
FROM rekey_planned_state LEFT OUTER JOIN project_state ON project_state.id = rekey_planned_state.id
  LEFT OUTER JOIN projects AS rekey_owner_0 ON rekey_owner_0.id = rekey_planned_state.project_id
  LEFT OUTER JOIN (SELECT key_0, now_0, action, canonical, drift, moves FROM rekey_back_project
    WHERE action IN ('delete', 'drop', 'merge', 'replace')) AS rekey_comes_back_0
    ON rekey_comes_back_0.key_0 = rekey_planned_state.project_id
WHERE rekey_planned_state.rekey_action IN ('delete', 'drop', 'merge', 'replace');

-- The same for created rows: they stay while anything hangs on them.
INSERT INTO rekey_back_project (key_0, now_0, action, canonical, drift, moves)
SELECT rekey_created_projects.id AS key_0, rekey_created_projects.id AS now_0, 'create' AS action,
  rekey_created_projects.rekey_canonical AS canonical,
  CASE WHEN (projects.id IS NULL) THEN 'deleted'
    WHEN (projects.id IN (SELECT rekey_created_projects.id
      FROM rekey_created_projects
        JOIN project_state AS rekey_child ON rekey_child.project_id = rekey_created_projects.id
      WHERE NOT (EXISTS (SELECT 1
        FROM (SELECT key_0 FROM rekey_back_state
          WHERE (drift NOT IN ('attached', 'deleted', 'edited', 'refused', 'taken')) AND moves != 0) AS rekey_found
        WHERE rekey_child.id = key_0)))) THEN 'attached'
    WHEN NOT (CAST(ROW(rekey_created_projects.id, rekey_created_projects.name, rekey_created_projects.description,
      rekey_created_projects.created_at, rekey_created_projects.updated_at) AS RECORD) OPERATOR(pg_catalog.*=)
        CAST(ROW(projects.id, projects.name, projects.description, projects.created_at, projects.updated_at) AS RECORD)
    ) THEN 'edited'
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
INSERT INTO rekey_guard (guard, said)
WITH RECURSIVE rekey_journalled AS (SELECT part,
    CAST(coalesce(sum(CASE WHEN (action IN ('create')) THEN rows END), 0) AS BIGINT) AS inserted,
    CAST(coalesce(sum(CASE WHEN (action IN ('absorb', 'detach', 'rekey', 'rename', 'retire', 'revive', 'supersede')
    ) THEN rows END), 0) AS BIGINT) AS updated,
    CAST(coalesce(sum(CASE WHEN (action IN ('delete', 'drop', 'merge', 'replace')) THEN rows END), 0) AS BIGINT
    ) AS deleted
  FROM rekey_tally GROUP BY part),
rekey_after AS (SELECT *
  FROM (SELECT relid, schemaname, relname, pg_relation_filenode(relid) AS filenode,
      CAST(n_tup_ins AS BIGINT) AS inserted, CAST(n_tup_upd AS BIGINT) AS updated, CAST(n_tup_del AS BIGINT) AS deleted
    FROM pg_catalog.pg_stat_xact_user_tables AS rekey_statistics) AS rekey_counting
  WHERE NOT (schemaname LIKE 'pg_temp%'
    OR relname IN ('rekey_run', 'rekey_count', 'rekey_alias', 'rekey_answer', 'rekey_redirect',
      'rekey_journal_projects', 'rekey_journal_project_state', 'rekey_journal_memories', 'rekey_journal_interactions',
      'rekey_created_projects'))),
rekey_accounted(part, "table", quoted) AS (VALUES
    ('project', 'projects', '"projects"'), ('state', 'project_state', '"project_state"'),
    ('memory', 'memories', '"memories"'), ('interaction', 'interactions', '"interactions"')),
rekey_accounted_tree(part, "table", relid) AS (SELECT part, "table", CAST(to_regclass(quoted) AS OID) AS relid
  FROM rekey_accounted
  UNION SELECT rekey_accounted_tree.part, rekey_accounted_tree."table", rekey_heirs.inhrelid
  FROM rekey_accounted_tree
    JOIN pg_catalog.pg_inherits AS rekey_heirs ON rekey_heirs.inhparent = rekey_accounted_tree.relid),
rekey_counted AS (SELECT rekey_accounted_tree.part,
    coalesce(rekey_accounted_tree."table", concat(rekey_after.schemaname, '.', rekey_after.relname)) AS "table",
    CAST(sum(rekey_after.inserted - coalesce(rekey_before.inserted, 0)) AS BIGINT) AS inserted,
    CAST(sum(rekey_after.updated - coalesce(rekey_before.updated, 0)) AS BIGINT) AS updated,
    CAST(sum(rekey_after.deleted - coalesce(rekey_before.deleted, 0)) AS BIGINT) AS deleted
  FROM rekey_after LEFT OUTER JOIN rekey_counted_before AS rekey_before ON rekey_before.relid = rekey_after.relid
    LEFT OUTER JOIN rekey_accounted_tree ON rekey_accounted_tree.relid = rekey_after.relid
  GROUP BY rekey_accounted_tree.part,
    coalesce(rekey_accounted_tree."table", concat(rekey_after.schemaname, '.', rekey_after.relname))),
rekey_account AS (SELECT coalesce(rekey_accounted."table", rekey_counted."table") AS "table", 0 AS again,
    coalesce(rekey_counted.inserted, 0) AS inserted, coalesce(rekey_counted.updated, 0) AS updated,
    coalesce(rekey_counted.deleted, 0) AS deleted, coalesce(rekey_journalled.inserted, 0) AS named_inserted,
    coalesce(rekey_journalled.updated, 0) AS named_updated, coalesce(rekey_journalled.deleted, 0) AS named_deleted
  FROM rekey_journalled LEFT OUTER JOIN rekey_counted ON rekey_counted.part = rekey_journalled.part
    LEFT OUTER JOIN rekey_accounted ON rekey_accounted.part = rekey_journalled.part
  UNION ALL SELECT "table", 0, inserted, updated, deleted, 0, 0, 0 FROM rekey_counted
  WHERE NOT (EXISTS (SELECT 1 FROM rekey_journalled WHERE part = rekey_counted.part))),
rekey_wrong AS (SELECT * FROM rekey_account
  WHERE inserted - deleted != named_inserted - named_deleted
    OR ((inserted + updated) - named_inserted) - named_updated NOT BETWEEN 0 AND again)
SELECT 'rekey_unaccounted', format('%s: %s rows %s, and the journal names %s', "table", counted, kind, journalled)
FROM (SELECT "table", 'inserted' AS kind, inserted AS counted, named_inserted AS journalled FROM rekey_wrong
  WHERE inserted != named_inserted
  UNION ALL SELECT "table", 'updated' AS kind, updated AS counted, named_updated AS journalled FROM rekey_wrong
  WHERE updated != named_updated
  UNION ALL SELECT "table", 'deleted' AS kind, deleted AS counted, named_deleted AS journalled FROM rekey_wrong
  WHERE deleted != named_deleted
  UNION ALL SELECT concat(rekey_after.schemaname, '.', rekey_after.relname),
    'left untouched, since it was truncated or rewritten', 0, 0
  FROM rekey_after JOIN rekey_counted_before AS rekey_before ON rekey_before.relid = rekey_after.relid
  WHERE rekey_before.filenode != rekey_after.filenode
  UNION ALL SELECT 'the statistics of the server' AS "table", 'counted, since track_counts is off' AS kind,
    0 AS counted, 0 AS journalled
  WHERE current_setting('track_counts') = 'off') AS rekey_unaccounted;

-- Guard rekey_count_differs: each statement changed as many rows as the journal names. If the script stops here: look
--   for triggers or rules that skip or add rows, and for keys that are NULL or not unique, then run the upgrade again.
INSERT INTO rekey_guard (guard, said)
WITH rekey_wanted(name, part, action) AS (VALUES
    ('canonical_rows_created', 'project', 'create'), ('canonical_rows_renamed', 'project', 'rename'),
    ('shadow_projects_deleted', 'project', 'delete'), ('state_rows_replaced_inactive_canonical', 'state', 'replace'),
    ('state_rows_merged_as_duplicate', 'state', 'merge'), ('state_rows_historical_dropped', 'state', 'drop'),
    ('state_rows_revived', 'state', 'revive'), ('state_rows_rekeyed', 'state', 'rekey'),
    ('memory_rows_superseded', 'memory', 'supersede'), ('memory_rows_rekeyed', 'memory', 'rekey'),
    ('interaction_rows_rekeyed', 'interaction', 'rekey'))
SELECT 'rekey_count_differs', format('%s: the journal names %s rows, the database reported %s', rekey_expected.name,
  rekey_expected.value, rekey_count.value)
FROM (SELECT rekey_wanted.name, CAST(coalesce(sum(rekey_tally.rows), 0) AS BIGINT) AS value
  FROM rekey_wanted
    LEFT OUTER JOIN rekey_tally ON rekey_tally.part = rekey_wanted.part AND rekey_tally.action = rekey_wanted.action
  GROUP BY rekey_wanted.name) AS rekey_expected
  LEFT OUTER JOIN rekey_count ON rekey_count.name = rekey_expected.name AND rekey_count.phase = 'apply'
    AND rekey_count.run_id = (SELECT max(id) FROM rekey_run)
WHERE rekey_count.value IS DISTINCT FROM rekey_expected.value;

-- Guard rekey_shadow_left_project: no shadow and no misspelt canonical is left. If the script stops here: look for
--   triggers that write the old name back, and for rows whose key is NULL.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_shadow_left_project',
  format('projects: a row is still named %L instead of %L', name, canonical)
FROM rekey_group_project WHERE place > 1 OR canonical != name;

-- Guards rekey_alias_left_memory, rekey_alias_left_interaction: no row is keyed by an alias any more. If the script
--   stops here: look for triggers that write the old name back, and for rows whose key is NULL.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_alias_left_memory',
  format('memories: rows are still keyed by %L instead of %L', spelling, canonical)
FROM rekey_of_memory WHERE canonical != spelling
UNION ALL SELECT 'rekey_alias_left_interaction',
  format('interactions: rows are still keyed by %L instead of %L', spelling, canonical)
FROM rekey_of_interaction WHERE canonical != spelling;

-- Guard rekey_owner_lost_state: no row hangs on a shadow that was deleted. If the script stops here: where that row
--   goes because two owners of it become one, move first what hangs on it; else look for rows whose key is NULL or not
--   unique, and for triggers.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_owner_lost_state',
  format('project_state: row %L still hangs on %L, which is gone', project_state.id, project_state.project_id)
FROM project_state JOIN rekey_planned_project ON project_state.project_id = rekey_planned_project.id
WHERE rekey_planned_project.rekey_action IN ('delete', 'drop', 'merge', 'replace');

-- Guards rekey_no_way_back_project, rekey_no_way_back_state, rekey_no_way_back_memory, rekey_no_way_back_interaction:
--   every row that the journal names would go back as it was. If the script stops here: look for what else writes these
--   rows: a trigger, a rule, a type that changes what is written. Where a trigger writes the time of the change,
--   declare stamped=Stamped.BY_THE_DATABASE; else take it away for the upgrade.
INSERT INTO rekey_guard (guard, said) SELECT 'rekey_no_way_back_project',
  format('projects: row %L (%s for %L) would not go back as it was: %s', rekey_back_project.key_0,
    rekey_back_project.action, rekey_back_project.canonical, rekey_drift.what)
FROM rekey_back_project LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back_project.drift
WHERE rekey_back_project.drift != 'untouched'
UNION ALL SELECT 'rekey_no_way_back_state',
  format('project_state: row %L (%s for %L) would not go back as it was: %s', rekey_back_state.key_0,
    rekey_back_state.action, rekey_back_state.canonical, rekey_drift.what)
FROM rekey_back_state LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back_state.drift
WHERE rekey_back_state.drift != 'untouched'
UNION ALL SELECT 'rekey_no_way_back_memory', format('memories: row %L (%s for %L) would not go back as it was: %s',
  rekey_back.key_0, rekey_back.action, rekey_back.canonical, rekey_drift.what)
FROM (SELECT rekey_becoming_memory.id AS key_0, rekey_becoming_memory.id AS now_0,
    rekey_becoming_memory.rekey_action AS action, rekey_becoming_memory.rekey_canonical AS canonical,
    CASE WHEN (memories.id IS NULL) THEN 'deleted'
      WHEN (NOT (((CAST(rekey_becoming_memory.rekey_new_0 AS TEXT) COLLATE "default") IS NOT DISTINCT FROM
          (CAST(memories.project AS TEXT) COLLATE "default"))
        AND ((CAST(rekey_becoming_memory.rekey_new_1 AS TEXT) COLLATE "default") IS NOT DISTINCT FROM
            (CAST(memories.status AS TEXT) COLLATE "default"))
        AND ((SELECT (jsonb_populate_record(rekey_typed.*, jsonb_build_object('updated_at',
          CAST((SELECT started_at FROM rekey_run
            WHERE id = (SELECT max(id) FROM rekey_run WHERE outcome IN ('applied', 'empty'))) AS TEXT)))).updated_at
          FROM memories AS rekey_typed LIMIT 1) IS NOT DISTINCT FROM memories.updated_at)
        AND (CAST(ROW(rekey_becoming_memory.id, rekey_becoming_memory.memory_type, rekey_becoming_memory.content,
          rekey_becoming_memory.confidence, rekey_becoming_memory.created_at) AS RECORD) OPERATOR(pg_catalog.*=)
            CAST(ROW(memories.id, memories.memory_type, memories.content, memories.confidence, memories.created_at
            ) AS RECORD)))) THEN 'edited'
      ELSE 'untouched' END AS drift,
    CASE WHEN (rekey_becoming_memory.rekey_action IN ('rekey', 'supersede')) THEN 1 ELSE 0 END AS moves
  FROM rekey_becoming_memory LEFT OUTER JOIN memories ON memories.id = rekey_becoming_memory.id) AS rekey_back
  LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back.drift
WHERE rekey_back.drift != 'untouched'
UNION ALL SELECT 'rekey_no_way_back_interaction',
  format('interactions: row %L (%s for %L) would not go back as it was: %s', rekey_back.key_0, rekey_back.action,
    rekey_back.canonical, rekey_drift.what)
FROM (SELECT rekey_becoming_interaction.id AS key_0, rekey_becoming_interaction.id AS now_0,
    rekey_becoming_interaction.rekey_action AS action, rekey_becoming_interaction.rekey_canonical AS canonical,
    CASE WHEN (interactions.id IS NULL) THEN 'deleted'
      WHEN (NOT (((CAST(rekey_becoming_interaction.rekey_new_0 AS TEXT) COLLATE "default") IS NOT DISTINCT FROM
          (CAST(interactions.project AS TEXT) COLLATE "default"))
        AND (CAST(ROW(rekey_becoming_interaction.id, rekey_becoming_interaction.prompt,
          rekey_becoming_interaction.response, rekey_becoming_interaction.client, rekey_becoming_interaction.session_id,
          rekey_becoming_interaction.created_at) AS RECORD) OPERATOR(pg_catalog.*=) CAST(ROW(interactions.id,
            interactions.prompt, interactions.response, interactions.client, interactions.session_id,
            interactions.created_at) AS RECORD)))) THEN 'edited'
      ELSE 'untouched' END AS drift,
    CASE WHEN (rekey_becoming_interaction.rekey_action IN ('rekey')) THEN 1 ELSE 0 END AS moves
  FROM rekey_becoming_interaction LEFT OUTER JOIN interactions ON interactions.id = rekey_becoming_interaction.id
) AS rekey_back
  LEFT OUTER JOIN rekey_drift ON rekey_drift.drift = rekey_back.drift
WHERE rekey_back.drift != 'untouched';

-- Drop what was noted.
DROP TABLE rekey_back_project;
DROP TABLE rekey_back_state;
DROP TABLE rekey_counted_before;
DROP TABLE rekey_tally;

-- Drop these names.
DROP VIEW rekey_drift, rekey_becoming_state, rekey_becoming_memory, rekey_becoming_interaction, rekey_becoming_project,
rekey_fired, rekey_moves, rekey_firing, rekey_keyed, rekey_planned_interaction, rekey_planned_memory,
rekey_planned_state, rekey_of_interaction, rekey_0_interaction, rekey_as_interaction, rekey_of_memory, rekey_0_memory,
rekey_as_memory, rekey_members_project, rekey_planned_project, rekey_group_project, rekey_ranked_project,
rekey_known_project, rekey_of_project, rekey_registered, rekey_0_project, rekey_as_project, rekey_tree, rekey_named,
rekey_part, rekey_declared, rekey_catalog, rekey_asked;

-- Record the revision that the database has now.
UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

-- Only the transaction that began above can be committed.
INSERT INTO rekey_whole (savepoints) VALUES (0);

-- All of it, or nothing.
COMMIT;

-- Show what was planned and done.
SELECT phase, name, value FROM rekey_count WHERE run_id = (SELECT max(id) FROM rekey_run)
ORDER BY CASE WHEN (rekey_count.phase = 'plan') THEN 0 ELSE 1 END, rekey_count.name;
