"""Which network belongs to which configuration."""

from collections.abc import Mapping

from torch import Tensor

from heanet.config import ModelConfig, NetworkConfig
from heanet.errors import CheckpointError
from heanet.nn.baselines import SchNet, SchNetConfig
from heanet.nn.model import HEANet
from heanet.nn.network import Network
from heanet.nn.published_elements import PublishedConfig, PublishedElementNet


def build(config: NetworkConfig) -> Network:
    """A new network, its weights drawn from torch's generator.

    Raises:
        TypeError: The configuration belongs to no network.
    """
    match config:
        case ModelConfig():
            return HEANet(config)
        case SchNetConfig():
            return SchNet(config)
        case PublishedConfig():
            return PublishedElementNet(config)
    raise TypeError(f"No network has a {type(config).__name__}")


def load_start(network: Network, tensors: Mapping[str, Tensor]) -> None:
    """Put weights into a network; all others stay as they are.

    Raises:
        CheckpointError: The network has no such tensor, or one of another shape.
    """
    own = network.state_dict()
    wrong = [
        name for name, value in tensors.items() if name not in own or own[name].shape != value.shape
    ]
    if wrong:
        raise CheckpointError(
            f"The weights to start from do not fit: {', '.join(wrong[:3])}",
            expected="tensors of the network that is trained",
        )
    network.load_state_dict(dict(tensors), strict=False)
