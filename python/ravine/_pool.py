"""The process of which runs of a stage with ``call`` and ``pool = true`` are forks.

Ravine's supervisor starts it as it would start a run, with ``RAVINE_POOL=1`` and a socket as its standard input. It
imports the function's module, writes a line, and answers each order with the pid of a run: a grandchild, which
the supervisor adopts. A run goes on from :func:`serve` as a fresh process would: with its own environment, working
directory, standard files and session. A process that cannot be forked well ends, and each run is started afresh.
"""

from __future__ import annotations

import array
import gc
import json
import os
import socket
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from typing import Any

_FILES = 4
"""What comes with an order: standard input, output and error, and the gate at which the run waits."""


def serve(load: Callable[[], object]) -> None:
    """Imports with ``load``, then forks runs until the supervisor is gone. Returns in each run, and there only."""
    channel = _channel()
    # A module that reads a configuration while it is imported cannot be shared: that is to fail here.
    os.environ["RAVINE_CONFIG"] = os.devnull
    try:
        load()
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
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
            return _become(settings, files)
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
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "the module uses the gpu while it is imported"
    return None


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
    # Only when that one is gone does the run belong to the supervisor.
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
    # As in a fresh process: numbers that nobody seeded are those of no other run. Python's own module sees to itself.
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    # What the module keeps until the end, such as a temporary folder, is there for the other runs, too.
    for finalizer in list(getattr(weakref.finalize, "_registry", ())):
        finalizer.atexit = False
