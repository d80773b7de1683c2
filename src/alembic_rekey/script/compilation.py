"""Constructs -> the text of a script: without what only a program needs, which executes the same statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import CTE, ClauseElement, CompoundSelect, Dialect, Executable, Select, Subquery
from sqlalchemy.sql.compiler import Compiled, DDLCompiler, SQLCompiler
from sqlalchemy.sql.elements import ColumnClause, Label, _anonymous_label
from sqlalchemy.types import TypeEngine

from alembic_rekey.errors import SpecRefused
from alembic_rekey.script.views import Named
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.older import without_backslash_escapes
from alembic_rekey.sql.registry_text import FromHexadecimal

__all__ = ["Written", "compiled", "written"]

_ANY = 1_000
"""Letters: no name of a column is as long."""
_OWN = "rekey_"
"""How the names of relations begin whose columns are known: our tables, and what a statement names itself."""


class _Brief(SQLCompiler):
    """Says each name once: no label that a column has anyway, none that SQLAlchemy counts up, no lone relation's name.

    Of the application's tables columns are written with their table: one that it lacks is found nowhere else then.
    """

    _keeps_counted = False
    """Whether labels that SQLAlchemy counts up are written, since something refers to one."""
    _refers_to_counted = False
    _alone: tuple[tuple[int, Any], ...] = ()
    """The relations that stand alone in the queries around this place, with the depths of those."""
    _read: tuple[str, ...] = ()
    _windows: tuple[str, ...] = ()
    _with: str = ""
    named: Sequence[Named] = ()
    """All that were in the WITH."""

    def visit_label(self, label: Label[Any], *args: Any, **kw: Any) -> Any:
        known: Any = super()
        heads = kw.get("within_columns_clause") and not kw.get("within_label_clause")
        if heads and self._is_idle(label):
            return self.process(label.element, **{**kw, "within_label_clause": True})
        return known.visit_label(label, *args, **kw)

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kw: Any) -> str:
        if isinstance(column, _Whole):
            is_alone = (len(self.stack), column.relation) in self._alone
            return "*" if is_alone else f"{self.preparer.quote(column.relation.name)}.*"
        self._refers_to_counted = self._refers_to_counted or isinstance(column.name, _anonymous_label)
        if column.table is not None and (len(self.stack), column.table) in self._alone:
            kw["include_table"] = False
        return super().visit_column(column, *args, **kw)

    def render_literal_value(self, value: Any, type_: TypeEngine[Any], **kw: Any) -> str:
        known: Any = super()
        written = str(known.render_literal_value(value, type_, **kw))
        # What a spec says, too, must survive every shell and encoding, as the names of a registry do.
        if not written.startswith("'") or (written.isascii() and written.isprintable()):
            return written
        return self.process(FromHexadecimal(written[1:-1].replace("''", "'").encode().hex()))

    def visit_select(self, select_stmt: Any, *args: Any, **kw: Any) -> Any:
        known: Any = super()
        around, outside = self._alone, self._windows
        self._windows = ()
        # SQLAlchemy counts the columns of those that stand in a UNION.
        query = select_stmt if kw.get("compound_index") is not None else _starred(select_stmt)
        written = _windowed(query, known.visit_select(query, *args, **kw), self._windows)
        self._alone, self._windows = around, outside
        return written

    def visit_over(self, over: Any, **kw: Any) -> str:
        known: Any = super()
        written = str(known.visit_over(over, **kw))
        self._windows = (*self._windows, written.partition(" OVER ")[2])
        return written

    def order_by_clause(self, select: Any, **kw: Any) -> str:
        known: Any = super()
        # There a label comes before a column of the same name.
        around, self._alone = self._alone, ()
        written = known.order_by_clause(select, **kw)
        self._alone = around
        return str(written)

    def _setup_select_stack(self, *args: Any, **kw: Any) -> Any:
        known: Any = super()
        froms = known._setup_select_stack(*args, **kw)
        if len(froms) == 1 and str(getattr(froms[0], "name", "")).startswith(_OWN):
            self._alone = (*self._alone, (len(self.stack), froms[0]))
        return froms

    def _render_cte_clause(self, nesting_level: int | None = None, include_following_stack: bool = False) -> str:
        known: Any = super()
        written = str(known._render_cte_clause(nesting_level, include_following_stack))
        if not nesting_level or nesting_level == 1:
            every: Any = self.ctes or {}
            self.named = [self._as_named(cte, query) for cte, query in every.items()]
            self._with = written
        return written

    def without(self, written: str, views: frozenset[str]) -> str:
        """Return the text `written` of the whole without those queries of its WITH that are `views`."""
        if views.isdisjoint(one.name for one in self.named):
            return written
        known: Any = super()
        every: Any = self.ctes or {}
        self.ctes = {cte: query for cte, query in every.items() if self.preparer.quote(cte.name) not in views}
        shorter = str(known._render_cte_clause())
        self.ctes = every
        return written.replace(self._with, shorter, 1)

    def visit_cte(self, cte: CTE, *args: Any, **kw: Any) -> Any:
        if kw.get("asfrom"):
            self._read = (*self._read, cte.name)
        return super().visit_cte(cte, *args, **kw)

    def _as_named(self, cte: CTE, written: str) -> Named:
        head, _, rest = written.partition(" AS ")
        prefix, _, query = rest.partition("(")
        name, kept = self.preparer.quote(cte.name), prefix.startswith("MATERIALIZED")
        return Named(name, head, query[:-1], recursive=cte.recursive, kept=kept, times=self._read.count(cte.name))

    def _is_idle(self, label: Label[Any]) -> bool:
        if isinstance(label.name, _anonymous_label):
            return not self._keeps_counted
        element = label.element
        return isinstance(element, ColumnClause) and not element.is_literal and element.name == label.name


def _windowed(query: Select[Any], written: str, windows: Sequence[str]) -> str:
    """Return the text `written` of `query` with a name for each of its windows that it says more than once."""
    if query._order_by_clauses or query._has_row_limiting_clause or query._suffixes:
        return written
    named = list[str]()
    for window, times in Counter(windows).items():
        if times > 1 and written.count(f" OVER {window}") == times:
            name = f"rekey_rows_{len(named)}" if named else "rekey_rows"
            written = written.replace(f" OVER {window}", f" OVER {name}")
            named.append(f"{name} AS {window}")
    return f"{written} \nWINDOW {', '.join(named)}" if named else written


class _Whole(ColumnClause[Any]):
    """All columns of a relation."""

    inherit_cache = False

    def __init__(self, relation: CTE | Subquery) -> None:
        super().__init__("*", is_literal=True)
        self.relation = relation


def _starred(query: Select[Any]) -> Select[Any]:
    """Return `query` with an asterisk for each relation that it takes as a whole."""
    whole = [one for one in query._raw_columns if isinstance(one, CTE | Subquery) and _is_known(one)]
    if not whole:
        return query
    columns = [_Whole(one) if isinstance(one, CTE | Subquery) and one in whole else one for one in query._raw_columns]
    return query.with_only_columns(*columns, maintain_column_froms=True)


def _is_known(relation: CTE | Subquery) -> bool:
    """Tell whether `relation` has no columns but those that it says."""
    query = relation.element
    if isinstance(query, CTE | Subquery):
        return _is_known(query)
    if isinstance(query, CompoundSelect):
        query = query.selects[0]
    literal = (
        (one for one in query._raw_columns if isinstance(one, ColumnClause) and one.is_literal)
        if isinstance(query, Select)
        else ()
    )
    return isinstance(query, Select) and not any("*" in one.name for one in literal)


@dataclass(frozen=True)
class Written:
    """A statement as text, without a parameter left unbound."""

    text: str
    _compiled: Compiled

    @property
    def named(self) -> Sequence[Named]:
        """The queries of its WITH, each behind those that it needs."""
        brief = self._brief
        return () if brief is None else brief.named

    def without(self, views: frozenset[str]) -> str:
        """Return the text with nothing in its WITH that is one of `views`."""
        brief = self._brief
        return self.text if brief is None else brief.without(self.text, views).strip()

    @property
    def _brief(self) -> _Brief | None:
        # DDL holds a query in a compiler of its own.
        found = self._compiled.sql_compiler if isinstance(self._compiled, DDLCompiler) else self._compiled
        return found if isinstance(found, _Brief) else None


def compiled(clause: Executable | ClauseElement, dialect: Dialect) -> str:
    """Return `clause` as text."""
    return written(clause, dialect).text


def written(clause: Executable | ClauseElement, dialect: Dialect) -> Written:
    """Return `clause` as text whose WITH can be taken apart."""
    # Every Executable is a ClauseElement; SQLAlchemy's types do not say so.
    element = cast(ClauseElement, clause)
    made = element.compile(dialect=_brief(dialect), compile_kwargs={"literal_binds": True})
    if getattr(made, "_refers_to_counted", False):
        counted = _brief(dialect, ("_keeps_counted", True))
        made = element.compile(dialect=counted, compile_kwargs={"literal_binds": True})
    # Some constructs forget literal_binds on the way down.
    if unbound := getattr(made, "bind_names", None):
        raise SpecRefused(
            f"a statement cannot be written as a script: {', '.join(unbound.values())} would stay unbound",
            "write the spec without the construct that these constants stand in.",
        )
    return Written(str(made).strip(), made)


@cache
def _brief(dialect: Dialect, *more: tuple[str, Any]) -> Dialect:
    """Return `dialect` with a compiler that says each name once."""
    brief = copy(dialect)
    without_backslash_escapes(brief)
    # SQLAlchemy shortens the long name of a column wherever it reads one of a relation, which may say it by its *.
    brief.label_length = _ANY
    known, mended = dialect.statement_compiler, database(dialect.name).shell.compilers
    brief.statement_compiler = type(f"Brief{known.__name__}", (_Brief, *mended, known), dict(more))
    return brief
