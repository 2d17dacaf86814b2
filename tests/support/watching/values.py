"""C that writes values, and C that reads them: both know what stands at a place by the place's name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from abilock.model.attributes import Attributes
from abilock.model.c_names import value_c_name
from abilock.model.decls import EnumDecl, EnumKind, Library, Member, Slot
from abilock.model.naming import version_macros
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Scalar,
    Signature,
    Type,
    Void,
)
from abilock.outputs.c_declarations import CNaming, declare
from abilock.outputs.header.macros import header_naming
from support.watching.facts import Facts, count_of, verdicts, word_of

#: How many elements a list has, and how many of an array are looked at.
ELEMENTS, LOOKED_AT = 3, 16
#: How deep types that lead to themselves are followed.
DEEPEST = 2

Lines = list[str]
#: Makes a function that answers calls at a place, and gives its name.
Implement = Callable[[str, Signature], str]


def quoted(text: str) -> str:
    return f'"{text}"'


class Values:
    """Values of one library. ``same``: parts of places that are called otherwise by the other side."""

    def __init__(self, library: Library, is_host: bool, same: Sequence[tuple[str, str]]) -> None:
        self.facts = Facts(library)
        self.is_host = is_host
        self.naming: CNaming = header_naming(library)
        self._same = same
        self._numbers = itertools.count()
        self._version_macro = version_macros(library.name)[3]
        self._within: list[str] = []
        #: Variables of the function that is being written, and what is done behind the call in it.
        self.locals: Lines = []
        self.ending: Lines | None = None

    # --- names

    def fresh(self, stem: str) -> str:
        return f"{stem}_{next(self._numbers)}"

    def place(self, name: str) -> str:
        for ours, theirs in self._same:
            name = name.replace(ours, theirs)
        return quoted(name)

    def declared(self, type_: Type, name: str) -> str:
        return declare(type_, name, self.naming)

    def _names(self, enum: EnumDecl) -> str:
        known = dict(self._same)
        rows = ", ".join(
            f"{{{quoted(known.get(each.name, each.name))}, (long long){value_c_name(enum, each)}}}"
            for each in enum.values
        )
        is_open = "false" if enum.kind is EnumKind.CLOSED else "true"
        return f"(const watch_name[]){{{rows}}}, {len(enum.values)}, {is_open}"

    # --- writing

    def write(
        self,
        type_: Type,
        attributes: Attributes,
        own: bool,
        place: str,
        to: str,
        counts: Mapping[str, int] | None = None,
    ) -> Lines:
        """``to`` becomes a value. ``counts``: numbers of elements that stand beside it."""
        meant = self.facts.meant(type_, attributes, own)
        enum = self.facts.enum(meant.type, meant.attributes)
        judged = verdicts(meant.attributes)
        if enum is not None:
            name = self.fresh("e")
            made = f"watch_new_name({self.place(place)}, &{name}, sizeof {name}, {self._names(enum)});"
            return [f"{{ {self.declared(meant.type, name)}; {made} {to} = {name}; }}"]
        match meant.type:
            case Scalar() if judged is not None:
                turn, failed = self.fresh("turn"), self.fresh("failed")
                good, bad = (", ".join(map(str, each)) for each in (judged.good, judged.bad))
                return [
                    f"{{ static int {turn}; bool {failed} = watch_turn({self.place(place)});",
                    f"{to} = {failed} ? (const int[]){{{bad}}}[{turn}++ / 2 % {len(judged.bad)}]",
                    f"    : (const int[]){{{good}}}[{turn}++ / 2 % {len(judged.good)}];",
                    f"watch_outcome({self.place(place)}, {failed}); }}",
                ]
            case Scalar():
                return [self._write_scalar(meant.type, place, to, 0)]
            case Array():
                shown = range(min(meant.type.length, LOOKED_AT))
                element = meant.type.element
                return self._each(
                    lambda at: self.write(element, Attributes(), False, f"{place}[{at}]", f"{to}[{at}]"),
                    shown,
                )
            case Nested():
                return self._write_record(meant.type.aggregate, place, to)
            case Pointer():
                return self._write_pointer(meant.type, meant.attributes, meant.own, place, to, counts)
        function = self.facts.function(meant.type)
        if function is not None:
            return self._write_function(function, meant.attributes, place, to)
        record, vtable = self.facts.record(meant.type), self.facts.vtable(meant.type)
        if record is not None:
            return self._write_record(record, place, to)
        return [] if vtable is None else [f"{to} = *{self.table(vtable.name)}();"]

    def _write_scalar(self, scalar: Scalar, place: str, to: str, bits: int) -> str:
        name, kind = self.fresh("n"), self.facts.scalar_kind(scalar.name)
        made = f"watch_new({self.place(place)}, '{kind}', &{name}, sizeof {name}, {bits});"
        return f"{{ {self.declared(scalar, name)}; {made} {to} = {name}; }}"

    def _write_record(self, record: Aggregate, place: str, to: str) -> Lines:
        fields = [each for each in record.fields if each.name or isinstance(each.type, Nested)]
        if record.is_union:
            names = ", ".join(quoted(each.name or "") for each in fields)
            table = f"(const char *const[]){{{names}}}"
            lines = [f"switch (watch_choose({self.place(place)}, {table}, {len(fields)})) {{"]
            for at, each in enumerate(fields):
                lines += [f"case {at}:", *self._write_member(each, place, to, {}), "break;"]
            return [*lines, "}"]
        counts = self.counts(record.fields)
        return [line for each in fields for line in self._write_member(each, place, to, counts)]

    def _write_member(self, member: Field, place: str, to: str, counts: Mapping[str, int]) -> Lines:
        inner = f"{to}.{self.naming.member(member.name, member.attributes)}" if member.name else to
        name = f"{place}.{member.name}" if member.name else place
        if member.attributes.has("reserved"):
            zero = f"{inner} = 0;" if member.bits else f"__builtin_memset(&{inner}, 0, sizeof {inner});"
            return ["#ifndef WATCH_AGAIN", zero, "#endif"]
        if member.attributes.has("struct_size"):
            return [f"{inner} = sizeof({to});"]
        if member.attributes.has("version") and isinstance(member.type, Pointer):
            text = self._version_macro
            return [
                f"{{ char *v = watch_make(sizeof {text}, false);"
                f" __builtin_memcpy(v, {text}, sizeof {text}); {inner} = v; }}"
            ]
        if member.bits is not None and isinstance(member.type, Scalar):
            return [self._write_scalar(member.type, name, inner, member.bits)]
        if member.name in counts:
            return self.write_count(member.type, name, inner, counts[member.name])
        return self.write(member.type, member.attributes, member.own, name, inner, counts)

    def write_count(self, type_: Type, place: str, to: str, count: int) -> Lines:
        name = self.fresh("n")
        kind = self.facts.scalar_kind(getattr(self.facts.meant(type_).type, "name", "usize"))
        return [
            f"{{ {self.declared(type_, name)} = {count};"
            f" watch_tell({self.place(place)}, '{kind}', &{name}, sizeof {name}); {to} = {name}; }}"
        ]

    def counts(self, members: Sequence[Member]) -> dict[str, int]:
        """Fields that say how many elements stand behind another one."""
        return dict(
            found
            for each in members
            if isinstance(each, Field)
            for found in self.count(each.type, each.attributes)
        )

    def count(self, type_: Type, attributes: Attributes) -> list[tuple[str, int]]:
        meant = self.facts.meant(type_, attributes)
        found = count_of(meant.attributes)
        if found is None or not isinstance(meant.type, Pointer):
            return []
        name, in_bytes = found
        return [(name, ELEMENTS * self.facts_size(meant.type.pointee) if in_bytes else ELEMENTS)]

    def facts_size(self, type_: Type) -> int:
        """ex) 8 for ``int64``, 24 for ``bytes24``"""
        text = self.facts.call(Signature((), None)) if isinstance(type_, Void) else self.facts._class(type_)
        digits = int("".join(filter(str.isdigit, text)) or 8 * (text == "pointer") or 1)
        return digits // 8 if text.startswith(("int", "float")) else digits

    def _write_pointer(
        self,
        pointer: Pointer,
        attributes: Attributes,
        own: bool,
        place: str,
        to: str,
        counts: Mapping[str, int] | None,
    ) -> Lines:
        lines, name = [], self.fresh("p")
        pointee = self.facts.meant(pointer.pointee).type
        vtable = self.facts.vtable(pointee)
        is_text = attributes.has("nul")
        elements = ELEMENTS if count_of(attributes) or attributes.has("capacity") else 1
        followed = getattr(pointee, "name", "")
        if self._within.count(followed) >= DEEPEST:
            return [f"{to} = NULL;"]
        self._within.append(followed)
        if vtable is not None:
            lines.append(f"{to} = {self.table(vtable.name)}();")
        else:
            is_raw = isinstance(pointee, Void) or self.facts.is_opaque(pointee)
            size = "16" if is_raw else "5" if is_text else f"{elements} * sizeof *{name}"
            declared = self.declared(Pointer(pointer.pointee, True), name)
            given, room = _truth(own), attributes.has("out")
            made = f"watch_make_filled({size}, false, 0xC3)" if room else f"watch_make({size}, {given})"
            lines.append(f"{declared} = {made};")
            if is_text:
                lines.append(f'__builtin_memcpy({name}, "text", 5);')
            elif not is_raw and not room:
                lines += self._each(
                    lambda at: self.write(
                        pointer.pointee, Attributes(), False, _element(place, at, elements), f"{name}[{at}]"
                    ),
                    range(elements),
                )
            if isinstance(pointee, Void):
                lines.append(f"watch_tell({self.place(place)}, 'p', &{name}, sizeof {name});")
            if not pointer.mutable and self.ending is not None:
                lines.append(f"watch_seal({name});")
            if count_of(attributes):
                lines.append(f"watch_count({self.place(place)}, {elements}, 0, true);")
            lines.append(f"{to} = {name};")
            lines += self._lend(name, attributes, own, place)
        self._within.pop()
        if pointer.nullable:
            return [f"if (watch_turn({self.place(place)})) {to} = NULL;", "else {", *lines, "}"]
        return ["{", *lines, "}"]

    def _lend(self, name: str, attributes: Attributes, own: bool, place: str) -> Lines:
        """What was not given comes back: behind the call, or when its time is over."""
        if own:
            return []
        if self.ending is None:
            soon = "true" if word_of(attributes, "until") in ("next", "call") else "false"
            return [f"watch_take_back_later({self.place(place)}, {name}, {soon});"]
        kept = self.fresh("lent")
        self.locals.append(f"void *{kept} = NULL;")
        self.ending.append(f"watch_take_back({self.place(place)}, {kept});")
        return [f"{kept} = (void *){name};"]

    def _write_function(
        self, function: FunctionPointer, attributes: Attributes, place: str, to: str
    ) -> Lines:
        lines = [f"{to} = {self.implement(place, function.signature)};"]
        if word_of(attributes, "scope") in ("call", "once") and self.ending is not None:
            lines.append(f"watch_scope({self.place(place)}, true);")
            self.ending.append(f"watch_scope({self.place(place)}, false);")
        if function.nullable:
            return [f"if (watch_turn({self.place(place)})) {to} = NULL;", "else {", *lines, "}"]
        return lines

    # --- reading

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
            got = f"watch_got_name({self.place(place)}, &{name}, sizeof {name}, {self._names(enum)});"
            return [f"{{ {self.declared(meant.type, name)} = {value}; {got} }}"]
        match meant.type:
            case Scalar() if judged is not None:
                failed = judged.failed.replace("%s", f"({value})")
                return [f"watch_judged({self.place(place)}, {failed});"]
            case Scalar():
                return [self._read_scalar(meant.type, place, value, fresh)]
            case Array():
                shown = range(min(meant.type.length, LOOKED_AT))
                element = meant.type.element
                return self._each(
                    lambda at: self.read(element, Attributes(), False, f"{place}[{at}]", f"{value}[{at}]"),
                    shown,
                )
            case Nested():
                return self._read_record(meant.type.aggregate, place, value)
            case Pointer():
                return self._read_pointer(
                    meant.type, meant.attributes, meant.own, place, value, beside or {}, is_parameter
                )
        function = self.facts.function(meant.type)
        if function is not None:
            return self.call_back(meant.type, function, meant.attributes, place, value, beside or {})
        record, vtable = self.facts.record(meant.type), self.facts.vtable(meant.type)
        if record is not None:
            return self._read_record(record, place, value)
        return [] if vtable is None else [f"{self.use(vtable.name)}(&{value});"]

    def _read_scalar(self, scalar: Scalar, place: str, value: str, fresh: bool) -> str:
        name, kind = self.fresh("n"), self.facts.scalar_kind(scalar.name).replace("b", "u")
        got = f"watch_got({self.place(place)}, '{kind}', &{name}, sizeof {name}, {_truth(fresh)});"
        return f"{{ {self.declared(scalar, name)} = {value}; {got} }}"

    def _read_record(self, record: Aggregate, place: str, value: str) -> Lines:
        fields = [each for each in record.fields if each.name or isinstance(each.type, Nested)]
        if not record.is_union:
            return [line for each in fields for line in self.read_member(record, each, place, value)]
        found = self.fresh("found")
        lines = [f"{{ bool {found} = false;"]
        for each in fields:
            known = f"watch_chosen({self.place(place)}, {quoted(each.name or '')})"
            member = self.read_member(record, each, place, value)
            lines += [f"if ({known}) {{", f"{found} = true;", *member, "}"]
        return [*lines, f"watch_member({self.place(place)}, {found}); }}"]

    def read_member(
        self, record: Aggregate | None, member: Field, place: str, value: str
    ) -> Lines:
        """A field, unless something tells that it is not there."""
        if member.attributes.has("reserved") or member.attributes.has("struct_size"):
            return []
        inner = f"{value}.{self.naming.member(member.name, member.attributes)}" if member.name else value
        name = f"{place}.{member.name}" if member.name else place
        if member.attributes.has("version") and isinstance(member.type, Pointer):
            reach = f"watch_reach({self.place(name)}, {inner}, 1, false, false)"
            return [f"if ({reach}) watch_version({inner});"]
        members = record.fields if record is not None else ()
        beside = {each.name: f"{value}.{self.naming.member(each.name)}" for each in members if each.name}
        if member.bits is not None and isinstance(member.type, Scalar):
            lines = [self._read_scalar(member.type, name, inner, False)]
        else:
            fresh = [each for each in member.attributes.all if each.name == "since"]
            said = Attributes((*member.attributes.without("since").all, *fresh))
            lines = self.read(member.type, said, member.own, name, inner, beside)
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
        if self._within.count(followed) >= DEEPEST:
            return []
        self._within.append(followed)
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
        if is_parameter and pointer.mutable and not own and not is_raw and not attributes.has("ctx"):
            inside += self._change(pointer, attributes, place, name)
        if own:
            inside.append(f"watch_free({self.place(place)}, (void *){name});")
        elif not is_parameter and word_of(attributes, "until") in ("drop", "library", "process"):
            inside.append(f"watch_look_later({self.place(place)}, {name});")
        self._within.pop()
        fresh = _truth(attributes.has("since"))
        nullable = _truth(pointer.nullable)
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
            element = self.read(
                pointer.pointee, Attributes(), False, _element(place, at, ELEMENTS), f"{name}[{at}]"
            )
            lines += [f"if ({number} > {at}) {{", *element, "}"]
        return lines

    def _change(self, pointer: Pointer, attributes: Attributes, place: str, name: str) -> Lines:
        """What a callee may write, it writes."""
        if attributes.has("out"):
            return self.write(pointer.pointee, Attributes(), False, place, f"(*{name})")
        return [f"watch_scribble((void *){name});"]

    # --- what functions are for

    def implement(self, place: str, signature: Signature) -> str:
        raise NotImplementedError

    def table(self, vtable: str) -> str:
        raise NotImplementedError

    def use(self, vtable: str) -> str:
        raise NotImplementedError

    def call_back(
        self,
        type_: Type,
        function: FunctionPointer,
        attributes: Attributes,
        place: str,
        value: str,
        beside: Mapping[str, str],
    ) -> Lines:
        raise NotImplementedError

    @staticmethod
    def _each(make: Callable[[int], Lines], which: range) -> Lines:
        return [line for at in which for line in make(at)]


def _element(place: str, at: int, elements: int) -> str:
    return place if elements == 1 else f"{place}[{at}]"


def _truth(value: bool) -> str:
    return "true" if value else "false"


__all__ = ["Values", "Slot", "Named", "quoted"]
