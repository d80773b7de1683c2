"""Claims about what refuses a plan: everything is told at once and nothing is changed, to the byte."""

import pytest

from examples import (
    CANONICAL,
    alembic_here,
    folded,
    memory,
    prepared,
    prepared_otherwise,
    projects,
    refuses,
    state,
)

pytestmark = pytest.mark.sqlite_first


@pytest.fixture
def collision(database, tmp_path):
    """A database whose upgrade is refused for one collision; its registry."""
    rows = {"projects": projects(c=CANONICAL, s="p05"), "project_state": [state("a", "c", "1"), state("b", "s", "2")]}
    return prepared(database, tmp_path, rows)


@pytest.mark.words
@pytest.mark.slow
def test_a_refusal_reaches_the_shell_as_words_on_standard_error_and_a_status(database, alembic, collision, report_dir):
    before = database.snapshot()
    ended = alembic(database, "upgrade", "head", registry=collision)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "FAILED: revision 0003 refuses to fold; nothing was changed.\nrekey_collision_state (2):\n" in ended.stderr
    assert "what to do: decide which value is right" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert database.snapshot() == before
    assert not report_dir.exists()


def test_a_collision_names_table_canonical_slot_and_both_rows(database, collision):
    said = "project_state: 'p05-interferometer' has a collision at category=decision, key=vendor: row "
    refuses(
        database,
        collision,
        f"{said}'a', active under 'p05-interferometer', says '1'",
        f"{said}'b', active under 'p05', says '2'",
    )


@pytest.mark.slow
def test_a_refusal_on_an_adopted_database_that_holds_every_kind_of_row_changes_nothing(database, tmp_path):
    rows = folded()
    rows["project_state"] += [state("x", "c", "1", key="taken"), state("y", "s", "2", key="taken")]
    refuses(database, prepared(database, tmp_path, rows, extra_columns=True), "rekey_collision_state (2)")


@pytest.mark.slow
def test_all_collisions_are_listed_with_values_that_hold_quotes_and_percent_signs(database, tmp_path):
    rows = []
    for number in range(25):
        rows += [
            state(f"a{number}", "c", f"{number}%s", key=f"k{number}"),
            state(f"b{number}", "s", "'", key=f"k{number}"),
        ]
    registry = prepared(database, tmp_path, {"projects": projects(c=CANONICAL, s="p05"), "project_state": rows})
    said = refuses(database, registry, "rekey_collision_state (50)")
    assert all(f"row 'a{number}'" in said and f"says '{number}%s'" in said for number in range(25))
    assert said.count("what to do") == 1


@pytest.mark.slow
def test_a_slot_that_is_nothing_but_null_is_told_as_such(database, tmp_path):
    rows = {
        "projects": projects(c=CANONICAL, s="p05"),
        "project_state": [state("a", "c", "1", key=None), state("b", "s", "2", key=None)],
    }
    registry = prepared_otherwise(database, tmp_path, rows, ("key TEXT NOT NULL", "key TEXT"))
    refuses(database, registry, "at category=decision, key=NULL: row 'a'")


@pytest.mark.slow
def test_two_rows_of_one_project_in_a_slot_that_a_shadow_touches_are_refused(database, tmp_path):
    rows = [state("s1", "s", "v"), state("s2", "s", "v")]
    written = {"projects": projects(c=CANONICAL, s="p05"), "project_state": rows}
    registry = prepared(database, tmp_path, written, unique_slots=False)
    said = "project_state: identity 's', of 'p05-interferometer', has 2 rows at category=decision, key=vendor"
    refuses(database, registry, "rekey_crowded_slot_state (1)", said)


@pytest.mark.slow
def test_two_rows_of_a_project_without_shadow_in_one_slot_are_its_own_affair(database, upgrade, tmp_path):
    rows = [state("c1", "c", "v"), state("c2", "c", "w")]
    written = {"projects": projects(c=CANONICAL, s="p05"), "project_state": rows}
    upgrade(database, prepared(database, tmp_path, written, unique_slots=False))
    assert database.rows("SELECT count(*) FROM project_state") == [(2,)]


def test_findings_of_several_kinds_are_all_listed_at_once(database, tmp_path):
    names = projects(c=CANONICAL, s="p05", x="p06-polisher", y="P06-Polisher", z="p06")
    rows = [
        *(state("a", "c", "1"), state("b", "s", "2")),
        *(state("d", "s", "1", key="crowd"), state("e", "s", "1", key="crowd")),
    ]
    written = {"projects": names, "project_state": rows}
    registry = prepared(database, tmp_path, written, unique_slots=False)
    database.execute("CREATE TABLE notes (id TEXT, project TEXT REFERENCES projects (id))")
    database.insert("notes", [{"id": "n", "project": "s"}])
    refuses(
        database,
        registry,
        "rekey_two_canonical_rows_project (2)",
        "rekey_collision_state (2)",
        "rekey_crowded_slot_state (1)",
        "rekey_attached_project_",
        "notes: 1 rows hang on projects row 's'",
    )


