"""Constructs -> the text of a script: without what only a program needs, which executes the same statements."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any, cast

from sqlalchemy import ClauseElement, Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnClause, Label, _anonymous_label
from sqlalchemy.types import TypeEngine

from alembic_rekey.errors import SpecRefused
from alembic_rekey.sql.registry_text import FromHexadecimal

__all__ = ["compiled"]

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

    def visit_label(self, label: Label[Any], *args: Any, **kw: Any) -> Any:
        known: Any = super()
        heads = kw.get("within_columns_clause") and not kw.get("within_label_clause")
        if heads and self._is_idle(label):
            return self.process(label.element, **{**kw, "within_label_clause": True})
        return known.visit_label(label, *args, **kw)

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kw: Any) -> str:
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

    def visit_select(self, *args: Any, **kw: Any) -> Any:
        known: Any = super()
        around = self._alone
        written = known.visit_select(*args, **kw)
        self._alone = around
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

    def _is_idle(self, label: Label[Any]) -> bool:
        if isinstance(label.name, _anonymous_label):
            return not self._keeps_counted
        element = label.element
        return isinstance(element, ColumnClause) and not element.is_literal and element.name == label.name


class _Counted:
    _keeps_counted = True


def compiled(clause: Executable | ClauseElement, dialect: Dialect) -> str:
    """Return `clause` as text, without a parameter left unbound."""
    # Every Executable is a ClauseElement; SQLAlchemy's types do not say so.
    element = cast(ClauseElement, clause)
    written = element.compile(dialect=_brief(dialect), compile_kwargs={"literal_binds": True})
    if getattr(written, "_refers_to_counted", False):
        written = element.compile(dialect=_brief(dialect, _Counted), compile_kwargs={"literal_binds": True})
    # Some constructs of SQLAlchemy forget literal_binds on the way down (SQLite's IS, for one).
    if unbound := getattr(written, "bind_names", None):
        raise SpecRefused(
            f"a statement cannot be written as a script: {', '.join(unbound.values())} would stay unbound",
            "write the check of the spec without is_distinct_from() and its like on constants.",
        )
    return str(written).strip()


@cache
def _brief(dialect: Dialect, *more: type) -> Dialect:
    """Return `dialect` with a compiler that says each name once."""
    brief = copy(dialect)
    known = dialect.statement_compiler
    brief.statement_compiler = type(f"Brief{known.__name__}", (*more, _Brief, known), {})
    return brief
