"""Claims about the fields that records of the log have for programs: all of them, always, and what they are about."""

import logging

import pytest

from alembic_rekey.text.fields import FIELDS, about
from commands import rekey_here
from examples import folded, prepared

LOG = logging.getLogger("alembic.rekey")


@pytest.fixture
def heard(monkeypatch):
    """Every record from here on; an `env.py` sets up no logging of its own."""
    monkeypatch.setattr("logging.config.fileConfig", lambda *_, **__: None)
    records, level = [], LOG.level
    listener = logging.Handler()
    listener.emit = records.append
    LOG.addHandler(listener)
    LOG.setLevel("DEBUG")
    yield records
    LOG.setLevel(level)
    LOG.removeHandler(listener)


def fields(record):
    return {name: getattr(record, name) for name in FIELDS}


def test_a_record_has_every_field_and_what_its_call_says_comes_first(heard):
    with about(run=1, noun="project"), about(run=2):
        LOG.info("within", extra={"rows": 3})
    LOG.info("outside")
    within, outside = map(fields, heard)
    nothing = dict.fromkeys(FIELDS)
    assert {**nothing, "run": 2, "noun": "project", "rows": 3} == within
    assert nothing == outside


@pytest.mark.sqlite_first
def test_a_run_and_its_way_back_tell_what_they_are_about(database, upgrade, downgrade, tmp_path, heard):
    registry = prepared(database, tmp_path, folded())
    upgrade(database, registry)
    of_fold = [record for record in heard if record.revision]
    assert {("0003", "project")} == {(record.revision, record.noun) for record in of_fold}
    phases = {record.phase for record in of_fold if record.seconds is not None}
    assert {"Plan", "Check the plan", "Apply", "Verify", "Write the report"} <= phases
    assert {1} == {record.run for record in of_fold if record.phase in ("Plan", "Check the plan", "Apply", "Verify")}
    (whole,) = [record for record in of_fold if record.getMessage().startswith("Run 1 of ")]
    assert database.rows("SELECT sum(value) FROM rekey_count WHERE phase = 'apply'") == [(whole.rows,)]
    assert whole.seconds >= 0
    assert {"memory_rekey_rows": 1} == {r.phase: r.rows for r in of_fold if r.phase == "memory_rekey_rows"}
    heard.clear()
    downgrade(database, registry)
    back = [record for record in heard if record.phase]
    assert {("0003", "project", 1)} == {(record.revision, record.noun, record.run) for record in back}


@pytest.mark.words
def test_a_plan_tells_what_it_is_about_and_has_no_run(database, tmp_path, heard):
    registry = prepared(database, tmp_path, folded())
    assert 0 == rekey_here(database, registry, "plan").status
    (checking,) = [record for record in heard if getattr(record, "phase", None) == "Check the plan"]
    assert (None, "0003", "project") == (checking.run, checking.revision, checking.noun)
