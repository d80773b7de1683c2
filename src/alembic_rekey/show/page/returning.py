"""The rows of a way back as a page shows them: what each holds now, beside what it goes back to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from alembic_rekey.back.drift import Drift
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.review.restore_plan import Returning
from alembic_rekey.show.page.markup import Piece, cut, island, pieces, said
from alembic_rekey.text.shown import visible

__all__ = ["ReturningRows"]

_SAYS = {
    Drift.EDITED: "edited since",
    Drift.DELETED: "deleted since",
    Drift.TAKEN: "its place is taken",
    Drift.ATTACHED: "rows hang on it",
    Drift.REFUSED: "a constraint refuses it",
    Drift.UNTOUCHED: "goes back",
}
"""What a page calls each drift, the gravest first."""
_MOST_ROWS, _MOST = 20_000, 1_000


class ReturningRows:
    """The rows of all runs that go back together."""

    def __init__(self, returning: Sequence[Returning]) -> None:
        self._returning = returning
        counted = {drift: sum(table.drifts[drift] for one in returning for table in one.tables) for drift in _SAYS}
        self.actions = [(drift.value, says, counted[drift]) for drift, says in _SAYS.items() if counted[drift]]
        self.left_out = max(0, sum(counted.values()) - _MOST_ROWS)

    def data(self) -> Iterator[str]:
        """Yield the rows as a JSON list, a row a line."""
        separator = "[\n"
        for row in islice(self._rows(), _MOST_ROWS):
            yield separator + island(row)
            separator = ",\n"
        yield "[]" if separator == "[\n" else "\n]"

    def _rows(self) -> Iterator[dict[str, Any]]:
        for one in self._returning:
            at = {"at": f"run {one.run.number}"} if len(self._returning) > 1 else {}
            for table in one.tables:
                for row in one.rows(table.part):
                    columns = [
                        [visible(name), *_sides(row["action"], now, then)]
                        for name, (now, then) in row["columns"].items()
                    ]
                    key, to = cut(said(row["key"]), 200), visible(row["canonical"])
                    yield {"action": row["drift"], "table": table.table, "key": key, "to": to, "columns": columns, **at}


def _sides(action: str, now: Any, then: Any) -> tuple[list[Piece], str]:
    """Return what a page shows of a column, and which sides there are: a row that was made or deleted has one."""
    if action == Action.CREATE:
        return [cut(said(now), _MOST)], "goes away"
    if action in DELETED:
        return [cut(said(then), _MOST)], "comes back"
    return pieces(said(now), said(then), _MOST), "both"
