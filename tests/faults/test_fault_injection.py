"""Names are data: of the registry and of rows that are there, through every command, whatever they look like."""

import json
import re

import pytest

from commands import rekey_here
from examples import alembic_here, interaction, memory, prepared, project, state
from script.test_script_names import NAMES
from scripts import generated
from ways_back import contents, script_back

HOSTILE = (
    *NAMES,
    *(
        "'); DROP TABLE projects; --",
        '"); DROP TABLE projects; --',
        "x'); DELETE FROM memories; SELECT ('",
        "' OR '1'='1",
    ),
    *(
        "'||(SELECT 1)||'",
        "\\'; DROP TABLE projects; --",
        "$$; DROP TABLE projects; --",
        "'; COMMIT; DROP TABLE projects; --",
    ),
    *(
        "{0}",
        "{id!r}",
        "{name.__class__}",
        "%(id)s",
        "${x}",
        "`id`",
        "projects",
        "rekey_run",
        "x'; ATTACH 'y' AS z; --",
    ),
    *(
        "*/ DROP TABLE projects; /*",
        "\\g",
        "\\copy x from y",
        ".read x",
        "U&'\\0027'",
        "\u2019; DROP TABLE projects",
        "CON",
    ),
)
REGISTRY = {f"{name} (canonical)": [name] for name in HOSTILE}


def rows():
    """Every name as a shadow with rows of every kind, and in every other text that a row has."""
    numbered = list(enumerate(HOSTILE))
    return {
        "projects": [
            *(project(f"p{number}", name, description=name) for number, name in numbered),
            *(project(f"o{number}", f"not registered: {name}") for number, name in numbered),
            *(project(name, f"with an id like that {number}") for number, name in numbered),
        ],
        "project_state": [
            state(f"{name} {number}", f"p{number}", name, category=name, key=name, source=name)
            for number, name in numbered
        ],
        "memories": [memory(f"m{number}", name, name, memory_type=name) for number, name in numbered],
        "interactions": [interaction(f"i{number}", name, response=name, client=name) for number, name in numbered],
    }


def is_folded(database):
    """Every table is there with every row, under the canonical names."""
    there = rows()
    assert {
        row["name"] for row in database.table("projects") if row["id"] in {f"o{n}" for n in range(len(HOSTILE))}
    } == {row["name"] for row in there["projects"] if row["id"].startswith("o") and row["name"].startswith("not reg")}
    assert len(database.table("projects")) == len(there["projects"])
    for table, texts in {"memories": ("content", "memory_type"), "interactions": ("response", "client")}.items():
        found = {row["id"]: row for row in database.table(table)}
        for number, name in enumerate(HOSTILE):
            row = found[f"{table[0]}{number}"]
            assert row["project"] == f"{name} (canonical)"
            assert [row[text] for text in texts] == [name, name]
    names = {row["id"]: row["name"] for row in database.table("projects")}
    owners = {row["value"]: names[row["project_id"]] for row in database.table("project_state")}
    assert owners == {name: f"{name} (canonical)" for name in HOSTILE}
    return True


@pytest.mark.slow
def test_hostile_names_are_data_for_every_command_online(database, tmp_path):
    registry = prepared(database, tmp_path, rows(), REGISTRY)
    before, tables = contents(database), database.tables()
    settings = {"url": database.url, "registry": registry, "report_dir": tmp_path / "reports"}
    planned = rekey_here(database, registry, "plan", "--json")
    assert planned.status == 0, planned.err
    assert len(planned.document["plan"]["shadow_projects"]) == 2 * len(HOSTILE)
    assert rekey_here(database, registry, "plan").status == 0
    assert contents(database) == before
    assert alembic_here("upgrade", "head", **settings).code == 0
    assert is_folded(database)
    reported = rekey_here(database, registry, "report").document
    shadows = {entry["before"]["name"] for entry in reported["plan"]["shadow_projects"] if entry["action"] == "delete"}
    assert shadows == set(HOSTILE)
    assert rekey_here(database, registry, "restore-plan").status == 0
    written = next(path for path in (tmp_path / "reports").glob("*-1.json"))
    assert json.loads(written.read_text())["plan"]["alias_map"] == {name: f"{name} (canonical)" for name in HOSTILE}
    back = alembic_here("downgrade", "-1", **settings)
    assert back.code == 0, back.err
    assert contents(database) == before
    assert database.tables() > tables


@pytest.mark.slow
def test_hostile_names_are_data_for_both_scripts_and_for_a_report_that_is_read_back(
    database, upgrade, downgrade, tmp_path
):
    registry = prepared(database, tmp_path, rows(), REGISTRY)
    before = contents(database)
    for script in (generated(database.url, registry), script_back(database, registry)):
        outcome = database.run_script(script.encode("ascii"))
        assert outcome.returncode == 0, outcome.stderr
        assert (contents(database) == before) is not is_folded_after(script, database)
    assert contents(database) == before
    upgrade(database, registry, report_dir=tmp_path / "reports")
    downgrade(database, registry, report=next((tmp_path / "reports").glob("*.json")))
    assert contents(database) == before


def is_folded_after(script, database):
    return "folds every row" in script and is_folded(database)


@pytest.mark.sqlite_first
def test_a_refusal_shows_hostile_names_in_one_line_each_and_changes_nothing(database, tmp_path):
    there = rows()
    there["projects"] += [project(f"c{number}", f"{name} (canonical)") for number, name in enumerate(HOSTILE)]
    there["project_state"] += [
        state(f"c{number}", f"c{number}", "another", category=name, key=name) for number, name in enumerate(HOSTILE)
    ]
    registry = prepared(database, tmp_path, there, REGISTRY)
    before = database.snapshot()
    ended = alembic_here("upgrade", "head", url=database.url, registry=registry, report_dir=tmp_path / "reports")
    assert ended.code == 2
    assert re.findall(r"rekey_\w+ \(\d+\)", ended.err) == [f"rekey_collision_state ({2 * len(HOSTILE)})"]
    refusal = ended.err[ended.err.index("FAILED: ") :]
    assert len(refusal.splitlines()) == 2 * len(HOSTILE) + 3
    assert refusal.isprintable() or not [c for c in refusal if not c.isprintable() and c != "\n"]
    assert database.snapshot() == before
