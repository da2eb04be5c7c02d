"""A server on this machine that answers as the Materials Project's summary endpoint does.

Its crystals (materials_project/summary.json) are made up in the recorded format.
"""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SAMPLE = json.loads(
    (Path(__file__).parent / "materials_project" / "summary.json").read_text(encoding="utf-8")
)
KEY = "a" * 16 + "0123456789abcdef"  # nobody's
Asked = dict[str, str]
_KNOWN = {"chemsys", "material_ids", "energy_above_hull_min", "energy_above_hull_max", "deprecated",
          "batch_id_not_eq", "_fields", "_limit", "_skip", "_sort_fields"}  # fmt: skip


@dataclass
class MaterialsProject:
    """What the server holds, what it was asked for, and how it fails.

    Attributes:
        documents: Its crystals.
        heartbeat: What it says of itself.
        questions: Every question that was answered, in order, without the heartbeats.
        answer_with: Given a question, the status to answer with, 0 for none at all (the line
            drops), -1 for half an answer; 200 by default.
        before_answering: Called before every question is answered.
    """

    documents: list[dict[str, Any]] = field(default_factory=lambda: list(SAMPLE["data"]))
    heartbeat: dict[str, Any] = field(default_factory=lambda: dict(SAMPLE["heartbeat"]))
    questions: list[Asked] = field(default_factory=list)
    answer_with: Callable[[Asked], int] = lambda _: 200
    before_answering: Callable[[Asked], None] = lambda _: None
    url: str = ""

    @property
    def read(self) -> list[str]:
        """Names of the crystals whose structures were asked for, in order."""
        return [name for asked in self.questions for name in _list(asked.get("material_ids"))]

    @property
    def systems(self) -> list[str]:
        """The chemical systems that were asked for, in order."""
        return [system for asked in self.questions for system in _list(asked.get("chemsys"))]


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        owner, address = self.server.owner, urlsplit(self.path)
        if address.path == "/heartbeat":
            self._send(200, owner.heartbeat)
        elif address.path != "/materials/summary/":
            self._send(404, {"detail": "Not Found"})
        elif self.headers.get("x-api-key") != KEY:
            self._send(401, {"message": "Unauthorized"})
        else:
            self._answer({key: value[0] for key, value in parse_qs(address.query).items()})

    def _answer(self, asked: Asked) -> None:
        owner = self.server.owner
        owner.before_answering(asked)
        status = owner.answer_with(asked)
        if status == 0:
            self.close_connection = True
            return
        if set(asked) - _KNOWN or int(asked["_limit"]) > 1000:
            self._send(400, {"detail": "Request contains query parameters which cannot be used"})
        elif status in (200, -1):
            owner.questions.append(asked)
            self._send(200, _find(owner.documents, asked), half=status == -1)
        else:
            self._send(status, {"detail": "no"})

    def _send(self, status: int, content: object, *, half: bool = False) -> None:
        body = gzip.compress(json.dumps(content).encode())
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.close_connection = self.close_connection or half

    def log_message(self, *_: object) -> None:
        """Quiet."""


class _Server(ThreadingHTTPServer):
    owner: MaterialsProject
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error of the server."""


@contextmanager
def serve() -> Iterator[MaterialsProject]:
    """The server, while the context lasts."""
    owner = MaterialsProject()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.owner = owner
    owner.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield owner
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _list(text: str | None) -> list[str]:
    return text.split(",") if text else []


def _find(documents: list[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    """The page of documents that a question asks for, as the endpoint gives it."""
    found = [document for document in documents if _fits(document, asked)]
    found.sort(key=lambda document: str(document[asked.get("_sort_fields", "material_id")]))
    first = int(asked.get("_skip", 0))
    fields = asked["_fields"].split(",")
    page = [
        {key: value for key, value in document.items() if key in fields}
        for document in found[first : first + int(asked["_limit"])]
    ]
    return {"data": page, "meta": {**SAMPLE["meta"], "total_doc": len(found)}}


def _fits(document: dict[str, Any], asked: Asked) -> bool:
    systems = {"-".join(sorted(system.split("-"))) for system in _list(asked.get("chemsys"))}
    hull = document["energy_above_hull"]
    highest = float(asked.get("energy_above_hull_max", "inf"))
    return (
        (not systems or document["chemsys"] in systems)
        and (
            not asked.get("material_ids") or document["material_id"] in _list(asked["material_ids"])
        )
        and (highest == float("inf") or (hull is not None and hull <= highest))
    )
