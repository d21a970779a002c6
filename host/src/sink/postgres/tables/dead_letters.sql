-- One row for each event that has no outcome; a later failure of the same event replaces the reason.
CREATE TABLE {table} (
    pipeline text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    event_key bytea,
    payload bytea,
    headers jsonb NOT NULL,
    event_time timestamptz NOT NULL,
    error text NOT NULL,
    fault text NOT NULL,
    origin text NOT NULL,
    adapter text NOT NULL,
    model text NOT NULL,
    dead_at timestamptz NOT NULL,
    retried_at timestamptz,
    PRIMARY KEY (pipeline, event_id)
);
CREATE INDEX ON {table} (pipeline, dead_at, event_id);
COMMENT ON TABLE {table} IS 'Dead letters of scoregate: events without an outcome, untouched, and why';
COMMENT ON COLUMN {table}.payload IS 'As it came: convert_from(payload, ''UTF8'') shows text; NULL for a record without a value';
COMMENT ON COLUMN {table}.headers IS 'An array of [name, value]: a string, null where it has none, {"base64": …} where it is no text';
COMMENT ON COLUMN {table}.event_time IS 'When it happened';
COMMENT ON COLUMN {table}.error IS 'Why it has no outcome, in one sentence';
COMMENT ON COLUMN {table}.fault IS 'rejected, trap, deadline, memory, malformed or undeliverable';
COMMENT ON COLUMN {table}.origin IS 'Where it came from, such as kafka:payments/3/1042';
COMMENT ON COLUMN {table}.adapter IS 'The adapter''s release, name@sha256:<hex>';
COMMENT ON COLUMN {table}.model IS 'The model''s release, likewise';
COMMENT ON COLUMN {table}.retried_at IS 'When it was last sent again; NULL again where that failed too';
