"""Frozen settings, read once: environment, then `.env`, then `dingsweep.toml`; the first that has it wins.

Every field is the environment variable without its prefix `DINGSWEEP_`, and in `dingsweep.toml` the same in
lower case. `load()` turns any mistake into one line that names the setting and where to get its value; a name
that no setting has is a mistake too, wherever it stands, or a misspelt limit would silently not hold.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeGuard, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv.parser import parse_stream
from pydantic import (
    AnyHttpUrl,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as SourceError,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.channels import CUT_FIRST, Channel, NoticeEvent
from bot.hours import Span
from bot.policy import Policy, Rule, RulesError, builtin_rules, read_rules
from bot.policy.lines import line_of, positions
from bot.policy.reading import Mistake
from bot.proxies import proxies

PREFIX = "DINGSWEEP_"
MARKED = "utf-8-sig"
"""UTF-8, also with a mark at the beginning, as some editors of Windows write it."""
PUBLIC_TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
"""The card template that exists in every organisation; the official SDK sends its cards with it."""

TOML = "dingsweep.toml"
HEALTH, OFF = "127.0.0.1:8080", "off"
"""Where the health page is when nobody says otherwise, and that there is to be none."""
MIN_AUDIT_DAYS = 30
OWN = ("notify", "conversations", "spaces")
"""What names things of one organisation: said for all of several, one would hear what happens in another."""
PER_ORGANISATION = (
    *OWN,
    "rules",
    "allow_permanent",
    "max_dentries",
    "confirm_minutes",
    "undo",
    "recycle_bin_days",
    "deletion_events",
    "language",
    "timezone",
    "quiet_hours",
    "card_template_id",
    "progress_source",
    "calls_per_second",
    "monthly_calls",
    "monthly_webhooks",
    "cut_notices",
    "cut_notices_from",
    "audit_days",
)
"""What can be set for one organisation of several."""
MAX_PORT = 65535

REGIONS = {
    "cn": ("https://api.dingtalk.com", "https://oapi.dingtalk.com"),
    "intl": ("https://api.dingtalk.io", "https://oapi.dingtalk.io"),
}
_CONSOLE = "open-dev.dingtalk.com, your app, page Credentials (凭证与基础信息)"
_REMEDY = {
    "client_id": f"copy the Client ID from {_CONSOLE}",
    "client_secret": f"copy the Client Secret from {_CONSOLE}",
    "suite_secret": "copy the Suite Secret of your third-party app from open-dev.dingtalk.com",
    "auth_corp_id": "write the corpId of the organisation that installed your third-party app, "
    "or nothing to serve all that did",
    "organisations": 'write a table for each, such as [organisations."dingcorp1"], with a third-party app',
    "region": "write cn or intl",
    "language": "write auto, zh or en",
    "texts": "write the folder that has your en.po and zh.po",
    "log": "write json or console",
    "log_names": "write true or false",
    "health": "write for example 127.0.0.1:8080, or off",
    "database_url": "write for example sqlite:///var/dingsweep.sqlite or postgresql://user:password@host/dingsweep",
    "proxy": "write for example http://proxy.example.com:3128, or none for no proxy at all",
    "api_base_url": "write for example https://api.dingtalk.com",
    "oapi_base_url": "write for example https://oapi.dingtalk.com",
    "audit_days": "write 0 to keep the audit trail for ever, or at least 30",
    "timezone": "write for example Asia/Shanghai",
    "allow_permanent": "write true or false",
    "max_dentries": "write a whole number of at least 1",
    "confirm_minutes": "write a number above 0",
    "recycle_bin_days": "write how many days the recycle bin keeps things, 0 if you do not know",
    "deletion_events": "write true or false",
    "undo": "write who may take a deletion back: requester, approvers or both",
    "conversations": 'write a list of conversation IDs, for example ["cidA==", "one_to_one"]',
    "rules": "write them as [[rules]] in dingsweep.toml, dingsweep policy write shows how",
    "spaces": 'write the space ID of each conversation ID, for example {"cidA==": "24010001"}',
}
_EVENTS = "requested, approved, rejected, expired, cancelled, done, failed and restored"
_REMEDY |= {
    "notify": 'write tables [[notify]] such as name = "audit", conversation = "cidA=="',
    "notify.name": "give it a name of 1 to 64 characters",
    "notify.conversation": "write the conversation ID that whoami tells there",
    "notify.user": "write a userId",
    "notify.webhook": "copy the whole Webhook address of the custom robot",
    "notify.secret": "copy the key (SEC…) that the custom robot signs with",
    "notify.events": f"write a list of some of {_EVENTS}",
    "notify.digest": "write each, hourly or daily",
    "notify.at": 'write a time of day, for example "09:00"',
    "notify.quiet_hours": 'write for example "20:00-08:00"',
    "notify.language": "write zh or en",
    "notify.global": "write true or false",
    "quiet_hours": "write for example 20:00-08:00",
    "calls_per_second": "write a whole number from 1 to 1000: 20, or 60 with a paid pack",
    "monthly_calls": "write a whole number, 0 for no limit",
    "monthly_webhooks": "write a whole number, 0 for no limit",
    "cut_notices": f"write a list of some of {_EVENTS}, the first to go first",
    "cut_notices_from": "write a number from 0 to 1",
}
_ANY_TEXT = "write a text; in dingsweep.toml, in quotes"
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


class SettingsError(Exception):
    """A setting is missing or wrong. Its text is one line, and never holds a value."""


def _is_read(value: object) -> TypeGuard[tuple[Rule, ...]]:
    return isinstance(value, tuple) and all(isinstance(each, Rule) for each in value)


class DatabaseSettings(BaseSettings):
    """What it takes to read what happened; build it with `load_database()`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix=PREFIX, env_ignore_empty=True, hide_input_in_errors=True
    )
    folder: ClassVar[Path] = Path()
    """where the two files lie"""
    toml: ClassVar[str] = TOML

    database_url: str = "sqlite:///var/dingsweep.sqlite"
    timezone: str = "Asia/Shanghai"
    audit_days: int = 0
    """how long records of the audit trail are kept; 0 is for ever"""

    @field_validator("audit_days")
    @classmethod
    def _is_long_enough(cls, value: int) -> int:
        if value and value < MIN_AUDIT_DAYS:
            raise ValueError("too short")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)  # to list them all would read a thousand files, at every start
        except (
            OSError,
            ValueError,
            ZoneInfoNotFoundError,
        ):  # also for a folder, or a path that leads elsewhere
            raise ValueError("no such time zone") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _with_async_driver(cls, value: str) -> str:
        """Any driver the operator names is replaced by the one we carry: what they choose is the database."""
        try:
            url = make_url(value)
            driver = _DRIVERS[url.drivername.partition("+")[0]]
        except (ArgumentError, KeyError, ValueError):  # the last one of a port, which may be a password
            raise ValueError("not a sqlite or postgresql URL") from None
        if "@" in (url.host or ""):  # half of the password would be taken for the host, and be told as one
            raise ValueError("a password with @ in it: write %40 for it")
        return url.set(drivername=driver).render_as_string(hide_password=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            EnvSettingsSource(settings_cls),
            _OurDotEnv(settings_cls, env_file=cls.folder / ".env"),
            _OurToml(settings_cls, toml_file=cls.folder / cls.toml),
        )


