"""A report as one HTML page for the person who approves: nothing from elsewhere, nothing in a value can run.

Everything on it comes from the report, checked, and from what the guard said; nothing is decided here.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

from alembic_rekey.errors import Finding
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.reading import ReadReport
from alembic_rekey.show.page.flow_picture import flows, picture, table
from alembic_rekey.show.page.markup import cut, escaped
from alembic_rekey.show.page.rows import SAYS, Rows
from alembic_rekey.spec import Spec

__all__ = ["Said", "page"]

_MARK = re.compile(r"\{\{(\w+)\}\}")
_SENTENCE, _SENTENCES = 400, 200


@dataclass(frozen=True)
class Said:
    """What there is to say about a report beside its rows.

    `tone` is `refused`, `ready` or `nothing`; `instead` is the command that shows the rows without a browser.
    """

    title: str
    verdict: str
    tone: str
    instead: str
    facts: Sequence[tuple[str, str]]
    collisions: Sequence[Finding] = ()
    others: Sequence[Finding] = ()


def page(report: ReadReport, spec: Spec, said: Said) -> Iterator[str]:
    """Yield the page in ASCII pieces; the rows pass through, none is kept but those in collision.

    Raises:
        ReportFailed: if the report changed since it was read.
    """
    rows = Rows.of(report, spec)
    texts = {
        name: files("alembic_rekey.show.page").joinpath(f"page.{name}").read_text("ascii")
        for name in ("css", "js", "html")
    }
    filled: dict[str, Iterable[str]] = {
        "title": [escaped(said.title)],
        "verdict": [escaped(said.verdict)],
        "tone": [said.tone],
        "style": [texts["css"]],
        "style_hash": [_hash(texts["css"])],
        "script": [texts["js"]],
        "script_hash": [_hash(texts["js"])],
        "facts": _facts(said.facts),
        "counts": _counts(report),
        "blocks": _blocks(report, said),
        "flow": _flow(rows),
        "actions": _actions(rows.actions),
        "collisions": _collisions(report, rows),
        "left_out": _left_out(rows.left_out, said.instead),
        "instead": [escaped(said.instead)],
        "rows": rows.data(),
        "version": [escaped(version("alembic-rekey"))],
    }
    # Every other piece is a name between the marks; what is filled in is never looked through again.
    for place, piece in enumerate(_MARK.split(texts["html"])):
        yield from filled[piece] if place % 2 else [piece]


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _facts(facts: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, fact in facts:
        yield f"<dt>{escaped(name)}</dt><dd>{escaped(fact)}</dd>\n"


def _counts(report: ReadReport) -> Iterator[str]:
    applied = report.head.get("apply_summary")
    plan = report.facts["counts"]
    if applied:
        yield "<h3>What was done</h3>\n"
        yield from _tiles(applied)
        yield "<h3>What was planned</h3>\n"
    yield from _tiles(plan)


def _tiles(counts: Mapping[str, int]) -> Iterator[str]:
    yield '<dl class="tiles">\n'
    for name, number in counts.items():
        kind = "zero" if not number else "bad" if name.endswith("_collisions") else "some"
        yield f'<div class="{kind}"><dt>{escaped(name.replace("_", " "))}</dt><dd>{number:,}</dd></div>\n'
    yield "</dl>\n"


def _blocks(report: ReadReport, said: Said) -> Iterator[str]:
    if said.collisions:
        number = sum(value for name, value in report.facts["counts"].items() if name.endswith("_collisions"))
        yield (
            f'<div class="block">\n<h3>{_number(number, "collision")}</h3>\n'
            '<p>Each is a slot with several live values; <a href="#collisions">all of them stand below</a>.</p>\n'
        )
        yield from _remedies(said.collisions)
        yield "</div>\n"
    for check in dict.fromkeys(finding.check for finding in said.others):
        found = [finding for finding in said.others if finding.check == check]
        yield f'<div class="block">\n<h3><code>{escaped(check)}</code> ({len(found):,})</h3>\n<ul>\n'
        yield from (f"<li>{escaped(cut(finding.sentence, _SENTENCE))}</li>\n" for finding in found[:_SENTENCES])
        if len(found) > _SENTENCES:
            yield f"<li>and {len(found) - _SENTENCES:,} more</li>\n"
        yield "</ul>\n"
        yield from _remedies(found)
        yield "</div>\n"
    if not said.collisions and not said.others:
        yield "<p>Nothing.</p>\n"


def _remedies(found: Sequence[Finding]) -> Iterator[str]:
    for remedy in dict.fromkeys(finding.remedy for finding in found):
        yield f'<p class="remedy"><strong>What to do:</strong> {escaped(remedy)}</p>\n'


def _flow(rows: Rows) -> Iterator[str]:
    every = flows(rows.tally.every_spelling())
    if not every:
        yield "<p>No row stands under another name than its canonical.</p>\n"
        return
    yield '<figure>\n<div class="drawing" role="region" aria-label="Picture of the flow" tabindex="0">\n'
    yield from picture(every)
    yield (
        "</div>\n<figcaption>From the names as they are written, at the left, to the canonical names. The wider a "
        "band, the more rows; numbers are rows. The narrowest are drawn wider than they are, and red ones wait for a "
        "decision.</figcaption>\n</figure>\n"
        f"<details>\n<summary>The same as a table ({_number(len(every), 'name')})</summary>\n"
        '<div class="scroll" role="region" aria-label="Rows by name" tabindex="0">\n<table>\n<thead><tr>'
        '<th scope="col">Name as written</th><th scope="col">Canonical name</th><th scope="col">Rows</th>'
        '<th scope="col">of these in collision</th></tr></thead>\n<tbody>\n'
    )
    yield from table(every)
    yield "</tbody>\n</table>\n</div>\n</details>\n"


def _actions(actions: Mapping[Action, int]) -> Iterator[str]:
    for action, number in actions.items():
        says = f"{SAYS[action]} ({_number(number, 'row')})"
        yield f'<option value="{action}" data-says="{SAYS[action]}">{says}</option>'


def _collisions(report: ReadReport, rows: Rows) -> Iterator[str]:
    if not rows.collisions:
        yield "<p>None.</p>\n"
        return
    every = sum(value for name, value in report.facts["counts"].items() if name.endswith("_collisions"))
    if more := every - len(rows.collisions):
        yield f"<p>The first {len(rows.collisions):,} stand here; the report has {more:,} more.</p>\n"
    yield '<ul class="cards">\n'
    yield from rows.cards()
    yield "</ul>\n"


def _left_out(left_out: Mapping[Action, int], instead: str) -> Iterator[str]:
    if left_out:
        listed = ", ".join(f"{number:,} {SAYS[action]}" for action, number in left_out.items())
        yield (
            f"<p><strong>Not all rows stand on this page.</strong> Left out: {listed}. "
            f"<code>{escaped(instead)}</code> shows them.</p>\n"
        )


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
