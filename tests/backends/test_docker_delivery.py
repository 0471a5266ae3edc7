"""What a container gets of the bundle and the store, as far as no daemon is needed."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flowc_backends.docker import bundles
from flowc_backends.docker.copying import add_folders, add_tree, lend
from flowc_backends.docker.needs import needed_objects
from flowc_runtime import contract, keys
from flowc_runtime.stores import open_store
from tests.docker_runs import artifact, bundle, options, put, result

if TYPE_CHECKING:
    import pytest

    from flowc_runtime.stores import Store


def test_a_bundle_is_unpacked_once(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    folder = bundles.unpack(bundle(), store)
    assert (folder / "pipeline.json").read_text() == "{}"
    (folder / "kept").touch()
    assert bundles.unpack(bundle(), store) == folder
    assert (folder / "kept").exists()
    assert bundles.pack(bundle(), store).read_bytes() == bundle().data
    assert sorted(path.name for path in folder.parent.iterdir()) == ["d" * 64, "d" * 64 + ".pyz"]


def test_bundles_that_nobody_uses_are_forgotten(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    kept, old = tmp_path / "bundles/kept", tmp_path / "bundles/old"
    for folder in (kept, old):
        folder.mkdir(parents=True)
        (folder / bundles.COMPLETE).touch()
    os.utime(old / bundles.COMPLETE, (0, 0))
    bundles.unpack(bundle(), store)
    assert kept.exists()
    assert not old.exists()


def test_a_store_on_the_network_keeps_bundles_in_our_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLOWC_HOME", str(tmp_path))
    assert bundles.bundle_home(cast("Store", None)) == tmp_path / "bundles"


def test_what_a_step_needs_of_the_store(tmp_path: Path) -> None:
    given = options(tmp_path)
    store = open_store(given.store)
    first, second = (artifact(store, data) for data in (b"upstream's", b"cached"))
    put(store, contract.run_key(given.run), {})
    put(store, contract.result_key(given.run, "a", 2), result({"x": first}))
    spec = given.spec["steps"][1]
    inputs = keys.resolve_inputs(spec, {}, {"a": result({"x": first})})
    entry = contract.action_key(keys.cache_key(spec, inputs, {})[0])
    put(store, entry, {"outputs": {"y": second}})
    put(store, contract.action_key("0" * 64), {"outputs": {}})
    wanted = {
        contract.run_key(given.run),
        contract.result_key(given.run, "a", 2),
        entry,
        contract.cas_key(first["digest"]),
        contract.cas_key(second["digest"]),
    }
    needed = dict(needed_objects(store, given, spec, {}))
    assert set(needed) == wanted
    assert all(Path(path).is_file() for path in needed.values())


def test_what_is_lent_is_linked_into_the_store(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("x")
    (tmp_path / "private").chmod(0o600)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add_folders(tar, ["/flowc/store/cas/aa"])
        lend(tar, "cas/aa/aab", str(tmp_path / "private"))
        add_tree(tar, tmp_path, "/opt/flowc/b")
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        entries = {entry.name: entry for entry in tar}
    assert entries["flowc/store/cas/aa/aab"].linkname == "/flowc/lent/cas/aa/aab"
    assert [entries[f"flowc/store{path}"].mode for path in ("", "/cas", "/cas/aa")] == [0o777] * 3
    assert entries["flowc/lent/cas/aa/aab"].mode == 0o644
    assert entries["opt/flowc/b/private"].mode == 0o644
