"""A run in a process of its own that is killed at a moment of its choosing."""

import os
import signal
import time


def killed_after(seconds, train):
    """Fork, train in the child, kill it with -9 after so many seconds; whether it was still at work."""
    child = os.fork()
    if not child:
        try:
            train()
        finally:
            os._exit(0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True
