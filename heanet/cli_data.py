"""Parts of the command ``data``: a user's own set, and one from the Materials Project."""

import sys
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from heanet.errors import FetchError


def import_zip(structures: Path, table: Path, *, name: str, method: str) -> Path:
    """Keep a user's own set; what was left out or understood is said on stderr.

    Args:
        structures: A zip of structure files.
        table: A table of labels; the headings say what a column holds.
        name: Of the set; empty: that of the zip.
        method: What the labels were computed with.

    Returns:
        The folder of the set.

    Raises:
        DataError: A file cannot be used, or something must be put right first.
    """
    from heanet.data.keptsets import import_upload

    folder, own = import_upload(structures, table, name=name, method=method)
    for field, column in own.origin["read_from"].items():
        unit = f" in {column['unit']}" if "unit" in column else ""
        print(f"heanet: {field} from column '{column['column']}'{unit}", file=sys.stderr)
    for text in (*own.notes, *(problem.message for problem in own.problems)):
        print(f"heanet: {text}", file=sys.stderr)
    return folder


def fetch_mp(
    label: Annotated[str, arg(name="property")] = "formation_energy_per_atom",
    elements: tuple[str, ...] = (),
    components: int | None = None,
    max_above_hull: float | None = None,
    limit: int | None = None,
    name: str = "mp-eform",
    overwrite: bool = False,
) -> int:
    """Fetch formation energies from the Materials Project, with your own key in MP_API_KEY.

    Crystals on fcc, bcc and hcp become a labelled set; all others are left out. Interrupted, the
    same command goes on where it stopped.

    Args:
        label: What becomes the label; formation_energy_per_atom becomes eform.
        elements: Symbols, all of them allowed: crystals of some of these and no other. Default 28
            metals that high-entropy alloys are made of.
        components: How many elements a crystal has at most; default up to five, with many elements
            fewer (three for the 28).
        max_above_hull: Energy above the hull, eV/atom, up to which a crystal counts; default any.
        limit: Keep at most so many crystals, drawn at random, always the same; default all.
        name: Of the set.
        overwrite: Replace a set of that name that came from the Materials Project.
    """
    from heanet.data.mpquery import make_query
    from heanet.data.mpset import fetch_crystals

    query = make_query(
        label=label, elements=elements, components=components, max_above_hull=max_above_hull
    )
    try:
        fetched = fetch_crystals(query, name=name, limit=limit, overwrite=overwrite)
    except KeyboardInterrupt:
        raise FetchError(
            "The download was interrupted", fix="The same command goes on where it stopped"
        ) from None
    for note in fetched.notes:
        print(f"heanet: {note}", file=sys.stderr)
    return describe_set(fetched.folder)


def describe_set(folder: Path) -> int:
    """Say what was imported."""
    from heanet.data.labels import load_labels

    labels = load_labels(folder)
    print(f"{labels.name}: {labels.title}\n{len(labels.table)} cells in {folder}")
    if len(labels.corrections):
        print(f"{len(labels.corrections)} corrections (corrections.csv), applied by default")
    return 0
