"""Claims from the field: rows that refer to rows of their own table: categories, fathers, replies: S5, S6, R4.

And pages that do so by two columns, which no line of the field does.
"""

import pytest

from field_lines import THE_RUN, Line, cases, went

S5 = Line(
    name="S5 categories of a family in a tree",
    schema="""
    CREATE TABLE categories (id INTEGER PRIMARY KEY, family_id INTEGER, name VARCHAR(20) NOT NULL,
      parent_id INTEGER REFERENCES categories (id));
    CREATE TABLE transactions (id INTEGER PRIMARY KEY, category_id INTEGER REFERENCES categories (id),
      suggested_id INTEGER REFERENCES categories (id));
    CREATE TABLE audits (id INTEGER PRIMARY KEY, subject_type VARCHAR(20), subject_id VARCHAR(20),
      said VARCHAR(20));""",
    specs="""
        identity=Identity(
            noun="category", key=categories.c.id, name=categories.c.name, duplicates=Duplicates.FOUND,
            within=(categories.c.family_id,), owners=(categories.c.parent_id,), itself=Itself.SET_NULL),
        references=(
            References(
                noun="transaction", key=transactions.c.id,
                owners=(transactions.c.category_id, transactions.c.suggested_id), itself=Itself.KEEP),
            References(
                noun="audit", key=audits.c.id, owners=(audits.c.subject_id,),
                where=audits.c.subject_type == "category"))""",
    rows={
        "categories": [
            (1, 1, "Food", 3),  # its parent is the same thing, and goes
            (2, 1, "Milk", 1),
            (3, 1, "food", None),
            (4, 1, "Bread", 3),  # a child of what goes
            (5, 2, "FOOD", None),
            (6, 1, "FOOD", 5),
            (7, 1, "milk", 6),  # both it and its parent go
            (8, 1, "Oat milk", 7),
        ],
        "transactions": [(1, 3, 1), (2, 1, None), (3, 6, 4), (4, 5, 7), (5, None, None)],
        "audits": [
            (1, "category", "3", "made"),
            (2, "family", "3", "made"),
            (3, "category", "1", "made"),
            (4, "category", "7", "made"),
            (5, None, None, "made"),
        ],
    },
    after={
        "categories": [
            (1, 1, "Food", None),
            (2, 1, "Milk", 1),
            (4, 1, "Bread", 1),
            (5, 2, "FOOD", None),
            (8, 1, "Oat milk", 2),
        ],
        "transactions": [(1, 1, 1), (2, 1, None), (3, 1, 4), (4, 5, 2), (5, None, None)],
        "audits": [
            (1, "category", "1", "made"),
            (2, "family", "3", "made"),
            (3, "category", "1", "made"),
            (4, "category", "2", "made"),
            (5, None, None, "made"),
        ],
    },
)

PROFILES = """
    CREATE TABLE profiles (id INTEGER PRIMARY KEY, phone VARCHAR(20), name VARCHAR(20),
      father_id INTEGER REFERENCES profiles (id), created_at TIMESTAMP NOT NULL);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES profiles (id),
      approver_id INTEGER REFERENCES profiles (id));"""
PROFILE = """
        identity=Identity(
            noun="profile", key=profiles.c.id, name=profiles.c.phone, duplicates=Duplicates.FOUND, match=Match.EXACT,
            survivor=(profiles.c.created_at,), owners=(profiles.c.father_id,)),
        references=(References(
            noun="post", key=posts.c.id, owners=(posts.c.author_id, posts.c.approver_id), itself=Itself.KEEP),)"""
S6 = Line(
    name="S6 profiles by phone, author and approver",
    schema=PROFILES,
    specs=PROFILE,
    rows={
        "profiles": [
            (1, "+1", "Ann", None, "2021-01-01 00:00:00"),
            (2, "+1", "Ann", 4, "2020-01-01 00:00:00"),
            (3, "+1", "Anna", 5, "2022-01-01 00:00:00"),
            (4, "+2", "Bob", None, "2021-01-01 00:00:00"),
            (5, "+2", "Bob", None, "2020-01-01 00:00:00"),
            (6, "+3", "Cid", 1, "2020-01-01 00:00:00"),
            (7, None, "Dan", 3, "2020-01-01 00:00:00"),
            (8, None, "Dan", None, "2020-01-01 00:00:00"),
        ],
        "posts": [(1, 1, 4), (2, 3, 1), (3, 2, None), (4, 7, 8), (5, None, 3)],
    },
    after={
        "profiles": [
            (2, "+1", "Ann", 5, "2020-01-01 00:00:00"),
            (5, "+2", "Bob", None, "2020-01-01 00:00:00"),
            (6, "+3", "Cid", 2, "2020-01-01 00:00:00"),
            (7, None, "Dan", 2, "2020-01-01 00:00:00"),
            (8, None, "Dan", None, "2020-01-01 00:00:00"),
        ],
        # Of 2 the author approves himself now: both names are his.
        "posts": [(1, 2, 5), (2, 2, 2), (3, 2, None), (4, 7, 8), (5, None, 2)],
    },
)
S6_OWN_FATHER = Line(
    name="S6 nobody becomes his own father",
    schema=PROFILES,
    specs=PROFILE,
    rows={
        "profiles": [(1, "+1", "Ann", 2, "2020-01-01 00:00:00"), (2, "+1", "Ann", None, "2021-01-01 00:00:00")],
        "posts": [(1, 1, 2)],
    },
    refused="profiles",
)

