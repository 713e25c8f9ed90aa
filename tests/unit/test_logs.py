"""The log: one JSON object a line whatever is said, no secret in any, no name unless allowed, and no floods."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot import logs
from bot.channels import Channel
from bot.dingtalk.errors import NotFound
from bot.logs.redaction import MOST as MOST_SECRETS
from bot.logs.redaction import Redactor, secrets_in
from bot.logs.repeats import FIRST, MOST, WITHIN_S, OneHandler, Repeats
from bot.settings import Settings

NAME = "Gehälter 2026.xlsx"
log = structlog.get_logger()


@contextmanager
def listening(**options: Any) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The log set up as the robot does it; gives the lines so far, each of which must be one JSON object."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level, redactor = root.handlers, root.level, logs._redactor
    logs._redactor = Redactor()
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", said)
        logs.set_up("json", **options)
        try:
            yield lambda: [dict(json.loads(line)) for line in said.getvalue().splitlines()]
        finally:
            root.handlers, logs._redactor = handlers, redactor
            root.setLevel(level)
            structlog.configure(**before)


def everything(value: Any) -> Iterator[str]:
    """Every text in it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from everything(each)
    elif isinstance(value, list):
        for each in value:
            yield from everything(each)
    else:
        yield str(value)


SECRETS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="…"), min_size=8, max_size=40
).filter(lambda text: len(set(text)) > 4)


@settings(max_examples=60, deadline=None)
@given(secret=SECRETS, token=SECRETS)
def test_no_line_holds_a_secret_however_it_is_spelt(secret: str, token: str) -> None:
    with listening(secrets=[secret], log_names=True) as lines:
        logs.hide(token)
        for each in (secret, token):
            log.info(
                "it.happened",
                url=f"https://x/?a={quote_plus(each)}&b={quote(each)}",
                shown=repr(each),
                text=each,
            )
            log.warning(each, deep={"a": [{each: (each, 1)}]}, error=ValueError(each))
            logging.getLogger("aiohttp.client").error("sent %r with %s", each, json.dumps({"k": each}))
            try:
                raise OSError(5, each) from KeyError(each)
            except OSError:
                log.exception("it.failed", secret="s", password=each)
        said = lines()
    assert len(said) == 8
    for text in everything(said):
        for each in (secret, token):
            for spelt in (each, quote_plus(each), repr(each)[1:-1], json.dumps(each)[1:-1]):
                assert spelt not in text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "https://oapi.dingtalk.com/robot/send?access_token=8f3e1bbd&sign=aXbY%3D",
            "https://oapi.dingtalk.com/robot/send?",
        ),
        ("https://oapi.dingtalk.com/robot/sendBySession?session=8f3e1bbd", "sendBySession"),
        ("wss://x/connect?ticket=8f3e1bbd", "wss://x/connect?"),
        ("postgresql://robot:8f3e1bbd@db/x", "@db/x"),
        ("http://user:8f3e1bbd@proxy:3128", "@proxy:3128"),
        ("http://user:p@8f3e1bbd@proxy:3128", "@proxy:3128"),
        ("x-acs-dingtalk-access-token: 8f3e1bbd", "x-acs"),
        ("""{"suiteTicket": "8f3e1bbd", "spaceId": "7"}""", '"spaceId": "7"'),
        ("{'appSecret': '8f3e1bbd'}", "{"),
        (r'"{\"clientSecret\": \"8f3e1bbd\"}"', "{"),
        ("Authorization: Bearer 8f3e1bbd", "Authorization"),
        ("the key SEC8f3e1bbd8f3e1bbd8f3e1bbd8f3e1bbd8f3e", "the key"),
    ],
)
def test_what_looks_like_a_secret_is_left_out_unknown_as_it_is(said: str, kept: str) -> None:
    cleaned = Redactor().clean(said)
    assert "8f3e1bbd" not in cleaned
    assert kept in cleaned


def test_fields_that_say_what_they_are_are_left_out_whatever_they_hold() -> None:
    cleaned = Redactor()(
        None,
        "",
        {"event": "a.b", "token": "ab", "session_webhook": ["x"], "task_id": "7", "n": 1, "ok": True},
    )
    assert cleaned == {
        "event": "a.b",
        "token": "…",
        "session_webhook": "…",
        "task_id": "7",
        "n": 1,
        "ok": True,
    }


