"""What is known of drasi-plugin-sdk's releases from elsewhere, to hold their descriptions to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

#: Every release, oldest first.
RELEASES = (
    "0.4.0 0.4.1 0.4.2 0.4.3 0.6.0 0.6.1 0.6.2 0.8.0 0.8.1 0.8.2 0.8.3 0.8.4 0.8.5 0.9.0 0.9.1"
    " 0.10.0 0.11.0"
).split()

#: Types that upstream has no name for.
OURS = frozenset({"FfiRecoveryPolicy", "FfiWalCapacityPolicy", "FfiWalAppendError"})

#: The size of every struct and table on x86_64 Linux, measured with rustc: in 0.4.0, unless it says since
#: when, and then by the release in which it became another one. All of them are aligned to 8.
SIZES = """
FfiStr 16; FfiOwnedStr 24; FfiStringArray 24; FfiResult 16; FfiGetResult 40; FfiLogEntry 96
FfiLifecycleEvent 64; FfiCredentials 32; FfiCredentialsResult 48; IdentityProviderVtable 32
PluginMetadata 112; BootstrapProviderVtable 32; SourcePluginVtable 64; ReactionPluginVtable 64
BootstrapPluginVtable 64; FfiChangeReceiver 32; FfiBootstrapReceiver 24; StateStoreVtable 112
SourceVtable 112, 0.4.3 120, 0.8.1 144
ReactionVtable 104, 0.4.3 112, 0.8.1 144
FfiSourceEvent 80, 0.10.0 40
FfiBootstrapEvent 80, 0.10.0 40
FfiSubscriptionResponse 64, 0.8.1 80
FfiBootstrapSender 24, 0.11.0 gone
FfiRuntimeContext 80, 0.8.1 88, 0.8.5 96
FfiPluginRegistration 64, 0.6.0 80, 0.8.2 104, 0.11.0 112
FfiCreateResult 0.4.3 24; IdentityProviderPluginVtable 0.6.0 64
FfiBootstrapResultReceiver 0.8.1 24; FfiBootstrapResult 0.8.1 48, 0.9.0 32, 0.11.0 56
FfiCheckpoint 0.8.1 16; FfiCheckpointResult 0.8.1 48; FfiSnapshotIterator 0.8.1 24
FfiSnapshotIteratorResponse 0.8.1 64; FfiOutboxIterator 0.8.1 24
FfiOutboxIteratorResponse 0.8.1 64; FfiBootstrapContext 0.8.1 64; SnapshotFetcherVtable 0.8.1 24
FfiGetSecretResult 0.8.2 24; SecretStoreProviderVtable 0.8.2 24; SecretStorePluginVtable 0.8.2 64
FfiWalAppendResult 0.8.5 24; FfiWalU64Result 0.8.5 24; FfiWalOptionalU64Result 0.8.5 24
FfiWalEntry 0.8.5 16; FfiWalReadResult 0.8.5 40; WalProviderVtable 0.8.5 88
FfiQueryResult 0.10.0 24; FfiBootstrapStream 0.11.0 16
"""

#: The enums and their values; all of them are as wide as C's int.
ENUMS = """
FfiLogLevel Error Warn Info Debug Trace
FfiLifecycleEventType Starting Started Stopping Stopped Error
FfiCredentialType UsernamePassword Token Certificate
FfiComponentStatus Stopped Starting Running Stopping Reconfiguring Error 0.6.0 Added Removed
FfiChangeOp Insert Update Delete
FfiDispatchMode Broadcast Channel
FfiLogLevelFilter 0.11.0 Off Error Warn Info Debug Trace
"""

#: The members of everything in 0.4.0, in their order.
FIRST = """
FfiStr: ptr len
FfiOwnedStr: ptr len cap
FfiStringArray: data len cap
FfiResult: error_code error_msg
FfiGetResult: data len cap found error_code error_msg
FfiLogEntry: level plugin_id target message timestamp_us instance_id component_id
FfiLifecycleEvent: component_id component_type event_type message timestamp_us
FfiCredentials: credential_type field1 field2 field3
FfiCredentialsResult: error_code error_msg credentials
IdentityProviderVtable: state get_credentials_fn clone_fn drop_fn
PluginMetadata: sdk_version core_version lib_version plugin_version target_triple git_commit
    build_timestamp
SourceVtable: state executor id_fn type_name_fn auto_start_fn dispatch_mode_fn start_fn stop_fn
    status_fn deprovision_fn initialize_fn subscribe_fn set_bootstrap_provider_fn drop_fn
ReactionVtable: state executor id_fn type_name_fn auto_start_fn query_ids_fn start_fn stop_fn
    status_fn deprovision_fn initialize_fn start_result_push_fn drop_fn
