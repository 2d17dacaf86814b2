"""Arrays whose length nobody knows in time, and room that cannot grow: told before a package is made."""

from __future__ import annotations

from abilock.binding.calls import Call
from abilock.binding.forms import NOTHING
from abilock.binding.shapes import Rows, Shape, Span
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.types import Parameter, Pointer, Void
from abilock.outputs.cffi.package import Package
from abilock.source import Span as Place


class Measuring:
    """Checks of arrays that are parameters."""

    def __init__(self, package: Package, report: Report) -> None:
        self._package = package
        self._report = report

    def check(
        self,
        each: Parameter,
        shape: Shape | None,
        call: Call,
        labels: tuple[str, str],
        place: Place | None,
    ) -> None:
        """``labels``: what messages call the parameter and its function."""
        label, function = labels
        room = next((room for room in call.rooms if room.name == each.name), None)
        span = room.span if room is not None else shape
        span = span.span if isinstance(span, Rows) else span
        if isinstance(span, Span):
            self._measured(span, call, label, place)
        if room is None or room.is_given or call.retry is None:
            return
        if not any(each.capacity for each in call.rooms):
            self._report.add(
                catalog.NO_BINDING,
                place,
                f"{function} asks for more room with `@retry`, and {label} cannot have more",
                hint="say in `@capacity(…)` which parameter tells how much, one that tells nothing else",
            )

    def _measured(self, span: Span, call: Call, label: str, place: Place | None) -> None:
        """How long something is has to be known before the call."""
        types = {each.name: each.type for each in call.signature.parameters}
        cells = {each.capacity for each in call.rooms if each.is_cell}
        for name in span.names:
            resolved, _ = self._package.forms.resolve(types.get(name, Void()), NOTHING)
            if isinstance(resolved, Pointer) and name not in cells:
                self._report.add(
                    catalog.NO_BINDING,
                    place,
                    f"nobody can tell before the call how long {label} is: `{name}` is a pointer",
                    hint="pass the number itself; room that is filled in part is"
                    f" `@capacity(most) @written({name})`",
                )
