"""What to click in the developer console, in which order and why: for an organisation's own app, or a third-party one.

Menu names are those of the Chinese console:
https://open.dingtalk.com/document/dingstart/create-application
https://open.dingtalk.com/document/dingstart/configure-the-robot-application
https://open.dingtalk.com/document/development/add-api-permission
https://open.dingtalk.com/document/dingstart/publish-dingtalk-application
https://open.dingtalk.com/document/dingstart/add-robot-to-group
https://open.dingtalk.com/document/dingstart/third-party-enterprise-robots
https://open.dingtalk.com/document/development/configure-stream-push
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.models import Language
from bot.scopes import SCOPES, Scope

_PROGRAM = "dingsweep"
CONSOLE = "https://open-dev.dingtalk.com"


@dataclass(frozen=True)
class Step:
    """One thing to do, in both languages: what it is, and the lines that say how. `scopes`: each is listed below."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    scopes: bool = False

    def lines(self, language: Language) -> tuple[str, ...]:
        return self.zh if language == "zh" else self.en


_PERMISSIONS = Step(
    en=(
        "Grant the permissions",
        "权限管理: search for each of these by its name, 立即开通.",
    ),
    zh=("开通权限", "权限管理：按名字逐个搜索，点“立即开通”。"),
    scopes=True,
)
_TO_GROUP = Step(
    en=(
        "Add the robot to a group",
        "In an internal group of the organisation: 群设置 > 群管理 > 机器人 > 添加机器人.",
    ),
    zh=("把机器人加进群", "在企业的内部群里：群设置 > 群管理 > 机器人 > 添加机器人。"),
)
_START = Step(
    en=(
        "Check, and start",
        f"{_PROGRAM} doctor   looks whether all of this is as it should be, and says what is not",
        f"{_PROGRAM} run      starts the robot; then say in the group: @ and its name, whoami",
    ),
    zh=(
        "检查，然后启动",
        f"{_PROGRAM} doctor   看上面这些是不是都做好了，没做好的会说明",
        f"{_PROGRAM} run      启动机器人；然后在群里 @ 它，发“我是谁”",
    ),
)
OWN_APP = (
    Step(
        en=(
            "Create the app",
            f"{CONSOLE}, with developer rights in your organisation: 应用开发 > 钉钉应用 > 创建应用.",
            "Its Client ID and Client Secret: 基础信息 > 凭证与基础信息.",
        ),
        zh=(
            "创建应用",
            f"{CONSOLE}，要有企业的开发者权限：应用开发 > 钉钉应用 > 创建应用。",
            "Client ID 和 Client Secret 在：基础信息 > 凭证与基础信息。",
        ),
    ),
    Step(
        en=(
            "Give it a robot",
            "应用能力 > 机器人: switch it on, choose Stream 模式 for 消息接收模式, publish (save) it.",
            "Stream mode connects from the inside out: no public address, no certificate, no open port.",
        ),
        zh=(
            "打开机器人",
            "应用能力 > 机器人：打开，消息接收模式选 Stream 模式，发布（保存）。",
            "Stream 模式由内向外连接：不要公网地址，不要证书，不用开端口。",
        ),
    ),
    _PERMISSIONS,
    Step(
        en=(
            "Publish the app",
            "应用发布 > 版本管理与发布 > 创建新版本: include the robot (机器人), choose who may see the app, publish.",
            "Until then DingTalk does not tell the robot who is speaking, and it serves nobody.",
        ),
        zh=(
            "发布应用",
            "应用发布 > 版本管理与发布 > 创建新版本：勾选机器人，选好可见范围，发布。",
            "发布之前钉钉不告诉机器人是谁在说话，机器人不为任何人服务。",
        ),
    ),
    _TO_GROUP,
    _START,
)
THIRD_PARTY = (
    Step(
        en=(
            "Create the app",
            f"{CONSOLE}: 应用开发, 第三方企业应用, 创建应用. Yours must be a solution provider (产品方案商).",
            "Its Client ID (formerly SuiteKey) and Client Secret (SuiteSecret): 基础信息 > 凭证与基础信息.",
        ),
        zh=(
            "创建应用",
            f"{CONSOLE}：应用开发，第三方企业应用，创建应用。所在企业要先入驻成为产品方案商。",
            "Client ID（原 SuiteKey）和 Client Secret（原 SuiteSecret）在：基础信息 > 凭证与基础信息。",
        ),
    ),
    Step(
        en=(
            "Give it a robot",
            "应用功能 > 机器人与消息推送: each such app has one robot. Choose Stream 模式 where it is offered,",
            "then publish it (发布).",
        ),
        zh=(
            "设置机器人",
            "应用功能 > 机器人与消息推送：每个应用自带一个机器人。能选的话选 Stream 模式，再点发布。",
        ),
    ),
    Step(
        en=(
            "Have events pushed",
            "开发配置 > 事件订阅: choose Stream 模式推送.",
            "DingTalk then pushes the suite ticket, without which there is no token, and who installs the app.",
        ),
        zh=(
            "接收事件",
            "开发配置 > 事件订阅：选 Stream 模式推送。",
            "钉钉由此推送套件票据（没有它拿不到令牌），以及谁安装了应用。",
        ),
    ),
    _PERMISSIONS,
    Step(
        en=(
            "Have an organisation authorise it",
            "For a trial: 应用发布 > 体验组织与人员, 授权体验组织. For everybody: publish it (上架).",
        ),
        zh=(
            "让企业授权",
            "试用：应用发布 > 体验组织与人员，授权体验组织。给所有企业用：上架。",
        ),
    ),
    _TO_GROUP,
    _START,
)
_HEAD = {
    "en": "What is to be done now, in this order. Menu names are those of the Chinese console.",
    "zh": "接下来依次做这些：",
}
_WITHOUT = {"en": "without it, ", "zh": "不开通时"}
_STOP = {"en": ".", "zh": "。"}
_AND = {"en": "; ", "zh": "；"}


_FIRST = {
    "en": f"{_PROGRAM} init     asks for the two values of step 1, and writes them down",
    "zh": f"{_PROGRAM} init     询问第 1 步的两个值，写进文件",
}


def told(
    language: Language, *, third_party: bool = False, is_written: bool = True, program: str = _PROGRAM
) -> Iterator[str]:
    """The whole of it, line by line. `is_written`: the settings are there; `program`: what to type to call it."""
    yield _HEAD[language]
    for number, step in enumerate(THIRD_PARTY if third_party else OWN_APP, 1):
        what, *how = step.lines(language)
        yield ""
        yield f"{number}. {what}"
        how = [_FIRST[language], *how] if step is _START and not is_written else how
        yield from (f"   {re.sub(f'^{_PROGRAM}(?= )', lambda _: program, line)}" for line in how)
        for scope in SCOPES if step.scopes else ():
            yield f"   - {scope.code}  {scope.name}"
            yield f"       {_reason(scope, language)}"


def _reason(scope: Scope, language: Language) -> str:
    why, without = (scope.why_zh, scope.without_zh) if language == "zh" else (scope.why, scope.without)
    said = f"{why}{_AND[language]}{_WITHOUT[language]}{without}{_STOP[language]}"
    return said.replace("`", "")
