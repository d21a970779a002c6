//! The one step that fetches: Maven, with whatever repositories its own settings name.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use super::store;

const KAFKA: &str = "4.3.1";
const POSTGRES: &str = "18.6.0";
const JAVA_MIN: u32 = 17;
const INSTALL: &str = "on Debian: `apt-get install openjdk-17-jdk-headless maven xz-utils`";

/// What Maven fetched, and what unpacking made of it.
pub struct Fetched {
    /// Jars of Kafka and its tools, and that of PostgreSQL.
    pub jars: PathBuf,
    /// Names what is kept of these jars and this Java.
    pub tag: String,
}

/// Fetches once for all test processes of this target folder. Fails with the command that installs what is missing.
pub fn fetched() -> &'static Fetched {
    static FETCHED: OnceLock<Fetched> = OnceLock::new();
    FETCHED.get_or_init(|| {
        let java = java_version();
        let folder = store::once(&format!("jars-{KAFKA}-{POSTGRES}"), fetch);
        Fetched {
            jars: folder.join("libs"),
            tag: format!("{KAFKA}-{java}"),
        }
    })
}

/// The folder with PostgreSQL's `bin`, `lib` and `share`.
pub fn postgres() -> PathBuf {
    store::once(&format!("postgres-{POSTGRES}"), |folder| {
        let jars = fs::read_dir(&fetched().jars).expect("the jars");
        let jar = jars
            .map(|entry| entry.expect("an entry").path())
            .find(|path| path.to_string_lossy().contains("embedded-postgres-binaries"))
            .unwrap_or_else(|| {
                panic!(
                    "there are no PostgreSQL binaries for {}: install PostgreSQL and name the folder of `initdb` in {}",
                    std::env::consts::ARCH,
                    super::postgres::BIN_VARIABLE
                )
            });
        run(Command::new("jar").arg("xf").arg(jar).current_dir(folder));
        let archive = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .find(|path| path.extension().is_some_and(|extension| extension == "txz"));
        let archive = archive.expect("the jar holds an archive");
        // tar's own words for its absence name no package.
        run(Command::new("xz").arg("--version"));
        run(Command::new("tar")
            .arg("-xJf")
            .arg(&archive)
            .current_dir(folder));
        fs::remove_file(archive).expect("the archive goes");
    })
}

fn fetch(folder: &Path) {
    let pom = folder.join("pom.xml");
    fs::write(&pom, project()).expect("a file in the target folder");
    run(Command::new("mvn")
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!(
            "-DoutputDirectory={}",
            folder.join("libs").display()
        )));
}

fn project() -> String {
    let dependency = |group: &str, artifact: &str, version: &str, more: &str| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>{more}</dependency>\n"
        )
    };
    // A gigabyte of connectors that the tools could start.
    let connect = "<exclusions><exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-runtime</artifactId></exclusion></exclusions>";
    let mut dependencies = dependency("org.apache.kafka", "kafka_2.13", KAFKA, "")
        + &dependency("org.apache.kafka", "kafka-tools", KAFKA, connect)
        + &dependency("org.slf4j", "slf4j-simple", "1.7.36", "");
    let machine = match std::env::consts::ARCH {
        "x86_64" => Some("amd64"),
        "aarch64" => Some("arm64v8"),
        _ => None,
    };
    if let Some(machine) = machine {
        let artifact = format!("embedded-postgres-binaries-linux-{machine}");
        dependencies += &dependency("io.zonky.test.postgres", &artifact, POSTGRES, "");
    }
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">
<modelVersion>4.0.0</modelVersion>
<groupId>scoregate</groupId><artifactId>servers</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
{dependencies}</dependencies>
</project>
"
    )
}

/// For example `17.0.15`.
fn java_version() -> String {
    let output = run(Command::new("java").arg("-version"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = said.split('"').nth(1).unwrap_or_default().to_owned();
    let major = version.split(['.', '-', '+']).next().unwrap_or_default();
    let is_enough = major.parse::<u32>().is_ok_and(|major| major >= JAVA_MIN);
    assert!(
        is_enough,
        "`java` is version `{version}`, and the tests' Kafka needs {JAVA_MIN} or newer; {INSTALL}"
    );
    version
}

fn run(command: &mut Command) -> Output {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("the tests' real servers need `{name}`, which is not installed; {INSTALL}")
        }
        Err(error) => panic!("`{name}` does not start: {error}"),
    };
    assert!(
        output.status.success(),
        "{command:?} failed, perhaps for want of a tool ({INSTALL}) or of a network:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
