"""The text of an `env.py`: what in it runs migrations, and the same with `run()` in its place.

What Alembic's templates for one database run is replaced as a whole. Elsewhere each `context.configure(…)`, with what
runs the migrations behind it, becomes a call of `run()` with the same arguments: how the project connects stays.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["GIVEN_BY_US", "ended_like", "given_otherwise", "lines_of", "rewritten"]

_RUNNERS = ("run_migrations_offline", "run_migrations_online", "do_run_migrations", "run_async_migrations")
_ONLY_THERE = frozenset(("engine_from_config", "pool", "asyncio", "Connection", "async_engine_from_config"))
GIVEN_BY_US = {
    "as_sql": None,
    "dialect_name": None,
    "dialect_opts": "{'paramstyle': 'named'}",
    "literal_binds": "True",
    "transaction_per_migration": "False",
    "transactional_ddl": "True",
}
"""Arguments of `configure()` that run() gives itself, as it gives them; None where it asks Alembic."""

_Statement = ast.stmt


def rewritten(text: str, templates: Iterable[str], ends_with: str) -> tuple[str, str] | None:
    """Return `text` with `run()`, and what is new in it; None where it is not plain what it runs.

    `ends_with` is what stands in place of everything that one of the `templates` runs.
    """
    tree, parts = _parsed(text)
    for template in templates:
        _, expected = _parsed(template)
        if list(map(ast.dump, parts)) == list(map(ast.dump, expected)) and parts and tree.body[-1] is parts[-1]:
            return _ended(text, tree, parts, ends_with), ends_with
    found = list(_runs(tree))
    methods = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    commented = _comments(text)
    plain = all(run.is_plain and not commented & run.lines for run in found)
    whole = all(methods.count(name) == len(found) for name in ("configure", "run_migrations"))
    if not found or not whole or not plain or _names(tree) & {"run", "ADOPTED"}:
        return None
    return _called(text, tree, found, ends_with)


def given_otherwise(text: str) -> list[str]:
    """Return the arguments of `configure()` in `text` that run() gives itself, and otherwise."""
    return list(dict.fromkeys(said for run in _runs(ast.parse(text)) for said in run.otherwise))


def _parsed(text: str) -> tuple[ast.Module, list[_Statement]]:
    """Return the module, and what in it runs the migrations: functions, and the choice between them."""
    tree = ast.parse(text)
    named = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _RUNNERS
    ]
    choices = [node for node in tree.body if isinstance(node, ast.If) and "is_offline_mode" in ast.dump(node.test)]
    return tree, [*named, *choices]


def lines_of(text: str) -> list[str]:
    """Return the lines with their ends, where Python and an ini file see them: `splitlines` sees more."""
    return io.StringIO(text, newline="").readlines()


def ended_like(line: str, text: str) -> str:
    """Return `text` with the line ends that `line` has."""
    end = line[len(line.rstrip("\r\n")) :]
    return text.replace("\n", end) if end else text


# A template, whole.


def _ended(text: str, tree: ast.Module, parts: list[_Statement], ends_with: str) -> str:
    lines = lines_of(text)
    kept = "".join(lines[: parts[0].lineno - 1])
    others = [node for node in tree.body if node not in parts]
    for node in others:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound = {alias.asname or alias.name for alias in node.names}
            if bound <= _ONLY_THERE and not bound & _names(*others):
                kept = kept.replace("".join(lines[node.lineno - 1 : node.end_lineno]), "", 1)
    return kept + ended_like(lines[parts[0].lineno - 2], ends_with)


def _names(*nodes: ast.AST) -> set[str]:
    return {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}


# Calls, one by one.


@dataclass(frozen=True)
class _Run:
    """A call of `context.configure()` as a statement, and the statement behind it that runs the migrations."""

    configure: ast.Call
    last: _Statement
    passed_on: list[ast.keyword]

    @property
    def lines(self) -> set[int]:
        """The lines of both."""
        return set(range(self.configure.lineno, (self.last.end_lineno or 0) + 1))

    @property
    def is_plain(self) -> bool:
        """Whether run() takes what they give."""
        return not self.otherwise and not self.configure.args and all(word.arg for word in self.passed_on)

    @property
    def otherwise(self) -> list[str]:
        """The arguments that run() gives itself, and not so."""
        given = {word.arg: ast.unparse(word.value) for word in self.configure.keywords if word.arg in GIVEN_BY_US}
        return [f"{name}={said}" for name, said in given.items() if GIVEN_BY_US[str(name)] != said]

    def told(self, text: str, adopted: bool) -> str:
        """Return the call that stands for both."""
        words = [
            f"{word.arg}={_source(text, word.value)}" if word.arg else f"**{_source(text, word.value)}"
            for word in self.configure.keywords
            if word.arg not in GIVEN_BY_US
        ]
        if self.passed_on:
            passed = ", ".join(f'"{word.arg}": {_source(text, word.value)}' for word in self.passed_on)
            words.insert(0, f"passed_on={{{passed}}}")
        if adopted:
            more = [word for word in words if word.startswith("**")]
            words = [word for word in words if word not in more]
            words.append(f"**{{{', '.join(more)}, **ADOPTED}}" if more else "**ADOPTED")
        indent = " " * self.configure.col_offset
        whole = f"run({', '.join(words)})"
        if len(indent + whole) <= 88 and "\n" not in whole:
            return f"{indent}{whole}\n"
        return "\n".join((f"{indent}run(", *(f"{indent}    {word}," for word in words), f"{indent})\n"))


def _runs(tree: ast.Module) -> Iterator[_Run]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            for first, then in pairwise(block if isinstance(block, list) else ()):
                call = _call(first)
                if call is None or not _is(call, "configure"):
                    continue
                inner = then.body[0] if isinstance(then, ast.With) and _begins(then) else then
                runs = _call(inner)
                if runs is not None and _is(runs, "run_migrations") and not runs.args:
                    yield _Run(call, then, runs.keywords)


def _call(node: ast.AST) -> ast.Call | None:
    return node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None


def _is(call: ast.Call, method: str) -> bool:
    return ast.unparse(call.func) == f"context.{method}"


def _begins(node: ast.With) -> bool:
    return len(node.body) == 1 and [ast.unparse(item) for item in node.items] == ["context.begin_transaction()"]


def _source(text: str, node: ast.expr) -> str:
    return ast.get_source_segment(text, node) or ast.unparse(node)


def _comments(text: str) -> set[int]:
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    return {each.start[0] for each in found if each.type == tokenize.COMMENT}


def _called(text: str, tree: ast.Module, found: list[_Run], ends_with: str) -> tuple[str, str]:
    lines, new = lines_of(text), []
    for run in sorted(found, key=lambda run: -run.configure.lineno):
        told = run.told(text, "ADOPTED" in ends_with)
        new.append(told)
        start, end = run.configure.lineno - 1, run.last.end_lineno
        lines[start:end] = [ended_like(lines[start], told)]
    imports = ends_with.partition("\n\n")[0] + "\n"
    last = max(node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    lines.insert(last, ended_like(lines[last - 1], imports))
    return "".join(lines), imports + "".join(reversed(new))
