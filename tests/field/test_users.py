"""Claims from the field: users, and what else a person is found by: A3, A4, A11, D2, S1, S3, S26."""

import pytest

from field_lines import THE_RUN, Line, cases, went

A3 = Line(
    name="A3 newest login",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, outer_id VARCHAR(40), name VARCHAR(40), last_login TIMESTAMP);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES users (id));
    CREATE TABLE comments (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), said VARCHAR(40));""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.outer_id, duplicates=Duplicates.FOUND, match=Match.EXACT,
            survivor=(users.c.last_login.desc().nulls_last(),)),
        references=(
            References(noun="post", key=posts.c.id, owners=(posts.c.author_id,)),
            References(noun="comment", key=comments.c.id, owners=(comments.c.user_id,)))""",
    rows={
        "users": [
            (1, "auth0|a", "Ann", "2021-01-01 00:00:00"),
            (2, "auth0|a", "Ann B.", "2022-01-01 00:00:00"),
            (3, "auth0|a", "ann", None),
            # Nobody knows whether these are one: no outer id is no match.
            (4, None, "Bob", "2022-01-01 00:00:00"),
            (5, None, "Bob", "2022-01-02 00:00:00"),
            (6, "AUTH0|A", "Cid", "2022-01-01 00:00:00"),
        ],
        "posts": [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6)],
        "comments": [(1, 3, "hi"), (2, None, "anonymous"), (3, 5, "ho")],
    },
    after={
        "users": [
            (2, "auth0|a", "Ann B.", "2022-01-01 00:00:00"),
            (4, None, "Bob", "2022-01-01 00:00:00"),
            (5, None, "Bob", "2022-01-02 00:00:00"),
            (6, "AUTH0|A", "Cid", "2022-01-01 00:00:00"),
        ],
        "posts": [(1, 2), (2, 2), (3, 2), (4, 4), (5, 6)],
        "comments": [(1, 2, "hi"), (2, None, "anonymous"), (3, 5, "ho")],
    },
    leads=[("user", "1", "2"), ("user", "3", "2")],
)

A4 = Line(
    name="A4 clients set NULL, permissions deleted",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, username VARCHAR(40) NOT NULL, created_at TIMESTAMP NOT NULL);
    CREATE TABLE clients (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), secret VARCHAR(9));
    CREATE TABLE permissions (user_id INTEGER NOT NULL REFERENCES users (id), scope VARCHAR(20) NOT NULL,
      PRIMARY KEY (user_id, scope));""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.username, duplicates=Duplicates.FOUND,
            match=(func.lower(users.c.username),), survivor=(users.c.created_at,)),
        references=(
            References(noun="client", key=clients.c.id, owners=(clients.c.user_id,), on_fold=OnFold.SET_NULL),
            References(
                noun="permission", key=(permissions.c.user_id, permissions.c.scope),
                owners=(permissions.c.user_id,), on_fold=OnFold.DELETE))""",
    rows={
        "users": [
            (1, "Ann", "2021-01-01 00:00:00"),
            (2, "ann", "2020-01-01 00:00:00"),
            (3, "ann ", "2020-01-01 00:00:00"),
            (4, "bob", "2020-01-01 00:00:00"),
        ],
        "clients": [(1, 1, "s1"), (2, 2, "s2"), (3, None, "s3"), (4, 4, "s4")],
        "permissions": [(1, "read"), (1, "write"), (2, "read"), (3, "write"), (4, "write")],
    },
    after={
        "users": [
            (2, "ann", "2020-01-01 00:00:00"),
            (3, "ann ", "2020-01-01 00:00:00"),
            (4, "bob", "2020-01-01 00:00:00"),
        ],
        "clients": [(1, None, "s1"), (2, 2, "s2"), (3, None, "s3"), (4, 4, "s4")],
        "permissions": [(2, "read"), (3, "write"), (4, "write")],
    },
)

