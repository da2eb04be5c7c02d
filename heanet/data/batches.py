"""Batches of graphs by indexing: all graphs are laid end to end once, before training.

Collating graphs one by one costs a third of a training step; picking rows out of one long tensor
costs next to nothing, and gives the same batch bit for bit.
"""

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data


class GraphTable:
    """Graphs end to end, from which batches are cut.

    Every tensor is (n_all, ...), where n_all counts the nodes, pairs or graphs of all graphs.

    Args:
        graphs: Graphs with the same keys; every graph has ``edge_index`` and as many nodes as
            ``num_nodes`` says. At least one.
    """

    def __init__(self, graphs: Sequence[Data]) -> None:
        first = graphs[0]
        self._nodes = _Pieces([int(g.num_nodes) for g in graphs])
        self._edges = _Pieces([g.edge_index.shape[1] for g in graphs])
        # Indices of nodes within their own graph, so that they can be moved to any batch.
        self._edge_index = torch.cat([g.edge_index for g in graphs], dim=1)
        keys = [key for key in first.keys() if key not in {"edge_index", "num_nodes"}]  # noqa: SIM118
        self._columns = {key: torch.cat([g[key] for g in graphs]) for key in keys}
        self._pieces = {key: self._pieces_of([len(g[key]) for g in graphs]) for key in keys}

    def _pieces_of(self, sizes: list[int]) -> "_Pieces | None":
        """How a column is cut: a row per graph (None), by nodes, or by edges."""
        if set(sizes) == {1}:
            return None
        return self._nodes if sizes == self._nodes.sizes.tolist() else self._edges

    def to(self, device: torch.device) -> Self:
        """The same table with its tensors on a device."""
        self._edge_index = self._edge_index.to(device)
        self._columns = {key: column.to(device) for key, column in self._columns.items()}
        self._nodes.to(device)
        self._edges.to(device)
        return self

    @property
    def n_bytes(self) -> int:
        """Memory of the graphs."""
        return sum(column.nbytes for column in (self._edge_index, *self._columns.values()))

    def batch(self, rows: Tensor) -> Batch:
        """The batch of some graphs.

        Args:
            rows: Positions of the graphs, (n_structures,), on the table's device.
        """
        n_nodes, n_edges = self._nodes.sizes[rows], self._edges.sizes[rows]
        nodes, edges = self._nodes.cut(rows), self._edges.cut(rows)
        first_node = n_nodes.cumsum(0) - n_nodes
        columns = {}
        for key, column in self._columns.items():
            pieces = self._pieces[key]
            at = rows if pieces is None else nodes if pieces is self._nodes else edges
            columns[key] = column[at]
        shift = torch.repeat_interleave(first_node, n_edges)
        batch = Batch(
            batch=torch.repeat_interleave(torch.arange(len(rows), device=rows.device), n_nodes),
            edge_index=self._edge_index[:, edges] + shift,
            num_nodes=len(nodes),
            **columns,
        )
        batch._num_graphs = len(rows)  # what Batch.from_data_list sets
        return batch


class _Pieces:
    """Where each graph's rows lie in a long tensor."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = torch.tensor(sizes)
        self.starts = self.sizes.cumsum(0) - self.sizes

    def to(self, device: torch.device) -> None:
        self.sizes, self.starts = self.sizes.to(device), self.starts.to(device)

    def cut(self, rows: Tensor) -> Tensor:
        """Positions of the rows of some graphs, in their order."""
        sizes = self.sizes[rows]
        first = sizes.cumsum(0) - sizes
        position = torch.arange(int(sizes.sum()), device=rows.device)
        return position + torch.repeat_interleave(self.starts[rows] - first, sizes)
