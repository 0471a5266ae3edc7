from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import flowc
import flowc_runtime
from flowc.client import Client
from flowc.errors import AuthorError, BackendError
from flowc_runtime import stores

if TYPE_CHECKING:
    from tests.client.store_builder import StoreBuilder

RUN = "train-1a2b3c4d"


@pytest.fixture
def client(built: StoreBuilder) -> Client:
    return Client(built.uri)


def test_the_document_of_a_run(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {"load": (), "fit": ("load",)}, name="nightly", parameters={"n": 3}, age=60)
    artifact = built.contents(b"42")
    built.result(RUN, "load", "cached", outputs={"output": artifact}, cache_key="k", reason="hit")
    error = {"kind": "exception", "type": "ValueError", "message": "no"}
    built.result(RUN, "fit", "failed", attempts=3, error=error)
    document = client.run(RUN)
    created = document.pop("created")  # type: ignore[misc]
    assert created == built.now - 60
    assert document == {
        "run_id": RUN,
        "name": "nightly",
        "pipeline": "train",
        "target": "airflow",
        "status": "failed",
        "reason": "",
        "parameters": {"n": 3},
        "duration_s": 59.0,
        "steps": [
            {
                "id": "load",
                "step": "load",
                "status": "cached",
                "attempts": 0,
                "duration_s": 1.5,
                "cache_key": "k",
                "outputs": {
                    "output": {
                        "digest": artifact["digest"],
                        "type": "int",
                        "uri": artifact["uri"],
                        "size": 2,
                    }
                },
                "error": None,
                "reason": "hit",
            },
            {
                "id": "fit",
                "step": "fit",
                "status": "failed",
                "attempts": 3,
                "duration_s": 1.5,
                "cache_key": None,
                "outputs": {},
                "error": error,
                "reason": "",
            },
        ],
    }


def test_ids_with_characters_that_no_path_takes(built: StoreBuilder, client: Client) -> None:
    run = built.run("a/b c-12345678", {"outer.inner: ü": ()}, pipeline="a/b c")
    built.result(run, "outer.inner: ü", "completed")
    built.result(run, "not expected/…", "completed")
    assert [step["id"] for step in client.run(run)["steps"]] == [
        "outer.inner: ü",
        "not expected/…",
    ]
    assert [summary["run_id"] for summary in client.runs("a/b c")] == [run]


@pytest.mark.parametrize(
    "wanted", [RUN, "train-1a", "1a2b", "nightly", "night", "latest"], ids=lambda text: text
)
def test_ways_to_say_which_run(built: StoreBuilder, client: Client, wanted: str) -> None:
    built.run("train-99999999", {}, name="weekly", age=10)
    built.run(RUN, {}, name="nightly")
    assert client.run(wanted)["run_id"] == RUN


def test_a_name_beats_the_beginning_of_an_id(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {})
    built.run("other-00000000", {}, name="train")
    assert client.run("train")["run_id"] == "other-00000000"


def test_an_unknown_run_names_the_nearest(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {})
    with pytest.raises(AuthorError, match=f"unknown run 'trian-1a2b'\n.*did you mean '{RUN}'"):
        client.run("trian-1a2b")
    with pytest.raises(AuthorError, match=f"newest: {RUN}"):
        client.run("zzz")


def test_an_ambiguous_beginning_names_the_runs(built: StoreBuilder, client: Client) -> None:
    built.run("train-11111111", {})
    built.run("train-22222222", {})
    with pytest.raises(AuthorError, match=r"stands for 2 runs: train-.*, train-"):
        client.run("train")


def test_an_empty_store_says_so(client: Client) -> None:
    assert client.runs() == []
    with pytest.raises(AuthorError, match="has no runs yet"):
        client.run("any")


def test_listing_is_newest_first_and_limited(built: StoreBuilder, client: Client) -> None:
    for number in range(5):
        run = built.run(f"p{number % 2}-0000000{number}", {"one": (), "two": ()}, age=number)
        built.result(run, "one", "completed")
    assert [run["run_id"][-1] for run in client.runs()] == ["0", "1", "2", "3", "4"]
    assert [run["run_id"][-1] for run in client.runs(limit=2)] == ["0", "1"]
    assert [run["run_id"][-1] for run in client.runs("p1")] == ["1", "3"]
    assert client.runs(limit=1)[0]["steps"] == {"completed": 1, "pending": 1}
    with pytest.raises(AuthorError, match="no run of a pipeline 'p2'"):
        client.runs("p2")


def test_logs_come_in_order_and_from_the_latest_generation(
    built: StoreBuilder, client: Client
) -> None:
    built.run(RUN, {"zeta": (), "alpha": ("zeta",), "silent": ()})
    built.log(RUN, "alpha", "a\n")
    built.log(RUN, "zeta", "old\n")
    built.log(RUN, "zeta", "new\n", generation=2)
    assert list(client.logs(RUN).items()) == [("zeta", "new\n"), ("alpha", "a\n")]
    assert client.logs(RUN, "alpha") == {"alpha": "a\n"}
    assert client.logs(RUN, "silent") == {}
    with pytest.raises(AuthorError, match="has no step 'alhpa'\n  hint: did you mean 'alpha'"):
        client.logs(RUN, "alhpa")


