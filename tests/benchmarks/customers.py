"""A second schema: customers found by their e-mail addresses, their orders by foreign key, a link table of two columns.

A fifth of the rows are customers, three tenths of which are written again; half are orders, the others memberships.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from databases import Database

__all__ = ["BACK", "COLUMNS", "FLOOR", "SAVE", "Data", "create", "project"]

COLUMNS = {
    "customers": ("id", "name", "email", "phone", "created_at"),
    "orders": ("id", "customer_id", "said", "placed_at"),
    "memberships": ("customer_id", "group_id"),
}
GROUPS = 500
AGAIN = 0.30
"""How many customers are written again under another spelling of their address."""

_SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(99), email VARCHAR(99), phone VARCHAR(99),
  created_at {time});
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), said VARCHAR(200),
  placed_at {time});
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE memberships (customer_id INTEGER REFERENCES customers (id), group_id INTEGER,
  PRIMARY KEY (customer_id, group_id));
"""


def create(database: Database) -> None:
    """Makes the tables."""
    database.execute(_SCHEMA.format(time="TIMESTAMP" if database.dialect == "postgresql" else "DATETIME"))


class Data:
    """All rows of one size; the same for the same seed."""

    def __init__(self, rows: int, seed: int = 6) -> None:
        self.rows = rows
        self._random = random.Random(seed)
        self._customers = max(2, int(rows * 0.2))
        self.registry: dict[str, tuple[str, ...]] = {}
        """None is read."""

    def lines(self, table: str) -> Iterator[tuple[Any, ...]]:
        """The rows of one table."""
        return {"customers": self._people, "orders": self._orders, "memberships": self._memberships}[table]()

    def _people(self) -> Iterator[tuple[Any, ...]]:
        begun, addresses = datetime(2020, 1, 1), list[str]()
        for number in range(1, self._customers + 1):
            address = f"someone.{number}@example.org"
            if addresses and self._random.random() < AGAIN:
                address = self._random.choice((str.upper, str.title))(self._random.choice(addresses))
            else:
                addresses.append(address)
            at = begun + timedelta(minutes=self._random.randrange(2_000_000))
            phone = f"+49 {number}" if self._random.random() < 0.5 else None
            yield number, f"Customer {number}", address, phone, at.isoformat(" ", "microseconds")

    def _orders(self) -> Iterator[tuple[Any, ...]]:
        begun = datetime(2024, 1, 1)
        for number in range(1, int(self.rows * 0.5) + 1):
            owner, at = self._random.randint(1, self._customers), begun + timedelta(seconds=number)
            yield number, owner, f"order {number}: " + "parts and more parts " * 3, at.isoformat(" ", "microseconds")

    def _memberships(self) -> Iterator[tuple[Any, ...]]:
        wanted, seen = int(self.rows * 0.3), set[tuple[int, int]]()
        while len(seen) < wanted:
            # Few groups of few numbers: a customer who is written twice is often in one of them twice.
            pair = (self._random.randint(1, self._customers), int(self._random.paretovariate(0.7)) % GROUPS)
            if pair not in seen:
                seen.add(pair)
                yield pair


_HOME = """CREATE TEMP TABLE home AS SELECT id AS shadow, survivor FROM (
    SELECT id, first_value(id) OVER (PARTITION BY lower(email) ORDER BY created_at, id) AS survivor FROM customers
) AS every WHERE id <> survivor"""
_MOVE = [
    "UPDATE orders SET customer_id = home.survivor FROM home WHERE orders.customer_id = home.shadow",
    """DELETE FROM memberships WHERE (customer_id, group_id) IN (SELECT customer_id, group_id FROM (
        SELECT m.customer_id, m.group_id, row_number() OVER (
            PARTITION BY coalesce(h.survivor, m.customer_id), m.group_id
            ORDER BY CASE WHEN h.shadow IS NULL THEN 0 ELSE 1 END, m.customer_id) AS place
        FROM memberships AS m LEFT JOIN home AS h ON h.shadow = m.customer_id
    ) AS every WHERE place > 1)""",
    "UPDATE memberships SET customer_id = home.survivor FROM home WHERE memberships.customer_id = home.shadow",
    "DELETE FROM customers WHERE id IN (SELECT shadow FROM home)",
]
FLOOR = {
    "sqlite": [_HOME, "CREATE INDEX temp_home ON home (shadow)", *_MOVE],
    "postgresql": [_HOME, "ANALYZE home", *_MOVE],
}
"""The same final rows by hand-written SQL."""

