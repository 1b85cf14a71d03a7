//! Who is at the other end of a request: the one place that decides which word of a proxy is believed.

use crate::app::App;
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Who is at the other end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The reader's address; IPv4 also where it came as IPv6. Behind a trusted proxy what the proxy says.
    pub address: IpAddr,
    /// Whether the reader's way to us is encrypted: by our own TLS or, so says a trusted proxy, by its.
    pub secure: bool,
}

/// Marks the requests of a connection that came by our own TLS.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// Who asks, as [`know_client`] found out. Without a network, as in tests, it is this machine.
pub fn client(extensions: &Extensions) -> Client {
    let nobody = Client { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure: false };
    extensions.get().copied().unwrap_or(nobody)
}

/// Middleware that settles who asks, for all that comes after it. The outermost of all.
pub async fn know_client(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let over_tls = request.extensions().get::<OverTls>().is_some();
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let found = find_client(peer, over_tls, request.headers(), &app.config().web.trusted_proxies);
    request.extensions_mut().insert(found);
    next.run(request).await
}

fn find_client(peer: IpAddr, over_tls: bool, headers: &HeaderMap, trusted: &[IpNet]) -> Client {
    let peer = peer.to_canonical();
    let believed = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !believed(&peer) {
        return Client { address: peer, secure: over_tls };
    }
    // The list grows to the right: what trusted proxies have added is true, and whatever stands to the left
    // of the first stranger is that stranger's own tale.
    let mut address = peer;
    for hop in items(headers, "x-forwarded-for").into_iter().rev() {
        let Some(hop) = parse_address(hop) else { break };
        address = hop;
        if !believed(&hop) {
            break;
        }
    }
    let said = items(headers, "x-forwarded-proto").last().copied();
    let secure = over_tls || said.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    Client { address, secure }
}

/// The items of a header that may be a list and may come several times.
fn items<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> =
            ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"].map(|n| n.parse().unwrap()).to_vec();
        let check =
            |peer: &str, over_tls: bool, lines: &[(&'static str, &str)], address: &str, secure: bool| {
                let mut headers = HeaderMap::new();
                for (name, value) in lines {
                    headers.append(*name, value.parse().unwrap());
                }
                let found = find_client(peer.parse().unwrap(), over_tls, &headers, &trusted);
                let wanted = Client { address: address.parse().unwrap(), secure };
                assert_eq!(found, wanted, "{peer} {over_tls} {lines:?}");
            };
        let (by, scheme) = ("x-forwarded-for", "x-forwarded-proto");
        check("192.0.2.9", false, &[], "192.0.2.9", false);
        check("192.0.2.9", true, &[], "192.0.2.9", true);
        check("192.0.2.9", false, &[(by, "10.1.1.1"), (scheme, "https")], "192.0.2.9", false);
        check("127.0.0.1", false, &[(by, "192.0.2.1"), (scheme, "https")], "192.0.2.1", true);
        check("127.0.0.1", false, &[(by, "192.0.2.1"), (scheme, "http")], "192.0.2.1", false);
        check("127.0.0.1", false, &[(by, "127.0.0.1, 192.0.2.1")], "192.0.2.1", false);
        check("127.0.0.1", false, &[(by, "8.8.8.8, 192.0.2.1, 10.0.0.7")], "192.0.2.1", false);
        check("127.0.0.1", false, &[(by, "8.8.8.8"), (by, "192.0.2.1,10.0.0.7")], "192.0.2.1", false);
        check("127.0.0.1", false, &[(by, "10.0.0.8, 10.0.0.7")], "10.0.0.8", false);
        check("127.0.0.1", false, &[(by, "192.0.2.1, bohong")], "127.0.0.1", false);
        check("127.0.0.1", false, &[(by, "")], "127.0.0.1", false);
        check("::ffff:127.0.0.1", false, &[(by, "::ffff:192.0.2.1")], "192.0.2.1", false);
        check("fd00::1", false, &[(by, "[2001:db8::1]:443")], "2001:db8::1", false);
        check("fd00::1", false, &[(by, "192.0.2.1:5123"), (scheme, "http, HTTPS")], "192.0.2.1", true);
    }
}
