"""Changes to what attributes say: same bytes, another meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from abilock.syntax import ast
from support.mutants.expected import Edit, Row, implementers, mutator
from support.mutants.trees import Path, Site, attributes

_PLACES = "item field slot parameter result"


def _said(site: Site) -> dict[str, tuple[Path, int, ast.Attribute]]:
    """Attributes of a place, before it and behind its type, by name."""
    found: dict[str, tuple[Path, int, ast.Attribute]] = {}
    decor = getattr(site.node, "decor", None)
    if decor is not None:
        path: Path = (*site.path, ("decor", None), ("attributes", None))
        for at, each in enumerate(decor.attributes):
            found.setdefault(each.name.text, (path, at, each))
    if site.what in ("field", "parameter", "result"):
        inner: Path = () if site.what == "result" else (("type", None),)
        for at, each in enumerate(site.use.attributes):
            found.setdefault(each.name.text, ((*site.path, *inner, ("attributes", None)), at, each))
    return found


def _all(site: Site, path: Path) -> tuple[ast.Attribute, ...]:
    """The attributes at the end of a way that begins at the place."""
    if ("decor", None) in path:
        return site.node.decor.attributes  # type: ignore[no-any-return]
    return site.use.attributes


def _without(name: str) -> Callable[[Site, Random], Edit | None]:
    def make(site: Site, random: Random) -> Edit | None:
        found = _said(site).get(name)
        if found is None:
            return None
        path, at, _ = found
        given = _all(site, path)
        return Edit((*given[:at], *given[at + 1 :]), path)

    return make


def _instead(name: str, text: str) -> Callable[[Site, Random], Edit | None]:
    def make(site: Site, random: Random) -> Edit | None:
        found = _said(site).get(name)
        if found is None:
            return None
        path, at, each = found
        [new] = attributes(text)
        given = _all(site, path)
        return None if new == each else Edit((*given[:at], new, *given[at + 1 :]), path)

    return make


def _with(text: str, *, behind: bool = False) -> Callable[[Site, Random], Edit | None]:
    """``behind``: said of the type, and not before the element."""

    def make(site: Site, random: Random) -> Edit | None:
        [new] = attributes(text)
        if new.name.text in _said(site):
            return None
        if behind:
            if site.what not in ("field", "parameter", "result"):
                return None
            inner: Path = () if site.what == "result" else (("type", None),)
            return Edit((*site.use.attributes, new), (*site.path, *inner, ("attributes", None)))
        if site.what == "result":
            return None
        decor = site.node.decor
        path: Path = (*site.path, ("decor", None), ("attributes", None))
        return Edit((*decor.attributes, new), path)

    return make


def _row(
    name: str,
    places: str,
    make: Callable[[Site, Random], Edit | None],
    there: Row,
    back: Row | None = None,
    *,
    of_function: bool = False,
) -> None:
    """``of_function``: what happens is between who implements and who calls, also at a parameter."""

    def named(site: Site, random: Random) -> Edit | None:
        edit = make(site, random)
        if edit is None or not of_function:
            return edit
        return replace(edit, providers=implementers(site))

    named.__name__ = name
    mutator(places, there, back)(named)


_B = "breaking"
_MISREADS = "MISREADS MISREADS"

_row(
    "not_blocking",
    _PLACES,
    _without("blocking"),
    Row("blocking-changed", "compatible"),
    Row("blocking-changed", "compatible"),
)
_row(
    "thread_creator",
    _PLACES,
    _instead("thread", "@thread(creator)"),
    Row("thread-restricted", _B, "FINE WRONG_THREAD"),
    Row("thread-relaxed", _B, "WRONG_THREAD FINE"),
)
_row(
    "thread_any",
    _PLACES,
    _instead("thread", "@thread(any)"),
    Row("thread-relaxed", _B, "WRONG_THREAD FINE"),
    Row("thread-restricted", _B, "FINE WRONG_THREAD"),
)
_row(
    "not_exclusive",
    _PLACES,
    _without("exclusive"),
    Row("thread-relaxed", _B, "WRONG_THREAD FINE"),
    Row("thread-restricted", _B, "FINE WRONG_THREAD"),
)
_row(
    "until_call",
    "parameter field",
    _instead("until", "@until(call)"),
    Row("lifetime-shortened", _B, "FINE USES_FREED"),
    Row("lifetime-lengthened", _B, "USES_FREED FINE"),
)
_row(
    "until_library",
    "result parameter field",
    _instead("until", "@until(library)"),
    Row("lifetime-lengthened", _B, "USES_FREED FINE"),
    Row("lifetime-shortened", _B, "FINE USES_FREED"),
)
_row(
    "scope_forever",
    "parameter field",
    _instead("scope", "@scope(forever)"),
    Row("scope-widened", _B, "FINE|USES_FREED USES_FREED|FINE"),
    Row("scope-narrowed", _B, "USES_FREED|FINE FINE|USES_FREED"),
)
_row(
    "other_wire",
    "parameter result field",
    _instead("wire", '@wire("mutant/Format")'),
    Row("wire-changed", _B, _MISREADS),
    Row("wire-changed", _B, _MISREADS),
)
_row(
    "no_wire",
    "parameter result field",
    _without("wire"),
    Row("wire-changed", _B, _MISREADS),
    Row("wire-changed", _B, _MISREADS),
)
_row(
    "other_json",
    "parameter result field",
    _instead("json", '@json("Mutant")'),
    Row("wire-changed", _B, _MISREADS),
    Row("wire-changed", _B, _MISREADS),
)
_row(
    "no_encoding",
    "parameter result field",
    _without("encoding"),
    Row("encoding-changed", _B, _MISREADS),
    Row("encoding-changed", _B, _MISREADS),
)
_row(
    "no_nul",
    "parameter result field",
    _without("nul"),
    Row("terminator-changed", _B, "FINE READS_PAST_END"),
    Row("terminator-changed", _B, "READS_PAST_END FINE"),
)
_row(
    "other_success",
    _PLACES,
    _instead("ok", "@ok(17)"),
    Row("success-value-changed", _B, _MISREADS),
    Row("success-value-changed", _B, _MISREADS),
)
_row(
    "null_no_failure",
    "slot item",
    _without("fails"),
    Row("success-value-changed", _B, _MISREADS),
    Row("success-value-changed", _B, _MISREADS),
)
_row(
    "no_result",
    "item",
    _without("result"),
    Row("error-channel-changed", _B, _MISREADS),
    Row("error-channel-changed", _B, _MISREADS),
)
_row(
    "no_failure_text",
    "item",
    _without("failure"),
    Row("error-channel-changed", _B, _MISREADS),
    Row("error-channel-changed", _B, _MISREADS),
)
_row(
    "no_error_names",
    _PLACES,
    _without("errors"),
    Row("error-names-changed", _B, _MISREADS),
    Row("error-names-changed", _B, _MISREADS),
)
_row(
    "no_length",
    "parameter field",
    _without("len"),
    Row("length-changed", _B, "FINE READS_PAST_END"),
    Row("length-changed", _B, "READS_PAST_END FINE"),
)
_row(
    "no_bytes",
    "item",
    _without("bytes"),
    Row("view-changed", _B, _MISREADS),
    Row("view-changed", _B, _MISREADS),
)
_row(
    "no_list",
    "item",
    _without("list"),
    Row("view-changed", _B, _MISREADS),
    Row("view-changed", _B, _MISREADS),
)
_row(
    "no_optional",
    "item",
    _without("optional"),
    Row("view-changed", _B, _MISREADS),
    Row("view-changed", _B, _MISREADS),
)
_row(
    "not_owned",
    "item",
    _without("owned"),
    Row("owned-allocator-changed", _B, "LEAKS FREES_TWICE"),
    Row("owned-allocator-changed", _B, "FREES_TWICE LEAKS"),
)
_row(
    "no_drop",
    "item",
    _without("drop"),
    Row("release-changed", _B, "LEAKS FREES_TWICE"),
    Row("release-changed", _B, "FREES_TWICE LEAKS"),
)
_row(
    "no_release",
    "item",
    _without("release"),
    Row("release-changed", _B, "LEAKS FREES_TWICE"),
    Row("release-changed", _B, "FREES_TWICE LEAKS"),
)
_row(
    "other_end",
    "parameter result slot",
    _without("end"),
    Row("stream-end-changed", _B, _MISREADS),
    Row("stream-end-changed", _B, _MISREADS),
)
_row(
    "consumed_on_success",
    "parameter",
    _instead("consumed", "@consumed(success)"),
    Row("failure-owner-changed", _B, "LEAKS FREES_TWICE"),
    Row("failure-owner-changed", _B, "FREES_TWICE LEAKS"),
)
_row(
    "no_handshake",
    "item",
    _without("handshake"),
    Row("handshake-changed", _B, "WRONG_TIME WRONG_TIME"),
    Row("handshake-changed", _B, "WRONG_TIME WRONG_TIME"),
)
_row(
    "unwinds",
    "slot item",
    _with("@unwinds"),
    Row("unwinding-changed", _B, "FINE UNWINDS"),
    Row("unwinding-changed", "compatible"),
    of_function=True,
)
_row(
    "must_use",
    "slot item",
    _with("@must_use"),
    Row("call-contract-changed", "compatible"),
    Row("call-contract-changed", "compatible"),
)
_row(
    "noreturn",
    "slot item",
    _with("@noreturn"),
    Row("call-contract-changed", _B, "COMES_BACK FINE"),
    Row("call-contract-changed", _B, "FINE COMES_BACK"),
    of_function=True,
)
_row(
    "other_default",
    "parameter",
    _with("@default(7)"),
    Row("default-changed", "compatible"),
    Row("default-changed", "compatible"),
)
_row(
    "no_default",
    "parameter field",
    _without("default"),
    Row("default-changed", "compatible"),
    Row("default-changed", "compatible"),
)
_row(
    "no_enum_of_integer",
    "result parameter field",
    _without("as"),
    Row("enum-of-integer-changed", _B, _MISREADS),
    Row("enum-of-integer-changed", _B, _MISREADS),
)
_row(
    "other_object",
    "result parameter field",
    _without("to"),
    Row("object-of-pointer-changed", _B, _MISREADS),
    Row("object-of-pointer-changed", _B, _MISREADS),
)
_row(
    "no_context",
    "parameter field",
    _without("ctx"),
    Row("callback-context-changed", _B, "WRONG_CONTEXT WRONG_CONTEXT"),
    Row("callback-context-changed", _B, "WRONG_CONTEXT WRONG_CONTEXT"),
)
_row(
    "no_none",
    "field",
    _without("none"),
    Row("special-value-changed", _B, _MISREADS),
    Row("special-value-changed", _B, _MISREADS),
)
_row(
    "no_absent",
    "slot",
    _without("absent"),
    Row("special-value-changed", _B, "MISREADS FINE"),
    Row("special-value-changed", "append-only", "FINE FALLS_BACK"),
)
_row(
    "no_clone",
    "item",
    _without("clone"),
    Row("clone-changed", _B, "WRONG_FUNCTION WRONG_FUNCTION"),
    Row("clone-changed", _B, "WRONG_FUNCTION WRONG_FUNCTION"),
)
_row(
    "not_pinned",
    "field parameter",
    _without("pinned"),
    Row("lifetime-shortened", _B, "FINE USES_FREED"),
    Row("lifetime-lengthened", _B, "USES_FREED FINE"),
)
_row(
    "no_retry",
    "slot item",
    _without("retry"),
    Row("room-changed", _B, "WRITES_PAST_END WRITES_PAST_END"),
    Row("room-changed", _B, "WRITES_PAST_END WRITES_PAST_END"),
)
_row(
    "no_struct_size",
    "field",
    _without("struct_size"),
    Row("struct-size-changed", _B, _MISREADS),
    Row("struct-size-changed", _B, _MISREADS),
)
_row(
    "later_since",
    "field slot item",
    _instead("since", "@since(0.8.4)"),
    Row("since-changed", _B, "FALLS_BACK FINE"),
    Row("since-changed", _B, "READS_PAST_END FINE"),
)
_row(
    "unstable",
    "slot item",
    _with("@unstable"),
    Row("stability-changed", "compatible"),
    Row("stability-changed", "compatible"),
)
