-- One row for each event of a pipeline: the first outcome stays, a repeated event changes nothing.
-- Texts are kept as they came: jsonb would reorder an output and refuses what is no JSON. Bytes that are no text, which PostgreSQL
-- cannot hold as text, stand in the column beside it.
CREATE TABLE {table} (
    pipeline text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    event_key text,
    event_key_bytes bytea,
    decision text,
    score double precision,
    output text,
    output_bytes bytea,
    route text,
    adapter_digest text NOT NULL,
    model_digest text NOT NULL,
    event_time timestamptz NOT NULL,
    scored_at timestamptz NOT NULL,
    PRIMARY KEY (pipeline, event_id)
);
COMMENT ON TABLE {table} IS 'Outcomes of scoregate: one row for each event of a pipeline, the first that came';
COMMENT ON COLUMN {table}.pipeline IS 'The pipeline that scored it';
COMMENT ON COLUMN {table}.event_id IS 'Idempotency-Key of the request, topic/partition/offset, table/id, or a UUIDv7';
COMMENT ON COLUMN {table}.event_key IS 'What orders events, such as a card; NULL where it is no text';
COMMENT ON COLUMN {table}.event_key_bytes IS 'The key where it is no text';
COMMENT ON COLUMN {table}.decision IS 'The adapter''s word, such as approve';
COMMENT ON COLUMN {table}.score IS 'NULL where there is none';
COMMENT ON COLUMN {table}.output IS 'What the adapter wrote, usually JSON: output::jsonb reads it; NULL where it is no text';
COMMENT ON COLUMN {table}.output_bytes IS 'The output where it is no text';
COMMENT ON COLUMN {table}.route IS 'Where the adapter sent it; NULL for the default';
COMMENT ON COLUMN {table}.adapter_digest IS 'The adapter''s release, sha256:<hex>';
COMMENT ON COLUMN {table}.model_digest IS 'The model''s release, sha256:<hex>';
COMMENT ON COLUMN {table}.event_time IS 'When it happened';
COMMENT ON COLUMN {table}.scored_at IS 'When it was scored';