A11 = Line(
    name="A11 sessions by key, highest id",
    schema="""
    CREATE TABLE sessions (id INTEGER PRIMARY KEY, session_key VARCHAR(40), payload VARCHAR(40));""",
    specs="""
        identity=Identity(
            noun="session", key=sessions.c.id, name=sessions.c.session_key, duplicates=Duplicates.FOUND,
            match=Match.EXACT, survivor=(sessions.c.id.desc(),))""",
    rows={
        "sessions": [
            (1, "k", "old"),
            (2, "k", "new"),
            (3, "K", "other"),
            (4, None, "x"),
            (5, None, "y"),
            (10, "k", "now"),
        ]
    },
    after={"sessions": [(3, "K", "other"), (4, None, "x"), (5, None, "y"), (10, "k", "now")]},
)

D2 = Line(
    name="D2 the rest deleted with what hangs on it",
    schema="""
    CREATE TABLE profiles (id INTEGER PRIMARY KEY, email VARCHAR(40));
    CREATE TABLE settings (profile_id INTEGER PRIMARY KEY REFERENCES profiles (id) ON DELETE CASCADE, theme VARCHAR(9));
    CREATE TABLE devices (id INTEGER PRIMARY KEY, profile_id INTEGER REFERENCES profiles (id) ON DELETE CASCADE);""",
    specs="""
        identity=Identity(noun="profile", key=profiles.c.id, name=profiles.c.email, duplicates=Duplicates.FOUND),
        references=(
            References(
                noun="setting", key=settings.c.profile_id, owners=(settings.c.profile_id,), on_fold=OnFold.DELETE),
            References(noun="device", key=devices.c.id, owners=(devices.c.profile_id,), on_fold=OnFold.DELETE))""",
    rows={
        "profiles": [(1, "Ann@x.org"), (2, "ann@x.org"), (3, " ANN@X.ORG"), (4, "bob@x.org"), (5, None), (6, None)],
        "settings": [(2, "dark"), (3, "light"), (4, "dark"), (5, "dark")],
        "devices": [(1, 1), (2, 2), (3, 3), (4, 4), (5, None)],
    },
    after={
        "profiles": [(1, "Ann@x.org"), (4, "bob@x.org"), (5, None), (6, None)],
        "settings": [(4, "dark"), (5, "dark")],
        "devices": [(1, 1), (4, 4), (5, None)],
    },
)

