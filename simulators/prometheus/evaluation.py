"""Evaluates the part of PromQL that our alerts, dashboards and rollouts use, at one instant.

Whatever else is asked is refused, never answered wrongly.
"""

import operator
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import promql_parser as ast

from simulators.prometheus.functions import OVER_RANGE, quantile
from simulators.prometheus.series import NAME, Labels, Matcher, Store

Vector = dict[Labels, float]
# How long a series stays visible after its last point (Prometheus' query.lookback-delta).
_LOOK_BACK_S: Final = 300.0
_ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else float("nan"),
}
_COMPARISON: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_AGGREGATION: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
}
_OPS: Final = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


class QueryRefused(Exception):
    """The query is no PromQL, or none that is understood here."""


def evaluate(promql: str, store: Store, at: float) -> Vector | float:
    """The value of ``promql`` at the time ``at``; raises QueryRefused."""
    try:
        expression = _parsed(promql)
    except ValueError as error:
        raise QueryRefused(f'invalid parameter "query": {error}') from error
    return _Evaluation(store, at).value(expression)


@lru_cache(maxsize=256)
def _parsed(promql: str) -> Any:
    return ast.parse(promql)


class _Evaluation:
    def __init__(self, store: Store, at: float) -> None:
        self._store = store
        self._at = at

    def value(self, expression: Any) -> Vector | float:
        match expression:
            case ast.NumberLiteral():
                return float(expression.val)
            case ast.ParenExpr():
                return self.value(expression.expr)
            case ast.VectorSelector():
                return self._instant(expression)
            case ast.Call():
                return self._call(expression)
            case ast.AggregateExpr():
                return self._aggregate(expression)
            case ast.BinaryExpr():
                return self._binary(expression)
        raise QueryRefused(f"{type(expression).__name__} is not simulated")

    def _vector(self, expression: Any) -> Vector:
        value = self.value(expression)
        if isinstance(value, float):
            raise QueryRefused("expected an instant vector, got a scalar")
        return value

    def _instant(self, selector: Any) -> Vector:
        until = self._at - _offset_s(selector)
        found: Vector = {}
        for series in self._store.select(selector.name, _matchers(selector)):
            points = series.between(until - _LOOK_BACK_S, until)
            if points:
                found[frozenset(series.labels.items())] = points[-1][1]
        return found

    def _call(self, call: Any) -> Vector | float:
        name = call.func.name
        if name in OVER_RANGE:
            return self._over_range(name, call.args[0])
        match name:
            case "vector":
                value = self.value(call.args[0])
                if not isinstance(value, float):
                    raise QueryRefused("vector() wants a scalar")
                return {frozenset(): value}
            case "histogram_quantile":
                return self._quantile(call.args[0].val, self._vector(call.args[1]))
        raise QueryRefused(f"{name}() is not simulated")

    def _over_range(self, name: str, matrix: Any) -> Vector:
        selector, until = matrix.vector_selector, self._at - _offset_s(matrix.vector_selector)
        after = until - matrix.range.total_seconds()
        found: Vector = {}
        for series in self._store.select(selector.name, _matchers(selector)):
            value = OVER_RANGE[name](series.between(after, until), after, until)
            if value is not None:
                found[_without(frozenset(series.labels.items()), NAME)] = value
        return found

    def _quantile(self, q: float, buckets: Vector) -> Vector:
        groups: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
        for labels, count in buckets.items():
            groups[_without(labels, NAME, "le")].append((float(dict(labels)["le"]), count))
        return {labels: quantile(q, group) for labels, group in groups.items()}

    def _aggregate(self, expression: Any) -> Vector:
        name = str(expression.op)
        if name not in _AGGREGATION or expression.param is not None:
            raise QueryRefused(f"{name} is not simulated")
        modifier = expression.modifier
        if modifier is not None and modifier.type != ast.AggModifierType.By:
            raise QueryRefused("without () is not simulated")
        by = frozenset(modifier.labels) if modifier is not None else frozenset()
        groups: dict[Labels, list[float]] = defaultdict(list)
        for labels, value in self._vector(expression.expr).items():
            groups[_only(labels, by)].append(value)
        return {labels: _AGGREGATION[name](group) for labels, group in groups.items()}

    def _binary(self, expression: Any) -> Vector | float:
        op, left, right = str(expression.op), self.value(expression.lhs), self.value(expression.rhs)
        if isinstance(left, float) or isinstance(right, float):
            return _with_scalar(op, left, right)
        key = _key(expression.modifier)
        match op:
            case "and" | "unless":
                keys = {key(labels) for labels in right}
                keep = op == "and"
                return {each: value for each, value in left.items() if (key(each) in keys) == keep}
            case "or":
                keys = {key(labels) for labels in left}
                return left | {
                    each: value for each, value in right.items() if key(each) not in keys
                }
        return _matched(op, left, right, expression.modifier)


def _with_scalar(op: str, left: Vector | float, right: Vector | float) -> Vector | float:
    if isinstance(left, float) and isinstance(right, float):
        return _ARITHMETIC[op](left, right)
    if isinstance(left, float):
        raise QueryRefused("a scalar on the left is not simulated")
    assert isinstance(right, float)  # noqa: S101 - the case that is left
    if op in _COMPARISON:
        return {each: value for each, value in left.items() if _COMPARISON[op](value, right)}
    return {_without(each, NAME): _ARITHMETIC[op](value, right) for each, value in left.items()}


def _matched(op: str, left: Vector, right: Vector, modifier: Any) -> Vector:
    many_to_one = modifier is not None and modifier.card == ast.VectorMatchCardinality.ManyToOne
    key = _key(modifier)
    of_key: dict[Labels, float] = {}
    for labels, value in right.items():
        if key(labels) in of_key:
            raise QueryRefused("found duplicate series for the match group on the right side")
        of_key[key(labels)] = value
    found: Vector = {}
    for labels, value in left.items():
        if key(labels) not in of_key:
            continue
        result = _without(labels, NAME) if many_to_one else key(labels)
        if result in found:
            raise QueryRefused("multiple matches for labels: many-to-one matching must be explicit")
        other = of_key[key(labels)]
        if op in _ARITHMETIC:
            found[result] = _ARITHMETIC[op](value, other)
        elif _COMPARISON[op](value, other):
            found[labels] = value
    return found


def _key(modifier: Any) -> Callable[[Labels], Labels]:
    matching = modifier.matching if modifier is not None else None
    if matching is None:
        return lambda labels: _without(labels, NAME)
    names = frozenset(matching.labels)
    if matching.type == ast.LabelModifierType.Include:
        return lambda labels: _only(labels, names)
    return lambda labels: _without(labels, NAME, *names)


def _matchers(selector: Any) -> list[Matcher]:
    return [
        Matcher(each.name, _OPS[str(each.op)], each.value) for each in selector.matchers.matchers
    ]


def _offset_s(selector: Any) -> float:
    offset: timedelta | None = selector.offset
    return offset.total_seconds() if offset is not None else 0.0


def _without(labels: Labels, *names: str) -> Labels:
    return frozenset(pair for pair in labels if pair[0] not in names)


def _only(labels: Labels, names: frozenset[str]) -> Labels:
    return frozenset(pair for pair in labels if pair[0] in names)
