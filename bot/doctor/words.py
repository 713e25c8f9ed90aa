"""Everything the doctor can say, and what to do about it: what is not here, it does not say.

The pages docs/doctor.md and docs/doctor.zh-CN.md explain each of these; a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Health = Literal["ok", "warning", "failed", "skipped"]

_CONSOLE = "open-dev.dingtalk.com, your app"
_FIREWALL = (
    "let this machine connect to {host} in the firewall, or set DINGSWEEP_PROXY where there is a proxy to use"
)
_CLOCK = "let the network set the clock, of a container that of its host: timedatectl set-ntp true"
_SUBSCRIBE = (
    "turn on storage events (存储事件) of the app at open-dev.dingtalk.com, event subscription (事件订阅), then once "
    'POST /v1.0/storage/events/subscribe?unionId=… {{"scope": "ORG", "scopeId": "<corpId>"}} '
    "with the permission Storage.Event.Write"
)
"""https://open.dingtalk.com/document/development/subscribe-to-file-change-events"""
_AGAIN = "ask again in a minute"


@dataclass(frozen=True, slots=True)
class Words:
    """How something stands, what there is to say of it, and what to do; with places for facts in braces."""

    health: Health
    said: str
    todo: str = ""


SAID: dict[str, Words] = {
    "settings.ok": Words("ok", "they can be read"),
    "settings.wrong": Words(
        "failed", "{why}", "mend it where it stands: in the environment, in .env or in dingsweep.toml"
    ),
    "policy.ok": Words("ok", "{number} rules ({whence}), hash {hash}"),
    "texts.ok": Words("ok", "those in {folder} are taken"),
    "texts.wrong": Words(
        "failed", "{number} mistakes, the first: {why}", "mend them; dingsweep run names all of them"
    ),
    # What is stored
    "database.ok": Words("ok", "it can be read and has schema {schema}"),
    "database.missing": Words("warning", "the file is not there yet", "nothing: dingsweep run makes it"),
    "database.empty": Words("warning", "it is empty", "nothing: dingsweep run brings it to {newest}"),
    "database.old": Words(
        "warning", "it has schema {schema}", "make a backup; dingsweep run brings it to {newest}"
    ),
    "database.newer": Words(
        "failed", "it has schema {schema} of a newer Dingsweep", "install that version again"
    ),
    "database.unusable": Words(
        "failed", "it cannot be used: {why}", "look at DINGSWEEP_DATABASE_URL, and whether the database runs"
    ),
    "audit.ok": Words("ok", "{number} records, the last is as the head says"),
    "audit.broken": Words(
        "failed",
        "the last record, {number}, is not as the head says: somebody has changed the trail",
        "find out who may write to the database; dingsweep audit verify tells where it breaks",
    ),
    "month.ok": Words("ok", "{said}"),
    "month.low": Words(
        "warning",
        "{said}",
        "notices are cut first; buy calls, or set DINGSWEEP_MONTHLY_CALLS to what has been bought",
    ),
    "events.off": Words(
        "ok",
        "folders are followed by asking, which costs calls; DingTalk can tell instead",
        f"if you want that, {_SUBSCRIBE}, then set DINGSWEEP_DELETION_EVENTS to true",
    ),
    "events.ok": Words(
        "ok", "storage_dentry_delete told of {told} of {folders} folders in the last {days} days"
    ),
    "events.none": Words(
        "warning",
        "none told of the {folders} folders deleted in the last {days} days, so each was waited for",
        _SUBSCRIBE,
    ),
    "notify.ok": Words("ok", "{said}"),
    "notify.trouble": Words("warning", "{said}", "what went wrong there is in the message after “with”"),
    "notify.nobody": Words(
        "failed",
        "there is no {user} in the organisation ({error})",
        "write the userId that whoami tells that person",
    ),
    # The way to DingTalk
    "network.wrong": Words("failed", "{why}", "mend that setting or variable"),
    "host.ok": Words("ok", "it answers in {ms} ms, {way}"),
    "host.name": Words(
        "failed",
        "{why}",
        "look whether DINGSWEEP_API_BASE_URL and DINGSWEEP_OAPI_BASE_URL are right and whether this machine finds "
        "names outside, or set DINGSWEEP_PROXY where there is a proxy to use",
    ),
    "host.unreachable": Words("failed", "{why}", _FIREWALL),
    "host.certificate": Words(
        "failed", "{why}", "put the CA's certificate into a file and write its path as DINGSWEEP_CA_FILE"
    ),
    "host.tls": Words(
        "failed",
        "{why}",
        "look whether the address and its port are right, and whether something on the way breaks TLS open",
    ),
    "host.proxy": Words(
        "failed",
        "{why}",
        "look at host, port and password in DINGSWEEP_PROXY or HTTPS_PROXY; none is for no proxy",
    ),
    "host.proxy_refuses": Words(
        "failed", "{why}", "have the proxy let {host} through, and see that it gets user name and password"
    ),
    "clock.ok": Words("ok", "this machine's is {seconds} s off from DingTalk's"),
    "clock.off": Words("warning", "this machine's is {seconds} s {side} DingTalk's", _CLOCK),
    "clock.wrong": Words("failed", "this machine's is {seconds} s {side} DingTalk's", _CLOCK),
    "clock.unknown": Words(
        "warning", "the answer bears no date that can be read", "see to it that the clock is right"
    ),
    # What the app may do
    "secret.ok": Words("ok", "DingTalk gives an access token"),
    "secret.wrong": Words(
        "failed",
        "DingTalk does not take DINGSWEEP_CLIENT_ID with DINGSWEEP_CLIENT_SECRET ({error})",
        f"copy both again from {_CONSOLE}, page Credentials (凭证与基础信息): one that was reset is worth nothing",
    ),
    "secret.suite": Words(
        "failed",
        "DingTalk does not take DINGSWEEP_SUITE_KEY with DINGSWEEP_SUITE_SECRET ({error})",
        f"copy both again from {_CONSOLE}, page Credentials (凭证与基础信息)",
    ),
    "secret.organisation": Words(
        "failed",
        "the organisation {corp} has not authorised this app ({error})",
        "have its administrator authorise the app, or mend DINGSWEEP_AUTH_CORP_ID",
    ),
    "secret.no_ticket": Words(
        "warning",
        "DingTalk has pushed no suite ticket yet",
        "let dingsweep run for some hours: one comes about every five",
    ),
    "secret.ticket": Words(
        "failed",
        "DingTalk does not take the suite ticket that is stored ({error})",
        "let dingsweep run until the next one comes, at most five hours",
    ),
    "secret.address": Words(
        "failed",
        "DingTalk does not take calls from this address ({error})",
        f"{_CONSOLE}, 开发配置, 服务器出口IP: add the address by which this machine goes out",
    ),
    "secret.unanswered": Words("failed", "DingTalk gives no access token ({error})", _AGAIN),
    "ticket.ok": Words("ok", "DingTalk has pushed a suite ticket"),
    "organisations.none": Words(
        "warning",
        "none is known that has authorised the app",
        "have an administrator authorise it while dingsweep runs",
    ),
    "organisation.ok": Words("ok", "{name}: DingTalk gives an access token"),
    "scope.ok": Words("ok", "{name}: granted"),
    "scope.missing": Words("failed", "{name}: not granted; without it, {without}", "apply for it: {link}"),
    "scope.optional": Words("warning", "{name}: not granted; without it, {without}", "apply for it: {link}"),
    "scope.unknown": Words("warning", "{name}: DingTalk does not say ({error})", _AGAIN),
    "contacts.ok": Words("ok", "the app may read about everybody in the organisation"),
    "contacts.part": Words(
        "warning",
        "the app may read about {departments} departments and {people} people only: nobody else is served",
        f"{_CONSOLE}, 权限管理, 权限范围: choose everybody (全部员工), unless that is what you want",
    ),
    "robot.ok": Words("ok", "DingTalk knows the robot {robot_code}"),
    "robot.wrong": Words(
        "failed",
        "DingTalk knows no robot {robot_code} of this app ({error})",
        "leave DINGSWEEP_ROBOT_CODE out where the robot has the client id for its code, as most have; "
        f"otherwise copy it from {_CONSOLE}, 应用能力, 机器人, where the robot must be switched on and published",
    ),
    "robot.unknown": Words("warning", "DingTalk does not say ({error})", _AGAIN),
    "template.ok": Words("ok", "{template} is there and published"),
    "template.missing": Words(
        "failed",
        "there is no template {template}",
        "copy its ID again from the card builder, open-dev.dingtalk.com/fe/card, as DINGSWEEP_CARD_TEMPLATE_ID, or "
        "leave that out for the public one",
    ),
    "template.unpublished": Words(
        "failed",
        "the template {template} is not published",
        "publish it in the card builder, open-dev.dingtalk.com/fe/card",
    ),
    "template.variables": Words(
        "warning",
        "{template} has no variables {names}, so cards say less than they must",
        "add them in the card builder, as deploy/card-template/README.md has them",
    ),
    "template.unknown": Words(
        "warning", "DingTalk does not say ({error})", "--post CONVERSATION tells for sure"
    ),
    "fallback.ok": Words(
        "ok", "where a card cannot be shown, a message goes out whose buttons type the answer"
    ),
    "fallback.missing": Words(
        "failed",
        "where a card cannot be shown, nothing can be sent instead but an answer to what was just said",
        "apply for qyapi_robot_sendmsg",
    ),
    "stream.ok": Words("ok", "{host} was connected to, answered a ping in {ms} ms, and was left"),
    "stream.secret": Words(
        "failed",
        "DingTalk does not take DINGSWEEP_CLIENT_ID with DINGSWEEP_CLIENT_SECRET for the stream ({why})",
        f"copy both again from {_CONSOLE}, page Credentials (凭证与基础信息)",
    ),
    "stream.not_opened": Words(
        "failed",
        "DingTalk names no address to connect to ({why})",
        f"{_CONSOLE}, 应用能力, 机器人: choose Stream 模式 for 消息接收模式 and publish the robot",
    ),
    "stream.refused": Words(
        "failed",
        "{host} lets no websocket through ({why})",
        "have firewall and proxy let wss connections to {host} pass, without looking into them",
    ),
    "stream.silent": Words(
        "failed",
        "{host} does not answer the websocket within {seconds} s",
        "have firewall and proxy let wss connections to {host} pass, without looking into them",
    ),
    "stream.deaf": Words(
        "failed",
        "{host} takes the websocket and answers no ping within {seconds} s",
        "something on the way holds the websocket up: have it pass wss connections to {host} on at once",
    ),
    "quota.ok": Words("ok", "DingTalk answers calls"),
    "quota.used_up": Words(
        "failed",
        "DingTalk refuses calls: the organisation has used up those of this month ({error})",
        "buy a pack at open-dev.dingtalk.com, 资源与计费, or wait for the first of the month; "
        "what paused goes on with resume",
    ),
    "quota.slow": Words("warning", "DingTalk finds calls too fast just now ({error})", _AGAIN),
    # Where it works
    "spaces.none": Words("ok", "rules and settings name none"),
    "space.ok": Words("ok", "{who} can list it; {where} names it"),
    "space.missing": Words(
        "failed", "there is no such space ({error}); {where} names it", "copy its ID again from whoami"
    ),
    "space.closed": Words(
        "warning",
        "{who}, an administrator, may not list it ({error}); {where} names it",
        "nothing, if those who delete there may",
    ),
    "space.unknown": Words("warning", "DingTalk does not say ({error}); {where} names it", _AGAIN),
    "space.more": Words(
        "warning", "{number} more are named than are looked at, as each costs a call", "look at them with ls"
    ),
    # What was asked for besides
    "post.card": Words("ok", "the card is there"),
    "post.message": Words(
        "warning",
        "the card was refused ({error}), a message is there instead",
        "look at template and permissions above",
    ),
    "post.nothing": Words(
        "failed",
        "neither card ({error}) nor message ({second}) arrived",
        "add the robot to that group, or write the conversation's ID as whoami tells it there, or user: and a userId",
    ),
    "cost.ok": Words("ok", "looking cost {number} API calls of the month"),
    "cost.unwritten": Words(
        "warning",
        "looking cost {number} API calls of the month, which could not be written to the meter",
        "nothing",
    ),
    "broken": Words("failed", "this could not be looked at ({error})", "tell the makers of Dingsweep"),
    "skipped": Words("skipped", "not looked at, because of {cause}"),
}
