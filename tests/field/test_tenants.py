"""Claims from the field: names that are one per tenant, user, space: A1, D1, S10, S14, S15, S16, S17, S18, S24."""

import pytest

from field_lines import Line, cases, went

D1 = Line(
    name="D1 meal types per space",
    schema="""
    CREATE TABLE meal_types (id INTEGER PRIMARY KEY, name VARCHAR(20), space_id INTEGER);
    CREATE TABLE meal_plans (id INTEGER PRIMARY KEY, meal_type_id INTEGER REFERENCES meal_types (id),
      day VARCHAR(9));""",
    specs="""
        identity=Identity(
            noun="meal_type", key=meal_types.c.id, name=meal_types.c.name, duplicates=Duplicates.FOUND,
            within=(meal_types.c.space_id,)),
        references=(References(noun="meal_plan", key=meal_plans.c.id, owners=(meal_plans.c.meal_type_id,)),)""",
    rows={
        "meal_types": [
            (1, "Lunch", 1),
            (2, " lunch\t", 1),
            (3, "lunch", 2),
            (4, "LUNCH", 1),
            (5, "lunch", None),
            (6, "Lunch", None),
            (7, None, 1),
            (8, None, 1),
            (9, "  ", 1),
            (10, "", 1),
        ],
        "meal_plans": [
            (1, 1, "Mon"),
            (2, 2, "Tue"),
            (3, 3, "Mon"),
            (4, 4, "Wed"),
            (5, 6, "Mon"),
            (6, None, "Tue"),
            (7, 8, "Thu"),
        ],
    },
    after={
        "meal_types": [
            (1, "Lunch", 1),
            (3, "lunch", 2),
            (5, "lunch", None),
            (7, None, 1),
            (8, None, 1),
            (9, "  ", 1),
            (10, "", 1),
        ],
        "meal_plans": [
            (1, 1, "Mon"),
            (2, 1, "Tue"),
            (3, 3, "Mon"),
            (4, 1, "Wed"),
            (5, 5, "Mon"),
            (6, None, "Tue"),
            (7, 8, "Thu"),
        ],
    },
)

