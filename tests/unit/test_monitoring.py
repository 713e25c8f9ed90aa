"""deploy/monitoring: rules and dashboard ask only for what there is, and say what to do in both languages."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from bot import metrics
from tests.unit import papers
from tests.unit.test_metrics import _all

FOLDER = papers.ROOT / "deploy/monitoring"
RULES = FOLDER / "alerts.yml"
READMES = ("deploy/monitoring/README.md", "deploy/monitoring/README.zh-CN.md")
NOT_OURS = {"up"}
OF_TARGETS = {"instance", "job"}
GIVEN = {"instance": "$instance", "$__rate_interval": "5m", "$__interval": "5m"}
PROMTOOL = shutil.which("promtool")
with_promtool = pytest.mark.skipif(
    not PROMTOOL, reason="promtool cannot be had here: apt-get install prometheus"
)


def _alerts() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return list(group["rules"])


def _dashboard() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8")))


def _panels() -> list[dict[str, Any]]:
    return [panel for panel in _dashboard()["panels"] if panel["type"] != "row"]


def _queries() -> list[str]:
    asked = [target["expr"] for panel in _panels() for target in panel["targets"]]
    asked += [note["expr"] for note in _dashboard()["annotations"]["list"]]
    return [re.sub(r"\$__(rate_)?interval", "5m", query) for query in asked]


ALL_QUERIES = [*(alert["expr"] for alert in _alerts()), *_queries()]


def _promtool(*arguments: str, folder: Path = FOLDER, given: bytes | None = None) -> str:
    assert PROMTOOL
    ended = subprocess.run(  # noqa: S603
        [PROMTOOL, *arguments], cwd=folder, input=given, capture_output=True, timeout=60, check=False
    )
    said = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == 0, said
    return said


@with_promtool
def test_prometheus_takes_the_sample_and_the_rules() -> None:
    assert "SUCCESS" in _promtool("check", "config", "prometheus.yml")


@with_promtool
def test_every_alert_fires_when_it_should_and_not_when_it_should_not() -> None:
    files = ("alerts.test.yml", "alerts.day.test.yml")
    cases = [
        case["name"] for file in files for case in yaml.safe_load((FOLDER / file).read_text("utf-8"))["tests"]
    ]
    names = [alert["alert"] for alert in _alerts()]
    assert sorted(cases) == sorted(
        [f"{name} {what}" for name in names for what in ("fires", "does not fire")]
    )
    _promtool("test", "rules", *files)


@with_promtool
def test_every_query_of_the_dashboard_is_one(tmp_path: Path) -> None:
    rules = [{"record": f"q:{number}", "expr": query} for number, query in enumerate(_queries())]
    (tmp_path / "q.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), "utf-8"
    )
    assert f"{len(rules)} rules found" in _promtool("check", "rules", "q.yml", folder=tmp_path)


@with_promtool
def test_names_and_helps_are_as_prometheus_wants_them() -> None:
    assert _promtool("check", "metrics", given=generate_latest(metrics.registry)) == ""


@pytest.mark.parametrize("query", ALL_QUERIES)
def test_only_what_there_is_is_asked_for(query: str) -> None:
    known = _all()
    told = "".join(cell for cells in papers.rows(papers.read("docs/metrics.md")).values() for cell in cells)
    values = set(re.findall(r"`([^`]+)`", told))
    for name, matchers in re.findall(r"\b((?:dingsweep|process)_\w+|up)\b(?:\{([^}]*)\})?", query):
        metric = re.sub(r"_(bucket|count|sum)$", "", name)
        assert name in known or metric in known or name in NOT_OURS, name
        labels = {*re.findall(r"`(\w+)`", known.get(name, known.get(metric, ("", "")))[1]), *OF_TARGETS}
        for label, value in re.findall(r'(\w+)(?:=~|!=|!~|=)"([^"]*)"', matchers):
            assert label in labels, (name, label)
            assert label in OF_TARGETS or set(value.split("|")) <= values, (name, value)


def test_every_metric_is_looked_at_by_somebody() -> None:
    looked = " ".join(ALL_QUERIES)
    nobody = {name for name in _all() if not re.search(rf"\b{name}(_bucket|_count|_sum)?\b", looked)}
    left = {"dingsweep_replicas", "process_virtual_memory_bytes", "process_open_fds", "process_max_fds"}
    assert nobody == left | {"dingsweep_notices_age_seconds"}


def test_the_dashboard_is_whole() -> None:
    dashboard = _dashboard()
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    for panel in _panels():
        assert panel["targets"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)
    assert {each["name"] for each in dashboard["templating"]["list"]} == {"datasource", "instance"}


@pytest.mark.parametrize(("name", "language"), [(READMES[0], ""), (READMES[1], "_zh")])
def test_every_alert_says_what_to_do(name: str, language: str) -> None:
    paper = papers.read(name)
    for alert in _alerts():
        section = re.search(rf"### {alert['alert']}\n\n(.+?)\n(?:\n|$)", paper)
        assert section, alert["alert"]
        assert section[1].endswith(_plain(alert["annotations"][f"action{language}"]))
        assert _plain(alert["annotations"][f"summary{language}"]) in section[1]
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert len(re.findall("(?m)^### ", paper)) == len(_alerts())
    assert papers.dead_links(name) == []


def _plain(annotation: str) -> str:
    """Without the template language of Prometheus."""
    named = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: found[1].upper(), annotation)
    return re.sub(r"\{\{ \$value[^}]*\}\}", "N", named)


def test_both_languages_say_the_same() -> None:
    english, chinese = map(papers.read, READMES)
    assert papers.levels(english) == papers.levels(chinese)
    assert papers.typed(english) == papers.typed(chinese)
    assert len(papers.rows(english)) == len(papers.rows(chinese))


@with_promtool
def test_what_is_there_to_type_works() -> None:
    typed = [
        line for line in papers.typed(papers.read(READMES[0]))[0].splitlines() if line.startswith("promtool")
    ]
    assert len(typed) == 2
    assert "SUCCESS" in _promtool(*typed[0].split()[1:]), "the other one is run above"