def test_the_secrets_of_settings_are_found_wherever_they_are() -> None:
    made = Settings(
        client_id="robot",
        client_secret=SecretStr("client-5ecret"),
        suite_key="suite",
        suite_secret=SecretStr("suite-5ecret"),
        auth_corp_id="corp",
        database_url="postgresql+psycopg://robot:db%40passw0rd@host/x",
        notify=(
            Channel(
                name="ops",
                webhook=SecretStr("https://oapi.dingtalk.com/robot/send?access_token=t0ken123"),
                secret=SecretStr("SECabcdef"),
            ),
        ),
        api_base_url="http://me:pr0xy-pass@proxy",
    )
    found = set(secrets_in(made))
    assert {
        "client-5ecret",
        "suite-5ecret",
        "db@passw0rd",
        "db%40passw0rd",
        "t0ken123",
        "SECabcdef",
        "pr0xy-pass",
    } <= found


def test_no_part_of_a_secret_stays_where_a_long_text_is_cut() -> None:
    secret = "s3cret-0123456789-abcdefghij"
    with listening(secrets=[secret]) as lines:
        for place in range(1970, 2001):
            log.info("job.happened", text_of_any_length=f"{'x' * place}{secret}{'x' * 40_000}")
            with suppress(OSError):
                try:
                    raise OSError(1, f"{secret}{'y' * (21_950 - place)}")
                except OSError:
                    log.exception("job.failed")
        said = lines()
    assert len(said) == 62
    parts = [secret[:6], secret[-6:]]
    assert not [text[-80:] for text in everything(said) if any(part in text for part in parts)]
    assert max(map(len, everything(said))) <= 20_000


def test_only_the_latest_tokens_are_remembered() -> None:
    redactor = Redactor()
    for number in range(10 * MOST_SECRETS):
        redactor.hide(f"token-{number:05}")
    assert len(redactor._latest) == MOST_SECRETS
    assert redactor.clean(f"token-{10 * MOST_SECRETS - 1:05}") == "…"


def _failing() -> None:
    try:
        raise NotFound("GET /x", "notExist", f"{NAME} is not there", request_id="r-1")
    except NotFound as exc:
        grouped = ExceptionGroup(f"of {NAME}", [KeyError(NAME), exc])
        grouped.add_note(NAME)
        raise ValueError(NAME) from grouped


@pytest.mark.parametrize("log_names", [False, True])
def test_what_people_wrote_is_in_the_log_only_where_that_is_set(log_names: bool) -> None:
    with listening(log_names=log_names) as lines:
        log.info("it.happened", path=f"/x/{NAME}", note=NAME, size=3)
        log.warning(
            "it.went_wrong", error=NotFound("GET /x", "notExist", f"{NAME} is not there", request_id="r-1")
        )
        try:
            _failing()
        except ValueError:
            log.exception("it.failed")
        logging.getLogger("asyncio").error(
            f"Task exception was never retrieved\nfuture: {NAME}", exc_info=KeyError(NAME)
        )
        said = lines()
    assert any(NAME in text for text in everything(said)) is log_names
    happened, wrong, failed, task = said
    assert happened["size"] == 3
    assert wrong["error"].startswith("NotFound: GET /x: notExist")
    assert "r-1" in wrong["error"], "what DingTalk's support asks for"
    assert failed["error_type"] == "ValueError"
    assert "in _failing" in failed["exception"], "where it was stays"
    assert failed["exception"].count("Traceback (most recent call last)") >= 2
    assert task["event"].startswith("Task exception was never retrieved")


class Odd:
    def __str__(self) -> str:
        return "odd\u2028\x1b[2J\x9b"


