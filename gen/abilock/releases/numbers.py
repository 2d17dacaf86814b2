"""Version numbers that no release has yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from abilock.model.version import Version


def next_free(required: Version, before: Version, taken: Collection[Version]) -> Version:
    """The version that changes need, or the next one after it that says as much and is not taken.

    ``before``: the release that they were made to; ``taken``: the versions of all releases. What changed
    since somebody else's releases is not known, so a number that is taken is passed over together with
    those that a loader takes for it.

    ex) for 0.9.0 behind 0.8.5, where 0.9.0 and 0.9.1 are released: 0.10.0
    """
    if required not in taken:
        return required
    released = [replace(each, pre=()) for each in taken]
    number = replace(required, pre=())
    if number.major != before.major:
        majors = {each.major for each in released}
        return Version(next(each for each in _from(number.major) if each not in majors), 0, 0)
    if number.minor != before.minor:
        minors = {each.minor for each in released if each.major == number.major}
        minor = next(each for each in _from(number.minor) if each not in minors)
        return Version(number.major, minor, 0)
    return next(
        version
        for patch in _from(number.patch)
        if (version := replace(number, patch=patch)) not in taken
    )


def _from(first: int) -> range:
    return range(first, 10**9)
