"""The documentation as data: what each page shows as request, answer and errors.

The files under `examples/` hold one `[[page]]` per documented example:

- `doc`: the page. `route`: method and path. `scope`: the permission the page names.
- `path`, `query`, `body`: the documented request. `$names` stand for real ids: see `given.py`. `form` instead of
  `body` for what is sent as a form, with `upload` (a file's name) as a form of several parts.
- `answer`: the documented answer. `optional`: the fields the page allows to be missing, `[]` for "of any item".
- `given`: what must exist before the call, by the names of `given.py`.
- `sdk`: family and method of the official SDK that make the same call; `no_sdk`: why there is none.
- `[[page.error]]`: `status` and `code` of an error row, what to send instead (`path`, `query`, `body`, `form`,
  `upload`) to meet it, what must exist besides (`given`), and why the SDK cannot send that (`no_sdk`).
- `faults`: error rows that no request provokes; the sandbox's fault interface does.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from string import Template
from typing import Any

Json = Any
Known = Mapping[str, str]

_FOLDER = Path(__file__).with_name("examples")


@dataclass(frozen=True)
class Request:
    """What is sent: path parameters, query and JSON body (as text, with `$names` not yet filled in).

    `form` is what is sent instead of a body, `upload` the name of the file that goes with it.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: str | None
    form: Mapping[str, str] | None = None
    upload: str = ""

    def filled(self, known: Known) -> "Request":
        """The same with every `$name` replaced by the real id."""
        return Request(
            path=_filled(self.path, known),
            query=_filled(self.query, known),
            body=None if self.body is None else _fill(self.body, known),
            form=None if self.form is None else _filled(self.form, known),
            upload=self.upload,
        )

    def json(self) -> dict[str, Json]:
        """The body as an object; `{}` when nothing is sent."""
        body: dict[str, Json] = json.loads(self.body) if self.body else {}
        return body


@dataclass(frozen=True)
class ErrorRow:
    """One row of a page's error table, and the request that meets it."""

    status: int
    code: str
    request: Request
    note: str = ""
    no_sdk: str | None = None
    given: tuple[str, ...] = ()

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
    no_sdk: str | None = None
    given: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    errors: tuple[ErrorRow, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()

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


def _filled(texts: Mapping[str, str], known: Known) -> dict[str, str]:
    return {key: _fill(value, known) for key, value in texts.items()}


def _fill(text: str, known: Known) -> str:
    return Template(text).substitute(known)


def _page(family: str, entry: dict[str, Any]) -> Page:
    request = _request(entry, Request({}, {}, None))
    return Page(
        name=f"{family}.{entry['name']}",
        doc=entry["doc"],
        route=entry["route"],
        request=request,
        answer=json.loads(entry["answer"]),
        scope=entry.get("scope"),
        sdk=entry.get("sdk"),
        no_sdk=entry.get("no_sdk"),
        given=tuple(entry.get("given", ())),
        optional=frozenset(entry.get("optional", ())),
        errors=tuple(_error(row, request) for row in entry.get("error", ())),
        faults=tuple(_fault(row) for row in entry.get("faults", ())),
    )


def _error(row: dict[str, Any], usual: Request) -> ErrorRow:
    return ErrorRow(
        status=row.get("status", 200),
        code=row["code"],
        request=_request(row, usual),
        note=row.get("note", ""),
        no_sdk=row.get("no_sdk"),
        given=tuple(row.get("given", ())),
    )


def _request(entry: dict[str, Any], usual: Request) -> Request:
    """What an entry says is sent; what it does not say is as usual."""
    return Request(**{part.name: entry.get(part.name, getattr(usual, part.name)) for part in fields(Request)})


def _fault(row: str) -> tuple[int, str]:
    status, code = row.split(" ", 1)
    return int(status), code
