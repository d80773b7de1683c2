"""Legacy databases and their registries for hypothesis: small pools, so that every rule is hit often."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

__all__ = ["Legacy", "legacy", "legacy_without_collision"]

Row = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

REGISTERED = (
    ("p05-interferometer", ("p05", "interferometer")),
    ("Größe", ("GRÖSSE", "gr")),  # upper() turns one into the other, lower() keeps them apart
    ("ΟΔΟΣ", ("οδοσ", "Straße")),  # lower() ends the first with a final sigma
    ("kelvin", ("İstanbul", "k9")),  # lower() of the alias is longer than the alias; K may be the Kelvin sign
    ("it's :x 100% $$ --", ("back\\slash", 'quo"te')),
    ("lab 🧪", ("%(name)s", "'; DROP TABLE projects; --")),
)
"""Projects and their aliases; no key stands in two of them. Names with control characters are refused."""

HOSTILE = (
    *("", " ", "it's", '"', "%", "%s", "100 %%", ":x", "?", "\\", "\\'", "C:\\new\\table", "a\tb", "a\nb"),
    *(
        "a\r\nb",
        "\x01\x1b",
        "$$",
        "$1",
        "--",
        "/* */",
        "'; DROP TABLE memories; --",
        "🧪",
        "\u202eabc",
        "NULL",
    ),
)
"""Texts that a careless script loses, changes or runs."""

SPELLINGS: tuple[Callable[[str], str], ...] = (
    *(str.lower, str.upper, str.title, str.swapcase),
    *(" {}".format, "{}  ".format, "\t{}\n".format, "\u00a0{}\u3000".format, "\x1f{}\x85".format),
    lambda name: name.replace("k", "\u212a"),  # the Kelvin sign
    lambda name: name.replace("ß", "ẞ"),
)
"""Ways to spell a name: most keep its key, some do not."""

UNREGISTERED = (
    *("atlas", "p0", "p05 interferometer", "p05-interferometer-2", "\u200bp05"),
    "Gro\u0308ße",  # looks like a registered name, and is another
)

SLOTS = (("decision", "vendor"), ("decision", "budget"), ("it's", "a\tb"))
STATUSES = ("active", "active", "active", "superseded", "invalid", None)
OWN_ROWS = (*("exact",) * 4, *("misspelt",) * 3, *("none",) * 3)
FIRST_MOMENT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
STEPS = (0, 1, 120_000, 999_999, 1_000_000, 3_600_000_000, -1)
OFFSETS = (0, 60, 120, -330, 345)
MOMENTS = tuple(
    (FIRST_MOMENT + timedelta(microseconds=step)).astimezone(timezone(timedelta(minutes=minutes)))
    for step in STEPS
    for minutes in OFFSETS
)
"""Few times, each in several zones: ties and near ties are the rule."""

NO_TIME = (None, "")
NOT_A_TIME = ("yesterday", "01/02/2026", "2026-02-30 10:00:00", 1767258000)

texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)
ids = st.text("1aB~é\uffff🧪", min_size=1, max_size=4)
"""Ids whose order by code point differs from that of UTF-16, of a locale and of numbers."""

confidences = st.sampled_from((None, 0.0, 0.1, 1.0, 0.1 + 0.2, 1e-300, 123456789.123456789))


@dataclass(frozen=True)
class Legacy:
    """One example: a registry and the rows of the four tables."""

    registry: dict[str, list[str]]
    rows: dict[str, list[Row]]


def written(moment: datetime | None) -> list[str | None]:
    """A time in every form in which some version of the application wrote it into SQLite."""
    if moment is None:
        return [*NO_TIME * 12]
    digits = ("auto", "milliseconds") if moment.microsecond % 1000 == 0 else ("auto",)
    forms: list[str | None] = []
    for separator, precision in itertools.product(" T", digits):
        utc = moment.astimezone(UTC).replace(tzinfo=None).isoformat(separator, precision)
        forms += [utc, f"{utc}Z", moment.isoformat(separator, precision)]
    return forms


FORMS = [form for moment in (*MOMENTS, None) for form in written(moment)]
TIMES: dict[str, st.SearchStrategy[Any]] = {
    "postgresql": st.sampled_from((None, *MOMENTS)),
    "sqlite": st.sampled_from(FORMS),
}
"""What a time column of each dialect may hold, so that it can be read."""
TIMES_AND_OTHERS = {**TIMES, "sqlite": st.sampled_from([*FORMS, *NOT_A_TIME * 12])}


def spelt(name: str) -> st.SearchStrategy[str]:
    """The name itself or one of its spellings."""
    return st.one_of(st.just(name), st.sampled_from(SPELLINGS).map(lambda spell: spell(name)))


@st.composite
def registries(draw: Draw) -> dict[str, list[str]]:
    """Two or three projects with up to two aliases each, now and then registered in capitals."""
    registry = {}
    for canonical, aliases in draw(st.lists(st.sampled_from(REGISTERED), min_size=2, max_size=3, unique=True)):
        taken = draw(st.lists(st.sampled_from(aliases), min_size=1, unique=True))
        registry[canonical.title() if draw(st.integers(0, 4)) == 0 else canonical] = taken
    return registry


@st.composite
def project_names(draw: Draw, registry: dict[str, list[str]], *, refusable: bool) -> list[str]:
    """Names of `projects` rows: of each canonical mostly one or none, of each alias up to two spellings."""
    names = []
    for canonical, aliases in registry.items():
        own = draw(st.sampled_from(OWN_ROWS + ("twice",) * refusable))
        if own in ("exact", "twice"):
            names.append(canonical)
        if own in ("misspelt", "twice"):
            names.append(draw(st.sampled_from((f" {canonical}", f"{canonical}\n", f"\u00a0{canonical} "))))
        for alias in aliases:
            names += draw(st.lists(spelt(alias), max_size=2))
    names += draw(st.lists(st.one_of(st.sampled_from(UNREGISTERED), texts), max_size=2))
    if refusable:
        return list(dict.fromkeys(names))
    # The capitals of an alias may spell the canonical: no canonical may end up with two rows.
    canonicals = {canonical.lower() for canonical in registry}
    kept: dict[str, str] = {}
    for name in names:
        match = name.strip().lower()
        kept.setdefault(match if match in canonicals else name, name)
    return list(kept.values())


@st.composite
def drawn(draw: Draw, dialect: str, *, refusable: bool) -> Legacy:
    """One example; without `refusable`, one that an upgrade has to accept."""
    registry = draw(registries())
    names = draw(project_names(registry, refusable=refusable))
    registered = [name for canonical, aliases in registry.items() for name in (canonical, *aliases)]
    time = TIMES_AND_OTHERS[dialect] if refusable else TIMES[dialect]
    values = draw(st.lists(st.one_of(st.none(), texts), min_size=2, max_size=3, unique=True))
    registered_name = st.sampled_from(registered)
    spelling = registered_name.flatmap(spelt)
    other = st.sampled_from((None, *UNREGISTERED, *HOSTILE))
    tag = st.one_of(registered_name, registered_name, spelling, spelling, spelling, other)
    # Few tags, so that several rows share one and become duplicates.
    tags = st.sampled_from(draw(st.lists(tag, min_size=2, max_size=5)))
    spice = st.sampled_from(HOSTILE)

    def several(number: int, **columns: st.SearchStrategy[Any]) -> list[Row]:
        keys = draw(st.lists(ids, min_size=number, max_size=number, unique=True))
        return [{"id": each, **draw(st.fixed_dictionaries(columns))} for each in keys]

    projects = several(len(names), description=spice, created_at=time, updated_at=time)
    for row, name in zip(projects, names, strict=True):
        row["name"] = name
    taken = [(row, slot) for row in projects for slot in SLOTS if draw(st.integers(0, 2)) > 0]
    state = several(
        len(taken),
        value=st.sampled_from(values),
        source=spice,
        confidence=confidences,
        status=st.sampled_from(STATUSES),
        created_at=time,
        updated_at=time,
    )
    if state and all(row["status"] != "active" for row in state):
        state[0]["status"] = "active"  # where no row has that status, it cannot be the one that says so: refused
    for row, (project, (category, key)) in zip(state, taken, strict=True):
        row |= {"project_id": project["id"], "category": category, "key": key}
        if not refusable and row["status"] == "active":
            # One live value for each slot, whoever the project is: then no two live rows can collide.
            row["value"] = values[SLOTS.index((category, key)) % len(values)]
    memories = several(
        draw(st.sampled_from((0, 2, 3, 4, 5, 6, 8))),
        memory_type=st.sampled_from(("fact", "fact", "it's")),
        content=st.sampled_from(values[:2]),
        project=tags,
        confidence=confidences,
        status=st.sampled_from(STATUSES),
        created_at=time,
        updated_at=time,
    )
    interactions = several(
        draw(st.integers(0, 4)),
        prompt=texts,
        response=spice,
        client=spice,
        session_id=spice,
        project=tags,
        created_at=time,
    )
    tables = {"projects": projects, "project_state": state, "memories": memories}
    return Legacy(registry, {**tables, "interactions": interactions})


def legacy(dialect: str) -> st.SearchStrategy[Legacy]:
    """Any legacy database, such as an upgrade accepts or refuses."""
    return drawn(dialect, refusable=True)


def legacy_without_collision(dialect: str) -> st.SearchStrategy[Legacy]:
    """A legacy database that an upgrade has to accept: no collision, no canonical with two rows."""
    return drawn(dialect, refusable=False)
