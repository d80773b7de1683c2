"""Claims about the report file of an upgrade: whole, its owner's alone, final only once the commit is (section 4)."""

import gc
import json
import logging
import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

import legacy
from alembic_rekey.report.publication import Ledger
from examples import CANONICAL, REGISTRY, actions, alembic_here, folded, prepared, projects
from outcomes import APPLY_COUNTS, PLAN_COUNTS

PLAN_KEYS = {
    *("fingerprint", "alias_map", "integrity_errors", "counts", "is_empty", "has_collisions"),
    *("shadow_projects", "state_plans", "memory_plans", "interaction_plans"),
}
SECTIONS = dict(
    zip(("shadow_projects", "state_plans", "memory_plans", "interaction_plans"), legacy.TABLES, strict=True)
)


@pytest.fixture
def reported(database, tmp_path):
    """Folds a small database; returns the reports' folder."""

    def fold(rows=None, **x):
        registry = prepared(database, tmp_path, folded() if rows is None else rows, extra_columns=True)
        settings = {"url": database.url, "registry": registry, "report_dir": tmp_path / "new" / "reports", **x}
        ended = alembic_here("upgrade", "head", **settings)
        assert ended.code == 0, ended.err
        return Path(settings["report_dir"])

    return fold


@pytest.fixture(scope="module")
def done(reused_database, tmp_path_factory):
    """A database that was folded, to be read only."""
    folder = tmp_path_factory.mktemp("folded")
    registry = prepared(reused_database, folder, folded(), extra_columns=True)
    before = {table: {row["id"]: row for row in reused_database.table(table)} for table in legacy.TABLES}
    reports = folder / "new" / "reports"
    ended = alembic_here("upgrade", "head", url=reused_database.url, registry=registry, report_dir=reports)
    assert ended.code == 0, ended.err
    path, report = the_report(reports)
    return SimpleNamespace(database=reused_database, registry=registry, before=before, path=path, report=report)


def the_report(folder):
    (path,) = folder.iterdir()
    return path, json.loads(path.read_text(encoding="ascii"))


def test_the_report_has_the_designs_keys(done):
    report = done.report
    asked = {"format", "created_at", "mode", "database", "registry_path", "plan", "apply_summary"}
    assert report.keys() >= asked
    assert report["plan"].keys() >= PLAN_KEYS
    assert (report["format"], report["mode"]) == (1, "apply")
    assert (report["plan"]["integrity_errors"], report["plan"]["has_collisions"]) == ([], False)


@pytest.mark.slow
def test_the_report_counts_what_the_database_recorded(done):
    report = done.report
    assert set(report["plan"]["counts"]) == set(PLAN_COUNTS)
    assert set(report["apply_summary"]) == set(APPLY_COUNTS)
    for phase, shown in (("plan", report["plan"]["counts"]), ("apply", report["apply_summary"])):
        assert shown == dict(done.database.rows(f"SELECT name, value FROM rekey_count WHERE phase = '{phase}'"))


@pytest.mark.slow
def test_the_report_names_database_registry_and_aliases(done):
    report = done.report
    assert report["database"] == done.database.url
    assert report["registry_path"] == str(done.registry)
    assert report["plan"]["alias_map"] == {alias: canonical for canonical, each in REGISTRY.items() for alias in each}
    assert abs((datetime.now(UTC) - datetime.fromisoformat(report["created_at"])).total_seconds()) < 600


def told(database, table):
    """What the journal names but the identity's row that stays: that is there for what is left behind."""
    named = actions(database, table)
    return {key: action for key, action in named.items() if (table, action) != ("projects", "keep")}


def test_the_report_lists_every_row_of_the_journal_with_its_action(done):
    report = done.report
    for section, table in SECTIONS.items():
        listed = [(row["before"]["id"], row["action"]) for row in report["plan"][section]]
        assert sorted(listed, key=str) == sorted(told(done.database, table).items(), key=str)
        assert all(row["canonical"] in REGISTRY for row in report["plan"][section])


@pytest.mark.slow
@pytest.mark.parametrize(("section", "table"), SECTIONS.items())
def test_every_touched_row_is_reported_with_its_full_before_image(done, section, table):
    before = done.before[table]
    shown = [row["before"] for row in done.report["plan"][section] if row["action"] != "create"]
    assert {row["id"] for row in shown} == {key for key in told(done.database, table) if key is not None}
    for row in shown:
        assert list(row) == list(before[row["id"]])
        assert {name: str(value) for name, value in row.items()} == {
            name: str(value) for name, value in before[row["id"]].items()
        }


@pytest.mark.slow
def test_a_created_row_is_reported_without_a_before_image(done):
    (created,) = (row for row in done.report["plan"]["shadow_projects"] if row["action"] == "create")
    assert created["canonical"] == "p06-polisher"
    assert set(created["before"].values()) == {None}


