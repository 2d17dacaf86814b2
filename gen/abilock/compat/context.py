"""Everything that a judge may ask about the two descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from abilock.compat.effects import Effect, Layouts, needed, reduced
from abilock.compat.places import Place, Places
from abilock.compat.roles import Roles, Side, roles
from abilock.compat.uses import Uses, uses
from abilock.compat.versions import version_of_additions
from abilock.layout.engine import Tables, data_model, lay_out
from abilock.layout.shapes import Layout
from abilock.layout.target import Target
from abilock.model.decls import Alias, Constant, Declaration, EnumDecl, Library, Vtable
from abilock.model.types import Aggregate, Field
from abilock.model.used import whole
from abilock.model.version import Version


@dataclass(frozen=True)  # without slots: what was found out is kept beside the fields
class Described:
    """One description, and what follows from it alone: found out once, with however many others it is
    compared. ``is_reused``: it is with several, so that all of it is laid out, and not what one needs."""

    library: Library
    is_reused: bool = False
    #: Constants and enums of other descriptions, which count where something here is computed from them.
    numbers: Mapping[str, Constant | EnumDecl] = field(
        default_factory=dict, repr=False, compare=False
    )
    _layouts: dict[Target, Layout] = field(default_factory=dict, repr=False, compare=False)
    _tables: Tables = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, library: Library, *, is_reused: bool = False) -> Described:
        """The description with all that it uses of others, as if it were its own."""
        used = whole(library)
        own = {each.name for each in used.declarations}
        others = (each for each in library.declarations if each.name not in own)
        numbers = {each.name: each for each in others if isinstance(each, (Constant, EnumDecl))}
        return cls(used, is_reused, numbers)

    @cached_property
    def roles(self) -> Roles:
        return roles(self.library)

    @cached_property
    def uses(self) -> Uses:
        return uses(self.library)

    def lay_out(self, part: Library, target: Target) -> Layout:
        """The layouts of what is declared in ``part``, which is this library without some types."""
        if not self.is_reused:
            return lay_out(part, target, self._tables)
        model = data_model(target)
        if model not in self._layouts:
            self._layouts[model] = lay_out(self.library, target, self._tables)
        known = self._layouts[model].types
        names = (each.name for each in part.declarations)
        return Layout(target, {name: known[name] for name in names if name in known})


@dataclass(frozen=True)  # without slots: what is looked up often is kept beside the fields
class Context:
    """Two descriptions of one ABI, and what follows from each. ``renamed``: old names of types and the
    new names of the same. ``touched``: declarations in which anything changed; None for all that there
    are. Of others, only those that hold one of them are laid out."""

    old_side: Described
    new_side: Described
    renamed: Mapping[str, str]
    touched: frozenset[str] | None = None

    @property
    def old(self) -> Library:
        return self.old_side.library

    @property
    def new(self) -> Library:
        return self.new_side.library

    @cached_property
    def version(self) -> Version:
        """The one in which additions count."""
        return version_of_additions(self.old, self.new)

    @property
    def old_roles(self) -> Roles:
        return self.old_side.roles

    @property
    def new_roles(self) -> Roles:
        return self.new_side.roles

    @cached_property
    def layouts(self) -> Layouts:
        ways = self.old_side.lay_out, self.new_side.lay_out
        if self.touched is None:
            return Layouts(self.old, self.new, self.renamed, ways)
        names = self.touched | {self.former(each) for each in self.touched}
        old = needed(self.old, self.old_uses.embedded, names)
        new = needed(self.new, self.new_uses.embedded, names)
        # What holds a type in one of them only is compared, too.
        both = {self.renamed.get(each, each) for each in old} | new
        former = {self.former(each) for each in both}
        return Layouts(
            reduced(self.old, needed(self.old, self.old_uses.embedded, former)),
            reduced(self.new, needed(self.new, self.new_uses.embedded, both)),
            self.renamed,
            ways,
        )

    @property
    def old_uses(self) -> Uses:
        return self.old_side.uses

    @property
    def new_uses(self) -> Uses:
        return self.new_side.uses

    @cached_property
    def _former(self) -> Mapping[str, str]:
        return {after: before for before, after in self.renamed.items()}

    def former(self, name: str) -> str:
        """What the type of this name was called."""
        return self._former.get(name, name)

    @cached_property
    def _before(self) -> Places:
        return Places(self.old, self.old_roles)

    @cached_property
    def _after(self) -> Places:
        return Places(self.new, self.new_roles)

    def after(self, subject: str) -> Place | None:
        """The element in the new description."""
        return self._after.find(subject)

    def before(self, subject: str) -> Place | None:
        """The element of this name in the old one."""
        name, dot, rest = subject.partition(".")
        return self._before.find(f"{self.former(name)}{dot}{rest}")

    def effects(self, name: str) -> tuple[Effect, ...]:
        """How a type is laid out differently."""
        return self.layouts.effects(name)

    def arrays(self, name: str) -> tuple[str, ...]:
        """Where many of a type stand side by side, before or after."""
        both = (
            *self.old_uses.arrays.get(self.former(name), ()),
            *self.new_uses.arrays.get(name, ()),
        )
        return tuple(dict.fromkeys(both))

    def embedded(self, name: str) -> tuple[str, ...]:
        """Members that hold a type, before or after."""
        both = (
            *self.old_uses.embedded.get(self.former(name), ()),
            *self.new_uses.embedded.get(name, ()),
        )
        return tuple(dict.fromkeys(both))

    def passed(self, name: str) -> tuple[str, ...]:
        """Functions that take or return a type by value, in both."""
        old = frozenset(self.old_uses.passed.get(self.former(name), ()))
        return tuple(each for each in self.new_uses.passed.get(name, ()) if each in old)

    def written(self, name: str) -> tuple[str, ...]:
        """Parameters through which a callee writes a type to memory of the caller, before or after, all of
        what it knows: not those that tell it how much there is."""
        tells = self.tells_size(name)
        return tuple(each for each in self._written(name) if not (tells and self._is_given(each)))

    def writers(self, name: str) -> frozenset[Side]:
        """Who writes a type to memory that the other side made."""
        places = (self.after(each) or self.before(each) for each in self.written(name))
        found = (side.other for each in places if each is not None for side in each.providers)
        return frozenset(found)

    def _written(self, name: str) -> tuple[str, ...]:
        both = (*self.old_uses.out.get(self.former(name), ()), *self.new_uses.out.get(name, ()))
        return tuple(dict.fromkeys(both))

    def _is_given(self, parameter: str) -> bool:
        """Whether a callee gets what it writes to, and so the size that it begins with."""
        places = self.before(parameter), self.after(parameter)
        return all(each is not None and each.attributes.has("inout") for each in places)

    def is_pointed(self, name: str) -> bool:
        """Whether readers follow a pointer to a type; so they may where nothing tells how it crosses."""
        old = self.former(name) in self.old_uses.pointed
        return old or name in self.new_uses.pointed or not self.is_used(name)

    def is_alias(self, name: str) -> bool:
        """Whether a name stands for another type."""
        return isinstance(self.declaration(name), Alias)

    def places(self, name: str) -> tuple[str, ...]:
        """Where a type stands, by itself, in others or behind pointers."""
        both = (*self.embedded(name), *self.passed(name))
        return tuple(dict.fromkeys((*both, *self.new_uses.pointed.get(name, ()))))

    def is_used(self, name: str) -> bool:
        """Whether anything holds or passes a type."""
        return bool(self.embedded(name) or self.passed(name) or self._written(name))

    def tells_size(self, name: str) -> bool:
        """Whether a struct or vtable of the old description begins with its size."""
        declared = self._old_declaration(name)
        if not isinstance(declared, (Aggregate, Vtable)):
            return False
        members = declared.fields if isinstance(declared, Aggregate) else declared.members
        return any(
            isinstance(each, Field) and each.attributes.has("struct_size") for each in members
        )

    def _old_declaration(self, name: str) -> Declaration | None:
        try:
            return self.old.find(self.former(name))
        except KeyError:
            return None

    def declaration(self, name: str) -> Declaration | None:
        """What a name stands for, in the new description or else in the old one."""
        for library in (self.new, self.old):
            try:
                return library.find(name)
            except KeyError:
                continue
        return None
