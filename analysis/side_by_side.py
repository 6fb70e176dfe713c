"""The same work for many things, on all processors of this process."""

import concurrent.futures
import multiprocessing
import os
import signal

from run_file import RunFileError

pending = None  # (work, things): forked processes take both from here, because a closure cannot be sent to them


def do_one(k):
    work, things = pending
    return work(things[k])


def leave_interrupts_to_the_first():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def side_by_side(work, things, least=1):
    """[work(thing) for thing in things], where each process gets `least` of them or more. An exception of `work` is raised here. What `work` returns is copied."""
    global pending
    things = list(things)
    workers = min(len(os.sched_getaffinity(0)), len(things) // least)
    if workers < 2:
        return [work(thing) for thing in things]
    pending = work, things
    pool = concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), leave_interrupts_to_the_first)
    try:
        return list(pool.map(do_one, range(len(things)), chunksize=least))
    except concurrent.futures.process.BrokenProcessPool as error:
        raise RunFileError("a process of this program was ended from outside, perhaps for lack of memory: name fewer runs, or free memory") from error
    finally:
        pending = None
        pool.shutdown(cancel_futures=True)
