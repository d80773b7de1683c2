"""The drafted children: slots where a constraint says that rows are one of a kind, references, rows with names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_rekey.project.draft.claims import claim_loose
from alembic_rekey.project.draft.drafting import Claim, Drafting, Part, key_of, listed
from alembic_rekey.project.draft.signs import is_time, status_of, updated_time, value_of
from alembic_rekey.project.python.code import Argument, called_with, string, tuple_of
from alembic_rekey.project.python.naming import noun_of
from alembic_rekey.review.schema.description import Described, called
from alembic_rekey.text.shown import shown

__all__ = ["drafted_children"]

_FEW = 6
"""A table without a key is told apart by all of its columns, if these are so few."""
_MOSTLY = 0.9


def drafted_children(drafting: Drafting, claims: Sequence[Claim], noun: str, within: Sequence[str]) -> list[Part]:
    """Return a part per table that has claims, and the tables that refer to those of slots."""
    made = list[Part]()
    for claim in claims:
        taken = next((part for part in made if part.described.name == claim.described.name), None)
        if taken is not None or claim.described.name == drafting.identity.name:
            drafting.todo.append(
                f"{called(claim.described.place)} is called like another table of the fold, whose journals would be "
                "one: fold it in a revision of its own."
            )
        elif (part := _child(drafting, claim, noun, within, None)) is not None:
            made.append(part)
    for slots in [part for part in made if part.kind == "Slots"]:
        made += _below(drafting, slots, [part.described.name for part in made], claims, noun)
    return made


def _below(drafting: Drafting, slots: Part, known: Sequence[str], claims: Sequence[Claim], noun: str) -> Iterator[Part]:
    """Yield the parts whose rows refer to rows of slots, which may go: by a foreign key, or by what columns hold."""
    found = dict[str, Claim]()
    parts, place = {*known, drafting.identity.name}, called(slots.described.place)
    for described, link in drafting.schema.linked(slots.described.place):
        pairs = dict(zip(link.referred, link.columns, strict=True))
        said = f"{called(described.place)} refers to {place}, rows of which may go"
        if described.name in parts:
            drafting.todo.append(_one_part_only(said))
        elif pairs.keys() != {*slots.key}:
            drafting.todo.append(
                f"{said}, by {listed(pairs)}, and the fold goes by {listed(slots.key)}. Strike this out if no row of "
                "it hangs on one that goes."
            )
        else:
            claim = found.setdefault(described.name, Claim(described))
            claim.owners.setdefault(tuple(pairs[name] for name in slots.key), "")
    owning = {(claim.described.place, name) for claim in claims for columns in claim.owners for name in columns}
    # Where the key is an owner, what holds it holds a key of the identity, and is looked for as that.
    has_a_key = len(slots.key) == 1 and (slots.described.place, slots.key[0]) not in owning
    for described in drafting.schema.tables.values() if has_a_key else ():
        free = [each for each in described.unlinked if (described.place, each.name) not in owning]
        claim = found.get(described.name, Claim(described))
        if described.unread or claim.described is not described:
            continue
        claim_loose(drafting, claim, free, slots.described, slots.key[0], slots.noun)
        if described.name in parts:
            drafting.todo += [
                _one_part_only(f"{called(described.place)}.{listed(columns)}, {seen}, rows of which may go")
                for columns, seen in claim.owners.items()
            ]
        elif claim.owners:
            found[described.name] = claim
    for claim in found.values():
        if (part := _child(drafting, claim, noun, (), slots)) is not None:
            yield part


def _one_part_only(said: str) -> str:
    return (
        f"{said}, and to what else this fold moves: a table can be one part only. Strike this out if no row of it "
        "hangs on one that goes."
    )


def _child(drafting: Drafting, claim: Claim, noun: str, within: Sequence[str], of: Part | None) -> Part | None:
    described = claim.described
    key, seen = _key(drafting, described)
    if key is None:
        drafting.todo.append(
            f"{called(described.place)} has no key that tells its rows apart, and is in no part: give it one, and "
            "declare it here."
        )
        return None
    called_so = noun_of(described.name, drafting.nouns, noun)
    drafting.nouns.append(called_so)
    arguments = [
        Argument(string(called_so), "noun"),
        Argument(drafting.key_code(described, key), "key", (seen,) if seen else ()),
    ]
    if not claim.owners:
        return Part("Tags", called_so, described, (*arguments, *_tags(drafting, claim, key, within)), key)
    if described.unread:
        drafting.left.append(f"{called(described.place)}: {described.unread}; nothing was seen of what it holds.")
    owning = [name for columns in claim.owners for name in columns]
    notes = tuple(dict.fromkeys(seen for seen in claim.owners.values() if seen))
    owners = tuple_of([drafting.key_code(described, columns) for columns in claim.owners])
    arguments.append(Argument(owners, "owners", notes))
    if of is not None:
        arguments.append(Argument(string(of.noun), "of"))
    arguments += _where(drafting, claim)
    slot = _slot(drafting, claim, key, owning)
    if slot is None:
        more = [*_names(drafting, claim, of), *_updated(drafting, described)]
        return Part("References", called_so, described, (*arguments, *more), key)
    columns, seen = slot
    if columns:
        arguments.append(Argument(drafting.columns(described, columns), "slot", (seen,)))
    more = [*_names(drafting, claim, of), *_said(drafting, claim, (*key, *owning, *columns))]
    return Part("Slots", called_so, described, (*arguments, *more, *_updated(drafting, described)), key)


def _key(drafting: Drafting, described: Described) -> tuple[tuple[str, ...] | None, str]:
    key = key_of(described, drafting.schema)
    if key is not None:
        return key, ""
    every = tuple(field.name for field in described.fields if field.computed is None)
    if len(every) <= _FEW and drafting.looking.tells_apart(described, every):
        return every, "no constraint says that this is a key"
    return None, ""


def _slot(
    drafting: Drafting, claim: Claim, key: Sequence[str], owning: Sequence[str]
) -> tuple[tuple[str, ...], str] | None:
    """Return the columns of the slot and what says so; None where any number of rows may refer to one."""
    described, owners = claim.described, {*owning}
    every = [described.primary, *(one.columns for one in described.unique if one.whole), tuple(key)]
    kinds = {claim.where[0]} if claim.where is not None else set()
    about = [columns for columns in dict.fromkeys(every) if owners & {*columns}]
    if not about:
        return None
    slots = {tuple(name for name in columns if name not in owners | kinds): columns for columns in reversed(about)}
    slot = min(slots, key=lambda columns: (not owners <= {*slots[columns]}, len(columns)))
    others = [f"({listed(columns)})" for rest, columns in slots.items() if not {*slot} <= {*rest}]
    if others:
        drafting.left.append(
            f"{called(described.place)} is unique in {', '.join(others)} too: rows that a fold would make alike there "
            "are refused."
        )
    return slot, f"unique: ({listed(slots[slot])})"


def _where(drafting: Drafting, claim: Claim) -> Iterator[Argument]:
    if claim.where is not None:
        of, values = claim.where
        column, said = drafting.variables.column(claim.described, of), list(map(string, values))
        yield Argument(
            f"{column} == {said[0]}" if len(said) == 1 else called_with(f"{column}.in_", tuple_of(said)), "where"
        )


def _names(drafting: Drafting, claim: Claim, of: Part | None) -> Iterator[Argument]:
    """Yield the columns of the row that say the owner's name once more."""
    described, kept, notes = claim.described, list[str](), list[str]()
    for name, seen in claim.named.items():
        pairs = [tuple(zip(columns, drafting.key, strict=True)) for columns in claim.owners]
        held = None
        if len(pairs) == 1 and of is None and drafting.name is not None:
            held = drafting.looking.equal(described, pairs[0], drafting.identity, (name, drafting.name))
        if held is not None and held.share >= _MOSTLY:
            kept.append(name)
            notes.append(f"{name}: {held.matching:,} of {held.values:,} say the name of what the row refers to")
        else:
            drafting.left.append(
                f"{called(described.place)}.{name}: {seen}, and not what the row refers to: it stays as it is."
            )
    if kept:
        yield Argument(drafting.columns(described, kept), "names", tuple(notes))