# The shape of the tables.


@pytest.mark.slow
def test_rows_of_tables_with_a_generated_column_go_and_come_back(database, upgrade, downgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    kind = {"sqlite": "VIRTUAL", "postgresql": "STORED"}[database.dialect]
    for table in ("projects", "project_state"):
        database.execute(f"ALTER TABLE {table} ADD COLUMN shout TEXT GENERATED ALWAYS AS (upper(id)) {kind}")
    before = [database.table(name) for name in ("projects", "project_state")]
    upgrade(database, registry)
    assert before != [database.table(name) for name in ("projects", "project_state")]
    downgrade(database, registry, "0002")
    assert before == [database.table(name) for name in ("projects", "project_state")]


@pytest.mark.slow
def test_a_generated_column_of_a_table_whose_rows_only_change_is_no_obstacle(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    kind = {"sqlite": "VIRTUAL", "postgresql": "STORED"}[database.dialect]
    database.execute(f"ALTER TABLE memories ADD COLUMN shout TEXT GENERATED ALWAYS AS (upper(id)) {kind}")
    upgrade(database, registry)
    assert database.rows("SELECT DISTINCT shout FROM memories WHERE id = 'm1'") == [("M1",)]


@pytest.mark.parametrize("reached", ["0001", "0002"])
def test_a_missing_table_is_refused_by_name_whoever_would_read_it_first(database, tmp_path, upgrade, reached):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry, reached)
    database.execute("ALTER TABLE memories RENAME TO remembered; ALTER TABLE interactions RENAME TO acted")
    refuses(
        database,
        registry,
        "rekey_missing_table (2):",
        "the database has no table memories, which the revision declares",
        "the database has no table interactions, which the revision declares",
        "look at the url",
    )


def test_a_missing_column_is_refused_by_name(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    database.execute("ALTER TABLE projects DROP COLUMN updated_at; ALTER TABLE memories DROP COLUMN status")
    refuses(
        database,
        registry,
        "projects: the revision declares column 'updated_at', and the database does not have it",
        "memories: the revision declares column 'status', and the database does not have it",
    )


@pytest.mark.slow
def test_columns_named_like_the_journals_own_are_refused_by_name(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    said = []
    for table, column in (("memories", "rekey_action"), ("projects", "rekey_canonical"), ("interactions", "rekey_run")):
        database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")
        said.append(f"{table}: column '{column}' is named like one of the journal's own")
    refuses(database, registry, "rekey_reserved_name (3)", *said)


@pytest.mark.slow
def test_a_journal_that_no_longer_has_the_shape_of_its_table_is_refused(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry, "0002")
    database.execute("ALTER TABLE projects ADD COLUMN late TEXT")
    said = "column 'late' differs in rekey_journal_projects, which every spec of the table shares: the journal lacks it"
    refuses(database, registry, "rekey_journal_shape", said)


@pytest.mark.slow
def test_a_refusal_leaves_what_earlier_upgrades_made(database, upgrade, collision):
    upgrade(database, collision, "0002")
    refuses(database, collision, "rekey_collision_state")
    assert database.rows("SELECT version_num FROM alembic_version") == [("0002",)]
    assert database.rows("SELECT count(*) FROM rekey_run") == [(0,)]


@pytest.mark.slow
def test_what_was_refused_passes_once_a_person_has_decided(database, upgrade, collision):
    refuses(database, collision, "rekey_collision_state")
    database.execute("UPDATE project_state SET status = 'superseded' WHERE id = 'b'")
    upgrade(database, collision)
    assert database.rows("SELECT id, value FROM project_state") == [("a", "1")]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_refusal_on_a_database_in_wal_mode_leaves_the_file_and_its_mode(database, collision):
    database.execute("PRAGMA journal_mode = WAL")
    refuses(database, collision, "rekey_collision_state")
    assert database.rows("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.slow
def test_a_refusal_after_the_cache_had_spilled_to_disk_leaves_every_byte(database, tmp_path):
    rows = folded()
    rows["memories"] = [memory(f"m{number}", "p05", "x" * 2000 + str(number)) for number in range(3000)]
    rows["project_state"] += [state("x", "c", "1", key="taken"), state("y", "s", "2", key="taken")]
    refuses(database, prepared(database, tmp_path, rows), "rekey_collision_state (2)")


@pytest.mark.words
@pytest.mark.slow
def test_asking_where_a_database_stands_needs_no_registry(database, upgrade, tmp_path):
    upgrade(database, prepared(database, tmp_path, folded()))
    ended = alembic_here("current", url=database.url, registry=tmp_path / "nowhere.json")
    assert (ended.code, ended.out) == (0, "0003 (head)\n")
