"""Claims from the field: entries of a catalogue: authors, datasets, messages, ingredients, albums, categories.

A2, A6, A7, S11, S27, S28, S30. A6 gives each loser a new uuid of its own; here losers get none (NULL), by which nothing
finds them either: what a retired row is set to is one value for all.
"""

import pytest

from field_lines import THE_RUN, Line, cases, went

A2 = Line(
    name="A2 authors by name and region",
    schema="""
    CREATE TABLE authors (id INTEGER PRIMARY KEY, asin VARCHAR(10) UNIQUE, name VARCHAR(30), region VARCHAR(2));
    CREATE TABLE book_authors (book_id INTEGER NOT NULL, author_id INTEGER NOT NULL REFERENCES authors (id),
      PRIMARY KEY (book_id, author_id));
    CREATE TABLE author_genres (author_id INTEGER NOT NULL REFERENCES authors (id), genre VARCHAR(10) NOT NULL,
      PRIMARY KEY (author_id, genre));
    CREATE TABLE series_authors (series_id INTEGER, author_id INTEGER REFERENCES authors (id),
      UNIQUE (series_id, author_id));""",
    specs="""
        identity=Identity(
            noun="author", key=authors.c.id, name=authors.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT,
            within=(authors.c.region,), where=authors.c.asin.is_(None)),
        slots=(
            Slots(
                noun="book_author", key=(book_authors.c.book_id, book_authors.c.author_id),
                owners=(book_authors.c.author_id,), slot=(book_authors.c.book_id,)),
            Slots(
                noun="author_genre", key=(author_genres.c.author_id, author_genres.c.genre),
                owners=(author_genres.c.author_id,), slot=(author_genres.c.genre,)),
            Slots(
                noun="series_author", key=(series_authors.c.series_id, series_authors.c.author_id),
                owners=(series_authors.c.author_id,), slot=(series_authors.c.series_id,)))""",
    rows={
        "authors": [
            (1, "B00", "Ann Lee", "us"),  # known outside: another row may be another person
            (2, None, "Ann Lee", "us"),
            (3, None, "Ann Lee", "us"),
            (4, None, "Ann Lee", "uk"),
            (5, None, "Ann Lee", None),
            (6, None, "Ann Lee", None),
            (7, None, "ann lee", "us"),
            (8, None, "Ann Lee", "us"),
        ],
        "book_authors": [(1, 1), (1, 3), (2, 2), (2, 3), (2, 8), (3, 6), (4, 4)],
        "author_genres": [(2, "crime"), (3, "crime"), (3, "drama"), (1, "drama"), (8, "drama")],
        "series_authors": [(1, 8), (1, 2), (2, 8), (3, 7)],
    },
    after={
        "authors": [
            (1, "B00", "Ann Lee", "us"),
            (2, None, "Ann Lee", "us"),
            (4, None, "Ann Lee", "uk"),
            (5, None, "Ann Lee", None),
            (7, None, "ann lee", "us"),
        ],
        "book_authors": [(1, 1), (1, 2), (2, 2), (3, 5), (4, 4)],
        "author_genres": [(2, "crime"), (2, "drama"), (1, "drama")],
        "series_authors": [(1, 2), (2, 2), (3, 7)],
    },
)

A6 = Line(
    name="A6 datasets by uuid, losers lose it",
    schema="""
    CREATE TABLE datasets (id INTEGER PRIMARY KEY, uuid VARCHAR(36), title VARCHAR(30), created_at TIMESTAMP NOT NULL);
    CREATE TABLE columns (id INTEGER PRIMARY KEY, dataset_id INTEGER REFERENCES datasets (id), label VARCHAR(9));
    CREATE TABLE charts (id INTEGER PRIMARY KEY, dataset_id INTEGER REFERENCES datasets (id));""",
    specs="""
        identity=Identity(
            noun="dataset", key=datasets.c.id, name=datasets.c.uuid, duplicates=Duplicates.FOUND, match=Match.EXACT,
            survivor=(datasets.c.created_at.desc(),), retire={"uuid": None}),
        references=(
            References(noun="column", key=columns.c.id, owners=(columns.c.dataset_id,)),
            References(noun="chart", key=charts.c.id, owners=(charts.c.dataset_id,)))""",
    rows={
        "datasets": [
            (1, "6f0f", "a", "2020-01-01 00:00:00"),
            (2, "6f0f", "b", "2021-01-01 00:00:00"),
            (3, "6f0f", "c", "2019-01-01 00:00:00"),
            (4, None, "d", "2020-01-01 00:00:00"),
            (5, None, "e", "2020-01-01 00:00:00"),
            (6, "7777", "f", "2020-01-01 00:00:00"),
        ],
        "columns": [(1, 1, "x"), (2, 2, "x"), (3, 4, "x"), (4, None, "x")],
        "charts": [(1, 3), (2, 1), (3, 6)],
    },
    after={
        "datasets": [
            (1, None, "a", "2020-01-01 00:00:00"),
            (2, "6f0f", "b", "2021-01-01 00:00:00"),
            (3, None, "c", "2019-01-01 00:00:00"),
            (4, None, "d", "2020-01-01 00:00:00"),
            (5, None, "e", "2020-01-01 00:00:00"),
            (6, "7777", "f", "2020-01-01 00:00:00"),
        ],
        "columns": [(1, 2, "x"), (2, 2, "x"), (3, 4, "x"), (4, None, "x")],
        "charts": [(1, 2), (2, 2), (3, 6)],
    },
)

