"""Every command of the README is run as it stands there, in the order in which it stands there.

What installs is not run again here: `.ci/run` does that with the README's own line, and what a line
installs is looked up. A command that is new in the README has to be entered in `KNOWN`.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import create_engine, text

import legacy
from alembic_rekey.guide.blocks import blocks as guide_blocks
from alembic_rekey.guide.topics import page
from alembic_rekey.project.files import ENVIRONMENT_LINES, SETTING_LINES
from conftest import ROOT
from databases import SQLiteDatabase, sqlite_shell
from examples import CANONICAL, REGISTRY, alembic_here, folded, projects, state
from scripts import generated
from server import clean_environment

README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = {
    title: text for title, text in re.findall(r"(?ms)^##+ ([^\n]+)\n(.*?)(?=^##+ |\Z)", README) if "```" in text
}

RUN, LOOKED_UP = "run", "looked up"
ELSEWHERE = "elsewhere: "
KNOWN = {
    "Two commands": {
        "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/alembic-rekey demo": ELSEWHERE
        + "tests/cli/test_demo.py",
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' "
        "&& .venv/bin/python -m pytest -q -n auto --dist worksteal": ELSEWHERE + ".ci/run",
    },
    "In a deploy": {
        "pip install 'alembic-rekey[postgresql]'": LOOKED_UP,
        "export ATOCORE_DATABASE_URL=postgresql+psycopg://app@host/app "
        "ATOCORE_PROJECT_REGISTRY_PATH=/etc/app/registry.json": LOOKED_UP,
        "alembic-rekey plan --check": RUN,
        "alembic upgrade head": RUN,
        "alembic-rekey runs": RUN,
        "alembic downgrade -1": RUN,
    },
    "Review by a DBA": {
        "alembic-rekey plan --html plan.html": RUN,
        "alembic-rekey plan --json > plan.json": RUN,
        "alembic -x expect_plan=plan.json upgrade head --sql > fold.sql": RUN,
        "psql -v ON_ERROR_STOP=1 -f fold.sql": RUN,
        "alembic-rekey report": RUN,
        "alembic-rekey report --against plan.json --html run.html": RUN,
        "alembic downgrade head:-1 --sql > back.sql": RUN,
    },
    "In your own project": {
        "alembic init migrations": RUN,
        "alembic-rekey init": RUN,
        'alembic-rekey revision --fold customers.name -m "fold customers"': RUN,
        "alembic-rekey plan && alembic upgrade head": RUN,
        'alembic-rekey revision -m "fold later names"': RUN,
    },
}
IN_PROSE = {
    "alembic upgrade head": "In a deploy",
    "alembic downgrade": "In a deploy",
    "alembic downgrade -1": "In a deploy",
    "alembic-rekey demo --collision": "tests/cli/test_demo.py",
    "alembic-rekey init --adopted": "tests/environment/test_own_hooks.py",
    "alembic-rekey scan": "tests/review/test_scan.py",
    "alembic-rekey restore-plan": "tests/cli/test_cli_restore_plan.py",
    "alembic-rekey plan --html FILE": "tests/show/test_page_decides.py",
    "alembic-rekey plan --write-resolutions FILE": "tests/review/test_questions.py",
    "alembic-rekey report": "Review by a DBA",
    "alembic-rekey init": "In your own project",
    "alembic-rekey guide": "tests/test_guide.py",
    "alembic-rekey guide environments": "tests/test_guide.py",
    "alembic-rekey guide collision": "tests/test_guide.py",
    "alembic check": "tests/environment/test_upgrade_check.py",
    "alembic current": "tests/cli/test_cli_reading.py",
    "alembic stamp": "what nobody needs",
    "psql -X": "tests/script/test_script_shells.py",
    "pip install pysqlite3-binary": "another machine's SQLite, by whoever wants one",
    "apt-get install chromium": "another machine's browser, by whoever wants one",
    "python tests/benchmarks/run.py": "tests/benchmarks/run.py, which takes minutes",
}
"""Commands within sentences: the section or the test that runs them, or why nothing does."""


def commands(section: str) -> list[str]:
    """The commands of a section's shell blocks, without their comments."""
    lines = "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```", SECTIONS[section])).splitlines()
    found = [re.split(r"(?:^|\s+)# ?", line, maxsplit=1)[0].strip() for line in lines]
    return [command for command in found if command]