LINKS = ("households", "recipes", "cookbooks")
A1 = Line(
    name="A1 foods, units and labels of a recipe manager",
    schema="""
    CREATE TABLE labels (id VARCHAR(8) PRIMARY KEY, group_id INTEGER NOT NULL, name VARCHAR(20) NOT NULL);
    CREATE TABLE foods (id VARCHAR(8) PRIMARY KEY, group_id INTEGER NOT NULL, name VARCHAR(20) NOT NULL,
      label_id VARCHAR(8) REFERENCES labels (id));
    CREATE TABLE units (id VARCHAR(8) PRIMARY KEY, group_id INTEGER NOT NULL, name VARCHAR(20) NOT NULL);
    CREATE TABLE ingredients (id INTEGER PRIMARY KEY, food_id VARCHAR(8) REFERENCES foods (id),
      unit_id VARCHAR(8) REFERENCES units (id));
    CREATE TABLE shopping_items (id INTEGER PRIMARY KEY, food_id VARCHAR(8) REFERENCES foods (id),
      unit_id VARCHAR(8) REFERENCES units (id), label_id VARCHAR(8) REFERENCES labels (id));
    CREATE TABLE lists_labels (list_id INTEGER, label_id VARCHAR(8) REFERENCES labels (id));"""
    + "".join(
        f"""
    CREATE TABLE {link}_foods (link_id INTEGER, food_id VARCHAR(8) REFERENCES foods (id));"""
        for link in LINKS
    ),
    # Labels first: what hangs on a label is a food that may go itself. 3 of the 11 link tables stand for all.
    specs=(
        """
        identity=Identity(
            noun="label", key=labels.c.id, name=labels.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT,
            within=(labels.c.group_id,)),
        references=(
            References(noun="food", key=foods.c.id, owners=(foods.c.label_id,)),
            References(noun="shopping_item", key=shopping_items.c.id, owners=(shopping_items.c.label_id,))),
        slots=(Slots(
            noun="list_label", key=(lists_labels.c.list_id, lists_labels.c.label_id),
            owners=(lists_labels.c.label_id,), slot=(lists_labels.c.list_id,)),)""",
        """
        identity=Identity(
            noun="food", key=foods.c.id, name=foods.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT,
            within=(foods.c.group_id,)),
        references=(
            References(noun="ingredient", key=ingredients.c.id, owners=(ingredients.c.food_id,)),
            References(noun="shopping_item", key=shopping_items.c.id, owners=(shopping_items.c.food_id,))),
        slots=("""
        + "".join(
            f"""
            Slots(
                noun="{link}_food", key=({link}_foods.c.link_id, {link}_foods.c.food_id),
                owners=({link}_foods.c.food_id,), slot=({link}_foods.c.link_id,)),"""
            for link in LINKS
        )
        + ")",
        """
        identity=Identity(
            noun="unit", key=units.c.id, name=units.c.name, duplicates=Duplicates.FOUND, match=Match.EXACT,
            within=(units.c.group_id,)),
        references=(
            References(noun="ingredient", key=ingredients.c.id, owners=(ingredients.c.unit_id,)),
            References(noun="shopping_item", key=shopping_items.c.id, owners=(shopping_items.c.unit_id,)))""",
    ),
    rows={
        "labels": [("l1", 1, "Fruit"), ("l2", 1, "Fruit"), ("l3", 2, "Fruit")],
        "foods": [
            ("f1", 1, "Apple", "l2"),
            ("f2", 1, "Apple", "l1"),
            ("f3", 1, "apple", "l2"),
            ("f4", 2, "Apple", "l3"),
            ("f5", 1, "Apple", None),
        ],
        "units": [("u1", 1, "g"), ("u2", 1, "g"), ("u3", 2, "g")],
        "ingredients": [(1, "f1", "u1"), (2, "f2", "u2"), (3, "f5", None), (4, None, "u2"), (5, "f4", "u3")],
        "shopping_items": [(1, "f2", "u2", "l2"), (2, "f3", "u1", "l1"), (3, None, None, None), (4, "f4", "u3", "l3")],
        "lists_labels": [(1, "l1"), (1, "l2"), (2, "l2"), (3, "l3")],
        **{f"{link}_foods": [(1, "f1"), (1, "f2"), (2, "f2"), (2, "f5"), (3, "f3"), (4, "f4")] for link in LINKS},
    },
    after={
        "labels": [("l1", 1, "Fruit"), ("l3", 2, "Fruit")],
        "foods": [("f1", 1, "Apple", "l1"), ("f3", 1, "apple", "l1"), ("f4", 2, "Apple", "l3")],
        "units": [("u1", 1, "g"), ("u3", 2, "g")],
        "ingredients": [(1, "f1", "u1"), (2, "f1", "u1"), (3, "f1", None), (4, None, "u1"), (5, "f4", "u3")],
        "shopping_items": [(1, "f1", "u1", "l1"), (2, "f3", "u1", "l1"), (3, None, None, None), (4, "f4", "u3", "l3")],
        "lists_labels": [(1, "l1"), (2, "l1"), (3, "l3")],
        **{f"{link}_foods": [(1, "f1"), (2, "f1"), (3, "f3"), (4, "f4")] for link in LINKS},
    },
    leads=[("label", "l2", "l1"), ("food", "f2", "f1"), ("food", "f5", "f1"), ("unit", "u2", "u1")],
)

