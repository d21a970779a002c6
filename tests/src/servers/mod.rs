//! Real servers for tests: Apache Kafka and PostgreSQL, on free ports, as an ordinary user, ended with the test process however it ends.
//!
//! What they are made of is fetched once by Maven and kept in the target folder; nothing needs to be installed but a JDK and Maven.

pub mod blocking;
pub mod cluster;
pub mod files;
pub mod kafka;
pub mod maven;
pub mod node;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod records;
pub mod secured;
pub mod store;
pub mod wait;

pub use cluster::Cluster;
pub use kafka::Kafka;
pub use postgres::Postgres;
pub use proxy::{Loss, Proxy};
pub use wait::{eventually, eventually_async};
