"""What the bits rest on, as nvcc compiled it: no contraction to FMA, and every float operation flushes denormals where the host's threads do."""

import json
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(sys.argv[2]).resolve()
COMMANDS = {Path(entry["file"]).name: entry for entry in json.loads((BUILD / "compile_commands.json").read_text()) if entry["file"].endswith(".cu") and "nvcc" in entry["command"]}
TORCH = "XB_WITH_TORCH:BOOL=OFF" not in (BUILD / "CMakeCache.txt").read_text()  # it has the host's threads flush theirs


class Ptx(unittest.TestCase):
    def ptx(self, name):
        words = [word for word in shlex.split(COMMANDS[name]["command"]) if not word.endswith("ccache")]
        kept, skip = [], False
        for word in words:
            if skip or word.startswith(("-gencode", "--generate-code")):
                skip = not skip and word in ("-gencode", "--generate-code")
                continue
            skip = word in ("-o", "-MT", "-MF")
            if not skip and word not in ("-c", "-MD"):
                kept.append(word)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.ptx"
            done = subprocess.run([*kept, "-arch=sm_90", "-ptx", "-o", str(out)], cwd=COMMANDS[name]["directory"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            return out.read_text()

    def test_every_kernel(self):
        self.assertEqual(sorted(COMMANDS), ["cuda_device.cu", "moves.cu"])
        for name in COMMANDS:
            with self.subTest(name):
                text = self.ptx(name)
                self.assertEqual(re.findall(r"^.*\bfma\.[a-z.]*f(?:32|64)\b.*$", text, re.MULTILINE), [])
                floats = re.findall(r"\b(?:add|sub|mul|div|sqrt)(?:\.rn)?(\.ftz)?\.f32\b", text)
                self.assertGreater(len(floats), 3)
                self.assertEqual(set(floats), {".ftz" if TORCH else ""})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
