//! From the SDK's trait to the table that the description proposes, for any participant.

#[allow(dead_code, unused_imports, unused_macros)]
#[path = "../../../../generated/bmux/rust/bmux.rs"]
mod bmux;

use std::ffi::c_void;

use bmux::*;
use bmux_plugin_sdk::{
    PluginEventKind, StatefulPluginError, StatefulPluginHandle,
    StatefulPluginSnapshot,
};

use crate::ledger::Entry;

bmux::witness!();

/// A participant, and its name where it stays as long as the participant.
struct Participant {
    handle: StatefulPluginHandle,
    id: PluginEventKind,
}

/// What the host reads until it releases it.
struct Handout {
    bytes: Vec<u8>,
    plugin: String,
    versions: Vec<u32>,
    _entry: Entry,
}

fn handout(bytes: Vec<u8>, plugin: String, versions: Vec<u32>) -> *mut Handout {
    Box::into_raw(Box::new(Handout { bytes, plugin, versions, _entry: Entry::new("handout") }))
}

unsafe extern "C" fn release(handout: *mut c_void) {
    drop(unsafe { Box::from_raw(handout.cast::<Handout>()) });
}

fn lent(text: &str) -> BmuxStr {
    BmuxStr { ptr: text.as_ptr().cast(), len: text.len() }
}

/// Write down why it failed.
unsafe fn tell(error: StatefulPluginError, out: *mut BmuxStatefulError) -> BmuxStatefulStatus {
    let (status, details, plugin, version, versions) = match error {
        StatefulPluginError::SnapshotFailed { plugin, details } => {
            (BmuxStatefulStatus::SNAPSHOT_FAILED, details, plugin, 0, Vec::new())
        }
        StatefulPluginError::RestoreFailed { plugin, details } => {
            (BmuxStatefulStatus::RESTORE_FAILED, details, plugin, 0, Vec::new())
        }
        StatefulPluginError::UnsupportedVersion { plugin, version, expected } => {
            (BmuxStatefulStatus::UNSUPPORTED_VERSION, String::new(), plugin, version, expected)
        }
    };
    let kept = handout(details.into_bytes(), plugin, versions);
    let Handout { bytes, plugin, versions, .. } = unsafe { &*kept };
    let details = BmuxStr { ptr: bytes.as_ptr().cast(), len: bytes.len() };
    let expected = BmuxVersionList { data: versions.as_ptr(), len: versions.len() };
    let told = BmuxStatefulError {
        plugin: lent(plugin),
        details,
        expected,
        version,
        release_ctx: kept.cast(),
        release: Some(release),
    };
    unsafe { out.write(told) };
    status
}

unsafe extern "C" fn id(state: *const c_void) -> BmuxStr {
    lent(unsafe { &*state.cast::<Participant>() }.id.as_str())
}

unsafe extern "C" fn snapshot(
    state: *const c_void,
    out_snapshot: *mut BmuxSnapshot,
    out_error: *mut BmuxStatefulError,
) -> BmuxStatefulStatus {
    let participant = unsafe { &*state.cast::<Participant>() };
    match participant.handle.as_dyn().snapshot() {
        Ok(StatefulPluginSnapshot { version, bytes, .. }) => {
            let kept = handout(bytes, String::new(), Vec::new());
            let bytes = unsafe { &(*kept).bytes };
            let bytes = BmuxBytes { ptr: bytes.as_ptr(), len: bytes.len() };
            let release_ctx = kept.cast();
            let made = BmuxSnapshot { version, bytes, release_ctx, release: Some(release) };
            unsafe { out_snapshot.write(made) };
            BmuxStatefulStatus::OK
        }
        Err(error) => unsafe { tell(error, out_error) },
    }
}

unsafe extern "C" fn restore(
    state: *const c_void,
    version: u32,
    bytes: BmuxBytes,
    out_error: *mut BmuxStatefulError,
) -> BmuxStatefulStatus {
    let participant = unsafe { &*state.cast::<Participant>() };
    let bytes = match bytes.len {
        0 => Vec::new(),
        len => unsafe { std::slice::from_raw_parts(bytes.ptr, len) }.to_vec(),
    };
    let snapshot = StatefulPluginSnapshot::new(participant.id.clone(), version, bytes);
    match participant.handle.as_dyn().restore_snapshot(snapshot) {
        Ok(()) => BmuxStatefulStatus::OK,
        Err(error) => unsafe { tell(error, out_error) },
    }
}

unsafe extern "C" fn drop_participant(state: *mut c_void) {
    drop(unsafe { Box::from_raw(state.cast::<Participant>()) });
}

/// # Safety
/// The registry is the host's, and there until this returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bmux_plugin_register_stateful_v1(
    registry: *const BmuxStatefulRegistry,
) -> BmuxCallStatus {
    let registry = unsafe { &*registry };
    if registry.abi_version != BMUX_STATEFUL_ABI_VERSION {
        return BmuxCallStatus::FAILURE;
    }
    for handle in crate::participants() {
        let state = Box::new(Participant { id: handle.as_dyn().id(), handle });
        let table = BmuxStatefulPlugin {
            abi_version: BMUX_STATEFUL_ABI_VERSION,
            struct_size: size_of::<BmuxStatefulPlugin>() as u32,
            state: Box::into_raw(state).cast(),
            drop: drop_participant,
            id,
            snapshot,
            restore: Some(restore),
        };
        let status = unsafe { (registry.register_plugin)(registry.state, &table) };
        if status != BmuxRegisterStatus::OK {
            unsafe { drop_participant(table.state) };
        }
    }
    BmuxCallStatus::OK
}

