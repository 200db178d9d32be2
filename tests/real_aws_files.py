"""AWS config and credentials files as people really have them, by what made them so.

Each has a profile to change, the first of its text; keys are those of AWS's own documentation.
"""

from __future__ import annotations

_KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
_TOKEN = "aws_session_token = IQoJb3JpZ2luX2IQoJb3JpZ2luX2IQoJb3JpZ2luX2IQoJb3JpZ2luX2EXAMPLE==\n"
_ROLE = "role_arn = arn:aws:iam::111122223333:role/OrganizationAccountAccessRole\n"


def _dos(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _unix(text: str) -> bytes:
    return text.encode()


CONFIGS: dict[str, bytes] = {
    "aws configure": b"[default]\nregion = eu-central-1\noutput = json\n",
    "aws configure on Windows": _dos("[default]\nregion = eu-central-1\noutput = json\n\n[profile work]\nregion = x\n"),
    "no end of the last line": b"[profile a]\nregion = eu-west-1\n\n[profile b]\nregion = eu-west-2",
    "no end of the last line, CRLF": b"[profile a]\r\nregion = eu-west-1\r\n\r\n[profile b]\r\nregion = eu-west-2",
    "old Mac line ends": b"[profile a]\rregion = eu-west-1\r\r[profile b]\rregion = eu-west-2\r",
    "mixed line ends": b"[profile a]\r\nregion = eu-west-1\noutput = json\r\n\n[profile b]\nregion = eu-west-2\r\n",
    "no blanks round the equals sign": b"[profile a]\nregion=eu-west-1\noutput=json\n[profile b]\nregion=eu-west-2\n",
    "aligned by hand": b"[profile a]\nregion         = eu-west-1\noutput         = json\ncli_pager      =\n",
    "tabs": b"[profile a]\n\tregion\t=\teu-west-1\n\toutput\t=\tjson\n\n[profile b]\n\tregion\t=\teu-west-2\n",
    "indented sections": b"  [profile a]\n  region = eu-west-1\n  [profile b]\n  region = eu-west-2\n",
    "indented keys": b"[profile a]\n    region = eu-west-1\n    output = json\n\n[profile b]\n    region = eu-west-2\n",
    "trailing blanks": (
        b"[profile a]  \nregion = eu-west-1   \noutput = json\t\n   \n[profile b]\nregion = eu-west-2 \n\n\n"
    ),
    "colons": b"[profile a]\nregion: eu-west-1\noutput: json\n\n[profile b]\nregion : eu-west-2\n",
    "keys in capitals": b"[profile a]\nRegion = eu-west-1\nOUTPUT = json\n\n[profile b]\nREGION = eu-west-2\n",
    "comments of both sorts": (
        b"# my profiles\n; do not touch\n\n[profile a] # the first\n; region of the team\nregion = eu-west-1\n"
        b"# output = text\n\n# -- second --\n[profile b]\nregion = eu-west-2\n  # indented\n# the end\n"
    ),
    "inline comments": (
        b"[profile a]\nregion = eu-west-1 # close by\noutput = json ; for jq\n\n[profile b]\nregion = x\n"
    ),
    "comments out of keys": (
        b"[profile a]\nregion = eu-west-1\n#role_arn = arn:aws:iam::111122223333:role/Old\n#source_profile = b\n"
    ),
    "only comments": b"# nothing yet\n; really\n",
    "empty": b"",
    "only blank lines": b"\n\n   \n",
    "leading blank lines": b"\n\n[profile a]\nregion = eu-west-1\n",
    "nested s3 settings": (
        b"[profile a]\nregion = eu-west-1\ns3 =\n    max_concurrent_requests = 20\n    max_queue_size = 10000\n"
        b"    addressing_style = path\noutput = json\n\n[profile b]\ns3 =\n  signature_version = s3v4\n"
    ),
    "nested settings last": (
        b"[profile a]\nregion = eu-west-1\ns3 =\n    max_concurrent_requests = 20\n    # slow line\n\n"
    ),
    "nested settings, comments and blanks among them": (
        b"[profile a]\ns3 =\n    max_concurrent_requests = 20\n\n    # why\n    max_queue_size = 1\n\n"
        b"region = eu-west-1\n"
    ),
    "services section": (
        b"[profile a]\nservices = local\nregion = eu-west-1\n\n[services local]\ndynamodb =\n"
        b"  endpoint_url = http://localhost:8000\ns3 =\n  endpoint_url = http://localhost:4567\n"
    ),
    "aws configure sso": (
        b"[profile a]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Admin\nregion = eu-west-1\n"
        b"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
        b"sso_registration_scopes = sso:account:access\n"
    ),
    "legacy sso": (
        b"[profile a]\nsso_start_url = https://corp.awsapps.com/start#/\nsso_region = eu-west-1\n"
        b"sso_account_id = 111122223333\nsso_role_name = ReadOnly\nregion = eu-west-1\n"
    ),
    "granted": (
        b"[profile a]\ngranted_sso_start_url = https://corp.awsapps.com/start\ngranted_sso_region = eu-west-1\n"
        b"granted_sso_account_id = 111122223333\ngranted_sso_role_name = Admin\n"
        b"common_fate_generated_from = aws-sso\ncredential_process = granted credential-process --profile a\n"
    ),
    "aws-vault": (
        b"[default]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::111122223333:mfa/jane\n\n"
        b"[profile a]\ninclude_profile = default\nsource_profile = default\n"
        b"role_arn = arn:aws:iam::111122223333:role/Admin\nparent_profile=default\n"
    ),
    "saml2aws": b"[profile saml]\nregion = eu-west-1\ncredential_process = saml2aws login --skip-prompt --quiet\n",
    "aws2-wrap": (
        b'[profile "a"]\nregion = eu-west-1\ncredential_process = aws2-wrap --process --profile "corp admin"\n'
    ),
    "leapp": b"[profile leapp-a]\nregion=eu-west-1\n\n[default]\nregion=eu-west-1\ncredential_process=leapp creds a\n",
    "okta": (
        b"[okta]\nokta_url = https://corp.okta.com\n\n[profile a]\nregion = eu-west-1\n"
        b"aws_saml_url = home/amazon_aws/1\n"
    ),
    "names with blanks, in quotes": (
        b"[profile \"jane at work\"]\nregion = eu-west-1\n\n[profile 'b c']\nregion = eu-west-2\n"
    ),
    "names with odd letters": (
        b"[profile jane@corp.example/a_b+c=d,e:f]\nregion = eu-west-1\n[profile x-y]\nregion = z\n"
    ),
    "names and comments that are not ASCII": _unix(
        "# für München\n[profile münchen]\nregion = eu-central-1\n\n[profile 東京]\nregion = ap-northeast-1 \n"
    ),
    "separators that are not line ends": _unix(
        "# a\u2028b\x0cc\x85d\n[profile a]\nregion = eu-west-1\noutput = j\x0bson\n"
    ),
    "profile default spelled out": b"[profile default]\nregion = eu-west-1\n\n[profile b]\nregion = eu-west-2\n",
    "sections that are no profile": (
        b"[preview]\ncloudfront = true\n\n[plugins]\nendpoint = awscli_plugin_endpoint\n\n[profile a]\n"
        b"region = eu-west-1\n"
        b"\n[foo]\nregion = nowhere\n"
    ),
    "a profile without keys": b"[profile a]\n\n[profile b]\nregion = eu-west-2\n",
    "a profile without keys last": b"[profile b]\nregion = eu-west-2\n[profile a]",
    "brackets and equals signs in values": (
        b"[profile a]\nregion = eu-west-1\nca_bundle = /a[1]=b.pem\n[profile b]\noutput = [x]\n"
    ),
    "a value over several lines": (
        b"[profile a]\nregion = eu-west-1\ncredential_process = /opt/tool\n    --account = 1\n    --role = x\n"
        b"output = json\n"
    ),
    "a comment within a value": b"[profile a]\nregion = eu-\n    # here\n    west-1\noutput = json\n",
    "a section of another case": b"[DEFAULT]\noutput = json\n\n[profile a]\nregion = eu-west-1\n",
    "chains of roles": _unix(
        f"[profile flw-iac]\nregion = eu-central-1\n\n[profile flw-dev]\n{_ROLE}source_profile = flw-iac\n"
        f"region = eu-central-1\n\n[profile flw-prod]\n{_ROLE}source_profile=flw-iac\n"
    ),
    "200 profiles": _unix(
        "".join(f"[profile team-{it:03}]\n{_ROLE}source_profile = base\nregion = eu-west-1\n\n" for it in range(200))
    ),
    "very long lines": _unix(f"# {'x' * 20_000}\n[profile a]\nregion = eu-west-1\nuser_agent_appid = {'y' * 20_000}\n"),
}
"""Config files that the AWS command line reads."""

CREDENTIALS: dict[str, bytes] = {
    "aws configure": _unix(f"[default]\n{_KEYS}"),
    "aws configure on Windows": _dos(f"[default]\n{_KEYS}\n[work]\n{_KEYS}"),
    "several": _unix(f"[a]\n{_KEYS}\n[b]\n{_KEYS}{_TOKEN}\n[profile c]\n{_KEYS}"),
    "saml2aws": _unix(
        f"[saml]\n{_KEYS}{_TOKEN}aws_security_token = x\nx_principal_arn = arn:aws:sts::111122223333:assumed-role/a/b\n"
        "x_security_token_expires = 2026-11-28T20:00:00+01:00\nregion = eu-west-1\n"
    ),
    "aws-mfa": _unix(
        f"[a-long-term]\n{_KEYS}\n[a]\nassumed_role = False\n{_KEYS}{_TOKEN}expiration = 2026-11-28 20:00:00\n"
    ),
    "region beside the keys, as the manual has it": _unix(f"[flowable-devops-admin]\n{_KEYS}region = eu-central-1\n"),
    "no blanks, no last end": b"[a]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=x/y+z=",
    "comments": _unix(
        f"# keys of jane\n[a]\n; rotated in May\n{_KEYS}# aws_secret_access_key = older/than/that\n\n# end\n"
    ),
    "credential_process": b"[a]\ncredential_process = /opt/bin/aws-creds --user jane\n\n[b]\nregion = eu-west-1\n",
    "capitals and tabs": b"[a]\n\tAWS_ACCESS_KEY_ID\t=\tAKIAIOSFODNN7EXAMPLE\n\tAWS_SECRET_ACCESS_KEY\t=\tx\n",
    "names that are not ASCII": _unix(f"[jane doe]\n{_KEYS}\n[größe]\n{_KEYS}"),
    "200 profiles": _unix("".join(f"[team-{it:03}]\n{_KEYS}\n" for it in range(200))),
}
"""Credentials files that the AWS command line reads."""

UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "a section twice": (b"[profile a]\nregion = x\n\n[profile a]\noutput = json\n", 4, "a second time"),
    "a key twice": (b"[profile a]\nregion = x\nREGION = y\n", 3, "'region' stands here a second time"),
    "a byte order mark": (b"\xef\xbb\xbf[default]\nregion = x\n", 1, "begins with a byte order mark"),
    "a key before every section": (b"# keys\nregion = x\n[default]\n", 2, "stands before the first [section]"),
    "a section without ]": (b"[default]\nregion = x\n[profile a\nregion = y\n", 3, "is a section without its ]"),
    "a first section without ]": (b"\n[default\nregion = y\n", 2, "is a section without its ]"),
    "a line that is nothing": (b"[default]\nregion\n", 2, "is neither [section], KEY = VALUE nor a comment"),
    "a conflict of git": (
        b"[default]\n<<<<<<< HEAD\nregion = x\n",
        2,
        "is neither [section], KEY = VALUE nor a comment",
    ),
    "a nested line that is nothing": (b"[default]\nregion = x\ns3 =\n  fast\n", 3, "are not all KEY = VALUE"),
    "a value below its key": (b"[a]\nregion =\n    # here\n    eu-west-1\n", 2, "are not all KEY = VALUE"),
    "not UTF-8": (b"[default]\nregion = x\n# M\xfcnchen\n", 3, "is not UTF-8 text"),
    "UTF-16": ("[default]\r\nregion = x\r\n".encode("utf-16-le"), 1, "holds a NUL byte"),
    "NUL": (b"[default]\n\nregion = \0\n", 3, "holds a NUL byte"),
    "too large": (b"# x\n" * 300_000, 1, "is larger than 1 MiB"),
}
"""Files that the AWS command line does not read, or nobody should: bytes, line, and what is said of it."""
