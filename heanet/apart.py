"""Read what others made in a process of its own, which can be killed.

A file can be written so that a parser never ends, or asks for more memory than there is. Nothing
that a thread does can stop a parser in the middle of its work; the end of its process can. A worker
serves one file after another, as its start takes longer than most files, and ends when nobody has
asked it for a while, or when the process that started it ends. Bytes go in, bytes come out: nothing
that a worker says is unpickled, so a file that takes over the worker gains no more than that.

``HEANET_APART=off`` reads in the calling process instead, for debuggers and tests.
"""

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from heanet import errors
from heanet.errors import HeanetError

SWITCH = "HEANET_APART"
MAX_WORKERS = 2  # of each kind in one process; further readers wait for their turn
IDLE = 900  # seconds after which a worker that nobody asks gives its memory back
# Of a file, in seconds on the clock for each second of computing: machines are shared.
PATIENCE = 4
START = 180  # seconds that a worker may take to begin; on a busy machine it takes ten
_LOOK = IDLE + 5  # seconds after which workers that waited may have ended
_ROOT = Path(__file__).parents[1]
_LENGTH = 8  # bytes before each message
# One thread: a worker does one thing at a time.
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Answer = Callable[[bytes, dict[str, Any]], bytes]


@dataclass(eq=False)
class Apart:
    """Readers of one kind, in processes of their own.

    Attributes:
        module: Its ``answer(data, options)`` reads; run as a program it calls ``serve(answer)``.
        seconds: Of computing that one file may take.
        memory: Bytes that one file may take beside what the worker has from its start.
    """

    module: str
    seconds: int
    memory: int
    _idle: list["_Worker"] = field(default_factory=list, init=False)
    _turns: threading.Semaphore = field(init=False)
    _look: threading.Timer | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._forget()
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def ask(self, data: bytes, *, name: str, error: type[HeanetError], **options: object) -> bytes:
        """What the module's ``answer`` makes of some bytes.

        Args:
            data: The file.
            name: Its name, for messages; the answer gets it among its options.
            error: What is raised of a file that has to be given up.
            options: What JSON can hold.

        Raises:
            HeanetError: What ``answer`` raised, or ``error``: it took too long or too much memory.
            RuntimeError: A bug of ours in ``answer``; the message is its traceback.
        """
        options["name"] = name
        if _is_off():
            answer: Answer = importlib.import_module(self.module).answer
            return answer(data, options)
        with self._turns:
            head, body = self._asked(options, data, error)
        if "error" in head:
            raise _raised(head)
        if "lacks_memory" in head:
            raise self._too_large(name, error)
        if "bug" in head:
            raise RuntimeError(head["bug"])
        return body

    def prepare(self) -> None:
        """Start a worker ahead of the first file, unless one waits or all are at work."""
        if not _is_off() and self._turns.acquire(blocking=False):
            try:
                self._idle.append(self._worker()[0])
                self._look_later()
            finally:
                self._turns.release()

    def close(self) -> None:
        """End the workers that wait."""
        while self._idle:
            self._idle.pop().kill()

    def _forget(self) -> None:
        """Begin without workers: those of a process before a fork are not its child's."""
        self._idle.clear()
        self._look = None
        self._turns = threading.Semaphore(MAX_WORKERS)

    def _asked(
        self, options: dict[str, Any], data: bytes, error: type[HeanetError]
    ) -> tuple[dict[str, Any], bytes]:
        """Head and body of a worker's answer."""
        while True:
            worker, waited = self._worker()
            try:
                head, body = worker.ask(options, data, seconds=PATIENCE * self.seconds)
            except (OSError, EOFError):
                if worker.end() == 0 and waited:
                    continue  # it ended this moment, because nobody had asked it
                raise self._given_up(options["name"], worker, error) from None
            except BaseException:
                worker.kill()  # in the middle of an answer that nobody would read
                raise
            if head.get("last"):
                worker.kill()
            else:
                self._idle.append(worker)
                self._look_later()
            return head, body

    def _look_later(self) -> None:
        """Bury workers that end by themselves: until then each is a process and two open files."""
        if self._look is None:
            self._look = threading.Timer(_LOOK, self._bury_ended)
            self._look.daemon = True
            self._look.start()

    def _bury_ended(self) -> None:
        self._look = None
        for worker in [it for it in list(self._idle) if it.is_gone()]:
            with contextlib.suppress(ValueError):  # somebody asks it this moment, and will see
                self._idle.remove(worker)
                worker.kill()
        if self._idle:
            self._look_later()

    def _worker(self) -> tuple["_Worker", bool]:
        """One that waits, else a new one; and whether it waited."""
        while True:
            try:
                worker = self._idle.pop()
            except IndexError:
                return _Worker(self.module, self.seconds, self.memory), False
            if not worker.is_gone():
                return worker, True
            worker.kill()

    def _too_large(self, name: str, error: type[HeanetError]) -> HeanetError:
        memory = f"{self.memory / 2**30:g}"
        return error(
            f"'{name}' needs more than {memory} GB of memory to be read",
            fix="Check whether the file is what it seems.",
        )

    def _given_up(self, name: str, worker: "_Worker", error: type[HeanetError]) -> HeanetError:
        """Why a worker ended before its answer."""
        if not worker.begun:
            return HeanetError(f"The reader {self.module} did not start (exit code {worker.end()})")
        fix = "Check whether the file is what it seems."
        if worker.expired or worker.end() in (-signal.SIGPROF, -signal.SIGALRM):
            return error(f"'{name}' took more than {self.seconds} s and was given up", fix=fix)
        return error(f"'{name}' broke the process that was reading it", fix=fix)


