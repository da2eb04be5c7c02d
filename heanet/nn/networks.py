"""Which network belongs to which configuration, and which weights it begins with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from heanet.config import ModelConfig, NetworkConfig
from heanet.errors import CheckpointError
from heanet.nn.baselines import SchNet, SchNetConfig
from heanet.nn.model import HEANet
from heanet.nn.network import Network
from heanet.nn.published_elements import PublishedConfig, PublishedElementNet
from heanet.nn.variants import MomentsConfig, MomentsNet


def build(config: NetworkConfig) -> Network:
    """A new network, its weights drawn from torch's generator.

    Raises:
        TypeError: The configuration belongs to no network.
    """
    match config:
        case MomentsConfig():
            return MomentsNet(config)
        case ModelConfig():
            return HEANet(config)
        case SchNetConfig():
            return SchNet(config)
        case PublishedConfig():
            return PublishedElementNet(config)
    raise TypeError(f"No network has a {type(config).__name__}")


@dataclass(frozen=True, eq=False)
class StartWeights:
    """Weights that a network begins with in place of drawn ones.

    Attributes:
        tensors: By name, whole.
        drawn: Rows of a tensor that stay as they were drawn, by name: embeddings of elements and
            lattices that the weights have never seen.
        fixed: Names of tensors that do not train; their drawn rows do.
    """

    tensors: Mapping[str, Tensor]
    drawn: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    def load_into(self, network: Network) -> None:
        """Put the weights into a network; what is fixed asks for no gradient any more.

        Raises:
            CheckpointError: The network has no such tensor, one of another shape, or nothing of
                it is left to train.
        """
        own = network.state_dict()
        wrong = [n for n, v in self.tensors.items() if n not in own or own[n].shape != v.shape]
        if wrong:
            raise CheckpointError(
                f"The weights to start from do not fit: {', '.join(wrong[:3])}",
                expected="tensors of the network that is trained",
            )
        new = {name: self._with_drawn(name, own[name]) for name in self.tensors}
        network.load_state_dict(new, strict=False)
        for name, parameter in network.named_parameters():
            if name in self.fixed and not self.drawn.get(name):
                parameter.requires_grad_(False)
        if not any(parameter.requires_grad for parameter in network.parameters()):
            raise CheckpointError(
                "Every tensor of the network is fixed: nothing is left to train",
                fix="Use tl1, which trains the body as well.",
            )

    def restore_fixed(self, network: Network) -> None:
        """Put the fixed rows of tensors back that train for the sake of their drawn rows."""
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name in self.fixed and self.drawn.get(name):
                    parameter.copy_(self._with_drawn(name, parameter))

    def _with_drawn(self, name: str, own: Tensor) -> Tensor:
        """The tensor, with the drawn rows of the network's own."""
        value = self.tensors[name].to(own.device, copy=True)
        rows = list(self.drawn.get(name, ()))
        value[rows] = own[rows]
        return value
