"""Where the weights of a training start: drawn anew, or taken from an earlier model.

The body (embeddings and convolutions) is what elements, lattices and distances mean to a network;
a tower reads one task off it. tl1 takes both, tl2 the body alone. The published runs called tl1
never loaded what they were to start from; here nothing is skipped silently: a report says which
tensors were taken and which were drawn, and what does not fit is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from heanet.config import ModelConfig, StartConfig
from heanet.data.dataset import Alloy, Dataset, alloy_of
from heanet.errors import CheckpointError
from heanet.nn.model import HEANet
from heanet.training.checkpoints import ModelCard, StartCard, load_checkpoint
from heanet.training.registry import find_checkpoint

_TOWER = "towers."
# What must be the same for weights to mean the same, by the part that it shapes.
_BODY = ("hidden_channels", "n_filters", "n_interactions", "n_gaussian", "gaussian_width", "cutoff")
_TOWERS = ("hidden_channels", "tower_h1", "tower_h2")


@dataclass(frozen=True)
class TransferReport:
    """Which tensors of a network were taken from another one.

    Attributes:
        source: Name of the model that they are from.
        loaded: Names of those that were taken.
        drawn: Names of those that start from random numbers.
    """

    source: str
    loaded: tuple[str, ...]
    drawn: tuple[str, ...]

    def __str__(self) -> str:
        new = sorted({name.split(".")[1] for name in self.drawn if name.startswith(_TOWER)})
        towers = f"towers of {', '.join(new)} drawn" if new else "no tower drawn"
        n_all = len(self.loaded) + len(self.drawn)
        return f"{len(self.loaded)} of {n_all} tensors from {self.source}, {towers}"


@dataclass(frozen=True, eq=False)
class Start:
    """What a training starts from.

    Attributes:
        tensors: The weights that are taken, by name.
        card: What is said of them on the card of the new model.
        report: Which they are.
    """

    tensors: Mapping[str, Tensor]
    card: StartCard
    report: TransferReport

    @property
    def alloys(self) -> dict[str, Alloy]:
        """Composition by name of the rows that have trained them already."""
        return alloys_of(self.card)

    def seen_in(self, dataset: Dataset) -> dict[str, Alloy]:
        """The same, with the rows of a data set that had chosen their epoch."""
        known = dict(zip(dataset.names, dataset.compositions, strict=True))
        return {**{n: known[n] for n in self.card.chosen_on if n in known}, **self.alloys}


def start_of(start: StartConfig, model: ModelConfig) -> Start | None:
    """The weights that a training starts from; None where all are drawn.

    Args:
        start: Strategy and source.
        model: Shape of the network that is to be trained.

    Raises:
        CheckpointError: There is no such source, it is damaged, or its shape is another one.
    """
    if start.strategy == "scratch":
        return None
    folder = find_checkpoint(start.init)
    card, ensemble = load_checkpoint(folder)
    _check_shapes(card, model, with_towers=start.strategy == "tl1")
    network = ensemble.members[0]  # the members of an ensemble are as good as one another
    found = network.state_dict()
    wanted = list(HEANet(model).state_dict())
    kept = [name for name in wanted if name in found and _is_taken(name, start)]
    return Start(
        tensors={name: found[name].detach().clone() for name in kept},
        card=_start_card(start, card),
        report=TransferReport(
            card.name, tuple(kept), tuple(name for name in wanted if name not in kept)
        ),
    )


def alloys_of(card: StartCard) -> dict[str, Alloy]:
    """Composition by name of the rows that had trained the weights of a start before."""
    rows = (dict(zip(card.elements, row, strict=True)) for row in card.compositions)
    return dict(zip(card.names, map(alloy_of, rows), strict=True))


def _is_taken(name: str, start: StartConfig) -> bool:
    return start.strategy == "tl1" or not name.startswith(_TOWER)


def _check_shapes(card: ModelCard, model: ModelConfig, *, with_towers: bool) -> None:
    keys = dict.fromkeys((*_BODY, *(_TOWERS if with_towers else ())))
    differ = [
        f"{key} {getattr(card.model, key)} there, {getattr(model, key)} here"
        for key in keys
        if getattr(card.model, key) != getattr(model, key)
    ]
    if differ:
        raise CheckpointError(
            f"The weights of '{card.name}' do not fit this network: {'; '.join(differ)}",
            fix="Give the network the shape of its source, or start from scratch.",
        )


def _start_card(start: StartConfig, card: ModelCard) -> StartCard:
    """What was trained on before counts as seen, also what the source itself had started from."""
    before = alloys_of(card.start) if card.start else {}
    fractions = (dict(zip(card.domain.elements, x, strict=True)) for x in card.domain.compositions)
    seen = {**before, **dict(zip(card.domain.names, map(alloy_of, fractions), strict=True))}
    elements = tuple(sorted({symbol for alloy in seen.values() for symbol, _ in alloy}))
    return StartCard(
        strategy=start.strategy,
        source=card.name,
        weights_sha256=card.weights_sha256,
        names=tuple(seen),
        chosen_on=(*card.chosen_on, *(card.start.chosen_on if card.start else ())),
        elements=elements,
        compositions=tuple(
            tuple(dict(alloy).get(symbol, 0.0) for symbol in elements) for alloy in seen.values()
        ),
    )
