"""``<abi>.lock``: every released version on a line of its own, in the order of versions.

So a version has one place in the file. Two branches that release the same one both write there, and git
leaves a conflict; branches that release different ones conflict, or merge into a file that is right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.model.version import Version

FORMAT = 1
#: How the names of locks end, and how locks begin, among other files that end so.
LOCK = ".lock"
_BEGIN = "# abilock-lock "
_HEAD = """\
# abilock-lock {format}
# Released versions of {name}: a fingerprint of what each means, one of its text in history/{name}/, and a
# seal over both. `abilock release` writes this file, and nobody edits it.
"""
_FORMAT = re.compile(r"# abilock-lock (\d{1,9})")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MARKER = re.compile(r"(?:<{7}|\|{7}|>{7})(?: .*)?|={7}")
_SEAL_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Release:
    """One line. ``meaning``: the fingerprint of the description; ``text``: the digest of what was frozen;
    ``seal``: what shows that nobody edited the line."""

    version: Version
    meaning: str
    text: str
    seal: str

    @classmethod
    def of(cls, abi: str, version: Version, meaning: str, text: str) -> Release:
        return cls(version, meaning, text, _seal(abi, version, meaning, text))

    def is_sealed(self, abi: str) -> bool:
        """Whether the line is as it was written."""
        return self.seal == _seal(abi, self.version, self.meaning, self.text)

    def line(self) -> str:
        return f"{self.version} {self.meaning} {self.text} {self.seal}"


@dataclass(frozen=True, slots=True)
class Lock:
    """The released versions of one ABI, in their order, each once."""

    abi: str
    releases: tuple[Release, ...] = ()

    def find(self, version: Version) -> Release | None:
        return next((each for each in self.releases if each.version == version), None)

    def last(self, until: Version) -> Release | None:
        """The newest release that is not newer than a version: what a description of it follows."""
        return next((each for each in self.releases[::-1] if each.version <= until), None)

    @property
    def versions(self) -> frozenset[Version]:
        """Those that are taken."""
        return frozenset(each.version for each in self.releases)

    def following(self, version: Version) -> Release | None:
        """The oldest release that is newer than a version."""
        return next((each for each in self.releases if each.version > version), None)

    def with_release(self, release: Release) -> Lock:
        """The same with one release more."""
        others = (each for each in self.releases if each.version != release.version)
        ordered = sorted((*others, release), key=lambda each: each.version)
        return Lock(self.abi, tuple(ordered))

    def text(self) -> str:
        """The file's content."""
        lines = "".join(f"{each.line()}\n" for each in self.releases)
        return _HEAD.format(format=FORMAT, name=self.abi) + lines


def is_lock(text: str) -> bool:
    """Whether this is a lock, damaged or not, and not that of some other tool."""
    return text.startswith(_BEGIN)


def parse_lock(abi: str, text: str, name: str, report: Report) -> Lock | None:
    """The lock in a file that messages call ``name``; None after reporting why it cannot be used."""
    lines = text.replace("\r\n", "\n").split("\n")
    if any(map(_MARKER.fullmatch, lines)):
        _report_merged(abi, lines, name, report)
        return None
    found = _FORMAT.fullmatch(lines[0])
    if found is None or int(found[1]) != FORMAT:
        newer = found is not None and int(found[1]) > FORMAT
        _report(
            catalog.LOCK_INVALID,
            name,
            f"{name} is of a newer abilock" if newer else f"{name} does not begin as a lock does",
            "update abilock" if newer else "restore it from version control",
            report,
        )
        return None
    releases: list[Release] = []
    for number, line in enumerate(lines[1:], 2):
        if not line or line.startswith("#"):
            continue
        release = _release(line)
        if release is None:
            _report(
                catalog.LOCK_INVALID,
                name,
                f"{name}, line {number}, is not that of a release",
                "restore it from version control",
                report,
            )
            return None
        releases.append(release)
    return _in_order(abi, releases, name, report)


def _report_merged(abi: str, lines: list[str], name: str, report: Report) -> None:
    """What git could not put together: one version of two releases, or versions beside each other."""
    released: dict[Version, set[Release]] = {}
    is_base = False
    for line in lines:
        if _MARKER.fullmatch(line):
            is_base = line.startswith("|")
        elif not is_base and (release := _release(line)) is not None:
            released.setdefault(release.version, set()).add(release)
    twice = [str(version) for version, found in sorted(released.items()) if len(found) > 1]
    what = f"have both released {abi} {' and '.join(twice)}" if twice else f"have released {abi}"
    stays = (
        f"of {' and '.join(twice)}, take line and description of the branch that was first; what the other"
        " one released gets a number of its own: `abilock bump`, `abilock release`"
    )
    _report(
        catalog.LOCK_MERGED,
        name,
        f"{name} is in the middle of a merge: two branches {what}",
        stays if twice else "keep the lines of both, oldest version first, and remove the markers",
        report,
    )


def _in_order(abi: str, releases: list[Release], name: str, report: Report) -> Lock | None:
    by_version: Mapping[Version, list[Release]] = {
        each.version: [other for other in releases if other.version == each.version]
        for each in releases
    }
    twice = [str(version) for version, same in by_version.items() if len(same) > 1]
    for version in twice:
        _report(
            catalog.RELEASED_TWICE,
            name,
            f"{name} has {abi} {version} twice: two branches gave one number to two releases",
            "keep the line of the one that was published, with its file; give the other one a number of"
            " its own (`abilock bump`) and release it",
            report,
        )
    if not twice and releases != sorted(releases, key=lambda each: each.version):
        _report(
            catalog.LOCK_INVALID,
            name,
            f"the lines of {name} are not in the order of versions",
            "put them in order: oldest version first",
            report,
        )
        return None
    return None if twice else Lock(abi, tuple(releases))


def _release(line: str) -> Release | None:
    match line.split(" "):
        case [version, meaning, text, seal]:
            parsed = Version.parse(version)
            if parsed and _DIGEST.fullmatch(meaning) and _DIGEST.fullmatch(text):
                return Release(parsed, meaning, text, seal)
    return None


def _seal(abi: str, version: Version, meaning: str, text: str) -> str:
    sealed = f"{FORMAT} {abi} {version} {meaning} {text}"
    return hashlib.sha256(sealed.encode("utf-8")).hexdigest()[:_SEAL_DIGITS]


def _report(code: catalog.Code, subject: str, message: str, hint: str, report: Report) -> None:
    report.include(Diagnostic(code, message, None, hint, subject=subject))
