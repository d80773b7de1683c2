"""The key of a name, and the data that lets SQL compute it, against Python's own rule."""

import os
import sys
import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alembic_rekey.names import matching
from alembic_rekey.names.matching import SIGMA, SIGMA_LIMIT, WHITESPACE, fault_of, key_of, letters, shown, stored_keys

LONG = bool(os.environ.get("REKEY_LONG"))
CASES = settings(max_examples=5_000 if LONG else 300, deadline=None)

ALL = [chr(point) for point in range(sys.maxunicode + 1)]
CAPITALS = {c: c.lower() for c in ALL if c.lower() != c and c != SIGMA}
# Letters that meet in one key, capitals of two characters, what a sigma does not see beside it, spaces.
TRICKY = "ΣσςiIİ\u0307kK\u212aßẞoΟο.'\u00ad\u0301 \t\xa0Åå\u212b1"
NAMES = st.text(TRICKY, max_size=10) | st.text(max_size=8) | st.text("Σσς. ο", max_size=SIGMA_LIMIT)


def sql_fold(text: str, capitals: dict[str, str]) -> str:
    """Do what the SQL does: replace single capitals by the table, ASCII always, the capital sigma never."""
    return "".join(c.lower() if c.isascii() else capitals.get(c, c) for c in text)


def respelt(draw, name: str) -> str:
    spellings = {"σ": "σςΣ", "ς": "σςΣ", "k": "kK\u212a", "å": "åÅ\u212b"}
    choices = [sorted({c, c.upper()[:1] or c, *spellings.get(c.lower(), "")}) for c in name]
    return draw(st.sampled_from(WHITESPACE + "x")).strip("x") + "".join(draw(st.sampled_from(c)) for c in choices)


@st.composite
def pairs(draw):
    """Two names that often have one key, and often just miss it."""
    name = draw(NAMES)
    return name, respelt(draw, draw(st.sampled_from([name, key_of(name)])))


def test_whitespace_is_what_strip_takes_off_in_code_point_order():
    assert list(WHITESPACE) == [c for c in ALL if not c.strip()]


def test_a_key_is_trimmed_and_lowered():
    assert key_of(" \u3000P05-Interferometer\x1f\n") == "p05-interferometer"
    assert key_of("ΟΔΟΣ") == "οδος"


def test_a_letter_alone_lowers_as_it_does_in_any_name_but_for_the_capital_sigma():
    for c in (c for c in ALL if c.lower() != c and c != SIGMA):
        for before, after in product(("", "a", "Σ", "."), repeat=2):
            assert f"{before}{c}{after}".lower()[len(before) :].startswith(c.lower())


def test_lowering_a_neighbour_never_changes_what_becomes_of_a_capital_sigma():
    for c in (c for c in ALL if c.lower() != c):
        for low in (c.lower(), *("σς" if c == SIGMA else "")):
            for before, after in (("", ""), ("a", ""), ("a", "a"), ("", "a")):
                assert (
                    f"{before}{c}Σ{after}".lower()[-len(after) - 1] == f"{before}{low}Σ{after}".lower()[-len(after) - 1]
                )
                assert f"{before}Σ{c}{after}".lower()[len(before)] == f"{before}Σ{low}{after}".lower()[len(before)]


@pytest.mark.slow
@CASES
@given(pairs())
def test_names_have_one_key_exactly_if_the_fold_of_one_is_a_stored_key_of_the_other(pair):
    one, other = pair
    key = key_of(one)
    if sum(c in "σς" for c in key) <= SIGMA_LIMIT:
        assert (key_of(other) == key) == (sql_fold(other.strip(), CAPITALS) in stored_keys(key))


@CASES
@given(pairs(), st.lists(NAMES, max_size=3))
def test_the_letters_of_the_keys_are_all_that_the_fold_needs(pair, others):
    one, other = pair
    key = key_of(one)
    few = letters([key, *map(key_of, others)])
    variants = stored_keys(key)
    assert (sql_fold(other.strip(), few) in variants) == (sql_fold(other.strip(), CAPITALS) in variants)


