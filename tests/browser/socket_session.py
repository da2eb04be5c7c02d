"""A session without a browser, over Streamlit's own WebSocket: what a tab asks for, nothing drawn.

A hundred tabs of a browser on a few cores say more of the browser than of the app.
"""

import asyncio
import ssl
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import requests
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE = 400  # seconds for one run of a page; a frozen app ends there
T = TypeVar("T")
_XSRF = "_streamlit_xsrf"


def in_own_loop(visit: Coroutine[Any, Any, T]) -> T:
    """What a visit gives; beside a loop of events that runs already, as Playwright's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visit).result()


class BrokenError(Exception):
    """The app showed an error or broke off."""


@dataclass
class Drawn:
    """What one run of a page sent.

    Attributes:
        kinds: How often each kind of element came.
        uploader: Id of the file uploader; empty without one.
        live: Fragments that run again by themselves, with the seconds between.
        errors: Texts of errors and exceptions.
        seconds: From the request to the end of the run.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    uploader: str = ""
    live: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class SocketSession:
    """A session of the app.

    Attributes:
        url: Of the app.
        socket: The connection.
        certificate: File with that of an https address, where no authority knows it.
        page: That is shown.
        query: Of its address.
    """

    url: str
    socket: ClientConnection
    certificate: str = ""
    page: str = ""
    query: str = ""
    _session: str = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, certificate: str = "") -> AsyncIterator[Self]:
        """Connect, as a tab that is opened, and close, as one that is closed."""
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        tls = ssl.create_default_context(cafile=certificate) if certificate else None
        async with connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(url),
            max_size=None,
            proxy=None,
            ssl=tls,
        ) as socket:
            yield cls(url, socket, certificate)

    async def show(self, page: str, query: str = "") -> Drawn:
        """Go to a page."""
        self.page, self.query = page, query
        return await self._run(BackMsg())

    async def again(self, fragment: str) -> Drawn:
        """Run a part of the page that runs by itself."""
        message = BackMsg()
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = True
        return await self._run(message)

    async def upload(self, uploader: str, name: str, content: bytes) -> Drawn:
        """Give a file to the page's uploader."""
        urls = await self.send(name, content)
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add(id=uploader)
        state.file_uploader_state_value.uploaded_file_info.add(
            name=name, file_id=urls.file_id, file_urls=urls
        )
        return await self._run(message)

    async def send(self, name: str, content: bytes) -> FileURLs:
        """Send a file that no widget asked for; where it lies.

        Raises:
            BrokenError: It was refused.
        """
        urls = await self._file_urls(name)
        await asyncio.to_thread(self._put, urls.upload_url, name, content)
        return urls

    async def _run(self, message: BackMsg) -> Drawn:
        """Ask for a run and read what comes, until it has ended.

        Raises:
            BrokenError: The connection or the run broke off, or the page showed an error.
        """
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query
        start = time.monotonic()
        await self.socket.send(message.SerializeToString())
        drawn = Drawn()
        try:
            async with asyncio.timeout(PATIENCE):
                while (end := self._read(await self.socket.recv(decode=False), drawn)) is None:
                    pass
        except TimeoutError as error:
            raise BrokenError(f"{self.page}: no end after {PATIENCE} s") from error
        drawn.seconds = time.monotonic() - start
        if drawn.errors or end == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise BrokenError(f"{self.page}: {drawn.errors or 'the page could not be compiled'}")
        return drawn

    def _read(self, content: bytes, drawn: Drawn) -> int | None:
        """Take a message in; how the run ended, None while it goes on."""
        message = ForwardMsg.FromString(content)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id
        elif kind == "auto_rerun":
            drawn.live[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            _note(message.delta.new_element, drawn)
        elif kind == "script_finished":
            # A page that starts itself anew ends early, and once more.
            early = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            return None if early else message.script_finished
        return None

    async def _file_urls(self, name: str) -> FileURLs:
        request = BackMsg()
        request.file_urls_request.request_id = str(uuid.uuid4())
        request.file_urls_request.session_id = self._session
        request.file_urls_request.file_names.append(name)
        await self.socket.send(request.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            while True:
                message = ForwardMsg.FromString(await self.socket.recv(decode=False))
                if message.WhichOneof("type") == "file_urls_response":
                    return message.file_urls_response.file_urls[0]

    def _put(self, address: str, name: str, content: bytes) -> None:
        with requests.Session() as browser:
            browser.trust_env = False
            browser.verify = self.certificate or True
            browser.get(f"{self.url}/_stcore/health", timeout=PATIENCE)
            answer = browser.put(
                f"{self.url}{address}",
                files={"file": (name, content)},
                headers={"X-Xsrftoken": browser.cookies.get(_XSRF) or ""},
                timeout=PATIENCE,
            )
        if not answer.ok:
            raise BrokenError(f"upload: {answer.status_code} {answer.text}")


def uploaded_bytes(url: str) -> int:
    """Bytes of uploaded files that the app has, as it says itself."""
    answer = requests.get(f"{url}/_stcore/metrics", timeout=PATIENCE, proxies={"http": ""})
    lines = [line for line in answer.text.splitlines() if "UploadedFileManager" in line]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if "memory_bytes" in line)


def _note(element: Any, drawn: Drawn) -> None:
    kind = element.WhichOneof("type")
    drawn.kinds[kind] += 1
    if kind == "file_uploader":
        drawn.uploader = element.file_uploader.id
    elif kind == "exception":
        drawn.errors.append(f"{element.exception.type}: {element.exception.message}")
    elif kind == "alert" and element.alert.format == Alert.ERROR:
        drawn.errors.append(element.alert.body)
