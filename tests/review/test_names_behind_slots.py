"""A claim about rows that refer to slots: they are told by the alias under which they stand, as those of owners are."""

import json

import pytest

from declared import declared

pytestmark = pytest.mark.sqlite_first

SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(99));
INSERT INTO people VALUES (1, 'Ada'), (2, 'A1'), (3, 'A2');
CREATE TABLE carts (id INTEGER PRIMARY KEY, person INTEGER, shop INTEGER);
INSERT INTO carts VALUES (10, 1, 1), (20, 2, 1), (30, 3, 1), (40, 3, 2);
CREATE TABLE items (id INTEGER PRIMARY KEY, cart VARCHAR(9));
INSERT INTO items VALUES (1, '10'), (2, '20'), (3, '30'), (4, '30'), (5, '40');
"""
SPEC = """Spec(revision=revision, identity=Identity(noun="project", key=t["people"].c.id, name=t["people"].c.name),
    slots=(Slots(noun="cart", key=t["carts"].c.id, owners=(t["carts"].c.person,), slot=(t["carts"].c.shop,)),),
    references=(References(noun="item", key=t["items"].c.id, owners=(t["items"].c.cart,), of="cart"),))"""


def test_the_rows_of_a_part_of_slots_are_counted_under_the_alias_of_their_slot(database, tmp_path):
    """A key may be kept as text there, and a slot that only gets another owner takes no row with it."""
    project = declared(database, tmp_path, SCHEMA, SPEC, ["people", "carts", "items"], names={"Ada": ["A1", "A2"]})
    page = tmp_path / "plan.html"
    said = project.rekey("plan", "--html", str(page))
    assert (0, "") == (said.status, said.err.replace(f"page: {page}\n", "")), said
    items = said.out.split("items: rekeyed (3)\n")[1]
    assert ["  'A1' -> 'Ada': 1 row", "  'A2' -> 'Ada': 2 rows"] == items.splitlines()[:2]
    assert "'Ada' -> 'Ada'" not in said.out
    data = page.read_text("ascii").split('<script id="rows-data" type="application/json">')[1].split("</script>")[0]
    told = {row["key"]: row["from"] for row in json.loads(data) if row["table"] == "items"}
    assert {"2": "A1", "3": "A2", "4": "A2"} == told
