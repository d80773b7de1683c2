"""The digest of a plan's rows on PostgreSQL: SHA-256."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.sql.digests import ListDigest, RowDigest, Told


@compiles(Told, "postgresql")
def _told(element: Told, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    text = f"CAST({stored} AS TEXT)"
    return (
        f"CASE WHEN {stored} IS NULL THEN 'n' "
        f"WHEN pg_typeof({stored}) IN (CAST('real' AS regtype), CAST('double precision' AS regtype)) "
        f"THEN 'r' || encode(float8send(CAST({text} AS DOUBLE PRECISION)), 'hex') "
        f"ELSE 't' || encode(sha256(convert_to({text}, 'UTF8')), 'hex') END"
    )


@compiles(RowDigest, "postgresql")
def _row_digest(element: RowDigest, compiler: SQLCompiler, **kw: Any) -> str:
    told = " || '|' || ".join(compiler.process(one, **kw) for one in element.told)
    return f"sha256(convert_to({told}, 'UTF8'))"


@compiles(ListDigest, "postgresql")
def _list_digest(element: ListDigest, compiler: SQLCompiler, **kw: Any) -> str:
    digest, place = (compiler.process(one, **kw) for one in (element.digest, element.place))
    return f"encode(sha256(string_agg({digest}, CAST('' AS BYTEA) ORDER BY {place})), 'hex')"
