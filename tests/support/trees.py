"""Random syntax trees of everything that the grammar can say, sense or not.

Spans mean nothing in these trees: equality does not look at them.
"""

from __future__ import annotations

from hypothesis import strategies as st

from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.formatter import format_file

_HERE = Span("random.abi", 0, 0)

#: Words of the language, all of which may also name something.
CONTEXTUAL = (
    "abi allocator callback compat convention drop entry enum extern flags fn import mut opaque open"
    " optional own static struct targets type union vtable"
).split()

_words = st.one_of(
    st.sampled_from(CONTEXTUAL),
    st.sampled_from("self _ state a B abix x1 __ class int FfiStr u32 void char str null".split()),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(lambda w: w != "const"),
)
names = st.builds(ast.Name, _words, st.just(_HERE))

_visible = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))
_doc_line = st.one_of(
    st.sampled_from(
        ["", "Text.", "*/", "/* x", "// y", "/", '"', "  deep", "@a", "```", "\\", "é 寸"]
    ),
    st.text(_visible, max_size=30),
    # What no file can hold is in no tree either: blanks at the end of a line.
).map(str.rstrip)
docs = st.lists(_doc_line, max_size=3).map(tuple)


@st.composite
def _integers(draw: st.DrawFn) -> ast.Integer:
    value = draw(st.integers(0, 2**64))
    form = draw(st.sampled_from(["{}", "0x{:x}", "0X{:X}", "0b{:b}", "0o{:o}", "{:_}", "0x{:_x}"]))
    return ast.Integer(form.format(value), value, _HERE)


_references = st.builds(
    ast.Reference, st.lists(_words, min_size=1, max_size=3).map(tuple), st.just(_HERE)
)
strings = st.builds(
    ast.String,
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.just(_HERE),
)
_versions = st.builds(
    ast.VersionLiteral,
    st.from_regex(
        r"(0|[1-9][0-9]?)\.[0-9]{1,2}(\.[0-9]{1,2}(-[a-z]{1,4}\.[0-9])?)?", fullmatch=True
    ),
    st.just(_HERE),
)
_OPERATORS = "| ^ & << >> + - * / %".split()


def _wider(inner: st.SearchStrategy[ast.Expression]) -> st.SearchStrategy[ast.Expression]:
    return st.one_of(
        st.builds(ast.Unary, st.sampled_from("-~"), inner, st.just(_HERE)),
        st.builds(ast.Binary, st.sampled_from(_OPERATORS), inner, inner, st.just(_HERE)),
        st.builds(
            ast.Call, names, st.lists(_arguments(inner), max_size=3).map(tuple), st.just(_HERE)
        ),
    )


def _arguments(inner: st.SearchStrategy[ast.Expression]) -> st.SearchStrategy[ast.Argument]:
    comparison = st.builds(
        ast.Comparison, st.sampled_from(["<", "<=", ">", ">="]), inner, st.just(_HERE)
    )
    return st.one_of(inner, strings, _versions, comparison)


expressions = st.recursive(st.one_of(_integers(), _references), _wider, max_leaves=6)
arguments = st.lists(_arguments(expressions), max_size=3).map(tuple)
attributes = st.lists(st.builds(ast.Attribute, names, arguments, st.just(_HERE)), max_size=2).map(
    tuple
)
decors = st.one_of(st.just(ast.Decor()), st.builds(ast.Decor, docs, attributes))

named_types = st.builds(ast.NamedType, st.one_of(_words, st.just("const")), st.just(_HERE))


def _larger(inner: st.SearchStrategy[ast.Type]) -> st.SearchStrategy[ast.Type]:
    return st.one_of(
        st.builds(ast.PointerType, st.booleans(), inner, st.just(_HERE)),
        st.builds(ast.NullableType, inner, st.just(_HERE)),
        st.builds(ast.ArrayType, inner, expressions, st.just(_HERE)),
        st.builds(ast.FunctionType, st.none() | strings, _signatures(_uses(inner)), st.just(_HERE)),
        st.builds(
            ast.AggregateType,
            st.booleans(),
            st.lists(_members(_uses(inner)), max_size=3).map(tuple),
            st.just(_HERE),
        ),
    )


