"""One fold, whole: the groups, then every part, then what the database holds its rows to."""

from __future__ import annotations

from reading.after import refuse_what_does_not_hold
from reading.declaration import Declaration, Tables
from reading.groups import Registry, groups_of
from reading.identity import fold_identity
from reading.outcome import Outcome
from reading.owners import Lead, Spellings, behind, leads_of, spellings_of
from reading.references import fold_references
from reading.slots import fold_slots
from reading.tags import canonical_of, fold_tags

__all__ = ["folded"]


def folded(declaration: Declaration, registry: Registry, tables: Tables) -> Outcome:
    """What the design asks for where this declaration meets these rows; tables that no part has stay as they are."""
    outcome = Outcome()
    identity = declaration.identity
    # Those that count most are counted among those that the declaration is about.
    counted = {part.table: list(filter(part.counts, tables.get(part.table, ()))) for part in declaration.children}
    groups = groups_of(identity, registry, {**tables, **counted}, outcome)
    fold_identity(identity, groups, tables.get(identity.table, ()), outcome)
    spellings: dict[str | None, Spellings] = {None: spellings_of(identity, groups)}
    leads: dict[str | None, dict[tuple[object, ...], Lead]] = {None: leads_of(identity, groups)}
    # Parts whose rows others refer to come first.
    for slots in sorted(declaration.slots, key=lambda part: part.of is not None):
        rows = tables.get(slots.table, [])
        leads[slots.noun] = fold_slots(slots, leads[slots.of], spellings[slots.of], rows, outcome)
        spellings[slots.noun] = behind(slots, spellings[slots.of], rows)
    for references in declaration.references:
        rows = tables.get(references.table, [])
        fold_references(references, leads[references.of], spellings[references.of], rows, outcome)
    canonical = canonical_of(declaration, registry, groups)
    for tags in declaration.tags:
        fold_tags(tags, canonical, tables.get(tags.table, []), outcome)
    for noun, known in leads.items():
        outcome.leads[identity.noun if noun is None else noun] = {old: lead.key for old, lead in known.items()}
    if not outcome.refused:
        refuse_what_does_not_hold(declaration, tables, outcome)
    if outcome.refused:
        outcome.rows.clear()
    return outcome
