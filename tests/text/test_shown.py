"""Claims about values that are cut: where two differ is seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alembic_rekey.text.shown import MOST, shown, shown_beside, without_passwords


def test_two_long_values_that_begin_alike_do_not_look_alike():
    one, other = "word " * 40 + "steel", "word " * 40 + "invar"
    assert shown(one) == shown(other)
    assert "180 equal characters …'word word word word steel'" == shown_beside(one, other)
    assert "180 equal characters …'word word word word invar'" == shown_beside(other, one)


def test_one_that_goes_on_where_the_other_ends_is_shown_there():
    assert "80 equal characters …'" in shown_beside("x" * 100 + "more", "x" * 100)


def test_values_that_are_no_texts_or_short_stay_as_they_are():
    for value, other in ((None, "x" * 100), (5, 6), ("short", "x" * 100), ("x" * 100, None), ("x" * 100, "x" * 100)):
        assert shown(value) == shown_beside(value, other)


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_values_that_differ_look_different(common, one, other):
    one, other = common + one, common + other
    if one != other and max(map(len, (one, other))) > MOST:
        assert shown_beside(one, other) != shown_beside(other, one)


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ("a postgresql://u:***@h/d b", "a postgresql://u:ge heim@h/d b"),
        ("x://u:***@h/d or x://u:***@h/e", "x://u:a@h/d or x://u:b c@h/e"),
        ("x://u:***@h/d: no such role: a@b", "x://u:***@h/d: no such role: a@b"),
        ("x://:***@h/d", "x://:p@ss w@rd@h/d"),
        ("x://h:5432/d\na@b", "x://h:5432/d\na@b"),
        ("sqlite:////a:b/c@d", "sqlite:////a:b/c@d"),
    ],
)
def test_a_password_is_hidden_also_with_a_blank_in_it_and_nothing_behind_it_is(hidden, said):
    assert hidden == without_passwords(said)
