"""Claims from the field: what the schemas of these lines may look like, and what their specs may say wrongly.

Each is the shape of a line above with what another project has in its place: a tenant in every foreign key, a type
and an id as text, names in a key, columns that are named like ours.
"""

import pytest

from field_lines import Line, cases, went

RETIRED = Line(
    name="S4 S26 retiring frees what the one that stays absorbs",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, phone VARCHAR(20), email VARCHAR(20) UNIQUE,
      merged_into INTEGER REFERENCES users (id), place VARCHAR(9), key_count INTEGER);
    CREATE TABLE counters (id INTEGER PRIMARY KEY, user_id INTEGER UNIQUE REFERENCES users (id), number INTEGER,
      key_x VARCHAR(9), place INTEGER);""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.phone, duplicates=Duplicates.FOUND,
            where=users.c.merged_into.is_(None), retire={"email": None, "merged_into": SURVIVOR},
            absorb={"email": Absorb.COALESCE, "place": Absorb.COALESCE, "key_count": Absorb.SUM}),
        slots=(Slots(
            noun="counter", key=counters.c.id, owners=(counters.c.user_id,),
            absorb={"number": Absorb.SUM, "key_x": Absorb.COALESCE, "place": Absorb.MAX}),)""",
    rows={
        "users": [
            (1, "1", None, None, None, 1),
            (2, "1", "a@x", None, "Rome", 2),
            (3, "1", "b@x", None, "Bonn", 4),
        ],
        "counters": [(1, 1, 5, None, 1), (2, 2, 6, "k", 9), (3, 3, 7, "l", 2)],
    },
    after={
        "users": [(1, "1", "a@x", None, "Rome", 7), (2, "1", None, 1, "Rome", 2), (3, "1", None, 1, "Bonn", 4)],
        "counters": [(1, 1, 18, "k", 9)],
    },
)
FOUND_AGAIN = Line(
    name="S30 retired rows would be found again",
    schema="""
    CREATE TABLE tags (id INTEGER PRIMARY KEY, name VARCHAR(20), active BOOLEAN);""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND, retire={"active": False})""",
    rows={"tags": [(1, "a", True), (2, "a", True)]},
    refused="rekey_retired_again_tag",
)
UNDER_ONE_NAME = Line(
    name="S18 S30 promoted, retired and left alone under one name",
    schema="""
    CREATE TABLE tags (id INTEGER PRIMARY KEY, name VARCHAR(9), gone BOOLEAN NOT NULL,
      parent INTEGER REFERENCES tags (id));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, missing=Missing.PROMOTE, where=tags.c.gone.is_(False),
            retire={"gone": True}, owners=(tags.c.parent,))""",
    names={"tags": {"Cat": ["kitty"]}},
    # 2 was its own parent before; a root of some trees is.
    rows={"tags": [(1, "kitty", True, None), (2, "kitty", False, 2), (3, "kitty", False, 3), (4, "Cat", True, 3)]},
    after={"tags": [(1, "kitty", True, None), (2, "Cat", False, 2), (3, "kitty", True, 3), (4, "Cat", True, 3)]},
)

ITEMS = Line(
    name="S26 playlists by name, their items in slots of their own",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(20));
    CREATE TABLE playlists (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id),
      name VARCHAR(9) NOT NULL, UNIQUE (user_id, name));
    CREATE TABLE items (playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
      track INTEGER NOT NULL, PRIMARY KEY (playlist_id, track));
    CREATE TABLE plays (id INTEGER PRIMARY KEY, playlist_id INTEGER REFERENCES playlists (id) ON DELETE SET NULL);""",
    specs="""
        identity=Identity(noun="user", key=users.c.id, name=users.c.email, duplicates=Duplicates.FOUND),
        slots=(
            Slots(noun="playlist", key=playlists.c.id, owners=(playlists.c.user_id,), slot=(playlists.c.name,)),
            Slots(
                noun="item", key=(items.c.playlist_id, items.c.track), owners=(items.c.playlist_id,),
                slot=(items.c.track,), of="playlist")),
        references=(References(noun="play", key=plays.c.id, owners=(plays.c.playlist_id,), of="playlist"),)""",
    rows={
        "users": [(1, "a"), (2, "A"), (3, "b"), (4, "a")],
        "playlists": [(1, 1, "x"), (2, 2, "x"), (3, 2, "y"), (4, 4, "y"), (5, 3, "x")],
        "items": [(1, 1), (1, 2), (2, 2), (2, 3), (3, 1), (4, 1), (4, 2), (5, 1)],
        "plays": [(1, 2), (2, 4), (3, 5), (4, None)],
    },
    after={
        "users": [(1, "a"), (3, "b")],
        "playlists": [(1, 1, "x"), (3, 1, "y"), (5, 3, "x")],
        "items": [(1, 1), (1, 2), (1, 3), (3, 1), (3, 2), (5, 1)],
        "plays": [(1, 1), (2, 3), (3, 5), (4, None)],
    },
)
TENANTS = Line(
    name="S15 every foreign key has the tenant",
    schema="""
    CREATE TABLE states (tenant INTEGER NOT NULL, id INTEGER NOT NULL, name VARCHAR(9), parent INTEGER,
      PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, parent) REFERENCES states (tenant, id));
    CREATE TABLE moves (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, old INTEGER, new INTEGER,
      FOREIGN KEY (tenant, old) REFERENCES states (tenant, id),
      FOREIGN KEY (tenant, new) REFERENCES states (tenant, id));
    CREATE TABLE hints (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, state INTEGER,
      FOREIGN KEY (tenant, state) REFERENCES states (tenant, id));
    CREATE TABLE links (tenant INTEGER NOT NULL, old INTEGER NOT NULL, new INTEGER NOT NULL,
      PRIMARY KEY (tenant, old, new), FOREIGN KEY (tenant, old) REFERENCES states (tenant, id),
      FOREIGN KEY (tenant, new) REFERENCES states (tenant, id));""",
    specs="""
        identity=Identity(
            noun="state", key=(states.c.tenant, states.c.id), name=states.c.name, duplicates=Duplicates.FOUND,
            within=(states.c.tenant,), owners=((states.c.tenant, states.c.parent),), itself=Itself.SET_NULL,
            survivor=(most(moves.c.old),)),
        references=(
            References(
                noun="move", key=moves.c.id, owners=((moves.c.tenant, moves.c.old), (moves.c.tenant, moves.c.new)),
                itself=Itself.KEEP),
            References(
                noun="hint", key=hints.c.id, owners=((hints.c.tenant, hints.c.state),), on_fold=OnFold.SET_NULL)),
        slots=(Slots(
            noun="link", key=(links.c.tenant, links.c.old, links.c.new),
            owners=((links.c.tenant, links.c.old), (links.c.tenant, links.c.new)), itself=Itself.DELETE),)""",
    rows={
        "states": [
            (1, 1, "open", None),
            (1, 2, "Open", 1),
            (1, 3, "done", 1),
            (2, 1, "open", None),
            (2, 2, "done", 1),
            (1, 4, "Done", 2),
        ],
        "moves": [(1, 1, 2, 3), (2, 1, 2, 1), (3, 1, 4, None), (4, 2, 1, 2), (5, 1, None, 1)],
        "hints": [(1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 1, None)],
        "links": [(1, 1, 3), (1, 2, 4), (1, 1, 2), (2, 1, 2)],
    },
    after={
        "states": [(1, 2, "Open", None), (2, 1, "open", None), (2, 2, "done", 1), (1, 4, "Done", 2)],
        "moves": [(1, 1, 2, 4), (2, 1, 2, 2), (3, 1, 4, None), (4, 2, 1, 2), (5, 1, None, 2)],
        "hints": [(1, 1, None), (2, 1, 2), (3, 2, 1), (4, 1, None)],
        "links": [(1, 2, 4), (2, 1, 2)],
    },
)
AS_TEXT = Line(
    name="R2 S9 a type and an id as text, counted and held once",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(20), verified BOOLEAN NOT NULL, is_admin BOOLEAN);
    CREATE TABLE taggings (id INTEGER PRIMARY KEY, tag INTEGER NOT NULL, tagger_type VARCHAR(9) NOT NULL,
      tagger_id VARCHAR(9), UNIQUE (tag, tagger_type, tagger_id));
    CREATE TABLE seen (who VARCHAR(9) NOT NULL, page INTEGER NOT NULL, PRIMARY KEY (who, page));""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.email, duplicates=Duplicates.FOUND,
            match=func.lower(users.c.email),
            survivor=(users.c.verified.desc(), most(taggings.c.tagger_id), users.c.is_admin.is_(None)),
            absorb={"verified": Absorb.MAX, "is_admin": Absorb.MAX}),
        slots=(
            Slots(
                noun="tagging", key=taggings.c.id, owners=(taggings.c.tagger_id,), slot=(taggings.c.tag,),
                where=taggings.c.tagger_type == "User"),
            Slots(noun="seen", key=(seen.c.who, seen.c.page), owners=(seen.c.who,), slot=(seen.c.page,)))""",
    rows={
        "users": [(1, "a", False, None), (2, "A", True, False), (3, "a", True, True), (4, "b", False, None)],
        "taggings": [
            (1, 7, "User", "1"),
            (2, 7, "User", "2"),
            # A robot has the number of a user: it is none of them, and holds no slot of theirs.
            (3, 7, "Bot", "2"),
            (4, 8, "User", "3"),
            (5, 9, "User", "3"),
            (6, 7, "User", "4"),
            (7, 7, "User", None),
            (8, 9, "User", "1"),
        ],
        "seen": [("1", 1), ("3", 1), ("2", 2), ("x", 1)],
    },
    after={
        "users": [(3, "a", True, True), (4, "b", False, None)],
        "taggings": [
            (1, 7, "User", "3"),
            (3, 7, "Bot", "2"),
            (4, 8, "User", "3"),
            (5, 9, "User", "3"),
            (6, 7, "User", "4"),
            (7, 7, "User", None),
        ],
        "seen": [("3", 1), ("3", 2), ("x", 1)],
    },
)

ONE_TO_ONE = """
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(20));
    CREATE TABLE prefs (user_id INTEGER PRIMARY KEY REFERENCES users (id), theme VARCHAR(9));"""
MOVED = """
        identity=Identity(noun="user", key=users.c.id, name=users.c.email, duplicates=Duplicates.FOUND),
        references=(References(noun="pref", key=prefs.c.user_id, owners=(prefs.c.user_id,)),)"""
ONE_MOVES = Line(
    name="S26 one to one, and nobody is there",
    schema=ONE_TO_ONE,
    specs=MOVED,
    rows={"users": [(1, "a"), (2, "A"), (3, "b"), (4, "B")], "prefs": [(2, "dark"), (3, "light")]},
    after={"users": [(1, "a"), (3, "b")], "prefs": [(1, "dark"), (3, "light")]},
)
BOTH_HAVE_ONE = Line(
    name="S26 one to one, and both have one",
    schema=ONE_TO_ONE,
    specs=MOVED,
    rows={"users": [(1, "a"), (2, "A")], "prefs": [(2, "dark"), (1, "light")]},
    refused="pref",
)

TEXTS = """
    CREATE TABLE tags (id INTEGER PRIMARY KEY, name VARCHAR(20));
    CREATE TABLE post_tags (post_id INTEGER NOT NULL, tag VARCHAR(20) NOT NULL, PRIMARY KEY (post_id, tag));"""
IN_A_KEY = """
        identity=Identity(noun="tag", key=tags.c.id, name=tags.c.name, {}),
        tags=(Tags(
            noun="post_tag", key=(post_tags.c.post_id, post_tags.c.tag), tag=post_tags.c.tag,
            agree=(post_tags.c.post_id,)),)"""
FOUND_IN_A_KEY = Line(
    name="A5 the link is a text in a key",
    schema=TEXTS,
    specs=IN_A_KEY.format("duplicates=Duplicates.FOUND"),
    rows={
        "tags": [(1, "Cat"), (2, "cat"), (3, "dog")],
        # CAT is no name of a row.
        "post_tags": [(1, "Cat"), (1, "cat"), (2, "cat"), (3, "dog"), (3, "CAT")],
    },
    after={
        "tags": [(1, "Cat"), (3, "dog")],
        "post_tags": [(1, "Cat"), (2, "Cat"), (3, "dog"), (3, "CAT")],
    },
)
LISTED_IN_A_KEY = Line(
    name="S31 the link is a listed text in a key",
    schema=TEXTS,
    specs=IN_A_KEY.format("missing=Missing.PROMOTE"),
    names={"tags": {"Cat": ["kitty"], "Dog": ["hound"]}},
    rows={
        "tags": [(1, "Cat"), (2, "kitty"), (3, "hound")],
        "post_tags": [(1, "Cat"), (1, "cat"), (2, "kitty"), (3, "dog"), (3, "CAT")],
    },
    after={
        "tags": [(1, "Cat"), (3, "Dog")],
        "post_tags": [(1, "Cat"), (2, "Cat"), (3, "Dog"), (3, "Cat")],
    },
)

PAIRS = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(9));
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));"""
PAIRS_OF_IDS = """
        identity=Identity(noun="customer", key=customers.c.id, name=customers.c.id),
        references=(References(noun="order", key=orders.c.id, owners=(orders.c.customer_id,)),)"""
