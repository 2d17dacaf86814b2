"""Fields that were put together in a struct inside of their own, or taken out of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from abilock.compat.types import Sides, resolved
from abilock.model.attributes import Attributes
from abilock.model.decls import Library, Member
from abilock.model.types import Aggregate, Field, Named, Nested

#: What is said of a group, and holds of each of its fields.
_INHERITED = ("since", "deprecated", "unstable", "hidden")

#: What begins the name of a placeholder, and no other.
_MARK = "\0"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field on both sides, and its name there, as seen from the record that all of them are in.

    ex) ``Leaf(x, x, "x", "head.x")``
    """

    old: Field
    new: Field
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of one side that the other has in a struct, which is the type of ``member`` there.

    ``is_new``: the newer side has the struct. ``run``: the fields that stood, or stand, by themselves.
    ``said``: what the struct says of itself. ``written``: the member with all structs written out, of
    types that the older side has.
    """

    member: Field
    run: tuple[Field, ...]
    leaves: tuple[Leaf, ...]
    is_new: bool
    said: Attributes
    written: Field

    @property
    def names(self) -> str:
        """What the fields were called and are called. ex) ``x head.x; y head.y``"""
        return "; ".join(f"{each.was} {each.now}" for each in self.leaves if each.old.name)

    @property
    def apart(self) -> tuple[Field, ...]:
        """The fields by themselves, of types that the older side has."""
        if self.is_new:
            return self.run
        return tuple(replace(each.old, name=each.new.name) for each in self.leaves)

    @property
    def placeholder(self) -> Field:
        """What stands for it on both sides, under a name that nothing else has."""
        name = (self.member if self.is_new else self.run[0]).name or "_"
        return replace(self.member, name=f"{_MARK}{name}{_MARK}{self.leaves[0].now}")

    @property
    def own(self) -> Attributes:
        """What the member itself says, without what holds of each of its fields."""
        return _without(self.member.attributes)


def groups(sides: Sides, old: Sequence[Member], new: Sequence[Member]) -> tuple[Group, ...]:
    """Every such group of two lists of members: the same fields in the same order."""
    found = [*_grouped(sides, old, new, True), *_grouped(sides, new, old, False)]
    return tuple(found)


def ungrouped(
    members: Sequence[Member], found: Sequence[Group], *, is_new: bool
) -> tuple[Member, ...]:
    """The members of one side with a placeholder for each group, which is the same on the other one."""
    stands: dict[int, Field] = {}
    gone: set[int] = set()
    for each in found:
        taken = (each.member,) if each.is_new == is_new else each.run
        stands[id(taken[0])] = each.placeholder
        gone |= {id(one) for one in taken[1:]}
    return tuple(stands.get(id(each), each) for each in members if id(each) not in gone)


def _grouped(
    sides: Sides, single: Sequence[Member], whole: Sequence[Member], is_new: bool
) -> Iterator[Group]:
    """``whole``: the side that may have structs of what the other has by itself."""
    libraries = (sides.old, sides.new) if is_new else (sides.new, sides.old)
    former = {each.name: each for each in single if each.name is not None}
    held = {name for each in single for name in _anonymous(libraries[0], each)}
    taken: set[int] = set()
    for index, member in enumerate(whole):
        inner = _struct(libraries[1], member)
        if inner is None or not isinstance(member, Field):
            continue
        namesake = former.get(member.name or "")
        if namesake is not None and _struct(libraries[0], namesake) is not None:
            continue
        if member.name is None and not held.isdisjoint(_written_names(inner)):
            continue  # It was there before, and other fields were in it.
        found = _Search(sides, single, whole, index, is_new).group(inner, taken)
        if found is not None:
            taken |= {id(each) for each in found.run}
            yield found


class _Search:
    """Looks for the fields of a struct, which is a member of one side, among the members of the other."""

    def __init__(
        self,
        sides: Sides,
        single: Sequence[Member],
        whole: Sequence[Member],
        index: int,
        is_new: bool,
    ) -> None:
        self._sides = sides
        self._single = single
        self._before = whole[index - 1].name if index else None
        self._member = whole[index]
        self._is_new = is_new
        self._library = sides.new if is_new else sides.old
        self._present = {each.name for each in whole if each is not whole[index]}
        self._former = {each.name for each in single}
        self._inner: frozenset[str | None] = frozenset()
        self._is_here = False
        self._at = 0
        self._leaves: list[Leaf] = []

    def group(self, inner: Aggregate, taken: set[int]) -> Group | None:
        """``taken``: members of the other side that are in another group."""
        member = self._member
        assert isinstance(member, Field)
        self._inner = frozenset(_names_in(self._library, inner))
        free = [
            isinstance(each, Field) and id(each) not in taken and each.name not in self._present
            for each in self._single
        ]
        prefix = f"{member.name}." if member.name else ""
        for start in (number for number, each in enumerate(free) if each):
            neighbour = self._single[start - 1].name if start else None
            self._is_here = self._before == neighbour
            self._at, self._leaves = start, []
            fields = self._fields(inner, prefix, member.attributes, free)
            if fields is not None:
                run = self._single[start : self._at]
                return Group(
                    member,
                    tuple(each for each in run if isinstance(each, Field)),
                    tuple(self._leaves),
                    self._is_new,
                    _without(inner.attributes),
                    replace(member, type=Nested(replace(inner, fields=fields))),
                )
        return None

    def _fields(
        self, inner: Aggregate, prefix: str, around: Attributes, free: Sequence[bool]
    ) -> tuple[Field, ...] | None:
        """The fields of the struct, written out; None if they are not those from here on."""
        found: list[Field] = []
        for each in inner.fields:
            single = self._single[self._at] if self._at < len(free) and free[self._at] else None
            if isinstance(single, Field) and self._is_same(single, each):
                self._take(single, each, f"{prefix}{each.name or ''}", around)
                found.append(replace(single, name=each.name) if self._is_new else each)
                continue
            deeper = _struct(self._library, each)
            if deeper is None:
                return None
            more = f"{prefix}{each.name}." if each.name else prefix
            fields = self._fields(deeper, more, _with(each.attributes, around), free)
            if fields is None:
                return None
            found.append(replace(each, type=Nested(replace(deeper, fields=fields))))
        return tuple(found) or None

    def _take(self, single: Field, inner: Field, path: str, around: Attributes) -> None:
        inner = replace(inner, attributes=_with(inner.attributes, around))
        if self._is_new:
            self._leaves.append(Leaf(single, inner, single.name or "", path))
        else:
            self._leaves.append(Leaf(inner, single, path, single.name or ""))
        self._at += 1

    def _is_same(self, single: Field, inner: Field) -> bool:
        if (single.bits is None, single.align, single.own) != (
            inner.bits is None,
            inner.align,
            inner.own,
        ):
            return False
        if single.attributes.has("reserved") != inner.attributes.has("reserved"):
            return False
        if single.name is not None and single.name == inner.name:
            return True
        # One that has another name is the same only where nothing else could be.
        is_unclear = inner.name in self._former or single.name in self._inner
        if not self._is_here or (is_unclear and single.name != inner.name):
            return False
        both = (single, inner) if self._is_new else (inner, single)
        return single.bits == inner.bits and self._sides.alike(both[0].type, both[1].type)


def _with(attributes: Attributes, around: Attributes) -> Attributes:
    """What is said of a whole group is said of each of its fields."""
    more = (each for each in around.all if each.name in _INHERITED)
    return Attributes((*attributes.all, *(each for each in more if not attributes.has(each.name))))


def _without(attributes: Attributes) -> Attributes:
    return Attributes(tuple(each for each in attributes.all if each.name not in _INHERITED))


def _struct(library: Library, member: Member) -> Aggregate | None:
    """What a member holds by value, if that is a struct which changes nothing but names."""
    if not isinstance(member, Field) or member.own or member.align or member.bits is not None:
        return None
    given = resolved(member.type, library)
    if isinstance(given, Nested):
        found = given.aggregate
    else:
        declared = library.find(given.name) if isinstance(given, Named) else None
        if not isinstance(declared, Aggregate):
            return None
        found = declared
    return None if found.is_union or found.align else found


def _names_in(library: Library, inner: Aggregate) -> Iterator[str | None]:
    """The names of the fields of a struct, at any depth."""
    for each in inner.fields:
        yield each.name
        deeper = _struct(library, each)
        if deeper is not None:
            yield from _names_in(library, deeper)


def _anonymous(library: Library, member: Member) -> frozenset[str]:
    """The names in an unnamed struct."""
    inner = _struct(library, member) if member.name is None else None
    return frozenset() if inner is None else frozenset(_written_names(inner))


def _written_names(inner: Aggregate) -> Iterator[str]:
    """The names of the fields of a struct and of all that is written out in it, unions too."""
    for each in inner.fields:
        if each.name is not None:
            yield each.name
        if isinstance(each.type, Nested):
            yield from _written_names(each.type.aggregate)


def name_of(member: Member) -> str:
    """What a member, or a group for which one stands, is called."""
    name = member.name or "_"
    return name.split(_MARK)[1] if name.startswith(_MARK) else name


def renames(found: Sequence[Group]) -> Mapping[str, str]:
    """Old names of fields and the new ones, where attributes beside them may name them."""
    return {
        leaf.was.rpartition(".")[2]: leaf.now.rpartition(".")[2]
        for each in found
        for leaf in each.leaves
    }
