"""Pipelines as the IR has them, for the tests of the engines that start containers."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowc import ir
from flowc.registry import Bundle, EmitOptions, Volume

if TYPE_CHECKING:
    from collections.abc import Callable

NASTY = (
    'q"\'\\ """ \r\n\t{{ x }} {% y %} {# z #} {{$.x}} {{ $HOME }} $(HOME) é 数 😀 \u2028 '
    "\x1b[0m run.sh\n"
)
IMAGE, OTHER_IMAGE = "flowc/case:0123456789abcdef", "flowc/case:fedcba9876543210"


def at(line: int) -> ir.Location:
    return ir.Location(file="pipeline.py", line=line)


def step(step_id: str, *upstream: str, **changes: Any) -> ir.Step:
    changes.setdefault("location", at(20))
    changes.setdefault("image", IMAGE)
    function = ir.Function(module="steps", qualname="function")
    return ir.Step(id=step_id, name=step_id, function=function, upstream=upstream, **changes)


def type_of(kind: str, *args: ir.Type, **changes: Any) -> ir.Type:
    return ir.Type(kind=kind, args=args, **changes)


def parameter(name: str, wanted: ir.Type, *default: object) -> ir.Parameter:
    text = json.dumps(default[0]) if default else None
    return ir.Parameter(name=name, type=wanted, location=at(5), default=text)


def pipeline(name: str, *steps: ir.Step, **changes: Any) -> ir.Pipeline:
    return ir.Pipeline(name=name, location=at(4), body=ir.Block(nodes=steps), **changes)


def options(store: str = "s3://bucket/flowc", **changes: Any) -> EmitOptions:
    spec: Any = {"flowc": "0.1.0"}
    return EmitOptions(bundle=Bundle(digest="0" * 64, data=b""), spec=spec, store=store, **changes)


ANY, INT, FLOAT, STR = (type_of(kind) for kind in ("any", "int", "float", "str"))
NONE = type_of("none")
LEVELS = tuple(f'"the level of number {number}"' for number in range(5))
MOUNTED = options("file:///store/flowc", volumes=(Volume(source="/srv/flowc", target="/store"),))

