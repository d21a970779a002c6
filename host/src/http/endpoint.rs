//! Where a listener is, as a command is told it.

use std::net::IpAddr;

/// `http://HOST:PORT` or `https://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    secure: bool,
    authority: String,
}

impl Endpoint {
    /// None where it is something else.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = rest.trim_end_matches('/');
        let (host, port) = authority.rsplit_once(':')?;
        port.parse::<u16>().ok()?;
        let of_address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let is_host = match of_address {
            Some(address) => address.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()),
            None => {
                let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
                !host.is_empty() && host.bytes().all(of_name)
            }
        };
        is_host.then(|| Self {
            secure,
            authority: authority.to_owned(),
        })
    }

    /// Whether TLS is spoken there.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// `HOST:PORT`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// A name or an address, without brackets.
    pub fn host(&self) -> &str {
        let host = self.authority.rsplit_once(':').map_or("", |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether what is sent there stays on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let address: Option<IpAddr> = host.parse().ok();
        address.map_or(host == "localhost", |ip| ip.to_canonical().is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_named_by_scheme_host_and_port() {
        for (url, secure, host, loopback) in [
            ("http://127.0.0.1:8080/", false, "127.0.0.1", true),
            ("https://[::1]:8090", true, "::1", true),
            (
                "http://[::ffff:127.0.0.1]:1",
                false,
                "::ffff:127.0.0.1",
                true,
            ),
            ("http://localhost:1", false, "localhost", true),
            ("https://gw.example:443", true, "gw.example", false),
            ("http://10.0.0.1:8090", false, "10.0.0.1", false),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            let seen = (
                endpoint.is_secure(),
                endpoint.host(),
                endpoint.is_loopback(),
            );
            assert_eq!(seen, (secure, host, loopback), "{url}");
            assert!(url.contains(endpoint.authority()));
        }
        for wrong in [
            "127.0.0.1:8080",
            "http://",
            "http://a",
            "https://a:1/path",
            "ftp://a:1",
            "http://user@a:1",
            "http://::1:80",
            "http://a:65536",
            "http://:80",
            "http://a b:80",
        ] {
            assert_eq!(Endpoint::parse(wrong), None, "{wrong}");
        }
    }
}
