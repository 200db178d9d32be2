"""A question on the terminal of this process, whatever its standard streams are: an SDK may have captured them."""

from __future__ import annotations

import os

from flowops.errors import Declined

_TERMINAL = "/dev/tty"


def ask_on_terminal(question: str) -> str:
    """Return the line that is typed; Declined where the process has no terminal, or is not in its foreground."""
    try:
        with open(_TERMINAL, "w") as shown, open(_TERMINAL) as typed:
            # The terminal would stop a process that reads from it in the background, and nobody would wake it.
            if os.tcgetpgrp(typed.fileno()) != os.getpgrp():
                raise _nobody(question)
            shown.write(question)
            shown.flush()
            answer = typed.readline()
    except OSError as error:
        raise _nobody(question) from error
    if not answer:
        raise Declined("The answer did not come: input ended.", not_done="AWS was not called.")
    return answer


def no_answer(question: str) -> str:
    """Ask nothing: Declined."""
    raise _nobody(question)


def _nobody(question: str) -> Declined:
    return Declined(f"There is no terminal to ask on: {question.strip(' :')}.", not_done="AWS was not called.")
