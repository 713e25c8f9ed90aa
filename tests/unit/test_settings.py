"""Settings: where they come from, which wins, and one line for every mistake, without a value in it."""

from __future__ import annotations

import errno
import json
import os
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.channels import EVENTS
from bot.policy import builtin_rules
from bot.settings import PUBLIC_TEMPLATE, Settings, SettingsError, load, load_database, load_policy

SECRET = "tops3cret-value"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("DINGSWEEP_"):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose settings are whole, by environment."""
    monkeypatch.setenv("DINGSWEEP_CLIENT_ID", "ding1")
    monkeypatch.setenv("DINGSWEEP_CLIENT_SECRET", SECRET)
    return tmp_path


def mistake(folder: Path) -> str:
    """The one line that loading here comes to."""
    with pytest.raises(SettingsError) as caught:
        load(folder)
    line = str(caught.value)
    assert "\n" not in line
    assert SECRET not in line
    assert caught.value.__cause__ is None, "or a stack trace would show the values"
    return line


def test_two_settings_are_enough(folder: Path) -> None:
    settings = load(folder)
    assert settings.client_id == settings.robot_code == "ding1"
    assert settings.client_secret.get_secret_value() == SECRET
    assert settings.api_base_url == "https://api.dingtalk.com"
    assert settings.oapi_base_url == "https://oapi.dingtalk.com"
    assert settings.database_url == "sqlite+aiosqlite:///var/dingsweep.sqlite"
    assert settings.card_template_id == PUBLIC_TEMPLATE
    assert (settings.language, settings.log, settings.confirm_minutes) == ("auto", "json", 30)
    assert not settings.allow_permanent


def test_the_environment_wins_over_dotenv_and_that_over_toml(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "dingsweep.toml").write_text(
        'robot_code = "toml"\ncorp_id = "toml"\nlanguage = "en"\n'
        'conversations = ["cidA==", "cidB=="]\n[spaces]\n"cidA==" = "24010001"\n'
    )
    (folder / ".env").write_text("DINGSWEEP_ROBOT_CODE=dotenv\nDINGSWEEP_CORP_ID=dotenv\n")
    monkeypatch.setenv("DINGSWEEP_ROBOT_CODE", "environment")
    settings = load(folder)
    assert (settings.robot_code, settings.corp_id, settings.language) == ("environment", "dotenv", "en")
    assert settings.conversations == ("cidA==", "cidB==")
    assert settings.spaces == {"cidA==": "24010001"}
    assert load(folder, robot_code="given").robot_code == "given"


def test_variables_of_others_in_dotenv_are_none_of_our_business(folder: Path) -> None:
    (folder / ".env").write_text(
        "# a comment\nPATH=/nowhere\nCOMPOSE_PROJECT_NAME=x\nexport DINGSWEEP_LOG=console\nEMPTY=\n"
    )
    assert load(folder).log == "console"
    (folder / ".env").write_text("DINGSWEEP_ROBOTCODE=x\n")
    line = mistake(folder)
    assert line.startswith(
        "There is no setting DINGSWEEP_ROBOTCODE (in .env), did you mean DINGSWEEP_ROBOT_CODE?"
    )


@pytest.mark.parametrize(
    "line", ["two words", 'DINGSWEEP_CORP_ID="ding', "DINGSWEEP CORP_ID=ding", "DINGSWEEP_CORP_ID", "a='b' c"]
)
def test_a_line_of_dotenv_that_sets_nothing_is_refused(folder: Path, line: str) -> None:
    """Else a forgotten quote would leave the robot open to every organisation, and nobody told."""
    (folder / ".env").write_text(f"# ours\n\n\n{line}\n")
    assert mistake(folder) == ".env line 4 sets nothing: write NAME=value, and close each quote."


def test_files_of_an_editor_that_marks_them_are_read(folder: Path) -> None:
    (folder / ".env").write_bytes("\ufeffDINGSWEEP_LOG=console\r\n".encode())
    (folder / "dingsweep.toml").write_bytes('\ufefflanguage = "zh"\r\n'.encode())
    assert (load(folder).log, load(folder).language) == ("console", "zh")


@pytest.mark.parametrize("name", [".env", "dingsweep.toml"])
def test_a_file_in_another_encoding_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes("# 设置\n".encode("gbk"))
    assert mistake(folder) == f"{name} is not UTF-8: save the file in that encoding."


@pytest.mark.parametrize("name", [".env", "dingsweep.toml"])
def test_a_file_of_somebody_else_is_named(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / name).touch()
    read = Path.read_bytes

    def closed(file: Path) -> bytes:
        if file.name == name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", closed)
    assert mistake(folder) == f"{name} cannot be read: Permission denied."


@pytest.mark.parametrize("name", ["DINGSWEEP_ALLOW_PERMANNENT", "dingsweep_allow_permannent"])
def test_a_misspelt_variable_is_named_with_the_nearest_setting(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    line = mistake(folder)
    assert line.startswith(
        "There is no setting DINGSWEEP_ALLOW_PERMANNENT (in the environment), did you mean "
    )
    assert "DINGSWEEP_ALLOW_PERMANENT?" in line
    with pytest.raises(SettingsError, match="DINGSWEEP_ALLOW_PERMANNENT"):
        load_database(folder)


def test_variables_of_others_in_the_environment_are_none_of_our_business(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DEMO_ONCE": "1", "DINGTALK_TOKEN": "x", "DINGSWEEP_NOTHING": ""}.items():
        monkeypatch.setenv(name, value)
    assert load(folder).client_id == "ding1"


def test_what_is_like_no_setting_is_named_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DINGSWEEP_XYZZY", "1")
    line = mistake(folder)
    assert line == (
        "There is no setting DINGSWEEP_XYZZY (in the environment). Remove it or mend its spelling."
    )


def test_reading_the_records_takes_the_database_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"DINGSWEEP_{name}")
    monkeypatch.setenv("DINGSWEEP_LOG", "xml")
    (folder / ".env").write_text("DINGSWEEP_LANGUAGE=en\nDINGSWEEP_TIMEZONE=Europe/Paris\n")
    (folder / "dingsweep.toml").write_text('database_url = "sqlite:///here.sqlite"\nmax_dentries = 5\n')
    settings = load_database(folder)
    assert settings.database_url == "sqlite+aiosqlite:///here.sqlite"
    assert settings.timezone == "Europe/Paris"
    monkeypatch.setenv("DINGSWEEP_DATABASE_URL", f"mysql://u:{SECRET}@h/d")
    with pytest.raises(SettingsError, match="DINGSWEEP_DATABASE_URL is wrong") as caught:
        load_database(folder)
    assert SECRET not in str(caught.value)


def test_an_empty_value_is_as_good_as_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROBOT_CODE", "API_BASE_URL", "REGION", "DATABASE_URL", "MAX_DENTRIES"):
        monkeypatch.setenv(f"DINGSWEEP_{name}", "")
    settings = load(folder)
    assert settings.robot_code == "ding1"
    assert settings.api_base_url == "https://api.dingtalk.com"
    monkeypatch.setenv("DINGSWEEP_CLIENT_SECRET", "")
    assert mistake(folder).startswith("DINGSWEEP_CLIENT_SECRET is not set: copy the Client Secret from")


def test_a_region_presets_both_hosts_and_a_host_of_one_s_own_wins(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DINGSWEEP_REGION", "intl")
    monkeypatch.setenv("DINGSWEEP_OAPI_BASE_URL", "https://proxy.example/oapi/")
    settings = load(folder)
    assert settings.api_base_url == "https://api.dingtalk.io"
    assert settings.oapi_base_url == "https://proxy.example/oapi"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///x.sqlite", "sqlite+aiosqlite:///x.sqlite"),
        ("sqlite:////srv/x.sqlite", "sqlite+aiosqlite:////srv/x.sqlite"),
        ("sqlite+pysqlite:///x.sqlite", "sqlite+aiosqlite:///x.sqlite"),
        ("postgresql://u:p%40@h:5/d", "postgresql+psycopg://u:p%40@h:5/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u:@/d?host=/run/pg", "postgresql+psycopg://u:@/d?host=%2Frun%2Fpg"),
    ],
)
def test_a_database_url_needs_no_driver_name(folder: Path, given: str, used: str) -> None:
    assert load(folder, database_url=given).database_url == used


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("REGION", "us", "write cn or intl"),
        ("LANGUAGE", "fr", "write auto, zh or en"),
        ("LOG", "xml", "write json or console"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@h/d", "write for example sqlite:///"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}/d", "write for example sqlite:///"),
        ("DATABASE_URL", f"postgresql://u:p@{SECRET}@h/d", "write %40"),
        ("DATABASE_URL", f"://{SECRET}", "write for example sqlite:///"),
        ("API_BASE_URL", f"ftp://{SECRET}", "write for example https://api.dingtalk.com"),
        ("OAPI_BASE_URL", "oapi.dingtalk.com", "write for example https://oapi.dingtalk.com"),
        ("TIMEZONE", "Mars/Olympus", "write for example Asia/Shanghai"),
        ("MAX_DENTRIES", "many", "write a whole number of at least 1"),
        ("MAX_DENTRIES", "0", "write a whole number of at least 1"),
        ("CONFIRM_MINUTES", "-1", "write a number above 0"),
        ("CONFIRM_MINUTES", "inf", "write a number above 0"),
        ("ALLOW_PERMANENT", "perhaps", "write true or false"),
        ("SPACES", f'{{"a": ["{SECRET}"]}}', '{"cidA==": "24010001"}'),
        ("SPACES", "[]", '{"cidA==": "24010001"}'),
        ("CONVERSATIONS", "3", '["cidA==", "one_to_one"]'),
        ("CONVERSATIONS", f"[{SECRET}", '["cidA==", "one_to_one"]'),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str
) -> None:
    monkeypatch.setenv(f"DINGSWEEP_{name}", value)
    line = mistake(folder)
    assert line.startswith(f"DINGSWEEP_{name} is wrong")
    assert hint in line
    assert "Input" not in line, "words of a library"


@pytest.mark.parametrize("name", ["CLIENT_ID", "CLIENT_SECRET"])
def test_a_missing_setting_is_named_with_where_to_get_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(f"DINGSWEEP_{name}")
    line = mistake(folder)
    assert line.startswith(f"DINGSWEEP_{name} is not set: ")
    assert "open-dev.dingtalk.com" in line


def test_a_misspelt_setting_is_named(folder: Path) -> None:
    (folder / "dingsweep.toml").write_text(f'client_secrt = "{SECRET}"\n')
    line = mistake(folder)
    assert "client_secrt (in dingsweep.toml), did you mean client_secret?" in line
    assert "mend its spelling" in line


def test_toml_that_is_none_is_said_with_its_place(folder: Path) -> None:
    (folder / "dingsweep.toml").write_text(f'language = "en"\nclient_secret = {SECRET}\n')
    line = mistake(folder)
    assert line.startswith("dingsweep.toml is not valid TOML: ")
    assert "line 2" in line


def test_a_third_party_app_needs_its_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DINGSWEEP_SUITE_KEY", "suite")
    assert "SUITE_KEY needs DINGSWEEP_SUITE_SECRET" in mistake(folder)
    monkeypatch.setenv("DINGSWEEP_SUITE_SECRET", SECRET)
    monkeypatch.setenv("DINGSWEEP_AUTH_CORP_ID", "dingcorp")
    assert not load(folder).serves_several
    monkeypatch.delenv("DINGSWEEP_AUTH_CORP_ID")
    assert load(folder).serves_several
    monkeypatch.setenv("DINGSWEEP_CORP_ID", "dingcorp")
    assert "DINGSWEEP_CORP_ID is for an internal app" in mistake(folder)


SEVERAL = f"""\
suite_key = "suite"
suite_secret = "{SECRET}"
max_dentries = 50
[organisations."dingA"]
max_dentries = 7
notify = [{{ name = "log", conversation = "cidA==" }}]
spaces = {{ "cidA==" = "1" }}
[[organisations."dingA".rules]]
name = "Tell"
answer = "confirm"
notify = "log"
[organisations."dingB"]
language = "en"
"""


def test_an_organisation_has_what_its_table_says_and_else_what_all_have(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "dingsweep.toml").write_text(SEVERAL)
    settings = load(folder)
    a, b, other = map(settings.of_organisation, ("dingA", "dingB", "dingC"))
    assert [each.max_dentries for each in (a, b, other)] == [7, 50, 50]
    assert [each.language for each in (a, b, other)] == ["auto", "en", "auto"]
    assert [rule.name for rule in a.policy.rules] == ["Tell"]
    assert b.policy == other.policy != a.policy
    assert (a.spaces, b.spaces, b.notify) == ({"cidA==": "1"}, {}, ())
    assert a.client_id == "ding1"
    monkeypatch.setenv("DINGSWEEP_MAX_DENTRIES", "9")
    assert [load(folder).of_organisation(each).max_dentries for each in ("dingA", "dingB")] == [7, 9]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("max_dentries = 0", '[organisations."dingC"]: MAX_DENTRIES is wrong: write a whole number'),
        ("max_dentrys = 5", '[organisations."dingC"] cannot set max_dentrys: did you mean max_dentries?'),
        ('client_secret = "x"', '[organisations."dingC"] cannot set client_secret: remove it'),
        ('notify = [{ name = "a" }]', '[organisations."dingC"]: NOTIFY is wrong at entry 1'),
        ('rules = [{ name = "x", answer = "maybe" }]', 'dingsweep.toml line 15: rule 1 ("x"), answer'),
        (
            'rules = [{ name = "x", answer = "confirm", notify = "nobody" }]',
            "no [[notify]] has the name 'nobody'",
        ),
    ],
)
def test_a_mistake_in_the_table_of_one_is_told_with_its_corp_id(folder: Path, table: str, said: str) -> None:
    (folder / "dingsweep.toml").write_text(f'{SEVERAL}[organisations."dingC"]\n{table}\n')
    line = mistake(folder)
    assert said in line
    assert "dingC" in line


def test_what_names_things_of_one_organisation_is_not_for_all(folder: Path) -> None:
    """A channel for all of them would tell one what happens in another."""
    (folder / "dingsweep.toml").write_text(f'conversations = ["cidA=="]\n{SEVERAL}')
    assert "conversations would be for all organisations" in mistake(folder)
    (folder / "dingsweep.toml").write_text('[organisations."dingA"]\nmax_dentries = 5\n')
    assert "tables [organisations] need DINGSWEEP_SUITE_KEY" in mistake(folder)


RULES = """\
max_dentries = 50
[[rules]]
name = "Big ones"
items_over = 5
answer = "approve"
from = "manager"

