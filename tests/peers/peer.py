"""What a client must offer to be led through the scenario, in words that all of them share."""

from dataclasses import dataclass, field
from typing import Protocol

# Nobody listens there: the browser only reads the address. With https, since oauthlib insists.
CALLBACK = "https://peers.example/callback"
SCOPES = ["tweet.read", "tweet.write", "users.read", "offline.access"]


class Refused(Exception):
    """X has refused, as the client tells it: the status, and everything it says in words."""

    def __init__(self, status: int | None, words: str, headers=None, reset: int | None = None):
        super().__init__(f"{status} {words}")
        self.status = status
        self.words = words
        self.headers = headers or {}
        # When the window ends in Unix seconds, as the client has understood it.
        self.reset = reset


class NotOffered(Exception):
    """The client has nothing of the kind, whatever X does."""


@dataclass
class Tokens:
    access: str
    refresh: str
    expires_in: int
    scopes: list[str]


@dataclass
class Row:
    """A post as the client has read it."""

    id: str
    text: str
    author_id: str | None = None
    created_at: str | None = None
    replied_to: str | None = None
    urls: list[str] = field(default_factory=list)
    # Handles of the users that came with it.
    with_users: list[str] = field(default_factory=list)


class Peer(Protocol):
    name: str

    def authorization_url(self) -> str:
        """Where the user is sent, with a challenge of its own making."""

    def exchange(self, callback_url: str) -> Tokens:
        """Trades the code for tokens, and uses them from now on."""

    def refresh(self, refresh_token: str) -> Tokens:
        """The same with a refresh token."""

    def me(self) -> tuple[str, str]:
        """Id and handle."""

    def post(self, text: str, reply_to: str | None = None) -> tuple[str, str]:
        """Id and text of the new post."""

    def read(self, id: str) -> Row | None:
        """One post; `None` when the client says that it does not exist."""

    def timeline(self, user_id: str, page_size: int) -> list[Row]:
        """All posts of a user, over as many pages as there are."""

    def delete(self, id: str) -> bool: ...

    def close(self): ...
