"""A few counters in Prometheus' text format, one registry per app."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ["route", "method", "status"]
        self._requests = Counter("expkit_requests", "Requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "expkit_request_seconds", "How long requests took.", ["route"], registry=self._registry
        )
        self._events = Counter("expkit_events_accepted", "Events made durable.", ["kind"], registry=self._registry)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method if method in _METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def accepted(self, kind: str, count: int) -> None:
        self._events.labels(kind).inc(count)

    def text(self) -> bytes:
        return generate_latest(self._registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
