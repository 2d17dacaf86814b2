"""What proxies and functions of the other side look like, and what is said of memory that is wrong."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.library import library_of
from support.limits import refusals

DESCRIPTION = """
abi {NAME} 1.0.0;
callback Double(@ctx ctx: *mut void, n: u32) -> u32;
vtable Counter { state: *mut void, fn count(self: const) -> u32, drop fn drop(self: own) }
vtable Host {
    state: *mut void,
    fn give(self: mut, twofold: Double @ctx(ctx) @scope(forever), ctx: *mut void)
}
entry fn counter() -> own *mut Counter;
entry fn start(host: *mut Host @until(call));
entry fn flip(data: *mut u8 @len(n), n: usize);
"""

SOURCE = r"""
static uint32_t twice(void *ctx, uint32_t n) { (void)ctx; return n * 2; }
static uint32_t count(const void *state) { (void)state; return 1; }
static void drop(void *state) { (void)state; }
static Counter it = {NULL, count, drop};
{NAME}_EXPORT Counter *counter(void) { return &it; }
{NAME}_EXPORT void start(Host *host) { host->give(host->state, twice, NULL); }
{NAME}_EXPORT void flip(uint8_t *data, size_t n) {
    for (size_t i = 0; i < n; i++) data[i] ^= 0xff;
}
"""


class Host:
    def give(self, twofold: object) -> None:
        self.twofold = twofold


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_a_proxy_says_what_it_is(bound: Bound) -> None:
    counter = bound.plugin.counter()
    assert repr(counter) == f"<CounterProxy of {bound.plugin.path}>"
    counter.close()
    assert repr(counter) == "<closed CounterProxy>"


def test_a_function_says_what_it_is(bound: Bound) -> None:
    host = Host()
    bound.plugin.start(host)
    assert repr(host.twofold) == "<Callback Double of the other side>"


@pytest.mark.parametrize("function", [copy.copy, pickle.dumps])
def test_a_plugin_is_loaded_and_not_copied(bound: Bound, function: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="pass its path on, and `load` that"):
        function(bound.plugin)


def test_memory_that_cannot_be_changed(bound: Bound) -> None:
    data = bytearray(b"\0\1")
    bound.plugin.flip(data)
    assert data == b"\xff\xfe"
    needed = "'data': a bytearray or other memory that can be changed is needed, not bytes"
    with pytest.raises(TypeError, match=needed):
        bound.plugin.flip(b"ab")


def test_untyped_memory_of_a_known_size_is_bytes() -> None:
    text = (
        "struct Data { value: *const void? @size(len), len: usize } entry fn f(data: *const Data);"
    )
    assert refusals(library_of(text)) == []
