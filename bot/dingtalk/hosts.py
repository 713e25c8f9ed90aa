"""Which addresses are DingTalk's: an address with a key in it goes nowhere else."""

from __future__ import annotations

from collections.abc import Collection

from yarl import URL

from bot.dingtalk.errors import Invalid

_DINGTALK = (".dingtalk.com", ".dingtalk.io")


def own_address(api: str, address: str, origins: Collection[URL]) -> URL:
    """The address if it is DingTalk's own or at one of `origins`; raises Invalid, and never quotes it."""
    try:
        url = URL(address)
        is_ours = bool(url.host) and url.user is None and url.password is None and _is_known(url, origins)
    except ValueError:
        is_ours = False
    if not is_ours:
        raise Invalid(api, "notDingTalk", "this webhook address is not one of DingTalk's")
    return url


def _is_known(url: URL, origins: Collection[URL]) -> bool:
    is_dingtalk = url.scheme == "https" and url.is_default_port() and (url.host or "").endswith(_DINGTALK)
    return is_dingtalk or url.origin() in origins
