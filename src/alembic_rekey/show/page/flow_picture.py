"""How many rows flow from which name into which canonical, as a picture and as a table of the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from alembic_rekey.plan.rules import Action
from alembic_rekey.show.page.markup import escaped
from alembic_rekey.text.shown import visible

__all__ = ["Flow", "flows", "picture", "table"]

_CANONICALS, _NAMES = 10, 3
"""How many are drawn by name: canonicals, and names of each."""
_TABLE = 1_000
_LETTERS = 22
_WIDTH, _LEFT, _RIGHT, _BAR = 780, 270, 500, 8
_LINE, _GAP, _THINNEST, _ALL = 24, 14, 2.0, 320.0
"""Units of the drawing: a line of text, between canonicals, the thinnest band, all bands together."""


@dataclass(frozen=True)
class Flow:
    """`rows` rows written under `name` belong to `canonical`; `blocked` of them wait for a decision."""

    name: str
    canonical: str
    rows: int
    blocked: int


@dataclass(frozen=True)
class _Group:
    canonical: str
    flows: Sequence[Flow]

    @property
    def rows(self) -> int:
        return sum(flow.rows for flow in self.flows)

    @property
    def blocked(self) -> int:
        return sum(flow.blocked for flow in self.flows)


def flows(spellings: Iterable[tuple[str, str, str, int]]) -> list[Flow]:
    """Return the flows of a plan, the widest first; `spellings` is what `Tally.every_spelling` yields."""
    rows: dict[tuple[str, str], list[int]] = {}
    for action, written, canonical, number in spellings:
        if written != canonical and action != Action.KEEP:
            found = rows.setdefault((canonical, written), [0, 0])
            found[0] += number
            found[1] += number if action == Action.COLLISION else 0
    made = [Flow(written, canonical, *numbers) for (canonical, written), numbers in rows.items()]
    return sorted(made, key=lambda flow: (-flow.rows, flow.canonical, flow.name))


def picture(every: Sequence[Flow]) -> Iterator[str]:
    """Yield an SVG: names at the left, canonicals at the right, bands as wide as they have rows."""
    groups = list(_groups(every))
    if not groups:
        return
    unit = _ALL / sum(group.rows for group in groups)
    heights = [_height(group, unit) for group in groups]
    tops = [0.0, *accumulate(height + _GAP for height in heights)]
    total = sum(flow.rows for flow in every)
    yield (
        f'<svg viewBox="0 0 {_WIDTH} {tops[-1]:.0f}" role="img" aria-labelledby="flow-name flow-says">\n'
        '<title id="flow-name">Rows flowing from aliases into canonical names</title>\n'
        f'<desc id="flow-says">{total:,} rows under {len(every):,} names; the table below has the same numbers.'
        "</desc>\n"
    )
    for group, top, height in zip(groups, tops, heights, strict=False):
        yield from _drawn(group, top, height, unit)
    yield "</svg>\n"


def table(every: Sequence[Flow]) -> Iterator[str]:
    """Yield the rows of an HTML table with the same numbers."""
    for flow in every[:_TABLE]:
        cells = f"<td>{escaped(flow.canonical)}</td><td>{flow.rows:,}</td><td>{flow.blocked:,}</td>"
        yield f'<tr><th scope="row">{escaped(flow.name)}</th>{cells}</tr>\n'
    if rest := every[_TABLE:]:
        rows, blocked = sum(flow.rows for flow in rest), sum(flow.blocked for flow in rest)
        yield (
            f'<tr><th scope="row">{len(rest):,} more names</th><td></td><td>{rows:,}</td><td>{blocked:,}</td></tr>\n'
        )


def _groups(every: Iterable[Flow]) -> Iterator[_Group]:
    """Yield what is drawn: the widest canonicals with their widest names, and the others as one."""
    found: dict[str, list[Flow]] = {}
    for flow in every:
        found.setdefault(flow.canonical, []).append(flow)
    groups = sorted((_Group(*item) for item in found.items()), key=lambda group: (-group.rows, group.canonical))
    for group in groups[:_CANONICALS]:
        yield _Group(group.canonical, [*group.flows[:_NAMES], *_others(group.flows[_NAMES:], group.canonical)])
    if rest := groups[_CANONICALS:]:
        name = f"{len(rest):,} other canonicals"
        yield _Group(name, list(_others([flow for group in rest for flow in group.flows], name)))


def _others(rest: Sequence[Flow], canonical: str) -> Iterator[Flow]:
    if rest:
        rows, blocked = sum(flow.rows for flow in rest), sum(flow.blocked for flow in rest)
        yield Flow(f"{len(rest):,} other names", canonical, rows, blocked)


def _height(group: _Group, unit: float) -> float:
    return sum(max(_LINE, _band(flow, unit)) for flow in group.flows)


def _band(flow: Flow, unit: float) -> float:
    return max(_THINNEST, flow.rows * unit)


def _drawn(group: _Group, top: float, height: float, unit: float) -> Iterator[str]:
    wide = sum(_band(flow, unit) for flow in group.flows)
    end = top + (height - wide) / 2
    yield _bar(_RIGHT, end, wide)
    yield _label(group.canonical, group.rows, group.blocked, top + height / 2, _RIGHT + _BAR + 8, "start")
    begin = top
    for flow in group.flows:
        band, room = _band(flow, unit), max(_LINE, _band(flow, unit))
        start = begin + (room - band) / 2
        yield from _ribbons(flow, start, end, band)
        yield _bar(_LEFT - _BAR, start, band)
        yield _label(flow.name, flow.rows, flow.blocked, begin + room / 2, _LEFT - _BAR - 8, "end")
        begin, end = begin + room, end + band


def _ribbons(flow: Flow, start: float, end: float, band: float) -> Iterator[str]:
    """Yield the band of a flow; the part in collision is one of its own, seen however narrow."""
    blocked = max(_THINNEST, band * flow.blocked / flow.rows) if flow.blocked else 0.0
    says = f"{escaped(flow.name)} &#8594; {escaped(flow.canonical)}: {_rows(flow)}"
    for kind, below, wide in (("band", 0.0, band - blocked), ("band blocked", band - blocked, blocked)):
        if wide > 0:
            path = _ribbon(start + below, end + below, wide)
            yield f'<path class="{kind}" d="{path}"><title>{says}</title></path>\n'


def _bar(x: float, y: float, height: float) -> str:
    return f'<rect class="bar" x="{x}" y="{y:.1f}" width="{_BAR}" height="{height:.1f}"/>\n'


def _ribbon(start: float, end: float, band: float) -> str:
    middle = (_LEFT + _RIGHT) / 2
    return (
        f"M{_LEFT} {start:.1f}C{middle:.0f} {start:.1f} {middle:.0f} {end:.1f} {_RIGHT} {end:.1f}"
        f"V{end + band:.1f}C{middle:.0f} {end + band:.1f} {middle:.0f} {start + band:.1f} {_LEFT} {start + band:.1f}Z"
    )


def _label(name: str, rows: int, blocked: int, middle: float, x: float, anchor: str) -> str:
    kind = "number blocked" if blocked else "number"
    return (
        f'<text x="{x:.0f}" y="{middle:.1f}" text-anchor="{anchor}" dominant-baseline="central">'
        f'{escaped(_short(name))}<tspan class="{kind}"> {rows:,}{_in_collision(blocked)}</tspan></text>\n'
    )


def _rows(flow: Flow) -> str:
    return f"{flow.rows:,} {'row' if flow.rows == 1 else 'rows'}{_in_collision(flow.blocked)}"


def _in_collision(blocked: int) -> str:
    return f", {blocked:,} in collision" if blocked else ""


def _short(name: str) -> str:
    """Return what fits beside the drawing; a wide letter takes the room of two."""
    text = visible(name).replace("\n", "⟨U+000A⟩").replace("\t", "⟨U+0009⟩")
    widths = accumulate(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    fitting = sum(1 for width in widths if width <= _LETTERS)
    return text if fitting == len(text) else f"{text[: fitting - 1]}…"
