"""Words that C, C++, Rust, IDL and protobuf have, and what is written here instead: for hints."""

from __future__ import annotations

import re

#: What people write where an item begins.
ITEMS = {
    "alias": "an alias is `type NAME = TYPE;`",
    "bitflags": "a bit set is `flags NAME: u32 { … }`",
    "export": "everything here is public: leave `export` out",
    "from": 'a file is joined by `import "other.abi";`',
    "table": "plain data is a `struct`, an object with functions is a `vtable`",
    "template": "nothing is generic here: declare each type with a name of its own",
    "class": "an object with functions is a `vtable`, plain data is a `struct`",
    "def": "a function that the plugin exports is `entry fn`, a function pointer type `callback`",
    "fn": "a function that the plugin exports is `entry fn`, a function pointer type is `callback`",
    "func": "a function that the plugin exports is `entry fn`, a function pointer type `callback`",
    "function": "a function that the plugin exports is `entry fn`, a function pointer type `callback`",
    "impl": "functions of an object are the slots of a `vtable`; nothing is implemented here",
    "include": 'a file is joined by `import "other.abi";`',
    "interface": "an object with functions is a `vtable`",
    "let": "a constant is `const NAME: TYPE = 1;`",
    "library": "a description is one file, and one ABI: there are no modules in it",
    "message": "plain data is a `struct`, whose members are `name: type`",
    "mod": "a description is one file, and one ABI: there are no modules in it",
    "module": "a description is one file, and one ABI: there are no modules in it",
    "namespace": "a description is one file, and one ABI: there are no modules in it",
    "option": "what is said of a declaration is an attribute before it: `@name(…)`",
    "package": "the name of the ABI is in its first line, `abi NAME VERSION;`",
    "pub": "everything here is public: leave `pub` out",
    "public": "everything here is public: leave `public` out",
    "record": "plain data is a `struct NAME { … }`",
    "resource": "an object with functions is a `vtable`",
    "rpc": "a function of an object is a slot, `fn name(self: mut, …) -> T;`, in a `vtable`",
    "service": "an object with functions is a `vtable`, whose slots are `fn name(…) -> T;`",
    "static": "a variable that the plugin exports is `entry static NAME: TYPE;`",
    "syntax": "a description starts with `abi NAME VERSION;`",
    "trait": "an object with functions is a `vtable`",
    "typedef": "a type is named by `struct NAME { … }`, `type NAME = TYPE;` or `callback NAME(…);`",
    "unsafe": "everything here is unsafe: leave `unsafe` out",
    "use": 'a file is joined by `import "other.abi";`',
    "using": "an alias is `type NAME = TYPE;`",
    "var": "a variable that the plugin exports is `entry static NAME: TYPE;`",
}
#: Attributes of other languages.
ATTRIBUTES = {
    "aligned": "write `@align(n)`",
    "cfg": "what exists on some targets only is an ABI of its own, with `targets`",
    "derive": "nothing is derived here: leave it out",
    "doc": "what stands behind `///` is documentation",
    "no_mangle": "the name of an entry is its symbol: leave it out",
    "nonnull": "a pointer without `?` is never null: leave it out",
    "nullable": "what may be null is marked with `?`: `*const T?`",
    "repr": "the layout is that of C anyway: leave it out; `@packed` and `@align(n)` change it",
    "unsafe": "everything here is unsafe: leave it out",
}
#: Words behind a type that want to be attributes of it.
OF_TYPES = frozenset("nul out inout until scope json lent".split())
#: Parts of attributes, as other languages write them before an item.
_ATTRIBUTE_WORDS = re.compile(r"packed|align(as|ed)?|_?_?attribute_?_?|__declspec")

