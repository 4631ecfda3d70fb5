//! The provider: what its documents say, and the exchange of a code for an e-mail address that it vouches for.
//!
//! Everything that asks it blocks, for [`CALL_TIME_MAX`] a call at most. Redirects are not followed, and nothing is asked at an
//! address that others could read along.

use super::options::{OidcOptions, is_guarded};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreProviderMetadata};
use openidconnect::core::{CoreIdToken, CoreIdTokenClaims};
use openidconnect::url::Url;
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, Nonce, PkceCodeChallenge, PkceCodeVerifier, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse,
};
use parking_lot::RwLock;
use std::sync::Arc;
use std::time::Duration;

/// How long the provider may take for an answer.
const CALL_TIME_MAX: Duration = Duration::from_secs(10);
/// The largest answer that is read, bytes; keys and tokens take some thousands.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// The longest error code that is shown.
const WORD_BYTES_MAX: usize = 64;
/// How long to wait after the first failure to read the provider's documents; twice as long each time.
const RETRY_TIME_MIN: Duration = Duration::from_secs(1);
const RETRY_TIME_MAX: Duration = Duration::from_secs(60);
/// How often its documents are read again, so that a key it has withdrawn is not trusted for ever.
const REFRESH_TIME: Duration = Duration::from_secs(60 * 60);

