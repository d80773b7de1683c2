"""Claims about settings: what beats what, and what is refused (section 4, Settings)."""

import argparse
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import NullPool, create_engine

from alembic_rekey.environment import settings_of
from alembic_rekey.errors import SettingRefused
from alembic_rekey.settings import DEFAULTS, Settings, arguments, refuse_unknown
from databases import SQLiteDatabase
from examples import ROOT, alembic_here, prepared, projects

VARIABLES = {
    "url": "ATOCORE_DATABASE_URL",
    "registry": "ATOCORE_PROJECT_REGISTRY_PATH",
    "report_dir": "ATOCORE_DATA_DIR",
}

EXAMPLES = {
    "url": ("sqlite:///x.db", "sqlite:///environment.db", "sqlite:///ini.db", "sqlite:///data/db/atocore.db"),
    "registry": ("x.json", "environment.json", "ini.json", "config/project-registry.json"),
    "report_dir": ("x", "environment", "ini", "data/migrations"),
    "report_name": ("x", None, "ini", "legacy-aliases"),
    "allow_empty": ("false", None, "false", True),
    "lock_timeout": ("7", None, "2", 30.0),
    "on_drift": ("keep", None, "keep", "abort"),
    "expect_plan": ("abc", None, None, ()),
    "resolutions": ("answers.json", None, None, None),
    "report": ("report.json", None, None, ()),
}
"""Per setting a value by -x, by environment and by ini file (None where there is no such way), and what it is here."""

OF_ANOTHER_PRODUCT = {"registry": "registry.json", "report_dir": "reports", "report_name": None}
"""The defaults of whoever is not this repository, beside their alembic.ini."""


def shown(value):
    """A setting as the examples write it."""
    value = ",".join(map(str, value)) if type(value) is tuple and value else value
    return {True: "true", False: "false"}.get(value, str(value).removesuffix(".0")) if value is not None else None


@pytest.fixture
def read(tmp_path):
    """Reads the settings with the shipped alembic.ini, with these lines changed, and these -x arguments."""

    def run(*given, **ini):
        lines = (ROOT / "alembic.ini").read_text().splitlines()
        for name, value in ini.items():
            key = "sqlalchemy.url" if name == "url" else f"rekey.{name}"
            lines = [line for line in lines if not line.startswith(f"{key} =")]
            if value is not None:
                lines.insert(lines.index("[alembic]") + 1, f"{key} = {value}")
        file = tmp_path / "alembic.ini"
        file.write_text("\n".join(lines))
        return settings_of(Config(str(file), cmd_opts=argparse.Namespace(x=list(given))))

    return run


def test_every_setting_has_an_example():
    assert EXAMPLES.keys() == DEFAULTS.keys() == Settings.__dataclass_fields__.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_settings_of_this_repository_are_the_designs(read, name):
    assert shown(getattr(read(), name)) == shown(EXAMPLES[name][3])


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - OF_ANOTHER_PRODUCT.keys() - {"url"}))
def test_the_shipped_ini_file_and_the_engine_agree_on_every_other_default(read, name):
    assert getattr(read(**{name: None}), name) == getattr(read(), name)


@pytest.mark.parametrize(("name", "default"), OF_ANOTHER_PRODUCT.items())
def test_the_defaults_lie_beside_the_ini_file_wherever_the_command_is_run(read, tmp_path, monkeypatch, name, default):
    monkeypatch.chdir("/")
    assert (tmp_path / default if name != "report_name" else default) == getattr(read(**{name: None}), name)


def test_without_a_database_the_default_is_none_at_all(read):
    with pytest.raises(SettingRefused, match=r"setting url: no database is named\.\n  what to do: name it with -x url"):
        read(url=None)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a" * 61, "tab\t", "größe"])
def test_what_a_report_is_called_is_a_plain_name(read, name):
    with pytest.raises(SettingRefused, match=r"report_name: .*(it has no value|is no plain name of a file)"):
        read(f"report_name={name}")


def test_a_connection_that_is_handed_over_is_the_database(read, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/its.db", poolclass=NullPool)
    config = Config(str(tmp_path / "alembic.ini"), cmd_opts=argparse.Namespace(x=["url=sqlite:///other.db"]))
    read()
    with engine.connect() as connection:
        for handed_over in (engine, connection):
            config.attributes["connection"] = handed_over
            assert f"sqlite:///{tmp_path}/its.db" == settings_of(config).database


@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if example[2]])
def test_the_ini_file_beats_the_default(read, name):
    assert shown(getattr(read(**{name: EXAMPLES[name][2]}), name)) == EXAMPLES[name][2]