def blocks(section: str, language: str) -> list[str]:
    """The blocks of a section in another language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", SECTIONS[section])


def test_every_command_of_the_readme_is_known_here():
    shown = {section: commands(section) for section in SECTIONS if "```sh" in SECTIONS[section]}
    unknown = [
        command for section, found in shown.items() for command in found if command not in KNOWN.get(section, {})
    ]
    assert unknown == [], "the README shows commands that no test runs: enter them in KNOWN of tests/test_readme.py"
    gone = [each for section, known in KNOWN.items() for each in known if each not in shown.get(section, [])]
    assert gone == [], "KNOWN of tests/test_readme.py names commands that the README does not show any more"


def test_every_command_within_a_sentence_is_known_here():
    prose = re.sub(r"(?ms)^```.*?^```$", "", README)
    program = r"(?:alembic|alembic-rekey|python|pip|psql|sqlite3|apt-get) [^`]+"
    assert IN_PROSE.keys() == set(re.findall(rf"`({program})`", prose)), "enter or remove it in IN_PROSE"
    for place in IN_PROSE.values():
        assert place in KNOWN or " " in place or (ROOT / place).is_file()


def test_what_is_run_elsewhere_is_there():
    for command, place in KNOWN["Two commands"].items():
        assert (ROOT / place.removeprefix(ELSEWHERE)).is_file()
        # What it installs has the extra that it names.
        for extra in re.findall(r"\.\[(\w+)\]", command):
            assert extra in metadata("alembic-rekey").get_all("Provides-Extra")
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text("utf-8")


class Machine:
    """A folder in which commands of the README are run, with the programs that they need."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        programs = folder / "bin"
        programs.mkdir()
        (programs / "sqlite3").symlink_to(sqlite_shell())
        path = f"{programs}:{Path(sys.executable).parent}:{environment.pop('PATH', '')}"
        environment["PATH"] = f"{path}:{clean_environment()['PATH']}"
        self.environment = clean_environment(environment)

    def run(self, command: str) -> str:
        """Runs a line as it stands; returns what it prints."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def ours(folder: Path) -> Path:
    """A copy of our configuration and migrations, as in a checkout."""
    shutil.copytree(ROOT / "alembic", folder / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", folder)
    (folder / "src").symlink_to(ROOT / "src")
    return legacy.write_registry(folder / "registry.json", REGISTRY)


def colliding() -> dict[str, list[dict[str, object]]]:
    """Rows that the guard refuses."""
    return {"projects": projects(c=CANONICAL, s="p05"), "project_state": [state("a", "c", "1"), state("b", "s", "2")]}


def look_up(command: str, machine: Machine, **here: str) -> None:
    """Does for a line that installs or that names another machine what can be done here."""
    if command.startswith("export "):
        given = dict(word.split("=", 1) for word in command.split()[1:])
        declared = (machine.folder / "alembic.ini").read_text("utf-8")
        assert [name for name in given if re.search(rf"(?m)^rekey\.env\..* {name}\b", declared)] == list(here)
        machine.environment.update(here)
        return
    (extra,) = re.findall(r"pip install 'alembic-rekey\[(\w+)\]'", command)
    assert extra in metadata("alembic-rekey").get_all("Provides-Extra")


@pytest.mark.slow
def test_a_deploy(tmp_path):
    database = SQLiteDatabase(tmp_path / "app.db")
    legacy.create(database)
    legacy.fill(database, folded())
    before = legacy.read(database)
    machine, registry = Machine(tmp_path), ours(tmp_path)
    for command in commands("In a deploy"):
        if KNOWN["In a deploy"][command] == LOOKED_UP:
            here = {"ATOCORE_DATABASE_URL": database.url, "ATOCORE_PROJECT_REGISTRY_PATH": str(registry)}
            look_up(command, machine, **here)
            continue
        machine.run(command)
        if command == "alembic upgrade head":
            assert "p05" not in {row["name"] for row in legacy.read(database)["projects"]}
    assert before == legacy.read(database)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_review_by_a_dba(database, server, tmp_path):
    legacy.create(database)
    legacy.fill(database, folded())
    before = legacy.read(database)
    url = {"ATOCORE_DATABASE_URL": database.url, "ATOCORE_PROJECT_REGISTRY_PATH": str(ours(tmp_path))}
    address = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres", "PGDATABASE": database.name}
    machine = Machine(tmp_path, PATH=str(server.programs), **url, **address)
    for command in commands("Review by a DBA"):
        machine.run(command)
    assert "p05" not in {row["name"] for row in legacy.read(database)["projects"]}
    machine.run("psql -v ON_ERROR_STOP=1 -f back.sql")
    assert before == legacy.read(database)


def test_the_script_in_the_shell_of_sqlite(tmp_path):
    """The command that stands behind `or:` in the comment of psql's."""
    (line,) = [line for line in SECTIONS["Review by a DBA"].splitlines() if line.startswith("psql ")]
    database = SQLiteDatabase(tmp_path / "app.db")
    legacy.create(database)
    legacy.fill(database, folded())
    script = generated(database.url, ours(tmp_path))
    (tmp_path / "fold.sql").write_text(script, "ascii")
    Machine(tmp_path).run(line.partition("# or: ")[2])
    assert "p05" not in {row["name"] for row in legacy.read(database)["projects"]}


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "status"), [(folded, 0), (dict, 0), (colliding, 1)])
def test_the_workflow_in_ci(tmp_path, rows, status):
    """Its lines as the runner's shell takes them; `gh` keeps what it is told to post."""
    (workflow,) = [block.text for block in guide_blocks(page("deploy")) if block.kind == "yaml"]
    install, plan, post = re.findall(r"run: (.*)", workflow)
    database = SQLiteDatabase(tmp_path / "app.db")
    legacy.create(database)
    legacy.fill(database, rows())
    machine = Machine(tmp_path, URL=database.url, ATOCORE_PROJECT_REGISTRY_PATH=str(ours(tmp_path)))
    (tmp_path / "bin" / "gh").write_text('#!/bin/sh\necho "$@"; cp "$5" posted.md\n', "ascii")
    (tmp_path / "bin" / "gh").chmod(0o755)
    look_up(install.replace("pip install . ", "pip install "), machine)
    planned = machine.run(f"({plan}) && echo passed || echo failed")
    assert planned.splitlines()[-1:] == [("passed", "failed")[status]]
    assert "pr comment 7 --body-file plan.md\n" == machine.run(post.replace("${{ github.event.number }}", "7"))
    said = (tmp_path / "posted.md").read_text("utf-8")
    assert "### Plan of revision 0003" in said
    assert ("would refuse this plan" in said) is bool(status)