CUSTOMERS = {"customers": [(1, "a"), (2, "b"), (3, "c")], "orders": [(1, 1), (2, 2), (3, 3)]}
NOBODY_STAYS = Line(
    name="S29 nobody has the id that stays",
    schema=PAIRS,
    specs=PAIRS_OF_IDS,
    names={"customers": {99: [1, 2]}},
    rows=CUSTOMERS,
    refused="rekey_canonical_absent_customer",
)
NOBODY_STAYS_FOR_ONE = Line(
    name="S29 nobody has the id that one is to become",
    schema=PAIRS,
    specs=PAIRS_OF_IDS,
    names={"customers": {99: [1]}},
    rows=CUSTOMERS,
    refused="rekey_canonical_absent_customer",
)

PAIRS_OF_TEXTS = Line(
    name="S29 pairs of keys that are texts, told by nothing but case",
    schema=PAIRS.replace("id INTEGER PRIMARY KEY, name", "id VARCHAR(36) PRIMARY KEY, name").replace(
        "customer_id INTEGER", "customer_id VARCHAR(36)"
    ),
    specs=PAIRS_OF_IDS.replace("name=customers.c.id", "name=customers.c.id, match=Match.EXACT"),
    names={"customers": {"7a-1": ["7a-2", "7A-1"]}},
    rows={
        "customers": [("7a-1", "a"), ("7a-2", "b"), ("7A-1", "c"), ("7A-2", "d")],
        "orders": [(1, "7a-1"), (2, "7a-2"), (3, "7A-1"), (4, "7A-2")],
    },
    after={
        "customers": [("7a-1", "a"), ("7A-2", "d")],
        "orders": [(1, "7a-1"), (2, "7a-1"), (3, "7a-1"), (4, "7A-2")],
    },
)

