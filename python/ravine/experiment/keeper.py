"""Between a pool and the process of an experiment: ends whatever descends from that process when it has ended.

Run as a program of its own, ``keeper.py LIFELINE ORDERS RESULTS COMMAND…``, the first three of which are open files.
What loses its parent, as daemons do, becomes a child of the keeper (Linux), so nothing gets away: neither when the
process ends by itself, nor when the lifeline breaks, which is when the pool lets go of it or is gone. It ends as the
process did.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

_ADOPT = 36
"""PR_SET_CHILD_SUBREAPER."""

_STUBBORN = 10.0
"""For so many seconds it is tried to end what cannot be ended, such as a process of another user."""


def keep(lifeline: int, files: list[int], command: list[str]) -> int:
    """Runs a command that has these files, and ends all that is left of it: its status."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_ADOPT, 1, 0, 0, 0)
    # A handler, where ignoring would be inherited.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    pool = os.getppid()
    worker = subprocess.Popen(command, pass_fds=files, start_new_session=True).pid
    # The pool is to see that the process has closed its files.
    for file in files:
        os.close(file)
    events = select.poll()
    events.register(lifeline)
    events.register(woken, select.POLLIN)
    status = _reaped(worker)
    while status is None and os.getppid() == pool:
        # Something else may hold the other end of the lifeline, so now and then it is asked who the parent is.
        ready = dict(events.poll(1000))
        if lifeline in ready:
            break
        if woken in ready:
            os.read(woken, 1 << 10)
        status = _reaped(worker)
    _end_all(worker if status is None else None)
    return status or 0


def _reaped(worker: int) -> int | None:
    """Buries the dead; the status of the worker where it is among them."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while (dead := os.waitpid(-1, os.WNOHANG))[0]:
            if dead[0] == worker:
                status = dead[1]
    return status


def _end_all(worker: int | None) -> None:
    """Ends all that descends from this process; the worker, where it lives, with its group."""
    if worker is not None:
        _kill(os.killpg, worker)
    patience = time.monotonic() + _STUBBORN
    while time.monotonic() < patience:
        for member in _descendants(os.getpid()):
            _kill(os.kill, member)
        try:
            # None are left only when there is no child: orphans become children.
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _kill(how: Callable[[int, int], None], target: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        how(target, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """All processes that descend from one, as far as the system tells (Linux)."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                parents[int(name)] = int(stat.read().rpartition(")")[2].split()[1])
    family = [pid]
    for ancestor in family:
        family.extend(child for child, parent in parents.items() if parent == ancestor)
    return family[1:]


def _end_as(status: int) -> None:
    """Ends this process as another ended."""
    if os.WIFSIGNALED(status):
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            # One dump is enough.
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    numbers = list(map(int, sys.argv[1:4]))
    _end_as(keep(numbers[0], numbers[1:], sys.argv[4:]))
