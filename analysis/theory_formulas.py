"""The formulas of Kong et al. 2021 on how the consensus distance moves and how small it has to be, as reference/theory.hpp has them;
tests/analysis/theory_test.py compares the two. They take numbers or arrays."""


def mixing_parameter_of_rounds(p, k):
    """p_k = 1 - (1 - p)^k"""
    return 1 - (1 - p) ** k


def recursion_bound(distance2, p, lr, phi2, sigma2):
    """E Ξ²_{t+1} <= (1 - p/2) Ξ²_t + (12 (1 - p)/p) γ² (φ² + σ²)"""
    return (1 - p / 2) * distance2 + 12 * (1 - p) / p * lr**2 * (phi2 + sigma2)


def steady_state_bound(p, lr, phi2, sigma2):
    """24 (1 - p) γ² (φ² + σ²) / p², where the recursion stands still"""
    return 24 * (1 - p) * lr**2 * (phi2 + sigma2) / p**2


def typical_distance2(p, lr, phi2, sigma2):
    """(1 - p) γ² (φ²/p² + σ²/p): a scale, its constant set to 1"""
    return (1 - p) * lr**2 * (phi2 / p**2 + sigma2 / p)


def critical_distance2(lr, sigma2, L, n, gradient_norm2):
    """Γ² = γσ²/(Ln) + ‖∇f(x̄)‖²/(8L²)"""
    return lr * sigma2 / (L * n) + gradient_norm2 / (8 * L**2)
