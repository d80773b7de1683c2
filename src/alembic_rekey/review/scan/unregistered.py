"""The names in folded columns that no list registers, the most frequent first, and what each nearly is."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import func, select

from alembic_rekey.names.nearness import is_nearly
from alembic_rekey.names.registry import Registry
from alembic_rekey.review.scan.findings import Unregistered
from alembic_rekey.review.scan.scope import Folded, Scope
from alembic_rekey.review.schema.description import called

__all__ = ["Near", "unregistered"]

_MOST, _READ = 20, 1_000
"""So many names are told where none is nearly a registered one, and so many are read to find those that are."""
_LONGEST = 60
"""A longer text is no slip of a name."""


class Near:
    """The registered names by the pairs of letters that they have, so that only a few are compared."""

    def __init__(self, registry: Registry) -> None:
        self._names = [(_bare(name.alias), name.canonical) for name in registry.names if len(name.alias) <= _LONGEST]
        self._by_pair: defaultdict[str, list[int]] = defaultdict(list)
        for place, (name, _) in enumerate(self._names):
            for pair in _pairs(name):
                self._by_pair[pair].append(place)

    def to(self, name: str) -> str | None:
        """Return the canonical whose name is nearly this one: but for accents, punctuation, one slip or two."""
        if len(name) > _LONGEST:
            return None
        bare = _bare(name)
        shared = Counter(place for pair in _pairs(bare) for place in self._by_pair[pair])
        for place, _ in shared.most_common(_MOST):
            known, canonical = self._names[place]
            if known == bare or is_nearly(bare, known):
                return canonical
        return None


def _bare(name: str) -> str:
    """Return a name without accents and punctuation, in small letters."""
    letters = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", "".join(letters).casefold()).strip()


def _pairs(name: str) -> Iterable[str]:
    whole = f" {name} "
    return dict.fromkeys(whole[place : place + 2] for place in range(len(whole) - 1))


def unregistered(scope: Scope, folded: Folded) -> Iterator[Unregistered | str]:
    """Yield the names of each column of the fold that the registry does not know: the frequent, and the near ones."""
    near = Near(folded.registry)
    for naming in scope.naming(folded):
        spelled = folded.names.spelled(naming.stored, "scan", folded.spec.identity.match)
        asked = (
            select(naming.written.label("name"), func.count().label("rows"))
            .select_from(naming.rows.outerjoin(spelled, spelled.c.spelling == naming.written))
            .where(spelled.c.spelling.is_(None), func.trim(naming.written) != "", *naming.counts)
            .group_by(naming.written)
            .order_by(func.count().desc(), naming.written)
            .limit(_READ)
        )
        place = called(naming.described.place)
        with scope.looking.within_limits() as failed:
            for number, (name, rows) in enumerate(scope.looking.connection.execute(asked).all()):
                known = near.to(name)
                if known is not None or number < _MOST:
                    yield Unregistered(place, str(naming.known.name), folded.noun, name, rows, known)
        yield from (f"{place}.{naming.known.name} was not read: {reason}" for reason in failed)
