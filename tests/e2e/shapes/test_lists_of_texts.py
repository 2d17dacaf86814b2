"""One text is no list of texts, though Python can take it apart into some."""

from __future__ import annotations

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
type Word = *const char @nul;
@string(ptr, len) struct Str { ptr: *const char?, len: usize }
@list(items, count) struct Strs { items: *const Str?, count: usize }
struct Said { words: *const Word @len(n), n: usize }
callback Give(@ctx ctx: *mut void) -> Strs;
entry fn words(words: *const Word @len(n), n: usize) -> usize;
entry fn views(views: Strs) -> usize;
entry fn rows(n: usize, texts: *const (*const char) @len(n) @lens(sizes),
    sizes: *const usize @len(n)) -> usize;
entry fn said(said: *const Said) -> usize;
entry fn given(give: Give @ctx(ctx) @scope(call), ctx: *mut void) -> usize;
"""

SOURCE = r"""
{NAME}_EXPORT size_t words(const Word *words, size_t n) { return n ? n + strlen(words[0]) : 0; }
{NAME}_EXPORT size_t views(Strs views) { return views.count; }
{NAME}_EXPORT size_t rows(size_t n, const char *const *texts, const size_t *sizes) {
    return n ? n + sizes[0] + (texts[0] == NULL) : 0;
}
{NAME}_EXPORT size_t said(const Said *said) { return said->n; }
{NAME}_EXPORT size_t given(Give give, void *ctx) { return give(ctx).count; }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.mark.parametrize("name", ["words", "views", "rows"])
def test_one_text_is_refused(bound: Bound, name: str) -> None:
    function = getattr(bound.plugin, name)
    with pytest.raises(TypeError, match="a list of texts is needed, not the text 'abc'"):
        function("abc")
    assert function(["abc"]) > 0
    assert function(()) == 0


def test_one_text_in_a_record_is_refused(bound: Bound) -> None:
    with pytest.raises(TypeError, match="'said': a list of texts is needed, not the text ''"):
        bound.plugin.said(bound.package.Said(""))
    assert bound.plugin.said(bound.package.Said(["", "a"])) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_text_as_an_answer_is_refused(bound: Bound) -> None:
    assert bound.plugin.given(lambda: "abc") == 0
    assert bound.plugin.given(lambda: ["abc"]) == 1
