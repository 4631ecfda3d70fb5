//! A provider of sign-ins for tests: discovery, keys, authorization and tokens by OpenID Connect, on a port of this machine.
//!
//! It is as strict as real ones: a code is good once, for the client, the redirect and the verifier that it was asked for with.
//! What its tokens say can be bent, and they are signed for real.

use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use openidconnect::core::{
    CoreEdDsaPrivateSigningKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::SystemTime;

/// What the provider calls the server under test.
pub const CLIENT_ID: &str = "penstock";
/// What it shares with it; not only letters, so that it must be encoded.
pub const CLIENT_SECRET: &str = "hush: 100% +secret";

/// A running provider, until the process ends.
pub struct Issuer {
    /// Its name and address.
    pub url: String,
    inner: Arc<Inner>,
}

struct Inner {
    url: String,
    state: Mutex<Bent>,
    codes: Mutex<HashMap<String, Asked>>,
}

/// What is not as it should be, or not as usual.
struct Bent {
    claims: Value,
    edwards: bool,
    down: bool,
}

/// What a code was asked for with.
struct Asked {
    redirect: String,
    nonce: String,
    challenge: String,
}

type Params = HashMap<String, String>;

impl Issuer {
    /// A provider on a free port.
    pub fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Mutex::new(Bent { claims: json!({}), edwards: false, down: false });
        let inner = Arc::new(Inner { url: url.clone(), state, codes: Mutex::default() });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .layer(axum::middleware::from_fn_with_state(inner.clone(), unless_down))
            .with_state(inner.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                listener.set_nonblocking(true).unwrap();
                axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), router).await
            })
        });
        Issuer { url, inner }
    }

    /// From now on tokens say this besides or instead of what is right; null takes a claim away.
    pub fn bend(&self, claims: Value) {
        self.inner.state.lock().unwrap().claims = claims;
    }

    /// From now on tokens are signed by another key, an Edwards curve's instead of RSA's; `keys` shows it alone.
    pub fn rotate(&self) {
        self.inner.state.lock().unwrap().edwards = true;
    }

    /// Whether every request fails from now on.
    pub fn set_down(&self, down: bool) {
        self.inner.state.lock().unwrap().down = down;
    }
}

async fn unless_down(State(issuer): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let down = issuer.state.lock().unwrap().down;
    if down { StatusCode::BAD_GATEWAY.into_response() } else { next.run(request).await }
}

async fn discovery(State(issuer): State<Arc<Inner>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", issuer.url);
    Json(json!({
        "issuer": issuer.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"], "a_number_of_its_own": 1.5,
    }))
}

async fn keys(State(issuer): State<Arc<Inner>>) -> Json<CoreJsonWebKeySet> {
    let key = match issuer.state.lock().unwrap().edwards {
        true => edwards_key().as_verification_key(),
        false => rsa_key().as_verification_key(),
    };
    Json(CoreJsonWebKeySet::new(vec![key]))
}

/// The person at the browser agrees at once.
async fn authorize(State(issuer): State<Arc<Inner>>, Query(asked): Query<Params>) -> impl IntoResponse {
    let right = [("client_id", CLIENT_ID), ("response_type", "code"), ("code_challenge_method", "S256")];
    let wrong = right.iter().find(|(name, value)| asked.get(*name).map(String::as_str) != Some(value));
    let scopes: Vec<&str> = asked["scope"].split(' ').collect();
    if wrong.is_some() || !scopes.contains(&"openid") || !scopes.contains(&"email") {
        return (StatusCode::BAD_REQUEST, format!("{wrong:?} {scopes:?}")).into_response();
    }
    let code = format!("code-{}", issuer.codes.lock().unwrap().len());
    let to = format!("{}?code={code}&state={}&iss=x", asked["redirect_uri"], asked["state"]);
    let [redirect, nonce, challenge] = ["redirect_uri", "nonce", "code_challenge"].map(|name| asked[name].clone());
    issuer.codes.lock().unwrap().insert(code, Asked { redirect, nonce, challenge });
    Redirect::to(&to).into_response()
}

async fn token(
    State(issuer): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(sent): Form<Params>,
) -> (StatusCode, Json<Value>) {
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    // RFC 6749, 2.3.1: each half is encoded as forms are.
    let basic = format!("Basic {}", BASE64_STANDARD.encode("penstock:hush%3A+100%25+%2Bsecret"));
    if headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(&basic) {
        return refuse("invalid_client");
    }
    // A code is gone with its first use, but its number is not given again.
    let mut codes = issuer.codes.lock().unwrap();
    let Some(asked) = codes.get_mut(&sent["code"]) else { return refuse("invalid_grant") };
    let Asked { redirect, nonce, challenge } =
        std::mem::replace(asked, Asked { redirect: String::new(), nonce: String::new(), challenge: String::new() });
    let verified = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&sent["code_verifier"]));
    if (&sent["grant_type"][..], &sent["redirect_uri"], verified) != ("authorization_code", &redirect, challenge) {
        return refuse("invalid_grant");
    }
    let bent = issuer.state.lock().unwrap();
    let id_token = sign(bent.edwards, &claims(&issuer.url, &nonce, &bent.claims));
    let answer = json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 3600, "id_token": id_token });
    (StatusCode::OK, Json(answer))
}

fn claims(issuer: &str, nonce: &str, bent: &Value) -> Value {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({
        "iss": issuer, "aud": CLIENT_ID, "sub": "4711", "nonce": nonce, "iat": now, "exp": now + 300,
        "auth_time": now, "updated_at": now, "email": "Maria.Lee@Example.com", "email_verified": true,
        "name": "Maria Lee", "of_its_own": { "number": 1.5 },
    });
    for (name, value) in bent.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn sign(edwards: bool, claims: &Value) -> String {
    let (alg, kid) = if edwards { ("EdDSA", "edwards") } else { ("RS256", "rsa") };
    let encoded = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encoded(&json!({ "alg": alg, "kid": kid, "typ": "JWT" })), encoded(claims));
    let signature = match edwards {
        true => edwards_key().sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()),
        false => rsa_key().sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, text.as_bytes()),
    };
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.unwrap()))
}

/// Made once a process.
fn rsa_key() -> &'static CoreRsaPrivateSigningKey {
    static KEY: OnceLock<CoreRsaPrivateSigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let pem = key.to_pkcs1_pem(LineEnding::LF).unwrap();
        CoreRsaPrivateSigningKey::from_pem(&pem, Some(JsonWebKeyId::new("rsa".to_string()))).unwrap()
    })
}

fn edwards_key() -> CoreEdDsaPrivateSigningKey {
    // PKCS#8: what stands before the 32 bytes of an Ed25519 key is always the same.
    let before = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let body = BASE64_STANDARD.encode([&before[..], &[7; 32]].concat());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new("edwards".to_string()))).unwrap()
}
