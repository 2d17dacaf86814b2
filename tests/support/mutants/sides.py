"""Whose each type of the three descriptions is: written down by hand, from what their authors say."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.syntax import ast

PLUGIN, HOST = "plugin", "host"
BOTH = frozenset({PLUGIN, HOST})

_SIDES = {
    "drasi": {
        PLUGIN: "SourceVtable ReactionVtable SourcePluginVtable ReactionPluginVtable"
        " BootstrapPluginVtable IdentityProviderPluginVtable SecretStorePluginVtable"
        " SecretStoreProviderVtable FfiChangeReceiver FfiBootstrapReceiver FfiBootstrapResultReceiver"
        " FfiSubscriptionResponse FfiPluginRegistration PluginMetadata FfiSourceEvent FfiLogEntry"
        " FfiLifecycleEvent FfiCreateResult FfiComponentStatus FfiDispatchMode FfiChangeOp"
        " FfiLogLevel FfiLifecycleEventType FfiRecoveryPolicy",
        HOST: "StateStoreVtable SnapshotFetcherVtable FfiRuntimeContext FfiBootstrapContext"
        " LogCallbackFn LifecycleCallbackFn ConfigResolverFn FfiChangePushCallbackFn"
        " FfiBootstrapPushCallbackFn FfiBootstrapResultCallbackFn FfiResultPushCallbackFn"
        " FfiBootstrapFetchSnapshotFn FfiBootstrapFetchOutboxFn FfiBootstrapReadCheckpointFn"
        " FfiBootstrapWriteCheckpointFn FfiCheckpointResult FfiSnapshotIterator FfiOutboxIterator"
        " FfiSnapshotIteratorResponse FfiOutboxIteratorResponse FfiGetResult",
    },
    "statevec": {
        PLUGIN: "RuntimePluginApiV1 RuntimeBytesVisitor RuntimeBytesMutVisitor RuntimeRecordKeyVisitor",
        HOST: "RuntimeHostVTableV1 RuntimeReadVTableV1 RuntimeHostContextV1 RuntimeReadContextV1"
        " RuntimeCommandView RuntimeRecordKeyView RuntimeBytesMutRef",
    },
    "bmux": {
        PLUGIN: "BmuxCallStatus BmuxServiceStatus BmuxStr BmuxVersionList BmuxReleaseFn"
        " BmuxStatefulStatus BmuxSnapshot BmuxStatefulError BmuxStatefulPlugin",
        HOST: "BmuxRegisterStatus BmuxStatefulRegistry BmuxArgument",
    },
}


def side_of(items: Sequence[ast.Item], name: str) -> frozenset[str]:
    """Who provides a type, or whose function it is; entries are the plugin's, anything else is both's."""
    abi = next(each.name.text for each in items if isinstance(each, ast.Abi))
    for each in items:
        if isinstance(each, (ast.EntryFunction, ast.EntryStatic)) and each.name.text == name:
            return frozenset({PLUGIN})
    found = {side for side, names in _SIDES[abi].items() if name in names.split()}
    return frozenset(found) or BOTH
