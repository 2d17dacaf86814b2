"""Which version is honest after a change, and what loaders do that apply the rule of ``compat``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.compat.findings import Level
from abilock.model.attributes import Attributes
from abilock.model.decls import Compat, Constant, Library
from abilock.model.version import Version


@dataclass(frozen=True, slots=True)
class Release:
    """What loaders see of a release. ``numbers``: that of ``integer``, or those that ``accepts`` lists."""

    version: Version
    compat: Compat
    numbers: tuple[int, ...] = ()

    @property
    def number(self) -> int | None:
        """What its plugins say, where a rule compares numbers."""
        return max(self.numbers, default=None)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a version has to bring about. ``level``: None if nothing changed."""

    level: Level | None
    refuse_old_plugin: bool = False
    refuse_new_plugin: bool = False


def release_of(library: Library) -> Release:
    """What loaders see of a description."""
    compat = library.compat
    if not compat.is_number:
        return Release(library.compared_version, compat)
    numbers = [_number(library, each) for each in compat.arguments]
    return Release(
        library.compared_version, compat, tuple(each for each in numbers if each is not None)
    )


def _number(library: Library, given: int | str) -> int | None:
    if isinstance(given, int):
        return given
    try:
        declared = library.find(given)
    except KeyError:
        return None
    value = declared.value if isinstance(declared, Constant) else None
    return value if isinstance(value, int) else None


def takes(host: Release, plugin: Release) -> bool:
    """Whether a loader of the host's release goes on with a plugin of the other one."""
    mine, theirs = host.version, plugin.version
    match host.compat.rule:
        case "exact":
            return mine == theirs
        case "semver":
            if mine.major == 0 and mine.minor == 0:
                return mine == theirs
            if mine.major == 0:
                return mine.minor == theirs.minor and theirs.major == 0 and theirs >= mine
            return mine.major == theirs.major and theirs >= mine
        case "integer":
            return host.number is not None and host.number == plugin.number
        case "accepts":
            return plugin.number in host.numbers
        case "size_first":
            return True
        case _:
            return (mine.major, mine.minor) == (theirs.major, theirs.minor)


def required(old: Release, new: Release, needs: Needs) -> Release:
    """The smallest release that is honest; the declared one where it will do."""
    for candidate in _candidates(old, new, needs):
        if is_honest(old, candidate, needs):
            return candidate
    # Nothing that the rule compares can tell them apart: what people read has to.
    return replace(new, version=_bumped(old.version, 0 if old.version.major else 1))


def version_of_additions(old: Library, new: Library) -> Version:
    """In which additions come: what plugins of the newer description tell, or will tell once it has a
    number that is not the older one's."""
    if new.compared_version > old.compared_version:
        return new.compared_version
    return required(release_of(old), release_of(new), Needs(Level.APPEND_ONLY)).version


def is_declared_new(attributes: Attributes, old: Library) -> bool:
    """Whether something says that the older release does not have it, so that it is no other name of what
    that had."""
    since = attributes.version("since")
    return since is not None and since > old.compared_version


def has_lower_number(old: Release, new: Release) -> bool:
    """Whether the number that a loader compares went backwards."""
    return old.number is not None and new.number is not None and new.number < old.number


def is_honest(old: Release, new: Release, needs: Needs) -> bool:
    """Whether nobody who trusts the version and the rule comes to harm."""
    if has_lower_number(old, new):
        return False
    if needs.level is None:
        return new.version >= old.version
    if new.version <= old.version:
        return False
    if needs.refuse_old_plugin and takes(new, old):
        return False
    if needs.refuse_new_plugin and takes(old, new):
        return False
    match new.compat.rule:
        case "semver":
            # What comes before a release is told from older ones by the same numbers.
            return replace(new.version, pre=()) >= _semver(old.version, needs.level)
        case "integer" if needs.level is Level.BREAKING:
            return new.number is not None and (old.number is None or new.number > old.number)
        case "accepts" if needs.level is not Level.COMPATIBLE:
            # Plugins of the greatest number are taken to have all that `@since` names.
            return new.number is not None and (old.number is None or new.number > old.number)
    return True


def _candidates(old: Release, new: Release, needs: Needs) -> Iterator[Release]:
    yield new
    if needs.level is None:
        yield replace(new, numbers=old.numbers)
        yield replace(new, version=old.version)
        yield replace(new, version=old.version, numbers=old.numbers)
    for numbers in (new.numbers, *_raised(old, new, needs)):
        if new.version > old.version:
            yield replace(new, numbers=numbers)
        for part in (2, 1, 0):
            yield replace(new, version=_bumped(old.version, part), numbers=numbers)


def _raised(old: Release, new: Release, needs: Needs) -> Iterator[tuple[int, ...]]:
    """The numbers of a release that is told from the old one by them."""
    if not old.numbers:
        return
    if has_lower_number(old, new):
        yield old.numbers
    following = (old.number or 0) + 1
    if new.compat.rule == "integer":
        yield (following,)
    elif new.compat.rule == "accepts":
        yield (*new.numbers, following)
        # Plugins of numbers that are not listed any more are refused.
        yield (following,)


def _semver(old: Version, level: Level) -> Version:
    """The least version that Semantic Versioning asks for; before 1.0 the numbers stand one further to
    the right."""
    part = {Level.BREAKING: 0, Level.APPEND_ONLY: 1, Level.COMPATIBLE: 2}[level]
    leading = 0 if old.major else 1 if old.minor else 2
    return _bumped(old, min(part + leading, 2))


def _bumped(version: Version, part: int) -> Version:
    """With this part raised: 0 is the first number. What comes after a pre-release is its release."""
    if version.pre and part == 2:
        return replace(version, pre=())
    match part:
        case 0:
            return Version(version.major + 1, 0, 0)
        case 1:
            return Version(version.major, version.minor + 1, 0)
        case _:
            return Version(version.major, version.minor, version.patch + 1)
