//! What an operator says about the provider, and which addresses are safe to use.

use openidconnect::url::{Host, Url};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl};

/// Where the provider sends browsers back to.
pub const CALLBACK: &str = "/api/v1/session/oidc/callback";
/// The longest path to return to, bytes.
const BACK_BYTES_MAX: usize = 2_000;

/// The provider, what this server is to it, and where browsers find this server.
#[derive(Clone, Debug)]
pub struct OidcOptions {
    /// As its documents spell it.
    pub(super) issuer: IssuerUrl,
    pub(super) client_id: ClientId,
    pub(super) secret: ClientSecret,
    public_url: Url,
}

/// What is wrong with an operator's options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OidcOptionsError {
    /// No URL at all.
    #[error("{0:?} is no URL: {1}")]
    NoUrl(String, #[source] openidconnect::url::ParseError),
    /// Codes, tokens and cookies would travel where others can read them.
    #[error("{0} must begin with https://, unless it is of this machine alone (localhost, 127.0.0.1, [::1])")]
    Unguarded(Url),
    /// OpenID Connect Discovery 1.0, section 3.
    #[error("the issuer {0} must have no query and no fragment")]
    NotAnIssuer(Url),
    /// The server answers at `/` alone.
    #[error("the public URL {0} must be a scheme, a host and a port alone, as https://penstock.example")]
    NotAnOrigin(Url),
    /// A secret of no characters protects nothing.
    #[error("the client secret is empty")]
    NoSecret,
}

impl OidcOptions {
    /// Refuses addresses that are not safe, and an empty secret. White space around the secret, as files end with, is no part
    /// of it.
    pub fn new(issuer: &str, client_id: &str, secret: &str, public_url: &str) -> Result<OidcOptions, OidcOptionsError> {
        // Only checked: the issuer is compared letter by letter, so it stays as it was given.
        let url = guarded(issuer)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(OidcOptionsError::NotAnIssuer(url));
        }
        let public_url = guarded(public_url)?;
        if public_url.path() != "/" || public_url.query().is_some() || public_url.fragment().is_some() {
            return Err(OidcOptionsError::NotAnOrigin(public_url));
        }
        if secret.trim().is_empty() {
            return Err(OidcOptionsError::NoSecret);
        }
        Ok(OidcOptions {
            issuer: IssuerUrl::new(issuer.to_owned()).map_err(|e| OidcOptionsError::NoUrl(issuer.to_owned(), e))?,
            client_id: ClientId::new(client_id.to_owned()),
            secret: ClientSecret::new(secret.trim().to_owned()),
            public_url,
        })
    }

    /// Whether browsers talk to this server over HTTPS.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    pub(super) fn callback(&self) -> RedirectUrl {
        let mut url = self.public_url.clone();
        url.set_path(CALLBACK);
        RedirectUrl::from_url(url)
    }

    /// Where to return to: a path of this server as a whole URL, so that no browser reads it as another host's.
    pub(super) fn back(&self, path: &str) -> Option<Url> {
        let short = path.starts_with('/') && path.len() <= BACK_BYTES_MAX;
        let url = self.public_url.join(path).ok().filter(|_| short)?;
        (url.origin() == self.public_url.origin() && url.username().is_empty() && url.password().is_none())
            .then_some(url)
    }
}

fn guarded(text: &str) -> Result<Url, OidcOptionsError> {
    let url = Url::parse(text).map_err(|e| OidcOptionsError::NoUrl(text.to_owned(), e))?;
    if is_guarded(&url) { Ok(url) } else { Err(OidcOptionsError::Unguarded(url)) }
}

/// Whether nobody else can read what is sent there.
pub fn is_guarded(url: &Url) -> bool {
    let own = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && own
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://penstock.example:8443";

    fn options(issuer: &str, secret: &str, public_url: &str) -> Result<OidcOptions, OidcOptionsError> {
        OidcOptions::new(issuer, "penstock", secret, public_url)
    }

    #[test]
    fn only_https_or_this_machine_will_do() {
        for bad in ["https://id.example/?x=1", "https://id.example/#x"] {
            assert!(matches!(options(bad, "s", PUBLIC), Err(OidcOptionsError::NotAnIssuer(_))), "{bad}");
        }
        for good in ["https://id.example", "http://127.0.0.1:9/realm", "http://[::1]:9", "http://localhost"] {
            assert!(options(good, "s", PUBLIC).is_ok(), "{good}");
        }
        for bad in ["http://id.example", "http://127.0.0.1.example", "ftp://localhost", "http://10.0.0.1", "id", ""] {
            assert!(options(bad, "s", PUBLIC).is_err(), "{bad}");
            assert!(options("https://id.example", "s", bad).is_err(), "{bad}");
        }
        for bad in ["https://a.example/penstock", "https://a.example/?a", "https://a.example/#a"] {
            assert!(matches!(options("https://id.example", "s", bad), Err(OidcOptionsError::NotAnOrigin(_))), "{bad}");
        }
        assert!(matches!(options("https://id.example", " \n", PUBLIC), Err(OidcOptionsError::NoSecret)));
        let options = options("https://id.example", "hush\n", PUBLIC).unwrap();
        assert_eq!(options.secret.secret(), "hush");
        assert!(!format!("{options:?}").contains("hush"));
        assert_eq!(options.callback().as_str(), format!("{PUBLIC}{CALLBACK}"));
    }

    #[test]
    fn the_way_back_stays_on_this_server() {
        let options = options("https://id.example", "s", PUBLIC).unwrap();
        for (path, url) in [
            ("/", "/"),
            ("/console/tasks?state=DRAFT#3", "/console/tasks?state=DRAFT#3"),
            ("/a/..//evil.example", "//evil.example"),
            ("/%2f%2fevil.example", "/%2f%2fevil.example"),
        ] {
            assert_eq!(options.back(path).map(String::from), Some(format!("{PUBLIC}{url}")), "{path}");
        }
        let long = format!("/{}", "x".repeat(BACK_BYTES_MAX));
        for bad in [
            "",
            "console",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "//x@penstock.example:8443/",
            " //evil.example",
            &long,
        ] {
            assert_eq!(options.back(bad), None, "{bad:?}");
        }
    }
}
