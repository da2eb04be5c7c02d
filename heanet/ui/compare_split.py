"""What a split asks of a model, how many cells it has, and whether it leaks."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from heanet.comparison.plan import GROUPED
from heanet.comparison.results import distinct
from heanet.comparison.tables import ALL, POOLED
from heanet.ui import compare_words as words
from heanet.ui.language import _, explained, plural, together
from heanet.ui.words import plain


@dataclass(frozen=True)
class SplitFacts:
    """Cells of a split.

    Attributes:
        seen: Cells that a model learns from: for training and for choosing the epoch. In
            cross-validation the fewest of any fold.
        choosing: Of models that choose their epoch on cells of their own: (cells that train, cells
            that choose) by model.
        tested: Test cells.
        compositions: Distinct compositions of the test cells.
        shared: Those of them that were also learnt from.
        commit: Of the code that fitted the models.
    """

    seen: int
    choosing: dict[str, tuple[int, int]]
    tested: int
    compositions: int
    shared: int
    commit: str


def split_facts(errors: pd.DataFrame, split: str) -> SplitFacts | None:
    """Cells of a split, from a table of errors; None where it has no test rows."""
    whole = errors[(errors["split"] == split) & (errors["by"] == ALL)]
    test = whole[(whole["rows"] == "test") & whole["fold"].isin(["", POOLED])]
    if not len(test):
        return None
    tested = int(test["n"].max())
    learnt = whole[(whole["rows"] != "test")]
    keys = ["model", "group", "seed"]
    # Labels can be missing in one task: the number of cells is that of the task with most.
    by_rows = learnt.groupby([*keys, "rows"])["n"].max()
    seen = by_rows.groupby(keys).sum()
    most = by_rows.groupby(["model", "rows"]).max().unstack()
    chose = most.dropna() if "validation" in most else most.iloc[:0]
    if split == GROUPED:  # what one fold holds out, all the others learn from
        n_seen = tested - int(whole.loc[whole["fold"] != POOLED, "n"].max())
    else:
        n_seen = int(seen.max()) if len(seen) else 0
    return SplitFacts(
        seen=n_seen,
        choosing={
            str(model): (int(line["train"]), int(line["validation"]))
            for model, line in chose.iterrows()
        },
        tested=tested,
        compositions=int(test["compositions"].max()),
        shared=int(test["shared"].max()),
        commit=distinct(test["commit"].unique()),
    )


def show_split(errors: pd.DataFrame, split: str) -> None:
    """One sentence on the split, its numbers, and a warning where it leaks."""
    facts = split_facts(errors, split)
    if facts is None:
        st.info(_("No model was tested on this split."), icon=":material/info:")
        return
    st.markdown(
        explained(plain(split), together([words.split_question(split), _numbers(facts, split)])),
        help=_("The models were fitted by the code of commit {commit}.").format(
            commit=", ".join(f"`{plain(commit)}`" for commit in facts.commit.split())
        )
        if facts.commit
        else None,
    )
    if facts.shared:
        st.warning(
            _(
                "**{shared} of the {n} compositions tested were also learnt from.** This split "
                "puts cells of one composition on both sides, often its fcc cell here and its bcc "
                "cell there. They are near-twins: these errors say how well a model remembers an "
                "alloy, not how well it would do on a new one. The splits a1, a2, a3 and grouped "
                "keep every composition on one side."
            ).format(shared=facts.shared, n=facts.compositions),
            icon=":material/call_split:",
        )


def _numbers(facts: SplitFacts, split: str) -> str:
    tested = plural("{n} cell", "{n} cells", facts.tested)
    alloys = plural("{n} composition", "{n} compositions", facts.compositions)
    if split == GROUPED:
        text = _("Each fold learns from at least {seen} cells; {tested} of {alloys} are tested.")
    else:
        text = _("Learnt from {seen} cells, tested on {tested} of {alloys}.")
    sentences = [text.format(seen=f"{facts.seen:,}", tested=tested, alloys=alloys)]
    sentences += [
        _("{model} trains on {n} of them and chooses its epoch on {more} ({n} + {more}).").format(
            model=words.model_title(model), n=f"{n:,}", more=f"{more:,}"
        )
        for model, (n, more) in facts.choosing.items()
    ]
    if not facts.shared:
        sentences.append(_("None of these compositions was learnt from."))
    return together(sentences)
