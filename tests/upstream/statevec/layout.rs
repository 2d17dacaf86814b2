//! The types of statevec-api beside those of the generated module. `tests/support/upstream.py` writes what is
//! compared, from the layout tables.
#![allow(dead_code, non_snake_case, unused_imports, unused_macros)]

#[path = "../compare.rs"]
mod compare;

mod theirs {
    pub use statevec_api::*;
}

include!(env!("UPSTREAM_LAYOUTS"));

const SAME: &[(&str, &str)] = &[];

#[test]
fn constants() {
    use statevec_api as theirs;
    assert_eq!(theirs::RUNTIME_PLUGIN_ABI_VERSION_V1, ours::RUNTIME_PLUGIN_ABI_VERSION_V1);
    assert_eq!(
        theirs::RUNTIME_PLUGIN_ENTRY_V1_SYMBOL,
        ours::RUNTIME_PLUGIN_ENTRY_V1_SYMBOL_CSTR.to_bytes_with_nul()
    );
    assert_eq!(theirs::STATEVEC_API_VERSION, ours::STATEVEC_API_VERSION);
    assert_eq!(theirs::STATEVEC_API_COMPAT_VERSION, ours::STATEVEC_API_COMPAT_VERSION);
}

#[test]
fn error_kinds() {
    use ours::RuntimeErrorKind as Ours;
    use statevec_api::runtime_error_kind as theirs;
    let mut wrong = compare::Differences::default();
    for (what, theirs, ours) in [
        ("ABI_CONTRACT_VIOLATION", theirs::ABI_CONTRACT_VIOLATION, Ours::ABI_CONTRACT_VIOLATION),
        ("SCHEMA_MISMATCH", theirs::SCHEMA_MISMATCH, Ours::SCHEMA_MISMATCH),
        ("CONFIG_ERROR", theirs::CONFIG_ERROR, Ours::CONFIG_ERROR),
        ("PLUGIN_REJECTED", theirs::PLUGIN_REJECTED, Ours::PLUGIN_REJECTED),
        ("INVALID_COMMAND", theirs::INVALID_COMMAND, Ours::INVALID_COMMAND),
        ("HOST_REJECTED", theirs::HOST_REJECTED, Ours::HOST_REJECTED),
        ("HOST_INTERNAL_ERROR", theirs::HOST_INTERNAL_ERROR, Ours::HOST_INTERNAL_ERROR),
        ("PLUGIN_INTERNAL_ERROR", theirs::PLUGIN_INTERNAL_ERROR, Ours::PLUGIN_INTERNAL_ERROR),
    ] {
        wrong.number(what, theirs.0.into(), ours.0.into());
    }
    wrong.none();
}

#[test]
fn entry() {
    let mut wrong = compare::Differences::default();
    let ours = compare::alias::<ours::statevec_runtime_plugin_entry_v1_fn>();
    wrong.types("the entry", compare::alias::<theirs::RuntimePluginEntryV1>(), ours, SAME);
    wrong.none();
}
