//! A source that makes up its changes, and sends them from threads of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{anyhow, Result};
use async_trait::async_trait;
use bytes::Bytes;
use drasi_core::models::{Element, ElementMetadata, ElementPropertyMap, ElementReference, SourceChange};
use drasi_lib::channels::{SourceEvent, SourceEventWrapper};
use drasi_lib::config::SourceSubscriptionSettings;
use drasi_lib::context::SourceRuntimeContext;
use drasi_lib::schema::{NodeSchema, PropertySchema, SourceSchema};
use drasi_lib::{
    ComponentStatus, DispatchMode, Source, SourceBase, SourceBaseParams, SubscriptionResponse,
};
use drasi_plugin_sdk::mapper::DtoMapper;
use drasi_plugin_sdk::{ConfigValue, SourcePluginDescriptor};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use tokio::sync::watch;

use crate::ledger::Entry;
use crate::Trouble;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    events: u64,
    threads: u64,
    pause_us: u64,
    ops: Vec<Op>,
    label: String,
    buffer: usize,
    broadcast: bool,
    replay: bool,
    schema: bool,
    store: bool,
    identity: bool,
    wal: bool,
    log: Vec<(log::Level, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<ConfigValue<String>>,
    #[serde(flatten)]
    trouble: Trouble,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
enum Op {
    Insert,
    Update,
    Delete,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            events: 0,
            threads: 1,
            pause_us: 0,
            ops: vec![Op::Insert, Op::Update, Op::Delete],
            label: "Sensor".into(),
            buffer: 1000,
            broadcast: false,
            replay: false,
            schema: false,
            store: false,
            identity: false,
            wal: false,
            log: Vec::new(),
            secret: None,
            trouble: Trouble::default(),
        }
    }
}

/// The kind `upstream-sensors`.
pub struct Sensors;

#[async_trait]
impl SourcePluginDescriptor for Sensors {
    fn kind(&self) -> &str {
        "upstream-sensors"
    }

    fn config_version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema_json(&self) -> String {
        crate::schema(self.config_schema_name())
    }

    fn config_schema_name(&self) -> &str {
        "source.upstream-sensors.Config"
    }

    async fn create_source(
        &self,
        id: &str,
        config_json: &Value,
        auto_start: bool,
    ) -> Result<Box<dyn Source>> {
        let mut config: Config = serde_json::from_value(config_json.clone())?;
        config.trouble.at("create")?;
        if let Some(secret) = &config.secret {
            let value = DtoMapper::new().resolve_string(secret).await?;
            config.secret = Some(ConfigValue::Static(value));
        }
        let mode = if config.broadcast { DispatchMode::Broadcast } else { DispatchMode::Channel };
        let params = SourceBaseParams::new(id)
            .with_dispatch_mode(mode)
            .with_dispatch_buffer_capacity(config.buffer)
            .with_auto_start(auto_start);
        Ok(Box::new(Sensor {
            base: SourceBase::new(params)?,
            config,
            stop: watch::channel(false).0,
            subscribed: watch::channel(false).0,
            threads: Mutex::default(),
            _entry: Entry::new("source"),
        }))
    }
}

struct Sensor {
    base: SourceBase,
    config: Config,
    stop: watch::Sender<bool>,
    subscribed: watch::Sender<bool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    _entry: Entry,
}

