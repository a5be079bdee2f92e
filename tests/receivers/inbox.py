"""A server that takes webhooks and keeps them as they came."""

import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Message:
    headers: dict[str, str]
    body: str


class Inbox:
    """Listens on a free port. `statuses`: what the next ones are answered; then 204."""

    def __init__(self):
        self.statuses: queue.Queue[int] = queue.Queue()
        self._messages: queue.Queue[Message] = queue.Queue()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                inbox._messages.put(Message(headers, body))
                self.send_response(204 if inbox.statuses.empty() else inbox.statuses.get())
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self, within_s: float = 20) -> Message:
        """Waits for a message."""
        return self._messages.get(timeout=within_s)

    def close(self):
        self._server.shutdown()
