"""What the documents tell a reader to type works: README's commands are run in their order, and every `xibench` line of every README has commands and flags that
the program knows."""

import gzip
import os
import re
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, HAS_TORCH, SOURCE, SYSTEM_PYTHON, FolderTest, main, run, xibench  # noqa: E402

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")

# The sweeps of the commands, so small that all of them take half a minute: the variables override the sweep file.
SMALL = {"XIBENCH_SEEDS": "[1, 2]", "XIBENCH_DATA__LIMIT": "240", "XIBENCH_DATA__TEST_LIMIT": "50", "XIBENCH_TRAIN__NODES": "4", "XIBENCH_TRAIN__BATCH_SIZE": "4",
         "XIBENCH_MODEL__WIDTH": "0.25"}


def blocks(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), flags=re.M | re.S)


def section(path, title):
    """The text below a heading, to the next one of its rank."""
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", path.read_text(), flags=re.M | re.S).group(1)


def without_comment(line):
    return re.split(r"\s+#", line, maxsplit=1)[0].strip()


def documents():
    skipped = {"build", "results", "CHANGELOG.md"}
    return [path for path in sorted(SOURCE.rglob("*.md")) if not any(part in skipped or part.startswith("build") for part in path.relative_to(SOURCE).parts)]


def xibench_lines():
    """(document, words after `xibench`) of shell blocks and of code within sentences."""
    for path in documents():
        found = [without_comment(line) for block in blocks(path, "sh") for line in block.replace("\\\n", " ").splitlines()]
        found += re.findall(r"`((?:[\w./-]*/)?xibench [^`]+)`", path.read_text())
        for line in found:
            match = re.search(r"(?:^|\s)(?:[\w./-]*/)?xibench\s+([a-z]+(?:\s.*)?)$", line)
            if match:
                yield path, re.split(r"\s[|>&;]|\s2>", match.group(1))[0].replace("...", " ").split()


class Readme(FolderTest):
    def setUp(self):
        super().setUp()
        for name in ("benchmarks", "analysis", "reference"):
            (self.folder / name).symlink_to(SOURCE / name)
        (self.folder / "build").symlink_to(BUILD)

    def commands(self):
        use = section(SOURCE / "README.md", "Use")
        block = re.search(r"^```sh\n(.*?)^```", use, flags=re.M | re.S).group(1)
        return [without_comment(line) for line in block.splitlines() if line.strip()]

    def unpacked_images(self):
        """A directory for XIBENCH_DATA: each of the many runs reads all images, and to unpack them takes a third of a second."""
        (self.folder / "data" / "fashion-mnist").mkdir(parents=True)
        for path in FASHION_MNIST.glob("*.gz"):
            with gzip.open(path) as packed, open(self.folder / "data" / "fashion-mnist" / path.stem, "wb") as file:
                shutil.copyfileobj(packed, file)
        return self.folder / "data"

    @unittest.skipUnless(HAS_TORCH and FASHION_MNIST.exists(), "built without LibTorch, or no dataset-fashion-mnist")
    def test_the_commands_run_in_their_order_and_leave_what_they_say(self):
        commands, data = self.commands(), self.unpacked_images()
        self.assertGreaterEqual(len(commands), 10)
        for command in commands:
            if "live.py" in command:
                command += " --every 0.2"  # it ends after 15 looks with nothing new
            if "--until-decided" in command:
                command += " --max-seeds 3"  # small runs decide nothing, however many there are
            done = run("bash", "-c", command, cwd=self.folder, env={**os.environ, **SMALL, "XIBENCH_DATA": str(data)}, timeout=600)
            self.assertTrue(done.stdout + done.stderr, command)
        self.assertTrue((self.folder / "live.html").exists())
        self.assertTrue((self.folder / "results/kong2021-smoke/report/index.html").exists())

        # The lines of Python read a file of the quickstart by its name.
        python = blocks(SOURCE / "README.md", "python")[0]
        name = re.search(r'"(results/quickstart/([0-9a-f]{16})\.h5)"', python)
        plan = xibench("plan", SOURCE / "benchmarks/sweeps/quickstart.toml").stdout
        self.assertIn(name.group(2), plan, "README names a run that the quickstart's plan does not have")
        path = self.folder / name.group(1)
        path.parent.mkdir(exist_ok=True)
        shutil.copy2(next((self.folder / "results/kong2021-smoke").glob("*.h5")), path)
        done = run(SYSTEM_PYTHON, "-c", python, cwd=self.folder)
        self.assertGreater(len(done.stdout.splitlines()), 1)

    def test_every_command_and_flag_of_the_documents_is_known(self):
        known = xibench("--help").stdout
        helps, lines = {}, list(xibench_lines())
        self.assertGreater(len(lines), 40)
        for path, words in lines:
            command, where = words[0], f"{path.relative_to(SOURCE)}: xibench {' '.join(words)}"
            self.assertRegex(known, rf"(?m)^\s+{re.escape(command)}\b", where)
            for size in (1, 2):  # `data fetch` has flags of its own
                called = tuple(word for word in words[:size] if re.fullmatch(r"[a-z]+", word))
                if called not in helps:
                    done = xibench(*called, "--help", status=None)
                    helps[called] = done.stdout if done.returncode == 0 else ""
            text = "".join(helps.get(tuple(words[:size]), "") for size in (1, 2))
            for flag in re.findall(r"(?:^|\s)(--[a-z][a-z-]*)", " " + " ".join(words)):
                self.assertRegex(text, rf"(?m){re.escape(flag)}(?![a-z-])", where)


if __name__ == "__main__":
    main()
