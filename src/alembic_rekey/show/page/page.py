"""A report as one HTML page for the person who approves: nothing from elsewhere, nothing in a value can run.

Everything on it comes from the report, checked, and from what the guard said; nothing is decided here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from itertools import islice
from typing import Any

from mako.template import Template  # type: ignore[import-untyped]  # Mako ships no types

from alembic_rekey.errors import Finding
from alembic_rekey.plan.actions import LEFT_BEHIND
from alembic_rekey.plan.told_counts import Told, told_applied, told_planned
from alembic_rekey.report.document import ANSWERS
from alembic_rekey.report.reading import ReadReport, report_entries
from alembic_rekey.review.against import Against
from alembic_rekey.review.questions import Question
from alembic_rekey.review.restore_plan import Returning
from alembic_rekey.review.scan.findings import Unregistered
from alembic_rekey.show.page.cards import cards, decisions, grouped
from alembic_rekey.show.page.flow import flows, grouped_flows
from alembic_rekey.show.page.markup import cut
from alembic_rekey.show.page.markup import said as said_as
from alembic_rekey.show.page.returning import ReturningRows
from alembic_rekey.show.page.rows import SAYS, Rows
from alembic_rekey.spec import Spec
from alembic_rekey.text.shown import counted

__all__ = ["Said", "page", "restore_page"]

_SENTENCE, _SENTENCES, _MOST_LISTED = 400, 200, 1_000


@dataclass(frozen=True)
class Said:
    """What there is to say about a report beside its rows.

    `tone` is `refused`, `ready` or `nothing`; `instead` is the command that shows the rows without a browser. `asked`
    are the collisions that a person is to decide, `before` the answers that were given before, `names` those that
    nobody registered, `beside` how another report differs.
    """

    title: str
    verdict: str
    tone: str
    instead: str
    facts: Sequence[tuple[str, str]]
    collisions: Sequence[Finding] = ()
    others: Sequence[Finding] = ()
    asked: Sequence[Question] = ()
    before: Sequence[Mapping[str, Any]] = ()
    names: Sequence[Unregistered] = ()
    beside: Against | None = None


def page(report: ReadReport, spec: Spec, said: Said) -> Iterator[str]:
    """Yield the page in ASCII pieces; the rows pass through, none is kept.

    Raises:
        ReportFailed: if the report changed since it was read.
    """
    rows = Rows.of(report, spec)
    every = flows(rows.tally.every_spelling())
    made = cards(said.asked, rows.tally.under_each_name())
    decided = list(islice(report_entries(report, ANSWERS), _MOST_LISTED + 1))
    filled = {
        **_shell(said, report.facts["fingerprint"], *(["decide.js"] if made else [])),
        "report": report,
        "rows": rows,
        "counts": _counts(report, rows, spec),
        "names": said.names,
        "beside": said.beside,
        "said_as": said_as,
        "blocking": {one.check: [other for other in said.others if other.check == one.check] for one in said.others},
        "collisions": sum(value for name, value in report.facts["counts"].items() if name.endswith("_collisions")),
        "cards": made,
        "grouped": grouped,
        "decided": decided[:_MOST_LISTED],
        "more_decided": len(decided) > _MOST_LISTED,
        "flows": every,
        "groups": grouped_flows(every),
        "FLOWS": _MOST_LISTED,
        "SAYS": SAYS,
        "SENTENCES": _SENTENCES,
        "SENTENCE": _SENTENCE,
        "cut": cut,
    }
    yield _template().get_def("above").render(**filled)
    yield from rows.data()
    yield _template().get_def("between").render()
    yield from decisions(made, said.before)
    yield _template().get_def("below").render(**filled)


def _counts(report: ReadReport, rows: Rows, spec: Spec) -> list[Told]:
    planned, applied = report.facts["counts"], report.head.get("apply_summary")
    if not applied:
        return told_planned(planned, rows.tally.merged(spec))
    # Only a plan counts it, and it holds for the run as well.
    left = LEFT_BEHIND.format(noun=spec.identity.noun)
    return [*told_applied(planned, applied), *([Told(left, planned[left])] if left in planned else [])]


def restore_page(returning: Sequence[Returning], said: Said) -> Iterator[str]:
    """Yield the page of the way back of some runs: what each row holds now, and what it goes back to."""
    rows = ReturningRows(returning)
    filled = {
        **_shell(said, ""),
        "returning": returning,
        "actions": rows.actions,
        "left_out": f"{rows.left_out:,} rows" if rows.left_out else "",
    }
    yield _template().get_def("restore").render(**filled)
    yield from rows.data()
    yield _template().get_def("between").render()
    yield "null"
    yield _template().get_def("below").render(**filled)


def _shell(said: Said, fingerprint: str, *scripts: str) -> dict[str, Any]:
    """Return what stands around every page."""
    return {
        "said": said,
        "fingerprint": fingerprint,
        "css": _text("page.css"),
        "scripts": [_text("page.js"), *map(_text, scripts)],
        "hash_of": _hash,
        "counted": counted,
        "version": version("alembic-rekey"),
    }


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _text(name: str) -> str:
    return files("alembic_rekey.show.page").joinpath(name).read_text("ascii")


@cache
def _template() -> Any:
    """Return the template, made once and only where a page is; each expression in it goes through `escaped`."""
    imports = ["from alembic_rekey.show.page.markup import escaped"]
    return Template(_text("page.mako"), default_filters=["escaped"], strict_undefined=True, imports=imports)  # noqa: S702  # every expression is escaped
