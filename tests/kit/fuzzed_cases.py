"""One case: its tables and rows, how both databases are told of them, and the spec over them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

from alembic_rekey.spec import Spec
from databases import Database, SQLiteDatabase
from fuzzed_parts import FOLDS, Part
from fuzzed_tables import Table

__all__ = ["Case"]


@dataclass(repr=False)
class Case:
    """One example: a schema with its rows, the spec over it, and what was drawn into it."""

    dialect: str
    features: frozenset[str]
    tables: list[Table] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    """Statements before the tables are made."""
    between: list[str] = field(default_factory=list)
    """Statements after the tables and before their rows: unique indexes."""
    after: list[str] = field(default_factory=list)
    """Statements after the rows stand there: foreign keys that not every row satisfies, triggers, rules, policies."""
    heirs: dict[str, str] = field(default_factory=dict)
    """Tables that inherit, and from which: what is read from that one is theirs too."""
    by_script: bool = False
    account: str | None = None
    """The role that the upgrade runs as, where it is not a superuser."""

    def spec(self, revision: str) -> Spec:
        """The spec as the revision declares it."""
        declared = {part.table.name: part.table.as_declared() for part in self.parts}
        made: Mapping[str, list[Any]] = {kind: [] for kind in FOLDS}
        for part in self.parts:
            made[part.kind].append(part.build(declared))
        (identity,) = made.pop("identity")
        return Spec(revision=revision, identity=identity, **{kind: tuple(parts) for kind, parts in made.items()})

    def make(self, database: Database) -> None:
        """Makes the tables, and puts in what of the rows the constraints let in."""
        statements = [*self.before, *(each for table in self.tables for each in (table.ddl, *table.following))]
        statements += self.between
        if isinstance(database, SQLiteDatabase):
            self._make_file(database, statements)
        else:
            self._make_server(database, statements)

    def _make_file(self, database: SQLiteDatabase, statements: list[str]) -> None:
        with closing(database._connect()) as connection:
            lax = self.features & {"orphans", "child of a foreign mismatch"}
            connection.execute(f"PRAGMA foreign_keys = {'OFF' if lax else 'ON'}")
            if "unchecked rows" in self.features:
                connection.execute("PRAGMA ignore_check_constraints = ON")
            # A deferred foreign key would let a row in here, and speak up at the end.
            transaction = () if "deferred keys" in self.features else ("BEGIN", "COMMIT")
            for statement in (*transaction[:1], *statements):
                connection.execute(statement)
            for statement, values in self._insertions("?"):
                try:
                    connection.execute(statement, values)
                except (connection.IntegrityError, connection.OperationalError):
                    continue
            for statement in (*self.after, *transaction[1:]):
                connection.execute(statement)

    def _make_server(self, database: Database, statements: list[str]) -> None:
        address = database.url.replace("+psycopg", "", 1)
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            for statement in statements:
                connection.execute(statement)
            for statement, values in self._insertions("%s"):
                try:
                    connection.execute(statement, values)
                except (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError):
                    continue
            for statement in self.after:
                connection.execute(statement)
            if self.account is not None:
                self._hand_over(connection)

    def _hand_over(self, connection: psycopg.Connection) -> None:
        role = f"CREATE ROLE {self.account} LOGIN"
        connection.execute(f"DO $do$ BEGIN {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $do$")
        connection.execute(f"GRANT ALL ON SCHEMA public TO {self.account}")
        for (name,) in connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchall():
            connection.execute(f"ALTER TABLE {name} OWNER TO {self.account}")

    def _insertions(self, placeholder: str) -> list[tuple[str, tuple[Any, ...]]]:
        found = []
        for table in self.tables:
            for row in table.rows:
                names = ", ".join(table.c(role).replace("%", "%%" if placeholder == "%s" else "%") for role in row)
                into = table.sql.replace("%", "%%") if placeholder == "%s" else table.sql
                overriding = "OVERRIDING SYSTEM VALUE " if placeholder == "%s" else ""
                marks = ", ".join([placeholder] * len(row))
                found.append((f"INSERT INTO {into} ({names}) {overriding}VALUES ({marks})", tuple(row.values())))
        return found

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))  # else hypothesis writes every field of every column

    def __repr__(self) -> str:
        parts = [
            f"{part.kind} {part.table.name}: {part.roles} {part.constants} {part.expressions}"
            + (f" most of {part.most[0].name}.{part.most[1]}" if part.most else "")
            for part in self.parts
        ]
        rows = [f"-- {table.name}: {row}" for table in self.tables for row in table.rows]
        how = "by script" if self.by_script else "online"
        head = [f"-- {self.dialect}, {how}, {sorted(self.features)}", *(f"-- {part}" for part in parts)]
        return "\n".join(
            [*head, *self.before, *(table.ddl + ";" for table in self.tables), *self.between, *rows, *self.after]
        )
