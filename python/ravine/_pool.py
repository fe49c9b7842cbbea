"""The process of which runs of a stage with ``call`` and ``pool = true`` are forks.

Ravine's supervisor starts it as it would start a run, with ``RAVINE_POOL=1`` and a socket as its standard input. It
imports the function's module, writes a line, and answers each order with the pid of a run: a grandchild, which
the supervisor adopts. A run goes on from :func:`serve` as a fresh process would: with its own environment, working
directory, standard files and session. A process that cannot be forked well ends, and each run is started afresh.
"""

from __future__ import annotations

import array
import atexit
import functools
import gc
import json
import os
import random
import socket
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

_FILES = 4
"""What comes with an order: standard input, output and error, and the gate at which the run waits."""

_GPUS = ("/dev/nvidia-uvm", "/dev/kfd")
"""Open in a process that uses a GPU, by CUDA or by ROCm."""


def serve(load: Callable[[], object]) -> None:
    """Imports with ``load``, then forks runs until the supervisor is gone. Returns in each run, and there only."""
    channel = _channel()
    # A module that reads a configuration while it is imported cannot be shared: that is to fail here.
    os.environ["RAVINE_CONFIG"] = os.devnull
    # Who only asks whether there is a GPU does not begin to use one then, which no fork could go on with.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    seeds = _Seeds()
    try:
        load()
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
    seeds.remember()
    if reason := _unfit():
        sys.exit(f"{reason}: its runs are started afresh")
    sys.stdout.flush()
    sys.stderr.flush()
    # What is there is shared as long as it is not written to, and looking for garbage writes.
    gc.collect()
    gc.freeze()
    channel.sendall(b"\n")
    while (order := _received(channel)) is not None:
        settings, files = order
        pid = _fork()
        if pid == 0:
            channel.close()
            _become(settings, files)
            return seeds.renew()
        for file in files:
            os.close(file)
        channel.sendall(b"%d\n" % pid)
    sys.exit(0)


def _channel() -> socket.socket:
    """The socket that came as standard input, which is as empty then as that of a run."""
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return channel


def _unfit() -> str | None:
    """Why this process cannot be forked, where it cannot."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    if others:
        return f"the module starts threads while it is imported ({', '.join(others)})"
    if any(_target(f"/proc/self/fd/{file}").startswith(_GPUS) for file in os.listdir("/proc/self/fd")):
        return "the module uses the gpu while it is imported"
    # Libraries that can be forked stop their threads before; the others would wait for threads that are not there.
    if (trial := os.fork()) == 0:
        os._exit(0)
    with suppress(ChildProcessError):
        os.waitpid(trial, 0)
    if len(os.listdir("/proc/self/task")) > 1:
        return "a library leaves threads running while the module is imported"
    return None


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


class _Seeds:
    """Which of the generators of random numbers that a process has were seeded by the module.

    Each run has those as the module left them; of the others every process, and so every run, has numbers of its own.
    """

    def __init__(self) -> None:
        with suppress(ImportError):
            import numpy.random  # noqa: F401
        numpy = sys.modules.get("numpy")
        modules: list[Any] = [random] if numpy is None else [random, numpy.random]
        self._own = [(module, module.seed) for module in modules]
        self._seeded: list[Any] = []
        for module, seed in self._own:
            module.seed = self._watched(module, seed)

    def _watched(self, module: Any, seed: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(seed)
        def watched(*args: Any, **kwargs: Any) -> None:
            if any(value is not None for value in (*args, *kwargs.values())):
                self._seeded.append(module)
            seed(*args, **kwargs)

        return watched

    def remember(self) -> None:
        """The module is imported."""
        for module, seed in self._own:
            module.seed = seed
        # Python's own generator is seeded anew by each fork.
        self._state = random.getstate()

    def renew(self) -> None:
        """In a fork: as in a fresh process that has imported the module."""
        if random in self._seeded:
            random.setstate(self._state)
        for module, seed in self._own:
            if module is not random and module not in self._seeded:
                seed()


def _received(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next order, with its files; None where there will be none."""
    line, files = bytearray(), array.array("i")
    room = socket.CMSG_SPACE(_FILES * files.itemsize)
    while not line.endswith(b"\n"):
        text, ancillary, _, _ = channel.recvmsg(1 << 16, room, socket.MSG_CMSG_CLOEXEC)
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                files.frombytes(data)
        if not text:
            return None
        line += text
    return json.loads(line), files.tolist()


def _fork() -> int:
    """Forks a process whose parent ends at once. Gives 0 in it, and here its pid, or -1 where there is none."""
    told, telling = os.pipe()
    try:
        between = os.fork()
        if between == 0:
            _fork_on(telling)
            os.close(told)
            os.close(telling)
            return 0
    except OSError:
        os.close(told)
        os.close(telling)
        return -1
    os.close(telling)
    pid = int(os.read(told, 32) or -1)
    os.close(told)
    # Only when that one is gone does the run belong to the supervisor. Where nobody waits for children, nobody can.
    with suppress(ChildProcessError):
        os.waitpid(between, 0)
    return pid


def _fork_on(telling: int) -> None:
    """Forks once more and ends; returns in the new process."""
    try:
        run = os.fork()
    except OSError:
        os._exit(1)
    if run:
        os.write(telling, b"%d" % run)
        os._exit(0)


def _become(settings: dict[str, Any], files: list[int]) -> None:
    """Makes this process the run that it was ordered to be."""
    *standard, gate = files
    os.setsid()
    for target, file in enumerate(standard):
        os.dup2(file, target)
        os.close(file)
    if not os.read(gate, 1):
        os._exit(1)
    os.close(gate)
    os.environ.clear()
    os.environ.update(variable.split("=", 1) for variable in settings["environment"])
    os.chdir(settings["cwd"])
    # What the module keeps until the end, such as a temporary folder, is there for the other runs, too.
    for finalizer in list(getattr(weakref.finalize, "_registry", ())):
        finalizer.atexit = False


def leave(run: Callable[[], int]) -> NoReturn:
    """Ends a forked run with the exit code of ``run``, as a process ends, but for what the module made: a temporary file
    that it keeps open is there for the other runs, too."""
    try:
        code: object = run()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit((code or 0) & 0xFF)
