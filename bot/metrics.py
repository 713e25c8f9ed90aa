"""What the robot counts, for Prometheus: instruments that any part of it may use, on a registry of their own.

Every label has a list of values that is fixed here, and what is not on it counts as `other`: whatever arrives, the
number of series stays as it is. Nothing in them names a person, a file, a request or a conversation. What is state
and not history (jobs, quotas, the head of the audit chain) is asked of the database when somebody looks, by
`bot.health.state`. docs/metrics.md tells what each means.

https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

import platform
import time
from collections.abc import Collection
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

OTHER = "other"
CALLBACK_WITHIN_S = 2.0
"""How long DingTalk waits for the answer to a card callback.
https://open.dingtalk.com/document/development/event-callback-card"""

TOPICS: Final = ("message", "click", "event", "system")
_TOPICS = {
    ("CALLBACK", "/v1.0/im/bot/messages/get"): "message",
    ("CALLBACK", "/v1.0/card/instances/callback"): "click",
}
_TYPES = {"EVENT": "event", "SYSTEM": "system"}

RESULTS: Final = ("answered", "not_taken", "malformed", "unknown", "failed", "lost")
COMMANDS: Final = (
    *("delete", "ls", "status", "details", "history", "confirm", "approve", "reject", "cancel"),
    *("resume", "undo", "whoami", "help", "ping", "none"),
)
"""`none` is a message that is no command, or was refused before it was read as one."""
COMMAND_RESULTS: Final = ("done", "refused", "refused_by_dingtalk", "put_off", "failed")
APIS: Final = (
    "GET /v1.0/card/templates",
    "GET /v1.0/drive/spaces",
    "GET /v1.0/storage/recycleBins",
    "GET /v1.0/storage/recycleBins/{recycleBinId}/recycleItems",
    "GET /v1.0/storage/recycleBins/{recycleBinId}/recycleItems/{recycleItemId}",
    "GET /v1.0/storage/spaces/{spaceId}",
    "GET /v1.0/storage/spaces/{spaceId}/dentries",
    "GET /v1.0/storage/tasks/{taskId}",
    "GET /v2.0/doc/dentries/{dentryUuid}/queryDentryId",
    "POST /media/upload",
    "POST /robot/send",
    "POST /robot/sendBySession",
    "POST /topapi/role/simplelist",
    "POST /topapi/user/getbyunionid",
    "POST /topapi/user/listadmin",
    "POST /topapi/v2/department/get",
    "POST /topapi/v2/department/listparentbyuser",
    "POST /topapi/v2/user/get",
    "POST /v1.0/card/instances",
    "POST /v1.0/card/instances/createAndDeliver",
    "POST /v1.0/card/instances/deliver",
    "POST /v1.0/convFile/conversations/spaces/query",
    "POST /v1.0/oauth2/accessToken",
    "POST /v1.0/oauth2/corpAccessToken",
    "POST /v1.0/robot/groupMessages/send",
    "POST /v1.0/robot/oToMessages/batchSend",
    "POST /v1.0/storage/recycleBins/{recycleBinId}/recycleItems/batchRestore",
    "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove",
    "POST /v1.0/storage/spaces/{spaceId}/dentries/listAll",
    "POST /v1.0/storage/spaces/{spaceId}/dentries/query",
    "POST /v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/query",
    "PUT /v1.0/card/instances",
)
STATUSES: Final = ("200", "400", "401", "403", "404", "409", "429", "500", "502", "503", "504", "none")
"""Of HTTP; `none` is a call without an answer."""
ERRORS: Final = (
    *("TransportError", "UnknownOutcome", "Throttled", "QuotaUsedUp", "Denied", "TokenRefused"),
    *("BadCredentials", "NotFound", "Invalid", "DeliveryFailed", "Conflict", "NotRecyclable"),
)
"""The classes of bot.dingtalk.errors."""
SCOPES: Final = ("app", "platform", "ip", "robot")
KINDS: Final = ("delete", "restore")
OUTCOMES: Final = (
    *("deleted", "already_gone", "changed_since_approval", "denied", "not_recyclable", "failed", "unknown"),
    *("restored", "renamed", "moved", "partly", "already_back", "purged"),
)
ENDS: Final = ("done", "partly_done", "failed", "cancelled")
DATABASE_ERRORS: Final = (
    "OperationalError",
    "InterfaceError",
    "TimeoutError",
    "ProgrammingError",
    "DataError",
)
NOTICE_RESULTS: Final = ("sent", "failed", "undelivered", "cut", "lost")
LEVELS: Final = ("warning", "error", "critical")
CHECKS: Final = ("loop", "replica", "database", "stream", "token")

