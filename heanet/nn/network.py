"""What training and evaluation ask of a network, whatever kind of graph it reads."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn
from torch_geometric.data import Batch

from heanet.config import NetworkConfig


class Network(nn.Module, ABC):
    """Graphs -> one number per structure and task.

    Attributes:
        config: Everything that fixes its shape and meaning.
        learns_residuals: Whether it puts out scaled residuals over the elemental references
            (heanet.data.references), or the labels themselves.
    """

    config: NetworkConfig
    learns_residuals: ClassVar[bool] = True

    @abstractmethod
    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """One value per structure, (n_structures,), for every task of ``config``."""