@CASES
@given(NAMES)
def test_a_key_is_the_first_of_its_stored_keys_and_none_comes_twice(name):
    variants = stored_keys(key_of(name))
    assert variants[0] == key_of(name)
    assert len(set(variants)) == len(variants)
    assert all(variant.lower() == key_of(name) for variant in variants)


@pytest.mark.parametrize(
    ("key", "variants"),
    [
        ("p05", ("p05",)),
        ("", ("",)),
        ("οδος", ("οδος", "οδοΣ")),
        ("οδοσ", ("οδοσ",)),
        ("σας", ("σας", "σαΣ", "Σας", "ΣαΣ")),
        ("ς", ("ς",)),
        ("ος.", ("ος.", "οΣ.")),
    ],
)
def test_a_small_sigma_may_be_stored_as_a_capital_where_the_rule_gives_that_very_sigma(key, variants):
    assert stored_keys(key) == variants


def test_up_to_the_limit_every_mixture_of_sigmas_is_a_stored_key():
    assert len(stored_keys("σ" * SIGMA_LIMIT + "a")) == 2**SIGMA_LIMIT


def test_beyond_the_limit_only_all_small_and_all_capital_are_stored_keys():
    assert stored_keys("σο" * SIGMA_LIMIT + "ς") == ("σο" * SIGMA_LIMIT + "ς", "Σο" * SIGMA_LIMIT + "Σ")


def test_letters_are_those_whose_small_form_the_keys_are_made_of():
    assert letters(["k"]) == {"\u212a": "k"}
    assert letters(["i"]) == {}
    assert letters(["i", "x\u0307"]) == {"İ": "i\u0307", "Ẋ": "ẋ"} | {} or letters(["i", "x\u0307"]) == {"İ": "i\u0307"}
    assert letters(["öäß"]) == {"Ä": "ä", "Ö": "ö", "ẞ": "ß"}
    assert letters([]) == {}


def test_letters_come_in_code_point_order_without_ascii_and_without_the_sigma():
    found = letters(ALL)
    assert list(found) == sorted(found)
    assert found == {c: low for c, low in CAPITALS.items() if not c.isascii()}


@pytest.mark.slow
def test_fifty_thousand_keys_take_well_under_a_second():
    names = [key_of(f"Projekt-{number}-Größe-ΟΔΟΣ") for number in range(50_000)]
    letters(["warm"])
    start = time.perf_counter()
    assert len(letters(names)) > 3
    for name in names:
        stored_keys(name)
    assert time.perf_counter() - start < 5  # 0.3 s on the machine that this was written on


@pytest.mark.parametrize(
    "name",
    ["a\tb", "a\r\nb", 'a"b', "a'b", "%s", "\\q", "$$", ":x", "a;--", "ünï", "😀", "\u202e", "x" * 10_000],
)
def test_a_name_that_shells_and_drivers_carry_can_be_used(name):
    assert fault_of(name) is None


@pytest.mark.parametrize("point", [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xD800, 0xDFFF])
def test_a_name_with_any_other_control_character_or_half_a_pair_cannot_be_used(point):
    fault = fault_of(f"a{chr(point)}b")
    assert fault is not None
    assert f"U+{point:04X}" in fault
    fault.encode()


def test_a_name_beyond_the_limit_cannot_be_used():
    assert fault_of("x" * matching.MOST_CHARACTERS) is None
    assert "100,001 characters" in (fault_of("x" * (matching.MOST_CHARACTERS + 1)) or "")


def test_the_created_id_of_a_canonical_never_changes():
    assert matching.identity_of("p05-interferometer") == "eca74e26-f6fb-5cbf-8b23-99362f0b1105"


def test_a_long_name_is_cut_in_messages():
    assert shown("p05") == "'p05'"
    assert shown("x" * 5_000) == "'" + "x" * 60 + "'… (5,000 characters)"
