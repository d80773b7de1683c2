"""The metadata of an application's models, named as `MODULE:NAME`."""

from __future__ import annotations

import sys
from functools import reduce
from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData

from alembic_rekey.errors import CommandRefused
from alembic_rekey.text.shown import shown

__all__ = ["metadata_of"]


def metadata_of(named: str) -> MetaData:
    """Import the module, from the current folder too, and return its metadata.

    Raises:
        CommandRefused: where it cannot be imported, or what is named there is no metadata.
    """
    module, _, name = named.partition(":")
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        found = reduce(getattr, (name or "metadata").split("."), import_module(module))
    except (Exception, SystemExit) as error:
        said = next(iter(str(error).splitlines()), "")
        raise CommandRefused(
            f"{shown(named)} cannot be imported: {type(error).__name__}: {said}",
            "name a module that Python finds from here, and its metadata: --from-models shop.models:Base.metadata.",
        ) from error
    finally:
        sys.path.remove(here)
    found = getattr(found, "metadata", found)
    if not isinstance(found, MetaData):
        raise CommandRefused(
            f"{shown(named)} is no metadata, but a {type(found).__name__}.",
            "name what holds the tables: --from-models shop.models:Base.metadata.",
        )
    return found
