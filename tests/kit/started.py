"""`alembic` and `alembic-rekey` for a shell, forked from a process that has imported them: half a second less for each.

What runs is the program itself, in a process of its own, with the folder, the settings and the streams of its caller.
"""

from __future__ import annotations

import atexit
import io
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from marshal import loads
from pathlib import Path

__all__ = ["started"]

PROGRAMS = ("alembic", "alembic-rekey")
CALLER = """#!{python} -IS
import os, socket, sys
from marshal import dumps
if os.environ.get("PYTHONPATH") != {path!r}:
    # What is imported from there is not imported yet.
    os.execv({program!r}, [{program!r}, *sys.argv[1:]])
caller = socket.socket(socket.AF_UNIX)
caller.connect({address!r})
asked = dumps(([{name!r}, *sys.argv[1:]], os.getcwd(), dict(os.environ)))
socket.send_fds(caller, [len(asked).to_bytes(8, "big")], [0, 1, 2])
caller.sendall(asked)
ended = caller.recv(1)
os._exit(ended[0] if ended else 255)
"""


@contextmanager
def started(folder: Path) -> Iterator[Path]:
    """Yield a folder with the two programs, which are there as long as this lasts."""
    programs, address = folder / "started", str(folder / "started.socket")
    programs.mkdir()
    for name in PROGRAMS:
        caller = programs / name
        given = {"address": address, "name": name, "program": str(Path(sys.executable).with_name(name))}
        path = os.environ.get("PYTHONPATH")
        caller.write_text(CALLER.format(python=sys.executable, path=path, **given), "utf-8")
        caller.chmod(0o755)
    server = subprocess.Popen([sys.executable, "-P", __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with server:
        assert server.stdout is not None
        assert b"ready\n" == server.stdout.readline()
        yield programs


def _serve(address: str) -> None:
    from alembic.config import main as alembic

    import alembic_rekey.cli.commands
    import alembic_rekey.environment
    import alembic_rekey.operations
    import alembic_rekey.sql.dialects.sqlite.database  # noqa: F401  # what is imported here is imported by all
    from alembic_rekey.cli import main as rekey

    signal.signal(signal.SIGCHLD, _ended)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    # At the end of its input whoever started it has ended.
    while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
        called, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _run(called, {"alembic": alembic, "alembic-rekey": rekey})
        called.close()


def _ended(*_: object) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _run(called: socket.socket, programs: dict[str, Callable[[], object]]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, *_ = socket.recv_fds(called, 8, 3)
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    with called.makefile("rb") as read:
        sys.argv, folder, environment = loads(read.read(int.from_bytes(length, "big")))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    at_once = bool(environment.get("PYTHONUNBUFFERED"))
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), "utf-8", write_through=at_once)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    status: object = 1
    try:
        status = programs[sys.argv[0]]()
    except SystemExit as end:
        status = end.code
        if isinstance(status, str):
            sys.stderr.write(f"{status}\n")
    finally:
        if sys.exc_info()[1] is not None:
            traceback.print_exc()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        called.send(bytes([status & 0xFF if isinstance(status, int) else int(status is not None)]))
        os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
