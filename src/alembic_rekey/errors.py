"""Everything that this package raises: one root, typed arguments, and the wording in one place.

A message has three parts: what is wrong, where, and what to do next. Nothing here imports Alembic;
`environment` and `cli` turn a `RekeyError` into `FAILED: …` and a non-zero exit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "WORDING",
    "CommandRefused",
    "DatabaseFailed",
    "Finding",
    "Refused",
    "RegistryRefused",
    "RekeyError",
    "ReportFailed",
    "RunUnknown",
    "SettingRefused",
    "SpecRefused",
    "Wording",
]


class RekeyError(Exception):
    """Root of every refusal; `str()` is the whole message, made for a person."""


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


class RegistryRefused(RekeyError):
    """The registry file cannot be used; `problems` lists every one of its faults, each with its place."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        lines = [f"the registry {path} cannot be used; nothing was changed."]
        lines += [f"  - {problem}" for problem in problems]
        lines.append("  what to do: mend the file, or name another one with -x registry=FILE.")
        super().__init__("\n".join(lines))


class SettingRefused(RekeyError):
    """A setting is unknown or its value cannot be used."""

    def __init__(self, setting: str, problem: str, remedy: str) -> None:
        self.setting = setting
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"setting {setting}: {problem}\n  what to do: {remedy}")


class SpecRefused(RekeyError):
    """A revision declares something that the engine cannot fold."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n  what to do: {remedy}")


class ReportFailed(RekeyError):
    """A report file or its folder cannot be written or read."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        self.path = path
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"report {path}: {problem}\n  what to do: {remedy}")


class DatabaseFailed(RekeyError):
    """The database refused or could not be reached; `problem` is the driver's own first line, without passwords."""

    def __init__(self, database: str, problem: str, remedy: str) -> None:
        self.database = database
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"database {database}: {problem}\n  what to do: {remedy}")


class RunUnknown(RekeyError):
    """A run is asked for that the database has not recorded; `recorded` are the runs that it has."""

    def __init__(self, database: str, wanted: int | None, recorded: Sequence[int]) -> None:
        self.database = database
        self.wanted = wanted
        self.recorded = tuple(recorded)
        known = f"; it has {', '.join(map(str, recorded))}" if recorded else ""
        problem = "no run is recorded yet" if wanted is None else f"no run {wanted} is recorded{known}"
        remedy = (
            "list them with `alembic-rekey runs`; an upgrade records one, and url must name the database it ran on."
        )
        super().__init__(f"database {database}: {problem}.\n  what to do: {remedy}")


