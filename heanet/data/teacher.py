"""CHGNet as the teacher: energies, relaxed cells and site moments without DFT.

B. Deng et al., Nat. Mach. Intell. 5, 1031 (2023), doi 10.1038/s42256-023-00716-3. Its weights come
inside its package, an optional extra. It was trained on Materials Project DFT (PBE, with a Hubbard
U in oxides), so its energies stand on another scale than those of HEA-DFT, and its moments are
magnitudes: they carry no sign.
"""

import warnings
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from io import StringIO
from typing import Any

import numpy as np
import torch
from ase.calculators.calculator import Calculator, all_changes
from ase.filters import FrechetCellFilter
from ase.optimize import LBFGS
from ase.stress import full_3x3_to_voigt_6_stress
from numpy.typing import NDArray
from pymatgen.core import Element, Structure
from pymatgen.io.ase import AseAtomsAdaptor
from threadpoolctl import threadpool_limits

from heanet.errors import ConfigError, DataError

EXTRA = "chgnet"
# What decides an arrangement, a relaxation and its numbers.
_PACKAGES = (EXTRA, "ase", "torch", "pymatgen", "sqsgenerator", "numpy")
MAX_FORCE = 0.05  # eV/Angstrom, on atoms and on the cell
MAX_STEPS = 400
# Ideal sites are often a saddle point, where no force tells which way is down.
RATTLE = 0.01  # Angstrom
# Not in the teacher's training data: heavier than plutonium, and these five.
_UNKNOWN = {"Po", "At", "Rn", "Fr", "Ra"}
_HEAVIEST = 94


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A cell as the teacher relaxed it.

    Attributes:
        structure: Atoms in the order in which they were given.
        energy: eV/atom.
        moments: Magnitude of each atom's magnetic moment, muB, (n_atoms,).
        steps: Of the optimiser.
        converged: Whether the forces fell below MAX_FORCE.
    """

    structure: Structure
    energy: float
    moments: NDArray[np.float64]
    steps: int
    converged: bool


def teacher_versions() -> dict[str, str]:
    """What the labels depend on besides the cell, by package."""
    return {name: version(name) for name in _PACKAGES}


def check_known(elements: Iterable[str]) -> None:
    """Raise a ConfigError for an element that the teacher has never seen."""
    for symbol in elements:
        if not Element.is_valid_symbol(symbol) or symbol in {"D", "T"}:
            raise ConfigError(f"'{symbol}' is no chemical element", expected="symbols such as Fe")
        if symbol in _UNKNOWN or Element(symbol).Z > _HEAVIEST:
            raise ConfigError(
                f"CHGNet does not know {symbol}",
                expected="elements up to Pu, without Po, At, Rn, Fr and Ra",
            )


class _Potential(Calculator):
    """CHGNet for ASE: energy, forces, stress and site moments from one backward pass.

    CHGNet's own calculator makes two passes and keeps both differentiable for a training, which
    takes twice the time of this one; energies are the same, forces agree to 1e-6 eV/Angstrom.
    """

    implemented_properties = ["energy", "free_energy", "forces", "stress", "magmoms"]  # noqa: RUF012

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        super().__init__()
        self.model = model

    def calculate(
        self,
        atoms: Any = None,  # noqa: ANN401
        properties: Any = None,  # noqa: ANN401
        system_changes: Any = all_changes,  # noqa: ANN401
    ) -> None:
        """Everything at once: asked for the energy alone, an optimiser asks for forces next."""
        super().calculate(atoms, properties, system_changes)
        structure = AseAtomsAdaptor.get_structure(atoms)
        graph = self.model.graph_converter(structure)
        leaves = (graph.lattice.requires_grad_(), graph.atom_frac_coord.requires_grad_())
        found = self.model([graph], task="em")
        energy = found["e"].sum() * (len(structure) if self.model.is_intensive else 1)
        by_lattice, by_coords = torch.autograd.grad(energy, leaves)
        lattice = leaves[0].detach()
        stress = lattice.T @ by_lattice / torch.linalg.det(lattice).abs()
        self.results = {
            "energy": energy.item(),
            "free_energy": energy.item(),
            "forces": -(by_coords @ torch.linalg.inv(lattice).T).numpy(),
            "stress": full_3x3_to_voigt_6_stress(((stress + stress.T) / 2).numpy()),
            "magmoms": found["m"][0].detach().numpy(),
        }


@lru_cache(maxsize=1)
def _calculator() -> _Potential:
    """The potential; one per process.

    Raises:
        DataError: Its package is not installed.
    """
    try:
        from chgnet.model.model import CHGNet
    except ImportError as error:
        raise DataError(
            "CHGNet, which computes the labels, is not installed",
            fix="Install it with `pip install -r requirements-teacher.txt`.",
        ) from error
    with redirect_stdout(StringIO()):  # it announces itself
        model = CHGNet.load(use_device="cpu", verbose=False)
    model.requires_grad_(False)  # forces are derivatives by positions alone
    return _Potential(model)


def load_teacher() -> None:
    """Load the potential now, on one thread: sums then do not depend on how many there are.

    Raises:
        DataError: It is not installed.
    """
    torch.set_num_threads(1)
    threadpool_limits(1)
    _calculator()


def relax(cell: Structure, *, seed: int | None = None) -> Relaxed:
    """Relax the atoms and the cell until the forces are below MAX_FORCE, or MAX_STEPS are done.

    The same cell and seed give the same result, bit for bit, on one kind of processor.

    Args:
        cell: Atoms on the sites of a lattice.
        seed: Moves the atoms off their sites by about RATTLE first; None leaves them, so that the
            symmetry, and with it the lattice, is kept.
    """
    atoms = AseAtomsAdaptor.get_atoms(cell, msonable=False)
    if seed is not None:
        rng = np.random.default_rng(seed)
        atoms.set_positions(atoms.get_positions() + rng.normal(scale=RATTLE, size=(len(atoms), 3)))
    atoms.calc = _calculator()
    # Half the steps of FIRE, into the same minima.
    optimiser = LBFGS(FrechetCellFilter(atoms), logfile=None)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        # Of the cell's strain; an error of 1e-13 is reported.
        warnings.filterwarnings("ignore", "logm result may be inaccurate", RuntimeWarning)
        # CHGNet's own, when it reads the volume of a strained cell.
        warnings.filterwarnings("ignore", "Converting a tensor with requires_grad", UserWarning)
        converged = bool(optimiser.run(fmax=MAX_FORCE, steps=MAX_STEPS))
    return Relaxed(
        structure=Structure(
            atoms.cell.array, cell.species, atoms.get_positions(), coords_are_cartesian=True
        ),
        energy=float(atoms.get_potential_energy()) / len(atoms),
        moments=np.asarray(atoms.get_magnetic_moments(), dtype=float),
        steps=int(optimiser.nsteps),
        converged=converged,
    )
