"""Warnings that nobody listens to: they go to standard error, as Python's own do.

Alembic keeps its loggers silent where a project configures no logging, and an operator must learn which rows stayed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

__all__ = ["Unheard"]


class Unheard(logging.Handler):
    """Hands a warning to Python's last resort where no other handler hears its logger."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Write `record` to standard error, unless somebody hears it."""
        if logging.lastResort is not None and not any(self._others()):
            logging.lastResort.handle(record)

    def _others(self) -> Iterator[logging.Handler]:
        logger: logging.Logger | None = self._logger
        while logger is not None:
            yield from (one for one in logger.handlers if not isinstance(one, Unheard | logging.NullHandler))
            logger = logger.parent if logger.propagate else None
