"""What runs are measured by, as their files say it (/metrics; the first is what gaps are about), and how its values and differences are written."""

from dataclasses import dataclass

HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True)
class Metric:
    name: str
    unit: str = "1"
    better: str = HIGHER
    description: str = ""

    @property
    def column(self):
        """Of /evaluations."""
        return f"test_{self.name}_mean_model"

    @property
    def words(self):
        return self.name.replace("_", " ")

    @property
    def label(self):
        return f"test {self.words}"

    @property
    def percent(self):
        return self.unit == "percent"

    @property
    def symbol(self):
        """The unit of values as people write it, "" where they have none."""
        return "%" if self.percent else "" if self.unit == "1" else self.unit

    @property
    def points(self):
        """The unit of differences."""
        return "points" if self.percent else self.symbol

    @property
    def higher(self):
        return self.better == HIGHER

    @property
    def worst(self):
        """The key of the worst node in the gap table."""
        return f"{self.name}_nodes_{'min' if self.higher else 'max'}"

    def labelled(self, text=None):
        """A label of an axis: with the unit in parentheses."""
        return (text or self.label) + (f" ({self.symbol})" if self.symbol else "")

    def loss(self, difference):
        """By how much an arm is worse; negative where it is better."""
        return -difference if self.higher else difference

    def number(self, difference, sign=""):
        return f"{difference:{sign}.2f}" if self.percent else f"{difference:{sign}.3g}"

    def amount(self, difference, sign=""):
        """A difference with its unit."""
        return self.number(difference, sign) + (f" {self.points}" if self.points else "")

    def margin(self, delta):
        return f"{delta:g}" + (f" {self.points}" if self.points else "")

    def ending(self, of_difference=True):
        """The unit as the end of a column's name in a CSV, as xibench gap has it."""
        unit = self.points if of_difference else self.unit if self.unit != "1" else ""
        return "_" + "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in unit) if unit else ""


ACCURACY, LOSS = Metric("accuracy", "percent", HIGHER, "top-1 accuracy"), Metric("loss", "1", LOWER, "loss")


def unlisted(classes):
    """Of files that list no metrics, as version 0.1.0 wrote them."""
    return [ACCURACY, LOSS] if classes else [LOSS]


def of_table(table):
    """What a gap table is about; those of programs from before it was said are about accuracy."""
    return Metric(**table["metric"]) if table.get("metric") else ACCURACY
