//! Which address a request came from, and which country. Behind proxies it stands in a header that anybody can write, too: of its entries only those are
//! believed that the operator's own proxies have added, counted from the right.

use crate::App;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The address of the client, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// In which header the operator's proxies say whom they speak for. Only that one is read: the others pass through them as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`
    XForwardedFor,
    /// `Forwarded`, of RFC 7239
    Forwarded,
}

/// Notes the client's address with the request.
pub async fn note(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let settings = &app.settings;
        let client = client(peer.ip(), request.headers(), settings.forwarded_header, settings.trusted_proxy_hops);
        request.extensions_mut().insert(ClientAddress(client));
    }
    next.run(request).await
}

/// The client's address: the entry that the outermost of so many trusted proxies has added. Where there are fewer entries, or it is
/// no address (`unknown`, a name), the nearest trustworthy one counts.
fn client(peer: IpAddr, headers: &HeaderMap, header: ForwardedHeader, hops: u8) -> IpAddr {
    let said = match header {
        ForwardedHeader::XForwardedFor => headers.get_all("x-forwarded-for"),
        ForwardedHeader::Forwarded => headers.get_all(header::FORWARDED),
    };
    let entries: Vec<&str> =
        said.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    let read = |entry: &&str| match header {
        ForwardedHeader::XForwardedFor => address(entry),
        ForwardedHeader::Forwarded => forwarded_for(entry).and_then(address),
    };
    let believed: Vec<Option<IpAddr>> = entries.iter().rev().take(hops.into()).map(read).collect();
    believed.into_iter().map_while(|address| address).last().unwrap_or(peer)
}

/// The `for` of one element, such as `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value.trim_matches('"'))
    })
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The country that the operator's proxies name in this header: two letters. `XX` is how they say that they do not know.
pub fn country(headers: &HeaderMap, header: &HeaderName) -> Option<String> {
    // The nearest proxy's word is the last one.
    let said = headers.get_all(header).iter().next_back()?.to_str().ok()?.trim();
    let is_country = said.len() == 2 && said.bytes().all(|letter| letter.is_ascii_alphabetic());
    is_country.then(|| said.to_ascii_uppercase()).filter(|country| country != "XX")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ForwardedHeader::{Forwarded, XForwardedFor};

    const PEER: &str = "10.0.0.1";

    fn seen(header: ForwardedHeader, hops: u8, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(header::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        client(PEER.parse().unwrap(), &headers, header, hops).to_string()
    }

    #[test]
    fn without_trusted_proxies_nobody_is_believed() {
        assert_eq!(seen(XForwardedFor, 0, &["x-forwarded-for: 203.0.113.7"]), PEER);
        assert_eq!(seen(Forwarded, 0, &["forwarded: for=203.0.113.7"]), PEER);
    }

    #[test]
    fn entries_are_counted_from_the_right_for_those_on_the_left_are_anybodys() {
        let lines = ["x-forwarded-for: 1.1.1.1, 203.0.113.7, 198.51.100.2"];
        assert_eq!(seen(XForwardedFor, 1, &lines), "198.51.100.2");
        assert_eq!(seen(XForwardedFor, 2, &lines), "203.0.113.7");
        assert_eq!(
            seen(XForwardedFor, 2, &["x-forwarded-for: 1.1.1.1, 203.0.113.7", "x-forwarded-for: 198.51.100.2"]),
            "203.0.113.7"
        );
    }

    #[test]
    fn with_fewer_entries_than_proxies_the_outermost_counts() {
        assert_eq!(seen(XForwardedFor, 3, &["x-forwarded-for: 203.0.113.7"]), "203.0.113.7");
        assert_eq!(seen(XForwardedFor, 3, &[]), PEER);
    }

    #[test]
    fn what_is_no_address_is_not_believed_nor_what_stands_before_it() {
        assert_eq!(seen(XForwardedFor, 2, &["x-forwarded-for: 203.0.113.7, unknown"]), PEER);
        assert_eq!(seen(XForwardedFor, 2, &["x-forwarded-for: unknown, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(seen(Forwarded, 1, &["forwarded: for=_hidden;by=10.0.0.2"]), PEER);
    }

    #[test]
    fn ports_brackets_and_both_families_are_understood() {
        assert_eq!(seen(XForwardedFor, 1, &["x-forwarded-for: 203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(seen(XForwardedFor, 1, &["x-forwarded-for: 2001:db8::1"]), "2001:db8::1");
        assert_eq!(seen(Forwarded, 1, &["forwarded: proto=https;FOR=\"[2001:db8::1]:4711\""]), "2001:db8::1");
        assert_eq!(seen(Forwarded, 2, &["forwarded: for=203.0.113.7, for=198.51.100.2;proto=http"]), "203.0.113.7");
    }

    #[test]
    fn only_the_header_that_the_proxies_write_is_read() {
        let lines = ["x-forwarded-for: 203.0.113.7", "forwarded: for=198.51.100.2"];
        assert_eq!(seen(XForwardedFor, 1, &lines), "203.0.113.7");
        assert_eq!(seen(Forwarded, 1, &lines), "198.51.100.2");
    }
}
