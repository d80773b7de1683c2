"""What a script asserts of its plan where a report was approved: the same rows, the same actions, once."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Dialect, exists, func, literal, literal_column, or_, select, update

from alembic_rekey.errors import SettingRefused
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.shape import surplus_columns
from alembic_rekey.names.registry import Registry
from alembic_rekey.report.approval import Approval
from alembic_rekey.report.digest import PlanDigest, digest_in_sql
from alembic_rekey.report.entry import told
from alembic_rekey.report.reading import ReadReport, report_entries
from alembic_rekey.report.rows import title_of
from alembic_rekey.spec import Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import current_run, journal, runs
from alembic_rekey.sql.steps import Guard, Statement, Step
from alembic_rekey.text.shown import printable

__all__ = ["plan_assertions"]

_REVIEW = (
    "review the plan of this database with this registry (alembic-rekey plan), and give the report that it writes."
)


def plan_assertions(spec: Spec, registry: Registry, expected: str, dialect: Dialect) -> Iterator[Step]:
    """Yield the steps between plan and apply that stop a script whose plan is not the approved one.

    `expected` is the approved report; its rows are read as a stream and only their digests are written. A run by
    script then records the fingerprint, which serves once like that of a run online.

    Raises:
        SettingRefused, ReportFailed: if it is no report, or one of another revision, registry or other tables.
    """
    approval = Approval.given(expected)
    if approval.report is None:
        raise SettingRefused(
            "expect_plan",
            "a script cannot compute a fingerprint, which no database can.",
            "give the report that `alembic-rekey plan` wrote: then the script holds digests of its rows and compares.",
        )
    _check(spec, registry, approval.report)
    for said in database(dialect.name).shell.same_text:
        yield Statement(*said)
    served = select(runs.c.id.label("run")).where(runs.c.plan_sha256 == approval.fingerprint)
    yield Guard(check("approval_served", "", served))
    for part in spec.parts:
        approved = PlanDigest.of(report_entries(approval.report, title_of(part)), dialect.name)
        yield Guard(check("other_plan", part.noun, _differs(part, approved, dialect.name)))
    yield Statement(
        "Record the fingerprint of the plan, which is the approved one: it serves once.",
        update(runs).where(runs.c.id == current_run()).values(plan_sha256=approval.fingerprint),
    )


def _differs(part: Part, approved: PlanDigest, dialect: str) -> Relation:
    table = select(literal(str(part.table.name)).label("table"))
    kept = journal(part)
    of_run: Relation = (
        select(literal_column("*")).select_from(kept).where(kept.c.rekey_run == current_run(), told(part))
    )
    planned = of_run.subquery("rekey_planned")
    if approved.columns is None:
        return table.where(exists(select(literal(1)).select_from(planned)))
    for name in approved.columns:
        # A shell takes another encoding for granted, and a name cannot be written otherwise as a value can.
        if name not in part.table.columns and not (name.isascii() and name.isprintable()):
            said = f"the column {printable(name)} of {part.table.name} cannot be named in a script of plain ASCII."
            raise SettingRefused("expect_plan", said, "run the upgrade online to hold it against the approved plan.")
    made = digest_in_sql(part, approved.columns, planned)
    surplus = surplus_columns(part, approved.columns, dialect)
    return table.where(or_(func.coalesce(made, "") != approved.digest, exists(surplus)))


def _check(spec: Spec, registry: Registry, report: ReadReport) -> None:
    tables = {title_of(part): part.table.fullname for part in spec.parts}
    of = {"revision": spec.revision, "registry_sha256": registry.sha256, "tables": tables}
    for fact, here in of.items():
        if report.facts.get(fact) != here:
            said = f"it approves a plan whose {fact} is {report.facts.get(fact)}; here it is {here}."
            raise SettingRefused("expect_plan", said, _REVIEW)
