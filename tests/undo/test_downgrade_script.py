"""`alembic downgrade head:-1 --sql`: guards itself, and comes to what the online downgrade comes to."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pglast import parse_sql

import legacy
from scripts import SAMPLE, generated
from shells import stopped_at
from strategies import legacy_without_collision
from ways_back import contents, everything_folded, fold, script_back

CASES = 300 if os.environ.get("REKEY_LONG") else 4
UNHURRIED = settings(
    max_examples=CASES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


@pytest.fixture
def folded(reused_database, upgrade, downgrade, tmp_path):
    return everything_folded(reused_database, tmp_path, upgrade, downgrade)


def stopped(database, script):
    """The name of the guard that a script stops at; nothing is changed then."""
    before = database.snapshot()
    outcome = database.run_script(script.encode("ascii"))
    assert outcome.returncode != 0
    assert database.snapshot() == before
    return stopped_at(outcome)


@pytest.mark.slow
@UNHURRIED
@given(data=st.data())
def test_up_and_down_by_script_is_the_identity_for_any_data(reused_database, tmp_path, data):
    database = reused_database
    case = data.draw(legacy_without_collision(database.dialect))
    database.reset()
    legacy.create(database, extra_columns=data.draw(st.booleans()))
    legacy.fill(database, case.rows)
    registry = legacy.write_registry(tmp_path / "registry.json", case.registry)
    before = contents(database)
    for script in (generated(database.url, registry), script_back(database, registry)):
        outcome = database.run_script(script.encode("ascii"))
        assert outcome.returncode == 0, outcome.stderr.decode()
    assert contents(database) == before
    assert database.rows("SELECT outcome FROM rekey_run") == [("restored",)]


@pytest.mark.slow
@pytest.mark.parametrize("revisions", ["head:-1", "head:0002"])
def test_it_may_be_asked_for_by_any_name_of_the_revisions(folded, revisions):
    said, wanted = (script_back(folded.database, folded.registry, each) for each in (revisions, "0003:0002"))
    assert re.sub("to .*, written", "", said) == re.sub("to .*, written", "", wanted)


@pytest.mark.slow
def test_run_twice_it_is_refused(folded):
    script = script_back(folded.database, folded.registry)
    folded.back("script")
    assert stopped(folded.database, script) == ["rekey_version"]
    assert folded.holds_what_it_held()


@pytest.mark.slow
def test_at_another_revision_it_is_refused(reused_database, upgrade, downgrade, tmp_path):
    reused_database.reset()
    folded = fold(reused_database, tmp_path, {}, lambda *_, **__: None, downgrade)
    upgrade(reused_database, folded.registry, "0002")
    assert stopped(reused_database, script_back(reused_database, folded.registry)) == ["rekey_version"]


def test_without_a_run_or_with_a_newer_one_it_is_refused(folded):
    script = script_back(folded.database, folded.registry)
    newer = "SELECT 2, '0009', 'project', 'applied', started_at, '' FROM rekey_run"
    folded.database.execute(f"INSERT INTO rekey_run (id, revision, noun, outcome, started_at, registry_path) {newer}")
    assert stopped(folded.database, script) == ["rekey_run_to_restore"]
    folded.database.execute("DELETE FROM rekey_run")
    assert stopped(folded.database, script) == ["rekey_run_to_restore"]


@pytest.mark.slow
@pytest.mark.parametrize("reused_database", ["sqlite"], indirect=True)
def test_it_does_not_go_on_in_a_shell_that_goes_on_after_an_error(folded):
    script = script_back(folded.database, folded.registry)
    assert script.startswith(";\n.bail on\n")
    folded.database.execute("DELETE FROM interactions")
    assert stopped(folded.database, script) == ["rekey_drift_interaction"]


@pytest.mark.slow
def test_it_reads_as_sql_and_leaves_nothing_unbound(folded):
    for settings_ in ({}, {"on_drift": "keep"}):
        script = script_back(folded.database, folded.registry, **settings_)
        assert script.isascii()
        assert not re.search(r"%\(|[^:]:[a-z_]+\d", re.sub(r"'(?:[^']|'')*'|--.*", "", script))
        if folded.database.dialect == "postgresql":
            parse_sql(script)


@pytest.mark.slow
def test_it_holds_no_value_of_any_row(reused_database, upgrade, downgrade, tmp_path):
    reused_database.reset()
    folded = fold(reused_database, tmp_path, SAMPLE, upgrade, downgrade)
    assert "MARKER" not in script_back(reused_database, folded.registry)
    folded.back("script")
    assert folded.holds_what_it_held()


@pytest.mark.sqlite_first
def test_it_says_what_it_does_and_what_it_does_about_drift(folded):
    for on_drift in ("abort", "keep"):
        script = script_back(folded.database, folded.registry, on_drift=on_drift)
        assert f"Restores what revision 0003 changed, from its journal; on drift: {on_drift}." in script


@pytest.mark.slow
def test_a_script_of_the_whole_way_to_the_base_stops_where_rows_would_go(folded):
    (name,) = stopped(folded.database, script_back(folded.database, folded.registry, "head:base"))
    assert name.startswith("rekey_table_holds_rows")


@pytest.mark.slow
def test_on_a_database_without_rows_it_goes_to_the_base(reused_database, upgrade, downgrade, tmp_path):
    reused_database.reset()
    folded = fold(reused_database, tmp_path, {}, upgrade, downgrade)
    outcome = reused_database.run_script(script_back(reused_database, folded.registry, "head:base").encode())
    assert outcome.returncode == 0, outcome.stderr
    assert reused_database.tables() <= {"alembic_version"}
