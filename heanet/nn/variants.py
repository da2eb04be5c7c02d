"""Variants of HEANet that were tried and not kept: what the ablation table is about."""

from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from pymatgen.core import Structure
from torch import Tensor, nn
from torch_geometric.data import Batch

from heanet.config import ModelConfig
from heanet.data.neighbours import neighbour_pairs
from heanet.nn.layers import ElementConv, smooth_cutoff
from heanet.nn.model import HEANet, grid_of

# Soft shells whose population is compared from atom to atom: centres and width, Angstrom.
SHELLS = np.arange(2.25, 6.0, 0.5)
SHELL_WIDTH = 0.35


class MomentsConfig(ModelConfig):
    """HEANet that also hears how much surroundings differ among the atoms of an element."""

    moment_scale: Annotated[float, Field(gt=0)] = 0.2
    """Of the spreads beside the mean: at 1 they drown it."""


def environment_spread(structure: Structure, *, cutoff: float) -> Tensor:
    """Spread over the atoms of element a of how many b they have in each soft shell.

    The element graph holds the mean over these atoms. Invariant like the graph itself.

    Args:
        structure: Ordered cell.
        cutoff: Angstrom.

    Returns:
        (n_elements**2, n_shells), rows as the pairs of the element graph.
    """
    numbers = np.array([site.specie.Z for site in structure])
    elements, member = np.unique(numbers, return_inverse=True)
    pairs = neighbour_pairs(structure, cutoff)
    envelope = smooth_cutoff(torch.from_numpy(pairs.distances), cutoff).numpy()
    shells = np.exp(-0.5 * ((pairs.distances[:, None] - SHELLS) / SHELL_WIDTH) ** 2)
    around: NDArray[np.float64] = np.zeros((len(numbers), len(elements), len(SHELLS)))
    np.add.at(around, (pairs.first, member[pairs.second]), shells * envelope[:, None])
    spread = np.stack([around[member == a].std(axis=0) for a in range(len(elements))])
    return torch.from_numpy(spread.reshape(len(elements) ** 2, -1)).float()


class MomentsNet(HEANet):
    """HEANet on element graphs whose ``edge_attr`` has the spreads behind the distributions.

    Every convolution weighs them beside what its filter makes of the mean.
    """

    def __init__(self, config: MomentsConfig) -> None:
        super().__init__(config)
        self.scale = config.moment_scale
        self.n_bins = grid_of(config).n_bins
        self.spread = nn.ModuleList(
            nn.Linear(len(SHELLS), config.n_filters, bias=False) for _ in self.convolutions
        )

    def states(self, batch: Batch) -> Tensor:
        """Element states after the last convolution, (n_elements, hidden_channels)."""
        state = self.element(batch.z) + self.lattice(batch.lattice)[batch.batch]
        mean, spread = batch.edge_attr[:, : self.n_bins], batch.edge_attr[:, self.n_bins :]
        for convolution, weigh in zip(self.convolutions, self.spread, strict=True):
            if not isinstance(convolution, ElementConv):
                raise TypeError(type(convolution).__name__)
            filters = convolution.filter(self.basis.gaussians) * self.basis.envelope
            weight = mean @ filters / convolution.norm + self.scale * weigh(spread)
            messages = convolution.propagate(
                batch.edge_index, x=convolution.lin1(state), weight=weight
            )
            state = state + convolution.lin(convolution.activation(convolution.lin2(messages)))
        return state