S1 = Line(
    name="S1 most drawings, then oldest, deleted softly",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(40) UNIQUE, created_at TIMESTAMP NOT NULL,
      drawings_count INTEGER NOT NULL, deleted_at TIMESTAMP);
    CREATE TABLE drawings (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id));
    CREATE TABLE ratings (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id),
      drawing_id INTEGER NOT NULL, stars INTEGER NOT NULL, UNIQUE (user_id, drawing_id));
    CREATE TABLE sessions (token VARCHAR(9) PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id));""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.email, duplicates=Duplicates.FOUND,
            where=users.c.deleted_at.is_(None), survivor=(most(drawings.c.user_id), users.c.created_at),
            absorb={"drawings_count": Absorb.SUM}, retire={"deleted_at": datetime(2024, 6, 1)}),
        references=(
            References(noun="drawing", key=drawings.c.id, owners=(drawings.c.user_id,)),
            References(noun="session", key=sessions.c.token, owners=(sessions.c.user_id,), on_fold=OnFold.DELETE)),
        slots=(Slots(
            noun="rating", key=ratings.c.id, owners=(ratings.c.user_id,), slot=(ratings.c.drawing_id,),
            value=ratings.c.stars, differing=Differing.CANONICAL),)""",
    rows={
        "users": [
            (1, "Ann@x.org", "2020-01-01 00:00:00", 1, None),
            (2, "ann@x.org", "2021-01-01 00:00:00", 2, None),
            (3, "ANN@x.org", "2019-01-01 00:00:00", 0, "2020-02-02 00:00:00"),
            # A tie in drawings: the older one.
            (4, "Bob@x.org", "2021-01-01 00:00:00", 0, None),
            (5, "bob@x.org", "2020-01-01 00:00:00", 0, None),
        ],
        "drawings": [(1, 1), (2, 2), (3, 2)],
        "ratings": [
            (1, 1, 100, 5),
            (2, 2, 100, 3),
            (3, 1, 101, 4),
            (4, 2, 101, 4),
            (5, 1, 102, 1),
            (6, 4, 100, 2),
            (7, 3, 100, 1),
        ],
        "sessions": [("a", 1), ("b", 2), ("c", 4), ("d", 3)],
    },
    after={
        "users": [
            (1, "Ann@x.org", "2020-01-01 00:00:00", 1, "2024-06-01 00:00:00"),
            (2, "ann@x.org", "2021-01-01 00:00:00", 3, None),
            (3, "ANN@x.org", "2019-01-01 00:00:00", 0, "2020-02-02 00:00:00"),
            (4, "Bob@x.org", "2021-01-01 00:00:00", 0, "2024-06-01 00:00:00"),
            (5, "bob@x.org", "2020-01-01 00:00:00", 0, None),
        ],
        "drawings": [(1, 2), (2, 2), (3, 2)],
        "ratings": [(2, 2, 100, 3), (4, 2, 101, 4), (5, 2, 102, 1), (6, 5, 100, 2), (7, 3, 100, 1)],
        "sessions": [("b", 2), ("d", 3)],
    },
)

S3 = Line(
    name="S3 credits summed, referrals with two columns",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(40) NOT NULL, created_at TIMESTAMP NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id));
    CREATE TABLE credits (user_id INTEGER PRIMARY KEY REFERENCES users (id), amount INTEGER NOT NULL,
      updated_at TIMESTAMP);
    CREATE TABLE referrals (id INTEGER PRIMARY KEY, referrer_id INTEGER NOT NULL REFERENCES users (id),
      referred_id INTEGER NOT NULL REFERENCES users (id), UNIQUE (referrer_id, referred_id));""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.email, duplicates=Duplicates.FOUND, match=Match.EXACT,
            survivor=(users.c.created_at,)),
        references=(References(noun="order", key=orders.c.id, owners=(orders.c.user_id,)),),
        slots=(
            Slots(
                noun="credit", key=credits.c.user_id, owners=(credits.c.user_id,), slot=(),
                updated_at=credits.c.updated_at, absorb={"amount": Absorb.SUM}),
            Slots(
                noun="referral", key=referrals.c.id, owners=(referrals.c.referrer_id, referrals.c.referred_id), slot=(),
                itself=Itself.DELETE))""",
    rows={
        "users": [
            (1, "ann@x.org", "2020-01-03 00:00:00"),
            (2, "ann@x.org", "2020-01-01 00:00:00"),
            (3, "ann@x.org", "2020-01-02 00:00:00"),
            (4, "bob@x.org", "2020-01-01 00:00:00"),
            (5, "cid@x.org", "2020-01-01 00:00:00"),
            (6, "cid@x.org", "2020-01-02 00:00:00"),
        ],
        "orders": [(1, 1), (2, 3), (3, 4)],
        # Of Cid only the shadow has credits.
        "credits": [
            (1, 10, "2020-02-01 00:00:00"),
            (2, 5, "2020-02-01 00:00:00"),
            (3, 7, "2020-02-02 00:00:00"),
            (4, 1, "2020-02-01 00:00:00"),
            (6, 3, "2020-02-01 00:00:00"),
        ],
        "referrals": [
            (1, 2, 4),
            (2, 1, 4),  # once more the same
            (3, 1, 3),  # Ann referred herself
            (4, 4, 6),
            (5, 3, 6),
            (6, 4, 5),  # the canonical's of 4
        ],
    },
    after={
        "users": [
            (2, "ann@x.org", "2020-01-01 00:00:00"),
            (4, "bob@x.org", "2020-01-01 00:00:00"),
            (5, "cid@x.org", "2020-01-01 00:00:00"),
        ],
        "orders": [(1, 2), (2, 2), (3, 4)],
        "credits": [(2, 22, THE_RUN), (4, 1, "2020-02-01 00:00:00"), (5, 3, THE_RUN)],
        "referrals": [(1, 2, 4), (5, 2, 5), (6, 4, 5)],
    },
)

