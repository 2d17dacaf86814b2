//! One of each kind that the drasi SDK offers, on its own traits and its own export macro.
//!
//! The same text is compiled for several releases of the SDK; where they differ, a feature tells
//! which one it is. What each kind understands as configuration is in the README.

mod bootstrap;
mod identity;
#[path = "../../ledger.rs"]
mod ledger;
mod reaction;
mod secrets;
mod source;

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// What the ledger counts: objects that the host ends, threads of sources, positions of changes, results.
const KINDS: [&str; 8] =
    ["source", "reaction", "bootstrap", "identity", "secrets", "thread", "change", "result"];

/// Where something goes wrong, and how.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trouble {
    /// Methods that fail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fail: Vec<String>,
    /// Methods that panic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub panic: Vec<String>,
    /// What a failure says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Trouble {
    pub fn at(&self, method: &str) -> anyhow::Result<()> {
        let message = self.message.as_deref().unwrap_or("as configured");
        if self.panic.iter().any(|each| each == method) {
            panic!("{method}: {message}");
        }
        if self.fail.iter().any(|each| each == method) {
            bail!("{method}: {message}");
        }
        Ok(())
    }
}

/// The schema that a kind has of its configuration: an object, of which nothing more is said.
fn schema(name: &str) -> String {
    serde_json::json!({ name: { "type": "object" } }).to_string()
}

drasi_plugin_sdk::export_plugin!(
    plugin_id = "upstream",
    core_version = env!("CARGO_PKG_VERSION"),
    lib_version = env!("CARGO_PKG_VERSION"),
    plugin_version = env!("CARGO_PKG_VERSION"),
    source_descriptors = [source::Sensors],
    reaction_descriptors = [reaction::Recorders],
    bootstrap_descriptors = [bootstrap::Rows],
    identity_provider_descriptors = [identity::Badges],
    secret_store_descriptors = [secrets::Vaults],
);
