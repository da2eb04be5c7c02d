"""HEANet: six properties of a high-entropy alloy from its cell.

Names are imported on first use, so that ``import heanet`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from heanet.imports import leave_out_compiler

if TYPE_CHECKING:
    from heanet.data.describe import describe
    from heanet.data.elementgraph import element_graph
    from heanet.data.labels import load_labels
    from heanet.data.lattices import detect_lattice
    from heanet.data.structures import read_structures, write_structure
    from heanet.errors import HeanetError
    from heanet.prediction import Model, Prediction, load_model, predict
    from heanet.properties import TASKS

__version__ = "0.1.0"

# Where each public name lives.
_HOME = {
    "Model": "heanet.prediction",
    "Prediction": "heanet.prediction",
    "load_model": "heanet.prediction",
    "predict": "heanet.prediction",
    "describe": "heanet.data.describe",
    "detect_lattice": "heanet.data.lattices",
    "element_graph": "heanet.data.elementgraph",
    "load_labels": "heanet.data.labels",
    "read_structures": "heanet.data.structures",
    "write_structure": "heanet.data.structures",
    "HeanetError": "heanet.errors",
    "TASKS": "heanet.properties",
}

__all__ = list(_HOME)

leave_out_compiler()


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'heanet' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
