"""Our own splits by the names that they carry, as ``evaluate --split`` takes them."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from heanet.data.splits import (
    Rows,
    Split,
    grouped_folds,
    leave_one_out,
    part_of_fold,
    repeated_folds,
)
from heanet.errors import ConfigError, DataError, did_you_mean
from heanet.naming import check_split

_OWN_NAME = re.compile(
    r"(?:repeat (?P<repeat>[1-9]\d?), )?fold [1-9]\d? of (?P<n_folds>[1-9]\d?)"
    r"|without (?:(?P<count>[1-9]\d? components?)|[A-Z][a-z]?(?:-[A-Z][a-z]?)*)"
    r"|(?:(?P<along>[1-9](?:\+[1-9])*) components with )?(?P<counts>[1-9](?:\+[1-9])*) components"
    r"(?:(?:, repeat (?P<again>[1-9]\d?))?, fold (?P<k>[1-9]\d?) of (?P<of>[1-9]\d?)"
    r"(?:, (?P<percent>[1-9]\d?) %)?)?"
)
_EXAMPLES = (
    "'fold 3 of 5', 'repeat 2, fold 3 of 5', 'without Cr-Fe-Ni', 'without 3 components', "
    "'2+3 components', '4+5 components, fold 1 of 5, 10 %', "
    "'2+3 components with 4+5 components, repeat 2, fold 1 of 5, 10 %'"
)


def parse_split_name(name: str) -> re.Match[str] | None:
    """The parts of the name of one of our own splits; None for a published split.

    Raises:
        ConfigError: No split has such a name.
    """
    form = _OWN_NAME.fullmatch(name)
    if form is None:
        try:
            check_split(name)
        except ConfigError as error:
            expected = f"{error.expected}, or a name like {_EXAMPLES}"
            raise ConfigError(error.given, expected=expected) from None
    return form


def own_split(
    form: re.Match[str],
    *,
    compositions: Sequence[Hashable],
    systems: Sequence[str],
    n_components: Sequence[int],
) -> Split:
    """The split that carries a name; the folds are those of seed 0.

    Args:
        form: From ``parse_split_name``.
        compositions: Composition of each row.
        systems: System of each row.
        n_components: How many elements each row has.

    Raises:
        ConfigError: There is no such fold, or no row of that kind.
        DataError: All rows are of one kind.
    """
    if form["counts"]:
        return _of_counts(form, compositions, n_components)
    if form["repeat"]:
        n_folds, n_repeats = int(form["n_folds"]), int(form["repeat"])
        splits = repeated_folds(compositions, n_folds=n_folds, n_repeats=n_repeats)
    elif form["n_folds"]:
        splits = grouped_folds(compositions, n_folds=int(form["n_folds"]))
    else:
        counts = [f"{n} component{'s' if n > 1 else ''}" for n in n_components]
        splits = leave_one_out(counts if form["count"] else systems)
    found = {split.name: split for split in splits}
    if form[0] not in found:
        # The same elements in another order are what was meant, however unlike the two texts look.
        reordered = [name for name in found if sorted(name) == sorted(form[0])]
        raise ConfigError(
            f"This labelled set has no split '{form[0]}'",
            expected=f"one of its {len(found)} splits of that form",
            fix=did_you_mean(form[0], reordered or found),
        )
    return found[form[0]]


def _of_counts(
    form: re.Match[str], compositions: Sequence[Hashable], n_components: Sequence[int]
) -> Split:
    """Rows of some component counts: all of them to train, or a part of a fold's.

    Rows of other counts may train along; they are not tested.
    """
    pool = _with_counts(form["counts"], n_components)
    along = _with_counts(form["along"], n_components) if form["along"] else pool[:0]
    if form["k"] is None:
        return Split(form[0], np.concatenate([along, pool]), pool[:0], pool[:0])
    part = part_of_fold(
        form[0],
        pool,
        [compositions[i] for i in pool.tolist()],
        fold=int(form["k"]),
        n_folds=int(form["of"]),
        percent=int(form["percent"] or 100),
        seed=int(form["again"] or 1) - 1,
    )
    return replace(part, train=np.concatenate([along, part.train]))


def _with_counts(counts: str, n_components: Sequence[int]) -> Rows:
    """Rows of alloys with one of the component counts "2+3"."""
    wanted = {int(n) for n in counts.split("+")}
    rows = np.flatnonzero([n in wanted for n in n_components])
    if len(rows) == 0:
        raise DataError(
            f"This labelled set has no alloy of {counts} components",
            expected=f"some of {' '.join(map(str, sorted(set(n_components))))}",
        )
    return rows
