"""Outcomes out of the tables that they were written into.

The tables of a finished comparison hold everything that an outcome is made of, and its key. So a
rebuild on another machine, or in a new home, fits only what is missing or has changed since.
"""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from heanet.comparison.cases import CURVE_DIGITS, VALUE_DIGITS, Outcome, case_key, rows_used, short
from heanet.comparison.plan import Case, case_split
from heanet.comparison.results import load_results
from heanet.comparison.tables import FIT_KEYS, fit_keys
from heanet.data.dataset import Dataset
from heanet.errors import DataError

_CASE = list(FIT_KEYS)


def recall(folder: Path, dataset: Dataset, cases: Sequence[Case]) -> Iterator[Outcome]:
    """The outcomes of some cases, as they were tabulated, for the present settings, data and rows.

    Args:
        folder: Of the tables; nothing is recalled where there are none, or damaged ones.
        dataset: Labelled set of the comparison.
        cases: Which ones.
    """
    try:
        results = load_results(folder)
    except DataError:
        return
    fits = {tuple(fit[key] for key in _CASE): fit for fit in results.fits.to_dict("records")}
    known = [case for case in cases if _of(case) in fits]
    current = [case for case in known if fits[_of(case)]["key"] == case_key(dataset, case)]
    predictions = dict(list(results.predictions.groupby(_CASE, sort=False)))
    curves = dict(list(results.curves.groupby(_CASE, sort=False)))
    for case in current:
        if _of(case) not in predictions:
            continue  # the tables do not belong together
        yield _outcome(
            case,
            fits[_of(case)],
            predictions[_of(case)],
            curves.get(_of(case)),
            dataset,
        )


def _of(case: Case) -> tuple[str, ...]:
    """A case as pandas names a group of its rows."""
    return tuple(fit_keys(case).values())


def _outcome(
    case: Case,
    fit: Mapping[Hashable, object],
    predictions: pd.DataFrame,
    curve: pd.DataFrame | None,
    dataset: Dataset,
) -> Outcome:
    split = case_split(dataset, case)
    trained, chosen_on = rows_used(case, split)
    trained_names, chosen_names, tested = (
        tuple(dataset.names[i] for i in rows) for rows in (trained, chosen_on, split.test)
    )
    return Outcome(
        case=case,
        key=str(fit["key"]),
        commit=str(fit["commit"]),
        trained=trained_names,
        chosen_on=chosen_names,
        tested=tested,
        values={
            str(task): {
                name: short(value, VALUE_DIGITS)
                for name, value in zip(part["name"], part["value"], strict=True)
            }
            for task, part in predictions.groupby("task", sort=False)
        },
        curve=[] if curve is None else _points(curve),
        seconds=math.nan,  # of another machine
    )


def _points(curve: pd.DataFrame) -> list[dict[str, float]]:
    """One record per epoch, its series in the order of the table."""
    series = list(dict.fromkeys(curve["series"]))
    wide = curve.pivot(index="epoch", columns="series", values="value")[series]
    return [
        {"epoch": float(epoch), **{str(k): short(value, CURVE_DIGITS) for k, value in row.items()}}
        for epoch, row in zip(wide.index, wide.to_dict("records"), strict=True)
    ]
