//! Which addresses may be reached. The program sits inside the government's network, so an address
//! written in a pack, or one that a service redirects to, must not turn it into a way in.
//!
//! Public addresses are open. Everything else is closed unless the source lists the network. The
//! check is made on the address that the connection is really opened to, after the name was resolved.

use super::FetchProblem;
use ipnet::IpNet;
use reqwest::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks beyond public addresses that one source may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Vec<IpNet>);

/// Ports that no web service uses and that a forged request could harm: mail, remote shells, caches.
const CLOSED_PORTS: [u16; 14] = [0, 21, 22, 23, 25, 53, 110, 111, 143, 445, 465, 587, 6379, 11211];

impl AllowedNetworks {
    /// Reads networks as written in a pack: `10.20.0.0/16`, or one address.
    ///
    /// # Errors
    /// The first text that is not a network.
    pub fn parse(networks: &[String]) -> Result<AllowedNetworks, String> {
        let read = |text: &String| {
            let text = text.trim();
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| text.to_owned())
        };
        networks.iter().map(read).collect::<Result<_, _>>().map(AllowedNetworks)
    }

    fn lists(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }

    /// Whether a connection to `ip` may be opened.
    pub fn permits(&self, ip: IpAddr) -> bool {
        let Some(real) = real_address(ip) else { return false };
        if never(real) {
            return false;
        }
        is_public(real) || self.lists(real)
    }
}

/// The address that a packet to `ip` ends up at: IPv6 forms that carry an IPv4 address are unwrapped.
/// `None` for tunnels whose end nobody can know.
fn real_address(ip: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = ip else { return Some(ip) };
    let segments = v6.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
    };
    match segments {
        // ::ffff:a.b.c.d, ::ffff:0:a.b.c.d (SIIT) and the old ::a.b.c.d
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => embedded(high, low),
        // NAT64, well-known prefix
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // 6to4
        [0x2002, high, low, ..] => embedded(high, low),
        // NAT64 with a local prefix, Teredo
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] => None,
        _ => Some(ip),
    }
}

/// Addresses that no list opens: they are not one machine.
fn never(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_multicast() || v4.is_broadcast() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_multicast() || v6.is_unspecified(),
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let closed = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // shared address space of providers, where some clouds keep their metadata
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        // a cloud's own host service on a public address
        || ip == Ipv4Addr::new(168, 63, 129, 16);
    !closed && !never(IpAddr::V4(ip))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    // Only 2000::/3 is routed on the internet; documentation and benchmarks are cut out of it.
    segments[0] & 0xe000 == 0x2000
        && !(segments[0] == 0x2001 && segments[1] == 0xdb8)
        && !(segments[0] == 0x2001 && segments[1] == 2)
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

/// The address without user, password and query: fit to be shown and logged.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
    if cleared { url.to_string() } else { format!("{}:…", url.scheme()) }
}

/// Reads an address and refuses what must not be asked, as far as that can be told before its name is
/// resolved. The parser has already turned `0x7f.1`, `2130706433` and the like into plain addresses.
///
/// # Errors
/// [`FetchProblem::BadAddress`] or [`FetchProblem::ForbiddenAddress`].
pub fn read_url(text: &str, allowed: &AllowedNetworks) -> Result<Url, FetchProblem> {
    let before_query = text.split(['?', '#']).next().unwrap_or_default();
    let unreadable = |detail: &str| FetchProblem::BadAddress {
        // What is before an @ may be a password.
        url: before_query.rsplit('@').next().unwrap_or_default().chars().take(200).collect(),
        detail: detail.to_owned(),
    };
    let url = Url::parse(text.trim()).map_err(|error| unreadable(&error.to_string()))?;
    check_url(&url, allowed)?;
    Ok(url)
}

/// The same for an address that is already parsed, such as the target of a redirect.
///
/// # Errors
/// [`FetchProblem::BadAddress`] or [`FetchProblem::ForbiddenAddress`].
pub fn check_url(url: &Url, allowed: &AllowedNetworks) -> Result<(), FetchProblem> {
    let bad = |detail: &str| FetchProblem::BadAddress { url: shown(url), detail: detail.to_owned() };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("only http and https are asked"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("a user or password stands in it; name a secret under `auth` instead"));
    }
    if url.port().is_some_and(|port| CLOSED_PORTS.contains(&port)) {
        return Err(bad("the port belongs to another kind of service"));
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("there is no host"))?;
    if let Some(ip) = literal(host)
        && !allowed.permits(ip)
    {
        return Err(FetchProblem::ForbiddenAddress { host: host.to_owned(), address: ip.to_string() });
    }
    Ok(())
}

/// The address, when the host is written as one.
pub fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').parse().ok()
}
