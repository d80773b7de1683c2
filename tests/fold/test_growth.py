"""The work of each statement grows with the rows, not with their square, though no column but keys has an index.

Counted are the instructions that SQLite carries out, which are the same on every machine and at every load.
"""

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine, event

from databases import SQLiteDatabase
from declared import declared

pytestmark = pytest.mark.slow

FEW, TIMES = 120, 4
AT_ONCE = 50
"""Instructions from one call of SQLite's to the next."""
SQUARE = 9
"""A statement of TIMES as many rows that takes this many times the work: of 16 some is lost to what is always done."""
LITTLE = 30_000
"""Instructions that no table is read twice with."""

PEOPLE = """CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, parent INTEGER, points INTEGER,
  befriended INTEGER REFERENCES people (id));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO people SELECT i, 'n' || i, 'm' || (i / 2), nullif(i - 1, 0), 1,
  CASE WHEN i % 2 = 1 AND i BETWEEN 5 AND {rows} - 5 THEN 3 END FROM n;"""
"""Shadows befriended a shadow, of which the specs know nothing: they go together."""
TABLES = {
    "people": PEOPLE,
    "notes": """CREATE TABLE notes (id INTEGER PRIMARY KEY, person TEXT, said TEXT);
        INSERT INTO notes SELECT id, CAST(id AS TEXT), name FROM people;""",
    "facts": """CREATE TABLE facts (id INTEGER PRIMARY KEY, person INTEGER, slot TEXT, value TEXT, extra TEXT);
        INSERT INTO facts SELECT id, id, 's', 'v', name FROM people;""",
    "items": """CREATE TABLE items (id INTEGER PRIMARY KEY, fact INTEGER, person INTEGER);
        INSERT INTO items SELECT id, id, id FROM facts;""",
    "follows": """CREATE TABLE follows (follower INTEGER, followed INTEGER, PRIMARY KEY (follower, followed));
        INSERT INTO follows SELECT id, 1 + (id * 7) % {rows} FROM people;""",
    "tags": """CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT, said TEXT, status TEXT);
        INSERT INTO tags SELECT id, name, 's', 'active' FROM people;""",
}
NOTES = """References(noun="note", key=t["notes"].c.id, owners=(t["notes"].c.person,), names=(t["notes"].c.said,)),"""
ITEMS = """References(noun="item", key=t["items"].c.id, owners=(t["items"].c.fact,), of="fact"),"""
FACTS = """Slots(noun="fact", key=t["facts"].c.id, owners=(t["facts"].c.person,), slot=(t["facts"].c.slot,),
    value=t["facts"].c.value, absorb={"extra": Absorb.COALESCE}),"""
FOLLOWS = """Slots(noun="follow", key=(t["follows"].c.follower, t["follows"].c.followed),
    owners=(t["follows"].c.follower, t["follows"].c.followed), itself=Itself.DELETE),"""
TAGS = """Tags(noun="tag", key=t["tags"].c.id, tag=t["tags"].c.name, agree=(t["tags"].c.said,),
    status=t["tags"].c.status),"""
SPECS = {
    "found": f"""Spec(revision=revision, identity=Identity(noun="person", key=t["people"].c.id, name=t["people"].c.name,
        duplicates=Duplicates.FOUND, match=(t["people"].c.mail,), owners=(t["people"].c.parent,),
        itself=Itself.SET_NULL, survivor=(most(t["facts"].c.person),), absorb={{"points": Absorb.SUM}}),
        references=({NOTES} {ITEMS}), slots=({FACTS} {FOLLOWS}), tags=({TAGS}))""",
    "created": f"""Spec(revision=revision, identity=Identity(noun="person", key=t["people"].c.id,
        registered="projects", name=t["people"].c.name),
        references=({NOTES}), slots=({FACTS} {FOLLOWS}), tags=({TAGS}))""",
    "promoted": f"""Spec(revision=revision, identity=Identity(noun="person", key=t["people"].c.id,
        registered="projects", name=t["people"].c.name, missing=Missing.PROMOTE, absorb={{"points": Absorb.SUM}}),
        references=({NOTES} {ITEMS}), slots=({FACTS}), tags=({TAGS}))""",
}


@dataclass
class Work:
    """The instructions of each statement, by what was done and the statement."""

    done: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    doing: tuple[str, str] = ("", "")

    @contextmanager
    def counted(self):
        def connected(connection, _record):
            connection.set_progress_handler(count, AT_ONCE)

        def count():
            self.done[self.doing] += AT_ONCE

        def begun(_connection, _cursor, statement, *_):
            self.doing = (self.doing[0], statement)

        event.listen(Engine, "connect", connected)
        event.listen(Engine, "before_cursor_execute", begun)
        try:
            yield
        finally:
            event.remove(Engine, "connect", connected)
            event.remove(Engine, "before_cursor_execute", begun)


def work(folder, spec, rows):
    """The work of a plan, an upgrade, the plan of its way back and a downgrade."""
    folder.mkdir()
    work, made = Work(), "".join(TABLES.values()).format(rows=rows)
    names = {} if "FOUND" in spec else {f"N {k}": [f"n{2 * k}", f"n{2 * k + 1}"] for k in range(1, rows // 2 - 1)}
    project = declared(SQLiteDatabase(folder / "data.db"), folder, made, spec, TABLES, names=names)
    ways = {
        "plan": project.check,
        "upgrade": project.upgrade,
        "restore-plan": lambda: project.rekey("restore-plan"),
        "downgrade": project.downgrade,
    }
    with work.counted():
        for way, go in ways.items():
            work.doing = (way, "")
            ended = go()
            assert 0 == getattr(ended, "code", getattr(ended, "status", None)), ended
    return work.done


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_no_statement_takes_the_square_of_the_rows(tmp_path, spec):
    few, many = (work(tmp_path / str(rows), spec, rows) for rows in (FEW, FEW * TIMES))
    dear = {said: done for said, done in many.items() if done > LITTLE}
    assert {} == {said: (few[said], done) for said, done in dear.items() if said in few and done > SQUARE * few[said]}
