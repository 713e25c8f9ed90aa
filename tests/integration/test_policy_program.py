"""The policy on the command line: checked with lines, explained in words, written out, all without a network."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.policy import Policy, builtin_rules
from bot.policy.builtin import builtin_text
from tests.integration.program import Ended, ran

Policied = Callable[..., Ended]
ASKED = ("--as", "wang", "--space", "24010001", "--items")
WRONG = """\
# a policy
max_dentries = 100

[[rules]]
name = "Big ones"
items_over = 20
answer = "approve"
aprovals = 2

[[rules]]
name = "Big ones"
answer = "run"
sentence.en = "x"
paths = [
  "legal",
]
""".replace("\n", "\r\n")
SOUND = """\
[[rules]]
name = "All"
answer = "confirm"

[[rules]]
name = "Interns"
users = ["小李"]
answer = "approve"
from = "manager"

[[rules]]
name = "Contracts"
paths = "/contracts"
answer = "refuse"
sentence = { zh = "不行", en = "Contracts stay." }
"""


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("DINGSWEEP_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Policied:
    """The commands, in a folder of their own. In this process: starting one takes longer than all they do."""
    monkeypatch.chdir(tmp_path)

    def policy(*arguments: str, **variables: str) -> Ended:
        result = CliRunner().invoke(main, ["policy", *arguments], env=variables)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return Ended(result.exit_code, result.stdout, result.stderr)

    return policy


async def test_the_program_itself_writes_checks_and_explains(tmp_path: Path) -> None:
    wrote = await ran(tmp_path, "policy", "write", "p.toml", variables={})
    assert (wrote.code, wrote.errors) == (0, ""), wrote.errors
    (tmp_path / "dingsweep.toml").write_text(WRONG, newline="")
    checked = await ran(tmp_path, "policy", "check", variables={})
    assert (checked.code, checked.output.count("\n"), checked.errors) == (1, 6, "")
    told = await ran(tmp_path, "policy", "explain", *ASKED, "47", "--file", "p.toml", variables={})
    assert (told.code, told.errors) == (0, ""), told.errors
    line = builtin_text().split("\n").index('name = "Many items"')
    assert f"Rule 4 “Many items” decides (p.toml, line {line})." in told.output


def test_every_mistake_is_told_with_its_line(tmp_path: Path, policy: Policied) -> None:
    (tmp_path / "dingsweep.toml").write_text(WRONG, newline="")
    ended = policy("check")
    assert ended.code == 1
    lines = ended.output.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        f"dingsweep.toml line {number}" for number in (4, 8, 10, 11, 13, 14)
    ]
    assert lines[0].endswith('rule 1 ("Big ones"), from: say who may approve, for example from = ["manager"]')
    assert lines[1].endswith("aprovals: there is no such key, did you mean approvals?")
    assert "permanent: say whether" in lines[2]
    assert "name: rule 1 has this name, too" in lines[3]
    assert 'sentence: belongs to a rule whose answer is "refuse"' in lines[4]
    assert "paths: write a path from the root" in lines[5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a = 1\n[[rules]]\nname = "x\n', "p.toml line 3: is not valid TOML: "),
        (
            '\n[[rule]]\nname = "x"\n',
            "p.toml line 2: There is no setting rule (in p.toml), did you mean rules?",
        ),
        ("rules = []\n", "p.toml line 1: rules: without any rule every deletion is refused"),
        ("\n[rules]\n", "p.toml line 2: rules: write each rule as a table under [[rules]]"),
        ('\nmax_dentries = "many"\n', "p.toml line 2: DINGSWEEP_MAX_DENTRIES is wrong: write a whole number"),
    ],
)
def test_mistakes_around_the_rules_have_lines_too(
    tmp_path: Path, policy: Policied, text: str, said: str
) -> None:
    (tmp_path / "p.toml").write_text(text)
    ended = policy("check", "p.toml")
    [line] = ended.output.splitlines()
    assert (ended.code, line[: len(said)]) == (1, said)


def test_bytes_that_are_no_text_are_told(tmp_path: Path, policy: Policied) -> None:
    (tmp_path / "p.toml").write_bytes(b'a = 1\nb = "\xff"\n')
    ended = policy("check", "p.toml")
    assert (ended.code, ended.output) == (1, "p.toml line 2: is not UTF-8: save the file in that encoding\n")
    ended = policy("check", "q.toml")
    assert (ended.code, ended.errors) == (1, "There is no file q.toml.\n")


def test_what_is_hardly_meant_is_a_warning(tmp_path: Path, policy: Policied) -> None:
    (tmp_path / "dingsweep.toml").write_text(SOUND)
    ended = policy("check")
    assert ended.code == 0, ended.printed
    shadowed, named, summary = ended.output.splitlines()
    assert shadowed.startswith(
        'dingsweep.toml line 5: warning: rule 2 ("Interns"): is never reached: rule 1 ("All")'
    )
    assert named.startswith('dingsweep.toml line 7: warning: rule 2 ("Interns"), users: 小李 is no userId')
    assert summary.startswith("3 rules from dingsweep.toml.")


def test_rules_that_the_environment_hides_are_warned_of(tmp_path: Path, policy: Policied) -> None:
    (tmp_path / "dingsweep.toml").write_text(SOUND)
    ended = policy("check", DINGSWEEP_RULES='[{"name": "x", "answer": "confirm"}]')
    assert ended.code == 0
    assert "warning: DINGSWEEP_RULES is set: while it is" in ended.output


def test_without_a_file_the_built_in_policy_holds(tmp_path: Path, policy: Policied) -> None:
    ended = policy("check")
    assert ended.code == 0
    assert ended.output.startswith("No rules are written, so the 6 built-in ones hold.")
    assert ended.output.rstrip().endswith(Policy(rules=builtin_rules()).hash)


def test_what_is_written_out_is_sound_and_never_over_something_else(tmp_path: Path, policy: Policied) -> None:
    file = tmp_path / "dingsweep.toml"
    assert (policy("write")).code == 0
    assert file.read_text("utf-8") == builtin_text()
    checked = policy("check")
    hashed = Policy(rules=builtin_rules()).hash
    ending = f"What no rule fits is refused. Policy hash: {hashed}\n"
    assert checked.output == f"6 rules from dingsweep.toml. {ending}"
    file.write_text("max_dentries = 500\n")
    refused = policy("write")
    assert refused.code == 1
    assert refused.errors.startswith("dingsweep.toml exists and is left as it is")
    assert file.read_text() == "max_dentries = 500\n"
    file.write_text("max_dentries = 500\n" + (policy("write", "-")).output)
    assert (policy("check")).output.startswith("6 rules from dingsweep.toml.")
    assert (policy("write", "--force")).code == 0
    assert file.read_text("utf-8") == builtin_text()
    assert (policy("write", "no/such/folder.toml")).code == 1


def test_a_decision_is_explained(tmp_path: Path, policy: Policied) -> None:
    (tmp_path / "dingsweep.toml").write_text(SOUND)
    ended = policy("explain", *ASKED, "47", "--size", "1.3 GB", "--path", "contracts/a.pdf")
    assert ended.code == 0, ended.printed
    assert (
        "wang asks in a group to move 47 items, 1.3 GB from space 24010001 to the recycle bin."
        in ended.output
    )
    assert "Rule 3 “Contracts” decides (dingsweep.toml, line 11)." in ended.output
    assert "✓ items in /contracts: /contracts/a.pdf lies there" in ended.output
    assert "wang reads: “Contracts stay.”" in ended.output
    ended = policy("explain", *ASKED, "1", "--language", "zh")
    assert "由规则 1 “All” 决定（dingsweep.toml 第 1 行）。" in ended.output


def test_every_fact_can_be_given(tmp_path: Path, policy: Policied) -> None:
    rules = [
        {
            "name": "who",
            "answer": "confirm",
            "departments": [7],
            "roles": ["9"],
            "conversations": "one_to_one",
        },
        {"name": "old", "answer": "confirm", "newest_before": "30 days", "owner": "others", "folders": True},
    ]
    options = ["--department", "7", "--role", "9", "--conversation", "one_to_one"]
    cases = {
        "who": options,
        "old": ["--newest", "2020-01-01", "--others", "1", "--folders", "1"],
        "": ["--newest", "2020-01-01", "--others", "1"],
    }
    for name, given in cases.items():
        ended = policy("explain", *ASKED, "3", *given, "--json", DINGSWEEP_RULES=json.dumps(rules))
        found = json.loads(ended.output)
        assert (found["ruling"]["rule"], found["source"]) == (name, "DINGSWEEP_RULES")


def test_programs_get_json(tmp_path: Path, policy: Policied) -> None:
    ended = policy("explain", *ASKED, "21", "--json")
    found = json.loads(ended.output)
    assert found["ruling"]["answer"] == "approve"
    assert found["rule"] == {"number": 4, "name": "Many items", "line": None}
    assert found["met"] == [{"kind": "items_over", "value": 20, "found": "21 items"}]
    assert [(step["number"], step["unmet"]["kind"]) for step in found["passed"]] == [
        (1, "permanent"),
        (2, "owner"),
        (3, "folders"),
    ]
    assert [rule["number"] for rule in found["not_reached"]] == [5, 6]
    assert (found["beyond"], found["admitted"], found["source"]) == (None, True, None)
    ended = policy("explain", *ASKED, "1", "--permanent", "--json")
    assert json.loads(ended.output)["beyond"] == {"kind": "permanent", "value": True}


def test_what_cannot_be_explained_is_said_in_a_line(tmp_path: Path, policy: Policied) -> None:
    ended = policy("explain", *ASKED, "3", "--others", "4")
    assert (ended.code, "--folders and --others count among --items" in ended.errors) == (2, True)
    ended = policy("explain", *ASKED, "3", "--size", "much")
    assert (ended.code, "write a size" in ended.errors) == (2, True)
    (tmp_path / "dingsweep.toml").write_text(WRONG)
    ended = policy("explain", *ASKED, "3")
    assert (ended.code, ended.errors.count("\n"), ended.output) == (2, 1, "")
    assert ended.errors.startswith('dingsweep.toml line 8: rule 1 ("Big ones"), aprovals')


def test_names_are_only_shown(tmp_path: Path, policy: Policied) -> None:
    (tmp_path / "dingsweep.toml").write_text(
        '[[rules]]\nname = "a\\u202eb"\nanswer = "confirm"\nusers = ["\\u202e31m"]\n'
        '[[rules]]\nname = "b"\nanswer = "confirm"\n'
    )
    for arguments in (("check",), ("explain", *ASKED, "3"), ("explain", *ASKED, "3", "--json")):
        ended = policy(*arguments)
        assert [c for c in ended.printed if not c.isprintable() and c != "\n"] == []


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "a = " + "9" * 5000, "a" + ".a" * 5_000 + " = 1"],
    ids=["deep", "long", "dots"],
)
def test_a_file_without_end_is_a_line_and_no_trace(tmp_path: Path, policy: Policied, text: str) -> None:
    (tmp_path / "dingsweep.toml").write_text(text)
    ended = policy("check")
    assert ended.code == 1
    assert "no settings file" in ended.printed
