"""Questions to the catalog: SQL of one database about the tables of a revision, as a relation like any other."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, column, select, text

from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.registry_text import RegistryText

__all__ = ["about"]


def _asked(sql: str, columns: Sequence[str], **values: str) -> Relation:
    """Return the rows of `sql`, which names `columns` and has a parameter for each of `values`."""
    bound = [bindparam(name, value, RegistryText()) for name, value in values.items()]
    return select(text(sql).bindparams(*bound).columns(*map(column, columns)).subquery("rekey_asked"))


def about(parts: Sequence[Part], sql: str, *columns: str) -> Relation:
    """Return the rows of `sql` behind a `WITH` that lists the parts as `rekey_part`.

    Its columns: `table` and its `schema`, `keys`: the columns of the key as a JSON list, `name`: a column of names, for
    each of which a part has a line (the name of an identity, a tag), `deletable`, and `apart`: as a JSON list, the
    columns by which rows of one name are told apart; each is '' where there is none.
    """
    lines, values = list[str](), dict[str, str]()
    named = [(part, str(known.name)) for part in parts for known in part.named]
    named += [(part, "") for part in parts if not part.named]
    for number, (part, name) in enumerate(named):
        told = (
            str(part.table.name),
            str(part.table.schema or ""),
            json.dumps([str(known.name) for known in part.keys], ensure_ascii=False),
            name,
            "yes" if part.deletable else "",
            json.dumps([str(known.name) for known in part.apart], ensure_ascii=False),
        )
        names = [f"part_{number}_{place}" for place in range(len(told))]
        values |= dict(zip(names, told, strict=True))
        lines.append(f"({', '.join(f'CAST(:{name} AS TEXT)' for name in names)})")
    listed = f'rekey_part ("table", "schema", "keys", name, deletable, apart) AS (VALUES {", ".join(lines)})'
    return _asked(f"WITH RECURSIVE {listed}{sql}", columns, **values)