class _Worker:
    """A process that reads, seen from the one that asks.

    Attributes:
        begun: Whether it came as far as its first file.
        expired: Whether it was killed for its time.
    """

    def __init__(self, module: str, seconds: int, memory: int) -> None:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, **_THREADS, "PYTHONPATH": os.pathsep.join(paths)}
        self.begun = self.expired = False
        self._process = subprocess.Popen(  # noqa: S603 - every part of the command is our own
            [sys.executable, "-P", "-m", module, str(seconds), str(memory)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the one who asks
        )

    def ask(
        self, options: dict[str, Any], data: bytes, *, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """Head and body of the answer.

        Raises:
            OSError, EOFError: The process ended.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        if not self.begun:
            with self._killed_after(START):
                _receive(stdout)
            self.begun = True
        with self._killed_after(seconds):
            _send(stdin, json.dumps(options).encode())
            _send(stdin, data)
            return json.loads(_receive(stdout)), _receive(stdout)

    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def end(self) -> int:
        """Bury it after it broke off; how it ended, as ``subprocess`` says it."""
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._bury()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._bury()

    def _bury(self) -> int:
        for pipe in filter(None, (self._process.stdin, self._process.stdout)):
            with contextlib.suppress(OSError):  # of what was not sent yet
                pipe.close()
        return self._process.wait()

    @contextlib.contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        def kill() -> None:
            self.expired = True
            self._process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _is_off() -> bool:
    return os.environ.get(SWITCH, "").casefold() == "off"


def serve(answer: Answer) -> None:
    """Answer on standard input and output until nobody asks any more; the worker's side.

    Args:
        answer: Bytes and options to bytes.
    """
    seconds, memory = map(int, sys.argv[1:3])
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints is no answer
    _limit_memory(memory)
    _send(answers, b"")
    while select.select([asked], [], [], IDLE)[0]:
        try:
            options, data = json.loads(_receive(asked)), _receive(asked)
        except EOFError:
            return
        # Both end the process even where a parser does not come back to Python.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.alarm(PATIENCE * seconds)
        head, body = _answered(answer, data, options)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        _send(answers, json.dumps(head).encode())
        _send(answers, body)
        if head.get("last"):
            return


def _answered(answer: Answer, data: bytes, options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Head and body: the answer, or what went wrong."""
    try:
        return {}, answer(data, options)
    except HeanetError as error:
        parts = {"given": error.given, "expected": error.expected, "fix": error.fix}
        return {"error": type(error).__name__, **parts}, b""
    except MemoryError:
        return {"lacks_memory": True, "last": True}, b""
    except Exception:
        # "last": after a lack of memory nobody knows what is whole.
        return {"bug": traceback.format_exc(), "last": True}, b""


def _raised(head: dict[str, Any]) -> HeanetError:
    """The error that a worker sent."""
    kind: type[HeanetError] = getattr(errors, head["error"])
    return kind(head["given"], expected=head["expected"], fix=head["fix"])


def _limit_memory(memory: int) -> None:
    """Let this process take so many bytes more than it has, where the system can say no."""
    if sys.platform == "linux":
        import resource

        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = now + memory
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _send(stream: IO[bytes], content: bytes) -> None:
    stream.write(len(content).to_bytes(_LENGTH, "big"))
    stream.write(content)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    length = int.from_bytes(_exactly(stream, _LENGTH), "big")
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], n_bytes: int) -> bytes:
    content = stream.read(n_bytes)
    if len(content) < n_bytes:
        raise EOFError
    return content
