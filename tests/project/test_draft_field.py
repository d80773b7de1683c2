"""Claims about `revision --fold` on the lines of the field: from the database it declares what a person declared."""

import ast
import os
import re
import runpy
from importlib import import_module

import pytest

from alembic_rekey import Slots
from alembic_rekey.spec.part import columns_of
from databases import DIALECTS
from drafts import draft, empty_project
from field_lines import Line, _all, _changed, _insert, _project

LONG = bool(os.environ.get("REKEY_LONG"))
FAMILIES = ("absorbed", "catalogues", "names", "pairs", "tags", "tenants", "trees", "users")


def lines():
    for family in FAMILIES:
        for value in vars(import_module(f"field.test_{family}")).values():
            yield from (one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, Line))


def asked(line):
    """What a person who has this line's spec in mind says on the command line, and its column, or table."""
    body = line.specs if isinstance(line.specs, str) else line.specs[0]
    said = ast.parse(f"dict({body.strip().rstrip(',')})", mode="eval").body
    identity = next(each.value for each in said.keywords if each.arg == "identity")
    given = {each.arg: each.value for each in identity.keywords}
    key = given["key"]
    table = ast.unparse(getattr(key, "elts", [key])[0]).partition(".")[0]
    arguments = ["--found"] if "duplicates" in given else []
    for word in ("within", "survivor"):
        for each in getattr(given.get(word), "elts", []):
            most = re.fullmatch(r"most\((\w+)\.c\.(\w+)\)", ast.unparse(each))
            column = re.fullmatch(rf"{table}\.c\.(\w+)(\.desc\(\))?(\.nulls_last\(\))?", ast.unparse(each))
            if most:
                arguments += ["--most", f"{most[1]}.{most[2]}"]
            elif column:
                arguments += [f"--{word}", column[1] + (" desc" if column[2] else "")]
    match = ast.unparse(given["match"]) if "match" in given else ""
    if match == "Match.EXACT":
        arguments.append("--exact")
    elif "case(" not in match:
        for each in getattr(given.get("match"), "elts", [given["match"]] if match else []):
            sql = ast.unparse(each).replace("func.", "").replace(f"{table}.c.", "")
            arguments += ["--match", sql]
    fold = f"{table}.{given['name'].attr}" if "name" in given else table
    return fold, [*arguments, *(["--promote"] if "missing" in given else [])]


def declared(spec):
    """What a spec says that its schema tells: per table the kind of part, its key, owners, slot, names."""
    told = {}
    for part in spec.parts:
        columns = {"key": part.keys, "slot": part.slot if isinstance(part, Slots) else (), "named": part.named}
        named = {role: sorted(str(known.name) for known in known_as) for role, known_as in columns.items()}
        owners = sorted([str(known.name) for known in columns_of(owner)] for owner in part.owners)
        told[part.table.name] = (type(part).__name__, owners, part.of, named)
    return told


ALL = {line.name: line for line in lines()}
WITHOUT_A_KEY = ALL.pop("A14 without a key")
LINES = list(ALL.values())
OTHERWISE = {
    # A person lets rows go with what they hang on: a constraint cannot say so.
    "A7 messages of a thread, what hangs on the others goes too": {"feedback"},
    "R3 accounts of a domain, follows in pairs": {"account_stats"},
    "A4 clients set NULL, permissions deleted": {"permissions"},
    "D2 the rest deleted with what hangs on it": {"settings"},
    # No foreign key and no name says what a page replaces.
    "pages with a parent and one that they replace": {"pages"},
    # A person knows that no two carts that become one hold the same product.
    "S26 fifteen children, many one to one": {"cart_items"},
}
DECIDED = ("rekey_collision_", "rekey_itself_", "rekey_own_parent_")
"""What the guard asks a person: a draft leaves it open."""
KEYED = {
    "sqlite": "ALTER TABLE user_roles RENAME TO old; CREATE TABLE user_roles (user_id INTEGER NOT NULL,"
    " role VARCHAR(20) NOT NULL, scope INTEGER, id INTEGER PRIMARY KEY);"
    " INSERT INTO user_roles (user_id, role, scope) SELECT * FROM old; DROP TABLE old",
    "postgresql": "ALTER TABLE user_roles ADD COLUMN id SERIAL PRIMARY KEY",
}
QUICK = (
    "S8 projects by path per source",
    "S5 categories of a family in a tree",
    "S26 fifteen children, many one to one",
    "A12 duplicate links, lowest id",
)
CASES = [
    pytest.param(dialect, line, id=f"{line.name}-{dialect}", marks=[] if quick else [pytest.mark.slow])
    for line in LINES
    for dialect in DIALECTS
    for quick in [dialect == "sqlite" and line.name in QUICK]
]


@pytest.mark.every_case
@pytest.mark.parametrize(("database", "line"), CASES, indirect=["database"])
def test_a_draft_declares_what_a_person_did_and_goes_up_and_down(database, line, tmp_path):
    (file,) = (_project(database, tmp_path, line).folder / "migrations" / "versions").glob("*.py")
    by_a_person = declared(runpy.run_path(str(file))["specs"][0])
    for name, given in line.rows.items():
        _insert(database, name, given)
    before = _all(database)
    fold, arguments = asked(line)
    made = draft(empty_project(database, tmp_path, line.names or None), fold, *arguments)
    (spec,) = made.specs
    drafted = declared(spec)
    assert by_a_person.keys() == drafted.keys()
    differing = {table for table, told in drafted.items() if told != by_a_person[table]}
    assert OTHERWISE.get(line.name, set()) == differing
    assert [] == made.questions
    if database.dialect == "postgresql" and not differing and not LONG:
        return  # what the person declared goes up and down there with the other claims from the field
    asks = re.findall(r"^rekey_\w+", made.project.upgrade().err, re.MULTILINE)
    assert [] == [check for check in asks if not check.startswith(DECIDED)]
    if asks:
        assert before == _all(database)
        made.decided()
        ended = made.project.upgrade()
        assert 0 == ended.code, ended.err
    ended = made.project.downgrade("base")
    assert 0 == ended.code, ended.err
    assert [] == _changed(before, database)


@pytest.mark.sqlite_first
def test_rows_that_nothing_tells_apart_are_drafted_once_they_have_a_key(database, tmp_path):
    """What a person declares there is refused as well, by what the rows hold."""
    line = WITHOUT_A_KEY
    made = _project(database, tmp_path, line)
    project = empty_project(made.database, tmp_path)
    for name, given in line.rows.items():
        _insert(database, name, given)
    fold, arguments = asked(line)
    assert ("user_roles", ["--found", "--match", "user_id", "--match", "role"]) == (fold, arguments)
    said = project.rekey("revision", "-m", "x", "--fold", fold, *arguments)
    assert (1, True) == (said.status, "no constraint tells the rows of 'user_roles' apart" in said.err)
    assert "what to do: give the table a primary key" in said.err
    database.execute(KEYED[database.dialect])
    before = _all(database)
    drafted = draft(project, fold, *arguments)
    assert 0 == drafted.project.upgrade().code
    assert [(1, "admin", 1), (2, "admin", 3)] == database.rows("SELECT user_id, role, id FROM user_roles ORDER BY id")
    assert 0 == drafted.project.downgrade("base").code
    assert [] == _changed(before, database)
