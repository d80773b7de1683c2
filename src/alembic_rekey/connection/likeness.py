"""An engine whose connections are like one that a project opened: where its names lead, and what they mean there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

from alembic_rekey.sql.dialects import DATABASES

__all__ = ["engine_like"]


def engine_like(handed_over: Any) -> Engine | None:
    """Return the engine behind an engine or a connection, also of coroutines; None behind anything else.

    Its transactions have the search path that a connection has by now, and the schemas that it reads others as.
    """
    engine = getattr(handed_over, "sync_engine", None) or getattr(handed_over, "engine", None)
    if not isinstance(engine, Engine):
        return None
    if not isinstance(handed_over, Connection):
        return engine
    schemas = handed_over.get_execution_options().get("schema_translate_map")
    like = engine.execution_options(schema_translate_map=schemas)
    known = DATABASES.get(engine.dialect.name)
    # One that is not supported is refused by who folds in it.
    if known is not None and (led := known.session.led_as(handed_over)) is not None:
        event.listen(like, "begin", led)
    return like
