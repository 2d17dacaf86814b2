"""A tree to write, and disks that refuse or die."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from abilock.diagnostics.report import Report
from abilock.emit.disk import Disk
from abilock.emit.fileset import FileSet
from abilock.emit.plan import Plan, Wanted
from abilock.emit.staging import STAGING
from abilock.emit.writer import Writer

ABI = "abi/x.abi"
#: A file that changes, one that goes, one that stays, and a folder in place of a file.
OLD = {"x/a.h": "old a\n", "x/gone/b.h": "old b\n", "x/same.h": "same\n", "x/turn": "file\n"}
NEW = {"x/a.h": "new a\n", "x/same.h": "same\n", "x/deep/er/c.h": "new c\n", "x/turn/d": "d\n"}


class Dying(BaseException):
    """Stands for a process that is killed: nothing in the product may catch it."""


class FailingDisk(Disk):
    """A disk whose changes of the tree fail: the ``nth``, and with ``for_good`` all behind it."""

    def __init__(
        self, nth: int, failure: Callable[[], BaseException], *, for_good: bool = False
    ) -> None:
        self.calls = 0
        self._nth = nth
        self._failure = failure
        self._for_good = for_good

    def count(self) -> None:
        self.calls += 1
        if self.calls == self._nth or (self._for_good and self.calls > self._nth):
            raise self._failure()

    @property
    def has_failed(self) -> bool:
        return self.calls >= self._nth

    def write(self, path: Path, data: bytes) -> None:
        self.count()
        super().write(path, data)

    def keep(self, path: Path, copy: Path) -> None:
        self.count()
        super().keep(path, copy)

    def replace(self, source: Path, target: Path) -> None:
        self.count()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self.count()
        super().remove(path)

    def make_folder(self, path: Path) -> None:
        self.count()
        super().make_folder(path)

    def remove_folder(self, path: Path) -> None:
        self.count()
        super().remove_folder(path)


def killed_at(nth: int) -> FailingDisk:
    """A disk on which a run dies before its ``nth`` change."""
    return FailingDisk(nth, Dying, for_good=True)


def fileset(texts: dict[str, str]) -> FileSet:
    files = FileSet()
    for path, text in texts.items():
        files.add(path, "header", text, Report())
    return files


def wanted(texts: dict[str, str]) -> Wanted:
    return Wanted(fileset(texts), dict.fromkeys(texts, ABI), frozenset())


def writer(root: Path, disk: Disk | None = None) -> Writer:
    return Writer(root / "generated", root, "generated", disk)


def plan(root: Path, texts: dict[str, str]) -> Plan:
    found = writer(root).plan(wanted(texts), Report())
    assert found is not None
    return found


def run(
    root: Path, texts: dict[str, str], disk: Disk | None = None, *, force: bool = False
) -> Report:
    """What a whole run reports."""
    report = Report()
    one = writer(root, disk)
    if one.recover(report):
        found = one.plan(wanted(texts), report)
        if found is not None:
            one.write(found, report, force=force)
    return report


def codes(report: Report) -> list[str]:
    return [found.code.slug for found in report.sorted()]


def slugs(found: Iterable[object]) -> set[str]:
    return {finding.code.slug for finding in found}  # type: ignore[attr-defined]


def tree(root: Path) -> dict[str, str]:
    """Every file below ``generated``, the manifest and the staging folder left out."""
    folder = root / "generated"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json" and STAGING not in path.parts
    }


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """Every folder, and every file with its content, its mode and the time of its last change."""
    found: dict[str, tuple[object, ...]] = {}
    for path in root.rglob("*"):
        facts = path.lstat()
        whole = path.is_file() and (path.read_bytes(), facts.st_mode, facts.st_mtime_ns)
        found[path.relative_to(root).as_posix()] = whole or ("folder", facts.st_mode)
    return found
