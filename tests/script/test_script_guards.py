"""Every guard of a script stops the real shells by name, and then the database is as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import legacy
from alembic_rekey.guard.wording.wording import WORDING
from databases import DIALECTS, Database, PostgreSQLDatabase
from scripts import REGISTRY, SAMPLE, generated, once
from shells import stopped_at

Change = Callable[[Database], None]


def sql(statement: str) -> Change:
    return lambda database: database.execute(statement)


def state(database: Database, **row: object) -> None:
    legacy.insert(database, "project_state", [{"category": "c", "key": "k", "value": "v", "status": "active", **row}])


def crowd(database: Database) -> None:
    state(database, id="crowd-1", project_id="shadow", key="crowded")
    state(database, id="crowd-2", project_id="shadow", key="crowded")


def collide(database: Database) -> None:
    state(database, id="live-1", project_id="shadow", key="vendor", value="one")
    state(database, id="live-2", project_id="canonical", key="vendor", value="two")


def trigger(table: str, event: str, action: str, *, instead: bool = False) -> Change:
    """A trigger that does `action` once something happens to a row of `table`, or lets nothing happen."""

    def create(database: Database) -> None:
        moment = "BEFORE" if instead else "AFTER"
        if database.dialect == "sqlite":
            database.execute(
                f"CREATE TRIGGER meddle {moment} {event} ON {table} BEGIN"
                f" {'SELECT RAISE(IGNORE)' if instead else action}; END"
            )
        else:
            body = "RETURN NULL;" if instead else f"{action}; RETURN NULL;"
            database.execute(f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$")
            database.execute(
                f"CREATE TRIGGER meddle {moment} {event} ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()"
            )

    return create


def without_foreign_key(database: Database) -> None:
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE project_state DROP CONSTRAINT project_state_project_id_fkey")


def generated_column(database: Database) -> None:
    """A column that the revision declares as one that is stored."""
    kind = "VIRTUAL" if database.dialect == "sqlite" else "STORED"
    database.execute("ALTER TABLE memories DROP COLUMN content")
    database.execute(f"ALTER TABLE memories ADD COLUMN content TEXT GENERATED ALWAYS AS (upper(memory_type)) {kind}")


def always_made(database: Database) -> None:
    """A column that a created row is given."""
    kind = "VIRTUAL" if database.dialect == "sqlite" else "STORED"
    database.execute("ALTER TABLE projects DROP COLUMN description")
    database.execute(f"ALTER TABLE projects ADD COLUMN description TEXT GENERATED ALWAYS AS (upper(name)) {kind}")


def redefined(database: Database, table: str, before: str, after: str) -> None:
    """Makes a table of SQLite anew, its definition changed, with its rows."""
    ((definition,),) = database.rows("SELECT sql FROM sqlite_schema WHERE name = ?", (table,))
    assert before in definition
    changed = definition.replace(before, after, 1).replace(table, "others", 1)
    columns = ", ".join(name for (name,) in database.rows("SELECT name FROM pragma_table_info(?)", (table,)))
    database.execute(
        f"{changed}; INSERT INTO others ({columns}) SELECT * FROM {table}; DROP TABLE {table};"
        f"ALTER TABLE others RENAME TO {table}"
    )


def otherwise(table: str, before: str, after: str, on_postgresql: str) -> Change:
    """Declares something of a table otherwise: by its text, or by a statement where that can be altered."""

    def change(database: Database) -> None:
        if database.dialect == "postgresql":
            database.execute(f"ALTER TABLE {table} {on_postgresql}")
        else:
            redefined(database, table, before, after)

    return change


def needed_column(database: Database) -> None:
    if database.dialect == "postgresql":
        database.execute("ALTER TABLE projects ADD COLUMN needed TEXT NOT NULL DEFAULT ''")
        database.execute("ALTER TABLE projects ALTER COLUMN needed DROP DEFAULT")
        return
    (definition,) = database.rows("SELECT sql FROM sqlite_schema WHERE name = 'projects'")[0]
    database.execute(
        f"{definition.replace('projects', 'others', 1).rstrip(')')}, needed TEXT NOT NULL);"
        "INSERT INTO others SELECT *, '' FROM projects; DROP TABLE projects; ALTER TABLE others RENAME TO projects"
    )


def without_all_rights(database: Database) -> None:
    """Whoever connects from now on has the rights of a role that every server has, and that owns nothing."""
    assert isinstance(database, PostgreSQLDatabase)
    database.execute(f"ALTER DATABASE {database.name} SET role = 'pg_monitor'")


def only_read(database: Database) -> None:
    """Whoever connects from now on writes only where it says so."""
    assert isinstance(database, PostgreSQLDatabase)
    database.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")


def temporary_first(database: Database) -> None:
    """Whoever connects from now on makes its tables in a schema that goes with the session."""
    assert isinstance(database, PostgreSQLDatabase)
    database.execute(f"ALTER DATABASE {database.name} SET search_path = pg_temp, public")


def overwriting(table: str, column: str, value: str) -> Change:
    """A trigger that writes something else into a row than the run does.

    That of SQLite can but write once more; that of PostgreSQL changes what is written.
    """

    def create(database: Database) -> None:
        if database.dialect == "sqlite":
            database.execute(
                f"CREATE TRIGGER meddle AFTER UPDATE ON {table}"
                f" BEGIN UPDATE {table} SET {column} = {value} WHERE id = NEW.id; END"
            )
        else:
            database.execute(
                "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$BEGIN NEW.{column} := {value}; RETURN NEW; END$$;"
                f"CREATE TRIGGER meddle BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()"
            )

    return create


@dataclass(frozen=True)
class Case:
    """What provokes a guard, and the name that the shell must print."""

    name: str
    changes: tuple[Change, ...] = ()
    at: str | None = None
    """The revision that the database is upgraded to first; `changes` come after that."""
    range: str = "head"
    registry: dict[str, list[str]] = field(default_factory=lambda: REGISTRY)
    settings: dict[str, str] = field(default_factory=dict)
    on_sqlite: str | None = None
    """The name there, if it is another one."""
    unique_slots: bool = True
    only: str | None = None
    """The one database that has such a thing."""


HANGS = "CREATE TABLE notes (id INTEGER, hangs_on TEXT REFERENCES {}); INSERT INTO notes VALUES (1, '{}')"
AFTER_ALL = ("interactions", "UPDATE")
"""Interactions change last but for the deletion of the shadows."""
WITHOUT_KEY = otherwise("interactions", "id TEXT PRIMARY KEY", "id TEXT", "DROP CONSTRAINT interactions_pkey")

CASES = {
    "a collision": Case("rekey_collision_state", (collide,)),
    "two canonical rows": Case(
        "rekey_two_canonical_rows_project",
        (sql("INSERT INTO projects (id, name) VALUES ('second', ' p05-Interferometer')"),),
    ),
    "a crowded slot": Case("rekey_crowded_slot_state", (crowd,), unique_slots=False),
    "rows of an unknown table on a shadow": Case(
        "rekey_attached_project",
        (sql(HANGS.format("projects (id) ON DELETE CASCADE", "shadow")),),
        on_sqlite="rekey_foreign_key_broken",
    ),
    "rows of an unknown table on the name of a shadow": Case(
        "rekey_attached_project",
        (sql(HANGS.format("projects (name) ON UPDATE CASCADE", "p05")),),
        on_sqlite="rekey_foreign_key_broken",
    ),
    "rows of ours that refer by name to a row that is renamed": Case(
        "rekey_attached_by_name_project",
        (
            sql("UPDATE projects SET name = ' P05-Interferometer' WHERE id = 'canonical'"),
            sql("UPDATE memories SET project = ' P05-Interferometer'"),
            sql("ALTER TABLE memories ADD FOREIGN KEY (project) REFERENCES projects (name)"),
        ),
        only="postgresql",
    ),
    "rows of an unknown table on a slot that is merged": Case(
        "rekey_attached_state",
        (sql(HANGS.format("project_state (id) ON DELETE SET NULL", "same-1")),),
        on_sqlite="rekey_foreign_key_broken",
    ),
    "a column that the journal lacks": Case(
        "rekey_journal_shape", (sql("ALTER TABLE memories ADD COLUMN later TEXT"),), "0002", "0002:0003"
    ),
    "a table that is not there": Case(
        "rekey_missing_table", (sql("ALTER TABLE memories RENAME TO remembered"),), "0002", "0002:0003"
    ),
    "a table that is not there for a journal": Case(
        "rekey_missing_table", (sql("ALTER TABLE memories RENAME TO remembered"),), "0001", "0001:0002"
    ),
    "a column that is not there": Case(
        "rekey_missing_column",
        (sql("ALTER TABLE projects RENAME COLUMN description TO about"),),
        "0002",
        "0002:0003",
    ),
    "a column that a created row would lack": Case("rekey_unfilled_column_project", (needed_column,)),
    "a column that is written, and that the database makes": Case("rekey_always_made", (always_made,)),
    "a generated column": Case("rekey_generated_column", (generated_column,)),
    "a search path that makes tables temporary": Case("rekey_temporary_schema", (temporary_first,), only="postgresql"),
    "a column with a name of the journal": Case(
        "rekey_reserved_name", (sql("ALTER TABLE projects ADD COLUMN rekey_canonical TEXT"),)
    ),
    "a database that is further": Case("rekey_version", at="0002"),
    "a database that is not so far": Case("rekey_version", at="0001", range="0002:0003"),
    "a database without any revision": Case("rekey_version", range="0002:0003"),
    "an empty plan that is not allowed": Case(
        "rekey_plan_is_empty", registry={"elsewhere": ["nowhere"]}, settings={"allow_empty": "false"}
    ),
    "an account that only reads by default": Case("rekey_read_only", (only_read,), only="postgresql"),
    "a trigger that adds a row": Case(
        "rekey_unaccounted",
        (trigger(*AFTER_ALL, "INSERT INTO memories (id, memory_type, content) VALUES (NEW.id, NEW.id, NEW.id)"),),
    ),
    "a trigger that deletes a row": Case(
        "rekey_unaccounted", (trigger(*AFTER_ALL, "DELETE FROM memories WHERE id = NEW.id OR id = 'm1'"),)
    ),
    "a trigger that deletes rows of an unknown table": Case(  # Case 04
        "rekey_unaccounted",
        (
            sql("CREATE TABLE files (project TEXT); INSERT INTO files VALUES ('shadow'), ('other')"),
            trigger("projects", "DELETE", "DELETE FROM files WHERE project = OLD.id"),
        ),
    ),
    "a trigger on updates of a table with a column that is not declared": Case(
        "rekey_trigger_undeclared",
        (sql("ALTER TABLE interactions ADD COLUMN later TEXT"), trigger(*AFTER_ALL, "SELECT 1")),
    ),
    "a trigger that fires on the way back alone": Case(
        "rekey_trigger_on_way_back", (trigger("project_state", "INSERT", "SELECT 1"),)
    ),
    "a trigger that lets no row change": Case(
        "rekey_unaccounted", (trigger(*AFTER_ALL, "", instead=True),), on_sqlite="rekey_count_differs"
    ),
    "a trigger that keeps the name of a misspelt canonical": Case(
        "rekey_shadow_left_project",
        (
            sql("INSERT INTO projects (id, name) VALUES ('misspelt', 'P06-Polisher')"),
            sql("DELETE FROM project_state WHERE id = 'orphans'"),
            overwriting("projects", "name", "OLD.name"),
        ),
        on_sqlite="rekey_unaccounted",
    ),
    "a trigger that keeps an alias": Case(
        "rekey_alias_left_memory", (overwriting("memories", "project", "OLD.project"),), on_sqlite="rekey_unaccounted"
    ),
    "a trigger that writes an alias back at the very end": Case(
        "rekey_unaccounted",
        (trigger("projects", "DELETE", "UPDATE interactions SET project = OLD.name"),),
    ),
    "a trigger that keeps a row on a shadow": Case(
        "rekey_owner_lost_state",
        (without_foreign_key, overwriting("project_state", "project_id", "OLD.project_id")),
        on_sqlite="rekey_unaccounted",
    ),
    "a view in place of a table": Case(
        "rekey_not_a_table",
        (sql("ALTER TABLE memories RENAME TO stored; CREATE VIEW memories AS SELECT * FROM stored"),),
        "0002",
        "0002:0003",
    ),
    "a column of names that holds numbers": Case(
        "rekey_not_text",
        (
            sql("DELETE FROM interactions"),
            sql("DROP INDEX idx_interactions_project"),
            otherwise(
                "interactions",
                "project TEXT DEFAULT ''",
                "project INTEGER",
                "ALTER project DROP DEFAULT, ALTER project TYPE INTEGER USING NULL",
            ),
        ),
    ),
    "a part of a table on another server": Case(
        "rekey_foreign_partition",
        (
            sql("CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing"),
            sql("CREATE FOREIGN TABLE there () INHERITS (memories) SERVER elsewhere"),
        ),
        "0002",
        "0002:0003",
        only="postgresql",
    ),
    "a table that inherits": Case(
        "rekey_inherited", (sql("CREATE TABLE retired (since INTEGER) INHERITS (projects)"),), only="postgresql"
    ),
    "a rule": Case(
        "rekey_rewritten",
        (sql("CREATE RULE aside AS ON UPDATE TO memories DO INSTEAD NOTHING"),),
        only="postgresql",
    ),
    "rows that the account does not see": Case(
        "rekey_row_security",
        (
            sql("GRANT ALL ON SCHEMA public TO pg_monitor; GRANT ALL ON ALL TABLES IN SCHEMA public TO pg_monitor"),
            sql("ALTER TABLE memories ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON memories USING (false)"),
            without_all_rights,
        ),
        "0002",
        "0002:0003",
        only="postgresql",
    ),
    "a constraint that older rows may not fulfil": Case(
        "rekey_not_validated",
        (sql("ALTER TABLE memories ADD CONSTRAINT long CHECK (length(content) > 99) NOT VALID"),),
        only="postgresql",
    ),
    "a row from before a check of its table": Case(
        "rekey_check_broken",
        (
            sql(
                "PRAGMA ignore_check_constraints = ON; ALTER TABLE projects ADD COLUMN mail TEXT CHECK (mail = 'a');"
                "UPDATE projects SET mail = 'b'"
            ),
        ),
        only="sqlite",
    ),
    "a row that spells the key of a shadow otherwise": Case(
        "rekey_spelt_otherwise_state",
        (
            otherwise("projects", "id TEXT PRIMARY KEY", "id TEXT COLLATE NOCASE PRIMARY KEY", ""),
            sql("UPDATE project_state SET project_id = 'SHADOW' WHERE project_id = 'shadow'"),
        ),
        only="sqlite",
    ),
    "a row that refers to a canonical which is made only now": Case(
        "rekey_foreign_key_mended", (sql(HANGS.format("projects (name)", "p06-polisher")),), only="sqlite"
    ),
    "a word of the spec that is no label of the database's enum": Case(
        "rekey_no_label",
        (
            sql("CREATE TYPE said AS ENUM ('active'); UPDATE memories SET status = 'active'"),
            sql("ALTER TABLE memories ALTER COLUMN status DROP DEFAULT, ALTER status TYPE said USING status::said"),
        ),
        only="postgresql",
    ),
    "a column that refers to a key of another type": Case(
        "rekey_reference_type",
        (
            sql("ALTER TABLE project_state DROP CONSTRAINT project_state_project_id_fkey"),
            sql("ALTER TABLE project_state ALTER project_id TYPE bytea USING convert_to(project_id, 'UTF8')"),
        ),
        only="postgresql",
    ),
    "a published table without a replica identity": Case(
        "rekey_no_replica_identity",
        (
            sql("ALTER TABLE memories REPLICA IDENTITY NOTHING"),
            sql("CREATE PUBLICATION outside FOR TABLE memories"),
        ),
        only="postgresql",
    ),
    "names that are unique per tenant": Case(
        "rekey_name_of_several",
        (
            otherwise("projects", "NOT NULL UNIQUE", "NOT NULL", "DROP CONSTRAINT projects_name_key"),
            sql("CREATE UNIQUE INDEX in_tenant ON projects (description, name)"),
        ),
    ),
    "a key of two rows": Case(
        "rekey_key_not_unique_interaction",
        (WITHOUT_KEY, sql("INSERT INTO interactions (id, prompt) VALUES ('i1', 'again')")),
    ),
    "a row without a key": Case(
        "rekey_key_is_null_interaction",
        (
            WITHOUT_KEY,
            otherwise("interactions", "id TEXT", "id TEXT NULL", "ALTER id DROP NOT NULL"),
            sql("INSERT INTO interactions (id, prompt) VALUES (NULL, 'nobody')"),
        ),
    ),
    "no row in force": Case(
        "rekey_no_row_is_active_state",
        (
            sql("UPDATE project_state SET status = 'live'"),
            sql("UPDATE project_state SET value = 'two' WHERE id = 'same-1'"),
        ),
    ),
    "a text that is no time": Case(
        "rekey_unreadable_time_memory", (sql("UPDATE memories SET updated_at = 'soon' WHERE id = 'm1'"),), only="sqlite"
    ),
    "a text for times": Case(
        "rekey_time_type",
        (sql("ALTER TABLE memories ALTER updated_at DROP DEFAULT, ALTER updated_at TYPE TEXT"),),
        only="postgresql",
    ),
    "a trigger that changes more of a row": Case(
        "rekey_no_way_back_memory", (overwriting("memories", "content", "'meddled'"),), on_sqlite="rekey_unaccounted"
    ),
    "a journal that keeps numbers as texts": Case(
        "rekey_no_way_back_memory",
        (
            otherwise("memories", "content TEXT", "content", ""),
            sql("UPDATE memories SET content = 7 WHERE id = 'm1'"),
        ),
        "0002",
        "0002:0003",
        only="sqlite",
    ),
}


def arranged(database: Database, case: Case, registry: Path, upgrade: Callable[..., None]) -> str:
    """Makes the database of a case; returns the script."""
    database.reset()
    legacy.create(database, unique_slots=case.unique_slots)
    legacy.fill(database, SAMPLE)
    legacy.write_registry(registry, case.registry)
    if case.at:
        upgrade(database, registry, case.at)
    for change in case.changes:
        change(database)
    return once(generated, database.url, registry, case.range, **case.settings)


BY_DATABASE = [
    pytest.param(dialect, case, id=f"{dialect}-{name}")
    for dialect in DIALECTS
    for name, case in CASES.items()
    if case.only in (None, dialect)
]


@pytest.mark.every_case
@pytest.mark.slow
@pytest.mark.parametrize(("reused_database", "case"), BY_DATABASE, indirect=["reused_database"])
def test_the_shell_stops_says_which_guard_it_was_and_the_database_is_as_it_was(
    reused_database, registry_path, upgrade, case
):
    database = reused_database
    script = arranged(database, case, registry_path, upgrade)
    name = (case.on_sqlite if database.dialect == "sqlite" else None) or case.name
    before = database.snapshot()
    outcome = database.run_script(script.encode("ascii"))
    assert outcome.returncode != 0
    assert stopped_at(outcome) == [name], outcome.stderr.decode()
    assert before == database.snapshot()
    # A reader finds the guard and what to do about it.
    comments = re.sub("\n-- +", " ", script)
    assert re.search(rf"Guards? [^:]*\b{name}\b[^:]*: .*\. If the script stops here: ", comments)


@pytest.mark.slow
def test_every_kind_of_guard_that_a_script_holds_is_provoked_above(registry_path):
    legacy.write_registry(registry_path, REGISTRY)
    urls = ("sqlite:///nowhere.db", "postgresql+psycopg://host.invalid/nothing")
    scripts = [generated(url, registry_path, allow_empty="false") for url in urls]
    held = {name for script in scripts for name in re.findall(r"-- Guards? (rekey_\w+)", script)}
    held.remove("rekey_script_whole")  # test_script_shells.py
    provoked = {name for case in CASES.values() for name in (case.name, case.on_sqlite) if name}
    assert {kind_of(name) for name in held} == {kind_of(name) for name in provoked}


def kind_of(name: str) -> str:
    return max((kind for kind in WORDING if name.removeprefix("rekey_").startswith(kind)), key=len)


@pytest.mark.slow
def test_a_guard_shows_twenty_findings_in_words_and_no_control_characters(reused_database, registry_path, upgrade):
    changes = [sql("INSERT INTO projects (id, name) VALUES ('second', ' p05-Interferometer')")]
    # Row 25 has an escape, a line break and an override; its letters beyond ASCII can be read.
    hostile = ["char(27) || '[2J' || char(10) || char(8238) || 'gr\u00f6\u00dfe'"] + [f"'{n:02}'" for n in range(24)]
    for value in hostile:
        written = value if reused_database.dialect == "sqlite" else value.replace("char(", "chr(")
        key = f"'p05' || {written}"
        changes += [
            sql(f"INSERT INTO projects (id, name) VALUES ({key}, {key})"),
            sql(
                "INSERT INTO project_state (id, project_id, category, key, value, status) "
                f"VALUES ({key} || 'a', 'canonical', 'c', {key}, 'one', 'active'), "
                f"({key} || 'b', 'shadow', 'c', {key}, 'two', 'active')"
            ),
        ]
    script = arranged(reused_database, Case("", tuple(changes[1:])), registry_path, upgrade)
    outcome = reused_database.run_script(script.encode("ascii"))
    said = outcome.stdout.decode() + outcome.stderr.decode()
    shown = [line for line in said.splitlines() if "has a collision at category=c, key=p05" in line]
    assert 20 == len(shown)
    assert re.search(r"guard rekey_collision_state found 50\b|They are 50 findings in all", said)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "key=p05\\x1b[2J\\x0a\\xe280aegr\u00f6\u00dfe" in said
    quoted = "'p05-interferometer' has a collision at category=c, key=p0500: row 'p0500a', active under"
    assert any(quoted in line for line in shown)


@pytest.mark.slow
def test_a_guard_that_finds_nothing_prints_nothing(reused_database, registry_path, upgrade):
    script = arranged(reused_database, Case(""), registry_path, upgrade)
    printed = reused_database.run_script(script.encode("ascii")).stdout.decode()
    assert "rekey_" not in re.sub("rekey_rows|_rekey", "", printed)


@pytest.mark.sqlite_first
def test_a_script_that_ran_is_refused_the_second_time(reused_database, registry_path, upgrade):
    database = reused_database
    script = arranged(database, Case("rekey_version"), registry_path, upgrade).encode()
    assert database.run_script(script).returncode == 0
    before = database.snapshot()
    second = database.run_script(script)
    assert second.returncode != 0
    assert b"rekey_version" in second.stderr
    assert before == database.snapshot()


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_without_on_error_stop_psql_applies_nothing_either(database, registry_path, upgrade):
    script = arranged(database, CASES["a collision"], registry_path, upgrade)
    before = database.snapshot()
    outcome = database.run_script(b"\\unset ON_ERROR_STOP\n" + script.encode())
    assert stopped_at(outcome) == ["rekey_collision_state"]
    assert before == database.snapshot()
    assert "Without ON_ERROR_STOP" in script.split("BEGIN")[0]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_foreign_key_that_led_nowhere_before_stops_nothing(database, registry_path, upgrade):
    dangling = sql(HANGS.format("projects (id)", "nobody"))
    script = arranged(database, Case("", (dangling,)), registry_path, upgrade)
    assert database.run_script(script.encode()).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_cascade_takes_rows_along_where_the_session_has_foreign_keys_on(database, registry_path, upgrade):
    script = arranged(database, CASES["rows of an unknown table on a shadow"], registry_path, upgrade)
    before = database.snapshot()
    outcome = database.run_script(b"PRAGMA foreign_keys = ON;\n" + script.encode())
    assert stopped_at(outcome) == ["rekey_foreign_key_broken"]
    assert outcome.returncode != 0
    assert before == database.snapshot()


@dataclass(frozen=True)
class Elsewhere:
    """Stands for a database that nobody may connect to."""

    url: str


@pytest.mark.sqlite_first
@pytest.mark.parametrize(
    ("fault", "url"),
    [
        ("missing", "postgresql+psycopg://nobody@host.invalid/nothing"),
        ("double", "sqlite:///nowhere.db"),
        ("not json", "postgresql+psycopg://nobody@host.invalid/nothing"),
    ],
)
def test_what_only_python_can_see_is_refused_with_nothing_on_standard_output(alembic, registry_path, fault, url):
    if fault == "double":
        legacy.write_registry(registry_path, {"one": ["both"], "two": ["both"]})
    elif fault == "not json":
        registry_path.write_text("{", encoding="utf-8")
    made = alembic(Elsewhere(url), "upgrade", "head", "--sql")
    assert made.returncode != 0
    assert made.stdout == ""
    assert "FAILED: the registry" in made.stderr
    assert "Traceback" not in made.stderr
