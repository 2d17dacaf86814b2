"""Objects whose references are counted by functions of their own, as COM has them."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
@refcounted(add_ref, release) vtable Node {
    state: *mut void,
    fn number(self: mut) -> i32;
    fn add_ref(self: mut) -> u32;
    fn release(self: mut) -> u32;
}
@context @refcounted(add_ref, release) vtable ThingCalls {
    fn number(self: mut) -> i32;
    fn add_ref(self: mut) -> u32;
    fn release(self: mut) -> u32;
}
@object(self, calls) struct Thing { calls: *const ThingCalls }
callback Seen(node: *mut Node, thing: *mut Thing, @ctx user: *mut void);
entry fn node() -> own *mut Node;
entry fn same(node: *mut Node @until(call)) -> *mut Node;
entry fn shared() -> *mut Node?;
entry fn keep(node: own *mut Node?);
entry fn thing() -> own *mut Thing;
entry fn same_thing(thing: *mut Thing @until(call)) -> *mut Thing;
entry fn visit(
    node: *mut Node @until(call), thing: *mut Thing @until(call),
    seen: Seen @scope(call) @ctx(user), user: *mut void,
);
"""

SOURCE = r"""
typedef struct { Node node; int count; } State;
static uint32_t add_ref(void *self) { return (uint32_t)++((State *)self)->count; }
static uint32_t release(void *self) {
    State *state = self;
    uint32_t left = (uint32_t)--state->count;
    if (left == 0) { memset(state, 0xee, sizeof *state); counted_free(state); }
    return left;
}
static int32_t number(void *self) { return ((State *)self)->count; }
{NAME}_EXPORT Node *node(void) {
    State *state = counted_malloc(sizeof *state);
    state->node = (Node){state, number, add_ref, release};
    state->count = 1;
    return &state->node;
}
static Node *kept;
{NAME}_EXPORT Node *same(Node *given) { return given; }
{NAME}_EXPORT Node *shared(void) { return kept; }
{NAME}_EXPORT void keep(Node *given) { if (kept) kept->release(kept->state); kept = given; }
typedef struct { Thing thing; int count; } ThingState;
static int32_t thing_number(Thing *self) { return ((ThingState *)self)->count; }
static uint32_t thing_add(Thing *self) { return (uint32_t)++((ThingState *)self)->count; }
static uint32_t thing_release(Thing *self) {
    ThingState *state = (ThingState *)self;
    uint32_t left = (uint32_t)--state->count;
    if (left == 0) { memset(state, 0xee, sizeof *state); counted_free(state); }
    return left;
}
static const ThingCalls calls = {thing_number, thing_add, thing_release};
{NAME}_EXPORT Thing *thing(void) {
    ThingState *state = counted_malloc(sizeof *state);
    *state = (ThingState){{&calls}, 1};
    return &state->thing;
}
{NAME}_EXPORT Thing *same_thing(Thing *thing) { return thing; }
{NAME}_EXPORT void visit(Node *node, Thing *thing, Seen seen, void *user) { seen(node, thing, user); }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture(autouse=True)
def nothing_is_left(bound: Bound) -> Any:
    before = bound.counters.test_live()
    yield
    gc.collect()
    assert bound.counters.test_live() == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["node", "thing"])
def test_each_name_has_a_reference(bound: Bound, kind: str) -> None:
    make = getattr(bound.plugin, kind)
    same = getattr(bound.plugin, {"node": "same", "thing": "same_thing"}[kind])
    one = make()
    assert one.number() == 1
    two = same(one)
    assert (one.number(), two.number()) == (2, 2)
    one.close()
    assert two.number() == 1
    with same(two) as three:
        assert three.number() == 2
    assert two.number() == 1
    with pytest.raises(bound.package.ClosedError):
        one.number()
    assert not hasattr(two, "add_ref")
    assert not hasattr(two, "release")
    del two
    gc.collect()


def test_a_reference_is_handed_over(bound: Bound) -> None:
    plugin = bound.plugin
    node = plugin.node()
    plugin.keep(node)
    assert node.closed
    with plugin.shared() as again:
        assert again.number() == 2
    plugin.keep(None)
    assert plugin.shared() is None


def test_what_a_callback_gets_may_be_kept(bound: Bound) -> None:
    kept: list[Any] = []
    with bound.plugin.node() as node, bound.plugin.thing() as thing:
        bound.plugin.visit(node, thing, lambda *given: kept.extend(given))
        assert (node.number(), thing.number()) == (2, 2)
    assert [each.number() for each in kept] == [1, 1]
    for each in kept:
        each.close()


def test_hosts_have_none_of_their_own(bound: Bound) -> None:
    class Mine:
        def number(self) -> int:
            return 1

    with pytest.raises(
        TypeError, match=r"same\(\) argument 'node': a NodeProxy is needed, not Mine"
    ):
        bound.plugin.same(Mine())
