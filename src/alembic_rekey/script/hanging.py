"""What a downgrade's script asks the catalog: whether anything unknown hangs on a row that would go."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Dialect, Text, literal

from alembic_rekey.back.drift import Drift
from alembic_rekey.guard.foreign_keys import covered_columns
from alembic_rekey.plan.rules import Action
from alembic_rekey.script.attached import keys_to
from alembic_rekey.script.script import compiled
from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects.postgresql.plpgsql import plpgsql
from alembic_rekey.sql.expressions import Verbatim
from alembic_rekey.sql.steps import Statement
from alembic_rekey.undo.decided import stored_back

__all__ = ["hanging_in_script"]


def hanging_in_script(spec: Spec, dialect: Dialect) -> Iterator[Statement]:
    """Yield the statement that lets a created row stay where an unknown table hangs on it.

    On SQLite no statement can name an unknown table; there nothing cascades, and the comparison of
    `pragma_foreign_key_check` before and after refuses.
    """
    if dialect.name != "postgresql":
        return
    identity = spec.identity

    def text(value: str) -> str:
        return compiled(literal(str(value), Text()), dialect)

    key, back = text(identity.key.name), stored_back(identity).name
    body = plpgsql(f"""DECLARE
  found record;
BEGIN
  FOR found IN
    {keys_to(identity.table, covered_columns(spec, identity), dialect)}
  LOOP
    CONTINUE WHEN found.covered;
    EXECUTE format(
      'UPDATE {back} AS back SET drift = $1 WHERE back.action = $2 AND EXISTS '
      '(SELECT 1 FROM %s AS child JOIN %s AS parent ON %s WHERE parent.%I = back.key)',
      found.child, found.parent, found.condition, {key})
    USING '{Drift.ATTACHED}', '{Action.CREATE}';
  END LOOP;
END""")  # noqa: S608  # every piece is a quoted identifier or a literal that SQLAlchemy wrote
    yield Statement("Created rows stay while a table that the revision does not know hangs on them.", Verbatim(body))
