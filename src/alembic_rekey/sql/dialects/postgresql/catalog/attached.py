"""Rows of tables that nobody declared, which hang on rows of ours: found by a program, since no query can name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Executable, Select, Table, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.sql.dialects.postgresql.plpgsql import filled, plpgsql
from alembic_rekey.sql.dialects.question import Hanging, Pair, Standing
from alembic_rekey.sql.expressions import Sentence

__all__ = ["FindAttached", "KeepAttached"]


@dataclass(eq=False)
class FindAttached(Executable, ClauseElement):
    """Inserts into `rekey_guard` what hangs on rows of journals; see `Database.attached_found`."""

    inherit_cache = False

    asked: Sequence[Hanging]
    acts: Sequence[str]
    sentence: Sentence
    by_name: Sentence
    left_out: Sentence


@dataclass(eq=False)
class KeepAttached(Executable, ClauseElement):
    """Marks the created rows that others hang on; see `Database.attached_kept`."""

    inherit_cache = False

    asked: Standing


class _Written:
    """What goes into a program, as SQLAlchemy writes it for the database."""

    def __init__(self, compiler: SQLCompiler, kw: dict[str, Any]) -> None:
        self._compiler = compiler
        self._kw = kw

    def text(self, value: str) -> str:
        return self._compiler.process(literal(str(value), Text()), **self._kw)

    def table(self, table: Table) -> str:
        return self.text(self._compiler.preparer.format_table(table))

    def pairs(self, fields: Sequence[str], targets: Sequence[str]) -> str:
        # In the order of the fields' names, as the catalog's are listed below.
        ordered = sorted(zip(fields, targets, strict=True), key=lambda pair: pair[0].encode())
        return ", ".join(self.array(pair[side] for pair in ordered) for side in (0, 1))

    def beyond(self, counted: Select[*tuple[Any, ...]] | None) -> str:
        """Return the condition that a row is none of those that are counted, as a text; empty where all are."""
        if counted is None:
            return "''"
        rows = counted.subquery("counted")
        keys = (self._compiler.preparer.quote(known.name) for known in rows.columns)
        same = " AND ".join(f"counted.{key} = child.{key}" for key in keys)
        found = self._compiler.process(rows, asfrom=True, **self._kw)
        return self.text(f"AND NOT EXISTS (SELECT FROM {found} WHERE {same})")

    def array(self, values: Iterable[str]) -> str:
        return f"ARRAY[{', '.join(map(self.text, values))}]::text[]"


def _keys(
    parents: Iterable[Table],
    covered: Iterable[tuple[Table, Sequence[Pair]]],
    counted: Mapping[Table, Select[*tuple[Any, ...]]],
    written: _Written,
) -> str:
    """Return the CTEs that end with `key`, the foreign keys that lead to `parents` or a part of one, or to a child.

    `root`: the parent as it is named here; `child`, `parent`, `columns`, `targets`, `condition`, and `covered`: whether
    the child is one of the tables that cover that parent, or a part of one, by that pair of columns; `beyond`: the
    condition of the rows that do not count there, empty where all do.
    """
    pairs = [
        f"({written.table(parent)}, {written.table(child)}, {written.pairs(fields, targets)}, "
        f"{written.beyond(counted.get(child))})"
        for parent, several in covered
        for child, fields, targets in several
    ]
    roots = filled((f"({written.table(parent)})" for parent in parents), 6)
    return f"""covered (root, child, fields, targets, beyond) AS (VALUES
      {filled(pairs, 6) or "(NULL, NULL, NULL::text[], NULL::text[], NULL)"}),
    tree (root, member) AS (SELECT root, to_regclass(root)::oid FROM (VALUES
      {roots}) AS parents (root)
      UNION SELECT child, to_regclass(child)::oid FROM covered
      UNION SELECT tree.root, below.inhrelid
      FROM tree JOIN pg_catalog.pg_inherits AS below ON below.inhparent = tree.member),
    key AS (SELECT tree.root, fk.conrelid::regclass AS child, fk.confrelid::regclass AS parent, field.*,
        moved.beyond IS NOT NULL AS covered, moved.beyond
      FROM tree JOIN pg_catalog.pg_constraint AS fk ON fk.contype = 'f' AND fk.confrelid = tree.member
      CROSS JOIN LATERAL (SELECT array_agg(source.attname::text ORDER BY source.attname COLLATE "C") AS names,
          array_agg(target.attname::text ORDER BY source.attname COLLATE "C") AS targets,
          string_agg(format('child.%I = parent.%I', source.attname, target.attname), ' AND ') AS condition
        FROM unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS pair (field, target, place)
        JOIN pg_catalog.pg_attribute AS source ON source.attrelid = fk.conrelid AND source.attnum = pair.field
        JOIN pg_catalog.pg_attribute AS target ON target.attrelid = fk.confrelid AND target.attnum = pair.target
      ) AS field
      LEFT JOIN LATERAL (SELECT covered.beyond
        FROM covered JOIN tree AS by ON by.root = covered.child AND by.member = fk.conrelid
        WHERE covered.root = tree.root AND field.names = covered.fields AND field.targets = covered.targets
        LIMIT 1
      ) AS moved ON true
      WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS made_for JOIN tree AS above ON above.member = made_for.confrelid
        WHERE above.root = tree.root AND made_for.oid = fk.conparentid))"""  # noqa: S608  # literals of SQLAlchemy


@compiles(FindAttached, "postgresql")
def _find_attached(element: FindAttached, compiler: SQLCompiler, **kw: Any) -> str:
    written = _Written(compiler, kw)
    asked = [
        f"({written.text(one.guard)}, {written.text(one.by_name)}, {written.text(one.left_out)},\n        "
        f"{written.text(one.noun)}, {written.table(one.parent)}, {written.text(one.parent.name)}, "
        f"{written.text(one.journal)}, {written.array(one.keys)}, '{{{','.join(one.gone)}}}')"
        for one in element.asked
    ]
    writings = [
        f"({written.table(one.parent)}, {written.text(action)}, {written.array(names)})"
        for one in element.asked
        for action, names in one.written.items()
    ]
    # Of an identity alone nothing is written.
    writing = filled(writings, 6) or "(NULL, NULL, NULL::text[])"
    parents = [one.parent for one in element.asked]
    return plpgsql(f"""DECLARE
  found record; hanging record; guards text[]; said text[];
  acts CONSTANT text[] := ARRAY[
    {filled(map(written.text, element.acts), 4)}];
