"""The command `guide`: the pages of the guide, rendered on a terminal, as they are written elsewhere."""

from __future__ import annotations

import argparse
import sys

from rich.markdown import Markdown

from alembic_rekey.guide.topics import listing, topic
from alembic_rekey.show.terminal import show

__all__ = ["show_guide"]


def show_guide(options: argparse.Namespace) -> int:
    """Print the topics that are asked for, or the list of pages."""
    said = "\n".join(map(topic, options.topics)) or listing()
    if sys.stdout.isatty():
        show([Markdown(said, code_theme="ansi_dark")])
    else:
        sys.stdout.write(said)
    return 0
