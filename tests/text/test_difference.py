"""Claims about where two values differ: nothing is lost, what is marked is what changed, and it takes no time."""

import random
import time
from itertools import pairwise

import pytest

from alembic_rekey.show.page.markup import pieces
from alembic_rekey.text.difference import Run, runs
from pages import HOSTILE


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", []),
        ("a", "a", [("a", "a")]),
        ("", "a", [("", "a")]),
        ("vendor A, May", "vendor B, May", [("vendor ", "vendor "), ("A", "B"), (", May", ", May")]),
        ("colour", "color", [("colo", "colo"), ("u", ""), ("r", "r")]),
        ("alpha", "beta", [("alpha", "beta")]),
        ("a b", "a  b", [("a ", "a "), ("", " "), ("b", "b")]),
        ("2026-01-01", "2026-01-02", [("2026-01-0", "2026-01-0"), ("1", "2")]),
    ],
)
def test_what_is_marked_is_what_changed(old, new, told):
    assert told == [tuple(run) for run in runs(old, new)]


def test_both_texts_are_made_of_their_runs_whatever_they_hold():
    chosen = random.Random(7)
    letters = [*"ab \n\t<é👩‍🚀", "word", HOSTILE]
    for _ in range(300):
        old, new = ("".join(chosen.choices(letters, k=chosen.randrange(40))) for _ in range(2))
        found = runs(old, new)
        assert (old, new) == ("".join(run.old for run in found), "".join(run.new for run in found))
        assert all(one.same != other.same for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x" * 10_000, "x" * 9_999 + "y"),
        ("a b " * 2_500, "b a " * 2_500),
        (" ".join(random.Random(1).choices("abcd", k=199)), " ".join(random.Random(2).choices("abcd", k=199))),
        ("\u0301" * 10_000, "e" * 10_000),
    ],
)
def test_ten_thousand_characters_are_compared_in_a_moment(old, new):
    started = time.process_time()
    runs(old, new)
    assert time.process_time() - started < 0.5


def test_long_equal_runs_are_left_out_with_a_note_and_so_is_the_rest_of_a_long_difference():
    long = "same " * 400
    found = pieces(f"{long}{'x' * 150} {long}", f"{long}y {long}", 100)
    assert [str, int, str, list, str, int, str] == [type(piece) for piece in found]
    assert (1_880, ["x" * 100, "y", 50, 0]) == (found[1], found[3])


def test_a_run_knows_whether_both_sides_say_the_same():
    assert (True, False) == (Run("a", "a").same, Run("a", "").same)