ALBUMS = """
    CREATE TABLE albums (id INTEGER PRIMARY KEY, artist VARCHAR(9), title VARCHAR(9), region INTEGER,
      UNIQUE ({}, title));
    CREATE TABLE tracks (id INTEGER PRIMARY KEY, album_id INTEGER REFERENCES albums (id));"""
MATCHED = """
        identity=Identity(
            noun="album", key=albums.c.id, name=albums.c.title, duplicates=Duplicates.FOUND,
            match=(func.lower(albums.c.artist), func.lower(albums.c.title))),
        references=(References(noun="track", key=tracks.c.id, owners=(tracks.c.album_id,)),)"""
UNIQUE_WITH_WHAT_IS_MATCHED = Line(
    name="S25 S27 titles are unique with the artist, who is matched",
    schema=ALBUMS.format("artist"),
    specs=MATCHED,
    rows={"albums": [(1, "Can", "Live", 1), (2, "CAN", "live", 2), (3, "Neu", "Live", 1)], "tracks": [(1, 2), (2, 3)]},
    after={"albums": [(1, "Can", "Live", 1), (3, "Neu", "Live", 1)], "tracks": [(1, 1), (2, 3)]},
)
UNIQUE_WITH_MORE = Line(
    name="A2 titles are unique with a region, which nothing is said of",
    schema=ALBUMS.format("region"),
    specs=MATCHED.replace(
        "match=(func.lower(albums.c.artist), func.lower(albums.c.title))", "within=(albums.c.artist,)"
    ),
    rows={"albums": [(1, "Can", "Live", 1), (2, "Can", "live", 2)], "tracks": []},
    refused="rekey_name_of_several",
)
NUMBERS = Line(
    name="A6 names that are numbers, within a day",
    schema="""
    CREATE TABLE users (id INTEGER PRIMARY KEY, outer_id BIGINT, born DATE, ok BOOLEAN, cash REAL, seen TIMESTAMP,
      place INTEGER);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));""",
    specs="""
        identity=Identity(
            noun="user", key=users.c.id, name=users.c.outer_id, duplicates=Duplicates.FOUND,
            within=(users.c.born, users.c.ok), survivor=(users.c.seen.desc(), users.c.cash),
            absorb={"cash": Absorb.SUM, "seen": Absorb.MAX, "place": Absorb.MIN}),
        references=(References(noun="post", key=posts.c.id, owners=(posts.c.user_id,)),)""",
    rows={
        "users": [
            (1, 5, "2020-01-01", True, 1.5, "2020-01-01 00:00:00", 3),
            (2, 5, "2020-01-01", True, 2.25, "2021-01-01 00:00:00", 4),
            (3, 5, "2020-01-02", True, 1, None, 1),
            (4, 5, None, None, 1, None, 1),
            (5, 5, None, None, 2, None, 1),
        ],
        "posts": [(1, 1), (2, 5)],
    },
    after={
        "users": [
            (2, 5, "2020-01-01", True, 3.75, "2021-01-01 00:00:00", 3),
            (3, 5, "2020-01-02", True, 1, None, 1),
            (4, 5, None, None, 3, None, 1),
        ],
        "posts": [(1, 2), (2, 4)],
    },
)
CREATED = Line(
    name="S20 S31 the row that is created absorbs what it must have",
    schema="""
    CREATE TABLE tags (id {made}, space INTEGER, name VARCHAR(20) NOT NULL, mail VARCHAR(9) NOT NULL,
      n INTEGER NOT NULL);
    CREATE TABLE links (post INTEGER NOT NULL, tag_id INTEGER NOT NULL REFERENCES tags (id),
      PRIMARY KEY (post, tag_id));
    CREATE TABLE rules (id INTEGER PRIMARY KEY, tag_id INTEGER REFERENCES tags (id), tag VARCHAR(20));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, within=(tags.c.space,),
            absorb={"mail": Absorb.COALESCE, "n": Absorb.SUM}),
        slots=(Slots(noun="link", key=(links.c.post, links.c.tag_id), owners=(links.c.tag_id,), slot=(links.c.post,)),),
        references=(References(noun="rule", key=rules.c.id, owners=(rules.c.tag_id,), names=(rules.c.tag,)),)""",
    names={"tags": {"Cat": ["kitty", "puss"]}},
    rows={
        "tags": [(1, 1, "kitty", "k", 1), (2, 1, "puss", "p", 2), (3, 3, "cat", "s", 16)],
        "links": [(1, 1), (1, 2), (2, 2), (5, 3)],
        "rules": [(1, 1, "kitty"), (2, 2, "x"), (3, 3, "cat")],
    },
    after={
        "tags": [(4, 1, "Cat", "k", 3), (3, 3, "Cat", "s", 16)],
        "links": [(1, 4), (2, 4), (5, 3)],
        "rules": [(1, 4, "Cat"), (2, 4, "x"), (3, 3, "Cat")],
    },
)

