"""Base and field types of everything DingTalk answers: lenient where its documentation is.

Unknown fields are ignored, null means absent, numbers and strings stand for each other, and a time that
cannot be read is None.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

_MS = 1000


class Wired(BaseModel):
    """An object in an answer; its fields are the camelCase of ours."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if value is not None}
        return data


class Traced(Wired):
    """An answer that keeps DingTalk's id of the call, which is what its support asks for."""

    dingtalk_request_id: str = ""


class WiredSnake(Wired):
    """An object in an old-style answer, where fields are snake_case."""

    model_config = ConfigDict(alias_generator=None)


def _time(value: Any) -> datetime | None:
    """`2022-07-29T14:55Z` with or without seconds, or milliseconds since 1970; anything else is None."""
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value / _MS, UTC)
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _listed(value: Any) -> Any:
    """The page of the user call shows lists as JSON text, and lists of one object as that object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return value if isinstance(value, list) else [value]


def _whole(value: Any) -> Any:
    """A number that is missing its digits counts as 0."""
    return 0 if value == "" else value


Time = Annotated[datetime | None, BeforeValidator(_time)]
Listed = BeforeValidator(_listed)
Whole = Annotated[int, BeforeValidator(_whole)]
