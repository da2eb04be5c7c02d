"""Models that people keep: the checkpoint of a run, copied, named and described."""

import tempfile
from pathlib import Path

from heanet.data.home import heanet_home, make_private, writing_in
from heanet.data.wholefolder import put_folder, remove_folder
from heanet.errors import CheckpointError, did_you_mean
from heanet.training.checkpoints import CARD, ModelCard, load_checkpoint, save_checkpoint
from heanet.training.runfolder import STOPPED, check_name, trained_home

SHIPPED = Path(__file__).resolve().parents[2] / "models"


def models_home() -> Path:
    """The folder of the models that were kept, a sub-folder for each."""
    return heanet_home() / "models"


def checkpoint_of(run: Path) -> Path | None:
    """The best checkpoint that a run has: finished, or stopped on the way; None without any."""
    return next((f for f in (run, run / STOPPED) if (f / CARD).exists()), None)


def available_models() -> dict[str, Path]:
    """Folders of the shipped models, of those trained and of those kept here, by name."""
    found = {}
    for folder in (SHIPPED, trained_home(), models_home()):
        cards = sorted(folder.glob(f"*/{CARD}"))
        found.update({card.parent.name: card.parent for card in cards})
    return found


def find_checkpoint(name: str | Path) -> Path:
    """The checkpoint folder of a shipped, trained or kept model, or the folder itself.

    Raises:
        CheckpointError: There is none.
    """
    models = available_models()
    folder = models.get(str(name), Path(name))
    if not folder.is_dir():
        raise CheckpointError(
            f"No model '{name}'",
            expected=f"one of {', '.join(models) or '(none is there)'}, or a checkpoint folder",
            fix=did_you_mean(str(name), models),
        )
    return folder


def register(
    run: Path, name: str, *, title: str = "", note: str = "", taken: tuple[str, ...] = ()
) -> ModelCard:
    """Keep the checkpoint of a run as a model of its own, which outlives the run.

    Args:
        run: Folder of the run.
        name: Of the model.
        title: What it is, in one line.
        note: What one should know before using it; joins the limits on its card.
        taken: Names that other models have.

    Returns:
        The card of the model.

    Raises:
        CheckpointError: The run has no checkpoint yet, it is damaged, or the name is taken.
        ConfigError: The name cannot be one.
        StorageError: The disk takes no more.
    """
    target = models_home() / check_name(name)
    if name in taken or target.exists():
        raise CheckpointError(f"There is a model '{name}' already", fix="Choose another name.")
    source = checkpoint_of(run)
    if source is None:
        raise CheckpointError(
            f"The run '{run.name}' has no checkpoint yet",
            expected="a run that is finished, or was cancelled after its first epoch",
        )
    card, ensemble = load_checkpoint(source)
    changes = {
        "name": name,
        "title": {"en": title} if title else card.title,
        "limits": (*card.limits, note) if note else card.limits,
    }
    make_private(models_home())
    with (
        writing_in(models_home()),
        tempfile.TemporaryDirectory(prefix=".new-", dir=models_home()) as scratch,
    ):
        whole = Path(scratch) / name
        card = save_checkpoint(whole, card.model_copy(update=changes), ensemble.members)
        try:
            put_folder(whole, target)
        except FileExistsError:
            raise CheckpointError(
                f"There is a model '{name}' already", fix="Choose another name."
            ) from None
    return card


def unregister(name: str) -> None:
    """Delete a model that was kept.

    Raises:
        CheckpointError: There is none of that name.
        ConfigError: The name cannot be one.
    """
    folder = models_home() / check_name(name)
    if not folder.is_dir():
        raise CheckpointError(f"There is no registered model '{name}'")
    remove_folder(folder)
