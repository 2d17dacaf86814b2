"""Arguments of attributes: each names something that exists, or is a value of the right kind."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.check.advice import listed
from abilock.check.attribute_needs import Needs
from abilock.check.attribute_scope import Scope
from abilock.check.attribute_table import Argument, AttributeRule, Kind, Need
from abilock.check.attribute_usage import argument_hint, usage, usage_hint
from abilock.check.constants import ConstantPass, evaluate, references
from abilock.check.symbols import Symbols, check_text, nearest, report_long
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.attributes import Applied, ArgumentValue, Below, Formula, Number, Text, Word
from abilock.model.naming import IDENTIFIER
from abilock.model.python_names import AFFIX, python_refusal
from abilock.model.version import Version
from abilock.portable import MAX_NAME, MAX_REMARK
from abilock.syntax import ast
from abilock.syntax.printer import expression_text

#: ``@align`` takes no more: beyond a page, compilers and object formats disagree.
MAX_ALIGN = 4096
_NONE_NAMED = "nothing here has a name that it could be"
#: `#pragma pack` knows no more.
MAX_PACKED = 16


def _power_near(value: int, most: int) -> int:
    """The smallest power of two that is not less, as far as there is one."""
    return min(most, 1 << max(0, value - 1).bit_length()) if value < most else most


class ArgumentReader:
    """Reads the arguments of one attribute after another."""

    def __init__(self, symbols: Symbols, constants: ConstantPass, report: Report) -> None:
        self._symbols = symbols
        self._constants = constants
        self._needs = Needs(symbols, constants)
        self._report = report

    def read(
        self, attribute: ast.Attribute, rule: AttributeRule, scope: Scope, on: ast.Type | None
    ) -> tuple[ArgumentValue, ...] | None:
        """The arguments, or None after reporting what is wrong with one of them."""
        values: list[ArgumentValue] = []
        for index, given in enumerate(attribute.arguments):
            expected = rule.arguments[min(index, len(rule.arguments) - 1)]
            value = self._argument(given, expected, rule, scope, on)
            if value is None:
                return None
            values.append(value)
        return tuple(values)

    def _argument(
        self,
        given: ast.Argument,
        expected: Argument,
        rule: AttributeRule,
        scope: Scope,
        on: ast.Type | None,
    ) -> ArgumentValue | None:
        match expected.kind:
            case Kind.FIELD | Kind.MEMBER | Kind.SIBLING | Kind.SLOT:
                return self._member(given, expected, rule, scope, on)
            case Kind.ENUM:
                return self._declared(given, ast.EnumDecl, expected, rule)
            case Kind.OBJECT:
                return self._declared(given, (ast.Aggregate, ast.VtableDecl), expected, rule)
            case Kind.ALLOCATOR:
                return self._allocator(given, expected, rule)
            case Kind.FUNCTION:
                return self._function(given, expected, rule, scope)
            case Kind.POWER:
                return self._power(given, expected, rule)
            case Kind.INTEGER:
                return self._integer(given, expected, rule)
            case Kind.VERSION:
                return self._version(given, expected, rule)
            case Kind.STRING | Kind.IDENTIFIER | Kind.C_NAME | Kind.AFFIX:
                return self._string(given, expected, rule)
            case Kind.FORMULA:
                return self._formula(given, expected, rule, scope)
            case Kind.OUTCOME:
                return self._outcome(given, expected, rule)
            case Kind.WORD | Kind.FREE_WORD | Kind.MOMENT:
                return self._word(given, expected, rule, scope)

    # --- one kind of argument each

    def _wrong(self, given: ast.Argument, expected: Argument, rule: AttributeRule) -> None:
        if not expected.words or expected.kind is Kind.FIELD:
            message = f"`@{rule.name}` takes {expected.kind.value} here"
            self._report.add(
                catalog.ATTRIBUTE_ARGUMENT,
                given.span,
                message,
                hint=argument_hint(given, expected, rule),
            )
            return
        until = ("until(…)",) if expected.kind is Kind.MOMENT else ()
        text = expression_text(given)
        self._report.add(
            catalog.ATTRIBUTE_ARGUMENT,
            given.span,
            f"`@{rule.name}` takes {listed([f'`{word}`' for word in (*expected.words, *until)])},"
            f" not `{text if len(text) <= 40 else '…'}`",
            hint=nearest(text, expected.words) or usage_hint(rule),
        )

    def _name_of(self, given: ast.Argument) -> str | None:
        if isinstance(given, ast.Reference) and len(given.parts) == 1:
            return given.parts[0]
        return None

    def _member(
        self,
        given: ast.Argument,
        expected: Argument,
        rule: AttributeRule,
        scope: Scope,
        on: ast.Type | None,
    ) -> Word | None:
        name = self._name_of(given)
        if name is None:
            self._wrong(given, expected, rule)
            return None
        known = dict(scope.siblings)
        if name in expected.words and name not in known:
            return Word(name)
        if expected.kind is Kind.MEMBER and on is not None:
            known.update(self._members_of_pointee(on))
        if name not in known:
            self._report.add(
                catalog.ATTRIBUTE_TARGET,
                given.span,
                f"`@{rule.name}` names `{name}`, but there is no such "
                f"{'slot' if expected.kind is Kind.SLOT else 'field or parameter'} here",
                hint=nearest(name, tuple(known))
                or (
                    f"there is {listed([f'`{name}`' for name in known])}" if known else _NONE_NAMED
                ),
            )
            return None
        target = known[name]
        is_slot = target is None
        if (expected.kind is Kind.SLOT and not self._is_callable(target)) or (
            expected.kind is Kind.FIELD and is_slot
        ):
            self._wrong(given, expected, rule)
            return None
        if target is not None and not self._needs.satisfies(target, expected.need):
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                given.span,
                f"`@{rule.name}` needs {expected.need.value} here, and `{name}` is not one",
                hint=f"name {expected.need.value}; `abilock explain @{rule.name}` shows it at work",
            )
            return None
        return Word(name)

    def _is_callable(self, target: ast.Type | None) -> bool:
        return target is None or self._needs.satisfies(target, Need.FUNCTION)

    def _members_of_pointee(self, on: ast.Type) -> Mapping[str, ast.Type | None]:
        """The members of the struct or vtable that a type is or points to."""
        for _ in range(8):
            if isinstance(on, ast.NullableType):
                on = on.inner
            elif isinstance(on, ast.PointerType):
                on = on.pointee
            else:
                break
        if not isinstance(on, ast.NamedType):
            return {}
        declared = self._symbols.visible(on.name, on.span.file)
        if isinstance(declared, ast.Aggregate):
            return Scope.of_members(declared.members).siblings
        if isinstance(declared, ast.VtableDecl):
            members = declared.members
            if declared.convention is not None:
                shared = self._symbols.declarations.get(declared.convention.text)
                if isinstance(shared, ast.VtableDecl):
                    members += shared.members
            return Scope.of_members(members).siblings
        return {}

    def _declared(
        self,
        given: ast.Argument,
        node: type | tuple[type, ...],
        expected: Argument,
        rule: AttributeRule,
    ) -> Word | None:
        name = self._name_of(given)
        if name is None:
            self._wrong(given, expected, rule)
            return None
        declared = self._symbols.visible(name, given.span.file)
        if declared is None and name in self._symbols.broken:
            return Word(name)
        if declared is None:
            self._report.add(
                catalog.UNKNOWN_NAME,
                given.span,
                f"unknown name `{name}`",
                hint=self._symbols.hint(name, given.span.file),
            )
            return None
        if not isinstance(declared, node):
            self._wrong(given, expected, rule)
            return None
        return Word(name)

    def _allocator(
        self, given: ast.Argument, expected: Argument, rule: AttributeRule
    ) -> Word | None:
        name = self._name_of(given)
        if name is None:
            self._wrong(given, expected, rule)
            return None
        if name not in self._symbols.allocators and name not in self._symbols.broken:
            self._report.add(
                catalog.UNKNOWN_NAME,
                given.span,
                f"unknown allocator `{name}`",
                hint=nearest(name, tuple(self._symbols.allocators))
                or f"declare it: `allocator {name} = malloc/free;`",
            )
            return None
        return Word(name)

    def _function(
        self, given: ast.Argument, expected: Argument, rule: AttributeRule, scope: Scope
    ) -> Word | None:
        name = self._name_of(given)
        if name is None:
            self._wrong(given, expected, rule)
            return None
        if name in scope.outer or name in scope.siblings:
            return Word(name)
        declared = self._symbols.visible(name, given.span.file)
        if isinstance(declared, ast.EntryFunction) or name in self._symbols.broken:
            return Word(name)
        self._report.add(
            catalog.ATTRIBUTE_TARGET,
            given.span,
            f"`@{rule.name}` names `{name}`, which is no entry and no slot beside it",
            hint=self._symbols.hint(name, given.span.file, tuple(scope.outer)),
        )
        return None

    def _integer(
        self, given: ast.Argument, expected: Argument, rule: AttributeRule
    ) -> Number | None:
        if isinstance(given, ast.String | ast.VersionLiteral | ast.Comparison):
            self._wrong(given, expected, rule)
            return None
        return self._value(given)

    def _value(self, given: ast.Expression) -> Number | None:
        for reference in references(given):
            if self._lacks_value(reference):
                return None
        value = evaluate(given, self._constants.lookup(given.span.file), self._report)
        return None if value is None else Number(value)

    def _lacks_value(self, reference: ast.Reference) -> bool:
        """Whether a reference names a value that its enum does not have, which is reported."""
        if len(reference.parts) != 2:
            return False
        enum = self._symbols.visible(reference.parts[0], reference.span.file)
        if not isinstance(enum, ast.EnumDecl):
            return False
        known = [value.name.text for value in enum.values]
        if reference.parts[1] in known:
            return False
        self._report.add(
            catalog.UNKNOWN_NAME,
            reference.span,
            f"`{enum.name.text}` has no value `{reference.parts[1]}`",
            hint=nearest(reference.parts[1], known)
            or (f"it has {listed([f'`{name}`' for name in known])}" if known else "it has none"),
        )
        return True

    def _power(self, given: ast.Argument, expected: Argument, rule: AttributeRule) -> Number | None:
        number = self._integer(given, expected, rule)
        if number is None:
            return None
        value = number.value
        most = MAX_PACKED if rule.name == "packed" else MAX_ALIGN
        if value < 1 or value > most or value & (value - 1):
            self._report.add(
                catalog.ATTRIBUTE_ARGUMENT,
                given.span,
                f"`@{rule.name}` takes a power of two from 1 to {most}, not {value}",
                hint=f"for example `@{rule.name}({_power_near(value, most)})`",
            )
            return None
        return number

    def _version(
        self, given: ast.Argument, expected: Argument, rule: AttributeRule
    ) -> Version | None:
        version = None
        if isinstance(given, ast.VersionLiteral):
            version = Version.parse(given.text)
        if version is None:
            self._report.add(
                catalog.BAD_VERSION,
                given.span,
                f"`@{rule.name}` takes a version such as `1.2.3`",
                hint=f"a version has three numbers and no quotes; write `{usage(rule)}`",
            )
        return version

    def _string(self, given: ast.Argument, expected: Argument, rule: AttributeRule) -> Text | None:
        is_name = expected.kind in (Kind.IDENTIFIER, Kind.C_NAME)
        form = AFFIX if expected.kind is Kind.AFFIX else IDENTIFIER if is_name else None
        if not isinstance(given, ast.String) or (form and not form.fullmatch(given.value)):
            self._wrong(given, expected, rule)
            return None
        check_text(given.value, given.span, self._report, MAX_REMARK)
        if is_name and len(given.value) > MAX_NAME:
            report_long(given.value, given.span, self._report)
            return None
        is_python = expected.kind is Kind.IDENTIFIER
        refusal = python_refusal(given.value) if is_python else None
        if refusal is not None:
            self._report.add(
                catalog.ATTRIBUTE_ARGUMENT,
                given.span,
                f"`{given.value}` {refusal}",
                hint=f"for example `{given.value.strip('_')}_`",
            )
            return None
        return Text(" ".join(given.value.split()) if expected.is_prose else given.value)

    def _formula(
        self, given: ast.Argument, expected: Argument, rule: AttributeRule, scope: Scope
    ) -> ArgumentValue | None:
        if isinstance(given, ast.String | ast.VersionLiteral | ast.Comparison | ast.Call):
            self._wrong(given, expected, rule)
            return None
        names: list[str] = []
        for reference in references(given):
            name = self._name_of(reference)
            target = scope.siblings.get(name) if name is not None else None
            if name is not None and target is not None:
                if not self._needs.satisfies(
                    target, Need.INTEGER
                ) and not self._needs.points_to_integer(target):
                    self._report.add(
                        catalog.ATTRIBUTE_TYPE,
                        reference.span,
                        f"`@{rule.name}` counts with `{name}`, which is not an integer",
                        hint=f"name one that is, or make `{name}` a `usize` or `u32`",
                    )
                    return None
                names.append(name)
                continue
            declared = self._symbols.visible(reference.parts[0], reference.span.file)
            if isinstance(declared, ast.Constant | ast.EnumDecl):
                if self._value(reference) is None:
                    return None
                continue
            known = [name for name, kind in scope.siblings.items() if kind is not None]
            self._report.add(
                catalog.ATTRIBUTE_TARGET,
                reference.span,
                f"`@{rule.name}` names `{'::'.join(reference.parts)}`, but there is no such field or"
                " parameter here",
                hint=nearest(reference.parts[0], known)
                or (
                    f"there is {listed([f'`{name}`' for name in known])}" if known else _NONE_NAMED
                ),
            )
            return None
        if isinstance(given, ast.Reference) and names:
            return Word(names[0])
        if not names:
            return self._value(given)
        return Formula(expression_text(given), tuple(dict.fromkeys(names)))

    def _outcome(
        self, given: ast.Argument, expected: Argument, rule: AttributeRule
    ) -> ArgumentValue | None:
        if isinstance(given, ast.Comparison):
            number = self._integer(given.operand, expected, rule)
            return None if number is None else Below(given.operator, number.value)
        name = self._name_of(given)
        if name in ("null", "true", "false", "empty"):
            return Word(name)
        if name is not None and self._is_value(name, given.span.file):
            # Of which enum depends on the type: see meaning_values.py.
            return Word(name)
        return self._integer(given, expected, rule)

    def _is_value(self, name: str, file: str) -> bool:
        """Whether a word is no constant, and so the value of an enum."""
        for declared in self._symbols.declarations.values():
            if isinstance(declared, ast.EnumDecl) and any(
                value.name.text == name for value in declared.values
            ):
                return True
        return self._symbols.visible(name, file) is None

    def _word(
        self, given: ast.Argument, expected: Argument, rule: AttributeRule, scope: Scope
    ) -> ArgumentValue | None:
        if isinstance(given, ast.Call) and expected.kind is Kind.MOMENT:
            name = given.name.text
            if name != "until" or len(given.arguments) != 1:
                self._wrong(given, expected, rule)
                return None
            event = self._name_of(given.arguments[0])
            if event is None:
                self._wrong(given, expected, rule)
                return None
            if event not in scope.outer and event not in scope.siblings:
                declared = self._symbols.visible(event, given.span.file)
                if not isinstance(declared, ast.EntryFunction):
                    self._report.add(
                        catalog.ATTRIBUTE_TARGET,
                        given.arguments[0].span,
                        f"`until({event})` names no slot beside it and no entry",
                        hint=nearest(event, (*scope.outer, *scope.siblings)) or _NONE_NAMED,
                    )
                    return None
            return Applied(name, (Word(event),))
        name_or_none = self._name_of(given)
        if name_or_none is None or (expected.words and name_or_none not in expected.words):
            self._wrong(given, expected, rule)
            return None
        return Word(name_or_none)
