"""What the launch view stands on: labelled sets, their splits, and how long an epoch takes."""

import hashlib
from threading import Lock

import streamlit as st

from heanet.config import ModelConfig, RunConfig
from heanet.data.dataset import Dataset
from heanet.data.home import heanet_home
from heanet.data.labels import MP_SET, available_sets, default_set, fetch_command, load_labels
from heanet.data.materialsproject import EXTRA_FILE, KEY, KEY_ADDRESS
from heanet.errors import HeanetError
from heanet.nn.model import grid_of
from heanet.training.inputs import dataset_for
from heanet.training.preview import Preview, preview
from heanet.training.timing import seconds_per_epoch
from heanet.ui.language import _
from heanet.ui.said import said
from heanet.ui.words import plain

_ESTIMATES = "train_launch_seconds"  # dict: seconds per epoch by _key
_PLAIN = ModelConfig()  # compositions and labels are the same on every grid
_one_at_a_time = Lock()  # two timed at once would both be slow


def set_choices(wanted: str) -> list[str]:
    """The labelled sets to choose from, the default one first.

    Args:
        wanted: One that is asked for, by name or folder; it is offered also where it is not here.

    Raises:
        DataError: There is no set at all.
    """
    names = [default_set(), *available_sets()]
    return list(dict.fromkeys([*names, wanted] if wanted else names))


def find_dataset(name: str, *, corrected: bool) -> Dataset | None:
    """A labelled set with its compositions; None, with the reason in place, where it fails."""
    if name not in available_sets() and fetch_command(name):
        _say_how_to_fetch(name)
        return None
    return _found(name, _PLAIN, corrected=corrected)


def previews(
    dataset: Dataset, config: RunConfig, splits: list[str] | tuple[str, ...]
) -> dict[str, Preview]:
    """What the runs will stand on, by split."""
    return {split: preview(dataset, config.model_copy(update={"split": split})) for split in splits}


def known_seconds(dataset: Dataset, config: RunConfig) -> float | None:
    """Seconds that a run takes; None before it was measured."""
    per_epoch = _estimates().get(_key(dataset, config))
    return None if per_epoch is None else per_epoch * config.train.epochs


def measure(dataset: Dataset, configs: list[RunConfig]) -> None:
    """Find out how long these runs take, with the reason in place where that fails.

    Args:
        dataset: The set as ``find_dataset`` gives it.
        configs: Settings; those that differ in seed and epochs alone are measured once.
    """
    for config in configs:
        key = _key(dataset, config)
        if key in _estimates():
            continue
        own = _found(config.data, config.model, corrected=config.train.corrected)
        if own is None:
            return
        try:
            with _one_at_a_time:
                _estimates()[key] = _seconds(key, own, config)
        except HeanetError as error:
            st.error(plain(said(error)), icon=":material/error:")
            return


def _say_how_to_fetch(name: str) -> None:
    """A set that is not here is no mistake of the reader's."""
    st.info(
        _(
            "The labelled set {name} is not on this machine yet. Fetch it as below, then reload "
            "this page; or choose another set above."
        ).format(name=plain(name)),
        icon=":material/download:",
    )
    lines = [fetch_command(name)]
    if name == MP_SET:
        lines = [f"python -m pip install -r {EXTRA_FILE}", f"export {KEY}=...", *lines]
    st.code("\n".join(lines), language="bash")
    if name == MP_SET:
        st.caption(
            _(
                "The Materials Project gives its data to everybody who has a key of their own; the "
                "key is shown at {address} after logging in."
            ).format(address=KEY_ADDRESS)
        )


def _estimates() -> dict[str, float]:
    found: dict[str, float] = st.session_state.setdefault(_ESTIMATES, {})
    return found


def _key(dataset: Dataset, config: RunConfig) -> str:
    """Of everything that the time of an epoch depends on."""
    same = config.train.model_copy(update={"seed": 0, "epochs": 1})
    text = config.model_copy(update={"train": same}).model_dump_json()
    return hashlib.sha256(f"{dataset.source.fingerprint} {text}".encode()).hexdigest()


@st.cache_data(max_entries=64, show_spinner=False)
def _seconds(key: str, _dataset: Dataset, _config: RunConfig) -> float:  # noqa: ARG001 - the key
    split = _dataset.split(_config.split)
    return seconds_per_epoch(_dataset, split, _config.model, _config.train)


def _found(name: str, model: ModelConfig, *, corrected: bool) -> Dataset | None:
    try:
        fingerprint = load_labels(name, corrected=corrected).fingerprint
        grid = grid_of(model)
        key = f"{fingerprint} {grid} {model.use_pbc} {model.cells} {heanet_home()}"
        words = _(
            "Reading the cells of {name}. A set that is new here takes up to half a minute; from "
            "then on it is there at once."
        )
        with st.spinner(words.format(name=plain(name))):
            return _dataset(key, name, model, corrected)
    except HeanetError as error:
        st.error(plain(said(error)), icon=":material/error:")
        return None


@st.cache_resource(max_entries=6, show_spinner=False)
def _dataset(key: str, _name: str, _model: ModelConfig, _corrected: bool) -> Dataset:  # noqa: ARG001 - the key
    return dataset_for(_name, _model, corrected=_corrected, progress=False)
