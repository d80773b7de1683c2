"""Claims about `alembic-rekey runs` and `alembic-rekey report`."""

import json
import re

import pytest

import legacy
from commands import rekey_here
from examples import REGISTRY, folded, memory, prepared


@pytest.fixture
def registry(database, tmp_path):
    return prepared(database, tmp_path, folded())


@pytest.mark.words
def test_where_no_run_is_recorded_both_commands_say_so(database, registry):
    runs = rekey_here(database, registry, "runs")
    assert (runs.status, runs.out.startswith("No run is recorded in ")) == (0, True)
    report = rekey_here(database, registry, "report")
    assert (report.status, report.out) == (1, "")
    assert "FAILED: database " in report.err
    assert "no run is recorded yet.\n  what to do: " in report.err


@pytest.mark.sqlite_first
def test_runs_are_a_table_with_what_each_counted(database, registry, upgrade):
    upgrade(database, registry)
    head, line, *counted = rekey_here(database, registry, "runs").out.splitlines()
    assert all(len(told) <= 120 for told in counted)
    assert head.split() == ["run", "revision", "outcome", "started", "finished", "fingerprint"]
    (fingerprint,) = database.rows("SELECT plan_sha256 FROM rekey_run")
    assert line.split()[:3] == ["1", "0003", "applied"]
    assert line.endswith(fingerprint[0])
    plan = database.rows("SELECT name, value FROM rekey_count WHERE phase = 'plan' AND value <> 0")
    said = " ".join(map(str.strip, counted)).split(", ")
    told = {re.sub(r" \(of these merged .*\)", "", one) for one in said}
    # What was done has the name that the plan gave it; values that are left behind are no rows, and none is done.
    assert {f"{name} {value}" for name, value in plan if not name.endswith("left_behind")} <= told
    assert "state_rekey_rows 3 (of these merged 1)" in said


@pytest.mark.words
@pytest.mark.slow
def test_a_run_that_touched_nothing_says_so(database, tmp_path, upgrade):
    legacy.create(database)
    registry = legacy.write_registry(tmp_path / "registry.json", REGISTRY)
    upgrade(database, registry)
    assert rekey_here(database, registry, "runs").out.splitlines()[1].split()[2] == "empty"
    assert rekey_here(database, registry, "runs").out.endswith("touched no row\n")


@pytest.mark.words
@pytest.mark.slow
def test_the_report_of_a_run_is_the_file_that_the_upgrade_wrote(database, registry, alembic, report_dir):
    assert alembic(database, "upgrade", "head", registry=registry).returncode == 0
    (written,) = report_dir.glob("*.json")
    file, rebuilt = json.loads(written.read_text("ascii")), rekey_here(database, registry, "report").document
    assert rebuilt["plan"] == file["plan"]
    assert rebuilt["apply_summary"] == file["apply_summary"]
    assert rebuilt["apply_summary"]["shadow_projects_deleted"] == 2
    assert (rebuilt["mode"], rebuilt["run"]["id"], rebuilt["run"]["outcome"]) == ("apply", 1, "applied")
    assert rekey_here(database, registry, "report", "1").document["plan"] == file["plan"]


@pytest.mark.slow
def test_the_latest_run_is_meant_unless_one_is_named(database, registry, upgrade, downgrade):
    upgrade(database, registry)
    downgrade(database, registry)
    database.insert("memories", [memory("late", "p05", "late")])
    upgrade(database, registry)
    late = [rekey_here(database, registry, "report", *run).document for run in ((), ("1",), ("2",))]
    assert [document["run"]["id"] for document in late] == [2, 1, 2]
    assert [document["plan"]["counts"]["memory_rekey_rows"] for document in late] == [2, 1, 2]
    outcomes = [run["outcome"] for run in rekey_here(database, registry, "runs", "--json").document]
    assert outcomes == ["restored", "applied"]


@pytest.mark.words
@pytest.mark.slow
def test_an_unknown_run_is_told_with_those_that_there_are(database, registry, upgrade):
    upgrade(database, registry)
    said = rekey_here(database, registry, "report", "7")
    assert (said.status, said.out) == (1, "")
    assert "no run 7 is recorded; it has 1.\n  what to do: " in said.err


@pytest.mark.words
@pytest.mark.slow
def test_the_run_of_a_revision_that_the_scripts_do_not_have_is_told(database, registry, upgrade):
    upgrade(database, registry)
    database.execute("UPDATE rekey_run SET revision = 'other'")
    said = rekey_here(database, registry, "report")
    assert (said.status, said.out) == (1, "")
    assert "declares the spec of revision other" in said.err
    assert rekey_here(database, registry, "runs").status == 0