/// What only the one who began a sign-in can show when it comes back.
pub struct Proof {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointMaybeSet>;

/// The provider; known once its documents were read.
pub struct Provider {
    options: OidcOptions,
    agent: ureq::Agent,
    client: RwLock<Option<Arc<Client>>>,
}

/// Why the provider's documents could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// They could not be read.
    #[error("the provider's documents cannot be read")]
    Discovery(#[from] DiscoveryError<FetchError>),
    /// They name no token endpoint.
    #[error("the provider has no token endpoint")]
    NoTokens,
    /// They send browsers where others can read along.
    #[error("the provider's authorization endpoint is not https")]
    Unguarded,
}

/// Why the provider gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address is none to send secrets to.
    #[error("{0} is neither https nor of this machine")]
    Unguarded(String),
    /// The connection failed, or took too long, or the answer is too large.
    #[error(transparent)]
    Http(#[from] ureq::Error),
}

/// Why a code brought no e-mail address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Its documents were not read yet.
    #[error("the provider of sign-ins cannot be reached yet; try again in a moment")]
    NotYet,
    /// It could not be asked, or its answer makes no sense.
    #[error("the provider of sign-ins did not answer as it should; try again")]
    Provider(#[source] anyhow::Error),
    /// It does not know the code, or not from here.
    #[error("the provider did not accept the sign-in: {0}; begin again")]
    Code(String),
    /// What it vouches for is not for this sign-in.
    #[error("the provider's answer is not valid for this sign-in; begin again")]
    Token(#[source] ClaimsVerificationError),
    /// There is no address, or nobody made sure of it.
    #[error("the provider does not say that it has verified your e-mail address; verify it there first")]
    Unverified,
}

impl ExchangeError {
    /// The provider's own word for why, if it is one: anybody can put anything into an address.
    pub fn code(word: &str) -> ExchangeError {
        let plain = word.len() <= WORD_BYTES_MAX && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        ExchangeError::Code(if plain { word } else { "unknown" }.to_string())
    }
}

#[cfg(test)]
impl Proof {
    /// One of no sign-in.
    pub fn of_none() -> Proof {
        Proof { nonce: Nonce::new(String::new()), verifier: PkceCodeVerifier::new(String::new()) }
    }
}

impl Provider {
    pub fn new(options: OidcOptions) -> Provider {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(CALL_TIME_MAX))
            .proxy(None)
            .build();
        Provider { options, agent: config.into(), client: RwLock::default() }
    }

    /// What the operator says.
    pub fn options(&self) -> &OidcOptions {
        &self.options
    }

    /// Reads the provider's documents until it works, and again from time to time, for ever.
    pub async fn watch(self: Arc<Self>) {
        let mut retry = RETRY_TIME_MIN;
        loop {
            let provider = self.clone();
            let read = tokio::task::spawn_blocking(move || provider.discover()).await;
            let pause = match read.map_err(anyhow::Error::from).and_then(|read| Ok(read?)) {
                Ok(()) => {
                    retry = RETRY_TIME_MIN;
                    REFRESH_TIME
                }
                Err(error) => {
                    let issuer = self.options.issuer.as_str();
                    tracing::warn!(issuer, cause = format!("{error:#}"), "the provider of sign-ins cannot be used");
                    let later = (retry * 2).min(RETRY_TIME_MAX);
                    std::mem::replace(&mut retry, later)
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads the provider's documents and keys.
    fn discover(&self) -> Result<(), ProviderError> {
        let documents = CoreProviderMetadata::discover(&self.options.issuer, &|request| self.fetch(request))?;
        if !is_guarded(documents.authorization_endpoint().url()) {
            return Err(ProviderError::Unguarded);
        }
        let tokens = documents.token_endpoint().cloned().ok_or(ProviderError::NoTokens)?;
        let by = auth_type(documents.token_endpoint_auth_methods_supported().map_or(&[], Vec::as_slice));
        let OidcOptions { client_id, secret, .. } = self.options.clone();
        let client = CoreClient::from_provider_metadata(documents, client_id, Some(secret))
            .set_token_uri(tokens)
            .set_redirect_uri(self.options.callback())
            .set_auth_type(by);
        if self.client.write().replace(Arc::new(client)).is_none() {
            tracing::info!(issuer = self.options.issuer.as_str(), "the provider of sign-ins is known");
        }
        Ok(())
    }

    fn client(&self) -> Result<Arc<Client>, ExchangeError> {
        self.client.read().clone().ok_or(ExchangeError::NotYet)
    }

    /// Where to send a browser, the state that it will come back with, and the proof for then.
    pub fn begin(&self) -> Result<(Url, CsrfToken, Proof), ExchangeError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let client = self.client()?;
        let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let (url, state, nonce) =
            request.add_scope(Scope::new("email".to_string())).set_pkce_challenge(challenge).url();
        Ok((url, state, Proof { nonce, verifier }))
    }

    /// The e-mail address that the provider vouches for.
    pub fn email(&self, code: String, Proof { nonce, verifier }: Proof) -> Result<String, ExchangeError> {
        let provider = |error| ExchangeError::Provider(error);
        let client = self.client()?;
        let request = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let answer = request.request(&|request| self.fetch(request)).map_err(|error| match error {
            RequestTokenError::ServerResponse(refusal) => ExchangeError::code(refusal.error().as_ref()),
            other => provider(other.into()),
        })?;
        let token = answer.id_token().ok_or_else(|| provider(anyhow::anyhow!("it sent no ID token")))?;
        let claims = match verified(&client, token, &nonce) {
            // Its keys are others since they were read.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                self.discover().map_err(|error| provider(error.into()))?;
                verified(&*self.client()?, token, &nonce)
            }
            known => known,
        }
        .map_err(ExchangeError::Token)?;
        match (claims.email(), claims.email_verified()) {
            (Some(email), Some(true)) => Ok(email.to_string()),
            _ => Err(ExchangeError::Unverified),
        }
    }

    fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let address = request.uri().to_string();
        if !Url::parse(&address).is_ok_and(|url| is_guarded(&url)) {
            return Err(FetchError::Unguarded(address));
        }
        let mut response = match request.body().is_empty() {
            true => self.agent.run(request.map(|_| ()))?,
            false => self.agent.run(request)?,
        };
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(response.map(|_| body))
    }
}

/// What a token says, once its signature, issuer, audience, nonce and end were found right. Its access token is not used, so
/// nothing ties the two.
fn verified(client: &Client, token: &CoreIdToken, nonce: &Nonce) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    token.claims(&client.id_token_verifier(), nonce).cloned()
}

/// How the secret is sent: as the standard prefers unless the provider takes it in the body alone.
fn auth_type(methods: &[CoreClientAuthMethod]) -> AuthType {
    let has = |method| methods.contains(&method);
    match has(CoreClientAuthMethod::ClientSecretPost) && !has(CoreClientAuthMethod::ClientSecretBasic) {
        true => AuthType::RequestBody,
        false => AuthType::BasicAuth,
    }
}
