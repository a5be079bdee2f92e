"""The checks, one after the other, the same for each peer."""

import time
import traceback

import browser
from peer import SCOPES, NotOffered, Refused


class Report:
    passed = 0
    failed = 0
    not_offered = 0

    def tell(self, peer: str, check: str, problem: str | None):
        if problem is None:
            self.passed += 1
            print(f"ok    {peer}: {check}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {peer}: {check}\n      {problem}", flush=True)

    def skip(self, peer: str, check: str, reason: str):
        self.not_offered += 1
        print(f"--    {peer}: {check}: not offered ({reason})", flush=True)


def run(start, simulator, report: Report):
    """Every check on a fresh client and an empty simulator. A check that fails does not keep the
    others from running."""
    for check in CHECKS:
        simulator.reset()
        app = simulator.public_app() if check in PUBLIC else simulator.app()
        peer = start(simulator, app)
        problem = None
        try:
            check(peer, simulator)
        except NotOffered as reason:
            report.skip(peer.name, check.__doc__, str(reason))
            continue
        except Refused as refused:
            problem = f"refused: {refused}"
        except Exception:
            problem = traceback.format_exc(limit=-3).replace("\n", "\n      ")
        finally:
            peer.close()
        report.tell(peer.name, check.__doc__, problem)


def same(got, expected):
    assert got == expected, f"{got!r}, and not {expected!r}"


def signed_in(peer, simulator):
    """Connected without questions; returns the tokens."""
    simulator.set(auto_consent="allow")
    back = browser.answer(simulator, peer.authorization_url(), None)
    return peer.exchange(back)


def refusal(call, *args) -> Refused:
    try:
        got = call(*args)
    except Refused as refused:
        return refused
    raise AssertionError(f"not refused, but {got!r}")


def check_consent(peer, simulator):
    """connects through the form of the consent page"""
    back = browser.answer(simulator, peer.authorization_url(), "allow")
    tokens = peer.exchange(back)
    same(tokens.expires_in, 7200)
    same(sorted(tokens.scopes), sorted(SCOPES))
    assert tokens.access and tokens.refresh and tokens.access != tokens.refresh
    same(peer.me()[1], simulator.account()["username"])


def check_auto_consent(peer, simulator):
    """connects with auto_consent, and reads users/me"""
    signed_in(peer, simulator)
    account = simulator.account()
    same(peer.me(), (account["remote_user_id"], account["username"]))


def check_denial(peer, simulator):
    """goes no further when the user has declined"""
    back = browser.answer(simulator, peer.authorization_url(), "deny")
    assert "error=access_denied" in back, back
    refusal(peer.exchange, back)


def check_spent_code(peer, simulator):
    """understands that a code is spent"""
    simulator.set(auto_consent="allow")
    back = browser.answer(simulator, peer.authorization_url(), None)
    peer.exchange(back)
    refused = refusal(peer.exchange, back)
    assert "Value passed for the authorization code was invalid." in refused.words, refused


def check_refresh(peer, simulator):
    """refreshes, and goes on with the new pair"""
    old = signed_in(peer, simulator)
    new = peer.refresh(old.refresh)
    assert new.access != old.access and new.refresh not in (None, old.refresh)
    same(new.expires_in, 7200)
    same(peer.me()[1], simulator.account()["username"])


def check_spent_refresh(peer, simulator):
    """understands that a refresh token is spent"""
    old = signed_in(peer, simulator)
    peer.refresh(old.refresh)
    refused = refusal(peer.refresh, old.refresh)
    assert "Value passed for the token was invalid." in refused.words, refused


def check_public_app(peer, simulator):
    """connects as an app without a secret"""
    signed_in(peer, simulator)
    same(peer.me()[1], simulator.account()["username"])


def check_public_refresh(peer, simulator):
    """refreshes as an app without a secret"""
    old = signed_in(peer, simulator)
    assert peer.refresh(old.refresh).access != old.access
    same(peer.me()[1], simulator.account()["username"])


def check_post(peer, simulator):
    """posts, and the post is live"""
    signed_in(peer, simulator)
    id, text = peer.post("a line from a peer")
    same(text, "a line from a peer")
    live = simulator.posts()
    same([(post["id"], post["text"]) for post in live], [(id, text)])


