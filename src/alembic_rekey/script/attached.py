"""What an upgrade's script asks the catalog: whether rows of an unknown table hang on rows that the plan changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Dialect, Table, Text, literal

from alembic_rekey.guard.foreign_keys import covered_columns, written_columns
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.plan.plan import Part
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.script.script import DROP_GUARD, compiled, guard_table
from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects.postgresql.plpgsql import plpgsql
from alembic_rekey.sql.expressions import Verbatim
from alembic_rekey.sql.side_tables import journal_name
from alembic_rekey.sql.steps import Statement

__all__ = ["attached_in_script", "keys_to"]


def attached_in_script(spec: Spec, dialect: Dialect) -> Iterator[Statement]:
    """Yield the guards for rows that a table outside the plan hangs on rows that go (`foreign_keys.attached`).

    PostgreSQL's catalog tells the tables when the script runs. SQLite cannot name a table in a query:
    there the comparison of `pragma_foreign_key_check` before and after the changes finds such rows.
    """
    if dialect.name != "postgresql":
        return
    for part in spec.parts:
        words, name = WORDING["attached"], f"rekey_attached_{part.noun}"
        says = f"Guard {name}: {words.claim}.\nIf the script stops here: {words.remedy}"
        yield Statement(says, Verbatim(guard_table(name, dialect)))
        yield Statement(
            "Ask the catalog which tables could, and count their rows.",
            Verbatim(_attached(spec, part, dialect)),
        )
        yield Statement("None did.", Verbatim(DROP_GUARD))


def keys_to(parent: Table, covered: Iterable[tuple[Table, str, str]], dialect: Dialect) -> str:
    """Return the query of `foreign_keys.foreign_keys` as a script asks it: `child`, `parent`, `condition`, `targets`.

    `covered` tells of each key whether the child is one of these tables, or a part of one, by that pair of columns.
    """

    def text(value: str) -> str:
        return compiled(literal(str(value), Text()), dialect)

    def tree(root: Table) -> str:
        named = text(dialect.identifier_preparer.format_table(root))
        return f"""
          WITH RECURSIVE tree (member) AS (
            SELECT to_regclass({named})::oid
            UNION
            SELECT below.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member
          )
          SELECT member FROM tree"""  # noqa: S608  # a literal that SQLAlchemy wrote, as below

    is_covered = "".join(
        f"\n        OR fields.names = ARRAY[{text(field)}]::name[]"
        f"\n          AND fields.targets = ARRAY[{text(target)}]::name[]"
        f"\n          AND fk.conrelid IN ({tree(child)})"
        for child, field, target in covered
    )
    return f"""SELECT fk.conrelid::regclass AS child, fk.confrelid::regclass AS parent, fields.targets,
      fields.condition, (
        false{is_covered}
      ) AS covered
    FROM pg_catalog.pg_constraint AS fk
    CROSS JOIN LATERAL (
      SELECT array_agg(source.attname ORDER BY pair.place) AS names,
             array_agg(target.attname ORDER BY pair.place) AS targets,
             string_agg(format('child.%I = parent.%I', source.attname, target.attname), ' AND ') AS condition
      FROM unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS pair(field, target, place)
      JOIN pg_catalog.pg_attribute AS source ON source.attrelid = fk.conrelid AND source.attnum = pair.field
      JOIN pg_catalog.pg_attribute AS target ON target.attrelid = fk.confrelid AND target.attnum = pair.target
    ) AS fields
    WHERE fk.contype = 'f' AND fk.confrelid IN ({tree(parent)})
      AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_constraint AS made_for
        WHERE made_for.oid = fk.conparentid AND made_for.confrelid IN ({tree(parent)})
      )"""  # noqa: S608  # every piece is a quoted identifier or a literal that SQLAlchemy wrote


def _attached(spec: Spec, part: Part, dialect: Dialect) -> str:
    def text(value: str) -> str:
        return compiled(literal(str(value), Text()), dialect)

    gone = ", ".join(text(action.value) for action in DELETED) if part.deletable else ""
    key = text(part.key.name)
    written = "".join(
        f"\n      || CASE WHEN found.targets && ARRAY[{', '.join(map(text, names))}]::name[]"
        f"\n        THEN ARRAY[{text(action.value)}] ELSE ARRAY[]::text[] END"
        for action, names in written_columns(part).items()
    )
    return plpgsql(f"""DECLARE
  found record;
  attached bigint;
  total bigint := 0;
BEGIN
  FOR found IN
    {keys_to(part.table, covered_columns(spec, part), dialect)}
  LOOP
    EXECUTE format(
      'SELECT count(*) FROM %s AS child JOIN %s AS parent ON %s JOIN %I AS gone ON gone.%I = parent.%I '
      'WHERE gone.rekey_run = (SELECT max(id) FROM rekey_run) AND gone.rekey_action = ANY ($1)',
      found.child, found.parent, found.condition, {text(journal_name(part.table))}, {key}, {key})
    INTO attached
    USING CASE WHEN found.covered THEN ARRAY[]::text[] ELSE ARRAY[{gone}]::text[] END{written};
    total := total + attached;
  END LOOP;
  INSERT INTO rekey_guard (offending) VALUES (total);
END""")  # noqa: S608  # every piece is a quoted identifier or a literal that SQLAlchemy wrote
