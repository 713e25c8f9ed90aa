"""What is counted is bounded by lists that agree with the program, and docs/metrics.md tells all of it and no more."""

import importlib
import pkgutil
import re
import time
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from dingtalk_stream import CallbackMessage, ChatbotMessage, EventMessage, SystemMessage
from dingtalk_stream.card_callback import Card_Callback_Router_Topic as CARD_TOPIC
from prometheus_client.metrics_core import Metric

import bot.dingtalk
from bot import metrics
from bot.dingtalk import auth
from bot.dingtalk.errors import DingTalkError, Scope
from bot.dingtalk.wire import Api
from bot.health import Part
from bot.health.state import JOB_STATES, REQUEST_STATES, State
from bot.models import OPEN_STATES, Outcome, RequestState, RestoreOutcome
from bot.store.watch import Standing
from handlers.messages import HANDLERS
from tests.unit import papers

PAPERS = ("docs/metrics.md", "docs/metrics.zh-CN.md")
BOTH = pytest.mark.parametrize("name", PAPERS)
DOCTORS = "probes"
"""What only `dingsweep doctor` calls, which is another process."""
MOST_SERIES = 4000


def _state() -> list[Metric]:
    """All there can be, as if for one organisation."""
    nobody: Any = None
    part = Part("", nobody, nobody, 100, 100)
    standing = Standing(audit_at=datetime.now(UTC))
    return list(State({}, {"": standing}, [part]).collect())


def _all() -> dict[str, tuple[str, str]]:
    """Every metric by the name it is asked for under, with type and labels."""
    found = {}
    for family in [*metrics.registry.collect(), *_state()]:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = (family.type, ", ".join(f"`{label}`" for label in _labels(family)) or "–")
    return found


def _labels(family: Metric) -> tuple[str, ...]:
    kept: Any = metrics.registry._collector_to_names
    own = {each._name: each._labelnames for each in kept if hasattr(each, "_labelnames")}
    if family.name in own:
        return tuple(own[family.name])
    return tuple(family.samples[0].labels) if family.samples else ()


@BOTH
def test_the_page_tells_every_metric_and_no_other(name: str) -> None:
    rows = {
        cell.strip("`"): cells
        for cell, cells in papers.rows(papers.read(name)).items()
        if re.match("`(dingsweep|process)_", cell)
    }
    assert {metric: tuple(cells[:2]) for metric, cells in rows.items()} == _all()
    assert all(len(cells) == 4 and all(cells) for cells in rows.values())


@BOTH
def test_the_page_tells_every_value_of_a_label(name: str) -> None:
    told = [
        set(re.findall("`([^`]+)`", cells[0]))
        for cells in papers.rows(papers.read(name)).values()
        if len(cells) == 1
    ]
    lists = [
        *(metrics.TOPICS, metrics.RESULTS, metrics.COMMAND_RESULTS, metrics.NOTICE_RESULTS, metrics.COMMANDS),
        *(
            metrics.APIS,
            metrics.STATUSES,
            metrics.ERRORS,
            metrics.DATABASE_ERRORS,
            metrics.KINDS,
            metrics.SCOPES,
        ),
        *(metrics.OUTCOMES, metrics.ENDS, metrics.LEVELS, metrics.CHECKS, REQUEST_STATES, JOB_STATES),
    ]
    assert [values for values in lists if set(values) not in told] == []


def test_both_languages_say_the_same() -> None:
    english, chinese = map(papers.read, PAPERS)
    assert papers.levels(english) == papers.levels(chinese)
    assert papers.typed(english) == papers.typed(chinese)
    assert len(papers.rows(english)) == len(papers.rows(chinese))
    assert [papers.dead_links(name) for name in PAPERS] == [[], []]


def test_the_lists_are_those_of_the_program() -> None:
    names = (each.name for each in pkgutil.iter_modules(bot.dingtalk.__path__) if each.name != DOCTORS)
    modules = [importlib.import_module(f"bot.dingtalk.{name}") for name in names]
    apis = {each.name for module in modules for each in vars(module).values() if isinstance(each, Api)}
    assert set(metrics.APIS) == apis | {f"POST {auth.INTERNAL}", f"POST {auth.THIRD_PARTY}"}
    assert set(metrics.ERRORS) == {kind.__name__ for kind in _below(DingTalkError)}
    assert set(metrics.SCOPES) == set(get_args(Scope))
    assert set(metrics.OUTCOMES) == {*Outcome, *RestoreOutcome}
    assert set(metrics.COMMANDS) == {kind.__name__.removesuffix("Args").lower() for kind in HANDLERS} | {
        "none"
    }
    assert set(metrics.ENDS) == {state for state in RequestState if state.has_receipt} | {
        RequestState.CANCELLED
    }
    assert set(REQUEST_STATES) == OPEN_STATES
    topics = [
        (CallbackMessage.TYPE, ChatbotMessage.TOPIC),
        (CallbackMessage.TYPE, CARD_TOPIC),
        (EventMessage.TYPE, "*"),
        (SystemMessage.TYPE, "ping"),
    ]
    assert [metrics.topic_of(*each) for each in topics] == list(metrics.TOPICS)


def _below(kind: type[DingTalkError]) -> set[type[DingTalkError]]:
    found = set()
    for child in kind.__subclasses__():
        if child.__module__ == kind.__module__:  # tests have some of their own
            found |= {child, *_below(child)}
    return found


def test_there_can_only_be_so_many_series() -> None:
    values = {
        "topic": len(metrics.TOPICS) + 1,
        "result": len(metrics.RESULTS) + 1,
        "command": len(metrics.COMMANDS) + 1,
        "api": len(metrics.APIS) + 1,
        "status": len(metrics.STATUSES) + 1,
        "kind": len(metrics.ERRORS) + 1,
        "outcome": len(metrics.OUTCOMES) + 1,
        "scope": len(metrics.SCOPES) + 1,
    }
    most = 0
    for collector in metrics.registry._collector_to_names:
        series = len(getattr(collector, "_upper_bounds", ())) + 2
        for label in getattr(collector, "_labelnames", ()):
            series *= values.get(label, 5)
        most += series
    assert most < MOST_SERIES


@pytest.mark.parametrize("value", [None, 3, [], {}, "x" * 10_000, "\n", "DELETE"])
def test_what_is_not_on_a_list_is_other(value: object) -> None:
    assert metrics.known(value, metrics.COMMANDS) == metrics.OTHER
    assert metrics.topic_of(value, value) == metrics.OTHER


def test_counting_a_frame_takes_no_time_worth_speaking_of() -> None:
    """Some microseconds; a frame itself takes milliseconds. Bounded generously, for a machine may be busy."""
    best = min(_of_a_hundred_frames() for _ in range(20))
    assert best / 100 < 0.0002


def _of_a_hundred_frames() -> float:
    began = time.perf_counter()
    for _ in range(100):
        metrics.heard("click")
        metrics.frame("click", "answered", 0.01)
    return time.perf_counter() - began


def test_every_page_names_metrics_that_are_there() -> None:
    known = _all().keys()
    for page in papers.everywhere():
        if not page.startswith(("docs/", "deploy/monitoring/")):
            continue
        named = {
            re.sub(r"_(bucket|count|sum)$", "", name)
            for name in re.findall(r"`(dingsweep_\w+)", papers.read(page))
        }
        assert named <= known, page
