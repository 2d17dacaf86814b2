"""The C source of a plugin and of a host that do everything that a description lets them do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from abilock.model.attributes import Attribute, Attributes
from abilock.model.decls import EntryFunction, EntryStatic, Library, Slot, Vtable
from abilock.model.types import (
    Field,
    FunctionPointer,
    Parameter,
    Pointer,
    Signature,
    Type,
)
from abilock.outputs.c_declarations import prototype_lines
from support.watching.facts import word_of
from support.watching.places import Lines, truth
from support.watching.reading import Reader

_ONE_LINE = 10**6
#: Where a vtable has its context, unless it says so.
_STATE = "state"


def plugin_source(library: Library, same: Sequence[tuple[str, str]] = ()) -> str:
    """A plugin: every entry that it must have, and what those lead to."""
    side = _Side(library, False, same)
    for entry in side.facts.entries():
        if not entry.optional:
            side.export(entry)
    return side.text(f"#define {library.name.upper()}_PLUGIN")


def host_source(library: Library, same: Sequence[tuple[str, str]] = ()) -> str:
    """A host, whose function ``watched_host`` calls every entry and all that it gets."""
    side = _Side(library, True, same)
    thunks = [side.enter(entry) for entry in side.facts.entries()]
    lines = [f"    watch_try({thunk}, NULL);" for thunk in thunks]
    return side.text("") + "\n".join(["void watched_host(void) {", *lines, "}", ""])


class _Side(Reader):
    """Functions that are asked for are made once, each."""

    def __init__(self, library: Library, is_host: bool, same: Sequence[tuple[str, str]]) -> None:
        super().__init__(library, is_host, same)
        self._made: dict[tuple[str, str], str] = {}
        self._prototypes: Lines = []
        self._bodies: Lines = []

    def text(self, before: str) -> str:
        name = self.facts.library.name
        includes = [before, f"#include <{name}.h>", "#include <watch.h>", ""]
        return "\n".join([*includes, *self._prototypes, "", *self._bodies, ""])

    def _function(self, head: str, body: Lines) -> None:
        self._bodies += [f"{head} {{", *(f"    {line}" for line in body), "}", ""]

    # --- functions that answer

    def implement(self, place: str, signature: Signature) -> str:
        return self._implement(place, signature, Attributes())

    def _implement(self, place: str, signature: Signature, said: Attributes) -> str:
        key = ("implement", place)
        if key not in self._made:
            name = self._made[key] = self.fresh("answer")
            head = f"static {self._prototype(signature, name)}"
            self._prototypes.append(f"{head};")
            self._answer(head, place, signature, said)
        return self._made[key]

    def _prototype(self, signature: Signature, name: str) -> str:
        numbered = tuple(
            replace(each, name=f"a{at}") for at, each in enumerate(signature.parameters)
        )
        named = replace(signature, parameters=numbered)
        return " ".join(prototype_lines(named, name, self.naming, _ONE_LINE))

    def _answer(self, head: str, place: str, signature: Signature, said: Attributes) -> None:
        outer, self.locals, self.ending = (self.locals, self.ending), [], None
        result = signature.result
        lines = []
        if result is not None:
            lines += [
                f"{self.declared(result.type, 'r')};",
                "__builtin_memset(&r, WATCH_UNWRITTEN, sizeof r);",
            ]
        leave = "return r;" if result is not None else "return;"
        types = self.facts.call(signature)
        at_home = truth(word_of(said, "thread") in ("creator", "main"))
        host = truth(self.is_host)
        enter = f'watch_enter({self.place(place)}, "{types}", {host}, {at_home})'
        lines += [f"if (!{enter}) {leave}", f"watch_in_scope({self.place(place)});"]
        beside = {each.name: f"a{at}" for at, each in enumerate(signature.parameters) if each.name}
        for at, each in enumerate(signature.parameters):
            if not _is_context(each):
                lines += self.read(
                    each.type,
                    each.attributes,
                    each.own,
                    _of(place, each, at),
                    f"a{at}",
                    beside,
                    True,
                )
        if result is not None:
            attributes = Attributes((*result.attributes.all, *said.all))
            lines += self.write(result.type, attributes, result.own, f"{place}.return", "r")
            lines.append(leave)
        self._function(head, [*self.locals, *lines])
        self.locals, self.ending = outer

    def table(self, vtable: str) -> str:
        key = ("table", vtable)
        if key not in self._made:
            name = self._made[key] = self.fresh("table")
            head = f"static {self.naming.name(vtable)} *{name}(void)"
            self._prototypes.append(f"{head};")
            self._fill(head, self._vtable(vtable))
        return self._made[key]

    def _fill(self, head: str, vtable: Vtable) -> None:
        outer, self.locals, self.ending = (self.locals, self.ending), [], None
        type_ = self.naming.name(vtable.name)
        lines = [f"{type_} *t = watch_make(sizeof({type_}), NULL);"]
        counts = self.counts(vtable.members)
        for member in vtable.members:
            inner = (
                f"(*t).{self.naming.member(member.name, member.attributes)}"
                if member.name
                else "(*t)"
            )
            if isinstance(member, Field):
                lines += self.write_member(member, vtable.name, "(*t)", counts)
                continue
            if member.attributes.has("reserved"):
                lines.append(f"{inner} = NULL;")
                continue
            said = Attributes(
                (*member.attributes.all, *_unsaid(vtable.attributes, member.attributes))
            )
            place = f"{vtable.name}.{member.name}"
            function = self._implement(place, member.signature, said)
            choice = f"watch_turn({self.place(place)}) ? NULL : " if member.optional else ""
            lines.append(f"{inner} = {choice}{function};")
        self._function(head, [*self.locals, *lines, "return t;"])
        self.locals, self.ending = outer

    def export(self, entry: EntryFunction | EntryStatic) -> None:
        if isinstance(entry, EntryFunction):
            name = self.naming.name(entry.name)
            self._answer(
                self._prototype(entry.signature, name),
                entry.name,
                entry.signature,
                entry.attributes,
            )
            return
        held, name = self.fresh("held"), self.naming.name(entry.name)
        declared = self.declared(entry.type, "value")
        const = "const " if entry.const else ""
        self._bodies += [
            f"extern {const}{self.declared(entry.type, name)};",
            f"static union {{ struct {{ {declared}; unsigned char guard[64]; }}; char page[4096]; }}",
            f"    {held} __attribute__((aligned(4096)));",
            f'extern __typeof__({name}) {name} __attribute__((alias("{held}")));',
        ]
        written = self.write(entry.type, entry.attributes, False, entry.name, f"{held}.value")
        guard = f"__builtin_memset({held}.guard, 0xA5, sizeof {held}.guard);"
        if entry.const:
            written.append(f"watch_protect(&{held}, sizeof {held});")
        self._function(
            f"__attribute__((constructor)) static void fill_{held}(void)", [guard, *written]
        )

    # --- functions that call

    def enter(self, entry: EntryFunction | EntryStatic) -> str:
        thunk, name = self.fresh("enter"), self.naming.name(entry.name)
        optional = truth(entry.optional)
        find = f'watch_find("{name}", {optional})'
        since = entry.attributes.version("since")
        lines = ["(void)unused;"]
        if since is not None and self.facts.has_version:
            lines.append(f'if (!watch_has({self.place(entry.name)}, "{since}")) return;')
        if isinstance(entry, EntryFunction):
            lines += [
                f"{name}_fn f = ({name}_fn){find};",
                "if (!f) return;",
                *self._call(entry.name, entry.signature, "f", "NULL", entry.attributes),
            ]
        else:
            lines += [f"__typeof__({name}) *v = {find};", "if (!v) return;"]
            lines += self.read(entry.type, entry.attributes, False, entry.name, "(*v)")
            if not entry.const:
                lines.append("watch_write((void *)v);")
        head = f"static void {thunk}(void *unused)"
        self._prototypes.append(f"{head};")
        self._function(head, lines)
        return thunk

    def use(self, vtable: str) -> str:
        key = ("use", vtable)
        if key not in self._made:
            name = self._made[key] = self.fresh("use")
            head = f"static void {name}(const {self.naming.name(vtable)} *t)"
            self._prototypes.append(f"{head};")
            self._use(head, self._vtable(vtable))
        return self._made[key]

    def _use(self, head: str, vtable: Vtable) -> None:
        lines = ["static int deep;", "if (deep) return;", "deep++;"]
        context = self._context(vtable)
        for member in vtable.members:
            if isinstance(member, Field):
                if member.name != context:
                    lines += self.read_member(None, member, vtable.name, "(*t)")
                continue
            if member.attributes.has("reserved"):
                continue
            thunk = self._use_slot(vtable, member, context)
            if member.drop:
                lines.append(f"watch_at_end({thunk}, (void *)t);")
                continue
            lines.append(f"watch_try({thunk}, (void *)t);")
            said = Attributes(
                (*member.attributes.all, *_unsaid(vtable.attributes, member.attributes))
            )
            if word_of(said, "thread") == "any":
                lines.append(f"watch_try_elsewhere({thunk}, (void *)t);")
        self._function(head, [*lines, "deep--;"])

    def _use_slot(self, vtable: Vtable, slot: Slot, context: str | None) -> str:
        thunk, place = self.fresh("slot"), f"{vtable.name}.{slot.name}"
        head = f"static void {thunk}(void *table)"
        self._prototypes.append(f"{head};")
        member = f"(*t).{self.naming.member(slot.name, slot.attributes)}"
        state = f"(void *)(*t).{self.naming.member(context)}" if context else "(void *)t"
        gate = self.gate(slot, vtable.members, place, "(*t)", member)
        call = self._call(place, slot.signature, member, state, slot.attributes, slot.optional)
        lines = [f"const {self.naming.name(vtable.name)} *t = table;"]
        if gate:
            lines.append(f"if (!{gate}) return;")
        self._function(head, [*lines, *call])
        return thunk

    def _context(self, vtable: Vtable) -> str | None:
        said = word_of(vtable.attributes, "object")
        names = {each.name for each in vtable.members if isinstance(each, Field)}
        name = said or _STATE
        return name if name in names else None

    def call_back(
        self,
        type_: Type,
        function: FunctionPointer,
        attributes: Attributes,
        place: str,
        value: str,
        beside: Mapping[str, str],
    ) -> Lines:
        """Calls it at once, and once more later if it is told that it may."""
        thunk, kept, context = self.fresh("call"), self.fresh("kept"), self.fresh("ctx")
        head = f"static void {thunk}(void *unused)"
        self._prototypes += [
            f"static {self.declared(type_, kept)};",
            f"static void *{context};",
            f"{head};",
        ]
        call = self._call(place, function.signature, kept, context, Attributes(), function.nullable)
        self._function(head, ["(void)unused;", *call])
        own = beside.get(word_of(attributes, "ctx") or "", "NULL")
        lines = [
            f"{kept} = {value};",
            f"{context} = (void *)({own});",
            f"watch_try({thunk}, NULL);",
        ]
        if (word_of(attributes, "scope") or "call") not in ("call", "once"):
            lines.append(f"if ({kept}) watch_later({thunk}, NULL);")
        return lines

    def _call(
        self,
        place: str,
        signature: Signature,
        function: str,
        context: str,
        said: Attributes,
        nullable: bool = False,
    ) -> Lines:
        """A call with everything that it takes, and what is done behind it."""
        outer, self.locals, self.ending = (self.locals, self.ending), [], []
        types, optional = self.facts.call(signature), truth(nullable)
        called = f'{self.place(place)}, "{types}", (void *){function}, {optional}, false'
        lines = [f"if (!watch_call({called})) return;"]
        counts = dict(
            found
            for each in signature.parameters
            for found in self.count(each.type, each.attributes)
        )
        inputs, outputs = [], []
        for at, each in enumerate(signature.parameters):
            if _is_context(each):
                inputs.append(context)
                continue
            name, where = self.fresh("in"), _of(place, each, at)
            inputs.append(name)
            lines += [
                f"{self.declared(each.type, name)};",
                f"__builtin_memset(&{name}, WATCH_UNWRITTEN, sizeof {name});",
            ]
            if each.name in counts:
                lines += self.write_count(each.type, where, name, counts[each.name])
            else:
                lines += self.write(each.type, each.attributes, each.own, where, name)
            if each.attributes.has("out") and isinstance(each.type, Pointer):
                outputs += self.read(each.type.pointee, Attributes(), False, where, f"(*{name})")
        made = f"{function}({', '.join(inputs)});"
        result = signature.result
        if result is None:
            lines += [made, "watch_done();"]
        else:
            name = self.fresh("out")
            lines += [f"{self.declared(result.type, name)} = {made}", "watch_done();"]
            attributes = Attributes((*result.attributes.all, *said.without("since").all))
            outputs += self.read(result.type, attributes, result.own, f"{place}.return", name)
        written = [*self.locals, *lines, *outputs, *self.ending]
        self.locals, self.ending = outer
        return written

    def _vtable(self, name: str) -> Vtable:
        declared = self.facts.library.find(name)
        assert isinstance(declared, Vtable)
        return declared


def _of(place: str, parameter: Parameter, at: int) -> str:
    return f"{place}.{parameter.name or at}"


def _is_context(parameter: Parameter) -> bool:
    """What goes back to whom it came from: the object of a slot, the context of a callback."""
    said = parameter.attributes.get("ctx")
    return parameter.receiver or (said is not None and not said.arguments)


def _unsaid(outer: Attributes, inner: Attributes) -> tuple[Attribute, ...]:
    return tuple(each for each in outer.all if each.name == "thread" and not inner.has("thread"))
