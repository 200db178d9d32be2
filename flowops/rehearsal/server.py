"""The process that is the emulated AWS: `python -m flowops.emulated_aws --state-dir DIR --port N`.

It listens on the loopback interface only. In its state directory it keeps `server.json` (who and where it
is, written once it answers), `snapshot.pickle.gz` (its state), `calls.jsonl` (what was called), and in `kubernetes`
what the control planes of its EKS clusters have.
SIGTERM ends it after a snapshot.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import secrets
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Thread

import moto
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from flowops.errors import FlowopsError, LockHeld, OperationFailed
from flowops.rehearsal import cloudformation, compat, settings, snapshot
from flowops.rehearsal.application import Application, Dispatcher
from flowops.rehearsal.charts.repositories import Repositories, credentials_in
from flowops.rehearsal.connection import Connection
from flowops.rehearsal.gate import Gate
from flowops.rehearsal.identity import LOCK_FILE, LOOPBACK, MODULE, Identity
from flowops.rehearsal.keeper import Keeper
from flowops.rehearsal.kubernetes.emulated import Kubernetes
from flowops.rehearsal.kubernetes.programs import Start
from flowops.rehearsal.occupancy import Occupancy
from flowops.rehearsal.recorder import Recorder
from flowops.rehearsal.settings import Settings

LAST_WORDS_SECONDS = 5.0
STACKS = "cloudformation"
HEEDED = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None, start: Start | None = None) -> int:
    """Serve until somebody sends SIGTERM or SIGINT; return the exit code. `start` starts the programs of Kubernetes."""
    parser = argparse.ArgumentParser(prog=MODULE, description=str(__doc__).splitlines()[0])
    parser.add_argument("--state-dir", type=Path, required=True, help="Directory with settings.json.")
    parser.add_argument("--port", type=int, required=True, help="Port of 127.0.0.1; 0 means any free one.")
    chosen = parser.parse_args(argv)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("flowops").setLevel(logging.INFO)
    warnings.filterwarnings("ignore", module="moto")  # it warns of each error code that a service does not document
    # Blocked in every thread and waited for in this one: a handler could interrupt a thread that holds a lock.
    signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
    try:
        serve(replace(settings.load(chosen.state_dir), port=chosen.port), start)
    except FlowopsError as error:
        print(error, file=sys.stderr, flush=True)
        return int(error.exit_code)
    return 0


def serve(chosen: Settings, start: Start | None = None) -> None:
    """Run the emulator of one state directory until it is told to end.

    Raises LockHeld when another process serves that directory, OperationFailed when the port is taken
    or the snapshot cannot be used.
    """
    lock = Occupancy(chosen.state_dir / LOCK_FILE)
    if not _claimed(lock):
        raise LockHeld(f"Another process serves {chosen.state_dir}.", next_step="flowops rehearse status")
    gate, recorder = Gate(), Recorder(chosen.state_dir)
    keeper = Keeper(chosen.state_dir / snapshot.FILE_NAME, gate, lambda: {STACKS: cloudformation.state()})
    token = secrets.token_hex(16)
    alone = Lock()
    kubernetes = Kubernetes(chosen, start, changed=keeper.changed, alone=alone, record=recorder.record)
    charts = Repositories(credentials_in(chosen))

    def changed() -> None:
        keeper.changed()
        kubernetes.look()

    application = Application(
        Dispatcher(create_backend_app),
        gate=gate,
        recorder=recorder,
        health={"pid": os.getpid(), "start_token": token},
        changed=changed,
        pages=lambda environ: kubernetes.review(environ) or charts.answer(environ),
        alone=alone,
    )
    listening = _listen(chosen, application)
    chosen = replace(chosen, port=listening.server_port)
    _become_aws(chosen, recorder, keeper)
    with kubernetes.running(chosen.port):
        _serve_until_told(listening, _identity(chosen.port, token), chosen.state_dir, keeper)
        # Before Kubernetes ends, which may take longer than whoever ends the server waits.
        if not keeper.save(LAST_WORDS_SECONDS):
            log.warning("a request still ran after %.0f s; the snapshot is the one before", LAST_WORDS_SECONDS)


def _identity(port: int, token: str) -> Identity:
    return Identity(os.getpid(), port, datetime.now(UTC).isoformat(), moto.__version__, token)


def _become_aws(chosen: Settings, recorder: Recorder, keeper: Keeper) -> None:
    """Complete moto, and go on where the server before stopped."""
    with _for_good():
        compat.install(chosen, recorder)
        cloudformation.install(f"http://{LOOPBACK}:{chosen.port}", changed=keeper.changed)
        recorder.resume()
        saved = chosen.state_dir / snapshot.FILE_NAME
        if saved.exists():
            cloudformation.restore(snapshot.restore(saved)[STACKS])


@contextmanager
def _for_good() -> Iterator[None]:
    """Spare the collector all that is there at the end: most of it stays as long as the process."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _claimed(lock: Occupancy, patience: float = 0.5) -> bool:
    """Take the lock; somebody who only looks holds it for a moment."""
    deadline = time.monotonic() + patience
    while not lock.claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _listen(chosen: Settings, application: Application) -> BaseWSGIServer:
    try:
        return make_server(LOOPBACK, chosen.port, application, threaded=True, request_handler=Connection)
    except (OSError, SystemExit) as taken:  # werkzeug exits where the address is in use
        raise OperationFailed(
            f"Port {chosen.port} of {LOOPBACK} is taken by another program.",
            not_done="The emulated AWS was not started.",
            next_step="flowops rehearse up with another --port, or with --port 0 for any free one",
        ) from taken


def _serve_until_told(listening: BaseWSGIServer, identity: Identity, state_dir: Path, keeper: Keeper) -> None:
    """Answer requests, say so in server.json, and close the port once told to stop."""
    Thread(target=listening.serve_forever, args=(0.1,), name="emulated-aws", daemon=True).start()
    keeper.start()
    identity.write(state_dir)
    log.info("the emulated AWS answers at http://%s:%d", LOOPBACK, identity.port)
    signal.sigwait(HEEDED)
    cloudformation.settle(LAST_WORDS_SECONDS)
    listening.shutdown()
    listening.server_close()


if __name__ == "__main__":
    sys.exit(main())
