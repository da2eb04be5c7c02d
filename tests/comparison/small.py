"""The contenders with small networks and few epochs: seconds for all of them."""

from dataclasses import replace

import pytest

from heanet.comparison.contenders import CONTENDERS, Recipe
from heanet.config import TrainConfig
from heanet.nn.baselines import SchNetConfig
from tests.alloys import SMALL

TRAIN = TrainConfig(epochs=3, batch_size=8)
SMALL_RECIPES = {
    "heanet": Recipe("element", lambda tasks: SMALL.model_copy(update={"tasks": tasks}), TRAIN),
    "published": replace(
        CONTENDERS["published"].recipe,  # type: ignore[type-var]
        train=TRAIN.model_copy(update={"is_validate": True, "loss": "l1"}),
    ),
    "schnet": Recipe(
        "atom",
        lambda tasks: SchNetConfig(tasks=tasks, hidden_channels=8, n_filters=4, n_interactions=1),
        TRAIN,
    ),
}


def use_small_recipes(patch: pytest.MonkeyPatch, *, epochs: int = TRAIN.epochs) -> None:
    """Put the small recipes in the place of the real ones."""
    for key, recipe in SMALL_RECIPES.items():
        train = recipe.train.model_copy(update={"epochs": epochs})
        small = replace(CONTENDERS[key], recipe=replace(recipe, train=train))
        patch.setitem(CONTENDERS, key, small)
