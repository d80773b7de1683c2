"""Ways to damage a report, and to forge one whose checksum and fingerprint are right again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["REWRITTEN", "damaged", "forged", "rewritten", "sealed"]

Document = dict[str, Any]
Change = Callable[[Document], object]


BEHIND = ("counts", "has_collisions")
"""What stands behind the rows, which are counted while they are written."""
AROUND = ("plan", "apply_summary", "created_rows", "left_behind", "answers", "sha256")


def sealed(body: bytes) -> bytes:
    """The bytes of a report up to its checksum, with the checksum that is right for them."""
    return body + f' "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()


def rewritten(document: Document) -> bytes:
    """A document as the upgrade would have written it, with a right fingerprint and a right checksum."""
    head = {key: value for key, value in document.items() if key not in AROUND}
    plan = {key: value for key, value in document["plan"].items() if key != "fingerprint"}
    sections = {key: value for key, value in plan.items() if key.startswith("shadow_") or key.endswith("_plans")}
    lines = ["{"] + [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()] + [' "plan": {']
    facts = {key: value for key, value in plan.items() if key not in sections}
    told = {key: f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in facts.items()}
    lines += [line for key, line in told.items() if key not in BEHIND]
    seal = hashlib.sha256(json.dumps([1, plan.get("registry_sha256"), plan.get("revision")]).encode())
    for title, entries in sections.items():
        texts = [json.dumps(entry, separators=(",", ":")) for entry in entries]
        for entry in entries:
            # Where a row leads is no part of it.
            planned = {field: value for field, value in entry.items() if field != "lead"}
            seal.update(f"{title}\n{json.dumps(planned, separators=(',', ':'))}\n".encode())
        listed = "".join(f"\n   {text}," for text in texts)[:-1] if texts else ""
        lines.append(f"  {json.dumps(title)}: [{listed}],")
    lines += [line for key, line in told.items() if key in BEHIND]
    lines += [f'  "fingerprint": "{seal.hexdigest()}"', " },"]
    lines.append(f' "apply_summary": {json.dumps(document.get("apply_summary"))},')
    for title in ("created_rows", "left_behind", "answers"):
        made = [json.dumps(entry, separators=(",", ":")) for entry in document.get(title, ())]
        lines.append(f' "{title}": [' + ",".join(f"\n   {text}" for text in made) + "],")
    return sealed("".join(f"{line}\n" for line in lines).encode())


def forged(report: Path, change: Change) -> bytes:
    """The report after `change` was made to its document, as somebody would forge it."""
    document = json.loads(report.read_bytes())
    change(document)
    return rewritten(document)


def entry(document: Document, section: str = "shadow_projects") -> Document:
    """The first entry of a section."""
    found: Document = document["plan"][section][0]
    return found


def before(**values: object) -> Change:
    """Other values in the before-image of the first shadow."""
    return lambda document: entry(document)["before"].update(values)


def facts(**values: object) -> Change:
    return lambda document: document["plan"].update(values)


def head(**values: object) -> Change:
    return lambda document: document.update(values)


def within(**values: object) -> Change:
    """Other values in the first entry itself."""
    return lambda document: entry(document).update(values)


REWRITTEN: dict[str, Change] = {
    "format 2": head(format=2),
    "no format": lambda document: document.pop("format"),
    "a dry run": head(mode="dry-run"),
    "no run": head(run=None),
    "a run that never began": lambda document: document["run"].pop("started_at"),
    "a run that began at a number": lambda document: document["run"].update(started_at=5),
    "a run that began yesterday": lambda document: document["run"].update(started_at="yesterday"),
    "a number for a canonical": lambda document: document["run"].update(canonicals=["p05", 5]),
    "no path of a registry": head(registry_path=None),
    "another revision": facts(revision="0009"),
    "a number for a revision": facts(revision=3),
    "other tables": lambda document: document["plan"]["tables"].update(shadow_projects="customers"),
    "a list of tables": facts(tables=["projects"]),
    "a list of names": facts(alias_map=["p05"]),
    "a name for a number": facts(alias_map={"p05": 5}),
    "half a letter for a name": facts(alias_map={"\ud800": "p05"}),
    "a number for a checksum of the registry": facts(registry_sha256=5),
    "an unknown action": within(action="burn"),
    "no action": lambda document: entry(document).pop("action"),
    "a list for an action": within(action=["delete"]),
    "no canonical": lambda document: entry(document).pop("canonical"),
    "a list for a canonical": within(canonical=["p05"]),
    "half a letter for a canonical": within(canonical="\udfff"),
    "no before-image": lambda document: entry(document).pop("before"),
    "a list for a before-image": within(before=["s"]),
    "a survivor in text": within(survivor="it lives"),
    "a number for where it leads": within(lead=5),
    "a text for the place where it leads": within(lead={"place": "x", "to": {"id": "c"}}),
    "a list for the key that it leads to": within(lead={"place": 1, "to": ["c"]}),
    "a list for a part of that key": within(lead={"place": 1, "to": {"id": ["c"]}}),
    "a list for a value": before(description=["x"]),
    "an object for a value": before(description={"x": 1}),
    "an object with nothing in it": before(description={}),
    "bytes that are none": before(description={"$bytes": "zz"}),
    "bytes that are a number": before(description={"$bytes": 5}),
    "a real that is none": before(description={"$real": "abc"}),
    "a deep value": before(description=json.loads("[" * 900 + "]" * 900)),
    "half a letter for a value": before(description="\ud800"),
    "an integer that nothing holds": before(created_at=10**40),
    "an integer that nothing can print": before(created_at=True, description=-(10**30)),
    "another key": before(id="nobody"),
    "no key": before(id=None),
    "another column": before(colour="red"),
    "a column less": lambda document: entry(document)["before"].pop("description"),
}
"""Forgeries that are sealed as a report is: none of them may be taken for one, none may end in a traceback."""


def damaged(report: bytes) -> dict[str, bytes]:
    """Damages that leave the seal as it is, or that no document can have."""
    document = json.loads(report)
    body = report[: report.index(b' "sha256"')]
    first = body.index(b'   {"action"')
    return {
        "nothing": b"",
        "one byte": b"{",
        "half": report[: len(report) // 2],
        "no end": report[:-1],
        "no checksum": body,
        "something behind its end": report + b"\n",
        "much behind its end": report + report,
        "an edited value": report.replace(b'"MARK"', b'"mark"').replace(b"p05", b"p50", 1),
        "an edited value with an old checksum": report.replace(b"interferometer", b"Interferometer"),
        "other blanks": json.dumps(document, indent=1).encode() + b"\n",
        "no blanks": json.dumps(document).encode(),
        "UTF-16": report.decode().encode("utf-16"),
        "no UTF-8": sealed(body.replace(b"p05", b"p\xff5")),
        "no JSON": sealed(body[:first] + b"   {{{\n" + body[first:]),
        "depth without end": sealed(body[:first] + b'   {"action":' + b"[" * 100_000 + b"\n" + body[first:]),
        "depth around it": sealed(b'{\n "run": ' + b"[" * 100_000 + b"\n" + body[2:]),
        "a title that is none": sealed(body.replace(b'  "shadow_projects": [', b'  "shadow_\\x": [')),
        "a number without end": sealed(body.replace(b'"format": 1', b'"format": 1' + b"0" * 10_000)),
        "binary": bytes(range(256)) * 100,
        "another document": b'{"projects": []}\n',
        "another checksum line": sealed(b'{\n "x": 1,\n'),
    }