def _said(drafting: Drafting, claim: Claim, taken: Sequence[str]) -> Iterator[Argument]:
    """Yield what rows of a slot say, and their status."""
    described = claim.described
    status = None if described.unread else status_of(described, drafting.looking)
    if status is not None and (status.active is None or status.name in taken):
        status = None
    kinds = () if claim.where is None else (claim.where[0],)
    value, left = value_of(described, (*taken, *claim.named, *kinds, *(() if status is None else (status.name,))))
    if value is not None:
        yield Argument(drafting.variables.column(described, value), "value")
    elif left:
        drafting.todo.append(
            f"{called(described.place)}: where two rows become one, the survivor's stays, whatever the others hold in "
            f"{listed(left)}. Name a `value` if what differs there must be decided, or `absorb`; or strike this out."
        )
    if status is not None and status.active is not None:
        yield Argument(drafting.variables.column(described, status.name), "status", status.notes)
        if status.active != "active":
            yield Argument(string(status.active), "active")


def _updated(drafting: Drafting, described: Described) -> Iterator[Argument]:
    if described.unread or (found := updated_time(described, drafting.looking, drafting.variables)) is None:
        return
    yield Argument(found.code, "updated_at", found.notes)
    if found.by_the_database:
        yield Argument("Stamped.BY_THE_DATABASE", "stamped")


def _tags(drafting: Drafting, claim: Claim, key: Sequence[str], within: Sequence[str]) -> Iterator[Argument]:
    described = claim.described
    notes = tuple(f"{name}: {seen}" if len(claim.named) > 1 else seen for name, seen in claim.named.items())
    yield Argument(drafting.key_code(described, tuple(claim.named)), "tag", notes)
    columns = {field.name for field in described.fields}
    if within and {*within} <= columns - {*claim.named}:
        yield Argument(drafting.columns(described, within), "within")
    status = status_of(described, drafting.looking)
    if status is not None and status.superseded and status.name not in (*key, *claim.named):
        taken = (*key, *claim.named, status.name)
        free = [field for field in described.fields if not (field.filled or field.name in taken or is_time(field))]
        always = drafting.looking.always(described, [field.name for field in free])
        agree = [field.name for field in described.fields if field.name in (*always, status.name)]
        seen = f"rows that agree in what no row leaves out are one; the others become {shown('superseded')}"
        yield Argument(drafting.columns(described, agree), "agree", (seen,))
        yield Argument(drafting.variables.column(described, status.name), "status", status.notes)
    yield from _updated(drafting, described)
