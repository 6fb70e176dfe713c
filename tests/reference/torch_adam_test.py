"""The two-step numbers that adam_test.cpp writes out by hand are those of torch.optim.Adam and AdamW, in double to 4 of its roundings."""
import sys

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import needs  # noqa: E402

needs("torch")
import torch  # noqa: E402


def moved(make, decay):
    x = torch.tensor([8.0], dtype=torch.float64, requires_grad=True)
    adam = make([x], lr=1.0, betas=(0.5, 0.75), eps=1.0, weight_decay=decay)
    values = []
    for gradient in (2.0, -2.0):
        before = x.item()
        x.grad = torch.tensor([gradient], dtype=torch.float64)
        adam.step()
        values.append(before - x.item())
    return values


for make, decay, expected in ((torch.optim.Adam, 0, [2 / 3, -2 / 9]), (torch.optim.AdamW, 0.25, [2 / 3 + 2]), (torch.optim.Adam, 0.25, [4 / 5])):
    for value, wanted in zip(moved(make, decay), expected):
        assert abs(value - wanted) <= 4 * 8 * 2**-52, (make, decay, value, wanted)