CUSTOMERS = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));
CREATE TABLE letters (id INTEGER PRIMARY KEY, customer TEXT);
INSERT INTO customers VALUES (1, 'p05');
INSERT INTO letters VALUES (1, 'P05'), (2, 'atlas');
INSERT INTO orders VALUES (1, 1);
"""


@pytest.mark.slow
def test_ones_own_project(tmp_path):
    database, machine = SQLiteDatabase(tmp_path / "app.db"), Machine(tmp_path)
    database.execute(CUSTOMERS)
    legacy.write_registry(tmp_path / "registry.json", REGISTRY, "customers")
    ends_with, declared = blocks("In your own project", "python")[:2]
    for command in commands("In your own project"):
        said = machine.run(command)
        if command == "alembic-rekey init":
            here(tmp_path, ends_with, database)
        elif "--fold" in command:
            written = Path(said.split()[-1])
            assert shape(declared) == shape(written.read_text("utf-8"))
    assert [(2, CANONICAL)] == database.rows("SELECT * FROM customers")
    legacy.write_registry(tmp_path / "registry.json", {**REGISTRY, "atlas-survey": ["atlas"]}, "customers")
    config = tmp_path / "alembic.ini"
    assert alembic_here("upgrade", "head", config=config).code == 0
    assert [(1, CANONICAL), (2, "atlas-survey")] == database.rows("SELECT * FROM letters")
    assert alembic_here("downgrade", "base", config=config).code == 0
    assert [(1, "P05"), (2, "atlas")] == database.rows("SELECT * FROM letters")
    assert [(1, "p05")] == database.rows("SELECT * FROM customers")


def test_the_query_that_keeps_old_links_alive(database, tmp_path):
    """As an application asks it: a key that it finds no row for, and one that was never folded."""
    (query,) = blocks("Old links", "sql")
    (declared,) = [block for block in blocks("In your own project", "python") if "def upgrade" in block]
    head = "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = {!r}, {!r}\n"
    once_more = declared.replace("    op.create_side_tables(spec)\n", "")
    database.execute(CUSTOMERS.replace("'p05'", f"'{CANONICAL}'") + "INSERT INTO customers VALUES (2, 'p05'), (3, 'x')")
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001.py").write_text(head.format("0001", None) + declared, "utf-8")
    (versions / "0002.py").write_text(head.format("0002", "0001") + once_more, "utf-8")
    (tmp_path / "migrations" / "env.py").write_text(ENVIRONMENT_LINES.replace("target_metadata", "None"), "utf-8")
    config = tmp_path / "alembic.ini"
    config.write_text("[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n", "utf-8")
    legacy.write_registry(tmp_path / "registry.json", REGISTRY, "customers")

    def leads(key):
        engine = create_engine(database.url)
        with engine.connect() as connection:
            found = connection.execute(text(query), {"key": key}).scalar()
        engine.dispose()
        return found

    assert alembic_here("upgrade", "0001", config=config, url=database.url).code == 0
    assert ["1", None, None] == [leads(key) for key in ("2", "1", "3")]
    legacy.write_registry(tmp_path / "registry.json", {"x": [CANONICAL]}, "customers")
    assert alembic_here("upgrade", "0002", config=config, url=database.url).code == 0
    assert ["3", "3", None] == [leads(key) for key in ("2", "1", "3")]


def here(folder: Path, ends_with: str, database: SQLiteDatabase) -> None:
    """The lines that `init` wrote are those of the README; the URL is what a person adds."""
    environment = (folder / "migrations" / "env.py").read_text("utf-8")
    assert environment.endswith(ENVIRONMENT_LINES)
    assert ast.dump(ast.parse(ends_with)) == ast.dump(ast.parse(ENVIRONMENT_LINES))
    (settings,) = blocks("In your own project", "ini")
    configuration = (folder / "alembic.ini").read_text("utf-8")
    assert set(settings.splitlines()) <= set(SETTING_LINES.splitlines()) <= set(configuration.splitlines())
    configuration = re.sub("(?m)^sqlalchemy.url = .*$", f"sqlalchemy.url = {database.url}", configuration)
    (folder / "alembic.ini").write_text(configuration, "utf-8")


def shape(revision: str) -> list[tuple[object, ...]]:
    """The parts of the spec that the text of a revision declares."""
    given: dict[str, object] = {"sa": sqlalchemy, "revision": "0001", "__name__": "revision"}
    exec(revision, given)
    roles = ("key", "name", "owners", "tag")
    return [
        (type(part), part.noun, *(str(getattr(part, role, None)) for role in roles)) for part in given["spec"].parts
    ]
