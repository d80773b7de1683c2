"""What a script asks the catalog: whether rows of an unknown table hang on rows that go, or would have to come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Dialect, literal_column

from alembic_rekey.back.drift import Drift
from alembic_rekey.guard.attached.hanging import hanging
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.foreign_keys import (
    ForeignKey,
    counted_keys,
    covered_columns,
    in_order,
    writing,
    written_columns,
)
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import keys_of, missing_in
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.script.guards import claim, sentence
from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.question import Hanging, Leaving, Standing
from alembic_rekey.sql.references import Refers
from alembic_rekey.sql.side_tables import journal_name
from alembic_rekey.sql.steps import Guard, Statement
from alembic_rekey.undo.decided import stored_back

__all__ = ["attached_in_script", "hanging_in_script", "left_out_in_script"]

_SAID: Mapping[str, ColumnElement[Any]] = {
    "table": literal_column('found."table"'),
    **{name: literal_column(f"found.{name}") for name in ("child", "columns")},
    **{name: literal_column(f"hanging.{name}") for name in ("rows", "key", "action")},
}


def attached_in_script(spec: Spec, dialect: Dialect) -> Iterator[Statement]:
    """Yield the guards for rows that a table outside the plan hangs on rows that go (`foreign_keys.attached`).

    The catalog tells the tables when the script runs, where a statement can name a table that it tells. Else the
    comparison of the foreign keys that lead nowhere, before and after the changes, finds such rows.
    """
    words, named, left_out = (WORDING[name] for name in ("attached", "attached_by_name", "left_out"))
    counted = counted_keys(spec)
    asked = [
        Hanging(
            f"rekey_attached_{part.noun}",
            f"rekey_attached_by_name_{part.noun}",
            f"rekey_left_out_{part.noun}",
            part.table,
            part.noun,
            [str(known.name) for known in part.keys],
            journal_name(part.table),
            covered=covered_columns(spec, part),
            gone=[action.value for action in DELETED] if part.deletable else [],
            written={action.value: names for action, names in written_columns(spec, part).items()},
            counted=counted,
        )
        for part in spec.parts
    ]
    order = [f"{part.noun} {action.value}" for part, action in in_order(spec)]
    said = (sentence(each.sentence, _SAID) for each in (words, named, left_out))
    for finding in database(dialect.name).attached_found(asked, order, *said):
        claims = [claim([one.guard for one in asked], words.claim, words.remedy)]
        if followed := [one.by_name for one in asked if _writes_what_is_followed(one)]:
            claims.append(claim(followed, named.claim, named.remedy))
        if partial := [one.left_out for one in asked if any(child in counted for child, _, _ in one.covered)]:
            claims.append(claim(partial, left_out.claim, left_out.remedy))
        yield Statement("\n".join(claims), finding)


def left_out_in_script(spec: Spec, planned: Planned, dialect: Dialect) -> Iterator[Guard]:
    """Yield the guards for rows that do not count on rows that go, where `attached_in_script` finds none.

    The tables are declared; whether a foreign key leads there the catalog tells when the script runs.
    """
    if database(dialect.name).follows_foreign_keys:
        return
    counted, parts = counted_keys(spec), {one.table: one for one in spec.parts}
    for part in spec.parts:
        for number, (table, fields, targets) in enumerate(covered_columns(spec, part)):
            acting = [*(DELETED if part.deletable else ()), *writing(spec, part, targets)]
            if table not in counted or not acting:
                continue
            key = ForeignKey(table.schema, table.name, part.table.schema, part.table.name, fields, targets, frozenset())
            child = table.alias("rekey_child")
            pairs = zip(fields, targets, strict=True)
            there = [Refers(table.c[field], part.table.c[target]) for field, target in pairs]
            out = missing_in(keys_of(parts[table], child), counted[table])
            offending = hanging(key, child, part, planned, acting).where(out, *there)
            yield Guard(check("left_out", f"{part.noun}_{number}", offending))


def _writes_what_is_followed(one: Hanging) -> bool:
    written = {name for names in one.written.values() for name in names}
    return any(not written.isdisjoint(targets) for _, _, targets in one.covered)


def hanging_in_script(spec: Spec, dialect: Dialect) -> Iterator[Statement]:
    """Yield the statement that lets a created row stay where an unknown table hangs on it.

    Where no statement can name an unknown table nothing cascades, and the comparison of the foreign keys that lead
    nowhere, before and after, refuses.
    """
    identity = spec.identity
    asked = Standing(
        identity.table,
        [str(known.name) for known in identity.keys],
        stored_back(identity).name,
        covered=covered_columns(spec, identity),
        leaving=[
            Leaving(
                part.table,
                [str(known.name) for known in part.keys],
                stored_back(part).name,
                sorted({str(name) for columns in written_columns(spec, part).values() for name in columns}),
            )
            for part in spec.children
        ],
        drift=Drift.ATTACHED.value,
        untouched=Drift.UNTOUCHED.value,
        action=Action.CREATE.value,
    )
    for keeping in database(dialect.name).attached_kept(asked):
        yield Statement("Created rows stay while a table that the revision does not know hangs on them.", keeping)
