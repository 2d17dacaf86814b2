//! The numbers of bmux_plugin_sdk beside those of the generated module.
#![allow(dead_code, unused_imports, unused_macros)]

#[path = "../../../generated/bmux/rust/bmux.rs"]
mod ours;

use bmux_plugin_sdk as theirs;
use ours::{BmuxCallStatus, BmuxServiceStatus};
use theirs::ApiVersion;

#[test]
fn versions() {
    let plugin_api = ApiVersion::new(ours::BMUX_PLUGIN_API_MAJOR, ours::BMUX_PLUGIN_API_MINOR);
    assert_eq!(theirs::CURRENT_PLUGIN_API_VERSION, plugin_api);
    let native_abi = ApiVersion::new(ours::BMUX_NATIVE_ABI_MAJOR, ours::BMUX_NATIVE_ABI_MINOR);
    assert_eq!(theirs::CURRENT_PLUGIN_ABI_VERSION, native_abi);
    assert_eq!(theirs::CURRENT_SERVICE_PROTOCOL_VERSION, ours::BMUX_SERVICE_ENVELOPE_VERSION);
}

#[test]
fn entry_symbol() {
    assert_eq!(theirs::DEFAULT_NATIVE_ENTRY_SYMBOL, ours::BMUX_PLUGIN_ENTRY_V1_SYMBOL);
}

#[test]
fn exit_codes() {
    assert_eq!(theirs::EXIT_OK, BmuxCallStatus::OK.0);
    assert_eq!(theirs::EXIT_ERROR, BmuxCallStatus::FAILURE.0);
    assert_eq!(theirs::EXIT_USAGE, BmuxCallStatus::USAGE.0);
    assert_eq!(theirs::EXIT_UNAVAILABLE, BmuxCallStatus::UNAVAILABLE.0);
    // Those of services are private upstream; tests that call a service see them.
    assert_eq!(theirs::EXIT_UNAVAILABLE, BmuxServiceStatus::UNAVAILABLE.0);
}
