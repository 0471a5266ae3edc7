"""Kubeflow Pipelines: a package in KFP's own intermediate form, written straight from the IR."""

from __future__ import annotations

from flowc_backends.kubeflow.target import KubeflowBackend

__all__ = ["KubeflowBackend"]
