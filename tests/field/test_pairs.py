"""Claims from the field: rows that refer to two of them: follows, games, transfers, any foreign key: R3, S2, S19, D4.

S7 is left out: it keeps ids of profiles in an array column, and a fold cannot say of an element of an array what it was
and what it became.
"""

import pytest

from field_lines import THE_RUN, Line, cases, went

R3 = Line(
    name="R3 accounts of a domain, follows in pairs",
    schema="""
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, username VARCHAR(30) NOT NULL, domain VARCHAR(30),
      updated_at TIMESTAMP NOT NULL);
    CREATE TABLE statuses (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts (id));
    CREATE TABLE account_stats (account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE, n INTEGER);
    CREATE TABLE follows (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts (id),
      target_account_id INTEGER NOT NULL REFERENCES accounts (id), UNIQUE (account_id, target_account_id));""",
    specs="""
        identity=Identity(
            noun="account", key=accounts.c.id, name=accounts.c.username, duplicates=Duplicates.FOUND,
            match=(func.lower(accounts.c.username), func.coalesce(func.lower(accounts.c.domain), ".")),
            survivor=(accounts.c.updated_at.desc(),)),
        references=(
            References(noun="status", key=statuses.c.id, owners=(statuses.c.account_id,)),
            References(
                noun="account_stat", key=account_stats.c.account_id, owners=(account_stats.c.account_id,),
                on_fold=OnFold.DELETE)),
        slots=(Slots(
            noun="follow", key=follows.c.id, owners=(follows.c.account_id, follows.c.target_account_id), slot=(),
            itself=Itself.DELETE),)""",
    rows={
        "accounts": [
            (1, "Ann", "x.org", "2020-01-01 00:00:00"),
            (2, "ann", "X.org", "2021-01-01 00:00:00"),
            (3, "ann", None, "2021-01-01 00:00:00"),
            (4, "ANN", None, "2020-01-01 00:00:00"),
            (5, "bob", "x.org", "2020-01-01 00:00:00"),
            (6, "bob", None, "2020-01-01 00:00:00"),
        ],
        "statuses": [(1, 1), (2, 2), (3, 4), (4, 5)],
        "account_stats": [(1, 3), (2, 4), (4, 1), (5, 1)],
        "follows": [
            (1, 2, 5),
            (2, 1, 5),  # the shadow follows Bob as well
            (3, 5, 1),
            (4, 6, 1),
            (5, 6, 2),  # both are followed
            (6, 1, 2),  # a follow of herself
            (7, 1, 4),  # both sides change
            (8, 5, 6),
        ],
    },
    after={
        "accounts": [
            (2, "ann", "X.org", "2021-01-01 00:00:00"),
            (3, "ann", None, "2021-01-01 00:00:00"),
            (5, "bob", "x.org", "2020-01-01 00:00:00"),
            (6, "bob", None, "2020-01-01 00:00:00"),
        ],
        "statuses": [(1, 2), (2, 2), (3, 3), (4, 5)],
        "account_stats": [(2, 4), (5, 1)],
        "follows": [(1, 2, 5), (3, 5, 2), (5, 6, 2), (7, 2, 3), (8, 5, 6)],
    },
)

