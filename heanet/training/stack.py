"""Several networks of one shape as one: their weights side by side, their filters evaluated once.

In inference the filters are numbers on the radial grid, so they are kept, and one matrix product
gives the weights of all layers of all members for all pairs. Everything after that is a batched
product over the members. The sums are those of the members one at a time, in another order.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from heanet.data.randomalloy import PairRows
from heanet.nn.layers import ElementConv, ShiftedSoftplus
from heanet.nn.model import HEANet

_SSP = ShiftedSoftplus()


class Stack:
    """Networks that give their contributions together.

    Args:
        members: HEANets with equal configurations, on one device, in inference mode; at least one.
    """

    def __init__(self, members: Sequence[HEANet]) -> None:
        self.tasks = members[0].config.tasks
        self._n = len(members)
        with torch.no_grad():
            self._element = torch.stack([m.element.weight for m in members])
            self._lattice = torch.stack([m.lattice.weight for m in members])
            layers = list(zip(*(_convolutions(member) for member in members), strict=True))
            # (n_bins, n_interactions * n_members * n_filters)
            self._filters = _filters(members, layers)
            self._layers = [_Layer(of) for of in layers]
            self._towers = _Towers([_towers(member) for member in members])

    @classmethod
    def fits(cls, members: Sequence[HEANet]) -> bool:
        """Whether some networks can be stacked: several of one shape, and none a variant."""
        return len(members) > 1 and all(
            type(member) is HEANet and member.config == members[0].config for member in members
        )

    @torch.inference_mode()
    def contributions(self, batch: Data) -> dict[str, Tensor]:
        """As ``HEANet.contributions`` of every member, (n_members, n_elements) per task.

        Args:
            batch: Element graphs as one, as ``HEANet`` reads them.
        """
        state = self._element[:, batch.z] + self._lattice[:, batch.lattice[batch.batch]]
        # (n_pairs, n_interactions * n_members * n_filters)
        weights = _multiply(batch.edge_attr, self._filters)
        source, target = batch.edge_index
        width = weights.shape[1] // max(1, len(self._layers))
        for k, layer in enumerate(self._layers):
            sent = layer.sent(state).transpose(0, 1).reshape(len(batch.z), width)
            messages = sent[source].mul_(weights[:, k * width : (k + 1) * width])
            heard = torch.zeros_like(sent).index_add_(0, target, messages)
            state = state + layer.mixed(heard.view(-1, self._n, width // self._n).transpose(0, 1))
        return dict(zip(self.tasks, self._towers(state).unbind(dim=1), strict=True))


class _Layer:
    """The linear maps of one convolution of all members."""

    def __init__(self, convolutions: Sequence[ElementConv]) -> None:
        self.lin1 = _weights([conv.lin1 for conv in convolutions])
        self.lin2 = _weights([conv.lin2 for conv in convolutions])
        self.lin2_bias = _biases([conv.lin2 for conv in convolutions])
        self.lin = _weights([conv.lin for conv in convolutions])
        self.lin_bias = _biases([conv.lin for conv in convolutions])

    def sent(self, state: Tensor) -> Tensor:
        """(n_members, n_elements, hidden_channels) -> (n_members, n_elements, n_filters)."""
        return torch.bmm(state, self.lin1)

    def mixed(self, heard: Tensor) -> Tensor:
        """(n_members, n_elements, n_filters) -> (n_members, n_elements, hidden_channels)."""
        inner = _SSP(torch.baddbmm(self.lin2_bias, heard, self.lin2))
        return torch.baddbmm(self.lin_bias, inner, self.lin)


class _Towers:
    """The towers of all members: the tasks of one member begin with one product."""

    def __init__(self, towers: Sequence[Sequence[nn.Sequential]]) -> None:
        self.n_tasks = len(towers[0])
        linears = [_linears(head) for of in towers for head in of]  # member by member
        first, second, last = zip(*linears, strict=True)
        n_members = len(towers)
        self.first = _joined(_weights(first), n_members)
        self.first_bias = _joined(_biases(first), n_members)
        self.second, self.second_bias = _weights(second), _biases(second)
        self.last, self.last_bias = _weights(last), _biases(last)

    def __call__(self, state: Tensor) -> Tensor:
        """(n_members, n_elements, hidden_channels) -> (n_members, n_tasks, n_elements)."""
        n_members, n_elements, _ = state.shape
        inner = _SSP(torch.baddbmm(self.first_bias, state, self.first))
        by_task = inner.view(n_members, n_elements, self.n_tasks, -1).transpose(1, 2)
        flat = by_task.reshape(n_members * self.n_tasks, n_elements, -1)
        inner = _SSP(torch.baddbmm(self.second_bias, flat, self.second))
        return torch.baddbmm(self.last_bias, inner, self.last).view(n_members, self.n_tasks, -1)


def _multiply(rows: Tensor | PairRows, filters: Tensor) -> Tensor:
    """Distributions times filters; nodes closer than any pair are left out."""
    if isinstance(rows, PairRows):
        return rows @ filters
    occupied = (rows != 0).any(dim=0).nonzero()
    first = int(occupied[0]) if len(occupied) else 0
    return rows[:, first:] @ filters[first:]


def _filters(members: Sequence[HEANet], layers: Sequence[Sequence[ElementConv]]) -> Tensor:
    """What the convolutions of all members multiply distributions by, layer by layer."""
    found = [members[0].basis.envelope[:, :0]]  # without layers there is nothing but the grid
    for convolutions in layers:
        for member, conv in zip(members, convolutions, strict=True):
            basis = member.basis
            found.append(conv.filter(basis.gaussians) * basis.envelope / conv.norm)
    return torch.cat(found, dim=1)


def _convolutions(member: HEANet) -> list[ElementConv]:
    return [cast("ElementConv", conv) for conv in member.convolutions]


def _towers(member: HEANet) -> list[nn.Sequential]:
    return [cast("nn.Sequential", member.towers[task]) for task in member.config.tasks]


def _linears(head: nn.Sequential) -> list[nn.Linear]:
    return [part for part in head if isinstance(part, nn.Linear)]


def _weights(linears: Sequence[nn.Linear]) -> Tensor:
    """(n, in, out), for products from the right."""
    return torch.stack([linear.weight.T for linear in linears]).contiguous()


def _biases(linears: Sequence[nn.Linear]) -> Tensor:
    """(n, 1, out)."""
    return torch.stack([linear.bias for linear in linears])[:, None]


def _joined(stacked: Tensor, n_members: int) -> Tensor:
    """(n_members * n_tasks, in, out) -> (n_members, in, n_tasks * out)."""
    return torch.stack([torch.cat(tuple(of), dim=1) for of in stacked.chunk(n_members)])
