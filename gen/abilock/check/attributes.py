"""Attributes: known, in their place, given once, with arguments that fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from abilock.check.advice import listed
from abilock.check.attribute_arguments import ArgumentReader
from abilock.check.attribute_needs import Needs
from abilock.check.attribute_scope import Scope
from abilock.check.attribute_table import ATTRIBUTES, AttributeRule, Place
from abilock.check.attribute_usage import place_hint, type_hint, usage_hint
from abilock.check.constants import ConstantPass
from abilock.check.symbols import Symbols, nearest
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model.attributes import NO_ATTRIBUTES, Attribute, Attributes
from abilock.model.version import Version
from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.foreign import ATTRIBUTES as FOREIGN_ATTRIBUTES


class AttributePass:
    """Reads attributes wherever they stand."""

    def __init__(
        self,
        symbols: Symbols,
        constants: ConstantPass,
        versions: Mapping[str, Version],
        report: Report,
    ) -> None:
        self._arguments = ArgumentReader(symbols, constants, report)
        self._needs = Needs(symbols, constants)
        #: Of the ABI that each file declares, by the file's name.
        self._versions = versions
        self._report = report

    def read(
        self,
        written: Sequence[ast.Attribute],
        place: Place,
        scope: Scope,
        on: ast.Type | None = None,
    ) -> Attributes:
        """The attributes that are right; the others are reported. ``on`` is the type they stand on."""
        if not written:
            return NO_ATTRIBUTES
        found: list[Attribute] = []
        seen: dict[str, Span] = {}
        for attribute in written:
            name = attribute.name.text
            rule = ATTRIBUTES.get(name)
            if rule is None:
                self._report.add(
                    catalog.UNKNOWN_ATTRIBUTE,
                    attribute.name.span,
                    f"unknown attribute `@{name}`",
                    hint=FOREIGN_ATTRIBUTES.get(name)
                    or nearest(name, tuple(ATTRIBUTES))
                    or "`abilock explain attributes` lists them all",
                )
                continue
            if name in seen:
                self._report.add(
                    catalog.DUPLICATE_ATTRIBUTE,
                    attribute.span,
                    f"`@{name}` is given twice",
                    hint="leave one of them out",
                    notes=(Note("first given here", seen[name]),),
                )
                continue
            seen[name] = attribute.span
            if self._fits(attribute, rule, place, on):
                arguments = self._arguments.read(attribute, rule, scope, on)
                if arguments is not None:
                    found.append(Attribute(name, arguments, attribute.span))
        result = Attributes(tuple(found))
        self._check_versions(result, seen)
        return result

    def refuse(self, items: Iterable[ast.Item]) -> None:
        """Report the attributes of items that have none."""
        for item in items:
            if isinstance(item, ast.Compat | ast.Targets | ast.Import | ast.Allocator):
                self.read(item.decor.attributes, Place.OTHER_ITEM, Scope())
            elif isinstance(item, ast.VtableDecl) and item.is_convention:
                self.read(item.decor.attributes, Place.CONVENTION, Scope())

    def _fits(
        self, attribute: ast.Attribute, rule: AttributeRule, place: Place, on: ast.Type | None
    ) -> bool:
        if place not in rule.places:
            allowed = sorted(allowed.value for allowed in rule.places)
            self._report.add(
                catalog.MISPLACED_ATTRIBUTE,
                attribute.span,
                f"`@{rule.name}` does not go on {place.value}",
                hint=place_hint(rule, place) or f"it goes on {listed(allowed)}",
            )
            return False
        if on is not None and not self._needs.satisfies(on, rule.on):
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                attribute.span,
                f"`@{rule.name}` goes on {rule.on.value}, and this is not one",
                hint=type_hint(rule, rule.on),
            )
            return False
        most = None if rule.repeats else len(rule.arguments)
        count = len(attribute.arguments)
        if count < rule.required or (most is not None and count > most):
            wanted = (
                f"{rule.required}"
                if rule.required == most
                else f"{rule.required} or more"
                if most is None
                else f"{rule.required} to {most}"
            )
            self._report.add(
                catalog.ATTRIBUTE_COUNT,
                attribute.span,
                f"`@{rule.name}` takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}",
                hint=usage_hint(rule),
            )
            return False
        return True

    # --- versions

    def _check_versions(self, attributes: Attributes, spans: Mapping[str, Span]) -> None:
        since = attributes.version("since")
        deprecated = attributes.version("deprecated")
        for name, version in (("since", since), ("deprecated", deprecated)):
            current = self._versions.get(spans[name].file) if name in spans else None
            if version is None or current is None or version <= current:
                continue
            self._report.add(
                catalog.FUTURE_VERSION,
                spans[name],
                f"`@{name}({version})` is newer than the ABI, which is at {current}",
                hint="`abilock bump` raises the version of the ABI; or correct this one",
            )
        if since is not None and deprecated is not None and deprecated < since:
            self._report.add(
                catalog.DEPRECATED_FIRST,
                spans["deprecated"],
                f"deprecated in {deprecated}, but there only since {since}",
                hint=f"say `@deprecated({since}, …)` or later, or correct `@since`",
            )
