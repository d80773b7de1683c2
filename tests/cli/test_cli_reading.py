"""Claims that `plan`, `runs` and `report` only read: with the least of rights, and wherever there is little to read."""

import ctypes
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import column as sql_column
from sqlalchemy import select, table

import legacy
from alembic_rekey import Check
from alembic_rekey.connection.database import reading
from alembic_rekey.names.registry import read_registry
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.plan import streamed
from alembic_rekey.project.configuration import configuration, settings_of
from alembic_rekey.project.folds import Folds
from alembic_rekey.review.dry_run import dry_runs
from alembic_rekey.review.made import Choice
from alembic_rekey.sql.side_tables import journal
from commands import ROOT, rekey_here
from databases import SQLiteDatabase
from examples import CANONICAL, REGISTRY, folded, memory, prepared, projects, state
from server import clean_environment

COMMANDS = (("plan",), ("plan", "--json"), ("plan", "--check"), ("runs",), ("report",))


@pytest.mark.slow
@pytest.mark.parametrize("revision", [None, "head"])
def test_no_command_changes_the_database(database, tmp_path, upgrade, revision):
    registry = prepared(database, tmp_path, folded())
    if revision:
        upgrade(database, registry, revision)
    before = database.snapshot()
    for command in COMMANDS:
        said = rekey_here(database, registry, *command)
        ended = 1 if command == ("report",) and revision is None else 3 if revision and "--check" in command else 0
        assert (command, ended) == (command, said.status)
        assert (command, before) == (command, database.snapshot())


def test_an_account_that_may_only_select_can_plan_and_read_runs(server, tmp_path, upgrade):
    from databases import PostgreSQLDatabase

    database = PostgreSQLDatabase(server, "select_only")
    registry = prepared(database, tmp_path, folded())
    database.execute("DROP ROLE IF EXISTS reader")
    database.execute("CREATE ROLE reader LOGIN")
    database.execute("REVOKE ALL ON DATABASE select_only FROM PUBLIC")
    database.execute("GRANT CONNECT ON DATABASE select_only TO reader")
    database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    owner, reader = database.url, database.url.replace("postgres@", "reader@", 1)
    assert owner != reader
    try:
        with psycopg.connect(reader.replace("+psycopg", "")) as connection, pytest.raises(psycopg.errors.Error):
            connection.execute("CREATE TEMPORARY TABLE never (x int)")
        database.url = reader
        said = rekey_here(database, registry, "plan", "--json", "--check")
        assert (said.status, said.document["plan"]["counts"]["shadow_projects"]) == (0, 2)
        database.url = owner
        upgrade(database, registry)
        database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        database.url = reader
        assert "applied" in rekey_here(database, registry, "runs").out
        assert rekey_here(database, registry, "report").document["mode"] == "apply"
        database.execute("REVOKE SELECT ON memories FROM reader")
        said = rekey_here(database, registry, "plan")
        assert (said.status, "permission denied for table memories" in said.err) == (1, True)
    finally:
        database.url = owner
        database.execute("DROP OWNED BY reader")
        database.execute("DROP ROLE reader")
        database.close()


