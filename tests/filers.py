"""A document store for tests: SeaweedFS' filer as far as programs use it, and servers of such stand-ins."""

import http.server
import json
import threading
import urllib.parse
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, ClassVar


class Filed(http.server.BaseHTTPRequestHandler):
    """Files by PUT, GET and DELETE, and lists of folders. Each class of its own kind has ``files`` of its own."""

    protocol_version = "HTTP/1.1"
    #: an answer is sent in one piece: two would wait for each other's acknowledgement
    wbufsize = -1
    files: ClassVar[dict[str, bytes]] = {}
    store_works: ClassVar[bool] = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
        del format, args

    def do_GET(self) -> None:
        path = urllib.parse.unquote(self.path.partition("?")[0])
        if path in self.files:
            self.reply(200, self.files[path])
        elif path.endswith("/") and any(name.startswith(path) for name in self.files):
            entries = [{"FullPath": name, "Mode": 420} for name in sorted(self.files) if name.startswith(path)]
            self.reply(200, {"Entries": entries, "ShouldDisplayLoadMore": False})
        else:
            self.reply(404, {})

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.store_works:
            self.files[urllib.parse.unquote(self.path)] = content
        self.reply(201 if self.store_works else 503, {})

    def do_DELETE(self) -> None:
        self.files.pop(urllib.parse.unquote(self.path), None)
        self.reply(204, b"")

    def reply(self, status: int, content: Any) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Many(http.server.ThreadingHTTPServer):
    """A server that many clients ask at once, whose threads are not waited for."""

    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no trouble of ours."""


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Generator[str]:
    """A server of such a stand-in; gives its address."""
    server = Many(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
