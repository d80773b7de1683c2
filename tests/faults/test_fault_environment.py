"""A disk that is full, a place that may only be read, a server that hangs up: told in words, and nothing is changed."""

import gc
import io
import os
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout

import psycopg
import pytest

from alembic_rekey.cli import main
from commands import rekey_here
from databases import SQLiteDatabase
from examples import KNOWN_BY_THE_UPGRADE, alembic_here, folded, prepared, refuses
from faults import address, full_disk, large, options

pytestmark = pytest.mark.slow

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def as_is(path):
    return {found.name: found.read_bytes() for found in path.parent.iterdir() if found.name.startswith(path.name)}


# Disks.


@SQLITE
@pytest.mark.parametrize("way", ["upgrade head", "downgrade -1"])
def test_a_disk_that_fills_up_under_the_database_at_whatever_point(database, upgrade, tmp_path, way):
    registry = large(database, tmp_path)
    if way == "downgrade -1":
        upgrade(database, registry)
    content = database.path.read_bytes()
    refused = 0
    for times in (0, 0.5, 1, 2, 4, 8):
        with full_disk(tmp_path / f"disk-{times}", len(content), int(len(content) * times)) as disk:
            there = SQLiteDatabase(disk / "a.db")
            there.path.write_bytes(content)
            settings = {"url": there.url, "registry": registry, "report_dir": tmp_path / "reports"}
            ended = alembic_here(*way.split(), **settings)
            if ended.code == 0:
                break
            refused += 1
            # A normal user cannot mount a small disk: the limit on files then stops the report as well.
            assert "FAILED: database" in ended.err or (os.geteuid() != 0 and "FAILED: report" in ended.err)
            assert any(sign in ended.err for sign in ("full", "disk I/O", "File too large"))
            assert "what to do: " in ended.err
            assert "Traceback" not in ended.err
            assert as_is(there.path) == {"a.db": content}
            assert not (tmp_path / "reports").exists() or list((tmp_path / "reports").iterdir()) == []
    else:
        pytest.fail("there was never room enough")
    assert refused


@POSTGRESQL
def test_a_disk_that_is_full_under_the_report(database, tmp_path):
    registry = large(database, tmp_path)
    with full_disk(tmp_path / "disk", 0, 64 * 1024) as disk:
        refuses(database, registry, "report ", "it cannot be written: ", "what to do: ", report_dir=disk)
        assert list(disk.iterdir()) == []
        said = rekey_here(database, registry, "plan", reports=disk)
        assert (1, "") == (said.status, said.out)
        assert "FAILED: report " in said.err
        assert list(disk.iterdir()) == []
    gc.collect()  # a cursor that was left open warns now, and the warning fails the test


@POSTGRESQL
def test_a_report_that_cannot_be_shown_to_its_end_leaves_no_cursor_open(database, upgrade, tmp_path):
    registry = large(database, tmp_path)
    upgrade(database, registry)
    said = io.StringIO()
    with open("/dev/full", "w", encoding="utf-8") as full, redirect_stdout(full), redirect_stderr(said):
        status = main([*options(database, registry, tmp_path / "reports"), "report"])
    assert 1 == status
    assert "FAILED: " in said.getvalue()
    gc.collect()


@SQLITE
def test_a_script_that_cannot_be_written_to_its_end_is_told_once(database, tmp_path):
    """Case: a traceback, and another one when Python ended."""
    registry = prepared(database, tmp_path, folded())
    line = [sys.executable, "-m", "alembic", *options(database, registry, tmp_path), "upgrade", "head", "--sql"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    told = [each for each in ended.stderr.splitlines() if not each.startswith("INFO")]
    assert (1, 2) == (ended.returncode, len(told)), ended.stderr
    assert "FAILED: the script cannot be written: No space left on device" == told[0]


@contextmanager
def read_only(path):
    """For root too, whom modes do not stop."""
    mode = path.stat().st_mode
    if os.geteuid() == 0:
        subprocess.run(["mount", "--bind", path, path], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True)
    else:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        yield
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "-l", path], check=True)
        else:
            path.chmod(mode)


@SQLITE
@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("way", ["upgrade head", "downgrade -1"])
def test_a_database_in_a_place_that_may_only_be_read(database, upgrade, tmp_path, what, way):
    folder = tmp_path / "data"
    folder.mkdir()
    database.path = folder / "a.db"
    database.url = f"sqlite:///{database.path}"
    registry = prepared(database, tmp_path, folded())
    if way == "downgrade -1":
        upgrade(database, registry)
    with read_only(database.path if what == "file" else folder):
        refuses(
            database, registry, "FAILED: database", "right", "what to do: ", arguments=way, planned=KNOWN_BY_THE_UPGRADE
        )


def test_a_report_folder_that_may_only_be_read(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    folder = tmp_path / "reports"
    folder.mkdir()
    with read_only(folder):
        refuses(database, registry, "it cannot be written: ", "-x report_dir=FOLDER", report_dir=folder)


# A server that hangs up.

HANGS_UP = (
    "CREATE FUNCTION hang_up() RETURNS {0} LANGUAGE plpgsql AS"
    " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); {1} END $$;"
)
TRIGGER = "CREATE TRIGGER hang_up AFTER {0} ON {1} FOR EACH ROW EXECUTE FUNCTION hang_up()"
PHASES = {
    "tables": "CREATE EVENT TRIGGER hang_up ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION hang_up()",
    "canonical rows": TRIGGER.format("INSERT", "projects"),
    "slots": TRIGGER.format("DELETE", "project_state"),
    "tags": TRIGGER.format("UPDATE", "memories"),
    "shadows": TRIGGER.format("DELETE", "projects"),
}


@POSTGRESQL
@pytest.mark.parametrize("phase", PHASES)
def test_a_server_that_hangs_up_during_an_upgrade(database, tmp_path, phase):
    registry = prepared(database, tmp_path, folded())
    returns = ("event_trigger", "") if phase == "tables" else ("trigger", "RETURN NULL;")
    database.execute(HANGS_UP.format(*returns) + PHASES[phase])
    refuses(
        database,
        registry,
        "terminating connection",
        "the server ended the connection: run it again",
        planned=KNOWN_BY_THE_UPGRADE,
    )


@POSTGRESQL
def test_a_server_that_hangs_up_during_a_downgrade(database, upgrade, tmp_path):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    database.execute(HANGS_UP.format("trigger", "RETURN NULL;") + PHASES["tags"])
    refuses(database, registry, "terminating connection", "run it again", arguments="downgrade -1")


@POSTGRESQL
@pytest.mark.parametrize(
    "held", [f"SELECT pg_advisory_xact_lock({0x72656B65790001})", "LOCK TABLE memories IN ROW EXCLUSIVE MODE"]
)
def test_a_server_that_hangs_up_while_an_upgrade_waits_for_a_lock(database, tmp_path, held):
    registry = prepared(database, tmp_path, folded())
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    def hang_up():
        with closing(psycopg.connect(address(database), autocommit=True)) as watching:
            while not (found := watching.execute(waiting).fetchall()):
                time.sleep(0.01)
            watching.execute("SELECT pg_terminate_backend(%s)", found[0])

    with psycopg.connect(address(database)) as other:
        other.execute(held)
        ending = threading.Thread(target=hang_up, daemon=True)
        ending.start()
        refuses(database, registry, "terminating connection", "run it again", planned=KNOWN_BY_THE_UPGRADE)
        ending.join(10)
