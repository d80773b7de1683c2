"""Claims about where a command is run: a closed stream, a configuration of another encoding."""

import json
import subprocess
import sys

import pytest

from commands import ROOT, rekey_with
from databases import SQLiteDatabase
from declared import declared
from examples import folded, prepared
from server import clean_environment

URL = "postgresql+psycopg://u:ge@heim/geheim@h/d"


SCHEMA = "CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO projects VALUES (1, 'pol'), (2, 'x');"
SPEC = 'Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name))'
PRINTING = """
import atexit, io, os, sys
print("a print")
os.write(1, b"a driver\\n")
os.system("echo a program")
print("the stream of old", file=sys.__stdout__)
atexit.register(print, "the end")
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
spec = """


@pytest.mark.slow
def test_a_document_is_alone_on_standard_output_whatever_a_revision_does_as_it_is_loaded(tmp_path):
    database = SQLiteDatabase(tmp_path / "x.db")
    made = declared(database, tmp_path, SCHEMA, SPEC, ["projects"], names={"x": ["pol"]})
    made.upgrade()
    fold = made.folder / "migrations" / "versions" / "0002_fold.py"
    fold.write_text(fold.read_text("utf-8").replace("spec = ", PRINTING, 1), "utf-8")
    line = [sys.executable, "-m", "alembic_rekey.cli", "-c", str(made.config), "-x", f"url={database.url}"]
    for command in (["plan", "--json", "--no-report"], ["report"], ["scan", "--json"]):
        done = subprocess.run([*line, *command], capture_output=True, env=clean_environment(), check=False)
        assert (0, {}) == (done.returncode, {} if json.loads(done.stdout) else done.stdout)
        said = set(done.stderr.decode().splitlines())
        assert {"a print", "a driver", "a program", "the stream of old", "the end"} <= said


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("command", "status"), [(["guide"], 0), (["plan", "-c", "missing"], 1), (["plan", "-z"], 1)])
def test_a_closed_standard_stream_ends_in_no_traceback_and_sends_nothing_to_the_other(closed, command, status):
    line = [sys.executable, "-m", "alembic_rekey.cli", *command]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *line], capture_output=True, env=clean_environment(), check=False
    )
    assert (status, False) == (done.returncode, b"Traceback" in done.stderr)
    assert not done.stdout.startswith(b"FAILED")


def test_a_refused_upgrade_whose_standard_error_is_closed_ends_with_the_status_of_a_refusal(tmp_path):
    database, registry = SQLiteDatabase(tmp_path / "x.db"), tmp_path / "names.json"
    prepared(database, tmp_path, folded())
    registry.write_text("{", "utf-8")
    options = ["-c", ROOT / "alembic.ini", "-x", f"url={database.url}", "-x", f"registry={registry}"]
    line = [sys.executable, "-m", "alembic", *options, "upgrade", "head"]
    done = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", *line], env=clean_environment(), check=False)
    assert 2 == done.returncode


@pytest.mark.parametrize("arguments", [(URL,), ("--limit", URL), ("-x", f"registry={URL}"), ("-c", URL)])
def test_a_url_where_none_belongs_is_told_without_its_password(tmp_path, arguments):
    database = SQLiteDatabase(tmp_path / "x.db")
    prepared(database, tmp_path, folded())
    line = [sys.executable, "-m", "alembic_rekey.cli", "-c", ROOT / "alembic.ini", "-x", f"url={database.url}"]
    done = subprocess.run(
        [*line, "plan", "--no-report", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=clean_environment(),
        check=False,
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert "u:***@h" in done.stderr.replace(":/u", "://u")
    assert "geheim" not in done.stderr


def test_a_configuration_of_another_encoding_is_refused_with_what_to_do(tmp_path):
    file = tmp_path / "alembic.ini"
    file.write_bytes(b"[alembic]\n# Pr\xfcfung\nscript_location = migrations\n")
    said = rekey_with("-c", str(file), "plan")
    assert 1 == said.status
    assert f"FAILED: {file} or pyproject.toml cannot be read: it is not written in utf-8." in said.err
    assert "what to do: save it in that encoding, for instance with iconv -f latin1 -t utf-8 FILE" in said.err
