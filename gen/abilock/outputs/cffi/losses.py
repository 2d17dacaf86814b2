"""What a struct holds, and yet Python's type for it has no place for."""

from __future__ import annotations

from abilock.binding.shapes import Form, Number, Raw
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.types import Aggregate
from abilock.outputs.cffi.package import Package


def report_losses(package: Package, declared: Aggregate, report: Report) -> None:
    """Report content that only serves to end a record, and what of a result is neither value nor reason."""
    form = package.forms.form(declared.name)
    if form is Form.RECORD:
        _record(package, declared, report)
    elif form in (Form.RESULT, Form.OPTIONAL):
        _result(package, declared, report)


def _record(package: Package, declared: Aggregate, report: Report) -> None:
    release = package.contents.release(declared.name)
    places = {field.name: field.span or declared.span for field in declared.fields}
    if package.contents.given_to_end(declared) is not None:
        report.add(
            catalog.NO_BINDING,
            declared.span,
            f"`{release.member}` ends a `{declared.name}` and gets it whole, and Python only has what is"
            " in it",
            hint=f"say with `@release({release.member}, field)` what it gets, or hand over"
            f" `own *mut {declared.name}`",
        )
        return
    for item in package.contents.items(declared.name):
        if item.name in release.arguments and not isinstance(item.shape, (Raw, Number)):
            report.add(
                catalog.NO_BINDING,
                places[item.name],
                f"`{release.member}` is called with `{item.name}`, so that Python has no content there",
                hint=f"say at `{item.name}` itself what ends it: `own` and `@drop({release.member})`",
            )


def _result(package: Package, declared: Aggregate, report: Report) -> None:
    result = package.contents.result(declared.name)
    places = {field.name: field.span or declared.span for field in declared.fields}
    seen = {result.code, result.found, *(each.name for each in result.values)}
    if result.message is not None:
        seen.add(result.message.name)
    if result.view is not None:
        seen |= {result.view.pointer, result.view.length, result.view.capacity}
    for item in package.contents.items(declared.name):
        if item.name not in seen:
            report.add(
                catalog.BINDING_LEFT_OUT,
                places[item.name],
                f"`{declared.name}.{item.name}` is neither what success brings nor why it failed, so that"
                " Python has nothing of it",
                hint="`@value` before it brings it on success; `@hidden` says that nobody needs it",
            )
