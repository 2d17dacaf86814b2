"""Accepted exceptions: which findings the configuration agrees to, and what is wrong with those that it
lists.

An exception accepts findings of one rule. It accepts none, and is a finding itself, if nothing needs it,
if it is past its end, or if it accepts more than it may:

- everything: its element is ``*``;
- changes of several ABIs, which have nothing to do with each other;
- a single element, through ``Shop.*``, so that the next one would be accepted unseen;
- that something is gone, through ``Shop.*``: what is removed is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from abilock.config import Acceptance
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.diagnostics.report import Diagnostic, Note
from abilock.model.version import Version

#: The rules by which something is gone end so. ex) ``slot-removed``
_REMOVALS = ("-removed", "-replaced")
_EVERYTHING = "*"
_INSIDE = ".*"


@dataclass(frozen=True, slots=True)
class Accepted:
    """``kept``: the diagnostics that nobody agreed to, in their order. ``accepted``: the others, each with
    the exception for it. ``findings``: what is wrong with exceptions."""

    kept: tuple[Diagnostic, ...]
    accepted: tuple[tuple[Diagnostic, Acceptance], ...]
    findings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """What exceptions are judged by.

    Attributes:
        versions: of every ABI that was looked at, by its name.
        rules: codes and slugs, both leading to the code.
        today: the day until which exceptions may last.
        is_whole: whether the ABIs are all that there are, so that an exception which nothing needs
            will not be needed by another one.
        file: what the configuration is called, for exceptions that have no place in it.
    """

    versions: Mapping[str, Version]
    rules: Mapping[str, str]
    today: date
    is_whole: bool = True
    file: str = "pyproject.toml"


def accepted(
    diagnostics: Sequence[Diagnostic], exceptions: Sequence[Acceptance], project: Project
) -> Accepted:
    """Which findings are agreed to. Only changes can be: whatever else is wrong has to be put right."""
    taken: dict[int, Acceptance] = {}
    findings: list[Diagnostic] = []
    for exception in exceptions:
        found = _matches(diagnostics, exception, project)
        problem = _problem(exception, [diagnostics[at] for at in found], project)
        if problem is not None:
            findings.append(problem)
            continue
        new = [at for at in found if at not in taken]
        taken.update(dict.fromkeys(new, exception))
        if found and not new:
            findings.append(_unused(exception, project, "other exceptions accept it already"))
    return Accepted(
        tuple(each for at, each in enumerate(diagnostics) if at not in taken),
        tuple((diagnostics[at], taken[at]) for at in sorted(taken)),
        tuple(findings),
    )


def by_code_and_slug(rules: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Codes and slugs, both leading to the code."""
    listed = list(rules)
    return {**{code: code for code, _ in listed}, **{slug: code for code, slug in listed}}


def _matches(
    diagnostics: Sequence[Diagnostic], exception: Acceptance, project: Project
) -> list[int]:
    """Where the findings are that an exception is for."""
    code = project.rules.get(exception.rule)
    return [
        at
        for at, found in enumerate(diagnostics)
        if found.changed is not None
        and found.code.number == code
        and exception.abi in ("", found.changed.abi)
        and _is_of(" ".join(found.changed.element.split()), exception.element)
    ]


def _is_of(element: str, pattern: str) -> bool:
    if pattern == _EVERYTHING:
        return True
    if not pattern.endswith(_INSIDE):
        return element == pattern
    around = pattern.removesuffix(_INSIDE)
    return element.startswith((f"{around}.", f"{around} "))


def _problem(
    exception: Acceptance, found: Sequence[Diagnostic], project: Project
) -> Diagnostic | None:
    """Why an exception accepts nothing."""
    if exception.rule not in project.rules:
        return _unknown(exception, project)
    if exception.element == _EVERYTHING:
        told = "it is for every element; name the one that is meant"
        return _broad(exception, found, project, "accepts whatever its rule finds", told)
    if _is_past(exception, found, project):
        return _ended(exception, found, project)
    if not found:
        return _unneeded(exception, project)
    names = {one.changed.element for one in found if one.changed}
    abis = sorted({one.changed.abi for one in found if one.changed})
    if len(abis) > 1:
        told = f'say which ABI it is for: `abi = "{abis[0]}"`'
        return _broad(exception, found, project, f"is for several ABIs: {_listed(abis)}", told)
    if exception.element.endswith(_INSIDE):
        gone = [one for one in found if _is_removal(one)]
        if gone:
            told = "name what is gone: nothing else accepts a removal"
            return _broad(exception, gone, project, "would accept a removal unseen", told)
        if len(names) == 1:
            told = f'write `element = "{min(names)}"`'
            return _broad(exception, found, project, "is for a single element", told)
    return None


