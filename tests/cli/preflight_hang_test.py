#!/usr/bin/env python3
"""`xibench preflight` with a rank that hangs: the others end, and say on which node they waited, so that the silent node is known."""

import os
import sys
import unittest

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import HAS_MPI, SOURCE, XIBENCH, FolderTest, main, run  # noqa: E402


@unittest.skipUnless(HAS_MPI, "built without MPI")
class Hang(FolderTest):
    def said(self, hang):
        """What three ranks say, each on a node of its own (n0, n1, n2), of which n1 does what `hang` says."""
        rank = f'export SLURMD_NODENAME=n$OMPI_COMM_WORLD_RANK; [ $OMPI_COMM_WORLD_RANK != 1 ] || {hang}\nexec "$0" preflight --threads 1 --stall-seconds 3 --json'
        environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        ended = run("mpirun", "--oversubscribe", "--bind-to", "none", "-n", 3, "sh", "-c", rank, XIBENCH, status=None, env=environment)
        self.assertNotEqual(ended.returncode, 0, ended.stderr)
        self.assertNotIn('"exclude"', ended.stdout)
        return [line for line in ended.stderr.splitlines() if line.startswith("xibench: preflight: node ")]

    def test_a_rank_that_never_reaches_the_program(self):
        said = sorted(set(self.said("exec sleep 600")))
        self.assertEqual(said, [f"xibench: preflight: node {node}: a rank waits for others in MPI_Init since 3 s" for node in ("n0", "n2")])

    def test_a_rank_that_freezes_when_all_have_met(self):
        library = self.folder / "freeze.so"
        run("cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE / "tests" / "cli" / "freeze.c")
        said = self.said(f"export LD_PRELOAD={library}")
        self.assertEqual(sorted(line.split(": no progress")[0] for line in said),
                         [f"xibench: preflight: node n{rank}: rank {rank} waits for others" for rank in (0, 2)])


if __name__ == "__main__":
    main()
