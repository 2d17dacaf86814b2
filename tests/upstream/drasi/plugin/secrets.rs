//! A secret store whose secrets stand in its configuration.

use std::collections::HashMap;

use anyhow::{anyhow, Result};
use async_trait::async_trait;
use drasi_lib::secret_store::SecretStoreProvider;
use drasi_plugin_sdk::prelude::SecretStorePluginDescriptor;
use serde::Deserialize;
use serde_json::Value;

use crate::ledger::Entry;
use crate::Trouble;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    secrets: HashMap<String, String>,
    #[serde(flatten)]
    trouble: Trouble,
}

/// The kind `upstream-vaults`.
pub struct Vaults;

#[async_trait]
impl SecretStorePluginDescriptor for Vaults {
    fn kind(&self) -> &str {
        "upstream-vaults"
    }

    fn config_version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema_json(&self) -> String {
        crate::schema(self.config_schema_name())
    }

    fn config_schema_name(&self) -> &str {
        "secrets.upstream-vaults.Config"
    }

    async fn create_secret_store(
        &self,
        config_json: &Value,
    ) -> Result<Box<dyn SecretStoreProvider>> {
        let config: Config = serde_json::from_value(config_json.clone())?;
        config.trouble.at("create")?;
        Ok(Box::new(Vault { config, _entry: Entry::new("secrets") }))
    }
}

struct Vault {
    config: Config,
    _entry: Entry,
}

#[async_trait]
impl SecretStoreProvider for Vault {
    async fn get_secret(&self, name: &str) -> Result<String> {
        self.config.trouble.at("get_secret")?;
        self.config.secrets.get(name).cloned().ok_or_else(|| anyhow!("no secret {name}"))
    }
}
