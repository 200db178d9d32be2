"""The templates of Secrets: what is understood comes out as Go would have it, and nothing else comes out at all."""

from __future__ import annotations

import base64
import json

import pytest

from flowops.rehearsal.operators.external_secrets.errors import Unfulfilled
from flowops.rehearsal.operators.external_secrets.templates import rendered

VALUES = {"username": "robot", "password": 's3"cret', "host-name": "unreachable as a field"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("no action", "no action"),
        ("{{ .username }}", "robot"),
        ("{{.username}}/{{ .password }}!", 'robot/s3"cret!'),
        ('{{ "a\\tb" }}{{ `c"d` }}{{ 7 }}', 'a\tbc"d7'),
        ('{{ printf "%s:%s" .username .password | b64enc }}', base64.b64encode(b'robot:s3"cret').decode()),
        ('{{ b64enc (printf "%v-%d%%" .username 3) }}', base64.b64encode(b"robot-3%").decode()),
        ("{{ .username | upper | printf `<%s>` }}", "<ROBOT>"),
        ("{{ .username | b64enc | b64dec }}", "robot"),
        ("{{ .password | quote }}{{ .password | toJson }}{{ printf `%q` .password }}", '"s3\\"cret"' * 3),
        ("{{ `<&>` | toJson }}", '"\\u003c\\u0026\\u003e"'),
        ("a \n {{- .username -}} \n b", "arobotb"),
        ("a {{/* why */}} b", "a  b"),
    ],
)
def test_a_template_is_filled_in(template: str, text: str) -> None:
    assert rendered(template, VALUES) == text


def test_the_credentials_of_a_registry_are_json_whatever_the_password_is() -> None:
    auth = '{"auths":{"repo":{"auth":"{{ printf "%s:%s" .username .password | b64enc }}"}}}'
    told = json.loads(rendered(auth, VALUES))
    assert base64.b64decode(told["auths"]["repo"]["auth"]) == b'robot:s3"cret'


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ .nobody }}", "the secret has no nobody"),
        ("{{ if .username }}x{{ end }}", "does not know the template function if"),
        ("{{ .username | sha256sum }}", "does not know the template function sha256sum"),
        ("{{ . }}", "does not understand"),
        ("{{ .host-name }}", "does not understand"),
        ("{{ $x := .username }}", "does not understand"),
        ("{{ .username .password }}", "does not understand"),
        ("{{ (.username }}", "does not understand"),
        ("{{ }}", "does not understand"),
        ("{{ .username", "{{ without }}"),
        ('{{ printf "%s %s" .username }}', "printf does not take what it is given"),
        ('{{ printf "%x" .username }}', "printf does not take what it is given"),
        ("{{ b64enc }}", "b64enc does not take what it is given"),
        ("{{ .username | b64dec }}", "b64dec does not take what it is given"),
    ],
)
def test_what_is_not_understood_is_refused_without_showing_a_value(template: str, words: str) -> None:
    with pytest.raises(Unfulfilled) as refused:
        rendered(template, VALUES)
    assert words in str(refused.value)
    assert "robot" not in str(refused.value)
    assert "s3" not in str(refused.value)
