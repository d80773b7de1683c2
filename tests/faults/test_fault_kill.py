"""A SIGKILL at any moment: what was there is there, or what should come has come; the next run needs no help."""

import itertools
import json
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from commands import rekey_here
from examples import folded, prepared
from faults import LONG, Commands, copied, large, options, quiet, state
from server import clean_environment

pytestmark = pytest.mark.slow

KILLS = 120 if LONG else 4
WAYS = {"upgrade": ("upgrade", "head"), "downgrade": ("downgrade", "-1")}


@pytest.fixture
def commands(tmp_path):
    with closing(Commands(tmp_path)) as running:
        yield running


@dataclass
class Seen:
    """How a run ended up, and where kills have landed."""

    before: object
    after: object
    seconds: float
    """How long a run takes at present."""
    landed: Counter = field(default_factory=Counter)


def run(database, commands, registry, way, reports, **kill):
    return commands([*options(database, registry, reports), *WAYS[way]], **kill)


def reported(folder):
    """The published reports, and how many are pending."""
    published = [json.loads(path.read_text()) for path in folder.glob("*.json")] if folder.exists() else []
    return published, len(list(folder.glob("*.pending"))) if folder.exists() else 0


def undisturbed(original, commands, registry, way, tmp_path):
    with copied(original, tmp_path) as database:
        before = state(database)
        ended = run(database, commands, registry, way, tmp_path / "undisturbed")
        assert ended.status == 0, ended.said
        return Seen(before, state(database), ended.seconds)


def claims_nothing_that_did_not_happen(database, reports, seen, now):
    published, pending = reported(reports)
    if not published:
        return pending
    assert now == seen.after
    recorded = database.rows("SELECT id, outcome, plan_sha256 FROM rekey_run")
    assert [(r["run"]["id"], r["run"]["outcome"], r["plan"]["fingerprint"]) for r in published] == recorded
    return pending


@pytest.mark.every_case
@pytest.mark.parametrize("way", WAYS)
def test_a_kill_at_any_moment_leaves_the_state_before_or_after_and_the_next_run_needs_no_help(
    database, commands, tmp_path, way
):
    registry = large(database, tmp_path)
    if way == "downgrade":
        assert run(database, commands, registry, "upgrade", tmp_path / "first").status == 0
    seen = undisturbed(database, commands, registry, way, tmp_path)
    for number in itertools.count():
        if sum(count for landed, count in seen.landed.items() if landed.startswith("killed")) == KILLS:
            break
        reports = tmp_path / f"reports-{number}"
        with copied(database, tmp_path) as copy:
            delay = random.uniform(0, seen.seconds * 1.25)
            killed = run(copy, commands, registry, way, reports, kill_after=delay)
            quiet(copy)
            now = state(copy)
            assert now in (seen.before, seen.after), f"{way} killed after {delay} s of {seen.seconds}"
            pending = claims_nothing_that_did_not_happen(copy, reports, seen, now)
            is_after = "after" if now == seen.after else "before"
            seen.landed[f"{'ended' if killed.status == 0 else 'killed'}, state {is_after}, {pending} pending"] += 1
            if now == seen.before:
                ended = run(copy, commands, registry, way, reports)
                assert ended.status == 0, ended.said
                seen.seconds = (seen.seconds * 3 + ended.seconds) / 4  # the machine becomes faster and slower
            assert state(copy) == seen.after
            claims_nothing_that_did_not_happen(copy, reports, seen, seen.after)
    print(f"{way} on {database.dialect}, {seen.seconds:.2f} s each: {dict(sorted(seen.landed.items()))}")


# Between the commit and the report's name.

KILLED_AT = """
import os, signal
from pathlib import Path
from alembic.config import main
from alembic_rekey.report.file import ReportFile
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{place} = kill
main()
"""


@pytest.mark.parametrize("place", ["ReportFile.publish", "Path.unlink"])
def test_a_kill_after_the_commit_leaves_a_complete_report_that_disturbs_nobody(
    database, upgrade, downgrade, tmp_path, report_dir, place
):
    registry = prepared(database, tmp_path, folded())
    command = [sys.executable, "-c", KILLED_AT.format(place=place), *options(database, registry, report_dir)]
    killed = subprocess.run([*command, "upgrade", "head"], env=clean_environment(), cwd=tmp_path, check=False)
    assert killed.returncode == -signal.SIGKILL
    quiet(database)
    assert database.rows("SELECT outcome FROM rekey_run") == [("applied",)]
    left = {path: path.read_text() for path in report_dir.iterdir()}
    assert sorted(path.suffix for path in left) == {"ReportFile.publish": [".pending"]}.get(
        place, [".json", ".pending"]
    )

    rebuilt = rekey_here(database, registry, "report", reports=report_dir).document
    own = {"created_at": None, "sha256": None}
    for text in left.values():
        assert {**json.loads(text), **own} == {**rebuilt, **own}
    for there_or_back in (upgrade, downgrade, upgrade):
        there_or_back(database, registry, report_dir=report_dir)
    assert {path: path.read_text() for path in left} == left
    assert len(list(report_dir.iterdir())) == len(left) + 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_after_a_kill_that_leaves_a_journal_even_commands_that_only_read_work(database, commands, rekey, tmp_path):
    registry = large(database, tmp_path)
    before = database.path.read_bytes()
    with closing(sqlite3.connect(database.path)) as writer:
        writer.execute("PRAGMA cache_size = 10")
        writer.execute("UPDATE memories SET content = 'half done'")
        whole, journal = (
            database.path.read_bytes(),
            database.path.with_name(database.path.name + "-journal").read_bytes(),
        )
        writer.rollback()
    database.path.write_bytes(whole)
    database.path.with_name(database.path.name + "-journal").write_bytes(journal)
    assert whole != before
    ended = rekey(database, "plan")
    assert ended.returncode == 0, ended.stderr
    assert database.path.read_bytes() == before
    assert registry.exists()
