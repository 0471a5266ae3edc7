"""Two builds compared by meaning."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from flowc import ir
from flowc.deploying import Build
from flowc.driver.build_record import Record
from flowc.driver.diff import compare_records
from flowc.driver.diff import pipelines as of_pipelines
from flowc.driver.diff import steps as of_steps
from tests.backends.engine_pipelines import at, pipeline, step
from tests.plan.projects import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Golden = Callable[[str, str], None]

LIBRARY = """
FACTOR = 2

def shift(x):
    return x + FACTOR

def alert():
    print("it failed")
"""

SOURCE = """
from lib import alert, shift

from flowc import RetryConfig, pipeline, step


@step
def draw(count: int, seed: int) -> list[float]:
    return [float(seed)] * count


@step
def mean(numbers: list[float]) -> float:
    return shift(sum(numbers)) / len(numbers)


@step(on_failure=alert)
def report(title: str, value: float) -> str:
    return f"{title}: {value}"


@pipeline
def survey(count: int = 100, title: str = "Survey") -> None:
    numbers = draw(count, 7)
    value = mean(numbers)
    report(title, value)
"""

DOCKER = {
    "docker": {
        "parent_image": "python:3.12",
        "requirements": ["numpy"],
        "environment": {"TOKEN": "hidden"},
        "user": "nobody",
    }
}

SETTINGS = "retry=RetryConfig(max_retries=3, delay=1.5), timeout=60, enable_cache=False"

EDITS: dict[str, tuple[tuple[str, str], ...]] = {
    "nothing": (),
    "a comment and a blank line": (("@pipeline\n", "# A remark.\n\n@pipeline\n"),),
    "a helper": (("x + FACTOR", "x - FACTOR"),),
    "a constant": (("FACTOR = 2", "FACTOR = 3"),),
    "a step's own function": (("[float(seed)] * count", "[float(seed), 1.0] * count"),),
    "what a hook does": (("it failed", "it has failed"),),
    "which hook": (("(on_failure=alert)", "(on_success=alert)"),),
    "a step more": (("value = mean(numbers)", "value = mean(draw(count, 8))"),),
    "a step less": (("\n    report(title, value)", ""),),
    "an input": (("draw(count, 7)", "draw(count, 8)"),),
    "an input that is a parameter now": (("draw(count, 7)", "draw(count, count)"),),
    "order alone": (("report(title, value)", "report(title, value, after=numbers)"),),
    "a default": (("= 100", "= 200"),),
    "a parameter": (('title: str = "Survey"', 'title: str = "Survey", extra: int = 1'),),
    "a parameter that is bound": (("numbers = draw", "assert count\n    numbers = draw"),),
    "the type of a parameter": (("survey(count: int", "survey(count: float"),),
    "settings": (
        (
            "@step\ndef mean",
            f"@step({SETTINGS})\ndef mean",
        ),
        (
            "@pipeline",
            '@pipeline(schedule="0 6 * * *", execution_mode="fail_fast", timeout=600)',
        ),
    ),
    "an image": (
        (
            "@step\ndef mean",
            f"@step(settings={DOCKER})\ndef mean",
        ),
    ),
    "an output": (
        ("-> float:", '-> Annotated[float, "middle"]:'),
        ("from flowc", "from typing import Annotated\n\nfrom flowc"),
    ),
    "documentation": (
        ("-> str:\n", '-> str:\n    """Tell."""\n'),
        ("-> None:\n", '-> None:\n    """Survey."""\n'),
    ),
}

STORE = ("--store", "s3://bucket/flowc")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A pipeline, compiled into `before`."""
    made = Project(tmp_path, {"lib.py": LIBRARY, "survey.py": SOURCE})
    compile_into(made, "before")
    return made


def compile_into(project: Project, out: str, *more: str) -> None:
    target = ("--target", "airflow") if "--target" not in more else ()
    store = STORE if "--store" not in more else ()
    project.flowc("compile", "survey.py", "--no-build", "--out", out, *target, *store, *more)


def test_edits_are_told_in_words(project: Project, golden: Golden) -> None:
    told: list[str] = []
    for title, edits in EDITS.items():
        project.write("lib.py", LIBRARY)
        project.write("survey.py", SOURCE)
        for before, after in edits:
            project.edit(("lib.py" if before in LIBRARY else "survey.py", before, after))
        compile_into(project, "after")
        told.append(f"# {title}\n{project.flowc('diff', 'before', 'after')}")
    golden("edits.txt", "\n".join(told))
    assert "hidden" not in "".join(told)


def test_other_options_are_told_in_words(project: Project, golden: Golden) -> None:
    volume = ("--volume", "/srv/data:/data")
    compile_into(project, "after", "--store", "file:/data/x", *volume, "--network", "lan")
    told = project.flowc("diff", "before", "after")
    compile_into(project, "other", "--target", "prefect", "--parent-image", "python:3.12")
    golden("options.txt", f"{told}\n{project.flowc('diff', 'before', 'other')}")


def test_the_document(project: Project) -> None:
    project.edit(("lib.py", "x + FACTOR", "x - FACTOR"))
    compile_into(project, "after")
    document = json.loads(project.flowc("diff", "before", "after", "--json"))
    text = "helper `shift` in `lib.py:4` changed"
    assert document == {
        "pipeline": "survey",
        "old": "before",
        "new": "after",
        "same": False,
        "changes": [],
        "steps": [
            {
                "id": "mean",
                "step": "mean",
                "status": "changed",
                "where": "survey.py:25",
                "changes": [
                    {"kind": "helper", "name": "shift", "where": "lib.py:4", "text": text}
                ],
            }
        ],
        "files": ["lib.py", "survey.py"],
    }


