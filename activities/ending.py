"""Ending (停止): the processes that a program started end when it does, and do not hold it up."""

import subprocess
import time
from collections.abc import Sequence

import structlog

log = structlog.get_logger()


def end(processes: Sequence[subprocess.Popen[bytes]], within: float) -> None:
    """Tell them all to end, and kill whoever has not after so many seconds, such as one that was suspended."""
    for process in processes:
        process.terminate()
    latest = time.monotonic() + within
    for process in processes:
        try:
            process.wait(max(0, latest - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("process.killed", process=process.pid)
            process.kill()
            process.wait()
