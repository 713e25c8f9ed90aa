"""The manifests as kustomize makes them, by Kubernetes' own schemas and by what `restricted` pods must have."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.tools import DEPLOY, said, theirs

OVERLAYS = sorted(folder.name for folder in (DEPLOY / "kubernetes/overlays").iterdir())
OLDEST, NEWEST = "1.29", kubernetes_validate.latest_version()
"""ReadWriteOncePod is of 1.29."""


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which what must be filled in is filled in."""
    folder = tmp_path_factory.mktemp("deploy") / "kubernetes"
    shutil.copytree(DEPLOY / "kubernetes", folder)
    for sample in folder.rglob("secret.env.sample"):
        shutil.copy(sample, sample.with_suffix(""))
        shutil.copy(DEPLOY / "dingsweep.toml", sample.parent)
    return folder


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest, kubernetes: Path) -> list[dict[str, Any]]:
    program = theirs("kustomize", "kubectl")
    build = [program, "kustomize"] if program.endswith("kubectl") else [program, "build"]
    made = list(yaml.safe_load_all(said(*build, str(kubernetes / "overlays" / request.param))))
    assert made
    return made


def pods(manifests: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for made in manifests:
        if made["kind"] in {"StatefulSet", "Deployment"}:
            yield made["spec"]["template"]


def of(manifests: list[dict[str, Any]], kind: str, name: str = "dingsweep") -> dict[str, Any]:
    return next(made for made in manifests if (made["kind"], made["metadata"]["name"]) == (kind, name))


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_they_fit_the_schemas(manifests: list[dict[str, Any]], version: str) -> None:
    for made in manifests:
        kubernetes_validate.validate(made, version, strict=True)


def test_pods_are_restricted(manifests: list[dict[str, Any]]) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    labels = of(manifests, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for template in pods(manifests):
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001, "as in the container file"
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            held = container["securityContext"]
            assert held["allowPrivilegeEscalation"] is False
            assert held["readOnlyRootFilesystem"] is True
            assert held["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert ":" in container["image"], "a tag"


def test_what_selects_finds_the_robot_and_only_it(manifests: list[dict[str, Any]]) -> None:
    """A policy or a budget whose selector fits nothing says nothing, and nobody notices."""
    robot = {"app.kubernetes.io/name": "dingsweep"}
    template = of(manifests, "StatefulSet")["spec"]["template"]
    assert template["metadata"]["labels"] == robot
    assert of(manifests, "StatefulSet")["spec"]["selector"]["matchLabels"] == robot
    assert of(manifests, "Service")["spec"]["selector"] == robot
    assert of(manifests, "NetworkPolicy")["spec"]["podSelector"] == {"matchLabels": robot}
    for made in manifests:
        if made["kind"] == "PodDisruptionBudget":
            assert made["spec"]["selector"] == {"matchLabels": robot}


def test_what_a_pod_names_is_there(manifests: list[dict[str, Any]]) -> None:
    """Settings and secrets get a hash behind their names, and whoever uses them must have got it, too."""
    there = {(made["kind"], made["metadata"]["name"]) for made in manifests}
    pod = of(manifests, "StatefulSet")["spec"]["template"]["spec"]
    [robot] = pod["containers"]
    assert ("Secret", robot["envFrom"][0]["secretRef"]["name"]) in there
    settings = [volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume]
    assert [("ConfigMap", name) in there for name in settings] == [True]
    claims = of(manifests, "StatefulSet")["spec"].get("volumeClaimTemplates", [])
    volumes = [volume["name"] for volume in pod["volumes"]] + [claim["metadata"]["name"] for claim in claims]
    assert sorted(volumes) == sorted(mount["name"] for mount in robot["volumeMounts"])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert robot[probe]["httpGet"]["port"] == robot["ports"][0]["name"] == "health"
    assert {"name": "DINGSWEEP_HEALTH", "value": "0.0.0.0:8080"} in robot["env"]
    assert "sandbox-secret" not in json.dumps(manifests), "it is written in base64"


def test_only_postgresql_has_two_and_a_budget(manifests: list[dict[str, Any]]) -> None:
    replicas = of(manifests, "StatefulSet")["spec"]["replicas"]
    names = {made["metadata"]["name"] for made in manifests}
    if "dingsweep-database" in names:
        assert replicas == 2
    else:
        assert replicas == 1, "one robot a SQLite file"
