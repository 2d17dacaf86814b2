//! An identity provider whose credentials are what its configuration says.

use anyhow::Result;
use async_trait::async_trait;
use drasi_lib::identity::{CredentialContext, Credentials, IdentityProvider};
use drasi_plugin_sdk::IdentityProviderPluginDescriptor;
use serde::Deserialize;
use serde_json::Value;

use crate::ledger::Entry;
use crate::Trouble;

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    r#type: Type,
    user: String,
    secret: String,
    #[serde(flatten)]
    trouble: Trouble,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Type {
    Password,
    Token,
    Certificate,
}

impl Default for Config {
    fn default() -> Self {
        let (user, secret) = ("Jürgen".into(), "geheim".into());
        Self { r#type: Type::Password, user, secret, trouble: Trouble::default() }
    }
}

/// What credentials are, in one line.
pub fn told(credentials: &Credentials) -> String {
    match credentials {
        Credentials::UsernamePassword { username, password } => format!("{username}:{password}"),
        Credentials::Token { username, token } => format!("{username}, token {token}"),
        Credentials::Certificate { cert_pem, key_pem, username } => {
            format!("{username:?}, certificate {cert_pem}, key {key_pem}")
        }
    }
}

/// The kind `upstream-badges`.
pub struct Badges;

#[async_trait]
impl IdentityProviderPluginDescriptor for Badges {
    fn kind(&self) -> &str {
        "upstream-badges"
    }

    fn config_version(&self) -> &str {
        "1.0.0"
    }

    fn config_schema_json(&self) -> String {
        crate::schema(self.config_schema_name())
    }

    fn config_schema_name(&self) -> &str {
        "identity.upstream-badges.Config"
    }

    async fn create_identity_provider(
        &self,
        config_json: &Value,
    ) -> Result<Box<dyn IdentityProvider>> {
        let config: Config = serde_json::from_value(config_json.clone())?;
        config.trouble.at("create")?;
        Ok(Box::new(Badge { config, _entry: Entry::new("identity") }))
    }
}

struct Badge {
    config: Config,
    _entry: Entry,
}

#[async_trait]
impl IdentityProvider for Badge {
    async fn get_credentials(&self, context: &CredentialContext) -> Result<Credentials> {
        self.config.trouble.at("get_credentials")?;
        let username = match context.get("host") {
            Some(host) => format!("{}@{host}", self.config.user),
            None => self.config.user.clone(),
        };
        let secret = self.config.secret.clone();
        Ok(match self.config.r#type {
            Type::Password => Credentials::UsernamePassword { username, password: secret },
            Type::Token => Credentials::Token { username, token: secret },
            Type::Certificate => Credentials::Certificate {
                cert_pem: "-----BEGIN CERTIFICATE-----".into(),
                key_pem: secret,
                username: context.get("host").map(|_| username),
            },
        })
    }

    fn clone_box(&self) -> Box<dyn IdentityProvider> {
        Box::new(Badge { config: self.config.clone(), _entry: Entry::new("identity") })
    }
}
