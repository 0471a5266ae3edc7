"""What a container executes: ``python3 bundle.pyz COMMAND ...``. This text is the protocol.

::

    step ID      run one step: load its inputs, call its function, store its outputs
    finalise     end a run: note what was lost, skipped or never started
    check [ID…]  print JSON: this Python, the modules that import, whether the store can be
                 reached; about all steps, or those that are named
    unpack [DIR] unpack the bundle for faster starts; DIR is the bundle's name without .pyz

    --store URI           where everything is kept (file:, s3:, gs:, az:)
    --default-store URI   the same, unless FLOWC_STORE is set
    --run ID | --engine-run TEXT
                          the run: its id, or the engine's own name of it from which it is derived
    --run-name TEXT       what people call the run, unless the pipeline has a template for that;
                          the first step's counts
    --target NAME         recorded with the run
    --param NAME=JSON     a parameter of the pipeline, again for each
    --scheduled-time TEXT when the run was to start, in ISO 8601: for parameters that stand for a
                          time of the run, when they are not given, or null
    --executor-input JSON Kubeflow's {{$}}: parameters are taken from it, outputs noted for it
    --token TEXT          the engine's name of this execution of the step, see below
    --soft-fail           exit 0 also for a failed or skipped step, so that the engine goes on
    --no-cache            use no cache entry
    --help, --version

Environment: ``FLOWC_STORE`` beats ``--default-store``; ``--store`` beats both. ``FLOWC_IMAGE`` is
what messages call the image. ``TMPDIR`` is where a zip's modules and downloads are put.
``FLOWC_SECRET_<NAME>_<KEY>`` is a secret, else it is a file: `secrets` explains that.

Standard output: what the step writes, standard error included. Standard error: what flowc says.

Exit status: 0 the step completed or was cached; 1 it failed, was skipped or cancelled, or the
store gave way; 2 the request is wrong. ``finalise``: 0 when every invocation completed, else 1.
SIGTERM and SIGINT are forwarded to the step, which is killed after a grace period of five seconds;
the result is then ``cancelled``. With ``infrastructure_retries`` such a step has no result until
the engine's retry, or else the finaliser, gives it one. The run's stop record, which `stopping`
explains, is read before a step starts and again and again while it runs.

Generations: an execution of a step is a generation in its records. With ``--token``, a start with
the token of the latest generation belongs to it: it is the engine's retry of a lost container.
If a result is there already, that decides the exit status and nothing runs; else attempts that
never ended are noted as lost, and the step runs. Any other token starts the next generation: a
rerun by hand. Without a token, a start belongs to the latest generation while that has no result,
or one with outputs (that step is done); after `failed`, `skipped` or `cancelled` it starts the
next generation, for only a person asks for that again. An engine that retries on its own must
therefore pass a token, if only a constant one.
"""

from __future__ import annotations

import os
import sys
import time

from flowc_runtime import contract, keys, records, stopping
from flowc_runtime.bundle import Bundle, BundleError
from flowc_runtime.options import UsageError, parse, suggest
from flowc_runtime.stores import StoreError, open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc_runtime.child import Place
    from flowc_runtime.contract import Json, ResultRecord, StepSpec
    from flowc_runtime.options import Options
    from flowc_runtime.records import Generation, Run
    from flowc_runtime.stores import Store
    from flowc_runtime.supervisor import Task


def main(argv: list[str], bundle: str) -> int:
    """Run a command; ``bundle`` is the zip or folder that was started."""
    if "--help" in argv or "-h" in argv:
        print((__doc__ or "").rstrip())
        return contract.EXIT_COMPLETED
    try:
        opened = Bundle(bundle)
        if "--version" in argv:
            print(f"flowc {opened.spec['flowc']} (protocol {contract.PROTOCOL})")
            return contract.EXIT_COMPLETED
        return _run_command(parse(argv), opened)
    except (UsageError, BundleError, keys.RequestError) as error:
        return _complain(str(error), contract.EXIT_REQUEST)
    except StoreError as error:
        return _complain(str(error), contract.EXIT_FAILED)


