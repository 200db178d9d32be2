"""What children see of the shell: nothing that could change a run."""

from __future__ import annotations

import random
import string

import pytest

from flowops.adapters.environment import child_environment, ignored_variables

PLAIN = {"PATH": "/bin", "HOME": "/home/ann", "LANG": "C.UTF-8"}


@pytest.mark.fault(23)
def test_200_random_variables_of_the_tools_change_nothing() -> None:
    random.seed(20261123)
    prefixes = ("AWS_", "TF_", "TG_", "TERRAGRUNT_", "TF_VAR_", "TF_CLI_ARGS_")
    noise = {
        random.choice(prefixes) + "".join(random.choices(string.ascii_uppercase + "_", k=8)): "x" for _ in range(200)
    }
    assert child_environment(PLAIN | noise) == child_environment(PLAIN)
    assert set(ignored_variables(PLAIN | noise)) == set(noise)


def test_what_a_run_needs_gets_through() -> None:
    env = child_environment(PLAIN | {"HTTPS_PROXY": "http://proxy:3128", "EDITOR": "vi"}, TF_CLI_CONFIG_FILE="/x")
    assert env.items() >= (PLAIN | {"HTTPS_PROXY": "http://proxy:3128", "TF_CLI_CONFIG_FILE": "/x"}).items()
    assert "EDITOR" not in env
