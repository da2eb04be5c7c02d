"""Which model a page asks, and the one copy of it that all sessions share."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import streamlit as st
from pymatgen.core import Structure

from heanet.config import CellKind
from heanet.errors import HeanetError
from heanet.modelinput import AUTO, MODELS, kind_of
from heanet.prediction import DEFAULT_MODEL, Model, load_model
from heanet.properties import LATTICES
from heanet.training.checkpoints import CARD, ModelCard, load_card
from heanet.training.registry import available_models, find_checkpoint
from heanet.ui.language import DEFAULT, _, current, listed, plural
from heanet.ui.model_card import show_card
from heanet.ui.said import said
from heanet.ui.words import plain

_ADDRESS = "model"  # ?model=NAME; also the key of the widget


@dataclass(frozen=True)
class Choice:
    """The chosen model, not loaded yet.

    Attributes:
        name: As listed.
        folder: Its checkpoint.
        fingerprint: SHA-256 of its card, which holds that of its weights: a model that is trained
            anew under the same name is another one.
        card: What it was trained on, and how well.
    """

    name: str
    folder: str
    fingerprint: str
    card: ModelCard


@dataclass(frozen=True)
class Choices:
    """Which model each cell goes to.

    Attributes:
        by_kind: The model by the kind of the cell: one and the same, where one was chosen.
    """

    by_kind: dict[CellKind, Choice]

    @property
    def each(self) -> list[Choice]:
        """The models, each once."""
        return list({choice.name: choice for choice in self.by_kind.values()}.values())

    def of(self, structure: Structure) -> Choice:
        """The model that a cell goes to."""
        if len(self.each) == 1:
            return self.each[0]
        return self.by_kind[kind_of(structure)]


@dataclass(frozen=True)
class Shared:
    """A loaded model that several sessions use.

    Attributes:
        model: Read-only.
        lock: Held while it predicts: one cell at a time bounds the memory, and several at once
            would be no faster on the same processor.
    """

    model: Model
    lock: Lock


@st.cache_resource(max_entries=4, show_spinner=False)
def loaded(folder: str, fingerprint: str) -> Shared:  # noqa: ARG001 - part of the key
    """The model of a folder; its weights are read once.

    Raises:
        CheckpointError: It is damaged.
    """
    return Shared(load_model(Path(folder)), Lock())


def choose_model() -> Choices | None:
    """The model that the reader chose, with its card one click away; None where there is none.

    Without a choice the kind of each cell decides: relaxed, or as it was built.
    """
    models = available_models()
    if not models:
        st.info(
            _("There is no model yet. `python -m heanet train` makes one."),
            icon=":material/info:",
        )
        return None
    automatic = [AUTO] if set(MODELS.values()) <= models.keys() else []
    names = automatic + sorted(models, key=lambda name: (name != DEFAULT_MODEL, name))
    wanted = st.query_params.get(_ADDRESS)
    if wanted and wanted not in names:
        st.info(
            _("There is no model “{name}” here; “{other}” is used instead.").format(
                name=plain(wanted), other=plain(_model_title(names[0]))
            ),
            icon=":material/info:",
        )
    titles = {name: _model_title(name) for name in names}
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        name = st.selectbox(
            _("Model"),
            names,
            format_func=titles.__getitem__,
            key=_ADDRESS,
            bind="query-params",
            width=420,
            help=_(
                "The models that come with the project, and those trained on this machine. "
                "A model knows only the elements and lattices of its training data. By the kind of "
                "cell: relaxed cells go to {relaxed}, cells on ideal sites to {built}."
            ).format(**MODELS),
        )
        asked = st.button(
            _("What this model is"),
            icon=":material/description:",
            help=_("Its data, settings, errors and limits."),
        )
    try:
        choices = _load(name, models)
    except HeanetError as error:
        st.error(plain(said(error)), icon=":material/error:")
        return None
    domain = choices.each[0].card.domain
    row.caption(
        _("Knows cells of {elements} with the parent lattices {lattices}.").format(
            elements=listed(domain.elements),
            lattices=listed([x for x in LATTICES if x in domain.lattices]),
        )
    )
    if asked:
        _card_dialog([choice.card for choice in choices.each])
    return choices


def shipped() -> Choices:
    """The models that come with the project, each cell's by its kind.

    Raises:
        CheckpointError: One is missing or damaged.
    """
    return _load(AUTO, {name: find_checkpoint(name) for name in MODELS.values()})


def _load(name: str, models: dict[str, Path]) -> Choices:
    """The model of that name, or of AUTO those by the kind of the cell; read once.

    Raises:
        CheckpointError: One is damaged.
    """
    by_kind = MODELS if name == AUTO else dict.fromkeys(MODELS, name)
    choices = Choices({kind: _choice(n, models[n]) for kind, n in by_kind.items()})
    for choice in choices.each:
        loaded(choice.folder, choice.fingerprint)
    return choices


def _model_title(name: str) -> str:
    # Not plain(name): an address holds titles, and links name models as they are.
    return _("By the kind of cell") if name == AUTO else name


def stands_on(card: ModelCard) -> str:
    """One line that names the model and the data behind a result."""
    labels = _("labels with corrections") if card.data.corrected else _("labels as published")
    return _("Model {name}, trained on {rows} of {data} ({labels}).").format(
        name=plain(card.name),
        rows=plural("{n} cell", "{n} cells", card.n_rows.get("train", 0)),
        data=plain(card.data.name),
        labels=labels,
    )


def _choice(name: str, folder: Path) -> Choice:
    try:
        content = (folder / CARD).read_bytes()
    except OSError:
        content = b""  # load_card says what is the matter
    fingerprint = hashlib.sha256(content).hexdigest()
    return Choice(name, str(folder), fingerprint, _card(str(folder), fingerprint))


@st.cache_resource(max_entries=32, show_spinner=False)
def _card(folder: str, fingerprint: str) -> ModelCard:  # noqa: ARG001 - part of the key
    return load_card(Path(folder))


def _card_dialog(cards: list[ModelCard]) -> None:
    names = [plain(card.name) for card in cards]

    def show() -> None:
        for tab, card in zip(st.tabs(names), cards, strict=True):
            with tab:
                show_card(card, plain(card.title.get(current()) or card.title.get(DEFAULT, "")))

    st.dialog(" · ".join(names), width="large")(show)()
