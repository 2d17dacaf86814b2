//! The types of the SDK beside those of the generated module. `tests/support/upstream.py` writes what is
//! compared, from the layout tables.
#![allow(dead_code, non_snake_case, unused_imports, unused_macros)]

#[path = "../compare.rs"]
mod compare;

mod theirs {
    pub use drasi_ffi_primitives::*;
    pub use drasi_plugin_sdk::ffi::callbacks::*;
    pub use drasi_plugin_sdk::ffi::identity::*;
    pub use drasi_plugin_sdk::ffi::metadata::*;
    pub use drasi_plugin_sdk::ffi::secret_store::*;
    pub use drasi_plugin_sdk::ffi::types::*;
    pub use drasi_plugin_sdk::ffi::vtables::*;
}

include!(env!("UPSTREAM_LAYOUTS"));

/// Names of the description for what upstream has as a plain number.
const SAME: &[(&str, &str)] = &[("FfiRecoveryPolicy", "u8"), ("FfiWalCapacityPolicy", "u8")];

#[test]
fn constants() {
    let mut wrong = compare::Differences::default();
    let longest = drasi_lib::SourceBase::MAX_SOURCE_POSITION_BYTES;
    wrong.number("MAX_SOURCE_POSITION_BYTES", longest as i128, ours::RESUME_POSITION_MAX_LEN.into());
    wrong.none();
}

#[test]
fn numbers_of_policies() {
    use drasi_lib::ReactionRecoveryPolicy as Policy;
    let mut wrong = compare::Differences::default();
    for (policy, number) in [
        (Policy::Strict, ours::FfiRecoveryPolicy::Strict.0),
        (Policy::AutoReset, ours::FfiRecoveryPolicy::AutoReset.0),
        (Policy::AutoSkipGap, ours::FfiRecoveryPolicy::AutoSkipGap.0),
    ] {
        wrong.number(&format!("{policy:?}"), policy as i128, number.into());
    }
    wrong.none();
}