class PolicySettings(DatabaseSettings):
    """What decides about requests; build it with `load_policy()`."""

    allow_permanent: bool = False
    max_dentries: int = Field(default=1000, ge=1)
    confirm_minutes: float = Field(default=30, gt=0, allow_inf_nan=False)
    conversations: tuple[str, ...] = ()
    """conversation ids that may use the robot; empty means all"""
    rules: tuple[Rule, ...] | None = None
    """None stands for the built-in ones"""

    @field_validator("rules", mode="before")
    @classmethod
    def _are_rules(cls, value: object) -> tuple[Rule, ...] | None:
        return value if value is None or _is_read(value) else read_rules(value)

    @property
    def policy(self) -> Policy:
        return Policy(
            rules=builtin_rules() if self.rules is None else self.rules,
            allow_permanent=self.allow_permanent,
            max_dentries=self.max_dentries,
            confirm_within=timedelta(minutes=self.confirm_minutes),
            conversations=frozenset(self.conversations),
        )


class Settings(PolicySettings):
    """All settings of the robot; build it with `load()`."""

    model_config = SettingsConfigDict(extra="forbid")
    is_of_one: ClassVar[bool] = False
    """whether they are those of one organisation of several"""

    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    robot_code: str = ""
    corp_id: str = ""
    region: Literal["cn", "intl"] = "cn"
    api_base_url: str = ""
    oapi_base_url: str = ""
    proxy: SecretStr = SecretStr("")
    """empty: as HTTPS_PROXY and NO_PROXY of the environment say; none: no proxy; else its URL"""
    ca_file: str = ""
    """certificates of the company's own CA, believed beside the system's"""
    card_template_id: str = PUBLIC_TEMPLATE
    progress_source: str = ""
    """the dynamic data source by which cards of that template ask how far a job is; empty: they do not"""
    language: Literal["auto", "zh", "en"] = "auto"
    texts: str = ""
    """a folder whose en.po and zh.po replace texts of ours; empty: ours alone"""
    log: Literal["json", "console"] = "json"
    log_names: bool = False
    """whether the log may hold what people have written: names of files, their own, reasons"""
    health: str = HEALTH
    """host and port of the page that says how it is; "off": there is none"""

    suite_key: str = ""
    suite_secret: SecretStr = SecretStr("")
    auth_corp_id: str = ""
    """the one organisation a third-party app serves; empty: all that authorised it"""
    organisations: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """corpId → what is set otherwise for it; of several, see `of_organisation`"""

    spaces: dict[str, str] = Field(default_factory=dict)
    """conversation id → id of the space that its commands mean when they say no --space"""
    recycle_bin_days: int = Field(default=0, ge=0, le=3650)
    """how long the organisation's recycle bin keeps things, to be told on cards; 0: nobody has looked"""
    undo: Literal["requester", "approvers", "both"] = "both"
    """who may take a deletion back; where nobody had to approve it, the requester stands for the approvers"""

    deletion_events: bool = False
    """whether the app is subscribed to storage_dentry_delete: then folders are followed by events, not by asking"""

    notify: tuple[Channel, ...] = ()
    """who is told what happens"""
    quiet_hours: Span = ""
    calls_per_second: int = Field(default=20, ge=1, le=1000)
    """of each API, by all replicas together; 20 with the standard edition, 60 with a paid pack"""
    monthly_calls: int = Field(default=5000, ge=0)
    """what the organisation has bought; 0 is no limit"""
    monthly_webhooks: int = Field(default=3000, ge=0)
    cut_notices: tuple[NoticeEvent, ...] = CUT_FIRST
    """which notices go first when the month runs low; the others never"""
    cut_notices_from: float = Field(default=0.8, ge=0, le=1)
    """the share of the month's calls at which the first goes"""

    @field_validator("health")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not value:  # how older versions said it
            return OFF
        host, _, port = value.rpartition(":")
        if value != OFF and not (host and port.isdecimal() and int(port) <= MAX_PORT):
            raise ValueError("no host and port")
        return value

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: SecretStr) -> SecretStr:
        if (
            text := value.get_secret_value()
        ):  # without one, what the environment says is looked at when it is used
            proxies(text)
        return value

    @field_validator("notify")
    @classmethod
    def _names_differ(cls, value: tuple[Channel, ...]) -> tuple[Channel, ...]:
        if len({channel.name for channel in value}) < len(value):
            raise ValueError("two have the same name")
        return value

    @field_validator("api_base_url", "oapi_base_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value:
            TypeAdapter(AnyHttpUrl).validate_python(value)
        return value.rstrip("/")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Defaults that follow from another setting; an empty value counts as not given."""
        api, oapi = REGIONS.get(str(values.get("region")), REGIONS["cn"])
        return {
            **values,
            "robot_code": values.get("robot_code") or values.get("client_id", ""),
            "api_base_url": values.get("api_base_url") or api,
            "oapi_base_url": values.get("oapi_base_url") or oapi,
        }

    @model_validator(mode="after")
    def _rules_name_channels(self) -> Settings:
        """A rule that tells nobody because of a slip of the pen would be found out when it is too late."""
        known = {channel.name for channel in self.notify}
        for rule in self.rules or ():
            if unknown_names := set(rule.notify) - known:
                raise ValueError(
                    f"no [[notify]] has the name {min(unknown_names)!r} that rule {rule.name!r} notifies"
                )
        return self

    @property
    def serves_several(self) -> bool:
        """Whether every organisation that authorised the third-party app is served."""
        return bool(self.suite_key) and not self.auth_corp_id

    def of_organisation(self, corp_id: str) -> Settings:
        """What is set for one organisation of several: its table, and for all else what is set for all.

        Raises ValidationError, but not after `load`, which has looked at every table.
        """
        common = {name: getattr(self, name) for name in type(self).model_fields if name != "organisations"}
        return _Given(**common | self.organisations.get(corp_id, {}))

    @model_validator(mode="after")
    def _third_party_is_whole(self) -> Settings:
        if self.suite_key and not self.suite_secret.get_secret_value():
            raise ValueError(f"{PREFIX}SUITE_KEY needs {PREFIX}SUITE_SECRET: set both or none")
        if self.corp_id and self.serves_several:
            raise ValueError(
                f"{PREFIX}CORP_ID is for an internal app: of a third-party app, {PREFIX}AUTH_CORP_ID names one"
            )
        return self

    @model_validator(mode="after")
    def _organisations_differ_in_what_they_may(self) -> Settings:
        if self.organisations and not self.serves_several:
            raise ValueError(
                f"tables [organisations] need {PREFIX}SUITE_KEY, and no {PREFIX}AUTH_CORP_ID: there is one organisation"
            )
        if (
            self.serves_several
            and not self.is_of_one
            and (own := [name for name in OWN if getattr(self, name)])
        ):
            raise ValueError(
                f"{own[0]} would be for all organisations: with several of them it belongs into the table of one, "
                '[organisations."corpId"]'
            )
        for corp_id, table in self.organisations.items():
            for name in table:
                if name not in PER_ORGANISATION:
                    raise ValueError(f"{_table(corp_id)} cannot set {name}: {_near(name)}")
        return self


class _Given(Settings):
    """Settings of one organisation: from what is given, not from the environment or a file."""

    is_of_one: ClassVar[bool] = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


class _OurDotEnv(DotEnvSettingsSource):
    """A `.env` is shared with other programs: what does not bear our prefix is not ours, and no mistake either.

    A line that is none is one, whoever's it is: it may have been meant for us, and would silently not hold.
    """

    def __init__(self, settings_cls: type[BaseSettings], env_file: Path) -> None:
        if env_file.is_file():
            _refuse_broken(env_file)
        super().__init__(settings_cls, env_file=env_file, env_file_encoding=MARKED)
        ours = PREFIX.lower()
        self.env_vars = {name: value for name, value in self.env_vars.items() if name.startswith(ours)}


class _OurToml(TomlConfigSettingsSource):
    """Also with the mark that some editors write at the beginning of a file, which is no TOML."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return tomllib.loads(file_path.read_bytes().decode(MARKED))


S = TypeVar("S", bound=DatabaseSettings)


def load(folder: Path | None = None, /, **overrides: Any) -> Settings:
    """Read the settings of the current folder, or of the one given; `overrides` win over everything.

    Raises SettingsError with one line that names the setting and says where to get its value.
    """
    return _load(Settings, folder, overrides)


def load_database(folder: Path | None = None, /) -> DatabaseSettings:
    """Like `load`, but only what reading the records takes: the others may be missing or wrong."""
    return _load(DatabaseSettings, folder, {})


def load_policy(file: Path | None = None, /, **overrides: Any) -> PolicySettings:
    """Like `load`, but only what decides about requests, from this file in place of dingsweep.toml."""
    if file is None:
        return _load(PolicySettings, None, overrides)
    return _load(PolicySettings, file.parent, overrides, file.name)


def rules_place(folder: Path, toml: str = TOML) -> str:
    """Where the rules in force come from: DINGSWEEP_RULES, the name of the file, or "" for the built-in ones."""
    variable = f"{PREFIX}RULES"
    dotenv = _OurDotEnv(Settings, env_file=folder / ".env").env_vars
    given = {name.upper() for name, value in (*os.environ.items(), *dotenv.items()) if value}
    if variable in given:
        return variable
    return toml if "rules" in _OurToml(Settings, toml_file=folder / toml).toml_data else ""


def _load(kind: type[S], folder: Path | None, overrides: Mapping[str, Any], toml: str = TOML) -> S:
    where = folder or Path.cwd()
    attributes = {"__module__": __name__, "folder": where, "toml": toml}
    located = cast("type[S]", type(kind.__name__, (kind,), attributes))
    try:
        _refuse_unknown(where, toml)
        settings = located(**overrides)
    except ValidationError as exc:
        raise SettingsError(_one_line(exc, where, toml)) from None
    except SourceError as exc:
        found = re.search(r'field "(\w+)"', str(exc))
        raise SettingsError(_wrong(found[1]) if found else "A setting cannot be read.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{toml} is not UTF-8: save the file in that encoding.") from None
    except ValueError as exc:  # tomllib.TOMLDecodeError
        raise SettingsError(f"{toml} is not valid TOML: {exc}") from None
    except RecursionError:
        raise SettingsError(f"{toml} is not valid TOML: too many brackets inside each other") from None
    except OSError as exc:
        raise SettingsError(f"{toml} cannot be read: {exc.strerror}.") from None
    if isinstance(settings, Settings):
        _check_organisations(settings, where, toml)
    return settings


def _check_organisations(settings: Settings, where: Path, toml: str) -> None:
    """Raise SettingsError for the first mistake in what is set for one organisation."""
    for corp_id in settings.organisations:
        try:
            settings.of_organisation(corp_id)
        except ValidationError as exc:
            said = _one_line(exc, where, toml, ("organisations", corp_id)).replace(PREFIX, "")
            raise SettingsError(f"{_table(corp_id)}: {said}") from None


def _table(corp_id: str) -> str:
    return f'[organisations."{corp_id}"]'


def _near(name: str) -> str:
    near = get_close_matches(name, PER_ORGANISATION, n=1, cutoff=0.8)
    return f"did you mean {near[0]}?" if near else "remove it or mend its spelling"


def _refuse_unknown(where: Path, toml: str) -> None:
    """Raise SettingsError for the first name that no setting has, with the place it stands in."""
    ours = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    given = [name.upper() for name, value in os.environ.items() if value and name.upper().startswith(PREFIX)]
    _refuse(given, ours, "the environment")
    dotenv = _OurDotEnv(Settings, env_file=where / ".env").env_vars
    _refuse((name.upper() for name in dotenv), ours, ".env")
    names = _OurToml(Settings, toml_file=where / toml).toml_data
    _refuse(names, set(Settings.model_fields), toml)


def _refuse_broken(env_file: Path) -> None:
    """Raise SettingsError for the first line that sets nothing and is no comment."""
    try:
        text = env_file.read_bytes().decode(MARKED)
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file.name} is not UTF-8: save the file in that encoding.") from None
    except OSError as exc:
        raise SettingsError(f"{env_file.name} cannot be read: {exc.strerror}.") from None
    for found in parse_stream(StringIO(text)):
        is_cut = found.value is None and (found.key or "").upper().startswith(PREFIX)
        if found.error or is_cut:
            said = found.original.string
            line = found.original.line + said[: len(said) - len(said.lstrip())].count("\n")
            raise SettingsError(
                f"{env_file.name} line {line} sets nothing: write NAME=value, and close each quote."
            )


