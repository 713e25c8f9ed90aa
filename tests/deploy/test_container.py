"""The container file and the compose files, by linters and schemas; `clean_containers.sh` builds and runs them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PREFIX, Settings
from tests.deploy.tools import DEPLOY, ROOT, ours, said

COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")


def services(file: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text("utf-8"))["services"])


def test_the_container_file_is_without_a_remark() -> None:
    assert said(ours("hadolint"), "--failure-threshold", "ignore", "deploy/Containerfile") == ""


def test_what_is_pinned_is_pinned() -> None:
    """Images by a tag of one build, packages by their hashes."""
    begun = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", CONTAINERFILE, re.MULTILINE))
    assert [image for image in begun if image not in stages] == ["debian:bookworm-20260918-slim"]
    installs = re.findall(r"-m pip .*?\binstall\b.*?(?=&&|\n\S)", CONTAINERFILE, re.DOTALL)
    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-index" in words for words in installs)


def test_what_is_left_out_of_an_image_cannot_slip_into_one() -> None:
    """What is not named is ignored; the lines of the container file copy only what is named."""
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] != "#"]
    named = {line[1:] for line in lines if line.startswith("!")}
    assert lines[0] == "*"
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert set(copied) == named
    assert not named & {"deploy", "tests", "docs", ".git", ".env"}


def test_compose_files_fit_their_schema() -> None:
    said(ours("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", *map(str, COMPOSE))


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_nothing_in_them_may_more_than_it_must(file: Path) -> None:
    for name, service in services(file).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["stop_grace_period"], name
        assert re.fullmatch(r"[a-z-]+:\d+\.\d+(\.\d+)?(-bookworm)?", service["image"]), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_secrets_of_a_real_app_come_from_a_file_of_their_own() -> None:
    for name in ("compose.yaml", "compose.sqlite.yaml"):
        robot = services(DEPLOY / name)["robot"]
        assert robot["env_file"] == ".env"
        assert not [key for key in robot["environment"] if "SECRET" in key]


def test_settings_in_deploy_are_settings_of_ours() -> None:
    """A misspelt one stops the robot."""
    for file in DEPLOY.rglob("*"):
        if file.is_file() and file.suffix != ".md":
            for name in re.findall(rf"\b{PREFIX}([A-Z_]+)", file.read_text("utf-8")):
                assert name.lower() in Settings.model_fields, f"{file}: {name}"


def test_yaml_is_tidy() -> None:
    assert said(ours("yamllint"), "--strict", "--config-file", "tests/deploy/yamllint.yaml", "deploy") == ""
