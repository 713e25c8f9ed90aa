"""The documentation as data: what each page shows as request, answer and errors.

The files under `examples/` hold one `[[page]]` per documented example:

- `doc`: the page. `route`: method and path. `scope`: the permission the page names.
- `path`, `query`, `body`: the documented request. `$names` stand for real ids: see `given.py`.
- `answer`: the documented answer. `optional`: the fields the page allows to be missing, `[]` for "of any item".
- `given`: what must exist before the call, by the names of `given.py`.
- `sdk`: family and method of the official SDK that make the same call.
- `[[page.error]]`: `status` and `code` of an error row, and what to send instead (`path`, `query`, `body`) to meet it.
- `faults`: error rows that no request provokes; the sandbox's fault interface does.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

Json = Any
Known = Mapping[str, str]

_FOLDER = Path(__file__).with_name("examples")


@dataclass(frozen=True)
class Request:
    """What is sent: path parameters, query and JSON body (as text, with `$names` not yet filled in)."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: str | None

    def filled(self, known: Known) -> "Request":
        """The same with every `$name` replaced by the real id."""
        return Request(
            path={key: _fill(value, known) for key, value in self.path.items()},
            query={key: _fill(value, known) for key, value in self.query.items()},
            body=None if self.body is None else _fill(self.body, known),
        )

    def json(self) -> dict[str, Json]:
        """The body as an object; `{}` when nothing is sent."""
        body: dict[str, Json] = json.loads(self.body) if self.body else {}
        return body


@dataclass(frozen=True)
class ErrorRow:
    """One row of a page's error table; `request` None means that only a fault brings it about."""

    status: int
    code: str
    note: str = ""
    request: Request | None = None

    @property
    def label(self) -> str:
        """Short name for test ids."""
        return f"{self.code}{' ' + self.note if self.note else ''}"


@dataclass(frozen=True)
class Page:
    """One documented example; see the module's own documentation."""

    name: str
    doc: str
    route: str
    request: Request
    answer: Json
    scope: str | None = None
    sdk: str | None = None
    given: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    errors: tuple[ErrorRow, ...] = field(default=())

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.route.split(" ", 1)[0]

    def url(self, request: Request) -> str:
        """The path with its parameters filled in."""
        return self.route.split(" ", 1)[1].format(**request.path)

    @property
    def old_style(self) -> bool:
        """Whether it is an interface of oapi.dingtalk.com."""
        return not self.route.split(" ", 1)[1].startswith("/v")


def load(family: str) -> tuple[Page, ...]:
    """The pages of one family, that is of one file."""
    raw = tomllib.loads((_FOLDER / f"{family}.toml").read_text(encoding="utf-8"))
    return tuple(_page(family, entry) for entry in raw["page"])


def families() -> list[str]:
    """Names of all families."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


def differences(documented: Json, answered: Json, optional: frozenset[str], at: str = "") -> list[str]:
    """What keeps an answer from having the documented shape: fields missing, unknown, or of another type.

    A field that is `null` counts as missing: the documentation calls both "empty".
    """
    if isinstance(documented, dict) and isinstance(answered, dict):
        return list(_in_object(documented, answered, optional, at))
    if isinstance(documented, list) and isinstance(answered, list):
        return [line for item in answered for line in differences(documented[0], item, optional, f"{at}[]")]
    if type(documented) is not type(answered):
        return [f"{at}: {answered!r} is no {type(documented).__name__}"]
    return []


def _in_object(documented: Json, answered: Json, optional: frozenset[str], at: str) -> Iterator[str]:
    present = {key: value for key, value in answered.items() if value is not None}
    for key, example in documented.items():
        where = _below(at, key)
        if key in present:
            yield from differences(example, present[key], optional, where)
        elif where not in optional:
            yield f"{where}: missing"
    if documented:
        yield from (f"{_below(at, key)}: not documented" for key in present if key not in documented)


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _fill(text: str, known: Known) -> str:
    return Template(text).substitute(known)


def _page(family: str, entry: dict[str, Any]) -> Page:
    request = Request(entry.get("path", {}), entry.get("query", {}), entry.get("body"))
    return Page(
        name=f"{family}.{entry['name']}",
        doc=entry["doc"],
        route=entry["route"],
        request=request,
        answer=json.loads(entry["answer"]),
        scope=entry.get("scope"),
        sdk=entry.get("sdk"),
        given=tuple(entry.get("given", ())),
        optional=frozenset(entry.get("optional", ())),
        errors=(
            *(_error(row, request) for row in entry.get("error", ())),
            *(_fault(row) for row in entry.get("faults", ())),
        ),
    )


def _error(row: dict[str, Any], request: Request) -> ErrorRow:
    instead = Request(
        row.get("path", request.path), row.get("query", request.query), row.get("body", request.body)
    )
    return ErrorRow(row.get("status", 200), row["code"], row.get("note", ""), instead)


def _fault(row: str) -> ErrorRow:
    status, code = row.split(" ", 1)
    return ErrorRow(int(status), code)
