"""Claims from the field: the survivor takes something from the others: S4, S8, S9, S20, S21, S22, S23, S25, D3.

D3 writes a row of its own where each book went; here `rekey_redirect` has it. It also takes two books for one that
share any of several identifiers: that is one fold per identifier, one after the other, in one revision.
"""

import pytest

from field_lines import THE_RUN, Line, cases, went

S4 = Line(
    name="S4 balances summed, losers say where they went",
    schema="""
    CREATE TABLE profiles (id INTEGER PRIMARY KEY, email VARCHAR(30), status VARCHAR(10) NOT NULL, merged_into INTEGER,
      created_at TIMESTAMP NOT NULL);
    CREATE TABLE balances (profile_id INTEGER NOT NULL REFERENCES profiles (id), currency VARCHAR(3) NOT NULL,
      cents INTEGER NOT NULL, updated_at TIMESTAMP NOT NULL, PRIMARY KEY (profile_id, currency));
    CREATE TABLE transfers (id INTEGER PRIMARY KEY, from_id INTEGER REFERENCES profiles (id),
      to_id INTEGER REFERENCES profiles (id));""",
    specs="""
        identity=Identity(
            noun="profile", key=profiles.c.id, name=profiles.c.email, duplicates=Duplicates.FOUND, match=Match.EXACT,
            where=profiles.c.merged_into.is_(None), survivor=(profiles.c.created_at,),
            retire={"status": "merged", "merged_into": SURVIVOR}),
        references=(References(
            noun="transfer", key=transfers.c.id, owners=(transfers.c.from_id, transfers.c.to_id), itself=Itself.KEEP),),
        slots=(Slots(
            noun="balance", key=(balances.c.profile_id, balances.c.currency), owners=(balances.c.profile_id,),
            slot=(balances.c.currency,), updated_at=balances.c.updated_at, absorb={"cents": Absorb.SUM}),)""",
    rows={
        "profiles": [
            (1, "a@x.org", "live", None, "2021-01-01 00:00:00"),
            (2, "a@x.org", "live", None, "2020-01-01 00:00:00"),
            (3, "a@x.org", "live", None, "2022-01-01 00:00:00"),
            (4, "a@x.org", "merged", 2, "2019-01-01 00:00:00"),
            (5, None, "live", None, "2020-01-01 00:00:00"),
            (6, None, "live", None, "2020-01-01 00:00:00"),
        ],
        "balances": [
            (1, "EUR", 100, "2023-01-01 00:00:00"),
            (2, "EUR", 20, "2023-01-01 00:00:00"),
            (3, "EUR", -3, "2023-01-02 00:00:00"),
            (1, "USD", 5, "2023-01-01 00:00:00"),
            (3, "USD", 7, "2023-01-02 00:00:00"),
            (2, "GBP", 1, "2023-01-01 00:00:00"),
            (5, "EUR", 9, "2023-01-01 00:00:00"),
        ],
        "transfers": [(1, 1, 3), (2, 5, 1), (3, None, 3), (4, 4, 2)],
    },
    after={
        "profiles": [
            (1, "a@x.org", "merged", 2, "2021-01-01 00:00:00"),
            (2, "a@x.org", "live", None, "2020-01-01 00:00:00"),
            (3, "a@x.org", "merged", 2, "2022-01-01 00:00:00"),
            (4, "a@x.org", "merged", 2, "2019-01-01 00:00:00"),
            (5, None, "live", None, "2020-01-01 00:00:00"),
            (6, None, "live", None, "2020-01-01 00:00:00"),
        ],
        "balances": [
            (2, "EUR", 117, THE_RUN),
            (2, "USD", 12, THE_RUN),
            (2, "GBP", 1, "2023-01-01 00:00:00"),
            (5, "EUR", 9, "2023-01-01 00:00:00"),
        ],
        "transfers": [(1, 2, 2), (2, 5, 2), (3, None, 2), (4, 4, 2)],
    },
    leads=[("profile", "1", "2"), ("profile", "3", "2")],
)

SESSIONS = """
    CREATE TABLE projects (id INTEGER PRIMARY KEY, source VARCHAR(10) NOT NULL, path VARCHAR(40) NOT NULL,
      first_seen TIMESTAMP, last_seen TIMESTAMP);
    CREATE TABLE sessions (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects (id));
    CREATE TABLE settings (project_id INTEGER NOT NULL REFERENCES projects (id), k VARCHAR(10) NOT NULL, v VARCHAR(10),
      PRIMARY KEY (project_id, k));"""
