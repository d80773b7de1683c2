"""Which tests are asked: what says the same twice is left out, and of the slow ones a part where a turn is chosen.

All of it is asked with REKEY_LONG=1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest

from databases import DIALECTS

__all__ = ["TURNS", "asked"]

TURNS = 3
"""The slow tests take three times what a commit may wait for: each commit asks one of three parts, by its own hash."""
DATABASE = ("database", "reused_database")


def asked(items: Sequence[pytest.Item], environment: Mapping[str, str]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests that are asked, and those that are not, each in its order.

    Raises UsageError where REKEY_TURN is none of the turns.
    """
    for item in items:
        if _is_asked_of(item, "postgresql") and item.get_closest_marker("sqlite_first"):
            item.add_marker("slow")
    left = set()
    if not environment.get("REKEY_LONG"):
        left = {item for item in items if _says_the_same(item)} | _other_case(items)
    if turn := environment.get("REKEY_TURN"):
        left |= _other_turn([item for item in items if item not in left and _is_slow(item)], turn)
    return [item for item in items if item not in left], [item for item in items if item in left]


def _other_turn(slow, turn):
    """The slow tests of the other turns. They go round by number: a test's two databases have two of the turns."""
    turns = [str(number) for number in range(1, TURNS + 1)]
    if turn not in turns:
        raise pytest.UsageError(f"REKEY_TURN={turn}: no such turn; one of {', '.join(turns)}, or none for all")
    return {item for number, item in enumerate(slow) if number % TURNS != turns.index(turn)}


def _other_case(items):
    """The slow cases that are not asked of both databases: of several cases of one test each takes the next one.

    So a test is asked of both, and every case of one; a test with the marker `every_case` asks all of both.
    What `_says_the_same` leaves out is asked of one already.
    """
    tests = defaultdict(dict)
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if _database_of(item) is not None and not marks & {"every_case", "words", "drawn"}:
            case = "-".join(word for word in item.callspec.id.split("-") if word not in DIALECTS)
            tests[item.path, item.originalname][case, _database_of(item)] = item
    left = set()
    for cases in tests.values():
        places = _places([item.callspec.params for item in cases.values()])
        for ((case, database), item), place in zip(cases.items(), places, strict=True):
            twice = all((case, dialect) in cases for dialect in DIALECTS)
            in_turn = database == DIALECTS[place % len(DIALECTS)]
            if twice and len(cases) > len(DIALECTS) and not in_turn and _is_slow(item):
                left.add(item)
    return left


def _places(cases):
    """For each case the sum of the places of its values, so that two parameters cross; what varies together is one."""
    columns = set()
    for name in cases[0].keys() - set(DATABASE):
        known = []
        for case in cases:
            known += [] if case[name] in known else [case[name]]
        columns.add(tuple(known.index(case[name]) for case in cases))
    return [sum(column[number] for column in columns) for number in range(len(cases))]


def _database_of(item):
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return next((params[name] for name in DATABASE if name in params), None)


def _is_slow(item):
    return item.get_closest_marker("slow") is not None


def _says_the_same(item):
    """Tell whether PostgreSQL would be asked what another test knows of it, or what is no matter of databases."""
    marks = {mark.name for mark in item.iter_markers()}
    return _is_asked_of(item, "postgresql") and bool(marks & {"words", "drawn"}) and "every_case" not in marks


def _is_asked_of(item, dialect):
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return params.get("database") == dialect
