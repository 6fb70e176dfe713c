"""The two-step numbers that dsgd_test.cpp writes out by hand are those of torch.optim.SGD."""
import sys

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import needs  # noqa: E402

needs("torch")
import torch  # noqa: E402


def two_steps(nesterov):
    x = torch.tensor([8.0], dtype=torch.float64, requires_grad=True)
    sgd = torch.optim.SGD([x], lr=0.25, momentum=0.5, weight_decay=0.25, nesterov=nesterov)
    values = []
    for _ in range(2):
        x.grad = torch.tensor([2.0], dtype=torch.float64)
        sgd.step()
        values.append(x.item())
    return values


assert two_steps(nesterov=False) == [7, 5.5625], two_steps(nesterov=False)
assert two_steps(nesterov=True) == [6.5, 4.890625], two_steps(nesterov=True)
