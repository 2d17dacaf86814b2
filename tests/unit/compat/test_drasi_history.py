"""The descriptions of drasi-plugin-sdk's releases, and what changed from one to the next."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from abilock.check.attribute_table import ATTRIBUTES
from abilock.compat.changes import Change
from abilock.compat.differences import differences
from abilock.diagnostics.report import Report
from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout, Layout
from abilock.layout.target import TARGETS
from abilock.model.decls import Constant, EntryFunction, EnumDecl, Library, Vtable, members_of
from abilock.model.types import Aggregate
from abilock.pipeline import read_library
from abilock.source import SourceFile
from abilock.syntax.formatter import format_file
from abilock.syntax.parser import parse
from support.drasi_releases import OURS, RELEASES, enums, last_members, members, sizes
from support.library import library_at

ABIS = Path(__file__).parents[3] / "abi"
HISTORY = ABIS / "history/drasi"
LINUX = next(each for each in TARGETS if each.triple == "x86_64-unknown-linux-gnu")

each_release = pytest.mark.parametrize("release", RELEASES)


@cache
def read(release: str) -> tuple[Library, list[str]]:
    """A release, and everything that is said of its description."""
    report = Report()
    library = read_library(str(HISTORY / f"{release}.abi"), report)
    said = [found.message for found in report.sorted()]
    assert library is not None, said
    return library, said


def released(release: str) -> Library:
    return read(release)[0]


@cache
def laid_out(release: str) -> Layout:
    return lay_out(released(release), LINUX)


def test_every_release_is_there() -> None:
    assert {path.name for path in HISTORY.glob("*.abi")} == {f"{each}.abi" for each in RELEASES}


@each_release
def test_a_release_is_what_its_file_is_called(release: str) -> None:
    assert (released(release).name, str(released(release).version)) == ("drasi", release)


@each_release
def test_nothing_is_said_of_a_release(release: str) -> None:
    assert read(release)[1] == []


@each_release
def test_sizes_are_those_of_the_release(release: str) -> None:
    found = {
        name: (layout.size, layout.align)
        for name, layout in laid_out(release).types.items()
        if isinstance(layout, AggregateLayout)
    }
    assert found == {name: (size, 8) for name, size in sizes(release).items()}


@each_release
def test_members_stand_in_the_order_of_the_release(release: str) -> None:
    found = {
        each.name: [member.name for member in members_of(each)]
        for each in released(release).declared
        if isinstance(each, Aggregate | Vtable)
    }
    assert found == members(release)


def test_the_steps_lead_to_the_last_release() -> None:
    assert members("0.11.0") == last_members()


@each_release
def test_enums_are_those_of_the_release(release: str) -> None:
    declared = [each for each in released(release).declared if isinstance(each, EnumDecl)]
    found = {each.name: [value.name for value in each.values] for each in declared}
    numbers = {each.name: [value.value for value in each.values] for each in declared}
    assert {name: each for name, each in found.items() if name not in OURS} == enums(release)
    assert all(
        each == [*range(len(each))] for name, each in numbers.items() if name in enums(release)
    )


@each_release
def test_entries_are_those_of_the_release(release: str) -> None:
    found = {each.name for each in released(release).declared if isinstance(each, EntryFunction)}
    later = {"drasi_plugin_shutdown"} if RELEASES.index(release) >= 2 else set()
    assert found == {"drasi_plugin_metadata", "drasi_plugin_init", *later}


@pytest.mark.parametrize(
    ("release", "told"),
    [*((each, each) for each in RELEASES[:-2]), ("0.10.0", "0.11.0"), ("0.11.0", "0.13.0")],
)
def test_what_plugins_call_their_version(release: str, told: str) -> None:
    assert released(release).compared == told
    has_constant = any(
        isinstance(each, Constant) and each.name == "FFI_SDK_VERSION"
        for each in released(release).declared
    )
    assert has_constant == (told != release)


def test_the_description_in_use_is_the_one_that_is_frozen() -> None:
    used = library_at(ABIS / "drasi.abi")
    assert list(differences(released(str(used.version)), used)) == []


# --- from one release to the next

_TYPES_OF_0_8_1 = """
FfiBootstrapResultCallbackFn FfiBootstrapFetchSnapshotFn FfiBootstrapFetchOutboxFn
FfiBootstrapReadCheckpointFn FfiBootstrapWriteCheckpointFn FfiRecoveryPolicy
FfiBootstrapResultReceiver FfiBootstrapResult FfiCheckpoint FfiCheckpointResult FfiSnapshotIterator
FfiSnapshotIteratorResponse FfiOutboxIterator FfiOutboxIteratorResponse FfiBootstrapContext
SnapshotFetcherVtable
"""
_TYPES_OF_0_8_5 = """
FfiWalCapacityPolicy FfiWalAppendError FfiWalAppendResult FfiWalU64Result FfiWalOptionalU64Result
FfiWalEntry FfiWalReadResult WalProviderVtable
"""

#: What each release changed: the kind of change, or the attribute that says another thing, and of what.
CHANGES: dict[str, list[str]] = {
    "0.4.1": [],
    "0.4.2": ["entry-added drasi_plugin_shutdown"],
    "0.4.3": [
        "type-added FfiCreateResult",
        "slot-inserted SourceVtable.properties_fn",
        "slot-inserted ReactionVtable.properties_fn",
        *(
            f"{what} {factory}{where}"
            for factory in (
                "SourcePluginVtable.create_source_fn",
                "ReactionPluginVtable.create_reaction_fn",
                "BootstrapPluginVtable.create_bootstrap_provider_fn",
            )
            for what, where in (("type-changed", ".return"), ("@to", ".return"), ("@fails", ""))
        ),
    ],
    "0.6.0": [
        "value-added FfiComponentStatus.Added",
        "value-added FfiComponentStatus.Removed",
        "parameter-added IdentityProviderVtable.get_credentials_fn.context_json",
        "parameter-added IdentityProviderVtable.get_credentials_fn.context_len",
        "type-added IdentityProviderPluginVtable",
        "field-appended FfiPluginRegistration.identity_provider_plugins",
        "field-appended FfiPluginRegistration.identity_provider_plugin_count",
        "@wire FfiSourceEvent.opaque",
    ],
    "0.6.1": [],
    "0.6.2": [],
    "0.8.0": [
        "constant-added RESUME_POSITION_MAX_LEN",
        "parameter-added SourceVtable.subscribe_fn.resume_from_ptr",
        "parameter-added SourceVtable.subscribe_fn.resume_from_len",
        "parameter-added SourceVtable.subscribe_fn.has_last_sequence",
        "parameter-added SourceVtable.subscribe_fn.last_sequence",
        "@wire FfiSourceEvent.opaque",
        "@wire FfiResultPushCallbackFn.return",
    ],
    "0.8.1": [
        "constant-added POSITION_NOTHING_CONFIRMED",
        "constant-added OUTBOX_GAP_PREFIX",
        "constant-added CHECKPOINT_KEY_PREFIX",
        *(f"type-added {name}" for name in _TYPES_OF_0_8_1.split()),
        "slot-inserted SourceVtable.describe_schema_fn",
        "slot-inserted SourceVtable.supports_replay_fn",
        "slot-inserted SourceVtable.remove_position_handle_fn",
        "parameter-added SourceVtable.subscribe_fn.request_position_handle",
        "slot-inserted ReactionVtable.is_durable_fn",
        "slot-inserted ReactionVtable.needs_snapshot_on_fresh_start_fn",
        "slot-inserted ReactionVtable.default_recovery_policy_fn",
        "slot-inserted ReactionVtable.bootstrap_fn",
        "type-changed BootstrapProviderVtable.bootstrap_fn.return",
        "@fails BootstrapProviderVtable.bootstrap_fn",
        "field-appended FfiSubscriptionResponse.position_handle_ptr",
        "field-appended FfiSubscriptionResponse.bootstrap_result_receiver",
        "field-appended FfiRuntimeContext.snapshot_fetcher",
    ],
    "0.8.2": [
        "type-added ConfigResolverFn",
        "type-added FfiGetSecretResult",
        "type-added SecretStoreProviderVtable",
        "type-added SecretStorePluginVtable",
        "field-appended FfiPluginRegistration.secret_store_plugins",
        "field-appended FfiPluginRegistration.secret_store_plugin_count",
        "field-appended FfiPluginRegistration.set_config_resolver",
    ],
    "0.8.3": [],
    "0.8.4": [
        "@since FfiPluginRegistration.secret_store_plugins",
        "@since FfiPluginRegistration.secret_store_plugin_count",
        "@since FfiPluginRegistration.set_config_resolver",
    ],
    "0.8.5": [
        *(f"type-added {name}" for name in _TYPES_OF_0_8_5.split()),
        "field-appended FfiRuntimeContext.wal_provider",
    ],
    "0.9.0": [
        "parameter-removed SourceVtable.subscribe_fn.has_last_sequence",
        "parameter-removed SourceVtable.subscribe_fn.last_sequence",
        "field-removed FfiBootstrapResult.last_sequence",
        "field-removed FfiBootstrapResult.sequences_aligned",
    ],
    "0.9.1": [
        "@wire FfiSourceEvent.opaque",
        "@wire FfiBootstrapEvent.opaque",
        "@wire FfiWalEntry.event",
        "@wire WalProviderVtable.append_fn.event",
    ],
    "0.10.0": [
        "constant-added FFI_SDK_VERSION",
        "replaced FfiSourceEvent",
        "replaced FfiBootstrapEvent",
        "@release FfiSourceEvent",
        "@release FfiBootstrapEvent",
        "type-added FfiQueryResult",
        "@wire FfiResultPushCallbackFn.return",
        "@to FfiResultPushCallbackFn.return",
        "@until FfiRuntimeContext.identity_provider",
        "@json FfiSnapshotIterator.next_fn.return",
    ],
    "0.11.0": [
        "type-removed FfiBootstrapSender",
        "parameter-removed BootstrapProviderVtable.bootstrap_fn.sender",
        "pointee-changed BootstrapProviderVtable.bootstrap_fn.return",
        "@blocking BootstrapProviderVtable.bootstrap_fn",
        "type-added FfiBootstrapStream",
        "field-appended FfiBootstrapResult.error_ptr",
        "field-appended FfiBootstrapResult.error_len",
        "field-appended FfiBootstrapResult.error_drop_fn",
        "type-added FfiLogLevelFilter",
        "field-appended FfiPluginRegistration.set_log_level",
    ],
}


@pytest.mark.parametrize(("before", "after"), [*pairwise(RELEASES)], ids=RELEASES[1:])
def test_what_a_release_changed(before: str, after: str) -> None:
    found = differences(released(before), released(after))
    assert sorted({_line(each, after) for each in found}) == sorted(CHANGES[after])


def _line(change: Change, release: str) -> str:
    owner = change.subject.partition(".")[0]
    if change.kind.value.startswith("field") and f"replaced {owner}" in CHANGES[release]:
        return f"replaced {owner}"
    if change.detail in ATTRIBUTES and "@" in change.before + change.after:
        return f"@{change.detail} {change.subject}"
    # A number that became a pointer is a type that became another one, however that is called.
    kind = change.kind.value.replace("value-kind", "type")
    return f"{kind} {change.subject}"


def test_what_python_would_do_with_the_number() -> None:
    """A host of release 0.11.0 takes plugins that say 0.13.0, and what came with 0.12.0 of them."""
    library = released("0.11.0")
    assert str(library.compared_version) == "0.13.0"
    registration = library.find("FfiPluginRegistration")
    assert isinstance(registration, Aggregate)
    since = registration.fields[-1].attributes.version("since")
    assert since is not None
    assert released("0.10.0").compared_version < since <= library.compared_version


@pytest.mark.slow
@each_release
def test_a_release_is_in_canonical_form(release: str) -> None:
    report = Report()
    path = HISTORY / f"{release}.abi"
    source = SourceFile(path.name, path.read_text("utf-8"))
    assert format_file(parse(source, report), source) == source.text
    assert not report.failed
