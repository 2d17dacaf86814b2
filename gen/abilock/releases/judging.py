"""Releases judged with all that they are made of: what an imported file changes, changes them as well."""

from __future__ import annotations

from dataclasses import replace

from abilock.compat.findings import Finding, Verdict
from abilock.compat.verdict import judge, verdict_of
from abilock.compat.versions import release_of
from abilock.lock.fingerprint import needed
from abilock.model.decls import Library


def judge_whole(old: Library, new: Library) -> Verdict:
    """The verdict on a newer description of an ABI, with the types that it takes from other files."""
    return judge(_whole(old), _whole(new))


def reconsidered_whole(old: Library, new: Library, findings: tuple[Finding, ...]) -> Verdict:
    """The same if these were all findings."""
    return verdict_of(findings, release_of(_whole(old)), release_of(_whole(new)))


def _whole(library: Library) -> Library:
    """The library as if it declared by itself what it uses of others."""
    if not library.imports:
        return library
    return replace(library, imports=(), declarations=needed(library))
