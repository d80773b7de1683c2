"""Where tests keep their files: in memory where there is room, because most of them are databases that nobody keeps.

There a commit waits for no disk, and a database of PostgreSQL is copied in a fifth of the time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["keep_files_in_memory"]

MEMORY = Path("/dev/shm")
ROOM = 3 << 30
"""What two workers with a server each leave free, even if each test keeps its files."""


def keep_files_in_memory() -> None:
    """Lets this process and those it starts make their temporary files there; TMPDIR says another place."""
    if "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def _has_room() -> bool:
    if not os.access(MEMORY, os.W_OK | os.X_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return False
    # A container may allow no program to run from there; some tests make environments.
    return not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
