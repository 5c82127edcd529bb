"""One HTTP connection pool with a token, a timeout, and errors that are expkit's own."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from expkit.client.problems import error_of
from expkit.errors import InvalidInput, NotFound, Unreachable

__all__ = ["Transport", "route", "segment"]

TIMEOUT = httpx.Timeout(300.0, connect=5.0)  # an analysis may take minutes, a connection never does


class Transport:
    """Thread-safe. Paths are relative to the service's address, whatever lies before them there."""

    def __init__(self, url: str, token: str = "", timeout: httpx.Timeout = TIMEOUT) -> None:
        self.url = _checked(url)
        known = token or os.environ.get("EXPKIT_TOKEN", "")
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {known}"} if known else {},
            timeout=timeout,
            transport=httpx.HTTPTransport(retries=1),
        )

    def get(self, path: str, **query: Any) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return _value(self.send("GET", path, params=given))

    def post(self, path: str, body: object = None) -> Any:
        return _value(self.send("POST", path, json=body))

    def patch(self, path: str, body: object) -> Any:
        return _value(self.send("PATCH", path, json=body))

    def put(self, path: str, body: object) -> Any:
        return _value(self.send("PUT", path, json=body))

    def delete(self, path: str, **query: Any) -> httpx.Response:
        return self.send("DELETE", path, params=query)

    def lines(self, path: str, **options: Any) -> Generator[str, None, None]:
        """A long text line by line, as it comes."""
        with self._told(), self._http.stream("GET", path, **options) as response:
            if not response.is_success:
                response.read()
                raise error_of(response)
            yield from response.iter_lines()

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer, when it is a success and expkit's."""
        with self._told():
            response = self._http.request(method, path, **options)
        if not response.is_success:
            raise error_of(response)
        return response

    def newer(self, path: str, etag: str) -> httpx.Response | None:
        """The answer, unless it is still the one with this ETag."""
        with self._told():
            response = self._http.get(path, headers={"If-None-Match": etag} if etag else {})
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return None
        if not response.is_success:
            raise error_of(response)
        return response

    def close(self) -> None:
        self._http.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What can go wrong on the way, in expkit's own errors."""
        try:
            yield
        except httpx.ConnectError as error:
            raise Unreachable(
                f"Nobody answers at {self.url}: {_reason(error)}.", hint="is it running? `expkit serve` starts it."
            ) from None
        except httpx.TimeoutException:
            raise Unreachable(f"{self.url} did not answer in time.", hint="try again, or look at its log.") from None
        except httpx.TransportError as error:
            raise Unreachable(f"The connection to {self.url} broke: {_reason(error)}.", hint="try again.") from None


def route(*parts: str | int) -> str:
    """A path of the service; each part stays one, whatever is in it."""
    return "".join(f"/{segment(str(part))}" for part in parts)


def segment(name: str) -> str:
    """A key or an id as one part of a path."""
    if not name.strip("./"):  # would be resolved away on the road
        raise NotFound(f"There is no {name!r}.", hint="list() shows what there is.")
    return quote(name, safe="")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine:
        raise InvalidInput(f"{url!r} is not the address of a service.", hint="for example http://127.0.0.1:8765")
    return url.rstrip("/")


def _value(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise error_of(response) from None


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
