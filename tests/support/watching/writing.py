"""C that writes values: each has its place's name, under which it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from abilock.model.attributes import Attributes
from abilock.model.decls import Member
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
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
    Places,
    element,
    quoted,
    repeated,
)


class Writer(Places):
    """Writes values of one library."""

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
            made = f"watch_new_name({self.place(place)}, &{name}, sizeof {name}, {self.names_of(enum)});"
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
                inner = meant.type.element
                return repeated(
                    lambda at: self.write(
                        inner, Attributes(), False, f"{place}[{at}]", f"{to}[{at}]"
                    ),
                    shown,
                )
            case Nested():
                return self._write_record(meant.type.aggregate, place, to)
            case Pointer():
                return self._write_pointer(
                    meant.type, meant.attributes, meant.own, place, to, counts
                )
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
                lines += [f"case {at}:", *self.write_member(each, place, to, {}), "break;"]
            return [*lines, "}"]
        counts = self.counts(record.fields)
        return [line for each in fields for line in self.write_member(each, place, to, counts)]

    def write_member(self, member: Field, place: str, to: str, counts: Mapping[str, int]) -> Lines:
        inner = f"{to}.{self.naming.member(member.name, member.attributes)}" if member.name else to
        name = f"{place}.{member.name}" if member.name else place
        if member.attributes.has("reserved"):
            zero = (
                f"{inner} = 0;"
                if member.bits
                else f"__builtin_memset(&{inner}, 0, sizeof {inner});"
            )
            return ["#ifndef WATCH_AGAIN", zero, "#endif"]
        if member.attributes.has("struct_size"):
            return [f"{inner} = sizeof({to});"]
        if member.attributes.has("version") and isinstance(member.type, Pointer):
            text = self.version_macro
            return [
                f"{{ char *v = watch_make(sizeof {text}, NULL);"
                f" __builtin_memcpy(v, {text}, sizeof {text}); {inner} = v; }}"
            ]
        if member.bits is not None and isinstance(member.type, Scalar):
            return [self._write_scalar(member.type, name, inner, member.bits)]
        if member.name is not None and member.name in counts:
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
        return [(name, ELEMENTS * self.facts.size(meant.type.pointee) if in_bytes else ELEMENTS)]

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
        if self.within.count(followed) >= DEEPEST:
            return [f"{to} = NULL;"]
        self.within.append(followed)
        if vtable is not None:
            lines.append(f"{to} = {self.table(vtable.name)}();")
        else:
            is_raw = isinstance(pointee, Void) or self.facts.is_opaque(pointee)
            size = "16" if is_raw else "5" if is_text else f"{elements} * sizeof *{name}"
            declared = self.declared(Pointer(pointer.pointee, True), name)
            given, room = quoted(ending_of(attributes)) if own else "NULL", attributes.has("out")
            made = (
                f"watch_make_filled({size}, NULL, 0xC3)" if room else f"watch_make({size}, {given})"
            )
            lines.append(f"{declared} = {made};")
            if is_text:
                lines.append(f'__builtin_memcpy({name}, "text", 5);')
            elif not is_raw and not room:
                lines += repeated(
                    lambda at: self.write(
                        pointer.pointee,
                        Attributes(),
                        False,
                        element(place, at, elements),
                        f"{name}[{at}]",
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
        self.within.pop()
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
