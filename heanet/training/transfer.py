"""Where the weights of a training start: drawn anew, or taken from an earlier model.

The body (embeddings and convolutions) is what elements, lattices and distances mean to a network;
a tower reads one task off it.

    scratch   everything is drawn
    tl1       body and towers of the source, all of it trains
    tl2       body of the source, towers drawn, all of it trains
    frozen    body and towers of the source, the towers train
    teacher   body of a source that learnt a universal potential's labels, towers drawn

The published runs called tl1 never loaded what they were to start from; here nothing is skipped
silently: a report says which tensors were taken, drawn and fixed, and what does not fit is refused.
Tasks, elements and lattices that the source never saw get towers and embeddings of their own. The
elemental references of the source are kept where the new rows confirm them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pymatgen.core import Element
from torch import Tensor

from heanet.config import ModelConfig, StartConfig, Strategy
from heanet.data.dataset import Alloy, Dataset, alloy_of
from heanet.data.references import References, carry_references
from heanet.data.splits import Rows
from heanet.errors import CheckpointError
from heanet.nn.model import N_ELEMENTS, HEANet
from heanet.nn.networks import StartWeights
from heanet.properties import LATTICES, TASK_KEYS, referenced
from heanet.training.checkpoints import ModelCard, StartCard, load_checkpoint
from heanet.training.registry import find_checkpoint

_TOWER, _ELEMENT, _LATTICE = "towers.", "element.weight", "lattice.weight"
# Parts of a network.
_EMBEDDINGS, _CONVOLUTIONS, _READOUT = "embeddings", "convolutions", "towers"
# What must be the same for weights to mean the same, by the part that it shapes.
_BODY = (
    *("hidden_channels", "n_filters", "n_interactions", "n_gaussian", "gaussian_width", "cutoff"),
    "use_pbc",
)
_TOWERS = ("hidden_channels", "tower_h1", "tower_h2")


@dataclass(frozen=True)
class Taken:
    """What a strategy takes from its source.

    Attributes:
        parts: Of the network, some of PARTS; the others are drawn.
        fixed: Those of them that do not train.
    """

    parts: frozenset[str]
    fixed: frozenset[str] = frozenset()


PARTS = frozenset({_EMBEDDINGS, _CONVOLUTIONS, _READOUT})
BODY = PARTS - {_READOUT}
# Every strategy that starts from other weights; docs/extending.md adds one.
STARTS: dict[str, Taken] = {
    "tl1": Taken(PARTS),
    "tl2": Taken(BODY),
    "frozen": Taken(PARTS, fixed=BODY),
    "teacher": Taken(BODY),
}


@dataclass(frozen=True)
class TransferReport:
    """What became of every tensor of a network that starts from another one.

    Attributes:
        source: Name of the model that they are from.
        loaded: Names of those that were taken.
        drawn: Names of those that start from random numbers.
        fixed: Names of those that were taken and do not train.
        known: Elements and lattices that the source has seen. The embeddings of all others are
            drawn, and train in any case.
    """

    source: str
    loaded: tuple[str, ...]
    drawn: tuple[str, ...]
    fixed: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

    @property
    def n_tensors(self) -> int:
        """Tensors of the network that is trained."""
        return len(self.loaded) + len(self.drawn)

    @property
    def new_towers(self) -> tuple[str, ...]:
        """Tasks whose towers are drawn."""
        towers = {name.split(".")[1] for name in self.drawn if name.startswith(_TOWER)}
        return tuple(task for task in TASK_KEYS if task in towers)

    def __str__(self) -> str:
        towers = ", ".join(self.new_towers)
        parts = [
            f"{len(self.loaded)} of {self.n_tensors} tensors from {self.source}",
            f"towers of {towers} drawn" if towers else "no tower drawn",
        ]
        if self.fixed:
            parts.append(f"{len(self.fixed)} tensors do not train")
        return ", ".join(parts)

    def new_in(self, dataset: Dataset, rows: Rows) -> tuple[str, ...]:
        """Elements and lattices of some rows whose embeddings are drawn."""
        elements = {symbol for i in rows for symbol, _ in dataset.compositions[i]}
        lattices = {dataset.lattices[i] for i in rows}
        return tuple(sorted((elements | lattices) - set(self.known)))


@dataclass(frozen=True, eq=False)
class Start:
    """What a training starts from.

    Attributes:
        weights: Those that are taken.
        references: Of the source.
        card: What is said of them on the card of the new model.
        report: What became of every tensor.
    """

    weights: StartWeights
    references: References
    card: StartCard
    report: TransferReport = field(repr=False)

    @property
    def alloys(self) -> dict[str, Alloy]:
        """Composition by name of the rows that have trained them already."""
        return alloys_of(self.card)

    def seen_in(self, dataset: Dataset) -> dict[str, Alloy]:
        """The same, with the rows of a data set that had chosen their epoch."""
        known = dict(zip(dataset.names, dataset.compositions, strict=True))
        return {**{n: known[n] for n in self.card.chosen_on if n in known}, **self.alloys}


@dataclass(frozen=True, eq=False)
class Source:
    """A trained network that others may start from.

    Attributes:
        name: Of the model.
        model: Shape of the network.
        tensors: Its weights, by name.
        references: What it learnt the residuals of.
        elements: Symbols that it has been trained on.
        lattices: Parent lattices that it has been trained on.
    """

    name: str
    model: ModelConfig
    tensors: Mapping[str, Tensor]
    references: References
    elements: tuple[str, ...]
    lattices: tuple[str, ...]


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
    card, ensemble = load_checkpoint(find_checkpoint(start.init))
    start_card = _start_card(start, card)
    source = Source(
        card.name,
        card.model,
        ensemble.members[0].state_dict(),  # of card.model; those of one shape are alike
        card.references[0],
        start_card.elements,
        start_card.lattices,
    )
    weights, report = start_weights(start.strategy, model, source)
    return Start(weights, source.references, start_card, report)


def start_weights(
    strategy: Strategy, model: ModelConfig, source: Source
) -> tuple[StartWeights, TransferReport]:
    """What a network takes from a source, and what became of every tensor.

    Args:
        strategy: Any but scratch.
        model: Shape of the network that is to be trained.
        source: What it starts from.

    Raises:
        CheckpointError: The source has another shape.
    """
    start = STARTS[strategy]
    _check_shapes(source, model, with_towers=_READOUT in start.parts)
    wanted = list(HEANet(model).state_dict())
    taken = [name for name in wanted if name in source.tensors and part_of(name) in start.parts]
    fixed = [name for name in taken if part_of(name) in start.fixed]
    tensors = {name: source.tensors[name].detach().clone() for name in taken}
    report = TransferReport(
        source.name,
        loaded=tuple(taken),
        drawn=tuple(name for name in wanted if name not in taken),
        fixed=tuple(fixed),
        known=(*source.elements, *source.lattices),
    )
    return StartWeights(tensors, _never_seen(source), frozenset(fixed)), report


def part_of(tensor: str) -> str:
    """The part of the network, one of PARTS, that a tensor belongs to."""
    if tensor.startswith(_TOWER):
        return _READOUT
    return _EMBEDDINGS if tensor in (_ELEMENT, _LATTICE) else _CONVOLUTIONS


def start_references(
    source: References | None,
    dataset: Dataset,
    rows: Rows,
    *,
    tasks: Sequence[str] = (),
    transform: bool,
) -> References | None:
    """The references that a training keeps from its source.

    Args:
        source: Of the source; None without one.
        dataset: Labels and compositions.
        rows: Rows that train.
        tasks: Those that are learnt; the published ones get a reference in any case.
        transform: Whether residuals are scaled, as they were for the source.

    Returns:
        None where they are to be fitted on the rows: without a source, where residuals are not
        scaled, and where the rows' energies belong to other elemental energies.
    """
    if source is None or not transform:
        return None
    return carry_references(
        source,
        dataset.labels[list(referenced(tasks))].iloc[rows],
        dataset.fractions.iloc[rows],
        [dataset.lattices[i] for i in rows],
        dataset.n_atoms[rows],
    )


def _never_seen(source: Source) -> dict[str, tuple[int, ...]]:
    """Rows of the embeddings that nothing has trained, by tensor."""
    numbers = {Element(symbol).Z for symbol in source.elements}
    lattices = {LATTICES.index(lattice) for lattice in source.lattices}
    return {
        _ELEMENT: tuple(z for z in range(N_ELEMENTS) if z not in numbers),
        _LATTICE: tuple(i for i in range(len(LATTICES)) if i not in lattices),
    }


def alloys_of(card: StartCard) -> dict[str, Alloy]:
    """Composition by name of the rows that had trained the weights of a start before."""
    rows = (dict(zip(card.elements, row, strict=True)) for row in card.compositions)
    return dict(zip(card.names, map(alloy_of, rows), strict=True))


def _check_shapes(source: Source, model: ModelConfig, *, with_towers: bool) -> None:
    keys = dict.fromkeys((*_BODY, *(_TOWERS if with_towers else ())))
    differ = [
        f"{key} {getattr(source.model, key)} there, {getattr(model, key)} here"
        for key in keys
        if getattr(source.model, key) != getattr(model, key)
    ]
    if differ:
        raise CheckpointError(
            f"The weights of '{source.name}' do not fit this network: {'; '.join(differ)}",
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
        data=card.data.name,
        fingerprint=card.data.fingerprint,
        names=tuple(seen),
        chosen_on=(*card.chosen_on, *(card.start.chosen_on if card.start else ())),
        elements=elements,
        lattices=_sorted({*card.domain.lattices, *(card.start.lattices if card.start else ())}),
        compositions=tuple(
            tuple(dict(alloy).get(symbol, 0.0) for symbol in elements) for alloy in seen.values()
        ),
    )


def _sorted(lattices: set[str]) -> tuple[str, ...]:
    return tuple(lattice for lattice in LATTICES if lattice in lattices)
