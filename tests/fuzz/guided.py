"""One format under atheris: inputs grow where they reach new code. Started by tests.fuzz.run."""

import random
import signal
import sys
import warnings
import zlib
from types import FrameType

import atheris

# The readers, and what of other packages reads for them.
_WATCHED = [
    "heanet.data",
    "heanet.training.checkpoints",
    "pymatgen.io.cif",
    "pymatgen.io.vasp.inputs",
    "ase.io.extxyz",
    "openpyxl.reader",
    "openpyxl.worksheet._reader",
]

with atheris.instrument_imports(include=_WATCHED):
    from tests.fuzz.formats import FORMATS, Hang, outcome
    from tests.fuzz.mutate import WORDS, damaged
    from tests.fuzz.run import LIMIT


def _late(_: int, _frame: FrameType | None) -> None:
    raise Hang(f"more than {LIMIT} s of computing")


def main() -> None:
    fmt = sys.argv.pop(1)
    kind = FORMATS[fmt]
    words = WORDS.get(kind.words, "").split(" ") if kind.words else ()
    warnings.simplefilter("error")
    signal.signal(signal.SIGPROF, _late)

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        """Damage of our own every other time, libFuzzer's otherwise."""
        if seed % 2:
            return bytes(atheris.Mutate(data, max_size))
        return damaged(seed, [data, *kind.seeds()[:1]] if seed % 16 == 0 else [data], words=words)[
            :max_size
        ]

    def read(data: bytes) -> None:
        # libFuzzer counts on the clock, and a machine may stand still.
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        packed = kind.packed(random.Random(zlib.crc32(data)), data) if kind.packed else data
        outcome(fmt, packed)
        signal.setitimer(signal.ITIMER_PROF, 0)

    atheris.Setup(sys.argv, read, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
