import pytest
from pathlib import Path
from tests.integration.tools import Tools


@pytest.fixture(scope="session")
def tools():
    return Tools(Path("/usr/local/bin/terraform"), Path("/tmp/brief/terragrunt"))