def test_the_status_tells_of_differences_when_asked(project: Project) -> None:
    project.flowc("diff", "before", "before", "--exit-code")
    project.edit(("lib.py", "FACTOR = 2", "FACTOR = 3"))
    compile_into(project, "after")
    project.flowc("diff", "before", "after")
    project.flowc("diff", "before", "after", "--exit-code", status=1)


def test_what_is_no_build_is_refused(project: Project, golden: Golden) -> None:
    project.write("source/lib.py", "")
    project.write("a_file", "")
    project.write("foreign/manifest.json", '{"files": []}')
    for name in ("changed", "later", "earlier", "broken"):
        shutil.copytree(project.folder / "before", project.folder / name)
    project.edit(("changed/ir.json", "survey", "survex"))
    tamper(project.folder / "later", "build.json", b'{"flowc_build": 99}')
    tamper(project.folder / "broken", "ir.json", b'{"flowc_ir": 1, "node": "Nonsense"}')
    tamper(project.folder / "earlier", "build.json", None)
    told: list[str] = []
    for folder in (
        "missing",
        "a_file",
        "source",
        "foreign",
        "changed",
        "later",
        "earlier",
        "broken",
    ):
        status, error = project.fails("diff", "before", folder)
        assert status == 2
        told.append(error)
    golden("refused.txt", "".join(told))


def tamper(build: Path, name: str, data: bytes | None) -> None:
    """Make it what another version of flowc would have written, whole."""
    manifest = json.loads((build / "manifest.json").read_bytes())
    if data is None:
        del manifest["files"][name]
    else:
        (build / name).write_bytes(data)
        manifest["files"][name] = hashlib.sha256(data).hexdigest()
    (build / "manifest.json").write_text(json.dumps(manifest))


def record_of(case: ir.Pipeline) -> Record:
    steps = [{"id": it.id, "ingredients": {"code": it.code}} for it in case.steps]
    manifest: dict[str, Any] = {"target": "airflow", "flowc": "1", "files": {}}
    return Record(
        build=Build(name="build", manifest=manifest, files={}),
        pipeline=case,
        spec={"steps": steps},
        options={},
        functions={},
        modules={},
    )


OTHER: dict[str, Any] = {
    "name": "other",
    "function": ir.Function(module="steps", qualname="other"),
    "inputs": (ir.Input(name="x", type=ir.ANY, value=ir.Constant(json="1")),),
    "outputs": (ir.Output(name="y", type=ir.ANY),),
    "upstream": ("other",),
    "cache": False,
    "cache_policy": ir.CachePolicy(expires=1.5),
    "artifact_metadata": False,
    "code": "0123",
    "retry": ir.Retry(max_retries=2),
    "hooks": (ir.Hook(event="on_end", function=ir.Function(module="a", qualname="b"), where=""),),
    "timeout": 1.5,
    "infrastructure_retries": 2,
    "docker": ir.DockerSettings(user="nobody"),
    "resources": ir.Resources(cpu=500),
    "placement": ir.Placement(service_account="runner"),
    "components": (ir.ComponentUse(kind="alerter", name="a", flavor="b"),),
    "parameters": (ir.Parameter(name="p", type=ir.ANY, location=at(1)),),
    "substitutions": (("a", "1"),),
    "unlisted": True,
    "stack": ir.Stack(name="other"),
}
"""Another value for fields; the rest get a text, whatever they hold."""


@pytest.mark.parametrize("field", [it.name for it in fields(ir.Step) if it.name != "id"])
def test_every_field_of_a_step_is_told_or_has_no_meaning(field: str) -> None:
    old, new = (pipeline("p", it) for it in (step("a"), changed(step("a"), field)))
    found = compare_records(record_of(old), record_of(new))["steps"]
    silent = of_steps.TELLERS.get(field) is of_steps.no_meaning and field != "code"
    assert bool(found) != silent
    assert all(change["text"] for it in found for change in it["changes"])


@pytest.mark.parametrize("field", [it.name for it in fields(ir.Pipeline)])
def test_every_field_of_a_pipeline_is_told_or_has_no_meaning(field: str) -> None:
    old = pipeline("p", step("a"))
    new = old if field == "body" else changed(old, field)
    found = compare_records(record_of(old), record_of(new))["changes"]
    assert bool(found) == (of_pipelines.TELLERS.get(field) is not of_pipelines.no_meaning)


def test_resources_and_placement_are_told_as_they_are_written() -> None:
    old = ir.Placement(
        node_selector=(("disk", "ssd"),),
        tolerations=(ir.Toleration(key="gpu"),),
        volumes=(ir.Mount(path="/data", kind="pvc", source="data"),),
        labels=(("team", "blue"),),
    )
    new = ir.Placement(
        node_selector=(("disk", "hdd"),),
        tolerations=(ir.Toleration(operator="Exists"),),
        volumes=(ir.Mount(path="/data", kind="pvc", source="other"),),
        service_account="runner",
        image_pull_secrets=("registry",),
    )
    before = step("a", resources=ir.Resources(cpu=500, gpus=1), placement=old)
    after = step("a", resources=ir.Resources(cpu=2000, memory=2**30), placement=new)
    builds = (record_of(pipeline("p", it)) for it in (before, after))
    [found] = compare_records(*builds)["steps"]
    assert [change["text"] for change in found["changes"]] == [
        "cpu: 0.5 -> 2",
        "memory: none -> 1073741824",
        "gpus: 1 -> none",
        "node selector changed: disk has another value",
        "tolerations changed: + every taint, - gpu",
        "volumes changed: /data has another value",
        "service account: none -> runner",
        "labels changed: - team",
        "image pull secrets changed: + registry",
    ]


def changed(node: Any, field: str) -> Any:
    return replace(node, **{field: OTHER.get(field, "other")})
