"""Numbers of a command line, and refusals of one line. For the scripts here, and those of slurm/ and benchmarks/."""

import argparse
import math
import re


class Parser(argparse.ArgumentParser):
    """Refuses in one line, with exit status 2; --help shows the usage."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help shows how it is used\n")


def whole(low, high):
    """A whole number between the two, in decimal digits: 08 is 8."""

    def read(text):
        if not re.fullmatch(r"[0-9]+", text, re.ASCII):
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
        if len(text.lstrip("0")) > 18 or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return int(text)

    return read


def real(low, high, above=False):
    """A finite number from low to high, or above low."""

    def read(text):
        try:
            value = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise argparse.ArgumentTypeError(f"'{text}' is not a number")
        if value < low or value > high or (above and value == low):
            raise argparse.ArgumentTypeError(f"{text} is not {'above' if above else 'between'} {low}{'' if above else f' and {high}'}")
        return value

    return read
