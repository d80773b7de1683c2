"""Tagged rows: all get their canonical name, the losers among duplicates the status of superseded ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal

from alembic_rekey.fold.changes import updating
from alembic_rekey.plan.rules import DUPLICATES_APPLY_COUNTS, TAGS_APPLY_COUNTS, Action, Count
from alembic_rekey.spec import Spec, Tags
from alembic_rekey.sql.side_tables import journal
from alembic_rekey.sql.steps import Statement, counted

__all__ = ["tags_counts", "tags_steps"]


def tags_counts(tags: Tags) -> tuple[Count, ...]:
    """Return the counts of the apply phase for `tags`."""
    return TAGS_APPLY_COUNTS if tags.status is None else DUPLICATES_APPLY_COUNTS


def tags_steps(tags: Tags, _spec: Spec, dialect: str) -> list[Statement]:
    """Return what changes the rows of `tags`, a statement per count."""
    steps: list[Statement] = []
    canonical = journal(tags.table).c.rekey_canonical
    # Superseded first, and last on the way back: a unique index of the active rows alone must allow every step.
    for count in reversed(tags_counts(tags)):
        action = count.actions[0]
        changes: dict[str, Any] = {tags.tag.key: canonical}
        says = f"Write the rows of {tags.table.name} under their canonical name."
        if action is Action.SUPERSEDE and tags.status is not None:
            changes[tags.status.key] = literal(tags.superseded, tags.status.type)
            says = f"Supersede the duplicates in {tags.table.name}, under their canonical name too."
        steps += counted(says, count.name.format(noun=tags.noun), updating(tags, action, changes), dialect)
    return steps
