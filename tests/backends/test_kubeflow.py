from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from flowc import ir
from flowc.errors import BackendError, FlowcError, InternalError
from flowc.registry import FEATURES, Bundle, EmitOptions, Volume
from flowc_backends.kubeflow import KubeflowBackend
from flowc_backends.kubeflow.check import check_package
from flowc_backends.kubeflow.lower import lower_package
from flowc_backends.kubeflow.names import engine_name
from flowc_backends.kubeflow.parameters import argument
from flowc_backends.kubeflow.reading import read_documents
from flowc_backends.kubeflow.recurring import recurring_run
from flowc_backends.kubeflow.target import TEMPLATE, package_text
from flowc_backends.rendering import render
from flowc_runtime.contract import ARGUMENT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

NASTY = (
    "q\"'\\ \n {{ x }} {% y %} $HOME $(HOME) $$ {{$.x}} {{$.inputs.parameters['i']}} {{$}} "
    "\0 😀 \u2028 [[RunUUID]]"
)
INT, STR = ir.Type(kind="int"), ir.Type(kind="str")


def at(line: int) -> ir.Location:
    return ir.Location(file="pipeline.py", line=line)


def step(step_id: str, *upstream: str, **changes: Any) -> ir.Step:
    name = changes.pop("name", step_id)
    line = changes.pop("line", 20)
    outputs = changes.pop("outputs", ("output",))
    return ir.Step(
        id=step_id,
        name=name,
        function=ir.Function(module="steps", qualname=changes.pop("function", name)),
        location=at(line),
        outputs=tuple(ir.Output(name=output, type=INT) for output in outputs),
        upstream=upstream,
        image=changes.pop("image", "flowc/case:0123456789abcdef"),
        **changes,
    )


def parameter(name: str, wanted: ir.Type, *default: object) -> ir.Parameter:
    text = json.dumps(default[0]) if default else None
    return ir.Parameter(name=name, type=wanted, location=at(5), default=text)


def pipeline(name: str, *steps: ir.Step, **changes: Any) -> ir.Pipeline:
    return ir.Pipeline(name=name, location=at(4), body=ir.Block(nodes=steps), **changes)


def options(store: str = "s3://bucket/flowc", **changes: Any) -> EmitOptions:
    spec: Any = {"flowc": "0.1.0"}
    return EmitOptions(bundle=Bundle(digest="0" * 64, data=b""), spec=spec, store=store, **changes)


def type_of(kind: str, *args: ir.Type) -> ir.Type:
    return ir.Type(kind=kind, args=args)


DIAMOND = pipeline(
    "diamond",
    step("load", line=11, doc="Load the data.\n\nFrom one file."),
    step("train", "load", line=12, defined=at(40)),
    step("train_2", "load", line=13, name="train", defined=at(40)),
    step("best", "train", "train_2", line=14, outputs=("model", "score")),
    doc="Trains two models and keeps the better one.",
)
PARAMETERS = pipeline(
    "parameters",
    step("use", outputs=()),
    parameters=(
        parameter("needed", STR),
        parameter("text", STR, "plain $5 {text}"),
        parameter("nasty", STR, NASTY),
        parameter("marked", STR, "flowc:json: is no mark here"),
        parameter("count", INT, 2**60 + 1),
        parameter("rate", ir.Type(kind="float"), 0.1),
        parameter("whole", ir.Type(kind="float"), 1),
        parameter("flag", ir.Type(kind="bool"), True),
        parameter("maybe", type_of("union", INT, ir.Type(kind="none")), None),
        parameter("nested", type_of("dict", STR, type_of("list", INT)), {"a": [[1], [2**70]]}),
        parameter("escaped", type_of("list", STR), ["{{x}}", "$(X)", "a\\$$", "[[Index]]"]),
        parameter("choice", ir.Type(kind="literal", values=('"a"', '"b"')), "a"),
        parameter("when", ir.Type(kind="class", name="datetime:date"), "2024-01-02"),
        parameter("größe", STR, "ö"),
        replace(parameter("shape", INT, 3), bound="3", why="it is looped over"),
    ),
)
NASTY_NAMES = pipeline(
    'na"sty {{x}}',
    step('a"b\n{{$.x}} $(HOME)', function="f"),
    step("分割", 'a"b\n{{$.x}} $(HOME)', function="g", outputs=("b c", "分割", "train.csv")),
    step("Größe", function="h", doc=NASTY),
    step("2nd", function="i"),
    step("in", function="j"),
    step("long" * 30, function="k"),
    step("na-sty-x", function="l"),
    doc=NASTY,
)
NESTED = pipeline(
    "nested",
    step("outer.load"),
    step("outer.inner.load", "outer.load", name="load", function="load"),
    step("outer.load_2", "outer.load", name="load", function="load", image="flowc/other:1"),
    step("report", "outer.inner.load", "outer.load_2", docker=ir.DockerSettings(python="python")),
)
RETRIED = pipeline(
    "retried",
    step("load", infrastructure_retries=2),
    step("train", "load", infrastructure_retries=1),
    step("report", "train"),
)
DATABASE = ir.SecretRef(name="DB_main", key="password")
SECRET = pipeline(
    "secret",
    step("load", inputs=(ir.Input(name="password", type=STR, value=DATABASE),)),
    step(
        "train",
        "load",
        secret_environment=(("DB", DATABASE), ("LICENCE", ir.SecretRef(name="licence"))),
        hooks=(
            ir.Hook(
                event="on_failure",
                function=ir.Function(module="steps", qualname="tell"),
                where="pipeline.py:7",
            ),
        ),
    ),
    step("report", "train"),
)
SCHEDULED = pipeline(
    "scheduled",
    step("load"),
    parameters=(
        replace(
            parameter("when", type_of("union", STR, ir.Type(kind="none")), None),
            filled="scheduled_time",
        ),
    ),
    schedule=ir.Schedule(
        cron="30 6 */2 * 5-7",
        start="2024-03-01T05:00:00+00:00",
        end="2030-12-31T23:00:00+00:00",
        catchup=True,
    ),
    max_active_runs=3,
)
VOLUMES = options("file:///mnt/store/flowc", volumes=(
    Volume(kind="pvc", source="flowc-store", target="/mnt/store"),
    Volume(kind="pvc", source="data", target="/data"),
))  # fmt: skip


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (DIAMOND, options()),
        (PARAMETERS, options()),
        (replace(NASTY_NAMES, name="nasty"), options()),
        (NESTED, options()),
        (RETRIED, options()),
        (SCHEDULED, options()),
        (replace(DIAMOND, name="volumes"), VOLUMES),
        (SECRET, VOLUMES),
    ],
    ids=lambda it: it.name if isinstance(it, ir.Pipeline) else "",
)
def test_packages(
    case: ir.Pipeline, asked: EmitOptions, golden: Callable[[str, str], None]
) -> None:
    golden(f"{case.name}.yaml", package_text(case, asked))


