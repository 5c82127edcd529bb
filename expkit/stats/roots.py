"""Where a falling function crosses zero; scipy.optimize has the same, but takes long to import."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["bisect", "crossing"]

STEPS = 100
_EPS = 2.0**-52
_FAR = 1e9  # stands for infinity, which no line goes through


def bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """Where an f that falls from >= 0 at `low` crosses zero before `high`, to the last digits; f may have steps."""
    for _ in range(STEPS):
        middle = low + (high - low) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if f(middle) >= 0 else (low, middle)
    return low + (high - low) / 2


def crossing(f: Callable[[float], float], low: float, high: float, near: float, width: float) -> float:
    """As `bisect` for a smooth f, in a handful of steps from a guess that is `width` off or so.

    The bracket grows around the guess; inside it goes the method of Chandrupatla (1997, Advances in
    Engineering Software 28, 145-149): inverse quadratic interpolation where that is safe, else halving.
    """
    a, b, fa, fb = _bracket(f, low, high, near, width)
    if fa < 0 or fb >= 0:
        return low if fa < 0 else high
    c, fc, t = a, fa, fa / (fa - fb)
    for _ in range(STEPS):
        x = a + min(max(t, 0.0), 1.0) * (b - a)
        fx = _bounded(f(x))
        if (fx >= 0) == (fa >= 0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best, least = (a, fa) if abs(fa) < abs(fb) else (b, fb)
        share = (2 * _EPS * abs(best) + 1e-300) / max(abs(b - a), 1e-300)
        if share > 1 / 2 or least == 0:
            return best
        t = min(max(_next(a, b, c, fa, fb, fc), share), 1 - share)
    return bisect(f, min(a, b), max(a, b))


def _bracket(
    f: Callable[[float], float], low: float, high: float, near: float, width: float
) -> tuple[float, float, float, float]:
    """Two points with the crossing between them: f >= 0 at the first, f < 0 at the second."""
    a = b = min(max(near, low), high)
    fa = fb = _bounded(f(a))
    while fa < 0 and a > low:
        b, fb = a, fa
        a, width = max(a - width, low), 4 * width
        fa = _bounded(f(a))
    while fb >= 0 and b < high:
        a, fa = b, fb
        b, width = min(b + width, high), 4 * width
        fb = _bounded(f(b))
    return a, b, fa, fb


def _next(a: float, b: float, c: float, fa: float, fb: float, fc: float) -> float:
    """The share of the way from a to b at which to look next."""
    if fb in (fa, fc) or fa == fc or c == b:
        return 0.5
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if not (phi * phi < xi and (1 - phi) * (1 - phi) < 1 - xi):
        return 0.5
    return fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)


def _bounded(value: float) -> float:
    return min(max(value, -_FAR), _FAR)
