"""Tables, columns and rows as plain data, how both databases are told of them, and a spec over them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg
import sqlalchemy as sa

from accounts import Changeable
from alembic_rekey.spec import Identity, Slots, Spec, Tags
from databases import Database, SQLiteDatabase

__all__ = ["Case", "Column", "Part", "Table", "quoted"]

FOLDS = {"identity": Identity, "slots": Slots, "tags": Tags}


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"{}"'.format(name.replace('"', '""'))


@dataclass
class Column:
    """One column; `declared` is its type in the revision, None where the revision does not know it."""

    name: str
    type: str
    declared: Any = None
    constraint: str = ""
    pool: tuple[object, ...] = (None,)
    """What its values are drawn from."""
    generated: bool = False

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return quoted(self.name)


@dataclass
class Table:
    """One table: its columns by their role, what else its definition says, and its rows by role."""

    name: str
    columns: dict[str, Column]
    constraints: list[str] = field(default_factory=list)
    options: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    """Statements right after its own: its partitions."""

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return quoted(self.name)

    def c(self, role: str) -> str:
        """The name in SQL of the column with that role."""
        return self.columns[role].sql

    def is_unique(self, role: str) -> bool:
        """Whether a constraint says that no two rows have one value there: SQLite lets others refer to no other."""
        return any(each in (f"PRIMARY KEY ({self.c(role)})", f"UNIQUE ({self.c(role)})") for each in self.constraints)

    @property
    def ddl(self) -> str:
        """Its definition."""
        lines = [f"{column.sql} {column.type} {column.constraint}".strip() for column in self.columns.values()]
        return f"CREATE TABLE {self.sql} (\n    " + ",\n    ".join([*lines, *self.constraints]) + f"\n) {self.options}"

    def as_declared(self) -> sa.Table:
        """The table as a revision declares it."""
        known = [sa.Column(each.name, each.declared) for each in self.columns.values() if each.declared is not None]
        return sa.Table(self.name, sa.MetaData(), *known)


@dataclass
class Part:
    """One part of the spec: which table, and the role that each of its arguments names."""

    kind: str
    table: Table
    roles: dict[str, Any]
    constants: dict[str, Any] = field(default_factory=dict)

    def build(self, declared: sa.Table) -> Any:
        """The part as a revision writes it."""

        def column(role: str) -> sa.Column[Any]:
            return declared.c[self.table.columns[role].name]

        given = {
            name: tuple(map(column, role)) if isinstance(role, tuple) else column(role)
            for name, role in self.roles.items()
        }
        if "owner" in given:
            given["owners"] = (given.pop("owner"),)
        return FOLDS[self.kind](**given, **self.constants)

    def named(self, *arguments: str) -> frozenset[str]:
        """The columns that stand for these arguments, where they are given."""
        return frozenset(self.table.columns[self.roles[each]].name for each in arguments if each in self.roles)

    @property
    def changeable(self) -> Changeable:
        """What each action may change in a row, in the words of the design."""
        by_action = {
            "rename": self.named("name", "updated_at"),
            "rekey": self.named("owner", "tag", "updated_at"),
            "revive": self.named("status", "updated_at"),
            "supersede": self.named("tag", "status", "updated_at"),
        }
        stamped = [each.name for each in self.table.columns.values() if each.generated]
        return Changeable(by_action, frozenset(stamped))


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
    by_script: bool = False
    account: str | None = None
    """The role that the upgrade runs as, where it is not a superuser."""

    def spec(self, revision: str) -> Spec:
        """The spec as the revision declares it."""
        declared = {part.table.name: part.table.as_declared() for part in self.parts}
        made: Mapping[str, list[Any]] = {kind: [] for kind in FOLDS}
        for part in self.parts:
            made[part.kind].append(part.build(declared[part.table.name]))
        (identity,) = made["identity"]
        return Spec(revision=revision, identity=identity, slots=tuple(made["slots"]), tags=tuple(made["tags"]))

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
        parts = [f"{part.kind} {part.table.name}: {part.roles} {part.constants}" for part in self.parts]
        rows = [f"-- {table.name}: {row}" for table in self.tables for row in table.rows]
        how = "by script" if self.by_script else "online"
        head = [f"-- {self.dialect}, {how}, {sorted(self.features)}", *(f"-- {part}" for part in parts)]
        return "\n".join(
            [*head, *self.before, *(table.ddl + ";" for table in self.tables), *self.between, *rows, *self.after]
        )
