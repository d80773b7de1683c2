"""An ORM loop, as an application would write it: objects loaded per project, changed, flushed, committed once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from row_by_row import slot_fates, tag_losers
from sqlalchemy import DateTime, ForeignKey, Text, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from alembic_rekey.names.registry import Registry

__all__ = ["orm_loop"]


def _mapped(sqlite: bool) -> dict[str, Any]:
    time = Text() if sqlite else DateTime(timezone=True)

    class Base(DeclarativeBase):
        pass

    class Project(Base):
        __tablename__ = "projects"
        id: Mapped[str] = mapped_column(Text, primary_key=True)
        name: Mapped[str] = mapped_column(Text)
        description: Mapped[str] = mapped_column(Text)
        created_at = mapped_column(time)
        updated_at = mapped_column(time)

    class State(Base):
        __tablename__ = "project_state"
        id: Mapped[str] = mapped_column(Text, primary_key=True)
        project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
        category: Mapped[str] = mapped_column(Text)
        key: Mapped[str] = mapped_column(Text)
        value: Mapped[str] = mapped_column(Text)
        status: Mapped[str] = mapped_column(Text)
        updated_at = mapped_column(time)

    class Memory(Base):
        __tablename__ = "memories"
        id: Mapped[str] = mapped_column(Text, primary_key=True)
        memory_type: Mapped[str] = mapped_column(Text)
        content: Mapped[str] = mapped_column(Text)
        project: Mapped[str | None] = mapped_column(Text)
        status: Mapped[str] = mapped_column(Text)
        updated_at = mapped_column(time)

    class Interaction(Base):
        __tablename__ = "interactions"
        id: Mapped[str] = mapped_column(Text, primary_key=True)
        project: Mapped[str | None] = mapped_column(Text)

    return {made.__name__: made for made in (Project, State, Memory, Interaction)}


def orm_loop(url: str, registry: Registry, now: datetime) -> None:
    """Folds a database through mapped objects."""
    sqlite = url.startswith("sqlite")
    engine = create_engine(url)
    if not sqlite:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET LOCAL TimeZone = 'UTC'"))
    stamp: Any = f"{now:%Y-%m-%d %H:%M:%S.%f}" if sqlite else now
    names = {name.key: name for name in registry.names}
    mapped = _mapped(sqlite)
    with Session(engine) as session:
        _projects(session, mapped["Project"], mapped["State"], names, stamp)
        _tags(session, mapped["Memory"], names, stamp)
        _tags(session, mapped["Interaction"], names, stamp)
        session.commit()
    engine.dispose()


def _line(row: Any, legacy: bool) -> dict[str, Any]:
    fields = ("id", "value", "status", "updated_at")
    return {"row": row, "legacy": legacy, **{name: getattr(row, name, None) for name in fields}}


def _projects(session: Session, project: Any, state: Any, names: dict[str, Any], stamp: Any) -> None:
    shadows, own = defaultdict(list), {}
    for row in session.scalars(select(project)):
        name = names.get(row.name.strip().lower())
        if name is None:
            continue
        if name.alias != name.canonical:
            shadows[name.canonical].append(row)
            continue
        own[name.canonical] = row
        if row.name != name.canonical:
            row.name, row.updated_at = name.canonical, stamp
    for canonical, old in shadows.items():
        if canonical not in own:
            made = {
                "id": names[canonical.lower()].identity,
                "name": canonical,
                "created_at": stamp,
                "updated_at": stamp,
            }
            own[canonical] = project(**made, description="created by legacy alias migration")
            session.add(own[canonical])
            session.flush()
        _state(session, state, own[canonical].id, [row.id for row in old], stamp)
        for row in old:
            session.delete(row)


def _state(session: Session, state: Any, own: str, shadows: list[str], stamp: Any) -> None:
    slots = defaultdict(list)
    for row in session.scalars(select(state).where(state.project_id.in_([own, *shadows]))):
        slots[row.category, row.key].append(_line(row, row.project_id != own))
    moved = []
    for slot in slots.values():
        old = [line for line in slot if line["legacy"]]
        if not old:
            continue
        rows = {line["id"]: line["row"] for line in slot}
        held = next((line for line in slot if not line["legacy"]), None)
        for key, fate in slot_fates(held, old).items():
            if fate == "delete":
                session.delete(rows[key])
            elif fate == "revive":
                rows[key].status, rows[key].updated_at = "active", stamp
            else:
                moved.append(rows[key])
    # A slot must be free before another row takes it.
    session.flush()
    for row in moved:
        row.project_id, row.updated_at = own, stamp
    session.flush()


def _tags(session: Session, table: Any, names: dict[str, Any], stamp: Any) -> None:
    spellings = defaultdict(list)
    for spelling in session.scalars(select(table.project).distinct().where(table.project.is_not(None))):
        if name := names.get(spelling.strip().lower()):
            spellings[name.canonical].append(spelling)
    for canonical, spelt in spellings.items():
        if spelt == [canonical]:
            continue
        groups = defaultdict(list)
        for row in session.scalars(select(table).where(table.project.in_(spelt))):
            said = (row.memory_type, row.content, row.status) if hasattr(row, "content") else row.id
            groups[said].append(_line(row, row.project != canonical))
        for group in groups.values():
            for line in tag_losers(group) if len(group) > 1 else ():
                line["row"].status, line["row"].updated_at = "superseded", stamp
            for line in (line for line in group if line["legacy"]):
                line["row"].project = canonical
                if hasattr(line["row"], "updated_at"):
                    line["row"].updated_at = stamp
        session.flush()
