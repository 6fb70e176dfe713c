"""What becomes of a result that is there already: kept where it is whole, done again where it is damaged, left alone where it cannot be read."""

import errno
import subprocess

import support


class Result(support.RunTest):
    def setUp(self):
        super().setUp()
        self.sweep = self.spec(support.QUADRATIC)
        self.out = self.folder / "out"
        self.run_to_end(self.sweep, self.out, more=("--index", 0))
        self.result = next(self.out.glob("*/*.h5"))
        self.whole = self.result.read_bytes()
        self.digest = self.digests(self.out)

    def again(self, status=0, more=(), env=None):
        return self.run_to_end(self.sweep, self.out, more=("--index", 0, *more), status=status, env=env).stderr

    def state(self):
        return self.status(self.sweep, self.out)[0]

    def test_a_truncated_result_is_told_by_status_and_done_again(self):
        self.result.write_bytes(self.whole[: len(self.whole) // 2])
        self.assertEqual(self.state()["state"], "failed")
        self.assertIn("is not a usable run file", self.state()["detail"])
        said = self.again()

        self.assertIn("moved to", said)
        self.assertEqual(self.digests(self.out), self.digest)
        self.assertEqual(self.state()["state"], "complete")
        self.assertEqual(self.result.with_name(self.result.name + ".damaged").read_bytes(), self.whole[: len(self.whole) // 2])

    def test_a_driver_that_leaves_a_run_to_another_does_not_touch_its_damaged_result(self):
        self.result.write_bytes(self.whole[:1000])
        lease = self.result.with_suffix(".lease")
        lease.write_text("host elsewhere\npid 1\nstarted 1\njob -\ncluster -\nrestarts 0\ntoken other\n")
        for more in ((), ("--jobs", 2)):
            self.assertIn("not done here", self.again(status=1, more=more))
            self.assertEqual(self.result.read_bytes(), self.whole[:1000])

    def test_a_result_that_cannot_be_read_for_a_while_is_neither_damaged_nor_done_again(self):
        library = self.folder / "failing_read.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, support.SOURCE / "tests" / "run" / "failing_read.c", "-ldl"], check=True)
        for error, failures, status in [(errno.ESTALE, 1, 0), (errno.EIO, 1, 0), (errno.EIO, 1000000, 1)]:
            said = self.again(status, env={"LD_PRELOAD": str(library), "XB_TEST_ERRNO": str(error), "XB_TEST_FAILURES": str(failures)})

            self.assertIn("1 complete before" if status == 0 else "Input/output error", said)
            self.assertEqual(self.result.read_bytes(), self.whole)
            self.assertEqual([path.name for path in self.out.glob("*/*")], [self.result.name])


if __name__ == "__main__":
    support.main()
