"""Claims about values as SQLite's columns keep them: what a constraint is said to refuse of one, SQLite refuses."""

import sqlite3
from itertools import product

import pytest
from sqlalchemy import Column, MetaData, NullPool, Table, create_engine, literal_column, select

from alembic_rekey.sql.dialects import database

TYPES = ("INTEGER", "DECIMAL(5,2)", "DOUBLE", "DATETIME", "TEXT", "VARCHAR(9) COLLATE NOCASE", "BLOB", "", "CHARINT")
VALUES = ("5", "5.0", "5.5", "'5'", "'5.0'", "'05'", "'abc'", "'ABC'", "''", "x'35'", "NULL", "'1e20'", "'2024-01-31'")
CHECKS = ("c < '5'", "c = 'abc'", "c <> o", "c > 5.2", "typeof(c) = 'text'", "typeof(c) <> 'integer'", "c || '' = '5'")


@pytest.mark.slow
@pytest.mark.parametrize("type_", TYPES)
def test_what_is_said_to_be_refused_of_a_value_is_refused(type_):
    asked, said = database("sqlite"), 0
    with create_engine("sqlite://", poolclass=NullPool).connect() as connection:
        raw = connection.connection.dbapi_connection
        for check, value in product(CHECKS, VALUES):
            raw.executescript(f"DROP TABLE IF EXISTS t; CREATE TABLE t (o TEXT, c {type_}, CHECK ({check}));")
            (found,) = asked.conditions(connection, [Table("t", MetaData(), Column("c"))])
            given = literal_column(f"(CASE WHEN 1 THEN {value} END)")
            made, surely = asked.as_kept(given, found.kept["c"])
            row = select(made.label("c"), literal_column("CAST('5' AS TEXT)").label("o"), surely.label("sure"))
            broken = literal_column(f"NOT ({found.asked[0].said})")
            refused = connection.execute(
                select(broken).select_from(rows := row.subquery("t")).where(rows.c.sure, broken)
            )
            if refused.first() is not None:
                said += 1
                with pytest.raises(sqlite3.IntegrityError):
                    raw.execute(f"INSERT INTO t (o, c) VALUES ('5', {value})")
    assert said
