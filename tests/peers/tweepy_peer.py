"""`tweepy`. Its OAuth handler and its client are sessions of `requests`, or have one."""

import tweepy
from oauthlib.oauth2 import OAuth2Error

from peer import CALLBACK, SCOPES, Refused, Row, Tokens
from reroute import reroute

# tweepy has no name for it: a refresh is left to the session that its handler is.
TOKEN_URL = "https://api.twitter.com/2/oauth2/token"


class Tweepy:
    name = "tweepy"

    def __init__(self, simulator, app):
        self._simulator = simulator
        self._app = app
        self._handler = tweepy.OAuth2UserHandler(
            client_id=app.client_id,
            client_secret=app.client_secret,
            redirect_uri=CALLBACK,
            scope=SCOPES,
        )
        reroute(self._handler, simulator.url)
        self._client = None

    def _use(self, given) -> Tokens:
        # An access token of OAuth 2.0 is what tweepy calls a bearer token.
        self._client = tweepy.Client(given["access_token"])
        reroute(self._client.session, self._simulator.url)
        scopes = given["scope"]
        scopes = scopes.split() if isinstance(scopes, str) else list(scopes)
        return Tokens(given["access_token"], given["refresh_token"], given["expires_in"], scopes)

    def authorization_url(self) -> str:
        return self._handler.get_authorization_url()

    def exchange(self, callback_url: str) -> Tokens:
        try:
            return self._use(self._handler.fetch_token(callback_url))
        except OAuth2Error as error:
            raise oauth_refusal(error) from error

    def refresh(self, refresh_token: str) -> Tokens:
        try:
            # The id, which an app without a secret must give, is left to the caller as well.
            given = self._handler.refresh_token(
                TOKEN_URL, refresh_token=refresh_token, client_id=self._app.client_id
            )
            return self._use(given)
        except OAuth2Error as error:
            raise oauth_refusal(error) from error

    def me(self):
        user = asked(self._client.get_me, user_auth=False).data
        return str(user.id), user.username

    def post(self, text, reply_to=None):
        made = asked(
            self._client.create_tweet, text=text, in_reply_to_tweet_id=reply_to, user_auth=False
        ).data
        return made["id"], made["text"]

    def read(self, id):
        answer = asked(self._client.get_tweet, id)
        if answer.data is None:
            titles = [error["title"] for error in answer.errors]
            assert titles == ["Not Found Error"], answer
            return None
        return row(answer.data, answer.includes)

    def timeline(self, user_id, page_size):
        pages = tweepy.Paginator(
            self._client.get_users_tweets,
            user_id,
            max_results=page_size,
            tweet_fields=["created_at", "entities", "referenced_tweets"],
            expansions=["author_id"],
        )
        return [row(post, page.includes) for page in asked(list, pages) for post in page.data or []]

    def delete(self, id):
        return asked(self._client.delete_tweet, id, user_auth=False).data["deleted"]

    def close(self):
        self._handler.close()


def oauth_refusal(error: OAuth2Error) -> Refused:
    return Refused(error.status_code, f"{error.error}: {error.description}")


def row(post, includes) -> Row:
    replied = [str(named.id) for named in post.referenced_tweets or [] if named.type == "replied_to"]
    return Row(
        id=str(post.id),
        text=post.text,
        author_id=post.author_id and str(post.author_id),
        created_at=post.created_at and post.created_at.isoformat(),
        replied_to=replied[0] if replied else None,
        urls=[url["expanded_url"] for url in (post.entities or {}).get("urls", [])],
        with_users=[user.username for user in includes.get("users", [])],
    )


def asked(call, *args, **named):
    try:
        return call(*args, **named)
    except tweepy.HTTPException as error:
        words = f"{error} {' '.join(error.api_messages)}"
        reset = getattr(error, "reset_time", None)
        raise Refused(error.response.status_code, words, error.response.headers, reset) from error