@pytest.mark.slow
def test_a_row_that_goes_is_reported_with_the_one_that_stays(done):
    stays = {row["before"]["id"]: row.get("survivor") for row in done.report["plan"]["state_plans"]}
    assert stays["dropped"] == {"key": "living", "value": "1", "status": "active"}
    assert stays["merged"] == {"key": "kept", "value": "1", "status": "active"}


@pytest.mark.slow
def test_an_empty_run_is_reported_as_empty(reported):
    _, report = the_report(reported({"projects": projects(c=CANONICAL)}))
    assert report["plan"]["is_empty"] is True
    assert not any(report["plan"][section] for section in SECTIONS)
    assert set(report["apply_summary"].values()) == {0}


@pytest.mark.slow
def test_the_run_records_the_fingerprint_of_its_report(done):
    fingerprint = done.report["plan"]["fingerprint"]
    assert done.database.rows("SELECT plan_sha256 FROM rekey_run") == [(fingerprint,)]
    assert re.fullmatch("[0-9a-f]{64}", fingerprint)


def test_the_report_is_named_by_time_and_run(done):
    stamp = re.fullmatch(r"legacy-aliases-(\d{8}T\d{6})Z-1\.json", done.path.name)
    assert stamp is not None
    written = datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - written).total_seconds()) < 600


def test_the_report_is_readable_by_its_owner_alone_and_so_is_a_new_folder(done):
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(done.path.parent.stat().st_mode) == 0o700


@pytest.mark.words
@pytest.mark.slow
def test_a_folder_that_is_there_keeps_its_mode_and_its_files(reported, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "other.json").write_text("mine")
    reported(report_dir=folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert (folder / "other.json").read_text() == "mine"
    assert len(list(folder.iterdir())) == 2


class _Frozen(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz)


@pytest.mark.words
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_a_report_is_never_overwritten(reported, tmp_path, monkeypatch, kind):
    monkeypatch.setattr("alembic_rekey.settings.datetime", _Frozen)
    folder = tmp_path / "reports"
    folder.mkdir()
    taken = folder / "legacy-aliases-20260102T030405Z-1.json"
    if kind == "file":
        taken.write_text("mine")
    else:
        taken.symlink_to(tmp_path / "elsewhere")
    reported(report_dir=folder)
    assert {path.name for path in folder.iterdir()} == {taken.name, "legacy-aliases-20260102T030405Z-1-2.json"}
    assert not (tmp_path / "elsewhere").exists()
    assert kind != "file" or taken.read_text() == "mine"


@pytest.mark.words
@pytest.mark.slow
def test_nothing_pending_is_left_beside_the_report(done):
    assert [path.suffix for path in done.path.parent.iterdir()] == [".json"]


@pytest.mark.words
def test_until_the_commit_the_report_has_no_name_that_claims_anything(reported, tmp_path, monkeypatch):
    from alembic_rekey.report.file import ReportFile

    seen = []
    really = ReportFile.publish

    def publish(report):
        seen.extend(path.name for path in report.path.parent.iterdir())
        return really(report)

    monkeypatch.setattr(ReportFile, "publish", publish)
    reported()
    assert len(seen) == 1
    assert seen[0].endswith(".json.pending")


@pytest.mark.words
@pytest.mark.slow
def test_the_upgrade_logs_where_the_report_is_and_what_it_counted(database, tmp_path, caplog):
    registry = prepared(database, tmp_path, folded())
    with caplog.at_level(logging.INFO, "alembic"):
        ended = alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=tmp_path / "reports")
    path, _ = the_report(tmp_path / "reports")
    assert f"Report: {path}" in ended.err
    assert "shadow_projects: 2" in ended.err
    assert "applied" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("url", ["{0}:s3cret@{1}", "{0}@{1}?password=s3cret"])
def test_no_password_is_in_the_report_or_in_the_log(database, tmp_path, url):
    registry = prepared(database, tmp_path, folded())
    given = url.format(*database.url.split("@"))
    ended = alembic_here("upgrade", "head", url=given, registry=registry, report_dir=tmp_path / "reports")
    assert ended.code == 0, ended.err
    path, report = the_report(tmp_path / "reports")
    assert "s3cret" not in path.read_text() + ended.err + ended.out
    assert database.name in report["database"]


@pytest.mark.slow
def test_nothing_of_an_upgrade_stays_in_the_process_that_made_it(reported):
    """A program that upgrades one database after the other, as tests of an application do, does not grow."""
    before = ledgers()

    reported()

    assert before == ledgers()


def ledgers():
    gc.collect()
    return sum(isinstance(found, Ledger) for found in gc.get_objects())
