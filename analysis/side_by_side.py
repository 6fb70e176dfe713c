"""The same work for many things, on all processors of this process."""

import concurrent.futures
import multiprocessing
import os
import signal


class ProcessLost(Exception):
    """A process was ended while it worked: by a crash of a library, or from outside."""


pending = None  # (work, things): forked processes take both from here, because a closure cannot be sent to them


def do_one(k):
    work, things = pending
    return work(things[k])


def leave_interrupts_to_the_first():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def side_by_side(work, things, least=1):
    """[work(thing) for thing in things], in processes of which each gets `least` of them or more. An exception of `work` is raised here. What `work` returns is
    copied."""
    global pending
    things = list(things)
    workers = max(1, min(len(os.sched_getaffinity(0)), len(things) // least))
    pending = work, things
    pool = concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), leave_interrupts_to_the_first)
    try:
        return list(pool.map(do_one, range(len(things)), chunksize=least))
    except concurrent.futures.process.BrokenProcessPool as error:
        raise ProcessLost("a process of this program was ended, perhaps for lack of memory: free memory, or name fewer runs") from error
    finally:
        pending = None
        pool.shutdown(cancel_futures=True)