MASTODON = """
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, username VARCHAR(30) NOT NULL, domain VARCHAR(30), note VARCHAR(30),
      updated_at TIMESTAMP NOT NULL);
    CREATE TABLE statuses (id INTEGER PRIMARY KEY, uri VARCHAR(30), account_id INTEGER REFERENCES accounts (id),
      in_reply_to_id INTEGER REFERENCES statuses (id));
    CREATE TABLE follows (id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES accounts (id),
      target_id INTEGER REFERENCES accounts (id), UNIQUE (account_id, target_id));
    CREATE TABLE favourites (id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES accounts (id),
      status_id INTEGER REFERENCES statuses (id), UNIQUE (account_id, status_id));
    CREATE TABLE conversations (status_id INTEGER PRIMARY KEY REFERENCES statuses (id));
    CREATE TABLE preferences (account_id INTEGER REFERENCES accounts (id), k VARCHAR(9), v VARCHAR(9),
      PRIMARY KEY (account_id, k));
    CREATE TABLE tags (id INTEGER PRIMARY KEY, name VARCHAR(30) NOT NULL);
    CREATE TABLE statuses_tags (status_id INTEGER REFERENCES statuses (id), tag_id INTEGER REFERENCES tags (id));
    CREATE TABLE emojis (id INTEGER PRIMARY KEY, shortcode VARCHAR(30) NOT NULL, domain VARCHAR(30),
      disabled BOOLEAN NOT NULL);"""
