//! Limits with their units, and their defaults. What a configuration may change is a field of [`crate::config`]; the rest is fixed here.

/// A request's body on the scoring listener.
pub const BODY_MAX_BYTES: u64 = 8 << 20;
/// The most that a configuration may ask for: a body is held in memory as a whole.
pub const BODY_CEILING_BYTES: u64 = 1 << 30;
/// All requests' bodies of a listener that are in memory at once, beside small ones.
pub const BODIES_MAX_BYTES: u64 = 512 << 20;
/// A body that is not counted there.
pub const SMALL_BODY_MAX_BYTES: u64 = 64 << 10;
/// Names of plugins and pipelines.
pub const NAME_MAX_BYTES: usize = 64;
/// An event's id (`Idempotency-Key`) and key (`Scoregate-Key`).
pub const EVENT_ID_MAX_BYTES: usize = 256;
pub const EVENT_KEY_MAX_BYTES: usize = 1024;
/// Lines of one NDJSON request.
pub const NDJSON_MAX_ROWS: usize = 100_000;
/// A request's head.
pub const HEADERS_MAX_BYTES: usize = 16 << 10;
pub const HEADERS_MAX_COUNT: usize = 64;
/// Origins whose pages may call.
pub const ORIGINS_MAX_COUNT: usize = 64;
/// From a connection's first byte of a head to its last, and between two requests of a connection.
pub const HEAD_READ_MAX_MS: u64 = 15_000;
/// From a head's end to the body's.
pub const BODY_READ_MAX_MS: u64 = 30_000;
/// A client that takes no byte of an answer for so long is cut off.
pub const WRITE_STALL_MAX_MS: u64 = 15_000;
/// Connections open at once on a listener; one more waits in the system's accept queue.
pub const CONNECTIONS_MAX_COUNT: usize = 10_000;
/// Requests of one HTTP/2 connection under way at once.
pub const HTTP2_STREAMS_MAX_COUNT: u32 = 256;
/// From SIGTERM to the end; the process itself needs a moment more.
pub const DRAIN_MAX_MS: u64 = 27_000;
/// What streams may take after it to acknowledge what was delivered and to leave.
pub const LEAVE_MAX_MS: u64 = 2_000;
/// Of `DRAIN_MAX_MS`, what answering requests may take: what they wait for is then cut, and the rest is for queues and sinks.
pub const DRAIN_ANSWERS_MAX_MS: u64 = 20_000;
/// The longest that a request waits for its answer where the caller names no deadline.
pub const ANSWER_WAIT_MAX_MS: u64 = 30_000;
/// A configuration file.
pub const CONFIG_MAX_BYTES: u64 = 1 << 20;
/// What `${…}` may add to it in all, and what one secret's file may hold.
pub const CONFIG_SUBSTITUTED_MAX_BYTES: usize = 4 << 20;
pub const SECRET_MAX_BYTES: u64 = 64 << 10;
/// Problems of one configuration that are told; more are counted.
pub const CONFIG_PROBLEMS_MAX_COUNT: usize = 1_000;
/// Tables and lists within one another in what a slot's `config` holds: half of what the usual JSON readers take.
pub const PLUGIN_CONFIG_MAX_DEPTH: usize = 64;
/// A certificate's chain, and its key: each a file.
pub const TLS_FILE_MAX_BYTES: u64 = 256 << 10;
/// A file of certificates of authorities: a system's bundle has some 200 KB.
pub const CA_FILE_MAX_BYTES: u64 = 4 << 20;
/// How often a certificate and its key are looked at.
pub const TLS_LOOK_MS: u64 = 2_000;
/// Operators' tokens in their file, and their bearers' names.
pub const TOKENS_MAX_COUNT: usize = 500;
pub const TOKEN_NAME_MAX_BYTES: usize = 64;
/// From the head of an upload to its last byte.
pub const UPLOAD_READ_MAX_MS: u64 = 120_000;
/// The body of any other request to the operators' listener.
pub const ORDER_MAX_BYTES: u64 = 64 << 10;
/// Refused requests that are written into the audit; more are counted.
pub const REFUSALS_AUDITED_MAX_PER_MIN: u32 = 6;
/// Lines of the audit, or releases, of one answer.
pub const AUDIT_LINES_MAX_COUNT: u32 = 1_000;
/// Stages of a canary, and how long one may last.
pub const STAGES_MAX_COUNT: usize = 32;
pub const STAGE_MAX_SECONDS: u64 = 30 * 24 * 3600;
/// An operator's reason for a change.
pub const REASON_MAX_BYTES: usize = 1024;
/// This gateway's name among others, and a JSON Pointer to an event's key.
pub const SERVER_NAME_MAX_BYTES: usize = 128;
pub const KEY_POINTER_MAX_BYTES: usize = 1024;

