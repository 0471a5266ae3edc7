"""The same chain as a Kedro project; `STEPS` in the environment is its length."""
