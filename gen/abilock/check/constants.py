"""Constant expressions, constants and enum values.

Guarantee afterwards: every constant and enum value is a number that its type can hold, or was reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from abilock.check.advice import (
    CONSTANT_TYPE_HINTS,
    LIMIT,
    arithmetic_hint,
    call_hint,
    range_hint,
    value_text,
)
from abilock.check.order import dependency_order
from abilock.check.symbols import BUILTIN_TYPES, Symbols, check_text
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model.scalars import (
    INTEGER_SCALARS,
    PLATFORM_SIGNED_SCALARS,
    SIGNED_SCALARS,
    WIDEST_BITS,
)
from abilock.syntax import ast

Lookup = Callable[[ast.Reference], int | None]


def integer_range(scalar: str) -> tuple[int, int]:
    """The least and greatest value of an integer scalar, on the target where it is widest; where the
    sign depends on the target, both ranges together."""
    bits = WIDEST_BITS[scalar]
    unsigned_top = (1 << bits) - 1
    signed_bottom, signed_top = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if scalar in SIGNED_SCALARS:
        return signed_bottom, signed_top
    return (signed_bottom, unsigned_top) if scalar in PLATFORM_SIGNED_SCALARS else (0, unsigned_top)


def evaluate(expression: ast.Expression, lookup: Lookup, report: Report) -> int | None:
    """The value of an expression, or None after reporting why it has none. ``lookup`` reports the
    references that it does not know."""
    match expression:
        case ast.Integer():
            return expression.value
        case ast.Reference():
            return lookup(expression)
        case ast.Call():
            report.add(
                catalog.NOT_CONSTANT,
                expression.span,
                f"`{expression.name.text}(…)` is not a value",
                hint=call_hint(expression.name.text),
            )
            return None
        case ast.Unary():
            operand = evaluate(expression.operand, lookup, report)
            if operand is None:
                return None
            return -operand if expression.operator == "-" else ~operand
        case ast.Binary():
            left = evaluate(expression.left, lookup, report)
            right = evaluate(expression.right, lookup, report)
            if left is None or right is None:
                return None
            return _apply(expression, left, right, report)


def _apply(expression: ast.Binary, left: int, right: int, report: Report) -> int | None:
    operator = expression.operator
    problem = None
    value = 0
    match operator:
        case "/" | "%" if right == 0:
            problem = "division by zero"
        case "/" | "%":
            # C and Rust truncate toward zero, Python does not.
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            value = quotient if operator == "/" else left - quotient * right
        case "<<" | ">>" if not 0 <= right < 128:
            problem = f"a shift by {right if abs(right) < LIMIT else 'that much'}"
        case "<<":
            value = left << right
        case ">>":
            value = left >> right
        case "+":
            value = left + right
        case "-":
            value = left - right
        case "*":
            value = left * right
        case "&":
            value = left & right
        case "|":
            value = left | right
        case _:
            value = left ^ right
    if problem is None and abs(value) >= LIMIT:
        problem = "a result that is too large for any type"
    if problem is not None:
        report.add(
            catalog.BAD_ARITHMETIC,
            expression.span,
            f"{problem} has no value",
            hint=arithmetic_hint(operator),
        )
        return None
    return value


@dataclass
class Values:
    """The numbers of constants and enum values; absent where something was reported."""

    constants: dict[str, int] = field(default_factory=dict)
    enums: dict[str, dict[str, int]] = field(default_factory=dict)


class ConstantPass:
    """Evaluates everything that has a number, each behind what it needs."""

    def __init__(self, symbols: Symbols, report: Report) -> None:
        self._symbols = symbols
        self._report = report
        self.values = Values()

    def run(self) -> Values:
        """All values; whatever is wrong has been reported."""
        numbered = {
            name: declared
            for name, declared in self._symbols.declarations.items()
            if isinstance(declared, ast.Constant | ast.EnumDecl)
        }
        needs = {name: tuple(self._needs(declared)) for name, declared in numbered.items()}
        order, cycles = dependency_order(numbered, needs)
        cyclic: set[str] = set()
        for cycle in cycles:
            cyclic.update(cycle)
            first = numbered[cycle[0]]
            self._report.add(
                catalog.CONSTANT_CYCLE,
                first.name.span,
                f"`{cycle[0]}` needs its own value: {' → '.join(cycle)}",
                hint="give one of them a number",
            )
        for name in order:
            declared = numbered[name]
            if isinstance(declared, ast.EnumDecl):
                self.values.enums[name] = {}
                if name not in cyclic:
                    self._enum(declared)
            elif name not in cyclic:
                self._constant(declared)
        return self.values

    def _needs(self, declared: ast.Constant | ast.EnumDecl) -> Iterator[str]:
        if isinstance(declared, ast.Constant):
            expressions = [declared.value]
            own: frozenset[str] = frozenset()
        else:
            expressions = [value.value for value in declared.values if value.value is not None]
            own = frozenset(value.name.text for value in declared.values)
        for expression in expressions:
            if isinstance(expression, ast.String):
                continue
            for reference in references(expression):
                head = reference.parts[0]
                if len(reference.parts) == 1 and head in own:
                    continue
                if isinstance(declared, ast.EnumDecl) and head == declared.name.text:
                    continue
                found = self._symbols.visible(head, declared.span.file)
                if isinstance(found, ast.Constant | ast.EnumDecl):
                    yield head

    def _constant(self, declared: ast.Constant) -> None:
        written = declared.type.name
        if written == "str":
            if not isinstance(declared.value, ast.String):
                self._report.add(
                    catalog.BAD_CONSTANT_TYPE,
                    declared.value.span,
                    f"`{declared.name.text}` is a `str`, so its value is a string",
                    hint='write it in `"…"`',
                )
            else:
                check_text(declared.value.value, declared.value.span, self._report)
            return
        scalar = "c_char" if written == "char" else self.integer_alias(declared.type)
        if scalar is None and self._was_reported(declared.type):
            return
        if scalar is None:
            known = written in CONSTANT_TYPE_HINTS
            self._report.add(
                catalog.BAD_CONSTANT_TYPE if known else catalog.UNKNOWN_NAME,
                declared.type.span,
                f"a constant is an integer or a `str`, not `{written}`"
                if known or self._symbols.visible(written, declared.span.file)
                else f"unknown type `{written}`",
                hint=CONSTANT_TYPE_HINTS.get(written)
                if known
                else self._symbols.hint(written, declared.span.file),
            )
            return
        if isinstance(declared.value, ast.String):
            self._report.add(
                catalog.BAD_CONSTANT_TYPE,
                declared.value.span,
                f"`{written}` cannot hold a string",
                hint="its type would be `str`",
            )
            return
        value = evaluate(declared.value, self.lookup(declared.span.file), self._report)
        if value is not None and self._in_range(value, scalar, declared.value):
            self.values.constants[declared.name.text] = value

    def _enum(self, declared: ast.EnumDecl) -> None:
        scalar = "c_int" if declared.width is None else self.integer_alias(declared.width)
        if scalar is None and declared.width is not None and self._was_reported(declared.width):
            scalar = "i64"
        elif scalar is None:
            assert declared.width is not None
            width, file = declared.width.name, declared.span.file
            known = width in BUILTIN_TYPES or self._symbols.visible(width, file) is not None
            self._report.add(
                catalog.BAD_ENUM_WIDTH,
                declared.width.span,
                f"an enum is over an integer type, not `{width}`",
                hint=("" if known else self._symbols.hint(width, file))
                or "for example `u8`, `u32` or `c_int`",
            )
            scalar = "i64"
        values = self.values.enums[declared.name.text]
        seen: dict[int, ast.EnumValue] = {}
        is_flags = declared.kind is ast.EnumKind.FLAGS
        following: int | None = 1 if is_flags else 0
        for value in declared.values:
            number = following
            if value.value is not None:
                lookup = self.lookup(declared.span.file, values, declared.name.text)
                number = evaluate(value.value, lookup, self._report)
            if number is None or not self._in_range(number, scalar, value.value or value.name):
                following = None
                continue
            values.setdefault(value.name.text, number)
            # The next bit above, or the next number.
            following = 1 << max(number, 0).bit_length() if is_flags else number + 1
            first = seen.setdefault(number, value)
            if first is not value and not isinstance(value.value, ast.Reference):
                self._report.add(
                    catalog.DUPLICATE_VALUE,
                    value.name.span,
                    f"`{value.name.text}` and `{first.name.text}` are both {number}",
                    hint=f"if that is meant, write `{value.name.text} = {first.name.text}`",
                    notes=(Note("the other one", first.name.span),),
                )

    def _was_reported(self, written: ast.NamedType) -> bool:
        """Whether a type is unknown for a reason that is reported elsewhere: its declaration is broken,
        or what an alias stands for is unknown."""
        for _ in range(len(self._symbols.declarations) + 1):
            declared = self._symbols.visible(written.name, written.span.file)
            if declared is None and written.name in self._symbols.broken:
                return True
            if not isinstance(declared, ast.Alias):
                return False
            target = declared.type.type
            if not isinstance(target, ast.NamedType):
                return False
            written = target
            known = self._symbols.visible(written.name, written.span.file) is not None
            if not known and written.name not in BUILTIN_TYPES:
                return True
        return False

    def integer_alias(self, written: ast.NamedType) -> str | None:
        """The integer scalar that a type name means, aliases followed, or None."""
        name, file = written.name, written.span.file
        for _ in range(len(self._symbols.declarations) + 1):
            if name == "char":
                return "c_char"
            if name in INTEGER_SCALARS:
                return name
            declared = self._symbols.visible(name, file)
            if not isinstance(declared, ast.Alias) or not isinstance(
                declared.type.type, ast.NamedType
            ):
                return None
            name, file = declared.type.type.name, declared.span.file
        return None

    def lookup(
        self, file: str, own: Mapping[str, int] | None = None, enum: str | None = None
    ) -> Lookup:
        """How references are read in ``file``, and inside ``enum`` with the values ``own``."""

        def find(reference: ast.Reference) -> int | None:
            parts = reference.parts
            if len(parts) == 1 and own is not None and parts[0] in own:
                return own[parts[0]]
            if len(parts) == 2 and own is not None and parts[0] == enum and parts[1] in own:
                return own[parts[1]]
            if len(parts) == 2 and parts[0] in INTEGER_SCALARS and parts[1] in ("MIN", "MAX"):
                return integer_range(parts[0])[parts[1] == "MAX"]
            declared = self._symbols.visible(parts[0], file)
            if (
                len(parts) == 1
                and isinstance(declared, ast.Constant)
                and declared.type.name != "str"
            ):
                return self.values.constants.get(parts[0])
            if len(parts) == 2 and isinstance(declared, ast.EnumDecl):
                found = self.values.enums.get(parts[0], {}).get(parts[1])
                if found is not None or any(v.name.text == parts[1] for v in declared.values):
                    return found
            self._unknown(reference, file, own, enum)
            return None

        return find

    def _unknown(
        self,
        reference: ast.Reference,
        file: str,
        own: Mapping[str, int] | None,
        enum: str | None,
    ) -> None:
        if reference.parts[0] in self._symbols.broken:
            return
        around = self._symbols.declarations.get(enum) if enum is not None else None
        if isinstance(around, ast.EnumDecl) and len(reference.parts) == 1:
            named = next((v for v in around.values if v.name.text == reference.parts[0]), None)
            if named is not None and named.span.end <= reference.span.start:
                return  # it has no value, which was reported
            if named is not None:
                self._report.add(
                    catalog.NOT_CONSTANT,
                    reference.span,
                    f"`{named.name.text}` has no value yet: values are counted from the first on",
                    hint="name only values that stand before this one",
                    notes=(Note("it stands here", named.name.span),),
                )
                return
        shown = "::".join(reference.parts)
        declared = self._symbols.visible(reference.parts[0], file)
        if declared is not None and len(reference.parts) == 1:
            self._report.add(
                catalog.NOT_CONSTANT,
                reference.span,
                f"`{shown}` is not an integer constant",
                hint="name a `const` of an integer type, or a value of an enum: `Enum::VALUE`",
                notes=(Note("it is declared here", declared.name.span),),
            )
            return
        self._report.add(
            catalog.UNKNOWN_NAME,
            reference.span,
            f"unknown name `{shown}`",
            hint=self._enum_hint(shown, file)
            or self._symbols.hint(reference.parts[0], file, tuple(own or ()))
            or "declare it with `const` or in an `enum`, or `import` the file that does",
        )

    def _enum_hint(self, name: str, file: str) -> str | None:
        """Where a value of an enum is named without it."""
        for enum, declared in self._symbols.declarations.items():
            if not isinstance(declared, ast.EnumDecl) or not self._symbols.visible(enum, file):
                continue
            if any(value.name.text == name for value in declared.values):
                return f"write `{enum}::{name}`"
        return None

    def _in_range(self, value: int, scalar: str, written: ast.Expression | ast.Name) -> bool:
        """Whether the value of what is ``written`` fits; if not, that is reported. A name stands for a
        value that was counted on."""
        least, greatest = integer_range(scalar)
        if least <= value <= greatest:
            return True
        self._report.add(
            catalog.OUT_OF_RANGE,
            written.span,
            f"{value_text(value, written)} does not fit `{scalar}`, which holds {least} to {greatest}",
            hint=range_hint(value, scalar, (least, greatest), written),
        )
        return False


def references(expression: ast.Expression | ast.Argument) -> Iterator[ast.Reference]:
    """Every reference in an expression."""
    match expression:
        case ast.Reference():
            yield expression
        case ast.Unary() | ast.Comparison():
            yield from references(expression.operand)
        case ast.Binary():
            yield from references(expression.left)
            yield from references(expression.right)
        case _:
            pass