def test_a_recurring_run(golden: Callable[[str, str], None]) -> None:
    golden("scheduled.json", recurring_run(SCHEDULED)["recurring_run.json"].decode())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"schedule": ir.Schedule(cron="0 3 * * *", timezone="Europe/Berlin")},
            "the timezone of the schedule '0 3 * * *' in Europe/Berlin is not supported",
        ),
        ({"max_active_runs": 2}, "max_active_runs of a pipeline without a schedule is not"),
        (
            {"schedule": ir.Schedule(interval=60), "max_active_runs": 11},
            "max_active_runs 11 is not supported by the target 'kubeflow'",
        ),
    ],
)
def test_what_a_recurring_run_cannot_express(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BackendError) as raised:
        recurring_run(replace(DIAMOND, **changes))
    assert raised.value.message.startswith(message)


def refusal(attempt: Callable[[], object]) -> str:
    with pytest.raises(FlowcError) as caught:
        attempt()
    return str(caught.value) + "\n"


def test_a_store_whose_path_is_quoted_is_on_its_volume() -> None:
    claim = Volume(source="flowc", target="/my data/", kind="pvc")
    assert "/my data/" in package_text(DIAMOND, options("file:///my%20data/x", volumes=(claim,)))


@pytest.mark.parametrize(
    ("name", "case", "asked"),
    [
        (
            "collision",
            pipeline("p", step("a.b", line=7), step("A_b", line=8), step("x"), step("x_driver")),
            options(),
        ),
        (
            "values",
            pipeline(
                "p",
                step("a"),
                parameters=(
                    parameter("big", STR, "x" * ARGUMENT_LIMIT),
                    parameter("infinite", ir.Type(kind="float"), "Infinity"),
                ),
            ),
            options(),
        ),
        (
            "all_values",
            pipeline(
                "p",
                step("a"),
                parameters=tuple(parameter(f"p{i}", STR, "x" * 60_000) for i in range(3)),
            ),
            options(),
        ),
        ("file_store", DIAMOND, options("file:/srv/flowc")),
        ("bind", DIAMOND, options(volumes=(Volume(source="/a", target="/b"),))),
        ("reserved_output", pipeline("p", step("a", outputs=("executor-logs",))), options()),
        ("surrogate", replace(DIAMOND, doc="half \ud800"), options()),
        (
            "secret_name",
            pipeline(
                "p", step("a", secret_environment=(("X", ir.SecretRef(name="db.-x", key="k")),))
            ),
            options(),
        ),
    ],
)
def test_refusals(
    name: str, case: ir.Pipeline, asked: EmitOptions, golden: Callable[[str, str], None]
) -> None:
    golden(f"refused_{name}.txt", refusal(lambda: package_text(case, asked)))


def test_every_feature_is_answered() -> None:
    assert set(KubeflowBackend.supports) == set(FEATURES)


