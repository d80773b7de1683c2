"""Claims about which module may import which (design, section 5): a dry run has no way to the writer."""

import ast
from pathlib import Path

import pytest

import alembic_rekey

SOURCE = Path(alembic_rekey.__file__).parent
LAYERS = (
    ("operations",),
    ("apply", "restore", "guard", "report"),
    ("plan",),
    ("rules", "spec", "registry", "side_tables"),
    ("errors",),
)
READERS = (
    *("cli", "configuration", "demo", "dry_checks", "dry_run", "environment_file", "fold_revision", "folds", "pages"),
    *("project_files", "summary", "tally", "terminal"),
)
WRITERS = {"apply", "restore", "upgrade", "operations", "table_operations"}
TALKS_TO_ALEMBIC = {
    "cli",
    "comparison",
    "configuration",
    "environment_file",
    "environment",
    "fold_revision",
    "folds",
    "operations",
    "project_files",
    "script_impl",
    "table_operations",
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
    modules = {path.stem for path in SOURCE.glob("*.py")}
    return {name.removeprefix("alembic_rekey.") for name in imports(source)} & modules


MODULES = {path.stem: path.read_text("utf-8") for path in SOURCE.glob("*.py") if path.stem != "__init__"}
DIRECT = {name: own(source) for name, source in MODULES.items()}


def reachable(module: str) -> set[str]:
    found, waiting = set(), [module]
    while waiting:
        for imported in DIRECT[waiting.pop()] - found:
            found.add(imported)
            waiting.append(imported)
    return found


def test_the_reading_of_imports_sees_every_form_of_them():
    source = (
        "import alembic_rekey.apply\nfrom alembic_rekey import plan\ndef f():\n    from alembic_rekey.guard import x\n"
    )
    assert own(source) == {"apply", "plan", "guard"}
    assert reachable("operations") >= {"apply", "plan", "errors"}


@pytest.mark.parametrize("module", READERS)
def test_what_only_reads_never_reaches_a_writer(module):
    assert reachable(module) & WRITERS == set()


@pytest.mark.parametrize(("rank", "module"), [(rank, name) for rank, layer in enumerate(LAYERS) for name in layer])
def test_imports_run_one_way(rank, module):
    above = {name for layer in LAYERS[:rank] for name in layer}
    assert reachable(module) & above == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_two_modules_import_each_other(module):
    assert module not in reachable(module)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_alembic_is_imported_by_the_environment_the_operations_and_the_command_only(module):
    talks = any(name == "alembic" or name.startswith("alembic.") for name in imports(MODULES[module]))
    assert talks <= (module in TALKS_TO_ALEMBIC)


def test_loading_the_command_loads_no_writer(rekey_modules):
    assert rekey_modules & WRITERS == set()


@pytest.fixture
def rekey_modules():
    import subprocess
    import sys

    show = "import sys, alembic_rekey.cli; print(*(m for m in sys.modules if m.startswith('alembic_rekey.')))"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, encoding="utf-8", check=True)
    return {name.removeprefix("alembic_rekey.") for name in done.stdout.split()}
