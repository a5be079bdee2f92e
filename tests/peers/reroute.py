"""Sends what is meant for X to the simulator, below everything that a client does with it."""

from urllib.parse import urlsplit

from requests import Session
from requests.adapters import HTTPAdapter

HOSTS = ["https://api.twitter.com", "https://api.x.com", "https://twitter.com", "https://x.com"]


class Reroute(HTTPAdapter):
    def __init__(self, url: str):
        super().__init__()
        self._url = url

    def send(self, request, **options):
        asked = urlsplit(request.url)
        query = f"?{asked.query}" if asked.query else ""
        request.url = f"{self._url}{asked.path}{query}"
        return super().send(request, **{**options, "proxies": {}})


def reroute(session: Session, url: str):
    for host in HOSTS:
        session.mount(host, Reroute(url))
