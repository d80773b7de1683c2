"""Whether a word is spelt almost like another one: a slip of the pen, not a word of its own."""

from __future__ import annotations

__all__ = ["is_nearly"]

_SHORT, _LONG = 3, 8
_LOOSE = str.maketrans("", "", "-_. ")


def is_nearly(word: str, meant: str) -> bool:
    """Tell whether `word` differs from `meant` in capitals and joints only, or by one or two slips in a long word.

    A slip is a letter too many, one too few, one for another, or two in the wrong order. Short words are other
    words with as little: those of two letters may have none, those of up to seven one.
    """
    one, other = (text.casefold().translate(_LOOSE) for text in (word, meant))
    if one == other:
        return word != meant
    if abs(len(one) - len(other)) > 2 or not one:
        return False
    slips = _slips(one, other)
    return slips <= (0 if len(other) < _SHORT else 1 if len(other) < _LONG else 2)


def _slips(one: str, other: str) -> int:
    """Return how many slips lead from `one` to `other` (Damerau and Levenshtein, each place slips once)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            least = min(line[-1] + 1, last[column] + 1, last[column - 1] + (letter != wanted))
            swapped = row > 1 and column > 1 and (one[row - 2], letter) == (wanted, other[column - 2])
            line.append(min(least, before[column - 2] + 1) if swapped else least)
        before, last = last, line
    return last[-1]
