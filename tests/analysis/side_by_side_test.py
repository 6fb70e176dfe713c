"""side_by_side() is a loop, whatever the number of processes: the same results in the same order, and the same exception."""

import support
import errno
import os
import signal
import time
import unittest.mock

import run_file
import side_by_side


def on(processors, work, things, **options):
    with unittest.mock.patch("os.sched_getaffinity", return_value=set(range(processors))):
        return side_by_side.side_by_side(work, things, **options)


class SideBySide(support.unittest.TestCase):
    def test_the_results_come_in_the_order_of_the_things(self):
        offset = 7  # a closure, which cannot be sent to another process
        for processors in (1, 2, 5):
            self.assertEqual(on(processors, lambda thing: thing * thing + offset, range(23)), [k * k + offset for k in range(23)])

    def test_processors_get_as_many_things_as_are_worth_a_process(self):
        for processors, least, expected in ((1, 1, 1), (4, 1, 4), (4, 8, 3), (4, 13, 1), (4, 30, 1)):
            found = on(processors, lambda _: os.getpid(), range(25), least=least)
            self.assertNotIn(os.getpid(), found)  # what crashes there does no harm here
            self.assertEqual(len(set(found)), expected)

    def test_an_exception_is_raised_here(self):
        def refuse(thing):
            if thing == 11:
                raise run_file.RunFileError(f"{thing}: leave it out")
            return thing

        for processors in (1, 3):
            with self.assertRaisesRegex(run_file.RunFileError, "^11: leave it out$"):
                on(processors, refuse, range(20))

    def test_a_thing_that_crashes_its_process_is_lost_and_no_other(self):
        def crash(thing):
            if thing in (0, 3, 4, 19):
                signal.signal(signal.SIGSEGV, signal.SIG_DFL)  # a test may run under faulthandler
                os.kill(os.getpid(), signal.SIGSEGV)
            return thing

        expected = [f"lost {k}" if k in (0, 3, 4, 19) else k for k in range(20)]
        for processors in (1, 2, 7):
            self.assertEqual(on(processors, crash, range(20), lost=lambda thing: f"lost {thing}"), expected)
            with self.assertRaises(side_by_side.ProcessLost):
                on(processors, crash, range(20))

    def test_a_process_that_somebody_ends_is_said_and_not_waited_for(self):
        with self.assertRaises(side_by_side.ProcessLost):
            on(2, lambda thing: os.kill(os.getpid(), signal.SIGKILL) if thing == 3 else thing, range(20), lost=lambda thing: self.fail("it did not crash"))
        self.assertEqual(on(2, lambda thing: thing, range(3)), [0, 1, 2])

    def test_where_no_process_can_be_started_the_work_is_done_here(self):
        with unittest.mock.patch("os.fork", side_effect=BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))):
            self.assertEqual(on(3, lambda thing: (thing, os.getpid()), range(5)), [(k, os.getpid()) for k in range(5)])

    def test_processes_end_when_the_first_one_is_killed(self):
        get, put = os.pipe()  # read to its end when nobody holds the other one any more
        first = os.fork()
        if first == 0:
            on(4, lambda thing: time.sleep(0.01), range(10**6))
            os._exit(0)
        os.close(put)
        time.sleep(0.2)
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        with open(get, "rb") as ended:
            self.assertEqual(ended.read(), b"")


if __name__ == "__main__":
    support.main()