PROJECT = """
        identity=Identity(
            noun="project", key=projects.c.id, name=projects.c.path, duplicates=Duplicates.FOUND,
            match=(func.rtrim(func.lower(projects.c.path), "/"),), within=(projects.c.source,),
            survivor=(most(sessions.c.project_id),),
            absorb={"first_seen": Absorb.MIN, "last_seen": Absorb.MAX}),
        references=(References(noun="session", key=sessions.c.id, owners=(sessions.c.project_id,)),),
        slots=(Slots(
            noun="setting", key=(settings.c.project_id, settings.c.k), owners=(settings.c.project_id,),
            slot=(settings.c.k,), value=settings.c.v),)"""
S8_ROWS = {
    "projects": [
        (1, "cli", "/home/a", "2020-01-01 00:00:00", "2020-02-01 00:00:00"),
        (2, "cli", "/home/A/", "2020-01-02 00:00:00", "2020-01-02 00:00:00"),
        (3, "cli", "/home/a//", None, "2020-03-01 00:00:00"),
        (4, "web", "/home/a", "2019-01-01 00:00:00", "2021-01-01 00:00:00"),
        (5, "cli", "/", None, None),
        (6, "cli", "//", None, None),
    ],
    "sessions": [(1, 2), (2, 2), (3, 1), (4, 3), (5, 4), (6, 6)],
    "settings": [(1, "lang", "de"), (2, "lang", "de"), (3, "tab", "4"), (4, "lang", "en")],
}
S8 = Line(
    name="S8 projects by path per source",
    schema=SESSIONS,
    specs=PROJECT,
    rows=S8_ROWS,
    after={
        "projects": [
            (2, "cli", "/home/A/", "2020-01-01 00:00:00", "2020-03-01 00:00:00"),
            (4, "web", "/home/a", "2019-01-01 00:00:00", "2021-01-01 00:00:00"),
            # What is left of these is blank, which matches nothing.
            (5, "cli", "/", None, None),
            (6, "cli", "//", None, None),
        ],
        "sessions": [(1, 2), (2, 2), (3, 2), (4, 2), (5, 4), (6, 6)],
        "settings": [(2, "lang", "de"), (2, "tab", "4"), (4, "lang", "en")],
    },
)
S8_REFUSES = Line(
    name="S8 refuses on collision",
    schema=SESSIONS,
    specs=PROJECT,
    rows={**S8_ROWS, "settings": [(1, "lang", "de"), (2, "lang", "fr")]},
    refused="rekey_collision_setting",
)

S9 = Line(
    name="S9 sites by canonical domain",
    schema="""
    CREATE TABLE sites (id INTEGER PRIMARY KEY, domain VARCHAR(40), title VARCHAR(20), visits INTEGER,
      updated_at TIMESTAMP);
    CREATE TABLE pages (id INTEGER PRIMARY KEY, site_id INTEGER REFERENCES sites (id));
    CREATE TABLE favourites (user_id INTEGER NOT NULL, site_id INTEGER NOT NULL REFERENCES sites (id),
      PRIMARY KEY (user_id, site_id));
    CREATE TABLE notes (id INTEGER PRIMARY KEY, on_type VARCHAR(10) NOT NULL, on_id INTEGER NOT NULL);""",
    specs="""
        identity=Identity(
            noun="site", key=sites.c.id, name=sites.c.domain, duplicates=Duplicates.FOUND,
            match=(case(
                (func.lower(sites.c.domain).like("www.%"), func.substr(func.lower(sites.c.domain), 5)),
                else_=func.lower(sites.c.domain)),),
            updated_at=sites.c.updated_at, absorb={"title": Absorb.COALESCE, "visits": Absorb.SUM}),
        references=(
            References(noun="page", key=pages.c.id, owners=(pages.c.site_id,)),
            References(noun="note", key=notes.c.id, owners=(notes.c.on_id,), where=notes.c.on_type == "site")),
        slots=(Slots(
            noun="favourite", key=(favourites.c.user_id, favourites.c.site_id), owners=(favourites.c.site_id,),
            slot=(favourites.c.user_id,)),)""",
    rows={
        "sites": [
            (1, "www.x.org", None, 5, "2020-01-01 00:00:00"),
            (2, "X.org", "X", 7, "2020-01-02 00:00:00"),
            (3, "WWW.X.ORG", "Ex", None, None),
            (4, "y.org", "Y", 1, "2020-01-01 00:00:00"),
            (5, "www.y.orgs", "Ys", 1, "2020-01-01 00:00:00"),
        ],
        "pages": [(1, 1), (2, 2), (3, 3), (4, 4), (5, None)],
        "favourites": [(1, 1), (1, 3), (2, 2), (3, 4)],
        "notes": [(1, "site", 2), (2, "page", 2), (3, "site", 4), (4, "site", 3)],
    },
    after={
        "sites": [
            (1, "www.x.org", "X", 12, THE_RUN),
            (4, "y.org", "Y", 1, "2020-01-01 00:00:00"),
            (5, "www.y.orgs", "Ys", 1, "2020-01-01 00:00:00"),
        ],
        "pages": [(1, 1), (2, 1), (3, 1), (4, 4), (5, None)],
        "favourites": [(1, 1), (2, 1), (3, 4)],
        "notes": [(1, "site", 1), (2, "page", 2), (3, "site", 4), (4, "site", 1)],
    },
)

