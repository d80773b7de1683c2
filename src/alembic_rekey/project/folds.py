"""The revisions that fold: which there are, and which ones a database still lacks."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from alembic_rekey.errors import CommandRefused, SpecRefused
from alembic_rekey.project.loading import revisions
from alembic_rekey.report.runs import Run
from alembic_rekey.review.made import Choice, told_apart, turn_of
from alembic_rekey.spec import Spec

__all__ = ["Folds", "declared_in", "specs_until", "turn_in"]

_OPERATIONS = ("create_side_tables", "rekey")
"""What of ours a revision calls as it upgrades."""


class Folds:
    """The specs that revision modules declare for themselves, in the order in which an upgrade meets them."""

    def __init__(self, config: Config) -> None:
        """Load the revisions.

        Raises:
            CommandRefused: if a folder of theirs cannot be read, none of them declares a spec, or one fails as it is
                loaded.
            SpecRefused: if two specs of one revision do not go together.
            CommandError: where Alembic cannot load them.
        """
        self._scripts = ScriptDirectory.from_config(config)
        self._folds = list(declared_in(self._scripts))
        for folder in self._scripts._version_locations:
            # One of several may be missing, as for Alembic; none may be there and not be seen.
            if not os.access(folder, os.R_OK | os.X_OK) and (os.path.exists(folder) or not self._folds):
                raise CommandRefused(
                    f"{folder} should hold revisions, and is not there, or this account may not read it.",
                    "let the account read it, or correct version_locations in the configuration.",
                )
        if not self._folds:
            raise CommandRefused(
                f"no revision in {self._scripts.dir} declares a spec.",
                "let `alembic-rekey revision --fold TABLE.COLUMN -m …` write one, or give the revision that folds an "
                "attribute `spec`, an alembic_rekey.Spec, and call op.rekey(spec).",
            )

    @property
    def specs(self) -> list[Spec]:
        """Every spec, in the order in which an upgrade meets them."""
        return [spec for _, spec in self._folds]

    @property
    def last(self) -> Script:
        """The revision of the last fold."""
        return self._folds[-1][0]

    def pending(self, heads: Collection[str]) -> tuple[Choice, ...]:
        """Return every fold that a database at `heads` still lacks, in their order, else those of the last revision.

        Raises:
            CommandRefused: if the database is at a revision that the scripts do not have.
        """
        note = "every fold is applied already: this is what another one would find."
        return self.lacking(heads) or tuple(
            replace(self._choice(spec), notes=(note,), is_applied=True) for spec in self._of(self.last.revision)
        )

    def lacking(self, heads: Collection[str]) -> tuple[Choice, ...]:
        """Return every fold that a database at `heads` still lacks, in their order.

        Raises:
            CommandRefused: if the database is at a revision that the scripts do not have.
        """
        try:
            applied = _applied(self._scripts, heads)
        except (CommandError, RevisionError) as error:
            raise CommandRefused(
                f"the database is at revision {', '.join(sorted(heads))}, which {self._scripts.dir} does not have.",
                "use the configuration and the revisions of the application that this database belongs to.",
            ) from error
        # What a database lacks before a fold, that one included, in the order of an upgrade.
        before: list[Script] = []
        found = {}
        for script in reversed(revisions(self._scripts)):
            if script.revision not in applied:
                before.append(script)
                found[script.revision] = all(map(_makes_no_table, before))
        return tuple(
            replace(self._choice(spec), finds_tables=found[spec.revision])
            for _, spec in self._folds
            if spec.revision not in applied
        )

    def awaited(self, heads: Collection[str]) -> frozenset[str]:
        """Return the nouns of the folds that a database at `heads` still lacks.

        Raises:
            CommandRefused: if the database is at a revision that the scripts do not have.
        """
        return frozenset(choice.spec.identity.noun for choice in self.lacking(heads))

    def _choice(self, spec: Spec) -> Choice:
        to = "heads" if len(self._scripts.get_heads()) > 1 else "head"
        return Choice(spec, (), told_apart(spec, self._of(spec.revision)), tuple(self.specs), to=to)

    def of(self, revision: str, noun: str | None = None, turn: int = 1) -> Spec:
        """Return the spec of `revision` for `noun`, its first if none is named; `turn` counts those of one noun from 1.

        Raises:
            CommandRefused: if no revision of that name declares one.
        """
        found = [spec for spec in self._of(revision) if noun in (None, spec.identity.noun)]
        if len(found) < turn:
            which = "" if noun is None else f" for {noun!r}" if turn == 1 else f" number {turn} for {noun!r}"
            raise CommandRefused(
                f"no revision in {self._scripts.dir} declares the spec of revision {revision}{which}, which made this "
                "run.",
                "name the configuration of the application that made it with -c FILE.",
            )
        return found[turn - 1]

    def of_run(self, run: Run) -> Spec:
        """Return the spec that made `run`.

        Raises:
            CommandRefused: if no revision declares it.
        """
        return self.of(run.revision, run.noun, run.turn)

    def _of(self, revision: str) -> list[Spec]:
        return [spec for _, spec in self._folds if spec.revision == revision]


def declared_in(scripts: ScriptDirectory) -> Iterator[tuple[Script, Spec]]:
    """Yield each spec that a revision module declares for itself, with its revision, in the order of an upgrade.

    Raises:
        CommandRefused: if a revision fails as it is loaded.
        SpecRefused: if two specs of one revision do not go together.
    """
    for script in reversed(revisions(scripts)):
        own = _own(script)
        _check(own)
        yield from ((script, spec) for spec in own)


def turn_in(scripts: ScriptDirectory, spec: Spec) -> int | None:
    """Return which of the specs of its revision and noun `spec` is, from 1; None where there are not several."""
    declaring = (_own(script) for script in revisions(scripts) if script.revision == spec.revision)
    return turn_of(spec, next(declaring, []))


def _own(script: Script) -> list[Spec]:
    """Return the specs that a revision declares for itself: one that makes another's side tables may have its spec."""
    return [spec for spec in _specs(vars(script.module).values()) if spec.revision == script.revision]


