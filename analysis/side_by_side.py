"""The same work for many things, on all processors of this process."""

import os
import pickle
import signal
import sys
import traceback

CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE)


class ProcessLost(Exception):
    """A process was ended from outside while it worked."""


class NoProcess(Exception):
    """A process could not be started."""


class Worker:
    """A process that does `work` for some things, one after the other, and sends each result at once. So it is known on which it crashed, and it ends when it
    sends to a process that is gone."""

    def __init__(self, work, things, others):
        get, put = os.pipe()
        sys.stdout.flush(), sys.stderr.flush()  # what waits there would be written by both
        try:
            self.process = os.fork()
        except OSError as error:
            os.close(get), os.close(put)
            raise NoProcess from error
        if self.process == 0:
            for end in (get, *(other.results.fileno() for other in others)):
                os.close(end)  # nobody else may hold the end that is read, or this process would not notice that there is no reader
            self.do(work, things, put)
        os.close(put)
        self.results = open(get, "rb")

    @staticmethod
    def do(work, things, put):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process gets it, too
        status = 1
        try:
            with open(put, "wb") as results:
                for thing in things:
                    try:
                        result = work(thing), None
                    except Exception as error:
                        result = None, error
                    pickle.dump(result, results, protocol=pickle.HIGHEST_PROTOCOL)
                    results.flush()
            status = 0
        except BrokenPipeError:
            pass
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(status)

    def result(self):
        """Of the next thing. Raises what `work` raised, and EOFError where the process has ended before."""
        try:
            found, error = pickle.load(self.results)
        except pickle.UnpicklingError as cut_off:
            raise EOFError from cut_off
        if error is not None:
            raise error
        return found

    def ended_by(self):
        """The signal that ended the process; 0 for an end of its own."""
        process, self.process = self.process, 0
        return max(0, -os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])) if process else 0

    def stop(self):
        self.results.close()
        if self.process:
            os.kill(self.process, signal.SIGTERM)
            self.ended_by()


def side_by_side(work, things, lost=None, least=1):
    """[work(thing) for thing in things], in a process on each processor, but in fewer where there are not `least` things for each. An exception of `work` is
    raised here. Where `work` crashes, the result is lost(thing); without `lost`, or where somebody ended a process, ProcessLost is raised."""
    things = list(things)
    count = max(1, min(len(os.sched_getaffinity(0)), len(things) // least))
    workers, results = [], []
    try:
        for first in range(count):
            workers.append(Worker(work, things[first::count], workers))
        for k, thing in enumerate(things):
            try:
                results.append(workers[k % count].result())
            except EOFError as error:
                if not lost or workers[k % count].ended_by() not in CRASHES:
                    raise ProcessLost("a process of this program was ended, perhaps for lack of memory: free memory, or name fewer runs") from error
                results.append(lost(thing))
                workers[k % count].stop()
                workers[k % count] = Worker(work, things[k + count::count], [worker for worker in workers if worker is not workers[k % count]])
        return results
    except NoProcess:  # there are too many
        return results + [work(thing) for thing in things[len(results):]]
    finally:
        for worker in workers:
            worker.stop()
