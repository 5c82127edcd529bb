"""Where trials run. Dask is the only executor: on this machine, at a scheduler's address, or on Kubernetes."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from expkit.errors import InvalidInput, MissingDependency, shorten

__all__ = ["check_cluster", "connect"]

CONNECT_SECONDS = 30
LOOPBACK = "127.0.0.1:0"


def check_cluster(cluster: str) -> None:
    """Refuse what cannot work before anything is stored."""
    if cluster == "kubernetes" and importlib.util.find_spec("dask_kubernetes") is None:
        raise MissingDependency.needs("dask-kubernetes", "kubernetes")
    if cluster not in {"local", "kubernetes"} and "://" not in cluster:
        raise InvalidInput(
            f"{shorten(cluster)} is no cluster.",
            hint="choose 'local', 'kubernetes', or a scheduler's address like 'tcp://host:8786'.",
        )


@contextmanager
def connect(cluster: str, workers: int | None) -> Iterator[Any]:
    """A Dask client; a cluster that was made for the occasion is gone afterwards."""
    from distributed import Client

    if cluster not in {"local", "kubernetes"}:
        with Client(cluster, timeout=CONNECT_SECONDS, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            yield client
        return
    with (
        closing(_local(workers) if cluster == "local" else _kubernetes(workers)) as made,
        Client(made, timeout=CONNECT_SECONDS, set_as_default=False) as client,  # type: ignore[no-untyped-call]
    ):
        yield client


def _local(workers: int | None) -> Any:
    """One Dask worker for each core (as the affinity mask and the container's quota count them), one trial at a time.

    The workers are threads here, because every trial is a process of its own already. That spares a process per
    core, and Dask's spawn, which would run a user's script again in each worker unless it is guarded by
    `if __name__ == "__main__"`, and scheduler and workers talk without a socket. Their memory is not watched: it is
    that of the whole calling process. Dask opens its status pages whether asked or not: here they have no page and
    listen on this machine only.
    """
    import dask
    from dask.system import CPU_COUNT
    from distributed import LocalCluster, Worker

    class LocalWorker(Worker):
        def __init__(self, *args: Any, **options: Any) -> None:
            quiet = {"dashboard": False, "dashboard_address": LOOPBACK}
            super().__init__(*args, **{**options, **quiet})

    with dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}):
        return LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers or CPU_COUNT,
            threads_per_worker=1,
            processes=False,
            memory_limit=0,
            dashboard_address=None,
            scheduler_kwargs={"dashboard": False, "dashboard_address": LOOPBACK},
            worker_class=LocalWorker,
            silence_logs=logging.ERROR,
        )


def _kubernetes(workers: int | None) -> Any:
    """A cluster made by the Dask operator, from the image in `EXPKIT_IMAGE`, which must hold expkit.

    Not exercised against a real cluster yet: only that it is imported lazily and asked for with these arguments.
    Outside the cluster the scheduler is reached by port forwarding, by IP at once (names would be tried in vain).
    """
    try:
        from dask_kubernetes.operator import KubeCluster
    except ImportError:
        raise MissingDependency.needs("dask-kubernetes", "kubernetes") from None
    image = os.environ.get("EXPKIT_IMAGE", "")
    if not image:
        raise InvalidInput("No image is named for the workers.", hint="set EXPKIT_IMAGE to one that holds expkit.")
    return KubeCluster(
        name=f"expkit-{os.getpid()}",
        image=image,
        n_workers=workers or 2,
        worker_command=["dask", "worker", "--nthreads", "1"],
        port_forward_cluster_ip="KUBERNETES_SERVICE_HOST" not in os.environ,
        quiet=True,
    )
