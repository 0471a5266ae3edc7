"""Configuration that authors import."""

from __future__ import annotations

from flowc.authoring.resources import KubernetesSettings, ResourceSettings

__all__ = ["KubernetesSettings", "ResourceSettings"]
