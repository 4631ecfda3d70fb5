//! Where letters to webhooks may go: over HTTPS, to machines that anybody may reach.
//!
//! An endpoint's URL is its wallet's to choose, so it must not lead into the network that the server stands in. A name is
//! resolved once, every address that it has is looked at, and the connection is made to these very addresses: a name that
//! means another machine a moment later changes nothing.

use axum::http::Uri;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The longest URL of an endpoint, bytes.
pub const URL_BYTES_MAX: usize = 2_048;

/// Refuses what cannot be an endpoint's URL, whatever its name means; the text says why.
pub fn check_url(url: &str) -> Result<(), String> {
    let wrong =
        |why: &str| Err(format!("{:?} is no URL for a webhook: {why}", url.chars().take(100).collect::<String>()));
    if url.len() > URL_BYTES_MAX {
        return wrong(&format!("it has more than {URL_BYTES_MAX} bytes"));
    }
    let Ok(uri) = url.parse::<Uri>() else { return wrong("it cannot be read") };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return wrong("use https://HOST/PATH");
    };
    if authority.as_str().contains('@') {
        return wrong("leave the user away; letters are signed");
    }
    let port = authority.as_str().rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if port.is_some_and(|port| !port.parse().is_ok_and(|port: u16| port > 0)) {
        return wrong("a port is from 1 to 65535");
    }
    match scheme {
        "https" if literal(authority.host()).is_some_and(|address| !is_loopback(address) && !is_public(address)) => {
            wrong("its address is not one that anybody may reach")
        }
        "https" => Ok(()),
        // Only where the server says that it may go there too.
        "http" if is_loopback_host(authority.host()) => Ok(()),
        _ => wrong("use https://HOST/PATH"),
    }
}

/// Why no letters go to this machine.
pub const LOOPBACK_REFUSED: &str =
    "its host is this machine, where webhooks go only if the server was started with --webhook-loopback";

/// Whether a URL leads to this machine by its own words.
pub fn is_this_machine(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_loopback_host))
}

/// The address that a host is, if it is no name.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback_host(host: &str) -> bool {
    host == "localhost" || literal(host).is_some_and(is_loopback)
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Whether an address is one that anybody may reach.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

/// IANA's registry of special addresses, and a cloud's metadata service at an address that looks like any other.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127 | 224..=255, ..] => true,
        [100, b, ..] => b & 0xc0 == 64,
        [169, 254, ..] | [192, 168, ..] => true,
        [172, b, ..] => b & 0xf0 == 16,
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [168, 63, 129, 16] => true,
        _ => false,
    };
    !special
}

/// Global unicast, less what is for documents, tunnels and translators: those hide an IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, b, ..] => b >= 0x200 && b != 0xdb8,
        [0x2002, ..] => false,
        [0x3fff, b, ..] => b >= 0x1000,
        [a, ..] => a & 0xe000 == 0x2000,
    }
}

/// Resolves names to public addresses, or, where the operator says so, to this machine.
#[derive(Debug)]
pub struct Guard {
    /// Whether loopback addresses are fine too.
    pub loopback: bool,
}

impl Guard {
    fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && is_loopback(address))
    }
}

impl Resolver for Guard {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        // One that may not be reached makes the whole name a suspect.
        match found.iter().all(|address| self.allows(address.ip())) {
            true => Ok(found),
            // Which address it is, is nothing that a wallet needs to know of this network.
            false => {
                let this_machine = found.iter().all(|address| is_loopback(address.ip()));
                let why = match this_machine {
                    true => LOOPBACK_REFUSED,
                    false => "its host has an address that is not one that anybody may reach",
                };
                Err(Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_special_and_hidden_addresses_are_not_public() {
        for private in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "168.63.129.17",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00:1450::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn urls_are_https_or_this_machines() {
        for good in [
            "https://example.com/hook",
            "https://example.com:8443/a?b=c",
            "https://1.1.1.1/",
            "http://127.0.0.1:9/x",
            "http://localhost:9/",
            "http://[::1]:9/",
            "https://127.0.0.1/",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        let long = format!("https://example.com/{}", "x".repeat(URL_BYTES_MAX));
        for bad in [
            "",
            "example.com",
            "/hook",
            "http://example.com/",
            "ftp://example.com/",
            "https://u:p@example.com/",
            "https://10.0.0.1/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fe80::1]/",
            "https://169.254.169.254/",
            "https://",
            "https://exa mple.com/",
            "http://127.0.0.1.example.com/",
            "https://example.com:99999/",
            "https://example.com:0/",
            "https://[::1]:x/",
            "https://a@127.0.0.1/",
            &long,
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_or_number_that_means_this_machine_is_refused_after_it_is_resolved() {
        let try_it = |url: &str, loopback: bool| {
            let config = Config::builder().proxy(None).build();
            let connector = ureq::unversioned::transport::DefaultConnector::default();
            ureq::Agent::with_parts(config, connector, Guard { loopback }).get(url).call().unwrap_err().to_string()
        };
        // Port 1: what may be connected to refuses the connection.
        for url in ["http://localhost:1/", "http://127.0.0.1:1/", "http://2130706433:1/", "http://0x7f.1:1/"] {
            assert!(try_it(url, false).contains(LOOPBACK_REFUSED), "{url}: {}", try_it(url, false));
            assert!(!try_it(url, true).contains(LOOPBACK_REFUSED), "{url}: {}", try_it(url, true));
        }
        assert!(try_it("http://10.0.0.1:1/", true).contains("is not one that anybody may reach"));
    }
}
