"""Fetch the published HEA-DFT files from their repository, each verified by its checksum.

Files arrive one by one in a folder beside the imported sets and stay there until all are in:
an interrupted download goes on where it stopped. Then they are imported like a local folder.
"""

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from tqdm import tqdm
from urllib3.util import Retry

from heanet.data.home import data_home, make_private, write_whole, writing_in
from heanet.data.labelfiles import sha256
from heanet.data.manifest import Manifest, PublishedFile, hea_dft
from heanet.data.published import import_published, is_imported
from heanet.errors import FetchError

RAW_FILES = "https://raw.githubusercontent.com"
TIMEOUT = (10, 30)  # seconds to connect, seconds between two bytes
RETRIES = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504))


def fetch_published(
    *,
    home: str | Path | None = None,
    base_url: str = RAW_FILES,
    manifest: Manifest | None = None,
    progress: bool = True,
) -> Path:
    """Download and import the published set.

    Args:
        home: Where imported sets live; default HEANET_HOME.
        base_url: Server of the raw files: a mirror, for example.
        manifest: What to fetch; default HEA-DFT.
        progress: Show a progress bar where there is a terminal.

    Returns:
        The folder of the imported set; nothing is downloaded if it is there already.

    Raises:
        FetchError: A file cannot be had or is not the published one. What was downloaded before
            is kept.
        DataError: Another set of that name is there.
    """
    manifest = manifest or hea_dft()
    source = manifest.source
    target = data_home(home) / source["name"]
    if is_imported(target, {file.file: file.sha256 for file in manifest.files}):
        return target
    folder = data_home(home) / f".fetch-{source['name']}-{source['commit']}"
    address = f"{base_url}/{source['repository']}/{source['commit']}"
    with writing_in(folder):
        _download_all(manifest, folder, address, progress=progress)
    imported = import_published(
        folder, home=home, name=source["name"], origin=address, progress=progress
    )
    shutil.rmtree(folder)
    return imported


def _download_all(manifest: Manifest, folder: Path, address: str, *, progress: bool) -> None:
    """Bring every file that is not yet in ``folder``."""
    waiting = [file for file in manifest.files if not _is_there(folder / file.file, file)]
    n_files = len(manifest.files)
    with (
        requests.Session() as session,
        tqdm(
            desc=f"Fetching {manifest.source['name']}",
            total=n_files,
            initial=n_files - len(waiting),
            disable=None if progress else True,
        ) as bar,
    ):
        session.mount(address, HTTPAdapter(max_retries=RETRIES))
        for file in waiting:
            content = _download(session, f"{address}/{quote(file.path)}", file, manifest)
            path = folder / file.file
            make_private(path.parent)
            write_whole(path, content)
            bar.update()


def _is_there(path: Path, file: PublishedFile) -> bool:
    return path.is_file() and sha256(path.read_bytes()) == file.sha256


def _download(
    session: requests.Session, url: str, file: PublishedFile, manifest: Manifest
) -> bytes:
    """The verified content of one file."""
    source = manifest.source
    by_hand = (
        "Try again later: it goes on where it stopped. Or download "
        f"{source['repository']} at commit {source['commit']} by hand, unpack it "
        "and run `heanet data import FOLDER`"
    )
    try:
        response = session.get(url, timeout=TIMEOUT)
        response.raise_for_status()
    except requests.RequestException as error:
        raise FetchError(
            f"'{url}' cannot be downloaded ({failure_reason(error)})", fix=by_hand
        ) from error
    if sha256(response.content) != file.sha256:
        raise FetchError(
            f"'{url}' is not the published file ({len(response.content)} bytes, "
            f"SHA-256 {sha256(response.content)[:12]}...)",
            expected=f"{file.size} bytes, SHA-256 {file.sha256[:12]}...",
            fix=by_hand,
        )
    return response.content


def failure_reason(error: requests.RequestException) -> str:
    """What went wrong, in a few words: the library's own message is a nest of objects."""
    if error.response is not None:
        return f"the server answered {error.response.status_code}"
    if often := re.search(r"too many (\d{3}) error", str(error)):
        return f"the server answered {often[1]} every time"
    if "timed out" in str(error):  # after several tries, that is a lost connection to the library
        return "no answer in time"
    kinds = {
        requests.Timeout: "no answer in time",
        requests.exceptions.ChunkedEncodingError: "the answer broke off",
        requests.ConnectionError: "no connection",
    }
    return next((text for kind, text in kinds.items() if isinstance(error, kind)), str(error))
