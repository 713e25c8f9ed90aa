"""Calls that can change nothing, made to learn what DingTalk lets this app do.

DingTalk looks at the app's permission before anything else, so a call that is about nothing tells as much as one that
is about something. Each of these is of a kind that deletes nothing and sends nothing, whatever its answer, and besides:

- it names a space, entry, recycle bin, card or person that cannot exist: such ids are made by DingTalk, most of them
  are numbers, and ours is a sentence of letters. A list that a call takes is never empty, for an empty list may be read
  as "all";
- it is made in the name of a person who cannot exist, so that a DingTalk which looked at nothing else would find
  nobody with rights.

Removing is never asked for: the permission to write files is learnt from renaming, which is under the same one.

Rename: https://open.dingtalk.com/document/development/rename-a-file-or-folder
Restore: https://open.dingtalk.com/document/development/batch-restore-recycled-items
Update a card: https://open.dingtalk.com/document/development/interactive-card-update-interface
Create a card: https://open.dingtalk.com/document/development/interface-for-creating-a-card-instance
Read status: https://open.dingtalk.com/document/development/chatbot-batch-query-the-read-status-of-messages
Range: https://open.dingtalk.com/document/development/obtain-corpsecret-authorization-scope
"""

from __future__ import annotations

import secrets

from bot.dingtalk.recycle import RESTORE
from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Wired, WiredSnake

NOTHING = "dingsweep-doctor-there-is-no-such-thing"
"""An id of nothing: what DingTalk makes is a number, or random."""
NOBODY = "dingsweep-doctor-nobody"

RENAME = Api("POST", "/v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/rename", write=True)
CREATE_CARD = Api("POST", "/v1.0/card/instances", write=True)
UPDATE_CARD = Api("PUT", "/v1.0/card/instances", write=True)
READ_STATUS = Api("GET", "/v1.0/robot/oToMessages/readStatus")
CONTACT_RANGE = Api("GET", "/auth/scopes")
EVERYBODY = 1
"""The deptId of the whole organisation."""


class _Anything(Wired):
    """An answer that is not looked at."""


class ContactRange(WiredSnake):
    """The departments and people whose particulars the app may read."""

    authed_dept: tuple[int, ...] = ()
    authed_user: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return EVERYBODY in self.authed_dept


class _RangeAnswer(WiredSnake):
    auth_org_scopes: ContactRange = ContactRange()


class Probes:
    """All raise DingTalkError; that is what is to be learnt."""

    def __init__(self, wire: Wire, robot_code: str) -> None:
        self._wire = wire
        self._robot_code = robot_code

    async def rename_nothing(self) -> None:
        """What it takes to write files."""
        await self._wire.ask(
            RENAME,
            _Anything,
            path={"spaceId": NOTHING, "dentryId": NOTHING},
            query={"unionId": NOBODY},
            body={"newName": NOTHING},
        )

    async def restore_nothing(self) -> None:
        """What it takes to put back from the recycle bin."""
        await self._wire.ask(
            RESTORE,
            _Anything,
            path={"recycleBinId": NOTHING},
            query={"unionId": NOBODY},
            body={"recycleItemIds": [NOTHING], "option": {"conflictStrategy": "RETURN_ERROR_IF_EXISTS"}},
        )

    async def update_no_card(self) -> None:
        """What it takes to write cards."""
        body = {
            "outTrackId": _no_card(),
            "cardData": {"cardParamMap": {"title": ""}},
            "cardUpdateOptions": {"updateCardDataByKey": True},
        }
        await self._wire.ask(UPDATE_CARD, _Anything, body=body)

    async def card_for_nobody(self, template_id: str) -> None:
        """Whether there is this template, by a card that is delivered nowhere, with data for nobody alone.

        A person who does not exist is a reason to refuse it (param.userIdNotExist). Should DingTalk not mind, it keeps
        a card that is in no conversation, so that nobody can see it or find it.
        """
        body = {
            "cardTemplateId": template_id,
            "outTrackId": _no_card(),
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": {"title": ""}},
            "privateData": {NOBODY: {"cardParamMap": {"title": ""}}},
            "userIdType": 1,
        }
        await self._wire.ask(CREATE_CARD, _Anything, body=body)

    async def read_status_of_nothing(self) -> None:
        """What it takes to send messages, and whether there is this robot."""
        query = {"robotCode": self._robot_code, "processQueryKey": NOTHING}
        await self._wire.ask(READ_STATUS, _Anything, query=query)

    async def contact_range(self) -> ContactRange:
        """Whose particulars the app may read."""
        return (await self._wire.ask(CONTACT_RANGE, _RangeAnswer)).auth_org_scopes


def _no_card() -> str:
    """The id of a card that is not there; random, so that not even another doctor has it."""
    return f"{NOTHING}.{secrets.token_hex(8)}"