def _complain(text: str, status: int) -> int:
    print(f"flowc: {text}", file=sys.stderr)
    return status


def _run_command(options: Options, bundle: Bundle) -> int:
    if options.command == "step":
        return _step(options, bundle)
    if options.command == "finalise":
        return _finalise(options, bundle)
    if options.command == "unpack":
        from flowc_runtime.bundle import unpack

        unpack(bundle, _one_argument(options, "DIR", bundle.path.removesuffix(".pyz")))
        return contract.EXIT_COMPLETED
    from flowc_runtime.check import check

    print(check(bundle, options.get("store") or _default_store(options), options.arguments))
    return contract.EXIT_COMPLETED


def _one_argument(options: Options, what: str, default: str = "") -> str:
    if len(options.arguments) > 1 or not (options.arguments or default):
        given = " ".join(options.arguments) or "nothing"
        raise UsageError(f"{options.command} wants one {what}, got {given}")
    return options.arguments[0] if options.arguments else default


def _default_store(options: Options) -> str:
    return os.environ.get("FLOWC_STORE") or options.get("default-store")


def _open_store(options: Options) -> Store:
    uri = options.get("store") or _default_store(options)
    if not uri:
        raise UsageError("no store: give --store URI or set FLOWC_STORE")
    try:
        return open_store(uri)
    except StoreError as error:
        raise UsageError(str(error)) from None


def _open_run(options: Options, bundle: Bundle, texts: dict[str, str]) -> Run:
    spec = bundle.spec
    engine_run = options.get("engine-run")
    given = options.get("run")
    if bool(engine_run) == bool(given):
        raise UsageError("which run? give either --run ID or --engine-run TEXT")
    for name in texts:
        if name not in spec["parameters"]:
            hint = suggest(name, list(spec["parameters"]))
            raise UsageError(f"pipeline '{spec['pipeline']}' has no parameter '{name}'{hint}")
    id_ = given or contract.run_id(spec["pipeline"], engine_run)
    run = records.Run(id_, spec, _open_store(options), texts)
    run.name = options.get("run-name") or id_
    run.target = options.get("target")
    run.engine_run = engine_run
    run.bundle = bundle.digest
    run.cache = "no-cache" not in options.flags
    return run


def _finalise(options: Options, bundle: Bundle) -> int:
    from flowc_runtime.finaliser import finalise, went_well

    run = _open_run(options, bundle, _parameter_texts(options, bundle)[0])
    try:
        results = finalise(run, places=lambda _: _place(run, bundle), output=_tee)
    finally:
        run.store.close()
        bundle.close()
    for step, result in results.items():
        if not keys.is_usable(result):
            _announce(step, result)
    return contract.EXIT_COMPLETED if went_well(results) else contract.EXIT_FAILED


def _parameter_texts(options: Options, bundle: Bundle) -> tuple[dict[str, str], Json | None]:
    """Parameters by name, and Kubeflow's executor input where there is one."""
    text = options.get("executor-input")
    if not text:
        return _filled(options.parameters, options, bundle), None
    from flowc_runtime import executor

    document = executor.read_input(text)
    theirs = executor.parameter_texts(document, bundle.spec["parameters"])
    return _filled({**theirs, **options.parameters}, options, bundle), document


def _filled(texts: dict[str, str], options: Options, bundle: Bundle) -> dict[str, str]:
    """With the run's times for parameters that stand for one."""
    if not any("filled" in declared for declared in bundle.spec["parameters"].values()):
        return texts
    from flowc_runtime import schedules

    try:
        return schedules.fill(bundle.spec, texts, options.get("scheduled-time"))
    except schedules.BadScheduleError as error:
        raise UsageError(str(error)) from None


