"""What a run says where the system gives it no more threads or memory: how much was asked for, which limit, what to do."""

import resource
import subprocess

import support


class Limits(support.RunTest):
    def limited(self, text, threads, limit, more=()):
        which, value = limit
        words = self.words(self.spec(text), self.folder / "out", 0, threads, more)
        return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, preexec_fn=lambda: resource.setrlimit(which, (value, value)))

    def test_memory(self):
        big = support.QUADRATIC.replace("dim = 100,", "dim = 40000000,")  # a matrix of 8 nodes: 1.28 GB
        done = self.limited(big, 1, (resource.RLIMIT_AS, 1_500_000 * 1024), ("--index", 0))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"out of memory: \d{3,4} MB more were needed \(ulimit -v is 1500000 kB\): spread the run over more ranks")

    def test_threads_under_a_limit_of_address_space(self):  # a stack of 8 MB each; ulimit -u does not bind root
        done = self.limited(support.QUADRATIC, 1000, (resource.RLIMIT_AS, 1_500_000 * 1024), ("--index", 0))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"cannot start 1000 threads, only \d+: Resource temporarily unavailable; .*: give fewer --threads, or raise the limit")


if __name__ == "__main__":
    support.main()