DIAMOND = pipeline(
    "diamond",
    step("load", location=at(11), doc="Load the data.\n\nFrom one file."),
    step("train", "load", location=at(12), image=OTHER_IMAGE),
    step("train_2", "load", location=at(13), doc="Train.", image=OTHER_IMAGE),
    step("best", "train", "train_2", location=at(14)),
    doc="Train two models and keep the better one.",
)
PARAMETERS = pipeline(
    "parameters",
    step("show"),
    parameters=(
        parameter("count", INT, 2**53 + 1),
        parameter("rate", FLOAT, 1e22),
        parameter("flag", type_of("bool"), True),
        parameter("name", STR, "it's"),
        parameter("maybe", type_of("union", INT, NONE), None),
        parameter("either", type_of("union", type_of("list", INT), STR), "x"),
        parameter("kind", type_of("literal", values=('"a"', "1", "null")), "a"),
        parameter("level", type_of("union", type_of("literal", values=LEVELS), NONE), None),
        parameter("sizes", type_of("list", INT), [1, 2]),
        parameter("pair", type_of("tuple", INT, STR), [1, "x"]),
        parameter("settings", type_of("dict", STR, FLOAT), {"z": 1.0, "a": 2.5}),
        parameter("by_number", type_of("dict", INT, ANY), {"1": True}),
        parameter("wide", ANY, {"key": ["a long text to fill the line"] * 4, "empty": []}),
        parameter("day", type_of("class", name="datetime:date"), "2024-02-29"),
        parameter("moment", type_of("class", name="datetime:datetime"), "2024-02-29T12:00:00"),
        parameter("boundless", FLOAT, "Infinity"),
        parameter("config", type_of("class", name="steps:Config"), {"x": 1}),
        parameter("required", INT),
        parameter("json", ANY, None),
    ),
)
NASTY_TEXT = pipeline(
    "nasty",
    step("outer.run.sh", doc=NASTY, docker=ir.DockerSettings(python="python {{ 3 }}")),
    step('a "b" {{ c }}', doc='"""'),
    step("größe", 'a "b" {{ c }}', "outer.run.sh"),
    step("class", doc='ends in a quote "'),
    step("finalise", doc="\\"),
    doc=NASTY,
    parameters=(parameter("text", STR, NASTY + "\0"),),
)
NESTED = pipeline(
    "nested-pipeline",
    step("prepare.load"),
    step("prepare.clean", "prepare.load"),
    step("prepare_load", "prepare.clean"),
    step("run", "prepare.clean"),
    step("print"),
    step("3d"),
    *(step(f"a_step_with_quite_a_long_name_{number}", "3d") for number in range(4)),
    step("last", *(f"a_step_with_quite_a_long_name_{number}" for number in range(4))),
)
RETRIED = pipeline(
    "retried",
    step("load", infrastructure_retries=2),
    step("train", "load", infrastructure_retries=1),
    step("report", "train"),
)
DATABASE, LICENCE = ir.SecretRef(name="db-main", key="password"), ir.SecretRef(name="licence")
SECRET = pipeline(
    "secret",
    step("load", inputs=(ir.Input(name="password", type=STR, value=DATABASE),)),
    step(
        "train",
        "load",
        secret_environment=(("DB", DATABASE), ("LICENCE", LICENCE)),
        hooks=(
            ir.Hook(
                event="on_failure",
                function=ir.Function(module="steps", qualname="tell"),
                where="pipeline.py:7",
            ),
        ),
    ),
    step("report", "train"),
    max_parallel_steps=2,
)
WHEN = type_of("union", type_of("class", name="datetime:datetime"), NONE)
SCHEDULED = pipeline(
    "scheduled",
    step("load"),
    step("report", "load"),
    parameters=(
        replace(parameter("until", WHEN, None), filled="interval_end"),
        replace(parameter("day", type_of("union", STR, NONE), None), filled="scheduled_time"),
    ),
    schedule=ir.Schedule(
        cron="30 6 1,15 * 1-5",
        timezone="Europe/Berlin",
        start="2024-03-01T05:00:00+00:00",
        end="2030-12-31T23:00:00+00:00",
    ),
    max_active_runs=1,
    max_parallel_steps=4,
)
EVERY = pipeline("every", step("load"), schedule=ir.Schedule(interval=5400))
ALL = {
    case.name: case
    for case in (
        DIAMOND,
        PARAMETERS,
        NASTY_TEXT,
        NESTED,
        RETRIED,
        SCHEDULED,
        EVERY,
        SECRET,
    )
}


def chain(length: int) -> ir.Pipeline:
    steps = [step("step_0", doc="Begin.")]
    steps += [
        step(f"step_{n}", f"step_{n - 1}", doc="Go on.\n\nAs before.") for n in range(1, length)
    ]
    return pipeline("chain", *steps, parameters=(parameter("count", INT, 1),))


def check_with_ruff(text: str, *selected: str) -> None:
    """Fails unless ruff finds nothing to say, nor to format."""
    ruff = [sys.executable, "-m", "ruff"]
    stdin = ["--isolated", "--line-length", "99", "-"]
    for command in (["format", "--diff"], ["check", "--preview", "--select", ",".join(selected)]):
        subprocess.run([*ruff, *command, *stdin], input=text.encode(), check=True)


def file_of(files: dict[str, bytes]) -> str:
    """The Python file among those that a backend wrote."""
    (text,) = (data.decode() for name, data in files.items() if name.endswith(".py"))
    return text


def function_of(text: str, name: str) -> Callable[..., str]:
    """A function of the file that needs no more than `json` and the file's constant LIMIT."""
    body: list[ast.stmt] = []
    for node in ast.parse(text).body:
        match node:
            case ast.FunctionDef(name=found) | ast.Assign(targets=[ast.Name(id=found)]):
                body += [node] if found in {name, "LIMIT"} else []
            case _:
                pass
    names: dict[str, Any] = {"json": json, "Any": Any}
    code = compile(ast.Module(body=body, type_ignores=[]), "generated.py", "exec")
    exec(code, names)  # noqa: S102 - we wrote the file
    found_function: Callable[..., str] = names[name]
    return found_function
