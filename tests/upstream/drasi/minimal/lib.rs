//! The least that a plugin of any release can be: a source, which sends three changes to whoever subscribes.

use std::collections::HashMap;

use anyhow::Result;
use async_trait::async_trait;
use drasi_core::models::{Element, ElementMetadata, ElementPropertyMap, ElementReference, SourceChange};
use drasi_lib::channels::{ComponentStatus, SubscriptionResponse};
use drasi_lib::config::SourceSubscriptionSettings;
use drasi_lib::context::SourceRuntimeContext;
use drasi_lib::{Source, SourceBase, SourceBaseParams};
use drasi_plugin_sdk::SourcePluginDescriptor;
use serde_json::Value;

struct Triples;

#[async_trait]
impl SourcePluginDescriptor for Triples {
    fn kind(&self) -> &str {
        "upstream-triples"
    }

    fn config_version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema_json(&self) -> String {
        "{}".into()
    }

    fn config_schema_name(&self) -> &str {
        "source.upstream-triples.Config"
    }

    async fn create_source(&self, id: &str, config: &Value, _: bool) -> Result<Box<dyn Source>> {
        anyhow::ensure!(config.get("fail").is_none(), "create: as configured");
        let base = SourceBase::new(SourceBaseParams::new(id))?;
        Ok(Box::new(Triple { base }))
    }
}

struct Triple {
    base: SourceBase,
}

#[async_trait]
impl Source for Triple {
    fn id(&self) -> &str {
        &self.base.id
    }

    fn type_name(&self) -> &str {
        "upstream-triples"
    }

    fn properties(&self) -> HashMap<String, Value> {
        HashMap::from([("release".into(), env!("CARGO_PKG_VERSION").into())])
    }

    async fn initialize(&self, context: SourceRuntimeContext) {
        self.base.initialize(context).await;
    }

    async fn start(&self) -> Result<()> {
        Ok(())
    }

    async fn stop(&self) -> Result<()> {
        self.base.stop_common().await
    }

    async fn status(&self) -> ComponentStatus {
        ComponentStatus::Stopped
    }

    async fn subscribe(&self, settings: SourceSubscriptionSettings) -> Result<SubscriptionResponse> {
        let response = self.base.subscribe_with_bootstrap(&settings, self.type_name()).await?;
        for number in 0..3 {
            let element = Element::Node {
                metadata: ElementMetadata {
                    reference: ElementReference::new(&self.base.id, &number.to_string()),
                    labels: ["Sensor".into()].into(),
                    effective_from: 1_700_000_000_000,
                },
                properties: ElementPropertyMap::new(),
            };
            self.base.dispatch_source_change(SourceChange::Insert { element }).await?;
        }
        Ok(response)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

drasi_plugin_sdk::export_plugin!(
    plugin_id = "upstream",
    core_version = env!("CARGO_PKG_VERSION"),
    lib_version = env!("CARGO_PKG_VERSION"),
    plugin_version = env!("CARGO_PKG_VERSION"),
    source_descriptors = [Triples],
    reaction_descriptors = [],
    bootstrap_descriptors = [],
);
