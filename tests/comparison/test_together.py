from io import StringIO

import pandas as pd

from heanet.comparison.results import leaderboard, load_results
from heanet.comparison.studytables import TRANSFER, empty_study
from heanet.comparison.together import beside, own_group
from heanet.comparison.transfercurves import transfer_curves


def test_every_task_has_a_smallest_group() -> None:
    assert [own_group(task) for task in ("etot", "emix", "ms", "rmsd")] == [
        "energies", "energies", "magnetic", "rmsd",
    ]  # fmt: skip


def test_errors_stand_beside_those_of_the_group() -> None:
    board = leaderboard(load_results().errors, split="grouped")
    found = {line.task: line for line in beside(board, "heanet")}
    assert list(found) == ["etot", "emix", "eform", "ms", "mb", "rmsd"]
    lines = board[board["model"] == "heanet"].set_index(["group", "task"])
    assert found["rmsd"].alone[0] == lines["mae"]["rmsd", "rmsd"]
    assert found["rmsd"].together[0] == lines["mae"]["all", "rmsd"]
    assert found["rmsd"].standing == "higher"
    assert found["etot"].standing == "tie"
    assert beside(board[board["group"] == "all"], "heanet") == []


HEADER = "direction,model,strategy,group,percent,n_train,fold,task,unit,n,mae,rmse,commit"
LINES = [
    "to-many,heanet,zero-shot,all,0,0,pooled,etot,eV/atom,152,0.02,0.03,abc",
    "to-many,heanet,scratch,all,20,30.4,pooled,etot,eV/atom,152,0.03,0.04,abc",
    "to-many,heanet,scratch,all,10,15.2,pooled,etot,eV/atom,152,0.05,0.06,abc",
    "to-many,heanet,scratch,all,10,15,1,etot,eV/atom,30,0.9,0.9,abc",
    "to-few,heanet,scratch,all,10,21,pooled,etot,eV/atom,212,0.7,0.9,abc",
    "to-many,gp,scratch,all,10,15,pooled,etot,eV/atom,152,0.8,0.9,abc",
]


def test_curves_of_transfer_are_pooled_and_ascend() -> None:
    table = pd.read_csv(StringIO("\n".join([HEADER, *LINES])), dtype={"fold": str})
    scratch, zero = transfer_curves(table, direction="to-many", task="etot")
    assert (scratch.strategy, scratch.rows, scratch.errors) == (
        "scratch", (15.2, 30.4), (0.05, 0.03),
    )  # fmt: skip
    assert (zero.strategy, zero.rows, zero.errors, zero.n) == ("zero-shot", (0.0,), (0.02,), 152)
    assert transfer_curves(empty_study(TRANSFER), direction="to-many", task="etot") == []
