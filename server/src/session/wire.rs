//! What goes over the wire about sessions.

use crate::people::{Acting, Session, Wallet};
use crate::rights::{Operation, Rights, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// Lower case.
    #[schema(example = "maria")]
    pub account: String,
    #[schema(format = Password)]
    pub password: String,
    /// The wallet to work for.
    #[schema(example = "ALIPAYHK")]
    pub wallet: Option<String>,
}

/// The wallet to work for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletRequest {
    /// One of the session's `wallets`.
    #[schema(example = "ALIPAYHK")]
    pub wallet: String,
}

/// How one can sign in here.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaysResponse {
    /// By a password, with `POST /api/v1/session`.
    pub password: bool,
    /// At the organisation's own provider, by `GET /api/v1/session/oidc`.
    pub oidc: bool,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResponse {
    #[schema(example = "maria")]
    account: String,
    display_name: String,
    /// The wallet that it is in; null until one is chosen.
    wallet: Option<WalletWire>,
    /// What the account is there.
    roles: Vec<Role>,
    /// What it may do there.
    operations: Vec<Operation>,
    /// The wallets that can be chosen.
    wallets: Vec<WalletWire>,
    /// When it ends unless something is asked before, epoch milliseconds.
    expires_ms: i64,
}

/// A wallet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletWire {
    #[schema(example = "ALIPAYHK")]
    name: String,
    display_name: String,
    /// Whether content comes from it.
    source: bool,
    /// Whether content goes to it.
    target: bool,
    /// IANA name.
    #[schema(example = "Asia/Hong_Kong")]
    time_zone: String,
}

impl From<Wallet> for WalletWire {
    fn from(wallet: Wallet) -> WalletWire {
        let Wallet { name, display_name, source, target, time_zone, .. } = wallet;
        WalletWire { name, display_name, source, target, time_zone }
    }
}

impl SessionResponse {
    /// Whose session it is.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// A session and the wallets that its account can choose.
    pub fn new(session: Session, choices: Vec<Acting>) -> SessionResponse {
        let (wallet, roles) = session.acting.map(|acting| (acting.wallet, acting.roles)).unzip();
        let roles = roles.unwrap_or_default();
        SessionResponse {
            account: session.account.id,
            display_name: session.account.display_name,
            wallet: wallet.map(WalletWire::from),
            operations: Rights::of_roles(&roles).operations(),
            roles,
            wallets: choices.into_iter().map(|at| at.wallet.into()).collect(),
            expires_ms: session.expires_ms,
        }
    }
}
