"""Structs that have more of their kind inside, and those that consist of nothing else."""

from __future__ import annotations

import pytest

from abilock.outputs import OUTPUTS
from abilock.pipeline import lay_out_all
from support.bindings import Bound, Workshop
from support.library import read_text

DESCRIPTION = """
abi {NAME} 1.0.0;
struct Node { value: i32, kids: *const Node? @len(count), count: usize }
@list(ptr, len) struct Books { ptr: *const Book?, len: usize }
struct Book { title: *const char @nul, sequels: Books }
struct Link { value: i32, next: *const Link? }
entry fn sum(node: *const Node) -> i32;
entry fn tree() -> *const Node @until(library);
entry fn chain(link: *const Link) -> i32;
entry fn titles(book: *const Book) -> usize;
"""

SOURCE = r"""
{NAME}_EXPORT int32_t sum(const Node *node) {
    int32_t all = node->value;
    for (size_t i = 0; i < node->count; i++) all += sum(&node->kids[i]);
    return all;
}
{NAME}_EXPORT const Node *tree(void) {
    static const Node leaves[] = {{2, 0, 0}, {3, 0, 0}};
    static const Node root = {1, leaves, 2};
    return &root;
}
{NAME}_EXPORT int32_t chain(const Link *link) { return link ? link->value + chain(link->next) : 0; }
{NAME}_EXPORT size_t titles(const Book *book) {
    size_t all = strlen(book->title);
    for (size_t i = 0; i < book->sequels.len; i++) all += titles(&book->sequels.ptr[i]);
    return all;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_trees_and_chains(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    node, link, book = package.Node, package.Link, package.Book
    tree = node(value=1, kids=[node(value=2, kids=[]), node(value=3, kids=[])])
    assert plugin.sum(tree) == 6
    assert plugin.sum(plugin.tree()) == 6
    assert [each.value for each in plugin.tree().kids] == [2, 3]
    assert plugin.chain(link(value=1, next=link(value=2, next=None))) == 3
    assert plugin.titles(book("abc", [book("d", []), book("e", [book("f", [])])])) == 6


@pytest.mark.parametrize(
    "text",
    [
        "@list(p, n) struct Tree { p: *const Tree?, n: usize } entry fn f(tree: Tree);",
        "@list(p, n) struct A { p: *const B?, n: usize } @list(p, n) struct B { p: *const A?, n: usize }",
        "@optional(found) struct Maybe { found: bool, @value next: *const Maybe? }",
    ],
)
def test_nothing_but_themselves(text: str) -> None:
    library, report = read_text(text)
    assert library is not None
    for output in OUTPUTS:
        output.limits(library, lay_out_all(library), report)
    assert {each.code.number for each in report.diagnostics} == {"A0701"}
