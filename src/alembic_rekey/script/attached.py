"""What an upgrade's script asks the catalog: whether rows of an unknown table hang on rows that the plan changes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Dialect

from alembic_rekey.guard.foreign_keys import covered_columns, written_columns
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.script.script import DROP_GUARD, guard_table
from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.expressions import Verbatim
from alembic_rekey.sql.side_tables import journal_name
from alembic_rekey.sql.steps import Statement

__all__ = ["attached_in_script"]


def attached_in_script(spec: Spec, dialect: Dialect) -> Iterator[Statement]:
    """Yield the guards for rows that a table outside the plan hangs on rows that go (`foreign_keys.attached`).

    The catalog tells the tables when the script runs, where a statement can name a table that it tells. Else the
    comparison of the foreign keys that lead nowhere, before and after the changes, finds such rows.
    """
    for part in spec.parts:
        words, name = WORDING["attached"], f"rekey_attached_{part.noun}"
        says = f"Guard {name}: {words.claim}.\nIf the script stops here: {words.remedy}"
        for counting in database(dialect.name).attached_counted(
            part.table,
            str(part.key.name),
            journal_name(part.table),
            covered=covered_columns(spec, part),
            gone=[action.value for action in DELETED] if part.deletable else [],
            written={action.value: names for action, names in written_columns(part).items()},
        ):
            yield Statement(says, Verbatim(guard_table(name, dialect)))
            yield Statement("Ask the catalog which tables could, and count their rows.", counting)
            yield Statement("None did.", Verbatim(DROP_GUARD))
