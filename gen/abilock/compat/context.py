"""Everything that a judge may ask about the two descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from abilock.compat.effects import Effect, Layouts, needed, reduced
from abilock.compat.places import Place, place
from abilock.compat.roles import Roles, roles
from abilock.compat.uses import Uses, uses
from abilock.compat.versions import version_of_additions
from abilock.model.decls import Declaration, Library, Vtable
from abilock.model.types import Aggregate, Field
from abilock.model.version import Version


@dataclass(frozen=True)  # without slots: what is looked up often is kept beside the fields
class Context:
    """Two descriptions of one ABI, and what follows from each. ``renamed``: old names of types and the
    new names of the same. ``touched``: declarations in which anything changed; None for all that there
    are. Of others, only those that hold one of them are laid out."""

    old: Library
    new: Library
    renamed: Mapping[str, str]
    touched: frozenset[str] | None = None
    _before: dict[str, Place | None] = field(default_factory=dict, repr=False, compare=False)
    _after: dict[str, Place | None] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def version(self) -> Version:
        """The one in which additions count."""
        return version_of_additions(self.old, self.new)

    @cached_property
    def old_roles(self) -> Roles:
        return roles(self.old)

    @cached_property
    def new_roles(self) -> Roles:
        return roles(self.new)

    @cached_property
    def layouts(self) -> Layouts:
        if self.touched is None:
            return Layouts(self.old, self.new, self.renamed)
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
        )

    @cached_property
    def old_uses(self) -> Uses:
        return uses(self.old)

    @cached_property
    def new_uses(self) -> Uses:
        return uses(self.new)

    @cached_property
    def _former(self) -> Mapping[str, str]:
        return {after: before for before, after in self.renamed.items()}

    def former(self, name: str) -> str:
        """What the type of this name was called."""
        return self._former.get(name, name)

    def after(self, subject: str) -> Place | None:
        """The element in the new description."""
        if subject not in self._after:
            self._after[subject] = place(self.new, self.new_roles, subject)
        return self._after[subject]

    def before(self, subject: str) -> Place | None:
        """The element of this name in the old one."""
        if subject not in self._before:
            name, dot, rest = subject.partition(".")
            found = place(self.old, self.old_roles, f"{self.former(name)}{dot}{rest}")
            self._before[subject] = found
        return self._before[subject]

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
        old = self.old_uses.passed.get(self.former(name), ())
        return tuple(each for each in self.new_uses.passed.get(name, ()) if each in old)

    def written(self, name: str) -> tuple[str, ...]:
        """Parameters through which a callee writes a type to memory of the caller, before or after."""
        both = (*self.old_uses.out.get(self.former(name), ()), *self.new_uses.out.get(name, ()))
        return tuple(dict.fromkeys(both))

    def is_pointed(self, name: str) -> bool:
        """Whether readers follow a pointer to a type; so they may where nothing tells how it crosses."""
        old = self.former(name) in self.old_uses.pointed
        return old or name in self.new_uses.pointed or not self.is_used(name)

    def is_used(self, name: str) -> bool:
        """Whether anything holds or passes a type."""
        return bool(self.embedded(name) or self.passed(name) or self.written(name))

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
