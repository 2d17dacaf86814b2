//! A plugin of bmux on its own SDK: it counts, and tells of it in every way that a plugin can.

#[path = "../counter.rs"]
mod counter;
#[path = "../../ledger.rs"]
mod ledger;

/// What the ledger counts.
const KINDS: [&str; 1] = ["plugin"];

bmux_plugin_sdk::export_plugin!(counter::Counter, include_str!("plugin.toml"));
