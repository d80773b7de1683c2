"""Files of answers to collisions, as an operator writes them."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["answer", "written"]


def answer(keep: object, project: object = "p05-interferometer", key: object = "vendor", /, **more: object) -> dict:
    """An answer about the slot decision/`key` of a project."""
    return {"project": project, "category": "decision", "key": key, "keep": keep, **more}


def written(folder: Path, *answers: object, name: str = "answers.json") -> Path:
    """Writes a file of these answers; returns its path."""
    path = folder / name
    path.write_text(json.dumps(list(answers), ensure_ascii=False), encoding="utf-8")
    return path
