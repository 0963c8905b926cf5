# SPDX-License-Identifier: MIT
"""What the peers' scripts time alike."""
import time


def elapsed(call, threads, repeats):
    """The least time by the clock of call(threads), in seconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call(threads)
        times.append(time.perf_counter() - begin)
    return min(times)
