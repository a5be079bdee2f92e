"""A person with a browser who is asked for consent."""

from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import requests


class _Form(HTMLParser):
    """The fields and the buttons of the one form on a page."""

    def __init__(self, page: str):
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, tuple[str, str]] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input":
            self.fields[attrs["name"]] = attrs["value"]
        if tag == "button":
            self.buttons[attrs["id"]] = (attrs["name"], attrs["value"])


def answer(simulator, authorization_url: str, button: str | None) -> str:
    """Opens the address that a client made, in X's place at the simulator, presses the button
    (`None`: the page must not ask), and returns the address of the app that X goes back to."""
    asked = urlsplit(authorization_url)
    if not asked.path.endswith("/oauth2/authorize"):
        raise AssertionError(f"no authorization address of X: {authorization_url}")
    url = f"{simulator.authorize_url}?{asked.query}"
    page = requests.get(url, allow_redirects=False, timeout=20)
    if button is not None:
        if page.status_code != 200:
            raise AssertionError(f"no consent page, but {page.status_code}: {page.text}")
        form = _Form(page.text)
        name, value = form.buttons[button]
        fields = {**form.fields, name: value}
        page = requests.post(url, data=fields, allow_redirects=False, timeout=20)
    if page.status_code != 302:
        raise AssertionError(f"no way back to the app, but {page.status_code}: {page.text}")
    state = dict(parse_qsl(asked.query)).get("state")
    back = page.headers["location"]
    if dict(parse_qsl(urlsplit(back).query)).get("state") != state:
        raise AssertionError(f"the state is lost on the way back: {back}")
    return back
