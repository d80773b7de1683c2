"""The revisions that fold: which there are, and which one a database still lacks."""

from __future__ import annotations

from collections.abc import Collection

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from alembic_rekey.errors import CommandRefused
from alembic_rekey.review.made import Choice
from alembic_rekey.spec import Spec

__all__ = ["Folds"]


class Folds:
    """The specs that revision modules declare for themselves, in the order in which an upgrade meets them."""

    def __init__(self, config: Config) -> None:
        """Load the revisions.

        Raises:
            CommandRefused: if none of them declares a spec.
            CommandError: where Alembic cannot load them.
        """
        self._scripts = ScriptDirectory.from_config(config)
        folds = [
            (script, spec)
            for script in reversed(list(self._scripts.walk_revisions()))
            for spec in vars(script.module).values()
            # A revision that makes the side tables of another one may have its spec too.
            if isinstance(spec, Spec) and spec.revision == script.revision
        ]
        self._specs = [spec for _, spec in folds]
        self._revisions: list[Script] = [revision for revision, _ in folds]
        if not self._specs:
            raise CommandRefused(
                f"no revision in {self._scripts.dir} declares a spec.",
                "give the revision that folds an attribute `spec`, an alembic_rekey.Spec, and call op.rekey(spec).",
            )

    @property
    def last(self) -> Script:
        """The revision of the last fold."""
        return self._revisions[-1]

    def pending(self, heads: Collection[str]) -> tuple[Choice, ...]:
        """Return every fold that a database at `heads` still lacks, in their order, else the last one.

        Raises:
            CommandRefused: if the database is at a revision that the scripts do not have.
        """
        applied = set()
        try:
            for head in heads:
                applied |= {done.revision for done in self._scripts.iterate_revisions(head, "base")}
        except (CommandError, RevisionError) as error:
            raise CommandRefused(
                f"the database is at revision {', '.join(sorted(heads))}, which {self._scripts.dir} does not have.",
                "use the configuration and the revisions of the application that this database belongs to.",
            ) from error
        lacking = tuple(Choice(spec) for spec in self._specs if spec.revision not in applied)
        return lacking or (
            Choice(self._specs[-1], ("every fold is applied already: this is what another one would find.",)),
        )

    def of(self, revision: str) -> Spec:
        """Return the spec of `revision`.

        Raises:
            CommandRefused: if no revision of that name declares one.
        """
        for spec in self._specs:
            if spec.revision == revision:
                return spec
        raise CommandRefused(
            f"no revision in {self._scripts.dir} declares the spec of revision {revision}, which made this run.",
            "name the configuration of the application that made it with -c FILE.",
        )
