//! Reading target wallets: the merchants that they have heard of, and the fields that they require.

use crate::api::TenantId;
use crate::content::eligibility::FieldSet;
use crate::engine::Engine;
use crate::fold::State;
use crate::supply::items::MerchantName;
use crate::supply::wallet::{Onboarding, Wallet};
use penstock_dsl::registry::ContentType;
use std::sync::Arc;

/// How a merchant stands with a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantInfo {
    /// Which.
    pub merchant_id: Arc<str>,
    /// How it stands.
    pub onboarding: Onboarding,
    /// The version of that.
    pub version: i64,
    /// Its live items.
    pub items: u64,
}

/// A page of a wallet's merchants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MerchantsPage {
    /// In the order in which they were first heard of.
    pub merchants: Vec<MerchantInfo>,
    /// What the next page comes after; `None` after the last.
    pub next: Option<MerchantName>,
}

/// What a wallet requires of a content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyInfo {
    /// The content type.
    pub content_type: ContentType,
    /// The required fields.
    pub required: FieldSet,
    /// The version that was written; `None` where the appendix stands.
    pub version: Option<i64>,
}

impl Engine {
    /// Merchants of which an onboarding to the wallet was written; none where there is no such wallet.
    pub fn wallet_merchants(
        &self,
        tenant: &TenantId,
        wallet: &str,
        after: Option<MerchantName>,
        limit: usize,
    ) -> MerchantsPage {
        self.tenant(tenant)
            .map_or_else(Default::default, |tenant| merchants(&tenant.state.read(), wallet, after, limit))
    }

    /// What a wallet requires of each content type.
    pub fn wallet_policies(&self, tenant: &TenantId, wallet: &str) -> Vec<PolicyInfo> {
        let tenant = self.tenant(tenant);
        let state = tenant.as_ref().map(|tenant| tenant.state.read());
        policies(state.as_ref().and_then(|state| state.supply.wallets.get(wallet)))
    }
}

fn merchants(state: &State, wallet: &str, after: Option<MerchantName>, limit: usize) -> MerchantsPage {
    let Some(wallet) = state.supply.wallets.get(wallet) else { return MerchantsPage::default() };
    let mut later = wallet.merchants().filter(|(name, _)| after.is_none_or(|after| *name > after));
    let page: Vec<_> = later.by_ref().take(limit).collect();
    let next = page.last().map(|(name, _)| *name).filter(|_| later.next().is_some());
    let merchants = page.into_iter().filter_map(|(name, known)| {
        let items = state.supply.items.of_merchant(name).map_or(0, |items| items.len());
        let merchant_id = state.names.merchants.get(name)?.clone();
        Some(MerchantInfo { merchant_id, onboarding: known.value.clone(), version: known.version, items })
    });
    MerchantsPage { merchants: merchants.collect(), next }
}

fn policies(wallet: Option<&Wallet>) -> Vec<PolicyInfo> {
    let policy = |content_type| match wallet {
        Some(wallet) => {
            let (required, version) = (wallet.required(content_type), wallet.policy_version(content_type));
            PolicyInfo { content_type, required, version }
        }
        None => PolicyInfo { content_type, required: FieldSet::appendix(content_type), version: None },
    };
    ContentType::ALL.map(policy).to_vec()
}