BootstrapProviderVtable: state executor bootstrap_fn drop_fn
SourcePluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_source_fn drop_fn
ReactionPluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_reaction_fn drop_fn
BootstrapPluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_bootstrap_provider_fn drop_fn
FfiSourceEvent: opaque source_id timestamp_us op label entity_id drop_fn
FfiBootstrapEvent: opaque source_id timestamp_us sequence label entity_id drop_fn
FfiChangeReceiver: state executor start_push_fn drop_fn
FfiBootstrapReceiver: state start_push_fn drop_fn
FfiSubscriptionResponse: query_id source_id receiver bootstrap_receiver
FfiBootstrapSender: state send_fn drop_fn
FfiRuntimeContext: instance_id component_id state_store log_callback log_ctx lifecycle_callback
    lifecycle_ctx identity_provider
StateStoreVtable: state get_fn set_fn delete_fn contains_key_fn get_many_fn set_many_fn
    delete_many_fn clear_store_fn list_keys_fn store_exists_fn key_count_fn sync_fn drop_fn
FfiPluginRegistration: source_plugins source_plugin_count reaction_plugins reaction_plugin_count
    bootstrap_plugins bootstrap_plugin_count set_log_callback set_lifecycle_callback
"""

#: What came between: `type.member place` was put there, `type: members` is the whole list now.
STEPS = {
    "0.4.3": ("SourceVtable.properties_fn 6", "ReactionVtable.properties_fn 6"),
    "0.6.0": (
        "FfiPluginRegistration.identity_provider_plugins 8",
        "FfiPluginRegistration.identity_provider_plugin_count 9",
    ),
    "0.8.1": (
        "SourceVtable.describe_schema_fn 7",
        "SourceVtable.supports_replay_fn 15",
        "SourceVtable.remove_position_handle_fn 16",
        "ReactionVtable.is_durable_fn 13",
        "ReactionVtable.needs_snapshot_on_fresh_start_fn 14",
        "ReactionVtable.default_recovery_policy_fn 15",
        "ReactionVtable.bootstrap_fn 16",
        "FfiSubscriptionResponse.position_handle_ptr 4",
        "FfiSubscriptionResponse.bootstrap_result_receiver 5",
        "FfiRuntimeContext.snapshot_fetcher 8",
        "FfiBootstrapResult: event_count last_sequence sequences_aligned source_position_ptr"
        " source_position_len source_position_drop_fn",
    ),
    "0.8.2": (
        "FfiPluginRegistration.secret_store_plugins 10",
        "FfiPluginRegistration.secret_store_plugin_count 11",
        "FfiPluginRegistration.set_config_resolver 12",
    ),
    "0.8.5": ("FfiRuntimeContext.wal_provider 9",),
    "0.9.0": (
        "FfiBootstrapResult: event_count source_position_ptr source_position_len"
        " source_position_drop_fn",
    ),
    "0.10.0": (
        "FfiSourceEvent: payload_ptr payload_len payload_drop_fn op timestamp_us",
        "FfiBootstrapEvent: payload_ptr payload_len payload_drop_fn timestamp_us sequence",
    ),
    "0.11.0": (
        "FfiBootstrapResult.error_ptr 4",
        "FfiBootstrapResult.error_len 5",
        "FfiBootstrapResult.error_drop_fn 6",
        "FfiPluginRegistration.set_log_level 13",
    ),
}

#: The members of everything in 0.11.0. What came in between and is not in the steps came like this.
LAST = """
FfiStr: ptr len
FfiOwnedStr: ptr len cap
FfiStringArray: data len cap
FfiResult: error_code error_msg
FfiGetResult: data len cap found error_code error_msg
FfiLogEntry: level plugin_id target message timestamp_us instance_id component_id
FfiLifecycleEvent: component_id component_type event_type message timestamp_us
FfiCredentials: credential_type field1 field2 field3
FfiCredentialsResult: error_code error_msg credentials
IdentityProviderVtable: state get_credentials_fn clone_fn drop_fn
PluginMetadata: sdk_version core_version lib_version plugin_version target_triple git_commit
    build_timestamp
SourceVtable: state executor id_fn type_name_fn auto_start_fn dispatch_mode_fn properties_fn
    describe_schema_fn start_fn stop_fn status_fn deprovision_fn initialize_fn subscribe_fn
    set_bootstrap_provider_fn supports_replay_fn remove_position_handle_fn drop_fn
ReactionVtable: state executor id_fn type_name_fn auto_start_fn query_ids_fn properties_fn
    start_fn stop_fn status_fn deprovision_fn initialize_fn start_result_push_fn is_durable_fn
    needs_snapshot_on_fresh_start_fn default_recovery_policy_fn bootstrap_fn drop_fn
BootstrapProviderVtable: state executor bootstrap_fn drop_fn
SourcePluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_source_fn drop_fn
ReactionPluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_reaction_fn drop_fn
BootstrapPluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_bootstrap_provider_fn drop_fn
FfiSourceEvent: payload_ptr payload_len payload_drop_fn op timestamp_us
FfiBootstrapEvent: payload_ptr payload_len payload_drop_fn timestamp_us sequence
FfiChangeReceiver: state executor start_push_fn drop_fn
FfiBootstrapReceiver: state start_push_fn drop_fn
FfiSubscriptionResponse: query_id source_id receiver bootstrap_receiver position_handle_ptr
    bootstrap_result_receiver
