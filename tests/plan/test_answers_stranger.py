"""Claims about answers in a project that knows nothing of ours: several tables of slots, other types and words."""

from __future__ import annotations

import json

import pytest

from project.test_stranger import FIRST, everything, price, setting
from stranger import SCHEMAS, make
from ways_back import contents

pytestmark = pytest.mark.slow


@pytest.fixture
def project(database, tmp_path):
    """Integer keys on the one database, UUIDs on the other."""
    return make(database, tmp_path / "a folder", {"sqlite": "uuid", "postgresql": "integer"}[database.dialect])


def test_a_form_of_two_tables_is_filled_in_and_decides_online_and_in_an_approved_script(project):
    rows = everything(project)
    rows["Price List"].append(price(project, 9, 1, "11.00"))
    rows["settings"] += [
        setting(project, 30, 1, "new", '{"a": 1}', "live"),
        setting(project, 31, 3, "new", "[]", "live"),
    ]
    project.fill(rows)
    before = contents(project.database)
    path = project.folder / "form.json"
    assert 0 == project.rekey("plan", "--write-resolutions", str(path)).status
    form = json.loads(path.read_text("utf-8"))
    schema = SCHEMAS[project.database.dialect]
    tables = [f"{schema}.{name}" if schema else name for name in ("settings", "Price List")]
    questions = form["resolutions"]
    assert tables == [one["table"] for one in questions]
    assert [FIRST, FIRST] == [one["project"] for one in questions]
    for question in questions:
        (question["keep"],) = (row["keep"] for row in question["rows"] if row["keep"] != "canonical")
    path.write_text(json.dumps(form), "utf-8")
    assert [" CS", "corner"] == [one["keep"] for one in questions]

    given = ("-x", f"resolutions={path}")
    said = project.rekey(*given, "plan", "--check", "--json")
    assert 0 == said.status, said.out
    report = project.folder / "plan.json"
    report.write_text(said.out, "ascii")
    project.does("upgrade", "head", resolutions=path, expect_plan=report)
    kept = 'SELECT s.value, p.amount FROM settings s, "Price List" p WHERE s.name = \'new\' AND p."No" IN (1, 9)'
    ((value, amount),) = project.database.rows(kept)
    assert ([], 10.5) == (json.loads(value) if isinstance(value, str) else value, float(amount))
    project.does("downgrade", "base")
    assert before == contents(project.database)

    script = project.does("upgrade", "head", "--sql", resolutions=path, expect_plan=report).out.encode("ascii")
    project.database.execute("UPDATE settings SET section = 'b' WHERE name = 'free'")
    done = project.database.run_script(script)
    assert b"rekey_other_plan_setting" in done.stderr
    project.database.execute("UPDATE settings SET section = 'a' WHERE name = 'free'")
    done = project.database.run_script(script)
    assert 0 == done.returncode, done.stderr
    assert 1 == len(project.database.rows(kept))