S2 = Line(
    name="S2 wallets, the profile coalesced",
    schema="""
    CREATE TABLE profiles (id VARCHAR(8) PRIMARY KEY, wallet VARCHAR(42), name VARCHAR(20), bio VARCHAR(20),
      created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, profile_id VARCHAR(8) REFERENCES profiles (id));
    CREATE TABLE follows (follower_id VARCHAR(8) NOT NULL REFERENCES profiles (id),
      followed_id VARCHAR(8) NOT NULL REFERENCES profiles (id), since TIMESTAMP,
      PRIMARY KEY (follower_id, followed_id));""",
    specs="""
        identity=Identity(
            noun="profile", key=profiles.c.id, name=profiles.c.wallet, duplicates=Duplicates.FOUND,
            survivor=(profiles.c.created_at,), updated_at=profiles.c.updated_at,
            absorb={profiles.c.name: Absorb.COALESCE, profiles.c.bio: Absorb.COALESCE}),
        references=(References(noun="post", key=posts.c.id, owners=(posts.c.profile_id,)),),
        slots=(Slots(
            noun="follow", key=(follows.c.follower_id, follows.c.followed_id),
            owners=((follows.c.follower_id,), (follows.c.followed_id,)), itself=Itself.DELETE),)""",
    rows={
        "profiles": [
            ("a", "0xAB", None, None, "2020-01-01 00:00:00", "2020-01-01 00:00:00"),
            ("b", "0xab", "Ann", None, "2020-01-02 00:00:00", "2020-01-02 00:00:00"),
            ("c", "0XAB", "Anna", "likes cats", "2020-01-03 00:00:00", "2020-01-03 00:00:00"),
            ("d", "0xcd", "Bob", None, "2020-01-01 00:00:00", "2020-01-01 00:00:00"),
            # Nothing to take: only the row goes.
            ("e", "0xCD", "Robert", None, "2020-01-02 00:00:00", "2020-01-02 00:00:00"),
            ("f", None, "nobody", None, "2020-01-02 00:00:00", None),
        ],
        "posts": [(1, "a"), (2, "b"), (3, "c"), (4, None), (5, "f")],
        "follows": [
            ("a", "d", "2020-02-01 00:00:00"),
            ("b", "e", "2020-02-02 00:00:00"),
            ("c", "f", "2020-02-03 00:00:00"),
            ("f", "b", "2020-02-04 00:00:00"),
            ("f", "c", "2020-02-05 00:00:00"),
            ("c", "b", "2020-02-06 00:00:00"),
        ],
    },
    after={
        "profiles": [
            ("a", "0xAB", "Ann", "likes cats", "2020-01-01 00:00:00", THE_RUN),
            ("d", "0xcd", "Bob", None, "2020-01-01 00:00:00", "2020-01-01 00:00:00"),
            ("f", None, "nobody", None, "2020-01-02 00:00:00", None),
        ],
        "posts": [(1, "a"), (2, "a"), (3, "a"), (4, None), (5, "f")],
        # The other follow of f would be the same; the smaller key stays.
        "follows": [
            ("a", "d", "2020-02-01 00:00:00"),
            ("a", "f", "2020-02-03 00:00:00"),
            ("f", "a", "2020-02-04 00:00:00"),
        ],
    },
)

ALIASES = {
    "Boston Celtics": ["BOS", "Celtics"],
    "Brooklyn Nets": ["BKN", "BRK", "New Jersey Nets"],
    "Charlotte Hornets": ["CHA", "CHO", "Charlotte Bobcats"],
    "Los Angeles Clippers": ["LAC", "LA Clippers"],
    "Los Angeles Lakers": ["LAL", "LA Lakers"],
    "New Orleans Pelicans": ["NOP", "New Orleans Hornets"],
    "Oklahoma City Thunder": ["OKC", "Seattle SuperSonics"],
    "Phoenix Suns": ["PHX"],
}
GAMES = """
    CREATE TABLE teams (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
    CREATE TABLE games (id INTEGER PRIMARY KEY, home_id INTEGER NOT NULL REFERENCES teams (id),
      away_id INTEGER NOT NULL REFERENCES teams (id));
    CREATE TABLE standings (season INTEGER NOT NULL, place INTEGER NOT NULL, team_id INTEGER REFERENCES teams (id),
      team VARCHAR(40), PRIMARY KEY (season, place));"""
TEAMS = """
        identity=Identity(
            noun="team", key=teams.c.id, name=teams.c.name, match=Match.EXACT, missing=Missing.PROMOTE),
        references=(
            References(noun="game", key=games.c.id, owners=(games.c.home_id, games.c.away_id)),
            References(
                noun="standing", key=(standings.c.season, standings.c.place), owners=(standings.c.team_id,),
                names=(standings.c.team,)))"""
