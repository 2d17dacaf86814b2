//! A bootstrap provider that makes up its rows.

use anyhow::{anyhow, Result};
use async_trait::async_trait;
use drasi_core::models::{Element, ElementMetadata, ElementPropertyMap, ElementReference, SourceChange};
use drasi_lib::bootstrap::{
    BootstrapContext, BootstrapProvider, BootstrapRequest, BootstrapResult,
};
use drasi_lib::channels::{BootstrapEvent, BootstrapEventSender};
use drasi_lib::config::SourceSubscriptionSettings;
use drasi_plugin_sdk::BootstrapPluginDescriptor;
use serde::Deserialize;
use serde_json::{json, Value};

use crate::ledger::Entry;
use crate::Trouble;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    events: u64,
    label: String,
    position: Option<String>,
    #[serde(flatten)]
    trouble: Trouble,
}

impl Default for Config {
    fn default() -> Self {
        Self { events: 3, label: "Sensor".into(), position: None, trouble: Trouble::default() }
    }
}

/// The kind `upstream-rows`.
pub struct Rows;

#[async_trait]
impl BootstrapPluginDescriptor for Rows {
    fn kind(&self) -> &str {
        "upstream-rows"
    }

    fn config_version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema_json(&self) -> String {
        crate::schema(self.config_schema_name())
    }

    fn config_schema_name(&self) -> &str {
        "bootstrap.upstream-rows.Config"
    }

    async fn create_bootstrap_provider(
        &self,
        config_json: &Value,
        source_config_json: &Value,
    ) -> Result<Box<dyn BootstrapProvider>> {
        let mut config: Config = serde_json::from_value(config_json.clone())?;
        config.trouble.at("create")?;
        if let Some(label) = source_config_json.get("label").and_then(Value::as_str) {
            config.label = label.into();
        }
        Ok(Box::new(Provider { config, _entry: Entry::new("bootstrap") }))
    }
}

struct Provider {
    config: Config,
    _entry: Entry,
}

#[async_trait]
impl BootstrapProvider for Provider {
    async fn bootstrap(
        &self,
        request: BootstrapRequest,
        context: &BootstrapContext,
        event_tx: BootstrapEventSender,
        _settings: Option<&SourceSubscriptionSettings>,
    ) -> Result<BootstrapResult> {
        log::info!(
            "bootstrap of {} for {}: {:?} {:?}",
            context.source_id, request.query_id, request.node_labels, request.relation_labels
        );
        self.config.trouble.at("bootstrap")?;
        let label = request.node_labels.first().unwrap_or(&self.config.label);
        for number in 0..self.config.events {
            let metadata = ElementMetadata {
                reference: ElementReference::new(&context.source_id, &format!("row-{number}")),
                labels: [label.as_str().into()].into(),
                effective_from: 1_700_000_000_000,
            };
            let properties = ElementPropertyMap::from(json!({
                "number": number, "name": format!("Zeile {number}"), "warmth": number as f64,
            }));
            let event = BootstrapEvent {
                source_id: context.source_id.clone(),
                change: SourceChange::Insert { element: Element::Node { metadata, properties } },
                timestamp: chrono::Utc::now(),
                sequence: context.next_sequence(),
            };
            event_tx.send(event).await.map_err(|_| anyhow!("nobody listens"))?;
        }
        self.config.trouble.at("later")?;
        Ok(BootstrapResult {
            event_count: self.config.events as usize,
            source_position: self.config.position.clone().map(Into::into),
            ..BootstrapResult::default()
        })
    }
}
