"""Ask the Materials Project for crystals, through its own client and with the user's own key.

A. Jain et al., APL Mater. 1, 011002 (2013), doi 10.1063/1.4812323. The client is an optional extra,
imported when it is needed. The key is read from the environment; it is neither stored nor shown.
"""

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import requests
from pymatgen.core import SETTINGS
from requests.adapters import HTTPAdapter

from heanet.data.fetch import RETRIES, TIMEOUT, failure_reason
from heanet.errors import DataError, FetchError, HeanetError, InputError

EXTRA, EXTRA_FILE = "mp-api", "requirements-mp.txt"
KEY = "MP_API_KEY"
_PYMATGEN_KEY = "PMG_MAPI_KEY"  # of pymatgen's settings; the client reads it as well
_KEY_FORM = re.compile(r"[!-~]{32}")
_ENDPOINT = "MP_API_ENDPOINT"  # a mirror; the client's own variable
ENDPOINT = "https://api.materialsproject.org/"
PAGE = 1000  # documents of an answer, the most that the server gives
KEY_ADDRESS = "https://materialsproject.org/api"
_GET_KEY = f"Log in at {KEY_ADDRESS}, copy your key, and set it: export {KEY}=..."
_LATER = "Try again later: the same command goes on where it stopped."


@dataclass(frozen=True)
class Connection:
    """The Materials Project, ready to be asked.

    Attributes:
        client: Its own client.
        database: The version of its database, for example "2026.10.07".
    """

    client: Any
    database: str


@contextmanager
def connect(endpoint: str | None = None) -> Iterator[Connection]:
    """Open a connection; the key is tried with the first question only.

    Args:
        endpoint: Address of the server; default that in MP_API_ENDPOINT, else the official one.

    Raises:
        DataError: The client is not installed.
        InputError: There is no key, or what is given cannot be one.
        FetchError: The server cannot be reached.
    """
    address = (endpoint or os.environ.get(_ENDPOINT) or ENDPOINT).rstrip("/") + "/"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the client's many libraries, about each other
        rester, key = _client_class(), find_key()
        # The client's own question waits for ever.
        database = _read_database(address)
        with _explained():
            client = rester(
                api_key=key, endpoint=address, use_document_model=False, mute_progress_bars=True
            )
    client.session.mount(address, HTTPAdapter(max_retries=RETRIES))
    client.session.hooks["response"].append(_check_answer)
    with client:
        yield Connection(client, database)


def find_key() -> str:
    """The user's key.

    Raises:
        InputError: There is none, or it has not the form of one.
    """
    key = os.environ.get(KEY) or os.environ.get(_PYMATGEN_KEY) or SETTINGS.get(_PYMATGEN_KEY)
    if not key:
        raise InputError(
            "The Materials Project gives its data to users with a key of their own, and there is "
            "none here",
            expected=f"it in the environment variable {KEY}",
            fix=_GET_KEY,
        )
    if not _KEY_FORM.fullmatch(str(key)):
        raise InputError(
            f"The key of the Materials Project in {_where()} has {len(str(key))} characters",
            expected="32 letters and digits",
            fix=_GET_KEY,
        )
    return str(key)


def find_crystals(
    source: Connection, systems: Sequence[str], *, max_above_hull: float | None = None
) -> list[str]:
    """Names of all crystals of some chemical systems, such as "mp-149".

    Args:
        source: The connection.
        systems: Such as "Fe-Ni"; no more than fit into an address, which a hundred do.
        max_above_hull: Energy above the hull, eV/atom, up to which a crystal counts.

    Raises:
        InputError: The key is refused.
        FetchError: There is no answer, or none that can be used.
    """
    hull = {} if max_above_hull is None else {"energy_above_hull": (0.0, max_above_hull)}
    found = _search(source, ("material_id",), chemsys=list(systems), **hull)
    return [str(document["material_id"]) for document in found]


def read_crystals(source: Connection, names: Sequence[str], label: str) -> list[dict[str, Any]]:
    """What is known of some crystals: "material_id", "structure" and the label, as JSON.

    Args:
        source: The connection.
        names: Of the crystals; no more than fit into an address, which a hundred do.
        label: Field of the summary documents.

    Raises:
        InputError: The key is refused.
        FetchError: There is no answer, or none that can be used.
    """
    fields = ("material_id", "structure", label)
    return _search(source, fields, material_ids=list(names)) if names else []


def client_version() -> dict[str, str]:
    """What fetched the data, for its record."""
    return {EXTRA: version(EXTRA)}


def _search(source: Connection, fields: Sequence[str], **asked: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    # GNoME's crystals have another licence (no commercial use), and r2SCAN energies alone.
    with warnings.catch_warnings(), _explained():
        warnings.simplefilter("ignore")
        found = source.client.materials.summary.search(
            **asked,
            deprecated=False,
            include_gnome=False,
            fields=list(fields),
            all_fields=False,
            chunk_size=PAGE,
            # Pages of an unsorted answer may overlap.
            _sort_fields="material_id",
        )
        # A crystal that came into the database between two pages shifts the second one.
        return list({str(document["material_id"]): dict(document) for document in found}.values())


def _client_class() -> Any:  # noqa: ANN401 - of an extra
    try:
        from mp_api.client import MPRester
    except ImportError as error:
        raise DataError(
            f"The Materials Project's client ({EXTRA}) is not installed",
            fix=f"Install it with `python -m pip install -r {EXTRA_FILE}`.",
        ) from error
    return MPRester


def _read_database(address: str) -> str:
    with _explained():
        answer = requests.get(f"{address}heartbeat", timeout=TIMEOUT)
        answer.raise_for_status()
        return str(answer.json()["db_version"])


def _check_answer(answer: requests.Response, **_: object) -> None:
    """Called with every answer before the client reads it."""
    if answer.status_code >= 400:
        answer.close()  # nobody reads it now
    if answer.status_code in {401, 403}:
        raise InputError(
            f"The Materials Project refused the key in {_where()} ({answer.status_code})",
            expected="the key that its page shows you now; a new one replaces those before",
            fix=_GET_KEY,
        )
    if answer.status_code >= 400:
        raise FetchError(f"The Materials Project answered {answer.status_code}", fix=_LATER)


def _where() -> str:
    """Where the key comes from."""
    return next(
        (name for name in (KEY, _PYMATGEN_KEY) if os.environ.get(name)), "pymatgen's settings"
    )


@contextmanager
def _explained() -> Iterator[None]:
    """Errors of the client and of what it stands on, in a few words."""
    try:
        yield
    except HeanetError:
        raise
    except Exception as error:  # the client lets those of its libraries through
        raise FetchError(
            f"The Materials Project cannot be asked ({_reason(error)})", fix=_LATER
        ) from error


def _reason(error: BaseException) -> str:
    """Of the error, or of the one that the client made its own of."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, requests.JSONDecodeError):
            break
        if isinstance(inner, requests.RequestException):
            return failure_reason(inner)
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, ValueError | KeyError | TypeError):
        return "its answer has another form than expected"
    return " ".join(str(error).split())[:200]
