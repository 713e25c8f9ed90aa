"""Access tokens, and the suite tickets third-party apps need to get one."""

from collections import deque
from dataclasses import dataclass, field

from sandbox import ids
from sandbox.clock import Clock
from sandbox.newest import Newest
from sandbox.people import App

TOKEN_SECONDS = 7200
TICKETS_KEPT = 2
TOKENS_KEPT = 5000


@dataclass(slots=True)
class Token:
    """One access token; `expires_at` in ms."""

    app: App
    expires_at: int


@dataclass
class Tokens:
    """The newest tokens given, dead or alive, so that an expired one can be told from a made-up one."""

    clock: Clock
    issued: Newest[str, Token] = field(default_factory=lambda: Newest(TOKENS_KEPT))
    tickets: dict[str, deque[str]] = field(default_factory=dict)

    def same_or_new(self, app: App) -> str:
        """An internal app's token: asking again while it lives returns the same one, renewed."""
        for value, token in self.issued.items():
            if token.app == app and token.expires_at > self.clock.now_ms():
                token.expires_at = self._expiry()
                return value
        return self.new(app)

    def new(self, app: App) -> str:
        """A fresh token, as third-party apps get at every request."""
        value = ids.opaque()
        self.issued[value] = Token(app, self._expiry())
        return value

    def find(self, value: str) -> Token | None:
        """The token, alive or expired."""
        return self.issued.get(value)

    def expired(self, token: Token) -> bool:
        """Whether its two hours are over."""
        return token.expires_at <= self.clock.now_ms()

    def revoke_all(self) -> None:
        """Makes every token invalid, as if DingTalk had forgotten it."""
        self.issued.clear()

    def revoke(self, client_id: str, corp_id: str) -> None:
        """Makes the tokens of one application for one organisation invalid."""
        for value in [v for v, t in self.issued.items() if t.app == App(client_id, corp_id)]:
            del self.issued[value]

    def new_ticket(self, suite_key: str) -> str:
        """A new suiteTicket; the one before it stays valid."""
        ticket = ids.opaque()
        self.tickets.setdefault(suite_key, deque(maxlen=TICKETS_KEPT)).append(ticket)
        return ticket

    def good_ticket(self, suite_key: str, ticket: str) -> bool:
        """Whether this is one of the newest tickets of the suite."""
        return ticket in self.tickets.get(suite_key, ())

    def _expiry(self) -> int:
        return self.clock.now_ms() + TOKEN_SECONDS * 1000
