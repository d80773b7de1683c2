"""Runs in the environment of ckan: `fill INI` works as people do, `tell INI` prints what its API sees, as JSON.

CKAN looks for its search index while it writes and reads. None is needed here: an index without a document answers,
and what is told comes from the database.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from ckan.plugins.toolkit import get_action

NOTHING_FOUND = (
    b'{"response": {"numFound": 0, "start": 0, "docs": []}, "facet_counts": {"facet_fields": {"owner_org": []}}}'
)
SCHEMA = b'<schema name="ckan-2.12"/>'
SEEN_BY = "root"


class EmptyIndex(BaseHTTPRequestHandler):
    """Answers as Solr does that holds nothing."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = SCHEMA if "schema" in self.path else NOTHING_FOUND
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Say nothing: standard output is the answer."""


index = ThreadingHTTPServer(("127.0.0.1", 0), EmptyIndex)
threading.Thread(target=index.serve_forever, daemon=True).start()
os.environ["CKAN_SOLR_URL"] = f"http://127.0.0.1:{index.server_port}/solr"


def call(action: str, user: str = SEEN_BY, /, **given: object) -> Any:
    """One call of CKAN's action API, as `user`."""
    return get_action(action)({"model": model, "user": user, "ignore_auth": True}, given)


def fill() -> None:
    """Anna has two accounts, the ministry two organisations, water three tags; people follow both of each."""
    for name, more in {
        "anna": {"fullname": "Anna Berg", "email": "anna@example.org"},
        "aberg": {"about": "Open data since 2009", "email": "a.berg@example.org"},
        "ben": {"email": "ben@example.org"},
        "cem": {"email": "cem@example.org"},
    }.items():
        call("user_create", name=name, password="correct horse battery", **more)
    call("organization_create", "anna", name="ministry-of-health", title="Ministry of Health")
    call("organization_create", "aberg", name="moh", title="MoH", description="Health, in numbers")
    call("organization_create", "ben", name="moh-labs", title="Laboratories")
    for place, who, role in (
        ("ministry-of-health", "ben", "editor"),
        ("moh", "ben", "member"),
        ("moh", "cem", "editor"),
    ):
        call("organization_member_create", id=place, username=who, role=role)
    for parent, child in (("moh", "moh-labs"), ("ministry-of-health", "moh")):
        call("member_create", id=parent, object=child, object_type="group", capacity="child")
    for name, place, who, tags in (
        ("wells", "ministry-of-health", "anna", ("Water", "depth")),
        ("rivers", "moh", "aberg", ("Water", "water")),
        ("rain", "moh", "cem", ("WATER", "water")),
        ("samples", "moh-labs", "ben", ("water",)),
    ):
        call("package_create", who, name=name, owner_org=place, tags=[{"name": tag} for tag in tags])
    for action, who, whom in (
        ("follow_user", "aberg", "anna"),
        ("follow_user", "anna", "ben"),
        ("follow_user", "aberg", "ben"),
        ("follow_user", "cem", "anna"),
        ("follow_user", "cem", "aberg"),
        ("follow_user", "ben", "aberg"),
        ("follow_group", "cem", "ministry-of-health"),
        ("follow_group", "cem", "moh"),
        ("follow_group", "ben", "moh"),
        ("follow_group", "anna", "moh"),
        ("follow_group", "aberg", "moh"),
        ("follow_dataset", "anna", "rain"),
        ("follow_dataset", "aberg", "rain"),
        ("follow_dataset", "aberg", "samples"),
    ):
        call(action, who, id=whom)
    for name, who, role in (("samples", "anna", "member"), ("samples", "aberg", "editor"), ("rain", "aberg", "editor")):
        call("package_collaborator_create", id=name, user_id=who, capacity=role)
    call("api_token_create", "aberg", user="aberg", name="laptop")


def tell() -> dict[str, Any]:
    """What the portal shows."""
    names = {user["id"]: user["name"] for user in call("user_list", all_fields=True, include_site_user=True)}
    return {
        "users": {name: _user(name) for name in sorted(names.values()) if name not in ("root", "default")},
        "organisations": {name: _organisation(name) for name in sorted(call("organization_list"))},
        "packages": {name: _package(name, names) for name in sorted(call("package_list"))},
        "tags": sorted(call("tag_list")),
    }


def _names(found: list[dict[str, Any]]) -> list[str]:
    return sorted(one["name"] for one in found)


def _user(name: str) -> dict[str, Any]:
    user = call("user_show", id=name, include_password_hash=False)
    return {
        "fullname": user["fullname"],
        "about": user["about"],
        "followers": _names(call("user_follower_list", id=name)),
        "follows": {
            "users": _names(call("user_followee_list", id=name)),
            "organisations": _names(call("organization_followee_list", id=name)),
            "packages": _names(call("dataset_followee_list", id=name)),
        },
        "organisations": {one["name"]: one["capacity"] for one in call("organization_list_for_user", name, id=name)},
        "collaborates": sorted(one["capacity"] for one in call("package_collaborator_list_for_user", id=name)),
        "tokens": _names(call("api_token_list", user_id=name)),
        "did": sorted(one["activity_type"] for one in call("user_activity_list", id=name, limit=100)),
    }


def _organisation(name: str) -> dict[str, Any]:
    shown = call(
        "organization_show", id=name, include_datasets=False, include_dataset_count=False, include_followers=False
    )
    return {
        "title": shown["title"],
        "description": shown["description"],
        "users": {user["name"]: user["capacity"] for user in shown["users"]},
        "children": sorted(
            model.Group.get(one).name for one, _, _ in call("member_list", id=name, object_type="group")
        ),
        "packages": sorted(
            model.Package.get(one).name for one, _, _ in call("member_list", id=name, object_type="package")
        ),
        "followers": _names(call("group_follower_list", id=shown["id"])),
        "happened": sorted(one["activity_type"] for one in call("organization_activity_list", id=name, limit=100)),
    }


def _package(name: str, names: dict[str, str]) -> dict[str, Any]:
    shown = call("package_show", id=name)
    return {
        "organisation": shown["organization"]["name"],
        "creator": names.get(shown["creator_user_id"]),
        "tags": _names(shown["tags"]),
        "modified": shown["metadata_modified"],
        "followers": _names(call("dataset_follower_list", id=name)),
        "collaborators": {names[one["user_id"]]: one["capacity"] for one in call("package_collaborator_list", id=name)},
    }


logging.disable(logging.CRITICAL)
application = make_app(load_config(sys.argv[2]))
with application._wsgi_app.test_request_context():
    if sys.argv[1] == "fill":
        fill()
    else:
        print(json.dumps(tell()))
