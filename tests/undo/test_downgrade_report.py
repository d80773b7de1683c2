"""`-x report=FILE` restores a database without its side tables, and refuses every file that it is not for."""

import json
import os

import pytest

from alembic_rekey.report import reading
from commands import rekey_here
from damage import REWRITTEN, damaged, forged
from examples import alembic_here, interaction, refuses
from legacy import TABLES, create
from scripts import generated
from ways_back import drop_side_tables, everything, everything_folded, fold


@pytest.fixture(scope="module")
def folded(reused_database, upgrade, downgrade, tmp_path_factory):
    """A database that was folded, for tests that change nothing in it."""
    return everything_folded(reused_database, tmp_path_factory.mktemp("folded"), upgrade, downgrade)


@pytest.fixture
def own(database, upgrade, downgrade, tmp_path):
    """One to change."""
    return everything_folded(database, tmp_path, upgrade, downgrade)


def refuses_file(folded, path, *said):
    return refuses(folded.database, folded.registry, *said, arguments="downgrade -1", report=path)


# What it restores.


@pytest.mark.slow
def test_it_restores_where_the_side_tables_know_the_run_and_then_no_run_is_open(own):
    own.downgrade(own.database, own.registry, report=own.report)
    assert own.holds_what_it_held()
    assert own.database.rows("SELECT id, outcome FROM rekey_run ORDER BY id") == [(1, "restored"), (2, "restored")]


@pytest.mark.slow
def test_so_it_does_for_a_run_that_touched_nothing(database, upgrade, downgrade, tmp_path):
    folded = fold(database, tmp_path, {"interactions": [interaction("i", "atlas")]}, upgrade, downgrade)
    downgrade(database, folded.registry, report=folded.report)
    assert database.rows("SELECT id, outcome FROM rekey_run ORDER BY id") == [(1, "restored"), (2, "restored")]


def copied(database, folded, rows):
    """Another database with the four tables as they are after the upgrade, at the same revision and nothing else."""
    database.reset()
    create(database)
    for table in TABLES:
        database.insert(table, rows[table])
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    database.execute("INSERT INTO alembic_version VALUES ('0003')")


def test_it_restores_a_database_that_came_from_elsewhere_without_any_side_table(own):
    rows = {table: own.database.table(table) for table in TABLES}
    copied(own.database, own, rows)
    own.downgrade(own.database, own.registry, report=own.report)
    assert own.holds_what_it_held()
    assert own.database.rows("SELECT id, revision, outcome FROM rekey_run") == [(1, "0003", "restored")]


@pytest.mark.slow
def test_a_report_that_was_rebuilt_from_the_journal_of_a_script_restores_too(
    reused_database, upgrade, downgrade, tmp_path
):
    reused_database.reset()
    folded = fold(reused_database, tmp_path, everything(), lambda *_, **__: None, downgrade)
    script = generated(reused_database.url, folded.registry).encode()
    assert reused_database.run_script(script).returncode == 0
    said = rekey_here(reused_database, folded.registry, "report")
    assert said.status == 0, said
    rebuilt = tmp_path / "rebuilt.json"
    rebuilt.write_text(said.out)
    drop_side_tables(reused_database)
    downgrade(reused_database, folded.registry, report=rebuilt)
    assert folded.holds_what_it_held()


@pytest.mark.slow
def test_drift_counts_here_as_well(own):
    own.database.execute("UPDATE memories SET content = 'new' WHERE id = 'rekeyed'")
    drop_side_tables(own.database)
    refuses_file(own, own.report, "row 'rekeyed' (rekey for 'p06-polisher'): it was edited since the upgrade")
    own.downgrade(own.database, own.registry, report=own.report, on_drift="keep")
    own.database.execute("UPDATE memories SET content = 'a fact', project = 'p06' WHERE id = 'rekeyed'")
    own.database.execute("UPDATE memories SET updated_at = created_at WHERE id = 'rekeyed'")
    assert own.holds_what_it_held()


