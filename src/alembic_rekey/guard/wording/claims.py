"""The words of the checks of what a spec claims: part of `wording.WORDING`, where everything is looked up."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_rekey.guard.wording.words import Wording

__all__ = ["CLAIM_WORDING"]

CLAIM_WORDING: Mapping[str, Wording] = {
    "missing_table": Wording(
        claim="the database has every table that the revision declares",
        sentence="the database has no table {table}, which the revision declares",
        remedy="look at the url: is this the database that is meant? If it is, correct the name of the table in the "
        "spec (on PostgreSQL also its schema), or make it in a revision before this one.",
    ),
    "todo": Wording(
        claim="no question of the revision stands open",
        sentence="TODO in the revision: {question}",
        remedy="decide, change the spec where it should say otherwise, and strike the line out of its `todo`.",
    ),
    "not_a_table": Wording(
        claim="what the revision declares is a table, whose rows are stored where they are read",
        sentence="{table} is {what}; its rows could be neither journalled nor put back where they are stored",
        remedy="name the table behind it in the revision.",
    ),
    "not_text": Wording(
        claim="a column of names holds texts",
        sentence="{table}: the column of names {column!r} is of type {type}, and names are texts",
        remedy="name the column that holds the name itself in the spec (an identity's number as sa.Integer); a column "
        "that refers to a row by its key is an owner.",
    ),
    "no_number_named": Wording(
        claim="a name that is written into a column of whole numbers is one, as the column tells it",
        sentence="{table}: {column!r} holds whole numbers, and the registry's {canonical!r} is none that it would tell "
        "so",
        remedy="write the id in the registry as the column tells it, with no sign or zero in front, and with room for "
        "it in the declared type (sa.BigInteger); or name a column of texts in the spec.",
    ),
    "no_label": Wording(
        claim="a word that the spec writes into a column of an enum is one of its labels",
        sentence="{table}: {word!r} is no label of {type}, the enum of the column {column!r}; its labels: {labels}",
        remedy="say one of these in the spec (active, superseded, retire, created); or give the enum the label, ALTER "
        "TYPE … ADD VALUE …, in a transaction before the upgrade's own.",
    ),
    "foreign_partition": Wording(
        claim="every row of a table is stored in this database",
        sentence="{table}: its part {partition} is a foreign table; no transaction spans two servers",
        remedy="take that part out for the upgrade (ALTER TABLE … DETACH PARTITION …, or NO INHERIT), or turn it into "
        "a table of this database.",
    ),
    "inherited": Wording(
        claim="no other table inherits from one whose rows may be deleted",
        sentence="{table}: {heir} inherits from it; what is deleted there could not be put back there",
        remedy="take the heir out for the upgrade (ALTER TABLE … NO INHERIT …), or name the heir in the revision "
        "instead, if the rows are there.",
    ),
    "rewritten": Wording(
        claim="no rule of the database rewrites what is written to the tables",
        sentence="{table}: the rule {rule!r} rewrites what is written to it, so other rows would change than planned",
        remedy="disable the rule for the upgrade (ALTER TABLE … DISABLE RULE …), and enable it after.",
    ),
    "row_security": Wording(
        claim="row security hides no row of the tables, nor of those that refer to them, from this account",
        sentence="{table}: row security hides rows from the account {account!r}, and what it hides is not planned",
        remedy="run it with an account that row security does not bind: a superuser, one that was made with BYPASSRLS, "
        "or the owner of the table after ALTER TABLE … NO FORCE ROW LEVEL SECURITY.",
    ),
    "check_broken": Wording(
        claim="every row fulfils the CHECK constraints of its table, so that it could be put back",
        sentence="{table}: rows from before a CHECK constraint do not fulfil it, and could not be written again",
        remedy="correct the rows, or the constraint: PRAGMA quick_check names the tables.",
    ),
    "not_validated": Wording(
        claim="every row fulfils the constraints of its table, so that it could be put back",
        sentence="{table}: the constraint {constraint!r} is NOT VALID; a row from before it could not be written again",
        remedy="ALTER TABLE … VALIDATE CONSTRAINT …, after correcting the rows that it finds.",
    ),
    "no_replica_identity": Wording(
        claim="every published table has a replica identity, without which PostgreSQL changes no row of it",
        sentence="{table}: the publication {publication!r} holds it, and {what}",
        remedy="give the table a primary key, or ALTER TABLE … REPLICA IDENTITY FULL for the upgrade, which allows any "
        "WHERE; where the publication lists columns, let it list all of these, or none (ALTER PUBLICATION … SET TABLE "
        "…).",
    ),
    "name_of_several": Wording(
        claim="a name is that of one row, not of one per tenant",
        sentence="{table}: names are unique together with other columns ({columns}) only; rows of one name may be "
        "different things, and two tenants would be folded into one",
        remedy="if a name is one thing throughout, say so with a unique index on the name alone; if it is one per "
        "tenant, name the tenant's columns in the spec: Identity(within=(…)).",
    ),
    "no_number": Wording(
        claim="what is added up is a number",
        sentence="{table}: row {key!r} of {canonical!r} has {value!r} in {column!r}, which Absorb.SUM cannot add up",
        remedy="write a number or NULL there, declare the column of the table as one of numbers, or leave it out of "
        "absorb (or take another member, Absorb.COALESCE); then run the upgrade again.",
    ),
    "unique_after": Wording(
        claim="no unique index refuses what the rows become",
        sentence="{table}: {row}, would be one of {rows} that are alike to the unique index {index}",
        remedy="decide which of these rows stays, and remove or change the others by hand; where one is to be created, "
        "give it a value of its own, made of its name: Identity(created={'slug': func.lower(projects.c.name)}), or "
        "rename an alias row instead, missing=Missing.PROMOTE; then run the upgrade again.",
    ),
    "unique_midway": Wording(
        claim="no row gets a sum that another one holds till its turn comes",
        sentence="{table}: {row}, would get what {other}, holds till then, by the unique index {index}",
        remedy="leave the column out of absorb; or drop the index for a moment: op.drop_index (or op.drop_constraint) "
        "before op.rekey and before op.restore, and make it again behind each; or change one of these values by hand.",
    ),
    "excluded_after": Wording(
        claim="no exclusion constraint refuses what the rows become",
        sentence="{table}: {row}, would be excluded by {others} other rows: {constraint}",
        remedy="decide which of these rows stays, and remove or change the others by hand, then run the upgrade again.",
    ),
    "condition_after": Wording(
        claim="no CHECK constraint, type or domain refuses what the rows become",
        sentence="{table}: {row}, {what}",
        remedy="let the fold write what the database takes: other words in the spec (superseded, active, retire, "
        "created), another id in the registry, a column of times as narrow as it is, sa.String(10); or change these "
        "rows, or the constraint, or make a partition for them; a column is widened in a revision before the one that "
        "makes the side tables. Then run the upgrade again.",
    ),
    "canonical_absent": Wording(
        claim="every row that others are to become is there",
        sentence="{table}: row {key!r} is to become {canonical!r}, and no row has that key",
        remedy="correct the registry: the id of an entry is the key of a row that stays, and no key is made up.",
    ),
    "spelt_otherwise": Wording(
        claim="every row spells the key of a row that the plan names as that row does",
        sentence="{table}: {rows} rows refer by {columns} to {parent} row {key!r} and spell it {owner!r}; the table "
        "takes both for one, and a fold, whose journal keeps no collation, does not",
        remedy="spell them alike, which changes no reference: UPDATE child SET owner = (SELECT key FROM parent WHERE "
        "key = child.owner) WHERE EXISTS (SELECT 1 FROM parent WHERE key = child.owner); then run the upgrade again.",
    ),
    "kept_otherwise": Wording(
        claim="a column that the revision declares as text holds the texts of the keys that it refers to",
        sentence="{table}: {rows} rows refer by {columns} to {parent} row {key!r} and hold {owner!r}, which is not the "
        "text of that key but a number, or another spelling; they would be left where they are",
        remedy="declare the column with the type of the key, if it holds numbers; or write the texts: UPDATE child SET "
        "owner = CAST((SELECT key FROM parent WHERE key = child.owner) AS TEXT) WHERE EXISTS (SELECT 1 FROM parent "
        "WHERE key = child.owner), and where the part has a `where`, AND that: other rows may refer to other tables; "
        "then run the upgrade again.",
    ),
    "created_apart": Wording(
        claim="a created row is one that the spec is about",
        sentence="{table}: the row created for {canonical!r} does not count, as where of the spec says",
        remedy="give it what where reads: Identity(created={'tenant': 1, …}), or let the database's default do so.",
    ),
    "left_out": Wording(
        claim="no row that `where` leaves out hangs on a row that the plan deletes or renames",
        sentence="{child}: {rows} rows that `where` leaves out hang on {table} row {key!r}, which the plan would "
        "{action}, through {columns}",
        remedy="let `where` of this part count these rows too, or leave `where` away; or move them to the canonical "
        "by hand.",
    ),
    "orphan_gone": Wording(
        claim="no row that goes refers to nothing already",
        sentence="{table}: row {key!r}, which the plan would {action}, refers by {columns} to no row of {parent}; no "
        "downgrade could let it refer to nothing again",
        remedy="let the row refer to one that is there, or to none (NULL); then run the upgrade again.",
    ),
    "retired_again": Wording(
        claim="a retired row is found no more",
        sentence="{table}: row {key!r} would be retired for {canonical!r}, and be found again by the next fold",
        remedy="say in the spec which rows count, by a column that retire sets: "
        "Identity(where=users.c.deleted_at.is_(None), retire={'deleted_at': …}), or let retire set the name to None, "
        "or what else rows are matched by.",
    ),
    "journal_shape": Wording(
        claim="the journal has the columns of the spec's key, then those of its table, in their order",
        sentence="{table}: column {column!r} differs in {journal}, which every spec of the table shares: {what}",
        remedy="where another spec of the table names another key, name the same, its columns in the same order; where "
        "the table changed after the journal was made, change each journal named here likewise (ALTER TABLE …, "
        "ADD, DROP or RENAME COLUMN, ALTER COLUMN … TYPE …); an empty one may be dropped and made again with "
        "op.create_side_tables(spec); going back, drop them where the report is at hand, and restore from that: "
        "-x report=FILE.",
    ),
    "read_only": Wording(
        claim="transactions of this account write by default",
        sentence="default_transaction_read_only is on for {account!r} in this database",
        remedy="run it as an account that may write, or say so for this session, in psql with "
        "PGOPTIONS='-c default_transaction_read_only=off'.",
    ),
    "temporary_schema": Wording(
        claim="tables are made in a schema that outlives the session",
        sentence="search_path is {path!r}: what is made would be temporary, and gone with the session",
        remedy="name a schema of the database first in search_path: ALTER ROLE … SET search_path = public, or "
        "options=-csearch_path%3Dpublic in the URL.",
    ),
    "trigger_undeclared": Wording(
        claim="a table with a trigger that fires when rows are updated is declared with all of its columns",
        sentence="{table}: the trigger {called!r} fires when rows are updated, and the column {column!r} is not "
        "declared; a script would not see what is written there",
        remedy="declare the column in the revision's table, or run upgrade and downgrade online, which ask the "
        "catalog.",
    ),
    "trigger_on_way_back": Wording(
        claim="no trigger fires for the first time on the way back, where what the plan deletes is inserted",
        sentence="{table}: the trigger {called!r} fires on {event}, it may be for the first time on the way back; a "
        "script cannot try whether rows become what they were",
        remedy="run the upgrade online, which tries the way back before it commits; or take the trigger away, for the "
        "upgrade and for the downgrade.",
    ),
    "no_row_is_active": Wording(
        claim="some row has the status that the spec calls active",
        sentence="{table}: no row has the status {active!r}, which the spec calls active; {rows} rows have {status!r}",
        remedy="name the status of rows that are in force in the spec, Slots(active=…): values of others are dropped. "
        "If none of these rows is in force, delete them first, or give one of them that status.",
    ),
    "unreadable_time": Wording(
        claim="every time that decides which row stays can be read",
        sentence="{table}: row {key!r} has {value!r} in {column!r}, which is no time that can be read; for "
        "{canonical!r} the times decide which of several rows stays",
        remedy="write a time such as 2024-01-31 10:00:00, or NULL for none, into these rows; where the column holds "
        'numbers, declare it as Epoch(column, "s"), or "ms", or "us"; then run the upgrade again.',
    ),
    "time_type": Wording(
        claim="every column of times has a type of the kind that the revision declares",
        sentence="{table}: the revision declares the time {column!r} as {declared}, and in the database it is {type}",
        remedy="declare the column as what it is: a time as sa.DateTime, a text as sa.Text, a number as sa.BigInteger "
        'in Epoch(column, "ms").',
    ),
    "reference_type": Wording(
        claim="what refers to a key is of the kind of type that the key is, or a text where the revision says so",
        sentence="{table}: the column {column!r} is {type}, and refers to {key!r} of {parent}, which is {key_type}; as "
        "the revision declares the two they cannot be compared",
        remedy="declare both as the database has them, sa.Integer, sa.Uuid or sa.Text: a column of texts may refer to "
        "a key that is none. One of another type cannot: give it the type of the key in a revision before.",
    ),
}
