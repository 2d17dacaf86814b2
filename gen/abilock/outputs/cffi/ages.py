"""What only newer plugins have, and whether anything tells how old a plugin is."""

from __future__ import annotations

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.decls import Constant, Vtable, members_of
from abilock.model.types import Aggregate
from abilock.outputs.cffi.package import Package

#: Rules by which what a plugin says of its version is compared with what `@since` says.
_TELLING = ("exact", "major.minor", "semver", "accepts")


def report_ages(package: Package, report: Report) -> None:
    """Report slots and fields of which nobody can tell whether a plugin has them."""
    library = package.library
    if library.compat.rule in _TELLING and _is_told(package):
        return
    for declared in library.declarations:
        if not isinstance(declared, (Aggregate, Vtable)) or declared.name in library.imported:
            continue
        if package.forms.size_field(declared.name) is not None:
            continue
        for member in members_of(declared):
            since = member.attributes.version("since")
            if since is not None and not member.attributes.has("hidden"):
                report.add(
                    catalog.SINCE_UNTOLD,
                    member.span,
                    f"Python looks at `{declared.name}.{member.name}` in plugins older than {since} too,"
                    " since nothing tells it how old they are",
                    hint=f"begin `{declared.name}` with its size, `@struct_size size: usize`, or have"
                    " plugins tell their version as text, with `@version` where it stands",
                )


def _is_told(package: Package) -> bool:
    """Whether plugins have something that tells their version."""
    return any(
        declared.attributes.has("version")
        or any(member.attributes.has("version") for member in members_of(declared))
        for declared in package.library.declarations
        if not isinstance(declared, Constant)
    )
