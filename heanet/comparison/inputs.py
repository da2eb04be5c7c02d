"""The labelled set in every form that a contender reads."""

import copy
from dataclasses import replace
from functools import cached_property

import torch
from pymatgen.core import Structure
from torch_geometric.data import Data

from heanet.comparison.contenders import Graphs
from heanet.config import ModelConfig
from heanet.data.dataset import Dataset, make_dataset, with_lattices
from heanet.nn.baselines import SchNetConfig, atom_graph
from heanet.nn.model import grid_of
from heanet.nn.published_elements import published_element_graph
from heanet.nn.variants import environment_spread


class Inputs:
    """The labelled set in every form that a model reads, each made when it is first asked for.

    Args:
        dataset: Element graphs on HEANet's grid, and labels.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.element = dataset

    @cached_property
    def published(self) -> Dataset:
        """Graphs of the published network."""
        return self._with([published_element_graph(self._cell(n)) for n in self.element.names])

    @cached_property
    def atom(self) -> Dataset:
        """Atom graphs with SchNet's cutoff."""
        cutoff = SchNetConfig().cutoff
        return self._with([atom_graph(self._cell(n), cutoff=cutoff) for n in self.element.names])

    @cached_property
    def built(self) -> Dataset:
        """Element graphs of the cells as they were built."""
        model = ModelConfig()
        return make_dataset(self.element.source, grid=grid_of(model), cells="built", progress=False)

    @cached_property
    def moments(self) -> Dataset:
        """Element graphs with the spread of surroundings behind the mean."""
        cutoff = ModelConfig().cutoff
        graphs = []
        for name, graph in zip(self.element.names, self.element.graphs, strict=True):
            wider = copy.copy(graph)
            spread = environment_spread(self._cell(name), cutoff=cutoff)
            wider.edge_attr = torch.cat([graph.edge_attr, spread], dim=1)
            graphs.append(wider)
        return replace(self.element, graphs=graphs)

    def of(self, graphs: Graphs) -> Dataset:
        """The data set with one kind of graph."""
        return {
            "element": lambda: self.element,
            "published": lambda: self.published,
            "atom": lambda: self.atom,
            "built": lambda: self.built,
            "moments": lambda: self.moments,
        }[graphs]()

    def _cell(self, name: str) -> Structure:
        return self.element.source.read_cell(name)

    def _with(self, graphs: list[Data]) -> Dataset:
        return replace(self.element, graphs=with_lattices(graphs, self.element.lattices))
