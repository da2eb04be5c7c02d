from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from urllib3.util import Retry

from heanet.data import fetch
from heanet.data.fetch import fetch_published
from heanet.data.labelfiles import sha256
from heanet.data.labels import load_labels
from heanet.data.manifest import Manifest, PublishedFile, hea_dft
from heanet.errors import DataError, FetchError

SOURCE = {"name": "small", "title": "A small set", "repository": "owner/alloys",
          "commit": "abc1234", "licence": "MIT"}  # fmt: skip


class Server:
    """A raw-file server on this machine that can be told to fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[str] = Counter()
        self.fails: Callable[[str], bool] = lambda _: False
        handler = partial(_Handler, self, directory=str(folder))
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, owner: Server, *args: object, **options: object) -> None:
        self.owner = owner
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        self.owner.asked[name] += 1
        if self.owner.fails(name):
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def served(
    make_published: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Server, Manifest]]:
    """A small set as a repository serves it, and its manifest."""
    monkeypatch.setattr(fetch, "RETRIES", Retry(total=2, status_forcelist=(503,)))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    local, remote = make_published(), tmp_path / "server" / "owner" / "alloys" / "abc1234"
    files = []
    for path in sorted(path for path in local.rglob("*") if path.is_file()):
        file = path.relative_to(local).as_posix()
        content = path.read_bytes()
        (remote / "Data" / file).parent.mkdir(parents=True, exist_ok=True)
        (remote / "Data" / file).write_bytes(content)
        files.append(PublishedFile(f"Data/{file}", file, sha256(content), len(content)))
    server = Server(tmp_path / "server")
    thread = Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server, Manifest(SOURCE, tuple(files))
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def test_every_file_is_fetched_once_and_imported(
    served: tuple[Server, Manifest], home: Path
) -> None:
    server, manifest = served
    folder = fetch_published(base_url=server.url, manifest=manifest)
    assert folder == home / "data" / "small"
    assert [path.name for path in folder.parent.iterdir()] == ["small"]
    labels = load_labels("small")
    assert len(labels.table) == len(manifest.files) - 2
    assert labels.source["imported_from"] == f"{server.url}/owner/alloys/abc1234"
    # The second time nothing is asked for.
    fetch_published(base_url=server.url, manifest=manifest)
    assert set(server.asked.values()) == {1}
    assert len(server.asked) == len(manifest.files)


def test_an_interrupted_download_goes_on_where_it_stopped(
    served: tuple[Server, Manifest],
) -> None:
    server, manifest = served
    half = {Path(file.file).name for file in manifest.files[: len(manifest.files) // 2]}
    server.fails = lambda name: name not in half
    with pytest.raises(FetchError, match=r"503.*goes on where it stopped.*data import FOLDER"):
        fetch_published(base_url=server.url, manifest=manifest)
    with pytest.raises(DataError, match="No labelled set 'small'"):
        load_labels("small")
    server.fails = lambda _: False
    server.asked.clear()
    fetch_published(base_url=server.url, manifest=manifest)
    assert not half & set(server.asked)
    assert len(server.asked) == len(manifest.files) - len(half)


def test_a_server_that_stumbles_is_asked_again(served: tuple[Server, Manifest]) -> None:
    server, manifest = served
    server.fails = lambda name: name == "test.xlsx" and server.asked[name] < 3
    fetch_published(base_url=server.url, manifest=manifest)
    assert server.asked["test.xlsx"] == 3


@pytest.mark.parametrize("spoil", [lambda b: b[:-5], lambda b: b.replace(b"0", b"1", 1)])
def test_a_file_that_is_not_the_published_one_is_refused(
    served: tuple[Server, Manifest], home: Path, spoil: Callable[[bytes], bytes]
) -> None:
    server, manifest = served
    file = next(server.folder.rglob("FeNi2Cr_sqsbcc"))
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(FetchError, match=r"FeNi2Cr_sqsbcc' is not the published file.*SHA-256"):
        fetch_published(base_url=server.url, manifest=manifest)
    assert not list(home.rglob("FeNi2Cr_sqsbcc"))


def test_a_file_that_was_damaged_on_disk_is_fetched_again(
    served: tuple[Server, Manifest], home: Path
) -> None:
    server, manifest = served
    damaged = home / "data" / ".fetch-small-abc1234" / "labels" / "test.xlsx"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("half a fi")
    fetch_published(base_url=server.url, manifest=manifest)
    assert len(load_labels("small").partitions["test"]) == 2


def test_without_a_network_it_says_what_to_do(served: tuple[Server, Manifest]) -> None:
    _, manifest = served
    # Port 9 of this machine: nobody listens.
    with pytest.raises(FetchError, match=r"no connection.*owner/alloys at commit abc1234 by hand"):
        fetch_published(base_url="http://127.0.0.1:9", manifest=manifest)


def test_the_manifest_describes_the_published_files(hea_dft_folder: Path) -> None:
    files = hea_dft().files
    assert len(files) == 376
    for file in files:
        content = (hea_dft_folder / file.file).read_bytes()
        assert (sha256(content), len(content)) == (file.sha256, file.size)