# What it refuses.


def test_a_file_that_is_not_there_or_no_file_is_refused(folded, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    refuses_file(folded, tmp_path / "nowhere.json", "nowhere.json: it cannot be read: No such file", "unchanged")
    refuses_file(folded, tmp_path, "cannot be read: Is a directory")
    refuses_file(folded, fifo, "it is no regular file")
    refuses_file(folded, "/dev/zero", "it is no regular file")


@pytest.mark.words
@pytest.mark.slow
def test_every_damage_is_refused(folded, tmp_path):
    for damage, content in damaged(folded.report.read_bytes()).items():
        path = tmp_path / "damaged.json"
        path.write_bytes(content)
        assert "what to do: name the file that the upgrade wrote" in refuses_file(folded, path), damage


@pytest.mark.words
@pytest.mark.slow
def test_every_forgery_is_refused(folded, tmp_path):
    for change in REWRITTEN.values():
        path = tmp_path / "forged.json"
        path.write_bytes(forged(folded.report, change))
        refuses_file(folded, path)


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("format 2", "its format is 2, and this version reads format 1"),
        ("a dry run", "it reports no upgrade that was made"),
        ("another revision", "it is for revision 0009, not for 0003"),
        ("other tables", "it is for other tables than projects"),
        ("another column", "its rows of projects have other columns than the table"),
        ("an unknown action", "one of its entries has no action"),
        ("a run that began yesterday", ""),
    ],
)
def test_the_refusal_says_what_is_wrong_with_a_sealed_file(folded, tmp_path, name, said):
    path = tmp_path / "forged.json"
    path.write_bytes(forged(folded.report, REWRITTEN[name]))
    assert str(path) in refuses_file(folded, path, said)


@pytest.mark.words
@pytest.mark.slow
def test_a_line_that_is_too_long_is_refused(folded, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES_OF_A_LINE", 100)
    refuses_file(folded, folded.report, "one of its lines is longer than 100 bytes")


@pytest.mark.slow
def test_the_report_of_a_dry_run_is_refused(own, tmp_path):
    made = rekey_here(own.database, own.registry, "plan", "--json", reports=tmp_path / "dry")
    (report,) = (tmp_path / "dry").glob("*.json")
    assert json.loads(report.read_bytes()) == made.document
    refuses_file(own, report, "it reports no upgrade that was made (its mode is not 'apply')")


@pytest.mark.slow
@pytest.mark.parametrize("change", ["ADD COLUMN later TEXT", "DROP COLUMN description"])
def test_a_table_that_changed_since_is_refused(own, change):
    drop_side_tables(own.database)
    own.database.execute(f"ALTER TABLE projects {change}")
    refuses_file(own, own.report, "its rows of projects have other columns than the table")


@pytest.mark.slow
def test_a_report_is_refused_while_another_run_is_open(own, upgrade):
    first = own.report
    own.back()
    upgrade(own.database, own.registry)
    refuses_file(own, first, "run 2 of this database was not restored and is another one; restore that first")


@pytest.mark.slow
def test_a_report_of_another_database_changes_nothing(own, upgrade, tmp_path):
    other = own.report
    rows = {table: own.database.table(table) for table in TABLES}
    for row in rows["projects"]:
        row["id"] = f"other {row['id']}"
    for row in rows["project_state"]:
        row["project_id"] = f"other {row['project_id']}"
    copied(own.database, own, rows)
    refuses_file(own, other, "on_drift=keep")


@pytest.mark.words
@pytest.mark.slow
def test_a_script_refuses_to_restore_from_a_file(own):
    ended = alembic_here("downgrade", "head:-1", "--sql", url=own.database.url, report=own.report)
    assert (ended.code, ended.out) == (1, "")
    assert "FAILED: setting report: a script restores from the journal." in ended.err
