"""What libraries would load for nothing: said, and left out, in this one place.

torch_geometric loads torch's compiler, with sympy and torch.distributed, to know one of its classes
by name; vesin loads torch to know its tensors. Both get on without until somebody uses them.
Modules of our own that are heavy are imported where they are used, and by the app in the background
(heanet.ui.heavy).
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType

_ASKS, _COMPILER = "torch_geometric.isinstance", "torch._dynamo"


class _WithoutCompiler(SourceFileLoader):
    """Loads the module that asks for the compiler; torch itself loads it at its first use."""

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[_COMPILER] = ModuleType(_COMPILER)
        try:
            super().exec_module(module)
        finally:
            del sys.modules[_COMPILER]


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _ASKS or _COMPILER in sys.modules:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = _WithoutCompiler(fullname, spec.origin)
        return spec_from_file_location(fullname, spec.origin, loader=loader)


def leave_out_compiler() -> None:
    """From now on torch_geometric comes without torch's compiler."""
    sys.meta_path.insert(0, _Finder())


def load_vesin_alone() -> None:
    """Load vesin without torch, in a process that needs no torch."""
    if "torch" in sys.modules:
        return
    sys.modules["torch"] = None  # type: ignore[assignment] # an import of it fails
    try:
        importlib.import_module("vesin")
    finally:
        del sys.modules["torch"]
