"""A tool that an SDK starts for credentials: `flowops auth process` on the emulated AWS, asking on its own terminal.

python -m tests.integration.own_tool ENDPOINT AWS_FOLDER PROJECT PROFILE SESSIONS
"""

from __future__ import annotations

import sys
from pathlib import Path

from flowops.adapters.aws.session import AwsSessions
from flowops.adapters.project import load_config
from flowops.app.auth import Auth
from flowops.app.site import Site
from flowops.cli.view.tty import ask_on_terminal
from flowops.errors import FlowopsError
from tests.fakes.console import FakeConsole


def main(endpoint: str, folder: str, project: str, profile: str, sessions: str) -> int:
    """Print the credentials of dev's plan role."""
    config = load_config(Path(project))
    operator = config.operator.model_copy(update={"profile": profile})
    reached = AwsSessions(
        region=config.region,
        config_file=Path(folder, "config"),
        credentials_file=Path(folder, "credentials"),
        endpoint_url=endpoint,
    )
    config = config.model_copy(update={"operator": operator})
    site = Site(Path(project), config, reached, lambda serial: "never asked", Path(sessions))
    auth = Auth(lambda: site, FakeConsole(), {}, rehearsed=False)
    try:
        print(auth.process("dev", "FlowopsPlanRole", ask_on_terminal).decode())
    except FlowopsError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
