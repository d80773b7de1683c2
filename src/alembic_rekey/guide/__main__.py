"""`python -m alembic_rekey.guide --check`: every command and every spec of all pages is run, on SQLite."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from alembic_rekey.guide.topics import PAGES, listing
from alembic_rekey.guide.trial import Trial, Untrue


def main() -> int:
    """Print the list of pages, or check them; 1 where one of them shows what is not so."""
    asked = argparse.ArgumentParser(prog="python -m alembic_rekey.guide", description=__doc__)
    asked.add_argument("--check", action="store_true", help="run what the pages show, in temporary folders")
    asked.add_argument("pages", nargs="*", metavar="PAGE", help="default: all of them")
    given = asked.parse_args()
    if not given.check:
        sys.stdout.write(listing())
        return 0
    untrue = 0
    for name in given.pages or PAGES:
        with tempfile.TemporaryDirectory(prefix="alembic-rekey-guide-") as folder:
            trial = Trial(name, Path(folder))
            try:
                trial.run()
                said = "true"
            except Untrue as error:
                untrue, said = untrue + 1, f"UNTRUE: {error}"
        sys.stdout.write(f"{name}: {said}\n")
        for block in trial.elsewhere:
            sys.stdout.write(f"  not run here: line {block.line}, {block.text.splitlines()[0]}\n")
    return 1 if untrue else 0


if __name__ == "__main__":
    sys.exit(main())
