"""What is left out when libraries are imported, and that it is there when it is used."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def printed(source: str) -> list[str]:
    """What a program of its own prints: here everything is loaded already."""
    command = [sys.executable, "-W", "error", "-W", "ignore:`torch.jit:DeprecationWarning"]
    done = subprocess.run(
        [*command, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_compiler_of_torch_is_loaded_when_it_is_used_and_not_before() -> None:
    source = (
        "import sys, heanet, torch, heanet.nn.model\n"
        "from torch_geometric import is_torch_instance as is_a\n"
        "print('torch._dynamo' in sys.modules, 'sympy' in sys.modules)\n"
        "plain = torch.nn.Linear(1, 1)\n"
        "compiled = torch.compile(plain)\n"
        "print(is_a(plain, torch.nn.Linear), is_a(compiled, torch.nn.Linear))\n"
        "print(is_a(compiled, torch.nn.ReLU), torch._dynamo.__file__)\n"
    )
    *found, file = printed(source)
    assert found == ["False", "False", "True", "True", "False"]
    assert Path(file).parts[-3:] == ("torch", "_dynamo", "__init__.py")


def test_structures_are_read_without_torch_which_can_be_loaded_afterwards() -> None:
    source = (
        "import sys, heanet.imports\n"
        "from pathlib import Path\n"
        "heanet.imports.load_vesin_alone()\n"
        "from heanet.data.structure_reading import read_here\n"
        "file = Path('sample_data/structures/CrMnFeCoNi_fcc.vasp')\n"
        "print(len(read_here(file.read_bytes(), name=file.name)[0]), 'torch' in sys.modules)\n"
        "import torch, vesin\n"
        "print(int(torch.ones(3).sum()), vesin._neighbors.HAS_TORCH)\n"
    )
    assert printed(source) == ["60", "False", "3", "False"]