[[rules]]
name = "The rest"
answer = "confirm"
"""


def test_rules_are_read_from_the_file_or_as_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(folder).rules is None
    assert load(folder).policy.rules == builtin_rules()
    (folder / "dingsweep.toml").write_text(RULES)
    policy = load(folder).policy
    assert [rule.name for rule in policy.rules] == ["Big ones", "The rest"]
    assert (policy.max_dentries, policy.confirm_within) == (50, timedelta(minutes=30))
    monkeypatch.setenv("DINGSWEEP_RULES", '[{"name": "All", "answer": "confirm"}]')
    assert [rule.name for rule in load(folder).policy.rules] == ["All"]


def test_what_decides_can_be_read_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DINGSWEEP_CLIENT_ID")
    monkeypatch.setenv("DINGSWEEP_LOG", "xml")
    (folder / "other.toml").write_text(RULES)
    assert load_policy(folder / "other.toml").policy.max_dentries == 50


@pytest.mark.parametrize(
    ("wrong", "right", "line"),
    [
        (
            "aprovals = 1",
            "",
            'dingsweep.toml line 6: rule 1 ("Big ones"), aprovals: there is no such key, did you',
        ),
        (
            "approvals = 0",
            "",
            'dingsweep.toml line 6: rule 1 ("Big ones"), approvals: write a whole number of at',
        ),
        ("", 'from = "manager"', 'dingsweep.toml line 2: rule 1 ("Big ones"), from: say who may approve'),
        ("", 'name = "The rest"', "dingsweep.toml line 8: rule 2, name: is missing"),
    ],
)
def test_a_wrong_rule_is_named_with_its_line_and_key(folder: Path, wrong: str, right: str, line: str) -> None:
    text = RULES.replace(right, "") if right else RULES
    (folder / "dingsweep.toml").write_text(
        text.replace('from = "manager"', f'{wrong}\nfrom = "manager"') if wrong else text
    )
    assert mistake(folder).startswith(line)


@pytest.mark.parametrize("name", ["DINGSWEEP_RULES", "dingsweep_rules"])
@pytest.mark.parametrize(
    ("value", "line"),
    [
        ('[{"name": "All", "answer": "run"}]', 'DINGSWEEP_RULES: rule 1 ("All"), permanent: say whether'),
        ("[{]", "DINGSWEEP_RULES: rules: write each rule as a table"),
        ("[]", "DINGSWEEP_RULES: rules: without any rule every deletion is refused"),
    ],
)
def test_a_wrong_rule_in_the_environment_is_named_as_such(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    (folder / "dingsweep.toml").write_text(RULES)
    monkeypatch.setenv(name, value)
    assert mistake(folder).startswith(line)


def test_single_brackets_are_told_from_double_ones(folder: Path) -> None:
    (folder / "dingsweep.toml").write_text('\n[rules]\nname = "x"\n')
    assert mistake(folder).startswith(
        "dingsweep.toml line 2: rules: write each rule as a table under [[rules]]"
    )


def test_settings_cannot_be_changed_and_do_not_print_their_secrets(folder: Path) -> None:
    settings = load(folder, suite_secret=SECRET)
    for shown in (repr(settings), str(settings), settings.model_dump_json(), f"{settings.model_dump()}"):
        assert SECRET not in shown
    with pytest.raises(ValueError, match="frozen"):
        settings.client_id = "other"  # type: ignore[misc]


def test_every_setting_has_a_documented_way_in() -> None:
    """Variables are DINGSWEEP_ and the field's name: nothing else is to be looked up."""
    assert Settings.model_config["env_prefix"] == "DINGSWEEP_"
    assert all(name == name.lower() for name in Settings.model_fields)