@pytest.mark.parametrize("name", VARIABLES)
def test_the_environment_beats_the_ini_file(read, monkeypatch, name):
    monkeypatch.setenv(VARIABLES[name], EXAMPLES[name][1])
    below = "/migrations" if name == "report_dir" else ""
    assert str(getattr(read(**{name: EXAMPLES[name][2]}), name)) == EXAMPLES[name][1] + below


@pytest.mark.parametrize("name", EXAMPLES)
def test_x_beats_the_environment_and_the_ini_file(read, monkeypatch, name):
    for variable in (*VARIABLES.values(), "ATOCORE_DB_DIR"):
        monkeypatch.setenv(variable, "sqlite:///environment.db")
    ini = {name: EXAMPLES[name][2]} if EXAMPLES[name][2] else {}
    assert shown(getattr(read(f"{name}={EXAMPLES[name][0]}", **ini), name)) == EXAMPLES[name][0]


@pytest.mark.parametrize("name", ["expect_plan", "resolutions", "report"])
def test_what_answers_one_plan_of_one_database_cannot_stand_in_the_ini_file(read, name):
    assert not getattr(read(**{name: "x"}), name)


def test_the_folder_of_the_database_names_the_file_in_it(read, monkeypatch):
    monkeypatch.setenv("ATOCORE_DB_DIR", "/srv/atocore/db dir")
    assert read().url.database == "/srv/atocore/db dir/atocore.db"
    assert read().url.get_backend_name() == "sqlite"


def test_a_relative_folder_of_the_database_stays_relative(read, monkeypatch):
    monkeypatch.setenv("ATOCORE_DB_DIR", "data")
    assert read().url.database == "data/atocore.db"


def test_the_url_of_the_environment_beats_the_folder(read, monkeypatch):
    monkeypatch.setenv("ATOCORE_DB_DIR", "/srv")
    monkeypatch.setenv("ATOCORE_DATABASE_URL", "postgresql+psycopg://h/d")
    assert read().url.host == "h"


@pytest.mark.parametrize("odd", ["a?b", "a#b", "100%", "a%20b", "größe", "it's"])
def test_a_folder_of_the_database_may_have_any_name(read, monkeypatch, odd):
    monkeypatch.setenv("ATOCORE_DB_DIR", f"/srv/{odd}")
    assert read().url.database == f"/srv/{odd}/atocore.db"


def test_the_data_folder_holds_the_reports_below_migrations(read, monkeypatch):
    monkeypatch.setenv("ATOCORE_DATA_DIR", "/srv/data")
    assert read().report_dir == Path("/srv/data/migrations")


@pytest.mark.parametrize("variable", [*VARIABLES.values(), "ATOCORE_DB_DIR"])
def test_an_empty_variable_is_no_setting(read, monkeypatch, variable):
    before = read()
    monkeypatch.setenv(variable, "")
    assert read() == before


def test_the_last_of_two_x_arguments_wins(read):
    assert read("registry=a", "registry=b").registry == Path("b")


def test_approvals_of_many_folds_are_longer_than_a_name_of_a_file_may_be(read):
    each = tuple(letter * 64 for letter in "abcde")
    assert each == read(f"expect_plan={','.join(each)}").expect_plan


def test_one_file_may_have_a_comma_in_its_name(read, tmp_path):
    file = tmp_path / "a, b.json"
    file.touch()
    assert (str(file),) == read(f"expect_plan={file}").expect_plan


def test_a_value_may_hold_an_equals_sign(read):
    url = "postgresql+psycopg://h/d?options=-cstatement_timeout=0"
    assert read(f"url={url}").url.query["options"] == "-cstatement_timeout=0"


def test_a_percent_sign_in_a_url_is_written_once_by_x_and_in_the_environment_and_twice_in_the_ini_file(
    read, monkeypatch
):
    url = "postgresql+psycopg://u:p%40ss%25@h/d"
    assert read(f"url={url}").url.password == "p@ss%"
    assert read(url=url.replace("%", "%%")).url.password == "p@ss%"
    monkeypatch.setenv("ATOCORE_DATABASE_URL", url)
    assert read().url.password == "p@ss%"


