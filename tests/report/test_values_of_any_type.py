"""Claims about values of every type that PostgreSQL has: whatever is written of a fold, they can be written."""

import json

import pytest

from declared import declared

SPEC = """Spec(
    revision=revision,
    identity=Identity(noun="project", key=t["c"].c.id, name=t["c"].c.name, absorb={"x": Absorb.COALESCE}),
    slots=(Slots(noun="s", key=t["s"].c.id, owners=(t["s"].c.c,), slot=(t["s"].c.k,), value=t["s"].c.v),),
    tags=(Tags(noun="g", key=t["g"].c.id, tag=t["g"].c.tag, agree=(t["g"].c.m,)),),
)"""
DEFINITIONS = """
CREATE DOMAIN address AS inet;
CREATE TABLE c (id integer PRIMARY KEY, name text, x {type}, y {type});
CREATE TABLE s (id integer PRIMARY KEY, c integer REFERENCES c (id), k {type}, v {type}, z {type});
CREATE TABLE g (id integer PRIMARY KEY, tag text, m {type}, z {type});
INSERT INTO c VALUES (1, 'a', NULL, '{one}'), (2, 'b', '{one}', '{other}');
INSERT INTO s VALUES (1, 1, '{one}', '{one}', '{one}'), (2, 2, '{one}', '{one}', '{other}'),
  (3, 2, '{other}', '{one}', '{other}');
INSERT INTO g VALUES (1, 'a', '{one}', '{one}'), (2, 'b', '{one}', '{other}'), (3, 'b', '{other}', '{other}');
"""
VALUES = {
    "inet": ("10.0.0.1", "10.0.0.0/8"),
    "inet[]": ("{10.0.0.1}", "{}"),
    "address": ("10.0.0.1", "::1"),
    "cidr": ("10.0.0.0/8", "::/0"),
    "macaddr": ("08:00:2b:01:02:03", "08:00:2b:01:02:04"),
    "int4range": ("[1,3)", "empty"),
    "int4range[]": ('{"[1,3)"}', "{empty}"),
    "tstzrange": ("[2024-01-01,2024-02-01)", "empty"),
    "int4multirange": ("{[1,3),[5,7)}", "{}"),
    "bit varying": ("101", ""),
    "money": ("1.50", "-1.50"),
    "numeric": ("1.10", "NaN"),
    "float8": ("1.5", "-Infinity"),
    "boolean": ("t", "f"),
    "bigint": ("1", "9223372036854775807"),
    "interval": ("1 mon -1 day", "178000000 years"),
    "date": ("infinity", "0044-03-15 BC"),
    "timestamptz": ("2024-01-01 10:00+05", "-infinity"),
    "uuid": ("00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "uuid[]": ("{00000000-0000-0000-0000-000000000001}", "{}"),
    "jsonb": ('{"a": 1.10}', "null"),
    "jsonb[]": ("{}", '{"{}"}'),
    "bytea": (r"\x00ff", ""),
    "bytea[]": ("{}", r'{"\\x00ff"}'),
    "tsvector": ("a b", "c:1"),
    "float8[]": ("{1,NaN}", "{}"),
}
FEW = ("inet", "int4multirange", "numeric")


def _written(database, tmp_path, type_, kinds):
    """What `plan` and `restore-plan` write before and after a fold of columns of a type, declared as one of `kinds`."""
    one, other = VALUES[type_]
    definitions = DEFINITIONS.format(type=type_, one=one, other=other)
    types = dict.fromkeys(("c.x", "c.y", "s.k", "s.v", "s.z", "g.m", "g.z"), kinds) if kinds else None
    project = declared(database, tmp_path, definitions, SPEC, ["c", "s", "g"], names={"a": ["b"]}, types=types)
    told = [project.rekey("plan", "--json"), project.rekey("plan", "--html", str(tmp_path / "plan.html"))]
    ended = project.upgrade()
    assert 0 == ended.code, ended.err
    told += [project.rekey("report", "--html", str(tmp_path / "run.html"))]
    told += [project.rekey("restore-plan", *asked) for asked in (("--json",), ("--html", str(tmp_path / "back.html")))]
    assert [0] * 5 == [said.status for said in told], [said.err for said in told]
    return json.loads(told[0].out), json.loads(told[3].out)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("type_", [pytest.param(one, marks=() if one in FEW else pytest.mark.slow) for one in VALUES])
def test_a_value_of_any_type_is_written_of_a_plan_and_of_its_way_back(database, tmp_path, type_):
    plan, back = _written(database, tmp_path, type_, "sa.Text()" if type_.endswith("[]") else None)
    (shadow,) = (row["before"] for row in plan["plan"]["shadow_projects"] if row["before"]["id"] == 2)
    (row,) = (
        row["columns"]
        for table in back["runs"][0]["tables"]
        for row in table["rows"]
        if (table["table"], row["key"], row["action"]) == ("c", 2, "delete")
    )
    assert {"x": [None, shadow["x"]], "y": [None, shadow["y"]]} == {name: row[name] for name in ("x", "y")}


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("type_", ["inet", "int4range", "jsonb", "float8[]"])
def test_so_is_one_that_is_declared_as_text(database, tmp_path, type_):
    _written(database, tmp_path, type_, "sa.Text()")
