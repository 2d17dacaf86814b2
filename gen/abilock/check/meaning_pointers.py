"""Pointers, lengths and views: what is behind a pointer, how much of it, and who writes it."""

from __future__ import annotations

from abilock.check.meaning_types import NARROW, VIEWS, WIDE, Facts, text
from abilock.check.meaning_values import Values
from abilock.check.meaning_walk import Around, Record, Use, Where, all_names, named
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model import decls, types
from abilock.model.attributes import Attribute, Number, Word
from abilock.model.text import type_text

_COUNTS = ("len", "size", "capacity")
#: What names a neighbour, and never its own thing.
_OF_NEIGHBOURS = (*_COUNTS, "lens", "written", "ctx", "keeps", "destroy")
#: Attributes of text and bytes.
_NAMED_TEXT = "an array of texts is `*const Name`, with the alias `type Name = *const char @nul;`"
_OF_TEXT = ("json", "wire", "encoding")


class Pointers:
    """Judges what is said of pointers."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report
        self._values = Values(facts, report)

    def check_use(self, use: Use, around: Around) -> None:
        self._check_neighbours(use)
        self._check_written(use, around)
        self._check_lens(use, around)
        self._check_out(use)
        self._check_text(use)
        self._check_terminators(use)
        self._check_as(use)
        self._check_to(use)

    def check_record(self, record: Record) -> None:
        self._check_view(record)
        for name in _OF_TEXT:
            attribute = record.attributes.get(name)
            if attribute is None:
                continue
            if not record.attributes.has("string") and not record.attributes.has("bytes"):
                self._wrong(
                    attribute,
                    f"`@{name}` is about text or bytes, and `{record.name}` is neither",
                    "say which it is: `@string(…)` or `@bytes(…)`",
                )

    # --- lengths

    def _check_neighbours(self, use: Use) -> None:
        for attribute in use.attributes.all:
            name = attribute.name
            if name in _OF_NEIGHBOURS and use.name in set(all_names(attribute)):
                self._report.add(
                    catalog.ATTRIBUTE_CONFLICT,
                    attribute.span,
                    f"`@{name}` of {use.label} names {use.label} itself",
                    hint="name the parameter or field beside it",
                )
            match attribute.arguments if name in _COUNTS else ():
                case (Number(value=value),) if not 0 <= value < 1 << 64:
                    self._report.add(
                        catalog.OUT_OF_RANGE,
                        use.place(attribute),
                        f"`@{name}` counts what is there, and there cannot be {value}",
                        hint="write what counts it: a number, a parameter or a field",
                    )

    def _check_written(self, use: Use, around: Around) -> None:
        for name in ("capacity", "written"):
            attribute = use.attributes.get(name)
            pointer = self._facts.pointer(use.type)
            if attribute is not None and pointer is not None and not pointer.mutable:
                self._wrong(
                    attribute,
                    f"`@{name}` has the callee write to {use.label}, which is `*const`",
                    "make it `*mut`",
                )
        attribute = use.attributes.get("written")
        count = around.find(named(attribute) or "") if around is not None else None
        if attribute is None or count is None:
            return
        pointer = self._facts.pointer(count.type)
        if pointer is not None and pointer.mutable and self._facts.integer(pointer.pointee):
            return
        if count.where is Where.FIELD and self._facts.integer(count.type):
            return
        self._wrong(
            attribute,
            f"`@written` has the callee write a number to {count.label}, which is {text(count.type)}",
            "it is a `*mut` to an integer, such as `*mut usize`",
        )

    def _check_lens(self, use: Use, around: Around) -> None:
        """``@lens`` goes on pointers behind a pointer, and names the lengths beside them."""
        attribute = use.attributes.get("lens")
        lengths = around.find(named(attribute) or "") if around is not None else None
        if attribute is None or lengths is None or lengths.name == use.name:
            return
        each, length = self._facts.element(use.type), self._facts.element(lengths.type)
        if each is None or self._facts.element(each) is None:
            self._wrong(
                attribute,
                f"`@lens` gives each element its length, and {use.label} is {text(use.type)}",
                "it goes on a pointer to pointers; one length for all is `@len(…)`",
            )
        elif length is None or self._facts.integer(length) is None:
            self._wrong(
                attribute,
                f"`@lens` needs a number for each element, and {lengths.label} is {text(lengths.type)}",
                "it names a pointer to integers, such as `*const usize`",
            )

    # --- who writes

    def _check_out(self, use: Use) -> None:
        out, inout = use.attributes.get("out"), use.attributes.get("inout")
        if out is not None and inout is not None:
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                inout.span,
                f"{use.label} is `@out` and `@inout`",
                hint="`@inout` if the callee reads it first, `@out` if not",
            )
        attribute = out or inout
        pointer = self._facts.pointer(use.type)
        if attribute is None or pointer is None:
            return
        if not pointer.mutable:
            self._wrong(
                attribute,
                f"`@{attribute.name}` has the callee write to {use.label}, which is `*const`",
                "make it `*mut`",
            )
        elif out is not None and not self._has_size(use, pointer):
            inner = type_text(pointer.pointee)
            self._wrong(
                attribute,
                f"nobody knows the size of `{inner}`, so there can be no room for {use.label}",
                f"if the callee makes it, {use.label} is a `*mut (*mut {inner}?)`",
            )

    def _has_size(self, use: Use, pointer: types.Pointer) -> bool:
        pointee = self._facts.resolve(pointer.pointee)
        if isinstance(pointee, types.Void):
            return any(use.attributes.has(name) for name in ("size", "len", "capacity"))
        return not isinstance(self._facts.declaration(pointee), decls.Opaque)

    # --- text

    def _check_text(self, use: Use) -> None:
        for name in _OF_TEXT:
            attribute = use.attributes.get(name)
            if attribute is None:
                continue
            unit = self._unit(use)
            if unit is None and not (name == "wire" and self._is_untyped(use.type)):
                self._wrong(
                    attribute,
                    f"`@{name}` is about text or bytes, and {use.label} is {text(use.type)}",
                    "these are pointers to bytes, arrays of bytes, and structs with `@string` or `@bytes`",
                )
            elif name == "encoding" and unit is not None:
                self._check_encoding(attribute, use, unit)
        nul = use.attributes.get("nul")
        if nul is not None:
            self._check_nul(nul, use)

    def _unit(self, use: Use) -> str | None:
        return self._facts.text_unit(use.type) or self._facts.text_unit(self._facts.subject(use))

    def _is_untyped(self, given: types.Type) -> bool:
        return isinstance(self._facts.element(given), types.Void)

    def _check_encoding(self, attribute: Attribute, use: Use, unit: str) -> None:
        is_wide = attribute.arguments == (Word("utf16"),)
        if is_wide and unit in NARROW:
            self._wrong(
                attribute,
                f"UTF-16 comes in units of 16 bits, and {use.label} consists of `{unit}`",
                "its units are `u16` or `wchar_t`",
            )
        elif not is_wide and unit in WIDE:
            self._wrong(
                attribute,
                f"this encoding comes in bytes, and {use.label} consists of `{unit}`",
                "say `@encoding(utf16)`, or make it a pointer to bytes",
            )

    def _check_nul(self, nul: Attribute, use: Use) -> None:
        unit = self._nul_unit(use.type) or self._nul_unit(self._facts.subject(use))
        if unit is None:
            self._wrong(
                nul,
                f"`@nul` ends text, and {use.label} is {text(use.type)}",
                _NAMED_TEXT
                if self._is_array_of_text(use.type)
                else "it is a pointer to a character or byte; `@until_value(0)` ends other arrays",
            )
            return
        encoding = self._facts.said(use, "encoding")
        if unit in WIDE and encoding is None:
            self._wrong(
                nul,
                f"{use.label} consists of `{unit}`, so it is not UTF-8",
                "say `@encoding(utf16)`",
            )

    def _is_array_of_text(self, given: types.Type) -> bool:
        inner = self._facts.element(given)
        return inner is not None and self._nul_unit(inner) is not None

    def _nul_unit(self, given: types.Type) -> str | None:
        inner = self._facts.element(given)
        unit = self._facts.scalar(inner) if inner is not None else None
        return unit if unit is not None and unit in NARROW | WIDE else None

    def _check_terminators(self, use: Use) -> None:
        until = use.attributes.get("until_value")
        if until is None:
            return
        nul = use.attributes.get("nul")
        if nul is not None:
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                until.span,
                f"{use.label} ends with NUL and with another value",
                hint="leave out one of `@nul` and `@until_value`",
            )
        inner = self._facts.element(use.type)
        if inner is None:
            return
        value = until.arguments[0]
        if self._facts.pointer(inner) is not None and value == Number(0):
            return
        element = Use(
            use.where, None, f"an element of {use.label}", inner, False, use.attributes, use.span
        )
        self._values.covered(value, until, element)

    def _check_as(self, use: Use) -> None:
        attribute = use.attributes.get("as")
        enum = self._facts.find(named(attribute) or "")
        if attribute is None or not isinstance(enum, decls.EnumDecl):
            return
        subject = self._facts.subject(use)
        if self._facts.integer(subject) is None:
            self._wrong(
                attribute,
                f"`@as` goes on an integer, and {use.label} is {text(use.type)}",
                f"leave it out, or use `{enum.underlying}`",
            )
            return
        for value in enum.values:
            if self._values.covered(Number(value.value), attribute, use) is None:
                return

    def _check_to(self, use: Use) -> None:
        """``@to`` goes on an untyped pointer, or on a result whose value is one."""
        attribute = use.attributes.get("to")
        subject = self._facts.subject(use)
        record = self._facts.record(subject)
        inside = record.fields if record is not None and record.attributes.has("result") else ()
        if attribute is None or any(map(self._is_untyped, (use.type, subject))):
            return
        if not any(self._is_untyped(field.type) for field in inside):
            self._wrong(
                attribute,
                f"`@to` says where an untyped pointer leads, and {use.label} is {text(use.type)}",
                "it goes on `*mut void`, or on a struct with `@result` that has one",
            )

    # --- views

    def _check_view(self, record: Record) -> None:
        views = [record.attributes.get(name) for name in VIEWS]
        given = [view for view in views if view is not None]
        for other in given[1:]:
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                other.span,
                f"`{record.name}` is `@{given[0].name}` and `@{other.name}`",
                hint="a struct is one of `@string`, `@bytes` and `@list`",
            )
        for view in given:
            data = record.find(named(view) or "")
            inner = self._facts.element(data.type) if data is not None else None
            if data is None or inner is None:
                continue
            problem = self._view_problem(view, inner, record)
            if problem is not None:
                self._wrong(
                    view,
                    f"`@{view.name}` needs {problem}, and {data.label} is {text(data.type)}",
                    "name another field, or change what it points to",
                )

    def _view_problem(self, view: Attribute, inner: types.Type, record: Record) -> str | None:
        unit = self._facts.scalar(inner)
        if view.name == "list":
            unknown = isinstance(inner, types.Void) or isinstance(
                self._facts.declaration(inner), decls.Opaque
            )
            return "elements of a known size" if unknown else None
        if view.name == "bytes":
            ok = isinstance(inner, types.Void) or unit in NARROW
            return None if ok else "a pointer to bytes"
        encoding = record.attributes.get("encoding")
        if encoding is not None and encoding.arguments == (Word("utf16"),):
            return None if unit in WIDE else "a pointer to units of 16 bits for UTF-16"
        return None if unit in NARROW else "a pointer to characters or bytes"

    def _wrong(self, attribute: Attribute, message: str, hint: str) -> None:
        self._report.add(catalog.ATTRIBUTE_TYPE, attribute.span, message, hint=hint)
