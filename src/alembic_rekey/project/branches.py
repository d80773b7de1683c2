"""Revisions of other branches: a database may have them, whatever a script does to its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import to_tuple

__all__ = ["beside"]


def beside(migration: MigrationContext, start: Sequence[str]) -> list[str]:
    """Return the revisions that neither lead to one which the script passes from `start` on, nor come from one.

    Where the branches of a project share no revision, or a script keeps within one of them, Alembic writes what is
    right whichever of these the database is at.
    """
    environment = migration.environment_context
    if environment is None or migration._migrations_fn is None:
        return []
    passed = set(start)
    for step in migration._migrations_fn(tuple(start), migration):
        passed |= {*step.info.up_revision_ids, *step.info.down_revision_ids}
    before, after = _lines(environment.script)
    return sorted(before.keys() - _reached(passed, before) - _reached(passed, after))


def _lines(scripts: ScriptDirectory) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return for each revision those that it needs, and those that need it."""
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = defaultdict(set)
    for script in scripts.walk_revisions():
        before[script.revision] = {found.revision for name in _needs(script) for found in scripts.get_revisions(name)}
        for needed in before[script.revision]:
            after[needed].add(script.revision)
    return before, after


def _needs(script: Script) -> tuple[str, ...]:
    return (*to_tuple(script.down_revision, default=()), *to_tuple(script.dependencies, default=()))


def _reached(names: Iterable[str], lines: Mapping[str, set[str]]) -> set[str]:
    """Return `names` and all that `lines` lead to from them."""
    known: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            waiting += lines.get(name, ())
    return known