A7 = Line(
    name="A7 messages of a thread, what hangs on the others goes too",
    schema="""
    CREATE TABLE messages (pk INTEGER PRIMARY KEY, thread_id VARCHAR(9), id VARCHAR(9), body VARCHAR(20));
    CREATE TABLE attachments (pk INTEGER PRIMARY KEY, message_pk INTEGER REFERENCES messages (pk) ON DELETE CASCADE);
    CREATE TABLE feedback (message_pk INTEGER NOT NULL REFERENCES messages (pk), stars INTEGER);""",
    specs="""
        identity=Identity(
            noun="message", key=messages.c.pk, name=messages.c.id, duplicates=Duplicates.FOUND, match=Match.EXACT,
            within=(messages.c.thread_id,)),
        references=(
            References(
                noun="attachment", key=attachments.c.pk, owners=(attachments.c.message_pk,), on_fold=OnFold.DELETE),
            References(
                noun="feedback", key=(feedback.c.message_pk, feedback.c.stars), owners=(feedback.c.message_pk,),
                on_fold=OnFold.DELETE))""",
    rows={
        "messages": [
            (1, "t1", "m1", "hello"),
            (2, "t1", "m1", "hello"),
            (3, "t2", "m1", "hello"),
            (4, "t1", "M1", "hello"),
            (5, None, "m1", "hello"),
            (6, None, "m1", "hello"),
            (7, "t1", None, "hello"),
            (8, "t1", None, "hello"),
        ],
        "attachments": [(1, 1), (2, 2), (3, 2), (4, 3), (5, 6), (6, None), (7, 8)],
        "feedback": [(1, 5), (2, 4), (2, 5), (8, 1)],
    },
    after={
        "messages": [
            (1, "t1", "m1", "hello"),
            (3, "t2", "m1", "hello"),
            (4, "t1", "M1", "hello"),
            (5, None, "m1", "hello"),
            (7, "t1", None, "hello"),
            (8, "t1", None, "hello"),
        ],
        "attachments": [(1, 1), (4, 3), (6, None), (7, 8)],
        "feedback": [(1, 5), (8, 1)],
    },
)

S11 = Line(
    name="S11 ingredients by lower(name)",
    schema="""
    CREATE TABLE ingredients (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE);
    CREATE TABLE stock (id INTEGER PRIMARY KEY, ingredient_id INTEGER REFERENCES ingredients (id), grams INTEGER);
    CREATE TABLE recipe_ingredients (id INTEGER PRIMARY KEY, recipe_id INTEGER NOT NULL,
      ingredient_id INTEGER NOT NULL REFERENCES ingredients (id), grams INTEGER, UNIQUE (recipe_id, ingredient_id));""",
    specs="""
        identity=Identity(
            noun="ingredient", key=ingredients.c.id, name=ingredients.c.name, duplicates=Duplicates.FOUND,
            match=(func.lower(ingredients.c.name),)),
        references=(References(noun="stock", key=stock.c.id, owners=(stock.c.ingredient_id,)),),
        slots=(Slots(
            noun="recipe_ingredient", key=recipe_ingredients.c.id, owners=(recipe_ingredients.c.ingredient_id,),
            slot=(recipe_ingredients.c.recipe_id,)),)""",
    rows={
        "ingredients": [(1, "salt"), (2, "Salt"), (3, "SALT"), (4, "salt "), (5, "it's 100% \\ salt")],
        "stock": [(1, 2, 5), (2, 2, 5), (3, 4, 1), (4, None, 1)],
        # What goes says another amount: the survivor's row stays, the journal has the other.
        "recipe_ingredients": [(1, 1, 1, 10), (2, 1, 2, 20), (3, 2, 3, 30), (4, 2, 2, 40), (5, 3, 5, 1)],
    },
    after={
        "ingredients": [(1, "salt"), (4, "salt "), (5, "it's 100% \\ salt")],
        "stock": [(1, 1, 5), (2, 1, 5), (3, 4, 1), (4, None, 1)],
        "recipe_ingredients": [(1, 1, 1, 10), (3, 2, 1, 30), (5, 3, 5, 1)],
    },
)

