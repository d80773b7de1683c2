"""Names: which can be used, which are the same, and what a database needs to see that without Unicode tables.

Two names are the same when their keys are equal: `name.strip().lower()`, as Python does it (design, section
2). A database cannot be asked for that: SQLite lowers ASCII only, PostgreSQL goes by the column's locale. So
SQL gets the rule as data: the characters to trim (`WHITESPACE`), the capital letters to replace one by one
(`letters`) and the texts that a row of a given key may then hold (`stored_keys`). The SQL is elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from uuid import UUID, uuid5

__all__ = [
    "NAMESPACE",
    "SIGMA",
    "SIGMA_LIMIT",
    "WHITESPACE",
    "Name",
    "cased",
    "fault_of",
    "identity_of",
    "key_of",
    "letters",
    "shown",
    "stored_keys",
]

NAMESPACE = UUID("45199b70-5af2-51ac-a42f-95eb18731757")
"""`uuid5(NAMESPACE_URL, "urn:alembic-rekey:canonical")`. Never to change: rows in databases depend on it."""

WHITESPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Every character that `str.strip` takes off, in code point order (a test asks the running Python)."""

SIGMA = "Σ"
"""The one letter whose small form depends on its neighbours: `ς` at the end of a word, `σ` elsewhere."""

SIGMA_LIMIT = 4
"""Up to so many small sigmas of one key are varied one by one, which makes 16 texts at most."""

MOST_CHARACTERS = 100_000
"""A longer name is refused: keys, literals and messages are made of it several times over."""

_SMALL_SIGMAS = "σς"
_ALL_CAPITAL = str.maketrans(dict.fromkeys(_SMALL_SIGMAS, SIGMA))

# Cc without tab, CR and LF, which every shell carries; half a surrogate pair is no text at all (issue 3).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SHOWN = 60
_CASED = [
    range(0x80, 0x3000),
    range(0xA000, 0xB000),
    range(0xF000, 0x12000),
    range(0x16000, 0x17000),
    range(0x1E000, 0x1F000),
]
"""Everything else is ideographs, syllables and private use, none of them a capital (a test asks the running Python): to
ask a million characters would take longer than a small upgrade."""


@dataclass(frozen=True, slots=True)
class Name:
    """One registered name, trimmed. A canonical is listed as its own alias, before its other aliases.

    `key` is that of `alias`; no two names of a registry share one. `identity` is the UUIDv5 of the canonical
    in `NAMESPACE`, the id of a canonical row that has to be created (design, section 3, Identities).
    """

    alias: str
    canonical: str
    key: str
    identity: str


def identity_of(canonical: str) -> str:
    """Return the id of a canonical row that has to be created, in every mode and on every run (section 3)."""
    return str(uuid5(NAMESPACE, canonical))


def fault_of(name: str) -> str | None:
    """Return why the trimmed `name` cannot be used, as the end of a sentence, or None if it can."""
    if len(name) > MOST_CHARACTERS:
        return f"a name of {len(name):,} characters; the most is {MOST_CHARACTERS:,}"
    if found := _FORBIDDEN.search(name):
        kind = "half of a surrogate pair" if found[0] >= "\ud800" else "control character"
        return f"{shown(name)} holds the {kind} U+{ord(found[0]):04X}"
    return None


def shown(name: str) -> str:
    """Return `name` for a message: in quotes, escaped, and cut if it is long."""
    return repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}… ({len(name):,} characters)"


def key_of(name: str) -> str:
    """Return the key by which names are compared (design, section 2)."""
    return name.strip().lower()


def stored_keys(key: str) -> tuple[str, ...]:
    """Return every text that the SQL fold can make of a row whose key is `key`; `key` itself comes first.

    `key` is what `key_of` returned. The SQL fold trims and replaces single capital letters, and leaves the
    capital sigma as it is, because what that becomes depends on its neighbours. So a small sigma of the key
    may stand as `Σ` in the folded text if Python lowers a capital at that place to this very sigma: `οδος`
    gives `οδος` and `οδοΣ`; `οδοσ`, which no capital can have become, gives itself alone.

    With more than `SIGMA_LIMIT` such places only two texts come back, none or all of them capital: the
    spellings that people use. SQL does not recognise a name of that many sigmas in a mixture of both.
    """
    places = _sigmas_of_the_rule(key)
    pieces: list[tuple[str, ...]] = []
    start = 0
    for place in places:
        pieces += [(key[start:place],), (key[place], SIGMA)]
        start = place + 1
    pieces.append((key[start:],))
    if len(places) > SIGMA_LIMIT:
        return key, "".join(piece[-1] for piece in pieces)
    return tuple("".join(variant) for variant in product(*pieces))


def letters(keys: Iterable[str]) -> dict[str, str]:
    """Return the replacements that the SQL fold needs for `keys` beyond A to Z: capital letter -> small text.

    In code point order, and never the capital sigma (see `stored_keys`). A letter is left out when what it
    becomes does not occur in the keys: a row that holds it matches none of them, folded or not. The Kelvin
    sign is in as soon as a key holds a `k`, and `İ`, which becomes two characters, once the keys hold both.
    """
    known = set[str]().union(*keys)
    return {capital: small for capital, small in _capitals() if known.issuperset(small)}


def cased() -> Iterator[tuple[str, str]]:
    """Yield (capital, small) of the alphabets that people write names in, for names that nobody registered.

    Latin with that of Vietnam, Greek, Cyrillic, Armenian, the signs of Ohm, Kelvin and Ångström, and the wide forms of
    A to Z, but for the sigma (see `stored_keys`).
    """
    ranges = (("\x80", "\u058f"), ("Ḁ", "Ỿ"), ("\u2126", "\u212b"), ("Ａ", "Ｚ"))
    yield from ((c, small) for c, small in _capitals() if any(first <= c <= last for first, last in ranges))


def _sigmas_of_the_rule(key: str) -> list[int]:
    """Return the places of the small sigmas that a capital one at the same place would have become."""
    if key.isascii() or not any(small in key for small in _SMALL_SIGMAS):
        return []
    # Σ, σ and ς all count as letters to the sigma beside them, so one go tries every place.
    by_rule = key.translate(_ALL_CAPITAL).lower()
    pairs = zip(key, by_rule, strict=True)
    return [place for place, (small, rule) in enumerate(pairs) if small in _SMALL_SIGMAS and small == rule]


@cache
def _capitals() -> tuple[tuple[str, str], ...]:
    """Return (capital, small) of each character beyond ASCII that `str.lower` changes: 1,400, found once."""
    every = map(chr, chain.from_iterable(_CASED))
    return tuple((c, small) for c in every if (small := c.lower()) != c and c != SIGMA)