def _step(options: Options, bundle: Bundle) -> int:
    texts, document = _parameter_texts(options, bundle)
    run = _open_run(options, bundle, texts)
    for name, declared in bundle.spec["parameters"].items():
        keys.parameter_text(declared, texts, name)
    id_ = _one_argument(options, "step's id")
    if document is not None:
        # Kubeflow gets the id as the segment of a path: nothing on its way expands that.
        id_ = next((it for it in run.steps if contract.path_segment(it) == id_), id_)
    if id_ not in run.steps:
        hint = suggest(id_, list(run.steps))
        raise UsageError(f"pipeline '{bundle.spec['pipeline']}' has no step '{id_}'{hint}")
    try:
        result = _run_step(options, bundle, run, run.steps[id_])
        if document is not None:
            # Also after a failure: the file may be an earlier step's, and would be read as ours.
            from flowc_runtime import executor

            executor.write_output(document, result.get("outputs", {}), run.store)
    finally:
        run.store.close()
        bundle.close()
    _announce(id_, result)
    return _exit_status(result, soft="soft-fail" in options.flags)


def _run_step(options: Options, bundle: Bundle, run: Run, step: StepSpec) -> ResultRecord:
    records.ensure_run(run)
    generation = open_generation(run, step["id"], options.get("token"))
    if generation.has_result:
        result = records.read_result(run.store, run.id, step["id"], generation.number)
        if result is not None:
            return result
    from flowc_runtime.supervisor import Task

    task = Task(run, step, records.read_upstream(run, step))
    task.generation = generation.number
    task.attempts = records.close_attempts(run, step["id"], generation)
    task.place = _place(run, bundle)
    if generation.number > 1:
        run.since = task.attempts[0]["started"] if task.attempts else time.time()
    stopping.look(run)
    return _drive(task)


def _place(run: Run, bundle: Bundle) -> Place:
    from flowc_runtime.child import Place

    return Place(
        bundle.source_roots(),
        {"FLOWC_STORE": run.store.uri},
        stand_in=True,
        fresh=not run.store.forkable,
        stack=run.spec.get("stack"),
        places=run.spec.get("places", {}),
    )


def _drive(task: Task) -> ResultRecord:
    from flowc_runtime.supervisor import Loop, Signals, StepRun, Watch

    loop = Loop()
    ended: list[StepRun] = []
    run = StepRun(task, loop, output=_tee, done=ended.append)

    def cancel(number: int) -> None:
        stopping.look(task.run)  # it may say why the signal came
        run.cancel(number)

    with Signals(loop, cancel):
        run.start()
        watch = Watch(task.run, loop, run.stop)
        loop.run_while(lambda: not ended)
        watch.close()
    return run.result


def _tee(data: bytes) -> None:
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]
    except OSError:
        # Nobody listens any more; the log in the store goes on.
        return


def open_generation(run: Run, step: str, token: str) -> Generation:
    """The generation to which this start belongs: see the protocol above."""
    latest = records.latest_generation(run.store, run.id, step)
    if not latest.number:
        return records.new_generation(run, step, 1, token)
    if token:
        same = records.read_token(run, step, latest.number) == token
    elif latest.has_result:
        result = records.read_result(run.store, run.id, step, latest.number)
        same = result is not None and keys.is_usable(result)
    else:
        same = True
    return latest if same else records.new_generation(run, step, latest.number + 1, token)


def _announce(step: str, result: ResultRecord) -> None:
    message = records.explain(result)
    text = f"flowc: step '{step}' {result.get('status')}"
    print(f"{text}: {message}" if message else text, file=sys.stderr)


def _exit_status(result: ResultRecord, *, soft: bool) -> int:
    status = result.get("status")
    if status in keys.USABLE or (soft and status in {"failed", "skipped"}):
        return contract.EXIT_COMPLETED
    if result.get("error", {}).get("kind") == "request":
        return contract.EXIT_REQUEST
    return contract.EXIT_FAILED
