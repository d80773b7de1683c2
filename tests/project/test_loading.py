"""Claims about a revision that fails as it is loaded: each command says which, where and with what, and no more."""

import json

import pytest

from databases import SQLiteDatabase
from declared import declared

SCHEMA = "CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO projects VALUES (1, 'pol'), (2, 'x');"
SPEC = 'Spec(revision=revision, identity=Identity(noun="project", key=t["projects"].c.id, name=t["projects"].c.name))'
COMMANDS = [
    ("plan",),
    ("plan", "--check"),
    ("status",),
    ("scan",),
    ("restore-plan",),
    ("revision", "-m", "x"),
    ("revision", "-m", "x", "--fold", "projects.name"),
]
FUNCTION = "def fails():\n    raise ValueError('x')\nfails()\nspec = "
BROKEN = {
    "a column that is not there": (('t["projects"].c.id', 't["projects"].c.idd'), "ended with AttributeError: idd."),
    "a name that is not there": (("spec = ", "spec = missing or "), "NameError: name 'missing' is not defined."),
    "a field that is not there": (("noun=", "nuon="), "unexpected keyword argument 'nuon'."),
    "no Python": (("spec = ", "spec = ("), "ended with SyntaxError: '(' was never closed"),
    "an import": (("spec = ", "import missing.models\nspec = "), "ModuleNotFoundError: No module named 'missing'."),
    "an exit": (("spec = ", "raise SystemExit('no %s ☃\\n two')\nspec = "), "ended with SystemExit: no %s ☃."),
    "a password": (("spec = ", "raise ValueError('x://me:secret@y')\nspec = "), "ended with ValueError."),
    "a function that stands above": (("spec = ", FUNCTION), "ended with ValueError: x."),
}
AT = ("raise ", "import missing", "spec = ")
"""The line that is told is the first with one of these, the first of them that there is."""


def test_what_a_revision_prints_as_it_is_loaded_does_not_stand_in_a_document(tmp_path):
    database = SQLiteDatabase(tmp_path / "x.db")
    made = declared(database, tmp_path, SCHEMA, SPEC, ["projects"], names={"x": ["pol"]})
    made.upgrade("0001")
    fold = made.folder / "migrations" / "versions" / "0002_fold.py"
    fold.write_text(fold.read_text("utf-8").replace("spec = ", "print('hello')\nspec = ", 1), "utf-8")
    for command in ("plan", "status", "scan"):
        said = made.rekey(command, "--json")
        assert (command, True, "{") == (command, "hello" in said.err, said.out[:1])
        assert json.loads(said.out)


@pytest.mark.parametrize("case", BROKEN)
def test_every_command_says_where_it_failed_and_leaves_everything_as_it_was(tmp_path, case):
    """Case: a traceback of 60 lines, most of them Alembic's."""
    (old, new), said = BROKEN[case]
    database = SQLiteDatabase(tmp_path / "x.db")
    made = declared(database, tmp_path, SCHEMA, SPEC, ["projects"], names={"x": ["pol"]})
    made.upgrade("0001")
    before, fold = database.snapshot(), made.folder / "migrations" / "versions" / "0002_fold.py"
    text = fold.read_text("utf-8")
    fold.write_text(text.replace(old, new, 1), "utf-8")
    lines = fold.read_text("utf-8").splitlines()
    line = next(number for at in AT for number, one in enumerate(lines, start=1) if at in one)
    for command in COMMANDS:
        ended = made.rekey(*command)
        assert ended.status != 0, command
        assert f"FAILED: {fold}, line {line}, ended with " in ended.err
        assert said in ended.err
        assert "what to do: mend the revision" in ended.err
        assert "secret" not in ended.err + ended.out
        assert "Traceback" not in ended.err + ended.out
    assert (before, 2) == (database.snapshot(), len(list(fold.parent.glob("*.py"))))
    fold.write_text(text, "utf-8")
    assert 0 == made.rekey("plan").status
