"""Type text broken over lines as rustfmt breaks it."""

from __future__ import annotations

from abilock.outputs.rust_declarations import (
    Around,
    Enclosed,
    FunctionType,
    Piece,
    Plain,
    declaration_lines,
    one_line,
)


def function(parameters: int, result: str | None = None) -> Piece:
    given = tuple(Around(f"parameter_{at}: ", Plain("*mut c_void")) for at in range(parameters))
    return FunctionType('unsafe extern "C" fn', given, None if result is None else Plain(result))


def test_one_line() -> None:
    piece = Enclosed("Option<", function(1, "i32"), ">", comma=True)
    assert one_line(piece) == 'Option<unsafe extern "C" fn(parameter_0: *mut c_void) -> i32>'


def test_what_fits_stays() -> None:
    assert declaration_lines(8, "pub a: ", function(1), ",") == (
        'pub a: unsafe extern "C" fn(parameter_0: *mut c_void),',
    )


def test_the_next_line_is_tried_first() -> None:
    assert declaration_lines(8, f"pub {'a' * 45}: ", function(1), ",") == (
        f"pub {'a' * 45}:",
        '    unsafe extern "C" fn(parameter_0: *mut c_void),',
    )


def test_parameters_are_broken() -> None:
    assert declaration_lines(
        8, "pub a: ", Enclosed("Option<", function(3, "R"), ">", True), ","
    ) == (
        "pub a: Option<",
        '    unsafe extern "C" fn(',
        "        parameter_0: *mut c_void,",
        "        parameter_1: *mut c_void,",
        "        parameter_2: *mut c_void,",
        "    ) -> R,",
        ">,",
    )


def test_a_long_result_has_its_own_line() -> None:
    """rustfmt measures it behind the head, which is why this one does not follow the bracket."""
    assert declaration_lines(
        8, "pub create_identity_provider_fn: ", function(2, "r" * 27), ","
    ) == (
        'pub create_identity_provider_fn: unsafe extern "C" fn(',
        "    parameter_0: *mut c_void,",
        "    parameter_1: *mut c_void,",
        ")",
        f"    -> {'r' * 27},",
    )
