"""What the bits rest on, as nvcc compiled it: no contraction to FMA, and every float operation flushes denormals where the host's threads do."""

import json
import re
import shlex
import sys
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, HAS_TORCH, FolderTest, main, run  # noqa: E402

COMMANDS = {Path(entry["file"]).name: entry for entry in json.loads((BUILD / "compile_commands.json").read_text()) if entry["file"].endswith(".cu") and "nvcc" in entry["command"]}


class Ptx(FolderTest):
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
        out = self.folder / "out.ptx"
        run(*kept, "-arch=sm_90", "-ptx", "-o", out, cwd=COMMANDS[name]["directory"])
        return out.read_text()

    def test_every_kernel(self):
        self.assertEqual(sorted(COMMANDS), ["cuda_device.cu", "moves.cu"])
        for name in COMMANDS:
            with self.subTest(name):
                text = self.ptx(name)
                self.assertEqual(re.findall(r"^.*\bfma\.[a-z.]*f(?:32|64)\b.*$", text, re.MULTILINE), [])
                floats = re.findall(r"\b(?:add|sub|mul|div|sqrt)(?:\.rn)?(\.ftz)?\.f32\b", text)
                self.assertGreater(len(floats), 3)
                self.assertEqual(set(floats), {".ftz" if HAS_TORCH else ""})  # LibTorch has the host's threads flush theirs


if __name__ == "__main__":
    main()