def specs_until(scripts: ScriptDirectory, heads: Collection[str]) -> list[Spec]:
    """Return the specs of the revisions that a database at `heads` has.

    Raises:
        CommandError: where Alembic does not know one of `heads`.
    """
    applied = _applied(scripts, heads)
    return [spec for script, spec in declared_in(scripts) if script.revision in applied]


def _applied(scripts: ScriptDirectory, heads: Collection[str]) -> set[str]:
    return {done.revision for head in heads for done in scripts.iterate_revisions(head, "base")}


def _makes_no_table(script: Script) -> bool:
    """Tell whether a revision calls nothing but our operations as it upgrades; False where its text does not say."""
    try:
        tree = ast.parse(Path(script.path).read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return False
    upgrades = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    called = (node.func for upgrade in upgrades for node in ast.walk(upgrade) if isinstance(node, ast.Call))
    ours = all(isinstance(one, ast.Attribute) and one.attr in _OPERATIONS for one in called)
    return len(upgrades) == 1 and not upgrades[0].decorator_list and ours


def _specs(values: Iterable[object]) -> Iterator[Spec]:
    """Yield the specs among `values`, also those within a tuple or a list, each once."""
    seen: list[Spec] = []
    for value in values:
        found = [value] if isinstance(value, Spec) else _specs(value) if isinstance(value, tuple | list) else ()
        for spec in found:
            if not any(spec is known for known in seen):
                seen.append(spec)
                yield spec


def _check(specs: Collection[Spec]) -> None:
    """Refuse specs of one revision that give one noun to two tables, or one table two keys."""
    tables: dict[str, str] = {}
    keys: dict[str, tuple[str, ...]] = {}
    for spec in specs:
        noun, table = spec.identity.noun, spec.identity.table.fullname
        if tables.setdefault(noun, table) != table:
            raise SpecRefused(
                f"revision {spec.revision} calls rows of {tables[noun]} and of {table} {noun!r}, and nothing tells "
                "them apart",
                f"give one of them another noun; `registered={spec.identity.listed!r}` keeps its list of the registry.",
            )
        for part in spec.parts:
            own = tuple(str(known.name) for known in part.keys)
            if (known := keys.setdefault(part.table.fullname, own)) != own:
                raise SpecRefused(
                    f"the specs of revision {spec.revision} name the keys ({', '.join(known)}) and "
                    f"({', '.join(own)}) for {part.table.fullname}, which has one journal",
                    "name the same key in both, its columns in the same order.",
                )