S10 = Line(
    name="S10 most used, the keeper's allergens win",
    schema="""
    CREATE TABLE ingredients (id INTEGER PRIMARY KEY, tenant_id INTEGER NOT NULL, name VARCHAR(20) NOT NULL,
      UNIQUE (tenant_id, name));
    CREATE TABLE recipe_lines (id INTEGER PRIMARY KEY, recipe_id INTEGER NOT NULL,
      ingredient_id INTEGER NOT NULL REFERENCES ingredients (id));
    CREATE TABLE allergens (ingredient_id INTEGER NOT NULL REFERENCES ingredients (id), allergen VARCHAR(20) NOT NULL,
      level VARCHAR(20), PRIMARY KEY (ingredient_id, allergen));""",
    specs="""
        identity=Identity(
            noun="ingredient", key=ingredients.c.id, name=ingredients.c.name, duplicates=Duplicates.FOUND,
            within=(ingredients.c.tenant_id,), survivor=(most(recipe_lines.c.ingredient_id),)),
        references=(References(noun="recipe_line", key=recipe_lines.c.id, owners=(recipe_lines.c.ingredient_id,)),),
        slots=(Slots(
            noun="allergen", key=(allergens.c.ingredient_id, allergens.c.allergen),
            owners=(allergens.c.ingredient_id,), slot=(allergens.c.allergen,), value=allergens.c.level,
            differing=Differing.CANONICAL),)""",
    rows={
        "ingredients": [(1, 1, "Flour"), (2, 1, "flour"), (3, 1, "FLOUR"), (4, 2, "flour"), (5, 1, "Salt")],
        "recipe_lines": [(1, 10, 2), (2, 11, 2), (3, 12, 1), (4, 12, 3), (5, 13, 4), (6, 13, 5)],
        "allergens": [
            (1, "gluten", "traces"),
            (2, "gluten", "contains"),
            (3, "gluten", "contains"),
            (1, "soy", "traces"),
            # The keeper says nothing of nuts: of those who do, the first.
            (1, "nuts", "traces"),
            (3, "nuts", "contains"),
            (4, "gluten", None),
        ],
    },
    after={
        "ingredients": [(2, 1, "flour"), (4, 2, "flour"), (5, 1, "Salt")],
        "recipe_lines": [(1, 10, 2), (2, 11, 2), (3, 12, 2), (4, 12, 2), (5, 13, 4), (6, 13, 5)],
        "allergens": [(2, "gluten", "contains"), (2, "soy", "traces"), (2, "nuts", "traces"), (4, "gluten", None)],
    },
)

S14 = Line(
    name="S14 tags per user, and rules of a tag",
    schema="""
    CREATE TABLE tags (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, name VARCHAR(20) NOT NULL);
    CREATE TABLE note_tags (note_id INTEGER NOT NULL, tag_id INTEGER NOT NULL REFERENCES tags (id),
      PRIMARY KEY (note_id, tag_id));
    CREATE TABLE rules (id INTEGER PRIMARY KEY, tag_id INTEGER REFERENCES tags (id), pattern VARCHAR(20));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND, within=(tags.c.user_id,)),
        references=(References(noun="rule", key=rules.c.id, owners=(rules.c.tag_id,)),),
        slots=(Slots(
            noun="note_tag", key=(note_tags.c.note_id, note_tags.c.tag_id), owners=(note_tags.c.tag_id,),
            slot=(note_tags.c.note_id,)),)""",
    rows={
        "tags": [(1, 1, "Work"), (2, 1, "work"), (3, 2, "work"), (4, 2, "Home"), (5, 1, "WORK")],
        "note_tags": [(1, 1), (1, 2), (1, 5), (2, 5), (3, 3), (4, 4)],
        "rules": [(1, 2, "a"), (2, 3, "b"), (3, None, "c")],
    },
    after={
        "tags": [(1, 1, "Work"), (3, 2, "work"), (4, 2, "Home")],
        "note_tags": [(1, 1), (2, 1), (3, 3), (4, 4)],
        "rules": [(1, 1, "a"), (2, 3, "b"), (3, None, "c")],
    },
)

S15 = Line(
    name="S15 tags of a workspace with a composite key",
    schema="""
    CREATE TABLE tags (workspace_id INTEGER NOT NULL, id INTEGER NOT NULL, name VARCHAR(20) NOT NULL,
      created_at TIMESTAMP NOT NULL, PRIMARY KEY (workspace_id, id));
    CREATE TABLE task_tags (workspace_id INTEGER NOT NULL, task_id INTEGER NOT NULL, tag_id INTEGER NOT NULL,
      PRIMARY KEY (workspace_id, task_id, tag_id),
      FOREIGN KEY (workspace_id, tag_id) REFERENCES tags (workspace_id, id));
    CREATE TABLE filters (id INTEGER PRIMARY KEY, workspace_id INTEGER, tag_id INTEGER,
      FOREIGN KEY (workspace_id, tag_id) REFERENCES tags (workspace_id, id));""",
    specs="""
        identity=Identity(
            noun="tag", key=(tags.c.workspace_id, tags.c.id), name=tags.c.name, duplicates=Duplicates.FOUND,
            within=(tags.c.workspace_id,), survivor=(tags.c.created_at,)),
        references=(References(noun="filter", key=filters.c.id, owners=((filters.c.workspace_id, filters.c.tag_id),)),),
        slots=(Slots(
            noun="task_tag", key=(task_tags.c.workspace_id, task_tags.c.task_id, task_tags.c.tag_id),
            owners=((task_tags.c.workspace_id, task_tags.c.tag_id),), slot=(task_tags.c.task_id,)),)""",
    rows={
        # The numbers begin anew in each workspace.
        "tags": [
            (1, 1, "urgent", "2021-01-01 00:00:00"),
            (1, 2, "Urgent", "2020-01-01 00:00:00"),
            (2, 1, "urgent", "2021-01-01 00:00:00"),
            (2, 2, "later", "2020-01-01 00:00:00"),
        ],
        "task_tags": [(1, 7, 1), (1, 7, 2), (1, 8, 1), (2, 7, 1), (2, 7, 2), (2, 8, 1)],
        "filters": [(1, 1, 1), (2, 2, 1), (3, 1, None), (4, None, None)],
    },
    after={
        "tags": [
            (1, 2, "Urgent", "2020-01-01 00:00:00"),
            (2, 1, "urgent", "2021-01-01 00:00:00"),
            (2, 2, "later", "2020-01-01 00:00:00"),
        ],
        "task_tags": [(1, 7, 2), (1, 8, 2), (2, 7, 1), (2, 7, 2), (2, 8, 1)],
        "filters": [(1, 1, 2), (2, 2, 1), (3, 1, None), (4, None, None)],
    },
)

