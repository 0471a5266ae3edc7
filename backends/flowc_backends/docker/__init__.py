"""The target `docker`: every step in a container of its own, on this machine or another one."""

from __future__ import annotations

from flowc_backends.docker.target import DockerBackend

__all__ = ["DockerBackend"]
