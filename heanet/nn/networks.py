"""Which network belongs to which configuration."""

from heanet.config import ModelConfig, NetworkConfig
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