def test_emit_writes_one_package_and_names_its_images() -> None:
    emission = KubeflowBackend().emit(DIAMOND, options(default_parent_image="python:3.11"))
    assert list(emission.files) == ["diamond.yaml"]
    executors = yaml.safe_load(emission.files["diamond.yaml"])["deploymentSpec"]["executors"]
    (image,) = emission.images
    assert {it["container"]["image"] for it in executors.values()} == {image.tag}


def test_values_arrive_exactly() -> None:
    root = read_documents(package_text(PARAMETERS, options()))[0]["root"]
    given = root["inputDefinitions"]["parameters"]
    for it in PARAMETERS.runtime_parameters:
        if it.default is None:
            continue
        default = given[it.name]["defaultValue"]
        assert "{{" not in str(default)
        if it.type.kind in {"bool", "float"}:
            value = default
        elif it.type.kind != "str":
            value = json.loads(default)
        else:
            mark, text = default[: len("flowc:json:")], default[len("flowc:json:") :]
            value = json.loads(text) if mark == "flowc:json:" else default
        assert value == json.loads(it.default)


@pytest.mark.parametrize(
    ("value", "kind", "given"),
    [
        ("plain", "str", "plain"),
        ("{{$.x}}", "str", r'flowc:json:"\u007b{\u0024.x}}"'),
        (["$(X)"], "list", r'["\u0024(X)"]'),
        (2**64, "int", "18446744073709551616"),
        (3, "float", 3.0),
        (True, "bool", True),
        (None, "union", "null"),
    ],
)
def test_a_run_is_given_what_arrives_exactly(value: object, kind: str, given: object) -> None:
    assert argument(json.dumps(value), kind) == given


def test_a_component_never_has_the_pipelines_name() -> None:
    (package,) = read_documents(package_text(pipeline("train", step("train")), options()))
    assert "comp-train" not in package["components"]


def test_invocations_of_one_function_share_a_component_unless_images_differ() -> None:
    def components(*steps: ir.Step) -> list[str]:
        return [it.name for it in lower_package(pipeline("p", *steps), options()).components]

    once, again = step("a"), step("a_2", name="a")
    assert components(once, again) == ["comp-a"]
    assert components(once, replace(again, image="other:1")) == ["comp-a", "comp-a-2"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("train_2", "train-2"),
        ("outer.Train", "outer-train"),
        ("__a--b__", "a-b"),
        ("Größe", "grosse"),
        ("2nd", "step-2nd"),
        ("in", "step-in"),
        ("{{$}}", "step-e86dae24"),
    ],
)
def test_names_are_what_every_part_of_kubeflow_takes(text: str, name: str) -> None:
    assert engine_name(text) == name


def test_long_names_stay_apart() -> None:
    names = {engine_name("x" * 60 + str(i)) for i in range(9)}
    assert len(names) == 9
    assert max(map(len, names)) <= 50


def test_a_text_that_says_something_else_is_found() -> None:
    model = lower_package(DIAMOND, options())
    text = package_text(DIAMOND, options()).replace("dependentTasks: [load]", "dependentTasks: []")
    with pytest.raises(InternalError, match=r"tasks/train/dependentTasks is .* instead of"):
        check_package(text, model)


@pytest.mark.parametrize(
    ("part", "changes", "problem"),
    [
        ("tasks", {"component": "comp-none"}, "task load has no component"),
        ("tasks", {"upstream": ("best",)}, "waits for a task that does not come before it"),
        ("components", {"executor": "exec-none"}, "component comp-load has no executor"),
        ("components", {"name": "comp-diamond"}, "a component has the pipeline's name"),
    ],
)
def test_a_dangling_reference_is_found(part: str, changes: dict[str, Any], problem: str) -> None:
    model = lower_package(DIAMOND, options())
    items = getattr(model, part)
    parts: dict[str, Any] = {part: (replace(items[0], **changes), *items[1:])}
    broken = replace(model, **parts)
    text = render(TEMPLATE, package=broken, run_id="{{$.pipeline_job_uuid}}", backoff={})
    with pytest.raises(InternalError, match=problem):
        check_package(text, broken)


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2.5, true, null, 2024-01-02, 0x1f, x, 'y', \"1\", 1e3]\n",
        "a: {b: {c: []}}\n---\n- {}\n- [[], {}]\n",
        "a: |\n  text\nb: >-\n  more\n  text\n? [1]\n: 2\n"[:-10],
        "just text\n",
        "",
    ],
)
def test_documents_are_read_as_a_loader_reads_them(text: str) -> None:
    assert read_documents(text) == list(yaml.load_all(text, Loader=yaml.CSafeLoader))


@pytest.mark.parametrize("text", ["{a: 1, a: 2}", "[*x]", "!!str a", "{a: [}"])
def test_yaml_that_nothing_of_ours_writes_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        read_documents(text)
