//! `[server]` and `[store]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{
    Server, Store,
    ends::database,
    origins,
    table::{Bounds, Table},
    text::quoted,
    tls,
};
use crate::limits;

const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);
const STORE: &str = "scoregate-data";
const BODY: Bounds = Bounds {
    min: 1,
    max: limits::BODY_CEILING_BYTES,
    default: limits::BODY_MAX_BYTES,
    unit: "bytes",
};
const COMPILE_SECONDS: Bounds = Bounds {
    min: 1,
    max: limits::COMPILE_CEILING_SECONDS,
    default: limits::COMPILE_MAX_SECONDS,
    unit: "seconds",
};
const COMPILE_BYTES: Bounds = Bounds {
    min: limits::COMPILE_FLOOR_BYTES,
    max: limits::COMPILE_CEILING_BYTES,
    default: limits::COMPILE_MAX_BYTES,
    unit: "bytes",
};

/// `[server]`.
pub(super) fn server(mut table: Table<'_>) -> Server {
    let name = name(&mut table);
    let http = address(&mut table, "http", HTTP);
    let admin = address(&mut table, "admin", ADMIN);
    let token_file = table.string("admin_token_file");
    let admin_token_file = token_file.map(|path| table.path("admin_token_file", &path));
    if let Some(admin) = admin
        && !admin.ip().to_canonical().is_loopback()
        && table.value("admin_token_file").is_none()
    {
        let message = format!(
            "`admin` in {} is not a loopback address, such as `{ADMIN}`, so it needs `admin_token_file`: without tokens whoever reaches it commands the gateway",
            table.title()
        );
        table.reader.problem(table.span_of("admin"), message);
    }
    if let (Some(http), Some(admin)) = (http, admin)
        && overlap(http, admin)
    {
        let message = format!(
            "`http` and `admin` in {} need ports of their own: {} is given to both",
            table.title(),
            http.port()
        );
        let second = table
            .span_of("http")
            .start
            .max(table.span_of("admin").start);
        let at_admin = table.span_of("admin").start == second;
        let place = table.span_of(if at_admin { "admin" } else { "http" });
        table.reader.problem(place, message);
    }
    let body_max_bytes = table.number("body_max_bytes", &BODY);
    let allowed_origins = origins::allowed(&mut table);
    let tls = table.table_if_one("tls").map(tls::read);
    let http = http.unwrap_or(HTTP);
    let name = name.unwrap_or_else(|| {
        let host = host_name(table.reader.origins.env);
        format!("{host}:{}", http.port())
    });
    table.finish(&[]);
    Server {
        name,
        http,
        admin: admin.unwrap_or(ADMIN),
        admin_token_file,
        tls,
        body_max_bytes: body_max_bytes.unwrap_or(BODY.default),
        allowed_origins,
    }
}

/// `[store]`.
pub(super) fn store(mut table: Table<'_>) -> Store {
    let path = table.string("path").map(|path| table.path("path", &path));
    let path = path.unwrap_or_else(|| table.reader.dir().join(STORE));
    let url = table.value("url").is_some();
    let url = url.then(|| database::url(&mut table));
    let compile_max_seconds = table.number("compile_max_seconds", &COMPILE_SECONDS);
    let compile_max_bytes = table.number("compile_max_bytes", &COMPILE_BYTES);
    table.finish(&[]);
    Store {
        path,
        url,
        compile_max_seconds: compile_max_seconds.unwrap_or(COMPILE_SECONDS.default),
        compile_max_bytes: compile_max_bytes.unwrap_or(COMPILE_BYTES.default),
    }
}

fn name(table: &mut Table<'_>) -> Option<String> {
    let name = table.string("name")?;
    if !is_server_name(&name.value) {
        let message = format!(
            "`name` in {} is {}; it must be 1 to {} bytes without control characters",
            table.title(),
            quoted(&name.written),
            limits::SERVER_NAME_MAX_BYTES
        );
        table.reader.problem(name.span, message);
    }
    Some(name.value)
}

fn is_server_name(name: &str) -> bool {
    (1..=limits::SERVER_NAME_MAX_BYTES).contains(&name.len()) && !name.contains(char::is_control)
}

/// A listener's address; none if it is wrong. Names are not looked up but `localhost`: a listener is bound to an address.
fn address(table: &mut Table<'_>, key: &'static str, default: SocketAddr) -> Option<SocketAddr> {
    if table.value(key).is_none() {
        return Some(default);
    }
    let address = table.string(key)?;
    let parsed = match address.value.strip_prefix("localhost:") {
        Some(port) => port
            .parse()
            .ok()
            .map(|port: u16| (Ipv4Addr::LOCALHOST, port).into()),
        None => address.value.parse().ok(),
    };
    if parsed.is_none() {
        let message = format!(
            "`{key}` in {} is {}; it must be an IP address and a port, such as `{default}`, `0.0.0.0:{port}` or `[::1]:{port}`",
            table.title(),
            quoted(&address.written),
            port = default.port()
        );
        table.reader.problem(address.span, message);
    }
    parsed
}

/// Whether the second of them to be bound would be refused. Port 0 is a new one each time.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let same_host =
        one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && same_host
}

/// This machine's name, as far as it can be had without asking the network.
fn host_name(env: &dyn Fn(&str) -> Option<String>) -> String {
    let usable =
        |name: &String| is_server_name(name) && name.len() <= limits::SERVER_NAME_MAX_BYTES - 6;
    let of_file = std::fs::read_to_string("/etc/hostname").ok();
    of_file
        .map(|name| name.trim().to_owned())
        .filter(usable)
        .or_else(|| env("HOSTNAME").filter(usable))
        .unwrap_or_else(|| "scoregate".to_owned())
}
