"""A network between the benchmark and its server: what a client says arrives later, what it hears does not."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

__all__ = ["Distance"]

_CHUNK = 1 << 16


class Distance:
    """Listens on a port of this machine and hands everything on; a round trip takes that many seconds longer."""

    def __init__(self, port: int, seconds: float) -> None:
        self._behind = port
        self._seconds = seconds
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            server = socket.create_connection(("127.0.0.1", self._behind))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target, seconds in ((client, server, self._seconds), (server, client, 0.0)):
                threading.Thread(target=self._hand_on, args=(source, target, seconds), daemon=True).start()

    @staticmethod
    def _hand_on(source: socket.socket, target: socket.socket, seconds: float) -> None:
        with suppress(OSError):  # either end may hang up at any time
            while heard := source.recv(_CHUNK):
                if seconds:
                    time.sleep(seconds)
                target.sendall(heard)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