HOOK = f"https://oapi.dingtalk.com/robot/send?access_token={SECRET}"


def test_channels_are_told_what_ended_unless_they_say_otherwise(folder: Path) -> None:
    (folder / "dingsweep.toml").write_text(
        'quiet_hours = "20:00-08:00"\ncut_notices = ["requested"]\n'
        '[[notify]]\nname = "audit"\nconversation = "cidA=="\n'
        '[[notify]]\nname = "boss"\nuser = "li"\nevents = ["failed"]\ndigest = "daily"\nat = "18:30"\n'
        'quiet_hours = ""\nlanguage = "en"\nglobal = false\n'
        f'[[notify]]\nname = "ops"\nwebhook = "{HOOK}"\nsecret = "SEC{SECRET}"\nat = 07:15:00\n'
    )
    settings = load(folder)
    audit, boss, ops = settings.notify
    assert audit.events == ("rejected", "expired", "done", "failed", "restored")
    assert (audit.digest, audit.quiet_hours, audit.is_global, audit.is_webhook) == ("each", None, True, False)
    assert (boss.digest, boss.at, boss.quiet_hours, boss.language) == ("daily", time(18, 30), "", "en")
    assert (ops.is_webhook, ops.at) == (True, time(7, 15))
    assert [boss.wants("failed", names) for names in ((), ("boss",), ("ops",))] == [False, True, False]
    assert [audit.wants(event, ()) for event in EVENTS] == [False, False, True, True, False, True, True, True]
    assert (settings.monthly_calls, settings.monthly_webhooks) == (5000, 3000)
    assert (settings.quiet_hours, settings.cut_notices) == ("20:00-08:00", ("requested",))
    assert SECRET not in repr(settings) + settings.model_dump_json()