_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, CALLBACK_WITHIN_S, 5.0)
_SLOW = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LONG = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0)

registry = CollectorRegistry(auto_describe=True)
"""Ours alone: what libraries register for themselves has labels that nobody here bounds."""
ProcessCollector(registry=registry)

build_info = Gauge(
    "dingsweep_build_info", "Always 1; the labels say what runs.", ["version", "python"], registry=registry
)
build_info.labels(version("dingsweep"), platform.python_version()).set(1)

frames = Counter(
    "dingsweep_stream_frames",
    "Frames that the stream connection brought.",
    ["topic", "result"],
    registry=registry,
)
answering = Histogram(
    "dingsweep_stream_answer_seconds",
    "From a frame's arrival until its answer is sent.",
    ["topic"],
    buckets=_QUICK,
    registry=registry,
)
late_callbacks = Counter(
    "dingsweep_callbacks_late",
    "Card callbacks that were not answered within the 2 s that DingTalk waits.",
    registry=registry,
)
connected = Gauge(
    "dingsweep_stream_connected", "1 while there is a connection to DingTalk.", registry=registry
)
heard_at = Gauge(
    "dingsweep_stream_heard_timestamp_seconds",
    "When anything last came over the stream, a pong included; 0 before the first.",
    registry=registry,
)
frame_at = Gauge(
    "dingsweep_stream_frame_timestamp_seconds",
    "When a message, click or event last came over the stream; 0 before the first.",
    registry=registry,
)
reconnects = Counter(
    "dingsweep_stream_reconnects",
    "Connections that ended: announced by DingTalk, as it does about every half-hour, or broken.",
    ["reason"],
    registry=registry,
)
connect_failures = Counter(
    "dingsweep_stream_connect_failures",
    "Attempts to connect that failed: unreachable, a certificate nobody trusts, or refused with the credentials.",
    ["reason"],
    registry=registry,
)

commands = Counter(
    "dingsweep_commands",
    "Messages that were dealt with, by command and how that went.",
    ["command", "result"],
    registry=registry,
)
commanding = Histogram(
    "dingsweep_command_seconds",
    "From taking up a message until its answer is sent.",
    ["command"],
    buckets=_SLOW,
    registry=registry,
)