def test_every_line_is_one_object_whatever_is_said() -> None:
    with listening() as lines, logs.caught():
        log.info(
            "it.happened",
            text="a\nb\x85c\u2028d",
            odd=Odd(),
            lone="\ud800",
            keys={1: {2: b"\xff"}},
            many={1, 2},
        )
        logging.getLogger("some.library").error("two\nlines %s", "x", exc_info=KeyError("k"))
        logging.getLogger("some.library").error("wrong number %s %s", "x")  # noqa: PLE1206

        def breaks() -> None:
            raise RuntimeError("in a thread")

        thread = threading.Thread(target=breaks)
        thread.start()
        thread.join()
        sys.excepthook(ValueError, ValueError("at last"), None)
        asyncio.run(_with_a_task_nobody_asks())
        said = lines()
    events = [line["event"] for line in said]
    assert [event for event in events if event == "program.broke"] == ["program.broke"] * 2
    assert "two" in events, "the next lines of a library quote what it failed at"
    assert "log.unwritable" in events, "a line that cannot be written is one, too"
    assert "Task exception was never retrieved" in events
    assert all({"event", "level"} <= line.keys() for line in said)


async def _with_a_task_nobody_asks() -> None:
    async def breaks() -> None:
        raise RuntimeError

    task = asyncio.create_task(breaks())
    await asyncio.wait([task])
    del task


def test_warnings_are_lines(recwarn: pytest.WarningsRecorder) -> None:
    with listening() as lines, logs.caught():
        warnings.showwarning("mind\nthis", DeprecationWarning, "x.py", 3)
        [line] = lines()
    assert (line["level"], line["logger"]) == ("warning", "py.warnings")


def test_what_breaks_at_the_start_is_a_line_and_an_exit_code() -> None:
    with listening() as lines:
        with pytest.raises(SystemExit) as ended, logs.caught():
            raise RuntimeError("no settings yet")
        [line] = lines()
    assert (ended.value.code, line["event"], line["level"]) == (1, "program.broke", "critical")
    with pytest.raises(KeyboardInterrupt), logs.caught():
        raise KeyboardInterrupt


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_repeats_itself_is_counted() -> None:
    clock = Clock()
    with listening() as lines:
        [handler] = logging.getLogger().handlers
        assert isinstance(handler, OneHandler)
        handler._repeats = Repeats(clock)
        for _ in range(1000):
            log.warning("stream.frame_malformed", size=1)
        log.info("stream.connected")
        assert len(lines()) == FIRST + 1
        clock.now = WITHIN_S
        logs.tick()
        logs.tick()
        told = lines()[FIRST + 1 :]
        log.warning("stream.frame_malformed", size=1)
        assert lines()[-1]["event"] == "stream.frame_malformed", "then from the beginning"
        for _ in range(FIRST + 2):
            log.warning("stream.frame_malformed", size=1)
        handler.close()
        last = lines()[-1]
    [left_out] = told
    assert (left_out["event"], left_out["repeated"], left_out["left_out"]) == (
        "log.repeated",
        "stream.frame_malformed",
        1000 - FIRST,
    )
    assert (left_out["level"], last["left_out"]) == ("warning", 3)


def test_what_a_trail_is_read_from_and_the_first_of_each_error_always_pass() -> None:
    with listening() as lines:
        for number in range(3 * FIRST):
            log.info("batch.sending", size=50)
            log.info("dingtalk.call", api="POST /x")
            log.error("card.not_delivered", request_id=f"K{number}")
            with suppress(ValueError):
                try:
                    raise type(f"Error{number}", (ValueError,), {})
                except ValueError:
                    log.exception("message.failed")
                    raise
            log.error("organisation.failed", corp_id=f"ding{number}")
        assert len(lines()) == 5 * 3 * FIRST


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3 * MOST), st.floats(0, 5)), max_size=300))
def test_nothing_is_lost_uncounted_and_little_is_kept(said: list[tuple[int, float]]) -> None:
    clock = Clock()
    repeats = Repeats(clock)
    passed = told = 0
    for event, pause_s in said:
        clock.now += pause_s
        passed += repeats.passes(f"e.{event % 7 if event % 2 else event}", "info")
        told += sum(each.number for each in repeats.ended())
        assert len(repeats._windows) <= MOST
    told += sum(each.number for each in repeats.ended(all_of_them=True))
    assert passed + told == len(said)


def test_ever_new_events_take_no_memory() -> None:
    repeats = Repeats(Clock())
    assert all(repeats.passes(f"e.{number}", "info") for number in range(5 * MOST))
    assert len(repeats._windows) == MOST
