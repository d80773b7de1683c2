"""Rows of tables that nobody declared, which hang on rows of ours: found by a program, since no query can name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Executable, Table, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.sql.dialects.interface import Pair
from alembic_rekey.sql.dialects.postgresql.plpgsql import plpgsql

__all__ = ["CountAttached", "KeepAttached"]


@dataclass(eq=False)
class CountAttached(Executable, ClauseElement):
    """Inserts into `rekey_guard` how many rows hang on rows of a journal; see `Database.attached_counted`."""

    inherit_cache = False

    parent: Table
    key: str
    journal: str
    covered: Sequence[Pair]
    gone: Sequence[str]
    written: Mapping[str, Sequence[str]]


@dataclass(eq=False)
class KeepAttached(Executable, ClauseElement):
    """Marks the created rows that others hang on; see `Database.attached_kept`."""

    inherit_cache = False

    parent: Table
    key: str
    back: str
    covered: Sequence[Pair]
    drift: str
    action: str


def _keys_to(parent: Table, covered: Sequence[Pair], compiler: SQLCompiler, **kw: Any) -> str:
    """Return the question for the foreign keys that lead to `parent`: `child`, `parent`, `condition`, `targets`.

    `covered` tells of each key whether the child is one of these tables, or a part of one, by that pair of columns.
    """

    def text(value: str) -> str:
        return compiler.process(literal(str(value), Text()), **kw)

    def tree(root: Table) -> str:
        named = text(compiler.preparer.format_table(root))
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


@compiles(CountAttached, "postgresql")
def _count_attached(element: CountAttached, compiler: SQLCompiler, **kw: Any) -> str:
    def text(value: str) -> str:
        return compiler.process(literal(str(value), Text()), **kw)

    gone = ", ".join(map(text, element.gone))
    key = text(element.key)
    written = "".join(
        f"\n      || CASE WHEN found.targets && ARRAY[{', '.join(map(text, names))}]::name[]"
        f"\n        THEN ARRAY[{text(action)}] ELSE ARRAY[]::text[] END"
        for action, names in element.written.items()
    )
    return plpgsql(f"""DECLARE
  found record;
  attached bigint;
  total bigint := 0;
BEGIN
  FOR found IN
    {_keys_to(element.parent, element.covered, compiler, **kw)}
  LOOP
    EXECUTE format(
      'SELECT count(*) FROM %s AS child JOIN %s AS parent ON %s JOIN %I AS gone ON gone.%I = parent.%I '
      'WHERE gone.rekey_run = (SELECT max(id) FROM rekey_run) AND gone.rekey_action = ANY ($1)',
      found.child, found.parent, found.condition, {text(element.journal)}, {key}, {key})
    INTO attached
    USING CASE WHEN found.covered THEN ARRAY[]::text[] ELSE ARRAY[{gone}]::text[] END{written};
    total := total + attached;
  END LOOP;
  INSERT INTO rekey_guard (offending) VALUES (total);
END""")  # noqa: S608  # every piece is a quoted identifier or a literal that SQLAlchemy wrote


@compiles(KeepAttached, "postgresql")
def _keep_attached(element: KeepAttached, compiler: SQLCompiler, **kw: Any) -> str:
    key = compiler.process(literal(element.key, Text()), **kw)
    return plpgsql(f"""DECLARE
  found record;
BEGIN
  FOR found IN
    {_keys_to(element.parent, element.covered, compiler, **kw)}
  LOOP
    CONTINUE WHEN found.covered;
    EXECUTE format(
      'UPDATE {element.back} AS back SET drift = $1 WHERE back.action = $2 AND EXISTS '
      '(SELECT 1 FROM %s AS child JOIN %s AS parent ON %s WHERE parent.%I = back.key)',
      found.child, found.parent, found.condition, {key})
    USING '{element.drift}', '{element.action}';
  END LOOP;
END""")  # noqa: S608  # every piece is a quoted identifier or a literal that SQLAlchemy wrote
