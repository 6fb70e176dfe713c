"""benchmarks/rivals: the networks have xibench's numbers of parameters, and each program runs the arms that it says, on nodes that end as they must."""

import json
import re
import sys

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import SOURCE, FolderTest, main, needs, run, skip  # noqa: E402

needs("torch")
import torch  # noqa: E402

if not (torch.distributed.is_available() and torch.distributed.is_gloo_available()):
    skip("this torch has no gloo")
RIVALS = SOURCE / "benchmarks/rivals"
sys.path.insert(0, str(RIVALS))
from networks import NETWORKS  # noqa: E402


def rival(program, *words):
    return json.loads(run(sys.executable, RIVALS / program, *words).stdout)


class Rivals(FolderTest):
    def test_the_networks_have_the_sizes_that_xibench_has(self):
        sizes = (SOURCE / "tests/task/models_test.cpp").read_text().replace("'", "")  # where the harness is held to them
        for name, network in NETWORKS.items():
            model = network.make()
            self.assertEqual(sum(p.numel() for p in model.parameters()), network.parameters, name)
            self.assertRegex(sizes, rf'make\("{re.escape(network.model)}"[^;]*dim == {network.parameters}\)', name)
            self.assertEqual(model(torch.randn(2, *network.shape)).shape, (2, 10), name)

    def test_processes_train_alone_by_all_reduce_and_by_gossip(self):
        for nodes in (2, 3):  # one neighbour, and two
            result = rival("torch_distributed.py", "--network", "LeNet", "--nodes", nodes, "--blocks", 1, "--steps", 2)
            self.assertEqual((result["network"], result["parameters"], result["nodes"], result["threads"]), ("LeNet", 21_840, nodes, 1))
            self.assertEqual(result["local_of_local"], 1)
            for arm in ("local", "ddp", "gossip"):
                self.assertGreater(result[f"{arm}_images_per_s"], 0)

    def test_a_loop_trains_the_same_networks(self):
        result = rival("torch_loop.py", "--network", "LeNet", "--nodes", 2, "--steps", 1)
        self.assertEqual((result["parameters"], result["nodes"], result["batch"]), (21_840, 2, 32))


if __name__ == "__main__":
    main()
