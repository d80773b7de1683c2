"""Plans of the databases as short text, with a mark where a nested loop goes over two big sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

__all__ = ["QUADRATIC", "postgresql_plan", "sqlite_plan"]

QUADRATIC = "!! nested loop over two big sides"
BIG = 1000
"""Rows from which on a side is big."""
SMALL = ("fk", "pk", "stored", "kept", "declared", "found", "asked", "info", "catalog", "pair", "own", "facts")
"""What our statements call lists of their own and the catalog, which has a row per column: no side is big with them."""


def sqlite_plan(lines: Iterable[Sequence[Any]]) -> str:
    """The text of EXPLAIN QUERY PLAN; marked where a table is scanned once per row of something else."""
    depth: dict[int, int] = {0: 0}
    correlated: set[int] = set()
    looped: set[int] = set()
    text = []
    for number, parent, _, says in lines:
        depth[number] = depth.get(parent, 0) + 1
        if parent in correlated or str(says).startswith("CORRELATED"):
            correlated.add(number)
        again = parent in looped or parent in correlated
        reads = says.startswith(("SCAN ", "SEARCH ")) and says.split()[1] not in SMALL and "CONSTANT" not in says
        mark = f"   {QUADRATIC}" if again and reads and says.startswith("SCAN ") else ""
        text.append(f"{'  ' * depth[number]}{says}{mark}")
        if reads:
            looped.add(parent)
    return "\n".join(text)


def postgresql_plan(explained: list[dict[str, Any]]) -> str:
    """The text of EXPLAIN (ANALYZE, FORMAT JSON): node, relation, milliseconds, rows and loops as they were."""
    whole = explained[0]
    return "\n".join([*_node(whole["Plan"], 1), f"  total {whole.get('Execution Time', 0):.0f} ms"])


def _node(node: dict[str, Any], depth: int) -> Iterator[str]:
    loops, rows = node.get("Actual Loops", 0), node.get("Actual Rows", 0)
    of = " ".join(str(node[key]) for key in ("Relation Name", "Index Name", "CTE Name", "Subplan Name") if key in node)
    extra = "".join(f"; {key} {node[key]}" for key in ("Sort Method", "Hash Batches") if node.get(key, 1) != 1)
    if node.get("Sort Space Type") == "Disk":
        extra += f" {node['Sort Space Used']} kB on disk"
    mark = f"   {QUADRATIC}" if _quadratic(node) else ""
    time = node.get("Actual Total Time", 0) * max(loops, 1)
    counted = f"{time:.0f} ms, {rows:.0f} rows x {loops:.0f}, expected {node['Plan Rows']}{extra}"
    yield f"{'  ' * depth}{node['Node Type']} {of} ({counted}){mark}"
    for child in node.get("Plans", ()):
        yield from _node(child, depth + 1)


def _quadratic(node: dict[str, Any]) -> bool:
    children = node.get("Plans", ())
    if node["Node Type"] != "Nested Loop" or len(children) < 2:
        return False
    outer, inner = children[0], children[1]
    read = max(_read(inner), node.get("Rows Removed by Join Filter", 0) / max(inner.get("Actual Loops", 1), 1))
    return outer.get("Actual Rows", 0) > BIG and read > BIG


def _read(node: dict[str, Any]) -> float:
    own = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
    return max([own, *(_read(child) for child in node.get("Plans", ()))])
