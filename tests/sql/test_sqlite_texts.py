"""The texts of SQLite's catalog are read as SQLite reads them: what an index holds apart, what a CHECK says."""

from itertools import product

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, func, select
from sqlalchemy.exc import IntegrityError

from alembic_rekey.guard.claims.uniqueness import terms
from alembic_rekey.spec import Tags
from alembic_rekey.sql.dialects import database

COLUMNS = '(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c INTEGER, a$b INTEGER, "desc" TEXT, "wh(ere" INTEGER'
HELD = [
    ("x", "x", 1, 0, "d", 0),
    ("X", "it's", None, 0, "D", 1),
    ("x", "y)", 9, 1, "d", 0),
    (None, "(", 0, 1, "e", 1),
]
INDEXES = [
    "(a) WHERE (c IS NULL)",
    "(a) WHERE c IN (1, 9)",
    "(a) WHERE a = 'X' OR (c = 1)",
    "(a, b) WHERE b = lower('X')",
    "((c>0)) WHERE c IN (1, 9)",
    '("a")where(c>0)or(b=")")',
    "((((a)))) WHERE ((((c >= 0))))",
    "(lower(a)) WHERE (b <> ')') AND (c IS NULL OR c < 2)",
    "(lower(a), instr(b, ')')) WHERE (b <> 'it''s (') -- WHERE (c > 1",
    "([a], `desc` /* , ( */) WHERE /* ) */ [wh(ere] = (0)",
    "(a COLLATE [nocase] desc)",
    '("desc"desc)',
    "(desc COLLATE NOCASE)",
    "(desc)",
    "(a || desc COLLATE NOCASE)",
    "((a || desc) COLLATE NOCASE DESC)",
    "(CASE WHEN c > 1 THEN (a) ELSE b END DESC) WHERE CASE WHEN c THEN 1 ELSE (0) END",
    "(a$b)",
    "(coalesce(a, ','), (a$b + 1) * 2)\nwHeRe\n(a$b)\n= (0)",
    "(a) WHERE b <> x'28' AND (b) NOT LIKE '%WHERE (%'",
]
CHECKS = [
    "CHECK (c IN (1, 9))",
    "constraint \"one (of\" check(a IN ('x', 'y)', '('))",
    "CHECK (a /* ) */ = 'x' -- or ) this\n OR c > 0)",
    "CHECK (CASE WHEN c > 1 THEN a = 'x' ELSE b <> 'X' END)",
    "CHECK ([wh(ere] = 1 OR `desc` <> 'CHECK (0)')",
    "CHECK (a$b = 0)",
    "CHECK (b <> 'it''s' AND (c) IS NOT (9))",
    "CHECK (b <> x'28')",
]


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def written(connection: Connection, table: str, rows) -> bool:
    """Return whether SQLite takes the rows."""
    connection.exec_driver_sql(f"DELETE FROM {table}")
    try:
        for place, row in enumerate(rows):
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?)", (place, *row))
    except IntegrityError:
        return False
    return True


@pytest.mark.parametrize("text", INDEXES)
def test_rows_are_alike_where_sqlite_refuses_the_second(connection, text):
    connection.exec_driver_sql(f"CREATE TABLE t {COLUMNS})")
    connection.exec_driver_sql(f"CREATE TABLE given {COLUMNS})")
    connection.exec_driver_sql(f"CREATE UNIQUE INDEX one ON t {text}")
    declared = Table("t", MetaData(), Column("id", Integer, primary_key=True))
    (index,) = (one for one in database("sqlite").unique_indexes(connection, declared) if one.name == "one")
    given = Table("given", MetaData(), autoload_with=connection)
    compared = terms(
        Tags(noun="t", key=declared.c.id, tag=declared.c.id),
        index,
        select(given.c.id.label("rekey_row"), *given.c),
    ).subquery()
    held = [one for one in compared.c if one.name != "rekey_row"]
    counted = select(func.count()).where(*(one.is_not(None) for one in held)).group_by(*held)
    told = set()
    for rows in product(HELD, repeat=2):
        taken = written(connection, "t", rows)
        assert written(connection, "given", rows)
        assert taken == (max(connection.execute(counted).scalars(), default=0) < 2)
        told.add(taken)
    assert {True, False} == told


@pytest.mark.parametrize("text", CHECKS)
def test_a_check_says_of_a_row_what_sqlite_says(connection, text):
    connection.exec_driver_sql(f"CREATE TABLE t {COLUMNS}, {text})")
    connection.exec_driver_sql(f"CREATE TABLE given {COLUMNS})")
    (told,) = database("sqlite").conditions(connection, [Table("t", MetaData(), autoload_with=connection)])
    (asked,) = told.asked
    for row in HELD:
        taken = written(connection, "t", [row])
        assert written(connection, "given", [row])
        assert taken == bool(connection.exec_driver_sql(f"SELECT ({asked.said}) IS NOT 0 FROM given").scalar())
