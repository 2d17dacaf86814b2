"""Good descriptions made bad: the edits that people, merges and broken disks make."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import strategies as st

_PIECE = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9_]+")
_EDITS = ("drop", "double", "swap", "replace", "insert", "cut", "move", *("word",) * 5)
_TOKENS = [
    *"{ } ( ) [ ] < > , ; : :: = ? @ * / + - ~ ... -> // /// /* */ # ' ` . 0 0x 1.2.3 é".split(),
    *'" \\ fn struct const mut own self vtable entry extern'.split(),
    *("\n", "\u202e", "\u2028", "\0", "\f", "\t", "\r", "\ufeff"),
]


@st.composite
def mutated(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """One of the texts, with some of its tokens dropped, doubled, swapped, replaced or cut off. A word in
    place of another one is as good for the grammar, and says something else."""
    pieces = _PIECE.findall(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 4))):
        if not pieces:
            break
        at = draw(st.integers(0, len(pieces) - 1))
        width = draw(st.integers(1, 12))
        match draw(st.sampled_from(_EDITS)):
            case "drop":
                del pieces[at : at + width]
            case "double":
                pieces[at:at] = pieces[at : at + width]
            case "swap":
                other = draw(st.integers(0, len(pieces) - 1))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case "replace":
                pieces[at] = draw(st.sampled_from(_TOKENS))
            case "insert":
                pieces.insert(at, draw(st.sampled_from(_TOKENS)))
            case "word":
                words = [n for n, piece in enumerate(pieces) if _WORD.fullmatch(piece)]
                if words:
                    written = draw(st.sampled_from(words))
                    pieces[written] = pieces[draw(st.sampled_from(words))]
            case "cut":
                del pieces[at:]
            case _:
                moved = pieces[at : at + width]
                del pieces[at : at + width]
                other = draw(st.integers(0, len(pieces)))
                pieces[other:other] = moved
    return "".join(pieces)


@st.composite
def mutated_bytes(draw: st.DrawFn, texts: Sequence[str]) -> bytes:
    """One of the texts, with bytes overwritten, dropped or put in."""
    data = bytearray(draw(st.sampled_from(texts)).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)
