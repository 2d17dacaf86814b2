"""C that reads values, and compares them with what was written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from abilock.model.attributes import Attributes
from abilock.model.decls import Member
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    Nested,
    Pointer,
    Scalar,
    Type,
    Void,
)
from support.watching.facts import count_of, ending_of, verdicts, word_of
from support.watching.places import (
    DEEPEST,
    ELEMENTS,
    LOOKED_AT,
    Lines,
    element,
    quoted,
    repeated,
    truth,
)
from support.watching.writing import Writer


class Reader(Writer):
    """Reads values of one library, and writes where it may."""

    def read(
        self,
        type_: Type,
        attributes: Attributes,
        own: bool,
        place: str,
        value: str,
        beside: Mapping[str, str] | None = None,
        is_parameter: bool = False,
    ) -> Lines:
        """``beside``: expressions for what stands beside it. ``is_parameter``: whether it was passed."""
        meant = self.facts.meant(type_, attributes, own)
        enum = self.facts.enum(meant.type, meant.attributes)
        judged = verdicts(meant.attributes)
        fresh = meant.attributes.has("since")
        if enum is not None:
            name = self.fresh("e")
            got = f"watch_got_name({self.place(place)}, &{name}, sizeof {name}, {self.names_of(enum)});"
            return [f"{{ {self.declared(meant.type, name)} = {value}; {got} }}"]
        match meant.type:
            case Scalar() if judged is not None:
                failed = judged.failed.replace("%s", f"({value})")
                return [f"watch_judged({self.place(place)}, {failed});"]
            case Scalar():
                return [self._read_scalar(meant.type, place, value, fresh)]
            case Array():
                shown = range(min(meant.type.length, LOOKED_AT))
                inner = meant.type.element
                return repeated(
                    lambda at: self.read(
                        inner, Attributes(), False, f"{place}[{at}]", f"{value}[{at}]"
                    ),
                    shown,
                )
            case Nested():
                return self._read_record(meant.type.aggregate, place, value)
            case Pointer():
                return self._read_pointer(
                    meant.type,
                    meant.attributes,
                    meant.own,
                    place,
                    value,
                    beside or {},
                    is_parameter,
                )
        function = self.facts.function(meant.type)
        if function is not None:
            return self.call_back(
                meant.type, function, meant.attributes, place, value, beside or {}
            )
        record, vtable = self.facts.record(meant.type), self.facts.vtable(meant.type)
        if record is not None:
            return self._read_record(record, place, value)
        return [] if vtable is None else [f"{self.use(vtable.name)}(&{value});"]

    def _read_scalar(self, scalar: Scalar, place: str, value: str, fresh: bool) -> str:
        name, kind = self.fresh("n"), self.facts.scalar_kind(scalar.name).replace("b", "u")
        got = f"watch_got({self.place(place)}, '{kind}', &{name}, sizeof {name}, {truth(fresh)});"
        return f"{{ {self.declared(scalar, name)} = {value}; {got} }}"

    def _read_record(self, record: Aggregate, place: str, value: str) -> Lines:
        fields = [each for each in record.fields if each.name or isinstance(each.type, Nested)]
        if not record.is_union:
            return [
                line for each in fields for line in self.read_member(record, each, place, value)
            ]
        found = self.fresh("found")
        lines = [f"{{ bool {found} = false;"]
        for each in fields:
            known = f"watch_chosen({self.place(place)}, {quoted(each.name or '')})"
            member = self.read_member(record, each, place, value)
            lines += [f"if ({known}) {{", f"{found} = true;", *member, "}"]
        return [*lines, f"watch_member({self.place(place)}, {found}); }}"]

    def read_member(self, record: Aggregate | None, member: Field, place: str, value: str) -> Lines:
        """A field, unless something tells that it is not there."""
        if member.attributes.has("reserved") or member.attributes.has("struct_size"):
            return []
        inner = (
            f"{value}.{self.naming.member(member.name, member.attributes)}"
            if member.name
            else value
        )
        name = f"{place}.{member.name}" if member.name else place
        if member.attributes.has("version") and isinstance(member.type, Pointer):
            reach = f"watch_reach({self.place(name)}, {inner}, 1, false, false)"
            return [f"if ({reach}) watch_version({inner});"]
        members = record.fields if record is not None else ()
        beside = {
            each.name: f"{value}.{self.naming.member(each.name)}" for each in members if each.name
        }
        if member.bits is not None and isinstance(member.type, Scalar):
            lines = [self._read_scalar(member.type, name, inner, False)]
        else:
            lines = self.read(member.type, member.attributes, member.own, name, inner, beside)
        gate = self.gate(member, members, name, value, inner)
        return [f"if ({gate}) {{", *lines, "}"] if gate else lines

    def gate(
        self, member: Member, members: Sequence[Member], place: str, value: str, inner: str
    ) -> str | None:
        """Whether the other side is new enough to have it, if anything tells."""
        since = member.attributes.version("since")
        if since is None:
            return None
        for each in members:
            if isinstance(each, Field) and each.attributes.has("struct_size") and each.name:
                size = f"(size_t){value}.{self.naming.member(each.name)}"
                end = f"(size_t)((const char *)(&{inner} + 1) - (const char *)&{value})"
                return f"watch_covers({self.place(place)}, {size}, {end})"
        if self.is_host and self.facts.has_version:
            return f'watch_has({self.place(place)}, "{since}")'
        return None

    def _read_pointer(
        self,
        pointer: Pointer,
        attributes: Attributes,
        own: bool,
        place: str,
        value: str,
        beside: Mapping[str, str],
        is_parameter: bool,
    ) -> Lines:
        pointee = self.facts.meant(pointer.pointee).type
        followed = getattr(pointee, "name", "")
        if self.within.count(followed) >= DEEPEST:
            return []
        self.within.append(followed)
        name, vtable = self.fresh("p"), self.facts.vtable(pointee)
        is_raw = isinstance(pointee, Void) or self.facts.is_opaque(pointee)
        inside: Lines = []
        if vtable is not None:
            inside.append(f"{self.use(vtable.name)}({name});")
        elif isinstance(pointee, Void):
            inside.append(f"watch_got({self.place(place)}, 'p', &{name}, sizeof {name}, false);")
        elif attributes.has("nul"):
            inside.append(f"watch_text({self.place(place)}, (const char *){name});")
        elif not is_raw and not (is_parameter and attributes.has("out")):
            inside += self._read_elements(pointer, attributes, place, name, beside)
        if (
            is_parameter
            and pointer.mutable
            and not own
            and not is_raw
            and not attributes.has("ctx")
        ):
            inside += self._change(pointer, attributes, place, name)
        if own:
            inside.append(
                f"watch_free({self.place(place)}, (void *){name}, {quoted(ending_of(attributes))});"
            )
        elif not is_parameter and word_of(attributes, "until") in ("drop", "library", "process"):
            inside.append(f"watch_look_later({self.place(place)}, {name});")
        self.within.pop()
        fresh = truth(attributes.has("since"))
        nullable = truth(pointer.nullable)
        size = "1" if is_raw else f"sizeof *{name}"
        reach = f"watch_reach({self.place(place)}, {name}, {size}, {nullable}, {fresh})"
        return [f"{{ {self.declared(pointer, name)} = {value};", f"if ({reach}) {{", *inside, "} }"]

    def _read_elements(
        self,
        pointer: Pointer,
        attributes: Attributes,
        place: str,
        name: str,
        beside: Mapping[str, str],
    ) -> Lines:
        counted = count_of(attributes)
        if counted is None or counted[0] not in beside:
            return self.read(pointer.pointee, Attributes(), False, place, f"(*{name})")
        number = self.fresh("count")
        unit = f"sizeof *{name}" if counted[1] else "1"
        lines = [
            f"size_t {number} = (size_t){beside[counted[0]]} / {unit};",
            f"watch_count({self.place(place)}, {number},"
            f" (size_t){beside[counted[0]]} % {unit}, false);",
        ]
        for at in range(LOOKED_AT):
            read = self.read(
                pointer.pointee, Attributes(), False, element(place, at, ELEMENTS), f"{name}[{at}]"
            )
            lines += [f"if ({number} > {at}) {{", *read, "}"]
        return lines

    def _change(self, pointer: Pointer, attributes: Attributes, place: str, name: str) -> Lines:
        """What a callee may write, it writes."""
        if attributes.has("out"):
            return self.write(pointer.pointee, Attributes(), False, place, f"(*{name})")
        return [f"watch_scribble((void *){name});"]
