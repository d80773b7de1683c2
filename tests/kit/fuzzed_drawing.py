"""A case in the making: what every table of it has, whatever it is for."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fuzzed_cases import Case
from fuzzed_pools import (
    DECLARED,
    HOSTILE_COLUMNS,
    HOSTILE_TABLES,
    MOMENTS,
    NO_EQUALITY,
    ODD_TIMES,
    OUR_COLUMNS,
    OUR_TABLES,
    SPARE,
    TYPES,
)
from fuzzed_tables import Column, Table, quoted

__all__ = ["Drawing"]


class Drawing:
    """A case in the making."""

    def __init__(self, random: Random, dialect: str, features: frozenset[str]) -> None:
        self.random, self.dialect, self.features = random, dialect, features
        self.case = Case(dialect, features)
        self.server = dialect == "postgresql"

    def has(self, feature: str) -> bool:
        return feature in self.features

    def pick(self, choices: Sequence[Any]) -> Any:
        return self.random.choice(choices)

    def sometimes(self, feature: str) -> bool:
        """Whether a feature of the case is one of this table."""
        return self.has(feature) and self.pick((True, True, False))

    def time(self) -> Column:
        if self.sometimes("odd times"):
            type_, declared, pool = self.pick(ODD_TIMES[self.dialect])
            return Column("updated_at", type_, declared, pool=pool)
        type_ = self.pick(TYPES[self.dialect]["time"])
        return Column("updated_at", type_, sa.DateTime(timezone=type_ == "TIMESTAMPTZ"), pool=MOMENTS)

    def key(self, kind: str) -> Column:
        column = Column("id", TYPES[self.dialect][kind], DECLARED[kind])
        if self.server and kind == "integer":
            always = "ALWAYS" if self.has("always identity") else "BY DEFAULT"
            column.type += f" GENERATED {always} AS IDENTITY"
        return column

    def number(self, kind: str, number: int) -> object:
        if kind == "integer":
            return number
        if kind == "text":
            return f"k{number}"
        return UUID(int=(number + 1) << 64).hex if self.dialect == "sqlite" else str(UUID(int=(number + 1) << 64))

    def keyed(self, table: Table, *, tenant: bool = False) -> None:
        """Says which columns tell the rows of a table apart, or leaves it open."""
        if self.sometimes("key not unique"):
            # The key is half of the real one, and the spec does not know the other half.
            table.columns["tenant"] = Column("tenant_id", "INTEGER", sa.Integer(), pool=(1, 2))
            table.constraints.append(f"UNIQUE ({table.cs('tenant', 'key')})")
        elif self.sometimes("key of two columns"):
            table.columns["tenant"] = Column("tenant_id", "INTEGER", sa.Integer(), "NOT NULL", (1, 2))
            table.constraints.append(f"PRIMARY KEY ({table.cs('tenant', 'key')})")
        elif self.sometimes("key null"):
            table.constraints.append(f"UNIQUE ({table.c('key')})")
        else:
            table.constraints.append(f"PRIMARY KEY ({table.c('key')})")
        if tenant and "tenant" not in table.columns:
            table.columns["tenant"] = Column("tenant_id", "INTEGER", sa.Integer(), pool=(1, 2, None))

    def spiced(self, table: Table) -> None:
        """What any table may have beside what the spec needs."""
        if self.sometimes("generated column"):
            source = next(role for role in ("tag", "name", "status", "key") if role in table.columns)
            how = "STORED" if self.server else self.pick(("STORED", "VIRTUAL"))
            made = f"GENERATED ALWAYS AS ({table.c(source)} || 'x') {how}"
            if table.columns[source].type in ("TEXT", "VARCHAR(200)"):
                declared = self.pick((None, sa.Text()))
                table.columns["generated"] = Column("made", "TEXT", declared, made, generated=True)
        if self.sometimes("type without equality"):
            type_, pool = self.pick(NO_EQUALITY)
            table.columns["unequal"] = Column("shape", type_, self.pick((None, sa.Text())), pool=pool)
        if self.sometimes("odd types"):
            for number in range(self.pick((1, 2, 3))):
                type_, pool = self.pick(SPARE[self.dialect])
                table.columns[f"odd{number}"] = Column(f"odd{number}", type_, self.pick((None, sa.Text())), pool=pool)
        if self.sometimes("many columns"):
            declared = self.pick((None, sa.Integer()))
            for number in range(self.pick((30, 120, 400, 900))):
                table.columns[f"many{number}"] = Column(f"c{number}", "INTEGER", declared, pool=(number,))
        if self.sometimes("check") and "status" in table.columns:
            table.constraints.append(f"CHECK ({table.c('status')} IN ('active', 'old', 'superseded'))")
        if self.sometimes("unchecked rows"):
            role = next(role for role in ("status", "mail", "body") if role in table.columns)
            check = f"CHECK ({table.c(role)} IN ('active', 'superseded', 'a@x', 'a'))"
            if self.server:
                self.case.after.append(f"ALTER TABLE {table.sql} ADD {check} NOT VALID")
            else:
                table.constraints.append(check)
        if self.dialect == "sqlite":
            if self.sometimes("without rowid") and any("PRIMARY KEY" in each for each in table.constraints):
                table.options = "WITHOUT ROWID"
            types = {column.type for column in table.columns.values()}
            if self.sometimes("strict") and types <= {"INTEGER", "TEXT", "REAL", "BLOB"}:
                table.options = ", ".join(filter(None, (table.options, "STRICT")))

    def named(self, name: str) -> str:
        taken = {table.name.lower() for table in self.case.tables}
        pools = [
            pool
            for feature, pool in (("hostile tables", HOSTILE_TABLES), ("our names for tables", OUR_TABLES))
            if self.sometimes(feature)
        ]
        free = [each for pool in pools for each in pool if each.lower() not in taken]
        return self.pick(free) if free else name

    def renamed(self, table: Table) -> None:
        """Gives columns the names that a careless engine trips over, before anything names them."""
        pools = [
            pool
            for feature, pool in (("hostile columns", HOSTILE_COLUMNS), ("our names for columns", OUR_COLUMNS))
            if self.has(feature)
        ]
        for column in table.columns.values():
            taken = {each.name.lower() for each in table.columns.values()}
            free = [each for pool in pools for each in pool if each.lower() not in taken and self.fits(each)]
            if free and self.pick((True, False)):
                column.name = self.pick(free)

    def fits(self, name: str) -> bool:
        return not self.server or name != "oid"

    def table(
        self, name: str, columns: dict[str, Column], *, tenant: bool = False, primary: Sequence[str] = ()
    ) -> Table:
        made = Table(self.named(name), columns)
        self.renamed(made)
        if primary:
            made.constraints.append(f"PRIMARY KEY ({made.cs(*primary)})")
        else:
            self.keyed(made, tenant=tenant)
        self.spiced(made)
        self.case.tables.append(made)
        return made

    def fill(self, table: Table, kind: str, number: int, **given: Sequence[object]) -> None:
        """Draws rows; `given` are the pools of some roles."""
        for position in range(number):
            row: dict[str, Any] = {}
            for role, column in table.columns.items():
                if column.generated or (role.startswith("many") and role != "many0"):
                    continue
                row[role] = self.pick(given.get(role) or column.pool) if role != "key" else None
            row["key"] = self.pick(given["key"]) if "key" in given else self.keyed_as(kind, position, row)
            table.rows.append(row)

    def keyed_as(self, kind: str, position: int, row: dict[str, Any]) -> object:
        """The key of a row."""
        here = self.pick((position, position, position, 0)) if self.has("key not unique") else position
        if self.has("key null") and self.pick((False, False, True)) and here:
            return None
        halved = self.has("key of two columns") and "tenant" in row and self.pick((True, False))
        return self.number(kind, position // 2 if halved else here)

    def unique(self, table: Table, roles: Sequence[str]) -> str:
        """The statement that makes the rows of a table unique in these columns."""
        return f"CREATE UNIQUE INDEX {quoted(f'once{len(self.case.between)}')} ON {table.sql} ({table.cs(*roles)})"

    def refers(
        self,
        child: Table,
        role: str | tuple[str, ...],
        parent: Table,
        to: str | tuple[str, ...],
        *,
        action: str = "any",
    ) -> None:
        """Lets columns of a table refer to columns of another by a foreign key, where that can be."""
        mine, its = ((each,) if isinstance(each, str) else each for each in (role, to))
        if action == "any":
            action = self.pick(("", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT"))
        deferred = " DEFERRABLE INITIALLY DEFERRED" if self.has("deferred keys") else ""
        key = f"FOREIGN KEY ({child.cs(*mine)}) REFERENCES {parent.sql} ({parent.cs(*its)}) {action}{deferred}"
        if self.server:
            # Where the column it refers to is not unique there can be none, nor where a row would break it.
            add = f"ALTER TABLE {child.sql} ADD {key}{' NOT VALID' if self.has('orphans') else ''}"
            self.case.after.append(
                "DO $do$ BEGIN EXECUTE $add$" + add + "$add$; EXCEPTION WHEN OTHERS THEN NULL; END $do$"
            )
        elif parent.is_unique(*its):
            child.constraints.append(key)
