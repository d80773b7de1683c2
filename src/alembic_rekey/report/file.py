"""The report as a file: for its owner alone, never overwritten, final only once the commit is."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alembic_rekey.errors import ReportFailed

__all__ = ["PENDING", "NewFile", "ReportFile"]

PENDING = ".pending"
"""What stands behind the name of a report whose commit is still to come: it claims nothing yet."""

_REMEDY = "name a folder that you may write to and that has room, with -x report_dir=FOLDER."


_FILE_REMEDY = "name a file, in a folder that you may write to and that has room."
_NEW_REMEDY = (
    "name a file that is not there yet, in a folder that you may write to and that has room; "
    "--force lets it take the place of that one."
)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


class ReportFile:
    """A report that is complete on disk under a pending name, to be published or discarded."""

    def __init__(self, pending: Path) -> None:
        self.pending = pending
        self.path = pending.with_name(pending.name.removesuffix(PENDING))

    @classmethod
    def write(cls, folder: Path, name: str, pieces: Iterable[str]) -> ReportFile:
        """Write `pieces` to a new file below `folder`; `name` is without the ending `.json`.

        Raises:
            ReportFailed: where the folder or the file cannot be written; nothing stays behind.
        """
        with _refusing(folder / f"{name}.json"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            pending, descriptor = _claim(folder, name)
        report = cls(pending)
        try:
            with _refusing(report.path), open(descriptor, "w", encoding="ascii") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            report.discard()
            raise
        return report

    def publish(self) -> Path:
        """Give the report its final name: what it says has happened. Returns that name.

        Raises:
            ReportFailed: where that cannot be done; the report stays complete under its pending name.
        """
        with _refusing(self.path):
            _move(self.pending, self.path)
            _sync(self.path.parent)
        return self.path

    def discard(self) -> None:
        """Remove the report: what it says did not happen."""
        self.pending.unlink(missing_ok=True)


class NewFile:
    """A file that a person named: claimed before any work is done for it, there only once it is complete."""

    def __init__(self, path: Path, pending: Path, put: Callable[[Path, Path], None]) -> None:
        self.path = path
        self._pending = pending
        self._put = put

    @classmethod
    @contextmanager
    def claimed(cls, path: Path) -> Iterator[NewFile]:
        """Hand over a file to be filled; nothing stays behind where it is not.

        Raises:
            ReportFailed: where something of that name is there, or its folder cannot be written.
        """
        with _refusing(path, _NEW_REMEDY), suppress(FileNotFoundError):
            os.lstat(path)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        with _pending_beside(path, _NEW_REMEDY) as pending:
            yield cls(path, pending, _move)

    @classmethod
    @contextmanager
    def replacing(cls, path: Path) -> Iterator[NewFile]:
        """Hand over a file to be filled, which takes the place of a file of that name; that one stays where it is not.

        Raises:
            ReportFailed: where something else than a file is there, or its folder cannot be written.
        """
        with _refusing(path, _FILE_REMEDY), suppress(FileNotFoundError):
            if not stat.S_ISREG(os.lstat(path).st_mode):
                raise OSError(errno.EINVAL, "something else than a file is there")
        with _pending_beside(path, _FILE_REMEDY) as pending:
            yield cls(path, pending, os.replace)

    def add(self, pieces: Iterable[str]) -> None:
        """Write `pieces` behind what was written before.

        Raises:
            ReportFailed: where that cannot be done.
        """
        with _refusing(self.path, _NEW_REMEDY), open(self._pending, "a", encoding="utf-8") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())

    def fill(self, pieces: Iterable[str]) -> None:
        """Write `pieces` behind what was written before, and give the file its name.

        Raises:
            ReportFailed: where that cannot be done, or somebody put a file there meanwhile.
        """
        self.add(pieces)
        with _refusing(self.path, _NEW_REMEDY):
            self._put(self._pending, self.path)
            _sync(self.path.parent)


@contextmanager
def _pending_beside(path: Path, remedy: str) -> Iterator[Path]:
    with _refusing(path, remedy):
        descriptor, pending = tempfile.mkstemp(prefix=".alembic-rekey-", suffix=PENDING, dir=path.parent)
        os.close(descriptor)
    try:
        yield Path(pending)
    finally:
        Path(pending).unlink(missing_ok=True)


def _claim(folder: Path, name: str) -> tuple[Path, int]:
    """Create the file that nobody has yet, following no link; number it where the name is taken."""
    number = 1
    while True:
        path = folder / (f"{name}.json" if number == 1 else f"{name}-{number}.json")
        pending = path.with_name(path.name + PENDING)
        number += 1
        if path.exists() or path.is_symlink():
            continue
        try:
            return pending, os.open(pending, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue


def _move(source: Path, target: Path) -> None:
    """Rename `source`, but overwrite nothing that somebody put at `target` meanwhile."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A disk without hard links, such as a memory stick or a share.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _refusing(path: Path, remedy: str = _REMEDY) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportFailed(path, f"it cannot be written: {error.strerror or error}.", remedy) from error