def check_reply(peer, simulator):
    """replies to its own post"""
    signed_in(peer, simulator)
    first, _ = peer.post("one")
    second, _ = peer.post("two", first)
    live = {post["id"]: post["reply_to"] for post in simulator.posts()}
    same(live, {first: None, second: first})


def check_timeline(peer, simulator):
    """reads the author's timeline, with author, time, links and what a reply answers"""
    signed_in(peer, simulator)
    account = simulator.account()
    first, _ = peer.post("one < two & https://example.com/a/b")
    second, _ = peer.post("two", first)
    new, old = peer.timeline(account["remote_user_id"], 10)
    same((new.id, old.id), (second, first))
    same((new.replied_to, old.replied_to), (first, None))
    same({new.author_id, old.author_id}, {account["remote_user_id"]})
    assert old.text.startswith("one &lt; two &amp; https://t.co/"), old.text
    same(old.urls, ["https://example.com/a/b"])
    assert new.created_at and old.created_at
    same(new.with_users, [account["username"]])


def check_pages(peer, simulator):
    """reads a timeline of several pages to its end, and an empty one"""
    signed_in(peer, simulator)
    user = simulator.account()["remote_user_id"]
    same(peer.timeline(user, 5), [])
    ids = [peer.post(f"line {number}")[0] for number in range(12)]
    same([row.id for row in peer.timeline(user, 5)], ids[::-1])


def check_delete(peer, simulator):
    """deletes, and then no longer finds the post"""
    signed_in(peer, simulator)
    id, _ = peer.post("soon gone")
    same(peer.read(id).text, "soon gone")
    same(peer.delete(id), True)
    same(simulator.posts(), [])
    same(peer.read(id), None)


def check_duplicate(peer, simulator):
    """understands 403 for a duplicate"""
    signed_in(peer, simulator)
    peer.post("the same")
    refused = refusal(peer.post, "the same")
    same(refused.status, 403)
    duplicate = "You are not allowed to create a Tweet with duplicate content."
    assert duplicate in refused.words, refused


def check_schema(peer, simulator):
    """understands 400 for an id that is none"""
    signed_in(peer, simulator)
    refused = refusal(peer.post, "a reply to nothing", "no-id")
    same(refused.status, 400)
    pattern = "$.reply.in_reply_to_tweet_id: does not match the regex pattern ^[0-9]{1,19}$"
    assert pattern in refused.words, refused


def check_rate_limit(peer, simulator):
    """understands 429, and when it ends"""
    signed_in(peer, simulator)
    simulator.set(x={"create_per_user": 2})
    peer.post("one")
    peer.post("two")
    refused = refusal(peer.post, "three")
    same(refused.status, 429)
    assert "Too Many Requests" in refused.words, refused
    same(refused.headers.get("x-rate-limit-limit"), "2")
    same(refused.headers.get("x-rate-limit-remaining"), "0")
    same(refused.headers.get("x-rate-limit-reset"), str(refused.reset))
    # Whole seconds, rounded up.
    assert 0 < refused.reset - time.time() <= 15 * 60 + 1, refused.reset
    same(len(simulator.posts()), 2)


def check_revoked(peer, simulator):
    """understands 401 after the user has removed the app, and that no refresh helps"""
    tokens = signed_in(peer, simulator)
    simulator.revoke()
    refused = refusal(peer.me)
    same(refused.status, 401)
    assert "Unauthorized" in refused.words, refused
    same(refusal(peer.post, "too late").status, 401)
    refused = refusal(peer.refresh, tokens.refresh)
    assert "Value passed for the token was invalid." in refused.words, refused


def check_unavailable(peer, simulator):
    """understands 503"""
    signed_in(peer, simulator)
    error = {"name": "service_unavailable"}
    simulator.fault(operation="x_create", fault={"kind": "x_error", "error": error, "when": "before"})
    refused = refusal(peer.post, "later")
    same(refused.status, 503)
    assert "Service Unavailable" in refused.words, refused


PUBLIC = [check_public_app, check_public_refresh]
CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]
