"""side_by_side() is a loop, whatever the number of processes: the same results in the same order, and the same exception."""

import support
import os
import signal
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
            self.assertLessEqual(len(set(found)), expected)
            self.assertTrue(len(set(found)) > 1 or expected == 1 or least > 1, (processors, least))

    def test_an_exception_is_raised_here(self):
        def refuse(thing):
            if thing == 11:
                raise run_file.RunFileError(f"{thing}: leave it out")
            return thing

        for processors in (1, 3):
            with self.assertRaisesRegex(run_file.RunFileError, "^11: leave it out$"):
                on(processors, refuse, range(20))

    def test_a_process_that_is_killed_is_said_and_not_waited_for(self):
        with self.assertRaises(side_by_side.ProcessLost):
            on(2, lambda thing: os.kill(os.getpid(), signal.SIGKILL) if thing == 3 else thing, range(20))
        self.assertEqual(on(2, lambda thing: thing, range(3)), [0, 1, 2])


if __name__ == "__main__":
    support.main()
