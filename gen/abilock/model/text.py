"""Types and signatures in the language's own words, for people."""

from __future__ import annotations

from abilock.model import decls, types
from abilock.model.types import Parameter, Signature


def type_text(given: types.Type) -> str:
    """ex) ``*const (*mut u8?)``, ``[f32; 4]``, ``(fn(u8) -> bool)?``"""
    match given:
        case types.Void():
            return "void"
        case types.Scalar():
            return given.name
        case types.Named():
            return f"{given.name}?" if given.nullable else given.name
        case types.Array():
            return f"[{type_text(given.element)}; {given.length}]"
        case types.Nested():
            return "union" if given.aggregate.is_union else "struct"
        case types.FunctionPointer():
            text = signature_text(given.signature)
            return f"({text})?" if given.nullable else text
        case types.Pointer():
            inner = type_text(given.pointee)
            if getattr(given.pointee, "nullable", False) and isinstance(
                given.pointee, types.Pointer
            ):
                inner = f"({inner})"
            mark = "?" if given.nullable else ""
            return f"*{'mut' if given.mutable else 'const'} {inner}{mark}"


def signature_text(signature: Signature, name: str = "") -> str:
    """ex) ``fn id_fn(self: const) -> FfiStr``"""
    given = [parameter_text(parameter) for parameter in signature.parameters]
    if signature.variadic:
        given.append("...")
    convention = "" if signature.convention == "C" else f'extern "{signature.convention}" '
    head = f"{convention}fn {name}" if name else f"{convention}fn"
    text = f"{head}({', '.join(given)})"
    if signature.result is None:
        return text
    own = "own " if signature.result.own else ""
    return f"{text} -> {own}{type_text(signature.result.type)}"


def slot_words(slot: decls.Slot) -> str:
    """What stands before a slot's ``fn``. ex) ``optional drop``, or nothing"""
    words = ("optional" if slot.optional else "", "drop" if slot.drop else "")
    return " ".join(word for word in words if word)


def member_text(member: decls.Member) -> str:
    """ex) ``count: u32``, ``optional fn put(self: mut, key: u32)``"""
    if isinstance(member, decls.Slot):
        words = slot_words(member)
        text = signature_text(member.signature, member.name)
        return f"{words} {text}" if words else text
    bits = "" if member.bits is None else f" : {member.bits}"
    return f"{member.name or '_'}: {'own ' if member.own else ''}{type_text(member.type)}{bits}"


def parameter_text(parameter: Parameter) -> str:
    """ex) ``self: const``, ``key: own *mut u8?``"""
    if parameter.receiver:
        assert isinstance(parameter.type, types.Pointer)
        if parameter.own:
            return "self: own"
        return f"self: {'mut' if parameter.type.mutable else 'const'}"
    own = "own " if parameter.own else ""
    text = f"{own}{type_text(parameter.type)}"
    return f"{parameter.name}: {text}" if parameter.name is not None else text
