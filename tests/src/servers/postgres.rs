//! A real PostgreSQL.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Connection as _, PgConnection};

use super::{blocking::block_on, files, maven, ports, process::Process, store};
use crate::signal::Signal;

/// Names the folder of a system's own `initdb` and `postgres`, to be used instead of those that Maven fetches.
pub const BIN_VARIABLE: &str = "SCOREGATE_TEST_POSTGRES_BIN";

const USER: &str = "test";
const PASSWORD: &str = "only-for-tests";
/// Longer than a recovery takes on a busy machine.
const START_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(20);
/// After SIGKILL the memory that its children still share is in the way for a moment.
const START_TRIES: usize = 20;

/// See the module. Dropped, it is stopped and its data are gone.
pub struct Postgres {
    process: Process,
    port: u16,
    databases: AtomicU64,
}

impl Postgres {
    /// The one of this test process: started by the first who asks, ended with the process.
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Postgres>> = OnceLock::new();
        SHARED.get_or_init(|| Arc::new(Self::start())).clone()
    }

    /// One of its own, that may be stopped and killed.
    pub fn start() -> Self {
        // Its children go with it at this signal, which is a stop with `-m immediate`.
        let process = Process::new("postgres", Signal::Quit);
        let bin = process.folder().join("bin");
        let data = process.folder().join("data");
        if let Some(own) = env::var_os(BIN_VARIABLE) {
            files::reach(Path::new(&own), &bin);
            initialize(&process);
        } else {
            files::reach(&maven::postgres(), &process.folder().join("postgres"));
            std::os::unix::fs::symlink("postgres/bin", &bin).expect("a link");
            files::copy(&initialized(), &data);
        }
        let postgres = Self {
            process,
            port: ports::free(),
            databases: AtomicU64::new(0),
        };
        postgres.restart();
        postgres
    }

    /// A database's address, with user and password.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Creates a database and returns its address.
    pub fn fresh_database(&self) -> String {
        let nth = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("fresh_{nth}");
        let address = self.url("postgres");
        let create = format!("CREATE DATABASE {name}");
        block_on(async move {
            let mut connection = PgConnection::connect(&address)
                .await
                .expect("PostgreSQL takes connections");
            sqlx::query(sqlx::AssertSqlSafe(create))
                .execute(&mut connection)
                .await
                .expect("a database is created");
        });
        self.url(&name)
    }

    /// Stops it as `pg_ctl stop -m immediate` does: connections break, and the next start recovers.
    pub fn stop_immediate(&self) {
        self.process.end(Signal::Quit, STOP_MAX);
    }

    /// Sends SIGKILL.
    pub fn kill(&self) {
        self.process.end(Signal::Kill, STOP_MAX);
    }

    /// Starts it on the same port and data; what runs is stopped before.
    pub fn restart(&self) {
        self.process.end(Signal::Interrupt, STOP_MAX);
        for attempt in 1..=START_TRIES {
            let program = self.process.folder().join("bin/postgres");
            self.process.start(
                Command::new(program)
                    .args(["-D", "data", "-p", &self.port.to_string()])
                    .args(["-c", "listen_addresses=127.0.0.1"])
                    .args(["-c", "unix_socket_directories="])
                    .args(["-c", "max_connections=200"])
                    // What a process writes outlives it; only machines lose what was not synced.
                    .args(["-c", "fsync=off"]),
            );
            if self.is_ready_soon() {
                return;
            }
            assert!(
                attempt < START_TRIES,
                "PostgreSQL does not start:\n{}",
                self.process.log_tail()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// None while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Its folder, which goes with it.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// False where it has ended.
    fn is_ready_soon(&self) -> bool {
        let deadline = Instant::now() + START_MAX;
        let pid = self.process.pid().expect("just started").to_string();
        let file = self.process.folder().join("data/postmaster.pid");
        while self.process.is_running() {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let mut lines = text.lines();
            // The file of a killed one is still there at first.
            if lines.next() == Some(&pid) && lines.nth(6).is_some_and(|s| s.trim() == "ready") {
                return true;
            }
            assert!(
                Instant::now() < deadline,
                "PostgreSQL does not become ready:\n{}",
                self.process.log_tail()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

/// An empty data folder, made once: a copy of it takes a tenth of `initdb`'s time.
fn initialized() -> PathBuf {
    let binaries = maven::postgres();
    let version = binaries.file_name().expect("a name").to_string_lossy();
    let folder = store::once(&format!("{version}-data"), |folder| {
        let process = Process::new("initdb", Signal::Kill);
        files::reach(&binaries, &process.folder().join("postgres"));
        std::os::unix::fs::symlink("postgres/bin", process.folder().join("bin")).expect("a link");
        initialize(&process);
        files::copy(&process.folder().join("data"), &folder.join("data"));
    });
    folder.join("data")
}

fn initialize(process: &Process) {
    let password = process.folder().join("password");
    fs::write(&password, PASSWORD).expect("a file is written");
    process.run(
        Command::new(process.folder().join("bin/initdb"))
            .args(["-D", "data", "-U", USER, "-A", "scram-sha-256"])
            .args(["--pwfile=password", "-E", "UTF8", "--locale=C", "--no-sync"]),
    );
}
