"""Claims from the field: tags with link tables, and link tables with duplicates of their own.

A5, R1, R2, S12, S13, S29; A12, A13, A14 have no identity beside the link table: there the link is the thing, and two
links that say the same are one. That asks for a key of the link itself: exact duplicates in a table without any
key cannot be told apart by a downgrade either, and are refused (A14 without a key).
"""

import pytest

from field_lines import Line, cases, went

TAGS = """
    CREATE TABLE tags (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL);"""

A5 = Line(
    name="A5 lowest id",
    schema=TAGS
    + """
    CREATE TABLE recipe_tags (recipe_id INTEGER NOT NULL, tag_id INTEGER NOT NULL REFERENCES tags (id),
      PRIMARY KEY (recipe_id, tag_id));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT),
        slots=(Slots(
            noun="recipe_tag", key=(recipe_tags.c.recipe_id, recipe_tags.c.tag_id),
            owners=(recipe_tags.c.tag_id,), slot=(recipe_tags.c.recipe_id,)),)""",
    rows={
        # Three in a group; Soup is another tag where only equal names are one.
        "tags": [(1, "soup"), (2, "soup"), (3, "Soup"), (4, "soup"), (5, "bread")],
        # Of 10 the survivor has a link already, 11 moves, 12 has two shadows.
        "recipe_tags": [(10, 1), (10, 2), (11, 4), (12, 2), (12, 4), (13, 3), (14, 5)],
    },
    after={
        "tags": [(1, "soup"), (3, "Soup"), (5, "bread")],
        "recipe_tags": [(10, 1), (11, 1), (12, 1), (13, 3), (14, 5)],
    },
)

R1 = Line(
    name="R1 oldest, polymorphic taggings",
    schema="""
    CREATE TABLE tags (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, created_at TIMESTAMP NOT NULL);
    CREATE TABLE taggings (id INTEGER PRIMARY KEY, tag_id INTEGER REFERENCES tags (id), taggable_type VARCHAR(20),
      taggable_id INTEGER, created_at TIMESTAMP, UNIQUE (tag_id, taggable_type, taggable_id));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT,
            survivor=(tags.c.created_at,)),
        slots=(Slots(
            noun="tagging", key=taggings.c.id, owners=(taggings.c.tag_id,),
            slot=(taggings.c.taggable_type, taggings.c.taggable_id)),)""",
    rows={
        "tags": [
            (1, "ruby", "2021-05-01 00:00:00"),
            (2, "ruby", "2020-05-01 00:00:00"),
            (3, "perl", "2019-01-01 00:00:00"),
        ],
        "taggings": [
            (1, 1, "Post", 7, "2021-05-02 00:00:00"),
            (2, 2, "Post", 7, "2020-05-02 00:00:00"),
            (3, 1, "Page", 7, "2021-05-03 00:00:00"),
            (4, 3, "Post", 7, "2021-05-04 00:00:00"),
            (5, None, "Post", 7, None),
        ],
    },
    after={
        "tags": [(2, "ruby", "2020-05-01 00:00:00"), (3, "perl", "2019-01-01 00:00:00")],
        "taggings": [
            (2, 2, "Post", 7, "2020-05-02 00:00:00"),
            (3, 2, "Page", 7, "2021-05-03 00:00:00"),
            (4, 3, "Post", 7, "2021-05-04 00:00:00"),
            (5, None, "Post", 7, None),
        ],
    },
)

