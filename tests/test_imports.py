"""Claims about which package may import which (design, section 7): imports run one way, and what reads never writes."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

import alembic_rekey

SOURCE = Path(alembic_rekey.__file__).parent
ORDER = (
    *("pytest_plugin", "cli", "guide", "operations", "environment", "project", "show", "script", "review", "fold"),
    *("undo", "back", "report", "connection", "settings", "guard", "plan", "sql", "names", "text", "spec", "errors"),
)
"""Packages and public modules: each may import those behind it, and no other."""
READERS = ("project", "show", "review", "back", "report", "guard", "plan")
"""Nothing in these reaches what changes a row."""
WRITERS = {"fold.apply", "fold.program", "undo.put_back", "undo.restore", "operations"}
TALKS_TO_ALEMBIC = {
    "pytest_plugin",
    "cli.commands",
    "cli.project_commands",
    "cli.run_commands",
    "cli.scan_command",
    "connection.comparison",
    "environment",
    "guide.trial",
    "operations",
    "project",
    "script.impl",
}
PACKAGES = sorted(path.parent for path in SOURCE.rglob("__init__.py"))
OPENS_CONNECTIONS = {"create_engine", "connect", "execute", "scalar", "begin", "exec_driver_sql"}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    dotted(path): path.read_text("utf-8")
    for folder in PACKAGES
    for path in folder.glob("*.py")
    if path != SOURCE / "__init__.py"
}


def imports(source: str) -> set[str]:
    """The names of all modules that a module imports, wherever the statement stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not followed here"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(source: str) -> set[str]:
    """The modules of this package among them."""
    return {name.removeprefix("alembic_rekey.") for name in imports(source)} & set(MODULES)


DIRECT = {name: own(source) for name, source in MODULES.items()}


def reachable(module: str) -> set[str]:
    found, waiting = set(), [module]
    while waiting:
        for imported in DIRECT[waiting.pop()] - found:
            found.add(imported)
            waiting.append(imported)
    return found


def package(module: str) -> str:
    return module.partition(".")[0]


def test_the_reading_of_imports_sees_every_form_of_them():
    source = (
        "import alembic_rekey.fold.apply\nfrom alembic_rekey import plan\n"
        "def f():\n    from alembic_rekey.guard.checks import x\n"
    )
    assert {"fold.apply", "plan", "guard.checks"} == own(source)
    assert {"fold.apply", "plan.plan", "errors"} <= reachable("operations")


def test_every_package_has_its_place_in_the_order():
    assert set(ORDER) == {package(module) for module in MODULES}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_run_one_way(module):
    place = ORDER.index(package(module))
    back = {name for name in DIRECT[module] if ORDER.index(package(name)) < place}
    assert set() == back


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_two_modules_import_each_other(module):
    assert module not in reachable(module) or module == package(module)


@pytest.mark.parametrize("reader", READERS)
def test_what_only_reads_never_reaches_a_writer(reader):
    reached = {name for module in MODULES if package(module) == reader for name in reachable(module)}
    assert set() == {name for name in reached if name in WRITERS or package(name) in WRITERS}


@pytest.mark.parametrize("module", [module for module in sorted(MODULES) if package(module) in ("plan", "back")])
def test_a_plan_and_a_way_back_open_no_connection(module):
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(MODULES[module]))
        if isinstance(node, ast.Call)
    }
    assert set() == called & OPENS_CONNECTIONS
    assert "sqlalchemy.Connection" not in imports(MODULES[module])


@pytest.mark.parametrize("module", sorted(MODULES))
def test_alembic_is_imported_by_the_environment_the_operations_and_the_command_only(module):
    talks = any(name == "alembic" or name.startswith("alembic.") for name in imports(MODULES[module]))
    assert talks <= (module in TALKS_TO_ALEMBIC or package(module) in TALKS_TO_ALEMBIC)


def test_loading_the_command_loads_no_writer():
    show = "import sys, alembic_rekey.cli; print(*(m for m in sys.modules if m.startswith('alembic_rekey.')))"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, encoding="utf-8", check=True)
    loaded = {name.removeprefix("alembic_rekey.") for name in done.stdout.split()}
    assert set() == {name for name in loaded if name in WRITERS or package(name) in WRITERS}


def test_what_is_installed_by_itself_needs_nothing_that_only_the_tests_install():
    """A stranger has the library and what it requires: no driver, no greenlet, no pytest."""
    others = ("greenlet", "argcomplete", "psycopg", "psycopg2", "asyncpg", "aiosqlite", "pytest", "flask")
    loads = "alembic_rekey, alembic_rekey.cli, alembic_rekey.environment, alembic_rekey.operations"
    without = f"import sys; sys.modules.update(dict.fromkeys({others!r})); import {loads}, alembic_rekey.guide.trial"
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, encoding="utf-8", check=False)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: str(folder.relative_to(SOURCE)))
def test_a_package_says_in_one_sentence_what_lives_there_and_holds_three_to_ten_modules(folder):
    modules = [path for path in folder.glob("*.py") if path.stem not in ("__init__", "__main__")]
    assert 3 <= len(modules) <= 10
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_is_short_enough_to_hold_one_noun(module):
    assert 250 >= len(MODULES[module].splitlines())


def test_half_of_the_modules_are_read_at_a_glance():
    assert 150 > median(len(text.splitlines()) for module, text in MODULES.items() if module != package(module))


def test_hardly_anything_asks_of_which_kind_a_part_is():
    """A phase looks up what it does by the part's class, and `Part` tells the rest: no chains of `isinstance`."""
    asked = re.compile(r"isinstance\(\w+, [^)]*\b(Identity|Slots|Tags)\b")
    found = {module: number for module, text in MODULES.items() if (number := len(asked.findall(text)))}
    assert 5 >= sum(found.values()), found
    assert {1} == set(found.values()), found
