"""Claims about values that are cut: where two differ is seen."""

from hypothesis import given
from hypothesis import strategies as st

from alembic_rekey.text.shown import MOST, shown, shown_beside


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