R2 = Line(
    name="R2 taggings by context and tagger",
    schema="""
    CREATE TABLE tags (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, created_at TIMESTAMP NOT NULL);
    CREATE TABLE taggings (id INTEGER PRIMARY KEY, tag_id INTEGER NOT NULL REFERENCES tags (id),
      taggable_type VARCHAR(20) NOT NULL, taggable_id INTEGER NOT NULL, context VARCHAR(20) NOT NULL, tagger_id INTEGER,
      UNIQUE (tag_id, taggable_type, taggable_id, context, tagger_id));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT,
            survivor=(tags.c.created_at,)),
        slots=(Slots(
            noun="tagging", key=taggings.c.id, owners=(taggings.c.tag_id,),
            slot=(taggings.c.taggable_type, taggings.c.taggable_id, taggings.c.context, taggings.c.tagger_id)),)""",
    rows={
        # Of one age: the smaller key.
        "tags": [(1, "ruby", "2020-05-01 00:00:00"), (2, "ruby", "2020-05-01 00:00:00")],
        "taggings": [
            (1, 1, "Post", 7, "topics", 3),
            (2, 2, "Post", 7, "topics", 3),
            (3, 2, "Post", 7, "skills", 3),
            (4, 2, "Post", 7, "topics", 4),
            # By nobody: the index takes them for two, a tag cloud counts one.
            (5, 1, "Post", 8, "topics", None),
            (6, 2, "Post", 8, "topics", None),
        ],
    },
    after={
        "tags": [(1, "ruby", "2020-05-01 00:00:00")],
        "taggings": [
            (1, 1, "Post", 7, "topics", 3),
            (3, 1, "Post", 7, "skills", 3),
            (4, 1, "Post", 7, "topics", 4),
            (5, 1, "Post", 8, "topics", None),
        ],
    },
)

S12 = Line(
    name="S12 link table without primary key",
    schema=TAGS
    + """
    CREATE TABLE post_tags (post_id INTEGER NOT NULL, tag_id INTEGER NOT NULL REFERENCES tags (id),
      UNIQUE (tag_id, post_id));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT),
        slots=(Slots(
            noun="post_tag", key=(post_tags.c.post_id, post_tags.c.tag_id),
            owners=(post_tags.c.tag_id,), slot=(post_tags.c.post_id,)),)""",
    rows={
        # A blank name is no name: both stay.
        "tags": [(1, "news"), (2, "news"), (3, ""), (4, "")],
        "post_tags": [(1, 2), (2, 1), (2, 2), (3, 3), (3, 4)],
    },
    after={"tags": [(1, "news"), (3, ""), (4, "")], "post_tags": [(1, 1), (2, 1), (3, 3), (3, 4)]},
)

S13 = Line(
    name="S13 most used, cascading link",
    schema=TAGS
    + """
    CREATE TABLE post_tags (post_id INTEGER, tag_id INTEGER REFERENCES tags (id) ON DELETE CASCADE);""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT,
            survivor=(most(post_tags.c.tag_id),)),
        slots=(Slots(
            noun="post_tag", key=(post_tags.c.post_id, post_tags.c.tag_id),
            owners=(post_tags.c.tag_id,), slot=(post_tags.c.post_id,)),)""",
    rows={
        "tags": [(1, "news"), (2, "news"), (3, "news"), (4, "sport"), (5, "sport")],
        # news: 2 is used most. sport: a tie, the smaller key stays.
        "post_tags": [(1, 1), (1, 2), (2, 2), (3, 3), (4, 4), (5, 5)],
    },
    after={
        "tags": [(2, "news"), (4, "sport")],
        "post_tags": [(1, 2), (2, 2), (3, 2), (4, 4), (5, 4)],
    },
)

S29 = Line(
    name="S29 pairs given as ids",
    schema=TAGS
    + """
    CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, tag_id INTEGER REFERENCES tags (id), url VARCHAR(99));
    CREATE TABLE watched (user_id INTEGER NOT NULL, tag_id INTEGER NOT NULL REFERENCES tags (id),
      PRIMARY KEY (user_id, tag_id));""",
    specs="""
        identity=Identity(noun="tag", key=tags.c.id, name=tags.c.id, match=Match.EXACT),
        references=(References(noun="bookmark", key=bookmarks.c.id, owners=(bookmarks.c.tag_id,)),),
        slots=(Slots(
            noun="watch", key=(watched.c.user_id, watched.c.tag_id), owners=(watched.c.tag_id,),
            slot=(watched.c.user_id,)),)""",
    # Whoever looked at the list wrote down which id becomes which, whatever the names; 99 is not there.
    names={"tags": {3: [1, 7], 5: [99]}},
    rows={
        "tags": [(1, "k8s"), (3, "kubernetes"), (5, "linux"), (7, "K8S"), (13, "k8s")],
        "bookmarks": [(1, 1, "a"), (2, 3, "b"), (3, 7, "c"), (4, 13, "d"), (5, None, "e")],
        "watched": [(1, 1), (1, 7), (2, 3), (2, 7), (3, 5)],
    },
    after={
        "tags": [(3, "kubernetes"), (5, "linux"), (13, "k8s")],
        "bookmarks": [(1, 3, "a"), (2, 3, "b"), (3, 3, "c"), (4, 13, "d"), (5, None, "e")],
        "watched": [(1, 3), (2, 3), (3, 5)],
    },
)

