"""What a run records of the science does not depend on where its nodes are: equal digests for every number of ranks and threads."""

import unittest

import support

NETWORK_VARIANTS = support.QUADRATIC[support.QUADRATIC.index("[[variant]]"):].replace("target(0.3)", "target(0.02)")

NETWORK = """
name = "network"
seeds = [1]
[data]
dataset = "{dataset}"
{data}
[model]
name = "{model}"
{options}
[train]
nodes = 8
epochs = 2
batch_size = 8
lr = 0.2
schedule = "steps(1)"
augment = {augment}
[evaluation]
validation = {validation}
""" + NETWORK_VARIANTS

# BatchNorm, whose statistics never mix; flips and crops, drawn per node and step; a partition by class.
CNN = NETWORK.format(dataset="synthetic(samples = 256, size = 8, test = 64)", data='partition = "dirichlet(0.5)"', model="cnn", options="width = 0.5",
                     augment="true", validation=0.1)
MLP = NETWORK.format(dataset="synthetic(samples = 192, size = 8, test = 50)", data='partition = "iid-fixed"', model="mlp(24)", options="", augment="false",
                     validation=0)
IMAGES = NETWORK.format(dataset="fashion-mnist", data="limit = 192\ntest_limit = 300", model="cnn", options="", augment="false", validation=0)
IMAGES = IMAGES[:IMAGES.index('[[variant]]\nname = "dsgd"')]  # who reads which images: the same for every variant, and all of them are above

LOGISTIC = (support.QUADRATIC.replace("quadratic(dim = 100, zeta = 2, sigma = 1, steps = 5)", "logistic-synthetic(dim = 40, samples = 32, spread = 4)")
            .replace("batch_size = 1", "batch_size = 8").replace("target(0.3)", "critical(0.5)"))

# All pairs with --full; else every number of ranks.
PLACES = [(ranks, threads) for ranks in (1, 2, 3, 4, 7) for threads in (1, 2)] if support.FULL else [(1, 1), (2, 2), (3, 1), (4, 2), (7, 1)]
CNN_PLACES = [(1, 2), (2, 1), (3, 2), (4, 1), (7, 2)] if support.FULL else [(2, 1), (3, 2)]  # a rank loads LibTorch, which takes a second


class Digest(support.RunTest):
    def compare(self, text, places):
        spec = self.spec(text)
        self.run_to_end(spec, self.folder / "alone")
        expected = self.digests(self.folder / "alone")
        self.assertEqual(len(expected), text.count("[[variant]]"))
        self.assertEqual(len(set(expected.values())), len(expected))
        self.check_control_acts(self.folder / "alone")

        self.run_to_end(spec, self.folder / "threads", threads=2)
        self.assertEqual(self.digests(self.folder / "threads"), expected)
        for ranks, threads in places if support.HAS_MPI else []:
            out = self.folder / f"{ranks} ranks, {threads} threads"
            self.run_to_end(spec, out, ranks, threads)
            self.assertEqual(self.digests(out), expected, out.name)

    def check_control_acts(self, out):
        """Else equal digests would say little: the controlled run mixes, and not one round per step."""
        for path in out.glob("*/*.h5"):
            run = self.show(path)
            steps, rounds = run["steps"], run["summary"]["total_rounds"]
            if run["variant"] == "target":
                self.assertGreater(rounds, 0)
                self.assertNotEqual(rounds, steps)
            if run["variant"] == "mixed":
                self.assertEqual(rounds, steps)  # none in the first half, two per step in the second

    def test_a_quadratic(self):
        self.compare(support.QUADRATIC, PLACES)

    def test_the_other_algorithms(self):
        self.compare(support.OTHERS, [(3, 2)])

    def test_logistic_regression_at_its_critical_distance(self):
        self.compare(LOGISTIC, [(3, 2)])

    @unittest.skipUnless(support.HAS_TORCH, "built without LibTorch")
    def test_a_convolutional_network_with_batch_norm_augmentation_and_a_partition_by_class(self):
        self.compare(CNN, CNN_PLACES)

    @unittest.skipUnless(support.HAS_TORCH, "built without LibTorch")
    def test_a_multilayer_perceptron(self):
        self.compare(MLP, [(3, 2)])

    @unittest.skipUnless(support.HAS_TORCH and support.FASHION_MNIST.exists(), "built without LibTorch, or no dataset-fashion-mnist")
    def test_images_of_fashion_mnist(self):
        self.compare(IMAGES, [(3, 1)])


if __name__ == "__main__":
    support.main()
