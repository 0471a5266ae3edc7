from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from flowc.driver.publishing import publish, unbuilt
from flowc.errors import BackendError
from flowc.registry import Bundle, Emission, EmitOptions, ImageUse, Volume

if TYPE_CHECKING:
    from pathlib import Path

BUNDLE = Bundle(digest="0" * 64, data=b"zip")
SPEC: Any = {}


def stored(store: str, *volumes: Volume) -> EmitOptions:
    return EmitOptions(bundle=BUNDLE, spec=SPEC, store=store, volumes=volumes, ship="store")


def test_a_store_on_a_folder_of_this_machine_gets_it(tmp_path: Path) -> None:
    asked = stored("file:///data/a%20b", Volume(source=str(tmp_path), target="/data/"))
    assert publish(asked) == []
    assert (tmp_path / "a b" / BUNDLE.key).read_bytes() == b"zip"
    assert publish(asked) == []


@pytest.mark.parametrize(
    "volume",
    [
        Volume(source="/no/such/folder", target="/data"),
        Volume(source="claim", target="/data", kind="pvc"),
        Volume(source="/", target="/other"),
    ],
)
def test_a_store_that_is_elsewhere_is_told(volume: Volume) -> None:
    note = f"put {BUNDLE.key} of the build into the store, under the same name"
    assert publish(stored("file:///data", volume)) == [note]


def test_a_store_that_refuses_is_an_error() -> None:
    with pytest.raises(BackendError, match="the bundle cannot be put into the store") as refused:
        publish(stored("s3x://bucket"))
    assert "--no-build" in refused.value.hint


def test_a_folder_of_bundles_gets_it(tmp_path: Path) -> None:
    bundles = Volume(source=str(tmp_path), target="")
    asked = replace(stored("s3://b"), ship="mount", bundles=bundles)
    assert publish(asked) == []
    assert [path.name for path in tmp_path.glob("*.pyz")] == [f"{BUNDLE.digest}.pyz"]
    elsewhere = replace(asked, bundles=Volume(source="claim", target="", kind="pvc"))
    assert publish(elsewhere) == [f"copy {BUNDLE.key} of the build into claim"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "bundles").touch()
    asked = stored("file:///data", Volume(source=str(tmp_path), target="/data"))
    with pytest.raises(BackendError, match="the bundle cannot be put into"):
        publish(asked)
    deeper = replace(asked, store="file:///data/bundles/store")
    with pytest.raises(BackendError, match="the bundle cannot be put into"):
        publish(deeper)


@pytest.mark.parametrize("ship", ["image", "inline"])
def test_nothing_to_do(ship: Any) -> None:
    assert publish(replace(stored("s3://b"), ship=ship)) == []


def test_what_was_not_done_is_told() -> None:
    use = ImageUse(reference="a:1", python="python3", steps=("a",))
    emission = Emission(files={}, uses=(use,))
    assert unbuilt(replace(stored("s3://b"), ship="image"), emission) == [
        "no image was built or tried: --no-build"
    ]
    assert unbuilt(stored("s3://b"), Emission(files={})) == [
        f"put {BUNDLE.key} of the build into the store, under the same name"
    ]
