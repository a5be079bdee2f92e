"""`xdk`, X's official SDK for Python."""

import json
import os

import requests
from oauthlib.oauth2 import OAuth2Error
from xdk import Client
from xdk.posts.models import CreateRequest

from peer import CALLBACK, SCOPES, NotOffered, Refused, Row, Tokens

# oauthlib's own switch for servers without TLS; `base_url` is one.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


class Official:
    name = "xdk"

    def __init__(self, simulator, app):
        self._simulator = simulator
        self._app = app
        self._client = self._made()

    def _made(self, token=None) -> Client:
        return Client(
            base_url=self._simulator.url,
            authorization_base_url=self._simulator.authorize_url.removesuffix("/oauth2/authorize"),
            client_id=self._app.client_id,
            client_secret=self._app.client_secret,
            redirect_uri=CALLBACK,
            scope=SCOPES,
            token=token,
        )

    def authorization_url(self) -> str:
        return self._client.get_authorization_url()

    def exchange(self, callback_url: str) -> Tokens:
        try:
            return tokens(self._client.fetch_token(callback_url))
        except ValueError as error:
            # All that the SDK tells is text.
            raise Refused(None, str(error)) from error

    def refresh(self, refresh_token: str) -> Tokens:
        if self._app.client_secret is None:
            raise NotOffered("its refresh_token() raises without a client_secret, and asks nobody")
        # It refreshes the token that it was made with, as a program does that was started anew.
        held = {**self._client.token, "refresh_token": refresh_token}
        client = self._made(held)
        try:
            given = tokens(client.refresh_token())
        except OAuth2Error as error:
            raise Refused(error.status_code, f"{error.error}: {error.description}") from error
        self._client = client
        return given

    def me(self):
        user = asked(self._client.users.get_me).data
        return user.id, user.username

    def post(self, text, reply_to=None):
        reply = {"in_reply_to_tweet_id": reply_to} if reply_to else None
        body = CreateRequest.model_validate({"text": text, "reply": reply})
        made = asked(self._client.posts.create, body=body).data
        return made.id, made.text

    def read(self, id):
        answer = asked(self._client.posts.get_by_id, id)
        if answer.data is None:
            same = [error.title for error in answer.errors]
            assert same == ["Not Found Error"], answer
            return None
        return row(answer.data, answer.includes)

    def timeline(self, user_id, page_size):
        pages = self._client.users.get_posts(
            user_id,
            max_results=page_size,
            post_fields=["created_at", "entities"],
            expansions=["author_id", "referenced_posts"],
        )
        return [row(post, page.includes) for page in asked(list, pages) for post in page.data or []]

    def delete(self, id):
        return asked(self._client.posts.delete, id).data.deleted

    def close(self):
        self._client.session.close()


def tokens(given: dict) -> Tokens:
    scopes = given["scope"]
    scopes = scopes.split() if isinstance(scopes, str) else list(scopes)
    return Tokens(given["access_token"], given["refresh_token"], given["expires_in"], scopes)


def row(post, includes) -> Row:
    replied = [named.id for named in post.referenced_posts or [] if named.type == "replied_to"]
    urls = (post.entities and post.entities.urls) or []
    users = (includes and includes.users) or []
    return Row(
        id=post.id,
        text=post.text,
        author_id=post.author_id,
        created_at=post.created_at,
        replied_to=replied[0] if replied else None,
        urls=[url.expanded_url for url in urls],
        with_users=[user.username for user in users],
    )


def asked(call, *args, **named):
    """The SDK leaves errors to `requests`."""
    try:
        return call(*args, **named)
    except requests.HTTPError as error:
        answer = error.response
        reset = answer.headers.get("x-rate-limit-reset")
        words = json.dumps(answer.json())
        raise Refused(answer.status_code, words, answer.headers, reset and int(reset)) from error
