"""Lines for a person. Texts from outside may hold anything: what a terminal would obey, or nobody sees, is escaped."""

import re
import sys

# C0 and C1 controls, line and paragraph separators, the signs that turn the direction of writing, the byte-order mark, bytes that are no UTF-8.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")


def as_bytes(sign):
    return sign.encode("utf-8", "surrogateescape" if "\udc80" <= sign <= "\udcff" else "surrogatepass")


def printable(text):
    """In one line, each of those as \\xNN, as the program does it (harness/core/text.hpp)."""
    return UNSEEN.sub(lambda found: "".join(f"\\x{byte:02x}" for byte in as_bytes(found.group())), str(text))


def decoded(value):
    """A text of a file, bytes or str: as UTF-8; bytes that are none as \\xNN."""
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


def say(program, line):
    print(f"{program}: {printable(line)}", file=sys.stderr)
