"""Rows of a drawn case that carry names as text."""

from __future__ import annotations

from typing import Any

from drawn.case import Column, Table
from drawn.drawing import Drawing
from reading import Duplicates, Tags
from strategies import STATUSES, UNREGISTERED

__all__ = ["add_tags"]


def add_tags(drawing: Drawing, number: int) -> None:
    """Adds a table whose rows carry a name, or two."""
    identity = drawing.identity
    assert identity is not None
    name, own = drawing.named(f"notes{number}"), drawing.named("id")
    columns = {own: Column(drawing.pick(("integer", "text")))}
    told: dict[str, Any] = {"noun": f"note{number}", "key": (own,)}
    several = drawing.some("several tags")
    told["tag"] = tuple(drawing.named(each) for each in (("home", "away") if several else ("project",)))
    columns |= {column: Column("text") for column in told["tag"]}
    if drawing.pick((True, False)):
        told["updated_at"] = drawing.time(columns, "changed")
        told |= drawing.stamped()
    found = identity.duplicates is Duplicates.FOUND
    if identity.within and (found or drawing.some("tags within", 2)):
        told["within"] = (drawing.named("tenant"),)
        columns[told["within"][0]] = Column("integer", pool=(1, 1, 2, None))
    if drawing.pick((True, True, False)):
        _let_agree(drawing, columns, told)
    if drawing.some("where", 4):
        told["where"] = drawing.condition(name, columns)
    part = Tags(table=name, **told)
    rows = drawing.several(columns, drawing.pick((4, 5, 6, 7, 8, 3, 2, 1, 0)), own)
    registered = [each for canonical, aliases in drawing.registry.items() for each in (canonical, *aliases)]
    if found:
        registered = [row[str(identity.name)] for row in drawing.tables[identity.table].rows]
    # Few, so that several rows share one and become duplicates.
    tags = [_tag(drawing, registered) for _ in range(drawing.pick((2, 3, 4)))]
    for row in rows:
        row |= {column: drawing.pick(tags) for column in part.tag}
    unique = [(*part.tag, column) for column in part.agree[:1]] if drawing.some("unique", 4) else []
    drawing.add(Table(name, columns, (own,), rows=rows), *unique)
    drawing.tags.append(part)


def _let_agree(drawing: Drawing, columns: dict[str, Column], told: dict[str, Any]) -> None:
    text = drawing.named("text")
    columns[text] = Column("text", pool=("t", "t", "it's 100%", None))
    told["agree"] = (text,)
    if drawing.some("merged tags", 2):
        return
    told["status"] = drawing.named("status")
    columns[told["status"]] = Column("text", pool=STATUSES)
    told["superseded"] = drawing.pick(("superseded", "it's old :x 100%"))
    if drawing.pick((True, False)):
        told["agree"] = (text, told["status"])


def _tag(drawing: Drawing, names: list[str | None]) -> str | None:
    if not names or drawing.random.randrange(5) == 0:
        return drawing.pick((None, "", *UNREGISTERED))
    name = drawing.pick(names)
    return None if name is None else drawing.spelt(str(name))
