"""What a release promises otherwise: by the fingerprints that its plugins carry, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abilock.compat.findings import Verdict
from abilock.model.decls import Library
from abilock.model.known import Promise
from abilock.model.witness import Row, rows


def promises(past: Iterable[Row], present: Library, verdict: Verdict | None) -> Iterator[Promise]:
    """Elements that are of one form in both, and of which something else is promised.

    Args:
        past: the rows of the release.
        verdict: that of what changed since, whose words are those of the change; None where it is the
            other way round.
    """
    wanted = {_element(each): each for group in rows(present) for each in group}
    for each in past:
        element = _element(each)
        other = wanted.get(element)
        if other is None or other.form != each.form or other.contract == each.contract:
            continue
        said = [
            found.message
            for found in (verdict.findings if verdict is not None else ())
            if f"{found.subject}.".startswith(f"{element}.")
        ]
        yield Promise(element, each.contract, "; ".join(said))


def _element(row: Row) -> str:
    return f"{row.owner}.{row.name}" if row.owner else row.name
