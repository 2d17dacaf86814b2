"""Members of structs that are values: between ``c`` and what Python has of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from abilock.binding.shapes import Function, Item, Shape
from abilock.model.naming import python_name
from abilock.outputs.cffi.code import in_keep
from abilock.outputs.cffi.lowering import Given
from abilock.outputs.cffi.parts import Parts


class Members:
    """The members of the structs of one library."""

    def __init__(self, parts: Parts) -> None:
        self._names = parts.names
        self._forms = parts.forms
        self._contents = parts.contents
        self._lifting = parts.lifting
        self._lowering = parts.lowering

    def at(self, member: str) -> str:
        return self._names.at("c", member)

    def item(self, item: Item, take: bool) -> str:
        return self._lifting.lift(item.shape, item.name, self.at, take)

    def item_name(self, item: Item) -> str:
        return item.python or python_name(item.name)

    def lower_fields(
        self, items: Sequence[Item], members: list[tuple[str, str]], keep: str = "keep"
    ) -> Iterator[str]:
        """Fields of ``value``, which say of each other how long they are."""
        names = [(each, self.item_name(each)) for each in items]
        given = [Given(each.shape, each.name, f"value.{name}", name, keep) for each, name in names]
        lines, made = self._lowering.together(given)
        members.extend((self._names.c(name), text) for name, text in made.items() if name)
        yield from lines

    def lower_item(
        self, item: Item, value: str, members: list[tuple[str, str]], keep: str = "keep"
    ) -> tuple[str, ...]:
        lowered = self._lowering.lower(item.shape, item.name, value)
        for name, text in lowered.members.items():
            members.append((self._names.c(name), in_keep(text, keep)))
        return tuple(in_keep(line, keep) for line in lowered.lines)

    def made(
        self,
        kind: str,
        items: Sequence[Item],
        take: bool,
        given: Callable[[Item, str], str] = lambda item, value: value,
    ) -> str:
        """An object of the class ``kind`` with these; if one of them is refused, what is ours of the others
        ends."""
        values = [(self.item_name(each), given(each, self.item(each, take))) for each in items]
        if not take or not self._contents.may_be_lost([each.shape for each in items]):
            return f"{kind}({', '.join(f'{name}={value}' for name, value in values)})"
        return f"{kind}(**lib.all_named({', '.join(f'{name}=lambda: {value}' for name, value in values)}))"

    def released(self, name: str, value: str) -> Iterator[str]:
        """Returns the value after the content was released, as the struct says."""
        release = self._contents.release(name)
        if release.member is None:
            yield f"return {value}"
            return
        arguments = ", ".join(self.at(each) for each in release.arguments)
        yield "try:"
        yield f"    return {value}"
        yield "finally:"
        yield f"    if {self.at(release.member)}:"
        yield f"        {self.at(release.member)}({arguments})"

    def inner_keep(self, name: str, lines: list[str], members: list[tuple[str, str]]) -> str:
        """What the content lives in: until it is released, if the struct has a function for that."""
        release = self._contents.release(name)
        if release.member is None or len(release.arguments) != 1:
            return "keep"
        field = next(each for each in self._forms.fields(name) if each.name == release.member)
        shape = self._lifting_shape(field.name or "", name)
        assert isinstance(shape, Function)
        lines.append("inner = keep.until_released()")
        members.append((self._names.c(release.arguments[0]), "inner.token"))
        members.append((self._names.c(release.member), f"lib.pointer({python_name(shape.name)!r})"))
        return "inner"

    def _lifting_shape(self, member: str, name: str) -> Shape:
        return next(each.shape for each in self._contents.items(name) if each.name == member)
