from __future__ import annotations

import os
import sys
from pathlib import Path

from flowops.rehearsal.emulator import Endpoint, server_argv, server_environment


def test_the_server_is_started_by_this_python_and_imports_nothing_from_where_it_starts() -> None:
    assert server_argv(Path("/rehearsal"), 4566) == [
        sys.executable,
        "-P",
        "-m",
        "flowops.emulated_aws",
        "--state-dir",
        "/rehearsal",
        "--port",
        "4566",
    ]


def test_the_server_sees_nothing_else_of_the_callers_environment() -> None:
    callers = {
        "PATH": "/bin",
        "HOME": "/home/alice",
        "TMPDIR": "/scratch",
        "AWS_CA_BUNDLE": "/corporate.pem",
        "AWS_SECRET_ACCESS_KEY": "real",
        "HTTPS_PROXY": "http://proxy",
        "MOTO_ACCOUNT_ID": "123456789012",
        "PYTHONPATH": "/elsewhere",
    }
    assert server_environment(callers, 4566) == {
        "PATH": "/bin",
        "HOME": "/home/alice",
        "TMPDIR": "/scratch",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_ACM_VALIDATION_WAIT": "1",
        "MOTO_PORT": "4566",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_an_endpoint_knows_its_port() -> None:
    assert Endpoint("http://127.0.0.1:4566", 1).port == 4566
