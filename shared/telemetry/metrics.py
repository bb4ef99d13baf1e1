"""Every instrument of both services, declared once.

Dashboards and alerts query these names in PromQL: they are public. ``docs/telemetry.md`` explains
each one and what to do about it; ADR 17 why they are spelled as Prometheus spells them.
"""

from typing import Final

from shared.telemetry.instruments import STEP_BOUNDS_S, Counter, Gauge, Histogram, Instrument

# --- command_service ---
EVENTS: Final = Counter(
    "mechachang_events_total",
    "{event}",
    "Events, commands and clicks from Slack. outcome: accepted, refused, ignored, handed_back, "
    "turned_away or failed; reason: why, else none. kind: question, cancel, "
    "feedback, home (the app was opened), doctor or none.",
    ("source", "outcome", "reason", "kind"),
)
ACK_DURATION: Final = Histogram(
    "mechachang_ack_duration_seconds",
    "From an envelope's arrival until it was acked or left unacked.",
    ("source",),
    STEP_BOUNDS_S,
)
PUBLISH_DURATION: Final = Histogram(
    "mechachang_publish_duration_seconds",
    "From publishing a task until Pub/Sub confirmed it (outcome ok) or did not (failed).",
    ("outcome",),
    STEP_BOUNDS_S,
)
FIRST_SIGN: Final = Histogram(
    "mechachang_first_sign_seconds",
    "From the event in Slack until its user saw a first sign: a status, a reply, a shown question.",
    ("source",),
    STEP_BOUNDS_S,
)
SOCKET_CONNECTED: Final = Gauge(
    "mechachang_socket_connected",
    "{connection}",
    "1 while Slack is heard on the socket, else 0.",
)
SOCKET_RECONNECTS: Final = Counter(
    "mechachang_socket_reconnects_total",
    "{reconnect}",
    "Sockets that were replaced. reason: Slack's own (refresh_requested, warning, …) or lost.",
    ("reason",),
)
ENVELOPES_IN_FLIGHT: Final = Gauge(
    "mechachang_envelopes_in_flight",
    "{envelope}",
    "Envelopes being handled now.",
)
CATCH_UP_QUESTIONS: Final = Counter(
    "mechachang_catch_up_questions_total",
    "{question}",
    "Questions found in Slack's history after a gap, and published.",
)
CATCH_UP_SWEEPS: Final = Counter(
    "mechachang_catch_up_sweeps_total",
    "{sweep}",
    "Searches of Slack's history. end: whole, cut (another one goes on) or given_up.",
    ("end",),
)

