"""Where the names of a plan, or of a run, come from: a registry, or the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_rekey.review.made import DryRun
from alembic_rekey.spec import Identity
from alembic_rekey.text.shown import counted

__all__ = ["names_told", "registry_told"]

_NONE = "none: rows are one that agree in the database"


def names_told(made: DryRun) -> Iterator[tuple[str, str]]:
    """Yield the lines of a plan that say it, each with what stands before it."""
    registry, identity = made.registry, made.spec.identity
    digest = f" (SHA-256 {registry.sha256})" if registry.sha256 else ""
    yield "registry", _NONE if identity.found else f"{registry.path}{digest}"
    if not identity.found:
        yield (
            "",
            f"{counted(len(registry.canonicals), 'canonical name')}, {counted(len(registry.aliases), 'alias', 'es')}",
        )


def registry_told(identity: Identity, path: str, sha256: str | None) -> Iterator[tuple[str, str]]:
    """Yield the facts of a page that say it, by their names."""
    yield "registry", _NONE if identity.found else path
    if not identity.found:
        yield "registry SHA-256", sha256 or "no file"
