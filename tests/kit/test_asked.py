"""Claims about which tests are asked: the turns ask every slow test, each of them once."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from asked import TURNS
from conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def turns():
    return [_collected(str(number)) for number in range(1, TURNS + 1)]


def test_the_turns_ask_every_slow_test_and_none_of_them_twice(turns):
    every = _collected("")
    assert Counter(every) == sum(map(Counter, turns), Counter())
    assert [True] * TURNS == [len(turn) - len(every) // TURNS in (0, 1) for turn in turns]


def test_the_two_databases_of_a_test_are_asked_in_two_turns(turns):
    test = "::test_so_it_does_without_the_side_tables["
    assert [0, 1, 1] == sorted(sum(test in line for line in turn) for turn in turns)


def test_a_turn_that_there_is_not_is_refused():
    ended = _pytest("4")
    assert (pytest.ExitCode.USAGE_ERROR, True) == (ended.returncode, "one of 1, 2, 3, or none for all" in ended.stderr)


def _collected(turn):
    return [line for line in _pytest(turn).stdout.splitlines() if "::" in line]


def _pytest(turn):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-m", "slow", "tests/undo"],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "REKEY_TURN": turn},
        check=False,
    )
