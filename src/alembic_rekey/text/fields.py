"""What a line of the log is about, as fields of its record for programs; a line knows what its place tells it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from alembic_rekey.text.unheard import Unheard

__all__ = ["FIELDS", "about"]

FIELDS = ("run", "revision", "noun", "phase", "rows", "seconds")
"""Every record of the logger `alembic.rekey` has them; None where there is nothing to tell."""

_TOLD: ContextVar[Mapping[str, object]] = ContextVar("_TOLD")


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Let every line that is logged within be about these; what its call says of itself comes first."""
    before = _TOLD.set({**_TOLD.get({}), **fields})
    try:
        yield
    finally:
        _TOLD.reset(before)


def _filled(record: logging.LogRecord) -> bool:
    record.__dict__ = {**dict.fromkeys(FIELDS), **_TOLD.get({}), **record.__dict__}
    return True


_log = logging.getLogger("alembic.rekey")
_log.addFilter(_filled)
_log.addHandler(Unheard(_log))