BEGIN
  FOR found IN
    WITH RECURSIVE asked (guard, by_name, left_out, noun, root, "table", journal, keys, gone) AS (VALUES
      {filled(asked, 6)}),
    written (root, action, columns) AS (VALUES
      {writing}),
    {_keys(parents, [(one.parent, one.covered) for one in element.asked], element.asked[0].counted, written)}
    SELECT asked.*, key.child, key.parent, way.followed, way.beyond, key.condition,
      array_to_string(key.names, ', ') AS columns,
      CASE WHEN way.followed THEN '{{}}' ELSE asked.gone::text[] END || ARRAY(
        SELECT written.action FROM written WHERE written.root = asked.root AND written.columns && key.targets
      ) AS actions,
      (SELECT string_agg(format('gone.%1$I = parent.%1$I', each), ' AND ') FROM unnest(asked.keys) AS each) AS matched,
      (SELECT string_agg(format('gone.%I', each), ', ') FROM unnest(asked.keys) AS each) AS listed,
      -- What is written before the rows that refer to it, though they are written as well.
      ARRAY(SELECT theirs.action FROM written AS theirs
        WHERE theirs.root = asked.root AND theirs.columns && key.targets AND NOT key.covered AND EXISTS (
          SELECT FROM asked AS its JOIN tree ON tree.root = its.root AND tree.member = key.child
          JOIN written AS ours ON ours.root = its.root AND ours.columns && key.names
          WHERE array_position(acts, concat(its.noun, ' ', ours.action))
            > array_position(acts, concat(asked.noun, ' ', theirs.action)))) AS early,
      -- Rows of ours that go no later hang on nothing then; of those that are written the database asks itself.
      concat((SELECT string_agg(format(
          'AND NOT EXISTS (SELECT FROM %I AS its WHERE its.rekey_run = gone.rekey_run AND %s '
          'AND its.rekey_action = ANY (%L::text[]) '
          'AND array_position($2, %L || its.rekey_action) <= array_position($2, %L || gone.rekey_action))',
          its.journal, (SELECT string_agg(format('its.%1$I = child.%1$I', each), ' AND ')
            FROM unnest(its.keys) AS each), its.gone::text[] || moves.actions, its.noun || ' ', asked.noun || ' '), ' ')
        FROM asked AS its JOIN tree ON tree.root = its.root AND tree.member = key.child
        CROSS JOIN LATERAL (SELECT ARRAY(SELECT ours.action FROM written AS ours
          WHERE ours.root = its.root AND ours.columns && key.names) AS actions) AS moves
        WHERE NOT key.covered), way.beyond) AS leaving
    FROM asked JOIN key USING (root)
    -- What moves the rows of a table may not count them all.
    CROSS JOIN LATERAL (SELECT key.covered AS followed, NULL AS beyond
      UNION ALL SELECT false, key.beyond WHERE key.beyond <> '') AS way
  LOOP
    FOR hanging IN EXECUTE format(
      'SELECT ' || CASE cardinality(found.keys) WHEN 1 THEN '%1$s' ELSE 'concat_ws('', '', %1$s)' END ||
      ' AS key, gone.rekey_action AS action, count(*) AS rows '
      'FROM %2$s AS child JOIN %3$s AS parent ON %4$s JOIN %5$I AS gone ON %6$s '
      'WHERE gone.rekey_run = (SELECT max(id) FROM rekey_run) AND gone.rekey_action = ANY ($1) %7$s '
      'GROUP BY %1$s, gone.rekey_action',
      found.listed, found.child, found.parent, found.condition, found.journal, found.matched, found.leaving
    ) USING found.actions, acts
    LOOP
      guards := guards || CASE WHEN found.followed OR hanging.action = ANY (found.early) THEN found.by_name
        WHEN found.beyond <> '' THEN found.left_out ELSE found.guard END;
      said := said || CASE WHEN found.followed OR hanging.action = ANY (found.early)
        THEN {compiler.process(element.by_name, **kw)}
        WHEN found.beyond <> '' THEN {compiler.process(element.left_out, **kw)}
        ELSE {compiler.process(element.sentence, **kw)} END;
    END LOOP;
  END LOOP;
  INSERT INTO rekey_guard (guard, said) SELECT * FROM unnest(guards, said);
