"""A cell as a list of balls and sticks: what the 3D view draws, worked out beforehand.

The browser gets coordinates, never the text of a file. So a supercell, the images on the cell faces
and the bonds are tested here and not in a browser, and nothing a file contains can act as markup.
"""

from dataclasses import dataclass, field
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Structure
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

Style = Literal["balls", "spheres"]

# Beyond this many drawn atoms, bonds and clicks make a browser slow.
MAX_INTERACTIVE = 5_000
# Beyond this many, the cell is drawn once instead of repeated.
MAX_DRAWN = 40_000
# Atoms this close to a cell face count as lying on it, Angstrom: relaxed atoms leave it a little.
FACE_TOLERANCE = 0.3
# Balls are drawn at this part of the radius at which neighbours touch.
BALL_SCALE = 0.42
_DEFAULT_RADIUS = 1.4  # Angstrom, for the few elements without any tabulated radius


@dataclass(frozen=True)
class ViewOptions:
    """What to draw.

    Attributes:
        style: ``"balls"`` shows the lattice behind, ``"spheres"`` lets neighbours touch.
        repeats: How often the cell is drawn along a, b, c.
        images: Repeat atoms on a cell face on the opposite face.
        hidden: Elements that are left out.
        bond_cutoff: Draw a stick between atoms closer than this, Angstrom; 0 draws none.
    """

    style: Style = "balls"
    repeats: tuple[int, int, int] = (1, 1, 1)
    images: bool = False
    hidden: frozenset[str] = field(default_factory=frozenset)
    bond_cutoff: float = 0.0


class Scene(TypedDict):
    """Plain numbers and strings, ready for JSON. Lengths in Angstrom."""

    symbols: list[str]  # elements drawn, by atomic number
    radii: list[float]  # of ``symbols``
    element: list[int]  # index into ``symbols``, (n_drawn,)
    site: list[int]  # index of the atom in the cell, (n_drawn,)
    xyz: list[float]  # (3 * n_drawn,)
    bonds: list[list[int]]  # pairs of drawn atoms
    cell: list[list[float]]  # lattice vectors as rows
    repeats: list[int]  # as drawn
    interactive: bool  # atoms can be clicked
    views: dict[str, list[float]]  # quaternions (x, y, z, w): "a", "b", "c" and "default"


def build_scene(structure: Structure, options: ViewOptions) -> Scene:
    """The scene of a cell.

    Repeats that would draw more than ``MAX_DRAWN`` atoms are not made; above ``MAX_INTERACTIVE``
    there are no bonds and no clicks. Both can be read off the scene (``repeats``, ``interactive``).
    """
    all_symbols = np.array([site.specie.symbol for site in structure])
    shown = np.flatnonzero(~np.isin(all_symbols, list(options.hidden)))
    repeats = options.repeats if len(shown) * np.prod(options.repeats) <= MAX_DRAWN else (1, 1, 1)
    fractional, which = _placed(structure, shown, repeats, images=options.images)
    xyz = fractional @ structure.lattice.matrix
    interactive = len(xyz) <= MAX_INTERACTIVE
    symbols = sorted(set(all_symbols[shown].tolist()), key=lambda symbol: Element(symbol).Z)
    scale = 1.0 if options.style == "spheres" else BALL_SCALE
    number = {symbol: k for k, symbol in enumerate(symbols)}
    return Scene(
        symbols=symbols,
        radii=[round(scale * touching_radius(symbol), 3) for symbol in symbols],
        element=[number[symbol] for symbol in all_symbols[which]],
        site=which.tolist(),
        xyz=np.round(xyz, 3).ravel().tolist(),
        bonds=_bonds(xyz, options.bond_cutoff if interactive else 0.0),
        cell=structure.lattice.matrix.tolist(),
        repeats=list(repeats),
        interactive=interactive,
        views=axis_views(structure.lattice.matrix),
    )


def touching_radius(symbol: str) -> float:
    """Radius at which neighbours of the pure metal touch, in Angstrom.

    pymatgen's metallic radius (coordination 12); the atomic radius for elements without one.
    """
    data = Element(symbol).data
    for key in ("Metallic radius", "Atomic radius"):
        try:
            return float(data[key])
        except (KeyError, TypeError, ValueError):  # "no data"
            continue
    return _DEFAULT_RADIUS


def axis_views(matrix: NDArray[np.float64]) -> dict[str, list[float]]:
    """Rotations that turn a lattice vector towards the viewer.

    The viewer looks along -z with y up. The default view is the usual one of
    crystal drawings: c up, a towards the viewer, seen a little from the right and from above.

    Args:
        matrix: Lattice vectors as rows, (3, 3).

    Returns:
        Unit quaternions (x, y, z, w) for ``"a"``, ``"b"``, ``"c"`` and ``"default"``.
    """
    a, b, c = (row / np.linalg.norm(row) for row in matrix)
    facing = {"a": (a, c), "b": (b, c), "c": (c, b), "default": (a + 0.35 * b + 0.25 * c, c)}
    return {name: _facing(towards, up) for name, (towards, up) in facing.items()}


def _facing(towards: NDArray[np.float64], up: NDArray[np.float64]) -> list[float]:
    """The rotation that takes ``towards`` to +z and ``up`` into the upper half of the yz plane."""
    z = towards / np.linalg.norm(towards)
    y = up - (up @ z) * z
    y /= np.linalg.norm(y)
    rotation = Rotation.from_matrix(np.array([np.cross(y, z), y, z]))
    return [round(float(part), 6) for part in rotation.as_quat()]


def _placed(
    structure: Structure, shown: NDArray[np.int64], repeats: tuple[int, int, int], *, images: bool
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Fractional coordinates of everything drawn (n_drawn, 3), and its atom in the cell (n_drawn,).

    Atoms are wrapped into the cell, those just below an upper face to the lower one, so that a
    relaxed layer stays together.
    """
    spacing = np.array([structure.lattice.d_hkl(face) for face in np.eye(3, dtype=int).tolist()])
    tolerance = np.minimum(FACE_TOLERANCE / spacing, 0.25)
    base = np.mod(structure.frac_coords[shown] + tolerance, 1.0) - tolerance
    offsets = np.array(list(np.ndindex(repeats)), dtype=np.float64)
    fractional = (base[None, :, :] + offsets[:, None, :]).reshape(-1, 3)
    which = np.tile(shown, len(offsets))
    if images:
        for axis in range(3):
            on_face = np.abs(fractional[:, axis]) <= tolerance[axis]
            shift = np.eye(3)[axis] * repeats[axis]
            fractional = np.vstack([fractional, fractional[on_face] + shift])
            which = np.concatenate([which, which[on_face]])
    return fractional, which


def _bonds(xyz: NDArray[np.float64], cutoff: float) -> list[list[int]]:
    if cutoff <= 0 or len(xyz) < 2:
        return []
    pairs: list[list[int]] = KDTree(xyz).query_pairs(cutoff, output_type="ndarray").tolist()
    return pairs
