"""Callbacks: which context they get, and how long they may be called."""

from __future__ import annotations

from abilock.check.meaning_types import ENDS, Facts, text
from abilock.check.meaning_walk import Around, Function, Record, Use, Where, all_names, named
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model import types
from abilock.model.attributes import Attribute
from abilock.model.types import Parameter, Signature

#: What makes a struct an object, whose functions live as long as it does.
_OBJECTS = ("object", "release", "drop", "free", "refcounted")
_POINTER = "make it `*mut void`, or name another parameter or field"


class Callbacks:
    """Judges functions that are handed to somebody else."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report

    def check_function(self, function: Function) -> None:
        """``@ctx`` on parameters: one per callback, none elsewhere."""
        marked = [
            given
            for given in function.parameters
            if _is_marked(given) and self._facts.called(given.type) is None
        ]
        if not function.is_callback:
            for given in marked:
                self._wrong_context(
                    given,
                    given.attributes.get("ctx"),
                    f"{function.label} is no callback, so {given.label} is the context of another one",
                    f"say it where that one is: `callback: Cb @ctx({given.name})`",
                )
            return
        for given in marked[1:]:
            self._wrong_context(
                given,
                given.attributes.get("ctx"),
                f"{function.label} has two contexts, {marked[0].label} and {given.label}",
                "mark the one that its user gives",
            )
        for given in marked:
            if self._facts.pointer(given.type) is None:
                self._wrong_context(
                    given,
                    given.attributes.get("ctx"),
                    f"a context is a pointer, and {given.label} is {text(given.type)}",
                    _POINTER,
                )

    def check_use(self, use: Use, around: Around) -> None:
        signature = self._facts.called(use.type)
        context = use.attributes.get("ctx")
        if signature is None:
            if context is not None and (context.arguments or use.where is Where.FIELD):
                self._wrong_context(
                    use,
                    context,
                    f"`@ctx` names the context of a callback, and {use.label} is none",
                    "say it behind the type of the callback",
                )
            if use.attributes.has("destroy"):
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    use.place(use.attributes.get("destroy")),
                    f"`@destroy` is about a callback that is kept, and {use.label} is none",
                    hint="say it behind the type of the callback",
                )
            return
        if use.where not in (Where.FIELD, Where.PARAMETER):
            return
        self._check_context(use, signature, around)
        self._check_destroy(use, around)
        if not self._says_scope(use) and self._needs_scope(use, signature, around):
            self._report.add(
                catalog.SCOPE_MISSING,
                use.place(context),
                f"{use.label} does not say how long it may be called",
                hint=f"say it behind the type, such as {_example(use.type)}; `abilock explain scope` lists"
                " what there is",
            )

    # --- the life

    def _says_scope(self, use: Use) -> bool:
        return use.attributes.has("scope")

    def _needs_scope(self, use: Use, signature: Signature, around: Around) -> bool:
        """Whether whoever gets this function can call it later than its giver expects.

        A parameter always. A field only if it is a closure: a function without a context is code, and
        lives as long as its library. What belongs to an object, or ends something, lives as long as that.
        """
        if around is None or _is_end(use.name, around):
            return False
        if isinstance(around, Function):
            return True
        if around.kind == "vtable" or any(around.attributes.has(name) for name in _OBJECTS):
            return False
        if use.attributes.has("hidden") or use.attributes.has("reserved"):
            return False
        return use.attributes.has("ctx") or any(_marks(given) for given in signature.parameters)

    # --- the context

    def _check_context(self, use: Use, signature: Signature, around: Around) -> None:
        attribute = use.attributes.get("ctx")
        taken = next((given for given in signature.parameters if _marks(given)), None)
        if attribute is not None and not attribute.arguments:
            self._wrong_context(
                use,
                attribute,
                f"`@ctx` of {use.label} does not say where its context is",
                "name the parameter or field: `@ctx(ctx)`",
            )
            return
        if attribute is None:
            if taken is not None and not self._is_given_by_release(use, around):
                self._report_no_context(use, around)
            return
        given = around.find(named(attribute) or "") if around is not None else None
        if given is None or given.name == use.name:
            return
        pointer = self._facts.pointer(given.type)
        if pointer is None:
            self._wrong_context(
                use,
                attribute,
                f"a context is a pointer, and {given.label} is {text(given.type)}",
                _POINTER,
            )
        elif taken is None:
            self._wrong_context(
                use,
                attribute,
                f"{use.label} gets {given.label} as its context, and none of its parameters is marked"
                " as the one",
                "write `@ctx` before that parameter where the callback is declared",
            )
        elif not pointer.mutable and self._takes_mutable(taken):
            self._wrong_context(
                use,
                attribute,
                f"{given.label} is `*const`, and {use.label} takes its context as `*mut`",
                f"make {given.label} `*mut`",
            )

    def _takes_mutable(self, taken: Parameter) -> bool:
        pointer = self._facts.pointer(taken.type)
        return pointer is not None and pointer.mutable

    def _is_given_by_release(self, use: Use, around: Around) -> bool:
        """``@release(fn, ctx)`` names the context with the function."""
        release = around.attributes.get("release") if isinstance(around, Record) else None
        return release is not None and named(release) == use.name and len(release.arguments) == 2

    def _report_no_context(self, use: Use, around: Around) -> None:
        beside = (
            ()
            if around is None
            else (around.parameters if isinstance(around, Function) else around.fields)
        )
        contexts = [
            given
            for given in beside
            if (pointer := self._facts.pointer(given.type)) is not None
            and isinstance(self._facts.resolve(pointer.pointee), types.Void)
        ]
        self._wrong_context(
            use,
            None,
            f"{use.label} needs a context, and it is open which one",
            f"say `@ctx({contexts[0].name})` behind its type"
            if len(contexts) == 1 and contexts[0].name
            else "name the parameter or field that it is in: `@ctx(…)` behind its type",
        )

    def _check_destroy(self, use: Use, around: Around) -> None:
        attribute = use.attributes.get("destroy")
        given = around.find(named(attribute) or "") if around is not None else None
        if attribute is None or given is None:
            return
        signature = self._facts.signature(given.type)
        if signature is None or not signature.parameters:
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                attribute.span,
                f"`@destroy` has {given.label} called with the context, and it is {text(given.type)}",
                hint="it is a function that takes a pointer",
            )

    def _wrong_context(
        self, use: Use, attribute: Attribute | None, message: str, hint: str
    ) -> None:
        self._report.add(catalog.BAD_CONTEXT, use.place(attribute), message, hint=hint)


def _example(given: types.Type) -> str:
    """Behind a result, an attribute would be the result's, also behind `-> void`."""
    match given:
        case types.FunctionPointer(signature=signature, nullable=False):
            return f"`(fn(…){' -> T' if signature.result else ''}) @scope(call)`"
        case _:
            return "`@scope(call)`"


def _is_marked(given: Use) -> bool:
    attribute = given.attributes.get("ctx")
    return attribute is not None and not attribute.arguments


def _marks(given: Parameter) -> bool:
    attribute = given.attributes.get("ctx")
    return attribute is not None and not attribute.arguments


def _is_end(name: str | None, around: Record | Function) -> bool:
    """Whether a function ends what it stands beside, and so goes with it."""
    own = around.attributes
    beside = around.parameters if isinstance(around, Function) else around.fields
    groups = [own, *(given.attributes for given in beside)]
    return name is not None and any(
        name in all_names(attributes.get(end))
        for attributes in groups
        for end in (*ENDS, "destroy", "clone")
    )