_TEXT = (
    "text is `*const char @nul`, or a struct of pointer and length:"
    " `@string(ptr, len) struct Str { ptr: *const char, len: usize }`"
)
_LIST = (
    "several values are a pointer and a length: `data: *const T @len(count), count: usize`; with"
    " `@list(…)` before it, a struct of the two is a list"
)
_MAYBE = (
    "what may be null is marked with `?`: `*const T?`, `(fn() -> T)?`; a value that may be missing is"
    " a struct with `@optional(found)`"
)
_SELF = "the object of a slot is its first parameter: `self: const`, `self: mut` or `self: own`"
_WIDE = "compilers do not agree on integers of 128 bits: use a struct of two `u64`"
#: Types with the name that they have here.
OWN_TYPES = {
    "BOOL": "c_int",
    "BYTE": "u8",
    "Boolean": "bool",
    "DWORD": "u32",
    "HRESULT": "i32",
    "WORD": "u16",
    "_Bool": "bool",
    "boolean": "bool",
    "byte": "u8",
    "bytes": "*const u8",
    "c_void": "void",
    "double": "f64",
    "float": "f32",
    "int": "c_int",
    "intptr_t": "isize",
    "long": "c_long",
    "octet": "u8",
    "short": "c_short",
    "signed": "c_int",
    "ssize_t": "isize",
    "uint": "c_uint",
    "uintptr": "usize",
    "uintptr_t": "usize",
    "unsigned": "c_uint",
}
_SIZED = re.compile(r"(u|s|i|u?int|sint|s?fixed)(8|16|32|64)(_t)?|(float)(32|64)")
_SIZED_AS = {
    "u": "u", "uint": "u", "fixed": "u", "s": "i", "i": "i", "int": "i", "sint": "i", "sfixed": "i",
    "float": "f",
}  # fmt: skip
#: Types that are no single type here.
_TYPES = {
    "Arc": "who owns a thing is said before its pointer, `own *mut T`; `@refcounted` says who counts",
    "Box": "who owns a thing is said before its pointer: `own *mut T`",
    "FILE": "a type whose inside is not known is declared, `opaque FILE;`, and used as `*mut FILE`",
    "HANDLE": "a handle is declared, `type HANDLE = *mut void;`, or `opaque HANDLE;`",
    "HashMap": _LIST,
    "Option": _MAYBE,
    "Rc": "who owns a thing is said before its pointer, `own *mut T`; `@refcounted` says who counts",
    "Result": "an outcome is a number with `@fails(…)`, or a struct with `@result(code, message)`",
    "Self": _SELF,
    "String": _TEXT,
    "Vec": _LIST,
    "any": "a pointer to anything is `*mut void`",
    "const": "`const` stands behind `*`, or says how a slot takes its object: `self: const`",
    "mut": "`mut` stands behind `*`, or says how a slot takes its object: `self: mut`",
    "char16_t": "write `u16`",
    "char32_t": "write `u32`",
    "i128": _WIDE,
    "list": _LIST,
    "map": _LIST,
    "opaque": "declare it with a name, `opaque NAME;`, and use a pointer: `*mut NAME`",
    "optional": _MAYBE,
    "option": _MAYBE,
    "repeated": _LIST,
    "self": _SELF,
    "sequence": _LIST,
    "shared_ptr": "C++ objects do not cross: pass a pointer, and say who frees it with `@free(…)`",
    "std": "C++ objects do not cross: pass a pointer, and say who frees it with `@free(…)`",
    "str": _TEXT,
    "string": _TEXT,
    "u128": _WIDE,
    "union": "a union is declared with a name, or written out: `union { … }`",
    "unique_ptr": "who owns a thing is said before its pointer: `own *mut T`",
    "va_list": "every target has another, and only C makes one: a variadic function ends its parameters"
    " with `...`, and `*mut void` is passed as a `va_list` is",
    "vector": _LIST,
    "wstring": _TEXT,
}
#: Macros of C's headers for the ends of a type.
_LIMITS = re.compile(r"(U?)INT(8|16|32|64|PTR|)_(MIN|MAX)")
_MORE_LIMITS = {
    "CHAR_BIT": "a byte has 8 bits everywhere: write `8`",
    "LONG_MAX": "write `c_long::MAX`",
    "SIZE_MAX": "write `usize::MAX`",
    "ULONG_MAX": "write `c_ulong::MAX`",
    "NULL": "a constant is never a pointer; a number is `0`",
    "nullptr": "a constant is never a pointer; a number is `0`",
    "true": "a constant is an integer or text: write `1`",
    "false": "a constant is an integer or text: write `0`",
}

_BUILT_IN = re.compile(
    r"[iu](8|16|32|64|size)|f(32|64)|bool|char|void|c_\w+|size_t|ptrdiff_t|wchar_t"
)


def is_type(word: str) -> bool:
    """Whether a word is a type here, or one elsewhere that is known here by another name."""
    return _BUILT_IN.fullmatch(word) is not None or own_type(word) is not None or word in _TYPES


def own_type(name: str) -> str | None:
    """What a type of another language is called here. ex) ``u32`` for ``uint32_t``"""
    if name in OWN_TYPES:
        return OWN_TYPES[name]
    sized = _SIZED.fullmatch(name)
    if sized is None or (sized[3] and sized[1] not in ("int", "uint")):
        return None
    return f"{_SIZED_AS[sized[1] or sized[4]]}{sized[2] or sized[5]}"


def item_hint(word: str) -> str | None:
    """What to write for an item of another language."""
    if _ATTRIBUTE_WORDS.fullmatch(word):
        return "attributes stand before an item: `@packed`, `@align(8)`"
    return ITEMS.get(word)


def name_hint(name: str) -> str | None:
    """What to write for a type or value of another language that is unknown here."""
    own = own_type(name)
    if own is not None and own != name:
        return f"write `{own}`"
    limit = _LIMITS.fullmatch(name)
    if limit is not None:
        unsigned, bits, end = limit.groups()
        width = {"": "", "PTR": "size"}.get(bits, bits)
        scalar = (
            f"{'u' if unsigned else 'i'}{width}" if width else f"c_{'u' if unsigned else ''}int"
        )
        return f"write `{scalar}::{end}`"
    return _TYPES.get(name) or _MORE_LIMITS.get(name)