/// The bytes of a position, counted for as long as anybody has them.
struct Position([u8; 8], #[allow(dead_code)] Entry);

impl AsRef<[u8]> for Position {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Sensor {

    /// Count the starts in the state store, by every method that it has.
    async fn use_store(&self) -> Result<()> {
        let id = self.base.get_id();
        let store = self.base.state_store().await.ok_or_else(|| anyhow!("no state store"))?;
        let before = store.get(id, "starts").await?.unwrap_or_default();
        let starts = String::from_utf8(before)?.parse().unwrap_or(0u64) + 1;
        store.set(id, "starts", starts.to_string().into_bytes()).await?;
        store.set_many(id, &[("a", &[1, 0, 255]), ("b", &[])]).await?;
        let mut many: Vec<_> = store.get_many(id, &["a", "b", "none"]).await?.into_iter().collect();
        many.sort();
        let mut keys = store.list_keys(id).await?;
        keys.sort();
        log::info!(
            "store: starts {starts}, keys {keys:?}, many {many:?}, count {}, there {} {}, b {} c {}",
            store.key_count(id).await?,
            store.store_exists(id).await?,
            store.store_exists("nobody's").await?,
            store.contains_key(id, "b").await?,
            store.contains_key(id, "c").await?,
        );
        store.delete(id, "a").await?;
        store.delete_many(id, &["b", "none"]).await?;
        store.sync().await?;
        Ok(())
    }

    /// Write a change into the log of changes, and use every other method that it has.
    #[cfg(feature = "wal")]
    async fn use_wal(&self) -> Result<()> {
        use drasi_lib::{CapacityPolicy, WriteAheadLogConfig};
        let id = self.base.get_id();
        let context = self.base.context().await.ok_or_else(|| anyhow!("not initialized"))?;
        let wal = context.wal_provider.ok_or_else(|| anyhow!("no log of changes"))?;
        let policy = CapacityPolicy::OverwriteOldest;
        wal.register(id, WriteAheadLogConfig { max_events: 1000, capacity_policy: policy }).await?;
        let change = change(id, &self.config, 0, 0);
        let sequence = wal.append(id, &change).await?;
        let read = wal.read_from(id, 0).await?;
        log::info!(
            "wal: sequence {sequence}, head {}, oldest {:?}, count {}, read {}, pruned {}",
            wal.head_sequence(id).await?,
            wal.oldest_sequence(id).await?,
            wal.event_count(id).await?,
            read.len(),
            wal.prune_up_to(id, sequence).await?,
        );
        wal.delete_wal(id).await?;
        Ok(())
    }

    #[cfg(not(feature = "wal"))]
    async fn use_wal(&self) -> Result<()> {
        Err(anyhow!("this release has no log of changes"))
    }

    async fn use_identity(&self) -> Result<()> {
        use drasi_lib::identity::CredentialContext;
        let provider =
            self.base.identity_provider().await.ok_or_else(|| anyhow!("no identity provider"))?;
        let context = CredentialContext::new().with_property("host", "sensors");
        let whose = provider.clone_box().get_credentials(&context).await?;
        let again = provider.get_credentials(&context).await?;
        log::info!("identity: {}", crate::identity::told(&again));
        anyhow::ensure!(whose == again, "a clone answers otherwise");
        Ok(())
    }
}

fn change(source: &str, config: &Config, thread: u64, number: u64) -> SourceChange {
    let turn = config.ops.len() as u64;
    let metadata = ElementMetadata {
        reference: ElementReference::new(source, &format!("{thread}-{}", number / turn)),
        labels: Arc::from([Arc::from(config.label.as_str())]),
        effective_from: 1_700_000_000_000 + number,
    };
    let properties = || {
        ElementPropertyMap::from(json!({
            "thread": thread,
            "number": number,
            "name": format!("Fühler {number}"),
            "warmth": number as f64 / 4.0,
            "even": number % 2 == 0,
            "places": ["Hof", thread],
            "nothing": null,
            "inner": {"x": 1},
        }))
    };
    match config.ops[(number % turn) as usize] {
        Op::Insert => SourceChange::Insert {
            element: Element::Node { metadata, properties: properties() },
        },
        Op::Update => SourceChange::Update {
            element: Element::Node { metadata, properties: properties() },
        },
        Op::Delete => SourceChange::Delete { metadata },
    }
}

/// What a thread does until all is sent, or the source is stopped.
async fn push(
    base: SourceBase,
    config: Config,
    thread: u64,
    mut stop: watch::Receiver<bool>,
    mut subscribed: watch::Receiver<bool>,
) {
    let sending = async {
        // `SourceBase::wait_for_subscribers` wakes one thread only.
        let _ = subscribed.wait_for(|there| *there).await;
        for number in 0..config.events {
            let mut event = SourceEventWrapper::new(
                base.get_id().to_string(),
                SourceEvent::Change(change(base.get_id(), &config, thread, number)),
                chrono::Utc::now(),
            );
            let position = Position(number.to_be_bytes(), Entry::new("change"));
            event.set_source_position(Bytes::from_owner(position));
            if let Err(error) = base.dispatch_event(event).await {
                log::error!("not sent: {error}");
            }
            base.prune_position_map(u64::MAX - 1).await;
            if config.pause_us > 0 {
                tokio::time::sleep(Duration::from_micros(config.pause_us)).await;
            }
        }
    };
    tokio::select! {
        _ = stop.wait_for(|stopped| *stopped) => {}
        () = sending => {}
    }
}

#[async_trait]
impl Source for Sensor {
    fn id(&self) -> &str {
        self.base.get_id()
    }

    fn type_name(&self) -> &str {
        "upstream-sensors"
    }

    fn properties(&self) -> HashMap<String, Value> {
        let value = serde_json::to_value(&self.config).expect("plain data");
        serde_json::from_value(value).expect("an object")
    }

    fn dispatch_mode(&self) -> DispatchMode {
        self.base.get_dispatch_mode()
    }

    fn auto_start(&self) -> bool {
        self.base.get_auto_start()
    }

    fn supports_replay(&self) -> bool {
        self.config.replay
    }

    fn describe_schema(&self) -> Option<SourceSchema> {
        self.config.schema.then(|| SourceSchema {
            nodes: vec![NodeSchema {
                label: self.config.label.clone(),
                properties: vec![PropertySchema::new("number"), PropertySchema::new("name")],
            }],
            relations: Vec::new(),
        })
    }

    async fn initialize(&self, context: SourceRuntimeContext) {
        self.base.initialize(context).await;
    }

    async fn start(&self) -> Result<()> {
        for (level, text) in &self.config.log {
            log::log!(*level, "{text}");
        }
        self.config.trouble.at("start")?;
        if self.config.store {
            self.use_store().await?;
        }
        if self.config.identity {
            self.use_identity().await?;
        }
        if self.config.wal {
            self.use_wal().await?;
        }
        self.stop.send_replace(false);
        let runtime = tokio::runtime::Handle::current();
        for thread in 0..self.config.threads {
            let pushing = push(
                self.base.clone_shared(),
                self.config.clone(),
                thread,
                self.stop.subscribe(),
                self.subscribed.subscribe(),
            );
            let (runtime, entry) = (runtime.clone(), Entry::new("thread"));
            let spawned = std::thread::Builder::new()
                .name(format!("sensor-{thread}"))
                .spawn(move || {
                    let _entry = entry;
                    runtime.block_on(pushing);
                })?;
            self.threads.lock().expect("nobody panics with it").push(spawned);
        }
        self.base.set_status(ComponentStatus::Running, None).await;
        Ok(())
    }

    async fn stop(&self) -> Result<()> {
        self.config.trouble.at("stop")?;
        self.stop.send_replace(true);
        let threads = std::mem::take(&mut *self.threads.lock().expect("nobody panics with it"));
        tokio::task::spawn_blocking(move || threads.into_iter().try_for_each(JoinHandle::join))
            .await?
            .map_err(|_| anyhow!("a thread panicked"))?;
        // A stop ends the streams that there are; the next start waits for others.
        self.subscribed.send_replace(false);
        self.base.stop_common().await
    }

    async fn status(&self) -> ComponentStatus {
        self.base.get_status().await
    }

    async fn subscribe(&self, settings: SourceSubscriptionSettings) -> Result<SubscriptionResponse> {
        self.config.trouble.at("subscribe")?;
        if let Some(position) = &settings.resume_from {
            log::info!("resumes from {:?}", position.as_ref());
        }
        let response = self.base.subscribe_with_bootstrap(&settings, self.type_name()).await?;
        self.subscribed.send_replace(true);
        Ok(response)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    async fn deprovision(&self) -> Result<()> {
        self.config.trouble.at("deprovision")?;
        self.base.deprovision_common().await
    }

    async fn set_bootstrap_provider(
        &self,
        provider: Box<dyn drasi_lib::bootstrap::BootstrapProvider + 'static>,
    ) {
        self.base.set_bootstrap_provider(provider).await;
    }

    async fn remove_position_handle(&self, query_id: &str) {
        log::info!("confirmed: {:?}", self.base.compute_confirmed_position().await);
        self.base.remove_position_handle(query_id).await;
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        let threads = std::mem::take(self.threads.get_mut().expect("nobody panics with it"));
        for thread in threads {
            let _ = thread.join();
        }
    }
}