_SAVED = "CREATE TABLE saved_{} AS SELECT {} FROM rekey_journal_{} WHERE rekey_action IN ('{}')"
SAVE = [
    _SAVED.format("customers", ", ".join(COLUMNS["customers"]), "customers", "delete"),
    _SAVED.format("orders", "id, customer_id", "orders", "rekey"),
    _SAVED.format("moved", "customer_id, group_id, rekey_to_customer_id AS now", "memberships", "rekey"),
    _SAVED.format("merged", "customer_id, group_id", "memberships", "merge"),
]
_BACK = [
    "INSERT INTO customers SELECT * FROM saved_customers",
    "UPDATE orders SET customer_id = s.customer_id FROM saved_orders AS s WHERE s.id = orders.id",
    "UPDATE memberships SET customer_id = s.customer_id FROM saved_moved AS s"
    " WHERE s.now = memberships.customer_id AND s.group_id = memberships.group_id",
    "INSERT INTO memberships SELECT * FROM saved_merged",
]
BACK = {"sqlite": _BACK, "postgresql": ["ANALYZE saved_orders", "ANALYZE saved_moved", *_BACK]}

_REVISION = '''"""{title}."""
import sqlalchemy as sa
from alembic import op
import alembic_rekey.operations
from alembic_rekey import Duplicates, Identity, References, Slots, Spec
revision, down_revision = {revision!r}, {down!r}
meta = sa.MetaData()
customers = sa.Table("customers", meta, sa.Column("id", sa.Integer), sa.Column("name", sa.Text),
    sa.Column("email", sa.Text), sa.Column("phone", sa.Text), sa.Column("created_at", sa.DateTime))
orders = sa.Table("orders", meta, sa.Column("id", sa.Integer), sa.Column("customer_id", sa.Integer),
    sa.Column("said", sa.Text), sa.Column("placed_at", sa.DateTime))
memberships = sa.Table("memberships", meta, sa.Column("customer_id", sa.Integer), sa.Column("group_id", sa.Integer))
spec = Spec(
    revision="0002",
    identity=Identity(noun="customer", key=customers.c.id, name=customers.c.name, duplicates=Duplicates.FOUND,
        match=(sa.func.lower(customers.c.email),), survivor=(customers.c.created_at,)),
    references=(References(noun="order", key=orders.c.id, owners=(orders.c.customer_id,)),),
    slots=(Slots(noun="membership", key=(memberships.c.customer_id, memberships.c.group_id),
        owners=(memberships.c.customer_id,), slot=(memberships.c.group_id,)),),
)
def upgrade():
    op.{up}(spec)
def downgrade():
    op.{back}(spec)
'''


def project(folder: Path) -> Path:
    """Writes the project, and returns its configuration."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    side = {"title": "Side tables", "revision": "0001", "down": None, "up": "create_side_tables"}
    fold = {"title": "Fold", "revision": "0002", "down": "0001", "up": "rekey"}
    (versions / "0001.py").write_text(_REVISION.format(**side, back="drop_side_tables"))
    (versions / "0002.py").write_text(_REVISION.format(**fold, back="restore"))
    (folder / "migrations" / "env.py").write_text("from alembic_rekey.environment import run\nrun(None)\n")
    configuration = folder / "alembic.ini"
    configuration.write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\nrekey.registry = %(here)s/none.json\n"
    )
    return configuration
