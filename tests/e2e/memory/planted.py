"""Faults that are watched for, one each: not a test by itself, see the tests beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.bindings import Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
vtable Faulty {
    state: *mut void,
    fn gone(self: const) -> Str @until(drop);
    fn lost(self: const) -> u32;
    fn twice(self: const) -> u32;
    drop fn drop(self: own);
}
entry fn open_faulty() -> own *mut Faulty? @owned(heap);
"""

SOURCE = r"""
static Str gone(const void *self) {
    char *volatile text = strcpy(malloc(5), "gone");
    Str lent = {text, 4};
    (void)self;
    free(text);
    return lent;
}
static uint32_t lost(const void *self) {
    char *volatile text = strcpy(malloc(5), "lost");
    uint32_t length = (uint32_t)strlen(text);
    (void)self;
    text = 0;
    return length;
}
static uint32_t twice(const void *self) {
    char *volatile text = malloc(5);
    (void)self;
    free(text);
    free(text);
    return 0;
}
static void drop(void *self) { (void)self; }
{NAME}_EXPORT Faulty *open_faulty(void) {
    Faulty *made = malloc(sizeof *made);
    *made = (Faulty){0, gone, lost, twice, drop};
    return made;
}
"""


@pytest.mark.parametrize("fault", ["gone", "lost", "twice"])
def test_fault(fault: str, tmp_path: Path, cc: list[str]) -> None:
    bound = Workshop(tmp_path, cc).build(DESCRIPTION, SOURCE, "ready-made")
    with bound.plugin.open_faulty() as faulty:
        getattr(faulty, fault)()
