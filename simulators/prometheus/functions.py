"""PromQL's functions over ranges and histograms, as Prometheus computes them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

Point = tuple[float, float]


def increase(points: Sequence[Point], after: float, until: float) -> float | None:
    """Growth of a counter, extrapolated to the whole range (promql/functions.go)."""
    if len(points) < 2:
        return None
    (first_at, first), (last_at, last) = points[0], points[-1]
    grown, before = last - first, first
    for _, value in points[1:]:
        if value < before:
            grown += before
        before = value
    sampled = last_at - first_at
    gap = sampled / (len(points) - 1)
    to_start, to_end = first_at - after, until - last_at
    if to_start >= gap * 1.1:
        to_start = gap / 2
    if grown > 0 and first >= 0:
        # No further back than to where the counter would have been zero.
        to_start = min(to_start, sampled * (first / grown))
    if to_end >= gap * 1.1:
        to_end = gap / 2
    return grown * (sampled + to_start + to_end) / sampled


def rate(points: Sequence[Point], after: float, until: float) -> float | None:
    """``increase`` per second."""
    grown = increase(points, after, until)
    return None if grown is None else grown / (until - after)


def max_over_time(points: Sequence[Point], _after: float, _until: float) -> float | None:
    """The highest value."""
    return max((value for _, value in points), default=None)


OVER_RANGE: Mapping[str, Callable[[Sequence[Point], float, float], float | None]] = {
    "increase": increase,
    "rate": rate,
    "max_over_time": max_over_time,
}


def quantile(q: float, buckets: Iterable[tuple[float, float]]) -> float:
    """Of cumulative ``buckets`` (upper bound, count), interpolated; NaN without observations."""
    ordered = sorted(buckets)
    if len(ordered) < 2 or not math.isinf(ordered[-1][0]) or ordered[-1][1] == 0:
        return math.nan
    rank = q * ordered[-1][1]
    number = next(index for index, (_, count) in enumerate(ordered) if count >= rank)
    if number == len(ordered) - 1:
        return ordered[-2][0]
    end, count = ordered[number]
    start, below = ordered[number - 1] if number else (0.0, 0.0)
    return start + (end - start) * ((rank - below) / (count - below) if count > below else 1.0)
