-- Who did what, over all gateways that share it. A change's sequence is its revision. Nothing in it is ever edited or deleted.
CREATE TABLE {table} (
    sequence bigint PRIMARY KEY,
    at_ms bigint NOT NULL,
    gateway text NOT NULL,
    who text NOT NULL,
    sender text NOT NULL,
    action text NOT NULL,
    slots json NOT NULL,
    detail json NOT NULL
);
COMMENT ON TABLE {table} IS 'What serves in each slot of scoregate, and who changed it: append-only';
COMMENT ON COLUMN {table}.at_ms IS 'Milliseconds since the Unix epoch, by the gateway''s clock';
COMMENT ON COLUMN {table}.sender IS 'From where: an address, or a gateway''s name';
COMMENT ON COLUMN {table}.slots IS '{slot: {"before": state or null, "after": state}}';

-- The last line's sequence. Its row is locked by whoever writes a line: lines become visible in their order, without a gap.
CREATE TABLE scoregate_sequence (
    last bigint NOT NULL
);
INSERT INTO scoregate_sequence (last) VALUES (0);

-- The last row of a slot says what serves. Two changes of one state cannot both follow it.
CREATE TABLE scoregate_slots (
    slot text COLLATE "C" NOT NULL,
    revision bigint NOT NULL REFERENCES {table} (sequence),
    previous bigint NOT NULL,
    state json NOT NULL,
    PRIMARY KEY (slot, revision),
    UNIQUE (slot, previous)
);
CREATE INDEX scoregate_slots_revision ON scoregate_slots (revision);
COMMENT ON COLUMN scoregate_slots.previous IS 'The slot''s revision before; 0: none';

CREATE TABLE scoregate_releases (
    digest text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    size_bytes bigint NOT NULL,
    added_at_ms bigint NOT NULL,
    component bytea NOT NULL
);
-- Compiled models do not shrink by much, and are fetched whole.
ALTER TABLE scoregate_releases ALTER COLUMN component SET STORAGE EXTERNAL;

-- The releases that were added for a slot, in their order.
CREATE TABLE scoregate_slot_releases (
    nth bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL REFERENCES scoregate_releases (digest),
    added_at_ms bigint NOT NULL,
    UNIQUE (slot, digest)
);

CREATE OR REPLACE FUNCTION scoregate_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of scoregate is append-only';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION scoregate_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON scoregate_slots
    FOR EACH STATEMENT EXECUTE FUNCTION scoregate_append_only();
