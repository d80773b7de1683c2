"""A data portal: accounts, organisations and tags of one thing become one, with who follows, belongs and publishes."""

from __future__ import annotations

import pytest

from applications import Application, beside, there_and_back
from databases import Database

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database", ["postgresql"], indirect=True),
]
NAMES = {"users": {"anna": ["aberg"]}, "organisations": {"ministry-of-health": ["moh"]}}
SETTINGS = ("ckan.auth.allow_dataset_collaborators=true", "ckan.plugins=activity")


def portal(ckan: Application, database: Database) -> str:
    """The configuration of a portal that CKAN made, with what people did in it."""
    url = database.url.replace("+psycopg", "", 1).replace("%", "%%")
    ckan.run("ckan", "generate", "config", "ckan.ini")
    ckan.run("ckan", "config-tool", "ckan.ini", f"sqlalchemy.url={url}", *SETTINGS)
    ckan.run("ckan", "-c", "ckan.ini", "db", "init")
    ckan.run("ckan", "-c", "ckan.ini", "db", "pending-migrations", "--apply")
    ckan.run("ckan", "-c", "ckan.ini", "user", "add", "root", "email=root@example.org", "password=correct horse")
    ckan.inside("fill", "ckan.ini")
    return "ckan.ini"


def test_accounts_and_organisations_that_are_one_become_one(app, database, tmp_path):
    ckan = app("ckan")
    place = portal(ckan, database)
    seen = there_and_back(ckan, place, beside(database, tmp_path, "ckan_people", NAMES))
    users, organisations, packages = (seen.folded[kind] for kind in ("users", "organisations", "packages"))
    assert {
        "fullname": "Anna Berg",
        "about": "Open data since 2009",
        # Nobody follows oneself, or one person twice.
        "followers": ["ben", "cem"],
        "follows": {"users": ["ben"], "organisations": ["ministry-of-health"], "packages": ["rain", "samples"]},
        "organisations": {"ministry-of-health": "admin"},
        "collaborates": ["editor", "member"],
        "tokens": ["laptop"],
        "did": sorted(seen.before["users"]["anna"]["did"] + seen.before["users"]["aberg"]["did"]),
    } == users["anna"]
    assert ["anna", "ben", "cem"] == sorted(users)
    assert (["anna"], ["ministry-of-health"]) == (
        users["ben"]["follows"]["users"],
        users["ben"]["follows"]["organisations"],
    )
    before = seen.before["organisations"]
    assert {
        "title": "Ministry of Health",
        "description": "",
        # What the canonical organisation says of ben stands.
        "users": {"anna": "admin", "ben": "editor", "cem": "editor"},
        "children": ["moh-labs"],
        "packages": ["rain", "rivers", "wells"],
        "followers": ["anna", "ben", "cem"],
        "happened": sorted(before["ministry-of-health"]["happened"] + before["moh"]["happened"]),
    } == organisations["ministry-of-health"]
    assert {"ministry-of-health", "moh-labs"} == set(organisations)
    assert before["moh-labs"] == organisations["moh-labs"]
    assert {
        name: {"organisation": place, "creator": who}
        for name, place, who in (
            ("rain", "ministry-of-health", "cem"),
            ("rivers", "ministry-of-health", "anna"),
            ("samples", "moh-labs", "ben"),
            ("wells", "ministry-of-health", "anna"),
        )
    } == {name: {what: package[what] for what in ("organisation", "creator")} for name, package in packages.items()}
    # When data were published is nothing that a fold has to say.
    assert [package["modified"] for package in seen.before["packages"].values()] == [
        package["modified"] for package in packages.values()
    ]
    assert {"anna": "member"} == packages["samples"]["collaborators"]
    assert ({"anna": "editor"}, ["anna"]) == (packages["rain"]["collaborators"], packages["rain"]["followers"])


def test_tags_that_differ_in_case_become_one_on_all_packages(app, database, tmp_path):
    ckan = app("ckan")
    place = portal(ckan, database)
    seen = there_and_back(ckan, place, beside(database, tmp_path, "ckan_tags", {}))
    assert ["depth", "water"] == seen.folded["tags"]
    assert {"rain": ["water"], "rivers": ["water"], "samples": ["water"], "wells": ["depth", "water"]} == {
        name: package["tags"] for name, package in seen.folded["packages"].items()
    }
    assert seen.before["users"] == seen.folded["users"]
    assert seen.before["organisations"] == seen.folded["organisations"]
