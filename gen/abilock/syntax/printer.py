"""Syntax tree to canonical text."""

from __future__ import annotations

from abilock.syntax import ast

_PRECEDENCE = {"|": 1, "^": 2, "&": 3, "<<": 4, ">>": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_UNARY = 7
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\\": "\\\\", '"': '\\"'}


def expression_text(expression: ast.Argument, around: int = 0) -> str:
    """The expression with no more parentheses than it needs.

    ex) ``4 * (2 + N)``
    """
    match expression:
        case ast.Integer():
            return expression.text
        case ast.Reference():
            return "::".join(expression.parts)
        case ast.String():
            return string_text(expression.value)
        case ast.VersionLiteral():
            return expression.text
        case ast.Call():
            inside = ", ".join(expression_text(given) for given in expression.arguments)
            return f"{expression.name.text}({inside})"
        case ast.Comparison():
            return f"{expression.operator} {expression_text(expression.operand)}"
        case ast.Unary():
            return f"{expression.operator}{expression_text(expression.operand, _UNARY)}"
        case ast.Binary():
            level = _PRECEDENCE[expression.operator]
            left = expression_text(expression.left, level)
            right = expression_text(expression.right, level + 1)
            text = f"{left} {expression.operator} {right}"
            return f"({text})" if level < around else text


def string_text(value: str) -> str:
    """The string in quotes, with the escapes of the language."""
    return f'"{"".join(map(_escaped, value, f"{value[1:]} "))}"'


def _escaped(char: str, following: str) -> str:
    if char == "\0" and following in "0123456789":
        return "\\x00"  # with the digit, `\0` would be an octal escape of C
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"
