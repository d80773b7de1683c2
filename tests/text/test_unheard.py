"""A warning reaches somebody, whatever logging a project configures."""

import io
import logging
import subprocess
import sys

import pytest

from alembic_rekey.text.unheard import Unheard
from declared import declared
from server import clean_environment

DEFINITIONS = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO people VALUES (1, 'anna'), (2, 'aberg'), (3, 'abe');"""
SPEC = """Spec(revision="0002", identity=Identity(noun="person", registered="projects", key=t["people"].c.id,
    name=t["people"].c.name))"""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_rows_that_stay_are_told_where_a_project_configures_no_logging(database, tmp_path):
    project = declared(database, tmp_path, DEFINITIONS, SPEC, ["people"], names={"anna": ["aberg", "abe"]})
    assert 0 == project.upgrade().code
    database.execute("INSERT INTO people VALUES (2, 'stranger')")
    settings = ["-c", str(project.config), "-x", f"url={database.url}", "-x", "on_drift=keep"]
    ended = subprocess.run(
        [sys.executable, "-m", "alembic", *settings, "downgrade", "-1"],
        capture_output=True,
        encoding="utf-8",
        env=clean_environment({}),
        check=False,
    )
    assert (0, "") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith("Kept: people: row 2 "), ended.stderr


@pytest.fixture
def logger():
    alone = logging.Logger("alone")
    alone.addHandler(Unheard(alone))
    return alone


def test_a_warning_goes_to_standard_error_where_handlers_only_keep_it_silent(logger, capsys):
    logger.addHandler(logging.NullHandler())
    logger.warning("told")
    logger.info("not told")
    assert "told\n" == capsys.readouterr().err


def test_who_listens_hears_it_alone(logger, capsys):
    heard = io.StringIO()
    logger.addHandler(logging.StreamHandler(heard))
    logger.warning("told")
    assert ("told\n", "") == (heard.getvalue(), capsys.readouterr().err)
