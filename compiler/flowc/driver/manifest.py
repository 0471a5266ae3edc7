"""What a build says of itself, for people, `flowc deploy` and `flowc diff`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flowc import __version__
from flowc.passes.features import all_features
from flowc.passes.specification import schedule_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc import ir
    from flowc.driver.front import Front
    from flowc.registry import Emission, EmitOptions


def manifest(
    front: Front,
    target: str,
    supports: Mapping[str, str],
    options: EmitOptions,
    emission: Emission,
    ir_text: bytes,
) -> dict[str, object]:
    """All but the list of files. It depends on the build alone: no clock, no host."""
    schedule = front.pipeline.schedule
    return {
        "flowc": __version__,
        "pipeline": front.pipeline.name,
        "source": str(front.pipeline.location),
        "target": target,
        "ir": hashlib.sha256(ir_text).hexdigest(),
        "bundle": options.bundle.digest,
        "ship": options.ship,
        **({"executor": options.executor} if options.executor else {}),
        "store": options.store,
        **({"version": options.version} if options.version else {}),
        **({"schedule": schedule_spec(schedule)} if schedule else {}),
        "features": _features(front.pipeline, supports, options),
        "images": _images(options, emission),
        "sizes": [
            {"what": it.what, "bytes": it.used, "limit": it.limit, "percent": it.percent}
            for it in emission.sizes
        ],
        "parameters": {
            parameter.name: "run-time" if parameter.bound is None else f"bound: {parameter.why}"
            for parameter in front.pipeline.parameters
        },
        "signature": front.spec["parameters"],
    }


def _features(
    pipeline: ir.Pipeline, supports: Mapping[str, str], options: EmitOptions
) -> dict[str, str]:
    """The features that this pipeline uses, and whether they are native or emulated."""
    used = all_features(pipeline) | {f"ship_{options.ship}"}
    used |= {f"{options.executor}_executor"} if options.executor else set()
    return {name: supports[name] for name in sorted(used & set(supports))}


def _images(options: EmitOptions, emission: Emission) -> dict[str, dict[str, object]]:
    """Every image that steps run in, by its name in the artifact."""
    built = {image.tag for image in emission.images}
    steps: dict[str, list[str]] = {}
    for use in emission.uses:
        steps.setdefault(use.reference, []).extend(use.steps)
    return {
        reference: {
            "built": reference in built,
            "platform": options.platform or None,
            "steps": names,
        }
        for reference, names in sorted(steps.items())
    }
