"""The engine as a child process: asked a question, or driven with its display, its events and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
import sysconfig
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import IO, Any, TextIO

from .binary import find_engine
from .errors import error_of

_OWN = ("RAVINE_BIN",)
"""Variables of ravine's that describe no run."""

_LONGEST_MESSAGE = 64 * 1024
"""How much of what the engine says on its standard error is kept, in characters."""

_MOST_LINES = 1000
"""Likewise in lines."""


def ask(*arguments: str) -> Any:
    """What a reading command answers with ``--json``.

    Raises:
        EngineError: It fails.
    """
    return json.loads(tell(*arguments, "--json"))


def tell(*arguments: str) -> str:
    """What a command prints.

    Raises:
        EngineError: It fails.
    """
    done = subprocess.run(
        [find_engine(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment(),
        check=False,
    )
    if done.returncode != 0:
        raise error_of(done.returncode, done.stderr)
    return done.stdout


def environment() -> dict[str, str]:
    """What the engine and its runs inherit: functions are called by this interpreter, and find what it finds.

    Other programs are left alone: ``PYTHONPATH`` changes only where this package is not installed. Where this
    process is itself a run of ravine's, nothing that describes it is passed on.
    """
    paths = _import_path()
    variables = {
        **_inherited(),
        "RAVINE_PYTHON": sys.executable,
        "RAVINE_IMPORT_PATH": os.pathsep.join(paths),
    }
    package = str(Path(__file__).resolve().parents[2])
    if package in map(os.path.realpath, paths):
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    return variables


def _inherited() -> dict[str, str]:
    if "RAVINE_RUN" not in os.environ:
        return dict(os.environ)
    return {name: text for name, text in os.environ.items() if name in _OWN or not name.startswith("RAVINE_")}


def _import_path() -> list[str]:
    """Where this interpreter looks for modules, beyond what every start of it looks at anyway."""
    standard = [*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()]
    standard.append(os.path.join(sysconfig.get_path("platstdlib"), "lib-dynload"))
    known = {os.path.realpath(path) for path in standard}
    paths = (os.path.abspath(path or os.curdir) for path in sys.path if not path.endswith(".zip"))
    return list(dict.fromkeys(path for path in paths if os.path.realpath(path) not in known))


@dataclass(frozen=True)
class Ended:
    """How a driven engine ended."""

    exit_code: int
    message: str
    """What it said on its standard error, the last 64 KiB of it."""
    interrupts: int
    """How often this process was interrupted meanwhile."""


def drive(arguments: Sequence[str], quiet: bool, on_event: Callable[[dict[str, Any]], object] | None) -> Ended:
    """Runs a command to its end, with its display on the standard output unless it is to be ``quiet``.

    The engine has a process group of its own, so that Ctrl-C comes to it once, by way of this process: the
    first lets running trials finish, the second ends them. SIGTERM and SIGHUP are passed on as well, and take
    effect here when it has ended.

    Args:
        arguments: Of the command; with ``on_event`` they make it print events as lines of JSON.
        quiet: Nothing is printed.
        on_event: Called with each event, in this thread. What it raises interrupts the engine, and is raised
            at the end.
    """
    display = None if on_event or quiet else _display()
    process = subprocess.Popen(
        [find_engine(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=_output(display, quiet, on_event is not None),
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    message: deque[str | None] = deque(maxlen=_MOST_LINES)
    threads = [_follow(process.stderr, message.append, None if quiet else sys.stderr)]
    events: SimpleQueue[str | None] = SimpleQueue()
    if display is not None:
        threads.append(_follow(process.stdout, None, display))
    elif on_event is not None:
        threads.append(_follow(process.stdout, events.put))
    with _passing_signals(process):
        raised, interrupts = _attend(process, events, on_event)
    for thread in threads:
        # The engine's supervisor may hold the pipe a moment longer.
        thread.join(timeout=1.0)
    if raised is not None:
        raise raised
    return Ended(process.returncode, "".join(filter(None, message))[-_LONGEST_MESSAGE:], interrupts)


def _output(display: TextIO | None, quiet: bool, listens: bool) -> int | None:
    """Where the engine's standard output goes; None is where this process's goes."""
    if listens or display is not None:
        return subprocess.PIPE
    return subprocess.DEVNULL if quiet else None


def _attend(
    process: subprocess.Popen[bytes],
    events: SimpleQueue[str | None],
    on_event: Callable[[dict[str, Any]], object] | None,
) -> tuple[BaseException | None, int]:
    """Waits for the end; gives what a callback raised, and the number of interrupts."""
    raised: BaseException | None = None
    interrupts = 0
    while True:
        try:
            while on_event is not None and (line := events.get()) is not None:
                if raised is None:
                    on_event(json.loads(line))
            on_event = None
            process.wait()
            return raised, interrupts
        except KeyboardInterrupt:
            interrupts += 1
            process.send_signal(signal.SIGINT)
        except BaseException as error:
            raised = error
            process.send_signal(signal.SIGINT)


def _display() -> TextIO | None:
    """Where the display goes when that is not the process's own standard output, as in a notebook."""
    try:
        return None if sys.stdout.fileno() == 1 else sys.stdout
    except (OSError, ValueError, AttributeError):
        return sys.stdout


def _follow(
    pipe: IO[bytes] | None, take: Callable[[str | None], object] | None, to: TextIO | None = None
) -> threading.Thread:
    """A thread that passes on the lines of a pipe as they come, to ``take`` also that they have ended (None)."""

    def follow() -> None:
        for text in _texts(pipe):
            if take is not None:
                take(text)
            if to is not None:
                to.write(text)
                to.flush()
        if take is not None:
            take(None)

    thread = threading.Thread(target=follow, daemon=True, name="ravine-output")
    thread.start()
    return thread


def _texts(pipe: IO[bytes] | None) -> Iterator[str]:
    if pipe is None:
        return
    with pipe:
        for line in pipe:
            yield line.decode("utf-8", "replace")


@contextmanager
def _passing_signals(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Passes SIGTERM and SIGHUP on to the engine, where nothing else is done with them; they take effect
    afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread may say what signals do.
        return
    came: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        process.send_signal(number)

    plain = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    for number in plain:
        signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number in plain:
            signal.signal(number, signal.SIG_DFL)
        if came:
            os.kill(os.getpid(), came[0])
