"""What settings do."""

from __future__ import annotations

from tests.conformance.expectation import Case, Run, done, refused_everywhere

NASTY = 'it\'s "quoted" $HOME ${X} $$ {{ x }} {% y %} \\ 🎈'
TRACKER = {"MLFLOW_TRACKING_URI": "http://tracker.example.com:5000"}

ANSWERS = {
    "environment": Case(
        title="Environment variables of the pipeline; a step's own instead of them",
        shows=("environment",),
        runs=(
            Run(
                steps={
                    "read": done(["fast", None, NASTY]),
                    "read_own": done(["slow", "mine", None]),
                },
            ),
        ),
    ),
    "resources": Case(
        title="Cores and memory of the pipeline; a step's own instead of them",
        runs=(Run(steps={"small": done("small"), "large": done("small, large")}),),
    ),
    "placement": Case(
        title="A step for certain nodes; refused where there are none",
        runs=(Run(steps={"somewhere": done("here")}),),
        own_keys="no run on this machine to compare with",
        refused={
            target: (
                "the setting 'node_selector' of step 'somewhere' is not supported by the target "
                f"'{target.rstrip('23')}'"
            )
            for target in ("local", "docker", "airflow2", "airflow3", "prefect")
        },
    ),
    "bad_setting": Case(
        title="An unknown key of the docker settings is refused",
        refused=refused_everywhere("settings['docker'] has no key 'requirments'"),
    ),
    "volumes": Case(
        title="An empty folder and one of the host; refused where steps cannot have them",
        shows=("empty_dir_volumes", "host_path_volumes"),
        own_keys="no run on this machine to compare with",
        refused={
            "local": (
                "the empty_dir volume /scratch of step 'look' is not supported by the target "
                "'local'"
            ),
            "kubeflow": (
                "the host_path volume /host of step 'look' is not supported by the target "
                "'kubeflow'"
            ),
        },
        runs=(Run(steps={"look": done([["file"], [True, True], True])}),),
    ),
    "tracked": Case(
        title="The address of an experiment tracker; a step's own name, and another tracker",
        cover=True,
        shows=("experiment_tracker",),
        runs=(
            Run(
                steps={
                    "plain": done({**TRACKER, "MLFLOW_EXPERIMENT_NAME": "everybody's"}),
                    "own": done({**TRACKER, "MLFLOW_EXPERIMENT_NAME": "mine"}),
                    "other": done(
                        {"WANDB_PROJECT": "a {{ project }} of $HOME", "WANDB_TAGS": "x,y"}
                    ),
                }
            ),
        ),
    ),
}
