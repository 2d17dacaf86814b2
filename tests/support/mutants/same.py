"""Descriptions that say the same in other words: other blanks, other docs, another order."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.formatter import format_file
from support.mutants.trees import Tree

_BLANKS = re.compile(r'("(?:[^"\\\n]|\\.)*")|\s+')
#: What stands at the margin may begin an item, so that nothing else does.
_COMMENTS = (" ", "\n ", "\t", "  \n\n ", " /* other words */ ", " // other words\n\t")


def reformatted(file: ast.File, random: Random) -> str:
    """Without docs, and with any blanks and comments between its words."""
    text = format_file(_documented(replace(file, comments=(), docs=()), ()))
    return _BLANKS.sub(lambda found: found[1] or random.choice(_COMMENTS), text)


def redocumented(file: ast.File) -> ast.File:
    """With other docs everywhere, also where there were none."""
    found = _documented(file, ("Other words, and `code`.", "", "More."))
    assert isinstance(found, ast.File)
    return found


def reordered(file: ast.File, random: Random) -> ast.File:
    """In another order where that means nothing: declarations, but those that are called at load, values
    with numbers of their own, and members of unions."""
    header = tuple(each for each in file.items if isinstance(each, ast.Abi))
    called = [each for each in file.items if _is_called(each)]
    others = [each for each in file.items if each not in called and each not in header]
    random.shuffle(others)
    places = sorted(random.randint(0, len(others)) for _ in called)
    for place, each in reversed([*zip(places, called, strict=True)]):
        others.insert(place, each)
    return replace(file, items=(*header, *(_inside(each, random) for each in others)))


def _is_called(item: ast.Item) -> bool:
    return any(each.name.text == "handshake" for each in item.decor.attributes)


def _inside(item: ast.Item, random: Random) -> ast.Item:
    match item:
        case ast.EnumDecl() if all(each.value is not None for each in item.values):
            return replace(item, values=tuple(random.sample(item.values, len(item.values))))
        case ast.Aggregate() if item.is_union:
            return replace(item, members=tuple(random.sample(item.members, len(item.members))))
        case _:
            return item


def _documented(node: Tree, docs: tuple[str, ...]) -> Tree:
    match node:
        case ast.Decor():
            return replace(node, docs=docs)
        case Span():
            return node
        case tuple():
            return tuple(_documented(each, docs) for each in node)
        case _ if hasattr(node, "__dataclass_fields__") and type(node).__module__ == ast.__name__:
            words = {word: getattr(node, word) for word in node.__dataclass_fields__}
            return replace(node, **{word: _documented(each, docs) for word, each in words.items()})
        case _:
            return node
