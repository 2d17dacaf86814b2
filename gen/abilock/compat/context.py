"""Everything that a judge may ask about the two descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from abilock.compat.effects import Effect, Layouts
from abilock.compat.places import Place, place
from abilock.compat.roles import Roles, roles
from abilock.compat.uses import Uses, uses
from abilock.model.decls import Alias, Declaration, Library, Vtable
from abilock.model.types import Aggregate, Field
from abilock.model.version import Version


@dataclass(frozen=True)  # without slots: what is looked up often is kept beside the fields
class Context:
    """Two descriptions of one ABI, and what follows from each. ``renamed``: old names of types and the
    new names of the same."""

    old: Library
    new: Library
    renamed: Mapping[str, str]

    @property
    def version(self) -> Version:
        """The one in which additions count: what plugins of the new description tell."""
        return self.new.compared_version

    @cached_property
    def old_roles(self) -> Roles:
        return roles(self.old)

    @cached_property
    def new_roles(self) -> Roles:
        return roles(self.new)

    @cached_property
    def layouts(self) -> Layouts:
        return Layouts(self.old, self.new, self.renamed)

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
        return place(self.new, self.new_roles, subject)

    def before(self, subject: str) -> Place | None:
        """The element of this name in the old one."""
        name, dot, rest = subject.partition(".")
        return place(self.old, self.old_roles, f"{self.former(name)}{dot}{rest}")

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
        return bool(self.embedded(name) or self.passed(name))

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

    def is_alias(self, name: str) -> bool:
        """Whether the new description has an alias of this name."""
        try:
            return isinstance(self.new.find(name), Alias)
        except KeyError:
            return False
