"""Loading: what a loader compares, what it calls, and with which allocators both sides work."""

from __future__ import annotations

import re
from collections.abc import Iterator

from abilock.check.meaning_types import Facts, text
from abilock.check.meaning_walk import Function, Record, named
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.attributes import Attribute, Number
from abilock.model.targets import FAMILIES, describe_targets, in_family
from abilock.model.types import Aggregate, Signature
from abilock.model.version import Version
from abilock.syntax import ast
from abilock.syntax.loading import Loaded

#: Formats of manifests that a loader reads, and versions that stand there.
_READ_FORMATS = frozenset({"json", "toml"})
_VERSION = re.compile(r"\d+(\.\d+){0,2}", re.ASCII)
#: Said of functions, so an entry that is a variable has no use for them.
_OF_FUNCTIONS = (
    "ok fails errors error truth must_use noreturn unwinds keeps handle create destroy thread"
    " exclusive blocking reentrant"
).split()
#: Without `targets`, an ABI is not meant for it: there is no loading there.
_NEVER_LOADED = "wasm32-unknown-unknown"


class Loading:
    """Judges what happens when a library is loaded."""

    def __init__(self, facts: Facts, loaded: Loaded, report: Report) -> None:
        self._facts = facts
        self._library = facts.library
        self._loaded = loaded
        self._report = report

    def check(self) -> None:
        self._check_versions()
        self._check_once("triple")
        self._check_ranges()
        for declared in self._library.declarations:
            if isinstance(declared, decls.EntryStatic):
                self._check_static(declared)
        for function in self._facts.walk.functions:
            if not function.is_callback:
                self._check_path(function)
                if function.attributes.all:
                    self._check_called(function)
        for file in self._loaded.files:
            for item in file.items:
                if isinstance(item, ast.Allocator):
                    self._check_allocator(item)

    # --- versions

    def _check_versions(self) -> None:
        compat = self._library.compat
        carriers = [*self._carriers("version")]
        self._check_once("version")
        written = [item for item in self._loaded.root.items if isinstance(item, ast.Compat)]
        if written and compat.is_number and not carriers:
            self._report.add(
                catalog.NOTHING_COMPARED,
                written[0].span,
                f"`{compat.rule}` compares a number that the plugin carries, and nothing says which one",
                hint="mark the field, variable, entry or constant that holds it with `@version`",
            )
        if written and compat.rule == "size_first" and not self._starts_with_size():
            self._report.add(
                catalog.NOTHING_COMPARED,
                written[0].span,
                "`size_first` reads the size at the start of a struct, and no struct starts with one",
                hint="mark the first field of a struct or vtable with `@struct_size`",
            )
        for name, attribute, given in carriers:
            self._check_carrier(name, attribute, given)

    def _starts_with_size(self) -> bool:
        for declared in self._library.declarations:
            match declared:
                case Aggregate(fields=(first, *_)) | decls.Vtable(members=(first, *_)):
                    if first.attributes.has("struct_size"):
                        return True
                case _:
                    pass
        return False

    def _check_carrier(self, name: str, attribute: Attribute, given: types.Type | None) -> None:
        if name in self._library.imported:
            return
        compat = self._library.compat
        if compat.rule == "size_first":
            return
        declared = self._library.find(name) if given is None else None
        if isinstance(declared, decls.Constant) and not compat.is_number:
            if Version.parse(str(declared.value)) is None:
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    attribute.span,
                    f"`@version` goes on a version, and `{name}` is {declared.value!r}",
                    hint='a version is three numbers, such as "1.4.0"',
                )
            return
        is_number = given is not None and self._facts.integer(given) is not None
        is_text = given is None or self._facts.text_unit(given) is not None
        is_text = is_text or bool(self._facts.version_numbers(given))
        if compat.is_number and not is_number:
            problem, hint = "a number", "`compat exact;`, `major.minor` and `semver` compare texts"
        elif not compat.is_number and not is_text:
            problem = "a version as text, or as a struct of its numbers"
            hint = "`compat integer(CONST);` compares a number"
        else:
            return
        shown = "a text" if given is None else text(given)
        self._report.add(
            catalog.ATTRIBUTE_TYPE,
            attribute.span,
            f"`{compat.rule}` compares {problem}, and this is {shown}",
            hint=hint,
        )

    def _carriers(self, name: str) -> Iterator[tuple[str, Attribute, types.Type | None]]:
        """What carries an attribute: in which declaration, and its type, None for a string."""
        for _, declared, attribute, given in self._carrying(name):
            yield declared, attribute, given

    def _carrying(self, name: str) -> Iterator[tuple[str, str, Attribute, types.Type | None]]:
        for use, around in self._facts.walk.uses:
            attribute = use.attributes.get(name) if isinstance(around, Record) else None
            if isinstance(around, Record) and attribute is not None:
                yield "field", around.name.partition(".")[0], attribute, use.type
        for declared in self._library.declarations:
            attribute = declared.attributes.get(name)
            if attribute is None:
                continue
            match declared:
                case decls.Constant():
                    is_text = declared.type == "str"
                    yield (
                        "constant",
                        declared.name,
                        attribute,
                        None if is_text else types.Scalar(declared.type),
                    )
                case decls.EntryStatic():
                    yield "entry", declared.name, attribute, declared.type
                case decls.EntryFunction():
                    result = declared.signature.result
                    given = result.type if result is not None else types.Void()
                    yield "entry", declared.name, attribute, given
                case _:
                    pass

    def _check_once(self, name: str) -> None:
        """A loader looks in one place of a kind."""
        first: dict[str, Attribute] = {}
        for kind, declared, attribute, given in self._carrying(name):
            if declared in self._library.imported:
                continue
            if name == "triple" and (given is None or self._facts.text_unit(given) is None):
                shown = "text" if given is None else text(given)
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    attribute.span,
                    f"`@triple` goes on text, not on {shown}",
                    hint="text is a struct with `@string`, or a pointer to characters",
                )
            # The members of a convention stand in every vtable that follows it.
            if kind in first and first[kind].span != attribute.span:
                self._report.add(
                    catalog.ATTRIBUTE_CONFLICT,
                    attribute.span,
                    f"two {kind}s say `@{name}`, so it is open which one a loader reads",
                    hint="mark one of them",
                    notes=(Note("the other one", first[kind].span),),
                )
            first.setdefault(kind, attribute)

    # --- manifests

    def _check_ranges(self) -> None:
        """What manifests give ranges for is a version, and some manifest is read."""
        formats = [
            (named(each.attributes.get("manifest")) or "").lower()
            for each in self._library.declared
            if each.attributes.has("handshake")
        ]
        for each in self._library.declared:
            attribute = each.attributes.get("range")
            if attribute is None or not isinstance(each, decls.Constant):
                continue
            parts = (
                each.value,
                *(given.value for given in attribute.arguments[1:] if isinstance(given, Number)),
            )
            if not _VERSION.fullmatch(".".join(map(str, parts))):
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    attribute.span,
                    f"`@range` goes on a version, and `{each.name}` is {'.'.join(map(repr, parts))}",
                    hint='a version is text such as "1.4", or a number, with a second one in `@range`',
                )
            if not _READ_FORMATS.intersection(formats):
                self._report.add(
                    catalog.NO_EFFECT,
                    attribute.span,
                    f"no manifest in JSON or TOML is read at load, so none has a range for `{each.name}`",
                    hint="say `@handshake` and `@manifest(json)` or `@manifest(toml)` of the entry that"
                    " gives it",
                )

    # --- entries

    def _check_static(self, declared: decls.EntryStatic) -> None:
        for name in _OF_FUNCTIONS:
            attribute = declared.attributes.get(name)
            if attribute is not None:
                self._report.add(
                    catalog.MISPLACED_ATTRIBUTE,
                    attribute.span,
                    f"`@{name}` is about a function, and `{declared.name}` is a variable",
                    hint="leave it out, or declare an `entry fn`",
                )
        manifest = declared.attributes.get("manifest")
        if manifest is not None and self._facts.text_unit(declared.type) is None:
            self._bad_manifest(manifest, declared.name, declared.type)

    def _check_called(self, function: Function) -> None:
        """The loader calls these with nothing but what their description says."""
        for name in ("handshake", "manifest", "version"):
            attribute = function.attributes.get(name)
            if attribute is None:
                continue
            open_ = [
                given
                for given in function.supplied()
                if not (given.attributes.has("default") or given.attributes.has("path"))
            ]
            if open_:
                self._report.add(
                    catalog.BAD_ROLE,
                    attribute.span,
                    f"a loader calls {function.label}, and does not know what to give it for"
                    f" {open_[0].label}",
                    hint="say it with `@default(…)` before the parameter, or `@path` if it is the"
                    " library's file",
                )
        self._check_slot(function)
        manifest = function.attributes.get("manifest")
        if manifest is None:
            return
        outcome = function.outcome()
        if not any(self._facts.text_unit(self._facts.subject(given)) for given in outcome):
            self._bad_manifest(
                manifest, function.name, outcome[0].type if outcome else types.Void()
            )

    def _check_path(self, function: Function) -> None:
        for given in function.parameters:
            attribute = given.attributes.get("path")
            if attribute is None:
                continue
            if self._facts.text_unit(given.type) is None:
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    attribute.span,
                    f"`@path` is the name of a file, and {given.label} is {text(given.type)}",
                    hint="text is a struct with `@string`, or a pointer to characters",
                )
            elif not any(map(function.attributes.has, ("handshake", "manifest", "version"))):
                self._report.add(
                    catalog.NO_EFFECT,
                    attribute.span,
                    f"no loader calls {function.label}, so nobody fills {given.label} in",
                    hint="say `@handshake` of the function, or leave this out",
                )

    def _check_slot(self, function: Function) -> None:
        """A slot is called at load if something that is read or called there leads to its table."""
        attribute = function.attributes.get("handshake")
        if attribute is None or function.record is None:
            return
        if function.record.name not in self._facts.shaken:
            self._report.add(
                catalog.NO_EFFECT,
                attribute.span,
                f"nothing at load leads to `{function.record.name}`, so no loader calls {function.label}",
                hint="say `@handshake` of the entry that is, returns or writes this table",
            )

    def _bad_manifest(self, attribute: Attribute, name: str, given: types.Type) -> None:
        self._report.add(
            catalog.ATTRIBUTE_TYPE,
            attribute.span,
            f"a manifest is text or bytes, and `{name}` gives {text(given)}",
            hint="text is a struct with `@string` or `@bytes`, or a pointer to characters",
        )

    # --- allocators

    def _check_allocator(self, written: ast.Allocator) -> None:
        for scheme in written.schemes:
            if scheme.release is None:
                continue
            acquire = self._facts.find(scheme.acquire.text)
            release = self._facts.find(scheme.release.text)
            if isinstance(acquire, decls.EntryFunction) and not self._acquires(acquire.signature):
                self._bad_allocator(
                    scheme.acquire,
                    "allocates",
                    "`fn(size: usize) -> *mut void`, with the alignment as a second number if need be",
                )
            if isinstance(release, decls.EntryFunction) and not self._releases(release.signature):
                self._bad_allocator(
                    scheme.release,
                    "frees",
                    "`fn(memory: *mut void)`, with the size and the alignment behind it if need be",
                )
        self._check_families(written)

    def _acquires(self, signature: Signature) -> bool:
        result = signature.result
        given = [parameter.type for parameter in signature.parameters]
        return (
            result is not None
            and self._is_memory(result.type)
            and 1 <= len(given) <= 2
            and all(map(self._is_size, given))
            and not signature.variadic
        )

    def _releases(self, signature: Signature) -> bool:
        given = [parameter.type for parameter in signature.parameters]
        return (
            signature.result is None
            and 1 <= len(given) <= 3
            and self._is_memory(given[0])
            and all(map(self._is_size, given[1:]))
            and not signature.variadic
        )

    def _is_memory(self, given: types.Type) -> bool:
        pointer = self._facts.pointer(given)
        if pointer is None or not pointer.mutable:
            return False
        pointee = self._facts.resolve(pointer.pointee)
        return isinstance(pointee, types.Void) or pointee in _BYTES

    def _is_size(self, given: types.Type) -> bool:
        return self._facts.integer(given) in _SIZES

    def _bad_allocator(self, name: ast.Name, does: str, form: str) -> None:
        self._report.add(
            catalog.BAD_ROLE,
            name.span,
            f"`{name.text}` {does} memory, and its signature is another",
            hint=f"it is {form}",
        )

    def _check_families(self, written: ast.Allocator) -> None:
        targets = self._library.targets
        if not any(isinstance(item, ast.Targets) for item in self._loaded.root.items):
            targets = tuple(triple for triple in targets if triple != _NEVER_LOADED)
        families = [scheme.family.text if scheme.family else None for scheme in written.schemes]
        if any(family is not None and family not in FAMILIES for family in families):
            return
        missing = [
            triple
            for triple in targets
            if not any(family is None or in_family(family, triple) for family in families)
        ]
        if missing:
            self._report.add(
                catalog.ALLOCATOR_GAP,
                written.name.span,
                f"`{written.name.text}` has no scheme for {describe_targets(missing, targets)}",
                hint="add one, or leave the targets out with `targets …;`",
            )


_BYTES = (types.Scalar("u8"), types.Scalar("c_char"), types.Scalar("c_uchar"))
_SIZES = frozenset("usize size_t u32 u64 c_uint c_ulong c_ulonglong".split())
