"""The words of every built-in check, in one place: what must hold, what one finding says, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alembic_rekey.errors import with_page
from alembic_rekey.guard.wording.claims import CLAIM_WORDING
from alembic_rekey.guard.wording.keys import KEY_WORDING
from alembic_rekey.guard.wording.made import MADE_WORDING
from alembic_rekey.guard.wording.words import Wording

__all__ = ["WORDING", "Wording"]

_WORDING: Mapping[str, Wording] = {
    **CLAIM_WORDING,
    **KEY_WORDING,
    **MADE_WORDING,
    "collision": Wording(
        claim="no slot has two active rows with different values",
        sentence="{table}: {canonical!r} has a collision at {slot}: row {key!r}, active under {written_under!r}, "
        "says {value!r}",
        remedy="decide which value is right: on the page of alembic-rekey plan --html FILE, which gives a file for "
        "-x resolutions=FILE (alembic-rekey plan --write-resolutions FILE writes it as a form), or in the database: "
        "let the rows say the same or, where they have a status, give the other row another one ('superseded', say); "
        "then run the upgrade again.",
    ),
    "answer": Wording(
        claim="each answer keeps one active row of one slot in collision",
        sentence="{table}: the answer resolutions[{number}], to keep {keep!r} for {project!r} at {slot}: {what}",
        remedy="correct the file of answers, or write its form anew with alembic-rekey plan --write-resolutions FILE.",
    ),
    "itself": Wording(
        claim="no row that two owners of become one is left without a decision",
        sentence="{table}: row {key!r} would refer to {canonical!r} twice",
        remedy="say in the spec what becomes of such rows, itself=Itself.DELETE or KEEP, or change them by hand.",
    ),
    "own_parent": Wording(
        claim="no row becomes its own parent",
        sentence="{table}: row {key!r}, of {canonical!r}, would be its own parent",
        remedy="give the row another parent, or say itself=Itself.SET_NULL (it has none then) or Itself.KEEP in the "
        "spec's Identity.",
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
        remedy="move these rows to the canonical by hand, or cover their table in the spec (alembic-rekey revision "
        "--fold TABLE.COLUMN writes the parts of all tables that refer to it).",
    ),
    "attached_by_name": Wording(
        claim="no row refers to a name or to a key that the plan writes anew",
        sentence="{child}: {rows} rows refer through {columns} to what changes of {table} row {key!r}, which the plan "
        "would {action}; a fold cannot change both at once",
        remedy="drop the foreign key for a moment: op.drop_constraint before op.rekey and before op.restore, "
        "op.create_foreign_key behind each; or, where it leads to a name, spell that as it is registered yourself, "
        "in the row and in what refers to it.",
    ),
    "takes_no_null": Wording(
        claim="no column that takes no NULL is set to NULL",
        sentence="{table}: the plan would set {column!r} to NULL in {rows} rows, and the column takes no NULL",
        remedy="let the rows move or go (on_fold=OnFold.MOVE or DELETE), let a row be its own parent "
        "(itself=Itself.KEEP), set another value in `retire`; or let the column take NULL.",
    ),
    "reserved_name": Wording(
        claim="no column has the name of one of the journal's own: rekey_run, rekey_action, rekey_canonical",
        sentence="{table}: column {column!r} is named like one of the journal's own; the journal cannot be made",
        remedy="rename the column for as long as the journal is needed, or leave its table out of the revision.",
    ),
    "missing_column": Wording(
        claim="every column that the revision declares is there",
        sentence="{table}: the revision declares column {column!r}, and the database does not have it",
        remedy="add the column, or correct the declaration in the revision; where a pending revision before it adds "
        "the column, upgrade to that one first.",
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
        remedy="restore it first, by a downgrade to the revision before the one that folded (in its downgrade "
        "op.restore(spec) stands before op.drop_side_tables(spec)), or keep the side tables.",
    ),
    "only_copy": Wording(
        claim="no row that a downgrade left out is in its journal alone",
        sentence="{table}: row {key}, which run {id} deleted, did not go back: its only copy is in the journal",
        remedy="put it where it belongs by hand (the table's rekey_journal_ table has its columns), and then say so: "
        "UPDATE rekey_run SET outcome = 'restored' WHERE id = (that of the run). Where one downgrade restores and "
        "drops, mend what drifted and leave -x on_drift=keep away, or take op.drop_side_tables out of it.",
    ),
    "table_holds_rows": Wording(
        claim="the table is empty",
        sentence="{table} holds {rows} rows",
        remedy="keep the table (alembic downgrade 0001 stops before it), or empty it yourself if it may go.",
    ),
    "run_to_restore": Wording(
        claim="the newest run that was not restored is one of this revision and noun",
        sentence="revision {revision} has no run to restore: the newest one that was not restored is of {newest}",
        remedy="restore the newer run first (alembic-rekey runs lists them; in one downgrade op.restore stands in the "
        "reverse order of op.rekey); if its side tables are gone, restore from its report with -x report=FILE; if this "
        "revision never ran here (it was stamped), there is nothing to restore: alembic stamp the revision before it.",
    ),
    "run_of_more": Wording(
        claim="the spec names every kind of change that the run made",
        sentence="run {run} counted {rows} rows as {name}, which this spec does not name: they would not be put back",
        remedy="restore it with the spec that folded: where one noun is folded twice, op.restore stands in the reverse "
        "order of op.rekey; where the spec has lost a part since, give it back.",
    ),
    "run_restored": Wording(
        claim="a run is restored once",
        sentence="run {run} was restored already, but for what a downgrade with on_drift=keep told",
        remedy="what it left is in the journals; `alembic-rekey runs` shows what became of each run.",
    ),
    "newer_run": Wording(
        claim="only the newest run that was not restored can be restored",
        sentence="run {newer}, of revision {revision}, comes after run {run} and was not restored",
        remedy="restore the newer run first; `alembic-rekey runs` lists them.",
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
    "no_way_back": Wording(
        claim="every row that the journal names would go back as it was",
        sentence="{table}: row {key!r} ({action} for {canonical!r}) would not go back as it was: {what}",
        remedy="look for what else writes these rows: a trigger, a rule, a type that changes what is written. Where a "
        "trigger writes the time of the change, declare stamped=Stamped.BY_THE_DATABASE; else take it away for the "
        "upgrade.",
    ),
    "no_way_back_tried": Wording(
        claim="the way back, where triggers fire, was tried before the commit and gave every row back",
        sentence="the way back was tried: {what}; there fires {triggers}",
        remedy="let the trigger leave rows that go back as they are written, or take it away (ALTER TABLE … DISABLE "
        "TRIGGER …, on SQLite DROP TRIGGER …) for the upgrade, and for the downgrade again.",
    ),
    "not_as_before": Wording(
        claim="every row that went back is as it was before the upgrade",
        sentence="{table}: row {key!r} did not become what it was",
        remedy="look for triggers that change rows as they are written; nothing was changed.",
    ),
    "unaccounted": Wording(
        claim="the database counted the changes that the journal names, in every table, and no others",
        sentence="{table}: {counted} rows {kind}, and the journal names {journalled}",
        remedy="something else changed rows in this transaction (a trigger, a rule, a cascade, a conflict clause): "
        "find it and take it away for the upgrade, or cover its table in the spec, then run the upgrade again.",
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
        remedy="where that row goes because two owners of it become one, move first what hangs on it; else look for "
        "rows whose key is NULL or not unique, and for triggers.",
    ),
    "foreign_key_broken": Wording(
        claim="no foreign key leads nowhere that did not before",
        sentence="{table}: the row with rowid {rowid} refers to a row of {parent} that would be gone",
        remedy="a table outside the plan hangs on rows that the plan deletes: move these rows to the canonical by "
        "hand, or cover them in the spec. Going back: what the row referred to was deleted since; put that back first, "
        "or go back online with -x on_drift=keep.",
    ),
    "foreign_key_mended": Wording(
        claim="no foreign key that led nowhere before leads somewhere now",
        sentence="{table}: the row with rowid {rowid} referred to no {parent} before, and no way back restores that",
        remedy="correct or delete the row first: the downgrade could not let it refer to nothing again.",
    ),
    "other_plan": Wording(
        claim="the plan is the one that was approved",
        sentence="the plan with the fingerprint {expected} was approved; here it is {made}",
        remedy="review the new plan (alembic-rekey plan) and approve that; give the approved report as "
        "expect_plan=FILE to see what differs. Where a fold before it changes the same rows, approve the reports that "
        "an upgrade of a copy writes.",
    ),
    "plan_differs": Wording(
        claim="no row of the plan differs from the approved one",
        sentence="{difference}",
        remedy="review the new plan (alembic-rekey plan) and approve that.",
    ),
    "several_folds": Wording(
        claim="each fold of an upgrade has an approval of its own",
        sentence="revision {revision} is fold {number} of this upgrade, which was given {given} approvals",
        remedy="name one for each fold, in their order, with commas: alembic -x expect_plan=FIRST,SECOND upgrade head; "
        "or fold with one revision at a time: alembic upgrade REVISION, then plan the next one.",
    ),
    "approval_served": Wording(
        claim="an approved plan is carried out once",
        sentence="run {run} has this fingerprint",
        remedy="review the plan again (alembic-rekey plan): a fingerprint serves once.",
    ),
}

WORDING: Mapping[str, Wording] = {
    name: replace(words, remedy=with_page(words.remedy, name)) for name, words in _WORDING.items()
}
"""By the name of the check, which is also its heading in the guide."""
