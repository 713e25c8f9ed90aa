"""Which organisations have authorised a third-party app, and what the app is told about it.

The structure of the events is that of the documentation's examples; what only DingTalk can know (channels,
industries, invitations) is made up.

https://open.dingtalk.com/document/development/event-org-suite-auth
https://open.dingtalk.com/document/development/event-org-suite-relieve
https://open.dingtalk.com/document/development/enterprise-release-kit-authorization
https://open.dingtalk.com/document/development/third-party-enterprise-application-deactivation-stream
https://open.dingtalk.com/document/development/enable-for-third-party-enterprise-applications-stream
"""

import hashlib
from typing import Any

from sandbox import ids
from sandbox.people import Application
from sandbox.world import World

JsonObject = dict[str, Any]
APP_ID = 131191


EVENTS = {
    "authorise": "org_suite_auth",
    "change": "org_suite_change",
    "cancel": "org_suite_relieve",
    "stop": "org_micro_app_stop",
    "restore": "org_micro_app_restore",
}
"""What an organisation can do with the app, and the event that tells of it."""


def act(world: World, suite: Application, corp_id: str, action: str, name: str) -> bool:
    """Do it, and tell the app; False when it has no connection. `name` is that of the organisation.

    One that cancels takes back all it allowed: no token is good any more, and none is given. One that only stops the
    app has still authorised it.
    """
    if action == "authorise" and corp_id not in suite.corp_ids:
        suite.corp_ids.append(corp_id)
    if action == "cancel":
        suite.corp_ids = [other for other in suite.corp_ids if other != corp_id]
        world.tokens.revoke(suite.client_id, corp_id)
    data: JsonObject = {}
    if action in {"authorise", "change"}:
        data = _authorisation(world, suite, corp_id, name)
    elif action in {"stop", "restore"}:
        data = {"agentId": _number(suite, corp_id)}
    return world.stream.push_event_to(suite, corp_id, EVENTS[action], data)


def _authorisation(world: World, suite: Application, corp_id: str, name: str) -> JsonObject:
    admins = [p.user_id for p in world.people.values() if p.corp_id == corp_id and p.admin]
    return {
        "authCorpInfo": {
            "authChannel": "4",
            "corpid": corp_id,
            "corpType": 0,
            "fullCorpName": name,
            "corpTypeV2": 0,
            "industry": "互联网",
            "corpName": name,
            "isAuthenticated": True,
            "licenseCode": "",
            "corpLogoUrl": "",
            "inviteUrl": "",
            "inviteCode": "",
            "isEcologicalCorp": False,
            "authLevel": 2,
            "authChannelType": "STAR_ACTIVITY",
        },
        "permanentCode": ids.opaque(),
        "authUserInfo": {"userId": next(iter(admins), "")},
        "authScope": {
            "errcode": 0,
            "authUserField": ["jobnumber"],
            "authOrgScopes": {"authedDept": [1]},
            "errmsg": "ok",
        },
        "authInfo": {
            "agent": [
                {
                    "agentid": _number(suite, corp_id),
                    "adminList": admins,
                    "appid": APP_ID,
                    "agentName": suite.robot_name,
                    "logoUrl": "",
                }
            ]
        },
    }


def _number(suite: Application, corp_id: str) -> int:
    """The app's agentId in this organisation."""
    digest = hashlib.sha256(f"{suite.client_id} {corp_id}".encode()).digest()
    return 2_000_000_000 + int.from_bytes(digest[:4]) % 1_000_000_000