/// A plugin's component.
pub const COMPONENT_MAX_BYTES: u64 = 64 << 20;
/// A child that compiles a component, unless the configuration says otherwise: wall time and CPU time, and memory.
pub const COMPILE_MAX_SECONDS: u64 = 30;
pub const COMPILE_CEILING_SECONDS: u64 = 3_600;
pub const COMPILE_MAX_BYTES: u64 = 2 << 30;
/// Twice what the largest sample needs.
pub const COMPILE_FLOOR_BYTES: u64 = 64 << 20;
pub const COMPILE_CEILING_BYTES: u64 = 64 << 30;
/// Such children at once, and the machine code that one may give back.
pub const COMPILERS_MAX_COUNT: usize = 4;
pub const CODE_MAX_BYTES: u64 = 512 << 20;
/// Golden cases of a component, and how long they may take together.
pub const GOLDEN_MAX_BYTES: usize = 4 << 20;
pub const GOLDEN_MAX_CASES: usize = 1_000;
pub const GOLDEN_MAX_MS: u64 = 30_000;
/// All memories of one instance, unless its slot says otherwise.
pub const MEMORY_MAX_BYTES: u64 = 128 << 20;
/// The least that a slot may ask for, one page, and the most: what one memory of the pool reserves.
pub const MEMORY_FLOOR_BYTES: u64 = 64 << 10;
pub const MEMORY_CEILING_BYTES: u64 = 4 << 30;
/// One call of a plugin, unless its slot says otherwise.
pub const CALL_DEADLINE_MS: u64 = 50;
/// The most that a slot may ask for: the three calls of a batch then still end within `DRAIN_MAX_MS`.
pub const CALL_DEADLINE_CEILING_MS: u64 = 10_000;
/// `configure` and `describe` of a new instance: once, and never on the way of an event.
pub const LOAD_DEADLINE_MS: u64 = 2_000;
/// What one call of a plugin may return, unless its slot says otherwise.
pub const RESULT_MAX_BYTES: u64 = 16 << 20;
pub const RESULT_CEILING_BYTES: u64 = 1 << 30;
/// Elements of all tables of one instance.
pub const TABLE_ELEMENTS_MAX_COUNT: usize = 20_000;
/// Instances alive at once in the whole process: each reserves addresses, of which there are enough for sixteen times as many. A thousand loaded
/// models have one each, and those that score at once, or are loaded, another.
pub const INSTANCES_MAX_COUNT: u32 = 2_000;
/// A plugin's stack.
pub const STACK_MAX_BYTES: usize = 512 << 10;
/// A text of a plugin that is handed on: a reason, a decision, a route, a log line.
pub const PLUGIN_TEXT_MAX_BYTES: usize = 1024;
/// Tensors of a signature or contract, dimensions of a tensor.
pub const TENSORS_MAX_COUNT: usize = 64;
pub const DIMENSIONS_MAX_COUNT: usize = 8;
/// Log lines of one instance a second; more are counted, not written.
pub const LOG_LINES_MAX_PER_S: u32 = 100;

