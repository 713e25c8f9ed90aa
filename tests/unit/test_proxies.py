"""Which proxy an address is reached by, and what is no proxy's address."""

from __future__ import annotations

import pytest
from yarl import URL

from bot.proxies import ProxiesOfEnvironment, ProxyError, proxies, read_proxy

API = "https://api.dingtalk.com/v1.0/x"
STREAM = "wss://wss-open-connection.dingtalk.com:443/connect"


def way(url: str, **variables: str) -> str:
    """Through which proxy, or "" for none."""
    proxy = ProxiesOfEnvironment(variables).of(URL(url))
    return str(proxy.url) if proxy else ""


@pytest.mark.parametrize(
    ("variables", "url", "through"),
    [
        ({}, API, ""),
        ({"https": "http://p:1"}, API, "http://p:1"),
        ({"https": "http://p:1"}, STREAM, "http://p:1"),
        ({"https": "p:1"}, API, "http://p:1"),
        ({"https": "https://p:1"}, API, "https://p:1"),
        ({"all": "http://p:1"}, STREAM, "http://p:1"),
        ({"https": "http://p:1", "all": "socks5://q:2"}, API, "http://p:1"),
        ({"http": "http://p:1"}, API, ""),
        ({"wss": "http://p:1"}, STREAM, ""),
        ({"http": "http://p:1"}, "ws://ding.test/", "http://p:1"),
        ({"all": "http://p:1"}, "http://127.0.0.1:8765/", ""),
        ({"all": "http://p:1"}, "http://[::1]:8765/", ""),
        ({"all": "http://p:1"}, "ws://localhost:8765/", ""),
        ({"all": "http://p:1", "no": "*"}, API, ""),
        ({"all": "http://p:1", "no": "dingtalk.com"}, API, ""),
        ({"all": "http://p:1", "no": ".dingtalk.com"}, STREAM, ""),
        ({"all": "http://p:1", "no": "a.test, *.DingTalk.com"}, API, ""),
        ({"all": "http://p:1", "no": "api.dingtalk.com"}, STREAM, "http://p:1"),
        ({"all": "http://p:1", "no": "talk.com"}, API, "http://p:1"),
        ({"all": "http://p:1", "no": ","}, API, "http://p:1"),
        ({"all": "http://p:1", "no": "dingtalk.com:443"}, API, ""),
        ({"all": "http://p:1", "no": "dingtalk.com:8443"}, API, "http://p:1"),
        ({"all": "http://p:1", "no": "fd00::1"}, "https://[fd00::1]/", ""),
        ({"all": "http://p:1", "no": "[fd00::1]"}, "https://[fd00::1]/", ""),
        ({"all": "http://p:1", "no": "[fd00::1]:443"}, "https://[fd00::1]/", ""),
        ({"all": "http://p:1", "no": "fd00::2"}, "https://[fd00::1]/", "http://p:1"),
    ],
)
def test_what_the_environment_says(variables: dict[str, str], url: str, through: str) -> None:
    assert way(url, **variables) == through


def test_the_setting_counts_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    monkeypatch.setenv("NO_PROXY", "*")
    one = proxies("http://q:2").of(URL("http://127.0.0.1/"))
    assert one
    assert str(one.url) == "http://q:2"
    assert proxies("none").of(URL(API)) is None
    assert proxies("").of(URL(API)) is None, "as NO_PROXY says"
    monkeypatch.delenv("NO_PROXY")
    assert proxies("").of(URL(API))


def test_name_and_password_are_for_the_proxy_alone() -> None:
    proxy = read_proxy("http://wang%3A:p%C3%A4%2F55@p:1")
    assert str(proxy.url) == "http://p:1"
    assert proxy.authorization == "Basic d2FuZzo6cMOkLzU1"
    assert proxy.authorization not in repr(proxy)
    assert read_proxy("http://p:1").authorization == ""


@pytest.mark.parametrize(
    "text",
    [
        "socks5://me:pa55@p:1",
        "ftp://me:pa55@p",
        "http://",
        "me:pa55",
        "http://me:pa55@p:x",
        "http://p:1/pa55",
    ],
)
def test_what_is_no_proxy_is_said_without_it(text: str) -> None:
    with pytest.raises(ProxyError) as caught:
        read_proxy(text)
    assert "pa55" not in str(caught.value)
    with pytest.raises(ProxyError, match=r"^ALL_PROXY is no HTTP proxy") as caught:
        way(API, all=text)
    assert "pa55" not in str(caught.value)
    assert caught.value.__cause__ is None
