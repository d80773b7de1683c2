"""Lets Python's own `sqlite3` work with the SQLite that the package REKEY_SQLITE brings, in every process of the tests.

The library is loaded first, for all to see: whoever looks for SQLite afterwards finds it before the machine's.
"""

import os
from importlib.util import find_spec
from pathlib import Path

if chosen := os.environ.get("REKEY_SQLITE"):
    from ctypes import CDLL, RTLD_GLOBAL

    found = find_spec(chosen)
    if found is None or found.origin is None:
        raise SystemExit(f"REKEY_SQLITE: the package {chosen} is not installed")
    (library,) = Path(found.origin).parent.glob("_sqlite3*.so")
    CDLL(str(library), mode=RTLD_GLOBAL)
