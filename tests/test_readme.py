"""Every command of the README is run as it stands there, in the order in which it stands there.

What installs is not run again here: `.ci/run` does that with the README's own line, and what a line
installs is looked up. A command that is new in the README has to be entered in `KNOWN`.
"""

from __future__ import annotations

import re
from doctest import ELLIPSIS, OutputChecker
from importlib.metadata import metadata

import pytest

import legacy
from alembic_rekey.guide.topics import PAGES, page
from alembic_rekey.project.files import ENVIRONMENT_LINES
from commands import rekey_with
from conftest import ROOT
from databases import SQLiteDatabase
from examples import alembic_here, folded
from machine import Machine, look_up, ours

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
        "export APP_DATABASE_URL=postgresql+psycopg://app@host/app APP_REGISTRY=/etc/app/registry.json": LOOKED_UP,
        "alembic-rekey plan --check": RUN,
        "alembic upgrade head": RUN,
        "alembic downgrade -1": RUN,
    },
}
IN_PROSE = {
    "alembic upgrade head": "In a deploy",
    "alembic downgrade": "In a deploy",
    'alembic-rekey revision --fold customers.name -m "fold customers"': "tests/test_guide_elsewhere.py",
    "alembic-rekey plan": "what is shown below it",
    "alembic-rekey plan --html FILE": "tests/show/test_page_decides.py",
    "alembic-rekey demo --collision": "tests/cli/test_demo.py",
    "alembic-rekey guide": "tests/test_guide.py",
    "alembic-rekey guide collision": "tests/test_guide.py",
}
"""Commands within sentences: the section or the test that runs them, or why nothing does."""


TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));
CREATE TABLE letters (id INTEGER PRIMARY KEY, customer TEXT);
"""
HEAD = """\
import sqlalchemy as sa
from alembic import op
from alembic_rekey import Identity, References, Spec, Tags
revision, down_revision = "0001", None
"""


def commands(section: str) -> list[str]:
    """The commands of a section's shell blocks, without their comments."""
    lines = "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```", SECTIONS[section])).splitlines()
    found = [re.split(r"(?:^|\s+)# ?", line, maxsplit=1)[0].strip() for line in lines]
    return [command for command in found if command]


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


def block(language: str) -> str:
    """The first block of the README in a language."""
    return blocks_of(language)[0]


def blocks_of(language: str) -> list[str]:
    """The blocks of the README in a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", README)


def test_the_formatter_that_it_shows_is_the_one_that_the_guide_runs():
    _, formatter = blocks_of("python")
    assert formatter in page("deploy")


def test_it_is_read_in_a_few_minutes():
    assert 150 > len(README.splitlines())


def test_what_it_leads_to_is_there():
    links = re.findall(r"\]\(([^)\s#]+)\)", README)
    assert {f"src/alembic_rekey/guide/{name}.md" for name in PAGES} <= {*links}
    assert [] == [link for link in links if not (ROOT / link).is_file()]


def test_the_fold_that_it_shows(tmp_path):
    """The registry and the spec make what the plan says and the table says, of the rows that the table begins with."""
    rows = re.findall(r"(?m)^\| `(\w+)` (\d+) \| (.*?) \| (.*?) \|$", README)
    (tmp_path / "registry.json").write_text(block("json"), "utf-8")
    database = SQLiteDatabase(tmp_path / "app.db")
    database.execute(TABLES)
    for table, key, before, _ in rows:
        database.execute(f"INSERT INTO {table} VALUES ({key}, '{plain(before)}')")
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001.py").write_text(f"{HEAD}{block('python')}", "utf-8")
    (tmp_path / "migrations" / "env.py").write_text(ENVIRONMENT_LINES.replace("target_metadata", "None"), "utf-8")
    config = tmp_path / "alembic.ini"
    config.write_text("[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n", "utf-8")
    settings = ("-c", str(config), "-x", f"url={database.url}")
    planned = rekey_with(*settings, "plan").out
    assert OutputChecker().check_output(f"...{block('text')}", planned, ELLIPSIS), planned
    assert 0 == alembic_here("upgrade", "head", config=config, url=database.url).code
    for table, key, _, after in rows:
        now = [str(value) for (_, value) in database.rows(f"SELECT * FROM {table} WHERE id = {key}")]
        assert now == ([] if after == "gone" else [plain(after)]), (table, key)


def plain(shown: str) -> str:
    """What stands in the database for what a cell of the table shows."""
    return shown.removeprefix("customer ").strip("`")


@pytest.mark.slow
def test_a_deploy(tmp_path):
    database = SQLiteDatabase(tmp_path / "app.db")
    legacy.create(database)
    legacy.fill(database, folded())
    before = legacy.read(database)
    machine, registry = Machine(tmp_path), ours(tmp_path)
    ini = tmp_path / "alembic.ini"
    named = ini.read_text("utf-8").replace("ATOCORE_DATABASE_URL", "APP_DATABASE_URL")
    ini.write_text(named.replace("ATOCORE_PROJECT_REGISTRY_PATH", "APP_REGISTRY"), "utf-8")
    for command in commands("In a deploy"):
        if KNOWN["In a deploy"][command] == LOOKED_UP:
            here = {"APP_DATABASE_URL": database.url, "APP_REGISTRY": str(registry)}
            look_up(command, machine, **here)
            continue
        machine.run(command)
        if command == "alembic upgrade head":
            assert "p05" not in {row["name"] for row in legacy.read(database)["projects"]}
    assert before == legacy.read(database)