/// Events of one call, unless the pipeline says otherwise.
pub const BATCH_MAX_EVENTS: usize = 64;
pub const BATCH_CEILING_EVENTS: usize = 16_384;
/// Events that wait in a pipeline's queue, unless the pipeline says otherwise.
pub const QUEUE_MAX_EVENTS: usize = 1024;
pub const QUEUE_CEILING_EVENTS: usize = 1_000_000;
/// Scoring threads of one pipeline.
pub const WORKERS_COUNT: usize = 1;
pub const WORKERS_CEILING_COUNT: usize = 64;
/// A scoring thread without an event for so long ends; the next event starts one.
pub const WORKER_IDLE_MAX_MS: u64 = 10_000;
/// A breaker opens after so many faults in a row, unless the pipeline says otherwise, and stays open for so long.
pub const BREAKER_MAX_FAULTS: u32 = 100;
pub const BREAKER_CEILING_FAULTS: u32 = 1_000_000;
pub const BREAKER_OPEN_MS: u64 = 1_000;
/// A candidate's own breaker: its events go to the active generation meanwhile.
pub const CANDIDATE_MAX_FAULTS: u32 = 20;
/// Of one side of a trial: scores of its sample, decisions that are counted apart.
pub const TALLY_SCORES_MAX_COUNT: usize = 2_048;
pub const TALLY_DECISIONS_MAX_COUNT: usize = 64;
/// Scores, or latencies, of each side below which nothing is said of how far two sides are apart.
pub const TALLY_COMPARED_MIN_COUNT: usize = 30;
/// The largest differences of a shadow that are kept for reading.
pub const DIFFERENCES_MAX_COUNT: usize = 32;
/// Copies of events that wait to be scored a second time; what finds no room is left out.
pub const SHADOW_QUEUE_MAX_EVENTS: usize = 1_024;
pub const SHADOW_QUEUE_MAX_BYTES: usize = 16 << 20;
/// Events of one pass of a shadow, and how long a pass gives way to events that wait for their answer.
pub const SHADOW_BATCH_MAX_EVENTS: usize = 16;
pub const SHADOW_GIVE_WAY_MAX_MS: u64 = 10;
/// What a stream's source may have read and not yet dealt with; one event more is let in when there is any room.
pub const STREAM_IN_FLIGHT_MAX_BYTES: usize = 64 << 20;
/// A line of a followed file. Of a longer one this much is an event, and the rest is skipped.
pub const FILE_LINE_MAX_BYTES: usize = 1 << 20;
/// What a followed file is read by at once.
pub const FILE_CHUNK_BYTES: usize = 64 << 10;
/// How often a followed file is looked at where nothing more is to be read, and how often its place is kept.
pub const FILE_POLL_MS: u64 = 150;
pub const FILE_KEEP_MS: u64 = 1_000;
/// Files of one path that were rotated away and are not read to their end, and how long such a file must be quiet, once there is a new one,
/// until nothing more is expected of it.
pub const FILE_ROTATED_MAX_COUNT: usize = 64;
pub const FILE_ROTATED_QUIET_MS: u64 = 1_000;
/// How long no file may be at the path until readiness tells: between two files of a rotation there is none for a moment.
pub const FILE_MISSING_MAX_MS: u64 = 3_000;
/// A line of a file of dead letters, and how long a write waits for another process that appends to it.
pub const DEAD_LETTER_LINE_MAX_BYTES: u64 = 256 << 20;
pub const DEAD_LETTER_LOCK_MAX_MS: u64 = 5_000;
/// Connections of a sink or source to its PostgreSQL, unless its table says otherwise.
pub const POSTGRES_CONNECTIONS_MAX_COUNT: u32 = 4;
pub const POSTGRES_CONNECTIONS_CEILING_COUNT: u32 = 100;
/// An outbox's lease, and how often it is looked at, unless its table says otherwise.
pub const OUTBOX_LEASE_MS: u64 = 30_000;
pub const OUTBOX_POLL_MS: u64 = 1_000;
/// A shorter lease would run out in a pause of the machine; a longer one would hold a lost gateway's rows back for more than an hour.
pub const OUTBOX_LEASE_FLOOR_MS: u64 = 1_000;
pub const OUTBOX_LEASE_CEILING_MS: u64 = 3_600_000;
pub const OUTBOX_POLL_FLOOR_MS: u64 = 10;
pub const OUTBOX_POLL_CEILING_MS: u64 = 3_600_000;
/// A name of a topic or group, as Kafka limits topics'.
pub const KAFKA_NAME_MAX_BYTES: usize = 249;
/// The longest pause between two tries of a sink, a broker or a database that is away.
pub const BACKOFF_MAX_MS: u64 = 5_000;
/// Events of a stream that were scored before an earlier batch of theirs.
pub const AHEAD_MAX_EVENTS: usize = 8192;
/// Outcomes between scoring and the sinks.
pub const DELIVERY_MAX_EVENTS: usize = 4096;
/// Payloads and outputs that sinks are given at once; one batch is given whatever it has.
pub const DELIVERY_MAX_BYTES: usize = 32 << 20;
/// How long a sink may refuse before the source is told so.
pub const SINK_RETRY_MAX_MS: u64 = 5_000;

