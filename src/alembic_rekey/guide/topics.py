"""The pages of the guide, and the topics that they are asked for: a page, or one heading of any page."""

from __future__ import annotations

import re
from pathlib import Path

from alembic_rekey.errors import CommandRefused

__all__ = ["PAGES", "listing", "page", "topic"]

_FOLDER = Path(__file__).parent

PAGES = (
    *("start", "concepts", "declaring", "review", "deploy", "undo", "on-call", "refusals", "settings", "environments"),
    *("large-tables", "performance", "security", "comparison", "versions", "contributing"),
)
"""In the order of reading."""

_HIDDEN = re.compile(r"(?ms)^<!--.*?-->\n+")
_HEADING = re.compile(r"(?m)^(##+) (.*)$")
_CODE = re.compile(r"(?ms)^```.*?^```$")


def page(name: str) -> str:
    """Return the text of a page as it is written, with what only the check reads."""
    return (_FOLDER / f"{name}.md").read_text("utf-8")


def listing() -> str:
    """Return the list of all pages, each with its first sentence."""
    lines = "".join(f"- `{name}`: {_about(name)}\n" for name in PAGES)
    return f"# The guide\n\n`alembic-rekey guide TOPIC` shows a page, or what stands under a heading of one.\n\n{lines}"


def topic(asked: str) -> str:
    """Return what the guide says of a topic: a page, or a heading, which the name of a check finds too.

    Raises:
        CommandRefused: if there is no such topic.
    """
    wanted = _plain(asked)
    if wanted in PAGES:
        return _HIDDEN.sub("", page(wanted))
    # What a refusal means comes before what else stands under that word.
    pages = sorted(PAGES, key=lambda name: name != "refusals")
    sections = [section for name in pages for section in _sections(name)]
    name = wanted.removeprefix("rekey-")
    # A check is called by its own name and a noun.
    known = [each for each, _ in sections if name == each or name.startswith(f"{each}-")]
    if not known:
        raise CommandRefused(
            f"the guide has no topic {asked!r}.",
            f"take a page, {', '.join(PAGES)}, or one of their headings.",
        )
    return "\n".join(text for each, text in sections if each == max(known, key=len))


def _plain(words: str) -> str:
    """Return a topic as it is compared: small letters, joined by hyphens."""
    return "-".join(re.findall(r"[\w/]+", words.lower().replace("_", " ")))


def _about(name: str) -> str:
    """Return the first sentence below the title."""
    return " ".join(_HIDDEN.sub("", page(name)).split("\n\n")[1].split()).partition(". ")[0].rstrip(".") + "."


def _sections(name: str) -> list[tuple[str, str]]:
    """Return each heading of a page with its text; a heading may hold several names."""
    text = _HIDDEN.sub("", page(name))
    # A comment of a shell block begins like a heading.
    places = list(_HEADING.finditer(_CODE.sub(lambda code: " " * len(code[0]), text)))
    found = []
    for number, place in enumerate(places):
        behind = (each.start() for each in places[number + 1 :] if len(each[1]) <= len(place[1]))
        section = text[place.start() : next(behind, len(text))].rstrip() + "\n"
        found += [(_plain(each), section) for each in place[2].split(", ")]
    return found