CUSTOMERS = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, kind VARCHAR(10) NOT NULL,
      phone VARCHAR(20), email VARCHAR(20), total INTEGER NOT NULL, since TIMESTAMP NOT NULL, last_order TIMESTAMP);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), cents INTEGER);"""
S20 = Line(
    name="S20 customers by phone: type, orders, age",
    schema=CUSTOMERS,
    specs="""
        identity=Identity(
            noun="customer", key=customers.c.id, name=customers.c.phone, duplicates=Duplicates.FOUND,
            match=(func.replace(func.replace(customers.c.phone, " ", ""), "-", ""),),
            within=(customers.c.user_id,),
            survivor=(
                case((customers.c.kind == "company", 0), else_=1), most(orders.c.customer_id), customers.c.since),
            absorb={
                "email": Absorb.COALESCE, "total": Absorb.SUM, "since": Absorb.MIN, "last_order": Absorb.MAX}),
        references=(References(noun="order", key=orders.c.id, owners=(orders.c.customer_id,)),)""",
    rows={
        "customers": [
            (1, 1, "person", "01 23", "a@x", 10, "2020-01-01 00:00:00", "2021-01-01 00:00:00"),
            (2, 1, "company", "0123", None, 1, "2021-01-01 00:00:00", None),
            (3, 1, "person", "01-23", "b@x", 5, "2019-01-01 00:00:00", "2020-01-01 00:00:00"),
            (4, 2, "person", "0123", None, 7, "2020-01-01 00:00:00", None),
            # No company: the one with more orders; 7 and 8 have none each: the older.
            (5, 1, "person", "9", None, 2, "2019-01-01 00:00:00", None),
            (6, 1, "person", "9 ", "c@x", 3, "2020-01-01 00:00:00", None),
            (7, 1, "person", "8", None, 0, "2020-01-02 00:00:00", None),
            (8, 1, "person", " 8", None, 0, "2020-01-01 00:00:00", None),
            (9, 1, "person", None, None, 1, "2020-01-01 00:00:00", None),
            (10, 1, "person", " - ", None, 1, "2020-01-01 00:00:00", None),
            (11, 1, "person", "-", None, 1, "2020-01-01 00:00:00", None),
        ],
        "orders": [(1, 1, 4), (2, 1, 6), (3, 2, 1), (4, 3, 5), (5, 6, 3), (6, 4, 7), (7, None, 1), (8, 10, 1)],
    },
    after={
        "customers": [
            # Of the persons 1 has more orders and comes first.
            (2, 1, "company", "0123", "a@x", 16, "2019-01-01 00:00:00", "2021-01-01 00:00:00"),
            (4, 2, "person", "0123", None, 7, "2020-01-01 00:00:00", None),
            (6, 1, "person", "9 ", "c@x", 5, "2019-01-01 00:00:00", None),
            (8, 1, "person", " 8", None, 0, "2020-01-01 00:00:00", None),
            (9, 1, "person", None, None, 1, "2020-01-01 00:00:00", None),
            (10, 1, "person", " - ", None, 1, "2020-01-01 00:00:00", None),
            (11, 1, "person", "-", None, 1, "2020-01-01 00:00:00", None),
        ],
        "orders": [(1, 2, 4), (2, 2, 6), (3, 2, 1), (4, 2, 5), (5, 6, 3), (6, 4, 7), (7, None, 1), (8, 10, 1)],
    },
)
S21 = Line(
    name="S21 the last nine digits",
    schema=CUSTOMERS,
    specs="""
        identity=Identity(
            noun="customer", key=customers.c.id, name=customers.c.phone, duplicates=Duplicates.FOUND,
            match=(func.substr(customers.c.phone, func.length(customers.c.phone) - 8),),
            within=(customers.c.user_id,), survivor=(customers.c.last_order.desc().nulls_last(), customers.c.since),
            absorb={customers.c.total: Absorb.SUM}),
        references=(References(noun="order", key=orders.c.id, owners=(orders.c.customer_id,)),)""",
    rows={
        "customers": [
            (1, 1, "person", "+39333444555", "a@x", 10, "2020-01-01 00:00:00", None),
            (2, 1, "person", "333444555", None, 1, "2021-01-01 00:00:00", "2021-01-01 00:00:00"),
            (3, 2, "person", "333444555", None, 1, "2021-01-01 00:00:00", None),
        ],
        "orders": [(1, 1, 10), (2, 2, 1), (3, 3, 1)],
    },
    after={
        "customers": [
            (2, 1, "person", "333444555", None, 11, "2021-01-01 00:00:00", "2021-01-01 00:00:00"),
            (3, 2, "person", "333444555", None, 1, "2021-01-01 00:00:00", None),
        ],
        "orders": [(1, 2, 10), (2, 2, 1), (3, 3, 1)],
    },
)

S22 = Line(
    name="S22 organisations, members conflict",
    schema="""
    CREATE TABLE organisations (id INTEGER PRIMARY KEY, name VARCHAR(30) NOT NULL, website VARCHAR(30));
    CREATE TABLE members (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL REFERENCES organisations (id),
      user_id INTEGER NOT NULL, role VARCHAR(10) NOT NULL, UNIQUE (organisation_id, user_id));
    CREATE TABLE invoices (id INTEGER PRIMARY KEY, organisation_id INTEGER REFERENCES organisations (id));
    CREATE TABLE activities (id INTEGER PRIMARY KEY, subject_type VARCHAR(20) NOT NULL, subject_id VARCHAR(20));""",
    specs="""
        identity=Identity(
            noun="organisation", key=organisations.c.id, name=organisations.c.name, duplicates=Duplicates.FOUND,
            match=(func.lower(func.trim(organisations.c.name)),), survivor=(most(members.c.organisation_id),),
            absorb={"website": Absorb.COALESCE}),
        references=(
            References(noun="invoice", key=invoices.c.id, owners=(invoices.c.organisation_id,)),
            References(
                noun="activity", key=activities.c.id, owners=(activities.c.subject_id,),
                where=activities.c.subject_type == "organisation")),
        slots=(Slots(
            noun="member", key=members.c.id, owners=(members.c.organisation_id,), slot=(members.c.user_id,),
            value=members.c.role, differing=Differing.CANONICAL),)""",
    rows={
        "organisations": [(1, "Acme", None), (2, "ACME ", "acme.org"), (3, "acme", "acme.com"), (4, "Acme Ltd", None)],
        "members": [
            (1, 1, 10, "admin"),
            (2, 2, 10, "reader"),
            (3, 2, 11, "admin"),
            (4, 2, 12, "admin"),
            (5, 1, 11, "admin"),
            # Of 13 the organisation that stays says nothing: the first.
            (6, 3, 13, "reader"),
            (7, 2, 13, "admin"),
            (8, 4, 10, "owner"),
            (9, 1, 14, "reader"),
            (10, 1, 15, "reader"),
        ],
        "invoices": [(1, 1), (2, 2), (3, 3), (4, 4), (5, None)],
        "activities": [(1, "organisation", "1"), (2, "user", "1"), (3, "organisation", "3"), (4, "organisation", None)],
    },
    after={
        # Acme and ACME have four members each: the smaller key.
        "organisations": [(1, "Acme", "acme.org"), (4, "Acme Ltd", None)],
        "members": [
            (1, 1, 10, "admin"),
            (4, 1, 12, "admin"),
            (5, 1, 11, "admin"),
            (6, 1, 13, "reader"),
            (8, 4, 10, "owner"),
            (9, 1, 14, "reader"),
            (10, 1, 15, "reader"),
        ],
        "invoices": [(1, 1), (2, 1), (3, 1), (4, 4), (5, None)],
        "activities": [(1, "organisation", "1"), (2, "user", "1"), (3, "organisation", "1"), (4, "organisation", None)],
    },
)

S23 = Line(
    name="S23 organisations per owner, labels united",
    schema="""
    CREATE TABLE organisations (id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, name VARCHAR(30) NOT NULL,
      notes VARCHAR(30), created_at TIMESTAMP NOT NULL);
    CREATE TABLE contacts (id INTEGER PRIMARY KEY, organisation_id INTEGER REFERENCES organisations (id));
    CREATE TABLE labels (organisation_id INTEGER NOT NULL REFERENCES organisations (id), label VARCHAR(10) NOT NULL,
      PRIMARY KEY (organisation_id, label));""",
    specs="""
        identity=Identity(
            noun="organisation", key=organisations.c.id, name=organisations.c.name, duplicates=Duplicates.FOUND,
            match=(func.replace(func.lower(organisations.c.name), " ltd", ""),), within=(organisations.c.owner_id,),
            survivor=(organisations.c.created_at,), absorb={"notes": Absorb.COALESCE}),
        references=(References(noun="contact", key=contacts.c.id, owners=(contacts.c.organisation_id,)),),
        slots=(Slots(
            noun="label", key=(labels.c.organisation_id, labels.c.label), owners=(labels.c.organisation_id,),
            slot=(labels.c.label,)),)""",
    rows={
        "organisations": [
            (1, 1, "Acme Ltd", None, "2021-01-01 00:00:00"),
            (2, 1, "acme", None, "2020-01-01 00:00:00"),
            (3, 1, "ACME LTD", "pays late", "2022-01-01 00:00:00"),
            (4, 2, "Acme", None, "2020-01-01 00:00:00"),
        ],
        "contacts": [(1, 1), (2, 3), (3, 4), (4, None)],
        "labels": [(1, "b2b"), (2, "b2b"), (3, "late"), (1, "late"), (4, "b2b")],
    },
    after={
        "organisations": [
            (2, 1, "acme", "pays late", "2020-01-01 00:00:00"),
            (4, 2, "Acme", None, "2020-01-01 00:00:00"),
        ],
        "contacts": [(1, 2), (2, 2), (3, 4), (4, None)],
        "labels": [(2, "b2b"), (2, "late"), (4, "b2b")],
    },
)

S25 = Line(
    name="S25 albums by artist and title, most complete",
    schema="""
    CREATE TABLE albums (id INTEGER PRIMARY KEY, artist VARCHAR(30), album VARCHAR(30), year INTEGER, cover VARCHAR(30),
      genre VARCHAR(30));
    CREATE TABLE tracks (id INTEGER PRIMARY KEY, album_id INTEGER REFERENCES albums (id), title VARCHAR(30));""",
    specs="""
        identity=Identity(
            noun="album", key=albums.c.id, name=albums.c.album, duplicates=Duplicates.FOUND,
            match=(func.lower(albums.c.artist), func.lower(albums.c.album)),
            survivor=(
                (case((albums.c.year.is_(None), 0), else_=1) + case((albums.c.cover.is_(None), 0), else_=1)
                 + case((albums.c.genre.is_(None), 0), else_=1)).desc(),),
            absorb={"year": Absorb.COALESCE, "cover": Absorb.COALESCE, "genre": Absorb.COALESCE}),
        references=(References(noun="track", key=tracks.c.id, owners=(tracks.c.album_id,)),)""",
    rows={
        "albums": [
            (1, "Can", "Tago Mago", None, None, "krautrock"),
            (2, "can", "tago mago", 1971, "c.png", None),
            (3, "CAN", "Tago Mago", 2011, None, None),
            (4, "Neu!", "Tago Mago", 1972, None, None),
            (5, None, "Tago Mago", None, None, None),
            (6, None, "Tago Mago", None, None, None),
        ],
        "tracks": [
            (1, 1, "Paperhouse"),
            (2, 2, "Mushroom"),
            (3, 3, "Oh Yeah"),
            (4, 4, "?"),
            (5, 5, "??"),
            (6, None, "!"),
        ],
    },
    after={
        "albums": [
            (2, "can", "tago mago", 1971, "c.png", "krautrock"),
            (4, "Neu!", "Tago Mago", 1972, None, None),
            (5, None, "Tago Mago", None, None, None),
            (6, None, "Tago Mago", None, None, None),
        ],
        "tracks": [
            (1, 2, "Paperhouse"),
            (2, 2, "Mushroom"),
            (3, 2, "Oh Yeah"),
            (4, 4, "?"),
            (5, 5, "??"),
            (6, None, "!"),
        ],
    },
)

BOOK = """
        identity=Identity(
            noun="book", key=books.c.id, name=books.c.title, duplicates=Duplicates.FOUND, match=(books.c.{by},),
            absorb={{"isbn": Absorb.COALESCE, "olid": Absorb.COALESCE, "pages": Absorb.COALESCE}}),
        references=(References(noun="review", key=reviews.c.id, owners=(reviews.c.book_id,)),),
        slots=(
            Slots(
                noun="book_author", key=(book_authors.c.book_id, book_authors.c.author_id),
                owners=(book_authors.c.book_id,), slot=(book_authors.c.author_id,)),
            Slots(
                noun="shelved", key=shelved.c.id, owners=(shelved.c.book_id,),
                slot=(shelved.c.shelf_id,)))"""
D3 = Line(
    name="D3 books and authors by any of several identifiers",
    schema="""
    CREATE TABLE books (id INTEGER PRIMARY KEY, title VARCHAR(30), isbn VARCHAR(13), olid VARCHAR(10), pages INTEGER);
    CREATE TABLE authors (id INTEGER PRIMARY KEY, name VARCHAR(30), olid VARCHAR(10), bio VARCHAR(30));
    CREATE TABLE book_authors (book_id INTEGER NOT NULL REFERENCES books (id),
      author_id INTEGER NOT NULL REFERENCES authors (id), PRIMARY KEY (book_id, author_id));
    CREATE TABLE shelved (id INTEGER PRIMARY KEY, shelf_id INTEGER NOT NULL,
      book_id INTEGER NOT NULL REFERENCES books (id), UNIQUE (shelf_id, book_id));
    CREATE TABLE reviews (id INTEGER PRIMARY KEY, book_id INTEGER REFERENCES books (id));""",
    specs=(
        BOOK.format(by="isbn"),
        BOOK.format(by="olid"),
        """
        identity=Identity(
            noun="author", key=authors.c.id, name=authors.c.name, duplicates=Duplicates.FOUND,
            match=(authors.c.olid,), absorb={"bio": Absorb.COALESCE}),
        slots=(Slots(
            noun="book_author", key=(book_authors.c.book_id, book_authors.c.author_id),
            owners=(book_authors.c.author_id,), slot=(book_authors.c.book_id,)),)""",
    ),
    rows={
        "books": [
            (1, "Dune", "111", None, None),
            (2, "Dune", "111", "OL1", 412),
            (3, "Dune, again", None, "OL1", 400),  # one with 1 by way of 2
            (4, "Emma", "222", None, None),
            (5, "Emma", None, None, None),
            (6, "Emma", None, None, 300),
        ],
        "authors": [(1, "Herbert", "A1", None), (2, "F. Herbert", "A1", "wrote Dune"), (3, "Austen", None, None)],
        "book_authors": [(1, 1), (2, 2), (3, 1), (3, 2), (4, 3)],
        "shelved": [(1, 7, 1), (2, 7, 2), (3, 7, 3), (4, 8, 3), (5, 8, 4)],
        "reviews": [(1, 2), (2, 3), (3, 4), (4, None)],
    },
    after={
        "books": [
            (1, "Dune", "111", "OL1", 412),
            (4, "Emma", "222", None, None),
            (5, "Emma", None, None, None),
            (6, "Emma", None, None, 300),
        ],
        "authors": [(1, "Herbert", "A1", "wrote Dune"), (3, "Austen", None, None)],
        "book_authors": [(1, 1), (4, 3)],
        "shelved": [(1, 7, 1), (4, 8, 1), (5, 8, 4)],
        "reviews": [(1, 1), (2, 1), (3, 4), (4, None)],
    },
    leads=[("book", "2", "1"), ("book", "3", "1"), ("author", "2", "1")],
)


@pytest.mark.parametrize(
    ("database", "line"), cases(S4, S8, S8_REFUSES, S9, S20, S21, S22, S23, S25, D3), indirect=["database"]
)
def test_who_absorbs_folds_as_the_migration_meant_it_and_goes_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
