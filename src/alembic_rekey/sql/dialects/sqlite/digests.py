"""The digest of a plan's rows on SQLite: by the functions that its shell has, SHA3-256."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.sql.digests import ListDigest, RowDigest, Told


@compiles(Told, "sqlite")
def _told(element: Told, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    return (
        f"CASE typeof({stored}) WHEN 'null' THEN 'n' WHEN 'integer' THEN 'i' || {stored} "
        f"WHEN 'real' THEN 'r' || lower(hex(ieee754_to_blob({stored}))) "
        f"WHEN 'text' THEN 't' || lower(hex(sha3({stored}, 256))) ELSE 'b' || lower(hex({stored})) END"
    )


@compiles(RowDigest, "sqlite")
def _row_digest(element: RowDigest, compiler: SQLCompiler, **kw: Any) -> str:
    told = " || '|' || ".join(compiler.process(one, **kw) for one in element.told)
    return f"lower(hex(sha3({told}, 256)))"


@compiles(ListDigest, "sqlite")
def _list_digest(element: ListDigest, compiler: SQLCompiler, **kw: Any) -> str:
    digest, place = (compiler.process(one, **kw) for one in (element.digest, element.place))
    # As a window, for only that promises an order.
    frame = f"ORDER BY {place} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    return f"lower(hex(sha3(group_concat({digest}, '') OVER ({frame}), 256)))"