S27 = Line(
    name="S27 albums of an artist",
    schema="""
    CREATE TABLE artists (id INTEGER PRIMARY KEY, name VARCHAR(20));
    CREATE TABLE albums (id INTEGER PRIMARY KEY, artist_id INTEGER REFERENCES artists (id), title VARCHAR(20));
    CREATE TABLE tracks (id INTEGER PRIMARY KEY, album_id INTEGER REFERENCES albums (id));""",
    specs="""
        identity=Identity(
            noun="album", key=albums.c.id, name=albums.c.title, duplicates=Duplicates.FOUND,
            match=(albums.c.artist_id, func.lower(func.trim(albums.c.title))), survivor=(most(tracks.c.album_id),)),
        references=(References(noun="track", key=tracks.c.id, owners=(tracks.c.album_id,)),)""",
    rows={
        "artists": [(1, "Can"), (2, "Neu!")],
        "albums": [(1, 1, "Live"), (2, 1, " live"), (3, 2, "Live"), (4, None, "Live"), (5, None, "Live")],
        "tracks": [(1, 1), (2, 2), (3, 2), (4, 3), (5, 5), (6, None)],
    },
    after={
        "albums": [(2, 1, " live"), (3, 2, "Live"), (4, None, "Live"), (5, None, "Live")],
        "tracks": [(1, 2), (2, 2), (3, 2), (4, 3), (5, 5), (6, None)],
    },
)

S28 = Line(
    name="S28 ingredients with equal names",
    schema="""
    CREATE TABLE ingredients (id VARCHAR(8) PRIMARY KEY, name VARCHAR(20), created_at TIMESTAMP);
    CREATE TABLE lines (id INTEGER PRIMARY KEY, ingredient_id VARCHAR(8) REFERENCES ingredients (id),
      instead_id VARCHAR(8) REFERENCES ingredients (id));""",
    specs="""
        identity=Identity(
            noun="ingredient", key=ingredients.c.id, name=ingredients.c.name, duplicates=Duplicates.FOUND,
            match=Match.EXACT, survivor=(ingredients.c.created_at.nulls_last(),)),
        references=(References(
            noun="line", key=lines.c.id, owners=(lines.c.ingredient_id, lines.c.instead_id), itself=Itself.KEEP),)""",
    rows={
        "ingredients": [
            ("c", "egg", None),
            ("b", "egg", "2020-01-01 00:00:00"),
            ("a", "egg", "2021-01-01 00:00:00"),
            ("d", "Egg", "2019-01-01 00:00:00"),
            ("f", "tofu", None),
            ("e", "tofu", None),
        ],
        "lines": [(1, "c", "f"), (2, "a", "b"), (3, "d", None), (4, None, "e")],
    },
    after={
        "ingredients": [("b", "egg", "2020-01-01 00:00:00"), ("d", "Egg", "2019-01-01 00:00:00"), ("e", "tofu", None)],
        "lines": [(1, "b", "e"), (2, "b", "b"), (3, "d", None), (4, None, "e")],
    },
)

S30 = Line(
    name="S30 categories are switched off",
    schema="""
    CREATE TABLE categories (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, is_active BOOLEAN NOT NULL,
      updated_at TIMESTAMP);
    CREATE TABLE products (id INTEGER PRIMARY KEY, category_id INTEGER REFERENCES categories (id),
      updated_at TIMESTAMP);""",
    specs="""
        identity=Identity(
            noun="category", key=categories.c.id, name=categories.c.name, duplicates=Duplicates.FOUND,
            match=(func.lower(func.trim(categories.c.name)),), where=categories.c.is_active.is_(True),
            updated_at=categories.c.updated_at, retire={"is_active": False}),
        references=(References(
            noun="product", key=products.c.id, owners=(products.c.category_id,), updated_at=products.c.updated_at),)""",
    rows={
        "categories": [
            (1, "toys", False, "2020-01-01 00:00:00"),
            (2, "Toys", True, "2020-01-02 00:00:00"),
            (3, "toys ", True, None),
            (4, "books", True, "2020-01-04 00:00:00"),
        ],
        "products": [(1, 1, None), (2, 2, "2020-02-01 00:00:00"), (3, 3, "2020-02-01 00:00:00"), (4, None, None)],
    },
    after={
        "categories": [
            (1, "toys", False, "2020-01-01 00:00:00"),
            (2, "Toys", True, "2020-01-02 00:00:00"),
            (3, "toys ", False, THE_RUN),
            (4, "books", True, "2020-01-04 00:00:00"),
        ],
        "products": [(1, 1, None), (2, 2, "2020-02-01 00:00:00"), (3, 2, THE_RUN), (4, None, None)],
    },
)


@pytest.mark.parametrize(("database", "line"), cases(A2, A6, A7, S11, S27, S28, S30), indirect=["database"])
def test_entries_of_a_catalogue_fold_as_the_migration_meant_it_and_go_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
