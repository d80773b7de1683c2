"""From a column of a database to the text of a revision that folds its table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, MetaData, String

from alembic_rekey.errors import CommandRefused
from alembic_rekey.names import matching
from alembic_rekey.names.registry import read_registry
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.project.draft.children import drafted_children
from alembic_rekey.project.draft.claims import claims
from alembic_rekey.project.draft.drafting import Drafting, Part, key_of
from alembic_rekey.project.draft.identity import drafted_identity, within_of
from alembic_rekey.project.draft.wanted import Wanted, target
from alembic_rekey.project.python.naming import noun_of
from alembic_rekey.review.schema.description import called
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.review.schema.models import declared_schema
from alembic_rekey.review.schema.reading import read_schema
from alembic_rekey.text.shown import shown

__all__ = ["drafted"]


def drafted(
    connection: Connection, wanted: Wanted, registry: Path, versions: str, models: MetaData | None = None
) -> tuple[Drafting, list[Part]]:
    """Return the parts of a spec that folds what is `wanted`, the identity first; reads only.

    `versions` is Alembic's own table. The tables are those of `models` where these are given.

    Raises:
        CommandRefused: where options do not go together, nothing is called so, or nothing tells the rows apart.
        RegistryRefused: where the registry cannot be used.
    """
    wanted.refuse_contradictions()
    stored = read_schema(connection, [versions])
    schema = stored if models is None else declared_schema(models, stored)
    identity, name = target(schema, wanted)
    # What names are registered for cannot be the key that owners refer to.
    registered = None if wanted.finds or name is None else identity.field(name)
    avoiding = frozenset([registered.name] if registered and isinstance(registered.type, String) else [])
    key = key_of(identity, schema, avoiding)
    if key is None:
        raise CommandRefused(
            f"no constraint tells the rows of {shown(called(identity.place))} apart, as a fold has to.",
            "give the table a primary key"
            + (": the names cannot be the key of what is written otherwise." if avoiding else "."),
        )
    lists = [] if wanted.finds else _lists(registry)
    drafting = Drafting(wanted, schema, Looking(connection), identity, name, key, None)
    noun = noun_of(identity.name, ())
    listed = wanted.registered or next((one for one in (f"{noun}s", identity.name) if one in lists), None)
    if listed is not None and not wanted.finds:
        names = read_registry(registry, listed, str if wanted.exact else matching.key_of)
        drafting.names = Names.handed_over(names, connection.dialect.name)
    made = claims(drafting, noun)
    own = next((claim for claim in made if claim.described.place == identity.place), None)
    first = drafted_identity(drafting, own, lists)
    others = [claim for claim in made if claim is not own]
    return drafting, [first, *drafted_children(drafting, others, first.noun, within_of(drafting)[0])]


def _lists(registry: Path) -> Sequence[str]:
    """Return the lists that a registry has; what is wrong with it, whoever reads one tells."""
    try:
        document = json.loads(registry.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return ()
    return (
        [name for name, entries in document.items() if isinstance(entries, list)] if isinstance(document, dict) else ()
    )
