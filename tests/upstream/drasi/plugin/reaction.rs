//! A reaction that writes down what it is given: a line of JSON each.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;

use anyhow::{anyhow, Result};
use async_trait::async_trait;
use drasi_lib::channels::QueryResult;
use drasi_lib::context::ReactionRuntimeContext;
use drasi_lib::queries::output_state::FetchError;
use drasi_lib::reactions::bootstrap_context::BootstrapContext;
use drasi_lib::{
    ComponentStatus, Reaction, ReactionBase, ReactionBaseParams, ReactionCheckpoint,
    ReactionRecoveryPolicy,
};
use drasi_plugin_sdk::ReactionPluginDescriptor;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use tokio_stream::StreamExt;

use crate::ledger::Entry;
use crate::Trouble;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    record: Option<String>,
    durable: bool,
    needs_snapshot: bool,
    recovery: ReactionRecoveryPolicy,
    fetch: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    outbox_after: Option<u64>,
    #[serde(flatten)]
    trouble: Trouble,
}

/// The kind `upstream-recorders`.
pub struct Recorders;

#[async_trait]
impl ReactionPluginDescriptor for Recorders {
    fn kind(&self) -> &str {
        "upstream-recorders"
    }

    fn config_version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema_json(&self) -> String {
        crate::schema(self.config_schema_name())
    }

    fn config_schema_name(&self) -> &str {
        "reaction.upstream-recorders.Config"
    }

    async fn create_reaction(
        &self,
        id: &str,
        query_ids: Vec<String>,
        config_json: &Value,
        auto_start: bool,
    ) -> Result<Box<dyn Reaction>> {
        let config: Config = serde_json::from_value(config_json.clone())?;
        config.trouble.at("create")?;
        let params = ReactionBaseParams::new(id, query_ids).with_auto_start(auto_start);
        Ok(Box::new(Recorder {
            base: ReactionBase::new(params),
            config,
            _entry: Entry::new("reaction"),
        }))
    }
}

struct Recorder {
    base: ReactionBase,
    config: Config,
    _entry: Entry,
}

impl Recorder {
    fn record(&self, line: Value) -> Result<()> {
        log::info!("{line}");
        if let Some(path) = &self.config.record {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(format!("{line}\n").as_bytes())?;
        }
        Ok(())
    }

    async fn fetch_snapshots(&self) -> Result<()> {
        let context = self.base.context().await.ok_or_else(|| anyhow!("not initialized"))?;
        let fetcher = context.snapshot_fetcher.ok_or_else(|| anyhow!("no snapshot fetcher"))?;
        for query in self.base.get_queries() {
            let line = match fetcher.fetch_snapshot(query).await {
                Ok(rows) => {
                    let (sequence, hash) = (rows.as_of_sequence, rows.config_hash);
                    let rows: Vec<_> = rows.collect().await;
                    json!({"fetched": query, "rows": rows, "sequence": sequence, "hash": hash})
                }
                Err(error) => json!({"fetched": query, "error": error.to_string()}),
            };
            self.record(line)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Reaction for Recorder {
    fn id(&self) -> &str {
        self.base.get_id()
    }

    fn type_name(&self) -> &str {
        "upstream-recorders"
    }

    fn properties(&self) -> HashMap<String, Value> {
        let value = serde_json::to_value(&self.config).expect("plain data");
        serde_json::from_value(value).expect("an object")
    }

    fn query_ids(&self) -> Vec<String> {
        self.base.get_queries().to_vec()
    }

    fn auto_start(&self) -> bool {
        self.base.get_auto_start()
    }

    fn is_durable(&self) -> bool {
        self.config.durable
    }

    fn needs_snapshot_on_fresh_start(&self) -> bool {
        self.config.needs_snapshot
    }

    fn default_recovery_policy(&self) -> ReactionRecoveryPolicy {
        self.config.recovery
    }

    async fn initialize(&self, context: ReactionRuntimeContext) {
        self.base.initialize(context).await;
    }

    async fn start(&self) -> Result<()> {
        self.config.trouble.at("start")?;
        if self.config.fetch {
            self.fetch_snapshots().await?;
        }
        self.base.set_status(ComponentStatus::Running, None).await;
        Ok(())
    }

    async fn stop(&self) -> Result<()> {
        self.config.trouble.at("stop")?;
        self.base.stop_common().await
    }

    async fn status(&self) -> ComponentStatus {
        self.base.get_status().await
    }

    async fn enqueue_query_result(&self, result: QueryResult) -> Result<()> {
        let _entry = Entry::new("result");
        self.config.trouble.at("result")?;
        self.record(json!({
            "query": result.query_id,
            "sequence": result.sequence,
            "results": result.results,
            "metadata": result.metadata,
        }))?;
        if self.config.durable {
            let before = self.base.read_checkpoint(&result.query_id).await?;
            let config_hash = before.map_or(0, |each| each.config_hash);
            let checkpoint = ReactionCheckpoint { sequence: result.sequence, config_hash };
            self.base.write_checkpoint(&result.query_id, &checkpoint).await?;
        }
        Ok(())
    }

    async fn deprovision(&self) -> Result<()> {
        self.config.trouble.at("deprovision")?;
        self.base.deprovision_common().await
    }

    /// Write down all that the host offers, and take the snapshot's place as the checkpoint.
    async fn bootstrap(&self, ctx: BootstrapContext) -> Result<()> {
        self.config.trouble.at("bootstrap")?;
        let before = ctx.read_checkpoint().await?;
        let snapshot = ctx.fetch_snapshot().await?;
        let after = ReactionCheckpoint {
            sequence: snapshot.as_of_sequence,
            config_hash: snapshot.config_hash,
        };
        let rows: Vec<_> = snapshot.collect().await;
        let outbox = match self.config.outbox_after {
            None => Value::Null,
            Some(sequence) => match ctx.fetch_outbox(sequence).await {
                Ok(stream) => {
                    let latest = stream.latest_sequence;
                    let sequences: Vec<_> = stream.map(|each| each.sequence).collect().await;
                    json!({"latest": latest, "sequences": sequences})
                }
                Err(FetchError::OutboxGap(gap)) => json!({"gap": gap.to_string()}),
                Err(error) => json!({"error": error.to_string()}),
            },
        };
        ctx.write_checkpoint(&after).await?;
        self.record(json!({
            "bootstrap": ctx.query_id,
            "reset": ctx.is_reset,
            "before": before,
            "after": after,
            "rows": rows,
            "outbox": outbox,
        }))
    }
}
