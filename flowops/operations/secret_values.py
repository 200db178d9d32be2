"""Where the value of a secret comes from: variables, a file, a pipe, or somebody who types it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flowops.errors import Declined, FlowopsError, InvalidConfig, UsageError
from flowops.model.secrets import (
    LARGEST,
    LICENSE,
    PASSWORD,
    REPOSITORY,
    USERNAME,
    RepositoryCredentials,
    Secret,
    SetRequest,
)
from flowops.operations.ports.project import SecretFiles
from flowops.operations.ports.secrets import SecretTerminal


@dataclass(frozen=True)
class Value:
    """A value, and in words where it came from."""

    content: bytes = field(repr=False)
    source: str


@dataclass(frozen=True)
class Sources:
    """Everything a value can come from; `environment` are the caller's variables."""

    terminal: SecretTerminal
    files: SecretFiles
    environment: Mapping[str, str]


def at_hand(secret: Secret, files: SecretFiles, environment: Mapping[str, str]) -> Value | None:
    """Return the value that needs nobody: the pair of variables, or the file that flowops.yaml names."""
    if secret.name == REPOSITORY:
        username, password = environment.get(USERNAME, ""), environment.get(PASSWORD, "")
        if not (username and password):
            return None
        return Value(RepositoryCredentials(username, password).content(), f"{USERNAME} and {PASSWORD}")
    if not secret.file:
        return None
    return Value(_sized(secret, files.content(secret.file), secret.file), secret.file)


def given(request: SetRequest, secret: Secret, sources: Sources) -> Value | None:
    """Return the value that the command line points at, None where somebody has to type it.

    UsageError where it points at nothing, at two things, or at something that is no value.
    """
    if request.stdin and request.file:
        raise UsageError(
            "--stdin and --file name two values for one secret.",
            next_step=replace(request, stdin=False).command(),
        )
    if request.stdin:
        return _made(request, secret, sources, sources.terminal.piped(LARGEST), "stdin")
    if request.file:
        return _made(request, secret, sources, _read(request, sources), request.file)
    if request.username:
        return None
    return _unasked(secret, sources)


def typed(request: SetRequest, sources: Sources) -> Value:
    """Return the repository's credentials as somebody types them; Declined where nobody can."""
    terminal = sources.terminal
    if not terminal.interactive:
        known = replace(request, username=request.username or "NAME", stdin=True)
        raise Declined(
            "There is nobody to ask for the repository's password.",
            next_step=f'printf %s "$PASSWORD" | {known.command()}',
        )
    username = _username(request, sources)
    password = terminal.hidden(f"Password of {username}: ")
    if terminal.hidden("The same password again: ") != password:
        raise UsageError("The two passwords differ.", next_step=request.command())
    return Value(RepositoryCredentials(username, password).content(), "what was typed")


def _unasked(secret: Secret, sources: Sources) -> Value | None:
    """Return what is at hand; a license cannot be typed, so there has to be one."""
    try:
        found = at_hand(secret, sources.files, sources.environment)
    except InvalidConfig as error:
        error.next_step = f"flowops secrets set {secret.title} --file PATH"
        raise
    if found is None and secret.name == LICENSE:
        name = secret.environment
        raise UsageError(
            f"Nothing says which file is the license of {name}.",
            next_step=f"flowops secrets set {secret.title} --file PATH, or a line under flowable.licenses.{name}",
        )
    return found


def _made(request: SetRequest, secret: Secret, sources: Sources, content: bytes, source: str) -> Value:
    """Return a license byte for byte, or the repository's credentials with this as the password."""
    sized = _sized(secret, content, source)
    if secret.name == LICENSE:
        return Value(sized, source)
    try:
        # Editors and `echo` end a line; a password has no end of line.
        password = sized.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # Without its cause, which holds the value.
        raise UsageError(f"The password from {source} is not UTF-8 text.", next_step=request.command()) from None
    return Value(RepositoryCredentials(_username(request, sources), password).content(), source)


def _read(request: SetRequest, sources: Sources) -> bytes:
    try:
        return sources.files.content(request.file)
    except FlowopsError as error:
        error.next_step = replace(request, file="PATH").command()
        raise


def _sized(secret: Secret, content: bytes, source: str) -> bytes:
    """Return the content; UsageError where Secrets Manager would not take it."""
    if 0 < len(content) <= LARGEST:
        return content
    size = "is empty" if not content else f"has more than the {LARGEST} bytes that a secret can hold"
    raise UsageError(
        f"The value of secret {secret.title} from {source} {size}.",
        next_step=f"flowops secrets set {secret.title} --file PATH",
    )


def _username(request: SetRequest, sources: Sources) -> str:
    known = request.username or sources.environment.get(USERNAME, "")
    if known:
        return known
    if not sources.terminal.interactive:
        raise Declined(
            "There is nobody to ask for the repository's user.", next_step=replace(request, username="NAME").command()
        )
    return sources.terminal.ask("User of the Flowable repository: ").strip()
