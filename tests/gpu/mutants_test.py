"""Mistakes that the tests of the CUDA part have to find: with each, programs that else pass must fail. A wait that is forgotten is a call that does nothing."""

import os
import sys
import unittest

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, main, run  # noqa: E402

TESTS = BUILD / "tests"
NCCL = (TESTS / "gpu.nccl_contract_test", "gossip and exact measuring between devices*")
COPIES = (TESTS / "gpu.device_test", "a matrix on a device begins*")


class Mutants(unittest.TestCase):
    def run_with(self, program, **environment):
        path, case = program
        if not path.exists():
            self.skipTest(f"{path.name} is not built: this build has no NCCL")
        return run(path, case, status=None, env={**os.environ, **environment}).returncode

    def expect_found(self, program, slow, forgotten):
        self.assertEqual(self.run_with(program, XB_STAND_IN_SLOW=slow), 0, "it fails without the mistake")
        self.assertNotEqual(self.run_with(program, XB_STAND_IN_SLOW=slow, XB_STAND_IN_FORGET=forgotten), 0, f"nobody sees that {forgotten} is missing")

    def test_an_exchange_that_does_not_wait_for_the_kernels_before_it(self):
        self.expect_found(NCCL, "default", "cudaStreamWaitEvent")

    def test_kernels_that_do_not_wait_for_the_exchange_before_them(self):
        self.expect_found(NCCL, "other", "cudaEventQuery")

    def test_a_host_that_does_not_wait_for_a_copy(self):
        self.expect_found(COPIES, "default", "cudaStreamSynchronize")

    def test_any_order_of_the_streams_gives_the_same_bits(self):
        for delay in ("50", "400"):
            self.assertEqual(self.run_with(NCCL, XB_STAND_IN_DELAY_US=delay), 0)


if __name__ == "__main__":
    main()
