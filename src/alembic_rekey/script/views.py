"""What several statements of a script ask for in the same words: named once, as temporary views."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["Named", "Views"]

_ASKS = ("SELECT ", "VALUES ", "WITH ")


@dataclass(frozen=True)
class Named:
    """One query of the WITH of a statement, as text."""

    name: str
    """In quotes, where it needs any."""
    head: str
    """The same, with the columns where they are listed."""
    query: str
    recursive: bool
    kept: bool
    """Whether it shall be computed as a whole, and once."""
    times: int = field(default=1, compare=False)
    """How often the statement reads it."""


class Views:
    """The views of a program, whose statements have the queries `asked`."""

    def __init__(self, asked: Sequence[Sequence[Named]]) -> None:
        said = Counter(named for each in asked for named in each)
        definitions = Counter(named.name for named in said)
        # A view is computed wherever it is read.
        several = {named.name for each in asked for named in each if named.kept and named.times > 1}
        shared = {
            named.name: named
            for named, times in said.items()
            if times > 1 and definitions[named.name] == 1 and named.query.startswith(_ASKS)
            if named.name not in several
        }
        # One that names another which stays in its statement has to stay there too.
        while inner := {name for name, named in shared.items() if _mentioned(named, definitions) - {*shared} - {name}}:
            shared = {name: named for name, named in shared.items() if name not in inner}
        self.made: list[Named] = []
        self.names = frozenset(shared)

    def before(self, asked: Sequence[Named]) -> list[str]:
        """Return what makes the views of a statement that has the queries `asked`, and are not made yet."""
        made = [named for named in dict.fromkeys(asked) if named.name in self.names and named not in self.made]
        self.made += made
        return [_view(named) for named in made]

    def given_up(self) -> list[str]:
        """Return the names of those that are made, which are none any more: each before those that it reads."""
        gone, self.made = self.made, []
        return [named.name for named in reversed(gone)]

    def need(self, table: str) -> bool:
        """Tell whether one of those that are made reads `table`."""
        return any(_mentioned(named, [table]) for named in self.made)


def _view(named: Named) -> str:
    query = named.query
    if named.recursive or named.kept:
        how = ("RECURSIVE " * named.recursive, "MATERIALIZED " * named.kept)
        query = f"WITH {how[0]}{named.head} AS {how[1]}({query}) SELECT * FROM {named.name}"  # noqa: S608  # of ours
    return f"CREATE TEMPORARY VIEW {named.head} AS\n{query};"


def _mentioned(named: Named, others: Iterable[str]) -> set[str]:
    return {other for other in others if re.search(rf'(?<![\w"]){re.escape(other)}(?![\w"])', named.query)}