api_calls = Counter(
    "dingsweep_api_calls", "Calls of DingTalk's APIs, by HTTP status.", ["api", "status"], registry=registry
)
api_errors = Counter(
    "dingsweep_api_errors",
    "Calls that went wrong, by what that means for the robot.",
    ["api", "kind"],
    registry=registry,
)
calling = Histogram(
    "dingsweep_api_call_seconds",
    "From sending a call until its answer.",
    ["api"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=registry,
)
throttles = Counter(
    "dingsweep_api_throttled",
    "Calls that DingTalk refused as too many, by whose limit it was.",
    ["api", "scope"],
    registry=registry,
)
token_renewals = Counter(
    "dingsweep_token_renewals",
    "Access tokens asked for: given, refused with our credentials, or failed otherwise.",
    ["result"],
    registry=registry,
)

dentries = Counter(
    "dingsweep_dentries",
    "Files and folders named in requests, by what became of them.",
    ["kind", "outcome"],
    registry=registry,
)
jobs_finished = Counter(
    "dingsweep_jobs_finished", "Jobs that ended, by how.", ["kind", "state"], registry=registry
)
working = Histogram(
    "dingsweep_job_seconds",
    "From a job's beginning to its end.",
    ["kind"],
    buckets=_LONG,
    registry=registry,
)

notices = Counter(
    "dingsweep_notices",
    "Lines for channels: sent, failed for now, given up, cut to save calls, or lost.",
    ["result"],
    registry=registry,
)
database_errors = Counter(
    "dingsweep_database_errors",
    "Statements that the database did not carry out.",
    ["kind"],
    registry=registry,
)
log_lines = Counter(
    "dingsweep_log_lines",
    "Warnings and errors, also those that were left out as repeats.",
    ["level"],
    registry=registry,
)
loop_lag = Histogram(
    "dingsweep_loop_lag_seconds",
    "How late the event loop comes to what is due, looked at every second.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0),
    registry=registry,
)


def known(value: object, values: Collection[str]) -> str:
    """The label for a value: itself where the list has it."""
    return value if isinstance(value, str) and value in values else OTHER


def topic_of(kind: object, topic: object) -> str:
    """What a frame is about, by its type and topic."""
    if not (isinstance(kind, str) and isinstance(topic, str)):
        return OTHER
    return _TYPES.get(kind) or _TOPICS.get((kind, topic), OTHER)


def heard(topic: str = "") -> None:
    """Something came over the stream; with a topic, a frame."""
    now = time.time()
    heard_at.set(now)
    if topic in {"message", "click", "event"}:
        frame_at.set(now)


def frame(topic: str, result: str, seconds: float | None = None) -> None:
    """A frame was dealt with; in so many seconds, where it was answered."""
    topic = known(topic, TOPICS)
    frames.labels(topic, known(result, RESULTS)).inc()
    if seconds is None:
        return
    answering.labels(topic).observe(seconds)
    if topic == "click" and seconds > CALLBACK_WITHIN_S:
        late_callbacks.inc()


def command(name: str, result: str, seconds: float) -> None:
    """A message was dealt with."""
    name = known(name, COMMANDS)
    commands.labels(name, known(result, COMMAND_RESULTS)).inc()
    commanding.labels(name).observe(seconds)


def call(api: str, status: int | None, kind: str | None, seconds: float) -> None:
    """A call of DingTalk's was answered, or not (then `status` is None); `kind` is the class of its error."""
    api = known(api, APIS)
    api_calls.labels(api, known(str(status) if status else "none", STATUSES)).inc()
    calling.labels(api).observe(seconds)
    if kind:
        api_errors.labels(api, known(kind, ERRORS)).inc()


def throttled(api: str, scope: str) -> None:
    throttles.labels(known(api, APIS), known(scope, SCOPES)).inc()


def outcome(kind: str, said: str, number: int = 1) -> None:
    """So many targets have this outcome now."""
    dentries.labels(known(kind, KINDS), known(said, OUTCOMES)).inc(number)


def job_finished(kind: str, state: str, seconds: float) -> None:
    kind = known(kind, KINDS)
    jobs_finished.labels(kind, known(state, ENDS)).inc()
    working.labels(kind).observe(max(0.0, seconds))


def notice(result: str, number: int = 1) -> None:
    notices.labels(known(result, NOTICE_RESULTS)).inc(number)


def database_failed(error: Exception) -> None:
    """By the class of the error; one that only says that a row is there already is none."""
    if (kind := type(error).__name__) in DATABASE_ERRORS:
        database_errors.labels(kind).inc()


for _reason in (
    "announced",
    "broken",
):  # what may never happen is 0 from the start, or its first rise would not show
    reconnects.labels(_reason)
for _reason in ("unreachable", "certificate", "refused"):
    connect_failures.labels(_reason)
for _kind in DATABASE_ERRORS:
    database_errors.labels(_kind)
for _result in NOTICE_RESULTS:
    notices.labels(_result)
for _level in LEVELS:
    log_lines.labels(_level)
for _result in ("given", "refused", "failed"):
    token_renewals.labels(_result)
for _topic in ("message", "click"):
    answering.labels(_topic)
