"""The file of answers to collisions, read and checked: which row a person keeps in each slot.

JSON, a list or an object with a list `resolutions`, of objects: `project`, the slot's columns by their names,
`keep`, `table` where the revision has several tables of slots, `fold` where the upgrade has several folds: what
the one is called, and where a canonical does not tell which slot is meant, per owner `owner.` and its name: the key
that it will have. `keep` is the word `canonical`, the name of the alias whose row stays, or `{"row": KEY}`, the row's
own key. `decided_by` and `why`, texts, are kept for those who ask later. The form that
`alembic-rekey plan --write-resolutions FILE` writes is such a file; what it shows beside each question (`rows`) is
not read, and a question whose `keep` is null is not answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from alembic_rekey.errors import AnswersRefused
from alembic_rekey.names.answer_fields import (
    ABOUT,
    ANSWERS,
    CANONICAL,
    DECIDED_BY,
    FOLD,
    KEEP,
    OWN,
    PROJECT,
    ROWS,
    TABLE,
    WHY,
    field_of,
    name_of,
    owner_field,
    owner_texts,
    remark_of,
    slot_text,
)
from alembic_rekey.names.json_file import JsonFile, Unreadable, kind_of
from alembic_rekey.names.kept import Known
from alembic_rekey.names.matching import shown
from alembic_rekey.names.registry import Registry
from alembic_rekey.spec import Slots, Spec

__all__ = ["Answer", "Answers"]

MOST_BYTES = 32 * 2**20
MOST_PARTS = 1_500_000
"""Commas, colons and opening brackets: enough for a form of some 40,000 questions."""

_NOT_READ = (ABOUT, ROWS)
_MOST_ALLOWED = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `number` is its place in the file, from 0.

    `slot` are the slot's columns as the database writes them as text. `project` and `keep` are as they were
    written; `canonical` is the registered name of the first and `alias` that of the second (the canonical's own
    name for its own row), each None where the registry has no such name. `owners` are the columns of all owners as
    they will be, None where nothing is said of them, and `row` is the key of the row to keep where that is named by it.
    """

    number: int
    table: str
    slot: tuple[str | None, ...]
    project: str
    canonical: str | None
    keep: str
    alias: str | None
    decided_by: str | None = None
    why: str | None = None
    owners: tuple[str | None, ...] | None = None
    row: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Answers:
    """The answers of one file, in its order; `sha256` is that of the file's bytes."""

    path: Path
    sha256: str
    given: tuple[Answer, ...]
    known: Mapping[str, Sequence[str]]
    """By canonical, the aliases that are registered."""
    elsewhere: Sequence[Mapping[str, object]]
    """The entries that are about other folds, as they stand there."""

    @classmethod
    def read(cls, path: Path, spec: Spec, registry: Registry, folds: Mapping[str, Spec]) -> Answers:
        """Read the answers to the collisions of `spec`, names looked up in `registry`.

        `folds` are the specs of the project by what their folds are called: a file may answer those of several.

        Raises:
            AnswersRefused: with every fault of the file, each with its place. Whether an answer fits a
                collision, and each collision has one, only the database can tell.
        """
        file = JsonFile(path, MOST_BYTES, MOST_PARTS, _object, AnswersRefused)
        raw = file.raw()
        if raw is None:
            raise AnswersRefused(path, ["there is no such file"])
        given: list[Answer] = []
        reader = _Reader(spec, registry, folds)
        file.refuse_any(reader.faults(file.document(raw), given))
        return cls(path, sha256(raw).hexdigest(), tuple(given), reader.aliases, reader.elsewhere)

    def unregistered(self) -> Iterator[str]:
        """Yield the answers whose names the registry does not have: they can fit no collision of any database."""
        for answer in self.given:
            place = f"{ANSWERS}[{answer.number}]"
            if answer.canonical is None:
                yield f"{place}.{PROJECT}: no project is registered as {shown(answer.project)}"
            elif answer.alias is None:
                names = [CANONICAL, *self.known.get(answer.canonical, ())]
                allowed = ", ".join(map(shown, names[:_MOST_ALLOWED])) + ", …" * (len(names) > _MOST_ALLOWED)
                yield (
                    f"{place}.{KEEP}: {shown(answer.keep)} is no name of {shown(answer.canonical)}; "
                    f"{KEEP} is one of {allowed}"
                )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Keep every field, for unknown ones are faults; one that stands twice is one too."""
    kept: dict[str, object] = {}
    for field, value in pairs:
        twice = field in kept
        kept[field] = Unreadable("two values: the field stands twice") if twice else value
    # What a form shows for a person to read may be long, and is not kept.
    return {field: None if field in _NOT_READ else value for field, value in kept.items()}


def _why(slots: Slots) -> str:
    """Return why live rows of one slot never wait for a person."""
    if slots.value is None:
        return "without a value, rows of one slot say the same"
    return f"differing={slots.differing} decides"


class _Reader:
    """Turns a document into answers and faults."""

    def __init__(self, spec: Spec, registry: Registry, folds: Mapping[str, Spec]) -> None:
        self.slots = {str(slots.table.fullname): slots for slots in spec.slots}
        self.called = {called: fold is spec for called, fold in folds.items()}
        others = [slots for fold in folds.values() if fold is not spec for slots in fold.slots]
        self.others = {str(slots.table.fullname) for slots in others}
        self.elsewhere: list[Mapping[str, object]] = []
        self.known = Known(registry)
        self.aliases: dict[str, list[str]] = {}
        for name in registry.names:
            if name.alias != name.canonical:
                self.aliases.setdefault(name.canonical, []).append(name.alias)
        self.spec = spec

    def faults(self, document: object, given: list[Answer]) -> Iterator[str]:
        """Yield every fault with its place; once all are out, `given` holds every answer."""
        listed = document
        if isinstance(document, dict):
            listed = document.get(ANSWERS)
            yield from (f"{field}: there is no such field" for field in document if field not in (ANSWERS, ABOUT))
        if not isinstance(listed, list):
            yield f"{ANSWERS}: must be a list, at the top level or in an object, not {kind_of(listed)}"
            return
        for number, entry in enumerate(listed):
            place = f"{ANSWERS}[{number}]"
            if not isinstance(entry, dict):
                yield f"{place}: must be an object, not {kind_of(entry)}"
                continue
            found: list[str] = []
            answer = self._answer(number, entry, found)
            yield from (f"{place}{fault}" for fault in found)
            if answer and not found:
                given.append(answer)

    def _answer(self, number: int, entry: Mapping[str, object], found: list[str]) -> Answer | None:
        if self._is_elsewhere(entry):
            self.elsewhere.append(entry)
            return None
        slots = self._slots(entry, found)
        if slots is None:
            return None
        if not slots.collides and entry.get(KEEP) is not None:
            found.append(f".{TABLE}: {slots.table.fullname} has no collision to answer: {_why(slots)}; leave it out")
            return None
        fields = [field_of(column.name) for column in slots.slot]
        others = (*OWN, *map(owner_field, slots.owning))
        found += [f".{field}: there is no such field" for field in entry if field not in (*others, *fields)]
        project = name_of(entry.get(PROJECT), f".{PROJECT}", found)
        slot = [slot_text(entry, field, found) for field in fields]
        by_name = self.spec.answered_by_name(slots)
        canonical = self.known.canonical(project) if by_name else project
        owners = owner_texts(entry, slots, found)
        decided_by, why = (remark_of(entry, field, found) for field in (DECIDED_BY, WHY))
        said = entry.get(KEEP)
        kept = self.known.kept(said, canonical, slots, found) if by_name else self.known.kept_by_key(said, slots, found)
        if kept is None or project is None:
            return None
        keep, alias, row = kept
        table = str(slots.table.fullname)
        return Answer(number, table, tuple(slot), project, canonical, keep, alias, decided_by, why, owners, row)

    def _is_elsewhere(self, entry: Mapping[str, object]) -> bool:
        """Tell whether an entry is about another fold: it says so, or another has its table and this one has not."""
        fold, table = entry.get(FOLD), entry.get(TABLE)
        if fold is not None:
            return isinstance(fold, str) and self.called.get(fold) is False
        if table is None:
            return bool(self.others and not self.slots)
        return isinstance(table, str) and table in self.others and table not in self.slots

    def _slots(self, entry: Mapping[str, object], found: list[str]) -> Slots | None:
        fold, wanted = entry.get(FOLD), entry.get(TABLE)
        if fold is not None and not (isinstance(fold, str) and fold in self.called):
            said = shown(fold) if isinstance(fold, str) else kind_of(fold)
            found.append(f".{FOLD}: must be one of the folds ({', '.join(self.called)}), not {said}")
            return None
        if wanted is None and len(self.slots) == 1:
            return next(iter(self.slots.values()))
        if isinstance(wanted, str) and wanted in self.slots:
            return self.slots[wanted]
        said = shown(wanted) if isinstance(wanted, str) else kind_of(wanted)
        asking = (name for name, slots in self.slots.items() if slots.collides)
        tables = ", ".join(asking) or "none: the revision has no slots that may collide"
        found.append(f".{TABLE}: must be one of the tables of slots ({tables}), not {said}")
        return None
