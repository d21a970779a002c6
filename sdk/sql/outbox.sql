-- The outbox that scoregate reads from PostgreSQL (12 or newer): `psql "$DATABASE_URL" -f outbox.sql`.
--
-- An application writes an event in the transaction that makes it true; scoregate leases the row, scores it and deletes it once every sink
-- has the outcome, or the dead letter's keeper the event:
--
--   INSERT INTO outbox (event_key, payload) VALUES ('card-7', convert_to('{"amount": 12.5}', 'UTF8'));
--   INSERT INTO outbox (event_key, payload, headers) VALUES ('card-7', '\x0102', '{"trace": "4bf9"}');
--
-- The gateway's user needs SELECT, UPDATE and DELETE on the table; the application's needs INSERT. Another name: write it for every
-- `outbox` here and as `table` of the source. A `payload` or `event_key` of type text, json or jsonb is read as well, as UTF-8.
-- Rows that are deleted leave room that autovacuum must reclaim: the settings below make it come often.
BEGIN;

CREATE TABLE outbox (
    -- Names the event for its whole life, as `outbox/17`: never let numbers begin anew.
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What belongs together, such as a card or a device.
    event_key text,
    payload bytea,
    -- {"name": "value"}, or [["name", "value"], …] where a name comes twice.
    headers jsonb NOT NULL DEFAULT '{}',
    -- When it happened.
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The gateway that works on it, and until when it is that gateway's alone.
    leased_by text,
    leased_until timestamptz,
    -- How often it was leased.
    attempts integer NOT NULL DEFAULT 0
) WITH (
    -- A lease then changes the row in place, and no index: the primary key finds the oldest rows, and no other is needed.
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000
);

-- Wakes the gateways. They find rows without it too, up to `poll_ms` later.
CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_NAME, '');
    RETURN NULL;
END
$$;

CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();

COMMIT;
