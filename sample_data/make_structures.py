"""Make the sample cells of sample_data/structures and their index.

    python sample_data/make_structures.py

Random alloys sit on ideal lattice sites. Elements are put there at random (seeded), then swapped
until the pairs in the first two shells occur as often as in an infinite random alloy, which is the
idea of special quasirandom structures (A. Zunger et al., doi 10.1103/PhysRevLett.65.353) in its
plainest form. Nothing is relaxed, and no data set went into these cells.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition, Lattice, Structure

from heanet.data.neighbours import neighbour_pairs
from heanet.data.structures import write_structure

FOLDER = Path(__file__).parent / "structures"
SEED = 2022
N_SWAPS = 4_000
SHELL_WEIGHTS = (1.0, 0.5)  # the first shell matters most

# Volume per atom in their alloys, Angstrom^3, rounded. Their composition-weighted mean is within
# 0.25 Angstrom^3 of the relaxed volumes in doi 10.1038/s41524-022-00945-x on average.
ATOMIC_VOLUMES = {"Cr": 11.9, "Mn": 10.9, "Fe": 11.4, "Co": 10.9, "Ni": 10.9, "Pd": 15.2}

# Primitive cells in units of the cube edge (hcp: ideal c/a), and what an atom takes up of it.
_IDEAL_C = np.sqrt(8 / 3)
PRIMITIVE: dict[str, tuple[list[list[float]], list[list[float]]]] = {
    "fcc": ([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], [[0, 0, 0]]),
    "bcc": ([[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]], [[0, 0, 0]]),
    "hcp": (
        [[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, _IDEAL_C]],
        [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
    ),
    # Four-atom and two-atom cubes, for alloys that order on them.
    "fcc cube": (np.eye(3).tolist(), [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]),
    "bcc cube": (np.eye(3).tolist(), [[0, 0, 0], [0.5, 0.5, 0.5]]),
}


@dataclass(frozen=True)
class Sample:
    """One file to make.

    Attributes:
        file: Its name; format and compression follow from the extension.
        title: Name for people; the catalogue of the pages has it in Chinese.
        lattice: Parent lattice.
        make: Gives the frames, one for most files.
        en: Description in English.
        zh: Description in Chinese.
    """

    file: str
    title: str
    lattice: str
    make: Callable[[], list[Structure]]
    en: str
    zh: str


def lattice_sites(cell: str, repeats: tuple[int, int, int], elements: list[str]) -> Structure:
    """Elements on the sites of a repeated primitive cell, at the volume that they take up.

    Args:
        cell: A key of ``PRIMITIVE``.
        repeats: Along the three vectors of that cell.
        elements: One for each site, in the order of pymatgen's supercell.
    """
    vectors, basis = PRIMITIVE[cell]
    sites = Structure(Lattice(vectors), ["H"] * len(basis), basis) * repeats
    volume = sum(ATOMIC_VOLUMES[symbol] for symbol in elements)
    return Structure(sites.lattice.scale(volume), elements, sites.frac_coords)


def random_alloy(
    formula: str, cell: str, repeats: tuple[int, int, int], seed: int = SEED
) -> list[Structure]:
    """A random alloy whose pairs are close to those of an infinite one."""
    n_sites = len(PRIMITIVE[cell][1]) * int(np.prod(repeats))
    symbols = []
    for element, share in Composition(formula).fractional_composition.items():
        symbols += [element.symbol] * round(share * n_sites)
    rng = np.random.default_rng(seed)
    start = lattice_sites(cell, repeats, [str(symbol) for symbol in rng.permutation(symbols)])
    return [lattice_sites(cell, repeats, swap_towards_random(start, rng))]


def swap_towards_random(structure: Structure, rng: np.random.Generator) -> list[str]:
    """Element symbols after swaps that bring the pair numbers closer to chance."""
    kinds, element = np.unique([s.specie.symbol for s in structure], return_inverse=True)
    shells = shell_matrices(structure)
    error = pair_error(shells, element, len(kinds))
    for first, second in rng.integers(len(structure), size=(N_SWAPS, 2)):
        swapped = element.copy()
        swapped[[first, second]] = element[[second, first]]
        new_error = pair_error(shells, swapped, len(kinds))
        if new_error <= error:
            element, error = swapped, new_error
    return [str(symbol) for symbol in kinds[element]]


def shell_matrices(structure: Structure) -> list[NDArray[np.float64]]:
    """Number of bonds between every two sites in the first shells, each (n_atoms, n_atoms)."""
    reach = 2.2 * (structure.volume / len(structure)) ** (1 / 3)
    pairs = neighbour_pairs(structure, reach)
    radii = np.unique(np.round(pairs.distances, 3))[: len(SHELL_WEIGHTS)]
    matrices = []
    for radius in radii:
        inside = np.abs(pairs.distances - radius) < 2e-3
        bonds = np.zeros((len(structure), len(structure)))
        np.add.at(bonds, (pairs.first[inside], pairs.second[inside]), 1.0)
        matrices.append(bonds)
    return matrices


def pair_error(
    shells: list[NDArray[np.float64]], element: NDArray[np.int64], n_elements: int
) -> float:
    """Weighted squared difference between the shares of element pairs and those by chance."""
    one_hot = np.eye(n_elements)[element]
    by_chance = np.outer(one_hot.mean(axis=0), one_hot.mean(axis=0))
    return sum(
        weight * float((((one_hot.T @ bonds @ one_hot) / bonds.sum() - by_chance) ** 2).sum())
        for weight, bonds in zip(SHELL_WEIGHTS, shells, strict=True)
    )


def strained(structure: Structure, volumes: tuple[float, ...]) -> list[Structure]:
    """The same cell at several volumes, given as fractions of its own."""
    return [
        Structure(
            structure.lattice.scale(structure.volume * volume),
            structure.species,
            structure.frac_coords,
        )
        for volume in volumes
    ]


SAMPLES = (
    Sample(
        "CrMnFeCoNi_fcc.vasp",
        "CrMnFeCoNi, fcc (Cantor)",
        "fcc",
        lambda: random_alloy("CrMnFeCoNi", "fcc", (5, 4, 3)),
        "The Cantor alloy: five elements in equal parts on the lattice it is found on. 60 atoms.",
        "Cantor 合金：五种元素等比例占据其实际形成的晶格。60 个原子。",
    ),
    Sample(
        "CrMnFeCoNi_bcc.cif",
        "CrMnFeCoNi, bcc",
        "bcc",
        lambda: random_alloy("CrMnFeCoNi", "bcc", (5, 4, 3)),
        "The composition of the Cantor alloy on the lattice it avoids. 60 atoms.",
        "Cantor 合金的成分，置于其通常不取的 bcc 晶格上。60 个原子。",
    ),
    Sample(
        "CrFeCoNi_fcc.cif",
        "CrFeCoNi, fcc",
        "fcc",
        lambda: random_alloy("CrFeCoNi", "fcc", (4, 4, 4)),
        "The Cantor alloy without manganese. 64 atoms.",
        "不含锰的 Cantor 合金。64 个原子。",
    ),
    Sample(
        "CrFeCoNi_bcc.vasp",
        "CrFeCoNi, bcc",
        "bcc",
        lambda: random_alloy("CrFeCoNi", "bcc", (4, 4, 4)),
        "The same four elements on bcc: compare its energy with the fcc cell. 64 atoms.",
        "同样的四种元素置于 bcc 晶格：可与 fcc 晶胞比较能量。64 个原子。",
    ),
    Sample(
        "CrFeCoNiPd_fcc.extxyz",
        "CrFeCoNiPd, fcc",
        "fcc",
        lambda: random_alloy("CrFeCoNiPd", "fcc", (5, 4, 3)),
        "Palladium instead of manganese: a large atom that widens the lattice. 60 atoms.",
        "以钯代锰：大原子使晶格膨胀。60 个原子。",
    ),
    Sample(
        "FeCoNi_fcc.json",
        "FeCoNi, fcc",
        "fcc",
        lambda: random_alloy("FeCoNi", "fcc", (4, 3, 3)),
        "Three ferromagnets mixed: a strongly magnetic ternary. 36 atoms.",
        "三种铁磁元素的混合：强磁性三元合金。36 个原子。",
    ),
    Sample(
        "MnFeNi_fcc.extxyz",
        "MnFeNi, fcc",
        "fcc",
        lambda: random_alloy("MnFeNi", "fcc", (4, 3, 3)),
        "A ternary with manganese, whose moments can point either way. 36 atoms.",
        "含锰三元合金，锰的磁矩可取两种方向。36 个原子。",
    ),
    Sample(
        "CrFeNi_bcc.vasp",
        "CrFeNi, bcc",
        "bcc",
        lambda: random_alloy("CrFeNi", "bcc", (4, 3, 3)),
        "The elements of stainless steel in equal parts, on bcc. 36 atoms.",
        "不锈钢的三种元素等比例置于 bcc 晶格。36 个原子。",
    ),
    Sample(
        "FeNi_fcc.cif",
        "FeNi, fcc",
        "fcc",
        lambda: random_alloy("FeNi", "fcc", (4, 4, 2)),
        "A random binary, close to the Invar alloys. 32 atoms.",
        "无序二元合金，接近因瓦合金。32 个原子。",
    ),
    Sample(
        "FeNi_fcc_volumes.extxyz",
        "FeNi, fcc, five volumes",
        "fcc",
        lambda: strained(random_alloy("FeNi", "fcc", (4, 2, 2))[0], (0.94, 0.97, 1.0, 1.03, 1.06)),
        "One cell from 94 % to 106 % of its volume, five frames in one file. 16 atoms each.",
        "同一晶胞，体积从 94% 到 106%，一个文件含五帧。每帧 16 个原子。",
    ),
    Sample(
        "FeCo_B2_bcc.json",
        "FeCo, bcc, ordered (B2)",
        "bcc",
        lambda: [lattice_sites("bcc cube", (2, 2, 2), ["Fe"] * 8 + ["Co"] * 8)],
        "Ordered iron-cobalt: every Fe sees eight Co. Among the strongest magnets. 16 atoms.",
        "有序铁钴：每个 Fe 周围有八个 Co，磁性最强的合金之一。16 个原子。",
    ),
    Sample(
        "FeNi3_L12_fcc.cif",
        "FeNi3, fcc, ordered (L1_2)",
        "fcc",
        lambda: [lattice_sites("fcc cube", (1, 1, 1), ["Fe", "Ni", "Ni", "Ni"])],
        "An ordered compound: Fe on the corners, Ni on the faces of the cube. 4 atoms.",
        "有序化合物：Fe 占立方体顶点，Ni 占面心。4 个原子。",
    ),
    Sample(
        "CoNi_fcc.vasp.gz",
        "CoNi, fcc",
        "fcc",
        lambda: random_alloy("CoNi", "fcc", (4, 2, 2)),
        "Neighbours in the periodic table that mix almost ideally; gzip-compressed. 16 atoms.",
        "周期表中的邻居，混合近乎理想；文件经 gzip 压缩。16 个原子。",
    ),
    Sample(
        "CoNi_hcp.vasp",
        "CoNi, hcp",
        "hcp",
        lambda: random_alloy("CoNi", "hcp", (3, 3, 2)),
        "The third close relative: cobalt's own lattice, here with nickel. 36 atoms.",
        "第三种晶格：钴自身的 hcp 晶格，与镍混合。36 个原子。",
    ),
    Sample(
        "NiPd_fcc.extxyz",
        "NiPd, fcc",
        "fcc",
        lambda: random_alloy("NiPd", "fcc", (4, 2, 2)),
        "A small and a large atom of one column. 16 atoms.",
        "同族的一小一大两种原子。16 个原子。",
    ),
    Sample(
        "Ni_fcc.json",
        "Ni, fcc, one atom",
        "fcc",
        lambda: [lattice_sites("fcc", (1, 1, 1), ["Ni"])],
        "The smallest cell there is: one atom, all its neighbours are its own images.",
        "最小的晶胞：只有一个原子，其近邻都是它自己的周期像。",
    ),
)

_FORMATS = {".vasp": "poscar", ".cif": "cif", ".extxyz": "extxyz", ".json": "json"}


def file_content(sample: Sample) -> bytes:
    """What stands in a sample's file."""
    stem = sample.file.split(".")[0]
    extensions = Path(sample.file).suffixes
    frames = sample.make()
    for frame in frames:
        frame.properties = {"name": stem}
    text = "".join(write_structure(frame, _FORMATS[extensions[0]]) for frame in frames)
    data = text.encode()
    return gzip.compress(data, mtime=0) if extensions[-1] == ".gz" else data


def main() -> None:
    """Write every file and the index."""
    FOLDER.mkdir(exist_ok=True)
    index = []
    for sample in SAMPLES:
        (FOLDER / sample.file).write_bytes(file_content(sample))
        index.append(
            {
                "file": sample.file,
                "title": sample.title,
                "lattice": sample.lattice,
                "en": sample.en,
                "zh": sample.zh,
            }
        )
        print(sample.file)
    text = json.dumps(index, ensure_ascii=False, indent=2) + "\n"
    (FOLDER / "index.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
