"""`alembic-rekey revision`: one more fold, made from the last one: a revision of its own, with tables of its own."""

from __future__ import annotations

import ast
import builtins
import json
from pathlib import Path
from symtable import symtable
from textwrap import indent

from alembic.config import Config
from alembic.script import Script

from alembic_rekey.errors import CommandRefused
from alembic_rekey.project.folds import Folds
from alembic_rekey.project.new_revision import new_revision, refuse_message

__all__ = ["next_fold"]

_FUNCTIONS = {
    "upgrade": ("rekey", "Plan, guard, apply, verify and record, in the transaction of the upgrade."),
    "downgrade": ("restore", "Put every row back from the journal."),
}
"""What each function of a fold calls, and what is said of it."""
_UNTYPED = "  # type: ignore[attr-defined]  # added at run time"


def next_fold(config: Config, message: str, revision: str | None = None, head: str | None = None) -> tuple[Path, Path]:
    """Write a revision after the present head that folds what the last fold declares; return its file and that one's.

    `revision` is its identifier, by default one like Alembic makes them; `head` the one before it, where there are
    several. The file holds the text of the last fold: it stays as it is whatever becomes of that one.

    Raises:
        CommandRefused: if there is no fold yet, or its file cannot be read as one.
        CommandError: where Alembic cannot make a revision: several heads, an identifier that is taken.
    """
    refuse_message(message)
    last = Folds(config).last
    before = _Text.of(last)
    about = "Folds the same tables as before, for names that are new."
    return new_revision(config, message, revision, about, before.of_next, head=head), Path(last.path)


class _Text:
    """The file of a fold, and where in it stands what another fold has otherwise."""

    def __init__(self, path: Path, text: str, tree: ast.Module) -> None:
        self._path = path
        self._lines = text.splitlines(keepends=True)
        self._tree = tree

    @classmethod
    def of(cls, script: Script) -> _Text:
        path = Path(script.path)
        try:
            text = path.read_text("utf-8")
            return cls(path, text, ast.parse(text))
        except (OSError, ValueError, SyntaxError) as error:
            raise CommandRefused(f"{path} cannot be read: {error}.", "mend the file of the last fold.") from error

    def of_next(self, title: str, revision: str, down_revision: object) -> str:
        """Return the text of the next fold."""
        values: dict[str, object] = {"revision": revision, "down_revision": down_revision}
        values |= {"branch_labels": None, "depends_on": None}
        replaced: list[tuple[ast.stmt | ast.expr, str]] = []
        missing = {"revision", "down_revision", *_FUNCTIONS}
        for node in self._tree.body:
            name = self._named(node)
            if isinstance(node, ast.FunctionDef) and name in _FUNCTIONS:
                text = self._of_one(node) or self._only(node)
                if text is None:
                    continue
                replaced.append((node, text))
            elif name in values and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                replaced.append(
                    (node.value, "None" if values[name] is None else json.dumps(values[name], ensure_ascii=False))
                )
            missing.discard(name)
        if missing:
            raise CommandRefused(
                f"{self._path} does not say {', '.join(sorted(missing))} as a revision does that folds.",
                "write the revision by hand: alembic revision.",
            )
        first = self._tree.body[0]
        if ast.get_docstring(self._tree) is not None:
            replaced.append((first, title))
            return self._with(replaced)
        return f"{title}\n\n{self._with(replaced)}"

    def _of_one(self, function: ast.FunctionDef) -> str | None:
        """Return the text of a function that does its work in one database of several, but for the side tables."""
        if not function.args.args:
            return None
        own = self._lines[function.lineno - 1 : function.end_lineno]
        return "".join(line for line in own if "_side_tables(" not in line).rstrip("\n")

    def _only(self, function: ast.FunctionDef) -> str | None:
        """Return the text of a function with the statements alone that fold or put back, none if others are needed."""
        called, about = _FUNCTIONS[function.name]
        kept = [statement for statement in function.body if called in _called_in(statement)]
        kept = kept or ast.parse(f"op.{called}(spec)").body
        known = {
            symbol.get_name()
            for symbol in symtable("".join(self._lines), str(self._path), "exec").get_symbols()
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
        }
        names = [node for statement in kept for node in ast.walk(statement) if isinstance(node, ast.Name)]
        known |= {*dir(builtins), *(node.id for node in names if isinstance(node.ctx, ast.Store))}
        calls = {call for statement in kept for call in _called_in(statement)}
        if calls & {"create_side_tables", "drop_side_tables"} or any(node.id not in known for node in names):
            return None
        body = [ast.unparse(each) + (_UNTYPED if isinstance(each, ast.Expr) else "") for each in kept]
        return f'def {function.name}() -> None:\n    """{about}"""\n' + indent("\n".join(body), "    ")

    @staticmethod
    def _named(node: ast.stmt) -> str:
        if isinstance(node, ast.FunctionDef):
            return node.name
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        return next((target.id for target in targets if isinstance(target, ast.Name)), "")

    def _with(self, replaced: list[tuple[ast.stmt | ast.expr, str]]) -> str:
        """Return the text with each node's own text replaced, the last first; columns are bytes of UTF-8."""
        lines = [line.encode() for line in self._lines]
        for node, text in sorted(replaced, key=lambda each: -each[0].lineno):
            start, end = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            # The text of a function has the comment that stands behind its last statement.
            rest = b"\n" if isinstance(node, ast.FunctionDef) else lines[end][node.end_col_offset :]
            around = lines[start][: node.col_offset] + text.encode() + rest
            lines[start : end + 1] = [around]
        return b"".join(lines).decode()


def _called_in(statement: ast.stmt) -> set[str]:
    """Return the names of all methods that are called in a statement."""
    calls = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    return {called.attr for called in calls if isinstance(called, ast.Attribute)}
