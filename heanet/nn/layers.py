"""Building blocks of HEANet: filters on the radial grid, elemental convolution, towers."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import MessagePassing


class ShiftedSoftplus(nn.Module):
    """softplus(x) - ln 2, smooth and zero at zero (SchNet, doi 10.1063/1.5019779)."""

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise; any shape."""
        return functional.softplus(x).sub_(math.log(2.0))  # in place: no second pass over memory


def smooth_cutoff(radii: Tensor, cutoff: float) -> Tensor:
    """1 - 10 u^3 + 15 u^4 - 6 u^5 with u = r / cutoff: one at 0, zero from the cutoff on.

    Value, slope and curvature vanish at the cutoff, so an atom that crosses it changes nothing.

    Args:
        radii: Any shape, Angstrom.
        cutoff: Angstrom.
    """
    u = (radii / cutoff).clamp(0, 1)
    return 1 - u**3 * (10 - 15 * u + 6 * u**2)


class FilterBasis(nn.Module):
    """Gaussians on the nodes of the radial grid: what every filter is a function of.

    Args:
        radii: Grid nodes, shape (n_bins,), Angstrom.
        cutoff: Angstrom.
        n_gaussian: Number of Gaussians, centred evenly on [0, cutoff].
        width: Standard deviation of each, Angstrom. Below 0.2 the grid's default spacing no
            longer resolves the filters to 1e-5 (docs/decisions/001-radial-grid.md).
    """

    gaussians: Tensor
    envelope: Tensor

    def __init__(self, radii: Tensor, *, cutoff: float, n_gaussian: int, width: float) -> None:
        super().__init__()
        centres = torch.linspace(0, cutoff, n_gaussian, dtype=radii.dtype)
        gaussians = torch.exp(-0.5 * ((radii[:, None] - centres) / width) ** 2)
        # Functions of the configuration, so they are not part of a checkpoint.
        self.register_buffer("gaussians", gaussians, persistent=False)
        self.register_buffer("envelope", smooth_cutoff(radii, cutoff)[:, None], persistent=False)


class ElementConv(MessagePassing):
    """Elemental convolution: message passing on the element graph.

    m_a = sum_b lin1(t_b) * sum_k g_ab[k] W(r_k);  t_a <- t_a + lin(ssp(lin2(m_a / norm)))

    This is the interaction block of X. Wang et al. (doi 10.1038/s41524-022-00945-x) with its sum
    over atoms taken beforehand. Two deviations: the states t_b are those of the previous layer,
    not the initial embedding, and W ends smoothly at the cutoff.

    Args:
        hidden_channels: Width of the element states.
        n_filters: Width of the messages.
        n_gaussian: Width of the filter basis.
        norm: Typical number of neighbours; keeps messages of order one.
    """

    def __init__(
        self, hidden_channels: int, n_filters: int, *, n_gaussian: int, norm: float
    ) -> None:
        super().__init__(aggr="sum", node_dim=0)
        self.norm = norm
        self.filter = nn.Sequential(
            nn.Linear(n_gaussian, n_filters), ShiftedSoftplus(), nn.Linear(n_filters, n_filters)
        )
        self.lin1 = nn.Linear(hidden_channels, n_filters, bias=False)
        self.lin2 = nn.Linear(n_filters, hidden_channels)
        self.lin = nn.Linear(hidden_channels, hidden_channels)
        self.activation = ShiftedSoftplus()

    def forward(
        self, state: Tensor, edge_index: Tensor, edge_attr: Tensor, basis: FilterBasis
    ) -> Tensor:
        """New element states.

        Args:
            state: (n_elements, hidden_channels).
            edge_index: (2, n_pairs), element b to element a.
            edge_attr: (n_pairs, n_bins), distributions g_ab.
            basis: Gaussians and envelope on the grid.

        Returns:
            (n_elements, hidden_channels).
        """
        filters = self.filter(basis.gaussians) * basis.envelope  # (n_bins, n_filters)
        weight = edge_attr @ filters / self.norm  # (n_pairs, n_filters)
        messages = self.propagate(edge_index, x=self.lin1(state), weight=weight)
        return state + self.lin(self.activation(self.lin2(messages)))

    def message(self, x_j: Tensor, weight: Tensor) -> Tensor:
        """What element b sends to element a, shape (n_pairs, n_filters)."""
        return x_j * weight


def tower(hidden_channels: int, tower_h1: int, tower_h2: int, *, dropout: float) -> nn.Sequential:
    """The head of one task: element state -> that element's contribution (n_elements, 1)."""
    return nn.Sequential(
        nn.Linear(hidden_channels, tower_h1),
        ShiftedSoftplus(),
        nn.Dropout(dropout),
        nn.Linear(tower_h1, tower_h2),
        ShiftedSoftplus(),
        nn.Linear(tower_h2, 1),
    )
