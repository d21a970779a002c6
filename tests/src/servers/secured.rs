//! What a secured broker needs: keys and the settings of its listener.

use std::{path::PathBuf, process::Command};

use super::{files, maven, node::STORE_PASSWORD, process::Process, store};
use crate::signal::Signal;

/// The authority's certificate in PEM, in the folder of keys.
pub const AUTHORITY: &str = "ca.pem";

/// A folder with a broker's key and the authority's certificate, made once with the JDK's own tool.
pub fn keys() -> PathBuf {
    let folder = store::once(&format!("kafka-keys-{}", maven::fetched().tag), |folder| {
        let process = Process::new("keys", Signal::Kill);
        let keytool = |args: &[&str]| {
            process.run(
                Command::new("keytool")
                    .args(args)
                    .args(["-keystore", "broker.p12", "-storetype", "PKCS12"])
                    .args(["-storepass", STORE_PASSWORD]),
            );
        };
        let pair = ["-genkeypair", "-keyalg", "EC", "-validity", "36500"];
        let authority = ["-alias", "ca", "-dname", "CN=tests", "-ext", "bc:c"];
        keytool(&[&pair[..], &authority].concat());
        let broker = ["-alias", "broker", "-dname", "CN=127.0.0.1"];
        let address = ["-ext", "san=ip:127.0.0.1", "-signer", "ca"];
        keytool(&[&pair[..], &broker, &address].concat());
        keytool(&["-exportcert", "-rfc", "-alias", "ca", "-file", AUTHORITY]);
        // The broker must not choose the authority's key for its own.
        keytool(&["-delete", "-alias", "ca"]);
        for name in ["broker.p12", AUTHORITY] {
            files::copy(&process.folder().join(name), &folder.join(name));
        }
    });
    folder.clone()
}

/// Of the listener named CLIENT.
pub fn properties() -> String {
    let module = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
    format!(
        "sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.client.scram-sha-256.sasl.jaas.config={module}
ssl.keystore.type=PKCS12
ssl.keystore.location=keys/broker.p12
ssl.keystore.password={STORE_PASSWORD}
ssl.key.password={STORE_PASSWORD}
"
    )
}
