"""Delivers cards and words. What they say is made elsewhere; what they become on the wire is decided here.

A card goes out through the card template; when that cannot be (no scope, a bad template, a conversation it
does not reach) the same content goes out as an action card whose buttons send a command as the clicker.
https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/development/robot-message-type
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import stamina
import structlog

from bot import card_template, logs
from bot.callbacks import OpenCallbacks
from bot.card_template import BUTTONS, DECIDES, PROGRESS
from bot.dingtalk import DingTalk
from bot.dingtalk.errors import (
    Conflict,
    DingTalkError,
    Invalid,
    Throttled,
    TransportError,
    UnknownOutcome,
)
from bot.dingtalk.media import TOO_LARGE, packed
from bot.models import Card, Conversation, Model, Request, RequestState
from bot.settings import PUBLIC_TEMPLATE
from bot.store import CardKind, Store

log = structlog.get_logger()

CARD, ACTION_CARD = "card", "action_card"
SEND_AS_CLICKER = "dtmd://dingtalkclient/sendMessage?content="
MAX_ACTIONS = 5
MAX_HEARD = 1000
"""Conversations whose last webhook is remembered."""
ANSWERED_S = 3.0
"""After a change no card callback of before can still be answered: it may take 2 s; one for clocks that differ."""


class FileTooLarge(Exception):
    """A file that DingTalk does not take."""


class Webhook(Model):
    """Where a message may be answered without a counted call, for as long as it lives."""

    url: str
    expires_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """A margin of ten seconds: an expired one costs a call to find out."""
        return bool(self.url) and (self.expires_at is None or now + timedelta(seconds=10) < self.expires_at)


@dataclass(frozen=True)
class Place:
    """Where a card goes: to a group (for `recipients` alone, when given), to people one-to-one, or both.

    With a `webhook` the card's plain form costs no counted call.
    """

    conversation: Conversation | None = None
    people: Sequence[str] = ()
    recipients: Sequence[str] = ()
    webhook: Webhook | None = None

    @property
    def addressees(self) -> list[str]:
        """Conversations and userIds, as the record of a delivery names them."""
        here = [self.conversation.id] if self.conversation else []
        return [*here, *(self.recipients if here else ()), *self.people]

    @classmethod
    def of(cls, request: Request, webhook: Webhook | None = None, *, also: Sequence[str] = ()) -> Place:
        """Where a request was made; and to others one-to-one."""
        if request.conversation.kind == "group":
            return cls(request.conversation, also, webhook=webhook)
        return cls(people=[request.requester.user_id], webhook=webhook)


@dataclass(frozen=True)
class Asked:
    """The variable that says whether somebody is asked: for all who see a card, and for single people by userId."""

    public: dict[str, str] = field(default_factory=dict)
    private: Mapping[str, Mapping[str, str]] | None = None


class Messenger:
    """Everything that people get to see goes through here."""

    def __init__(
        self,
        dingtalk: DingTalk,
        store: Store,
        template_id: str,
        has_others: Callable[[], Awaitable[bool]],
        *,
        progress_source: str = "",
    ) -> None:
        """`has_others`: whether others answer clicks at this moment, on cards that are updated here.

        `progress_source`: the data source by which the template's cards ask how far a job is, if they do.
        """
        self._dingtalk = dingtalk
        self._has_others = has_others
        self._store = store
        self._template_id = template_id
        self.progress_source = progress_source
        self.callbacks = OpenCallbacks()
        self._heard: OrderedDict[str, Webhook] = OrderedDict()
        self._said: OrderedDict[str, None] = OrderedDict()

    def use(self, template_id: str, progress_source: str) -> None:
        """Post the next cards with this template; those that are out keep theirs."""
        self._template_id = template_id
        self.progress_source = progress_source

    async def post(
        self,
        request: Request,
        kind: CardKind,
        card: Card,
        commands: Mapping[str, str],
        place: Place,
    ) -> None:
        """Post a card about `request`. Posting it again changes nothing.

        `commands` says, by button id, what a button of the action card sends. Raises DingTalkError when neither
        form reached the conversation, or anybody where there is none.
        """
        track_id = out_track_id(kind, request)
        await self._store.requests.add_card(track_id, request, kind, CARD)
        source = self.progress_source if request.is_long and kind != "result" else ""
        try:
            missed = await self._create(track_id, card, place, source, self._asked(request, kind, place))
        except Conflict:  # it was posted before a crash
            log.info("card.already_posted", out_track_id=track_id)
            return
        except DingTalkError as exc:
            log.warning("card.fallback", out_track_id=track_id, error=exc)
            await self._store.requests.add_card(track_id, request, kind, ACTION_CARD)
            await self._note(request, "card.fallback", kind, place.addressees, error=exc.code)
            await self._post_action_card(card, commands, place)
            return
        await self._note(request, "card.delivered", kind, place.addressees, missed=len(missed))
        await self._to_missed(track_id, card, commands, missed)

    async def check_template(self) -> None:
        """Log whether the card template can be used, and what our cards put into it. Posts nothing, raises nothing."""
        sends = [*self.params(Card(title="", markdown="")), *([DECIDES] if self._is_own else [])]
        if self.progress_source:
            sends.append(PROGRESS)
        if not self._is_own:
            log.debug("card_template.checked", template=self._template_id, sends=sends, has="public template")
            return
        await card_template.report(
            self._dingtalk.card, self._template_id, asks_progress=bool(self.progress_source), sends=sends
        )

    def params(self, card: Card) -> dict[str, str]:
        """A card as the variables of the template in use; every value is a string.

        A template of one's own has the buttons as a variable, as lists are written by
        https://open.dingtalk.com/document/development/instructions-for-filling-in-api-card-data
        """
        buttons = json.dumps(_buttons(card), ensure_ascii=False)
        return card_params(card) | ({BUTTONS: buttons} if self._is_own else {})

    @property
    def _is_own(self) -> bool:
        return self._template_id != PUBLIC_TEMPLATE

    def _asked(self, request: Request, kind: CardKind, place: Place) -> Asked:
        """Whether the card asks whoever looks at it: in a group its requester alone, elsewhere all who have it."""
        if not self._is_own:
            return Asked()
        if kind == "request" and place.conversation:
            return Asked({DECIDES: "false"}, {request.requester.user_id: {DECIDES: "true"}})
        return Asked({DECIDES: "true"})

    async def post_more(
        self, request: Request, kind: CardKind, card: Card, commands: Mapping[str, str], people: Sequence[str]
    ) -> None:
        """Show a card that was posted before to more people, one-to-one. Raises DingTalkError when it reached none."""
        track_id = out_track_id(kind, request)
        missed = list(people)
        if await self._store.requests.card_form(track_id) == CARD:
            try:
                missed = await self._dingtalk.card.deliver(track_id, people)
            except DingTalkError as exc:
                log.warning("card.fallback", out_track_id=track_id, error=exc)
        if missed == list(people):
            await self._note(request, "card.fallback", kind, people)
            await self._post_action_card(card, commands, Place(people=people))
        else:
            await self._note(request, "card.delivered", kind, people, missed=len(missed))
            await self._to_missed(track_id, card, commands, missed)

    async def _to_missed(
        self, track_id: str, card: Card, commands: Mapping[str, str], missed: Sequence[str]
    ) -> None:
        """The others have it; for these it is worth one more try, and no failure of the whole."""
        if not missed:
            return
        log.warning("card.missed", out_track_id=track_id, people=len(missed))
        try:
            await self._post_action_card(card, commands, Place(people=missed))
        except DingTalkError as exc:
            log.warning("card.missed_for_good", out_track_id=track_id, error=exc)

    async def _create(self, track_id: str, card: Card, place: Place, source: str, asked: Asked) -> list[str]:
        """Safe to repeat, since the track id is ours: a card that exists already is a Conflict."""
        passing = (Throttled, TransportError, UnknownOutcome)
        async for attempt in stamina.retry_context(on=passing, attempts=3, timeout=15.0):
            with attempt:
                return await self._dingtalk.card.create_and_deliver(
                    out_track_id=track_id,
                    template_id=self._template_id,
                    params=self.params(card) | asked.public | ({PROGRESS: ""} if source else {}),
                    private_params=asked.private,
                    data_source=source,
                    conversation=place.conversation,
                    people=place.people,
                    recipients=place.recipients or None,
                )
        raise AssertionError("the last attempt answers or raises")

    async def update(self, request: Request, kind: CardKind, card: Card) -> None:
        """Show the new state on a card posted before; an action card stays as it is, DingTalk cannot change it."""
        track_id = out_track_id(kind, request)
        if await self._store.requests.card_form(track_id) == CARD:
            await self.callbacks.answered(track_id)
            await self._answered_elsewhere(request)
            params = self.params(card)
            own = _their_own(request, kind, params["tips"])
            await self._dingtalk.card.update(out_track_id=track_id, params=params, private_params=own)
            await self._note(request, "card.updated", kind, ())

    async def _answered_elsewhere(self, request: Request) -> None:
        """Wait until no other replica can be answering a callback with this card as it was before its last change.

        That answer would overwrite the update, which DingTalk forbids meanwhile, too. Who pressed after the change
        is shown the same as the update shows. How far a running job is comes again, and waits for nobody.
        """
        wait_s = ANSWERED_S
        if request.state is RequestState.RUNNING and (began := request.began_at or request.decided_at):
            wait_s -= (datetime.now(UTC) - began).total_seconds()
        if wait_s > 0 and await self._has_others():
            await asyncio.sleep(min(wait_s, ANSWERED_S))

    async def _note(
        self, request: Request, event: str, kind: CardKind, to: Sequence[str], **details: str | int
    ) -> None:
        """A delivery, for the record. What nobody got in any form is for the caller to record, who is told."""
        await self._store.audit.append(
            datetime.now(UTC),
            corp_id=request.requester.corp_id,
            actor="dingsweep",
            event=event,
            request_id=request.id,
            kind=kind,
            to=", ".join(to),
            out_track_id=out_track_id(kind, request),
            **details,
        )

    async def reply(
        self, conversation: Conversation, user_id: str, webhook: Webhook, title: str, markdown: str
    ) -> None:
        """Answer in the conversation: by its webhook while that lives, else by a counted call."""
        if not await self.mention(webhook, title, markdown):
            await self._send(conversation, user_id, "sampleMarkdown", {"title": title, "text": markdown})

    async def mention(self, webhook: Webhook, title: str, markdown: str) -> bool:
        """Say something in the conversation if it costs no counted call; whether it was said."""
        if not webhook.is_open(datetime.now(UTC)):
            return False
        body = {"msgtype": "markdown", "markdown": {"title": title, "text": markdown}}
        try:
            await self._dingtalk.robot.reply(webhook.url, body)
        except DingTalkError as exc:
            log.warning("reply.webhook_failed", error=exc)
            return False
        return True

    def heard(self, conversation: Conversation, webhook: Webhook) -> None:
        """Remember where to answer in a conversation without a counted call."""
        logs.hide(parse_qs(urlsplit(webhook.url).query).get("session", [""])[0])
        self._heard[conversation.id] = webhook
        self._heard.move_to_end(conversation.id)
        if len(self._heard) > MAX_HEARD:
            self._heard.popitem(last=False)

    async def say(self, request: Request, title: str, markdown: str) -> None:
        """Say something where a request was made, without a counted call if that can be. Raises DingTalkError."""
        webhook = self._heard.get(request.conversation.id, Webhook(url=""))
        await self.reply(request.conversation, request.requester.user_id, webhook, title, markdown)

    async def reply_once(
        self,
        conversation: Conversation,
        user_id: str,
        webhook: Webhook,
        title: str,
        markdown: str,
        *,
        key: str,
    ) -> None:
        """The same, once for this `key` as long as this process remembers it."""
        if key not in self._said:
            self._said[key] = None
            if len(self._said) > MAX_HEARD:
                self._said.popitem(last=False)
            await self.reply(conversation, user_id, webhook, title, markdown)

    async def tell(
        self, user_ids: Sequence[str], title: str, markdown: str, *, about: Request | None = None
    ) -> None:
        """Say the same to each of these people, one-to-one, for the record when it is `about` a request.

        Raises DingTalkError.
        """
        param = {"title": title, "text": markdown}
        try:
            missed = await self._dingtalk.robot.send_to_users(user_ids, "sampleMarkdown", param)
        except DingTalkError as exc:
            await self._note_told(about, user_ids, title, missed=len(user_ids), error=exc.code)
            raise
        await self._note_told(about, user_ids, title, missed=len(missed))

    async def _note_told(
        self, request: Request | None, to: Sequence[str], title: str, **details: str | int
    ) -> None:
        if request:
            await self._store.audit.append(
                datetime.now(UTC),
                corp_id=request.requester.corp_id,
                actor="dingsweep",
                event="message.told",
                request_id=request.id,
                to=", ".join(to),
                title=title,
                **details,
            )

    async def send_file(self, user_id: str, name: str, pieces: AsyncIterable[bytes]) -> None:
        """Send a file to one person, one-to-one. Raises DingTalkError, FileTooLarge for more than DingTalk takes."""
        try:
            name, content = await packed(name, pieces)
            await self._dingtalk.robot.send_file(user_id, name, content)
        except Invalid as exc:
            if exc.code == TOO_LARGE:
                raise FileTooLarge from exc
            raise

    async def _post_action_card(self, card: Card, commands: Mapping[str, str], place: Place) -> None:
        text = "\n\n".join(part for part in (f"**{card.title}**", card.markdown, card.tips) if part)
        actions = [(b.text, _sends(commands[b.id])) for b in card.buttons if b.id in commands][:MAX_ACTIONS]
        if place.webhook and place.webhook.is_open(datetime.now(UTC)):
            await self._dingtalk.robot.reply(place.webhook.url, _hook_card(card.title, text, actions))
            return
        key, param = _robot_card(card.title, text, actions)
        if place.conversation and not place.recipients:
            await self._dingtalk.robot.send_to_group(place.conversation.id, key, param)
        if people := place.recipients or place.people:  # who alone is to see it in a group gets it one-to-one
            await self._dingtalk.robot.send_to_users(people, key, param)

    async def _send(self, conversation: Conversation, user_id: str, key: str, param: dict[str, Any]) -> None:
        if conversation.kind == "group":
            await self._dingtalk.robot.send_to_group(conversation.id, key, param)
        else:
            await self._dingtalk.robot.send_to_users([user_id], key, param)


def out_track_id(kind: CardKind, request: Request) -> str:
    """The id of a card, derived from its request: sending it twice is harmless, guessing it useless."""
    return f"dingsweep.{kind}.{request.id}.{request.nonce}"


def _their_own(request: Request, kind: CardKind, tips: str) -> dict[str, dict[str, str]]:
    """How far a job is, also for whoever has pressed: what they were told alone would stay in its place."""
    if not (request.is_long and request.began_at):
        return {}
    pressed = [vote.operator for vote in request.votes] if kind == "approval" else [request.requester]
    return {person.user_id: {"tips": tips} for person in pressed}


def card_params(card: Card) -> dict[str, str]:
    """A card as the variables of the public template; every value is a string."""
    return {
        "title": card.title,
        "markdown": card.markdown,
        "tips": card.tips,
        "sys_full_json_obj": json.dumps({BUTTONS: _buttons(card)}, ensure_ascii=False),
    }


def _buttons(card: Card) -> list[dict[str, Any]]:
    return [
        {"text": button.text, "color": button.color, "id": button.id, "request": True}
        for button in card.buttons
    ]


Actions = Sequence[tuple[str, str]]
"""Text and address of each button."""


def _hook_card(title: str, text: str, actions: Actions) -> dict[str, Any]:
    """An action card for a session webhook."""
    buttons = [{"title": button, "actionURL": url} for button, url in actions]
    card = {"title": title, "text": text, "btnOrientation": "0", "btns": buttons}
    return {"msgtype": "actionCard", "actionCard": card}


def _robot_card(title: str, text: str, actions: Actions) -> tuple[str, dict[str, Any]]:
    """The same for the robot's send calls: a message type for each number of buttons."""
    param = {"title": title, "text": text}
    if not actions:
        return "sampleMarkdown", param
    if len(actions) == 1:
        return "sampleActionCard", param | {"singleTitle": actions[0][0], "singleURL": actions[0][1]}
    for number, (button, url) in enumerate(actions, 1):
        param |= {f"actionTitle{number}": button, f"actionURL{number}": url}
    return f"sampleActionCard{len(actions)}", param


def _sends(text: str) -> str:
    return SEND_AS_CLICKER + quote(text, safe="")