def _refuse(given: Iterable[str], known: set[str], place: str) -> None:
    for name in given:
        if name not in known:
            raise SettingsError(unknown(name, known, place))


def unknown(name: str, known: Iterable[str], place: str) -> str:
    """The sentence for a name that no setting has."""
    ours = {setting.removeprefix(PREFIX): setting for setting in sorted(known)}
    near = get_close_matches(name.removeprefix(PREFIX), ours, n=1, cutoff=0.75)
    meant = f", did you mean {ours[near[0]]}?" if near else "."
    return f"There is no setting {name} (in {place}){meant} Remove it or mend its spelling."


def _one_line(exc: ValidationError, where: Path, toml: str, inside: tuple[str, ...] = ()) -> str:
    """The first mistake as a sentence. Values stay out of it: one of them may be a secret."""
    cause = exc.errors()[0].get("ctx", {}).get("error")
    if isinstance(cause, RulesError):
        return _rules_line(cause.mistakes[0], where, toml, inside)
    error = exc.errors(include_input=False, include_url=False, include_context=False)[0]
    said = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return f"{said}."
    name, *deeper = map(str, error["loc"])
    if name == "notify" and deeper:
        return _wrong_inside(name, deeper, said if error["type"] == "value_error" else "")
    match error["type"]:
        case "missing" | "string_too_short":
            asked = "; dingsweep init asks for it" if name in ("client_id", "client_secret") else ""
            return f"{_wrong(name, 'is not set').removesuffix('.')}{asked}."
        case "value_error":
            return _wrong(name, f"is wrong ({said})")
        case _:
            return _wrong(name)


