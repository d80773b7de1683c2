"""The scan: every question of it, one after the other, reading only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from alembic_rekey.names.registry import registry_of
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.review.scan.findings import Holding, KeysHeld, Scan, Unrecorded, Unregistered, WrittenSince
from alembic_rekey.review.scan.keys_held import keys_held
from alembic_rekey.review.scan.names_held import names_held
from alembic_rekey.review.scan.scope import Folded, Scope
from alembic_rekey.review.scan.since import last_run, written_since
from alembic_rekey.review.scan.unregistered import unregistered
from alembic_rekey.review.schema.description import called
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.review.schema.reading import read_schema
from alembic_rekey.spec import Spec
from alembic_rekey.text.progress import Progress

__all__ = ["named", "scanned"]


def scanned(looking: Looking, specs: Sequence[Spec], registry: Path, versions: str, awaited: Collection[str]) -> Scan:
    """Look for all that a scan is about; the last fold of an identity stands for those before it.

    `awaited` are the nouns of the folds that the database lacks.

    Raises:
        RegistryRefused: where the registry cannot be used.
    """
    folds = _folds(looking, specs, registry)
    scope = Scope(read_schema(looking.connection, [versions]), looking, specs)
    tables = list(scope.readable())
    made = Scan(tables=len(tables), notes=list(_notes(scope, folds)))
    with Progress("Scan", len(tables) + len(folds)) as progress:
        for described in tables:
            progress.doing(described.name)
            for folded in folds:
                if folded.registry.is_read:
                    _take(made, names_held(scope, folded, described))
        for folded in folds:
            progress.doing(folded.noun)
            _take(made, _named(scope, folded, awaited))
            _take(made, keys_held(scope, folded.spec, folded.names))
    return made


def named(looking: Looking, specs: Sequence[Spec], registry: Path, versions: str, awaited: Collection[str]) -> Scan:
    """Look at the names of declared columns alone: those that no list registers, those written since the last fold.

    `awaited` are the nouns of the folds that the database lacks.

    Raises:
        RegistryRefused: where the registry cannot be used.
    """
    scope, made = Scope(read_schema(looking.connection, [versions]), looking, specs), Scan()
    for folded in _folds(looking, specs, registry):
        _take(made, _named(scope, folded, awaited))
    return made


def _named(
    scope: Scope, folded: Folded, awaited: Collection[str]
) -> Iterator[Unrecorded | Unregistered | WrittenSince | str]:
    if not folded.registry.is_read:
        return
    yield from unregistered(scope, folded)
    run = last_run(scope, folded)
    if run is None and folded.noun in awaited:
        return
    found = list(written_since(scope, folded, run))
    if run is None and any(isinstance(one, WrittenSince) for one in found):
        yield Unrecorded(folded.spec.revision, folded.noun)
    yield from found


def _folds(looking: Looking, specs: Sequence[Spec], registry: Path) -> list[Folded]:
    last = {(spec.identity.noun, spec.identity.table.fullname): spec for spec in specs}
    return [_folded(looking, spec, registry) for spec in last.values()]


def _folded(looking: Looking, spec: Spec, registry: Path) -> Folded:
    read = registry_of(registry, spec.identity)
    names = Names.handed_over(read, looking.connection.dialect.name) if read.is_read else Names.of_nobody()
    return Folded(spec, read, names)


def _notes(scope: Scope, folds: Sequence[Folded]) -> Iterable[str]:
    if any(folded.registry.is_missing for folded in folds):
        yield "the registry file does not exist: no name is known."
    yield from (f"{called(one.place)}: {one.unread}" for one in scope.schema.tables.values() if one.unread)
    for one in scope.readable():
        if scope.looking.is_sampled(one):
            read, every = scope.looking.most or 0, one.rows or 0
            yield f"{called(one.place)}: about {read:,} of about {every:,} rows were read; --full reads all"


def _take(made: Scan, found: Iterable[Holding | KeysHeld | Unrecorded | Unregistered | WrittenSince | str]) -> None:
    lists: dict[type, Callable[..., None]] = {
        Holding: made.holdings.append,
        KeysHeld: made.keys.append,
        Unrecorded: made.unrecorded.append,
        Unregistered: made.unregistered.append,
        WrittenSince: made.since.append,
        str: made.notes.append,
    }
    for one in found:
        lists[type(one)](one)