MEANT = {
    "registy=x": "registry",
    "Registry=x": "registry",
    " registry=x": "registry",
    "repot": "report",
    "rekey.registry=x": "registry",
    "url_=x": "url",
    "ulr=x": "url",
    "URL=x": "url",
    "urls=x": "url",
    "report-dir=x": "report_dir",
    "reportdir=x": "report_dir",
    "expect-plan=x": "expect_plan",
    "expected_plan=x": "expect_plan",
    "lock-timeout=3": "lock_timeout",
    "ondrift=keep": "on_drift",
    "resolution=x": "resolutions",
    "alow_empty=no": "allow_empty",
}


@pytest.mark.parametrize(("given", "meant"), MEANT.items())
def test_a_key_that_is_nearly_one_of_ours_is_refused_with_the_right_one(given, meant):
    with pytest.raises(SettingRefused, match=f"there is no such setting.*\n.*write {meant}\\."):
        arguments([given])


def test_a_key_that_can_only_be_meant_for_us_is_refused_with_all_that_are_known():
    with pytest.raises(SettingRefused, match="there is no such setting") as refusal:
        arguments(["rekey.colour=x"])
    assert ", ".join(DEFAULTS) in str(refusal.value)


@pytest.mark.parametrize(
    "own", ["tenant=north", "env=prod", "schema=a", "verbose", "data=true", "import=x", "record=1", "user=u", "=x", ""]
)
def test_other_keys_are_the_projects_own_and_pass(read, own):
    assert {"registry": "r"} == arguments([own, "registry=r"])
    assert Path("r") == read(own, "registry=r").registry


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("rekey.registy", "rekey.registry"),
        ("rekey.report-dir", "rekey.report_dir"),
        ("rekey.url", "sqlalchemy.url"),
        ("rekey.lock_timout", "rekey.lock_timeout"),
        ("rekey.colour", "one of: sqlalchemy.url, rekey.registry, "),
        ("rekey.env.registy", "one of: "),
    ],
)
def test_a_setting_of_the_ini_file_that_is_read_nowhere_is_refused(option, meant):
    known = ["script_location", "sqlalchemy.url", "rekey.registry", "rekey.env.url"]
    with pytest.raises(SettingRefused, match=rf"setting {option} in a\.ini: there is no such setting") as refusal:
        refuse_unknown([*known, option], "a.ini")
    assert meant in str(refusal.value)


def test_it_is_refused_by_every_command_that_has_settings(read):
    with pytest.raises(SettingRefused, match=r"setting rekey.registy in .*alembic.ini: .*\n.* write rekey.registry\."):
        read(registy="x")


@pytest.mark.parametrize("given", ["registry", "registry="])
def test_a_key_without_a_value_is_refused(given):
    with pytest.raises(SettingRefused, match="it has no value"):
        arguments([given])


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("NO", False), ("1", True), ("off", False)])
def test_the_words_for_yes_and_no(read, text, meant):
    assert read(f"allow_empty={text}").allow_empty is meant


# Less than a millisecond would be none, and none is for ever.
@pytest.mark.parametrize(
    ("name", "value"),
    [("allow_empty", "ja"), ("lock_timeout", "-1"), ("lock_timeout", "0.0009"), ("on_drift", "Keep it")],
)
def test_a_bad_value_is_refused_wherever_it_stands(read, name, value):
    with pytest.raises(SettingRefused, match=name):
        read(f"{name}={value}")
    with pytest.raises(SettingRefused, match=name):
        read(**{name: value})


def test_the_database_is_shown_without_its_password_and_its_options(read):
    shown = read("url=postgresql+psycopg://u:s3cret@h/d?password=s3cret").database
    assert shown == "postgresql+psycopg://u:***@h/d"


def test_the_whole_of_it_by_environment_alone(tmp_path, monkeypatch):
    database = SQLiteDatabase(tmp_path / "db" / "atocore.db")
    database.path.parent.mkdir()
    registry = prepared(database, tmp_path, {"projects": projects(s="p05")})
    monkeypatch.setenv("ATOCORE_DB_DIR", str(database.path.parent))
    monkeypatch.setenv("ATOCORE_PROJECT_REGISTRY_PATH", str(registry))
    monkeypatch.setenv("ATOCORE_DATA_DIR", str(tmp_path / "data"))
    assert alembic_here("upgrade", "head").code == 0
    assert database.rows("SELECT outcome FROM rekey_run") == [("applied",)]
    assert len(list((tmp_path / "data" / "migrations").glob("legacy-aliases-*.json"))) == 1
