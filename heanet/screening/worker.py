"""What a worker process does with a chunk: predict it and hand back a Parquet file's bytes.

The bytes go back to the process that writes, so that workers elsewhere need no common folder for
the output; the model they read themselves, once.
"""

import signal
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from heanet.errors import CheckpointError
from heanet.prediction import Model, load_model
from heanet.properties import Lattice
from heanet.screening.table import predict_table


def dask_setup(_worker: object) -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the one that was started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def serve(
    folder: str,
    weights_sha256: str,
    elements: Sequence[str],
    shares: NDArray[np.float64],
    lattices: Sequence[Lattice],
) -> bytes:
    """Predictions of every composition on every lattice, as a Parquet file.

    Args:
        folder: Of the model.
        weights_sha256: Of its weights, so that all chunks are from the same ones.
        elements: Symbols, in the order of the columns of ``shares``.
        shares: Atomic fractions, (n_compositions, n_elements).
        lattices: Parent lattices; those of one composition come one after the other.

    Raises:
        CheckpointError: There is another model by now.
    """
    table = predict_table(
        _model(folder, weights_sha256),
        elements,
        np.repeat(shares, len(lattices), axis=0),
        [*lattices] * len(shares),
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


@lru_cache(maxsize=2)
def _model(folder: str, weights_sha256: str) -> Model:
    model = load_model(Path(folder))
    if model.card.weights_sha256 != weights_sha256:
        raise CheckpointError(
            f"The model in '{folder}' has changed since the screening started",
            expected=f"weights with the SHA-256 {weights_sha256[:12]}...",
        )
    return model
