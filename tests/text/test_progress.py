"""Claims about what a person who waits is told: a line per long phase, a bar on a terminal only (issue 6)."""

import io
import logging
import os
import pty
import re
import threading
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest

from alembic_rekey.cli import main
from alembic_rekey.text import progress
from commands import rekey_here
from examples import ROOT, actions, alembic_here, counts, folded, prepared

BAR = re.compile(r"\r\x1b\[2K(?P<phase>[\w ]+) \[(?P<done>#*)(?P<rest>\.*)\] +(?P<share>\d+)% (?P<says>[^\r]*)")
ERASE = "\r\x1b[2K"


class Terminal:
    """A terminal that standard error is connected to; `said` is everything that came."""

    def __init__(self):
        self.said = ""
        self._ours, theirs = pty.openpty()
        self.stream = os.fdopen(theirs, "w", encoding="utf-8")
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        while True:
            try:
                piece = os.read(self._ours, 4096)
            except OSError:  # nobody holds the other end any more
                return
            self.said += piece.decode()

    def close(self):
        self.stream.close()
        self._reader.join()
        os.close(self._ours)


@contextmanager
def watched():
    root, terminal = logging.getLogger(), Terminal()
    handlers, level = root.handlers[:], root.level
    try:
        with redirect_stderr(terminal.stream):
            yield terminal
    finally:
        # The handler of alembic.ini writes to the terminal, which ends here.
        root.handlers[:] = handlers
        root.setLevel(level)
        terminal.close()


@pytest.fixture
def everything_is_long(monkeypatch):
    monkeypatch.setattr(progress, "_WORTH_A_LINE", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)


def phases(text):
    """The lines about phases: name -> rows, None where it tells none."""
    found = re.findall(r"INFO +\[alembic.rekey\] ([A-Z][\w ]+?)(?: ([\d,]+) rows,)? \d+\.\d s$", text, re.MULTILINE)
    return {name: int(rows.replace(",", "")) if rows else None for name, rows in found}


@pytest.mark.sqlite_first
def test_each_phase_of_an_upgrade_and_a_downgrade_is_a_line_with_its_rows(database, tmp_path, everything_is_long):
    registry = prepared(database, tmp_path, folded())
    settings = {"url": database.url, "registry": registry, "report_dir": tmp_path / "reports"}
    up = phases(alembic_here("upgrade", "head", **settings).err)
    tables = ("projects", "project_state", "memories", "interactions")
    journalled = sum(database.rows(f"SELECT count(*) FROM rekey_journal_{table}")[0][0] for table in tables)
    untold = sum(1 for action in actions(database, "projects").values() if action == "keep")
    assert {"Plan": journalled, "Check the plan": None, "Apply": sum(counts(database, "apply").values())} | {
        "Verify": None,
        "Write the report": journalled - untold,
    } == up
    kept = sum(1 for table in tables for action in actions(database, table).values() if action == "keep")
    down = phases(alembic_here("downgrade", "-1", **settings).err)
    back = dict.fromkeys(("Decide what goes back", "Put back", "Compare with the journal"), journalled - kept)
    assert {**back, "Record": None} == down


@pytest.mark.words
@pytest.mark.slow
def test_a_short_upgrade_has_no_line_about_phases(database, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "_WORTH_A_LINE", 1e9)
    registry = prepared(database, tmp_path, folded())
    ended = alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=tmp_path / "reports")
    assert {} == phases(ended.err)


@pytest.mark.words
def test_a_log_and_a_pipe_hold_no_bar(database, tmp_path, everything_is_long):
    registry = prepared(database, tmp_path, folded())
    ended = alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=tmp_path / "reports")
    assert "\x1b" not in ended.err + ended.out
    assert "\r" not in ended.err + ended.out


@pytest.mark.sqlite_first
def test_on_a_terminal_a_bar_grows_with_each_phase_and_is_gone_at_the_end(database, tmp_path, upgrade):
    registry = prepared(database, tmp_path, folded())
    with watched() as terminal:
        upgrade(database, registry)
    drawn = [(found["phase"], int(found["share"]), len(found["done"])) for found in BAR.finditer(terminal.said)]
    assert ["Plan", "Check the plan", "Apply", "Verify"] == list(dict.fromkeys(phase for phase, *_ in drawn))
    for phase in ("Plan", "Apply"):
        shares = [share for name, share, _ in drawn if name == phase]
        assert 0 == shares[0]
        assert sorted(shares) == shares
        assert 60 < shares[-1] < 100
    assert all(abs(done / 24 - share / 100) < 0.05 for _, share, done in drawn)
    assert not re.search(r"\[[#.]{24}\]", terminal.said.rpartition(ERASE)[2])


@pytest.mark.words
@pytest.mark.slow
def test_rows_that_are_written_are_counted_on_a_terminal(database, tmp_path, upgrade, everything_is_long):
    registry = prepared(database, tmp_path, folded())
    with watched() as terminal:
        upgrade(database, registry)
    found = [int(rows) for rows in re.findall(r"Write the report: (\d+) rows", terminal.said)]
    assert sorted(set(found)) == found
    assert len(found) > 2


@pytest.mark.words
@pytest.mark.slow
def test_a_plan_is_watched_too_and_its_text_on_standard_output_stays_clean(database, tmp_path):
    registry = prepared(database, tmp_path, folded())
    piped = rekey_here(database, registry, "plan")
    assert "" == piped.err
    settings = (f"url={database.url}", f"registry={registry}", f"report_dir={tmp_path / 'watched'}")
    options = [word for setting in settings for word in ("-x", setting)]
    out = io.StringIO()
    with watched() as terminal, redirect_stdout(out):
        assert 0 == main(["-c", str(ROOT / "alembic.ini"), *options, "plan"])
    assert {"Check the plan"} == {found["phase"] for found in BAR.finditer(terminal.said)}
    assert "\x1b" not in out.getvalue()


@pytest.mark.slow
def test_a_line_of_the_log_never_stands_behind_a_bar(everything_is_long):
    with watched() as terminal:
        handler = logging.StreamHandler()
        logging.getLogger().handlers[:] = [handler]
        logging.getLogger().setLevel(logging.INFO)
        with progress.Progress("Apply", 2) as phase:
            phase.doing("first")
            phase.took("first", 3, time.monotonic())
            phase.doing("second")
    first, second, nothing = terminal.said.split("\r\n")
    assert "first 3 rows, 0.0 s" == first.rpartition(ERASE)[2]
    assert "Apply 0.0 s" == second.rpartition(ERASE)[2]
    assert "" == nothing


def test_a_bar_is_not_wider_than_its_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    with watched() as terminal, progress.Progress("Plan", 1) as phase:
        phase.doing("x" * 500)
    drawn = terminal.said.removeprefix(ERASE).removesuffix(ERASE)
    assert 39 == len(drawn)


def test_what_failed_is_no_finished_phase(everything_is_long, caplog):
    with (
        caplog.at_level(logging.DEBUG, "alembic.rekey"),
        pytest.raises(ValueError, match="stop"),
        progress.Progress("Apply"),
    ):
        raise ValueError("stop")
    assert [] == caplog.records
