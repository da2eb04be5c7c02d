"""The tables of the local record: made once, whole, however many processes want them."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from heanet import mlflowrun


def _experiments(results: "multiprocessing.Queue[object]") -> None:
    try:
        results.put(len(mlflowrun._client().search_experiments()))
    except Exception as error:
        results.put(repr(error))


def test_processes_that_want_the_tables_at_once_all_get_them(home: Path) -> None:
    home.mkdir()
    (home / ".mlflow.db").write_bytes(b"left by a killed process")
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    processes = [spawn.Process(target=_experiments, args=(results,)) for _ in range(3)]
    for process in processes:
        process.start()
    found = [results.get(timeout=180) for _ in processes]
    for process in processes:
        process.join(60)
    assert found == [1, 1, 1]
    with sqlite3.connect(home / "mlflow.db") as database:
        names = {name for (name,) in database.execute("select name from sqlite_master")}
    assert {"runs", "metrics", "latest_metrics"} <= names
    assert not [name for name in names if name.startswith("_alembic")]


def test_tables_that_could_not_be_made_are_made_the_next_time(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same process, where MLflow still holds connections to the first file."""
    home.mkdir()
    mlflowrun.failures()  # sets MLflow up
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with monkeypatch.context() as patch:

        def fails(_store: SqlAlchemyStore) -> None:
            raise OSError("No space left on device")

        patch.setattr(SqlAlchemyStore, "_initialize_store_state", fails)
        with pytest.raises(OSError, match="No space"):
            mlflowrun._client()
        assert not (home / "mlflow.db").exists()
    assert len(mlflowrun._client().search_experiments()) == 1
    assert sorted(path.name for path in home.glob(".mlflow*")) == [".mlflow.lock"]