END""")  # noqa: S608  # every piece is a literal that SQLAlchemy wrote


@compiles(KeepAttached, "postgresql")
def _keep_attached(element: KeepAttached, compiler: SQLCompiler, **kw: Any) -> str:
    written = _Written(compiler, kw)
    asked = element.asked
    keys = ", ".join(map(written.text, asked.keys))
    matched = " AND ".join(f"parent.%I = back.now_{place}" for place in range(len(asked.keys)))
    leaving = [
        f"({written.table(one.table)}, {written.text(one.back)}, {written.array(one.keys)}, "
        f"{written.array(one.written)})"
        for one in asked.leaving
    ]
    return plpgsql(f"""DECLARE
  found record;
BEGIN
  FOR found IN
    WITH RECURSIVE {_keys([asked.parent], [(asked.parent, asked.covered)], {}, written)},
    leaving (child, back, keys, written) AS (VALUES
      {filled(leaving, 6) or "(NULL, NULL, NULL::text[], NULL::text[])"})
    SELECT key.*, concat((SELECT string_agg(format('AND NOT EXISTS (SELECT FROM %I AS its WHERE its.drift = $2 AND %s)',
        leaving.back, (SELECT string_agg(format('its.now_%s = child.%I', place - 1, field), ' AND ')
          FROM unnest(leaving.keys) WITH ORDINALITY AS own (field, place))), ' ')
      FROM leaving JOIN tree ON tree.root = leaving.child AND tree.member = key.child
      WHERE leaving.written && key.names)) AS staying
    FROM key WHERE root = {written.table(asked.parent)} AND NOT covered
  LOOP
    EXECUTE format(
      'UPDATE {asked.back} AS back SET drift = $1 WHERE back.action = $3 AND EXISTS '
      '(SELECT FROM %s AS child JOIN %s AS parent ON %s WHERE {matched} %s)',
      found.child, found.parent, found.condition, {keys}, found.staying)
    USING {", ".join(map(written.text, (asked.drift, asked.untouched, asked.action)))};
  END LOOP;
END""")  # noqa: S608  # every piece is a quoted identifier or a literal that SQLAlchemy wrote