def test_an_artifact_is_loaded(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {"one": (), "two": ()})
    built.result(RUN, "one", "completed", outputs={"output": built.contents(b"42")})
    outputs = {"a": built.contents(b"1"), "b": built.contents(b'"text"')}
    built.result(RUN, "two", "completed", outputs=outputs)
    assert client.artifact(RUN, "one") == 42
    assert client.artifact(RUN, "two", "b") == "text"
    with pytest.raises(AuthorError, match="name one of a, b"):
        client.artifact(RUN, "two")
    with pytest.raises(AuthorError, match="no output 'c'"):
        client.artifact(RUN, "two", "c")


def test_an_artifact_that_cannot_be_loaded_here(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {"one": ()})
    artifact = built.contents(b"42", "not_installed.module:Reader@1")
    built.result(RUN, "one", "completed", outputs={"output": artifact})
    with pytest.raises(BackendError, match=f"{RUN}, one, output 'output': .*not_installed"):
        client.artifact(RUN, "one")


def test_a_damaged_artifact_is_an_error(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {"one": ()})
    artifact = built.contents(b"42")
    built.store.put(artifact["uri"], b"43")
    built.result(RUN, "one", "completed", outputs={"output": artifact})
    with pytest.raises(BackendError, match="are damaged"):
        client.artifact(RUN, "one")


def test_a_damaged_record_is_named(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {"one": ()})
    built.store.put(f"runs/{RUN}/steps/one/1/result.json", b"{")
    with pytest.raises(BackendError, match=r"steps/one/1/result\.json .* is damaged"):
        client.run(RUN)


@pytest.mark.parametrize("key", ["run.json", "steps/one/1/result.json"])
@pytest.mark.parametrize("record", [b"", b"[]"])
def test_a_damaged_run_is_listed_beside_the_others(
    built: StoreBuilder, client: Client, key: str, record: bytes
) -> None:
    built.run(RUN, {"one": ()}, name="old")
    built.run("other-1", {"one": ()}, name="sound")
    built.store.put(f"runs/{RUN}/{key}", record)
    listed = {run["run_id"]: run["status"] for run in client.runs()}
    assert listed.keys() == {RUN, "other-1"}
    assert listed[RUN] == "damaged"
    assert client.run("sound")["run_id"] == "other-1"


def test_latest_is_the_newest_run_whatever_others_are_called(
    built: StoreBuilder, client: Client
) -> None:
    built.run(RUN, {}, name="latest", age=60.0)
    built.run("other-1", {})
    assert client.run("latest")["run_id"] == "other-1"


def test_a_run_of_a_newer_flowc_is_refused(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {}, protocol=99)
    with pytest.raises(BackendError, match="newer flowc"):
        client.run(RUN)


@pytest.mark.parametrize("uri", ["nonsense", "ftp://x", "file:"])
def test_a_wrong_store_is_one_message(uri: str) -> None:
    with pytest.raises(BackendError):
        Client(uri).runs()


def test_the_environment_names_the_store(
    built: StoreBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.run(RUN, {})
    monkeypatch.setenv("FLOWC_STORE", built.uri)
    assert Client().run(RUN)["run_id"] == RUN


def test_a_thousand_steps_are_quick(built: StoreBuilder, client: Client) -> None:
    built.run(RUN, {f"s{number}": () for number in range(1000)})
    for number in range(1000):
        built.attempt(RUN, f"s{number}")
        built.result(RUN, f"s{number}", "completed")
    before = time.process_time()
    assert len(client.run(RUN)["steps"]) == 1000
    assert time.process_time() - before < 1.0


class FarStore(stores.FileStore):
    @property
    def uri(self) -> str:
        return "s3://bucket"


def test_a_far_store_gives_the_same(
    built: StoreBuilder, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.run(RUN, {f"s{number}": () for number in range(40)})
    for number in range(40):
        built.result(RUN, f"s{number}", "cached")
    near = client.run(RUN)
    far = FarStore(built.uri.removeprefix("file:"))

    def open_store(_uri: str) -> FarStore:
        return far

    monkeypatch.setattr(stores, "open_store", open_store)
    assert Client("s3://bucket").run(RUN) == near


def test_it_needs_the_standard_library_alone(built: StoreBuilder) -> None:
    built.run(RUN, {"one": ()})
    built.result(RUN, "one", "completed")
    roots = [str(Path(module.__path__[0]).parent) for module in (flowc, flowc_runtime)]
    code = (
        f"import sys; sys.path[:0] = {roots!r}\n"
        "from flowc import Client\n"
        f"print(Client({built.uri!r}).run('latest')['status'])\n"
        "print([name for name in ('typing', 'dataclasses', 'click') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "completed\n[]\n"
