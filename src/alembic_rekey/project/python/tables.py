"""The frozen tables of a revision: every column with its type as it was read."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import DateTime, Enum, Float, Numeric, String, Time, TypeDecorator
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import ARRAY, NullType, TypeEngine

from alembic_rekey.project.python.code import Argument, Call, Code, called_with, string
from alembic_rekey.review.schema.description import Described, Field

__all__ = ["DIALECT_TYPES", "frozen", "type_code"]

DIALECT_TYPES = "postgresql"
"""What the module of a database's own types is called in a revision."""


def frozen(described: Described, variable: str, metadata: str) -> Call:
    """Return the declaration of a table."""
    schema, name = described.place
    columns = [_column(field) for field in described.fields]
    of_schema = None if schema is None else Argument(string(schema), "schema")
    return called_with("sa.Table", string(name), metadata, *columns, of_schema)


def _column(field: Field) -> Argument:
    known = field.computed
    computed = None if known is None else called_with("sa.Computed", string(known))
    notes = (f"of the type {field.type!r} in the database",) if _is_strange(field.type) else ()
    return Argument(called_with("sa.Column", string(field.name), type_code(field.type), computed), notes=notes)


def type_code(type_: TypeEngine[object]) -> Code:
    """Return how a revision declares the type."""
    if isinstance(type_, TypeDecorator):
        return type_code(type_.impl_instance)
    if isinstance(type_, postgresql.DOMAIN):
        return type_code(type_.data_type)
    if isinstance(type_, ARRAY):
        return called_with("sa.ARRAY", type_code(type_.item_type))
    own = type(type_).__name__
    if isinstance(type_, postgresql.JSONB):
        return f"{DIALECT_TYPES}.JSONB"
    generic = type_.as_generic(allow_nulltype=True)
    if isinstance(generic, NullType):
        is_theirs = type(type_).__module__.startswith("sqlalchemy.dialects.postgresql")
        return f"{DIALECT_TYPES}.{own}" if is_theirs else "sa.Text"
    # The generic type of an enumeration has lost what it is called.
    known = type_ if isinstance(generic, Enum) else generic
    return _called(f"sa.{type(generic).__name__}", *_arguments(known))


def _called(what: str, *arguments: Argument | Code) -> Code:
    return called_with(what, *arguments) if arguments else what


def _arguments(known: TypeEngine[object]) -> Iterator[Argument | Code]:
    match known:
        case Enum():
            yield from map(string, known.enums)
            for name in ("name", "schema"):
                if said := getattr(known, name, None):
                    yield Argument(string(str(said)), name)
        case String() if known.length is not None:
            yield str(known.length)
        case Float() if known.precision is not None:
            yield Argument(str(known.precision), "precision")
        case Numeric() if known.precision is not None and not isinstance(known, Float):
            yield str(known.precision)
            if known.scale is not None:
                yield str(known.scale)
        case DateTime() | Time() if known.timezone:
            yield Argument("True", "timezone")


def _is_strange(type_: TypeEngine[object]) -> bool:
    """Tell whether it is declared as a text only because nothing more is known."""
    return type_code(type_) == "sa.Text" and not isinstance(
        type_, String | NullType | TypeDecorator | postgresql.DOMAIN
    )