class CommandRefused(RekeyError):
    """A command cannot be carried out as it was given, before any database is asked."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n  what to do: {remedy}")


@dataclass(frozen=True)
class Wording:
    """The words of one built-in check: `sentence` is a format string over one offending row."""

    claim: str
    sentence: str
    remedy: str


WORDING: Mapping[str, Wording] = {
    "collision": Wording(
        claim="no slot has two active rows with different values",
        sentence="{table}: {canonical!r} has a collision at {slot}: row {key!r}, active under {written_under!r}, "
        "says {value!r}",
        remedy="decide which value is right and set the status of the other row to 'superseded', then run the "
        "upgrade again.",
    ),
    "crowded_slot": Wording(
        claim="no identity has two rows in one slot",
        sentence="{table}: identity {owner!r}, of {canonical!r}, has {rows} rows at {slot}",
        remedy="the table should allow one row per identity and slot: remove what is surplus, then run the "
        "upgrade again.",
    ),
    "two_canonical_rows": Wording(
        claim="each canonical name is carried by one row at most",
        sentence="{table}: row {key!r}, named {name!r}, is one of several rows for the canonical {canonical!r}",
        remedy="move what hangs on the wrong row to the right one by hand and delete the wrong one, then run the "
        "upgrade again.",
    ),
    "attached": Wording(
        claim="no row outside the plan hangs on a row that the plan deletes or renames",
        sentence="{child}: {rows} rows hang on {table} row {key!r}, which the plan would {action}, through {columns}; "
        "the plan does not cover them",
        remedy="move these rows to the canonical by hand, or cover their table in the spec of a new revision.",
    ),
    "journal_shape": Wording(
        claim="the journal has the columns of its table, in their order",
        sentence="{table}: column {column!r} is not in the same place in its table and in {journal}",
        remedy="the table changed after the journal was made: add or drop the column in the journal too, or, if the "
        "journal is empty, drop it and make it again with op.create_side_tables(spec).",
    ),
    "reserved_name": Wording(
        claim="no column has the name of one of the journal's own: run_id, action, canonical",
        sentence="{table}: column {column!r} is named like one of the journal's own columns; the journal cannot be made",
        remedy="rename the column for as long as the journal is needed, or leave its table out of the revision.",
    ),
    "missing_column": Wording(
        claim="every column that the revision declares is there",
        sentence="{table}: the revision declares column {column!r}, and the database does not have it",
        remedy="add the column, or correct the declaration in the revision.",
    ),
    "generated_column": Wording(
        claim="no row that may be deleted has a generated column, which could not be put back",
        sentence="{table}: column {column!r} is generated; the journal could not put a deleted row back",
        remedy="turn the generated column into a plain one before the upgrade, and back after it.",
    ),
    "plan_is_empty": Wording(
        claim="the plan touches at least one row",
        sentence="the plan touches no row",
        remedy="check that url and registry are the ones you mean, or allow it with -x allow_empty=true.",
    ),
    "version": Wording(
        claim="the database is at the revision that this script starts from: {start}",
        sentence="the database is at another revision",
        remedy="the script ran already, or is for another database: look into alembic_version and make it again.",
    ),
    "journal_needed": Wording(
        claim="no run needs its journal any more",
        sentence="run {id} of revision {revision} was not restored: its journal holds the only copy of deleted rows",
        remedy="restore it first, by a downgrade to the revision before the one that folded, or keep the side tables.",
    ),
    "table_holds_rows": Wording(
        claim="the table is empty",
        sentence="{table} holds {rows} rows",
        remedy="keep the table (alembic downgrade 0001 stops before it), or empty it yourself if it may go.",
    ),
    "run_to_restore": Wording(
        claim="the newest run that was not restored is one of this revision",
        sentence="revision {revision} has no run to restore: the newest one that was not restored is of {newest}",
        remedy="restore the newer run first (alembic-rekey runs lists them); if this revision never ran here, or its "
        "side tables are gone, restore from its report with -x report=FILE.",
    ),
    "drift": Wording(
        claim="the application left every row as the upgrade made it",
        sentence="{table}: row {key!r} ({action} for {canonical!r}): {what}; on_drift=keep would {keep}",
        remedy="look at these rows, then put back the others with -x on_drift=keep, or undo the changes first.",
    ),
    "drift_kept": Wording(
        claim="rows that drifted stay as the application left them",
        sentence="{table}: row {key!r} ({action} for {canonical!r}): {what}",
        remedy="look at these rows; the journal still holds what they were.",
    ),
    "not_as_before": Wording(
        claim="every row that went back is as it was before the upgrade",
        sentence="{table}: row {key!r} did not become what it was",
        remedy="look for triggers that change rows as they are written; nothing was changed.",
    ),
    "rows_lost": Wording(
        claim="rows before = rows after + rows deleted by the journal - rows created",
        sentence="{table}: {before} rows before, {after} after, {deleted} deleted and {created} created by the journal",
        remedy="something else changed the table in this transaction (a trigger, a rule, a cascade): find it, then "
        "run the upgrade again.",
    ),
    "count_differs": Wording(
        claim="each statement changed as many rows as the journal names",
        sentence="{name}: the journal names {journalled} rows, the database reported {reported}",
        remedy="look for triggers or rules that skip or add rows, and for keys that are NULL or not unique, then run "
        "the upgrade again.",
    ),
    "shadow_left": Wording(
        claim="no shadow and no misspelt canonical is left",
        sentence="{table}: a row is still named {spelling!r} instead of {canonical!r}",
        remedy="look for triggers that write the old name back, and for rows whose key is NULL.",
    ),
    "alias_left": Wording(
        claim="no row is keyed by an alias any more",
        sentence="{table}: rows are still keyed by {spelling!r} instead of {canonical!r}",
        remedy="look for triggers that write the old name back, and for rows whose key is NULL.",
    ),
    "owner_lost": Wording(
        claim="no row hangs on a shadow that was deleted",
        sentence="{table}: row {key!r} still hangs on {owner!r}, which is gone",
        remedy="look for rows whose key is NULL or not unique, and for triggers.",
    ),
    "foreign_key_broken": Wording(
        claim="no foreign key leads nowhere that did not before",
        sentence="{table}: the row with rowid {rowid} refers to a row of {parent} that would be gone",
        remedy="a table outside the plan hangs on rows that the plan deletes: move its rows to the canonical by hand, "
        "or cover the table in the spec.",
    ),
}
