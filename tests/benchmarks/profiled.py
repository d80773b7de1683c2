"""What each statement of a process takes, and with `explain` how the database carries it out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plans import postgresql_plan, sqlite_plan
from sqlalchemy import Engine, event

__all__ = ["Profile"]

_FIRST = re.compile(r"\s*(\w+)")
_WRITES = re.compile(r"^\s*CREATE\b|\b(?:INSERT INTO|UPDATE|DELETE FROM)\b")


class Profile:
    """Listens to every engine of this process; `statements` is (seconds, SQL) in the order of execution.

    With `explain`, a file, every statement is explained there: on PostgreSQL with ANALYZE, which makes
    such a run slower, so its seconds are only good for comparing statements.
    """

    def __init__(self, explain: Path | None) -> None:
        self.statements: list[tuple[float, str]] = []
        self._explain = explain
        self._paused = False
        self._begun = 0.0
        if explain is not None:
            explain.write_text("")
        event.listen(Engine, "before_cursor_execute", self._before, retval=True)
        event.listen(Engine, "after_cursor_execute", self._after)
        event.listen(Engine, "commit", self._commit)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leaves out what is executed meanwhile."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def _before(self, connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> tuple[str, Any]:
        executed = statement
        if self._explain is not None and not self._paused and not rest[-1]:
            verb = (_WRITES.search(statement) or _FIRST.match(statement) or [""])[0].strip().upper()
            if verb in ("SELECT", "WITH", "INSERT INTO", "UPDATE", "DELETE FROM") or " AS " in statement[:80]:
                executed = self._explained(connection.dialect.name, cursor, statement, parameters, verb)
        self._begun = time.perf_counter()
        return executed, parameters

    def _explained(self, dialect: str, cursor: Any, statement: str, parameters: Any, verb: str) -> str:
        if dialect == "sqlite":
            # An EXPLAIN in between would reset changes().
            if verb != "CREATE" and "changes()" not in statement:
                plan = sqlite_plan(cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall())
                self._note(statement, plan)
            return statement
        if verb in ("SELECT", "WITH"):
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            self._note(statement, postgresql_plan(cursor.fetchone()[0]))
            return statement
        return f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}" if "CREATE TABLE" not in statement else statement

    def _after(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if self._paused:
            return
        seconds = time.perf_counter() - self._begun
        if statement.startswith("EXPLAIN (ANALYZE"):
            statement = statement.removeprefix("EXPLAIN (ANALYZE, FORMAT JSON) ")
            self._note(statement, postgresql_plan(cursor.fetchone()[0]))
        self.statements.append((seconds, statement))

    def _commit(self, _connection: Any) -> None:
        self._begun = time.perf_counter()

    def _note(self, statement: str, plan: str) -> None:
        assert self._explain is not None
        with self._explain.open("a") as file:
            file.write(f"{statement}\n\n{plan}\n\n{'-' * 80}\n")