# --- processor_service ---
TASKS: Final = Counter(
    "mechachang_tasks_total",
    "{delivery}",
    "Deliveries of tasks by what became of them. outcome: answered, told_failure, gave_up, "
    "stopped, noted, not_followed, already_done, duplicate, held, try_later or failed; "
    "reason: why, else none.",
    ("outcome", "reason", "mode", "source"),
)
FIRST_WORDS: Final = Histogram(
    "mechachang_first_words_seconds",
    "From the event in Slack until the first words of its answer stood there.",
    ("mode", "way"),
)
ANSWER_DURATION: Final = Histogram(
    "mechachang_answer_seconds",
    "From the event in Slack until its answer stood there whole. cached: true or false.",
    ("mode", "source", "cached"),
)
ANSWER_OVERHEAD: Final = Histogram(
    "mechachang_answer_overhead_seconds",
    "mechachang_answer_seconds without the time in which Gemini was at work.",
)
QUEUE_AGE: Final = Histogram(
    "mechachang_queue_age_seconds",
    "From the publishing of a task to each arrival of it.",
)
REDELIVERIES: Final = Counter(
    "mechachang_redeliveries_total",
    "{delivery}",
    "Deliveries of a task after its first one.",
)
GEMINI_ATTEMPTS: Final = Counter(
    "mechachang_gemini_attempts_total",
    "{attempt}",
    "Attempts at Gemini. outcome: ok, cancelled, or the reason of the failure.",
    ("model", "outcome"),
)
GEMINI_HEDGES: Final = Counter(
    "mechachang_gemini_hedges_total",
    "{hedge}",
    "Times that the fallback was asked beside a silent model. winner: first, second, none.",
    ("winner",),
)
GEMINI_FIRST_TOKEN: Final = Histogram(
    "mechachang_gemini_first_token_seconds",
    "From the request to Gemini until its first piece of text.",
    ("model",),
)
GEMINI_DURATION: Final = Histogram(
    "mechachang_gemini_duration_seconds",
    "From the request to Gemini until its last piece. outcome as in the attempts.",
    ("model", "outcome"),
)
GEMINI_TOKENS: Final = Counter(
    "mechachang_gemini_tokens_total",
    "{token}",
    "Tokens Gemini counted. kind: input (not cached), cached, output or thoughts.",
    ("model", "kind"),
)
GEMINI_COST: Final = Counter(
    "mechachang_gemini_cost_usd_total",
    "{usd}",
    "What tokens and searches cost by GEMINI_PRICES, in US dollars; nothing without a price.",
    ("model",),
)
GEMINI_SEARCHES: Final = Counter(
    "mechachang_gemini_searches_total",
    "{search}",
    "Searches of Google that an attempt made; each of them is paid.",
    ("model",),
)
CACHE_LOOKUPS: Final = Counter(
    "mechachang_cache_lookups_total",
    "{lookup}",
    "Looks for an answer given before. result: hit, miss, or off (nothing is shared).",
    ("result",),
)
DELIVERIES: Final = Counter(
    "mechachang_deliveries_total",
    "{answer}",
    "Answers by how they came to be seen. way: stream, edit, post, file or response_url.",
    ("way",),
)
LEDGER_ADOPTIONS: Final = Counter(
    "mechachang_ledger_adoptions_total",
    "{task}",
    "Tasks whose work found messages of an earlier worker in Slack and went on with them.",
)
LEASES_LOST: Final = Counter(
    "mechachang_leases_lost_total",
    "{lease}",
    "Leases that another worker took over while work went on.",
)
SLACK_CALLS: Final = Counter(
    "mechachang_slack_calls_total",
    "{call}",
    "Calls of Slack. method: the Web API's, or response_url; outcome: ok, or the failure's reason.",
    ("method", "outcome"),
)
SLACK_CALL_DURATION: Final = Histogram(
    "mechachang_slack_call_duration_seconds",
    "From a call of Slack until its answer or failure.",
    ("method",),
    STEP_BOUNDS_S,
)
SLACK_RATE_LIMITED: Final = Counter(
    "mechachang_slack_rate_limited_total",
    "{call}",
    "Calls that Slack answered with 429.",
    ("method",),
)
REDIS_UNAVAILABLE: Final = Counter(
    "mechachang_redis_unavailable_total",
    "{command}",
    "Commands that Redis did not answer in time; those left out while it rests are not counted.",
)
DEAD_LETTERS: Final = Counter(
    "mechachang_dead_letters_total",
    "{delivery}",
    "Deliveries of tasks that Pub/Sub has given up.",
)
FEEDBACK: Final = Counter(
    "mechachang_feedback_total",
    "{vote}",
    "Votes on answers. vote: up or down.",
    ("vote",),
)
STOPPED: Final = Counter(
    "mechachang_stopped_total",
    "{answer}",
    "Answers whose user stopped them.",
)

# --- both ---
PROCESS_CPU: Final = Counter(
    "mechachang_process_cpu_seconds_total",
    "s",
    "CPU time the process has taken, user and system.",
    ("service",),
)
PROCESS_MEMORY: Final = Gauge(
    "mechachang_process_memory_bytes",
    "By",
    "Memory of the process (resident set).",
    ("service",),
)
SYNTHETIC_QUESTIONS: Final = Counter(
    "mechachang_synthetic_questions_total",
    "{question}",
    "Synthetic questions, which no other metric counts. outcome: queued or not_queued (the command "
    "service), answered, late, or the reason why not (the processor).",
    ("outcome",),
)
SYNTHETIC_DURATION: Final = Histogram(
    "mechachang_synthetic_seconds",
    "From a synthetic question until the processor had answered it.",
)
BUILD_INFO: Final = Gauge(
    "mechachang_build_info",
    "{process}",
    "1: which version and Cloud Run revision is running.",
    ("service", "version", "revision"),
)

INSTRUMENTS: Final[tuple[Instrument, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, Instrument)
)
