"""The policy: checked, explained, written out. All of it works without a network."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.commands.policy_file import Remark, examine, rule_lines
from bot.commands.terminal import fail, harmless_json, shown
from bot.models import Condition, Conversation, Language, Operator
from bot.policy import Facts, Policy, amounts
from bot.policy.builtin import builtin_text
from bot.policy.conditions import ONE_TO_ONE
from bot.settings import TOML, PolicySettings, SettingsError, load_policy, rules_place
from cards.explanation import explanation, found_words, place_words
from cards.texts import Texts, texts

_STDOUT = "-"


@click.group()
def policy() -> None:
    """The rules that say what may be deleted, and who must agree."""


@policy.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path(TOML))
def check(file: Path) -> None:
    """Tell mistakes in the rules, with their lines.

    FILE is dingsweep.toml unless named. What is hardly meant is told, too. Exit code 1: mistakes.
    """
    if not file.exists() and file != Path(TOML):
        fail(shown(f"There is no file {file}."), code=1)
    try:
        found = examine(file)
    except OSError as exc:
        fail(shown(f"{file} cannot be read: {exc.strerror}."), code=1)
    for mistake in found.mistakes:
        click.echo(_located(file, mistake))
    for warning in found.warnings:
        click.echo(_located(file, warning, "warning: "))
    if found.policy is None:
        sys.exit(1)
    click.echo(_summary(found.policy, found.source))


def _located(file: Path, remark: Remark, kind: str = "") -> str:
    line = f" line {remark.line}" if remark.line else ""
    return shown(f"{file}{line}: {kind}{remark.said}")


def _summary(sound: Policy, source: str) -> str:
    number = len(sound.rules)
    rules = f"{number} rule{'s' if number != 1 else ''}"
    whence = (
        f"{rules} from {source}" if source else f"No rules are written, so the {number} built-in ones hold"
    )
    return shown(f"{whence}. What no rule fits is refused. Policy hash: {sound.hash}")


@policy.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default=Path(TOML))
@click.option("--force", is_flag=True, help="Write over a file that exists.")
def write(file: Path, force: bool) -> None:
    """Write the built-in rules as a file, with comments.

    FILE is dingsweep.toml unless named; - prints it. More examples stand behind the rules.
    """
    if str(file) == _STDOUT:
        click.echo(builtin_text(), nl=False)
        return
    try:
        with file.open("w" if force else "x", encoding="utf-8") as out:
            out.write(builtin_text())
    except FileExistsError:
        advice = f"dingsweep policy write - >> {file} adds the rules at its end, --force writes over it."
        fail(shown(f"{file} exists and is left as it is: {advice}"), code=1)
    except OSError as exc:
        fail(shown(f"{file} cannot be written: {exc.strerror}."), code=1)
    click.echo(shown(f"Written to {file}. After a change: dingsweep policy check {file}"))


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return amounts.size(value)
        except ValueError as exc:
            self.fail(f"{value!r}: {exc}.", param, ctx)


@dataclass(frozen=True)
class _Source:
    """Where the rules in force stand."""

    file: str
    lines: tuple[int, ...] = ()

    def line(self, number: int) -> int | None:
        return self.lines[number - 1] if self.lines else None


_COUNT = click.IntRange(min=0)


@policy.command()
@click.option("--as", "user", required=True, metavar="USERID", help="Who asks.")
@click.option("--space", required=True, metavar="SPACEID", help="Where the files are.")
@click.option(
    "--items", required=True, type=click.IntRange(min=1), help="Files and folders, contents counted."
)
@click.option(
    "--size", "size_bytes", type=_Size(), default="0 B", help='Of all together, for example "1.3 GB".'
)
@click.option("--folders", type=_COUNT, default=0, help="How many of the items are folders.")
@click.option("--others", type=_COUNT, default=0, help="How many of the items others made.")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Where an item lies; may be repeated.")
@click.option(
    "--conversation", default="", metavar="ID", help="Where it is asked; one_to_one for a chat alone."
)
@click.option(
    "--department", "departments", multiple=True, metavar="ID", help="Of the one who asks, or above."
)
@click.option("--role", "roles", multiple=True, metavar="ID", help="Of the one who asks.")
@click.option("--newest", type=click.DateTime(["%Y-%m-%d"]), help="When the newest file was changed.")
@click.option("--permanent", is_flag=True, help="Not to the recycle bin, but for good.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="In place of dingsweep.toml."
)
def explain(file: Path | None, language: Language, as_json: bool, **asked: Any) -> None:
    """Tell which rule decides about a deletion, and why.

    And what would happen then. Nothing is deleted, nobody is asked.
    """
    if max(asked["folders"], asked["others"]) > asked["items"]:
        raise click.UsageError("--folders and --others count among --items and cannot be more.")
    try:
        settings = load_policy(file)
    except SettingsError as exc:
        fail(shown(str(exc)))
    facts = _facts(asked, settings)
    source = _source(file or Path(TOML))
    t = texts(language)
    if as_json:
        found = _for_programs(settings, facts, source, t)
        click.echo(harmless_json(json.dumps(found, ensure_ascii=False)))
        return
    told = explanation(
        settings.policy,
        facts,
        lambda number: place_words(source.file, source.line(number), t),
        t,
        ZoneInfo(settings.timezone),
    )
    for line in told.split("\n"):
        click.echo(shown(line))


def _facts(asked: dict[str, Any], settings: PolicySettings) -> Facts:
    conversation, newest = asked["conversation"], asked["newest"]
    paths = tuple(f"/{path.lstrip('/')}" for path in asked["paths"])
    return Facts(
        requester=Operator(corp_id="", user_id=asked["user"], union_id="", name=asked["user"]),
        conversation=Conversation(
            id=conversation, kind="one_to_one" if conversation == ONE_TO_ONE else "group"
        ),
        space_id=asked["space"],
        now=datetime.now(UTC),
        dentries=asked["items"],
        size_bytes=asked["size_bytes"],
        folders=asked["folders"],
        others=asked["others"],
        newest=newest.replace(tzinfo=ZoneInfo(settings.timezone)) if newest else None,
        permanent=asked["permanent"],
        paths=paths,
        departments=frozenset(asked["departments"]),
        roles=frozenset(asked["roles"]),
    )


def _source(file: Path) -> _Source:
    place = rules_place(file.parent, file.name)
    return _Source(place, tuple(rule_lines(file)) if place == file.name else ())


def _for_programs(settings: PolicySettings, facts: Facts, source: _Source, t: Texts) -> dict[str, Any]:
    in_force, zone = settings.policy, ZoneInfo(settings.timezone)
    beyond = in_force.beyond(facts)
    steps = [] if beyond else list(in_force.steps(facts))

    def looked_at(condition: Condition, refusing: bool) -> dict[str, Any]:
        found = found_words(condition, facts, t, zone, refusing=refusing)
        return condition.model_dump(mode="json") | {"found": found}

    def told(number: int) -> dict[str, Any]:
        return {"number": number, "name": in_force.rules[number - 1].name, "line": source.line(number)}

    deciding = steps[-1] if steps and steps[-1].unmet is None else None
    seen = {step.number for step in steps}
    return {
        "ruling": in_force.ruling(facts).model_dump(mode="json"),
        "source": source.file or None,
        "admitted": in_force.admits(facts.conversation),
        "beyond": beyond.model_dump(mode="json") if beyond else None,
        "rule": told(deciding.number) if deciding else None,
        "met": [looked_at(one, deciding.rule.refuses) for one in deciding.rule.conditions]
        if deciding
        else [],
        "passed": [
            told(step.number) | {"unmet": looked_at(step.unmet, step.rule.refuses)}
            for step in steps
            if step.unmet is not None
        ],
        "not_reached": [
            told(number) for number, _ in enumerate(in_force.rules, 1) if deciding and number not in seen
        ],
    }