S16 = Line(
    name="S16 personal tags have no workspace",
    schema="""
    CREATE TABLE tags (id INTEGER PRIMARY KEY, workspace_id INTEGER, user_id INTEGER, name VARCHAR(20) NOT NULL);
    CREATE TABLE page_tags (tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE, page_id INTEGER NOT NULL);
    CREATE TABLE followed_tags (user_id INTEGER NOT NULL, tag_id INTEGER NOT NULL REFERENCES tags (id), muted BOOLEAN,
      PRIMARY KEY (tag_id, user_id));""",
    specs="""
        identity=Identity(
            noun="tag", key=tags.c.id, name=tags.c.name, duplicates=Duplicates.FOUND,
            within=(tags.c.workspace_id, tags.c.user_id), survivor=(most(page_tags.c.tag_id),)),
        slots=(
            Slots(
                noun="page_tag", key=(page_tags.c.tag_id, page_tags.c.page_id), owners=(page_tags.c.tag_id,),
                slot=(page_tags.c.page_id,)),
            Slots(
                noun="followed_tag", key=(followed_tags.c.tag_id, followed_tags.c.user_id),
                owners=(followed_tags.c.tag_id,), slot=(followed_tags.c.user_id,)))""",
    rows={
        "tags": [
            (1, None, 1, "idea"),
            (2, None, 1, "Idea"),
            (3, 5, None, "idea"),
            (4, 5, None, "IDEA"),
            (5, None, None, "idea"),
            (6, None, 2, "idea"),
        ],
        "page_tags": [(1, 1), (2, 1), (2, 2), (3, 1), (4, 2), (6, 1)],
        # Muted or not: the survivor's row stays.
        "followed_tags": [(1, 1, True), (1, 2, False), (1, 3, False), (1, 4, True)],
    },
    after={
        "tags": [(2, None, 1, "Idea"), (3, 5, None, "idea"), (5, None, None, "idea"), (6, None, 2, "idea")],
        "page_tags": [(2, 1), (2, 2), (3, 1), (3, 2), (6, 1)],
        "followed_tags": [(1, 2, False), (1, 3, False)],
    },
)

S17 = Line(
    name="S17 categories per user, accents folded",
    schema="""
    CREATE TABLE categories (id INTEGER PRIMARY KEY, user_id INTEGER, name VARCHAR(20) NOT NULL);
    CREATE TABLE expenses (id INTEGER PRIMARY KEY, category_id INTEGER REFERENCES categories (id), amount INTEGER);
    CREATE TABLE budgets (id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL REFERENCES categories (id));""",
    specs="""
        identity=Identity(
            noun="category", key=categories.c.id, name=categories.c.name, duplicates=Duplicates.FOUND,
            match=(func.replace(func.replace(func.lower(categories.c.name), "\\u00e9", "e"), "\\u00c9", "e"),),
            within=(categories.c.user_id,)),
        references=(
            References(noun="expense", key=expenses.c.id, owners=(expenses.c.category_id,)),
            References(noun="budget", key=budgets.c.id, owners=(budgets.c.category_id,), on_fold=OnFold.DELETE))""",
    rows={
        "categories": [
            (1, 1, "Caf\u00e9"),
            (2, 1, "cafe"),
            (3, 1, "CAF\u00c9"),
            (4, 2, "cafe"),
            (5, None, "cafe"),
            (6, None, "caf\u00e9"),
            (7, 1, "Caff\u00e8"),
        ],
        "expenses": [(1, 1, 10), (2, 2, 20), (3, 3, 30), (4, 4, 40), (5, 6, 50), (6, None, 60), (7, 7, 70)],
        "budgets": [(1, 1), (2, 2), (3, 3), (4, 4)],
    },
    after={
        "categories": [(1, 1, "Caf\u00e9"), (4, 2, "cafe"), (5, None, "cafe"), (7, 1, "Caff\u00e8")],
        "expenses": [(1, 1, 10), (2, 1, 20), (3, 1, 30), (4, 4, 40), (5, 5, 50), (6, None, 60), (7, 7, 70)],
        "budgets": [(1, 1), (4, 4)],
    },
)

