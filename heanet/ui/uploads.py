"""Opening files: each file is read on its own, and one that fails takes nothing else with it."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from heanet.data.structures import MAX_ATOMS, MAX_BYTES, read_structures
from heanet.errors import DisorderedStructureError, HeanetError
from heanet.ui import heavy, store
from heanet.ui.language import _, plural
from heanet.ui.said import said
from heanet.ui.words import plain

DEFAULT_SEED = 1
_MAX_SEED = 2**31 - 1
_MANY_PROBLEMS = 4  # more messages than this scroll in a box of their own
_PROBLEMS_HEIGHT = 360  # pixels
_SHORT = 0.7  # seconds that nobody wonders about
_LARGE = 2**18  # bytes of a file that may take longer by itself
_READING, _READ = ":material/hourglass_top:", ":material/check:"
_ROUND = "upload_round"  # a new number gives an empty uploader
_PROBLEMS = "upload_problems"  # list of messages
_WAITING = "waiting_uploads"  # list of Waiting


@dataclass(frozen=True)
class Waiting:
    """A file with partially occupied sites that waits for the user's word.

    Attributes:
        name: Its file name.
        data: Its content; kept here because it belongs to this session alone, and only until
            it is ordered or left out.
        message: What is the matter with it.
    """

    name: str
    data: bytes
    message: str


def show_uploader() -> None:
    """The uploader, with what it takes written above it, and the messages of the last files."""
    st.caption(
        _(
            "POSCAR or CONTCAR, CIF, extended XYZ, pymatgen JSON, also gzipped; recognised by "
            "content. Up to {size} MB and {atoms} atoms each."
        ).format(size=MAX_BYTES // 2**20, atoms=f"{MAX_ATOMS:,}")
    )
    heavy.prepare_reader()
    key = f"upload_{st.session_state.setdefault(_ROUND, 0)}"
    st.file_uploader(
        _("Files with alloy cells"),
        accept_multiple_files=True,
        key=key,
        label_visibility="collapsed",
        max_upload_size=MAX_BYTES // 2**20,
        on_change=_take,
        args=(key,),
    )
    _show_problems()
    for place, waiting in enumerate(st.session_state.get(_WAITING, [])):
        _show_waiting(place, waiting)


def _take(key: str) -> None:
    """Reads what was put into the uploader of that key, and has an empty one drawn in its place.

    Before the page is drawn: drawn with the cells at once, it is there in half the time.
    """
    files: list[UploadedFile] = st.session_state[key]
    if files:
        _read_all([(file.name, file.getvalue()) for file in files])
        st.session_state[_ROUND] += 1
        forget(files)


def forget(files: Iterable[UploadedFile | None]) -> None:
    """Gives back the memory of files that have been read and whose uploader goes.

    Streamlit would keep them for as long as the session lasts.
    """
    run = get_script_run_ctx()
    if run is None or not isinstance(run.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for file in files:
        if file is not None:
            run.uploaded_file_mgr.remove_file(run.session_id, file.file_id)


def _read_all(files: list[tuple[str, bytes]]) -> None:
    """Opens what can be opened and keeps a message for each file that cannot."""
    opened = []
    problems = []
    waiting = st.session_state.setdefault(_WAITING, [])
    with _progress(len(files)) as tell:
        for done, (name, data) in enumerate(files):
            tell(done, len(data))
            try:
                opened += open_file(name, data)
            except DisorderedStructureError as error:
                waiting.append(Waiting(name, data, error.given))
            except HeanetError as error:
                problems.append(str(error))
    st.session_state[_PROBLEMS] = problems
    if opened:
        store.choose(opened[0].id)


@contextmanager
def _progress(n_files: int) -> Iterator[Callable[[int, int], None]]:
    """Says in a corner of the page how far reading is, where it takes long enough to wonder.

    Yields:
        What is called before each file, with the number of files that are done and its bytes.
    """
    start = time.monotonic()
    toast: Any = None

    def tell(done: int, size: int) -> None:
        nonlocal toast
        elapsed = time.monotonic() - start
        if elapsed < _SHORT and size < _LARGE:
            return
        text = _("Reading files …")
        if done:
            left = round(elapsed / done * (n_files - done))
            text = _("{done} of {n} files read, about {left} s left").format(
                done=done, n=n_files, left=left
            )
        toast = (toast or st).toast(text, icon=_READING, duration="infinite")

    try:
        yield tell
    finally:
        if toast:
            toast.toast(plural("{n} file read", "{n} files read", n_files), icon=_READ)


def open_file(name: str, data: bytes, *, seed: int | None = None) -> list[store.Cell]:
    """Opens every cell of a file.

    Args:
        name: File name.
        data: Its content.
        seed: Orders partially occupied sites.

    Raises:
        DisorderedStructureError: Sites are partially occupied and no seed is given.
        StructureError: The file cannot be used.
    """
    return [
        store.add(
            structure,
            structure.properties["name"],
            source=(name, data) if "ordering_seed" in structure.properties else None,
        )
        for structure in read_structures(data, name=name, order_seed=seed)
    ]


def order_again(cell: store.Cell, source: tuple[str, bytes], *, seed: int) -> None:
    """Puts the cell with its partially occupied sites ordered by another seed in its place."""
    file_name, data = source
    title = cell.structure.properties["name"]
    structures = read_structures(data, name=file_name, order_seed=seed)
    same = next(s for s in structures if s.properties["name"] == title)
    store.close([cell.id])
    store.choose(store.add(same, cell.name, source=source).id)


def seed_input(key: str, value: int = DEFAULT_SEED) -> int:
    """The number that fixes which atom goes to which partially occupied site."""
    return int(
        st.number_input(
            _("Seed"),
            min_value=0,
            max_value=_MAX_SEED,
            value=value,
            key=key,
            help=_(
                "Which atom goes to which partially occupied site is drawn at random. The same "
                "seed gives the same cell again; another seed gives another, equally likely one."
            ),
            width=160,
        )
    )


def _show_problems() -> None:
    problems = st.session_state.get(_PROBLEMS, [])
    with st.container(height=_PROBLEMS_HEIGHT if len(problems) > _MANY_PROBLEMS else "content"):
        for message in problems:
            st.error(plain(said(message)), icon=":material/error:")
    if problems:
        st.button(
            _("Hide messages"),
            key="hide_problems",
            type="tertiary",
            on_click=lambda: st.session_state.pop(_PROBLEMS, None),
        )


def _show_waiting(place: int, waiting: Waiting) -> None:
    with st.container(border=True):
        st.markdown(f":material/help: {plain(said(waiting.message + '.'))}")
        st.caption(
            _(
                "Nothing here works with parts of atoms. Whole atoms can be put on these sites at "
                "random, in the same proportions as far as the number of sites allows."
            )
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            seed = seed_input(f"seed_{place}_{waiting.name}")
            order = st.button(_("Order the sites"), key=f"order_{place}", type="primary")
            leave = st.button(_("Leave this file out"), key=f"leave_{place}")
    if order:
        try:
            store.choose(open_file(waiting.name, waiting.data, seed=seed)[0].id)
        except HeanetError as error:
            st.session_state.setdefault(_PROBLEMS, []).append(str(error))
    if order or leave:
        st.session_state[_WAITING].pop(place)
        st.rerun()