ONE_TO_ONE = ("addresses", "avatars", "billing", "carts", "consents", "loyalty", "wishlists")
PLAIN = ("orders", "reviews", "logins", "tickets", "photos", "coupons", "events", "messages")
S26 = Line(
    name="S26 fifteen children, many one to one",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(40), created_at TIMESTAMP NOT NULL,
      active BOOLEAN NOT NULL);"""
    + "".join(
        f"""
    CREATE TABLE {table} (id INTEGER PRIMARY KEY, user_id INTEGER UNIQUE REFERENCES users (id), said VARCHAR(9));"""
        for table in ONE_TO_ONE
    )
    + "".join(
        f"""
    CREATE TABLE {table} (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));"""
        for table in PLAIN
    )
    + """
    CREATE TABLE cart_items (cart_id INTEGER NOT NULL REFERENCES carts (id), product VARCHAR(9) NOT NULL,
      PRIMARY KEY (cart_id, product));""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.email, duplicates=Duplicates.FOUND,
            survivor=(users.c.created_at,), where=users.c.active.is_(True), retire={"active": False}),
        slots=("""
    + "".join(
        f"""
            Slots(noun="{table}", key={table}.c.id, owners=({table}.c.user_id,), slot=()),"""
        for table in ONE_TO_ONE
    )
    + """),
        references=("""
    + "".join(
        f"""
            References(noun="{table}", key={table}.c.id, owners=({table}.c.user_id,)),"""
        for table in PLAIN
    )
    + """
            References(
                noun="cart_item", key=(cart_items.c.cart_id, cart_items.c.product),
                owners=(cart_items.c.cart_id,), of="carts"))""",
    rows={
        "users": [
            (1, "Ann@x.org", "2021-01-01 00:00:00", True),
            (2, "ann@x.org", "2020-01-01 00:00:00", True),
            (3, "ann@x.org", "2019-01-01 00:00:00", False),
            (4, "bob@x.org", "2020-01-01 00:00:00", True),
        ],
        # Both have one; of 5 the shadow alone, of 6 nobody.
        **{table: [(1, 1, "shadow"), (2, 2, "survivor"), (4, 4, "bob"), (6, None, "nobody")] for table in ONE_TO_ONE},
        "avatars": [(5, 1, "shadow")],
        **{table: [(1, 1), (2, 2), (3, 3), (4, 4), (5, None)] for table in PLAIN},
        "cart_items": [(1, "axe"), (1, "pen"), (2, "hat"), (4, "axe"), (6, "cup")],
    },
    after={
        "users": [
            (1, "Ann@x.org", "2021-01-01 00:00:00", False),
            (2, "ann@x.org", "2020-01-01 00:00:00", True),
            (3, "ann@x.org", "2019-01-01 00:00:00", False),
            (4, "bob@x.org", "2020-01-01 00:00:00", True),
        ],
        **{table: [(2, 2, "survivor"), (4, 4, "bob"), (6, None, "nobody")] for table in ONE_TO_ONE},
        "avatars": [(5, 2, "shadow")],
        **{table: [(1, 2), (2, 2), (3, 3), (4, 4), (5, None)] for table in PLAIN},
        # What lay in the cart that was merged away lies in the one that stayed.
        "cart_items": [(2, "axe"), (2, "pen"), (2, "hat"), (4, "axe"), (6, "cup")],
    },
)


@pytest.mark.parametrize(("database", "line"), cases(A3, A4, A11, D2, S1, S3, S26), indirect=["database"])
def test_users_fold_as_the_migration_meant_it_and_go_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
