"""Everything that this package raises: one root, typed arguments, and the wording in one place.

A message has three parts: what is wrong, where, and what to do next. Nothing here imports Alembic;
`environment` and `cli` turn a `RekeyError` into `FAILED: …` and a non-zero exit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

__all__ = [
    "AnswersRefused",
    "CommandRefused",
    "DatabaseFailed",
    "DatabaseUnsupported",
    "Finding",
    "OutcomeOpen",
    "Refused",
    "RegistryRefused",
    "RekeyError",
    "ReportFailed",
    "RunUnknown",
    "ScriptFailed",
    "SettingRefused",
    "SpecRefused",
    "since_commit",
    "with_page",
]


def with_page(remedy: str, topic: str) -> str:
    """Return what to do, and the page of the guide that tells more: how every refusal ends."""
    # What ends in lines to be copied stays apart from it.
    apart = "\n\n  " if "\n" in remedy else " "
    return f"{remedy}{apart}More: alembic-rekey guide {topic}"


class RekeyError(Exception):
    """Root of every refusal; `str()` is the whole message, made for a person, `topic` its page of the guide."""

    topic: ClassVar[str]

    status: ClassVar[int] = 1
    """How the command ends: 1 where something failed, 2 where the plan or what it is made of is refused."""


@dataclass(frozen=True)
class Finding:
    """One thing that the guard found: which check, what and where, and what to do about it.

    `arguments` keeps the values that the sentence was made of, for programs.
    """

    check: str
    sentence: str
    remedy: str
    arguments: Mapping[str, object]


class Refused(RekeyError):
    """The guard refuses a plan, or a verification failed; carries every `Finding` at once."""

    status = 2

    def __init__(self, title: str, findings: Sequence[Finding]) -> None:
        self.title = title
        self.findings = tuple(findings)
        lines = [f"{title}; nothing was changed."]
        for check in dict.fromkeys(finding.check for finding in findings):
            group = [finding for finding in findings if finding.check == check]
            lines.append(f"{check} ({len(group)}):")
            lines += [f"  - {finding.sentence}" for finding in group]
            lines += [f"  what to do: {remedy}" for remedy in dict.fromkeys(f.remedy for f in group)]
        super().__init__("\n".join(lines))


class DatabaseUnsupported(RekeyError):
    """There is no dialect of ours for the database of that name."""

    topic = "database"

    def __init__(self, name: str, supported: Sequence[str]) -> None:
        self.name = name
        remedy = f"use one of these: {', '.join(supported)}."
        problem = f"the database {name} is not supported; nothing was changed."
        super().__init__(f"{problem}\n  what to do: {with_page(remedy, self.topic)}")


class RegistryRefused(RekeyError):
    """The registry file cannot be used; `problems` lists every one of its faults, each with its place."""

    topic = "registry"
    status = 2

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        lines = [f"the registry {path} cannot be used; nothing was changed."]
        lines += [f"  - {problem}" for problem in problems]
        remedy = "mend the file, or name another one with -x registry=FILE."
        lines.append(f"  what to do: {with_page(remedy, self.topic)}")
        super().__init__("\n".join(lines))


class AnswersRefused(RekeyError):
    """The file of answers to collisions cannot be used; `problems` lists every one of its faults, with its place."""

    topic = "answers"
    status = 2

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        lines = [f"the answers {path} cannot be used; nothing was changed."]
        lines += [f"  - {problem}" for problem in problems]
        remedy = (
            "mend the file, or name another one with -x resolutions=FILE; "
            "`alembic-rekey plan --write-resolutions FILE` writes the form."
        )
        lines.append(f"  what to do: {with_page(remedy, self.topic)}")
        super().__init__("\n".join(lines))


class SettingRefused(RekeyError):
    """A setting is unknown or its value cannot be used."""

    topic = "settings"

    def __init__(self, setting: str, problem: str, remedy: str) -> None:
        self.setting = setting
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"setting {setting}: {problem}\n  what to do: {with_page(remedy, self.topic)}")


class SpecRefused(RekeyError):
    """A revision declares something that the engine cannot fold."""

    topic = "spec"

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n  what to do: {with_page(remedy, self.topic)}")


class ReportFailed(RekeyError):
    """A report file or its folder cannot be written or read."""

    topic = "report"

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        self.path = path
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"report {path}: {problem}\n  what to do: {with_page(remedy, self.topic)}")


class ScriptFailed(RekeyError):
    """A script could not be written to its end."""

    topic = "script_unwritten"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        remedy = "throw away what is there, which is not the whole script, and write it to another place."
        super().__init__(f"the script cannot be written: {problem}\n  what to do: {with_page(remedy, self.topic)}")


class DatabaseFailed(RekeyError):
    """The database refused or could not be reached; `problem` is the driver's own first line, without passwords."""

    topic = "database"

    def __init__(self, database: str, problem: str, remedy: str) -> None:
        self.database = database
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"database {database}: {problem}\n  what to do: {with_page(remedy, self.topic)}")


class OutcomeOpen(DatabaseFailed):
    """The connection was lost while COMMIT ran: all of it happened, or nothing; only the database knows."""

    topic = "outcome"

    def __init__(self, database: str, problem: str) -> None:
        remedy = (
            "whether it happened is open; half of it cannot have. `alembic current` tells the revision that the "
            "database has now: if that is still the one before, run it again."
        )
        super().__init__(database, f"the connection was lost during COMMIT: {problem}", remedy)


class RunUnknown(RekeyError):
    """A run is asked for that the database has not recorded; `recorded` are the runs that it has."""

    topic = "run"

    def __init__(self, database: str, wanted: int | None, recorded: Sequence[int]) -> None:
        self.database = database
        self.wanted = wanted
        self.recorded = tuple(recorded)
        known = f"; it has {', '.join(map(str, recorded))}" if recorded else ""
        problem = "no run is recorded yet" if wanted is None else f"no run {wanted} is recorded{known}"
        remedy = (
            "list them with `alembic-rekey runs`; an upgrade records one, and url must name the database it ran on."
        )
        super().__init__(f"database {database}: {problem}.\n  what to do: {with_page(remedy, self.topic)}")


class CommandRefused(RekeyError):
    """A command cannot be carried out as it was given, before any database is asked."""

    topic = "command"

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n  what to do: {with_page(remedy, self.topic)}")


def since_commit(said: str) -> str:
    """Return the words of a refusal for an upgrade of which a part was committed by an `autocommit_block()`."""
    for nothing in ("nothing was changed", "Nothing was changed"):
        said = said.replace(nothing, f"{nothing} since an autocommit_block() committed what came before it")
    stays = "what came before the autocommit_block() stays: `alembic current` tells the revision."
    return f"{said}\n  {with_page(stays, 'autocommit_block')}"