@pytest.fixture
def sealed(tmp_path):
    """A folder that `seal` may make read-only; writable again at the end, so that pytest can delete it."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    yield folder
    folder.chmod(0o700)


def seal(folder):
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)


def without_the_power_of_root():
    """Root may write whatever the permissions say; without these two capabilities they hold for root too."""
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (dac_override, dac_read_search):
        if libc.prctl(drop_from_bounding_set, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")


def writable_for_a_mere_reader(folder):
    show = f"import os; print(os.access({str(folder)!r}, os.W_OK), end='')"
    limits = without_the_power_of_root if os.geteuid() == 0 else None
    done = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, encoding="utf-8", preexec_fn=limits, check=True
    )
    return done.stdout == "True"


def planned_by_a_mere_reader(database, registry, reports):
    settings = (f"url={database.url}", f"registry={registry}", f"report_dir={reports}")
    options = [word for setting in settings for word in ("-x", setting)]
    return subprocess.run(
        [sys.executable, "-m", "alembic_rekey.cli", "-c", ROOT / "alembic.ini", *options, "plan", "--json"],
        capture_output=True,
        encoding="utf-8",
        env=clean_environment(),
        check=False,
        preexec_fn=without_the_power_of_root if os.geteuid() == 0 else None,
    )


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_read_only_file_in_a_read_only_folder_can_be_planned(sealed, tmp_path, mode):
    database = SQLiteDatabase(sealed / "atocore.db")
    registry = prepared(database, sealed, folded())
    database.execute(f"PRAGMA journal_mode = {mode}")
    before = database.snapshot()
    seal(sealed)
    assert not writable_for_a_mere_reader(sealed)
    done = planned_by_a_mere_reader(database, registry, tmp_path / "reports")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plan"]["counts"]["shadow_projects"] == 2
    assert before == database.snapshot()
    assert {file.name for file in sealed.iterdir()} <= {
        "atocore.db",
        "project-registry.json",
        "atocore.db-wal",
        "atocore.db-shm",
    }


@pytest.mark.slow
def test_a_database_in_wal_mode_is_read_with_what_stands_in_its_log(tmp_path):
    database = SQLiteDatabase(tmp_path / "atocore.db")
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    with closing(sqlite3.connect(database.path)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("INSERT INTO projects (id, name) VALUES ('s2', 'p06')")
        writer.commit()
        assert rekey_here(database, registry, "plan", "--json").document["plan"]["counts"]["shadow_projects"] == 2


@pytest.mark.slow
def test_a_plan_does_not_wait_for_a_writer_and_sees_what_was_committed(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    if database.dialect == "sqlite":
        database.execute("PRAGMA journal_mode = wal")
        writer = sqlite3.connect(database.path)
    else:
        writer = psycopg.connect(database.url.replace("+psycopg", ""))
    with closing(writer):
        writer.execute("INSERT INTO projects (id, name) VALUES ('s2', 'p06')")
        said = rekey_here(database, registry, "plan", "--json", x=["lock_timeout=5"])
        assert said.document["plan"]["counts"]["shadow_projects"] == 1


def test_a_database_file_that_does_not_exist_is_not_created(tmp_path):
    database = SQLiteDatabase(tmp_path / "no" / "such" / "atocore.db")
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    said = rekey_here(database, registry, "plan", "--check")
    assert (said.status, "the database file does not exist" in said.out) == (3, True)
    assert "No run is recorded" in rekey_here(database, registry, "runs").out
    assert rekey_here(database, registry, "report").status == 1
    assert not (tmp_path / "no").exists()


def test_an_empty_file_and_a_fresh_server_are_databases_without_rows(database, tmp_path):
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    if database.dialect == "sqlite":
        database.path.touch()
    before = database.snapshot()
    said = rekey_here(database, registry, "plan", "--check")
    assert (said.status, before) == (3, database.snapshot())
    assert (
        "tables that do not exist yet, planned as empty: projects, project_state, memories, interactions." in said.out
    )


@pytest.mark.slow
@pytest.mark.parametrize("missing", legacy.TABLES)
def test_tables_that_are_there_are_planned_without_those_that_are_not(database, tmp_path, upgrade, missing):
    registry = prepared(database, tmp_path, {**folded(), missing: []} if missing != "projects" else folded())
    database.execute(f"DROP TABLE {missing}" + (" CASCADE" if database.dialect == "postgresql" else ""))
    said = rekey_here(database, registry, "plan", "--json")
    assert said.status == 0, said.err
    assert missing in said.err
    plan = said.document["plan"]
    empty = {"projects": ("shadow_projects", "state_plans"), "project_state": ("state_plans",)}
    for title in empty.get(missing, ("memory_plans" if missing == "memories" else "interaction_plans",)):
        assert plan[title] == []
    assert plan["integrity_errors"] == []
    assert plan["memory_plans"] or missing == "memories"
    upgrade(database, registry)
    assert [(plan["fingerprint"],)] == database.rows("SELECT plan_sha256 FROM rekey_run")


@pytest.mark.sqlite_first
def test_no_registry_and_no_row_is_an_empty_plan(database, tmp_path, upgrade):
    legacy.create(database)
    missing = tmp_path / "missing.json"
    said = rekey_here(database, missing, "plan", "--json", "--check")
    assert (said.status, said.document["plan"]["is_empty"]) == (3, True)
    upgrade(database, missing)
    assert [(said.document["plan"]["fingerprint"],)] == database.rows("SELECT plan_sha256 FROM rekey_run")


@pytest.mark.words
@pytest.mark.parametrize(("check", "status"), [((), 1), (("--check",), 2)])
def test_no_registry_and_a_row_is_refused(database, tmp_path, check, status):
    legacy.create(database)
    legacy.fill(database, {"memories": [memory("m", CANONICAL)], "projects": projects(c=CANONICAL)})
    said = rekey_here(database, tmp_path / "missing.json", "plan", *check)
    assert (said.status, said.out) == (status, "")
    assert said.err.startswith("FAILED: the registry ")
    assert "there is no such file, and projects, memories hold rows" in said.err
    assert not (tmp_path / "reports").exists()


@pytest.mark.words
@pytest.mark.slow
def test_a_report_folder_that_cannot_be_written_is_told(database, tmp_path):
    registry = prepared(database, tmp_path, {"project_state": [], "projects": projects(s="p05")})
    (tmp_path / "taken").write_text("a file")
    said = rekey_here(database, registry, "plan", "--json", reports=tmp_path / "taken")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("FAILED: report ")


@pytest.mark.slow
def test_a_value_that_is_no_utf_8_passes_through_a_plan(tmp_path):
    database = SQLiteDatabase(tmp_path / "atocore.db")
    registry = prepared(
        database, tmp_path, {"projects": projects(c=CANONICAL, s="p05"), "project_state": [state("x", "c", "1")]}
    )
    database.execute("INSERT INTO project_state VALUES ('r','s','a','b',CAST(X'ff41' AS TEXT),'',1,'active',NULL,NULL)")
    assert rekey_here(database, registry, "plan").status == 0


@pytest.mark.slow
def test_a_plan_sees_one_state_of_the_database_whatever_is_committed_meanwhile(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    if database.dialect == "sqlite":
        database.execute("PRAGMA journal_mode = wal")
    configured = configuration(
        [str(ROOT / "alembic.ini")],
        [f"url={database.url}", f"registry={registry}", f"report_dir={tmp_path}"],
    )

    def choose(heads):
        database.insert("projects", projects(t="p06"))
        return Folds(configured).pending(heads)

    (made,) = dry_runs(settings_of(configured), choose)
    assert made.report.counts["shadow_projects"] == 1
    assert rekey_here(database, registry, "plan", "--json").document["plan"]["counts"]["shadow_projects"] == 2


@pytest.mark.slow
def test_a_check_of_the_spec_is_asked_now_or_left_to_the_upgrade_with_a_note(database, tmp_path):
    registry = prepared(database, tmp_path, {"projects": projects(s="p05"), "memories": [memory("m", "p05")]})
    configured = configuration(
        [str(ROOT / "alembic.ini")],
        [f"url={database.url}", f"registry={registry}", f"report_dir={tmp_path}"],
    )

    def choose(heads):
        spec = Folds(configured).pending(heads)[0].spec
        tag = spec.tags[0]
        own = [
            Check(name=name, claim="c", sentence="found {found}", remedy="r", offending=select(column.label("found")))
            for name, column in (
                ("now", tag.key),
                ("of_the_journal", journal(tag).c.id),
                ("of_what_is_not_there", table("nowhere", sql_column("x")).c.x),
            )
        ]
        return [Choice(replace(spec, checks=tuple(own)))]

    (made,) = dry_runs(settings_of(configured), choose)
    assert made.report.integrity_errors == ("found m",)
    assert list(made.notes) == [
        "the check of_the_journal is left to the upgrade: it reads rekey_journal_memories, which the upgrade fills.",
        "the check of_what_is_not_there is left to the upgrade: it reads nowhere, not there yet.",
    ]


@pytest.mark.slow
def test_the_registry_is_read_once_and_not_for_every_row(tmp_path):
    # 20 thousand rows and 1,500 names took 66 s instead of 0.4 s.
    database = SQLiteDatabase(tmp_path / "atocore.db")
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    configured = configuration([str(ROOT / "alembic.ini")], [f"url={database.url}", f"registry={registry}"])
    names = Names.handed_over(read_registry(registry, "projects"), "sqlite")
    with reading(settings_of(configured)) as connection:
        spec = Folds(configured).of("0003")
        for planned in streamed(spec, names, spec.parts)[1].values():
            query = str(select(planned).compile(connection, compile_kwargs={"literal_binds": True}))
            steps = [step for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
            assert "MATERIALIZE rekey_registered" in steps
