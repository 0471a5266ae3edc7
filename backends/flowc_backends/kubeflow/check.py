"""Reads a rendered package again and compares it with its model, references included.

KFP's own loader checks no reference: a package with a dangling one fails when it runs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from flowc.errors import InternalError
from flowc_backends.kubeflow import model as names
from flowc_backends.kubeflow.reading import read_documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc_backends.kubeflow.model import (
        ComponentModel,
        ExecutorModel,
        MountModel,
        PackageModel,
        ParameterModel,
        TaskModel,
    )

    Document = dict[str, Any]

_UNCACHED = {"enableCache": False}


def check_package(text: str, package: PackageModel) -> Document:
    """The pipeline's specification, as it was read from the text.

    Raises InternalError unless the text says what the model says, and the model is sound.
    """
    expected = [_package(package)]
    if package.on_kubernetes:
        expected.append(_platforms(package))
    found: list[Document] = read_documents(text)
    if found != expected:
        place = _difference(found, expected, "")
        raise InternalError(f"the package of '{package.title}' was not written as meant: {place}")
    problem = _find_dangling(expected[0])
    if problem:
        raise InternalError(f"the package of '{package.title}' is not sound: {problem}")
    return found[0]


def _package(package: PackageModel) -> Document:
    root: Document = {"dag": {"tasks": _root_tasks(package)}}
    if package.parameters:
        definitions = {it.name: _parameter(it) for it in package.parameters}
        root["inputDefinitions"] = {"parameters": definitions}
    return {
        "pipelineInfo": _info(package),
        "schemaVersion": "2.1.0",
        "sdkVersion": package.version,
        "root": root,
        "components": _components(package),
        "deploymentSpec": {
            "executors": {it.name: _executor(it, package.store) for it in package.executors}
        },
    }


def _info(package: PackageModel) -> Document:
    described = {"description": package.description} if package.description else {}
    return {"name": package.name, "displayName": package.title, **described}


def _parameter(parameter: ParameterModel) -> Document:
    spec: Document = {"parameterType": parameter.type}
    if parameter.default is not None:
        spec |= {"defaultValue": parameter.default, "isOptional": True}
    if parameter.description:
        spec["description"] = parameter.description
    return spec


def _task(title: str, component: str, parameters: Document, **more: object) -> Document:
    return {
        "taskInfo": {"name": title},
        "componentRef": {"name": component},
        "inputs": {"parameters": parameters},
        **more,
    }


def _constant(value: str) -> Document:
    return {"runtimeValue": {"constant": value}}


def _passed(package: PackageModel) -> Document:
    return {it.name: {"componentInputParameter": it.name} for it in package.parameters}


def _root_tasks(package: PackageModel) -> Document:
    told = {name: _constant(value) for name, value in package.told}
    inputs = {**told, **_passed(package)}
    return {
        names.STEPS_TASK: _task("steps", names.STEPS_COMPONENT, inputs),
        names.FINALISE_TASK: _task(
            "finalise",
            names.FINALISE_COMPONENT,
            inputs,
            dependentTasks=[names.STEPS_TASK],
            cachingOptions=_UNCACHED,
            triggerPolicy={"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
        ),
    }


def _components(package: PackageModel) -> Document:
    run = {name: {"parameterType": "STRING"} for name, _ in package.told}
    step = {names.STEP_INPUT: {"parameterType": "STRING"}}
    types = {it.name: {"parameterType": it.type} for it in package.parameters}
    inputs = {"parameters": run | step | types}
    finalise: Document = {
        "executorLabel": names.FINALISE_EXECUTOR,
        "inputDefinitions": {"parameters": run | types},
    }
    steps: Document = {
        "inputDefinitions": {"parameters": run | types},
        "dag": {"tasks": _step_tasks(package)},
    }
    return {
        names.STEPS_COMPONENT: steps,
        names.FINALISE_COMPONENT: finalise,
        **{it.name: _component(it, inputs) for it in package.components},
    }


def _step_tasks(package: PackageModel) -> Document:
    told = {name: {"componentInputParameter": name} for name, _ in package.told}
    passed = {**told, **_passed(package)}
    step = partial(_step_task, passed)
    verdict = _task(
        "verdict",
        names.FINALISE_COMPONENT,
        passed,
        dependentTasks=list(package.last),
        cachingOptions=_UNCACHED,
    )
    return {**{it.name: step(it) for it in package.tasks}, names.VERDICT_TASK: verdict}


def _step_task(passed: Document, task: TaskModel) -> Document:
    inputs = {**passed, names.STEP_INPUT: _constant(task.step)}
    more: Document = {"dependentTasks": list(task.upstream)} if task.upstream else {}
    if task.retries:
        more["retryPolicy"] = {"maxRetryCount": task.retries, **names.BACKOFF}
    return _task(task.title, task.component, inputs, cachingOptions=_UNCACHED, **more)


def _component(component: ComponentModel, inputs: Document) -> Document:
    spec: Document = {"executorLabel": component.executor, "inputDefinitions": inputs}
    if component.outputs:
        artifact = {"artifactType": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}}
        spec["outputDefinitions"] = {"artifacts": dict.fromkeys(component.outputs, artifact)}
    return spec


def _executor(executor: ExecutorModel, store: str) -> Document:
    limits: Document = {"resources": executor.resources} if executor.resources else {}
    return {
        "container": {
            **limits,
            "image": executor.image,
            "command": list(executor.command),
            "args": list(executor.args),
            "env": [
                *({"name": name, "value": value} for name, value in executor.environment),
                {"name": "FLOWC_STORE", "value": store},
            ],
        }
    }


def _platforms(package: PackageModel) -> Document:
    executors = {it.name: _on_kubernetes(it, package.mounts) for it in package.on_kubernetes}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def _on_kubernetes(executor: ExecutorModel, common: tuple[MountModel, ...]) -> Document:
    secrets = [
        {
            "secretName": it.name,
            "secretNameParameter": _constant(it.name),
            "keyToEnv": [{"secretKey": it.key, "envVar": it.variable}],
            "optional": True,
        }
        for it in executor.secrets
    ]
    mounts = [_mount(it) for it in (*common, *executor.mounts)]
    return {
        **({"secretAsEnv": secrets} if secrets else {}),
        **({"pvcMount": mounts} if mounts else {}),
        **_security(executor),
        **executor.platform,
    }


def _security(executor: ExecutorModel) -> Document:
    if not executor.user:
        return {}
    names = ("runAsUser", "runAsGroup")
    numbers = dict(zip(names, executor.user, strict=False))
    return {"securityContext": numbers}


def _mount(mount: MountModel) -> Document:
    found = {
        "mountPath": mount.path,
        "pvcNameParameter": _constant(mount.claim),
        "constant": mount.claim,
    }
    return {**found, "subPath": mount.sub_path} if mount.sub_path else found


def _difference(found: Any, expected: Any, path: str) -> str:
    """The first place where the two differ."""
    here, there = _children(found), _children(expected)
    if type(found) is not type(expected) or here.keys() != there.keys() or not there:
        return f"{path} is {found!r:.200} instead of {expected!r:.200}"
    place = next(place for place in there if here[place] != there[place])
    return _difference(here[place], there[place], f"{path}/{place}")


def _children(value: Any) -> Document:
    if isinstance(value, dict):
        return cast("Document", value)
    if isinstance(value, list):
        items = enumerate(cast("Sequence[Any]", value))
        return {str(position): item for position, item in items}
    return {}


def _find_dangling(package: Document) -> str:
    """What is referred to and is not there; empty when all is."""
    components, executors = package["components"], package["deploymentSpec"]["executors"]
    if f"comp-{package['pipelineInfo']['name']}" in components:
        return "a component has the pipeline's name"
    for name, component in components.items():
        if "dag" not in component and component["executorLabel"] not in executors:
            return f"component {name} has no executor"
    dags = [package["root"], components[names.STEPS_COMPONENT]]
    return next(filter(None, (_find_dangling_task(dag, components) for dag in dags)), "")


def _find_dangling_task(dag: Document, components: Document) -> str:
    earlier: set[str] = set()
    there = _inputs_of(dag) | {names.RUN_INPUT}
    for name, task in dag["dag"]["tasks"].items():
        component = components.get(task["componentRef"]["name"])
        inputs = task["inputs"]["parameters"]
        taken = {
            it["componentInputParameter"]
            for it in inputs.values()
            if "componentInputParameter" in it
        }
        if component is None:
            return f"task {name} has no component"
        if inputs.keys() != _inputs_of(component):
            return f"task {name} does not give its component's inputs"
        if not there >= taken:
            return f"task {name} takes an input that is not there"
        if not earlier.issuperset(task.get("dependentTasks", ())):
            return f"task {name} waits for a task that does not come before it"
        earlier.add(name)
    return ""


def _inputs_of(component: Document) -> set[str]:
    return set(component.get("inputDefinitions", {"parameters": ()})["parameters"])
