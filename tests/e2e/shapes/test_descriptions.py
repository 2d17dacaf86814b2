"""What plugins and objects say of themselves: manifests, and fields that need not be given."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
const WEIGHT: u32 = 12;
enum Mood: i32 { Calm = 3, Wild = 4 }
vtable Pet {
    state: *mut void?,
    @default(WEIGHT) weight: u32,
    @default(Wild) mood: Mood,
    @default(true) tame: bool,
    @default(-1) age: i32,
    legs: u32,
    fn name(self: const) -> i32;
}
entry fn look(pet: *const Pet @until(call)) -> i32;
"""

SOURCE = r"""
{NAME}_EXPORT int32_t look(const Pet *pet) {
    return (int32_t)(pet->weight * 1000 + pet->mood * 100 + pet->tame * 10 + pet->legs) + pet->age;
}
"""

MANIFEST = """
abi {NAME} 1.0.0;
@handshake @manifest(json) @fails(null) entry fn about() -> *const char? @nul @until(library);
"""


class Pet:
    legs = 4

    def name(self) -> int:
        return 1


@pytest.fixture
def pets(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_fields_that_are_not_given(pets: Bound) -> None:
    assert pets.plugin.look(Pet()) == 12_413
    derived = type("Derived", (Pet, pets.package.Pet), {})()
    assert pets.plugin.look(derived) == 12_413
    found: list[Any] = [derived.weight, derived.mood, derived.tame, derived.age]
    assert found == [12, pets.package.Mood.Wild, True, -1]
    assert isinstance(derived.mood, pets.package.Mood)


def test_fields_that_are_given(pets: Bound) -> None:
    pet: Any = Pet()
    pet.weight, pet.mood, pet.tame, pet.age = 1, pets.package.Mood.Calm, False, 20
    assert pets.plugin.look(pet) == 1_324


def test_a_field_that_must_be_given(pets: Bound) -> None:
    class Legless:
        name = Pet.name

    with pytest.raises(TypeError, match="an object like Pet is needed, and Legless has no `legs`"):
        pets.plugin.look(Legless())


def source(text: str) -> str:
    return "{NAME}_EXPORT const char *about(void) { return " + text + "; }"


def test_a_manifest(workshop: Workshop, mode: str) -> None:
    text = r'"{\"name\": \"\xc3\xbc\"}"'
    assert workshop.build(MANIFEST, source(text), mode).plugin.about == '{"name": "ü"}'


@pytest.mark.parametrize(
    ("text", "refusal", "said"),
    [
        (r'"{\"name\": \"\xff\"}"', "ManifestRefusedError", "not UTF-8, at byte 10"),
        ('"{"', "ManifestRefusedError", "`about` says of the plugin is no JSON"),
        ("(const char *)0", "NullRegistrationError", "`about` has to describe the plugin"),
    ],
)
def test_a_manifest_that_is_refused(
    workshop: Workshop, mode: str, text: str, refusal: str, said: str
) -> None:
    with pytest.raises(Exception, match=said) as caught:
        workshop.build(MANIFEST, source(text), mode)
    package = sys.modules[type(caught.value).__module__.partition(".")[0]]
    assert type(caught.value) is getattr(package, refusal)
    assert isinstance(caught.value, package.LoadError)
