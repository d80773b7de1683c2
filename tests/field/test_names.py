"""Claims from the field: names that a person listed: S31, A10, A8.

A8 (every e-mail in lower case) is one file with every e-mail: `SELECT lower(email)` writes it; two spellings of one
address are one user then, where the migration would have failed at the unique index. Which one stays, `survivor` says:
both have the key of the canonical.

Left out, for they have no identity table: A9 (names of providers by a list) and S32 (providers, alias to canonical;
several rows keep one name). Rows that merely carry a name need rows that are the named things: a `Tags` of
an identity that is not there would claim that two rows of one name are two spellings of one thing, or that none is.
"""

import pytest

from field_lines import THE_RUN, Line, cases, went

S31 = Line(
    name="S31 names to their registered spelling",
    schema="""
    CREATE TABLE vendors (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, updated_at TIMESTAMP);
    CREATE TABLE invoices (id INTEGER PRIMARY KEY, vendor VARCHAR(40), cents INTEGER);""",
    specs="""
        identity=Identity(noun="vendor", key=vendors.c.id, name=vendors.c.name, updated_at=vendors.c.updated_at),
        tags=(Tags(noun="invoice", key=invoices.c.id, tag=invoices.c.vendor),)""",
    names={"vendors": {"Acme Inc.": ["acme", "ACME Incorporated"], "Bolt": [], "Cog & Sons": ["cog"]}},
    rows={
        "vendors": [
            (1, "Acme Inc.", "2020-01-01 00:00:00"),
            (2, "acme", "2020-01-01 00:00:00"),
            (3, "BOLT", "2020-01-01 00:00:00"),
            (4, "Dent", None),
        ],
        "invoices": [(1, "ACME incorporated", 1), (2, "Acme Inc.", 2), (3, "bolt ", 3), (4, "Dent", 4), (5, None, 5)],
    },
    after={
        "vendors": [(1, "Acme Inc.", "2020-01-01 00:00:00"), (3, "Bolt", THE_RUN), (4, "Dent", None)],
        "invoices": [(1, "Acme Inc.", 1), (2, "Acme Inc.", 2), (3, "Bolt", 3), (4, "Dent", 4), (5, None, 5)],
    },
)

LETTER_BY_LETTER = Line(
    name="names that differ in their capitals alone, where each letter counts",
    schema="""
    CREATE TABLE units (id INTEGER PRIMARY KEY, symbol VARCHAR(9) NOT NULL);
    CREATE TABLE readings (id INTEGER PRIMARY KEY, unit INTEGER REFERENCES units (id), symbol VARCHAR(9));""",
    specs="""
        identity=Identity(noun="unit", key=units.c.id, name=units.c.symbol, match=Match.EXACT),
        references=(References(noun="reading", key=readings.c.id, owners=(readings.c.unit,)),)""",
    # A name that one entry has in small letters is another than that in capitals, of the same entry or of another.
    names={"units": {"K": ["Kelvin", "KELVIN"], "k": ["kilo"], "M": ["m"]}},
    rows={
        "units": [(1, "K"), (2, "k"), (3, "KELVIN"), (4, "kelvin"), (5, "kilo"), (6, "M"), (7, "m")],
        "readings": [(1, 1, ""), (2, 2, ""), (3, 3, ""), (4, 4, ""), (5, 5, ""), (6, 6, ""), (7, 7, "")],
    },
    after={
        "units": [(1, "K"), (2, "k"), (4, "kelvin"), (6, "M")],
        "readings": [(1, 1, ""), (2, 2, ""), (3, 1, ""), (4, 4, ""), (5, 2, ""), (6, 6, ""), (7, 6, "")],
    },
)
A10 = Line(
    name="A10 the new row goes, the old one gets its label",
    schema="""
    CREATE TABLE kinds (id INTEGER PRIMARY KEY, label VARCHAR(20) NOT NULL UNIQUE, created_at TIMESTAMP NOT NULL);
    CREATE TABLE items (id INTEGER PRIMARY KEY, kind_id INTEGER REFERENCES kinds (id));""",
    # The key of the old row is known elsewhere, so it is the row that stays: first one of the two, then its name.
    specs=(
        """
        identity=Identity(
            noun="kind", key=kinds.c.id, name=kinds.c.label, duplicates=Duplicates.FOUND,
            match=(case((kinds.c.label.in_(["Hire", "Rental"]), "one")),), survivor=(kinds.c.created_at,)),
        references=(References(noun="item", key=items.c.id, owners=(items.c.kind_id,)),)""",
        """
        identity=Identity(
            noun="kind", key=kinds.c.id, name=kinds.c.label, match=Match.EXACT, missing=Missing.PROMOTE),
        references=(References(noun="item", key=items.c.id, owners=(items.c.kind_id,)),)""",
    ),
    names={"kinds": {"Rental": ["Hire"]}},
    rows={
        "kinds": [
            (1, "Hire", "2020-01-01 00:00:00"),
            (2, "Rental", "2023-01-01 00:00:00"),
            (3, "hire", "2020-01-01 00:00:00"),
            (4, "Sale", "2020-01-01 00:00:00"),
        ],
        "items": [(1, 1), (2, 2), (3, 3), (4, 4), (5, None)],
    },
    after={
        "kinds": [
            (1, "Rental", "2020-01-01 00:00:00"),
            (3, "hire", "2020-01-01 00:00:00"),
            (4, "Sale", "2020-01-01 00:00:00"),
        ],
        "items": [(1, 1), (2, 1), (3, 3), (4, 4), (5, None)],
    },
)

A8 = Line(
    name="A8 e-mails to lower case",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(40) UNIQUE);
    CREATE TABLE logins (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), email VARCHAR(40));""",
    specs="""
        identity=Identity(noun="user", key=users.c.id, name=users.c.email, missing=Missing.PROMOTE,
            survivor=(users.c.id,)),
        references=(References(
            noun="login", key=logins.c.id, owners=(logins.c.user_id,), names=(logins.c.email,)),)""",
    names={"users": {"ann@x.org": [], "bob@x.org": [], "cid@x.org": []}},
    rows={
        "users": [(1, "Ann@X.org"), (2, "bob@x.org"), (3, "BOB@x.org"), (4, None)],
        "logins": [(1, 1, "Ann@X.org"), (2, 3, "BOB@x.org"), (3, 2, "bob@x.org"), (4, 4, None), (5, None, None)],
    },
    after={
        "users": [(1, "ann@x.org"), (2, "bob@x.org"), (4, None)],
        "logins": [(1, 1, "ann@x.org"), (2, 2, "bob@x.org"), (3, 2, "bob@x.org"), (4, 4, None), (5, None, None)],
    },
)


@pytest.mark.parametrize(("database", "line"), cases(S31, A10, A8, LETTER_BY_LETTER), indirect=["database"])
def test_listed_names_fold_as_the_migration_meant_it_and_go_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
