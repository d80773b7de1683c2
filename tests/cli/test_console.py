"""Claims about a console of another encoding: nothing ends half-way for it, and files and scripts are what they are."""

import json
import subprocess
import sys

import pytest

import small
from server import clean_environment

pytestmark = pytest.mark.slow

PLAIN = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
HOSTILE = "Größe 🧪"


@pytest.fixture
def console():
    """The environment of a console that knows ASCII only."""
    return clean_environment(PLAIN)


def ran(project, console, module, *arguments):
    line = [sys.executable, "-m", module, "-c", str(project.config), *arguments]
    done = subprocess.run(line, capture_output=True, env=console, cwd=project.folder, timeout=60, check=False)
    assert b"UnicodeEncodeError" not in done.stderr
    assert b"Traceback" not in done.stderr
    return done


@pytest.fixture
def project(database, tmp_path):
    """A project whose table of tags has a name that is not ASCII, and a registry of such names."""
    name, row = "UPDATE projects SET name = 'Zoë''s 🧪' WHERE id = 1;", "(1, 'zoë')"
    table = f'CREATE TABLE "{HOSTILE}" (id INTEGER PRIMARY KEY, project TEXT);'
    made = small.make(database, tmp_path, f'{name} {table} INSERT INTO "{HOSTILE}" VALUES {row};')
    fold = tmp_path / "migrations" / "versions" / "0001_fold.py"
    fold.write_text(fold.read_text("utf-8").replace('"notes"', f'"{HOSTILE}"'), "utf-8")
    names = [{"id": "Zoë's 🧪", "aliases": ["zoë", "pol"]}]
    (tmp_path / "names.json").write_text(json.dumps({"projects": names}, ensure_ascii=False), "utf-8")
    return made


def tag(project):
    return project.database.rows(f'SELECT project FROM "{HOSTILE}"')


def test_an_upgrade_and_its_way_back_run_and_their_report_is_ascii(project, console):
    assert 0 == ran(project, console, "alembic", "upgrade", "head").returncode
    assert [("Zoë's 🧪",)] == tag(project)
    (report,) = (project.folder / "reports").iterdir()
    assert HOSTILE in json.dumps(json.loads(report.read_bytes().decode("ascii")), ensure_ascii=False)
    shown = ran(project, console, "alembic_rekey.cli", "report")
    assert 1 == json.loads(shown.stdout.decode("ascii"))["run"]["id"]
    assert 0 == ran(project, console, "alembic", "downgrade", "base").returncode
    assert [("zoë",)] == tag(project)


@pytest.mark.words
@pytest.mark.parametrize("command", [["plan"], ["plan", "--json"], ["plan", "--check"], ["runs"], ["restore-plan"]])
def test_every_reading_command_says_all_it_has_to_say(project, console, command):
    if command[0] == "restore-plan":
        project.does("upgrade", "head")
    done = ran(project, console, "alembic_rekey.cli", *command)
    assert 0 == done.returncode, done.stderr
    assert done.stdout.decode("ascii")


@pytest.mark.words
def test_a_page_is_utf_8(project, console):
    done = ran(project, console, "alembic_rekey.cli", "plan", "--html", "plan.html")
    assert 0 == done.returncode, done.stderr
    page = (project.folder / "plan.html").read_bytes().decode("utf-8")
    assert "Größe" in page or "Gr\\u00f6\\u00dfe" in page


def test_a_refusal_names_what_is_not_ascii_without_failing_itself(project, console):
    key = 'CREATE TABLE "Ångström" (id INTEGER PRIMARY KEY, "Größe" INTEGER REFERENCES projects (id));'
    project.database.execute(f'{key} INSERT INTO "Ångström" VALUES (1, 2);')
    done = ran(project, console, "alembic", "upgrade", "head")
    assert 2 == done.returncode
    said = done.stderr.decode("ascii")
    assert "\\xc5ngstr\\xf6m: 1 rows hang on projects row 2" in said
    assert [("zoë",)] == tag(project)


def test_a_script_is_utf_8_as_it_says_of_itself_and_runs(project, console):
    done = ran(project, console, "alembic", "upgrade", "head", "--sql")
    assert 0 == done.returncode, done.stderr
    assert f'"{HOSTILE}"' in done.stdout.decode("utf-8")
    shell = project.database.run_script(done.stdout)
    assert 0 == shell.returncode, shell.stderr
    assert [("Zoë's 🧪",)] == tag(project)
