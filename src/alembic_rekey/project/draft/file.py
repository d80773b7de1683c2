"""The file of a drafted fold: frozen tables, the spec, what makes the side tables and folds, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_rekey.project.draft.drafting import Drafting, Part
from alembic_rekey.project.python.code import (
    Argument,
    Call,
    called_with,
    commented,
    sentence,
    string,
    tuple_of,
    written,
)
from alembic_rekey.project.python.tables import DIALECT_TYPES, frozen

__all__ = ["ABOUT", "text_of"]

ABOUT = """\
Drafted from the database: tables and columns are as they were, comments say what was seen. Read it; the guard
refuses while a question stands in `todo`."""

_KINDS = {"Slots": "slots", "References": "references", "Tags": "tags"}
_METADATA = "_frozen"
_WORDS = ("Duplicates", "Epoch", "Match", "Missing", "Stamped", "most")
_FUNCTIONS = '''

def upgrade() -> None:
    """Make the side tables; plan, guard, apply, verify and record, in the transaction of the upgrade."""
    op.create_side_tables(spec)  # type: ignore[attr-defined]  # added at run time
    op.rekey(spec)  # type: ignore[attr-defined]  # added at run time


def downgrade() -> None:
    """Put every row back from the journal, and drop the side tables."""
    op.restore(spec)  # type: ignore[attr-defined]  # added at run time
    op.drop_side_tables(spec)  # type: ignore[attr-defined]  # added at run time
'''


def text_of(drafting: Drafting, parts: Sequence[Part], title: str, revision: str, down_revision: object) -> str:
    """Return the text of the revision; the identity is the first of `parts`."""
    tables = [line for part in parts for line in _table(drafting, part)]
    spec = list(written(_spec(drafting, parts), "spec = "))
    left = list(commented([f"Seen, and left as it is: {said}" for said in drafting.left], 0))
    body = "\n".join((*tables, *([*left] if left else ()), *spec))
    head = "\n".join((title, "", "from __future__ import annotations", "", *_imports(parts, body), ""))
    down = "None" if down_revision is None else _revisions(down_revision)
    about = (
        f"revision: str = {string(revision)}",
        f"down_revision: {'str | None' if not isinstance(down_revision, tuple) else 'tuple[str, ...]'} = {down}",
        "branch_labels: str | None = None",
        "depends_on: str | None = None",
        "",
        f"{_METADATA} = sa.MetaData()",
        "",
    )
    return "\n".join((head, *about, body)) + "\n" + _FUNCTIONS


def _revisions(known: object) -> str:
    return f"({', '.join(map(string, known))},)" if isinstance(known, tuple) else string(str(known))


def _imports(parts: Sequence[Part], body: str) -> Iterator[str]:
    yield "import alembic_rekey.operations  # noqa: F401  # registers op.rekey"
    yield "import sqlalchemy as sa"
    yield "from alembic import op"
    code = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("#"))
    words = [word for word in _WORDS if f"{word}." in code or f"{word}(" in code]
    kinds = {part.kind for part in parts} | {"Spec"}
    names = sorted({*words, *kinds}, key=lambda name: (name.islower(), name))
    yield f"from alembic_rekey import {', '.join(names)}"
    if f"{DIALECT_TYPES}." in code:
        yield f"from sqlalchemy.dialects import {DIALECT_TYPES}"


def _table(drafting: Drafting, part: Part) -> Iterator[str]:
    variable = drafting.variables.of(part.described)
    yield from written(frozen(part.described, variable, _METADATA), f"{variable} = ")
    yield ""


def _spec(drafting: Drafting, parts: Sequence[Part]) -> Call:
    identity, *children = parts
    by_kind = {kind: [part.code for part in children if part.kind == kind] for kind in _KINDS}
    return called_with(
        "Spec",
        Argument("revision", "revision"),
        Argument(identity.code, "identity"),
        *(Argument(tuple_of(codes), _KINDS[kind]) for kind, codes in by_kind.items() if codes),
        *([Argument(tuple_of(map(sentence, drafting.todo)), "todo")] if drafting.todo else ()),
    )