A12 = Line(
    name="A12 duplicate links, lowest id",
    schema="""
    CREATE TABLE user_badges (id INTEGER PRIMARY KEY, user_id INTEGER, badge_id INTEGER, note VARCHAR(20));""",
    specs="""
        identity=Identity(
            noun="user_badge", key=user_badges.c.id, duplicates=Duplicates.FOUND,
            match=(user_badges.c.user_id, user_badges.c.badge_id))""",
    rows={
        "user_badges": [
            (1, 1, 1, "first"),
            (2, 1, 1, "again"),
            (3, 1, 2, None),
            (4, 1, 1, None),
            (5, None, 1, "of nobody"),
            (6, None, 1, "of nobody"),
        ],
    },
    after={
        "user_badges": [(1, 1, 1, "first"), (3, 1, 2, None), (5, None, 1, "of nobody"), (6, None, 1, "of nobody")],
    },
)

A13 = Line(
    name="A13 duplicate links, newest",
    schema="""
    CREATE TABLE subscriptions (id VARCHAR(8) PRIMARY KEY, reader_id INTEGER NOT NULL, feed_id INTEGER NOT NULL,
      subscribed_at TIMESTAMP NOT NULL);""",
    specs="""
        identity=Identity(
            noun="subscription", key=subscriptions.c.id, duplicates=Duplicates.FOUND,
            match=(subscriptions.c.reader_id, subscriptions.c.feed_id),
            survivor=(subscriptions.c.subscribed_at.desc(),))""",
    rows={
        "subscriptions": [
            ("a", 1, 1, "2020-01-01 00:00:00"),
            ("b", 1, 1, "2021-01-01 00:00:00"),
            ("c", 1, 2, "2020-01-01 00:00:00"),
            ("d", 2, 1, "2020-01-01 00:00:00"),
        ],
    },
    after={
        "subscriptions": [
            ("b", 1, 1, "2021-01-01 00:00:00"),
            ("c", 1, 2, "2020-01-01 00:00:00"),
            ("d", 2, 1, "2020-01-01 00:00:00"),
        ],
    },
)

ROLES = """
    CREATE TABLE user_roles ({key} user_id INTEGER NOT NULL, role VARCHAR(20) NOT NULL, scope INTEGER);"""
A14 = Line(
    name="A14 duplicate links, NULL is a scope too",
    schema=ROLES.format(key="id INTEGER PRIMARY KEY,"),
    specs="""
        identity=Identity(
            noun="user_role", key=user_roles.c.id, name=user_roles.c.role, duplicates=Duplicates.FOUND,
            match=Match.EXACT, within=(user_roles.c.user_id, user_roles.c.scope))""",
    rows={
        "user_roles": [
            (1, 1, "admin", None),
            (2, 1, "admin", None),
            (3, 1, "admin", 5),
            (4, 1, "Admin", 5),
            (5, 2, "admin", 5),
            (6, 2, "admin", 5),
        ],
    },
    after={"user_roles": [(1, 1, "admin", None), (3, 1, "admin", 5), (4, 1, "Admin", 5), (5, 2, "admin", 5)]},
)

A14_WITHOUT_A_KEY = Line(
    name="A14 without a key",
    schema=ROLES.format(key=""),
    specs="""
        identity=Identity(
            noun="user_role", key=(user_roles.c.user_id, user_roles.c.role), duplicates=Duplicates.FOUND,
            match=(user_roles.c.user_id, user_roles.c.role))""",
    rows={"user_roles": [(1, "admin", None), (1, "admin", None), (2, "admin", None)]},
    refused="rekey_key_not_unique_user_role",
)


@pytest.mark.parametrize(
    ("database", "line"),
    cases(A5, R1, R2, S12, S13, S29, A12, A13, A14, A14_WITHOUT_A_KEY),
    indirect=["database"],
)
def test_tags_fold_as_the_migration_meant_it_and_go_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