def _is_removal(found: Diagnostic) -> bool:
    changed = found.changed
    is_gone = changed is not None and changed.old is not None and changed.new is None
    return is_gone or found.code.slug.endswith(_REMOVALS)


def _is_past(exception: Acceptance, found: Sequence[Diagnostic], project: Project) -> bool:
    """Whether its end has come: the day, or the version of every ABI that it can be for."""
    if isinstance(exception.until, date):
        return project.today >= exception.until
    abis: Collection[str] = {one.changed.abi for one in found if one.changed}
    abis = abis or ({exception.abi} if exception.abi else project.versions.keys())
    versions = [project.versions[abi] for abi in abis if abi in project.versions]
    return bool(versions) and all(version >= exception.until for version in versions)


def _unknown(exception: Acceptance, project: Project) -> Diagnostic:
    if any(exception.rule in (code.number, code.slug) for code in catalog.all_codes()):
        message = f"the exception for {_named(exception)} is not for a change"
        hint = (
            "put right what is found; only changes can be accepted, each by a rule such as `C0102`"
        )
        return _about(catalog.ACCEPT_UNKNOWN, exception, project, message, hint)
    near = get_close_matches(exception.rule, list(project.rules), n=1)
    hint = f"did you mean `{near[0]}`?" if near else "findings name their rules, as `C0102` does"
    message = f"the exception for {_named(exception)} names a rule that there is none of"
    return _about(catalog.ACCEPT_UNKNOWN, exception, project, message, hint)


def _ended(exception: Acceptance, found: Sequence[Diagnostic], project: Project) -> Diagnostic:
    what = "on" if isinstance(exception.until, date) else "with"
    message = f"the exception for {_named(exception)} ended {what} {exception.until}"
    hint = (
        "put right what it was for, or agree on another end"
        if found
        else "nothing needs it any more: remove it"
    )
    return _about(catalog.ACCEPT_ENDED, exception, project, message, hint, found)


def _unneeded(exception: Acceptance, project: Project) -> Diagnostic | None:
    is_looked_at = exception.abi in project.versions
    if not project.is_whole and not is_looked_at:
        return None
    if exception.abi and not is_looked_at:
        known = _listed(sorted(project.versions))
        return _unused(exception, project, f"there is no ABI of that name; there are {known}")
    return _unused(exception, project, "remove it")


def _unused(exception: Acceptance, project: Project, hint: str) -> Diagnostic:
    message = f"nothing needs the exception for {_named(exception)}"
    return _about(catalog.ACCEPT_UNUSED, exception, project, message, hint)


def _broad(
    exception: Acceptance, found: Sequence[Diagnostic], project: Project, why: str, hint: str
) -> Diagnostic:
    message = f"the exception for {_named(exception)} {why}"
    return _about(catalog.ACCEPT_BROAD, exception, project, message, hint, found)


def _about(
    code: Code,
    exception: Acceptance,
    project: Project,
    message: str,
    hint: str,
    found: Sequence[Diagnostic] = (),
) -> Diagnostic:
    notes = [Note(f"its reason: {exception.reason}")]
    if found:
        elements = tuple(sorted({one.changed.element for one in found if one.changed}))
        notes.append(Note(f"it is for {len(elements)} of the findings", None, elements))
    subject = None if exception.span else project.file
    return Diagnostic(code, message, exception.span, hint, tuple(notes), subject)


def _named(exception: Acceptance) -> str:
    of = f" of {exception.abi}" if exception.abi else ""
    return f"`{exception.rule}` of `{exception.element}`{of}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
