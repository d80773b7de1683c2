"""Drivers of coroutines, waited for: what is said to a connection is the same whether its driver is one or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from sqlalchemy import URL
from sqlalchemy.util import greenlet_spawn

__all__ = ["waited_for"]

_Given = TypeVarTuple("_Given")
_Made = TypeVar("_Made")


def waited_for(url: URL, call: Callable[[*_Given], _Made], *given: *_Given) -> _Made:
    """Return what `call` returns, which may connect to `url`, whatever its driver.

    Alembic's commands and ours are no coroutines: where the driver is one, they run in the greenlet that SQLAlchemy
    lets wait for it. A program whose coroutines run already gets a thread for that.
    """
    if not url.get_dialect().is_async:
        return call(*given)
    waiting = greenlet_spawn(call, *given)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(waiting)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, waiting).result()
