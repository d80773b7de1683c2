"""The names of tables and columns as words of a language: plain, bare, and what one of many is called."""

from __future__ import annotations

import re

__all__ = ["bare", "plain", "singular"]

_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "indices": "index",
    "aliases": "alias",
}
_PLURALS = (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("zzes", "zz"))
_SHORTEST = 3


def plain(name: str) -> str:
    """Return `name` as small letters, digits and underscores, beginning with a letter; empty where nothing is left."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_").lstrip("0123456789_")


def singular(word: str) -> str:
    """Return what one of `word` is called, as far as spelling tells."""
    head, _, last = word.rpartition("_")
    if last in _IRREGULAR:
        one = _IRREGULAR[last]
    elif last.endswith(("us", "ss", "is")) or not last.endswith("s") or len(last) < _SHORTEST:
        one = last
    else:
        ending = next(((old, new) for old, new in _PLURALS if last.endswith(old)), ("s", ""))
        one = f"{last.removesuffix(ending[0])}{ending[1]}"
        one = f"{one[:-1]}" if last.endswith("uses") and one.endswith("se") else one
    return f"{head}_{one}" if head else one


def bare(name: str) -> str:
    """Return a name without what people join words with."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