def test_channels_by_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DINGSWEEP_NOTIFY", '[{"name": "audit", "user": "li", "global": false}]')
    (channel,) = load(folder).notify
    assert (channel.name, channel.is_global) == ("audit", False)


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ({}, "is wrong at entry 2 (it needs exactly one of conversation, user and webhook): write tables"),
        ({"user": "li", "conversation": "cid"}, "(it needs exactly one of conversation, user and webhook)"),
        ({"user": "li", "secret": SECRET}, "at entry 2 (a secret belongs to a webhook)"),
        ({"user": "li", "name": ""}, "at entry 2, name: give it a name"),
        ({"user": "li", "name": "first"}, "NOTIFY is wrong (two have the same name)"),
        ({"user": "li", "events": ["deleted"]}, "at entry 2, events: write a list of some of requested,"),
        ({"user": "li", "events": []}, "at entry 2, events: write a list"),
        ({"user": "li", "digest": "weekly"}, "at entry 2, digest: write each, hourly or daily."),
        ({"user": "li", "at": "25:00"}, 'at entry 2, at: write a time of day, for example "09:00".'),
        ({"user": "li", "at": 9}, "at entry 2, at (no time of day): "),
        ({"user": "li", "at": "09:00Z"}, "a time of day has no time zone of its own"),
        ({"user": "li", "quiet_hours": "20-8"}, "at entry 2, quiet_hours (no hours): write for example"),
        ({"user": "li", "quiet_hours": "25:00-08:00"}, "at entry 2, quiet_hours"),
        ({"user": "li", "quiet_hours": "08:00-08:00"}, "quiet_hours (begin and end are the same)"),
        ({"user": "li", "language": "fr"}, "at entry 2, language: write zh or en."),
        ({"user": "li", "global": "perhaps"}, "at entry 2, global: write true or false."),
        ({"user": "li", "evnts": SECRET}, "at entry 2, evnts: remove it or mend its spelling."),
        (
            {"webhook": f"https://oapi.dingtalk.com/robot/{SECRET}"},
            "(not the whole address of a custom robot)",
        ),
        ({"webhook": f"https://[{SECRET}"}, "at entry 2, webhook (not the whole address"),
        ({"webhook": "https://oapi.dingtalk.com/robot/send?access_token="}, "webhook (not the whole address"),
        (SECRET, "at entry 2: write tables [[notify]]"),
    ],
)
def test_a_channel_that_cannot_be_is_named_with_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch, table: object, line: str
) -> None:
    given = {"name": "second"} | table if isinstance(table, dict) else table
    monkeypatch.setenv("DINGSWEEP_NOTIFY", json.dumps([{"name": "first", "user": "li"}, given]))
    said = mistake(folder)
    assert said.startswith("DINGSWEEP_NOTIFY is wrong")
    assert line in said
    assert "Input" not in said, "words of a library"


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("NOTIFY", "3", "write tables [[notify]]"),
        ("QUIET_HOURS", "at night", "write for example 20:00-08:00"),
        ("MONTHLY_CALLS", "-1", "write a whole number, 0 for no limit"),
        ("CALLS_PER_SECOND", "0", "write a whole number from 1 to 1000: 20, or 60 with a paid pack"),
        ("MONTHLY_WEBHOOKS", "many", "write a whole number, 0 for no limit"),
        ("CUT_NOTICES", '["deleted"]', "the first to go first"),
        ("CUT_NOTICES_FROM", "80", "write a number from 0 to 1"),
    ],
)
def test_a_wrong_value_about_notices_is_named_with_its_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str
) -> None:
    monkeypatch.setenv(f"DINGSWEEP_{name}", value)
    line = mistake(folder)
    assert line.startswith(f"DINGSWEEP_{name} is wrong")
    assert hint in line


def test_a_rule_notifies_channels_that_are_there(folder: Path) -> None:
    rule = '[[rules]]\nname = "All"\nanswer = "run"\npermanent = false\nnotify = ["audit"]\n'
    (folder / "dingsweep.toml").write_text(rule)
    assert mistake(folder) == "no [[notify]] has the name 'audit' that rule 'All' notifies."
    (folder / "dingsweep.toml").write_text(rule + '[[notify]]\nname = "audit"\nuser = "li"\nglobal = false\n')
    assert load(folder).notify[0].wants("done", ("audit",))
