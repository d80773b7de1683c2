"""Tagged rows go back to their old name, the superseded ones to their old status too."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Tags
from alembic_rekey.sql.steps import Step
from alembic_rekey.undo.put_back import undone

__all__ = ["tags_returned"]


def tags_returned(tags: Tags, _stored: Stored) -> Iterator[Step]:
    """Yield the steps that put the rows of `tags` back."""
    changed = (tags.tag,) if tags.status is None else (tags.tag, tags.status)
    says = f"Give the rows of {tags.table.name} their old name back."
    yield undone(tags, says, changed, Action.REKEY)
    if tags.status is not None:
        says = f"Give the superseded rows of {tags.table.name} their old name and status back."
        yield undone(tags, says, changed, Action.SUPERSEDE)
