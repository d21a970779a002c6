CREATE TABLE releases (
    digest      TEXT PRIMARY KEY,   -- sha256:<hex>; the file is releases/<hex>.wasm
    kind        TEXT NOT NULL,      -- adapter or model
    name        TEXT NOT NULL,      -- the plugin's own name and version
    version     TEXT NOT NULL,
    size_bytes  INTEGER NOT NULL,
    added_at_ms INTEGER NOT NULL    -- milliseconds since the Unix epoch
);
-- Append-only: the last row of a slot is its active release.
CREATE TABLE activations (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    slot        TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES releases (digest),
    at_ms       INTEGER NOT NULL
);
