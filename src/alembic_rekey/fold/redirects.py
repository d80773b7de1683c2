"""Where folded keys lead: kept for whoever still holds an old one, a link, a bookmark, another system."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import insert, literal, select, update

from alembic_rekey.fold.changes import of_this_run
from alembic_rekey.plan.groups.ranked import written_name
from alembic_rekey.plan.judged import keys_of, leads_of
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation
from alembic_rekey.sql.side_tables import current_run, journal, redirects
from alembic_rekey.sql.steps import Statement
from alembic_rekey.sql.values import KeyText

__all__ = ["redirected"]


def redirected(identity: Identity) -> Iterator[Statement]:
    """Yield what keeps where the shadows of the current run lead, once the journal knows the keys of created rows."""
    kept = journal(identity)
    own = KeyText(keys_of(identity, kept))
    folded: Relation = select(
        kept.c.rekey_run,
        literal(identity.noun),
        own,
        KeyText(leads_of(identity, kept)),
        own if identity.name is None else written_name(identity, kept.c[identity.name.name]),
        kept.c.rekey_canonical,
    ).where(of_this_run(kept, Action.DELETE, Action.RETIRE))
    lines = insert(redirects).from_select([known.name for known in redirects.columns], folded)
    yield Statement("Keep where the folded keys lead.", lines)
    newer = redirects.alias("rekey_newer")
    mine = newer.c.run_id == current_run(), newer.c.noun == identity.noun
    older = redirects.c.run_id < current_run(), redirects.c.noun == identity.noun
    leads = select(newer.c.new_key).where(*mine, newer.c.old_key == redirects.c.new_key).scalar_subquery()
    yield Statement(
        "Lead those on that led to one of them.",
        update(redirects)
        .values(new_key=leads)
        .where(*older, redirects.c.new_key.in_(select(newer.c.old_key).where(*mine))),
    )
