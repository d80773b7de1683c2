"""The layout of scripts: for any text the tokens stay, and SQL is laid out as a reader wants it."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alembic_rekey.text.layout import WIDTH, laid_out
from alembic_rekey.text.tokens import tokens

WORDS = (
    *("SELECT", "FROM", "WHERE", "AND", "OR", "UNION", "ALL", "EXCEPT", "WITH", "AS", "INSERT", "INTO", "VALUES"),
    *("CASE", "WHEN", "THEN", "ELSE", "END", "LEFT", "OUTER", "JOIN", "ON", "SET", "ORDER", "BY", "x", "t.id", "12"),
)
LITERALS = ("'it''s  two'", "'a -- b'", "'('", "'\n;\n'", '"a ""b"" ("', "X'00ff'", "$$ ; ' $$", "$q$ ) $q$", "''")
SIGNS = (
    "(",
    ")",
    ",",
    ";",
    "=",
    "||",
    "!=",
    "*",
    "::",
    "-",
    "->>",
    "<",
    "[",
    "\\",
    "$1",
    ":x",
    "é",
    "\u00a0",
    "'",
    '"',
)
COMMENTS = ("-- it's\n", "/* ; ( */")
BLANKS = ("", " ", "\n", "  \t", "\r\n")
FREE = ("(", ")", "CASE", "END", ";")
pieces = st.sampled_from((*WORDS, *WORDS, *LITERALS, *SIGNS, *COMMENTS, "(", ")", ","))


@st.composite
def sql_like(draw: st.DrawFn) -> str:
    long = draw(st.booleans())
    drawn = draw(st.lists(pieces, max_size=120 if long else 12))
    return "".join(f"{piece}{draw(st.sampled_from(BLANKS))}" for piece in drawn)


def gaps(text: str) -> list[bool]:
    """Whether blanks stand between each two tokens, except where a parenthesis, CASE or a semicolon makes them idle."""
    found, place, between, before = tokens(text), 0, [], ""
    for token in found:
        start = text.index(token, place)
        idle = before in FREE or token in FREE or before.startswith(("--", "/*")) or token.startswith(("--", "/*"))
        between.append(not idle and start > place)
        place, before = start + len(token), token
    return between[1:]


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.one_of(sql_like(), st.text(max_size=60)))
@example("SELECT 'a'\n'b', " + "c, " * 60 + "d")
@example("SELECT 1 -\n-1, " + "c, " * 60 + "d")
def test_no_token_is_changed_joined_or_split_whatever_the_text(text: str) -> None:
    laid = laid_out(text)
    assert [token.rstrip() for token in tokens(text)] == [token.rstrip() for token in tokens(laid)]
    assert gaps(text) == gaps(laid)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(sql_like())
def test_laying_out_twice_is_laying_out_once(text: str) -> None:
    once = laid_out(text)
    assert laid_out(once) == once


COLUMNS = ", ".join(f"some_table.column_{number} AS column_{number}" for number in range(6))


def test_clauses_stand_on_lines_of_their_own_and_lists_fill_theirs() -> None:
    assert (
        "SELECT some_table.column_0 AS column_0, some_table.column_1 AS column_1, some_table.column_2 AS column_2,\n"
        "  some_table.column_3 AS column_3, some_table.column_4 AS column_4, some_table.column_5 AS column_5\n"
        "FROM (SELECT x, 'AND  (' FROM y\n"
        "  WHERE left_one = right_one AND left_one = right_one AND left_one = right_one AND left_one = right_one\n"
        "    AND left_one = right_one AND left_one = right_one) AS z;"
    ) == laid_out(
        f"SELECT {COLUMNS} \nFROM (SELECT x, 'AND  (' FROM y WHERE {' AND '.join(['left_one = right_one'] * 6)}) AS z;"
    )


def test_what_a_case_says_begins_behind_it() -> None:
    when = "WHEN some_table.column_0 = 1 THEN 'the first of two values'"
    assert (
        "SELECT a, b,\n"
        "  CASE WHEN some_table.column_0 = 1 THEN 'the first of two values'\n"
        "    WHEN some_table.column_0 = 1 THEN 'the first of two values' ELSE 'the second' END AS said, c, d\n"
        "FROM x WHERE a IS DISTINCT FROM b;"
    ) == laid_out(
        f"SELECT a, b, CASE {when} {when} ELSE 'the second' END AS said, c, d FROM x WHERE a IS DISTINCT FROM b;"
    )


def test_what_is_inserted_begins_behind_its_target() -> None:
    assert (
        "INSERT INTO said (a, b) SELECT some_table.column_0 AS column_0, some_table.column_1 AS column_1,\n"
        "  some_table.column_2 AS column_2, some_table.column_3 AS column_3, some_table.column_4 AS column_4,\n"
        "  some_table.column_5 AS column_5\n"
        "FROM some_table;"
    ) == laid_out(f"INSERT INTO said (a, b)\nSELECT {COLUMNS}\nFROM some_table;")


def test_what_fits_on_a_line_is_put_on_one() -> None:
    assert (
        laid_out("DELETE FROM a\nWHERE  a.id IN\n(SELECT b.id \nFROM b)")
        == "DELETE FROM a WHERE a.id IN (SELECT b.id FROM b)"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT {COLUMNS} -- why\nFROM x",
        f"SELECT 'open, {COLUMNS}",
        f"SELECT ({COLUMNS}",
        f"SELECT {COLUMNS})",
        f"SELECT a[1], {COLUMNS}",
        f"SELECT CASE WHEN a THEN {COLUMNS}",
    ],
)
def test_what_cannot_be_read_stays_as_it_is(text: str) -> None:
    assert laid_out(text) == text


def test_lines_are_of_moderate_width_and_mean_the_same_to_a_database() -> None:
    values = ", ".join(f"({number}, 'it''s  {number}', coalesce(NULL, 'AND'))" for number in range(40))
    deep = "(" * 8 + "SELECT max(n) FROM listed WHERE " + " OR ".join(f"n = {n}" for n in range(40)) + ")" * 8
    query = (
        f"WITH listed(n, said, also) AS (VALUES {values}) SELECT n, said, also, {deep} AS most, CASE WHEN (n = 1) THEN "
        f"'one' WHEN (n = 2) THEN 'two  two' ELSE CASE WHEN n > 3 AND n < 30 THEN 'many' END END AS word FROM listed "
        "WHERE n > 0 UNION ALL SELECT 1, 2, 3, 4, 5 ORDER BY 1, 2"
    )
    laid = laid_out(query)
    connection = sqlite3.connect(":memory:")
    assert connection.execute(query).fetchall() == connection.execute(laid).fetchall()
    assert max(map(len, laid.splitlines())) <= WIDTH
    connection.close()
