"""What a spec claims about the rows that become one: that the row they lead to is there, that retired ones are done."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import literal, select

from alembic_rekey.guard.checks import check
from alembic_rekey.plan.becoming import becoming
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.ranked import written_name
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import about, key_text, keys_of
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Identity, Relation, Spec
from alembic_rekey.sql.equality import Same

__all__ = ["group_claims"]


def group_claims(spec: Spec, names: Names, planned: Planned) -> Iterator[Check]:
    """Yield the checks of what the plan of the identity takes for granted."""
    identity = spec.identity
    if not identity.found and identity.is_named_by_key:
        yield check("canonical_absent", identity.noun, _canonical_absent(identity, names, planned))
    if identity.retire is not None:
        yield check("retired_again", identity.noun, _retired_again(identity, spec, names, planned))


def _canonical_absent(identity: Identity, names: Names, planned: Planned) -> Relation:
    """Return the rows that would stay where the row that the registry names is not there: no key is made up."""
    assert identity.name is not None  # noqa: S101  # names are keys: `Identity.is_named_by_key`
    rows = planned[identity]
    name = rows.c[identity.name.name]
    spelled = names.spelled(identity.name, f"{identity.noun}_absent", identity.match)
    return (
        select(
            literal(str(identity.table.name)).label("table"),
            rows.c.rekey_canonical.label("canonical"),
            key_text(keys_of(identity, rows)).label("key"),
        )
        .join_from(rows, spelled, spelled.c.spelling == written_name(identity, name))
        .where(rows.c.rekey_place <= 1, spelled.c.alias != spelled.c.canonical)
        .order_by(rows.c.rekey_canonical)
    )


def _retired_again(identity: Identity, spec: Spec, names: Names, planned: Planned) -> Relation:
    """Return the shadows that would still count, and be one with the row that stays, as they are retired."""
    rows, new = becoming(identity, spec, names, planned, [Action.RETIRE])
    stored = {known: rows.c[known.name] for known in identity.table.columns}
    after = {known: new.get(str(known.name), before) for known, before in stored.items()}
    compared = [*(identity.matching or identity.named), *identity.within]
    alike = [Same(about(each, after), about(each, stored)) for each in compared]
    counts = [about(condition, after) for condition in identity.counting]
    return (
        select(
            literal(str(identity.table.name)).label("table"),
            key_text(keys_of(identity, rows)).label("key"),
            rows.c.rekey_canonical.label("canonical"),
        )
        .where(*alike, *counts)
        .order_by(*keys_of(identity, rows))
    )
