from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.data.splits import PUBLISHED_SPLITS
from heanet.errors import ConfigError
from heanet.naming import checkpoint_name, parse_checkpoint_name
from heanet.properties import PUBLISHED_TASKS, TASK_KEYS

CHECKPOINTS = Path(__file__).parents[2] / "shared" / "published" / "checkpoints"
ENERGIES = ("etot", "emix", "eform")

# The published files: tasks, split, best, transfer.
PUBLISHED = {
    "mtl_1_rmsd_HEA_500_b2.pt": (("rmsd",), "b2", False, ""),
    "mtl_2_ms_mb_HEA_500_b2.pt": (("ms", "mb"), "b2", False, ""),
    "mtl_3_HEA_500_b0_best_tl1.pt": (ENERGIES, "b0", True, "tl1"),
    "mtl_3_HEA_500_b0_best_tl2.pt": (ENERGIES, "b0", True, "tl2"),
    "mtl_3_etot_emix_ef_HEA_500_b0_best.pt": (ENERGIES, "b0", True, ""),
    "mtl_3_etot_emix_ef_HEA_500_b1_best.pt": (ENERGIES, "b1", True, ""),
    "mtl_3_etot_emix_ef_HEA_500_b2.pt": (ENERGIES, "b2", False, ""),
    "mtl_6_HEA_500_b2_best.pt": (PUBLISHED_TASKS, "b2", True, ""),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_name_is_read_and_written_back(name: str) -> None:
    found = parse_checkpoint_name(name)
    assert (found.tasks, found.split, found.best, found.transfer) == PUBLISHED[name]
    assert found.epochs == 500
    assert str(found) == name.removesuffix(".pt")
    assert parse_checkpoint_name(str(found)) == found


def test_every_published_file_is_among_them() -> None:
    if not CHECKPOINTS.is_dir():
        pytest.skip("the published checkpoints are not there (../shared/published)")
    assert sorted(path.name for path in CHECKPOINTS.iterdir()) == sorted(PUBLISHED)


def test_the_old_spelling_means_eform_and_is_kept_in_the_name() -> None:
    found = parse_checkpoint_name("mtl_2_ef_ms_HEA_20_a0")
    assert found.tasks == ("eform", "ms")
    assert str(found) == "mtl_2_ef_ms_HEA_20_a0"


@pytest.mark.parametrize(
    ("n", "tasks"), [(6, PUBLISHED_TASKS), (3, ENERGIES), (2, ("ms", "mb")), (1, ("rmsd",))]
)
def test_a_count_alone_implies_tasks(n: int, tasks: tuple[str, ...]) -> None:
    assert parse_checkpoint_name(f"mtl_{n}_HEA_500_b1").tasks == tasks


def test_tasks_keep_the_order_of_the_outputs() -> None:
    assert parse_checkpoint_name("mtl_2_mb_ms_HEA_500_b1").tasks == ("mb", "ms")


@settings(deadline=None)
@given(
    tasks=st.lists(st.sampled_from(TASK_KEYS), min_size=1, unique=True).map(tuple),
    epochs=st.integers(1, 100_000),
    split=st.sampled_from(PUBLISHED_SPLITS),
    best=st.booleans(),
    transfer=st.sampled_from(["", "tl1", "tl2"]),
)
def test_a_new_name_is_read_back(
    tasks: tuple[str, ...], epochs: int, split: str, best: bool, transfer: str
) -> None:
    name = checkpoint_name(tasks, epochs=epochs, split=split, best=best, transfer=transfer)  # type: ignore[arg-type]
    assert parse_checkpoint_name(f"{name}.pt") == name
    found = (name.tasks, name.epochs, name.split, name.best, name.transfer)
    assert found == (tasks, epochs, split, best, transfer)


def test_a_new_name_says_its_tasks() -> None:
    name = checkpoint_name(ENERGIES, epochs=500, split="b2", best=True)
    assert str(name) == "mtl_3_etot_emix_eform_HEA_500_b2_best"


def test_split_b3_is_refused_because_it_is_defined_nowhere() -> None:
    reason = r"^Split b3 is named in the published rule but defined nowhere\. Expected one of a0 a1"
    with pytest.raises(ConfigError, match=reason):
        parse_checkpoint_name("mtl_6_HEA_500_b3_best")
    with pytest.raises(ConfigError, match=reason):
        checkpoint_name(("ms",), epochs=1, split="b3", best=False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mtl_3_HEA_500_a4", "Split 'a4'. Expected one of a0 a1 a2 a3 b0 b1 b2."),
        ("mtl_4_HEA_500_b2", "lists no tasks and 4 implies none"),
        ("mtl_2_etot_HEA_500_b2", "lists 1 tasks. Expected 2 of them."),
        ("mtl_2_etot_volume_HEA_500_b2", "Unknown task 'volume'"),
        ("mtl_2_ef_eform_HEA_500_b2", "each once"),
        ("mtl_1_rmsd_HEA_500_b2_tl3", "Expected the form mtl_{number of tasks}"),
        ("mtl_1_rmsd_HEA_500_b2_tl1_best", "Expected the form"),
        ("folder/mtl_1_rmsd_HEA_500_b2", "Expected the form"),
        ("mtl_0_HEA_500_b2", "Expected the form"),
        # Leading zeros could not be written back.
        ("mtl_01_rmsd_HEA_500_b2", "Expected the form"),
        ("mtl_1_rmsd_HEA_0500_b2", "Expected the form"),
        ("", "Checkpoint name ''"),
    ],
)
def test_a_name_beside_the_rule_is_refused(name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_checkpoint_name(name)
    assert message in str(caught.value)


def test_a_new_name_of_a_fold_or_an_unknown_task_is_refused() -> None:
    with pytest.raises(ConfigError, match="Split 'fold 1 of 5'"):
        checkpoint_name(("ms",), epochs=5, split="fold 1 of 5", best=False)
    with pytest.raises(ConfigError, match="Unknown task 'mss'"):
        checkpoint_name(("mss",), epochs=5, split="b2", best=False)