def _wrong_inside(name: str, inside: list[str], said: str) -> str:
    """A mistake in one table of a list of tables: which one, counted from 1, and where in it."""
    number, *field = inside
    of_it = field[0] if field else ""
    remedy = _REMEDY.get(f"{name}.{of_it}") or (
        _REMEDY[name] if not of_it else "remove it or mend its spelling"
    )
    place = f"at entry {int(number) + 1}" + (f", {of_it}" if of_it else "")
    return f"{PREFIX}{name.upper()} is wrong {place}{f' ({said})' if said else ''}: {remedy}."


def _rules_line(mistake: Mistake, where: Path, toml: str, inside: tuple[str, ...] = ()) -> str:
    place = toml if inside else rules_place(where, toml)
    if place != toml:
        return f"{place or 'The policy'}: {mistake}"
    try:
        line = line_of((*inside, *mistake.place), positions((where / toml).read_text(MARKED)))
    except (OSError, tomllib.TOMLDecodeError):  # it was changed in this moment
        line = None
    return f"{toml} line {line}: {mistake}" if line else f"{toml}: {mistake}"


def _wrong(name: str, problem: str = "is wrong") -> str:
    return f"{PREFIX}{name.upper()} {problem}: {_REMEDY.get(name, _ANY_TEXT)}."
