"""What a run would change, and what is in its way. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.emit.disk import Kind
from abilock.emit.fileset import FileSet, MadeFile
from abilock.emit.manifest import Entry, Manifest, digest, is_same_text, text_digest
from abilock.emit.merges import is_in_conflict
from abilock.emit.paths import MANIFEST
from abilock.emit.tree import Sight, Tree

_GENERATE = "run `abilock generate`"
#: Findings that are no difference of ours: nothing is written while they stand.
_IN_THE_WAY = frozenset({catalog.OUTPUT_NOT_OURS, catalog.OUTPUT_ESCAPES})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the tree should hold.

    ``abis``: the description of each path in ``files``. ``keep``: descriptions that this run does not
    make; their files stay. ``unsure``: paths in ``files`` of which it is not known what they should hold;
    what was written there last is as good as any.
    """

    files: FileSet
    abis: Mapping[str, str]
    keep: frozenset[str]
    unsure: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is written or removed: what stands there, and what shall. None: no file."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of one path, relative to the configuration. ``about``: the description that
    the file is made from, if it is made from one."""

    code: Code
    subject: str
    message: str
    hint: str
    about: str | None = field(default=None, compare=False)
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``changes`` in the order in which they can be made; ``findings`` says why, one for each of them
    and for whatever is in the way; ``digests``: of every file, the manifest included, once the plan
    is carried out; ``merged``: changes of files that git has made of two versions."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    digests: Mapping[str, str]
    merged: tuple[Change, ...]

    @property
    def written(self) -> tuple[str, ...]:
        """The outputs that are written, sorted. The manifest is none."""
        paths = (change.path for change in self.changes if change.after is not None)
        return tuple(sorted(path for path in paths if path != MANIFEST))

    @property
    def removed(self) -> tuple[str, ...]:
        """The files that are removed, sorted."""
        return tuple(sorted(change.path for change in self.changes if change.after is None))

    @property
    def is_empty(self) -> bool:
        return not self.findings

    @property
    def heals_merge(self) -> bool:
        """Whether git has merged what stands there."""
        return any(finding.code is catalog.OUTPUT_MERGED for finding in self.findings)

    def blockers(self, *, force: bool) -> tuple[Finding, ...]:
        """What keeps the plan from being carried out. ``force`` gives up what was edited by hand in
        files that abilock wrote, and touches nobody else's."""
        blocking = _IN_THE_WAY if force else _IN_THE_WAY | {catalog.OUTPUT_EDITED}
        return tuple(finding for finding in self.findings if finding.code in blocking)


def compare(tree: Tree, known: Manifest, wanted: Wanted) -> Plan:
    """How ``tree`` differs from what is wanted, given the manifest of the last run.

    Raises:
        OSError: something cannot be read, so that it is not known.
    """
    entries = {path: entry for path, entry in known.files.items() if entry.abi in wanted.keep}
    for made in wanted.files:
        entry = Entry(made.output, wanted.abis[made.path], (made.sha256,))
        former = known.files.get(made.path) if made.path in wanted.unsure else None
        entries[made.path] = former or entry
    comparison = _Comparison(tree, known, entries, wanted.unsure)
    # Removals come first: a file may go where a folder was, and a folder where a file was.
    for path in sorted(known.files.keys() - entries.keys()):
        comparison.surplus(path)
    for made in wanted.files:
        comparison.made(made)
    text = Manifest(entries).text().encode("utf-8")
    comparison.manifest(text)
    digests = {path: entry.digests[-1] for path, entry in entries.items()}
    digests[MANIFEST] = digest(text)
    return comparison.plan(digests)


def is_edited(data: bytes, entry: Entry) -> bool:
    """Whether a file is not what was written; other line ends are a checkout's doing."""
    return not {digest(data), text_digest(data)} & set(entry.digests)


def is_merged(data: bytes, entry: Entry) -> bool:
    """Whether a file is not what was written, but what git makes of two versions that were: both
    branches wrote it, or it holds a conflict."""
    return is_edited(data, entry) and (len(entry.digests) > 1 or is_in_conflict(data))