S19 = Line(
    name="S19 seventeen aliases, home and away",
    schema=GAMES,
    specs=TEAMS,
    names={"teams": ALIASES},
    rows={
        "teams": [
            (1, "Brooklyn Nets"),
            (2, "New Jersey Nets"),
            (3, "BKN"),
            (4, "Los Angeles Lakers"),
            (5, "LA Lakers"),
            (6, "lal"),  # only equal names are one
            (7, "Seattle SuperSonics"),  # the only row of Oklahoma City is renamed where it is
            (8, "Phoenix Suns"),
            (9, "Utah Jazz"),
        ],
        "games": [(1, 1, 4), (2, 2, 5), (3, 5, 3), (4, 6, 7), (5, 8, 9)],
        "standings": [
            (2020, 1, 5, "LA Lakers"),
            (2020, 2, 2, "New Jersey Nets"),
            (2020, 3, 7, "Seattle SuperSonics"),
            (2020, 4, 9, "Utah Jazz"),
            (2020, 5, None, "to be told"),
        ],
    },
    after={
        "teams": [
            (1, "Brooklyn Nets"),
            (4, "Los Angeles Lakers"),
            (6, "lal"),
            (7, "Oklahoma City Thunder"),
            (8, "Phoenix Suns"),
            (9, "Utah Jazz"),
        ],
        "games": [(1, 1, 4), (2, 1, 4), (3, 4, 1), (4, 6, 7), (5, 8, 9)],
        "standings": [
            (2020, 1, 4, "Los Angeles Lakers"),
            (2020, 2, 1, "Brooklyn Nets"),
            (2020, 3, 7, "Oklahoma City Thunder"),
            (2020, 4, 9, "Utah Jazz"),
            (2020, 5, None, "to be told"),
        ],
    },
)
S19_AGAINST_ITSELF = Line(
    name="S19 a game against itself",
    schema=GAMES,
    specs=TEAMS,
    names={"teams": ALIASES},
    rows={
        "teams": [(1, "Brooklyn Nets"), (2, "New Jersey Nets"), (3, "BKN")],
        "games": [(1, 2, 3)],
        "standings": [],
    },
    refused="games",
)

D4 = Line(
    name="D4 any foreign key, link table and generic reference",
    schema="""
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(20), phone VARCHAR(20), city VARCHAR(20));
    CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer_id INTEGER REFERENCES customers (id),
      payer_id INTEGER REFERENCES customers (id));
    CREATE TABLE customer_groups (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
      group_id INTEGER NOT NULL, UNIQUE (customer_id, group_id));
    CREATE TABLE comments (id INTEGER PRIMARY KEY, content_type VARCHAR(20) NOT NULL, object_id VARCHAR(20) NOT NULL,
      said VARCHAR(20));""",
    specs="""
        identity=Identity(
            noun="customer", key=customers.c.id, name=customers.c.id,
            absorb={"name": Absorb.COALESCE, "phone": Absorb.COALESCE, "city": Absorb.COALESCE}),
        references=(
            References(
                noun="order", key=orders.c.id, owners=(orders.c.buyer_id, orders.c.payer_id), itself=Itself.KEEP),
            References(
                noun="comment", key=comments.c.id, owners=(comments.c.object_id,),
                where=comments.c.content_type == "customer")),
        slots=(Slots(
            noun="customer_group", key=customer_groups.c.id, owners=(customer_groups.c.customer_id,),
            slot=(customer_groups.c.group_id,)),)""",
    names={"customers": {2: [1, 3]}},
    rows={
        "customers": [
            (1, "Ann", "1", None),
            (2, "Ann B.", None, None),
            (3, "A.", "3", "Rome"),
            (4, "Bob", None, None),
            (12, "Cid", None, None),
        ],
        "orders": [(1, 1, 4), (2, 3, 1), (3, 2, 2), (4, 4, None), (5, 12, 4)],
        "customer_groups": [(1, 1, 7), (2, 2, 7), (3, 3, 8), (4, 1, 8), (5, 4, 7)],
        "comments": [
            (1, "customer", "1", "a"),
            (2, "customer", "2", "b"),
            (3, "order", "1", "of an order"),
            (4, "customer", "12", "c"),
            (5, "customer", "x", "of no number"),
            (6, "customer", "3", "d"),
        ],
    },
    after={
        # The name of 2 stays; what is blank is filled in the order of the keys.
        "customers": [(2, "Ann B.", "1", "Rome"), (4, "Bob", None, None), (12, "Cid", None, None)],
        "orders": [(1, 2, 4), (2, 2, 2), (3, 2, 2), (4, 4, None), (5, 12, 4)],
        "customer_groups": [(2, 2, 7), (3, 2, 8), (5, 4, 7)],
        "comments": [
            (1, "customer", "2", "a"),
            (2, "customer", "2", "b"),
            (3, "order", "1", "of an order"),
            (4, "customer", "12", "c"),
            (5, "customer", "x", "of no number"),
            (6, "customer", "2", "d"),
        ],
    },
)


@pytest.mark.parametrize(("database", "line"), cases(R3, S2, S19, S19_AGAINST_ITSELF, D4), indirect=["database"])
def test_pairs_fold_as_the_migration_meant_it_and_go_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
