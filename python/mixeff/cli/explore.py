"""`mixeff explore`: a fit's page on this machine alone, and a fit that answers its questions.

The server listens on the loopback address, answers two paths and reads no files. A request must
name it as its host, so that a page from elsewhere cannot reach it by a name of its own, and a
question must be JSON from the page itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from mixeff.errors import ArgumentError, MixeffError
from mixeff.report.page import page_html
from mixeff.report.page.answers import answer

__all__ = ["ExplorerServer", "serve"]

ADDRESS = "127.0.0.1"
LONGEST = 65536  # bytes of a question
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ExplorerServer(ThreadingHTTPServer):
    """A fit behind a loopback port.

    Parameters
    ----------
    fit : Fit
    port : int
        0 for a free one.
    level : float
        Coverage of the intervals.
    """

    daemon_threads = True

    def __init__(self, fit: Any, port: int = 0, level: float = 0.95) -> None:
        self.fit, self.level, self.lock = fit, level, Lock()
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError:
            raise ArgumentError(
                f"port {port} is in use, or not to be had; leave out --port to get a free one."
            ) from None

    @cached_property
    def page(self) -> bytes:
        """The page, made when it is first asked for."""
        return page_html(self.fit, self.level, served=True).encode()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_port}/"

    @property
    def hosts(self) -> set[str]:
        """What a browser may call this server."""
        return {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}

    def reply(self, content: bytes) -> dict[str, Any]:
        """Answer a question, or say what is wrong with it."""
        try:
            with self.lock:  # tables of a fit are computed once, by whoever comes first
                return answer(self.fit, json.loads(content), self.level)
        except MixeffError as error:
            return {"error": str(error)}
        except ValueError:  # of JSON, and of bytes that are no text
            return {"error": "the question is not JSON."}


def serve(fit: Any, port: int, level: float, say: Callable[[str], object]) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    fit : Fit
    port : int
        0 for a free one.
    level : float
    say : callable
        Told where the page is, and that the server has stopped.

    Raises
    ------
    ArgumentError
        If the port is taken.
    """
    with ExplorerServer(fit, port, level) as server:
        say(f"Exploring {fit.spec.formula} at {server.url} (Ctrl-C stops)")
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            say("\nStopped.")


class _Handler(BaseHTTPRequestHandler):
    server: ExplorerServer  # pyright: ignore[reportIncompatibleVariableOverride]
    server_version, sys_version = "mixeff", ""
    timeout = 30

    def do_GET(self) -> None:
        """Send the page."""
        if not self._is_for_us():
            self._refuse(HTTPStatus.FORBIDDEN, "this server answers to its own address alone")
        elif self.path != "/":
            self._refuse(HTTPStatus.NOT_FOUND, "there is only /")
        else:
            with self.server.lock:
                page = self.server.page
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", page)

    def do_POST(self) -> None:
        """Answer a question."""
        length = self.headers.get("Content-Length", "")
        if not self._is_for_us() or not self._is_from_us():
            self._refuse(HTTPStatus.FORBIDDEN, "this server answers its own page alone")
        elif self.path != "/predict":
            self._refuse(HTTPStatus.NOT_FOUND, "there is only /predict")
        elif self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "questions are application/json")
        elif not length.isdecimal() or int(length) > LONGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is no question of a page")
        else:
            found = self.server.reply(self.rfile.read(int(length)))
            self._send(HTTPStatus.OK, "application/json", json.dumps(found).encode())

    def _is_for_us(self) -> bool:
        return self.headers.get("Host", "") in self.server.hosts

    def _is_from_us(self) -> bool:
        """Whether the page asked; other programs than browsers name no origin."""
        origin = self.headers.get("Origin")
        return origin is None or origin.removeprefix("http://") in self.server.hosts

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True  # what else was sent is not read
        self._send(status, "application/json", json.dumps({"error": why}).encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal holds the address."""