class _Comparison:
    """Collects changes and findings, path by path."""

    def __init__(
        self, tree: Tree, known: Manifest, entries: Mapping[str, Entry], unsure: Set[str]
    ) -> None:
        self.changes: list[Change] = []
        self.findings: list[Finding] = []
        self._tree = tree
        self._known = known
        self._entries = entries
        self._unsure = unsure
        self._removed: set[str] = set()
        self._merged: list[Change] = []

    def plan(self, digests: Mapping[str, str]) -> Plan:
        """Everything that was found."""
        return Plan(tuple(self.changes), tuple(self.findings), digests, tuple(self._merged))

    def surplus(self, path: str) -> None:
        """A file of ours that nothing makes any more."""
        sight = self._tree.look(path)
        if sight.kind is Kind.LINK:
            self._in_the_way(sight, path)
        if sight.data is None:
            return  # somebody has removed it, which is what we were about to do
        self._change(path, sight.data, None)
        self._removed.add(path)
        entry = self._known.files[path]
        if is_merged(sight.data, entry):
            self._merge(path)
        elif is_edited(sight.data, entry):
            self._find(
                catalog.OUTPUT_EDITED,
                path,
                "is not generated any more, and was edited since it was",
                "keep what you need of it elsewhere; `abilock generate --force` then removes it",
            )
        else:
            self._find(
                catalog.OUTPUT_SURPLUS,
                path,
                "is not generated any more",
                "run `abilock generate`, which removes it",
            )

    def made(self, made: MadeFile) -> None:
        """A file that this run makes."""
        sight = self._tree.look(made.path)
        if self._is_free(sight, made.path):
            self._change(made.path, None, made.data)
            self._find(catalog.OUTPUT_MISSING, made.path, "is missing", _GENERATE)
        elif sight.data is None or sight.at != made.path:
            self._in_the_way(sight, made.path)
        elif not is_same_text(sight.data, made.data):
            self._differs(made, sight.data)

    def manifest(self, text: bytes) -> None:
        """The manifest itself, which comes last."""
        path = MANIFEST
        now = self._tree.look(path).data
        if now is None:
            self._find(catalog.OUTPUT_MISSING, path, "is missing", _GENERATE)
        elif is_same_text(now, text):
            return
        elif self._known.is_merged:
            self._find(catalog.OUTPUT_MERGED, path, "holds both sides of a merge", _GENERATE)
        else:
            self._find(
                catalog.OUTPUT_STALE, path, "is not what the descriptions say now", _GENERATE
            )
        self._change(path, now, text)

    def _is_free(self, sight: Sight, path: str) -> bool:
        """Whether nothing stands at ``path`` once what is removed is gone."""
        if sight.kind is Kind.FILE:
            return sight.at != path and sight.at in self._removed
        if sight.kind is Kind.FOLDER:
            return _is_left(path, self._removed) and self._tree.holds_only(path, self._removed)
        return sight.kind is Kind.NOTHING

    def _differs(self, made: MadeFile, now: bytes) -> None:
        entry = self._known.files.get(made.path)
        if entry is None:
            self._find(
                catalog.OUTPUT_NOT_OURS,
                made.path,
                "is there already, and abilock did not write it",
                "move or delete it, or choose another `output`",
            )
            return
        if made.path in self._unsure and not is_edited(now, entry):
            return
        self._change(made.path, now, made.data)
        if is_merged(now, entry):
            self._merge(made.path)
        elif is_edited(now, entry):
            self._find(
                catalog.OUTPUT_EDITED,
                made.path,
                "was edited since it was generated",
                "make the change in the description; `abilock generate --force` then overwrites the file",
            )
        else:
            self._find(
                catalog.OUTPUT_STALE, made.path, "is not what the descriptions say now", _GENERATE
            )

    def _merge(self, path: str) -> None:
        self._merged.append(self.changes[-1])
        self._find(catalog.OUTPUT_MERGED, path, "was put together by a merge", _GENERATE)

    def _in_the_way(self, sight: Sight, path: str) -> None:
        if sight.kind is Kind.LINK:
            self._find(
                catalog.OUTPUT_ESCAPES,
                sight.at,
                "is a symbolic link, and generated files are not written through links",
                "remove the link",
            )
            return
        what = "file" if sight.at == path else "folder"
        self._find(
            catalog.OUTPUT_NOT_OURS,
            sight.at,
            f"is {sight.kind.value}, where a generated {what} should go",
            "move or delete it, or choose another `output`",
        )

    def _change(self, path: str, before: bytes | None, after: bytes | None) -> None:
        self.changes.append(Change(path, before, after))

    def _find(self, code: Code, path: str, what: str, hint: str) -> None:
        shown = self._tree.shown(path)
        entry = self._entries.get(path) or self._known.files.get(path)
        about = entry.abi if entry else None
        of_abi = self._tree.shown(path.partition("/")[0])
        found = Finding(code, shown, f"{shown} {what}", hint, about, of_abi)
        if found not in self.findings:
            self.findings.append(found)


def _is_left(folder: str, removed: Set[str]) -> bool:
    """Whether something of ours was in a folder that is now to be a file."""
    return any(path.startswith(f"{folder}/") for path in removed)