/// One event in so many is kept in a capsule where a pipeline samples, unless it says otherwise, and the most that it may say.
pub const CAPTURE_EVERY_EVENTS: u64 = 1_000;
pub const CAPTURE_EVERY_CEILING_EVENTS: u64 = 1_000_000_000;
/// Capsules of a pipeline that stay, and their bytes, unless the pipeline says otherwise.
pub const CAPTURE_MAX_COUNT: u64 = 1_000;
pub const CAPTURE_CEILING_COUNT: u64 = 100_000;
pub const CAPTURE_MAX_BYTES: u64 = 64 << 20;
pub const CAPTURE_FLOOR_BYTES: u64 = 64 << 10;
pub const CAPTURE_CEILING_BYTES: u64 = 64 << 30;
/// One capsule's file; what would be larger is not kept.
pub const CAPSULE_MAX_BYTES: u64 = 64 << 20;
/// Capsules of one pipeline that wait to be written, and the bytes of those of all pipelines.
pub const CAPTURE_QUEUE_MAX_COUNT: usize = 256;
pub const CAPTURE_QUEUE_MAX_BYTES: usize = 32 << 20;
/// How often the log tells that capsules cannot be kept, while that lasts.
pub const CAPTURE_TROUBLE_TOLD_MS: u64 = 60_000;

/// Releases that are compiled or loaded at once.
pub const LOADS_MAX_COUNT: usize = 2;
/// Releases that came in and serve nothing yet, but are kept loaded: whoever adds one often begins its rollout next.
/// All of one change find room.
pub const SHELF_MAX_COUNT: usize = PAIR_MAX_COUNT;
/// Slots that one change may change together.
pub const PAIR_MAX_COUNT: usize = 8;
/// How often trials are judged.
pub const GUARD_INTERVAL_MS: u64 = 100;
/// How long before the store is asked again after it could not be, or a change is tried again that could not be made; longer each time.
pub const FOLLOW_PAUSE_MS: u64 = 1_000;
pub const FOLLOW_PAUSE_MAX_MS: u64 = 4_000;
/// How often watched files are looked at; one that changed is deployed when it was quiet for as long.
pub const WATCH_INTERVAL_MS: u64 = 250;

/// Of a file that is scored: one row of text, columns, and the description at the end of a Parquet file.
pub const TABLE_ROW_MAX_BYTES: usize = 4 << 20;
pub const TABLE_MAX_COLUMNS: usize = 100_000;
pub const TABLE_FOOTER_MAX_BYTES: u64 = 64 << 20;
/// Rows of one call when a file is scored, and the values that they may have together.
pub const SCORE_BATCH_MAX_ROWS: usize = 4_096;
pub const SCORE_BATCH_MAX_VALUES: usize = 256 << 10;