def _uses(types: st.SearchStrategy[ast.Type]) -> st.SearchStrategy[ast.TypeUse]:
    return st.builds(ast.TypeUse, types, st.booleans(), attributes, st.just(_HERE))


def _signatures(uses: st.SearchStrategy[ast.TypeUse]) -> st.SearchStrategy[ast.Signature]:
    parameter = st.builds(ast.Parameter, decors, st.none() | names, uses, st.just(_HERE))
    return st.builds(
        ast.Signature,
        st.lists(parameter, max_size=3).map(tuple),
        st.booleans(),
        st.none() | uses,
        st.just(_HERE),
    )


def _members(uses: st.SearchStrategy[ast.TypeUse]) -> st.SearchStrategy[ast.Member]:
    field = st.builds(ast.Field, decors, names, uses, st.none() | expressions, st.just(_HERE))
    slot = st.builds(
        ast.Slot,
        decors,
        st.booleans(),
        st.booleans(),
        st.none() | strings,
        names,
        _signatures(uses),
        st.just(_HERE),
    )
    return st.one_of(field, slot, st.just(ast.Gap(_HERE)))


types = st.recursive(named_types, _larger, max_leaves=5)
uses = _uses(types)
signatures = _signatures(uses)
members = st.lists(_members(uses), max_size=4).map(tuple)

_enum_values = st.lists(
    st.builds(ast.EnumValue, decors, names, st.none() | expressions, st.just(_HERE)), max_size=4
).map(tuple)
_schemes = st.builds(ast.Scheme, names, st.none() | names, st.none() | names, st.just(_HERE))
_loose_versions = st.one_of(
    _versions,
    st.builds(ast.VersionLiteral, st.sampled_from(["7", "x", '"1.0"', "1.0.x+y"]), st.just(_HERE)),
)
_some_strings = st.lists(strings, min_size=1, max_size=5).map(tuple)
_conventions = st.none() | strings

items: st.SearchStrategy[ast.Item] = st.one_of(
    st.builds(ast.Abi, decors, names, _loose_versions, st.just(_HERE)),
    st.builds(ast.Compat, decors, _references, arguments, st.just(_HERE)),
    st.builds(ast.Targets, decors, _some_strings, st.just(_HERE)),
    st.builds(ast.Import, decors, strings, st.just(_HERE)),
    st.builds(
        ast.Allocator,
        decors,
        names,
        st.lists(_schemes, min_size=1, max_size=3).map(tuple),
        st.just(_HERE),
    ),
    st.builds(ast.Alias, decors, names, uses, st.just(_HERE)),
    st.builds(ast.Constant, decors, names, named_types, expressions | strings, st.just(_HERE)),
    st.builds(ast.Aggregate, decors, st.booleans(), names, members, st.just(_HERE)),
    st.builds(ast.Opaque, decors, names, st.just(_HERE)),
    st.builds(
        ast.EnumDecl,
        decors,
        st.sampled_from(ast.EnumKind),
        names,
        st.none() | named_types,
        _enum_values,
        st.just(_HERE),
    ),
    st.builds(ast.Callback, decors, _conventions, names, signatures, st.just(_HERE)),
    st.builds(
        ast.VtableDecl, decors, st.just(False), names, st.none() | names, members, st.just(_HERE)
    ),
    st.builds(ast.VtableDecl, decors, st.just(True), names, st.none(), members, st.just(_HERE)),
    st.builds(
        ast.EntryFunction, decors, st.booleans(), _conventions, names, signatures, st.just(_HERE)
    ),
    st.builds(ast.EntryStatic, decors, st.booleans(), st.booleans(), names, uses, st.just(_HERE)),
)

_files = st.builds(ast.File, st.just("random.abi"), docs, st.lists(items, max_size=4).map(tuple))


class Shown:
    """A file that a failing test shows as text. What hypothesis would show takes exponential time."""

    def __init__(self, file: ast.File) -> None:
        self.file = file

    def __repr__(self) -> str:
        return format_file(self.file)


@st.composite
def files(draw: st.DrawFn) -> Shown:
    """Whole files."""
    return Shown(draw(_files))
