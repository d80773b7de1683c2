"""One part of the spec over drawn tables: what it declares of which columns, and what may change in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from accounts import Changeable
from alembic_rekey.spec import Duplicates, Identity, References, Slots, Tags, most
from fuzzed_tables import Table

__all__ = ["FOLDS", "GONE", "Part"]

FOLDS = {"identity": Identity, "slots": Slots, "references": References, "tags": Tags}
GONE = "gone"
EXPRESSIONS: Mapping[str, Callable[[Callable[[str], sa.Column[Any]]], Any]] = {
    "lower(name)": lambda c: sa.func.lower(c("name")),
    "lower(mail)": lambda c: (sa.func.lower(c("mail")),),
    "lower(mail), name": lambda c: (sa.func.lower(c("mail")), c("name")),
    "mail": lambda c: (c("mail"),),
    "newest": lambda c: (c("updated_at").desc(),),
    "mail is not gone": lambda c: c("mail").is_distinct_from(GONE),
}
"""Arguments of a part that are made of columns by their roles."""


@dataclass
class Part:
    """One part of the spec: which table, and the role that each of its arguments names."""

    kind: str
    table: Table
    roles: dict[str, Any]
    constants: dict[str, Any] = field(default_factory=dict)
    expressions: dict[str, str] = field(default_factory=dict)
    """Arguments by their place in `EXPRESSIONS`."""
    most: tuple[Table, str] | None = None
    """By which column of another table the row stays that most rows refer to."""

    def build(self, declared: Mapping[str, sa.Table]) -> Any:
        """The part as a revision writes it."""

        def column(role: str) -> sa.Column[Any]:
            return declared[self.table.name].c[self.table.columns[role].name]

        def columns(role: Any) -> Any:
            return tuple(map(columns, role)) if isinstance(role, tuple) else column(role)

        given = {name: columns(role) for name, role in self.roles.items()}
        given |= {name: EXPRESSIONS[text](column) for name, text in self.expressions.items()}
        if self.most is not None:
            table, role = self.most
            counted = declared[table.name].c[table.columns[role].name]
            given["survivor"] = (most(counted), *given.get("survivor", ()))
        return FOLDS[self.kind](**given, **self.constants)

    def named(self, *arguments: str) -> frozenset[str]:
        """The columns that stand for these arguments, where they are given."""
        roles = _flat([self.roles[each] for each in arguments if each in self.roles])
        absorbing = self.constants.get("absorb", ()) if "absorb" in arguments else ()
        return frozenset([*(self.table.columns[role].name for role in roles), *absorbing])

    @property
    def found(self) -> bool:
        """Whether it is an identity whose groups are found, and no name is written."""
        return self.constants.get("duplicates") is Duplicates.FOUND

    @property
    def tagged(self) -> bool:
        """Whether rows may carry its name as text."""
        return "name" in self.roles and "match" not in self.expressions

    @property
    def changeable(self) -> Changeable:
        """What each action may change in a row, in the words of the design."""
        by_action = {
            "rekey": self.named("owners", "names", "tag", "absorb", "updated_at"),
            "revive": self.named("status", "names", "absorb", "updated_at"),
            "absorb": self.named("absorb", "updated_at"),
            "detach": self.named("owners", "updated_at"),
            "supersede": self.named("tag", "status", "updated_at"),
            "retire": frozenset(self.constants.get("retire", ())) | self.named("updated_at"),
        }
        if self.kind == "identity":
            stays = self.named(*(() if self.found else ("name",)), "owners", "absorb", "updated_at")
            by_action |= dict.fromkeys(("rename", "absorb", "rekey"), stays)
        stamped = [each.name for each in self.table.columns.values() if each.generated]
        return Changeable(by_action, frozenset(stamped))


def _flat(roles: Any) -> Iterator[str]:
    for role in roles:
        yield from _flat(role) if isinstance(role, tuple) else (role,)
