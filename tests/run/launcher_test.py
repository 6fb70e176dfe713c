"""Launchers that do not fit the program's MPI: each process is refused before it writes anything. Processes that are meant to be alone run."""

import os
import subprocess

import support

# What one of two processes finds in its environment, by who started it.
FOREIGN = {
    "MPICH's or Intel MPI's mpiexec": {"PMI_RANK": "{rank}", "PMI_SIZE": "2", "PMI_FD": "99", "MPI_LOCALNRANKS": "2", "MPI_LOCALRANKID": "{rank}"},
    "PMI without a number of processes, one on a node": {"PMI_RANK": "1"},
    "an mpiexec that tells its host's alone": {"MPI_LOCALNRANKS": "2", "MPI_LOCALRANKID": "{rank}"},
    "PMIx without a server": {"PMIX_RANK": "{rank}", "PMIX_NAMESPACE": "job"},
    "MVAPICH": {"MV2_COMM_WORLD_SIZE": "2", "MV2_COMM_WORLD_RANK": "{rank}"},
    "an Open MPI that is gone": {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "{rank}"},
    "srun --mpi=none": {"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2", "SLURM_PROCID": "{rank}"},
    "srun --mpi=none, as an older Slurm tells": {"SLURM_STEP_ID": "0", "SLURM_NTASKS": "2", "SLURM_PROCID": "{rank}"},
    "srun --mpi=pmi2": {"SLURM_JOB_ID": "7", "SLURM_NODELIST": "n1", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2", "SLURM_PROCID": "{rank}",
                        "PMI_RANK": "{rank}", "PMI_SIZE": "2"},
}
ALONE = {
    "nobody": {},
    "sbatch: the job's script": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_NPROCS": "8", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NNODES": "2"},
    "salloc": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8"},
    "salloc with an interactive step": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_STEP_ID": "4294967290", "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},
    "srun --pty": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "0", "SLURM_PTY_PORT": "4711"},
    "srun --ntasks=1 --mpi=none in a job of more": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "1", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},
}


def environment(variables, rank):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "PMI", "OMPI_", "MPI_", "MV2_"))}
    return kept | {name: value.format(rank=rank) for name, value in variables.items()}


class Launcher(support.RunTest):
    def setUp(self):
        super().setUp()
        self.sweep = self.spec(support.QUADRATIC)
        self.out = self.folder / "out"

    def both(self, words, variables):
        processes = [subprocess.Popen([support.XIBENCH, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(variables, rank))
                     for rank in range(2)]
        self.started += processes
        for process in processes:
            output, errors = process.communicate(timeout=120)
            yield process.returncode, output, errors

    def test_processes_that_a_launcher_started_together_and_cannot_meet_are_refused_and_write_nothing(self):
        for launcher, variables in FOREIGN.items():
            with self.subTest(launcher):
                for status, _, errors in self.both(["run", self.sweep, "--out", self.out], variables):
                    self.assertEqual(status, 2, errors)
                    line = next(line for line in errors.splitlines() if line.startswith("xibench: "))
                    if support.HAS_MPI:
                        self.assertRegex(line, r"^xibench: a launcher started .* \((PMI|PMIX|MPI|MV2|OMPI|SLURM)_\w+=\d+\), but .*do not match.*use the mpirun of this program's MPI")
                self.assertFalse(self.out.exists())

    def test_every_command_that_ranks_do_together_refuses_them(self):
        variables = FOREIGN["MPICH's or Intel MPI's mpiexec"]
        for words in (["bench", self.sweep, "--steps", "2"], ["preflight"], ["run", self.sweep, "--out", self.out, "--jobs", "2"]):
            with self.subTest(words[0]):
                for status, output, errors in self.both(words, variables):
                    self.assertEqual((status, output), (2, ""), errors)

    def test_who_is_meant_to_be_alone_runs(self):
        for launcher, variables in ALONE.items():
            for more in (["--index", "0"], ["--jobs", "2", "--index", "0", "--index", "1"]) if launcher.startswith("s") else (["--index", "0"],):
                with self.subTest(launcher, more=more):
                    out = self.folder / f"alone {len(list(self.folder.iterdir()))}"
                    done = subprocess.run([support.XIBENCH, "run", self.sweep, "--out", out, *more], capture_output=True, text=True, timeout=300, check=False,
                                          env=environment(variables, 0))
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(" done now", done.stderr)

    def test_a_launcher_of_one_process_is_no_misfit(self):
        for variables in ({"PMI_RANK": "0", "PMI_SIZE": "1"}, {"OMPI_COMM_WORLD_SIZE": "1", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2"}):
            done = subprocess.run([support.XIBENCH, "run", self.sweep, "--out", self.out], capture_output=True, text=True, timeout=300, check=False, env=environment(variables, 0))
            self.assertEqual(done.returncode, 0 if support.HAS_MPI else 2, done.stderr)


support.main()