FLAGS = Line(
    name="a status that is a truth value, or a number",
    schema="""
    CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(9));
    CREATE TABLE keys (id INTEGER PRIMARY KEY, person INTEGER, device VARCHAR(9), key VARCHAR(9), enabled BOOLEAN);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, person VARCHAR(9), says VARCHAR(9), state INTEGER);""",
    specs="""
        identity=Identity(noun="person", key=people.c.id, name=people.c.name, registered="people"),
        slots=(Slots(
            noun="key", key=keys.c.id, owners=(keys.c.person,), slot=(keys.c.device,), value=keys.c.key,
            status=keys.c.enabled, active=True),),
        tags=(Tags(
            noun="note", key=notes.c.id, tag=notes.c.person, agree=(notes.c.says,), status=notes.c.state,
            superseded=9),)""",
    names={"people": {"Ada": ["al"]}},
    rows={
        "people": [(1, "Ada"), (2, "al")],
        "keys": [
            (1, 1, "phone", "x", False),
            (2, 2, "phone", "y", True),  # displaces the canonical's
            (3, 1, "desk", "z", False),  # comes to life again
            (4, 2, "desk", "z", True),
            (5, 1, "car", "u", None),
            (6, 2, "car", "v", False),
        ],
        "notes": [(1, "Ada", "hi", 1), (2, "al", "hi", 1)],
    },
    after={
        "people": [(1, "Ada")],
        "keys": [(2, 1, "phone", "y", True), (3, 1, "desk", "z", True), (5, 1, "car", "u", None)],
        "notes": [(1, "Ada", "hi", 1), (2, "Ada", "hi", 9)],
    },
)
LINES = (
    FLAGS,
    *(RETIRED, FOUND_AGAIN, UNDER_ONE_NAME, ITEMS, TENANTS, AS_TEXT, ONE_MOVES, BOTH_HAVE_ONE, FOUND_IN_A_KEY),
    *(
        LISTED_IN_A_KEY,
        NOBODY_STAYS,
        NOBODY_STAYS_FOR_ONE,
        PAIRS_OF_TEXTS,
        UNIQUE_WITH_WHAT_IS_MATCHED,
        UNIQUE_WITH_MORE,
        NUMBERS,
    ),
    CREATED,
)


@pytest.mark.parametrize(("database", "line"), cases(*LINES), indirect=["database"])
def test_other_shapes_of_these_lines_fold_and_go_back_or_are_refused(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
