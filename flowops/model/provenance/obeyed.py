"""What terragrunt would carry out or call, if it were asked for the inputs of a unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from flowops.errors import InvalidConfig
from flowops.model.deployment import UNIT_FILE
from flowops.model.hcl import Body, Call, Expression, Other, operands
from flowops.model.provenance.chain import Known, Surroundings
from flowops.model.provenance.scope import Scope, at

Value = Callable[[Expression, Scope], Known | None]
_OBEYED = re.compile(r"\b(run_cmd|sops_decrypt_file|get_aws_\w+|terraform_binary|iam_\w+)\b")
_READ = "read_terragrunt_config"
_LEADS = {"include": "path", "dependency": "config_path"}


class Unknown(Exception):
    """A file that terragrunt would read, and flowops cannot; says where it is asked for."""


class Obeyed:
    """Looks through every file that terragrunt reads for one unit; `value` says what an expression stands for."""

    def __init__(self, around: Surroundings, value: Value) -> None:
        self._around, self._tree, self._value = around, around.tree, value
        self._seen: set[tuple[PurePosixPath, PurePosixPath]] = set()

    def reason(self, folder: PurePosixPath) -> str:
        """Return why terragrunt is not to be asked for the unit in `folder`, empty where it would only read."""
        try:
            return next(self._of(folder / UNIT_FILE, folder), "")
        except Unknown as error:
            return f"{error}, so what it would carry out is not known"
        except InvalidConfig as error:
            # A wrong file of a neighbour must not cost the chain, which is known by now.
            return f"{error.happened.rstrip('.')}, so what it would carry out is not known"

    def _of(self, path: PurePosixPath, folder: PurePosixPath, *, included: bool = False) -> Iterator[str]:
        if (path, folder) in self._seen:
            return
        self._seen.add((path, folder))
        file = self._tree.hcl(path)
        if file is None:
            raise Unknown(f"{self._around.shown(path)} is not known")
        for text in _texts(file.body):
            # By its text: a name in a heredoc or in a text that is not followed counts, too.
            for found in _OBEYED.findall(text):
                yield f"{self._around.shown(path)} says {found}, which terragrunt would carry out"
        yield from self._further(Scope(file, folder, included=included))

    def _further(self, scope: Scope) -> Iterator[str]:
        for block in scope.file.body.blocks:
            attribute = block.body.attribute(_LEADS.get(block.type, ""))
            if attribute is not None:
                place = self._place(scope, attribute.expression)
                if block.type == "include":
                    yield from self._of(place, scope.folder, included=True)
                else:
                    unit = place.parent if place.suffix == ".hcl" else place
                    yield from self._of(unit / (place.name if place.suffix == ".hcl" else UNIT_FILE), unit)
        for call in _reads(scope.file.body):
            place = self._place(scope, call)
            missing = place.is_relative_to(self._tree.root) and not self._tree.has(place)
            if not (missing and isinstance(call, Call) and len(call.arguments) > 1):
                yield from self._of(place, place.parent)

    def _place(self, scope: Scope, expression: Expression) -> PurePosixPath:
        """Return which file is meant by a path, or by a call that reads one."""
        path = expression
        if isinstance(expression, Call) and expression.name == _READ and expression.arguments:
            path = expression.arguments[0]
        known = self._value(path, scope)
        if known is None or not isinstance(known.value, str):
            raise Unknown(f"{self._around.shown(scope.file.path)}:{expression.line} reads a file that is not known")
        return at(scope.folder, known.value)


def _texts(body: Body) -> Iterator[str]:
    for attribute in body.attributes:
        yield attribute.text
    for block in body.blocks:
        yield from _texts(block.body)


def _reads(body: Body) -> Iterator[Expression]:
    """Yield every call that reads another configuration; a text that is not looked into but has one counts as one."""
    for attribute in body.attributes:
        yield from _calls(attribute.expression)
    for block in body.blocks:
        yield from _reads(block.body)


def _calls(expression: Expression) -> Iterator[Expression]:
    sealed = isinstance(expression, Other) and expression.sealed and _READ in expression.text
    if sealed or (isinstance(expression, Call) and expression.name == _READ):
        yield expression
    for part in operands(expression):
        yield from _calls(part)