FfiRuntimeContext: instance_id component_id state_store log_callback log_ctx lifecycle_callback
    lifecycle_ctx identity_provider snapshot_fetcher wal_provider
StateStoreVtable: state get_fn set_fn delete_fn contains_key_fn get_many_fn set_many_fn
    delete_many_fn clear_store_fn list_keys_fn store_exists_fn key_count_fn sync_fn drop_fn
FfiPluginRegistration: source_plugins source_plugin_count reaction_plugins reaction_plugin_count
    bootstrap_plugins bootstrap_plugin_count set_log_callback set_lifecycle_callback
    identity_provider_plugins identity_provider_plugin_count secret_store_plugins
    secret_store_plugin_count set_config_resolver set_log_level
FfiCreateResult: ptr error_code error_msg
IdentityProviderPluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_identity_provider_fn drop_fn
FfiBootstrapResultReceiver: state start_fn drop_fn
FfiBootstrapResult: event_count source_position_ptr source_position_len source_position_drop_fn
    error_ptr error_len error_drop_fn
FfiCheckpoint: sequence config_hash
FfiCheckpointResult: found checkpoint error
FfiSnapshotIterator: iter_ctx next_fn drop_fn
FfiSnapshotIteratorResponse: iterator as_of_sequence config_hash error
FfiOutboxIterator: iter_ctx next_fn drop_fn
FfiOutboxIteratorResponse: iterator latest_sequence config_hash error
FfiBootstrapContext: query_id is_reset callback_ctx fetch_snapshot_fn fetch_outbox_fn
    read_checkpoint_fn write_checkpoint_fn
SnapshotFetcherVtable: state fetch_snapshot_fn drop_fn
FfiGetSecretResult: error_code error_msg value
SecretStoreProviderVtable: state get_secret_fn drop_fn
SecretStorePluginVtable: state executor kind_fn config_version_fn config_schema_json_fn
    config_schema_name_fn create_secret_store_fn drop_fn
FfiWalAppendResult: sequence error_code error_msg
FfiWalU64Result: value error_code error_msg
FfiWalOptionalU64Result: value has_value error_code error_msg
FfiWalEntry: sequence event
FfiWalReadResult: entries count capacity error_code error_msg
WalProviderVtable: state register_fn append_fn read_from_fn prune_up_to_fn head_sequence_fn
    oldest_sequence_fn event_count_fn delete_wal_fn free_read_result_fn drop_fn
FfiQueryResult: payload_ptr payload_len payload_drop_fn
FfiBootstrapStream: events result
"""


def sizes(release: str) -> dict[str, int]:
    """What every struct and table of a release takes."""
    at = RELEASES.index(release)
    found: dict[str, int] = {}
    for entry in SIZES.replace("\n", ";").split(";"):
        name, _, history = entry.strip().partition(" ")
        for change in filter(None, history.split(", ")):
            since, _, size = change.rpartition(" ")
            if RELEASES.index(since or RELEASES[0]) > at:
                continue
            found[name] = 0 if size == "gone" else int(size)
    return {name: size for name, size in found.items() if size}


def enums(release: str) -> dict[str, list[str]]:
    """The values of every enum of a release, by their numbers."""
    at = RELEASES.index(release)
    found: dict[str, list[str]] = {}
    for line in ENUMS.split("\n"):
        name, *values = line.split() or [""]
        is_there = True
        for value in values:
            if value in RELEASES:
                is_there = RELEASES.index(value) <= at
            elif is_there:
                found.setdefault(name, []).append(value)
    return found


def members(release: str) -> dict[str, list[str]]:
    """The members of every struct and table of a release, in their order."""
    found = dict(_listed(FIRST))
    last = dict(_listed(LAST))
    for name, listed in last.items():
        found.setdefault(name, listed)
    for step in RELEASES[: RELEASES.index(release) + 1]:
        for change in STEPS.get(step, ()):
            _apply(change, found)
    return {name: found[name] for name in sizes(release)}


def last_members() -> Mapping[str, list[str]]:
    return dict(_listed(LAST))


def _apply(change: str, found: dict[str, list[str]]) -> None:
    name, is_list, listed = change.partition(": ")
    if is_list:
        found[name] = listed.split()
        return
    element, _, place = change.partition(" ")
    owner, _, member = element.partition(".")
    found[owner] = [*found[owner][: int(place)], member, *found[owner][int(place) :]]


def _listed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Lines that are indented go on."""
    for line in text.strip().replace("\n    ", " ").split("\n"):
        name, _, listed = line.partition(": ")
        yield name, listed.split()
