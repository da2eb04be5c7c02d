"""Everything that fixes a contender, in one form for all of them, so that they can be compared.

What a network's class fixes without an option, and what lies in the targets instead of in the
network, is as much a difference between models as a width is.
"""

from dataclasses import asdict

from heanet.comparison.contenders import TASK_GROUPS, Contender, Recipe
from heanet.config import NetworkConfig
from heanet.nn.baselines import SchNetConfig
from heanet.nn.published import CUTOFF, MAX_NEIGHBOURS, PublishedWidths
from heanet.nn.published_elements import PublishedConfig, PublishedElementNet

_OVER_REFERENCES = {
    "references": "elemental, fitted",
    "targets": "residuals over references",
}
_RAW = {"references": "none", "targets": "labels as they are"}


def settings(contender: Contender) -> dict[str, str]:
    """Everything that fixes a contender beside tasks, rows and seed, as text by option.

    A setting that a task group changes names it: "3 (rmsd: 1)".
    """
    if contender.recipe is None:
        return {"network": "none", **(_OVER_REFERENCES if contender.key == "gp" else _RAW)}
    recipe = contender.recipe
    groups = {group: _shape(recipe, tasks) for group, tasks in TASK_GROUPS.items()}
    trained = recipe.train.model_dump(exclude={"seed"})
    if groups["all"]["references"] == "none":
        del trained["transform"]  # there are no residuals to scale
    kind = type(recipe.network(TASK_GROUPS["all"])).__name__.removesuffix("Config")
    shapes = {
        option: _by_group({group: shape[option] for group, shape in groups.items()})
        for option in groups["all"]
    }
    return {
        "network": {"Model": "HEANet"}.get(kind, kind),
        "graphs": recipe.graphs,
        **shapes,
        **{option: _text(value) for option, value in trained.items()},
    }


def _shape(recipe: Recipe, tasks: tuple[str, ...]) -> dict[str, object]:
    """Options of a network for some tasks, and what its class fixes."""
    config = recipe.network(tasks)
    return {**config.model_dump(exclude={"tasks"}), **_fixed(config)}


def _fixed(config: NetworkConfig) -> dict[str, object]:
    """What no option says."""
    match config:
        case PublishedConfig():
            widths = asdict(PublishedWidths(n_tasks=len(config.tasks)))
            widths = {key: widths[key] for key in widths if key not in {"n_tasks", "n_embedding"}}
            of_targets = _OVER_REFERENCES if PublishedElementNet.learns_residuals else _RAW
            heard = {"cutoff": CUTOFF, "max_neighbours": MAX_NEIGHBOURS, "use_pbc": False}
            return {**widths, **heard, "dropout": 0.0, **of_targets}
        case SchNetConfig():
            return {"use_pbc": True, "dropout": 0.0, **_OVER_REFERENCES}
    return {**_OVER_REFERENCES}


def _by_group(values: dict[str, object]) -> str:
    usual = _text(values["all"])
    others = [f"{key}: {_text(v)}" for key, v in values.items() if _text(v) != usual]
    return f"{usual} ({', '.join(others)})" if others else usual


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