S18 = Line(
    name="S18 one explicit pair per user",
    schema="""
    CREATE TABLE categories (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, name VARCHAR(20) NOT NULL,
      UNIQUE (user_id, name));
    CREATE TABLE expenses (id INTEGER PRIMARY KEY, category_id INTEGER REFERENCES categories (id));
    CREATE TABLE hints (id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL REFERENCES categories (id));""",
    specs="""
        identity=Identity(
            noun="category", key=categories.c.id, name=categories.c.name, registered="categories",
            within=(categories.c.user_id,), missing=Missing.PROMOTE),
        references=(
            References(noun="expense", key=expenses.c.id, owners=(expenses.c.category_id,)),
            References(noun="hint", key=hints.c.id, owners=(hints.c.category_id,), on_fold=OnFold.DELETE))""",
    names={"categories": {"Alimenta\u00e7\u00e3o": ["Alimentacao"]}},
    rows={
        "categories": [
            (1, 1, "Alimenta\u00e7\u00e3o"),
            (2, 1, "Alimentacao"),
            (3, 2, "alimentacao"),  # the only one of this user: renamed where it is
            (4, 3, "Alimenta\u00e7\u00e3o"),
            (5, 1, "Lazer"),
        ],
        "expenses": [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, None)],
        "hints": [(1, 1), (2, 2), (3, 3)],
    },
    after={
        "categories": [
            (1, 1, "Alimenta\u00e7\u00e3o"),
            (3, 2, "Alimenta\u00e7\u00e3o"),
            (4, 3, "Alimenta\u00e7\u00e3o"),
            (5, 1, "Lazer"),
        ],
        "expenses": [(1, 1), (2, 1), (3, 3), (4, 4), (5, 5), (6, None)],
        "hints": [(1, 1), (3, 3)],
    },
)

S24 = Line(
    name="S24 one default project per user",
    schema="""
    CREATE TABLE projects (id INTEGER PRIMARY KEY, user_id INTEGER, name VARCHAR(20), is_default BOOLEAN NOT NULL);
    CREATE TABLE entries (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects (id));""",
    specs="""
        identity=Identity(
            noun="project", key=projects.c.id, name=projects.c.name, duplicates=Duplicates.FOUND,
            match=(projects.c.user_id,), where=projects.c.is_default.is_(True),
            survivor=(most(entries.c.project_id),)),
        references=(References(noun="entry", key=entries.c.id, owners=(entries.c.project_id,)),)""",
    rows={
        "projects": [
            (1, 1, "Default", True),
            (2, 1, "My project", True),
            (3, 1, "Default", False),
            (4, 2, "Default", True),
            (5, 3, "Inbox", True),
            (6, 3, None, True),
            (7, None, "Default", True),
            (8, None, "Default", True),
        ],
        "entries": [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, None), (7, 8)],
    },
    after={
        "projects": [
            (2, 1, "My project", True),
            (3, 1, "Default", False),
            (4, 2, "Default", True),
            (5, 3, "Inbox", True),
            (7, None, "Default", True),
            (8, None, "Default", True),
        ],
        "entries": [(1, 2), (2, 2), (3, 2), (4, 3), (5, 4), (6, None), (7, 8)],
    },
)


@pytest.mark.parametrize(("database", "line"), cases(D1, A1, S10, S14, S15, S16, S17, S18, S24), indirect=["database"])
def test_names_within_a_tenant_fold_as_the_migration_meant_it_and_go_back(database, tmp_path, line):
    assert line.expected == went(database, tmp_path, line)
