"""Three applications that others wrote, on databases that their own commands made.

An experiment tracker (mlflow), a study store (optuna) and a data portal (ckan): people wrote one thing under several
names there, with whatever hangs on it, through the application's own API (`inside/`). A revision in a project beside
the application's (`folds/`) makes them one; the application's API is then asked what it sees, and after the downgrade
every table is as it was, to the byte.

The applications are no dependency of ours and never installed by a test. Once, with a network:

    tests/apps/prepare.sh /tmp/rekey-apps
    REKEY_APPS=/tmp/rekey-apps .venv/bin/python -m pytest -m "" tests/apps

`pins/` holds the version of every package of the three environments.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from applications import Application, application


@pytest.fixture
def app(tmp_path) -> Callable[[str], Application]:
    """Gives an application by its name."""

    def given(name: str) -> Application:
        found = application(name, tmp_path)
        if found is None:
            pytest.skip(
                "no applications: tests/apps/prepare.sh FOLDER installs them, REKEY_APPS=FOLDER says where they are"
            )
        return found

    return given
