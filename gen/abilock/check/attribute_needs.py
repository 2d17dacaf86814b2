"""Whether written types are what attributes need: a pointer, an integer, a function."""

from __future__ import annotations

from abilock.check.attribute_table import Need
from abilock.check.constants import ConstantPass
from abilock.check.symbols import BUILTIN_TYPES, Symbols
from abilock.syntax import ast


class Needs:
    """Whether types are what attributes need."""

    def __init__(self, symbols: Symbols, constants: ConstantPass) -> None:
        self._symbols = symbols
        self._constants = constants

    def satisfies(self, written: ast.Type, need: Need) -> bool:
        """Whether a type is what an attribute needs, aliases followed."""
        if need is Need.ANY:
            return True
        for _ in range(len(self._symbols.declarations) + 1):
            if isinstance(written, ast.NullableType):
                written = written.inner
                continue
            if not isinstance(written, ast.NamedType):
                break
            declared = self._symbols.visible(written.name, written.span.file)
            if not isinstance(declared, ast.Alias):
                break
            written = declared.type.type
        if self._was_reported(written):
            return True
        match need:
            case Need.POINTER:
                return isinstance(written, ast.PointerType | ast.ArrayType)
            case Need.FUNCTIONS if isinstance(written, ast.ArrayType):
                return self.satisfies(written.element, need)
            case Need.FUNCTION | Need.FUNCTIONS:
                return isinstance(written, ast.FunctionType) or self._is_callback(written)
            case Need.INTEGER | Need.TRUTH:
                if not isinstance(written, ast.NamedType):
                    return False
                if written.name == "bool":
                    return need is Need.TRUTH
                return self._constants.integer_alias(written) is not None
            case _:
                return True

    def _was_reported(self, written: ast.Type) -> bool:
        """Whether a type is unknown, or an alias of itself: it may be whatever is needed."""
        if not isinstance(written, ast.NamedType) or written.name in BUILTIN_TYPES:
            return False
        declared = self._symbols.visible(written.name, written.span.file)
        return declared is None or isinstance(declared, ast.Alias)

    def _is_callback(self, written: ast.Type) -> bool:
        return isinstance(written, ast.NamedType) and isinstance(
            self._symbols.declarations.get(written.name), ast.Callback
        )

    def points_to_integer(self, target: ast.Type) -> bool:
        """A length may come through an out parameter: ``out_len: *mut usize``."""
        if isinstance(target, ast.NullableType):
            target = target.inner
        return isinstance(target, ast.PointerType) and self.satisfies(target.pointee, Need.INTEGER)