FOLDS = (
    """
        identity=Identity(
            noun="account", key=accounts.c.id, name=accounts.c.username, duplicates=Duplicates.FOUND,
            match=(func.lower(accounts.c.username),), within=(accounts.c.domain,),
            survivor=(accounts.c.updated_at.desc(),), absorb={"note": Absorb.COALESCE}),
        references=(References(noun="status", key=statuses.c.id, owners=(statuses.c.account_id,)),),
        slots=(
            Slots(
                noun="follow", key=follows.c.id, owners=(follows.c.account_id, follows.c.target_id),
                itself=Itself.DELETE),
            Slots(
                noun="favourite", key=favourites.c.id, owners=(favourites.c.account_id,),
                slot=(favourites.c.status_id,)),
            Slots(
                noun="preference", key=(preferences.c.account_id, preferences.c.k), owners=(preferences.c.account_id,),
                slot=(preferences.c.k,), value=preferences.c.v))""",
    """
        identity=Identity(
            noun="status", key=statuses.c.id, name=statuses.c.uri, duplicates=Duplicates.FOUND, match=Match.EXACT,
            owners=(statuses.c.in_reply_to_id,)),
        references=(References(
            noun="conversation", key=conversations.c.status_id, owners=(conversations.c.status_id,),
            on_fold=OnFold.DELETE),),
        slots=(
            Slots(
                noun="favourite", key=favourites.c.id, owners=(favourites.c.status_id,),
                slot=(favourites.c.account_id,)),
            Slots(
                noun="status_tag", key=(statuses_tags.c.status_id, statuses_tags.c.tag_id),
                owners=(statuses_tags.c.status_id,), slot=(statuses_tags.c.tag_id,)))""",
    """
        identity=Identity(noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND),
        slots=(Slots(
            noun="status_tag", key=(statuses_tags.c.status_id, statuses_tags.c.tag_id),
            owners=(statuses_tags.c.tag_id,), slot=(statuses_tags.c.status_id,)),)""",
    """
        identity=Identity(
            noun="emoji", key=emojis.c.id, name=emojis.c.shortcode, duplicates=Duplicates.FOUND, match=Match.EXACT,
            within=(emojis.c.domain,), where=emojis.c.disabled.is_(False), retire={"disabled": True})""",
)
R4_ROWS = {
    "accounts": [
        (1, "Ann", "x.org", "hello", "2020-01-01 00:00:00"),
        (2, "ann", "x.org", None, "2021-01-01 00:00:00"),
        (3, "ann", None, None, "2021-01-01 00:00:00"),
        (4, "bob", None, "bob", "2021-01-01 00:00:00"),
        (5, "Bob", None, "Bob", "2020-01-01 00:00:00"),
    ],
    "statuses": [
        (1, "u/1", 1, None),
        (2, "u/1", 2, None),
        (3, "u/3", 4, 2),  # a reply to what goes
        (4, "u/3", 5, 1),
        (5, None, 3, 4),
        (6, None, 3, None),
    ],
    "follows": [(1, 4, 1), (2, 5, 2), (3, 5, 4), (4, 3, 5)],
    "favourites": [(1, 1, 1), (2, 2, 2), (3, 4, 1), (4, 3, 4), (5, 4, 6)],
    "conversations": [(1,), (2,), (4,), (6,)],
    "preferences": [(1, "theme", "dark"), (2, "theme", "dark"), (5, "lang", "de")],
    "tags": [(1, "Cats"), (2, "cats"), (3, "dogs")],
    "statuses_tags": [(1, 1), (2, 2), (3, 2), (4, 1), (6, 3)],
    "emojis": [
        (1, "blob", None, False),
        (2, "blob", None, False),
        (3, "blob", "x.org", False),
        (4, "Blob", None, False),
        (5, "blob", None, True),
    ],
}
R4 = Line(
    name="R4 accounts, statuses with replies, tags, emojis",
    schema=MASTODON,
    specs=FOLDS,
    rows=R4_ROWS,
    after={
        "accounts": [
            (2, "ann", "x.org", "hello", "2021-01-01 00:00:00"),
            (3, "ann", None, None, "2021-01-01 00:00:00"),
            (4, "bob", None, "bob", "2021-01-01 00:00:00"),
        ],
        "statuses": [(1, "u/1", 2, None), (3, "u/3", 4, 1), (5, None, 3, 3), (6, None, 3, None)],
        # Bob followed Ann twice and himself once.
        "follows": [(1, 4, 2), (4, 3, 4)],
        # Ann liked one status under both of her rows and under both of its rows.
        "favourites": [(1, 2, 1), (3, 4, 1), (4, 3, 3), (5, 4, 6)],
        "conversations": [(1,), (6,)],
        "preferences": [(2, "theme", "dark"), (4, "lang", "de")],
        "tags": [(1, "Cats"), (3, "dogs")],
        "statuses_tags": [(1, 1), (3, 1), (6, 3)],
        "emojis": [
            (1, "blob", None, False),
            (2, "blob", None, True),
            (3, "blob", "x.org", False),
            (4, "Blob", None, False),
            (5, "blob", None, True),
        ],
    },
    leads=[
        ("account", "1", "2"),
        ("account", "5", "4"),
        ("status", "2", "1"),
        ("status", "4", "3"),
        ("tag", "2", "1"),
        ("emoji", "2", "1"),
    ],
)
R4_ASKS = Line(
    name="R4 asks the operator",
    schema=MASTODON,
    specs=FOLDS,
    rows={**R4_ROWS, "preferences": [(1, "theme", "dark"), (2, "theme", "light")]},
    refused="rekey_collision_preference",
)
TWO_PARENTS = Line(
    name="pages with a parent and one that they replace",
    schema="""
    CREATE TABLE pages (id INTEGER PRIMARY KEY, title VARCHAR(20), parent INTEGER REFERENCES pages (id),
      replaces INTEGER, changed TIMESTAMP);""",
    specs="""
        identity=Identity(
            noun="page", key=pages.c.id, name=pages.c.title, owners=(pages.c.parent, pages.c.replaces),
            itself=Itself.SET_NULL, updated_at=pages.c.changed, missing=Missing.PROMOTE)""",
    names={"pages": {"Home": ["Start"], "Top": ["t"]}},
    rows={
        "pages": [
            (1, "Start", None, None, None),
            (2, "Home", 1, None, "2020-01-01 00:00:00"),  # its parent goes, and is the same thing
            (3, "x", 1, 3, None),  # what it was before it stays
            (4, "y", 3, 1, None),
            (5, "t", 2, 5, None),
            (6, "t ", 5, 1, None),
        ]
    },
    after={
        "pages": [
            (2, "Home", None, None, THE_RUN),
            (3, "x", 2, 3, THE_RUN),
            (4, "y", 3, 2, THE_RUN),
            (5, "Top", 2, 5, THE_RUN),
        ]
    },
)


@pytest.mark.parametrize(
    ("database", "line"), cases(S5, S6, S6_OWN_FATHER, R4, R4_ASKS, TWO_PARENTS), indirect=["database"]
)
def test_trees_fold_as_the_migration_meant_it_and_go_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
