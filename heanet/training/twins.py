"""The same rows with the other kind of cell, to train along."""

from heanet.config import ModelConfig, NetworkConfig
from heanet.data.dataset import Dataset, make_dataset
from heanet.errors import ConfigError
from heanet.nn.model import grid_of


def twins_of(dataset: Dataset, config: NetworkConfig) -> Dataset:
    """A data set with its cells as built where they are relaxed, and the other way round.

    Args:
        dataset: Element graphs of one kind of cell.
        config: Of the network that reads them.

    Raises:
        ConfigError: The network reads no element graphs.
        DataError: A cell does not show what it was built as.
    """
    if not isinstance(config, ModelConfig):
        raise ConfigError(
            f"Option --twins with a {type(config).__name__}",
            expected="a network on element graphs",
        )
    return make_dataset(
        dataset.source,
        grid=grid_of(config),
        use_pbc=config.use_pbc,
        cells="relaxed" if dataset.cells == "built" else "built",
        progress=False,
    )
